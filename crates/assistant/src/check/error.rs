//! What keeps a text from being held against its sources.

use thiserror::Error;

use super::LONGEST;
use crate::ask::AskError;

#[derive(Debug, Clone, Error)]
pub enum CheckError {
    #[error("The text is empty: there is nothing to check.")]
    Empty,
    #[error("The text has {0} characters; at most {LONGEST} are checked at once. Check it in parts.")]
    TooLong(usize),
    #[error(transparent)]
    Search(#[from] AskError),
}
