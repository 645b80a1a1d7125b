//! What may go wrong with a release: on opening it, and on making one. Each says what to do.

use std::path::PathBuf;

use mortar_assistant::ModelError;
use mortar_sources::Finding;
use thiserror::Error;

/// Why a release cannot be opened, or no longer be read.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("{0} holds no release: there is no manifest.json")]
    NotThere(PathBuf),
    #[error("{path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path} is no manifest of a release: {reason}")]
    Foreign { path: PathBuf, reason: String },
    #[error("the release in {path} has format {found}, this program reads up to {reads}: update Mortar")]
    Newer { path: PathBuf, found: u64, reads: u32 },
    #[error(
        "the release in {path} was made by other rules of language ({found}, this program has {reads}): {}",
        if *fetched { "fetch it again with `mortar sync`; it is indexed anew" } else { "build it again from its sources" }
    )]
    OtherLanguage {
        path: PathBuf,
        found: u32,
        reads: u32,
        /// It came from a store.
        fetched: bool,
    },
    #[error(
        "the release in {path} is damaged: {reason}. Fetch it again with `mortar sync --repair`, or build it again."
    )]
    Damaged { path: PathBuf, reason: String },
}

/// Why no release was made. What stood there before is as it was.
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
