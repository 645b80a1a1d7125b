//! Why the model on the CPU cannot be used.

use std::path::PathBuf;

use thiserror::Error;

/// The model that is meant.
pub const MODEL: &str = "all-MiniLM-L6-v2";

#[derive(Debug, Error)]
pub enum MiniLmError {
    #[error(
        "the embedding model's {name} is not in {folder}: run `cargo xtask setup`, or put the files of {MODEL} there"
    )]
    NotThere { name: &'static str, folder: PathBuf },
    #[error("the embedding model in {folder} cannot be used: {reason}")]
    Unusable { folder: PathBuf, reason: String },
}

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
