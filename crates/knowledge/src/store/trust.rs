//! Who signed it: the reading side of The Update Framework (https://theupdateframework.io), by `tough`.
//! What the device saw last is kept in one file, so that nothing older is taken for new.
//!
//! Of what the store says nothing is used here before it is verified, and nothing is read that is larger
//! than metadata ever is. A failure of the network is never taken for "there is no newer root".

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tough::error::Error as Tough;
use tough::schema::{Root, Signed};
use tough::{
    ExpirationEnforcement, IntoVec, Limits, Repository, RepositoryLoader, TargetName, Transport, TransportError,
    TransportErrorKind, TransportStream,
};
use url::Url;

use super::commit::version_of;
use super::manifest::{Channel, LARGEST_MANIFEST, Manifest, ManifestError, channel_name, manifest_name};
use super::segment::sha256;
use super::{Got, ReleaseStore, StoreError, Want, is_key};
use crate::release::replace;

/// No file of metadata is larger.
const LARGEST_METADATA: u64 = 4 << 20;
pub const TIMESTAMP: &str = "metadata/timestamp.json";
const MEMORY_FORMAT: u32 = 1;
/// The files of `tough`'s own memory.
const FILES: [&str; 5] = [
    "root.json",
    "timestamp.json",
    "snapshot.json",
    "targets.json",
    "latest_known_time.json",
];
const CLOCK: &str = "latest_known_time.json";

#[derive(Debug, Error)]
pub enum TrustError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the store is older than what this device has seen already ({0}): it was set back, or somebody replays it")]
    Older(String),
    #[error("the store's {role} expired on {at}: nobody has signed it since, or somebody holds it back")]
    Expired { role: String, at: String },
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
    #[error("the root of trust is none: {0}. IT gives it with the tenant's configuration")]
    Root(String),
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
            TrustError::Store(StoreError::SignIn(_)) => "sign_in",
            TrustError::Store(StoreError::Offline(_)) => "offline",
            TrustError::Store(_) => "store",
            TrustError::Older(_) => "older",
            TrustError::Expired { .. } => "expired",
            TrustError::Signature(_) => "signature",
            TrustError::Damaged(_) => "damaged",
            TrustError::TooLarge(_) => "too_large",
            TrustError::Name(_) => "name",
            TrustError::Clock { .. } => "clock",
            TrustError::Memory(_) => "memory",
            TrustError::Root(_) => "root",
            TrustError::Missing(_) => "missing",
            TrustError::Manifest(_) => "manifest",
            TrustError::Other(_) => "store",
        }
    }
}

/// What a device has seen of a store, in a file that is whole or as it was before.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Remembered {
    format: u32,
    /// Another store is another beginning.
    location: String,
    /// The root that the tenant's configuration brought when this was begun.
    shipped: String,
    files: BTreeMap<String, String>,
    /// The tag of the timestamp that was read last.
    tag: Option<String>,
    checked_at: Option<Timestamp>,
    /// Of all above.
    sum: String,
}

impl Remembered {
    fn summed(&self) -> String {
        let without = Remembered {
            sum: String::new(),
            ..self.clone()
        };
        let value = serde_json::to_value(&without).expect("what is remembered serialises");
        sha256(value.to_string().as_bytes())
    }
}

impl Memory {
    pub fn new(path: PathBuf) -> Memory {
        Memory { path }
    }

