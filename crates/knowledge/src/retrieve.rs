//! Retrieval: exact codes first, then words and meaning fused into one order, each passage with a
//! calibrated probability that it answers the question. One configuration for every kind of
//! knowledge; what it weighs is in [`ORDER`] and [`PROBABLE`].

use std::cell::RefCell;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use heed::Result;
use jiff::civil::Date;
use mortar_assistant::codes::{self, Code};
use mortar_assistant::facts;
use mortar_assistant::{FoundBy, Kind, LookAlike, Part, Passage, Query, RetrieveError, Retrieved, Retriever, text};
use roaring::RoaringBitmap;

use crate::document::{Document, DocumentRow};
use crate::index::{Reading, respells};
use crate::lexical;
use crate::release::{OpenError, Release};
use crate::sketch::Sketch;

/// How many candidates each part brings, beside those asked for.
const CANDIDATES: usize = 100;
/// Taken off what a part of a long message finds.
const PART: f32 = 0.05;
/// More passages of one document than this say little new.
const PER_DOCUMENT: usize = 3;

/// What speaks for a passage, and against it.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Signals {
    /// Cosine of question and passage; none without a model.
    pub likeness: Option<f32>,
    /// Cosine of the question and the document as a whole, mostly the question that it answers; where
    /// it has no such vector, as `likeness`.
    pub document: Option<f32>,
    /// BM25F, as a share of what a passage of nothing but the question's words would reach.
    pub words: f32,
    /// The share of the question's words that stand in the passage, weighed by rarity.
    pub coverage: f32,
    /// How rare the rarest word is that the passage lacks: 1, no passage of the release holds it.
    pub absent: f32,
}

/// Weights of the signals, in their order, with a bias before them. Without a model the likenesses
/// are nothing, and others hold.
struct Weights {
    with_model: [f32; 6],
    words_only: [f32; 6],
}
/// What orders passages: the middle of the plateau that three sets of questions share (docs/MEASURED.md).
const ORDER: Weights = Weights {
    with_model: [0.0, 0.5, 0.5, 0.35, 0.1, 0.0],
    words_only: [0.0, 0.0, 0.0, 1.0, 0.1, 0.0],
};
/// What says how probable it is that a passage answers the question, learnt by `cargo xtask calibrate`.
const PROBABLE: Weights = Weights {
    with_model: [-6.1, 11.84, 3.8, -0.96, 2.01, -1.56],
    words_only: [-0.78, 0.0, 0.0, 5.94, 0.82, -0.71],
};

impl Weights {
    fn sum(&self, s: &Signals) -> f32 {
        let [bias, w @ ..] = if s.likeness.is_some() {
            self.with_model
        } else {
            self.words_only
        };
        let values = [
            s.likeness.unwrap_or(0.0),
            s.document.unwrap_or(0.0),
            s.words,
            s.coverage,
            s.absent,
        ];
        bias + w.iter().zip(values).map(|(w, v)| w * v).sum::<f32>()
    }
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

/// A passage found, before it is read.
#[derive(Debug, Clone)]
pub struct Hit {
    pub passage: u32,
    pub document: u32,
    pub signals: Signals,
    /// Taken off the sum where only a part of the question found it.
    doubt: f32,
    /// Its document is about a code that was asked for (0, the first of them), or mentions it.
    code: Option<CodeRank>,
}

/// Documents about a code stand before those that mention it, in the order of the question's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CodeRank {
    mentions: bool,
    nth: usize,
    /// Of another system than rejections, where none was said: "code 75" on a claim is a rejection.
    less_usual: bool,
    /// Written in another case than asked for.
    other_case: bool,
}

/// What the codes of a question come to.
#[derive(Default)]
struct Asked {
    codes: Vec<Code>,
    found: HashMap<u32, CodeRank>,
    mentioned: HashMap<u32, CodeRank>,
    /// The systems of the codes asked for, a bit each. A document about another code of such a system
    /// is a neighbour: never an answer.
    systems: u32,
    unknown: Vec<Code>,
    out_of_force: Vec<Code>,
    look_alikes: Vec<(String, u32)>,
}

