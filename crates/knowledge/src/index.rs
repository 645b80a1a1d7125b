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
//! | blobs     | name           | `bits`, `bytes`, `items`, `gone`, `owners`, `dates`, `systems`, `own_systems`, `digests`, `restated`, `statistics` |
//!
//! Numbers are given in the order of a release's rows and never again: data that grew by changes and
//! data that was written at once say the same. Nothing here is written while somebody reads it.

mod change;
mod columns;
mod counts;
mod health;
pub(crate) mod pages;
mod reading;
mod row;
mod tables;
mod vectors;
mod write;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use heed::{Env, EnvFlags, EnvOpenOptions, WithoutTls};
use jiff::civil::Date;
use mortar_language::codes::{self, Code};
use mortar_sources::Document;
use mortar_sources::prepare;
use roaring::RoaringBitmap;

pub use change::Delta;
pub use health::Health;
pub use reading::Reading;
pub use row::{ContentHasher, PassageLine, Row, Vectors, content, digest, line, lines};
use tables::{Apart, DATABASES, Tables, bit, day, numbers, read_json};
pub use tables::{CodePlace, DATA, StoredPassage, VECTORS, damaged, respells};
pub use write::{apply, write};

/// What a release says of its data.
#[derive(Debug, Clone)]
pub struct Shape {
    pub documents: u32,
    pub passages: u32,
    /// The models that there are vectors by, each with their dimensions.
    pub models: Vec<(String, usize)>,
    /// The sizes of `data.mdb`, and of `vectors.mdb` where there is one.
    pub data: u64,
    pub vectors: Option<u64>,
}

/// The opened data of a release.
#[derive(Clone)]
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
    /// Documents that nobody finds: in force on no day, whatever they state.
    hidden: RoaringBitmap,
    health: Arc<Health>,
}

impl Index {
    pub fn open(dir: &Path, shape: &Shape) -> heed::Result<Index> {
        let env = readable(&dir.join(DATA), shape.data)?;
        let tables = Tables::open(&env)?;
        let apart = match shape.vectors {
            None => None,
            Some(bytes) => {
                let env = readable(&dir.join(VECTORS), bytes)?;
                let tables = Apart::open(&env)?;
                Some((env, tables))
            }
        };
        let txn = env.read_txn()?;
        let blob = |name: &str| {
            let found = tables.blobs.get(&txn, name)?;
            found.ok_or_else(|| damaged(&format!("the part {name} is missing")))
        };
        let index = Index {
            dates: numbers(blob("dates")?),
            owners: numbers(blob("owners")?),
            systems: read_json(blob("systems")?)?,
            own_systems: numbers(blob("own_systems")?),
            models: shape.models.clone(),
            live: shape.passages as usize,
            hidden: RoaringBitmap::new(),
            health: Arc::default(),
            env: env.clone(),
            tables,
            apart,
        };
        drop(txn);
        index.fits(shape)?;
        Ok(index)
    }

    /// The parts fit each other and what is said of them; a state that does not is known before anybody asks it.
    fn fits(&self, shape: &Shape) -> heed::Result<()> {
        let reading = self.read()?;
        let (documents, owners) = (self.own_systems.len(), &self.owners);
        let counted = self.tables.documents.len(&reading.txn)? == u64::from(shape.documents)
            && self.tables.passages.len(&reading.txn)? == u64::from(shape.passages)
            && self.dates.len() == 2 * documents
            && documents >= shape.documents as usize
            && owners.is_sorted()
            && owners.len() >= shape.passages as usize
            && owners.last().is_none_or(|o| (*o as usize) < documents);
        if !counted {
            return Err(damaged("it holds other counts than its manifest says"));
        }
        for (set, (_, dimensions)) in self.models.iter().enumerate() {
            reading.sketch(set, *dimensions)?;
        }
        Ok(())
    }

