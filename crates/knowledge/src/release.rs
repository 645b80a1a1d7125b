//! A release on disk: one folder with a manifest and one LMDB environment, never changed once
//! written. Built beside, verified, then the manifest is switched in one rename.
//!
//! ```text
//! DIR/manifest.json      format, counts, embedding model, the name, size and hash of the data
//! DIR/<data>/data.mdb    documents, passages, vectors, sketch, words, codes
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

use crate::document::{Document, DocumentRow};
use crate::import::{Fault, Imported};
use crate::index::{self, Index};
use crate::prepare::{self, PassageRecord};

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// How much of the data is hashed at every opening: LMDB's two meta pages, for pages up to 64 KB.
const HEAD: usize = 128 * 1024;
const BATCH: usize = 32;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// A hash of all that the release says.
    pub release: String,
    pub created_at: Timestamp,
    pub documents: u32,
    pub passages: u32,
    /// None: made without an embedding model, searched by words and codes alone.
    pub embedding: Option<Embedding>,
    /// The folder of the LMDB environment.
    pub data: String,
    pub bytes: u64,
    /// BLAKE3 of the first bytes, checked at every opening, and of all, checked by `doctor`.
    pub head_hash: String,
    pub hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    pub model: String,
    pub dimensions: u32,
    pub vectors: u32,
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
    Faults(Vec<Fault>),
    #[error("the sources hold no document")]
    Nothing,
    #[error(transparent)]
    Embed(#[from] ModelError),
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
fn hint(e: &std::io::Error) -> &'static str {
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
    Embedding { done: usize, of: usize },
    Indexing,
    Verifying,
}

/// What a build made.
#[derive(Debug)]
pub struct Built {
    pub manifest: Manifest,
    /// What was left out, where that was asked for.
    pub left_out: Vec<Fault>,
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
    let Imported {
        documents,
        faults,
        ignored,
    } = imported;
    if !faults.is_empty() && !skip_bad {
        return Err(BuildError::Faults(faults));
    }
    if documents.is_empty() {
        return Err(if faults.is_empty() {
            BuildError::Nothing
        } else {
            BuildError::Faults(faults)
        });
    }
    let write = |source| BuildError::Write {
        path: dir.to_owned(),
        source,
    };
    let fresh = !dir.exists();
    if !fresh && !dir.join(MANIFEST).exists() && !only_leftovers(dir).map_err(write)? {
        return Err(BuildError::NotARelease(dir.to_owned()));
    }
    fs::create_dir_all(dir).map_err(write)?;
    // One builder at a time; the lock goes with the process, however it ends.
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join(".lock"))
        .map_err(write)?;
    if lock.try_lock().is_err() {
        return Err(BuildError::Busy(dir.to_owned()));
    }
    clear_leftovers(dir);

    let made: Vec<Vec<PassageRecord>> = documents.iter().map(prepare::passages).collect();
    let vectors = match embedder {
        Some(e) => Some(embed(e, &documents, &made, &Kept::of(dir, e.model()), progress).await?),
        None => None,
    };
    progress(Progress::Indexing);
    let release = name(&documents, &made, embedder.map(|e| e.model()));
    let data = format!("data-{release}-{}", Timestamp::now().as_microsecond());
    let result = write_data(&documents, &made, vectors.as_ref(), &dir.join(&data)).and_then(|()| {
        progress(Progress::Verifying);
        let path = dir.join(&data).join("data.mdb");
        let (bytes, head_hash, hash) = hashes(&path).map_err(write)?;
        let manifest = Manifest {
            format: FORMAT,
            release,
            created_at: Timestamp::now(),
            documents: documents.len() as u32,
            passages: made.iter().map(Vec::len).sum::<usize>() as u32,
            embedding: embedder.zip(vectors.as_ref()).map(|(e, v)| Embedding {
                model: e.model().to_owned(),
                dimensions: e.dimensions() as u32,
                vectors: v.count() as u32,
            }),
            data: data.clone(),
            bytes,
            head_hash,
            hash,
        };
        // Verify what was written before anything points to it.
        Index::open(&dir.join(&data), &manifest).map_err(|reason| BuildError::Index(reason.to_string()))?;
        switch(dir, &manifest).map_err(write)?;
        Ok(manifest)
    });
    match result {
        Ok(manifest) => {
            clear_leftovers(dir);
            Ok(Built {
                manifest,
                left_out: faults,
                ignored,
            })
        }
        Err(e) => {
            let _ = fs::remove_dir_all(dir.join(&data));
            if fresh {
                let _ = fs::remove_dir_all(dir);
            }
            Err(e)
        }
    }
}

