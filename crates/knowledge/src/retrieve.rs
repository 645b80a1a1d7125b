//! Retrieval: exact codes first, then words and meaning fused into one order, each passage with a
//! calibrated probability that it answers the question. One configuration for every kind of
//! knowledge; what it weighs is in [`FUSION`] and [`CALIBRATION`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use heed::Result;
use jiff::civil::Date;
use mortar_assistant::codes::{self, Code};
use mortar_assistant::{FoundBy, Kind, LookAlike, Passage, Query, RetrieveError, Retrieved, Retriever, text};
use roaring::RoaringBitmap;

use crate::document::{Document, DocumentRow};
use crate::index::{Reading, numbers};
use crate::lexical::{self, Lengths};
use crate::release::{OpenError, Release};
use crate::sketch::Sketch;

/// How much each part says in the fused order.
struct Fusion {
    /// Of the likeness of the passage, against its words.
    meaning: f32,
    /// Of the likeness of a document's question, against that of its passage.
    question: f32,
}
const FUSION: Fusion = Fusion {
    meaning: 0.7,
    question: 0.7,
};

/// How many candidates each part brings, beside those asked for.
const CANDIDATES: usize = 200;
/// More passages of one document than this say little new.
const PER_DOCUMENT: usize = 3;

/// What speaks for a passage; the features of the calibration.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Signals {
    /// Cosine of question and passage, or of question and question; none without a model.
    pub likeness: Option<f32>,
    /// BM25F, as a share of what a passage of nothing but the question's words could reach.
    pub words: f32,
    /// The share of the question's words that stand in the passage, weighed by rarity.
    pub coverage: f32,
}

/// The weights of the logistic function from signals to a probability, learnt by
/// `cargo xtask calibrate`: bias, likeness, words, coverage.
struct Calibration {
    with_model: [f32; 4],
    words_only: [f32; 3],
}
const CALIBRATION: Calibration = Calibration {
    with_model: [-8.61, 15.73, 4.86, 0.74],
    words_only: [-2.73, 13.49, -0.99],
};

impl Signals {
    pub fn probability(&self) -> f32 {
        let z = match self.likeness {
            Some(l) => {
                let [b, wl, ww, wc] = CALIBRATION.with_model;
                b + wl * l + ww * self.words + wc * self.coverage
            }
            None => {
                let [b, ww, wc] = CALIBRATION.words_only;
                b + ww * self.words + wc * self.coverage
            }
        };
        1.0 / (1.0 + (-z).exp())
    }
}

/// A passage found, before it is read.
#[derive(Debug, Clone)]
pub struct Hit {
    pub passage: u32,
    pub document: u32,
    pub signals: Signals,
    pub fused: f32,
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
    /// Documents about other codes: never an answer to a question about a code.
    neighbours: HashSet<u32>,
    unknown: Vec<Code>,
    out_of_force: Vec<Code>,
    look_alikes: Vec<(String, u32)>,
}

