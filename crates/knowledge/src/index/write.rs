//! Writes the environments of a release: all at once, or the difference to one that is there. Both say the
//! same, to the last bit. Never into what somebody reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arroy::distances::Cosine;
use heed::{CompactionOption, Env, EnvFlags, EnvOpenOptions, WithoutTls};
use mortar_language::codes;
use mortar_language::text;
use rand::SeedableRng;
use rand::rngs::StdRng;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{
    Apart, CodePlace, DATA, DATABASES, Row, StoredPassage, Tables, VECTORS, damaged, day, named, numbers, respells,
};
use crate::lexical::{self, FIELDS, Posting};
use crate::sketch;
use mortar_sources::Document;
use mortar_sources::prepare::{self, PassageRecord};

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

/// Writes a release's data into the empty folder `dir`, compact. The first `base` rows are
/// what words and vectors are weighed against, whether they are live or not.
pub fn write(rows: &[Row], live: &[bool], base: usize, vectors: &[Vectors], dir: &Path) -> heed::Result<()> {
    let scratch = dir.join("scratch");
    std::fs::create_dir(&scratch)?;
    let written: usize = rows.iter().map(|r| r.document.body.len() + 1024).sum();
    let floats = room(vectors);
    let all = Change {
        rows,
        live,
        vectors,
        gone: &[],
    };
    // Sparse until used; generous, since a full map would mean to begin again.
    let env = writable(&scratch, written * 16 + floats)?;
    let tables = Tables::create(&env)?;
    let mut txn = env.write_txn()?;
    let place = change(&tables, &mut txn, &all, Some(base))?;
    txn.commit()?;
    env.copy_to_path(dir.join(DATA), CompactionOption::Enabled)?;
    drop(env);
    if !vectors.is_empty() {
        let apart = scratch.join("vectors");
        std::fs::create_dir(&apart)?;
        let env = writable(&apart, floats * 3)?;
        let tables = Apart::create(&env)?;
        let mut txn = env.write_txn()?;
        hold(tables, &mut txn, &all, &place, &apart)?;
        txn.commit()?;
        env.copy_to_path(dir.join(VECTORS), CompactionOption::Enabled)?;
    }
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// What vectors take at most, once.
fn room(vectors: &[Vectors]) -> usize {
    vectors.iter().map(|v| v.count() * (v.dimensions * 4 + 256)).sum()
}

/// What is added to a release's data, and which numbers it loses.
pub struct Change<'a> {
    pub rows: &'a [Row],
    pub live: &'a [bool],
    pub vectors: &'a [Vectors],
    pub gone: &'a [u32],
}

/// Changes `data.mdb` in `dir`, which nobody else has open; `vectors.mdb` beside it belongs to others too.
pub fn apply(dir: &Path, what: &Change<'_>) -> heed::Result<()> {
    let held = std::fs::metadata(dir.join(DATA))?.len() as usize;
    let written: usize = what.rows.iter().map(|r| r.document.body.len() + 1024).sum();
    let env = writable(dir, held * 2 + written * 16 + room(what.vectors) * 4)?;
    let tables = Tables::open(&env)?;
    let mut txn = env.write_txn()?;
    let place = change(&tables, &mut txn, what, None)?;
    hold(tables.behind(), &mut txn, what, &place, dir)?;
    txn.commit()?;
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

/// Where a change stands among all passages, and what its vectors are weighed against.
struct Place {
    first_passage: u32,
    gone: RoaringBitmap,
    frames: Vec<sketch::Frame>,
}

impl Place {
    /// The items that vectors of gone passages have, where they have any.
    fn gone_items(&self) -> impl Iterator<Item = u32> {
        self.gone.iter().flat_map(|p| [p * 2, p * 2 + 1])
    }

    /// The vectors that a change adds, each with its item, in the order of the items.
    fn added<'v>(&self, what: &Change<'_>, vectors: &'v Vectors) -> Vec<(u32, &'v [f32])> {
        let mut out = Vec::new();
        let mut at = 0;
        for ((row, live), whole) in what.rows.iter().zip(what.live).zip(&vectors.documents) {
            let passages = at..at + row.passages.len();
            at = passages.end;
            if !live {
                continue;
            }
            for n in passages.clone() {
                let item = (self.first_passage + n as u32) * 2;
                out.push((item, vectors.passages[n].as_slice()));
                if let (true, Some(whole)) = (n == passages.start, whole) {
                    out.push((item + 1, whole));
                }
            }
        }
        out
    }
}