/// The vectors of every passage, and of documents as a whole.
pub struct Vectors {
    /// In the order of the passages.
    pub passages: Vec<Vec<f32>>,
    /// By the document's number.
    pub documents: Vec<Option<Vec<f32>>>,
}

impl Vectors {
    pub fn count(&self) -> usize {
        self.passages.len() + self.documents.iter().flatten().count()
    }
}

/// The vectors of the release that stands in the folder already: what has not changed is not
/// embedded again.
#[derive(Default)]
struct Kept {
    release: Option<Arc<Release>>,
    /// The item of each text that was embedded, by the hash of the text.
    items: HashMap<blake3::Hash, u32>,
}

impl Kept {
    fn of(dir: &Path, model: &str) -> Self {
        let same = |r: &Arc<Release>| r.manifest.embedding.as_ref().is_some_and(|e| e.model == model);
        let Some(release) = Release::open(dir).ok().filter(same) else {
            return Kept::default();
        };
        // A release that cannot be read through is no help, and no harm either.
        let items = release.index.embedded().unwrap_or_default();
        Kept {
            items,
            release: Some(release),
        }
    }

    fn vector(&self, text: &str) -> Option<Vec<f32>> {
        let item = self.items.get(&blake3::hash(text.as_bytes()))?;
        self.release.as_ref()?.index.vector(*item).ok().flatten()
    }
}

async fn embed(
    embedder: &dyn Embedder,
    documents: &[Document],
    made: &[Vec<PassageRecord>],
    kept: &Kept,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vectors, BuildError> {
    let mut texts: Vec<(usize, String)> = Vec::new();
    for (d, passages) in documents.iter().zip(made) {
        texts.extend(
            passages
                .iter()
                .map(|p| prepare::embedded(d, p))
                .map(|t| (texts.len(), t))
                .collect::<Vec<_>>(),
        );
    }
    let passages = texts.len();
    let mut whole = Vec::new();
    for (n, (d, passages)) in documents.iter().zip(made).enumerate() {
        if let Some(text) = prepare::whole(d, passages.len()) {
            whole.push(n);
            texts.push((0, text));
        }
    }
    texts.iter_mut().enumerate().for_each(|(i, t)| t.0 = i);
    // Texts of like length together: a batch costs what its longest costs.
    texts.sort_by_key(|t| t.1.len());
    let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); texts.len()];
    texts.retain(|(at, text)| match kept.vector(text) {
        Some(v) => {
            vectors[*at] = v;
            false
        }
        None => true,
    });
    let of = texts.len();
    for (done, batch) in texts.chunks(BATCH).enumerate() {
        progress(Progress::Embedding { done: done * BATCH, of });
        let batch_texts: Vec<String> = batch.iter().map(|t| t.1.clone()).collect();
        for ((at, _), vector) in batch.iter().zip(embedder.embed(&batch_texts).await?) {
            if vector.len() != embedder.dimensions() || vector.iter().any(|x| !x.is_finite()) {
                return Err(ModelError::failed(format!(
                    "a vector of {} numbers came back; {} are needed",
                    vector.len(),
                    embedder.dimensions()
                ))
                .into());
            }
            vectors[*at] = vector;
        }
    }
    progress(Progress::Embedding { done: of, of });
    let mut documents = vec![None; documents.len()];
    for (n, v) in whole.into_iter().zip(vectors.drain(passages..)) {
        documents[n] = Some(v);
    }
    Ok(Vectors {
        passages: vectors,
        documents,
    })
}

/// The name that a release of these documents has, whether or not it was built.
pub fn name_of(imported: &Imported, model: Option<&str>) -> String {
    let made: Vec<_> = imported.documents.iter().map(prepare::passages).collect();
    name(&imported.documents, &made, model)
}

