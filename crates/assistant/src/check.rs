//! A text from anywhere, whoever wrote it, held against the knowledge or against given passages: every sentence and
//! every claim of it is searched for and grounded on what was found. Nothing is written here, and nothing answered.

mod error;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use mortar_language::{question, text};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::answer::{Grounding, Notice, Passage, Sentence, Stage};
use crate::ask::{self, AskError, Search, Sent, Sought};
use crate::grounding::{self, Sources};
use crate::ports::{Checker, Query};
use crate::second;
pub use error::CheckError;

/// More is a book: it is to be held against its sources chapter by chapter.
pub const LONGEST: usize = 100_000;
/// So few passages are what a text was written from.
const FEW: usize = 8;
/// So many passages are looked for a claim.
const PASSAGES: usize = 3;

/// A text with what each of its sentences stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Checked {
    pub text: String,
    /// The release that was searched; none: it was held against given sources.
    pub release: Option<String>,
    #[ts(type = "string | null")]
    pub as_of: Option<Date>,
    /// Whether no sentence of it lacks a source.
    pub stands: bool,
    pub sentences: Vec<Sentence>,
    /// Those that are cited, and of what has no source the nearest.
    pub passages: Vec<Passage>,
    /// What a model could not do.
    pub notices: Vec<Notice>,
}

/// Holds a text against the knowledge of a day; where there is a checker, the stricter of both holds.
pub async fn check(
    with: &Search<'_>,
    checker: Option<&dyn Checker>,
    text: &str,
    as_of: Date,
) -> Result<Checked, CheckError> {
    fit(text)?;
    let wanted = wanted(text);
    let queries = wanted.iter().map(|s| query(with, &s.words, as_of)).collect();
    let Sent { queries, failed, .. } = ask::sent(with, queries).await?;
    let mut all: Vec<Passage> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut nearest: HashMap<usize, String> = HashMap::new();
    for (s, query) in wanted.iter().zip(&queries) {
        for p in with.retriever.retrieve(query).map_err(AskError::from)?.passages {
            nearest.entry(s.sentence).or_insert_with(|| p.id.clone());
            if seen.insert(p.id.clone()) {
                all.push(Passage { carries: true, ..p });
            }
        }
    }
    number(&mut all);
    let mut sentences = Sources::by_own_words(&all).ground_text(text);
    let doubted = match checker {
        Some(checker) => second::opinion(checker, &mut sentences, &all, with.inference_id).await,
        None => None,
    };
    let needed: HashSet<String> = sentences
        .iter()
        .enumerate()
        .filter(|(_, s)| !stands(s))
        .filter_map(|(n, _)| nearest.get(&n).cloned())
        .collect();
    let passages = keep(all, &mut sentences, &needed);
    Ok(Checked {
        text: text.to_owned(),
        release: Some(with.retriever.release().to_owned()),
        as_of: Some(as_of),
        stands: sentences.iter().all(stands),
        sentences,
        passages,
        notices: [(Stage::Embedding, failed), (Stage::Checking, doubted)]
            .into_iter()
            .filter_map(|(stage, failed)| failed.map(|e| ask::notice(stage, e)))
            .collect(),
    })
}

/// Sources that were given, read once for many texts.
pub struct Given<'a> {
    passages: &'a [Passage],
    sources: Sources<'a>,
}

impl<'a> Given<'a> {
    /// The passages are numbered already.
    pub fn new(passages: &'a [Passage]) -> Self {
        // A few were chosen by who gives them; of many those are near that hold the text's own words.
        let sources = match passages.len() {
            0..=FEW => Sources::given(passages),
            _ => Sources::by_own_words(passages),
        };
        Given { passages, sources }
    }

    pub fn check(&self, text: &str) -> Result<Checked, CheckError> {
        fit(text)?;
        let mut sentences = self.sources.ground_text(text);
        let passages = keep(self.cited(&sentences), &mut sentences, &HashSet::new());
        Ok(Checked {
            text: text.to_owned(),
            release: None,
            as_of: None,
            stands: sentences.iter().all(stands),
            sentences,
            passages,
            notices: Vec::new(),
        })
    }

    fn cited(&self, sentences: &[Sentence]) -> Vec<Passage> {
        let cited = cited(sentences);
        let all = self.passages.iter().filter(|p| cited.contains(&p.id));
        all.cloned().collect()
    }
}

/// Passages by their numbers, from 1.
pub fn number(passages: &mut [Passage]) {
    for (p, n) in passages.iter_mut().zip(1..) {
        p.number = n;
    }
}

fn stands(s: &Sentence) -> bool {
    !matches!(s.grounding, Grounding::Partial | Grounding::Unsupported)
}

fn fit(text: &str) -> Result<(), CheckError> {
    let characters = text.chars().count();
    if characters > LONGEST {
        return Err(CheckError::TooLong(characters));
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Err(CheckError::Empty);
    }
    Ok(())
}

/// What is to be searched for: the words of a sentence or of one of its claims.
struct Wanted {
    sentence: usize,
    words: String,
}

/// What claims nothing is not searched for.
fn wanted(of: &str) -> Vec<Wanted> {
    let mut out: Vec<Wanted> = Vec::new();
    for (sentence, segment) in text::segments(of).into_iter().enumerate() {
        let said = &of[segment.body..segment.range.end];
        let claims = grounding::claims(said);
        let parts = claims.iter().map(|r| &said[r.clone()]).filter(|_| claims.len() > 1);
        for words in std::iter::once(said).chain(parts) {
            if grounding::is_courtesy(words) {
                continue;
            }
            if let Ok(words) = question::clean(words)
                && !out.iter().any(|s| s.words == words)
            {
                out.push(Wanted { sentence, words });
            }
        }
    }
    out
}

/// What a sentence is about is the grounding's to hold against the source: any passage that is near is wanted.
fn query(with: &Search<'_>, words: &str, as_of: Date) -> Query {
    let sought = Sought {
        text: words,
        own: words,
        as_of,
    };
    Query {
        about: None,
        ..ask::read(with, &sought, PASSAGES)
    }
}

fn cited(sentences: &[Sentence]) -> HashSet<String> {
    let all = sentences.iter().flat_map(|s| {
        let of_claims = s.claims.iter().flat_map(|c| &c.citations);
        s.citations.iter().chain(of_claims)
    });
    all.map(|c| c.passage.clone()).collect()
}

/// The passages that are cited or needed, numbered anew, and the citations with them.
fn keep(all: Vec<Passage>, sentences: &mut [Sentence], needed: &HashSet<String>) -> Vec<Passage> {
    let cited = cited(sentences);
    let kept = all
        .into_iter()
        .filter(|p| cited.contains(&p.id) || needed.contains(&p.id));
    let mut kept: Vec<Passage> = kept.collect();
    number(&mut kept);
    let numbers: HashMap<&str, u32> = kept.iter().map(|p| (p.id.as_str(), p.number)).collect();
    for s in sentences {
        let of_claims = s.claims.iter_mut().flat_map(|c| &mut c.citations);
        for c in s.citations.iter_mut().chain(of_claims) {
            c.number = numbers[c.passage.as_str()];
        }
    }
    kept
}