    fn read(&self) -> Result<Option<Remembered>, TrustError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(TrustError::Memory(e.to_string())),
        };
        let read: Remembered = serde_json::from_slice(&bytes).map_err(|e| TrustError::Memory(e.to_string()))?;
        if read.format > MEMORY_FORMAT {
            return Err(TrustError::Memory("it is of a newer Mortar: update this one".into()));
        }
        if read.summed() == read.sum {
            Ok(Some(read))
        } else {
            Err(TrustError::Memory("it is not what was written".into()))
        }
    }

    fn write(&self, mut what: Remembered) -> Result<(), TrustError> {
        what.format = MEMORY_FORMAT;
        what.sum = what.summed();
        let bytes = serde_json::to_vec_pretty(&what).map_err(|e| TrustError::Memory(e.to_string()))?;
        let (dir, name) = (self.path.parent(), self.path.file_name());
        let (Some(dir), Some(name)) = (dir, name.and_then(|n| n.to_str())) else {
            return Err(TrustError::Memory("it has no folder".into()));
        };
        std::fs::create_dir_all(dir)
            .and_then(|()| replace(dir, name, &bytes))
            .map_err(|e| TrustError::Memory(format!("{}: {e}", self.path.display())))
    }

    /// What was read has been followed to the end: until it changes it need not be read again.
    pub fn settle(&self, verified: &Verified) -> Result<(), TrustError> {
        match self.read()? {
            Some(held) => self.write(Remembered {
                tag: Some(verified.tag.clone()),
                checked_at: Some(Timestamp::now()),
                ..held
            }),
            None => Ok(()),
        }
    }

    /// Forgets a time that lay ahead; or all, where it is damaged.
    pub fn repair(&self) -> Result<(), TrustError> {
        match self.read() {
            Ok(None) => Ok(()),
            Ok(Some(mut held)) => {
                held.files.remove(CLOCK);
                self.write(held)
            }
            Err(_) => std::fs::remove_file(&self.path).map_err(|e| TrustError::Memory(e.to_string())),
        }
    }

    /// When the store was last found to be as it should be.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.read().ok().flatten()?.checked_at
    }
}

/// The store behind `tough`'s interface.
#[derive(Clone)]
struct Bridge {
    store: Arc<dyn ReleaseStore>,
    /// As if there were no newer root than this.
    newest_root: Option<u64>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.store.location())
    }
}

#[async_trait]
impl Transport for Bridge {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let key = url.path().trim_start_matches('/').to_owned();
        let newer = self
            .newest_root
            .is_some_and(|newest| version_of(&key, "root").is_some_and(|v| v > newest));
        let fetched = if newer {
            Err(StoreError::NotFound(key))
        } else if is_key(&key) {
            bounded(&*self.store, &key).await
        } else {
            Err(StoreError::Refused(format!("“{key}” leads out of the store")))
        };
        match fetched {
            Ok(chunks) => Ok(Box::pin(stream::iter(chunks.into_iter().map(|c| Ok(c.into()))))),
            Err(StoreError::NotFound(_)) => Err(TransportError::new(TransportErrorKind::FileNotFound, url)),
            // Within the stream: an error beside it would be taken for "not there".
            Err(e) => {
                let e = TransportError::new_with_cause(TransportErrorKind::Other, url, e);
                Ok(Box::pin(stream::iter([Err(e)])))
            }
        }
    }
}

/// All of an object, or a little more than metadata may have: then `tough` sees that it is too large.
async fn bounded(store: &dyn ReleaseStore, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut out = Vec::new();
    let mut size = 0;
    if let Got::Body { mut bytes, .. } = store.get(key, Want::Whole).await? {
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            size += chunk.len() as u64;
            out.push(chunk);
            if size > LARGEST_METADATA {
                break;
            }
        }
    }
    Ok(out)
}

/// A store whose signatures have been followed to the end.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(super) repository: Repository,
    /// Of the timestamp, as it was before all was read: whoever writes says what it builds on.
    pub(super) tag: String,
    /// Where `tough` looks at the clock once more with each target.
    _scratch: Arc<tempfile::TempDir>,
}

/// How strict a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Refused,
    /// For who is about to sign anew.
    Overlooked,
}

