//! The LMDB environment of a release: how it is written, and how it is read.
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
//! | blobs     | name           | `bits`, `bytes`, `items`, `owners`, `dates`, `systems`, `own_systems` |

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use arroy::distances::Cosine;
use heed::byteorder::BE;
use heed::types::{Bytes, Str, U32};
use heed::{CommitOrAbort, CompactionOption, Database, Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};
use jiff::civil::Date;
use mortar_assistant::codes::{self, Code};
use mortar_assistant::text;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::lexical::{self, FIELDS, Lengths, Posting};
use crate::prepare::{self, PassageRecord};
use crate::release::{Manifest, Vectors};
use crate::sketch;

const DATABASES: u32 = 8;

type Numbered = Database<'static, U32<BE>, Bytes>;

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

struct Tables {
    documents: Numbered,
    ids: Database<'static, Str, U32<BE>>,
    passages: Numbered,
    vectors: arroy::Database<'static, Cosine>,
    terms: Database<'static, Str, Bytes>,
    words: Database<'static, Str, U32<BE>>,
    codes: Database<'static, Str, Bytes>,
    blobs: Database<'static, Str, Bytes>,
}

/// Writes a release's data into the empty folder `dir`, compact and synced.
pub fn write(
    documents: &[Document],
    made: &[Vec<PassageRecord>],
    vectors: Option<&Vectors>,
    dir: &Path,
) -> heed::Result<()> {
    let scratch = dir.join("scratch");
    std::fs::create_dir(&scratch)?;
    let written: usize = documents.iter().map(|d| d.body.len() + 1024).sum();
    let floats: usize = vectors.map_or(0, |v| v.count() * (v.passages.first().map_or(0, Vec::len) * 4 + 256));
    // Sparse until used; generous, since a full map would mean to begin again.
    let map_size = ((written * 16 + floats * 6 + (256 << 20)) / 65536 + 1) * 65536;
    // SAFETY: the folder was made a moment ago for this environment alone; no other process maps it.
    let env = unsafe {
        EnvOpenOptions::new()
            .map_size(map_size)
            .max_dbs(DATABASES)
            .flags(EnvFlags::NO_SYNC)
            .open(&scratch)?
    };
    let txn = env.write_txn()?;
    let (documents_db, ids, passages, vectors_db, terms, words, codes, blobs) = env
        .create_databases_and_commit(txn, |opener, txn| {
            heed::Result::Ok(CommitOrAbort::<_, ()>::Commit((
                opener.create_database(txn, Some("documents"))?,
                opener.create_database(txn, Some("ids"))?,
                opener.create_database(txn, Some("passages"))?,
                opener.create_database(txn, Some("vectors"))?,
                opener.create_database(txn, Some("terms"))?,
                opener.create_database(txn, Some("words"))?,
                opener.create_database(txn, Some("codes"))?,
                opener.create_database(txn, Some("blobs"))?,
            )))
        })?
        .unwrap_commit();
    let tables = Tables {
        documents: documents_db,
        ids,
        passages,
        vectors: vectors_db,
        terms,
        words,
        codes,
        blobs,
    };
    let mut txn = env.write_txn()?;
    fill(&tables, &mut txn, documents, made)?;
    if let Some(vectors) = vectors {
        fill_vectors(&tables, &mut txn, made, vectors, &scratch)?;
    }
    txn.commit()?;
    let file = env.copy_to_path(dir.join("data.mdb"), CompactionOption::Enabled)?;
    file.sync_all()?;
    drop(env);
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Words that are long enough to be told apart when misspelt, and short enough for a key.
pub fn respells(word: &str) -> bool {
    (4..=40).contains(&word.len()) && word.chars().all(char::is_alphabetic)
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what is stored serialises")
}

fn fill(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    documents: &[Document],
    made: &[Vec<PassageRecord>],
) -> heed::Result<()> {
    let mut counted: BTreeMap<String, Vec<(u32, [u8; FIELDS])>> = BTreeMap::new();
    let mut lengths: Vec<[u16; FIELDS]> = Vec::new();
    let mut places: BTreeMap<String, Vec<CodePlace>> = BTreeMap::new();
    let mut owners: Vec<u8> = Vec::new();
    let mut dates: Vec<u8> = Vec::new();
    let mut systems: Vec<String> = Vec::new();
    let mut own_systems: Vec<u8> = Vec::new();
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    let mut number = 0u32;
    for (d, (document, passages)) in documents.iter().zip(made).enumerate() {
        let d = d as u32;
        tables.documents.put(txn, &d, &json(document))?;
        tables.ids.put(txn, &document.id, &d)?;
        dates.extend(document.effective_from.map_or(i32::MIN, day).to_le_bytes());
        dates.extend(document.effective_to.map_or(i32::MAX, day).to_le_bytes());
        let mut own = 0u32;
        for code in &document.exact {
            let system = systems.iter().position(|s| *s == code.system).unwrap_or_else(|| {
                systems.push(code.system.clone());
                systems.len() - 1
            });
            // The tables of codes of a whole trade have some ten systems; the rest share the last bit.
            own |= 1 << system.min(31);
            let cells = document
                .codes
                .iter()
                .flat_map(|c| c.split_whitespace())
                .collect::<Vec<_>>();
            let written = cells
                .iter()
                .rev()
                .find(|c| c.eq_ignore_ascii_case(&code.value))
                .map_or(code.value.clone(), |c| (*c).to_owned());
            let place = CodePlace {
                system: code.system.clone(),
                document: d,
                passage: number,
                own: true,
                written,
            };
            places.entry(code.value.clone()).or_default().push(place);
        }
        own_systems.extend(own.to_le_bytes());
        for (n, record) in passages.iter().enumerate() {
            let body = &document.body[record.range.clone()];
            let stored = StoredPassage {
                document: d,
                n: n as u32,
                record: record.clone(),
            };
            tables.passages.put(txn, &number, &json(&stored))?;
            owners.extend_from_slice(&d.to_le_bytes());
            let all = [document.title.as_str(), body].map(text::words);
            let written: BTreeSet<String> = all
                .into_iter()
                .flatten()
                .filter(|w| respells(w))
                .map(text::fold)
                .collect();
            // Nothing but marks folds to nothing, and nothing is no key.
            for word in written.into_iter().filter(|w| !w.is_empty()) {
                *words.entry(word).or_default() += 1;
            }
            let (mut terms, length) = lexical::count(&document.title, &record.heading_path.join(" "), body);
            // A code is found as a code: "$75" has nothing to do with rejection 75.
            let own: Vec<String> = document.exact.iter().map(|c| c.value.to_lowercase()).collect();
            terms.retain(|t, _| !t.is_empty() && !own.contains(t));
            lengths.push(length);
            for (term, counts) in terms {
                counted.entry(term).or_default().push((number, counts));
            }
            for found in codes::find(body, &|_| false) {
                let written = body[found.range].to_owned();
                let place = CodePlace {
                    system: found.code.system,
                    document: d,
                    passage: number,
                    own: false,
                    written,
                };
                let value = found.code.value;
                let list = places.entry(value.clone()).or_default();
                // Before a weak find is a code, the knowledge must say so elsewhere. "Code 40 means" in
                // the document about rejection 40 is that rejection, and no code of any other system.
                let own = document.exact.iter().any(|c| c.value == value);
                if !own && !found.weak && !list.contains(&place) {
                    list.push(place);
                }
            }
            number += 1;
        }
    }
    for (word, passages) in &words {
        tables.words.put(txn, word, passages)?;
    }
    let lengths = Lengths::new(lengths);
    for (term, list) in &counted {
        let postings: Vec<Posting> = list.iter().map(|(p, counts)| lengths.posting(*p, *counts)).collect();
        tables.terms.put(txn, term, &lexical::encode(&postings))?;
    }
    // "The claim shows code 40" says no system: it is that of the document about 40, if there is one.
    for list in places.values_mut() {
        let Some(system) = list.iter().find(|p| p.own).map(|p| p.system.clone()) else {
            continue;
        };
        list.iter_mut()
            .filter(|p| !p.own && p.system.is_empty())
            .for_each(|p| p.system.clone_from(&system));
    }
    for (value, list) in places.iter().filter(|p| p.0.len() <= 64 && !p.1.is_empty()) {
        tables.codes.put(txn, value, &json(list))?;
    }
    tables.blobs.put(txn, "owners", &owners)?;
    tables.blobs.put(txn, "dates", &dates)?;
    tables.blobs.put(txn, "systems", &json(&systems))?;
    tables.blobs.put(txn, "own_systems", &own_systems)?;
    Ok(())
}

fn fill_vectors(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    made: &[Vec<PassageRecord>],
    vectors: &Vectors,
    scratch: &Path,
) -> heed::Result<()> {
    let Some(dimensions) = vectors.passages.first().map(Vec::len) else {
        return Ok(());
    };
    let failed = |e: arroy::Error| heed::Error::Io(std::io::Error::other(e.to_string()));
    let mut writer = arroy::Writer::<Cosine>::new(tables.vectors, 0, dimensions);
    writer.set_tmpdir(scratch);
    let all = vectors.passages.iter().chain(vectors.documents.iter().flatten());
    let mut sketch = sketch::Maker::new(dimensions, all.map(Vec::as_slice));
    let mut items: Vec<u8> = Vec::with_capacity(vectors.count() * 4);
    let mut add = |txn: &mut heed::RwTxn<'_>, item: u32, vector: &[f32]| {
        sketch.add(vector);
        items.extend_from_slice(&item.to_le_bytes());
        writer.append_item(txn, item, vector).map_err(failed)
    };
    let mut number = 0u32;
    for (passages, document) in made.iter().zip(&vectors.documents) {
        for n in 0..passages.len() {
            add(txn, number * 2, &vectors.passages[number as usize])?;
            if let (0, Some(document)) = (n, document) {
                add(txn, number * 2 + 1, document)?;
            }
            number += 1;
        }
    }
    // The trees are not searched: the sketch chooses, arroy measures. One tree is the fewest it has.
    let mut rng = StdRng::seed_from_u64(1);
    writer.builder(&mut rng).n_trees(1).build(txn).map_err(failed)?;
    tables.blobs.put(txn, "bits", &sketch.bits)?;
    tables.blobs.put(txn, "bytes", &sketch.bytes)?;
    tables.blobs.put(txn, "items", &items)?;
    Ok(())
}

