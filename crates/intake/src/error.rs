//! Why a folder of sources cannot be read as it is kept.

use std::path::PathBuf;

use mortar_sources::ImportError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum IntakeError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{0} has no sources.toml, which says what is read there; write one with: mortar kb import --suggest {0}")]
    NoPlan(PathBuf),
    #[error("{0}: {1}")]
    Plan(PathBuf, String),
    #[error("{0} was written by a newer Mortar; update this one")]
    Newer(PathBuf),
    #[error("{0} is damaged ({1}); take it from your backup, or remove it: then every document counts as new")]
    Memory(PathBuf, String),
    #[error("{0} is there already; nothing was written over it")]
    Exists(PathBuf),
    #[error("{0} cannot be written: {1}")]
    Unwritable(PathBuf, std::io::Error),
    #[error("no finding of the last import has the id {0}")]
    NoFinding(String),
    #[error(
        "a name that could decide whether a text may be used is not accepted but decided: give it a meaning in \
         sources.toml, or ignore it there by its name"
    )]
    Undecided,
    #[error("say why it is accepted")]
    NoReason,
    #[error("a folder with sources.toml is imported by itself; give it alone")]
    Alone,
    #[error("{0} must be one folder, or files of one folder")]
    NotOneFolder(String),
}
