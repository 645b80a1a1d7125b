//! The pipeline: question → passages → text → grounded sentences, as a stream of events.
//!
//! Passages are announced before a word is written. A sentence is grounded as soon as it is whole.
//! Below the threshold nothing is written and nothing is cited.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use futures::task::AtomicWaker;
use futures::{Stream, StreamExt, poll};
use jiff::civil::Date;
use thiserror::Error;

use crate::answer::{Answer, Event, Models, Notice, Passage, Reason, Sentence, Stage, Timings, Turn};
use crate::citations::unmark;
use crate::grounding::Sources;
use crate::ports::{
    Ahead, Embedder, Fault, Generation, Generator, ModelError, Part, Query, RetrieveError, Retrieved, Retriever,
};
use crate::prompt::{self, NOT_COVERED};
use mortar_language::codes;
use mortar_language::question::{self, QuestionError};
use mortar_language::text;

/// Passages below this calibrated probability do not carry an answer.
pub const ABSTAIN_BELOW: f32 = 0.5;
/// How many passages an answer is made from.
const PASSAGES: usize = 6;
/// How many nearest passages are named where nothing was written.
const NEAREST: usize = 3;
/// What is being written is shown so often: more would be told than is drawn.
const TOLD_EVERY: Duration = Duration::from_millis(50);

/// Set from elsewhere to end an answer where it is; the text so far is kept.
#[derive(Clone, Default)]
pub struct Stop(Arc<Signal>);

#[derive(Default)]
struct Signal {
    set: AtomicBool,
    waits: AtomicWaker,
}

impl Stop {
    pub fn stop(&self) {
        self.0.set.store(true, Ordering::Release);
        self.0.waits.wake();
    }

    pub fn is_stopped(&self) -> bool {
        self.0.set.load(Ordering::Acquire)
    }

