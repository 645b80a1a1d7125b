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
//! | blobs     | name           | `bits`, `bytes`, `items`, `owners`, `dates`, `systems`, `own_systems`, `digests`, `statistics` |
//!
//! Numbers are given in the order of a release's rows and never again: data that grew by changes and
//! data that was written at once say the same. Nothing here is written while somebody reads it.

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
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::lexical::{self, FIELDS, Posting};
use crate::prepare::{self, PassageRecord};
use crate::release::Manifest;
use crate::sketch;

const DATABASES: u32 = 8;
pub const DATA: &str = "data.mdb";

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

impl Tables {
    fn create(env: &Env<WithoutTls>) -> heed::Result<Tables> {
        let txn = env.write_txn()?;
        let made = env.create_databases_and_commit(txn, |opener, txn| {
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
        })?;
        let (documents, ids, passages, vectors, terms, words, codes, blobs) = made.unwrap_commit();
        Ok(Tables {
            documents,
            ids,
            passages,
            vectors,
            terms,
            words,
            codes,
            blobs,
        })
    }

    fn open(env: &Env<WithoutTls>) -> heed::Result<Tables> {
        let txn = env.read_txn()?;
        let opened = env.open_databases_and_commit(txn, |opener, txn| {
            macro_rules! table {
                ($name:literal) => {
                    match opener.open_database(txn, Some($name))? {
                        Some(table) => table,
                        None => return heed::Result::Ok(CommitOrAbort::Abort($name)),
                    }
                };
            }
            Ok(CommitOrAbort::Commit((
                table!("documents"),
                table!("ids"),
                table!("passages"),
                table!("vectors"),
                table!("terms"),
                table!("words"),
                table!("codes"),
                table!("blobs"),
            )))
        })?;
        match opened {
            CommitOrAbort::Commit((documents, ids, passages, vectors, terms, words, codes, blobs)) => Ok(Tables {
                documents,
                ids,
                passages,
                vectors,
                terms,
                words,
                codes,
                blobs,
            }),
            CommitOrAbort::Abort(name) => Err(damaged(&format!("the table {name} is missing"))),
        }
    }
}

/// One document as it is indexed, with its passages, under a number of its own: the place of its row
/// among all rows of the release. What was replaced or withdrawn leaves its numbers unused.
#[derive(Debug, Clone)]
pub struct Row {
    pub document: Document,
    pub passages: Vec<PassageRecord>,
    /// Of the document and its passages as they are written.
    pub digest: [u8; 32],
}

/// The vectors of rows by one model.
#[derive(Debug, Clone, Default)]
pub struct Vectors {
    pub model: String,
    pub dimensions: usize,
    /// In the order of the rows' passages.
    pub passages: Vec<Vec<f32>>,
    /// One a row, where the document as a whole has one.
    pub documents: Vec<Option<Vec<f32>>>,
}

