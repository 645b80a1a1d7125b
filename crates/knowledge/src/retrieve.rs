//! Retrieval: exact codes first, then words and meaning fused into one order, each passage with a
//! calibrated probability that it answers the question. One configuration for every kind of
//! knowledge; what it weighs is in `signals`.

mod asked;
mod evidence;
mod exceptions;
mod fit;
mod known;
mod passages;
mod reading;
mod respell;
mod rows;
mod signals;
mod words;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use asked::{Asked, CodeRank};
use reading::plain;

use heed::Result;
use mortar_assistant::{Begun, Part, Passage, Query, RetrieveError, Retrieved, Retriever};
use mortar_language::codes::{self, Code};
use mortar_language::drugs::Lexicon;
use mortar_language::text;
use roaring::RoaringBitmap;

use crate::index::Reading;
use crate::release::{OpenError, Release};
pub use evidence::Evidence;
pub use known::Known;
use mortar_sources::DocumentRow;
pub use signals::Signals;
use signals::{ORDER, PROBABLE};
use words::{Terms, Words};

/// How many candidates each part brings, beside those asked for.
const CANDIDATES: usize = 100;
/// Taken off what a part of a long message finds.
const PART: f32 = 0.05;

/// A passage found, before it is read.
#[derive(Debug, Clone)]
pub struct Hit {
    pub passage: u32,
    pub document: u32,
    pub signals: Signals,
    /// Taken off the sum where only a part of the question found it.
    doubt: f32,
    /// Which part of the question found it.
    part: usize,
    /// The share of the words that its document holds, weighed by rarity, and whether it holds the rarest itself.
    whole: f32,
    rarest: bool,
    /// Its document is about a code that was asked for (0, the first of them), or mentions it.
    code: Option<CodeRank>,
}

impl Hit {
    fn sum(&self) -> f32 {
        ORDER.sum(&self.signals) - self.doubt
    }

    /// That the passage answers the question.
    pub fn probability(&self) -> f32 {
        1.0 / (1.0 + (-PROBABLE.sum(&self.signals)).exp())
    }
}

/// What the words of a part of a question found.
struct Found {
    words: Words,
    candidates: HashSet<u32>,
}

/// What a search found.
struct Searched {
    /// Best first.
    hits: Vec<Hit>,
    asked: Asked,
    /// The words of each part.
    terms: Vec<Terms>,
}

/// What a question comes to without vectors.
struct Worded {
    asked: Asked,
    /// Of the whole question, its first part.
    first: Option<Found>,
}

fn depth(query: &Query) -> usize {
    CANDIDATES.max(query.limit * 2)
}

impl Release {
    /// The best passages, best first, one order of all ways to find them.
    fn hits(&self, query: &Query, ahead: Option<Worded>) -> Result<Searched> {
        let reading = self.index.read()?;
        let Worded { asked, mut first } = match ahead {
            Some(worded) => worded,
            None => self.worded(&reading, query)?,
        };
        let mut best: HashMap<u32, Hit> = HashMap::new();
        let mut terms = Vec::with_capacity(query.parts.len());
        let set = query.model.as_deref().and_then(|m| self.index.set(m));
        for (n, part) in query.parts.iter().enumerate() {
            let found = match first.take() {
                Some(found) => found,
                None => self.found(&reading, part, query, &asked)?,
            };
            let (hits, words) = self.part(&reading, part, set, query, found, &asked)?;
            terms.push(words);
            for mut hit in hits {
                hit.part = n;
                // Alone, a sentence of a message is like more than the message is about.
                hit.doubt = if n == 0 { 0.0 } else { PART };
                best.entry(hit.passage)
                    .and_modify(|b| {
                        if hit.sum() > b.sum() {
                            *b = hit.clone();
                        }
                    })
                    .or_insert(hit);
            }
        }
        let mut hits: Vec<Hit> = best.into_values().collect();
        hits.sort_by(by_rank);
        Ok(Searched { hits, asked, terms })
    }

    /// What a search comes to without vectors: the codes, and the words of the whole question.
    fn worded(&self, reading: &Reading<'_>, query: &Query) -> Result<Worded> {
        let asked = self.asked(reading, query)?;
        let first = match query.parts.first() {
            Some(part) => Some(self.found(reading, part, query, &asked)?),
            None => None,
        };
        Ok(Worded { asked, first })
    }

    /// Whether a passage may be an answer: in force, and not about another code than was asked for.
    fn allowed(&self, passage: u32, query: &Query, asked: &Asked) -> bool {
        let d = self.index.owner(passage);
        let neighbour = self.index.own_systems(d) & asked.systems != 0 && !asked.found.contains_key(&d);
        !neighbour && self.index.in_force(d, query.as_of)
    }