/// Takes out what is gone and adds the rows that are live, all but what is made of vectors. With a
/// `base` all is new, and weighed against so many of its first rows.
fn change(tables: &Tables, txn: &mut heed::RwTxn<'_>, what: &Change<'_>, base: Option<usize>) -> heed::Result<Place> {
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

    if !gone_passages.is_empty() {
        // To look through all postings costs less than to stem again what is gone.
        let taken: Vec<bool> = (0..numbered.len() as u32).map(|p| gone_passages.contains(p)).collect();
        for entry in tables.terms.iter(txn)? {
            let (term, held) = entry?;
            if lexical::decode(held).any(|p| taken.get(p.passage as usize) == Some(&true)) {
                counted.entry(term.to_owned()).or_default();
            }
        }
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
    let place = Place {
        first_passage,
        gone: gone_passages,
        frames: statistics.sketches,
    };
    for (set, vectors) in what.vectors.iter().enumerate() {
        let (items, gone) = (named("items", set), named("gone", set));
        let (mut held, mut gone_rows) = (blob(txn, &items)?, blob(txn, &gone)?);
        let rows: Vec<u32> = numbers(&held);
        for item in place.gone_items() {
            if let Ok(row) = rows.binary_search(&item) {
                gone_rows.extend((row as u32).to_le_bytes());
            }
        }
        for (item, _) in place.added(what, vectors) {
            held.extend(item.to_le_bytes());
        }
        tables.blobs.put(txn, &items, &held)?;
        tables.blobs.put(txn, &gone, &gone_rows)?;
    }
    Ok(place)
}

/// Changes what is made of vectors: the vectors themselves, and the sketch that a search looks through.
/// Those of what is gone stay in a sketch, and in a file of their own; nothing leads to them.
fn hold(
    tables: Apart,
    txn: &mut heed::RwTxn<'_>,
    what: &Change<'_>,
    place: &Place,
    scratch: &Path,
) -> heed::Result<()> {
    let failed = |e: arroy::Error| heed::Error::Io(std::io::Error::other(e.to_string()));
    for (set, (vectors, frame)) in what.vectors.iter().zip(&place.frames).enumerate() {
        let mut writer = arroy::Writer::<Cosine>::new(tables.vectors, set as u16, vectors.dimensions);
        writer.set_tmpdir(scratch);
        for item in place.gone_items() {
            writer.del_item(txn, item).map_err(failed)?;
        }
        let (bits, bytes) = (named("bits", set), named("bytes", set));
        let blob =
            |name: &str| -> heed::Result<Vec<u8>> { Ok(tables.blobs.get(txn, name)?.unwrap_or_default().to_vec()) };
        let mut sketch = sketch::Maker {
            frame,
            bits: blob(&bits)?,
            bytes: blob(&bytes)?,
        };
        if sketch.bits.is_empty() {
            sketch.begin();
        }
        // In order, behind all that is there: that makes denser pages. What grows has others behind it.
        for (item, vector) in place.added(what, vectors) {
            sketch.add(vector);
            if place.first_passage == 0 {
                writer.append_item(txn, item, vector)
            } else {
                writer.add_item(txn, item, vector)
            }
            .map_err(failed)?;
        }
        tables.blobs.put(txn, &bits, &sketch.bits)?;
        tables.blobs.put(txn, &bytes, &sketch.bytes)?;
        // No trees: the sketch chooses, arroy measures. Where all fits into one node it makes none.
        let mut rng = StdRng::seed_from_u64(1);
        let mut builder = writer.builder(&mut rng);
        builder.split_after(usize::MAX).build(txn).map_err(failed)?;
    }
    Ok(())
}

/// The dates of what is in force on no day.
const NEVER: [u8; 8] = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0x80];
