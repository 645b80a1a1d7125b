//! What goes wrong with a store of releases, as far as anybody acts on it. Every file of this crate may name an
//! error; this one names none of them, so that no two files hold on to each other by what they may say.

use std::path::PathBuf;

use jiff::Timestamp;
use mortar_knowledge::release::{BuildError, OpenError, hint};
use thiserror::Error;
use tough::error::Error as Tough;
use tough::{TransportError, TransportErrorKind};

/// What kept a store from its work.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    #[error("{0} is not in the store")]
    NotFound(String),
    /// A condition of writing did not hold: somebody else was first.
    #[error("{0} was written by somebody else meanwhile")]
    Conflict(String),
    #[error("{0}")]
    SignIn(String),
    #[error("the store cannot be reached: {0}")]
    Offline(String),
    #[error("the store has too much to do at the moment: {0}")]
    Busy(String),
    #[error("the store refuses it: {0}")]
    Refused(String),
    #[error("the store failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether the same may go well a moment later.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            StoreError::Offline(_) | StoreError::Busy(_) | StoreError::Failed(_)
        )
    }

    fn code(&self) -> &'static str {
        match self {
            StoreError::SignIn(_) => "sign_in",
            StoreError::Offline(_) => "offline",
            _ => "store",
        }
    }
}

/// A signed file that cannot be read as what its name says it is.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ManifestError {
    #[error("{name} has format {found}, this program reads up to {known}: update Mortar")]
    Newer { name: String, found: u64, known: u32 },
    #[error(
        "{name} was cut into passages by version {found} of the rules of language, this program has version {known}: \
         update Mortar"
    )]
    NewerLanguage { name: String, found: u32, known: u32 },
    #[error("{name} is not as it should be: {reason}")]
    Unsound { name: String, reason: String },
}

/// What kept marks of reviewers from being read or written.
#[derive(Debug, Error)]
pub enum ReviewError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unreadable(#[from] ManifestError),
}

/// A segment's file that is not what the manifest says.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("the file {} of the release is not what was signed: {reason}", &.sha256[..12.min(.sha256.len())])]
pub struct BadObject {
    pub sha256: String,
    pub reason: String,
}

#[derive(Debug, Error)]
pub enum DecodeError {
    #[error(transparent)]
    Bad(#[from] BadObject),
    #[error("a fetched file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

#[derive(Debug, Error)]
pub enum FetchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bad(#[from] BadObject),
    #[error("{path} cannot be written: {source}{}", hint(.source))]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{needed} MB are needed to fetch this release and {free} MB are free on the disk: free some space")]
    Space { needed: u64, free: u64 },
}

/// Why what a store says is not believed, or not signed.
#[derive(Debug, Error)]
pub enum TrustError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store is older than what this device has seen already ({0}): it was set back, or somebody replays it")]
    Older(String),
    #[error(
        "the store's {role} expired{}: nobody has signed it since, or somebody holds it back",
        .at.map(|at| format!(" on {at}")).unwrap_or_default()
    )]
    Expired {
        role: String,
        /// `tough` does not say when: whoever knows puts it in.
        at: Option<Timestamp>,
    },
    #[error("the store's {0} is not signed by those whom this tenant trusts")]
    Signature(String),
    #[error("the store's {0} was damaged or exchanged on its way")]
    Damaged(String),
    #[error("the store's {0} is larger than it may be")]
    TooLarge(String),
    #[error("the store holds the name “{0}”, which leads out of its folder")]
    Name(String),
    #[error(
        "this device's clock says {now}, but was at {seen} before: set the clock; if it ran ahead then, \
         `mortar sync --repair` forgets that"
    )]
    Clock { now: String, seen: String },
    #[error(
        "what this device remembers of the store is damaged ({0}); `mortar sync --repair` begins anew with the tenant's root"
    )]
    Memory(String),
    #[error("what this device remembers of the store was written by a newer Mortar: update this one")]
    NewerMemory,
    #[error("what this device has seen of the store cannot be written down in {path}: {source}{}", hint(.source))]
    Keep { path: PathBuf, source: std::io::Error },
    #[error("the root of trust is none: {0}. IT gives it with the tenant's configuration")]
    Root(String),
    #[error(
        "the keys in {keys} are those of root {held}, and the store has root {newest} since: no device would follow what \
         they sign, and nothing was written. Use the folder of keys that root {newest} was made in"
    )]
    OldKeys { keys: PathBuf, held: u64, newest: u64 },
    #[error("the store has no {0}")]
    Missing(String),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the store cannot be read: {0}")]
    Other(String),
}

impl TrustError {
    /// A word for programs: which attack, or which fault, it was.
    pub fn code(&self) -> &'static str {
        match self {
            TrustError::Store(e) => e.code(),
            TrustError::Older(_) => "older",
            TrustError::Expired { .. } => "expired",
            TrustError::Signature(_) => "signature",
            TrustError::Damaged(_) => "damaged",
            TrustError::TooLarge(_) => "too_large",
            TrustError::Name(_) => "name",
            TrustError::Clock { .. } => "clock",
            TrustError::Memory(_) | TrustError::NewerMemory => "memory",
            TrustError::Keep { .. } => "disk",
            TrustError::Root(_) | TrustError::OldKeys { .. } => "root",
            TrustError::Missing(_) => "missing",
            TrustError::Manifest(_) => "manifest",
            TrustError::Other(_) => "store",
        }
    }

    /// The same, with the day on which what expired did so.
    pub(crate) fn dated(self, expires: impl Fn(&str) -> Option<Timestamp>) -> TrustError {
        match self {
            TrustError::Expired { role, at: None } => TrustError::Expired {
                at: expires(&role),
                role,
            },
            other => other,
        }
    }
}

