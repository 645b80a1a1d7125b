//! What a release's folder points to: the manifest of the state that is read, and of the one before. Nothing of
//! the data is read here.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::replace::replace;
use crate::error::OpenError;
use crate::index::{DATA, Shape, VECTORS, Vectors};

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 3;
pub(super) const MANIFEST: &str = "manifest.json";
/// The state before, for the way back.
pub(super) const PREVIOUS: &str = "previous.json";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of the rules of language by which it was made; only the same rules find what is in it.
    #[serde(default = "first_language")]
    pub language: u32,
    /// A hash of all that the release says.
    pub release: String,
    pub created_at: Timestamp,
    pub documents: u32,
    pub passages: u32,
    /// The models that there are vectors by; none: it is searched by words and codes alone.
    pub embeddings: Vec<Embedding>,
    /// Where it was fetched from; none: made on this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Origin>,
    /// The folder of the LMDB environments.
    pub data: String,
    #[serde(flatten)]
    pub file: Fingerprint,
    /// `vectors.mdb`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<Fingerprint>,
}

/// Manifests that name no version were made by the first.
fn first_language() -> u32 {
    1
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
pub struct Origin {
    pub number: u32,
    pub channel: String,
    /// When it was published.
    pub published_at: Timestamp,
    #[serde(default)]
    pub notes: String,
    /// What its documents say together, to the last byte.
    pub content: String,
}

impl Manifest {
    /// What all of it takes on the disk.
    pub fn bytes(&self) -> u64 {
        self.file.bytes + self.vectors.as_ref().map_or(0, |v| v.bytes)
    }

    /// The files that hold it, each as it must be.
    pub(super) fn files(&self, dir: &Path) -> impl Iterator<Item = (PathBuf, &Fingerprint)> {
        let data = dir.join(&self.data);
        let all = [(DATA, Some(&self.file)), (VECTORS, self.vectors.as_ref())];
        all.into_iter()
            .filter_map(move |(name, file)| Some((data.join(name), file?)))
    }

    /// What its data must be.
    pub(super) fn shape(&self) -> Shape {
        let models = self.embeddings.iter();
        Shape {
            documents: self.documents,
            passages: self.passages,
            models: models.map(|e| (e.model.clone(), e.dimensions as usize)).collect(),
            data: self.file.bytes,
            vectors: self.vectors.as_ref().map(|v| v.bytes),
        }
    }

    /// Whether documents of this content are what it names.
    pub(super) fn says(&self, content: &str) -> bool {
        match &self.source {
            Some(origin) => origin.content == content,
            None => {
                let models = self.embeddings.iter().map(|e| e.model.as_str());
                name_by(content, models, self.language) == self.release
            }
        }
    }

    /// The manifest, unless other rules of language made the release in `dir`.
    pub(super) fn of_this_language(self, dir: &Path) -> Result<Manifest, OpenError> {
        if (mortar_language::READS_FROM..=mortar_language::VERSION).contains(&self.language) {
            return Ok(self);
        }
        Err(OpenError::OtherLanguage {
            path: dir.to_owned(),
            found: self.language,
            reads: mortar_language::VERSION,
            fetched: self.source.is_some(),
        })
    }
}

/// A release's name: the hash of what it says, of the models that it was made with, and of the rules of language.
pub fn name<'m>(content: &str, models: impl Iterator<Item = &'m str>) -> String {
    name_by(content, models, mortar_language::VERSION)
}

fn name_by<'m>(content: &str, models: impl Iterator<Item = &'m str>, language: u32) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(content.as_bytes());
    for model in models {
        hasher.update(&[0]);
        hasher.update(model.as_bytes());
    }
    // The first rules went without saying.
    if language > 1 {
        hasher.update(&[0, 0]);
        hasher.update(&language.to_le_bytes());
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

/// What the folder points to. What cannot be made out, or was made by other rules of language, is as if it were
/// not there; but what a newer program wrote, or what may not be read, is not ours to replace.
pub fn pointer(dir: &Path) -> Result<Option<Manifest>, OpenError> {
    match read(dir, MANIFEST).and_then(|m| m.of_this_language(dir)) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(e @ (OpenError::Newer { .. } | OpenError::Unreadable { .. })) => Err(e),
        Err(_) => Ok(None),
    }
}

/// The manifest of the state before, where its data is still here, whole as far as a look tells.
pub fn previous(dir: &Path) -> Option<Manifest> {
    let manifest = read(dir, PREVIOUS).ok()?.of_this_language(dir).ok()?;
    let whole = |(path, file): (PathBuf, &Fingerprint)| fs::metadata(path).is_ok_and(|m| m.len() == file.bytes);
    let here = manifest.files(dir).all(whole);
    here.then_some(manifest)
}

/// Whether what the folder points to was fetched from a store, be it whole or not.
pub fn fetched(dir: &Path) -> bool {
    read(dir, MANIFEST).is_ok_and(|m| m.source.is_some())
}

/// Puts the manifest in place: whole or not at all.
pub(super) fn switch(dir: &Path, manifest: &Manifest) -> std::io::Result<()> {
    replace(dir, MANIFEST, &serde_json::to_vec_pretty(manifest)?)
}

/// A manifest as it stands there, of whatever rules of language.
pub(super) fn read(dir: &Path, name: &str) -> Result<Manifest, OpenError> {
    let path = dir.join(name);
    let bytes = fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => OpenError::NotThere(dir.to_owned()),
        _ => OpenError::Unreadable {
            path: path.clone(),
            source,
        },
    })?;
    let foreign = |reason: String| OpenError::Foreign {
        path: path.clone(),
        reason,
    };
    // The format first: a newer manifest may have any shape.
    let mut value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|e| foreign(e.to_string()))?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        None => return Err(foreign("it names no format".into())),
        Some(found) if found > u64::from(FORMAT) => {
            return Err(OpenError::Newer {
                path: dir.to_owned(),
                found,
                reads: FORMAT,
            });
        }
        // Format 1 had one model or none.
        Some(1) => {
            let one = value["embedding"].take();
            value["embeddings"] = serde_json::Value::from_iter(Some(one).filter(|e| !e.is_null()));
        }
        Some(_) => {}
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|e| foreign(e.to_string()))?;
    if manifest.data.contains(['/', '\\']) || !manifest.data.starts_with("data-") {
        return Err(foreign("its data lies outside the release".into()));
    }
    Ok(manifest)
}