impl Release {
    /// The best passages, best first, one order of all ways to find them. At most `limit` documents.
    fn hits(&self, query: &Query, limit: usize) -> Result<(Vec<Hit>, Asked)> {
        let reading = self.index.read()?;
        let asked = self.asked(&reading, query)?;
        let depth = CANDIDATES.max(limit * 4);
        let in_force: Vec<bool> = (0..self.manifest.documents)
            .map(|d| self.index.in_force(d, query.as_of))
            .collect();
        let allowed = |p: u32| {
            let d = self.index.owner(p);
            in_force[d as usize] && !asked.neighbours.contains(&d)
        };

        let words = self.by_words(&reading, &query.text)?;
        let mut order: Vec<u32> = words.keys().copied().filter(|p| allowed(*p)).collect();
        order.sort_by(|a, b| words[b].0.total_cmp(&words[a].0).then(a.cmp(b)));
        order.truncate(depth);
        let mut candidates: HashSet<u32> = order.into_iter().collect();
        candidates.extend(asked.mentioned.keys().copied().filter(|p| allowed(*p)));
        for d in asked.found.keys() {
            candidates.extend((0..self.manifest.passages).filter(|p| self.index.owner(*p) == *d && allowed(*p)));
        }
        let likeness = match &query.vector {
            Some(v) if self.index.dimensions > 0 => self.by_meaning(&reading, v, depth, &mut candidates, &allowed)?,
            _ => HashMap::new(),
        };

        let mut hits: Vec<Hit> = candidates
            .into_iter()
            .map(|passage| {
                let document = self.index.owner(passage);
                let (words, coverage) = words.get(&passage).copied().unwrap_or_default();
                let signals = Signals {
                    likeness: likeness.get(&passage).copied(),
                    words,
                    coverage,
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
                    fused: 0.0,
                    code,
                }
            })
            .collect();
        fuse(&mut hits);
        hits.sort_by(by_rank);
        Ok((hits, asked))
    }

    /// BM25F and coverage of every passage that holds a word of the question.
    fn by_words(&self, reading: &Reading<'_>, question: &str) -> Result<HashMap<u32, (f32, f32)>> {
        let mut terms: BTreeMap<String, u32> = BTreeMap::new();
        for stem in text::content_stems(question) {
            *terms.entry(stem).or_default() += 1;
        }
        let Some(lengths) = Lengths::decode(reading.blob("lengths")?) else {
            return Ok(HashMap::new());
        };
        let all = lengths.passages();
        let mut scores: HashMap<u32, (f32, f32)> = HashMap::new();
        let mut most = 0.0;
        for term in terms.keys() {
            let bytes = reading.postings(term)?;
            let list: Vec<_> = bytes.map(|b| lexical::decode(b).collect()).unwrap_or_default();
            let rarity = lexical::rarity(all, list.len());
            most += rarity;
            for posting in list {
                let score = scores.entry(posting.passage).or_default();
                score.0 += rarity * lengths.weight(posting);
                score.1 += rarity;
            }
        }
        if most > 0.0 {
            scores.values_mut().for_each(|s| *s = (s.0 / (most * 2.2), s.1 / most));
        }
        Ok(scores)
    }