/// An error of `tough` as what it means here.
impl From<Tough> for TrustError {
    fn from(e: Tough) -> TrustError {
        match e {
            Tough::ExpiredMetadata { role, .. } => TrustError::Expired {
                role: role.to_string(),
                at: None,
            },
            Tough::OlderMetadata { role, .. } => TrustError::Older(role.to_string()),
            Tough::OlderSnapshotInTimestamp { .. }
            | Tough::SnapshotRoleRollback { .. }
            | Tough::SnapshotRoleMissing { .. } => TrustError::Older("snapshot".into()),
            Tough::VerifyTrustedMetadata { source, .. } => TrustError::Root(source.to_string()),
            Tough::ParseTrustedMetadata { source, .. } => TrustError::Root(source.to_string()),
            Tough::VerifyMetadata { role, .. } => TrustError::Signature(role.to_string()),
            Tough::VersionMismatch { role, .. } => TrustError::Damaged(role.to_string()),
            Tough::ParseMetadata { role, .. } => TrustError::Damaged(role.to_string()),
            Tough::MaxUpdatesExceeded { .. } => TrustError::TooLarge("chain of roots".into()),
            Tough::SystemTimeSteppedBackward {
                sys_time,
                latest_known_time,
                ..
            } => TrustError::Clock {
                now: sys_time.to_string(),
                seen: latest_known_time.to_string(),
            },
            Tough::DatastoreCreate { path, source, .. }
            | Tough::DirCreate { path, source, .. }
            | Tough::FileWrite { path, source, .. }
            | Tough::NamedTempFileCreate { path, source, .. } => TrustError::Keep { path, source },
            Tough::Transport { url, source, .. } => transport(url.path().trim_start_matches('/'), &source),
            other => TrustError::Other(other.to_string()),
        }
    }
}

fn transport(file: &str, e: &TransportError) -> TrustError {
    use std::error::Error;
    if e.kind() == TransportErrorKind::FileNotFound {
        return TrustError::Missing(file.to_owned());
    }
    let mut at = e.source();
    while let Some(cause) = at {
        if let Some(e) = cause.downcast_ref::<StoreError>() {
            return TrustError::Store(e.clone());
        }
        match cause.downcast_ref::<Tough>() {
            Some(Tough::MaxSizeExceeded { .. }) => return TrustError::TooLarge(file.to_owned()),
            Some(Tough::HashMismatch { .. }) => return TrustError::Damaged(file.to_owned()),
            _ => {}
        }
        at = cause.source();
    }
    TrustError::Other(e.to_string())
}

/// Why a device does not stand where its channel stands.
#[derive(Debug, Error)]
pub enum SyncError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the store has no channel “{channel}”; it has {}", .there.join(", "))]
    NoChannel { channel: String, there: Vec<String> },
    #[error("this device's release cannot be grown ({0})")]
    Present(String),
}

impl From<OpenError> for SyncError {
    fn from(e: OpenError) -> Self {
        SyncError::Build(e.into())
    }
}

impl SyncError {
    /// A word for programs: which attack, or which fault, it was.
    pub fn code(&self) -> &'static str {
        match self {
            SyncError::Trust(e) => e.code(),
            SyncError::Fetch(FetchError::Bad(_)) | SyncError::Decode(DecodeError::Bad(_)) => "damaged",
            SyncError::Fetch(FetchError::Store(e)) => e.code(),
            SyncError::Fetch(_) | SyncError::Decode(_) => "disk",
            SyncError::Build(BuildError::Busy(_)) => "busy",
            SyncError::Build(BuildError::Write { .. }) => "disk",
            SyncError::Build(BuildError::Open(OpenError::Newer { .. })) => "newer_release",
            SyncError::Build(_) | SyncError::Present(_) => "build",
            SyncError::NoChannel { .. } => "channel",
        }
    }
}

/// Why nothing was published, or whether it was is not known.
#[derive(Debug, Error)]
pub enum PublishError {
    #[error(transparent)]
    Trust(TrustError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("what is needed to publish cannot be kept in {path}: {source}{}", hint(.source))]
    Keep { path: PathBuf, source: std::io::Error },
    #[error(
        "somebody else wrote to the store meanwhile; nothing of theirs was written over. Do it again to go on from their \
         state: nothing is embedded or uploaded twice"
    )]
    Raced,
    #[error(
        "release {number} is published, but whether all of its files are still there could not be seen ({why}). Publish \
         it again: that looks once more"
    )]
    Unseen { number: u32, why: String },
    #[error("“{0}” is no channel: small letters, digits and hyphens")]
    Channel(String),
    #[error("the store {0} has no keys yet: `mortar kb keys init` makes them")]
    NoKeys(String),
    #[error("{0}")]
    Nothing(String),
}

/// Reading meets no conflict: it is always another publisher, who wrote first.
impl From<TrustError> for PublishError {
    fn from(e: TrustError) -> Self {
        match e {
            TrustError::Store(StoreError::Conflict(_)) => PublishError::Raced,
            e => PublishError::Trust(e),
        }
    }
}

impl From<StoreError> for PublishError {
    fn from(e: StoreError) -> Self {
        TrustError::Store(e).into()
    }
}
