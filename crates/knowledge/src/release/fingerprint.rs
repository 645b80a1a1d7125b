//! What a file of a release is known by: its length, and hashes of its first bytes and of all.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::index::pages;

/// How much of large data is hashed at every opening: LMDB's two meta pages, for pages up to 64 KB.
const HEAD: usize = 128 * 1024;
/// Files up to so many bytes are hashed whole at every opening.
const AT_ONCE: u64 = 64 << 20;

/// A file as it must be found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    pub bytes: u64,
    /// BLAKE3 of the first bytes, and of all.
    pub head_hash: String,
    pub hash: String,
}

impl Fingerprint {
    pub(super) fn of(path: &Path) -> std::io::Result<Fingerprint> {
        let mut file = File::open(path)?;
        let head = head(&mut file)?;
        let mut whole = blake3::Hasher::new();
        whole.update(&head);
        whole.update_reader(&mut file)?;
        Ok(Fingerprint {
            bytes: file.metadata()?.len(),
            head_hash: hex(blake3::hash(&head)),
            hash: hex(whole.finalize()),
        })
    }

    /// Of a file that was just written; it goes to the disk while it is hashed.
    pub(super) fn of_new(path: &Path) -> std::io::Result<Fingerprint> {
        std::thread::scope(|s| {
            let syncing = s.spawn(|| File::options().write(true).open(path)?.sync_all());
            let file = Fingerprint::of(path);
            let panicked = |_| Err(std::io::Error::other("it could not be synced"));
            syncing.join().unwrap_or_else(panicked).and(file)
        })
    }

    pub(super) fn is_small(&self) -> bool {
        self.bytes <= AT_ONCE
    }

    /// What speaks against a file: its length and its first bytes, or all of them.
    pub(super) fn look(&self, mut file: File, whole: bool) -> std::io::Result<Option<String>> {
        // A mapped file that is shorter than LMDB believes ends the process: look before mapping.
        let bytes = file.metadata()?.len();
        if bytes != self.bytes {
            let said = self.bytes;
            return Ok(Some(format!("its data has {bytes} bytes, its manifest says {said}")));
        }
        if !whole {
            let fits = hex(blake3::hash(&head(&mut file)?)) == self.head_hash;
            return Ok((!fits).then(|| CHANGED.into()));
        }
        let mut all = Vec::with_capacity(bytes as usize);
        file.read_to_end(&mut all)?;
        if hex(blake3::hash(&all)) != self.hash {
            return Ok(Some(CHANGED.into()));
        }
        Ok(pages::check(&all).err())
    }
}

pub(super) const CHANGED: &str = "its data is not what was written";

pub(super) fn hex(hash: blake3::Hash) -> String {
    hash.to_hex().to_string()
}

/// The first bytes of a file, as many as are looked at before it is mapped.
fn head(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
