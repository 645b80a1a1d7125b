//! What a generator writes, sentence by sentence: marks taken out, each sentence grounded as soon as it is whole.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use futures::{Stream, StreamExt};
use mortar_language::text;

use super::stop::Stop;
use crate::answer::{Answer, Event, Reason, Sentence};
use crate::citations::unmark;
use crate::grounding::Sources;
use crate::ports::ModelError;
use crate::prompt::NOT_COVERED;

/// What is being written is shown so often: more would be told than is drawn.
const TOLD_EVERY: Duration = Duration::from_millis(50);

pub(super) struct Writer<'a, 'b> {
    pub(super) sources: &'a Sources<'a>,
    pub(super) passages: u32,
    /// Text that is not a whole sentence yet, with its marks.
    pub(super) pending: String,
    /// When it was last told what is being written.
    pub(super) told: Option<Instant>,
    pub(super) stood: Stood,
    pub(super) began: Instant,
    pub(super) answer: &'b mut Answer,
}

/// What stood there before a generator went on: nothing of it is written twice.
#[derive(Default)]
pub(super) struct Stood {
    pub(super) length: usize,
    pub(super) sentences: HashSet<String>,
    /// The byte at which the last sentence begins, until it is known how that one goes on.
    pub(super) last: Option<usize>,
}

impl Stood {
    pub(super) fn of(text: &str, sentences: &[Sentence]) -> Self {
        Stood {
            length: text.len(),
            sentences: sentences.iter().map(|s| text::collapse(&s.text)).collect(),
            last: sentences.last().map(|s| s.start as usize),
        }
    }
}

impl Writer<'_, '_> {
    /// Takes all that a generator writes, until it is stopped.
    pub(super) async fn from(
        &mut self,
        model: &str,
        mut stream: impl Stream<Item = Result<String, ModelError>> + Unpin,
        stop: &Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), ModelError> {
        self.answer.models.generation = Some(model.to_owned());
        loop {
            // Dropping the stream is what ends it at its source.
            let piece = match select(Box::pin(stop.stopped()), stream.next()).await {
                Either::Left(_) => {
                    self.answer.stopped = true;
                    return Ok(());
                }
                Either::Right((None, _)) => return Ok(()),
                Either::Right((Some(piece), _)) => piece?,
            };
            if self.answer.timings_ms.first_text.is_none() {
                self.answer.timings_ms.first_text = Some(self.began.elapsed().as_secs_f64() * 1000.0);
            }
            self.take(&piece, tell);
        }
    }

    fn take(&mut self, piece: &str, tell: &mut (dyn FnMut(Event) + Send)) {
        self.pending.push_str(piece);
        // A sentence is whole when another begins behind it: a mark may still follow its full stop.
        loop {
            let found = text::segments(&self.pending);
            let [first, second, ..] = found.as_slice() else {
                return self.tell_what_is_being_written(tell);
            };
            let cut = second.range.start;
            let new_block = second.block != first.block;
            let raw: String = self.pending.drain(..cut).collect();
            self.sentence(&raw, new_block, tell);
        }
    }

    /// The first words at once, then now and then: before they are a sentence there is nothing to ground.
    fn tell_what_is_being_written(&mut self, tell: &mut (dyn FnMut(Event) + Send)) {
        // What goes on may at first repeat what stands there.
        if self.stood.length > 0 || self.told.is_some_and(|at| at.elapsed() < TOLD_EVERY) {
            return;
        }
        let mut text = unmark(&self.pending, self.passages).text;
        // The beginning of a mark is none of its words.
        if let Some(at) = text.rfind('[').filter(|at| !text[*at..].contains(']')) {
            text.truncate(at);
        }
        let text = text.trim();
        if !text.is_empty() && !NOT_COVERED.starts_with(text.trim_end_matches('.')) {
            tell(Event::Writing { text: text.to_owned() });
            self.told = Some(Instant::now());
        }
    }

    pub(super) fn finish(&mut self, tell: &mut (dyn FnMut(Event) + Send)) {
        let raw = std::mem::take(&mut self.pending);
        if !raw.trim().is_empty() {
            self.sentence(&raw, false, tell);
        }
        while self.answer.answer.len() > self.stood.length && self.answer.answer.ends_with('\n') {
            self.answer.answer.pop();
        }
        self.sources.steps(&mut self.answer.sentences);
        // A refusal is what a generator says at its end, not what a broken line leaves.
        if self.answer.answer.is_empty() && !self.answer.incomplete && !self.answer.stopped {
            self.answer.abstained = true;
            self.answer.reason = Some(Reason::NotCovered);
        }
    }

    /// Adds one whole sentence: a line of its own; a blank line where the source begins a new block.
    fn sentence(&mut self, raw: &str, ends_block: bool, tell: &mut (dyn FnMut(Event) + Send)) {
        let unmarked = unmark(raw, self.passages);
        self.answer.dropped_marks += unmarked.dropped;
        let shown = unmarked.text.trim();
        if shown.is_empty() || shown.trim_end_matches('.') == NOT_COVERED {
            return;
        }
        if self.stood.sentences.contains(&text::collapse(shown)) {
            return;
        }
        let blank = ends_block && text::segments(shown).first().is_none_or(|s| s.body <= s.range.start);
        let end = if blank { "\n\n" } else { "\n" };
        let (at, piece) = match self.rest_of_the_last(shown) {
            Some((at, rest)) => {
                self.answer.sentences.pop();
                (at, format!("{rest}{end}"))
            }
            None => {
                let before = &self.answer.answer;
                let line = if before.is_empty() || before.ends_with('\n') {
                    ""
                } else {
                    "\n"
                };
                (before.len() + line.len(), format!("{line}{shown}{end}"))
            }
        };
        self.answer.answer.push_str(&piece);
        let shown = self.answer.answer[at..].trim_end();
        let sentence: Sentence = self.sources.ground(shown, at, &unmarked.cited);
        tell(Event::Text { piece });
        tell(Event::Sentence {
            sentence: sentence.clone(),
        });
        self.answer.sentences.push(sentence);
    }

    /// Where the sentence begins at which the answer broke off, and what it lacked, if `shown` is that
    /// sentence or goes on with it.
    fn rest_of_the_last(&mut self, shown: &str) -> Option<(usize, String)> {
        let at = self.stood.last.take()?;
        let last = self.answer.answer[at..].trim_end();
        // A step's number may be left out the second time.
        let body = text::segments(last).first().map_or(last, |s| &last[s.body..]);
        let again = [last, body].into_iter().filter(|begun| !begun.is_empty());
        if let Some(rest) = again.into_iter().find_map(|begun| behind(shown, begun)) {
            return Some((at, rest.to_owned()));
        }
        // It was not written again. Words without an end are the beginning of what comes now.
        let ended = last
            .trim_end_matches(['"', '”', '’', '\'', ')', ']', '»'])
            .ends_with(['.', '!', '?', '…', ':', '。', '？', '！', '؟']);
        (!ended).then(|| (at, format!(" {shown}")))
    }
}

/// What follows in `whole` behind `begun`, if it begins with that; white space may differ.
fn behind<'a>(whole: &'a str, begun: &str) -> Option<&'a str> {
    let mut rest = whole;
    for word in begun.split_whitespace() {
        rest = rest.trim_start().strip_prefix(word)?;
    }
    Some(rest)
}