impl Vectors {
    pub fn count(&self) -> usize {
        self.passages.len() + self.documents.iter().flatten().count()
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

/// Writes a release's data into the empty folder `dir`, compact and synced. The first `base` rows are
/// what words and vectors are weighed against, whether they are live or not.
pub fn write(rows: &[Row], live: &[bool], base: usize, vectors: &[Vectors], dir: &Path) -> heed::Result<()> {
    let scratch = dir.join("scratch");
    std::fs::create_dir(&scratch)?;
    let written: usize = rows.iter().map(|r| r.document.body.len() + 1024).sum();
    let floats: usize = vectors.iter().map(|v| v.count() * (v.dimensions * 4 + 256)).sum();
    // Sparse until used; generous, since a full map would mean to begin again.
    let env = writable(&scratch, written * 16 + floats * 6)?;
    let tables = Tables::create(&env)?;
    let mut txn = env.write_txn()?;
    let all = Change {
        rows,
        live,
        vectors,
        gone: &[],
    };
    change(&tables, &mut txn, &all, Some(base), &scratch)?;
    txn.commit()?;
    let file = env.copy_to_path(dir.join(DATA), CompactionOption::Enabled)?;
    file.sync_all()?;
    drop(env);
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// What is added to a release's data, and which numbers it loses.
pub struct Change<'a> {
    pub rows: &'a [Row],
    pub live: &'a [bool],
    pub vectors: &'a [Vectors],
    pub gone: &'a [u32],
}

/// Changes the data in `dir`, which nobody else has open, and syncs it.
pub fn apply(dir: &Path, what: &Change<'_>) -> heed::Result<()> {
    let held = std::fs::metadata(dir.join(DATA))?.len() as usize;
    let written: usize = what.rows.iter().map(|r| r.document.body.len() + 1024).sum();
    let floats: usize = what.vectors.iter().map(|v| v.count() * (v.dimensions * 4 + 256)).sum();
    let env = writable(dir, held * 2 + written * 16 + floats * 6)?;
    let tables = Tables::open(&env)?;
    let mut txn = env.write_txn()?;
    change(&tables, &mut txn, what, None, dir)?;
    txn.commit()?;
    env.force_sync()?;
    env.prepare_for_closing().wait();
    // What a writer leaves beside the data is of no use to readers.
    match std::fs::remove_file(dir.join("lock.mdb")) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}

fn writable(dir: &Path, room: usize) -> heed::Result<Env<WithoutTls>> {
    // SAFETY: the folder was made for this environment alone; no other process maps it.
    unsafe {
        EnvOpenOptions::new()
            .read_txn_without_tls()
            .map_size(((room + (256 << 20)) / 65536 + 1) * 65536)
            .max_dbs(DATABASES)
            .flags(EnvFlags::NO_SYNC)
            .open(dir)
    }
}

/// Words that are long enough to be told apart when misspelt, and short enough for a key.
pub fn respells(word: &str) -> bool {
    (4..=40).contains(&word.len()) && word.chars().all(char::is_alphabetic)
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what is stored serialises")
}

/// What a passage says, as the tables count it.
struct Seen {
    terms: BTreeMap<String, [u8; FIELDS]>,
    lengths: [u16; FIELDS],
}

impl Seen {
    fn of(document: &Document, record: &PassageRecord) -> Seen {
        let body = &document.body[record.range.clone()];
        let (mut terms, lengths) = lexical::count(&document.title, &record.heading_path.join(" "), body);
        // A code is found as a code: "$75" has nothing to do with rejection 75.
        let own: Vec<String> = document.exact.iter().map(|c| c.value.to_lowercase()).collect();
        terms.retain(|t, _| !t.is_empty() && !own.contains(t));
        Seen { terms, lengths }
    }
}

/// The words of a passage as they are written, for respelling.
fn written_words(document: &Document, record: &PassageRecord) -> BTreeSet<String> {
    let all = [document.title.as_str(), &document.body[record.range.clone()]].map(text::words);
    let folded = all.into_iter().flatten().filter(|w| respells(w)).map(text::fold);
    // Nothing but marks folds to nothing, and nothing is no key.
    folded.filter(|w| !w.is_empty()).collect()
}

/// The codes that a document is about, each with its value.
fn own_codes(document: &Document, number: u32, passage: u32) -> impl Iterator<Item = (String, CodePlace)> + '_ {
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

/// Takes out what is gone and adds the rows that are live. With a `base` all is new, and weighed
/// against so many of its first rows.
fn change(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    what: &Change<'_>,
    base: Option<usize>,
    scratch: &Path,
) -> heed::Result<()> {
    let blob = |txn: &heed::RwTxn<'_>, name: &str| -> heed::Result<Vec<u8>> {
        Ok(tables.blobs.get(txn, name)?.unwrap_or_default().to_vec())
    };
    let mut owners = blob(txn, "owners")?;
    let mut dates = blob(txn, "dates")?;
    let mut own_systems = blob(txn, "own_systems")?;
    let mut digests = blob(txn, "digests")?;
    let mut systems: Vec<String> = match tables.blobs.get(txn, "systems")? {
        Some(bytes) => serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?,
        None => Vec::new(),
    };
    let mut counted: BTreeMap<String, Vec<(u32, [u8; FIELDS])>> = BTreeMap::new();
    // Of the new passages, from the first of them on.
    let mut lengths: Vec<[u16; FIELDS]> = Vec::new();
    let mut words: BTreeMap<String, i64> = BTreeMap::new();
    let mut places: BTreeMap<String, Vec<CodePlace>> = BTreeMap::new();
    let mut gone_passages = RoaringBitmap::new();
    let gone: BTreeSet<u32> = what.gone.iter().copied().collect();

    let numbered: Vec<u32> = numbers(&owners);
    for number in &gone {
        let bytes = tables
            .documents
            .get(txn, number)?
            .ok_or_else(|| damaged("a document to take out is not there"))?;
        let document: Document = serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?;
        let first = numbered.partition_point(|o| o < number) as u32;
        let passages = first..numbered.partition_point(|o| o <= number) as u32;
        for (value, _) in own_codes(&document, *number, first) {
            places.entry(value).or_default();
        }
        for passage in passages {
            let bytes = tables
                .passages
                .get(txn, &passage)?
                .ok_or_else(|| damaged("a passage to take out is not there"))?;
            let stored: StoredPassage = serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?;
            for term in Seen::of(&document, &stored.record).terms.into_keys() {
                counted.entry(term).or_default();
            }
            for word in written_words(&document, &stored.record) {
                *words.entry(word).or_default() -= 1;
            }
            for (value, _) in mentioned_codes(&document, &stored.record, *number, passage) {
                places.entry(value).or_default();
            }
            gone_passages.insert(passage);
            tables.passages.delete(txn, &passage)?;
        }
        tables.documents.delete(txn, number)?;
        if tables.ids.get(txn, &document.id)? == Some(*number) {
            tables.ids.delete(txn, &document.id)?;
        }
        let at = *number as usize;
        dates[at * 8..at * 8 + 8].copy_from_slice(&NEVER);
        own_systems[at * 4..at * 4 + 4].fill(0);
        digests[at * 32..at * 32 + 32].fill(0);
    }

    let (mut number, first_passage) = (own_systems.len() as u32 / 4, owners.len() as u32 / 4);
    let mut passage = first_passage;
    for (n, (row, live)) in what.rows.iter().zip(what.live).enumerate() {
        let weighed = base.is_some_and(|base| n < base);
        owners.extend(std::iter::repeat_n(number.to_le_bytes(), row.passages.len()).flatten());
        if *live {
            let document = &row.document;
            tables.documents.put(txn, &number, &json(document))?;
            tables.ids.put(txn, &document.id, &number)?;
            dates.extend(document.effective_from.map_or(i32::MIN, day).to_le_bytes());
            dates.extend(document.effective_to.map_or(i32::MAX, day).to_le_bytes());
            let mut own = 0u32;
            for (value, place) in own_codes(document, number, passage) {
                let system = systems.iter().position(|s| *s == place.system).unwrap_or_else(|| {
                    systems.push(place.system.clone());
                    systems.len() - 1
                });
                // The tables of codes of a whole trade have some ten systems; the rest share the last bit.
                own |= 1 << system.min(31);
                places.entry(value).or_default().push(place);
            }
            own_systems.extend(own.to_le_bytes());
            digests.extend_from_slice(&row.digest);
            for (n, record) in row.passages.iter().enumerate() {
                let at = passage + n as u32;
                let stored = StoredPassage {
                    document: number,
                    n: n as u32,
                    record: record.clone(),
                };
                tables.passages.put(txn, &at, &json(&stored))?;
                let seen = Seen::of(document, record);
                lengths.push(seen.lengths);
                for (term, counts) in seen.terms {
                    counted.entry(term).or_default().push((at, counts));
                }
                for word in written_words(document, record) {
                    *words.entry(word).or_default() += 1;
                }
                for (value, place) in mentioned_codes(document, record, number, at) {
                    let list = places.entry(value).or_default();
                    if !list.contains(&place) {
                        list.push(place);
                    }
                }
            }
        } else {
            dates.extend(NEVER);
            own_systems.extend([0; 4]);
            digests.extend([0; 32]);
            for record in &row.passages {
                lengths.push(if weighed {
                    Seen::of(&row.document, record).lengths
                } else {
                    [0; FIELDS]
                });
            }
        }
        number += 1;
        passage += row.passages.len() as u32;
    }

    let statistics = match base {
        Some(base) => Statistics::of(&what.rows[..base], &lengths, what.vectors),
        None => serde_json::from_slice(&blob(txn, "statistics")?).map_err(|e| damaged(&e.to_string()))?,
    };
    for (term, new) in counted {
        let held = tables.terms.get(txn, &term)?.unwrap_or_default();
        let mut list: Vec<Posting> = lexical::decode(held)
            .filter(|p| !gone_passages.contains(p.passage))
            .collect();
        list.extend(new.into_iter().map(|(p, counts)| {
            let lengths = lengths[(p - first_passage) as usize];
            lexical::posting(p, counts, lengths, statistics.average)
        }));
        if list.is_empty() {
            tables.terms.delete(txn, &term)?;
        } else {
            tables.terms.put(txn, &term, &lexical::encode(&list))?;
        }
    }
    for (word, by) in words.into_iter().filter(|w| w.1 != 0) {
        let count = i64::from(tables.words.get(txn, &word)?.unwrap_or(0)) + by;
        if count > 0 {
            tables.words.put(txn, &word, &(count as u32))?;
        } else {
            tables.words.delete(txn, &word)?;
        }
    }
    for (value, new) in places.into_iter().filter(|p| !p.0.is_empty() && p.0.len() <= 64) {
        let mut list: Vec<CodePlace> = match tables.codes.get(txn, &value)? {
            Some(bytes) => serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))?,
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
    tables.blobs.put(txn, "owners", &owners)?;
    tables.blobs.put(txn, "dates", &dates)?;
    tables.blobs.put(txn, "systems", &json(&systems))?;
    tables.blobs.put(txn, "own_systems", &own_systems)?;
    tables.blobs.put(txn, "digests", &digests)?;
    tables.blobs.put(txn, "statistics", &json(&statistics))?;
    for (set, (vectors, frame)) in what.vectors.iter().zip(&statistics.sketches).enumerate() {
        change_vectors(
            tables,
            txn,
            set,
            frame,
            what,
            vectors,
            first_passage,
            &gone_passages,
            scratch,
        )?;
    }
    Ok(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of `change`, with what it has at hand"
)]
fn change_vectors(
    tables: &Tables,
    txn: &mut heed::RwTxn<'_>,
    set: usize,
    frame: &sketch::Frame,
    what: &Change<'_>,
    vectors: &Vectors,
    first_passage: u32,
    gone: &RoaringBitmap,
    scratch: &Path,
) -> heed::Result<()> {
    let failed = |e: arroy::Error| heed::Error::Io(std::io::Error::other(e.to_string()));
    let mut writer = arroy::Writer::<Cosine>::new(tables.vectors, set as u16, vectors.dimensions);
    writer.set_tmpdir(scratch);
    let blob = |txn: &heed::RwTxn<'_>, name| -> heed::Result<Vec<u8>> {
        Ok(tables.blobs.get(txn, &named(name, set))?.unwrap_or_default().to_vec())
    };
    let mut items = blob(txn, "items")?;
    let mut sketch = sketch::Maker {
        frame,
        bits: blob(txn, "bits")?,
        bytes: blob(txn, "bytes")?,
    };
    if sketch.bits.is_empty() {
        sketch.begin();
    }
    if !gone.is_empty() {
        for item in numbers(&items) {
            if gone.contains(item / 2) {
                writer.del_item(txn, item).map_err(failed)?;
            }
        }
        let stays: Vec<bool> = numbers(&items).iter().map(|item| !gone.contains(item / 2)).collect();
        sketch.keep(&stays);
        let kept = items.as_chunks::<4>().0.iter().zip(&stays).filter(|(_, s)| **s);
        items = kept.flat_map(|(item, _)| *item).collect();
    }
    // In order, behind all that is there: that makes denser pages. What grows has others behind it.
    let fresh = first_passage == 0;
    let mut add = |txn: &mut heed::RwTxn<'_>, item: u32, vector: &[f32]| {
        sketch.add(vector);
        items.extend_from_slice(&item.to_le_bytes());
        if fresh {
            writer.append_item(txn, item, vector).map_err(failed)
        } else {
            writer.add_item(txn, item, vector).map_err(failed)
        }
    };
    let mut at = 0;
    for ((row, live), whole) in what.rows.iter().zip(what.live).zip(&vectors.documents) {
        for n in 0..row.passages.len() {
            let item = (first_passage + at as u32) * 2;
            if *live {
                add(txn, item, &vectors.passages[at])?;
                if let (0, Some(whole)) = (n, whole) {
                    add(txn, item + 1, whole)?;
                }
            }
            at += 1;
        }
    }
    // The trees are not searched: the sketch chooses, arroy measures. One tree is the fewest it has.
    let mut rng = StdRng::seed_from_u64(1);
    writer.builder(&mut rng).n_trees(1).build(txn).map_err(failed)?;
    tables.blobs.put(txn, &named("bits", set), &sketch.bits)?;
    tables.blobs.put(txn, &named("bytes", set), &sketch.bytes)?;
    tables.blobs.put(txn, &named("items", set), &items)?;
    Ok(())
}

