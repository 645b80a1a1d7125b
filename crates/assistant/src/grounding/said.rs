//! What is to be grounded, read once: a sentence or one claim of it, its words as the numbers of the passages' stems.

use std::collections::HashMap;

use mortar_language::facts::{self, Fact};
use mortar_language::relations::{self, Relations};
use mortar_language::text;

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
                let stem = text::term(shown);
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
        for w in words.iter().filter(|w| w.content) {
            if !wanted.contains(&w.stem) {
                wanted.push(w.stem);
            }
        }
        Said {
            text,
            words,
            wanted,
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
        let held = self.wanted.iter().filter(|w| holds(**w)).count();
        held as f32 / self.wanted.len().max(1) as f32
    }
}
