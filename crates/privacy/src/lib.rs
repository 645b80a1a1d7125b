//! What protects a patient and an operator's sign-in: masking, sealing, the audit's chain, and the port to the OS
//! keyring; never a file.

pub mod audit;
pub mod mask;
pub mod seal;

use thiserror::Error;

/// The OS keyring, as far as one tenant sees it. Calls block: never on an async task.
pub trait Vault: Send + Sync {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError>;
    /// Replaces what was there; a write that is cut short leaves the old secret or none, never a mixture.
    fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError>;
    fn remove(&self, name: &str) -> Result<(), VaultError>;
    /// Writes, reads and removes: nothing less proves that secrets can be kept.
    fn check(&self) -> Result<(), VaultError>;
}

/// Each says what to do; none holds a part of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VaultError {
    #[error(
        "this computer has no keyring service ({0}). Start one (GNOME Keyring, KWallet or KeePassXC on Linux) and then Mortar again"
    )]
    None(String),
    #[error("the keyring is locked ({0}). Unlock it, by signing in to the desktop or in its settings, and try again")]
    Locked(String),
    #[error("the keyring lost a part of what was kept in it. Sign in again; if it happens twice, tell IT")]
    Lost,
    #[error("the keyring failed: {0}. Try again; if it stays so, start Mortar anew")]
    Failed(String),
}

impl VaultError {
    /// For a front that acts on it.
    pub fn code(&self) -> &'static str {
        match self {
            VaultError::None(_) => "no_keyring",
            VaultError::Locked(_) => "locked_keyring",
            VaultError::Lost => "lost_keyring",
            VaultError::Failed(_) => "keyring",
        }
    }
}