/// Reads the store, if it is not what was read last: then nothing is read but that.
pub async fn load_if_changed(
    store: &Arc<dyn ReleaseStore>,
    root: &[u8],
    memory: &Memory,
) -> Result<Option<Verified>, TrustError> {
    if let Some(held) = memory.read()?
        && held.location == store.location()
        && held.shipped == sha256(root)
        && let Some(tag) = held.tag.clone()
        && let Some(timestamp) = held.files.get("timestamp.json")
        && let Ok(timestamp) = serde_json::from_str::<Signed<tough::schema::Timestamp>>(timestamp)
        && let Got::NotChanged = store.get(TIMESTAMP, Want::IfChanged(tag)).await?
    {
        let (now, expires) = (Timestamp::now(), timestamp.signed.expires);
        if let Some(seen) = held
            .files
            .get(CLOCK)
            .and_then(|t| serde_json::from_str::<Timestamp>(t).ok())
            && now < seen
        {
            return Err(TrustError::Clock {
                now: now.to_string(),
                seen: seen.to_string(),
            });
        }
        if expires <= now {
            return Err(TrustError::Expired {
                role: "timestamp".into(),
                at: expires.to_string(),
            });
        }
        memory.write(Remembered {
            checked_at: Some(now),
            ..held
        })?;
        return Ok(None);
    }
    load(store, root, memory, Expiry::Refused).await.map(Some)
}

/// Reads and verifies what the store says, beginning with the root that came with the configuration.
pub async fn load(
    store: &Arc<dyn ReleaseStore>,
    root: &[u8],
    memory: &Memory,
    expiry: Expiry,
) -> Result<Verified, TrustError> {
    load_below(store, root, memory, expiry, None).await
}

/// The same, as if there were no newer root than that: for who has made a new one and signs anew.
pub(super) async fn load_below(
    store: &Arc<dyn ReleaseStore>,
    root: &[u8],
    memory: &Memory,
    expiry: Expiry,
    newest_root: Option<u64>,
) -> Result<Verified, TrustError> {
    let shipped: Signed<Root> = serde_json::from_slice(root).map_err(|e| TrustError::Root(e.to_string()))?;
    let hash = sha256(root);
    let held = memory
        .read()?
        .filter(|h| h.location == store.location())
        .unwrap_or_default();
    // A newer root that was reached step by step before, unless the configuration brings another
    // beginning now. What else is remembered stays: signed by others, it is passed over.
    let stored = held.files.get("root.json").filter(|text| {
        let Ok(stored) = serde_json::from_str::<Signed<Root>>(text) else {
            return false;
        };
        let same = held.shipped == hash || shipped.signed.verify_role(&stored).is_ok();
        same && stored.signed.version >= shipped.signed.version
    });
    let begin = stored.map_or(root, String::as_bytes).to_vec();

    let scratch = tempfile::tempdir().map_err(|e| TrustError::Other(e.to_string()))?;
    for (name, text) in &held.files {
        if FILES.contains(&name.as_str()) {
            std::fs::write(scratch.path().join(name), text).map_err(|e| TrustError::Other(e.to_string()))?;
        }
    }
    let tag = match store.get(TIMESTAMP, Want::Whole).await {
        Ok(Got::Body { tag, .. }) => tag,
        Ok(Got::NotChanged) => String::new(),
        Err(StoreError::NotFound(_)) => {
            return Err(TrustError::Missing("signed state (metadata/timestamp.json)".into()));
        }
        Err(e) => return Err(e.into()),
    };
    let base = |folder: &str| Url::parse(&format!("store://x/{folder}/")).map_err(|e| TrustError::Other(e.to_string()));
    let limits = Limits {
        max_root_size: 256 << 10,
        max_targets_size: LARGEST_METADATA,
        max_timestamp_size: 64 << 10,
        max_snapshot_size: 256 << 10,
        max_root_updates: 256,
    };
    let repository = RepositoryLoader::new(&begin, base("metadata")?, base("targets")?)
        .transport(Bridge {
            store: store.clone(),
            newest_root,
        })
        .limits(limits)
        .datastore(scratch.path())
        .expiration_enforcement(match expiry {
            Expiry::Refused => ExpirationEnforcement::Safe,
            Expiry::Overlooked => ExpirationEnforcement::Unsafe,
        })
        .load()
        .await
        .map_err(told)?;
    for (name, _) in repository.all_targets() {
        if name.raw() != name.resolved() || !is_key(name.raw()) || name.raw().contains('/') {
            return Err(TrustError::Name(name.raw().to_owned()));
        }
    }
    let files = FILES.iter().filter_map(|name| {
        let text = std::fs::read_to_string(scratch.path().join(name)).ok()?;
        Some(((*name).to_owned(), text))
    });
    memory.write(Remembered {
        location: store.location(),
        shipped: hash,
        files: files.collect(),
        // Until what it names has been followed to the end, it counts as not read.
        tag: None,
        checked_at: held.checked_at,
        ..Remembered::default()
    })?;
    Ok(Verified {
        repository,
        tag,
        _scratch: Arc::new(scratch),
    })
}

