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
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;
use tough::error::Error as Tough;
use tough::schema::{Root, Signed};
use tough::{
    ExpirationEnforcement, IntoVec, Limits, Repository, RepositoryLoader, TargetName, Transport, TransportError,
    TransportErrorKind, TransportStream,
};
use url::Url;

use crate::commit::version_of;
use crate::manifest::{Channel, LARGEST_MANIFEST, Manifest, ManifestError, channel_name, manifest_name};
use crate::segment::sha256;
use crate::{Got, ReleaseStore, StoreError, Want, is_key};
use mortar_knowledge::release::{hint, replace};

/// No file of metadata is larger.
const LARGEST_METADATA: u64 = 4 << 20;
pub const TIMESTAMP: &str = "metadata/timestamp.json";
const MEMORY_FORMAT: u32 = 2;
/// So often all is read and verified, even where the timestamp says that nothing has changed: roots are
/// followed, and what expires is seen to.
const READ_ANEW_AFTER: SignedDuration = SignedDuration::from_hours(24);
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
    #[error("what this device remembers of the store was written by a newer Mortar: update this one")]
    NewerMemory,
    #[error("what is to be remembered of the store cannot be kept in {path}: {source}{}", hint(.source))]
    Keep { path: PathBuf, source: std::io::Error },
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
            TrustError::Memory(_) | TrustError::NewerMemory => "memory",
            TrustError::Keep { .. } => "disk",
            TrustError::Root(_) => "root",
            TrustError::Missing(_) => "missing",
            TrustError::Manifest(_) => "manifest",
            TrustError::Other(_) => "store",
        }
    }
}

