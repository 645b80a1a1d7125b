//! Why nobody is signed in.

use mortar_privacy::VaultError;
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignInError {
    /// A person must sign in, and why.
    #[error("{0}")]
    Needs(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the sign-in service cannot be reached: {0}")]
    Unreachable(String),
    #[error("the sign-in service refuses: {0}")]
    Refused(String),
    #[error("nobody signed in within ten minutes; begin again")]
    TooLate,
    #[error("the sign-in cannot come back to this computer: {0}")]
    Loopback(String),
}

impl SignInError {
    pub fn code(&self) -> &'static str {
        match self {
            SignInError::Needs(_) => "sign_in",
            SignInError::Vault(e) => e.code(),
            SignInError::Unreachable(_) => "sign_in_offline",
            _ => "sign_in_refused",
        }
    }
}
