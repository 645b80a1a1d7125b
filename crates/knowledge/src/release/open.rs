//! A release opened and read. What is damaged is never given for what was written: where damage is found, at the
//! opening, behind it or in a document that is read, everything after is refused.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, Weak};

use mortar_sources::{Document, DocumentRow};

use super::check::{Look, behind, is_small, look};
use super::manifest::{MANIFEST, Manifest, read};
use crate::error::OpenError;
use crate::index::Index;

/// An open release. One environment is opened once a process: a second opening shares the first.
pub struct Release {
    pub manifest: Manifest,
    pub index: Index,
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Release>>>> = LazyLock::new(Mutex::default);

impl Release {
    pub fn open(dir: &Path) -> Result<Arc<Release>, OpenError> {
        Release::of(dir, read(dir, MANIFEST)?.of_this_language(dir)?)
    }

    /// The release in a folder, whichever rules of language made it: what is found in it by words may be wrong,
    /// what it says is not.
    pub(super) fn open_as_it_is(dir: &Path) -> Result<Arc<Release>, OpenError> {
        Release::of(dir, read(dir, MANIFEST)?)
    }

    fn of(dir: &Path, manifest: Manifest) -> Result<Arc<Release>, OpenError> {
        look(dir, &manifest, Look::First)?;
        let data = dir.join(&manifest.data);
        let key = data.canonicalize().map_err(|source| OpenError::Unreadable {
            path: data.clone(),
            source,
        })?;
        let mut open = OPEN.lock().unwrap_or_else(|e| e.into_inner());
        open.retain(|_, r| r.strong_count() > 0);
        if let Some(release) = open.get(&key).and_then(Weak::upgrade) {
            release.sound()?;
            return Ok(release);
        }
        look(dir, &manifest, Look::All)?;
        let index = Index::open(&data, &manifest.shape()).map_err(|e| damaged(dir, &e.to_string()))?;
        let release = Release { manifest, index };
        release.check(dir)?;
        let release = Arc::new(release);
        open.insert(key, Arc::downgrade(&release));
        Ok(release)
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        self.index.path()
    }

    /// An error where damage was found.
    pub fn sound(&self) -> Result<(), OpenError> {
        self.index
            .health()
            .damage()
            .map_or(Ok(()), |reason| Err(self.spoilt(reason)))
    }

    /// The same once every byte was looked at, which is waited for: before another state is made of this one.
    pub fn whole(&self) -> Result<(), OpenError> {
        self.index
            .health()
            .whole()
            .map_or(Ok(()), |reason| Err(self.spoilt(reason)))
    }

    /// Every document, as rows of a list, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, OpenError> {
        let list = || -> heed::Result<Vec<DocumentRow>> {
            let reading = self.index.read()?;
            let numbers = self.index.documents()?.into_iter();
            numbers.map(|n| Ok((&reading.document(n)?).into())).collect()
        };
        let mut rows = list().map_err(|e| self.unreadable(&e))?;
        rows.sort_by_cached_key(|d| (natural(&d.title), d.id.clone()));
        Ok(rows)
    }

    pub fn document(&self, id: &str) -> Result<Option<Document>, OpenError> {
        self.index.find(id).map_err(|e| self.unreadable(&e))
    }

    /// What a reader could not read.
    pub(crate) fn unreadable(&self, e: &heed::Error) -> OpenError {
        self.spoilt(&e.to_string())
    }

    fn spoilt(&self, reason: &str) -> OpenError {
        damaged(self.data().parent().unwrap_or(self.data()), reason)
    }

    /// What is small is checked before anybody reads it, what is large behind that.
    fn check(&self, dir: &Path) -> Result<(), OpenError> {
        if is_small(&self.manifest) {
            let fits = || self.index.check_vectors().and_then(|()| self.index.content());
            let content = fits().map_err(|e| damaged(dir, &e.to_string()))?;
            if content.is_some_and(|content| !self.manifest.says(&content)) {
                return Err(damaged(dir, "its documents are not those that its manifest names"));
            }
        }
        behind(dir, &self.manifest, self.index.health());
        Ok(())
    }
}

fn damaged(path: &Path, reason: &str) -> OpenError {
    OpenError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A title as it is sorted: "SOP 2" stands before "SOP 10".
fn natural(title: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for c in title.to_lowercase().chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            if !digits.is_empty() {
                key.push_str(&format!("{:0>12}", std::mem::take(&mut digits)));
            }
            key.push(c);
        }
    }
    key
}