    async fn stopped(&self) {
        poll_fn(|context| {
            self.0.waits.register(context.waker());
            if self.is_stopped() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Everything that one answer is made with.
pub struct Ask<'a> {
    pub embedder: Option<&'a dyn Embedder>,
    /// Embeds where that one fails; the release has vectors by its model too.
    pub embedder_instead: Option<&'a dyn Embedder>,
    pub retriever: &'a dyn Retriever,
    pub generator: &'a dyn Generator,
    /// Writes where the generator cannot begin.
    pub instead: Option<&'a dyn Generator>,
    /// By which the models' own records of this answer can be found again.
    pub inference_id: String,
    /// The tenant's own instructions for a generator.
    pub instructions: &'a str,
    /// Tokens for the whole prompt.
    pub budget: usize,
    pub as_of: Date,
    pub before: &'a [Turn],
    pub stop: Stop,
}

#[derive(Debug, Clone, Error)]
pub enum AskError {
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error("the question cannot be embedded: {0}")]
    Embed(ModelError),
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error("the answer could not be written: {0}")]
    Generate(ModelError),
}

/// Answers a question; `tell` hears of each step. The last event is `Done` or `Failed`.
pub async fn ask(with: &Ask<'_>, typed: &str, tell: &mut (dyn FnMut(Event) + Send)) -> Result<Answer, AskError> {
    let result = run(with, typed, tell).await;
    match &result {
        Ok(answer) => tell(Event::Done {
            answer: Box::new(answer.clone()),
        }),
        Err(e) => tell(Event::Failed { message: e.to_string() }),
    }
    result
}

async fn run(with: &Ask<'_>, typed: &str, tell: &mut (dyn FnMut(Event) + Send)) -> Result<Answer, AskError> {
    let began = Instant::now();
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1000.0;
    let asked = question::clean(typed)?;
    let asked_as = with
        .before
        .last()
        .and_then(|t| question::stand_alone(&asked, &t.question));
    let follows = asked_as.is_some();
    let searched = asked_as.unwrap_or_else(|| asked.clone());
    let (query, ahead, failed) = query(
        with.embedder,
        with.embedder_instead,
        with.retriever,
        &searched,
        with.as_of,
        PASSAGES,
        &with.inference_id,
    )
    .await?;
    let notices: Vec<Notice> = failed.map(|e| notice(Stage::Embedding, e)).into_iter().collect();
    for notice in &notices {
        tell(Event::Notice { notice: notice.clone() });
    }
    let searched = query.text.clone();
    let asked_as = (searched != asked).then(|| searched.clone());
    let embed = ms(began);
    let retrieving = Instant::now();
    let Retrieved {
        mut passages,
        unknown_codes,
        codes_out_of_force,
        look_alikes,
        code_found,
    } = with.retriever.retrieve_from(&query, ahead)?;
    // A follow-up that only names another code is about that code; any other must be about its own words.
    if follows && codes_of(&searched) == with.before.last().map(|t| codes_of(&t.question)).unwrap_or_default() {
        about_the_new(&asked, &mut passages);
    }
    // Their scores are final.
    passages.iter_mut().for_each(|p| p.carries = p.score >= ABSTAIN_BELOW);
    let reason = abstain(&passages, &unknown_codes, &codes_out_of_force, code_found);
    if reason.is_some() {
        passages.truncate(NEAREST);
    }
    let retrieve = ms(retrieving);
    tell(Event::Passages {
        passages: passages.clone(),
        asked_as: asked_as.clone(),
        retrieve_ms: embed + retrieve,
        refused: reason.is_some(),
    });

    let mut answer = Answer {
        question: asked,
        asked_as,
        release: with.retriever.release().to_owned(),
        as_of: with.as_of,
        passages,
        answer: String::new(),
        sentences: Vec::new(),
        abstained: reason.is_some(),
        reason,
        unknown_codes,
        look_alikes,
        dropped_marks: 0,
        stopped: false,
        incomplete: false,
        models: Models {
            // What failed took no part.
            embedding: query.model,
            generation: None,
        },
        notices,
        inference_id: Some(with.inference_id.clone()).filter(|id| !id.is_empty()),
        timings_ms: Timings {
            embed,
            retrieve,
            first_text: None,
            total: 0.0,
        },
    };
    if !answer.abstained {
        write(with, &searched, &mut answer, began, tell).await?;
    }
    answer.timings_ms.total = ms(began);
    Ok(answer)
}

fn notice(about: Stage, e: ModelError) -> Notice {
    Notice {
        about,
        fault: e.fault,
        message: e.message,
    }
}

/// A question as it is searched for: its words spelt as the knowledge spells them, and its parts with
/// their vectors; and what was searched for meanwhile. Where the model fails, words and codes go on
/// without it; another model than the release's is an error.
pub async fn query(
    embedder: Option<&dyn Embedder>,
    instead: Option<&dyn Embedder>,
    retriever: &dyn Retriever,
    question: &str,
    as_of: Date,
    limit: usize,
    inference_id: &str,
) -> Result<(Query, Ahead, Option<ModelError>), AskError> {
    let known = |word: &str| embedder.is_some_and(|e| e.knows(word));
    let text = retriever
        .respell(question, &known)
        .unwrap_or_else(|| question.to_owned());
    let texts: Vec<String> = question::parts(&text).iter().map(|p| question::spelt_out(p)).collect();
    let part = |text: &String| Part {
        text: text.clone(),
        vector: None,
    };
    let mut query = Query {
        text,
        parts: texts.iter().map(part).collect(),
        model: None,
        as_of,
        limit,
    };
    let mut ahead = None;
    let mut failed = None;
    for e in embedder.into_iter().chain(instead) {
        let mut embedding = e.embed_for(&texts, inference_id);
        // Once it is on its way to a model elsewhere, there is time for the search to begin.
        let early = poll!(&mut embedding);
        ahead.get_or_insert_with(|| retriever.ahead(&query));
        let made = match early {
            Poll::Ready(made) => made,
            Poll::Pending => embedding.await,
        };
        match made {
            Ok(vectors) => {
                for (part, vector) in query.parts.iter_mut().zip(vectors) {
                    part.vector = Some(vector);
                }
                query.model = Some(e.model().to_owned());
                failed = None;
                break;
            }
            Err(e) if e.fault == Fault::OtherModel => return Err(AskError::Embed(e)),
            // Why the tenant's own model failed says more than why its stand-in did.
            Err(e) => failed = failed.or(Some(e)),
        }
    }
    Ok((query, ahead.unwrap_or_default(), failed))
}

fn codes_of(question: &str) -> Vec<codes::Code> {
    codes::find(question, &|_| false).into_iter().map(|f| f.code).collect()
}

/// A follow-up borrows the words of the question before, and with them its likeness to what was
/// answered before. A passage that holds none of the follow-up's own words does not answer it.
fn about_the_new(asked: &str, passages: &mut [Passage]) {
    let new = text::content_stems(asked);
    for p in passages.iter_mut() {
        let held = text::content_stems(&format!("{} {} {}", p.title, p.heading_path.join(" "), p.text));
        if !new.is_empty() && !new.iter().any(|w| held.contains(w)) {
            p.score = p.score.min(ABSTAIN_BELOW / 2.0);
        }
    }
    passages.sort_by_key(|p| p.score < ABSTAIN_BELOW);
    for (p, number) in passages.iter_mut().zip(1..) {
        p.number = number;
    }
}

/// Whether to write nothing, and why.
fn abstain(passages: &[Passage], unknown: &[String], out_of_force: &[String], code_found: bool) -> Option<Reason> {
    if !unknown.is_empty() && !code_found {
        let all_out = unknown.iter().all(|c| out_of_force.contains(c));
        return Some(if all_out {
            Reason::NotInForce
        } else {
            Reason::UnknownCode
        });
    }
    let covered = passages.iter().any(|p| p.carries);
    (!covered).then_some(Reason::NotCovered)
}

/// Goes on with an answer that broke off, from `text`: what came, as the operator has it now. Its passages
/// and its prompt are those of before, its id too, so that what a question may cost counts on. The answer
/// then holds all that the generator wrote, and beside it stands the operator's text with what is new. Text
/// that stood already stays to the letter; the answer is incomplete until a generator has come to its end.
pub async fn go_on(
    with: &Ask<'_>,
    broken: &Answer,
    text: &str,
    tell: &mut (dyn FnMut(Event) + Send),
) -> (Answer, String) {
    let began = Instant::now();
    let asked = broken.asked_as.as_ref().unwrap_or(&broken.question);
    let carrying = carrying(&broken.passages);
    let left = with.budget.saturating_sub(prompt::going_on_takes(text));
    let prompt = prompt::build(with.instructions, asked, &carrying, with.before, left);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: asked.clone(),
        passages: carrying.clone(),
        prompt: prompt::go_on(prompt, text),
    };
    let sources = Sources::new(&carrying);
    let edited = text != broken.answer;
    let mut answer = Answer {
        answer: text.to_owned(),
        sentences: if edited {
            sources.ground_text(text)
        } else {
            broken.sentences.clone()
        },
        stopped: false,
        ..broken.clone()
    };
    answer.notices.retain(|n| n.about != Stage::Generation);
    let mut writer = Writer {
        sources: &sources,
        passages: answer.passages.len() as u32,
        pending: String::new(),
        told: None,
        stood: Stood::of(text, &answer.sentences),
        began,
        answer: &mut answer,
    };
    let written = with.generator.generate(generation);
    match writer.from(with.generator.model(), written, &with.stop, tell).await {
        // Whoever stops it may go on again.
        Ok(()) => writer.answer.incomplete = writer.answer.stopped,
        Err(e) => {
            let notice = notice(Stage::Generation, e);
            tell(Event::Notice { notice: notice.clone() });
            writer.answer.notices.push(notice);
        }
    }
    writer.finish(tell);
    answer.timings_ms.total += began.elapsed().as_secs_f64() * 1000.0;
    let whole = answer.answer.clone();
    if edited {
        // What the operator changed is no draft: the generator's own text goes on beside it.
        let new = whole[text.trim_end().len()..].trim_end();
        answer.answer = format!("{}{new}", broken.answer);
        answer.sentences = sources.ground_text(&answer.answer);
    }
    (answer, whole)
}

