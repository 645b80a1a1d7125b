//! A change of an index's tables: takes out what is gone and adds what is new, all but what is made of vectors.
//! Whether all is new or little is, what comes of it is the same to the last bit.

use std::collections::BTreeSet;

use heed::RwTxn;
use mortar_sources::Document;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::counts::{Counts, own_codes};
use super::row::{Row, Vectors};
use super::tables::{StoredPassage, Tables, bit, damaged, json, named, numbers, read_json};
use crate::lexical::{self, FIELDS};
use crate::sketch;

/// What is added to a release's data, and which numbers it loses.
pub struct Delta<'a> {
    pub rows: &'a [Row],
    /// Whether each row is there afterwards, or only takes up its numbers.
    pub live: &'a [bool],
    pub vectors: &'a [Vectors],
    pub gone: &'a [u32],
}

impl Delta<'_> {
    /// The vectors of a set that are added behind `first` passages, each with its item, in the order of the items.
    pub(super) fn items<'v>(&self, first: u32, vectors: &'v Vectors) -> Vec<(u32, &'v [f32])> {
        let mut out = Vec::new();
        let mut at = 0;
        for ((row, live), whole) in self.rows.iter().zip(self.live).zip(&vectors.documents) {
            let passages = at..at + row.passages.len();
            at = passages.end;
            if !live {
                continue;
            }
            for n in passages.clone() {
                let item = (first + n as u32) * 2;
                out.push((item, vectors.passages[n].as_slice()));
                if let (true, Some(whole)) = (n == passages.start, whole) {
                    out.push((item + 1, whole));
                }
            }
        }
        out
    }
}

/// What new words and vectors are weighed against. It is taken from a release's base and kept until
/// there is another base: then a release that grew step by step is the same, bit for bit, as one that
/// was built at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Statistics {
    /// The average length of each field.
    average: lexical::Averages,
    /// The mean of all vectors and their scale, for each model.
    sketches: Vec<sketch::Frame>,
}

impl Statistics {
    fn of(base: &[Row], lengths: &[[u16; FIELDS]], vectors: &[Vectors]) -> Statistics {
        let passages: usize = base.iter().map(|r| r.passages.len()).sum();
        let frame = |v: &Vectors| {
            let all = v.passages[..passages]
                .iter()
                .chain(v.documents[..base.len()].iter().flatten());
            sketch::Frame::new(v.dimensions, all.map(Vec::as_slice))
        };
        Statistics {
            average: lexical::average(&lengths[..passages]),
            sketches: vectors.iter().map(frame).collect(),
        }
    }
}

/// What whoever writes the vectors must know of a change.
pub(super) struct Changed {
    /// The number of the first passage that is new.
    pub(super) first_passage: u32,
    gone: RoaringBitmap,
    /// What vectors are weighed against, for each set.
    pub(super) frames: Vec<sketch::Frame>,
}

impl Changed {
    /// The items that vectors of gone passages have, where they have any.
    pub(super) fn gone_items(&self) -> impl Iterator<Item = u32> {
        self.gone.iter().flat_map(|p| [p * 2, p * 2 + 1])
    }
}

/// Takes out what is gone and adds the rows that are live. With a `base` all is new, and weighed against so many
/// of its first rows.
pub(super) fn change(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    what: &Delta<'_>,
    base: Option<usize>,
) -> heed::Result<Changed> {
    let mut columns = Columns::read(tables, txn)?;
    let mut counts = Counts::default();
    let gone: BTreeSet<u32> = what.gone.iter().copied().collect();
    for number in &gone {
        take_out(tables, txn, *number, &mut columns, &mut counts)?;
    }
    counts.touched_terms(tables, txn)?;
    let first_passage = columns.owners.len() as u32;
    for (n, (row, live)) in what.rows.iter().zip(what.live).enumerate() {
        if *live {
            add(tables, txn, row, &mut columns, &mut counts)?;
        } else {
            columns.unused(row.passages.len());
            counts.unused(row, base.is_some_and(|base| n < base));
        }
    }
    let statistics: Statistics = match base {
        Some(base) => Statistics::of(&what.rows[..base], &counts.lengths, what.vectors),
        None => read_json(tables.blobs.get(txn, "statistics")?.unwrap_or_default())?,
    };
    columns.write(tables, txn)?;
    tables.blobs.put(txn, "statistics", &json(&statistics))?;
    let gone_passages = counts.write(tables, txn, &gone, first_passage, statistics.average)?;
    let changed = Changed {
        first_passage,
        gone: gone_passages,
        frames: statistics.sketches,
    };
    for (set, vectors) in what.vectors.iter().enumerate() {
        write_items(tables, txn, set, &changed, &what.items(first_passage, vectors))?;
    }
    Ok(changed)
}

/// Which item each row of a sketch is of, and which rows are of nothing any more.
fn write_items(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    set: usize,
    changed: &Changed,
    added: &[(u32, &[f32])],
) -> heed::Result<()> {
    let (items, gone) = (named("items", set), named("gone", set));
    let mut held = tables.blobs.get(txn, &items)?.unwrap_or_default().to_vec();
    let mut gone_rows = tables.blobs.get(txn, &gone)?.unwrap_or_default().to_vec();
    let rows: Vec<u32> = numbers(&held);
    for item in changed.gone_items() {
        if let Ok(row) = rows.binary_search(&item) {
            gone_rows.extend((row as u32).to_le_bytes());
        }
    }
    held.extend(added.iter().flat_map(|(item, _)| item.to_le_bytes()));
    tables.blobs.put(txn, &items, &held)?;
    tables.blobs.put(txn, &gone, &gone_rows)
}

/// Takes a document and its passages out of the tables that have them by number.
fn take_out(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    number: u32,
    columns: &mut Columns,
    counts: &mut Counts,
) -> heed::Result<()> {
    let bytes = tables.documents.get(txn, &number)?;
    let document: Document = read_json(bytes.ok_or_else(|| damaged("a document to take out is not there"))?)?;
    let passages = columns.passages_of(number);
    for (value, _) in own_codes(&document, number, passages.start) {
        counts.places.entry(value).or_default();
    }
    for passage in passages {
        let bytes = tables.passages.get(txn, &passage)?;
        let stored: StoredPassage = read_json(bytes.ok_or_else(|| damaged("a passage to take out is not there"))?)?;
        counts.take_out(&document, &stored.record, number, passage);
        tables.passages.delete(txn, &passage)?;
    }
    tables.documents.delete(txn, &number)?;
    if tables.ids.get(txn, &document.id)? == Some(number) {
        tables.ids.delete(txn, &document.id)?;
    }
    columns.retire(number as usize);
    Ok(())
}

/// Puts a document and its passages behind all others.
fn add(
    tables: &Tables,
    txn: &mut RwTxn<'_>,
    row: &Row,
    columns: &mut Columns,
    counts: &mut Counts,
) -> heed::Result<()> {
    let document = &row.document;
    let (number, first) = (columns.documents(), columns.owners.len() as u32);
    tables.documents.put(txn, &number, &json(document))?;
    tables.ids.put(txn, &document.id, &number)?;
    let mut own = 0;
    for (value, place) in own_codes(document, number, first) {
        own |= bit(columns.system(&place.system));
        counts.places.entry(value).or_default().push(place);
    }
    columns.used(row, own);
    for (n, record) in (0..).zip(&row.passages) {
        let stored = StoredPassage {
            document: number,
            n,
            record: record.clone(),
        };
        tables.passages.put(txn, &(first + n), &json(&stored))?;
        counts.add(document, record, number, first + n);
    }
    Ok(())
}
