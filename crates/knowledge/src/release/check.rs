//! Whether the files of a release are those that were written: before they are mapped, behind an opening, and
//! for `doctor`. Nothing is repaired here.
//!
//! What is small is read whole before it is mapped: its hash must be that of the manifest, and its pages must hang
//! together, since the manifest of a folder is signed by nobody and whoever changes a byte can fit the hash. That
//! takes some milliseconds. Of what is large the length and the first bytes are looked at, and the whole is hashed
//! behind the opening; until then, and after, each document that is read is compared with its own digest. Its
//! pages are not walked: that reads most of the file, and the hash says of chance damage as much.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::fingerprint::{CHANGED, Fingerprint, hex};
use super::manifest::{MANIFEST, Manifest, read};
use crate::error::OpenError;
use crate::index::Health;

/// What is read of a large file at a time.
const BLOCK: usize = 1 << 20;

const MISSING: &str = "its data is missing";

/// How closely files are looked at before they are mapped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// They are open already.
    First,
    /// They are about to be mapped.
    All,
}

/// Looks at the files of the release in `dir`.
pub(super) fn look(dir: &Path, manifest: &Manifest, look: Look) -> Result<(), OpenError> {
    for (path, expected) in manifest.files(dir) {
        let whole = look == Look::All && expected.is_small();
        let found = match File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Some(MISSING.into())),
            file => file.and_then(|file| expected.look(file, whole)),
        };
        let found = found.map_err(|source| OpenError::Unreadable { path, source })?;
        if let Some(reason) = found {
            return Err(OpenError::Damaged {
                path: dir.to_owned(),
                reason,
            });
        }
    }
    Ok(())
}

/// Whether all files of a release are looked at whole before they are mapped.
pub(super) fn is_small(manifest: &Manifest) -> bool {
    manifest.files(Path::new("")).all(|(_, file)| file.is_small())
}

/// Has what is large hashed in the background, and says to `health` what comes of it. It ends with whoever
/// reads the release, and takes half of the time of a core.
pub(super) fn behind(dir: &Path, manifest: &Manifest, health: &Arc<Health>) {
    let large: Vec<(PathBuf, Fingerprint)> = manifest
        .files(dir)
        .filter(|(_, file)| !file.is_small())
        .map(|(path, file)| (path, file.clone()))
        .collect();
    hash_behind(large, health);
}

pub(super) fn hash_behind(files: Vec<(PathBuf, Fingerprint)>, health: &Arc<Health>) {
    if files.is_empty() {
        return health.looked_through();
    }
    let watched = Arc::downgrade(health);
    let hash = move || hash_all(&files, &watched);
    if let Err(e) = std::thread::Builder::new().name("release-check".into()).spawn(hash) {
        health.spoilt(&format!("its data cannot be checked: {e}"));
        health.looked_through();
    }
}

fn hash_all(files: &[(PathBuf, Fingerprint)], watched: &Weak<Health>) {
    for (path, expected) in files {
        let reason = match hash_slowly(path, watched) {
            Ok(None) => return,
            Ok(Some(hash)) if hash == expected.hash => continue,
            Ok(Some(_)) => CHANGED.to_owned(),
            Err(e) => format!("{} cannot be read: {e}", path.display()),
        };
        if let Some(health) = watched.upgrade() {
            health.spoilt(&reason);
        }
        break;
    }
    if let Some(health) = watched.upgrade() {
        health.looked_through();
    }
}

/// None: nobody reads the release any more.
fn hash_slowly(path: &Path, watched: &Weak<Health>) -> std::io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; BLOCK];
    loop {
        let began = Instant::now();
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(Some(hex(hasher.finalize())));
        }
        hasher.update(&block[..read]);
        if watched.strong_count() == 0 {
            return Ok(None);
        }
        std::thread::sleep(began.elapsed());
    }
}

/// Reads every byte of a release against its manifest, for `doctor`.
pub fn check_files(dir: &Path) -> Result<Manifest, OpenError> {
    let manifest = read(dir, MANIFEST)?.of_this_language(dir)?;
    for (path, expected) in manifest.files(dir) {
        let reason = match Fingerprint::of(&path) {
            Ok(found) if found == *expected => continue,
            Ok(_) => "its bytes are not those that were written",
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => MISSING,
            Err(source) => return Err(OpenError::Unreadable { path, source }),
        };
        return Err(OpenError::Damaged {
            path: dir.to_owned(),
            reason: reason.into(),
        });
    }
    Ok(manifest)
}
