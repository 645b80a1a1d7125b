//! What went wrong, as every front hears it: a message for a person, which says what to do, and a code for a
//! program. A code has a name of its own only where a front acts on it.

use mortar_assistant::CheckError;
use mortar_assistant::ask::AskError;
use mortar_aws::SignInError;
use mortar_feedback::RecordsError;
use mortar_intake::IntakeError;
use mortar_knowledge::{BuildError, OpenError};
use mortar_measure::MeasureError;
use mortar_sources::{Finding, ImportError};
use mortar_store::{PublishError, ReviewError, StoreError, SyncError, TrustError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize, TS)]
#[error("{message}")]
pub struct DeskError {
    pub code: ErrorCode,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// What was asked makes no sense, as opposed to: it was tried and failed.
    Usage,
    /// Nobody is signed in, or no longer.
    SignIn,
    /// The tenant answers only from knowledge that was checked more lately.
    TooStale,
    /// The release has no such document.
    NoDocument,
    /// Anything else, which the message says.
    Failed,
}

impl DeskError {
    pub fn new(code: ErrorCode, message: impl ToString) -> Self {
        DeskError {
            code,
            message: message.to_string(),
        }
    }

    pub fn usage(message: impl ToString) -> Self {
        Self::new(ErrorCode::Usage, message)
    }

    pub fn failed(message: impl ToString) -> Self {
        Self::new(ErrorCode::Failed, message)
    }
}

impl From<OpenError> for DeskError {
    fn from(e: OpenError) -> Self {
        DeskError::failed(e)
    }
}

impl From<BuildError> for DeskError {
    fn from(e: BuildError) -> Self {
        match e {
            BuildError::Faults(faults) => DeskError::failed(faults_told(&faults)),
            e => DeskError::failed(e),
        }
    }
}

impl From<ImportError> for DeskError {
    fn from(e: ImportError) -> Self {
        DeskError::usage(e)
    }
}

impl From<IntakeError> for DeskError {
    fn from(e: IntakeError) -> Self {
        match e {
            IntakeError::Memory(..) | IntakeError::Newer(_) | IntakeError::Unwritable(..) => DeskError::failed(e),
            e => DeskError::usage(e),
        }
    }
}

impl From<AskError> for DeskError {
    fn from(e: AskError) -> Self {
        match e {
            AskError::Question(e) => DeskError::usage(e),
            e => DeskError::failed(e),
        }
    }
}

impl From<CheckError> for DeskError {
    fn from(e: CheckError) -> Self {
        match e {
            CheckError::Search(e) => e.into(),
            e => DeskError::usage(e),
        }
    }
}

impl From<MeasureError> for DeskError {
    fn from(e: MeasureError) -> Self {
        match e {
            MeasureError::Given(_) => DeskError::usage(e),
            MeasureError::Stopped => DeskError::failed(e),
            MeasureError::Ask(e) => e.into(),
            MeasureError::Release(e) => e.into(),
        }
    }
}

impl From<RecordsError> for DeskError {
    fn from(e: RecordsError) -> Self {
        DeskError::failed(e)
    }
}

impl From<SignInError> for DeskError {
    fn from(e: SignInError) -> Self {
        match e {
            SignInError::Needs(_) => DeskError::new(ErrorCode::SignIn, e),
            e => DeskError::failed(e),
        }
    }
}

impl From<StoreError> for DeskError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::SignIn(_) => DeskError::new(ErrorCode::SignIn, e),
            e => DeskError::failed(e),
        }
    }
}

impl From<ReviewError> for DeskError {
    fn from(e: ReviewError) -> Self {
        match e {
            ReviewError::Store(e) => e.into(),
            e => DeskError::failed(e),
        }
    }
}

impl From<TrustError> for DeskError {
    fn from(e: TrustError) -> Self {
        match e {
            TrustError::Store(e) => e.into(),
            e => DeskError::failed(e),
        }
    }
}

impl From<SyncError> for DeskError {
    fn from(e: SyncError) -> Self {
        match e.code() {
            "sign_in" => DeskError::new(ErrorCode::SignIn, e),
            _ => DeskError::failed(e),
        }
    }
}

impl From<PublishError> for DeskError {
    fn from(e: PublishError) -> Self {
        match e {
            PublishError::Channel(_) => DeskError::usage(e),
            PublishError::Trust(e) => e.into(),
            PublishError::Build(e @ BuildError::Faults(_)) => e.into(),
            e => DeskError::failed(e),
        }
    }
}

/// The first faults, one a line; a thousand would hide them.
fn faults_told(faults: &[Finding]) -> String {
    const SHOWN: usize = 20;
    let mut out: Vec<String> = faults.iter().take(SHOWN).map(Finding::to_string).collect();
    if faults.len() > SHOWN {
        out.push(format!("and {} more", faults.len() - SHOWN));
    }
    format!("Nothing was written, because these cannot be used:\n{}", out.join("\n"))
}
