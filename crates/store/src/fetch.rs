//! Files of segments, fetched once and kept under their hash until they are used: in ranges, several
//! at a time, going on where it stopped. A file bears its name only once its bytes are those of the hash.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use futures::stream::{self, TryStreamExt};
use sha2::{Digest, Sha256};

use crate::error::{BadObject, FetchError, StoreError};
use crate::hash::hex;
use crate::port::{Got, ReleaseStore, Want};
use crate::retry::{once_more, pause};
use crate::segment::Object;

/// What one request asks for at most: what a break costs is less than this.
pub const RANGE: u64 = 8 << 20;
/// So many files come at the same time.
pub const AT_A_TIME: usize = 4;

/// Where fetched files lie.
#[derive(Debug, Clone)]
pub struct Incoming {
    dir: PathBuf,
}

/// What was asked of the store, counted.
#[derive(Debug, Default)]
pub struct Spent {
    pub requests: AtomicU64,
    pub bytes: AtomicU64,
}

impl Incoming {
    pub fn new(dir: PathBuf) -> Incoming {
        Incoming { dir }
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.dir.join(sha256)
    }

    /// Where it lies while it comes.
    fn part(&self, sha256: &str) -> PathBuf {
        self.dir.join(format!("{sha256}.part"))
    }

    pub fn has(&self, object: &Object) -> bool {
        fs::metadata(self.path(&object.sha256)).is_ok_and(|m| m.len() == object.bytes)
    }

    /// Its bytes, if they are still those of its name; else it is fetched anew by the next run.
    pub fn read(&self, object: &Object) -> std::io::Result<Vec<u8>> {
        let path = self.path(&object.sha256);
        let bytes = fs::read(&path)?;
        if hex(&Sha256::digest(&bytes)) == object.sha256 {
            return Ok(bytes);
        }
        fs::remove_file(path)?;
        Err(std::io::Error::other(
            "a fetched file was damaged on this disk; try again, it is fetched anew",
        ))
    }

    /// Puts a file that was made here where fetched ones lie.
    pub fn put(&self, object: &Object, bytes: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        mortar_knowledge::release::replace(&self.dir, &object.sha256, bytes)
    }

    /// Removes all but these.
    pub fn keep(&self, objects: &[&Object]) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !objects.iter().any(|o| name.starts_with(&o.sha256)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Fetches what is not here yet. `tell` hears how many bytes are here.
    pub async fn fetch(
        &self,
        store: &dyn ReleaseStore,
        objects: &[&Object],
        spent: &Spent,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), FetchError> {
        let write = |source| FetchError::Write {
            path: self.dir.clone(),
            source,
        };
        fs::create_dir_all(&self.dir).map_err(write)?;
        let mut missing: Vec<&Object> = objects.iter().copied().filter(|o| !self.has(o)).collect();
        missing.sort_by(|a, b| a.sha256.cmp(&b.sha256));
        missing.dedup();
        let begun = |o: &Object| fs::metadata(self.part(&o.sha256)).map_or(0, |m| m.len().min(o.bytes));
        let needed: u64 = missing.iter().map(|o| o.bytes - begun(o)).sum();
        // Half as much again, for what is made of it.
        if let Ok(free) = fs4::available_space(&self.dir)
            && free < needed + needed / 2
        {
            return Err(FetchError::Space {
                needed: (needed + needed / 2).div_ceil(1 << 20),
                free: free >> 20,
            });
        }
        let tell = Mutex::new((0, tell));
        let told = |more: u64| {
            let mut tell = tell.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tell.0 += more;
            let sum = tell.0;
            (tell.1)(sum);
        };
        let fetching: Vec<futures::future::BoxFuture<'_, Result<(), FetchError>>> = missing
            .iter()
            .map(|object| Box::pin(self.one(store, object, spent, &told)) as _)
            .collect();
        stream::iter(fetching)
            .buffer_unordered(AT_A_TIME)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    async fn one(
        &self,
        store: &dyn ReleaseStore,
        object: &Object,
        spent: &Spent,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<(), FetchError> {
        let part = self.part(&object.sha256);
        let write = |source| FetchError::Write {
            path: part.clone(),
            source,
        };
        // Twice: what was kept from another time may be damaged, and is fetched once more from its beginning.
        let mut fresh = false;
        loop {
            let open = File::options()
                .create(true)
                .truncate(fresh)
                .read(true)
                .write(true)
                .open(&part);
            let mut file = open.map_err(write)?;
            let mut have = file.metadata().map_err(write)?.len();
            if have > object.bytes {
                file.set_len(0).map_err(write)?;
                have = 0;
            }
            let resumed = have > 0;
            file.seek(std::io::SeekFrom::Start(have)).map_err(write)?;
            tell(have);
            self.rest(store, object, have, &mut file, spent, tell).await?;
            file.sync_all().map_err(write)?;
            file.rewind().map_err(write)?;
            let mut hasher = Sha256::new();
            std::io::copy(&mut file, &mut hasher).map_err(write)?;
            if hex(&hasher.finalize()) == object.sha256 {
                return fs::rename(&part, self.path(&object.sha256)).map_err(write);
            }
            let _ = fs::remove_file(&part);
            if !resumed || fresh {
                return Err(BadObject {
                    sha256: object.sha256.clone(),
                    reason: "its bytes are not those of its hash".into(),
                }
                .into());
            }
            fresh = true;
        }
    }

    /// The bytes from `have` on, range by range, each tried again where that may help.
    async fn rest(
        &self,
        store: &dyn ReleaseStore,
        object: &Object,
        mut have: u64,
        file: &mut File,
        spent: &Spent,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<(), FetchError> {
        let key = object.key();
        let mut attempt = 0;
        while have < object.bytes {
            let range = have..(have + RANGE).min(object.bytes);
            spent.requests.fetch_add(1, Ordering::Relaxed);
            let mut take = |chunk: &[u8]| -> Result<bool, FetchError> {
                // Whatever the store sends, no more than was asked for.
                let chunk = &chunk[..chunk.len().min((range.end - have) as usize)];
                file.write_all(chunk).map_err(|source| FetchError::Write {
                    path: self.path(&object.sha256),
                    source,
                })?;
                have += chunk.len() as u64;
                spent.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                tell(chunk.len() as u64);
                Ok(have == range.end)
            };
            let outcome = one_range(store, &key, range.clone(), &mut take).await?;
            if have > range.start {
                attempt = 0;
            }
            if have < range.end {
                let failed = outcome.unwrap_or_else(|| StoreError::Failed(format!("{key}: it broke off")));
                attempt += 1;
                if !once_more(&failed, attempt) {
                    return Err(failed.into());
                }
                tokio::time::sleep(pause(attempt)).await;
            }
        }
        Ok(())
    }
}

/// Asks for one range and hands on what comes, until it is enough; what went wrong at the store, if
/// anything.
async fn one_range(
    store: &dyn ReleaseStore,
    key: &str,
    range: Range<u64>,
    take: &mut (dyn FnMut(&[u8]) -> Result<bool, FetchError> + Send),
) -> Result<Option<StoreError>, FetchError> {
    let mut bytes = match store.get(key, Want::Range(range)).await {
        Ok(Got::Body { bytes, .. }) => bytes,
        Ok(Got::NotChanged) => return Ok(None),
        Err(e) => return Ok(Some(e)),
    };
    while let Some(chunk) = bytes.next().await {
        match chunk {
            Ok(chunk) if take(&chunk)? => break,
            Ok(_) => {}
            Err(e) => return Ok(Some(e)),
        }
    }
    Ok(None)
}
