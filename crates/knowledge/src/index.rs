//! The LMDB environments of a release and how they are read; how they are written is in `write`. Two, since
//! a release that grows is a copy with the change made in it: what was made of the vectors that were there
//! at the beginning is most of the bytes and never changes, so `vectors.mdb` is linked instead of copied.
//! It has `vectors` and `blobs`, with `bits` and `bytes`; what comes behind is in those of `data.mdb`.
//!
//! | database  | key            | value |
//! |-----------|----------------|-------|
//! | documents | number (u32 BE)| the document as JSON |
//! | ids       | document id    | its number |
//! | passages  | number (u32 BE)| document number, heading path and range as JSON |
//! | vectors   | arroy          | vector 2n is passage n, vector 2n+1 its document as a whole |
//! | terms     | stem           | postings |
//! | words     | word as written  | in how many passages it stands (u32 BE), for respelling |
//! | codes     | value          | who is about it, who mentions it, as JSON |
//! | blobs     | name           | `bits`, `bytes`, `items`, `gone`, `owners`, `dates`, `systems`, `own_systems`, `digests`, `statistics` |
//!
//! Numbers are given in the order of a release's rows and never again: data that grew by changes and
//! data that was written at once say the same. Nothing here is written while somebody reads it.

mod row;
mod write;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use arroy::distances::Cosine;
use heed::byteorder::BE;
use heed::types::{Bytes, Str, U32};
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};
use jiff::civil::Date;
use mortar_language::codes::{self, Code};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::release::Manifest;
use crate::sketch::Sketch;
use mortar_sources::Document;
use mortar_sources::prepare::{self, PassageRecord};
pub use row::{PassageLine, Row, digest, line, lines};
pub use write::{Change, Vectors, apply, write};

const DATABASES: u32 = 8;
pub const DATA: &str = "data.mdb";
/// The vectors of what was written at once, where there are any.
pub const VECTORS: &str = "vectors.mdb";

type Numbered = Database<'static, U32<BE>, Bytes>;
type VectorTable = arroy::Database<'static, Cosine>;

/// Where a code stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePlace {
    pub system: String,
    pub document: u32,
    pub passage: u32,
    /// The document is about it; otherwise its text mentions it.
    pub own: bool,
    /// As the source writes it: two codes may differ by case alone.
    pub written: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredPassage {
    pub document: u32,
    /// Its number within the document.
    pub n: u32,
    #[serde(flatten)]
    pub record: PassageRecord,
}

/// The tables of a file by name and type, how they are made and how they are found again.
macro_rules! tables {
    ($file:ident { $($name:ident: $kind:ty,)* }) => {
        #[derive(Clone, Copy)]
        struct $file {
            $($name: $kind,)*
        }

        impl $file {
            fn create(env: &Env<WithoutTls>) -> heed::Result<$file> {
                let txn = env.write_txn()?;
                let made = env.create_databases_and_commit(txn, |opener, txn| {
                    heed::Result::Ok(CommitOrAbort::<_, ()>::Commit((
                        $(opener.create_database(txn, Some(stringify!($name)))?,)*
                    )))
                })?;
                let ($($name,)*) = made.unwrap_commit();
                Ok($file { $($name,)* })
            }

            fn open(env: &Env<WithoutTls>) -> heed::Result<$file> {
                let txn = env.read_txn()?;
                let found = env.open_databases_and_commit(txn, |opener, txn| {
                    heed::Result::Ok(CommitOrAbort::Commit((
                        $(match opener.open_database(txn, Some(stringify!($name)))? {
                            Some(table) => table,
                            None => return Ok(CommitOrAbort::Abort(stringify!($name))),
                        },)*
                    )))
                })?;
                match found {
                    CommitOrAbort::Commit(($($name,)*)) => Ok($file { $($name,)* }),
                    CommitOrAbort::Abort(name) => Err(damaged(&format!("the table {name} is missing"))),
                }
            }
        }
    };
}

tables! {
    Tables {
        documents: Numbered,
        ids: Database<'static, Str, U32<BE>>,
        passages: Numbered,
        vectors: VectorTable,
        terms: Database<'static, Str, Bytes>,
        words: Database<'static, Str, U32<BE>>,
        codes: Database<'static, Str, Bytes>,
        blobs: Database<'static, Str, Bytes>,
    }
}