/// A release's name: the hash of what it says and of the model that it was made with.
fn name(documents: &[Document], made: &[Vec<PassageRecord>], model: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&FORMAT.to_le_bytes());
    hasher.update(model.unwrap_or("").as_bytes());
    for (d, p) in documents.iter().zip(made) {
        hasher.update(&serde_json::to_vec(&(d, p)).expect("documents serialise"));
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

fn write_data(
    documents: &[Document],
    made: &[Vec<PassageRecord>],
    vectors: Option<&Vectors>,
    dir: &Path,
) -> Result<(), BuildError> {
    fs::create_dir(dir).map_err(|source| BuildError::Write {
        path: dir.to_owned(),
        source,
    })?;
    index::write(documents, made, vectors, dir).map_err(|e| match e {
        heed::Error::Io(source) => BuildError::Write {
            path: dir.to_owned(),
            source,
        },
        e => BuildError::Index(e.to_string()),
    })
}

/// Puts the manifest in place: whole or not at all.
fn switch(dir: &Path, manifest: &Manifest) -> std::io::Result<()> {
    let beside = dir.join(".manifest.new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(manifest)?)?;
    file.sync_all()?;
    fs::rename(&beside, dir.join(MANIFEST))?;
    sync_dir(dir)
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
    name == ".lock" || name == ".manifest.new" || name.starts_with("data-")
}

/// Removes what a build that was killed left behind: data that no manifest names.
pub fn clear_leftovers(dir: &Path) {
    let named = read_manifest(dir).map(|m| m.data).ok();
    if named.is_none() && dir.join(MANIFEST).exists() {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("data-") && Some(&name) != named.as_ref() {
            // On Windows data that is still mapped stays until the next time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn hashes(path: &Path) -> std::io::Result<(u64, String, String)> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    let mut whole = blake3::Hasher::new();
    whole.update(&head);
    whole.update_reader(&mut file)?;
    Ok((
        file.metadata()?.len(),
        blake3::hash(&head).to_hex().to_string(),
        whole.finalize().to_hex().to_string(),
    ))
}

fn read_manifest(dir: &Path) -> Result<Manifest, OpenError> {
    let path = dir.join(MANIFEST);
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
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(foreign)?;
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
    let path = dir.join(&manifest.data).join("data.mdb");
    let (bytes, _, hash) = hashes(&path).map_err(|source| OpenError::Unreadable {
        path: path.clone(),
        source,
    })?;
    if bytes != manifest.bytes || hash != manifest.hash {
        return Err(OpenError::Damaged {
            path: dir.to_owned(),
            reason: "its bytes are not those that were written".into(),
        });
    }
    Ok(manifest)
}

/// An open release. One environment is opened once a process: a second opening shares the first.
pub struct Release {
    pub manifest: Manifest,
    pub(crate) index: Index,
}

static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Release>>>> = LazyLock::new(Mutex::default);

impl Release {
    pub fn open(dir: &Path) -> Result<Arc<Release>, OpenError> {
        let manifest = read_manifest(dir)?;
        let data = dir.join(&manifest.data);
        let file = data.join("data.mdb");
        let unreadable = |source| OpenError::Unreadable {
            path: file.clone(),
            source,
        };
        let damaged = |reason: String| OpenError::Damaged {
            path: dir.to_owned(),
            reason,
        };
        // A mapped file that is shorter than LMDB believes ends the process: look before mapping.
        let mut f = File::open(&file).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => damaged("its data is missing".into()),
            _ => unreadable(e),
        })?;
        let bytes = f.metadata().map_err(unreadable)?.len();
        if bytes != manifest.bytes {
            return Err(damaged(format!(
                "its data has {bytes} bytes, its manifest says {}",
                manifest.bytes
            )));
        }
        let mut head = Vec::new();
        (&mut f).take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
        if blake3::hash(&head).to_hex().to_string() != manifest.head_hash {
            return Err(damaged("its data is not what was written".into()));
        }
        let key = data.canonicalize().map_err(unreadable)?;
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

    /// Every document, as rows of a list, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, OpenError> {
        let mut rows: Vec<DocumentRow> = Vec::with_capacity(self.manifest.documents as usize);
        for n in 0..self.manifest.documents {
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
