//! A release's folder as it is written: held by one builder at a time, a new state made beside what is there,
//! looked at, and switched to. What stood there stays whole until the very last rename.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::check::check_files;
use super::fingerprint::Fingerprint;
use super::manifest::{Embedding, FORMAT, MANIFEST, Manifest, Origin, PREVIOUS, read, switch};
use super::replace::{is_unfinished, replace, sweep};
use crate::error::{BuildError, OpenError};
use crate::index::{DATA, Index, VECTORS};
use crate::vector_log::EXTENSION;

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes, of a release that is fetched for the first time.
    Downloading {
        done: usize,
        of: usize,
    },
    Embedding {
        done: usize,
        of: usize,
    },
    Indexing,
    Verifying,
}

/// A release's folder, held by one builder at a time; the lock goes with the process, however it ends.
pub struct Site {
    dir: PathBuf,
    fresh: bool,
    _lock: File,
}

/// What a new state of the folder is.
pub struct State {
    pub release: String,
    pub documents: u32,
    pub passages: u32,
    pub embeddings: Vec<Embedding>,
    pub source: Option<Origin>,
    /// What `vectors.mdb` is known to be: it was linked from another state.
    pub vectors: Option<Fingerprint>,
}

/// Holds a folder for one program at a time; the lock goes with the process, however it ends. What others were
/// killed over is swept away.
pub fn alone(dir: &Path) -> Result<File, BuildError> {
    let lock = fs::create_dir_all(dir).and_then(|()| File::create(dir.join(".lock")));
    match lock.map_err(unwritten(dir))? {
        lock if lock.try_lock().is_ok() => {
            sweep(dir);
            Ok(lock)
        }
        _ => Err(BuildError::Busy(dir.to_owned())),
    }
}

fn unwritten(dir: &Path) -> impl Fn(std::io::Error) -> BuildError + '_ {
    |source| BuildError::Write {
        path: dir.to_owned(),
        source,
    }
}

fn unsound(e: heed::Error) -> BuildError {
    BuildError::Index(e.to_string())
}

impl Site {
    pub fn enter(dir: &Path) -> Result<Site, BuildError> {
        let fresh = !dir.exists();
        if !fresh && !dir.join(MANIFEST).exists() && !only_leftovers(dir).map_err(unwritten(dir))? {
            return Err(BuildError::NotARelease(dir.to_owned()));
        }
        let lock = alone(dir)?;
        clear_leftovers(dir);
        Ok(Site {
            dir: dir.to_owned(),
            fresh,
            _lock: lock,
        })
    }

    /// Makes data beside what is there, looks at it, and switches to it. What stood there is kept as
    /// the one before, if asked for.
    pub fn put(
        &self,
        state: State,
        keep: bool,
        progress: &mut dyn FnMut(Progress),
        fill: impl FnOnce(&Path) -> heed::Result<()>,
    ) -> Result<Manifest, BuildError> {
        let now = Timestamp::now();
        let data = format!("data-{}-{}", state.release, now.as_microsecond());
        let path = self.dir.join(&data);
        progress(Progress::Indexing);
        let made = self.fill(&path, fill).and_then(|()| {
            progress(Progress::Verifying);
            let manifest = self.look(&path, data, now, state)?;
            self.point_to(&manifest, keep).map_err(unwritten(&self.dir))?;
            Ok(manifest)
        });
        match made {
            Ok(manifest) => {
                clear_leftovers(&self.dir);
                Ok(manifest)
            }
            Err(e) => {
                let _ = fs::remove_dir_all(&path);
                if self.fresh {
                    let _ = fs::remove_dir_all(&self.dir);
                }
                Err(e)
            }
        }
    }

    fn fill(&self, path: &Path, fill: impl FnOnce(&Path) -> heed::Result<()>) -> Result<(), BuildError> {
        fs::create_dir(path).map_err(unwritten(&self.dir))?;
        fill(path).map_err(|e| match e {
            heed::Error::Io(e) if e.kind() != std::io::ErrorKind::InvalidData => unwritten(&self.dir)(e),
            e => unsound(e),
        })
    }