/// What a device has seen of a store, in a file that is whole or as it was before. One file holds what was
/// seen of every store that the device ever followed.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    /// The store that is meant.
    location: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stores {
    format: u32,
    stores: BTreeMap<String, Remembered>,
    /// Of all above.
    sum: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Remembered {
    /// The root that the tenant's configuration brought when this was begun.
    shipped: String,
    files: BTreeMap<String, String>,
    /// The tag of the timestamp that was followed to the end, where this store was the last to be followed.
    tag: Option<String>,
    checked_at: Option<Timestamp>,
    /// When all of it was read and verified.
    #[serde(default)]
    read_at: Option<Timestamp>,
}

/// The hash of a memory without its hash.
fn summed(memory: &Value) -> String {
    let mut without = memory.clone();
    without["sum"] = "".into();
    sha256(without.to_string().as_bytes())
}

impl Memory {
    pub fn new(path: PathBuf, store: &dyn ReleaseStore) -> Memory {
        let location = store.location();
        Memory { path, location }
    }

    fn keep(&self, source: std::io::Error) -> TrustError {
        TrustError::Keep {
            path: self.path.clone(),
            source,
        }
    }

    fn read_all(&self) -> Result<Stores, TrustError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Stores::default()),
            Err(e) => return Err(self.keep(e)),
        };
        let damaged = |e: serde_json::Error| TrustError::Memory(e.to_string());
        let mut value: Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        if value["format"].as_u64().is_some_and(|f| f > u64::from(MEMORY_FORMAT)) {
            return Err(TrustError::NewerMemory);
        }
        if !value.is_object() || value["sum"] != summed(&value) {
            return Err(TrustError::Memory("it is not what was written".into()));
        }
        // Format 1 was of one store alone.
        if value["format"] == 1 {
            let location = value["location"].as_str().unwrap_or_default().to_owned();
            value = json!({ "format": 1, "stores": { location: value }, "sum": "" });
        }
        serde_json::from_value(value).map_err(damaged)
    }

    fn read(&self) -> Result<Remembered, TrustError> {
        Ok(self.read_all()?.stores.remove(&self.location).unwrap_or_default())
    }

    fn write(&self, what: Remembered) -> Result<(), TrustError> {
        let mut all = self.read_all()?;
        // What this device has is of one store: of any other it was not followed to the end.
        all.stores.values_mut().for_each(|s| s.tag = None);
        all.stores.insert(self.location.clone(), what);
        all.format = MEMORY_FORMAT;
        let failed = |e: serde_json::Error| TrustError::Memory(e.to_string());
        let mut value = serde_json::to_value(&all).map_err(failed)?;
        value["sum"] = summed(&value).into();
        let bytes = serde_json::to_vec_pretty(&value).map_err(failed)?;
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        std::fs::create_dir_all(dir)
            .and_then(|()| replace(dir, &name, &bytes))
            .map_err(|e| self.keep(e))
    }

    /// What was read has been followed to the end: until it changes it need not be read again.
    pub fn settle(&self, verified: &Verified) -> Result<(), TrustError> {
        let held = self.read()?;
        self.write(Remembered {
            tag: Some(verified.tag.clone()),
            checked_at: Some(Timestamp::now()),
            ..held
        })
    }

    /// Forgets a time that lay ahead; or all, where it is damaged.
    pub fn repair(&self) -> Result<(), TrustError> {
        match self.read() {
            Ok(mut held) => match held.files.remove(CLOCK) {
                Some(_) => self.write(held),
                None => Ok(()),
            },
            Err(TrustError::Memory(_)) => std::fs::remove_file(&self.path).map_err(|e| self.keep(e)),
            Err(e) => Err(e),
        }
    }

    /// When the store was last found to be as it should be.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.read().ok()?.checked_at
    }

    /// Whether this store was read before with this root, or one that vouches for it or that it vouches for.
    pub(crate) fn knows_it(&self, root: &[u8]) -> Result<bool, TrustError> {
        let held = self.read()?;
        let text = held.files.get("root.json");
        let Some(stored) = text.and_then(|t| serde_json::from_str::<Signed<Root>>(t).ok()) else {
            return Ok(false);
        };
        let root = check_root(root)?;
        Ok(root.signed.verify_role(&stored).is_ok() || stored.signed.verify_role(&root).is_ok())
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
    pub(crate) repository: Repository,
    /// Of the timestamp, as it was before all was read: whoever writes says what it builds on.
    pub(crate) tag: String,
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
    let mut held = memory.read()?;
    let now = Timestamp::now();
    let lately = |at: Timestamp| (SignedDuration::ZERO..READ_ANEW_AFTER).contains(&now.duration_since(at));
    if held.shipped == sha256(root)
        && held.read_at.is_some_and(lately)
        && let Some(tag) = held.tag.clone()
        && let Some(timestamp) = held.files.get("timestamp.json")
        && let Ok(timestamp) = serde_json::from_str::<Signed<tough::schema::Timestamp>>(timestamp)
        && let Got::NotChanged = store.get(TIMESTAMP, Want::IfChanged(tag)).await?
    {
        let clock = held.files.get(CLOCK);
        if let Some(seen) = clock.and_then(|t| serde_json::from_str::<Timestamp>(t).ok())
            && now < seen
        {
            return Err(TrustError::Clock {
                now: now.to_string(),
                seen: seen.to_string(),
            });
        }
        let expires = timestamp.signed.expires;
        if expires <= now {
            return Err(TrustError::Expired {
                role: "timestamp".into(),
                at: expires.to_string(),
            });
        }
        held.checked_at = Some(now);
        memory.write(held)?;
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
pub(crate) async fn load_below(
    store: &Arc<dyn ReleaseStore>,
    root: &[u8],
    memory: &Memory,
    expiry: Expiry,
    newest_root: Option<u64>,
) -> Result<Verified, TrustError> {
    let shipped: Signed<Root> = serde_json::from_slice(root).map_err(|e| TrustError::Root(e.to_string()))?;
    let hash = sha256(root);
    let held = memory.read()?;
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

    let scratch = tempfile::tempdir().map_err(|e| memory.keep(e))?;
    for (name, text) in &held.files {
        if FILES.contains(&name.as_str()) {
            std::fs::write(scratch.path().join(name), text).map_err(|e| memory.keep(e))?;
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
    let loaded = RepositoryLoader::new(&begin, base("metadata")?, base("targets")?)
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
        .await;
    let seen = FILES.iter().filter_map(|name| {
        let text = std::fs::read_to_string(scratch.path().join(name)).ok()?;
        Some(((*name).to_owned(), text))
    });
    let seen: BTreeMap<String, String> = seen.collect();
    let repository = match loaded {
        Ok(repository) => repository,
        Err(e) => {
            // A newer root that was verified before something failed is known from now on. If that cannot be
            // kept, what failed is still what is to be told.
            if expiry == Expiry::Refused
                && let Some(newer) = newer_root(&begin, &seen)
            {
                let mut files = held.files.clone();
                // Where its keys are others, `tough` forgets what the old ones signed.
                files.retain(|name, _| seen.contains_key(name));
                files.insert("root.json".to_owned(), newer.clone());
                let _ = memory.write(Remembered {
                    shipped: hash,
                    files,
                    tag: None,
                    ..held
                });
            }
            return Err(told(e));
        }
    };
    for (name, _) in repository.all_targets() {
        if name.raw() != name.resolved() || !is_key(name.raw()) || name.raw().contains('/') {
            return Err(TrustError::Name(name.raw().to_owned()));
        }
    }
    memory.write(Remembered {
        shipped: hash,
        files: seen,
        // Until what it names has been followed to the end, it counts as not read.
        tag: None,
        checked_at: held.checked_at,
        read_at: Some(Timestamp::now()),
    })?;
    Ok(Verified {
        repository,
        tag,
        _scratch: Arc::new(scratch),
    })
}

/// The root that was reached, if it is newer than the one that was begun with.
fn newer_root<'s>(begin: &[u8], seen: &'s BTreeMap<String, String>) -> Option<&'s String> {
    let version = |root: &[u8]| Some(serde_json::from_slice::<Signed<Root>>(root).ok()?.signed.version);
    let reached = seen.get("root.json")?;
    (version(reached.as_bytes())? > version(begin)?).then_some(reached)
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
pub(crate) fn told(e: Tough) -> TrustError {
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
        Tough::DatastoreCreate { path, source, .. }
        | Tough::DirCreate { path, source, .. }
        | Tough::FileWrite { path, source, .. }
        | Tough::NamedTempFileCreate { path, source, .. } => TrustError::Keep { path, source },
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