impl Verified {
    /// The names of all that is signed for.
    pub fn names(&self) -> Vec<String> {
        self.repository.all_targets().map(|t| t.0.raw().to_owned()).collect()
    }

    /// A signed file, whole and verified; none if no such name is signed for.
    async fn target(&self, name: &str) -> Result<Option<Vec<u8>>, TrustError> {
        let target = TargetName::new(name).map_err(|_| TrustError::Name(name.to_owned()))?;
        let targets = &self.repository.targets().signed.targets;
        let Some(signed) = targets.get(&target) else {
            return Ok(None);
        };
        if signed.length > LARGEST_MANIFEST {
            return Err(TrustError::TooLarge(name.to_owned()));
        }
        match self.repository.read_target(&target).await.map_err(told)? {
            // The mismatch is the last item: nothing is used before the end.
            Some(stream) => Ok(Some(stream.into_vec().await.map_err(told)?)),
            None => Ok(None),
        }
    }

    pub async fn channel(&self, channel: &str) -> Result<Option<Channel>, TrustError> {
        match self.target(&channel_name(channel)).await? {
            Some(bytes) => Ok(Some(Channel::read(channel, &bytes)?)),
            None => Ok(None),
        }
    }

    pub async fn manifest(&self, number: u32) -> Result<Manifest, TrustError> {
        let name = manifest_name(number);
        match self.target(&name).await? {
            Some(bytes) => Ok(Manifest::read(number, &bytes)?),
            None => Err(TrustError::Missing(name)),
        }
    }

    /// The channels that there are.
    pub fn channels(&self) -> Vec<String> {
        let names = self.names().into_iter();
        names
            .filter_map(|n| Some(n.strip_prefix("channel-")?.strip_suffix(".json")?.to_owned()))
            .collect()
    }

    /// The numbers of the releases that there are, ascending.
    pub fn releases(&self) -> Vec<u32> {
        let names = self.names().into_iter();
        let mut numbers: Vec<u32> = names
            .filter_map(|n| n.strip_prefix("release-")?.strip_suffix(".json")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }
}

/// An error of `tough` as what it means here.
pub(super) fn told(e: Tough) -> TrustError {
    match e {
        Tough::ExpiredMetadata { role, .. } => TrustError::Expired {
            role: role.to_string(),
            at: "a day gone by".into(),
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
        Tough::Transport { url, source, .. } => transport(url.path().trim_start_matches('/'), &source),
        other => TrustError::Other(other.to_string()),
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

/// Looks at a root that somebody gives: whether it is one, signed by itself.
pub fn check_root(bytes: &[u8]) -> Result<Signed<Root>, TrustError> {
    let root: Signed<Root> = serde_json::from_slice(bytes).map_err(|e| TrustError::Root(e.to_string()))?;
    root.signed
        .verify_role(&root)
        .map_err(|e| TrustError::Root(e.to_string()))?;
    Ok(root)
}

/// The file of a tenant's root, read.
pub fn read_root(path: &Path) -> Result<Vec<u8>, TrustError> {
    std::fs::read(path).map_err(|e| TrustError::Root(format!("{}: {e}", path.display())))
}