tables! {
    Apart {
        vectors: VectorTable,
        blobs: Database<'static, Str, Bytes>,
    }
}

impl Tables {
    /// Where vectors lie that are not in a file of their own.
    fn behind(&self) -> Apart {
        Apart {
            vectors: self.vectors,
            blobs: self.blobs,
        }
    }
}

/// The opened data of a release.
pub struct Index {
    env: Env<WithoutTls>,
    tables: Tables,
    /// `vectors.mdb`, where there is one.
    apart: Option<(Env<WithoutTls>, Apart)>,
    /// First and last day in force of each document, as [`day`] numbers them.
    dates: Vec<u32>,
    /// The document of each passage, ascending.
    owners: Vec<u32>,
    /// The systems of the codes that documents are about, and of each document which: a bit each.
    systems: Vec<String>,
    own_systems: Vec<u32>,
    /// The models that there are vectors by, each with their dimensions.
    models: Vec<(String, usize)>,
    /// How many passages there are, out of force or not.
    live: usize,
}

impl Index {
    pub fn open(dir: &Path, manifest: &Manifest) -> heed::Result<Index> {
        let env = readable(&dir.join(DATA), manifest.file.bytes)?;
        let tables = Tables::open(&env)?;
        let apart = match &manifest.vectors {
            None => None,
            Some(file) => {
                let env = readable(&dir.join(VECTORS), file.bytes)?;
                let tables = Apart::open(&env)?;
                Some((env, tables))
            }
        };
        let txn = env.read_txn()?;
        let blob = |name: &str| {
            tables
                .blobs
                .get(&txn, name)?
                .ok_or_else(|| damaged(&format!("the part {name} is missing")))
        };
        let dates: Vec<u32> = numbers(blob("dates")?);
        let systems: Vec<String> = serde_json::from_slice(blob("systems")?).map_err(|e| damaged(&e.to_string()))?;
        let own_systems: Vec<u32> = numbers(blob("own_systems")?);
        let owners: Vec<u32> = numbers(blob("owners")?);
        let counted = tables.documents.len(&txn)? == u64::from(manifest.documents)
            && tables.passages.len(&txn)? == u64::from(manifest.passages)
            && dates.len() == 2 * own_systems.len()
            && own_systems.len() >= manifest.documents as usize
            && owners.is_sorted()
            && owners.len() >= manifest.passages as usize
            && owners.last().is_none_or(|o| (*o as usize) < own_systems.len());
        if !counted {
            return Err(damaged("it holds other counts than its manifest says"));
        }
        drop(txn);
        let models = manifest.embeddings.iter();
        let index = Index {
            env,
            tables,
            apart,
            dates,
            owners,
            systems,
            own_systems,
            models: models.map(|e| (e.model.clone(), e.dimensions as usize)).collect(),
            live: manifest.passages as usize,
        };
        // The two files fit each other; a state that does not is known before anybody asks it.
        let reading = index.read()?;
        for (set, (_, dimensions)) in index.models.iter().enumerate() {
            reading.sketch(set, *dimensions)?;
        }
        drop(reading);
        Ok(index)
    }

    /// The set of vectors by a model, and their dimensions.
    pub fn set(&self, model: &str) -> Option<(usize, usize)> {
        let set = self.models.iter().position(|m| m.0 == model)?;
        Some((set, self.models[set].1))
    }

    /// The models that there are vectors by.
    pub fn models(&self) -> impl Iterator<Item = (&str, usize)> {
        self.models.iter().map(|m| (m.0.as_str(), m.1))
    }

    /// The numbers of all documents.
    pub fn documents(&self) -> heed::Result<Vec<u32>> {
        let txn = self.env.read_txn()?;
        self.tables
            .documents
            .remap_data_type::<heed::types::DecodeIgnore>()
            .iter(&txn)?
            .map(|d| d.map(|d| d.0))
            .collect()
    }

