//! What is to be grounded, read once: a sentence or one claim of it, its words as the numbers of the passages' stems.

use std::collections::HashMap;

use mortar_language::facts::{self, Fact};
use mortar_language::relations::{self, Relations};
use mortar_language::{synonyms, text};

use super::source::Stems;

/// Small words of talk: they claim nothing beside what does.
const TALK: &[&str] = &[
    "yes", "yeah", "yep", "oh", "ok", "okay", "sure", "well", "right", "ah", "hm", "haha", "lol", "sí", "si", "bueno",
    "claro",
];

pub(super) struct Said<'t> {
    pub text: &'t str,
    pub words: Vec<SaidWord<'t>>,
    /// The stems that carry the meaning, each once.
    pub wanted: Vec<u32>,
    /// Those of them that are no number.
    in_words: Vec<u32>,
    pub facts: Vec<Fact>,
    pub relations: Relations,
    pub negated: bool,
}

pub(super) struct SaidWord<'t> {
    pub shown: &'t str,
    /// Of a stem that no passage holds: a number that no stem of theirs has.
    pub stem: u32,
    pub content: bool,
}

impl<'t> Said<'t> {
    pub fn read(text: &'t str, stems: &Stems) -> Self {
        let mut new: HashMap<String, u32> = HashMap::new();
        let words: Vec<SaidWord<'t>> = text::words(text)
            .map(|shown| {
                let stem = synonyms::root(text::term(shown));
                let stem = stems.get(&stem).unwrap_or_else(|| {
                    let next = u32::MAX - new.len() as u32;
                    *new.entry(stem).or_insert(next)
                });
                SaidWord {
                    shown,
                    stem,
                    content: !text::is_stopword(shown) && !TALK.contains(&text::fold(shown).as_str()),
                }
            })
            .collect();
        let mut wanted: Vec<u32> = Vec::new();
        let mut in_words: Vec<u32> = Vec::new();
        for w in words.iter().filter(|w| w.content) {
            if wanted.contains(&w.stem) {
                continue;
            }
            wanted.push(w.stem);
            if !w.shown.bytes().any(|b| b.is_ascii_digit()) {
                in_words.push(w.stem);
            }
        }
        Said {
            text,
            words,
            wanted,
            in_words,
            facts: facts::facts(text),
            relations: relations::relations(text),
            negated: facts::negated(text),
        }
    }

    /// Its content words in order.
    pub fn content(&self) -> Vec<u32> {
        self.words.iter().filter(|w| w.content).map(|w| w.stem).collect()
    }

    /// The share of its content that stands somewhere.
    pub fn share(&self, holds: impl Fn(u32) -> bool) -> f32 {
        share(&self.wanted, holds)
    }

    /// The same of its words alone: a number may stand in any sentence beside the one that is meant.
    pub fn share_of_words(&self, holds: impl Fn(u32) -> bool) -> f32 {
        if self.in_words.is_empty() {
            return self.share(holds);
        }
        share(&self.in_words, holds)
    }
}

fn share(of: &[u32], holds: impl Fn(u32) -> bool) -> f32 {
    let held = of.iter().filter(|w| holds(**w)).count();
    held as f32 / of.len().max(1) as f32
}
