//! A release on disk: one folder with a manifest and two LMDB environments, never changed once
//! written. Built beside, verified, then the manifest is switched in one rename.
//!
//! ```text
//! DIR/manifest.json      format, counts, embedding models, the name, size and hash of the data
//! DIR/previous.json      the same of the state before, where it came from a store
//! DIR/<data>/vectors.mdb what was made of the vectors at the beginning; one file in all states that grew from it
//! DIR/<data>/data.mdb    all else
//! ```

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, Weak};

use jiff::Timestamp;
use mortar_assistant::{Embedder, ModelError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::embed::{self, Known};
use crate::index::{self, ContentHasher, DATA, Index, Row, VECTORS, Vectors};
use mortar_sources::{Document, DocumentRow};
use mortar_sources::{Finding, Imported};

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 3;
const MANIFEST: &str = "manifest.json";
/// The state before, for the way back.
const PREVIOUS: &str = "previous.json";
/// How much of the data is hashed at every opening: LMDB's two meta pages, for pages up to 64 KB.
const HEAD: usize = 128 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// A hash of all that the release says.
    pub release: String,
    pub created_at: Timestamp,
    pub documents: u32,
    pub passages: u32,
    /// The models that there are vectors by; none: it is searched by words and codes alone.
    pub embeddings: Vec<Embedding>,
    /// Where it was fetched from; none: made on this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The folder of the LMDB environments.
    pub data: String,
    #[serde(flatten)]
    pub file: Checked,
    /// `vectors.mdb`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<Checked>,
}

/// A file as it must be found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    pub bytes: u64,
    /// BLAKE3 of the first bytes, checked at every opening, and of all, checked by `doctor`.
    pub head_hash: String,
    pub hash: String,
}

impl Checked {
    fn of(path: &Path) -> std::io::Result<Checked> {
        let mut file = File::open(path)?;
        let head = head(&mut file)?;
        let mut whole = blake3::Hasher::new();
        whole.update(&head);
        whole.update_reader(&mut file)?;
        Ok(Checked {
            bytes: file.metadata()?.len(),
            head_hash: blake3::hash(&head).to_hex().to_string(),
            hash: whole.finalize().to_hex().to_string(),
        })
    }

    /// What a look at the length and the first bytes says against it.
    fn look(&self, path: &Path) -> std::io::Result<Option<String>> {
        // A mapped file that is shorter than LMDB believes ends the process: look before mapping.
        let mut file = match File::open(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Some("its data is missing".into())),
            file => file?,
        };
        let bytes = file.metadata()?.len();
        if bytes != self.bytes {
            return Ok(Some(format!(
                "its data has {bytes} bytes, its manifest says {}",
                self.bytes
            )));
        }
        let other = blake3::hash(&head(&mut file)?).to_hex().to_string() != self.head_hash;
        Ok(other.then(|| "its data is not what was written".into()))
    }
}