/// The opened data of a release.
pub struct Index {
    env: Env<WithoutTls>,
    tables: Tables,
    /// First and last day in force of each document, as [`day`] numbers them.
    dates: Vec<u32>,
    /// The document of each passage, ascending.
    owners: Vec<u32>,
    /// The systems of the codes that documents are about, and of each document which: a bit each.
    systems: Vec<String>,
    own_systems: Vec<u32>,
    pub dimensions: usize,
}

impl Index {
    pub fn open(dir: &Path, manifest: &Manifest) -> heed::Result<Index> {
        // SAFETY: the data was checked against the manifest and is never written again once it is
        // in place, so the map stays as it is; without locks since nobody writes.
        let env = unsafe {
            EnvOpenOptions::new()
                .read_txn_without_tls()
                .map_size((manifest.bytes as usize / 65536 + 1) * 65536)
                .max_dbs(DATABASES)
                .flags(EnvFlags::READ_ONLY | EnvFlags::NO_LOCK)
                .open(dir)?
        };
        let txn = env.read_txn()?;
        let tables = env.open_databases_and_commit(txn, |opener, txn| {
            let Some(documents) = opener.open_database(txn, Some("documents"))? else {
                return heed::Result::Ok(CommitOrAbort::Abort("documents"));
            };
            let Some(ids) = opener.open_database(txn, Some("ids"))? else {
                return Ok(CommitOrAbort::Abort("ids"));
            };
            let Some(passages) = opener.open_database(txn, Some("passages"))? else {
                return Ok(CommitOrAbort::Abort("passages"));
            };
            let Some(vectors) = opener.open_database(txn, Some("vectors"))? else {
                return Ok(CommitOrAbort::Abort("vectors"));
            };
            let Some(terms) = opener.open_database(txn, Some("terms"))? else {
                return Ok(CommitOrAbort::Abort("terms"));
            };
            let Some(words) = opener.open_database(txn, Some("words"))? else {
                return Ok(CommitOrAbort::Abort("words"));
            };
            let Some(codes) = opener.open_database(txn, Some("codes"))? else {
                return Ok(CommitOrAbort::Abort("codes"));
            };
            let Some(blobs) = opener.open_database(txn, Some("blobs"))? else {
                return Ok(CommitOrAbort::Abort("blobs"));
            };
            Ok(CommitOrAbort::Commit((
                documents, ids, passages, vectors, terms, words, codes, blobs,
            )))
        })?;
        let (documents, ids, passages, vectors, terms, words, codes, blobs) = match tables {
            CommitOrAbort::Commit(t) => t,
            CommitOrAbort::Abort(name) => return Err(damaged(&format!("the table {name} is missing"))),
        };
        let tables = Tables {
            documents,
            ids,
            passages,
            vectors,
            terms,
            words,
            codes,
            blobs,
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
            && dates.len() == 2 * manifest.documents as usize
            && own_systems.len() == manifest.documents as usize
            && owners.is_sorted()
            && owners.len() == manifest.passages as usize
            && owners.iter().all(|o| *o < manifest.documents);
        if !counted {
            return Err(damaged("it holds other counts than its manifest says"));
        }
        drop(txn);
        let dimensions = manifest.embedding.as_ref().map_or(0, |e| e.dimensions as usize);
        Ok(Index {
            env,
            tables,
            dates,
            owners,
            systems,
            own_systems,
            dimensions,
        })
    }

    pub fn path(&self) -> &Path {
        self.env.path()
    }

    pub fn read(&self) -> heed::Result<Reading<'_>> {
        Ok(Reading {
            index: self,
            txn: self.env.read_txn()?,
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

    /// The item of each text that was embedded, by the text's hash.
    pub fn embedded(&self) -> heed::Result<HashMap<blake3::Hash, u32>> {
        let reading = self.read()?;
        let mut out = HashMap::new();
        let mut put = |text: &str, item: u32| out.insert(blake3::hash(text.as_bytes()), item);
        for d in 0..self.own_systems.len() as u32 {
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

    /// One stored vector.
    pub fn vector(&self, item: u32) -> heed::Result<Option<Vec<f32>>> {
        let txn = self.env.read_txn()?;
        let failed = |e: arroy::Error| damaged(&e.to_string());
        let reader = arroy::Reader::<Cosine>::open(&txn, 0, self.tables.vectors).map_err(failed)?;
        reader.item_vector(&txn, item).map_err(failed)
    }

    pub fn owner(&self, passage: u32) -> u32 {
        self.owners[passage as usize]
    }

    pub fn passages(&self) -> usize {
        self.owners.len()
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
        serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))
    }

    pub fn blob(&self, name: &str) -> heed::Result<&[u8]> {
        self.index
            .tables
            .blobs
            .get(&self.txn, name)?
            .ok_or_else(|| damaged("a part is missing"))
    }

    /// The exact likeness (cosine) of these vectors to the query.
    pub fn likeness(&self, query: &[f32], items: &roaring::RoaringBitmap) -> heed::Result<Vec<(u32, f32)>> {
        let failed = |e: arroy::Error| damaged(&e.to_string());
        let reader = arroy::Reader::<Cosine>::open(&self.txn, 0, self.index.tables.vectors).map_err(failed)?;
        let found = reader
            .nns(items.len() as usize)
            .candidates(items)
            .by_vector(&self.txn, query)
            .map_err(failed)?;
        // arroy's distance is half of one minus the cosine.
        Ok(found
            .into_iter()
            .map(|(item, distance)| (item, 1.0 - 2.0 * distance))
            .collect())
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

fn damaged(reason: &str) -> heed::Error {
    heed::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason.to_owned()))
}