    /// Whether damage was found, and by whom it is to be said.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
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
        let reading = self.read()?;
        self.tables
            .documents
            .remap_data_type::<heed::types::DecodeIgnore>()
            .iter(&reading.txn)?
            .map(|d| d.map(|d| d.0))
            .collect()
    }

    /// What digests of its documents say that all of it is: the same for the same documents, in
    /// whatever order they came. None in data that was made before there were digests.
    pub fn content(&self) -> heed::Result<Option<String>> {
        if self.read()?.blob("digests", 0)?.is_empty() && self.live > 0 {
            return Ok(None);
        }
        let mut hasher = ContentHasher::default();
        for (id, digest) in self.digests()? {
            hasher.add(&id, &digest);
        }
        Ok(Some(hasher.finish()))
    }

    /// The digest of each document, by id.
    pub fn digests(&self) -> heed::Result<Vec<(String, [u8; 32])>> {
        let reading = self.read()?;
        let digests = reading.blob("digests", 0)?.as_chunks().0;
        let found = self.tables.ids.iter(&reading.txn)?.map(|entry| {
            let (id, number) = entry?;
            let digest = digests.get(number as usize);
            Ok((id.to_owned(), *digest.ok_or_else(|| damaged("a digest is missing"))?))
        });
        found.collect()
    }

    /// The digest of a document, where the data has any.
    pub fn digest(&self, number: u32) -> heed::Result<Option<[u8; 32]>> {
        let reading = self.read()?;
        Ok(reading.blob("digests", 0)?.as_chunks().0.get(number as usize).copied())
    }

    /// How many vectors a set has.
    pub fn vectors(&self, set: usize) -> heed::Result<u32> {
        let reading = self.read()?;
        let rows = |part| reading.blob(part, set).map(|b| b.len() as u32 / 4);
        Ok(rows("items")?.saturating_sub(rows("gone")?))
    }

    /// How many documents and passages were ever numbered.
    pub fn numbered(&self) -> (u32, u32) {
        (self.own_systems.len() as u32, self.owners.len() as u32)
    }

    /// The folder of its files.
    pub fn path(&self) -> &Path {
        self.env.path().parent().unwrap_or(self.env.path())
    }

    /// A look at what is there; an error where it is known to be damaged.
    pub fn read(&self) -> heed::Result<Reading<'_>> {
        self.health.sound()?;
        Ok(Reading {
            index: self,
            txn: self.env.read_txn()?,
            apart: match &self.apart {
                Some((env, tables)) => Some((env.read_txn()?, *tables)),
                None => None,
            },
            seen: RefCell::default(),
        })
    }

    pub fn document(&self, number: u32) -> heed::Result<Document> {
        self.read()?.document(number)
    }

    /// The document of an id.
    pub fn find(&self, id: &str) -> heed::Result<Option<Document>> {
        let Some(number) = self.number(id)? else {
            return Ok(None);
        };
        let document = self.document(number)?;
        if document.id == id {
            Ok(Some(document))
        } else {
            self.health.spoilt("an id leads to another document");
            Err(damaged("an id leads to another document"))
        }
    }

    pub fn number(&self, id: &str) -> heed::Result<Option<u32>> {
        // LMDB refuses a key that is empty or longer than its own limit.
        if id.is_empty() || id.len() > 400 {
            Ok(None)
        } else {
            self.tables.ids.get(&self.read()?.txn, id)
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
                put(&prepare::embedded(&document, &reading.passage(p)?.record), p * 2);
            }
        }
        Ok(out)
    }

    /// One stored vector of a set, unless its passage is withdrawn.
    pub fn vector(&self, set: usize, item: u32) -> heed::Result<Option<Vec<f32>>> {
        self.read()?.vector(set, item)
    }

    /// The document of a passage; of a passage that there never was, none that there is.
    pub fn owner(&self, passage: u32) -> u32 {
        self.owners.get(passage as usize).copied().unwrap_or(u32::MAX)
    }

    /// How many passages there are.
    pub fn passages(&self) -> usize {
        self.live
    }

    /// The passages of a document.
    pub fn passages_of(&self, document: u32) -> Range<u32> {
        let begin = self.owners.partition_point(|o| *o < document) as u32;
        begin..self.owners.partition_point(|o| *o <= document) as u32
    }

    /// Which bits of [`Index::own_systems`] these codes' systems are.
    pub fn systems_of(&self, codes: &[Code]) -> u32 {
        let asked = |s: &&String| codes.iter().any(|c| codes::systems_agree(&c.system, s));
        let bits = self.systems.iter().enumerate().filter(|(_, s)| asked(s));
        bits.fold(0, |all, (i, _)| all | bit(i))
    }

    /// The systems of the codes that a document is about.
    pub fn own_systems(&self, document: u32) -> u32 {
        self.own_systems.get(document as usize).copied().unwrap_or(0)
    }

    pub fn in_force(&self, document: u32, on: Date) -> bool {
        let dates = self.dates.as_chunks::<2>().0.get(document as usize);
        dates.is_some_and(|[from, to]| (*from as i32..=*to as i32).contains(&day(on)))
            && !self.hidden.contains(document)
    }

    /// The same data with these documents taken away.
    pub(crate) fn without(&self, documents: RoaringBitmap) -> Index {
        Index {
            hidden: documents,
            ..self.clone()
        }
    }

    /// The documents that are taken away.
    pub(crate) fn hidden(&self) -> &RoaringBitmap {
        &self.hidden
    }
}

fn readable(file: &Path, bytes: u64) -> heed::Result<Env<WithoutTls>> {
    // SAFETY: the file was looked at before and is never written again once it is in place, so the map
    // stays as it is; without locks since nobody writes.
    unsafe {
        EnvOpenOptions::new()
            .read_txn_without_tls()
            .map_size((bytes as usize / 65536 + 1) * 65536)
            .max_dbs(DATABASES)
            .flags(EnvFlags::READ_ONLY | EnvFlags::NO_LOCK | EnvFlags::NO_SUB_DIR)
            .open(file)
    }
}
