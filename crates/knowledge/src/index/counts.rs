//! What the tables of words and codes gain and lose by a change: gathered passage by passage, then written once
//! for each word and code.

use std::collections::{BTreeMap, BTreeSet};

use heed::{RoTxn, RwTxn};
use mortar_language::codes;
use mortar_language::text;
use mortar_sources::{Document, PassageRecord, prepare};
use roaring::RoaringBitmap;

use super::row::Row;
use super::tables::{CodePlace, Tables, json, read_json, respells};
use crate::lexical::{self, FIELDS, Posting};

#[derive(Default)]
pub(super) struct Counts {
    /// By term, the new passages with their counts; nothing where a term only loses some.
    terms: BTreeMap<String, Vec<(u32, [u8; FIELDS])>>,
    /// Of the new passages, from the first of them on.
    pub(super) lengths: Vec<[u16; FIELDS]>,
    /// How many more passages hold a word, or fewer.
    words: BTreeMap<String, i64>,
    pub(super) places: BTreeMap<String, Vec<CodePlace>>,
    gone: RoaringBitmap,
}

impl Counts {
    pub(super) fn add(&mut self, document: &Document, record: &PassageRecord, number: u32, passage: u32) {
        let (terms, lengths) = terms(document, record);
        self.lengths.push(lengths);
        for (term, counts) in terms {
            self.terms.entry(term).or_default().push((passage, counts));
        }
        for word in written_words(document, record) {
            *self.words.entry(word).or_default() += 1;
        }
        for (value, place) in mentioned_codes(document, record, number, passage) {
            let list = self.places.entry(value).or_default();
            if !list.contains(&place) {
                list.push(place);
            }
        }
    }

    pub(super) fn take_out(&mut self, document: &Document, record: &PassageRecord, number: u32, passage: u32) {
        for word in written_words(document, record) {
            *self.words.entry(word).or_default() -= 1;
        }
        for (value, _) in mentioned_codes(document, record, number, passage) {
            self.places.entry(value).or_default();
        }
        self.gone.insert(passage);
    }

    /// A row that is not there; where it is weighed against, its lengths count all the same.
    pub(super) fn unused(&mut self, row: &Row, weighed: bool) {
        let length = |record| {
            if weighed {
                terms(&row.document, record).1
            } else {
                [0; FIELDS]
            }
        };
        self.lengths.extend(row.passages.iter().map(length));
    }

    /// The terms of what is gone. To look through all postings costs less than to stem it again.
    pub(super) fn touched_terms(&mut self, tables: &Tables, txn: &RoTxn<'_>) -> heed::Result<()> {
        let Some(last) = self.gone.max() else { return Ok(()) };
        let taken: Vec<bool> = (0..=last).map(|p| self.gone.contains(p)).collect();
        for entry in tables.terms.iter(txn)? {
            let (term, held) = entry?;
            if lexical::decode(held).any(|p| taken.get(p.passage as usize) == Some(&true)) {
                self.terms.entry(term.to_owned()).or_default();
            }
        }
        Ok(())
    }

    /// Writes all of it; which passages are gone.
    pub(super) fn write(
        self,
        tables: &Tables,
        txn: &mut RwTxn<'_>,
        gone: &BTreeSet<u32>,
        first_passage: u32,
        average: lexical::Averages,
    ) -> heed::Result<RoaringBitmap> {
        for (term, new) in self.terms {
            let held = tables.terms.get(txn, &term)?.unwrap_or_default();
            let kept = lexical::decode(held).filter(|p| !self.gone.contains(p.passage));
            let mut list: Vec<Posting> = kept.collect();
            list.extend(new.into_iter().map(|(p, counts)| {
                let lengths = self.lengths[(p - first_passage) as usize];
                lexical::posting(p, counts, lengths, average)
            }));
            if list.is_empty() {
                tables.terms.delete(txn, &term)?;
            } else {
                tables.terms.put(txn, &term, &lexical::encode(&list))?;
            }
        }
        write_words(tables, txn, self.words)?;
        write_codes(tables, txn, self.places, gone)?;
        Ok(self.gone)
    }
}

