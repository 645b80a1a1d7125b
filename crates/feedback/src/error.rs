//! What keeps an operator's work from being kept or sent. None holds a word of it.

use std::path::PathBuf;

use mortar_privacy::VaultError;
use mortar_privacy::seal::SealError;
use thiserror::Error;

use crate::FORMAT;

#[derive(Debug, Error)]
pub enum RecordsError {
    #[error("{path} cannot be opened: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the conversations in {path} have format {found}, this program reads up to {FORMAT}: update Mortar")]
    Newer { path: PathBuf, found: u32 },
    #[error("conversations could not be kept: {0}")]
    Storage(#[from] heed::Error),
    #[error("no conversation or answer has the id {0}")]
    Unknown(String),
    #[error("no label that waits or was given up has the id {0}")]
    NoEntry(String),
    /// What is sealed stays as it is: the key may come back with the keyring that held it.
    #[error(
        "the keyring no longer has the key of what was kept here, and without it nothing of that can be read \
         ({waiting} labels that were not sent among it). If a keyring of before can be had again, put it back and start \
         Mortar anew; otherwise `mortar wipe` begins anew without what was kept"
    )]
    KeyLost { waiting: u64 },
    #[error("what is kept here is sealed with a key of the keyring: {0}")]
    Vault(#[from] VaultError),
    #[error("a record of {database} cannot be read: {error}")]
    Sealed { database: &'static str, error: SealError },
    #[error("a record of {database} is damaged: {reason}")]
    Damaged { database: &'static str, reason: String },
    #[error("what was decided about a label cannot be used: {0}")]
    Decision(String),
    #[error("no label that was pulled has the id {0}: `mortar feedback pull` reads what arrived since")]
    NotPulled(String),
    #[error("this is no label as docs/FORMATS.md has it: {0}")]
    Schema(String),
}
