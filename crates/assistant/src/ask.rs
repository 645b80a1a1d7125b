//! The pipeline: question → passages → text → grounded sentences, as a stream of events.
//!
//! Passages are announced before a word is written. A sentence is grounded as soon as it is whole.
//! Below the threshold nothing is written and nothing is cited.

mod error;
mod judge;
mod rerank;
mod search;
mod stop;
mod writer;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use futures::poll;
use jiff::civil::Date;
use mortar_language::drugs::Lexicon;
use mortar_language::{days, question};

use crate::answer::{Answer, Event, Models, Notice, Passage, Stage, Timings, Turn};
use crate::grounding::Sources;
use crate::ports::{Embedder, Generation, Generator, ModelError, Reranker, Retriever};
use crate::{conflicts, prompt};
pub use error::AskError;
use judge::{about_the_new, abstain, codes_of};
pub use search::{Search, query};
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
    let previous = with.before.last().map(|t| t.question.as_str());
    let asked_as = previous.and_then(|p| question::stand_alone(&asked, p));
    let follows = asked_as.is_some();
    let whole = asked_as.unwrap_or_else(|| asked.clone());
    let day = days::asked(&whole, with.as_of);
    let as_of = day.as_ref().map_or(with.as_of, |d| d.on);
    let search = with.search();
    let (mut query, begun, failed) = query(&search, &whole, &asked, as_of, PASSAGES).await?;
    query.further = rerank::further(with.reranker, &query);
    let mut notices: Vec<Notice> = failed.map(|e| notice(Stage::Embedding, e)).into_iter().collect();
    for notice in &notices {
        tell(Event::Notice { notice: notice.clone() });
    }
    let searched = query.text.clone();
    let embed = ms(began);
    let retrieving = Instant::now();
    let mut found = match begun {
        Some(begun) => begun.finish(&query)?,
        None => with.retriever.retrieve(&query)?,
    };
    let reranking = rerank::rerank(with, &query, &mut found, &mut notices, tell).await;
    // A follow-up that only names another code is about that code; any other must be about its own words.
    if follows && codes_of(&searched) == previous.map(codes_of).unwrap_or_default() {
        about_the_new(&asked, &mut found.passages);
    }
    judge::mark(&mut found.passages);
    let reason = abstain(&found);
    if reason.is_some() {
        found.passages.truncate(NEAREST);
    }
    let asked_as = (searched != asked).then(|| searched.clone());
    let retrieve = ms(retrieving);
    tell(Event::Passages {
        passages: found.passages.clone(),
        asked_as: asked_as.clone(),
        retrieve_ms: embed + retrieve,
        refused: reason.is_some(),
    });
    let mut answer = Answer {
        question: asked,
        asked_as,
        release: with.retriever.release().to_owned(),
        as_of,
        passages: found.passages,
        answer: String::new(),
        sentences: Vec::new(),
        abstained: reason.is_some(),
        reason,
        unknown_codes: found.unknown_codes,
        look_alikes: found.look_alikes,
        missing: found.missing,
        disagree: Vec::new(),
        emergency: query.about.is_some_and(|a| a.emergency),
        day: day.map(|d| d.shown),
        dropped_marks: 0,
        stopped: false,
        incomplete: false,
        models: Models {
            // What failed took no part.
            embedding: query.model,
            reranking,
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

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn notice(about: Stage, e: ModelError) -> Notice {
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
    let left = with.budget.saturating_sub(prompt::going_on_takes(text));
    let prompt = prompt::build(with.instructions, asked, &carrying, with.before, left);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: asked.clone(),
        passages: carrying.clone(),
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
    answer.disagree = conflicts::find(&carrying, with.lexicon);
    let mut prompt = prompt::build(with.instructions, searched, &carrying, with.before, with.budget);
    prompt::disagree(&mut prompt, &answer.disagree);
    let generation = Generation {
        inference_id: with.inference_id.clone(),
        question: searched.to_owned(),
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
    Ok(())
}

#[cfg(test)]
mod tests;