    /// Looks at what was written before anything points to it.
    fn look(&self, path: &Path, data: String, now: Timestamp, state: State) -> Result<Manifest, BuildError> {
        let of_new = |name: &str| Fingerprint::of_new(&path.join(name)).map_err(unwritten(&self.dir));
        let mut manifest = Manifest {
            format: FORMAT,
            language: mortar_language::VERSION,
            release: state.release,
            created_at: now,
            documents: state.documents,
            passages: state.passages,
            embeddings: state.embeddings,
            source: state.source,
            data,
            file: of_new(DATA)?,
            vectors: match state.vectors {
                None if path.join(VECTORS).exists() => Some(of_new(VECTORS)?),
                known => known,
            },
        };
        let index = Index::open(path, &manifest.shape()).map_err(unsound)?;
        for (set, embedding) in manifest.embeddings.iter_mut().enumerate() {
            embedding.vectors = index.vectors(set).map_err(unsound)?;
        }
        let content = index.content().map_err(unsound)?;
        if manifest
            .source
            .as_ref()
            .is_some_and(|s| content.as_ref() != Some(&s.content))
        {
            return Err(BuildError::Index("what was made is not what the manifest says".into()));
        }
        Ok(manifest)
    }

    fn point_to(&self, manifest: &Manifest, keep: bool) -> std::io::Result<()> {
        if !keep {
            forget_previous(&self.dir)?;
        } else if let Ok(before) = fs::read(self.dir.join(MANIFEST)) {
            replace(&self.dir, PREVIOUS, &before)?;
        }
        switch(&self.dir, manifest)
    }

    /// Switches to the state before this one, whose data is still here; this one is then the one before.
    pub fn back(&self) -> Result<Manifest, BuildError> {
        let dir = &self.dir;
        let before = read(dir, PREVIOUS)?.of_this_language(dir)?;
        for (path, file) in before.files(dir) {
            if Fingerprint::of(&path).map_err(unwritten(dir))? != *file {
                return Err(BuildError::Index("the state before is damaged".into()));
            }
        }
        let switched = || {
            let now = fs::read(dir.join(MANIFEST))?;
            switch(dir, &before)?;
            replace(dir, PREVIOUS, &now)
        };
        switched().map_err(unwritten(dir))?;
        Ok(before)
    }
}

fn forget_previous(dir: &Path) -> std::io::Result<()> {
    match fs::remove_file(dir.join(PREVIOUS)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn only_leftovers(dir: &Path) -> std::io::Result<bool> {
    Ok(fs::read_dir(dir)?
        .flatten()
        .all(|e| is_leftover(&e.file_name().to_string_lossy())))
}

/// Whether a name is of what a build that was killed leaves in a folder without a manifest.
fn is_leftover(name: &str) -> bool {
    [".lock", PREVIOUS].contains(&name) || name.starts_with("data-") || name.ends_with(EXTENSION) || is_unfinished(name)
}

/// Removes what a build that was killed left behind: data that no manifest names.
fn clear_leftovers(dir: &Path) {
    let named = [MANIFEST, PREVIOUS].map(|p| (dir.join(p).exists(), read(dir, p).map(|m| m.data).ok()));
    if named.iter().any(|(there, data)| *there && data.is_none()) {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("data-") && !named.iter().any(|p| p.1.as_ref() == Some(&name)) {
            // On Windows what is still mapped, by whatever link, stays until a later time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Forgets what the folder points to, if its bytes are not those that were written: it is fetched or built anew.
/// Whether it was so.
pub fn forget_damaged(dir: &Path) -> Result<bool, BuildError> {
    if !matches!(check_files(dir), Err(OpenError::Damaged { .. })) {
        return Ok(false);
    }
    let _site = Site::enter(dir)?;
    fs::remove_file(dir.join(MANIFEST)).map_err(unwritten(dir))?;
    Ok(true)
}

/// Puts the vectors of one state into the folder of another that grows from it.
pub fn share_vectors(from: &Path, to: &Path) -> std::io::Result<()> {
    let (from, beside, to) = (from.join(VECTORS), to.join("vectors.new"), to.join(VECTORS));
    // A file system without links holds them twice. A link may be there although it is said to have failed:
    // what is copied goes to another name, never into what others read.
    fs::hard_link(&from, &to).or_else(|_| {
        fs::copy(&from, &beside)?;
        File::options().write(true).open(&beside)?.sync_all()?;
        fs::rename(&beside, &to)
    })
}
