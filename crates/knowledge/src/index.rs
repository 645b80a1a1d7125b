//! The LMDB environment of a release: how it is written, and how it is read.
//!
//! | database  | key            | value |
//! |-----------|----------------|-------|
//! | documents | number (u32 BE)| the document as JSON |
//! | ids       | document id    | its number |
//! | passages  | number (u32 BE)| document number, heading path and range as JSON |
//! | vectors   | arroy          | vector 2n is passage n, vector 2n+1 the question of its document |
//! | terms     | stem           | postings |
//! | codes     | value          | who is about it, who mentions it, as JSON |
//! | blobs     | name           | `sketch`, `sketch_items`, `lengths`, `owners`, `dates` |

use std::collections::BTreeMap;
use std::path::Path;

use arroy::distances::Cosine;
use heed::byteorder::BE;
use heed::types::{Bytes, Str, U32};
use heed::{CommitOrAbort, CompactionOption, Database, Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};
use jiff::civil::Date;
use mortar_assistant::codes;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::lexical::{self, FIELDS, Posting};
use crate::prepare::PassageRecord;
use crate::release::{Manifest, Vectors};
use crate::sketch;

const DATABASES: u32 = 7;

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
    let text: usize = documents.iter().map(|d| d.body.len() + 1024).sum();
    let floats: usize = vectors.map_or(0, |v| v.count() * (v.passages.first().map_or(0, Vec::len) * 4 + 256));
    // Sparse until used; generous, since a full map would mean to begin again.
    let map_size = ((text * 16 + floats * 6 + (256 << 20)) / 65536 + 1) * 65536;
    // SAFETY: the folder was made a moment ago for this environment alone; no other process maps it.
    let env = unsafe {
        EnvOpenOptions::new()
            .map_size(map_size)
            .max_dbs(DATABASES)
            .flags(EnvFlags::NO_SYNC)
            .open(&scratch)?
    };
    let txn = env.write_txn()?;
    let (documents_db, ids, passages, vectors_db, terms, codes, blobs) = env
        .create_databases_and_commit(txn, |opener, txn| {
            heed::Result::Ok(CommitOrAbort::<_, ()>::Commit((
                opener.create_database(txn, Some("documents"))?,
                opener.create_database(txn, Some("ids"))?,
                opener.create_database(txn, Some("passages"))?,
                opener.create_database(txn, Some("vectors"))?,
                opener.create_database(txn, Some("terms"))?,
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

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what is stored serialises")
}

fn fill(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    documents: &[Document],
    made: &[Vec<PassageRecord>],
) -> heed::Result<()> {
    let mut postings: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
    let mut lengths: Vec<[u16; FIELDS]> = Vec::new();
    let mut places: BTreeMap<String, Vec<CodePlace>> = BTreeMap::new();
    let mut owners: Vec<u8> = Vec::new();
    let mut dates: Vec<(Option<Date>, Option<Date>)> = Vec::new();
    let mut number = 0u32;
    for (d, (document, passages)) in documents.iter().zip(made).enumerate() {
        let d = d as u32;
        tables.documents.put(txn, &d, &json(document))?;
        tables.ids.put(txn, &document.id, &d)?;
        dates.push((document.effective_from, document.effective_to));
        for code in &document.exact {
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
        for (n, record) in passages.iter().enumerate() {
            let body = &document.body[record.range.clone()];
            let stored = StoredPassage {
                document: d,
                n: n as u32,
                record: record.clone(),
            };
            tables.passages.put(txn, &number, &json(&stored))?;
            owners.extend_from_slice(&d.to_le_bytes());
            let (mut terms, length) = lexical::count(&document.title, &record.heading_path.join(" "), body);
            // A code is found as a code: "$75" has nothing to do with rejection 75.
            let own: Vec<String> = document.exact.iter().map(|c| c.value.to_lowercase()).collect();
            terms.retain(|t, _| !own.contains(t));
            lengths.push(length);
            for (term, counts) in terms {
                postings.entry(term).or_default().push(Posting {
                    passage: number,
                    counts,
                });
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
    for (term, list) in &postings {
        tables.terms.put(txn, term, &lexical::encode(list))?;
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
    tables.blobs.put(txn, "lengths", &lexical::Lengths::encode(&lengths))?;
    tables.blobs.put(txn, "owners", &owners)?;
    tables.blobs.put(txn, "dates", &json(&dates))?;
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
    let scale = sketch::scale(
        vectors
            .passages
            .iter()
            .chain(vectors.titles.iter().flatten())
            .flatten()
            .copied(),
    );
    let mut rows = Vec::with_capacity(vectors.count() * dimensions);
    let mut items: Vec<u8> = Vec::with_capacity(vectors.count() * 4);
    let mut add = |txn: &mut heed::RwTxn<'_>, item: u32, vector: &[f32]| {
        sketch::encode(vector, scale, &mut rows);
        items.extend_from_slice(&item.to_le_bytes());
        writer.append_item(txn, item, vector).map_err(failed)
    };
    let mut number = 0u32;
    for (passages, title) in made.iter().zip(&vectors.titles) {
        for n in 0..passages.len() {
            add(txn, number * 2, &vectors.passages[number as usize])?;
            if let (0, Some(title)) = (n, title) {
                add(txn, number * 2 + 1, title)?;
            }
            number += 1;
        }
    }
    // The trees are not searched: the sketch chooses, arroy measures. One tree is the fewest it has.
    let mut rng = StdRng::seed_from_u64(1);
    writer.builder(&mut rng).n_trees(1).build(txn).map_err(failed)?;
    tables.blobs.put(txn, "sketch", &rows)?;
    tables.blobs.put(txn, "sketch_items", &items)?;
    Ok(())
}

/// The opened data of a release.
pub struct Index {
    env: Env<WithoutTls>,
    tables: Tables,
    dates: Vec<(Option<Date>, Option<Date>)>,
    /// The document of each passage.
    owners: Vec<u32>,
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
            let Some(codes) = opener.open_database(txn, Some("codes"))? else {
                return Ok(CommitOrAbort::Abort("codes"));
            };
            let Some(blobs) = opener.open_database(txn, Some("blobs"))? else {
                return Ok(CommitOrAbort::Abort("blobs"));
            };
            Ok(CommitOrAbort::Commit((
                documents, ids, passages, vectors, terms, codes, blobs,
            )))
        })?;
        let (documents, ids, passages, vectors, terms, codes, blobs) = match tables {
            CommitOrAbort::Commit(t) => t,
            CommitOrAbort::Abort(name) => return Err(damaged(&format!("the table {name} is missing"))),
        };
        let tables = Tables {
            documents,
            ids,
            passages,
            vectors,
            terms,
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
        let dates: Vec<_> = serde_json::from_slice(blob("dates")?).map_err(|e| damaged(&e.to_string()))?;
        let owners: Vec<u32> = numbers(blob("owners")?);
        let counted = tables.documents.len(&txn)? == u64::from(manifest.documents)
            && dates.len() == manifest.documents as usize
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

    pub fn owner(&self, passage: u32) -> u32 {
        self.owners[passage as usize]
    }

    pub fn in_force(&self, document: u32, on: Date) -> bool {
        let (from, to) = self.dates[document as usize];
        crate::document::in_force(from, to, on)
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

    pub fn code(&self, value: &str) -> heed::Result<Vec<CodePlace>> {
        if value.is_empty() || value.len() > 64 {
            return Ok(Vec::new());
        }
        let Some(bytes) = self.index.tables.codes.get(&self.txn, value)? else {
            return Ok(Vec::new());
        };
        serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))
    }

    /// Every code value with its places.
    pub fn codes(&self) -> heed::Result<Vec<(String, Vec<CodePlace>)>> {
        self.index
            .tables
            .codes
            .iter(&self.txn)?
            .map(|entry| {
                let (value, bytes) = entry?;
                Ok((
                    value.to_owned(),
                    serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?,
                ))
            })
            .collect()
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

pub fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
        .collect()
}

fn damaged(reason: &str) -> heed::Error {
    heed::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason.to_owned()))
}
