//! Writes the environments of a release: all at once, or the difference to one that is there. Both say the
//! same, to the last bit. Never into what somebody reads.

use std::path::Path;

use arroy::distances::Cosine;
use heed::{CompactionOption, Env, EnvFlags, EnvOpenOptions, RwTxn, WithoutTls};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::change::{Changed, Delta, change};
use super::row::{Row, Vectors};
use super::tables::{Apart, DATA, DATABASES, Tables, VECTORS, named};
use crate::sketch;

/// Writes a release's data into the empty folder `dir`, compact. The first `base` rows are
/// what words and vectors are weighed against, whether they are live or not.
pub fn write(rows: &[Row], live: &[bool], base: usize, vectors: &[Vectors], dir: &Path) -> heed::Result<()> {
    let scratch = dir.join("scratch");
    std::fs::create_dir(&scratch)?;
    let all = Delta {
        rows,
        live,
        vectors,
        gone: &[],
    };
    // Sparse until used; generous, since a full map would mean to begin again.
    let env = writable(&scratch, texts(rows) * 16 + room(vectors))?;
    let tables = Tables::create(&env)?;
    let mut txn = env.write_txn()?;
    let changed = change(&tables, &mut txn, &all, Some(base))?;
    txn.commit()?;
    env.copy_to_path(dir.join(DATA), CompactionOption::Enabled)?;
    drop(env);
    if !vectors.is_empty() {
        let apart = scratch.join("vectors");
        std::fs::create_dir(&apart)?;
        let env = writable(&apart, room(vectors) * 3)?;
        let tables = Apart::create(&env)?;
        let mut txn = env.write_txn()?;
        hold(tables, &mut txn, &all, &changed, &apart)?;
        txn.commit()?;
        env.copy_to_path(dir.join(VECTORS), CompactionOption::Enabled)?;
    }
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Changes `data.mdb` in `dir`, which nobody else has open; `vectors.mdb` beside it belongs to others too.
pub fn apply(dir: &Path, what: &Delta<'_>) -> heed::Result<()> {
    let held = std::fs::metadata(dir.join(DATA))?.len() as usize;
    let env = writable(dir, held * 2 + texts(what.rows) * 16 + room(what.vectors) * 4)?;
    let tables = Tables::open(&env)?;
    let mut txn = env.write_txn()?;
    let changed = change(&tables, &mut txn, what, None)?;
    hold(tables.behind(), &mut txn, what, &changed, dir)?;
    txn.commit()?;
    env.prepare_for_closing().wait();
    // What a writer leaves beside the data is of no use to readers.
    match std::fs::remove_file(dir.join("lock.mdb")) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}

/// What rows take at most, once.
fn texts(rows: &[Row]) -> usize {
    rows.iter().map(|r| r.document.body.len() + 1024).sum()
}

/// What vectors take at most, once.
fn room(vectors: &[Vectors]) -> usize {
    vectors.iter().map(|v| v.count() * (v.dimensions * 4 + 256)).sum()
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

/// Changes what is made of vectors: the vectors themselves, and the sketch that a search looks through.
/// Those of what is gone stay in a sketch, and in a file of their own; nothing leads to them.
fn hold(tables: Apart, txn: &mut RwTxn<'_>, what: &Delta<'_>, changed: &Changed, scratch: &Path) -> heed::Result<()> {
    let failed = |e: arroy::Error| heed::Error::Io(std::io::Error::other(e.to_string()));
    for (set, (vectors, frame)) in what.vectors.iter().zip(&changed.frames).enumerate() {
        let mut writer = arroy::Writer::<Cosine>::new(tables.vectors, set as u16, vectors.dimensions);
        writer.set_tmpdir(scratch);
        for item in changed.gone_items() {
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
        for (item, vector) in what.items(changed.first_passage, vectors) {
            sketch.add(vector);
            if changed.first_passage == 0 {
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