/// What is only near is shown, but an answer is not made from it.
fn carrying(passages: &[Passage]) -> Vec<Passage> {
    let carry = passages.iter().filter(|p| p.carries);
    carry.cloned().collect()
}

/// Streams the generator's text: line by line, sentence by sentence, marks taken out.
async fn write(
    with: &Ask<'_>,
    searched: &str,
    answer: &mut Answer,
    began: Instant,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<(), AskError> {
    let carrying = carrying(&answer.passages);
    let prompt = prompt::build(with.instructions, searched, &carrying, with.before, with.budget);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: searched.to_owned(),
        passages: carrying.clone(),
        prompt,
    };
    let mut written = with.generator.generate(generation.clone()).peekable();
    // Once it is on its way to a model elsewhere, there is time to read the sources.
    if !with.stop.is_stopped() {
        let _ = poll!(Pin::new(&mut written).peek());
    }
    let sources = Sources::new(&carrying);
    let mut writer = Writer {
        sources: &sources,
        passages: answer.passages.len() as u32,
        pending: String::new(),
        told: None,
        stood: Stood::default(),
        began,
        answer,
    };
    if let Err(e) = writer.from(with.generator.model(), written, &with.stop, tell).await {
        let begun = writer.answer.timings_ms.first_text.is_some();
        let instead = with.instead.filter(|_| !begun);
        if !begun && instead.is_none() {
            return Err(AskError::Generate(e));
        }
        let notice = notice(Stage::Generation, e);
        tell(Event::Notice { notice: notice.clone() });
        writer.answer.notices.push(notice);
        match instead {
            Some(other) => writer
                .from(other.model(), other.generate(generation), &with.stop, tell)
                .await
                .map_err(AskError::Generate)?,
            // What the operator has read stays.
            None => writer.answer.incomplete = true,
        }
    }
    writer.finish(tell);
    Ok(())
}