/// The name of a part that there is for each set of vectors.
fn named(part: &str, set: usize) -> String {
    if set == 0 {
        part.to_owned()
    } else {
        format!("{part}-{set}")
    }
}

/// The dates of what is in force on no day.
const NEVER: [u8; 8] = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0x80];

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
    /// The models that there are vectors by, each with their dimensions.
    models: Vec<(String, usize)>,
    /// How many passages there are, out of force or not.
    live: usize,
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
        let tables = Tables::open(&env)?;
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
        Ok(Index {
            env,
            tables,
            dates,
            owners,
            systems,
            own_systems,
            models: models.map(|e| (e.model.clone(), e.dimensions as usize)).collect(),
            live: manifest.passages as usize,
        })
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
        let txn = self.env.read_txn()?;
        let digests = self
            .tables
            .blobs
            .get(&txn, "digests")?
            .unwrap_or_default()
            .as_chunks::<32>()
            .0;
        let mut hasher = ContentHasher::default();
        for entry in self.tables.ids.iter(&txn)? {
            let (id, number) = entry?;
            let digest = digests
                .get(number as usize)
                .ok_or_else(|| damaged("a digest is missing"))?;
            hasher.add(id, digest);
        }
        Ok(hasher.finish())
    }

    /// How many vectors a set has.
    pub fn vectors(&self, set: usize) -> heed::Result<u32> {
        let reading = self.read()?;
        Ok(reading.sketch("items", set)?.len() as u32 / 4)
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
        let txn = self.env.read_txn()?;
        let failed = |e: arroy::Error| damaged(&e.to_string());
        let reader = arroy::Reader::<Cosine>::open(&txn, set as u16, self.tables.vectors).map_err(failed)?;
        reader.item_vector(&txn, item).map_err(failed)
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

    /// A part of a set's sketch.
    pub fn sketch(&self, part: &str, set: usize) -> heed::Result<&[u8]> {
        self.index
            .tables
            .blobs
            .get(&self.txn, &named(part, set))?
            .ok_or_else(|| damaged("a part is missing"))
    }

    /// The exact likeness (cosine) of these vectors to the query.
    pub fn likeness(&self, set: usize, query: &[f32], items: &RoaringBitmap) -> heed::Result<Vec<(u32, f32)>> {
        let failed = |e: arroy::Error| damaged(&e.to_string());
        let reader = arroy::Reader::<Cosine>::open(&self.txn, set as u16, self.index.tables.vectors).map_err(failed)?;
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
