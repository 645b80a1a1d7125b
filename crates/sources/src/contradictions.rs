//! Documents of one release that contradict each other: alike, about the same, in force on one day, and different in
//! a number, a day, a yes and no, or a code. Told to whoever publishes; nothing is picked, nothing is left out.
//!
//! Each passage is held against its nearest few alone, so that a release of any size is looked through in time that
//! grows as it does.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use mortar_language::disagree::{self, Among, Differ, Said};
use mortar_language::drugs::Lexicon;
use mortar_language::text;
use serde::Serialize;

use crate::document::Document;
use crate::import::Standing;
use crate::prepare::PassageRecord;

/// Passages whose vectors are less near are about two things.
const NEAR: f32 = 0.7;
/// Each passage is held against so many others.
const NEIGHBOURS: usize = 6;
/// Its rarest words and pairs of words, by which they are found.
const KEYS: usize = 24;
/// What stands in more passages than this finds none of them.
const COMMON: usize = 48;

/// Two documents that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    pub differ: Differ,
    pub sides: [Side; 2],
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.sides;
        write!(f, "{one} · {other}")
    }
}

/// What one of them says, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    pub document: String,
    /// The file, and the row or the line where there is one.
    pub place: Option<String>,
    /// What differs, as it stands there.
    pub says: String,
    /// The sentence that says it.
    pub sentence: String,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place.as_ref().unwrap_or(&self.document), self.says)
    }
}

/// What is looked through: documents with their passages, where each document stands, and how near two passages are
/// by their vectors, counted through all of them.
pub struct Looked<'a> {
    pub documents: Vec<(&'a Document, &'a [PassageRecord])>,
    pub places: &'a HashMap<String, Standing>,
    pub near: &'a dyn Fn(usize, usize) -> Option<f32>,
}

impl Looked<'_> {
    /// The contradictions, one of each two documents, in the order of the documents.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let passages: Vec<(usize, &PassageRecord)> = self
            .documents
            .iter()
            .enumerate()
            .flat_map(|(d, (_, p))| p.iter().map(move |p| (d, p)))
            .collect();
        let mut said: HashMap<usize, Said> = HashMap::new();
        let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut out = Vec::new();
        for (one, other) in self.pairs(&passages) {
            let near = (self.near)(one, other);
            let documents = (passages[one].0, passages[other].0);
            if seen.contains(&documents) || near.is_some_and(|near| near < NEAR) {
                continue;
            }
            for n in [one, other] {
                said.entry(n).or_insert_with(|| self.said(passages[n]));
            }
            if let Some(found) = disagree::between(&said[&one], &said[&other], Among::All) {
                seen.insert(documents);
                let side = |n: usize| self.side(passages[[one, other][n]], &found, n);
                out.push(Contradiction {
                    differ: found.differ,
                    sides: [side(0), side(1)],
                });
            }
        }
        out
    }

    fn said(&self, (d, passage): (usize, &PassageRecord)) -> Said {
        let document = self.documents[d].0;
        let text = &document.body[passage.range.clone()];
        Said::of(&document.title, &passage.heading_path, text, &Lexicon::own())
    }

    fn side(&self, (d, passage): (usize, &PassageRecord), found: &disagree::Contradiction, n: usize) -> Side {
        let document = self.documents[d].0;
        let sentence = &document.body[passage.range.clone()][found.sentences[n].clone()];
        Side {
            document: document.id.clone(),
            place: self.places.get(&document.id).map(Standing::to_string),
            says: found.says[n].clone(),
            sentence: text::collapse(sentence),
        }
    }

    /// The passages that are held against each other, in order: of two documents that are in force on one day, and
    /// near by their words.
    fn pairs(&self, passages: &[(usize, &PassageRecord)]) -> BTreeSet<(usize, usize)> {
        let mut of: Vec<Vec<(usize, usize, usize)>> = vec![Vec::new(); passages.len()];
        let mut postings: Vec<(u64, u32)> = self.keys(passages);
        postings.sort_unstable();
        postings.dedup();
        let mut start = 0;
        for list in postings.chunk_by(|a, b| a.0 == b.0) {
            if (2..=COMMON).contains(&list.len()) {
                for (_, p) in list {
                    of[*p as usize].push((list.len(), start, start + list.len()));
                }
            }
            start += list.len();
        }
        let mut out = BTreeSet::new();
        for (p, keys) in of.iter_mut().enumerate() {
            keys.sort_unstable();
            let mut weight: HashMap<usize, f32> = HashMap::new();
            for (n, from, to) in keys.iter().take(KEYS) {
                for (_, other) in &postings[*from..*to] {
                    *weight.entry(*other as usize).or_default() += 1.0 / *n as f32;
                }
            }
            let mut near: Vec<(usize, f32)> = weight
                .into_iter()
                .filter(|(other, _)| self.together(passages[p].0, passages[*other].0))
                .collect();
            near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            out.extend(
                near.iter()
                    .take(NEIGHBOURS)
                    .map(|(other, _)| (p.min(*other), p.max(*other))),
            );
        }
        out
    }

    /// Two documents that are in force on one day.
    fn together(&self, one: usize, other: usize) -> bool {
        let (a, b) = (self.documents[one].0, self.documents[other].0);
        let ends_before = |x: &Document, y: &Document| matches!((x.effective_to, y.effective_from), (Some(to), Some(from)) if to < from);
        one != other && !ends_before(a, b) && !ends_before(b, a)
    }

    /// The words and the pairs of words of each passage, but for numbers: they are what may differ.
    fn keys(&self, passages: &[(usize, &PassageRecord)]) -> Vec<(u64, u32)> {
        let mut numbers: HashMap<String, u64> = HashMap::new();
        let mut out = Vec::new();
        for (n, (d, passage)) in passages.iter().enumerate() {
            let document = self.documents[*d].0;
            for part in [document.title.as_str(), &document.body[passage.range.clone()]] {
                let mut before = None;
                for word in text::content_stems(part) {
                    if word.bytes().any(|b| b.is_ascii_digit()) {
                        continue;
                    }
                    let next = numbers.len() as u64 + 1;
                    let id = *numbers.entry(word).or_insert(next);
                    out.push((id, n as u32));
                    out.extend(before.map(|before: u64| (before << 32 | id, n as u32)));
                    before = Some(id);
                }
            }
        }
        out
    }
}