/// The first bytes of a file, as many as are looked at before it is mapped.
fn head(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

impl Manifest {
    /// What all of it takes on the disk.
    pub fn bytes(&self) -> u64 {
        self.file.bytes + self.vectors.as_ref().map_or(0, |v| v.bytes)
    }

    /// The files that hold it, each as it must be.
    fn files(&self, dir: &Path) -> impl Iterator<Item = (PathBuf, &Checked)> {
        let data = dir.join(&self.data);
        let all = [(DATA, Some(&self.file)), (VECTORS, self.vectors.as_ref())];
        all.into_iter()
            .filter_map(move |(name, file)| Some((data.join(name), file?)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    pub model: String,
    pub dimensions: u32,
    pub vectors: u32,
}

impl Embedding {
    pub fn of(vectors: &Vectors) -> Embedding {
        Embedding {
            model: vectors.model.clone(),
            dimensions: vectors.dimensions as u32,
            vectors: vectors.count() as u32,
        }
    }
}

/// Which release of a store this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub number: u32,
    pub channel: String,
    /// When it was published.
    pub published_at: Timestamp,
    #[serde(default)]
    pub notes: String,
    /// What its documents say together, to the last byte.
    pub content: String,
}

#[derive(Debug, Error)]
pub enum OpenError {
    #[error("{0} holds no release: there is no manifest.json")]
    NotThere(PathBuf),
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path} is no manifest of a release: {reason}")]
    Foreign { path: PathBuf, reason: String },
    #[error("the release in {path} has format {found}, this program reads up to {FORMAT}: update Mortar")]
    Newer { path: PathBuf, found: u64 },
    #[error("the release in {path} is damaged: {reason}. Fetch or build it again.")]
    Damaged { path: PathBuf, reason: String },
}

#[derive(Debug, Error)]
pub enum BuildError {
    #[error("{} of the sources cannot be used", .0.len())]
    Faults(Vec<Finding>),
    #[error("the sources hold no document")]
    Nothing,
    #[error(transparent)]
    Embed(#[from] ModelError),
    #[error("the vectors made so far cannot be kept: {0}")]
    Keep(std::io::Error),
    #[error("{path} cannot be written: {source}{}", hint(.source))]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0} is there and is no release; choose an empty folder or a new name")]
    NotARelease(PathBuf),
    #[error("another build is writing to {0}; wait until it is done")]
    Busy(PathBuf),
    #[error("the index could not be written: {0}")]
    Index(String),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// What helps against the usual reasons why nothing can be written.
pub fn hint(e: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::*;
    match e.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => {
            ". The disk is full: free some space and start again; nothing was lost"
        }
        PermissionDenied | ReadOnlyFilesystem => ". Choose a folder that you may write to",
        // LMDB says "input/output error" of a write that came to an end too soon.
        _ if e.raw_os_error() == Some(5) => {
            ". The disk is probably full: free some space and start again; nothing was lost"
        }
        _ => "",
    }
}

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

/// What a build made.
#[derive(Debug)]
pub struct Built {
    pub manifest: Manifest,
    /// What was left out, where that was asked for.
    pub left_out: Vec<Finding>,
    pub ignored: Vec<String>,
}

/// Builds a release of all that was imported into `dir`. Whatever stood there stays whole until the
/// very last rename. With `skip_bad`, what cannot be used is left out; without, nothing is written.
pub async fn build(
    imported: Imported,
    skip_bad: bool,
    embedder: Option<&dyn Embedder>,
    dir: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Built, BuildError> {
    let Accepted {
        rows,
        left_out,
        ignored,
    } = accepted(imported, skip_bad)?;
    let site = Site::enter(dir)?;
    let vectors = match embedder {
        Some(e) => {
            let mut kept = Kept::of(dir, e.model(), e.dimensions());
            let mut tell = |done, of| progress(Progress::Embedding { done, of });
            vec![embed::vectors(e, &rows, &mut kept, &mut tell).await?]
        }
        None => Vec::new(),
    };
    let live = vec![true; rows.len()];
    let state = State {
        documents: rows.len() as u32,
        passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
        embeddings: vectors.iter().map(Embedding::of).collect(),
        release: name(&content(&rows), vectors.iter().map(|v| v.model.as_str())),
        source: None,
        vectors: None,
    };
    let mut step = |p| progress(p);
    let manifest = site.put(state, false, &mut step, |data| {
        index::write(&rows, &live, rows.len(), &vectors, data)
    })?;
    Ok(Built {
        manifest,
        left_out,
        ignored,
    })
}

/// What of an import becomes a release, and what was left out of it.
pub struct Accepted {
    pub rows: Vec<Row>,
    pub left_out: Vec<Finding>,
    pub ignored: Vec<String>,
}

/// The rows of what was imported, in the order of their ids.
pub fn accepted(imported: Imported, skip_bad: bool) -> Result<Accepted, BuildError> {
    let Imported {
        documents,
        findings,
        ignored,
    } = imported;
    if !skip_bad && findings.iter().any(|f| f.stops) {
        return Err(BuildError::Faults(findings.into_iter().filter(|f| f.stops).collect()));
    }
    if documents.is_empty() {
        return Err(if findings.is_empty() {
            BuildError::Nothing
        } else {
            BuildError::Faults(findings)
        });
    }
    Ok(Accepted {
        rows: documents.into_iter().map(Row::new).collect(),
        left_out: findings,
        ignored,
    })
}

/// A release's folder, held by one builder at a time; the lock goes with the process, however it ends.
pub struct Site {
    dir: PathBuf,
    fresh: bool,
    _lock: File,
}

/// Holds a folder for one program at a time; the lock goes with the process, however it ends.
pub fn alone(dir: &Path) -> Result<File, BuildError> {
    let lock = fs::create_dir_all(dir).and_then(|()| File::create(dir.join(".lock")));
    let lock = lock.map_err(|source| BuildError::Write {
        path: dir.to_owned(),
        source,
    })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(BuildError::Busy(dir.to_owned())),
    }
}

/// What a new state of the folder is.
pub struct State {
    pub release: String,
    pub documents: u32,
    pub passages: u32,
    pub embeddings: Vec<Embedding>,
    pub source: Option<Source>,
    /// What `vectors.mdb` is known to be: it was linked from another state.
    pub vectors: Option<Checked>,
}

impl Site {
    pub fn enter(dir: &Path) -> Result<Site, BuildError> {
        let write = |source| BuildError::Write {
            path: dir.to_owned(),
            source,
        };
        let fresh = !dir.exists();
        if !fresh && !dir.join(MANIFEST).exists() && !only_leftovers(dir).map_err(write)? {
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
        let dir = &self.dir;
        let write = |source| BuildError::Write {
            path: dir.clone(),
            source,
        };
        let now = Timestamp::now();
        let data = format!("data-{}-{}", state.release, now.as_microsecond());
        let path = dir.join(&data);
        progress(Progress::Indexing);
        let made = || -> Result<Manifest, BuildError> {
            fs::create_dir(&path).map_err(write)?;
            fill(&path).map_err(|e| match e {
                heed::Error::Io(source) if source.kind() != std::io::ErrorKind::InvalidData => write(source),
                e => BuildError::Index(e.to_string()),
            })?;
            progress(Progress::Verifying);
            let file = checked(&path.join(DATA)).map_err(write)?;
            let apart = path.join(VECTORS);
            let vectors = match state.vectors {
                None if apart.exists() => Some(checked(&apart).map_err(write)?),
                known => known,
            };
            let mut manifest = Manifest {
                format: FORMAT,
                release: state.release,
                created_at: now,
                documents: state.documents,
                passages: state.passages,
                embeddings: state.embeddings,
                source: state.source,
                data: data.clone(),
                file,
                vectors,
            };
            // Verify what was written before anything points to it.
            let unsound = |e: heed::Error| BuildError::Index(e.to_string());
            let index = Index::open(&path, &manifest).map_err(unsound)?;
            for (set, embedding) in manifest.embeddings.iter_mut().enumerate() {
                embedding.vectors = index.vectors(set).map_err(unsound)?;
            }
            if let Some(source) = &manifest.source {
                let found = index.content().map_err(unsound)?;
                if found != source.content {
                    return Err(BuildError::Index("what was made is not what the manifest says".into()));
                }
            }
            Ok(manifest)
        };
        let result = made().and_then(|manifest| {
            if keep && let Ok(before) = fs::read(dir.join(MANIFEST)) {
                replace(dir, PREVIOUS, &before).map_err(write)?;
            }
            if !keep {
                forget_previous(dir).map_err(write)?;
            }
            switch(dir, &manifest).map_err(write)?;
            Ok(manifest)
        });
        match result {
            Ok(manifest) => {
                clear_leftovers(dir);
                Ok(manifest)
            }
            Err(e) => {
                let _ = fs::remove_dir_all(&path);
                if self.fresh {
                    let _ = fs::remove_dir_all(dir);
                }
                Err(e)
            }
        }
    }

    /// Switches to the state before this one, whose data is still here; this one is then the one before.
    pub fn back(&self) -> Result<Manifest, BuildError> {
        let dir = &self.dir;
        let write = |source| BuildError::Write {
            path: dir.clone(),
            source,
        };
        let before = read_pointer(dir, PREVIOUS)?;
        for (path, file) in before.files(dir) {
            if Checked::of(&path).map_err(write)? != *file {
                return Err(BuildError::Index("the state before is damaged".into()));
            }
        }
        let now = fs::read(dir.join(MANIFEST)).map_err(write)?;
        switch(dir, &before).map_err(write)?;
        replace(dir, PREVIOUS, &now).map_err(write)?;
        Ok(before)
    }
}

/// The manifest of the state before, where its data is still here, whole as far as a look tells.
pub fn previous(dir: &Path) -> Option<Manifest> {
    let manifest = read_pointer(dir, PREVIOUS).ok()?;
    let whole = |(path, file): (PathBuf, &Checked)| fs::metadata(path).is_ok_and(|m| m.len() == file.bytes);
    let here = manifest.files(dir).all(whole);
    here.then_some(manifest)
}

/// The vectors of the release that stands in the folder already: what has not changed is not
/// embedded again.
#[derive(Default)]
struct Kept {
    release: Option<(Arc<Release>, usize)>,
    /// The item of each text that was embedded, by the hash of the text.
    items: HashMap<blake3::Hash, u32>,
}

impl Kept {
    fn of(dir: &Path, model: &str, dimensions: usize) -> Self {
        let Some(release) = Release::open(dir).ok() else {
            return Kept::default();
        };
        let Some((set, _)) = release.index.set(model).filter(|s| s.1 == dimensions) else {
            return Kept::default();
        };
        // A release that cannot be read through is no help, and no harm either.
        let items = release.index.embedded().unwrap_or_default();
        Kept {
            items,
            release: Some((release, set)),
        }
    }
}

impl Known for Kept {
    fn vector(&self, text: &blake3::Hash) -> Option<Vec<f32>> {
        let item = self.items.get(text)?;
        let (release, set) = self.release.as_ref()?;
        release.index.vector(*set, *item).ok().flatten()
    }

    fn keep(&mut self, _: &[(blake3::Hash, &[f32])]) -> std::io::Result<()> {
        // They stand in the release that is being built.
        Ok(())
    }
}

/// The name that a release of these documents has, whether or not it was built.
pub fn name_of(imported: &Imported, model: Option<&str>) -> String {
    let rows: Vec<Row> = imported.documents.iter().cloned().map(Row::new).collect();
    name(&content(&rows), model.into_iter())
}

/// What rows in the order of their ids say together.
pub fn content(rows: &[Row]) -> String {
    let mut hasher = ContentHasher::default();
    rows.iter().for_each(|r| hasher.add(&r.document.id, &r.digest));
    hasher.finish()
}

/// A release's name: the hash of what it says and of the models that it was made with.
pub fn name<'m>(content: &str, models: impl Iterator<Item = &'m str>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(content.as_bytes());
    for model in models {
        hasher.update(&[0]);
        hasher.update(model.as_bytes());
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

/// Puts the manifest in place: whole or not at all.
fn switch(dir: &Path, manifest: &Manifest) -> std::io::Result<()> {
    replace(dir, MANIFEST, &serde_json::to_vec_pretty(manifest)?)
}

/// A small file, whole or not at all.
pub fn replace(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let beside = dir.join(format!(".{name}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, dir.join(name))?;
    sync_dir(dir)
}

fn forget_previous(dir: &Path) -> std::io::Result<()> {
    match fs::remove_file(dir.join(PREVIOUS)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A rename lasts only once the folder itself is on the disk.
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}

fn only_leftovers(dir: &Path) -> std::io::Result<bool> {
    Ok(fs::read_dir(dir)?
        .flatten()
        .all(|e| is_ours(&e.file_name().to_string_lossy())))
}

fn is_ours(name: &str) -> bool {
    [".lock", ".manifest.json.new", ".previous.json.new", PREVIOUS].contains(&name) || name.starts_with("data-")
}

/// Removes what a build that was killed left behind: data that no manifest names.
pub fn clear_leftovers(dir: &Path) {
    let pointers = [MANIFEST, PREVIOUS].map(|p| (dir.join(p).exists(), read_pointer(dir, p).map(|m| m.data).ok()));
    if pointers.iter().any(|(there, data)| *there && data.is_none()) {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("data-") && !pointers.iter().any(|p| p.1.as_ref() == Some(&name)) {
            // On Windows what is still mapped, by whatever link, stays until a later time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What a file that was just written is; it goes to the disk while it is hashed.
fn checked(path: &Path) -> std::io::Result<Checked> {
    std::thread::scope(|s| {
        let syncing = s.spawn(|| File::options().write(true).open(path)?.sync_all());
        let file = Checked::of(path);
        let panicked = |_| Err(std::io::Error::other("it could not be synced"));
        syncing.join().unwrap_or_else(panicked).and(file)
    })
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

/// What the folder points to. What cannot be made out is as if it were not there; but what a newer
/// program wrote, or what may not be read, is not ours to replace.
pub fn pointer(dir: &Path) -> Result<Option<Manifest>, OpenError> {
    match read_manifest(dir) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(OpenError::NotThere(_) | OpenError::Foreign { .. } | OpenError::Damaged { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

fn read_manifest(dir: &Path) -> Result<Manifest, OpenError> {
    read_pointer(dir, MANIFEST)
}

fn read_pointer(dir: &Path, name: &str) -> Result<Manifest, OpenError> {
    let path = dir.join(name);
    let bytes = fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => OpenError::NotThere(dir.to_owned()),
        _ => OpenError::Unreadable {
            path: path.clone(),
            source,
        },
    })?;
    let foreign = |e: serde_json::Error| OpenError::Foreign {
        path: path.clone(),
        reason: e.to_string(),
    };
    // The format first: a newer manifest may have any shape.
    let mut value: serde_json::Value = serde_json::from_slice(&bytes).map_err(foreign)?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        None => {
            return Err(OpenError::Foreign {
                path,
                reason: "it names no format".into(),
            });
        }
        Some(found) if found > u64::from(FORMAT) => {
            return Err(OpenError::Newer {
                path: dir.to_owned(),
                found,
            });
        }
        // Format 1 had one model or none.
        Some(1) => {
            let one = value["embedding"].take();
            value["embeddings"] = serde_json::Value::from_iter(Some(one).filter(|e| !e.is_null()));
        }
        Some(_) => {}
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(foreign)?;
    if manifest.data.contains(['/', '\\']) || !manifest.data.starts_with("data-") {
        return Err(OpenError::Foreign {
            path,
            reason: "its data lies outside the release".into(),
        });
    }
    Ok(manifest)
}

/// Reads every byte of a release against its manifest, for `doctor`.
pub fn check_files(dir: &Path) -> Result<Manifest, OpenError> {
    let manifest = read_manifest(dir)?;
    for (path, file) in manifest.files(dir) {
        let found = Checked::of(&path).map_err(|source| OpenError::Unreadable {
            path: path.clone(),
            source,
        })?;
        if found != *file {
            return Err(OpenError::Damaged {
                path: dir.to_owned(),
                reason: "its bytes are not those that were written".into(),
            });
        }
    }
    Ok(manifest)
}

/// An open release. One environment is opened once a process: a second opening shares the first.
pub struct Release {
    pub manifest: Manifest,
    pub index: Index,
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Release>>>> = LazyLock::new(Mutex::default);

impl Release {
    pub fn open(dir: &Path) -> Result<Arc<Release>, OpenError> {
        let manifest = read_manifest(dir)?;
        let data = dir.join(&manifest.data);
        let unreadable = |path: &Path, source| OpenError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let damaged = |reason: String| OpenError::Damaged {
            path: dir.to_owned(),
            reason,
        };
        for (path, file) in manifest.files(dir) {
            if let Some(reason) = file.look(&path).map_err(|e| unreadable(&path, e))? {
                return Err(damaged(reason));
            }
        }
        let key = data.canonicalize().map_err(|e| unreadable(&data, e))?;
        let mut open = OPEN.lock().unwrap_or_else(|e| e.into_inner());
        open.retain(|_, r| r.strong_count() > 0);
        if let Some(release) = open.get(&key).and_then(Weak::upgrade) {
            return Ok(release);
        }
        let index = Index::open(&data, &manifest).map_err(|e| damaged(e.to_string()))?;
        let release = Arc::new(Release { manifest, index });
        open.insert(key, Arc::downgrade(&release));
        Ok(release)
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        self.index.path()
    }

    /// Every document, as rows of a list, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, OpenError> {
        let mut rows: Vec<DocumentRow> = Vec::with_capacity(self.manifest.documents as usize);
        for n in self.index.documents().map_err(|e| self.damaged(e))? {
            rows.push((&self.index.document(n).map_err(|e| self.damaged(e))?).into());
        }
        rows.sort_by_cached_key(|d| (natural(&d.title), d.id.clone()));
        Ok(rows)
    }

    pub fn document(&self, id: &str) -> Result<Option<Document>, OpenError> {
        let find =
            || -> heed::Result<Option<Document>> { self.index.number(id)?.map(|n| self.index.document(n)).transpose() };
        find().map_err(|e| self.damaged(e))
    }

    fn damaged(&self, e: heed::Error) -> OpenError {
        OpenError::Damaged {
            path: self.index.path().to_owned(),
            reason: e.to_string(),
        }
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

#[cfg(test)]
mod tests;