    /// Adds the passages nearest by meaning to the candidates; exact likeness of all of them.
    fn by_meaning(
        &self,
        reading: &Reading<'_>,
        vector: &[f32],
        depth: usize,
        candidates: &mut HashSet<u32>,
        allowed: &dyn Fn(u32) -> bool,
    ) -> Result<HashMap<u32, f32>> {
        let items = numbers(reading.blob("sketch_items")?);
        let Some(sketch) = Sketch::new(reading.blob("sketch")?, self.index.dimensions) else {
            return Ok(HashMap::new());
        };
        let near = sketch.nearest(vector, depth, |row| {
            items.get(row).is_some_and(|item| allowed(item / 2))
        });
        let mut wanted: RoaringBitmap = near
            .into_iter()
            .filter_map(|row| items.get(row as usize).copied())
            .collect();
        // Each candidate is measured by its passage and by its document's question, which stands
        // at the document's first passage.
        let first = |p: u32| {
            (0..=p)
                .rev()
                .take_while(|q| self.index.owner(*q) == self.index.owner(p))
                .last()
                .unwrap_or(p)
        };
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
                let question = measured.get(&(first(*p) * 2 + 1)).copied().unwrap_or(own);
                Some((*p, FUSION.question * question + (1.0 - FUSION.question) * own))
            })
            .collect())
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
        for found in codes::find(&query.text, &held) {
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
        if !out.codes.is_empty() {
            self.neighbours(reading, query.as_of, &mut out)?;
        }
        Ok(out)
    }

    /// The documents about other codes of the systems asked about, and those of them that look like
    /// one that is unknown.
    fn neighbours(&self, reading: &Reading<'_>, as_of: Date, out: &mut Asked) -> Result<()> {
        for (value, places) in reading.codes()? {
            for place in places.iter().filter(|p| p.own && !out.found.contains_key(&p.document)) {
                if !out.codes.iter().any(|c| codes::systems_agree(&c.system, &place.system)) {
                    continue;
                }
                out.neighbours.insert(place.document);
                let alike = out
                    .unknown
                    .iter()
                    .any(|c| codes::systems_agree(&c.system, &place.system) && codes::off_by_one(&c.value, &value));
                if alike && self.index.in_force(place.document, as_of) && out.look_alikes.len() < 5 {
                    out.look_alikes.push((value.clone(), place.document));
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
        let Some(lengths) = Lengths::decode(reading.blob("lengths")?) else {
            return Ok(Vec::new());
        };
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
                let list: Vec<_> = reading
                    .postings(&term)?
                    .map(|b| lexical::decode(b).collect())
                    .unwrap_or_default();
                let rarity = lexical::rarity(lengths.passages(), list.len());
                for posting in list {
                    let score = held.entry(self.index.owner(posting.passage)).or_default();
                    *score = score.max(rarity * lengths.weight(posting));
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
        for hit in hits {
            if passages.len() == query.limit {
                break;
            }
            let taken = per_document.entry(hit.document).or_default();
            *taken += 1;
            if *taken <= PER_DOCUMENT {
                let mut passage = read(&reading, &hit, passages.len() as u32 + 1)?;
                passage.score = passage.score.min(most(&query.text, &passage, &hit));
                passages.push(passage);
            }
        }
        // What cannot carry an answer, however like the question it looks, stands behind what can.
        passages.sort_by_key(|p| p.score == UNFIT);
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

/// A question that is nothing but a code: "75", "MR".
fn bare_code(question: &str) -> Option<Code> {
    let word = question.trim_matches(|c: char| !c.is_alphanumeric());
    let shaped = (2..=3).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    shaped.then(|| Code::new("", word))
}

/// One number for what words and meaning say. Each part is set in proportion to the best of its
/// kind, so that a part that finds nothing good cannot shout down the one that does.
fn fuse(hits: &mut [Hit]) {
    let best = |of: fn(&Hit) -> f32| hits.iter().map(of).fold(0.0f32, f32::max).max(1e-6);
    let most_words = best(|h| h.signals.words);
    let likest = best(|h| h.signals.likeness.unwrap_or(0.0));
    let any_meaning = hits.iter().any(|h| h.signals.likeness.is_some());
    for h in hits {
        let words = h.signals.words / most_words;
        h.fused = if any_meaning {
            let meaning = h.signals.likeness.unwrap_or(0.0) / likest;
            FUSION.meaning * meaning + (1.0 - FUSION.meaning) * words
        } else {
            words
        };
    }
}

/// Codes first, then the fused order; the passage's number decides between equals.
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
        .then(b.fused.total_cmp(&a.fused))
        .then(a.passage.cmp(&b.passage))
}

fn read(reading: &Reading<'_>, hit: &Hit, number: u32) -> Result<Passage> {
    let stored = reading.passage(hit.passage)?;
    let Document {
        id,
        title,
        body,
        url,
        kind,
        version,
        effective_from,
        effective_to,
        ..
    } = reading.document(hit.document)?;
    let range = stored.record.range;
    let text = body.get(range.clone()).unwrap_or_default().to_owned();
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
        id: format!("{id}#{}", stored.n),
        number,
        document: id,
        version,
        title,
        kind,
        url,
        effective_from,
        effective_to,
        heading_path: stored.record.heading_path,
        start: range.start as u32,
        end: range.end as u32,
        text,
        score: hit.signals.probability().max(least),
        found_by,
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

    fn retrieve(&self, query: &Query) -> std::result::Result<Retrieved, RetrieveError> {
        self.passages(query).map_err(|e| RetrieveError(e.to_string()))
    }
}
