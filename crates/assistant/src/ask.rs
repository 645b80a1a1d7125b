//! The pipeline: question → passages → text → grounded sentences, as a stream of events.
//!
//! Passages are announced before a word is written. A sentence is grounded as soon as it is whole.
//! Below the threshold nothing is written and nothing is cited.

mod error;
mod judge;
mod parts;
mod rerank;
mod search;
mod stop;
mod writer;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures::future::{Either, select};
use futures::{StreamExt, poll};
use jiff::civil::Date;
use mortar_language::drugs::Lexicon;
use mortar_language::question;
use mortar_language::text::tokens;

use crate::answer::{Answer, Disagreement, Event, Models, Notice, Passage, Several, Stage, Timings, Turn};
use crate::grounding::Sources;
use crate::ports::{Checker, Embedder, Generation, Generator, ModelError, Reranker, Retriever};
use crate::prompt::Prompt;
use crate::{conflicts, prompt, second};
pub use error::AskError;
use parts::{Asking, Judged};
pub use search::{Search, query};
pub(crate) use search::{Sent, Sought, read, sent};
pub use stop::Stop;
use writer::{Stood, Writer};

/// Passages below this calibrated probability do not carry an answer.
pub const ABSTAIN_BELOW: f32 = 0.5;
/// How many passages an answer is made from.
const PASSAGES: usize = 6;
/// How many nearest passages are named where nothing was written.
const NEAREST: usize = 3;

/// Everything that one answer is made with.
pub struct Ask<'a> {
    pub embedder: Option<&'a dyn Embedder>,
    /// Embeds where that one fails; the release has vectors by its model too.
    pub embedder_instead: Option<&'a dyn Embedder>,
    pub retriever: &'a dyn Retriever,
    /// Orders what was found, where there is one.
    pub reranker: Option<&'a dyn Reranker>,
    pub generator: &'a dyn Generator,
    /// A second opinion on what the generator wrote, where there is one.
    pub checker: Option<&'a dyn Checker>,
    /// Writes where the generator cannot begin.
    pub instead: Option<&'a dyn Generator>,
    /// By which the models' own records of this answer can be found again.
    pub inference_id: String,
    /// The tenant's own instructions for a generator.
    pub instructions: &'a str,
    /// Tokens for the whole prompt.
    pub budget: usize,
    /// The day as of which a question is answered that names none.
    pub as_of: Date,
    /// Whose names are whose.
    pub lexicon: &'a Arc<Lexicon>,
    /// The tenant's own words for danger to life.
    pub emergencies: &'a [String],
    pub before: &'a [Turn],
    pub stop: Stop,
}

impl Ask<'_> {
    fn search(&self) -> Search<'_> {
        Search {
            embedder: self.embedder,
            instead: self.embedder_instead,
            retriever: self.retriever,
            lexicon: self.lexicon,
            emergencies: self.emergencies,
            inference_id: &self.inference_id,
        }
    }
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
    let asked = question::clean(typed)?;
    let asking = parts::asking(typed, &asked, with.before, with.lexicon, with.emergencies, with.as_of);
    let search = with.search();
    let queries = asking.iter().map(|a| {
        let sought = Sought {
            text: &a.text,
            own: &a.own,
            as_of: a.as_of,
        };
        read(&search, &sought, PASSAGES)
    });
    let mut sent = sent(&search, queries.collect()).await?;
    for query in &mut sent.queries {
        query.further = rerank::further(with.reranker, query);
    }
    let failed = sent.failed.take();
    let mut notices: Vec<Notice> = failed.map(|e| notice(Stage::Embedding, e)).into_iter().collect();
    for notice in &notices {
        tell(Event::Notice { notice: notice.clone() });
    }
    let embed = ms(began);
    let retrieving = Instant::now();
    let (judged, reranking) = judged(with, asking, sent, &mut notices, tell).await?;
    let mut all = parts::together(judged, with.as_of);
    let asked_as = all.searched.clone().filter(|searched| *searched != asked);
    let retrieve = ms(retrieving);
    tell(Event::Passages {
        passages: all.found.passages.clone(),
        asked_as: asked_as.clone(),
        retrieve_ms: embed + retrieve,
        refused: all.reason.is_some(),
        parts: all.parts.clone(),
    });
    let several = std::mem::take(&mut all.several);
    let mut answer = Answer {
        question: asked,
        asked_as,
        release: with.retriever.release().to_owned(),
        as_of: all.as_of,
        passages: all.found.passages,
        answer: String::new(),
        sentences: Vec::new(),
        abstained: all.reason.is_some(),
        reason: all.reason,
        unknown_codes: all.found.unknown_codes,
        look_alikes: all.found.look_alikes,
        missing: all.found.missing,
        parts: all.parts,
        disagree: Vec::new(),
        emergency: all.emergency,
        day: all.day.map(|d| d.shown),
        dropped_marks: 0,
        stopped: false,
        incomplete: false,
        models: Models {
            embedding: all.embedding,
            reranking,
            generation: None,
        },
        notices,
        masked: Vec::new(),
        inference_id: Some(with.inference_id.clone()).filter(|id| !id.is_empty()),
        timings_ms: Timings {
            embed,
            retrieve,
            first_text: None,
            total: 0.0,
        },
    };
    if !answer.abstained {
        write(with, several, &mut answer, began, tell).await?;
    }
    answer.timings_ms.total = ms(began);
    Ok(answer)
}