fn write_words(tables: &Tables, txn: &mut RwTxn<'_>, words: BTreeMap<String, i64>) -> heed::Result<()> {
    for (word, by) in words.into_iter().filter(|w| w.1 != 0) {
        let count = i64::from(tables.words.get(txn, &word)?.unwrap_or(0)) + by;
        if count > 0 {
            tables.words.put(txn, &word, &(count as u32))?;
        } else {
            tables.words.delete(txn, &word)?;
        }
    }
    Ok(())
}

fn write_codes(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    places: BTreeMap<String, Vec<CodePlace>>,
    gone: &BTreeSet<u32>,
) -> heed::Result<()> {
    for (value, new) in places.into_iter().filter(|p| !p.0.is_empty() && p.0.len() <= 64) {
        let mut list: Vec<CodePlace> = match tables.codes.get(txn, &value)? {
            Some(bytes) => read_json(bytes)?,
            None => Vec::new(),
        };
        list.retain(|p| !gone.contains(&p.document));
        list.extend(new);
        if list.is_empty() {
            tables.codes.delete(txn, &value)?;
        } else {
            tables.codes.put(txn, &value, &json(&list))?;
        }
    }
    Ok(())
}

/// The terms of a passage with their counts, and the lengths of its fields.
fn terms(document: &Document, record: &PassageRecord) -> (BTreeMap<String, [u8; FIELDS]>, [u16; FIELDS]) {
    let body = &document.body[record.range.clone()];
    // A row says what the head of its table makes of it.
    let mut under = record.heading_path.join(" ");
    if let Some(head) = prepare::head(document, record) {
        under.push(' ');
        under.push_str(head);
    }
    let (mut terms, lengths) = lexical::count(&document.title, &under, body);
    // A code is found as a code: "$75" has nothing to do with rejection 75.
    let own: Vec<String> = document.exact.iter().map(|c| c.value.to_lowercase()).collect();
    terms.retain(|t, _| !t.is_empty() && !own.contains(t));
    (terms, lengths)
}

/// The words of a passage as they are written, for respelling.
fn written_words(document: &Document, record: &PassageRecord) -> BTreeSet<String> {
    let all = [document.title.as_str(), &document.body[record.range.clone()]].map(text::words);
    let folded = all.into_iter().flatten().filter(|w| respells(w)).map(text::fold);
    // Nothing but marks folds to nothing, and nothing is no key.
    folded.filter(|w| !w.is_empty()).collect()
}

/// The codes that a document is about, each with its value.
pub(super) fn own_codes(
    document: &Document,
    number: u32,
    passage: u32,
) -> impl Iterator<Item = (String, CodePlace)> + '_ {
    document.exact.iter().map(move |code| {
        let mut cells = document.codes.iter().flat_map(|c| c.split_whitespace());
        let written = cells
            .rfind(|c| c.eq_ignore_ascii_case(&code.value))
            .unwrap_or(&code.value);
        let place = CodePlace {
            system: code.system.clone(),
            document: number,
            passage,
            own: true,
            written: written.to_owned(),
        };
        (code.value.clone(), place)
    })
}

/// The codes that a passage mentions.
fn mentioned_codes(document: &Document, record: &PassageRecord, number: u32, passage: u32) -> Vec<(String, CodePlace)> {
    let body = &document.body[record.range.clone()];
    let found = codes::find(body, &|_| false).into_iter().filter_map(|found| {
        let value = found.code.value;
        // Before a weak find is a code, the knowledge must say so elsewhere. "Code 40 means" in the
        // document about rejection 40 is that rejection, and no code of any other system.
        let own = document.exact.iter().any(|c| c.value == value);
        let place = CodePlace {
            system: found.code.system,
            document: number,
            passage,
            own: false,
            written: body[found.range].to_owned(),
        };
        (!own && !found.weak).then_some((value, place))
    });
    found.collect()
}
