//! What keeps a model from its work.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

/// What kept a model from its work, as far as anybody acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nobody is signed in, or no longer.
    SignIn,
    /// It cannot be reached.
    Offline,
    /// It has too much to do, or is only starting.
    Busy,
    /// It took longer than its budget.
    Slow,
    /// It may not be used like this: rights, name, contract.
    Refused,
    /// Not the model that the release's vectors are of.
    OtherModel,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ModelError {
    pub fault: Fault,
    pub message: String,
}

impl ModelError {
    pub fn new(fault: Fault, message: impl ToString) -> Self {
        ModelError {
            fault,
            message: message.to_string(),
        }
    }

    pub fn failed(message: impl ToString) -> Self {
        Self::new(Fault::Failed, message)
    }
}