/// Searches for each question, and judges what was found; with the model that put it in order.
async fn judged(
    with: &Ask<'_>,
    asking: Vec<Asking>,
    sent: Sent<'_>,
    notices: &mut Vec<Notice>,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<(Vec<Judged>, Option<String>), AskError> {
    let mut begun = sent.begun;
    let mut reranking = None;
    let mut out = Vec::new();
    for (asking, query) in asking.into_iter().zip(sent.queries) {
        let mut found = match begun.take() {
            Some(begun) => begun.finish(&query)?,
            None => with.retriever.retrieve(&query)?,
        };
        let by = rerank::rerank(with, &query, &mut found, notices, tell).await;
        reranking = by.or(reranking);
        out.push(parts::judged(asking, query, found));
    }
    Ok((out, reranking))
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

pub(crate) fn notice(about: Stage, e: ModelError) -> Notice {
    Notice {
        about,
        fault: e.fault,
        message: e.message,
    }
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
    let several = parts::again(broken);
    let left = with.budget.saturating_sub(prompt::going_on_takes(text));
    let prompt = prompt_of(with, asked, &carrying, &several, left);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: asked.clone(),
        passages: carrying.clone(),
        parts: several,
        disagree: Vec::new(),
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
    answer
        .notices
        .retain(|n| !matches!(n.about, Stage::Generation | Stage::Checking));
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
    doubt(with, &mut answer, &carrying, tell).await;
    answer.timings_ms.total += began.elapsed().as_secs_f64() * 1000.0;
    let whole = answer.answer.clone();
    if edited {
        // What the operator changed is no draft: the generator's own text goes on beside it.
        let new = whole[text.trim_end().len()..].trim_end();
        answer.answer = format!("{}{new}", broken.answer);
        answer.sentences = sources.ground_text(&answer.answer);
        if let Some(checker) = with.checker {
            second::again(checker, &mut answer.sentences, &carrying);
        }
    }
    parts::settle(&mut answer);
    (answer, whole)
}

/// The prompt, within its budget also where a message asks several things.
fn prompt_of(with: &Ask<'_>, asked: &str, carrying: &[Passage], several: &[Several], budget: usize) -> Prompt {
    let told = prompt::told(several);
    let left = budget.saturating_sub(tokens(&told));
    let mut prompt = prompt::build(with.instructions, asked, carrying, with.before, left);
    prompt::tell(&mut prompt, &told);
    prompt
}

/// What is only near is shown, but an answer is not made from it.
fn carrying(passages: &[Passage]) -> Vec<Passage> {
    let carry = passages.iter().filter(|p| p.carries);
    carry.cloned().collect()
}

/// Streams the generator's text: line by line, sentence by sentence, marks taken out.
async fn write(
    with: &Ask<'_>,
    parts: Vec<Several>,
    answer: &mut Answer,
    began: Instant,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<(), AskError> {
    let carrying = carrying(&answer.passages);
    answer.disagree = disagreeing(&carrying, &parts, with.lexicon);
    let searched = answer.asked_as.clone().unwrap_or_else(|| answer.question.clone());
    let mut prompt = prompt_of(with, &searched, &carrying, &parts, with.budget);
    prompt::disagree(&mut prompt, &answer.disagree);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: searched,
        parts,
        disagree: answer.disagree.iter().flat_map(|d| [d.one, d.other]).collect(),
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
    doubt(with, answer, &carrying, tell).await;
    parts::settle(answer);
    Ok(())
}

/// Asks the checker about what stands in words of its own; where it fails, the marks are those of the rules.
async fn doubt(with: &Ask<'_>, answer: &mut Answer, passages: &[Passage], tell: &mut (dyn FnMut(Event) + Send)) {
    let Some(checker) = with.checker.filter(|_| !answer.stopped) else {
        return;
    };
    let opinion = second::opinion(checker, &mut answer.sentences, passages, &with.inference_id);
    // Whoever stops it has the whole text: marks that are not asked about are those of the rules.
    if let Either::Right((Some(e), _)) = select(Box::pin(with.stop.stopped()), Box::pin(opinion)).await {
        let notice = notice(Stage::Checking, e);
        tell(Event::Notice { notice: notice.clone() });
        answer.notices.push(notice);
    }
}

/// Sources of one question that contradict each other: those of two questions may well differ.
fn disagreeing(carrying: &[Passage], parts: &[Several], lexicon: &Lexicon) -> Vec<Disagreement> {
    if parts.is_empty() {
        return conflicts::find(carrying, lexicon);
    }
    let mut out: Vec<Disagreement> = Vec::new();
    for found in parts.iter().flat_map(|p| conflicts::find(&p.passages, lexicon)) {
        if !out.contains(&found) {
            out.push(found);
        }
    }
    out
}

#[cfg(test)]
mod tests;