    /// What digests of its documents say that all of it is: the same for the same documents, in
    /// whatever order they came.
    pub fn content(&self) -> heed::Result<String> {
        let mut hasher = ContentHasher::default();
        for (id, digest) in self.digests()? {
            hasher.add(&id, &digest);
        }
        Ok(hasher.finish())
    }

    /// The digest of each document, by id.
    pub fn digests(&self) -> heed::Result<Vec<(String, [u8; 32])>> {
        let txn = self.env.read_txn()?;
        let digests = self
            .tables
            .blobs
            .get(&txn, "digests")?
            .unwrap_or_default()
            .as_chunks::<32>()
            .0;
        let found = self.tables.ids.iter(&txn)?.map(|entry| {
            let (id, number) = entry?;
            let digest = digests
                .get(number as usize)
                .ok_or_else(|| damaged("a digest is missing"))?;
            Ok((id.to_owned(), *digest))
        });
        found.collect()
    }

    /// How many vectors a set has.
    pub fn vectors(&self, set: usize) -> heed::Result<u32> {
        let reading = self.read()?;
        let rows = |part| reading.blob(part, set).map(|b| b.len() as u32 / 4);
        Ok(rows("items")?.saturating_sub(rows("gone")?))
    }

    /// The digest of a document, where the data has any.
    pub fn digest(&self, number: u32) -> heed::Result<Option<[u8; 32]>> {
        let txn = self.env.read_txn()?;
        let digests = self
            .tables
            .blobs
            .get(&txn, "digests")?
            .unwrap_or_default()
            .as_chunks::<32>()
            .0;
        Ok(digests.get(number as usize).copied())
    }

    /// How many documents and passages were ever numbered.
    pub fn numbered(&self) -> (u32, u32) {
        (self.own_systems.len() as u32, self.owners.len() as u32)
    }

    /// The folder of its files.
    pub fn path(&self) -> &Path {
        self.env.path().parent().unwrap_or(self.env.path())
    }