struct Writer<'a, 'b> {
    sources: &'a Sources<'a>,
    passages: u32,
    /// Text that is not a whole sentence yet, with its marks.
    pending: String,
    /// When it was last told what is being written.
    told: Option<Instant>,
    stood: Stood,
    began: Instant,
    answer: &'b mut Answer,
}

/// What stood there before a generator went on: nothing of it is written twice.
#[derive(Default)]
struct Stood {
    length: usize,
    sentences: HashSet<String>,
    /// The byte at which the last sentence begins, until it is known how that one goes on.
    last: Option<usize>,
}

impl Stood {
    fn of(text: &str, sentences: &[Sentence]) -> Self {
        Stood {
            length: text.len(),
            sentences: sentences.iter().map(|s| text::collapse(&s.text)).collect(),
            last: sentences.last().map(|s| s.start as usize),
        }
    }
}

impl Writer<'_, '_> {
    /// Takes all that a generator writes, until it is stopped.
    async fn from(
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

    fn finish(&mut self, tell: &mut (dyn FnMut(Event) + Send)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Grounding;
    use crate::grounding::tests::passage;
    use futures::stream::{self, BoxStream};

    struct Fixed(Retrieved);
    impl Retriever for Fixed {
        fn release(&self) -> &str {
            "r1"
        }
        fn retrieve_from(&self, _: &Query, _: Ahead) -> Result<Retrieved, RetrieveError> {
            Ok(self.0.clone())
        }
    }

    /// Says what it was told to say, in pieces of a few characters.
    struct Says(&'static str, bool);
    impl Generator for Says {
        fn model(&self) -> &str {
            "says"
        }
        fn generate(&self, _: Generation) -> BoxStream<'static, Result<String, ModelError>> {
            let chars: Vec<char> = self.0.chars().collect();
            let mut pieces: Vec<_> = chars.chunks(3).map(|c| Ok(c.iter().collect())).collect();
            if self.1 {
                pieces.push(Err(ModelError::failed("the line broke")));
            }
            stream::iter(pieces).boxed()
        }
    }

    fn retrieved() -> Retrieved {
        Retrieved {
            passages: vec![
                passage(1, "Approval", "Plans decide in 3 days. Urgent requests go first."),
                passage(2, "Calls", "Call the plan at 800-555-0100."),
            ],
            ..Retrieved::default()
        }
    }

    fn answer(retrieved: Retrieved, says: Says, stop: bool) -> (Result<Answer, AskError>, Vec<Event>) {
        let mut events = Vec::new();
        let with = Ask {
            embedder: None,
            embedder_instead: None,
            retriever: &Fixed(retrieved),
            generator: &says,
            instead: Some(&Says("Instead.", false)),
            inference_id: "id".into(),
            instructions: "",
            budget: 4000,
            as_of: "2026-01-01".parse().unwrap(),
            before: &[],
            stop: Stop::default(),
        };
        if stop {
            with.stop.stop();
        }
        let got = futures::executor::block_on(ask(&with, "How long?", &mut |e| events.push(e)));
        (got, events)
    }

    /// An embedder elsewhere, and a retriever, that note what is done when.
    #[derive(Default)]
    struct Noted(std::sync::Mutex<Vec<&'static str>>);
    impl Noted {
        fn note(&self, what: &'static str) {
            self.0.lock().unwrap().push(what);
        }
    }
    impl Embedder for Noted {
        fn model(&self) -> &str {
            "noted"
        }
        fn dimensions(&self) -> usize {
            1
        }
        fn embed<'a>(
            &'a self,
            texts: &'a [String],
        ) -> futures::future::BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
            Box::pin(async move {
                self.note("sent");
                let mut waited = false;
                poll_fn(|context| {
                    context.waker().wake_by_ref();
                    if std::mem::replace(&mut waited, true) {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
                self.note("embedded");
                Ok(vec![vec![1.0]; texts.len()])
            })
        }
    }
    impl Retriever for Noted {
        fn release(&self) -> &str {
            "r1"
        }
        fn ahead(&self, query: &Query) -> Ahead {
            assert!(query.parts.iter().all(|p| p.vector.is_none()));
            self.note("begun");
            Ahead(Some(Box::new(7)))
        }
        fn retrieve_from(&self, query: &Query, ahead: Ahead) -> Result<Retrieved, RetrieveError> {
            assert_eq!(query.parts[0].vector, Some(vec![1.0]));
            assert_eq!(ahead.0.and_then(|a| a.downcast::<i32>().ok()).as_deref(), Some(&7));
            self.note("searched");
            Ok(Retrieved::default())
        }
    }

    #[test]
    fn the_search_begins_while_the_question_is_embedded() {
        let noted = Noted::default();
        let with = Ask {
            embedder: Some(&noted),
            embedder_instead: None,
            retriever: &noted,
            generator: &Says("Never said.", false),
            instead: None,
            inference_id: String::new(),
            instructions: "",
            budget: 4000,
            as_of: "2026-01-01".parse().unwrap(),
            before: &[],
            stop: Stop::default(),
        };
        futures::executor::block_on(ask(&with, "How long?", &mut |_| {})).unwrap();
        assert_eq!(*noted.0.lock().unwrap(), ["sent", "begun", "embedded", "searched"]);
    }

    #[test]
    fn sentences_stream_grounded_and_marks_are_resolved() {
        let (got, events) = answer(
            retrieved(),
            Says(
                "Plans decide in 3 days. [1] Call the plan at 800-555-0100. [2] It is free. [7]",
                false,
            ),
            false,
        );
        let got = got.unwrap();
        assert_eq!(
            got.answer,
            "Plans decide in 3 days.\nCall the plan at 800-555-0100.\nIt is free."
        );
        assert_eq!(got.dropped_marks, 1);
        let groundings: Vec<_> = got.sentences.iter().map(|s| s.grounding).collect();
        assert_eq!(
            groundings,
            [Grounding::Verbatim, Grounding::Verbatim, Grounding::Unsupported]
        );
        assert_eq!(got.sentences[1].citations[0].number, 2);
        // The first words are there before the first sentence is whole, without a mark.
        assert!(
            matches!(&events[1], Event::Writing { text } if text == "Pla"),
            "{:?}",
            events[1]
        );
        assert!(matches!(events.first(), Some(Event::Passages { refused: false, .. })));
        assert!(matches!(events.last(), Some(Event::Done { .. })));
        for s in &got.sentences {
            assert_eq!(&got.answer[s.start as usize..s.end as usize], s.text);
        }
    }

    #[test]
    fn nothing_is_written_below_the_threshold() {
        let mut r = retrieved();
        r.passages.iter_mut().for_each(|p| p.score = 0.2);
        let (got, events) = answer(r, Says("Never said.", false), false);
        let got = got.unwrap();
        assert!(got.abstained && got.answer.is_empty() && got.sentences.is_empty());
        assert_eq!(got.reason, Some(Reason::NotCovered));
        assert!(!events.iter().any(|e| matches!(e, Event::Text { .. })));
    }

    #[test]
    fn what_is_only_near_is_shown_and_carries_nothing() {
        let mut r = retrieved();
        r.passages[1].score = 0.2;
        r.passages.iter_mut().for_each(|p| p.carries = p.score < 0.5);
        let got = answer(r, Says("Plans decide in 3 days. [1]", false), false).0.unwrap();
        let carries: Vec<bool> = got.passages.iter().map(|p| p.carries).collect();
        assert_eq!(carries, [true, false], "whatever the retriever said");
    }

    #[test]
    fn an_unknown_code_is_refused_however_near_the_rest_is() {
        let r = Retrieved {
            unknown_codes: vec!["7Z5".into()],
            ..retrieved()
        };
        let (got, events) = answer(r, Says("Never said.", false), false);
        assert_eq!(got.unwrap().reason, Some(Reason::UnknownCode));
        assert!(matches!(events.first(), Some(Event::Passages { refused: true, .. })));
    }

    #[test]
    fn a_follow_up_about_something_else_is_not_answered_with_what_came_before() {
        let mut passages = retrieved().passages;
        about_the_new("what about the capital of Mongolia?", &mut passages);
        assert!(passages.iter().all(|p| p.score < ABSTAIN_BELOW));
        let mut passages = retrieved().passages;
        about_the_new("and urgent ones?", &mut passages);
        assert!(passages[0].score > ABSTAIN_BELOW && passages[1].score < ABSTAIN_BELOW);
    }

    #[test]
    fn a_generator_that_finds_nothing_is_a_refusal() {
        let (got, events) = answer(retrieved(), Says("NOT COVERED", false), false);
        assert!(!events.iter().any(|e| matches!(e, Event::Writing { .. })));
        let got = got.unwrap();
        assert!(got.abstained && got.answer.is_empty());
    }

    #[test]
    fn what_a_broken_stream_has_said_is_kept_and_marked() {
        let (got, events) = answer(retrieved(), Says("Plans decide in 3 days. [1] Urg", true), false);
        let got = got.unwrap();
        assert_eq!(got.answer, "Plans decide in 3 days.\nUrg");
        assert!(got.incomplete && !got.abstained);
        assert_eq!(got.notices[0].message, "the line broke");
        assert_eq!(got.models.generation.as_deref(), Some("says"));
        assert!(events.iter().any(|e| matches!(e, Event::Notice { .. })));
    }

    /// An answer that broke off behind `said`, and how it goes on from `text`.
    fn gone_on(said: &'static str, text: Option<&str>, says: Says) -> (Answer, String, Vec<Event>) {
        let broken = answer(retrieved(), Says(said, true), false).0.unwrap();
        let mut events = Vec::new();
        let with = Ask {
            embedder: None,
            embedder_instead: None,
            retriever: &Fixed(retrieved()),
            generator: &says,
            instead: None,
            inference_id: "id".into(),
            instructions: "",
            budget: 4000,
            as_of: broken.as_of,
            before: &[],
            stop: Stop::default(),
        };
        let text = text.unwrap_or(&broken.answer);
        let (answer, whole) = futures::executor::block_on(go_on(&with, &broken, text, &mut |e| events.push(e)));
        assert!(whole.starts_with(text), "what stood stays: {whole}");
        let streamed: String = events
            .iter()
            .filter_map(|e| match e {
                Event::Text { piece } => Some(piece.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(format!("{text}{streamed}").trim_end(), whole);
        for s in &answer.sentences {
            assert_eq!(&answer.answer[s.start as usize..s.end as usize], s.text);
        }
        (answer, whole, events)
    }

    #[test]
    fn an_answer_that_broke_off_goes_on_and_nothing_is_written_twice() {
        const WHOLE: &str = "Plans decide in 3 days.\nUrgent requests go first.\nCall the plan at 800-555-0100.";
        for says in [
            // As it is told: the last sentence again, whole.
            "Urgent requests go first. [1] Call the plan at 800-555-0100. [2]",
            // All over again.
            "Plans decide in 3 days. [1] Urgent requests go first. [1] Call the plan at 800-555-0100. [2]",
            // From the next word on.
            "requests go first. [1] Call the plan at 800-555-0100. [2]",
        ] {
            let (answer, whole, events) = gone_on("Plans decide in 3 days. [1] Urgent", None, Says(says, false));
            assert_eq!((answer.answer.as_str(), whole.as_str()), (WHOLE, WHOLE), "{says}");
            assert!(!answer.incomplete && answer.notices.is_empty());
            let groundings: Vec<_> = answer.sentences.iter().map(|s| s.grounding).collect();
            assert_eq!(groundings, [Grounding::Verbatim; 3], "{says}");
            assert!(matches!(&events[1], Event::Sentence { sentence } if sentence.text == "Urgent requests go first."));
        }
    }

    #[test]
    fn a_full_stop_may_be_the_middle_of_a_number() {
        let (_, whole, _) = gone_on("Plans decide in 3.", None, Says("Plans decide in 3.5 days. [1]", false));
        assert_eq!(whole, "Plans decide in 3.5 days.");
        let (_, whole, _) = gone_on("Plans decide in 3 days.", None, Says("It is free.", false));
        assert_eq!(whole, "Plans decide in 3 days.\nIt is free.");
        let (_, whole, _) = gone_on(
            "Plans decide in 3 days.",
            None,
            Says("Plans decide in 3 days. [1]", false),
        );
        assert_eq!(whole, "Plans decide in 3 days.");
    }

    #[test]
    fn it_goes_on_from_the_operators_text_and_keeps_the_draft() {
        let (answer, whole, _) = gone_on(
            "Plans decide in 3 days. [1] Urg",
            Some("Most plans decide in 3 days."),
            Says("Urgent requests go first. [1]", false),
        );
        assert_eq!(whole, "Most plans decide in 3 days.\nUrgent requests go first.");
        assert_eq!(answer.answer, "Plans decide in 3 days.\nUrg\nUrgent requests go first.");
        assert!(!answer.incomplete);
    }

    #[test]
    fn what_breaks_off_again_can_go_on_again() {
        let (answer, whole, events) = gone_on("Plans decide in 3 days. [1] Urg", None, Says("Urgent requests", true));
        assert_eq!(whole, "Plans decide in 3 days.\nUrgent requests");
        assert!(answer.incomplete && answer.notices.len() == 1);
        assert!(events.iter().any(|e| matches!(e, Event::Notice { .. })));
        let (answer, whole, _) = gone_on("Plans decide in 3 days. [1] Urg", None, Says("", true));
        assert_eq!((answer.answer, answer.incomplete), (whole, true));
    }

    #[test]
    fn where_a_generator_cannot_begin_another_does() {
        let (got, _) = answer(retrieved(), Says("", true), false);
        let got = got.unwrap();
        assert_eq!(
            (got.answer.as_str(), got.incomplete, got.notices.len()),
            ("Instead.", false, 1)
        );
    }

    #[test]
    fn stop_ends_the_answer_and_says_so() {
        let (got, _) = answer(retrieved(), Says("Plans decide in 3 days.", false), true);
        assert!(got.unwrap().stopped);
    }
}
