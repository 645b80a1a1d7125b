//! One consistent look at an index. What somebody is shown, a document and its passages, is compared with
//! its digest whenever it is read; what only orders (postings, vectors, the sketch) is not.

use std::cell::RefCell;

use arroy::distances::Cosine;
use heed::{RoTxn, WithoutTls};
use mortar_sources::Document;
use roaring::RoaringBitmap;

use super::row::{PassageLine, digest, line};
use super::tables::{Apart, CodePlace, StoredPassage, bit, damaged, days, named, numbers, read_json};
use super::{Index, tables};
use crate::sketch::Sketch;

pub struct Reading<'a> {
    pub(super) index: &'a Index,
    pub(super) txn: RoTxn<'a, WithoutTls>,
    pub(super) apart: Option<(RoTxn<'a, WithoutTls>, Apart)>,
    /// The documents that were compared with their digests in this look.
    pub(super) seen: RefCell<RoaringBitmap>,
}

/// The vectors of a set in one file.
type VectorFile<'a> = (&'a RoTxn<'a, WithoutTls>, arroy::Reader<'a, Cosine>);

impl Reading<'_> {
    /// A document, as it was written and as its place in the index says: else it is damaged, and nothing of
    /// this release is read any more.
    pub fn document(&self, number: u32) -> heed::Result<Document> {
        self.unspoilt(number)
            .inspect_err(|e| self.index.health.spoilt(&e.to_string()))
    }

    fn unspoilt(&self, number: u32) -> heed::Result<Document> {
        let bytes = self.index.tables.documents.get(&self.txn, &number)?;
        let bytes = bytes.ok_or_else(|| damaged("a document is missing"))?;
        let document: Document = read_json(bytes)?;
        if self.seen.borrow().contains(number) {
            return Ok(document);
        }
        let mut lines = Vec::new();
        for (n, passage) in (0..).zip(self.index.passages_of(number)) {
            let stored = self.stored_passage(passage)?;
            if (stored.document, stored.n) != (number, n) || document.body.get(stored.record.range.clone()).is_none() {
                return Err(damaged("a passage is another document's"));
            }
            lines.extend(line(&PassageLine {
                document: document.id.clone(),
                n,
                record: stored.record,
            }));
        }
        let here = digest(&[bytes, b"\n"].concat(), &lines);
        if self.written(number)?.is_some_and(|written| written != here) || !self.in_its_place(number, &document) {
            let reason = format!("the document “{}” is not what was written", document.id);
            return Err(damaged(&reason));
        }
        self.seen.borrow_mut().insert(number);
        Ok(document)
    }

    /// The digest of what was written under a number; none in data that was made before there were any.
    fn written(&self, number: u32) -> heed::Result<Option<[u8; 32]>> {
        let blob = |name| Ok::<_, heed::Error>(self.index.tables.blobs.get(&self.txn, name)?.unwrap_or_default());
        if let Some(digest) = tables::restated(blob("restated")?).get(&number) {
            return Ok(Some(*digest));
        }
        Ok(blob("digests")?.as_chunks().0.get(number as usize).copied())
    }

    /// Whether the days in force and the codes by which a document is found are those that it states.
    fn in_its_place(&self, number: u32, document: &Document) -> bool {
        let systems = &self.index.systems;
        let own = document.exact.iter().try_fold(0, |own, code| {
            let system = systems.iter().position(|s| *s == code.system)?;
            Some(own | bit(system))
        });
        let held = self.index.dates.get(number as usize * 2..number as usize * 2 + 2);
        let stated = days(document.effective_from, document.effective_to).map(|d| d as u32);
        held == Some(stated.as_slice()) && own == self.index.own_systems.get(number as usize).copied()
    }

    pub fn passage(&self, number: u32) -> heed::Result<StoredPassage> {
        self.stored_passage(number)
            .inspect_err(|e| self.index.health.spoilt(&e.to_string()))
    }

    fn stored_passage(&self, number: u32) -> heed::Result<StoredPassage> {
        let bytes = self.index.tables.passages.get(&self.txn, &number)?;
        read_json(bytes.ok_or_else(|| damaged("a passage is missing"))?)
    }

    pub fn postings(&self, term: &str) -> heed::Result<Option<&[u8]>> {
        if term.is_empty() || term.len() > 128 {
            Ok(None)
        } else {
            self.index.tables.terms.get(&self.txn, term)
        }
    }

    /// The terms that begin with `prefix`, for search as one types.
    pub fn terms_with(&self, prefix: &str, limit: usize) -> heed::Result<Vec<String>> {
        self.index
            .tables
            .terms
            .prefix_iter(&self.txn, prefix)?
            .take(limit)
            .map(|t| t.map(|t| t.0.to_owned()))
            .collect()
    }

    /// Whether a word stands in the knowledge as it is written.
    pub fn has_word(&self, word: &str) -> heed::Result<bool> {
        Ok(self.index.tables.words.get(&self.txn, word)?.is_some())
    }

    /// The words that begin with `prefix`, each with the number of passages that hold it.
    pub fn words_with(&self, prefix: &str) -> heed::Result<impl Iterator<Item = heed::Result<(&str, u32)>>> {
        self.index.tables.words.prefix_iter(&self.txn, prefix)
    }

    pub fn code(&self, value: &str) -> heed::Result<Vec<CodePlace>> {
        if value.is_empty() || value.len() > 64 {
            return Ok(Vec::new());
        }
        let Some(bytes) = self.index.tables.codes.get(&self.txn, value)? else {
            return Ok(Vec::new());
        };
        let mut list: Vec<CodePlace> = read_json(bytes)?;
        // "The claim shows code 40" says no system: it is that of the document about 40, if there is one.
        if let Some(system) = list.iter().find(|p| p.own).map(|p| p.system.clone()) {
            let unsaid = list.iter_mut().filter(|p| !p.own && p.system.is_empty());
            unsaid.for_each(|p| p.system.clone_from(&system));
        }
        Ok(list)
    }

    /// A blob of a set; nothing where it was never written.
    pub(super) fn blob(&self, part: &str, set: usize) -> heed::Result<&[u8]> {
        let found = self.index.tables.blobs.get(&self.txn, &named(part, set))?;
        Ok(found.unwrap_or_default())
    }

    /// The sketch of a set, and the item of each of its rows.
    pub fn sketch(&self, set: usize, dimensions: usize) -> heed::Result<(Sketch<'_>, &[[u8; 4]])> {
        let mut blobs = Vec::new();
        for (txn, Apart { blobs: table, .. }) in self.files() {
            let [bits, bytes] = [
                table.get(txn, &named("bits", set))?,
                table.get(txn, &named("bytes", set))?,
            ];
            blobs.extend(bits.zip(bytes));
        }
        let gone = numbers(self.blob("gone", set)?);
        let items = self.blob("items", set)?.as_chunks().0;
        Sketch::new(blobs, gone, dimensions)
            .filter(|sketch| sketch.numbered() == items.len())
            .map(|sketch| (sketch, items))
            .ok_or_else(|| damaged("the sketch is not that of its vectors"))
    }

    /// The exact likeness (cosine) of these vectors to the query, in no order.
    pub fn likeness(&self, set: usize, query: &[f32], items: &RoaringBitmap) -> heed::Result<Vec<(u32, f32)>> {
        let mut found = Vec::with_capacity(items.len() as usize);
        for file in self.vectors(set) {
            let (txn, reader) = file?;
            let near = reader
                .nns(items.len() as usize)
                .candidates(items)
                .by_vector(txn, query)
                .map_err(unread)?;
            // arroy's distance is half of one minus the cosine.
            found.extend(near.into_iter().map(|(item, distance)| (item, 1.0 - 2.0 * distance)));
        }
        Ok(found)
    }

    /// The stored vector of an item, unless its passage is withdrawn.
    pub(super) fn vector(&self, set: usize, item: u32) -> heed::Result<Option<Vec<f32>>> {
        if self.index.tables.passages.get(&self.txn, &(item / 2))?.is_none() {
            return Ok(None);
        }
        for file in self.vectors(set) {
            let (txn, reader) = file?;
            if let Some(found) = reader.item_vector(txn, item).map_err(unread)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The files that hold vectors: `vectors.mdb` where there is one, and what lies behind it.
    pub(super) fn files(&self) -> impl Iterator<Item = (&RoTxn<'_, WithoutTls>, Apart)> {
        let apart = self.apart.iter().map(|(txn, tables)| (txn, *tables));
        apart.chain([(&self.txn, self.index.tables.behind())])
    }

    /// The vectors of a set, wherever some of them lie.
    fn vectors(&self, set: usize) -> impl Iterator<Item = heed::Result<VectorFile<'_>>> {
        let files = self.files().enumerate();
        files.filter_map(
            move |(n, (txn, tables))| match arroy::Reader::open(txn, set as u16, tables.vectors) {
                Ok(reader) => Some(Ok((txn, reader))),
                // Nothing has come yet behind what was written at once.
                Err(arroy::Error::MissingMetadata(_)) if n > 0 => None,
                Err(e) => Some(Err(unread(e))),
            },
        )
    }
}

fn unread(e: arroy::Error) -> heed::Error {
    damaged(&e.to_string())
}