impl Release {
    /// The best passages, best first, one order of all ways to find them.
    fn hits(&self, query: &Query, limit: usize) -> Result<(Vec<Hit>, Asked)> {
        let reading = self.index.read()?;
        let asked = self.asked(&reading, query)?;
        let mut best: HashMap<u32, Hit> = HashMap::new();
        for (n, part) in query.parts.iter().enumerate() {
            for mut hit in self.part(&reading, part, query.as_of, limit, &asked)? {
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
        Ok((hits, asked))
    }

    /// What one part of a question finds, in no order.
    fn part(&self, reading: &Reading<'_>, part: &Part, as_of: Date, limit: usize, asked: &Asked) -> Result<Vec<Hit>> {
        let depth = CANDIDATES.max(limit * 2);
        let allowed = |p: u32| {
            let d = self.index.owner(p);
            let neighbour = self.index.own_systems(d) & asked.systems != 0 && !asked.found.contains_key(&d);
            !neighbour && self.index.in_force(d, as_of)
        };

        let words = self.by_words(reading, &part.text)?;
        let mut order: Vec<u32> = words.found().filter(|p| allowed(*p)).collect();
        if order.len() > depth {
            order.select_nth_unstable_by(depth, |a, b| words.score(*b).total_cmp(&words.score(*a)).then(a.cmp(b)));
            order.truncate(depth);
        }
        let mut candidates: HashSet<u32> = order.into_iter().collect();
        candidates.extend(asked.mentioned.keys().copied().filter(|p| allowed(*p)));
        for d in asked.found.keys() {
            candidates.extend(self.index.passages_of(*d).filter(|p| allowed(*p)));
        }
        let likeness = match &part.vector {
            Some(v) if self.index.dimensions > 0 => self.by_meaning(reading, v, depth, &mut candidates, &allowed)?,
            _ => HashMap::new(),
        };

        let hits = candidates
            .into_iter()
            .map(|passage| {
                let document = self.index.owner(passage);
                let (coverage, absent) = words.coverage(passage);
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
                    code,
                }
            })
            .collect();
        words.clear();
        Ok(hits)
    }

    /// The question with each word that nobody knows as the nearest word of the knowledge.
    fn respelt(&self, question: &str, known: &dyn Fn(&str) -> bool) -> Result<Option<String>> {
        let reading = self.index.read()?;
        let mut out = String::new();
        let mut done = 0;
        // Where nobody says which words are English, only the smallest slip is one.
        let english = known("what");
        let slips = |word: &str| if english && word.chars().count() >= 7 { 2 } else { 1 };
        for word in text::words(question).filter(|w| respells(w)) {
            let at = word.as_ptr() as usize - question.as_ptr() as usize;
            let folded = text::fold(word);
            // A capital inside a sentence is a name: nobody's to respell.
            let name = at > 0 && word.chars().next().is_some_and(char::is_uppercase);
            // One drug is never another, however like their names are.
            if name
                || facts::is_drug(&folded)
                || known(word)
                || reading.has_word(&folded)?
                || reading.postings(&text::stem(word))?.is_some()
            {
                continue;
            }
            if let Some(right) = nearest_word(&reading, &folded, slips(&folded))? {
                out.push_str(&question[done..at]);
                out.push_str(&right);
                done = at + word.len();
            }
        }
        if out.is_empty() {
            return Ok(None);
        }
        out.push_str(&question[done..]);
        Ok(Some(out))
    }

    /// BM25F and coverage of every passage that holds a word of the question.
    fn by_words(&self, reading: &Reading<'_>, question: &str) -> Result<Words> {
        let terms: BTreeSet<String> = text::content_stems(question).into_iter().collect();
        let mut lists = Vec::with_capacity(terms.len());
        for term in &terms {
            let list = reading.postings(term)?.unwrap_or_default();
            lists.push((
                lexical::rarity(self.index.passages(), lexical::decode(list).count()),
                list,
            ));
        }
        // Of a very long message the rarest words that are there at all: they are what it is about.
        lists.sort_by(|a, b| a.1.is_empty().cmp(&b.1.is_empty()).then(b.0.total_cmp(&a.0)));
        lists.truncate(u64::BITS as usize);
        let mut words = Words::of(self.index.passages());
        for (n, (rarity, list)) in lists.iter().enumerate() {
            words.rarities.push(*rarity);
            for posting in lexical::decode(list) {
                words.add(posting.passage, n, rarity * posting.share());
            }
        }
        words.most = words.rarities.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        words.rarest = lexical::rarity(self.index.passages(), 0);
        Ok(words)
    }

    /// Adds the passages nearest by meaning to the candidates; the exact likeness of all of them, and
    /// of their documents.
    fn by_meaning(
        &self,
        reading: &Reading<'_>,
        vector: &[f32],
        depth: usize,
        candidates: &mut HashSet<u32>,
        allowed: &dyn Fn(u32) -> bool,
    ) -> Result<HashMap<u32, (f32, f32)>> {
        let mut wanted = self.near(reading, vector, depth, allowed)?;
        // Each candidate is measured by itself and by its document, which stands at its first passage.
        let first = |p: u32| self.index.passages_of(self.index.owner(p)).start;
        candidates.extend(wanted.iter().map(|item| item / 2));
        for p in candidates.iter() {
            wanted.insert(p * 2);
            wanted.insert(first(*p) * 2 + 1);
        }
        let measured: HashMap<u32, f32> = reading.likeness(vector, &wanted)?.into_iter().collect();
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
        n: usize,
        allowed: &dyn Fn(u32) -> bool,
    ) -> Result<RoaringBitmap> {
        if self.index.dimensions == 0 || vector.len() != self.index.dimensions {
            return Ok(RoaringBitmap::new());
        }
        let items = reading.blob("items")?.as_chunks::<4>().0;
        let item = |row: usize| items.get(row).map(|b| u32::from_le_bytes(*b));
        let Some(sketch) = Sketch::new(reading.blob("bits")?, reading.blob("bytes")?, self.index.dimensions) else {
            return Ok(RoaringBitmap::new());
        };
        let near = sketch.nearest(vector, n, |row| item(row).is_some_and(|i| allowed(i / 2)));
        Ok(near.into_iter().filter_map(|row| item(row as usize)).collect())
    }

    /// Reads the question's codes and looks each of them up exactly.
    fn asked(&self, reading: &Reading<'_>, query: &Query) -> Result<Asked> {
        let held = |code: &Code| {
            reading
                .code(&code.value)
                .is_ok_and(|p| p.iter().any(|p| codes::systems_agree(&p.system, &code.system)))
        };
        let mut out = Asked::default();
        let mut ndc: BTreeMap<usize, Vec<Code>> = BTreeMap::new();
        let mut typed: HashMap<String, &str> = HashMap::new();
        for mut found in codes::find(&query.text, &held) {
            // "reject 1" is 01.
            let padded = Code::new(&found.code.system, &format!("0{}", found.code.value));
            if found.code.value.len() == 1 && !held(&found.code) && held(&padded) {
                found.code = padded;
            }
            typed
                .entry(found.code.value.clone())
                .or_insert(&query.text[found.range.clone()]);
            // An NDC of ten digits is read in three ways; one of them held is the one that was meant.
            if found.code.system == "ndc" {
                ndc.entry(found.range.start).or_default().push(found.code);
            } else if (held(&found.code) || !found.weak) && !out.codes.contains(&found.code) {
                out.codes.push(found.code);
            }
        }
        if out.codes.is_empty() && ndc.is_empty() {
            out.codes
                .extend(bare_code(&query.text).filter(|c| held(c) || c.value.bytes().any(|b| b.is_ascii_digit())));
        }
        for readings in ndc.into_values() {
            let meant = readings.iter().position(&held).unwrap_or(0);
            out.codes.extend(readings.into_iter().nth(meant));
        }
        for (nth, code) in out.codes.clone().iter().enumerate() {
            let places: Vec<_> = reading
                .code(&code.value)?
                .into_iter()
                .filter(|p| codes::systems_agree(&p.system, &code.system))
                .collect();
            let (now, other): (Vec<_>, Vec<_>) = places
                .into_iter()
                .partition(|p| self.index.in_force(p.document, query.as_of));
            if now.is_empty() {
                out.unknown.push(code.clone());
                if !other.is_empty() {
                    out.out_of_force.push(code.clone());
                }
            }
            for place in now {
                let other_case = typed.get(&code.value).is_some_and(|t| *t != place.written);
                let less_usual = code.system.is_empty() && place.system != "reject";
                let rank = CodeRank {
                    mentions: !place.own,
                    nth,
                    less_usual,
                    other_case,
                };
                if place.own {
                    out.found.entry(place.document).or_insert(rank);
                } else {
                    out.mentioned.entry(place.passage).or_insert(rank);
                }
            }
        }
        out.systems = self.index.systems_of(&out.codes);
        self.look_alikes(reading, query.as_of, &mut out)?;
        Ok(out)
    }

    /// The documents about a code that an unknown one may have been meant for.
    fn look_alikes(&self, reading: &Reading<'_>, as_of: Date, out: &mut Asked) -> Result<()> {
        for code in &out.unknown {
            for value in codes::off_by_one(&code.value) {
                for place in reading.code(&value)? {
                    let alike = place.own && codes::systems_agree(&code.system, &place.system);
                    if alike && self.index.in_force(place.document, as_of) && out.look_alikes.len() < 5 {
                        out.look_alikes.push((value.clone(), place.document));
                    }
                }
            }
        }
        Ok(())
    }

    /// The documents that answer a query, best first, one entry each: what a TREC run lists.
    pub fn search(&self, query: &Query) -> std::result::Result<Vec<(DocumentRow, Hit)>, OpenError> {
        let find = || -> Result<Vec<(DocumentRow, Hit)>> {
            let (hits, _) = self.hits(query, query.limit)?;
            let reading = self.index.read()?;
            let mut seen = HashSet::new();
            let best = hits.into_iter().filter(|h| seen.insert(h.document)).take(query.limit);
            best.map(|h| Ok((DocumentRow::from(&reading.document(h.document)?), h)))
                .collect()
        };
        find().map_err(|e| self.unsearchable(e))
    }

    /// The documents that hold all words typed so far, the last one perhaps unfinished, best first.
    /// Also those that are not in force: browsing shows what was and what will be.
    pub fn find_as_typed(&self, typed: &str, limit: usize) -> std::result::Result<Vec<DocumentRow>, OpenError> {
        self.as_typed(typed, limit).map_err(|e| self.unsearchable(e))
    }

    fn as_typed(&self, typed: &str, limit: usize) -> Result<Vec<DocumentRow>> {
        let reading = self.index.read()?;
        let words: Vec<String> = text::words(typed)
            .filter(|w| !text::is_stopword(w))
            .map(text::fold)
            .collect();
        // A code as typed: its document is the first of the list.
        let mut scores: HashMap<u32, f32> = HashMap::new();
        for value in typed.split_whitespace().map(str::to_ascii_uppercase) {
            for place in reading.code(&value)?.into_iter().filter(|p| p.own) {
                scores.insert(place.document, 100.0);
            }
        }
        let mut all: Option<HashMap<u32, f32>> = None;
        let finished = typed.ends_with(char::is_whitespace);
        for (i, word) in words.iter().enumerate() {
            let mut terms = vec![text::stem(word)];
            if i + 1 == words.len() && !finished {
                terms.extend(reading.terms_with(word, 200)?);
            }
            let mut held: HashMap<u32, f32> = HashMap::new();
            for term in terms {
                let list = reading.postings(&term)?.unwrap_or_default();
                let rarity = lexical::rarity(self.index.passages(), lexical::decode(list).count());
                for posting in lexical::decode(list) {
                    let score = held.entry(self.index.owner(posting.passage)).or_default();
                    *score = score.max(rarity * posting.share());
                }
            }
            all = Some(match all {
                None => held,
                Some(before) => before
                    .into_iter()
                    .filter_map(|(d, s)| held.get(&d).map(|h| (d, s + h)))
                    .collect(),
            });
        }
        for (d, s) in all.unwrap_or_default() {
            *scores.entry(d).or_default() += s;
        }
        let mut order: Vec<(u32, f32)> = scores.into_iter().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order
            .into_iter()
            .take(limit)
            .map(|(d, _)| Ok(DocumentRow::from(&reading.document(d)?)))
            .collect()
    }

    /// The passages nearest to a vector, by meaning alone, each with its likeness.
    pub fn nearest(&self, vector: &[f32], n: usize) -> std::result::Result<Vec<(u32, f32)>, OpenError> {
        let find = || -> Result<Vec<(u32, f32)>> {
            let reading = self.index.read()?;
            let wanted = self.near(&reading, vector, n * 4, &|_| true)?;
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let mut found = reading.likeness(vector, &wanted)?;
            found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let mut seen = HashSet::new();
            let passages = found.into_iter().map(|(item, likeness)| (item / 2, likeness));
            Ok(passages.filter(|p| seen.insert(p.0)).take(n).collect())
        };
        find().map_err(|e| self.unsearchable(e))
    }

    /// The vector of a passage, where the release has vectors.
    pub fn vector(&self, passage: u32) -> std::result::Result<Option<Vec<f32>>, OpenError> {
        if self.index.dimensions == 0 {
            return Ok(None);
        }
        self.index.vector(passage * 2).map_err(|e| self.unsearchable(e))
    }

    /// The passages of some documents, evenly drawn from all of them: at most `limit` documents.
    pub fn drawn(&self, limit: usize) -> std::result::Result<Vec<Vec<Passage>>, OpenError> {
        let step = (self.manifest.documents as usize).div_ceil(limit.max(1)).max(1);
        let draw = || -> Result<Vec<Vec<Passage>>> {
            let reading = self.index.read()?;
            let chosen = (0..self.manifest.documents).step_by(step);
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
        OpenError::Damaged {
            path: self.index.path().to_owned(),
            reason: e.to_string(),
        }
    }

    fn passages(&self, query: &Query) -> Result<Retrieved> {
        let (hits, asked) = self.hits(query, query.limit)?;
        let reading = self.index.read()?;
        let mut per_document: HashMap<u32, usize> = HashMap::new();
        let mut passages: Vec<Passage> = Vec::new();
        // What cannot carry an answer, however like the question it looks, stands behind what can, but
        // is shown: it may still be what the operator looks for.
        let mut unfit: Vec<Passage> = Vec::new();
        for hit in hits {
            if passages.len() + unfit.len() == query.limit {
                break;
            }
            let taken = per_document.entry(hit.document).or_default();
            *taken += 1;
            if *taken <= PER_DOCUMENT {
                let mut passage = read(&reading, &hit, 0)?;
                let most = most(&query.text, &passage, &hit);
                passage.score = passage.score.min(most);
                if most == UNFIT { &mut unfit } else { &mut passages }.push(passage);
            }
        }
        passages.extend(unfit);
        for (p, number) in passages.iter_mut().zip(1..) {
            p.number = number;
        }
        let look_alikes = asked
            .look_alikes
            .iter()
            .map(|(code, d)| {
                reading.document(*d).map(|d| LookAlike {
                    code: code.clone(),
                    document: d.id,
                    title: d.title,
                })
            })
            .collect::<Result<_>>()?;
        let values = |codes: &[Code]| codes.iter().map(|c| c.value.clone()).collect::<Vec<_>>();
        Ok(Retrieved {
            passages,
            code_found: asked.codes.len() > asked.unknown.len(),
            unknown_codes: values(&asked.unknown),
            codes_out_of_force: values(&asked.out_of_force),
            look_alikes,
        })
    }
}

/// The word of the knowledge that a misspelt one was meant for: one slip away, in a long word two.
/// The first letter is seldom the wrong one.
fn nearest_word(reading: &Reading<'_>, word: &str, slips: usize) -> Result<Option<String>> {
    let mut best: Option<(usize, Reverse<u32>, &str)> = None;
    let first = |n: usize| word.char_indices().nth(n).map_or(word, |(i, _)| &word[..i]);
    let sounds = if word.starts_with('f') { "ph" } else { first(1) };
    for begin in [first(1), sounds].into_iter().collect::<BTreeSet<_>>() {
        for entry in reading.words_with(begin)? {
            let (held, passages) = entry?;
            if held.len().abs_diff(word.len()) > slips {
                continue;
            }
            let distance = strsim::osa_distance(word, held);
            let found = (distance, Reverse(passages), held);
            // The name of a drug is meant only by what is all but it.
            let slips = if facts::is_drug(held) { 1 } else { slips };
            if distance <= slips && best.is_none_or(|b| found < b) {
                best = Some(found);
            }
        }
    }
    Ok(best.map(|b| b.2.to_owned()))
}

/// A question that is nothing but a code: "75", "MR".
fn bare_code(question: &str) -> Option<Code> {
    let word = question.trim_matches(|c: char| !c.is_alphanumeric());
    let shaped = (2..=3).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    shaped.then(|| Code::new("", word))
}

/// What the words of a question come to: a number for each passage, kept from one question to the
/// next, so that a large release is not cleared or counted anew each time.
#[derive(Default)]
struct Words {
    scores: Vec<f32>,
    /// Which of the words each passage holds, a bit each.
    held: Vec<u64>,
    /// The passages that hold any of the words, in the order they were met.
    met: Vec<u32>,
    rarities: Vec<f32>,
    /// What a passage of nothing but these words would reach.
    most: f32,
    /// The rarity of a word that no passage holds.
    rarest: f32,
}

thread_local! {
    static WORDS: RefCell<Words> = RefCell::default();
}

impl Words {
    fn of(passages: usize) -> Words {
        // A search that failed half way took its own with it: what is here is wiped.
        let mut words = WORDS.take();
        words.scores.resize(passages, 0.0);
        words.held.resize(passages, 0);
        words
    }

    fn add(&mut self, passage: u32, word: usize, score: f32) {
        let p = passage as usize;
        if let (Some(s), Some(h)) = (self.scores.get_mut(p), self.held.get_mut(p)) {
            if *h == 0 {
                self.met.push(passage);
            }
            *s += score;
            *h |= 1 << word;
        }
    }

    fn found(&self) -> impl Iterator<Item = u32> + '_ {
        self.met.iter().copied()
    }

    fn score(&self, passage: u32) -> f32 {
        self.scores[passage as usize] / self.most
    }

    /// The share of the words that a passage holds, and how rare the rarest is that it lacks.
    fn coverage(&self, passage: u32) -> (f32, f32) {
        let held = self.held[passage as usize];
        let (mut has, mut lacks) = (0.0, 0.0f32);
        for (n, rarity) in self.rarities.iter().enumerate() {
            if held & (1 << n) != 0 {
                has += rarity;
            } else {
                lacks = lacks.max(*rarity);
            }
        }
        (has / self.most, lacks / self.rarest.max(f32::MIN_POSITIVE))
    }

    fn wipe(&mut self) {
        for p in self.met.drain(..) {
            self.scores[p as usize] = 0.0;
            self.held[p as usize] = 0;
        }
        self.rarities.clear();
    }

    /// Hands the space back for the next question.
    fn clear(mut self) {
        self.wipe();
        WORDS.set(self);
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

fn read(reading: &Reading<'_>, hit: &Hit, number: u32) -> Result<Passage> {
    let mut found_by = Vec::new();
    if hit.code.is_some() {
        found_by.push(FoundBy::Code);
    }
    if hit.signals.words > 0.0 {
        found_by.push(FoundBy::Words);
    }
    if hit.signals.likeness.is_some_and(|l| l >= 0.4) {
        found_by.push(FoundBy::Meaning);
    }
    // An exact code is certain in its own document, and good evidence where it is mentioned.
    let least = match hit.code {
        Some(c) if !c.mentions => 0.99,
        Some(_) => 0.6,
        None => 0.0,
    };
    Ok(Passage {
        number,
        score: hit.probability().max(least),
        found_by,
        ..plain(reading, hit.passage, reading.document(hit.document)?)?
    })
}

/// A passage as it stands in its document, found by nothing.
fn plain(reading: &Reading<'_>, passage: u32, document: Document) -> Result<Passage> {
    let stored = reading.passage(passage)?;
    let range = stored.record.range;
    Ok(Passage {
        id: format!("{}#{}", document.id, stored.n),
        number: stored.n + 1,
        document: document.id,
        version: document.version,
        title: document.title,
        kind: document.kind,
        url: document.url,
        effective_from: document.effective_from,
        effective_to: document.effective_to,
        heading_path: stored.record.heading_path,
        start: range.start as u32,
        end: range.end as u32,
        text: document.body.get(range).unwrap_or_default().to_owned(),
        score: 1.0,
        found_by: Vec::new(),
    })
}

/// The score of a passage that only looks like an answer.
const UNFIT: f32 = 0.3;

/// The most that a passage can be worth, however like the question it looks.
fn most(question: &str, passage: &Passage, hit: &Hit) -> f32 {
    if hit.code.is_some() {
        return 1.0;
    }
    // Every rejection is like every question about a rejection: without its code, a document about
    // one must share words with the question that not all of them have.
    if passage.kind == Kind::Code {
        let said: HashSet<String> = text::content_stems(&format!("{} {}", passage.title, passage.text))
            .into_iter()
            .collect();
        let general: HashSet<String> = text::content_stems(GENERAL).into_iter().collect();
        let own = |w: &String| said.contains(w) && !general.contains(w) && !w.bytes().all(|b| b.is_ascii_digit());
        let shared: HashSet<String> = text::content_stems(question).into_iter().filter(own).collect();
        if shared.len() < 2 {
            return UNFIT;
        }
    }
    // "Yes." and "No." answer one question alone, and the opposite of many that look like it.
    let first = text::words(&passage.text).next().unwrap_or("");
    let same_question = hit.signals.coverage >= 0.85 || hit.signals.likeness.is_none_or(|l| l >= 0.7);
    if matches!(first, "Yes" | "No") && passage.kind == Kind::Qa && !same_question {
        return UNFIT;
    }
    1.0
}

/// Words that questions about rejections share with all documents about them.
const GENERAL: &str = "claim claims reject rejected rejection rejects code codes plan plans insurance patient member pay pays \
                       paid ncpdp error says said means mean get got came back send tell day days";

impl Retriever for Release {
    fn release(&self) -> &str {
        &self.manifest.release
    }

    fn respell(&self, question: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
        self.respelt(question, known).ok().flatten()
    }

    fn retrieve(&self, query: &Query) -> std::result::Result<Retrieved, RetrieveError> {
        self.passages(query).map_err(|e| RetrieveError(e.to_string()))
    }
}
