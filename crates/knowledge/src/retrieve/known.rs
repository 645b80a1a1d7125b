//! The questions that a release is known to answer, and the release with what answers them taken away. Nothing is
//! written: what is taken away is found by nobody, and stands where it stood.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use heed::Result;
use jiff::civil::Date;
use mortar_language::{Kind, text};
use mortar_sources::{Document, prepare};
use roaring::RoaringBitmap;

use crate::index::Reading;
use crate::release::{OpenError, Release};

/// Two texts whose vectors are so near say the same.
const ALIKE: f32 = 0.95;
/// So many neighbours of a vector are looked at for that.
const NEIGHBOURS: usize = 24;
/// More documents of the same words than this are not compared.
const MOST_ALIKE: usize = 200;
/// Where fewer titles are questions than this, headings and lines that are questions are known ones too, and where
/// those are few as well, titles.
const FEW: usize = 50;
/// A question of fewer words of its own does not say what it is about.
const LEAST: usize = 2;

/// A question that documents of a release answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub text: String,
    /// The ids of the documents, ascending.
    pub documents: Vec<String>,
}

/// By its words, whatever their order: the question as first met, and the documents that answer it.
type Questions = BTreeMap<Vec<String>, (String, RoaringBitmap)>;

impl Release {
    /// The questions that documents in force on a day answer by their own words, at most so many of them: the same
    /// ones whenever they are there, however the release grew.
    pub fn known(&self, on: Date, sample: usize) -> std::result::Result<Vec<Known>, OpenError> {
        self.known_here(on, sample).map_err(|e| self.unreadable(&e))
    }

    fn known_here(&self, on: Date, sample: usize) -> Result<Vec<Known>> {
        let reading = self.index.read()?;
        let [mut titled, mut headed, mut named] = [Questions::new(), Questions::new(), Questions::new()];
        let numbers = self.index.documents()?;
        for number in numbers.into_iter().filter(|d| self.index.in_force(*d, on)) {
            let document = reading.document(number)?;
            if document.kind == Kind::Code {
                continue;
            }
            if document.kind == Kind::Qa || document.title.ends_with('?') {
                add(&mut titled, &document.title, number);
                continue;
            }
            add(&mut named, &document.title, number);
            for question in asked_inside(&document) {
                add(&mut headed, &question, number);
            }
        }
        let mut all = titled;
        for more in [headed, named] {
            if all.len() < FEW {
                for (key, (question, documents)) in more {
                    all.entry(key).or_insert_with(|| (question, RoaringBitmap::new())).1 |= documents;
                }
            }
        }
        let mut drawn: Vec<(blake3::Hash, String, RoaringBitmap)> = all
            .into_iter()
            .map(|(key, (question, documents))| (blake3::hash(key.join(" ").as_bytes()), question, documents))
            .collect();
        drawn.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        drawn.truncate(sample);
        let known = drawn.into_iter().map(|(_, text, documents)| {
            let ids: Result<BTreeSet<String>> = documents.iter().map(|d| Ok(reading.document(d)?.id)).collect();
            Ok(Known {
                text,
                documents: ids?.into_iter().collect(),
            })
        });
        known.collect()
    }

    /// These documents, and those that say the same: under the same title (the sections of one page are documents of
    /// their own), with their very text, or with vectors next to theirs.
    pub fn with_duplicates(&self, ids: &[String]) -> std::result::Result<RoaringBitmap, OpenError> {
        self.duplicates(ids).map_err(|e| self.unreadable(&e))
    }

    fn duplicates(&self, ids: &[String]) -> Result<RoaringBitmap> {
        let reading = self.index.read()?;
        let set = self.index.models().next().map(|m| (0, m.1));
        let mut out = RoaringBitmap::new();
        for id in ids {
            let Some(number) = self.index.number(id)? else {
                continue;
            };
            out.insert(number);
            let document = reading.document(number)?;
            let passages = self.index.passages_of(number);
            let mut near = self.same_words(&reading, &document.title, |d| d.title == document.title)?;
            let said = text::collapse(&document.body);
            near.extend(self.same_words(&reading, &document.body, |d| text::collapse(&d.body) == said)?);
            if let Some(set) = set {
                let whole = prepare::whole(&document, passages.len()).map(|_| passages.start * 2 + 1);
                for item in passages.map(|p| p * 2).chain(whole) {
                    let Some(vector) = self.index.vector(set.0, item)? else {
                        continue;
                    };
                    let wanted = self.near(&reading, &vector, set, NEIGHBOURS, &|_| true)?;
                    let alike = reading.likeness(set.0, &vector, &wanted)?;
                    near.extend(
                        alike
                            .into_iter()
                            .filter(|(_, l)| *l >= ALIKE)
                            .map(|(item, _)| self.index.owner(item / 2)),
                    );
                }
            }
            out.extend(near);
        }
        Ok(out)
    }

    /// The documents that are the same as far as a text goes, found by the rarest of its words.
    fn same_words(&self, reading: &Reading<'_>, said: &str, same: impl Fn(&Document) -> bool) -> Result<Vec<u32>> {
        let mut rarest: Option<Vec<u32>> = None;
        for stem in text::content_stems(said).into_iter().collect::<BTreeSet<_>>() {
            let list = reading.postings(&stem)?.unwrap_or_default();
            let held: Vec<u32> = crate::lexical::decode(list).map(|p| p.passage).collect();
            if rarest.as_ref().is_none_or(|r| held.len() < r.len()) {
                rarest = Some(held);
            }
        }
        let passages = rarest.unwrap_or_default().into_iter();
        let owners: BTreeSet<u32> = passages.map(|p| self.index.owner(p)).collect();
        let mut out = Vec::new();
        for d in owners.into_iter().take(MOST_ALIKE) {
            if same(&reading.document(d)?) {
                out.push(d);
            }
        }
        Ok(out)
    }

    /// The ids of documents.
    pub fn ids(&self, documents: &RoaringBitmap) -> std::result::Result<BTreeSet<String>, OpenError> {
        let ids = || -> Result<BTreeSet<String>> {
            let reading = self.index.read()?;
            documents.iter().map(|d| Ok(reading.document(d)?.id)).collect()
        };
        ids().map_err(|e| self.unreadable(&e))
    }

    /// The release as it would be found without these documents.
    pub fn without(&self, documents: RoaringBitmap) -> Release {
        Release {
            manifest: self.manifest.clone(),
            index: self.index.without(documents),
        }
    }
}

fn add(to: &mut Questions, question: &str, document: u32) {
    let mut key = text::content_stems(question);
    key.sort();
    key.dedup();
    if key.len() >= LEAST {
        let entry = to
            .entry(key)
            .or_insert_with(|| (question.to_owned(), RoaringBitmap::new()));
        entry.1.insert(document);
    }
}

/// The lines of a document that are questions, as headings are.
fn asked_inside(document: &Document) -> Vec<String> {
    /// Longer ones are sentences of the text.
    const LONGEST: usize = 120;
    let mut times: HashMap<&str, usize> = HashMap::new();
    let lines = document.body.lines().map(|l| l.trim().trim_matches(['#', '*', ' ']));
    let questions: Vec<&str> = lines
        .filter(|l| l.ends_with('?') && l.len() <= LONGEST && text::segments(l).len() == 1)
        .collect();
    for q in &questions {
        *times.entry(q).or_default() += 1;
    }
    questions
        .into_iter()
        .filter(|q| times.get(q) == Some(&1))
        .map(str::to_owned)
        .collect()
}
