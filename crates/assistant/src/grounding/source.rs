//! A passage made ready to be compared: its sentences, its clauses, its words as numbers. Read once, for all the
//! sentences of an answer; it decides nothing.

use std::collections::{HashMap, HashSet};

use mortar_language::Kind;
use mortar_language::facts::{self, Fact};
use mortar_language::orders::is_order;
use mortar_language::relations::{self, Relations};
use mortar_language::synonyms;
use mortar_language::tables;
use mortar_language::text::{self, Segment};

use super::claims::claims;
use super::order::Placed;
use crate::answer::{Citation, Passage};

/// Stems by number, so that they are compared at once.
#[derive(Default)]
pub(super) struct Stems(HashMap<String, u32>);

impl Stems {
    fn add(&mut self, text: &str) -> Vec<Word> {
        let mut add = |stem: String| {
            let next = self.0.len() as u32;
            *self.0.entry(stem).or_insert(next)
        };
        text::words(text)
            .map(|w| {
                let (stem, content) = (add(synonyms::root(text::term(w))), !text::is_stopword(w));
                Word {
                    stem,
                    content,
                    placed: Placed::of(w, stem, content),
                }
            })
            .collect()
    }

    pub fn get(&self, stem: &str) -> Option<u32> {
        self.0.get(stem).copied()
    }
}

#[derive(Clone, Copy)]
pub(super) struct Word {
    pub stem: u32,
    pub content: bool,
    pub placed: Option<Placed>,
}

pub(super) struct Source<'a> {
    pub passage: &'a Passage,
    pub pieces: Vec<Piece>,
    /// What the passage is about, said once above it: its title and its headings.
    pub about: HashSet<u32>,
    pub about_text: String,
    pub about_facts: Vec<Fact>,
    /// The places of each stem in the passage.
    pub places: HashMap<u32, Vec<u32>>,
    pub words: Vec<u32>,
}

/// One sentence of a passage.
pub(super) struct Piece {
    pub segment: Segment,
    pub collapsed: String,
    /// Without the list marker.
    pub body: String,
    pub stems: HashSet<u32>,
    pub facts: Vec<Fact>,
    pub relations: Relations,
    /// Its content words in order.
    pub content: Vec<u32>,
    pub placed: Vec<Placed>,
    pub clauses: Vec<Clause>,
    pub heading: bool,
    /// A row of a table, in words.
    pub said: Option<String>,
}

/// One claim of a sentence of a passage.
pub(super) struct Clause {
    pub content: Vec<u32>,
    pub negated: bool,
}

impl<'a> Source<'a> {
    pub fn read(passage: &'a Passage, stems: &mut Stems) -> Self {
        let rows = rows_said(passage);
        let mut words: Vec<u32> = Vec::new();
        let pieces: Vec<Piece> = text::segments(&passage.text)
            .into_iter()
            .filter(|s| !is_order(&passage.text[s.range.clone()]))
            .map(|segment| {
                let whole = &passage.text[segment.range.clone()];
                let own = stems.add(whole);
                words.extend(own.iter().map(|w| w.stem));
                let clause = |words: &str, stems: &mut Stems| Clause {
                    content: content(&stems.add(words)),
                    negated: facts::negated(words),
                };
                Piece {
                    collapsed: text::collapse(whole),
                    body: text::collapse(&passage.text[segment.body..segment.range.end]),
                    stems: content(&own).into_iter().collect(),
                    facts: facts::facts(whole),
                    relations: relations::relations(whole),
                    content: content(&own),
                    placed: own.iter().filter_map(|w| w.placed).collect(),
                    clauses: claims(whole).into_iter().map(|r| clause(&whole[r], stems)).collect(),
                    heading: segment.heading,
                    said: rows.get(&segment.range.start).cloned(),
                    segment,
                }
            })
            .collect();
        let about_text = format!("{} {}", passage.title, passage.heading_path.join(" "));
        let mut places: HashMap<u32, Vec<u32>> = HashMap::new();
        for (at, stem) in words.iter().enumerate() {
            places.entry(*stem).or_default().push(at as u32);
        }
        Source {
            passage,
            pieces,
            about: content(&stems.add(&about_text)).into_iter().collect(),
            about_facts: facts::facts(&about_text),
            about_text,
            places,
            words,
        }
    }

    pub fn holds(&self, stem: u32) -> bool {
        self.places.contains_key(&stem) || self.about.contains(&stem)
    }

    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.about_facts.iter().chain(self.pieces.iter().flat_map(|p| &p.facts))
    }

    /// The heading over the passage, where the sentence is nothing but that.
    pub fn heading(&self, sentence: &str) -> Option<Citation> {
        let heading = self.passage.heading_path.last()?;
        let at = self.passage.heading?;
        (text::collapse(sentence.trim_end_matches(':')) == text::collapse(heading)).then(|| Citation {
            start: at.start,
            end: at.end,
            quote: heading.clone(),
            ..self.cite(0, 0)
        })
    }

    /// The answer of a question-and-answer pair, where the sentence is nothing but its question: it claims what the
    /// answer says to it.
    pub fn question(&self, sentence: &str) -> Option<Citation> {
        let is = self.passage.kind == Kind::Qa && text::collapse(sentence) == text::collapse(&self.passage.title);
        let answer = self.pieces.iter().find(|p| !p.heading).filter(|_| is)?;
        Some(self.cite(answer.segment.range.start, answer.segment.range.end))
    }

    /// The bytes of the passage's own sentence that this sentence is, whole. Part of a sentence
    /// does not count: "take two tablets" stands in "do not take two tablets".
    pub fn verbatim(&self, sentence: &str) -> Option<(usize, usize)> {
        let wanted = text::collapse(sentence);
        if wanted.is_empty() {
            return None;
        }
        self.pieces.iter().find_map(|p| {
            let at = if p.collapsed == wanted || p.said.as_ref() == Some(&wanted) {
                p.segment.range.start
            } else if p.body == wanted {
                p.segment.body
            } else {
                return None;
            };
            Some((at, p.segment.range.end))
        })
    }

    pub fn cite(&self, from: usize, to: usize) -> Citation {
        let p = self.passage;
        Citation {
            passage: p.id.clone(),
            number: p.number,
            document: p.document.clone(),
            version: p.version.clone(),
            start: p.start + from as u32,
            end: p.start + to as u32,
            quote: p.text[from..to].to_owned(),
        }
    }
}

fn content(words: &[Word]) -> Vec<u32> {
    words.iter().filter(|w| w.content).map(|w| w.stem).collect()
}

/// The rows of a passage's tables in words, each by the byte at which it begins.
fn rows_said(passage: &Passage) -> HashMap<usize, String> {
    let rows = tables::rows_under(&passage.text, passage.head.as_deref()).into_iter();
    rows.map(|(_, head, row)| {
        let row = row.trim();
        let at = row.as_ptr() as usize - passage.text.as_ptr() as usize;
        (at, text::collapse(&tables::said(head, row)))
    })
    .collect()
}