    pub fn read(&self) -> heed::Result<Reading<'_>> {
        Ok(Reading {
            index: self,
            txn: self.env.read_txn()?,
            apart: match &self.apart {
                Some((env, tables)) => Some((env.read_txn()?, *tables)),
                None => None,
            },
        })
    }

    pub fn document(&self, number: u32) -> heed::Result<Document> {
        self.read()?.document(number)
    }

    pub fn number(&self, id: &str) -> heed::Result<Option<u32>> {
        let txn = self.env.read_txn()?;
        // LMDB refuses a key that is empty or longer than its own limit.
        if id.is_empty() || id.len() > 400 {
            Ok(None)
        } else {
            self.tables.ids.get(&txn, id)
        }
    }

    /// The item of each text that was embedded, by the text's hash. The same in all sets of vectors.
    pub fn embedded(&self) -> heed::Result<HashMap<blake3::Hash, u32>> {
        let reading = self.read()?;
        let mut out = HashMap::new();
        let mut put = |text: &str, item: u32| out.insert(blake3::hash(text.as_bytes()), item);
        for d in self.documents()? {
            let document = reading.document(d)?;
            let passages = self.passages_of(d);
            if let Some(text) = prepare::whole(&document, passages.len()) {
                put(&text, passages.start * 2 + 1);
            }
            for p in passages {
                let record = reading.passage(p)?.record;
                if document.body.get(record.range.clone()).is_some() {
                    put(&prepare::embedded(&document, &record), p * 2);
                }
            }
        }
        Ok(out)
    }

    /// One stored vector of a set.
    pub fn vector(&self, set: usize, item: u32) -> heed::Result<Option<Vec<f32>>> {
        for file in self.read()?.vectors(set) {
            let (txn, reader) = file?;
            if let Some(found) = reader.item_vector(txn, item).map_err(unread)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub fn owner(&self, passage: u32) -> u32 {
        self.owners[passage as usize]
    }

    /// How many passages there are.
    pub fn passages(&self) -> usize {
        self.live
    }

    /// The passages of a document.
    pub fn passages_of(&self, document: u32) -> Range<u32> {
        let at = |d: u32| self.owners.partition_point(|o| *o < d) as u32;
        at(document)..at(document + 1)
    }

    /// Which bits of [`Index::own_systems`] these codes' systems are.
    pub fn systems_of(&self, codes: &[Code]) -> u32 {
        let asked = |s: &&String| codes.iter().any(|c| codes::systems_agree(&c.system, s));
        let bits = self.systems.iter().enumerate().filter(|(_, s)| asked(s));
        bits.fold(0, |all, (i, _)| all | 1 << i.min(31))
    }

    /// The systems of the codes that a document is about.
    pub fn own_systems(&self, document: u32) -> u32 {
        self.own_systems[document as usize]
    }

    pub fn in_force(&self, document: u32, on: Date) -> bool {
        let [from, to] = [0, 1].map(|i| self.dates[document as usize * 2 + i] as i32);
        (from..=to).contains(&day(on))
    }
}

/// One consistent look at the index.
pub struct Reading<'a> {
    index: &'a Index,
    txn: RoTxn<'a, WithoutTls>,
    apart: Option<(RoTxn<'a, WithoutTls>, Apart)>,
}

impl Reading<'_> {
    pub fn document(&self, number: u32) -> heed::Result<Document> {
        let bytes = self
            .index
            .tables
            .documents
            .get(&self.txn, &number)?
            .ok_or_else(|| damaged("a document is missing"))?;
        serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))
    }

    pub fn passage(&self, number: u32) -> heed::Result<StoredPassage> {
        let bytes = self
            .index
            .tables
            .passages
            .get(&self.txn, &number)?
            .ok_or_else(|| damaged("a passage is missing"))?;
        serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))
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
        let mut list: Vec<CodePlace> = serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?;
        // "The claim shows code 40" says no system: it is that of the document about 40, if there is one.
        if let Some(system) = list.iter().find(|p| p.own).map(|p| p.system.clone()) {
            let unsaid = list.iter_mut().filter(|p| !p.own && p.system.is_empty());
            unsaid.for_each(|p| p.system.clone_from(&system));
        }
        Ok(list)
    }

    /// A blob of a set; nothing where it was never written.
    fn blob(&self, part: &str, set: usize) -> heed::Result<&[u8]> {
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

    /// The files that hold vectors: `vectors.mdb` where there is one, and what lies behind it.
    fn files(&self) -> impl Iterator<Item = (&RoTxn<'_, WithoutTls>, Apart)> {
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

/// The vectors of a set in one file.
type VectorFile<'a> = (&'a RoTxn<'a, WithoutTls>, arroy::Reader<'a, Cosine>);

fn unread(e: arroy::Error) -> heed::Error {
    damaged(&e.to_string())
}

fn readable(file: &Path, bytes: u64) -> heed::Result<Env<WithoutTls>> {
    // SAFETY: the file was checked against the manifest and is never written again once it is
    // in place, so the map stays as it is; without locks since nobody writes.
    unsafe {
        EnvOpenOptions::new()
            .read_txn_without_tls()
            .map_size((bytes as usize / 65536 + 1) * 65536)
            .max_dbs(DATABASES)
            .flags(EnvFlags::READ_ONLY | EnvFlags::NO_LOCK | EnvFlags::NO_SUB_DIR)
            .open(file)
    }
}

/// Names what all documents say together.
#[derive(Default)]
pub struct ContentHasher(blake3::Hasher);

impl ContentHasher {
    /// In the order of the ids.
    pub fn add(&mut self, id: &str, digest: &[u8; 32]) {
        self.0.update(&(id.len() as u64).to_le_bytes());
        self.0.update(id.as_bytes());
        self.0.update(digest);
    }

    pub fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Words that are long enough to be told apart when misspelt, and short enough for a key.
pub fn respells(word: &str) -> bool {
    (4..=40).contains(&word.len()) && word.chars().all(char::is_alphabetic)
}

/// The name of a part that there is for each set of vectors.
fn named(part: &str, set: usize) -> String {
    if set == 0 {
        part.to_owned()
    } else {
        format!("{part}-{set}")
    }
}

/// A day as a number that keeps the order: 20260901.
fn day(date: Date) -> i32 {
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
        .collect()
}

pub fn damaged(reason: &str) -> heed::Error {
    heed::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason.to_owned()))
}
