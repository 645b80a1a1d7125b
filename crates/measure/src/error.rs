//! Why something could not be measured.

use std::fmt::Display;
use std::path::Path;

use mortar_assistant::ask::AskError;
use mortar_knowledge::OpenError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum MeasureError {
    /// What was given to measure by cannot be used.
    #[error("{0}")]
    Given(String),
    /// Whoever asked for it did not want it any more.
    #[error("it was stopped")]
    Stopped,
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Release(#[from] OpenError),
}

impl MeasureError {
    /// A file, and what is wrong with it.
    pub(crate) fn file(file: &Path, why: impl Display) -> Self {
        MeasureError::Given(format!("{}: {why}", file.display()))
    }
}
