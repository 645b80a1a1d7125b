//! What a report says of a source: where it stands and why. And why an import cannot begin at all.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

/// What could not be used of a source, or was left out of it, where it stands and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub file: String,
    /// A row, a line or a sheet, where there is one.
    pub place: Option<String>,
    pub reason: String,
    /// Nothing may be built while it stands, unless what is bad is to be left out. Else it is only told: something
    /// that is no part of the knowledge was left out, as a reader would leave it out.
    #[serde(skip)]
    pub stops: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

#[derive(Debug, Error)]
pub enum ImportError {
    #[error("{0} is not there. Check the path.")]
    NotThere(PathBuf),
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
}