    /// What the words of one part of a question find, and the codes of the question.
    fn found(&self, reading: &Reading<'_>, part: &Part, query: &Query, asked: &Asked) -> Result<Found> {
        let allowed = |p: u32| self.allowed(p, query, asked);
        let depth = depth(query);
        let words = self.by_words(reading, &part.text)?;
        let mut order: Vec<u32> = words.found().filter(|p| allowed(*p)).collect();
        if order.len() > depth {
            order.select_nth_unstable_by(depth, |a, b| words.score(*b).total_cmp(&words.score(*a)).then(a.cmp(b)));
            order.truncate(depth);
        }
        let mut candidates: HashSet<u32> = order.into_iter().collect();
        candidates.extend(asked.mentioned.keys().copied().filter(|p| allowed(*p)));
        candidates.extend(asked.named.iter().copied().filter(|p| allowed(*p)));
        for d in asked.found.keys() {
            candidates.extend(self.index.passages_of(*d).filter(|p| allowed(*p)));
        }
        Ok(Found { words, candidates })
    }

    /// What one part of a question finds by all ways, in no order.
    fn part(
        &self,
        reading: &Reading<'_>,
        part: &Part,
        set: Option<(usize, usize)>,
        query: &Query,
        found: Found,
        asked: &Asked,
    ) -> Result<(Vec<Hit>, Terms)> {
        let allowed = |p: u32| self.allowed(p, query, asked);
        let Found { words, mut candidates } = found;
        let likeness = match (&part.vector, set) {
            (Some(v), Some(set)) => self.by_meaning(reading, v, set, depth(query), &mut candidates, &allowed)?,
            _ => HashMap::new(),
        };

        let hits = candidates
            .into_iter()
            .map(|passage| {
                let document = self.index.owner(passage);
                let (coverage, absent) = words.coverage(passage);
                let (whole, _) = words.covered(words.held(self.index.passages_of(document)));
                let rarest = words.held(passage..passage + 1) & 1 != 0;
                let signals = Signals {
                    likeness: likeness.get(&passage).map(|l| l.0),
                    document: likeness.get(&passage).map(|l| l.1),
                    words: words.score(passage),
                    coverage,
                    absent,
                };
                let code = asked
                    .found
                    .get(&document)
                    .or_else(|| asked.mentioned.get(&passage))
                    .copied();
                Hit {
                    passage,
                    document,
                    signals,
                    doubt: 0.0,
                    part: 0,
                    whole,
                    rarest,
                    code,
                }
            })
            .collect();
        Ok((hits, words.clear()))
    }

    /// Adds the passages nearest by meaning to the candidates; the exact likeness of all of them, and
    /// of their documents.
    fn by_meaning(
        &self,
        reading: &Reading<'_>,
        vector: &[f32],
        set: (usize, usize),
        depth: usize,
        candidates: &mut HashSet<u32>,
        allowed: &dyn Fn(u32) -> bool,
    ) -> Result<HashMap<u32, (f32, f32)>> {
        let mut wanted = self.near(reading, vector, set, depth, allowed)?;
        // Each candidate is measured by itself and by its document, which stands at its first passage.
        let first = |p: u32| self.index.passages_of(self.index.owner(p)).start;
        candidates.extend(wanted.iter().map(|item| item / 2));
        for p in candidates.iter() {
            wanted.insert(p * 2);
            wanted.insert(first(*p) * 2 + 1);
        }
        let measured: HashMap<u32, f32> = reading.likeness(set.0, vector, &wanted)?.into_iter().collect();
        Ok(candidates
            .iter()
            .filter_map(|p| {
                let own = measured.get(&(p * 2)).copied()?;
                let document = measured.get(&(first(*p) * 2 + 1)).copied().unwrap_or(own);
                Some((*p, (own, document)))
            })
            .collect())
    }

    /// The items that the sketch finds near a vector.
    fn near(
        &self,
        reading: &Reading<'_>,
        vector: &[f32],
        (set, dimensions): (usize, usize),
        n: usize,
        allowed: &dyn Fn(u32) -> bool,
    ) -> Result<RoaringBitmap> {
        if vector.len() != dimensions {
            return Ok(RoaringBitmap::new());
        }
        let (sketch, items) = reading.sketch(set, dimensions)?;
        let item = |row: usize| items.get(row).map(|b| u32::from_le_bytes(*b));
        let near = sketch.nearest(vector, n, |row| item(row).is_some_and(|i| allowed(i / 2)));
        Ok(near.into_iter().filter_map(|row| item(row as usize)).collect())
    }

    /// The documents that answer a query, best first, one entry each: what a TREC run lists.
    pub fn search(&self, query: &Query) -> std::result::Result<Vec<(DocumentRow, Hit)>, OpenError> {
        let find = || -> Result<Vec<(DocumentRow, Hit)>> {
            let Searched { hits, .. } = self.hits(query, None)?;
            let reading = self.index.read()?;
            let mut seen = HashSet::new();
            let best = hits.into_iter().filter(|h| seen.insert(h.document)).take(query.limit);
            best.map(|h| Ok((DocumentRow::from(&reading.document(h.document)?), h)))
                .collect()
        };
        find().map_err(|e| self.unsearchable(e))
    }

