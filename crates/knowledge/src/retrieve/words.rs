//! Search by words: of a question, and of what is being typed.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use heed::Result;
use mortar_language::text;

use crate::index::Reading;
use crate::lexical;
use crate::release::{OpenError, Release};
use mortar_sources::DocumentRow;

impl Release {
    /// BM25F and coverage of every passage that holds a word of the question.
    pub(super) fn by_words(&self, reading: &Reading<'_>, question: &str) -> Result<Words> {
        let terms: BTreeSet<String> = text::content_stems(question).into_iter().collect();
        let mut lists = Vec::with_capacity(terms.len());
        for term in &terms {
            let list = reading.postings(term)?.unwrap_or_default();
            let rarity = lexical::rarity(self.index.passages(), lexical::decode(list).count());
            lists.push((rarity, list, term));
        }
        // Of a very long message the rarest words that are there at all: they are what it is about.
        lists.sort_by(|a, b| a.1.is_empty().cmp(&b.1.is_empty()).then(b.0.total_cmp(&a.0)));
        lists.truncate(u64::BITS as usize);
        let mut words = Words::of(self.index.numbered().1 as usize);
        for (n, (rarity, list, term)) in lists.iter().enumerate() {
            words.rarities.push(*rarity);
            words.terms.push(((*term).clone(), *rarity));
            for posting in lexical::decode(list) {
                words.add(posting.passage, n, rarity * posting.share());
            }
        }
        words.most = words.rarities.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        words.rarest = lexical::rarity(self.index.passages(), 0);
        Ok(words)
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
}

/// The words of a part of a question with their rarities, the rarest that the release holds first.
#[derive(Debug, Default)]
pub(super) struct Terms(pub(super) Vec<(String, f32)>);

/// What the words of a question come to: a number for each passage, kept from one question to the
/// next, so that a large release is not cleared or counted anew each time.
#[derive(Default)]
pub(super) struct Words {
    scores: Vec<f32>,
    /// Which of the words each passage holds, a bit each.
    held: Vec<u64>,
    /// The passages that hold any of the words, in the order they were met.
    met: Vec<u32>,
    rarities: Vec<f32>,
    /// The words with their rarities, the rarest that is there first.
    terms: Vec<(String, f32)>,
    /// What a passage of nothing but these words would reach.
    most: f32,
    /// The rarity of a word that no passage holds.
    rarest: f32,
}

thread_local! {
    static WORDS: RefCell<Words> = RefCell::default();
}

impl Words {
    pub(super) fn of(passages: usize) -> Words {
        // A search that failed half way took its own with it: what is here is wiped.
        let mut words = WORDS.take();
        words.scores.resize(passages, 0.0);
        words.held.resize(passages, 0);
        words
    }

    pub(super) fn add(&mut self, passage: u32, word: usize, score: f32) {
        let p = passage as usize;
        if let (Some(s), Some(h)) = (self.scores.get_mut(p), self.held.get_mut(p)) {
            if *h == 0 {
                self.met.push(passage);
            }
            *s += score;
            *h |= 1 << word;
        }
    }

    pub(super) fn found(&self) -> impl Iterator<Item = u32> + '_ {
        self.met.iter().copied()
    }

    pub(super) fn score(&self, passage: u32) -> f32 {
        self.scores[passage as usize] / self.most
    }

    /// The share of the words that a passage holds, and how rare the rarest is that it lacks.
    pub(super) fn coverage(&self, passage: u32) -> (f32, f32) {
        self.covered(self.held[passage as usize])
    }

    /// Which of the words some passages hold together, a bit each; the first is the rarest that is there.
    pub(super) fn held(&self, passages: std::ops::Range<u32>) -> u64 {
        self.held[passages.start as usize..passages.end as usize]
            .iter()
            .fold(0, |all, h| all | h)
    }

    pub(super) fn covered(&self, held: u64) -> (f32, f32) {
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

    pub(super) fn wipe(&mut self) {
        for p in self.met.drain(..) {
            self.scores[p as usize] = 0.0;
            self.held[p as usize] = 0;
        }
        self.rarities.clear();
        self.terms.clear();
    }

    /// Hands the space back for the next question, and out the words with their rarities.
    pub(super) fn clear(mut self) -> Terms {
        let terms = Terms(std::mem::take(&mut self.terms));
        self.wipe();
        WORDS.set(self);
        terms
    }
}