    /// What is found, and the evidence for each passage of it that is about what was asked, by its id.
    pub fn weighed(&self, query: &Query) -> std::result::Result<(Retrieved, HashMap<String, Evidence>), OpenError> {
        let mut evidence = HashMap::new();
        let found = self.passages(query, None, Some(&mut evidence));
        Ok((found.map_err(|e| self.unsearchable(e))?, evidence))
    }

    /// The passages nearest to a vector of the first model, by meaning alone, each with its likeness.
    pub fn nearest(&self, vector: &[f32], n: usize) -> std::result::Result<Vec<(u32, f32)>, OpenError> {
        let find = || -> Result<Vec<(u32, f32)>> {
            let Some((_, dimensions)) = self.index.models().next() else {
                return Ok(Vec::new());
            };
            let reading = self.index.read()?;
            let wanted = self.near(&reading, vector, (0, dimensions), n * 4, &|_| true)?;
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let mut found = reading.likeness(0, vector, &wanted)?;
            found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let mut seen = HashSet::new();
            let passages = found.into_iter().map(|(item, likeness)| (item / 2, likeness));
            Ok(passages.filter(|p| seen.insert(p.0)).take(n).collect())
        };
        find().map_err(|e| self.unsearchable(e))
    }

    /// The vector of a passage by the first model, where the release has vectors.
    pub fn vector(&self, passage: u32) -> std::result::Result<Option<Vec<f32>>, OpenError> {
        if self.index.models().next().is_none() {
            return Ok(None);
        }
        self.index.vector(0, passage * 2).map_err(|e| self.unsearchable(e))
    }

    /// The passages of some documents, evenly drawn from all of them: at most `limit` documents.
    pub fn drawn(&self, limit: usize) -> std::result::Result<Vec<Vec<Passage>>, OpenError> {
        let step = (self.manifest.documents as usize).div_ceil(limit.max(1)).max(1);
        let draw = || -> Result<Vec<Vec<Passage>>> {
            let reading = self.index.read()?;
            let chosen = self.index.documents()?.into_iter().step_by(step);
            chosen
                .map(|d| {
                    let document = reading.document(d)?;
                    let numbers = self.index.passages_of(d);
                    numbers.map(|p| plain(&reading, p, document.clone())).collect()
                })
                .collect()
        };
        draw().map_err(|e| self.unsearchable(e))
    }

    fn unsearchable(&self, e: heed::Error) -> OpenError {
        self.unreadable(&e)
    }
}

/// Codes first, then the sum of the signals; the passage's number decides between equals.
fn by_rank(a: &Hit, b: &Hit) -> Ordering {
    let code = |h: &Hit| {
        h.code.map_or(
            (
                1,
                CodeRank {
                    mentions: true,
                    nth: usize::MAX,
                    less_usual: true,
                    other_case: true,
                },
            ),
            |c| (0, c),
        )
    };
    code(a)
        .cmp(&code(b))
        .then(b.sum().total_cmp(&a.sum()))
        .then(a.passage.cmp(&b.passage))
}

impl Release {
    /// Whether any document holds a code.
    pub fn knows(&self, code: &Code) -> bool {
        let look = || -> Result<bool> {
            let places = self.index.read()?.code(&code.value)?;
            Ok(places.iter().any(|p| codes::systems_agree(&p.system, &code.system)))
        };
        look().unwrap_or(false)
    }
}

impl Retriever for Release {
    fn release(&self) -> &str {
        &self.manifest.release
    }

    fn respell(&self, question: &str, lexicon: &Lexicon, known: &dyn Fn(&str) -> bool) -> Option<String> {
        self.respelt(question, lexicon, known).ok().flatten()
    }

    fn holds(&self, word: &str) -> bool {
        let look = || -> Result<bool> {
            let reading = self.index.read()?;
            let list = reading.postings(&text::stem(word))?;
            if self.index.hidden().is_empty() {
                return Ok(list.is_some() || reading.has_word(word)?);
            }
            let mut stand = crate::lexical::decode(list.unwrap_or_default()).map(|p| self.index.owner(p.passage));
            Ok(stand.any(|d| !self.index.hidden().contains(d)))
        };
        look().unwrap_or(false)
    }

    fn begin<'a>(&'a self, query: &Query) -> Option<Box<dyn Begun + 'a>> {
        // What fails here fails again, and is told, when all is searched.
        let worded = self
            .index
            .read()
            .and_then(|reading| self.worded(&reading, query))
            .ok()?;
        Some(Box::new(BegunHere { release: self, worded }))
    }

    fn retrieve(&self, query: &Query) -> std::result::Result<Retrieved, RetrieveError> {
        self.passages(query, None, None)
            .map_err(|e| RetrieveError(self.unsearchable(e).to_string()))
    }
}

/// A search of a release whose words have been looked up.
struct BegunHere<'a> {
    release: &'a Release,
    worded: Worded,
}

impl Begun for BegunHere<'_> {
    fn finish(self: Box<Self>, query: &Query) -> std::result::Result<Retrieved, RetrieveError> {
        let found = self.release.passages(query, Some(self.worded), None);
        found.map_err(|e| RetrieveError(self.release.unsearchable(e).to_string()))
    }
}
