//! Who signed it: the reading side of The Update Framework (<https://theupdateframework.io>), by `tough`.
//!
//! Of what the store says nothing is used here before it is verified, and nothing is read that is larger
//! than metadata ever is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tough::error::Error as Tough;
use tough::schema::{Root, Signed};
use tough::{ExpirationEnforcement, IntoVec, Limits, Repository, RepositoryLoader, TargetName};
use url::Url;

use crate::bridge::{Bridge, LARGEST_METADATA};
use crate::error::{StoreError, TrustError};
use crate::hash::sha256;
use crate::manifest::{Channel, LARGEST_MANIFEST, ReleaseManifest, channel_name, manifest_name};
use crate::memory::{Memory, Remembered};
use crate::names::TIMESTAMP;
use crate::port::{Got, ReleaseStore, Want, is_key};
use crate::retry::again;
use crate::scratch::Scratch;

/// A store whose signatures have been followed to the end.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(crate) repository: Repository,
    /// Of the timestamp, as it was before all was read: whoever writes says what it builds on.
    pub(crate) tag: String,
    /// Where `tough` looks at the clock once more with each target.
    _scratch: Arc<Scratch>,
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
    let start = Start::of(root, memory)?;
    let now = Timestamp::now();
    let Some((settled, expires)) = start.held.settled(root, now) else {
        return load(store, root, memory, Expiry::Refused).await.map(Some);
    };
    match again(|| store.get(TIMESTAMP, Want::IfChanged(settled.clone()))).await? {
        Got::NotChanged => {
            still_holds(now, start.held.clock(), expires)?;
            memory.write(Remembered {
                checked_at: Some(now),
                ..start.held
            })?;
            Ok(None)
        }
        Got::Body { tag, .. } => {
            let bridge = Bridge::new(store.clone(), None);
            start.load(bridge, memory, Expiry::Refused, tag).await.map(Some)
        }
    }
}

/// What `tough` would say of a timestamp that it is not asked about.
fn still_holds(now: Timestamp, clock: Option<Timestamp>, expires: Timestamp) -> Result<(), TrustError> {
    if let Some(seen) = clock.filter(|seen| now < *seen) {
        return Err(TrustError::Clock {
            now: now.to_string(),
            seen: seen.to_string(),
        });
    }
    if expires <= now {
        return Err(TrustError::Expired {
            role: "timestamp".into(),
            at: Some(expires),
        });
    }
    Ok(())
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
    let start = Start::of(root, memory)?;
    let tag = tag_of_timestamp(store).await?;
    let bridge = Bridge::new(store.clone(), newest_root);
    start.load(bridge, memory, expiry, tag).await
}

/// Where a reader begins.
struct Start {
    /// The hash of the root that came with the configuration.
    shipped: String,
    held: Remembered,
    root: Vec<u8>,
}

impl Start {
    fn of(root: &[u8], memory: &Memory) -> Result<Start, TrustError> {
        let held = memory.read()?;
        Ok(Start {
            shipped: sha256(root),
            root: beginning(root, &held)?,
            held,
        })
    }

    /// Follows the signatures; `tag` is the timestamp's as it was before.
    async fn load(self, bridge: Bridge, memory: &Memory, expiry: Expiry, tag: String) -> Result<Verified, TrustError> {
        let scratch = memory.laid_out(&self.held)?;
        let followed = follow(&self.root, &bridge, scratch.path(), expiry).await;
        let seen = Memory::collected(&scratch);
        let repository = match followed {
            Ok(repository) => repository,
            Err(e) => {
                if expiry == Expiry::Refused {
                    self.remember_newer_root(memory, &seen);
                }
                return Err(e);
            }
        };
        refuse_names(&repository)?;
        memory.write(Remembered {
            shipped: self.shipped,
            files: seen,
            // Until what it names has been followed to the end, it counts as not read.
            tag: None,
            checked_at: self.held.checked_at,
            read_at: Some(Timestamp::now()),
        })?;
        Ok(Verified {
            repository,
            tag,
            _scratch: Arc::new(scratch),
        })
    }

    /// A newer root that was verified before something failed is known from now on. If that cannot be kept, what failed
    /// is still what is to be told.
    fn remember_newer_root(self, memory: &Memory, seen: &BTreeMap<String, String>) {
        let version = |root: &[u8]| Some(serde_json::from_slice::<Signed<Root>>(root).ok()?.signed.version);
        let Some(reached) = seen.get("root.json") else { return };
        if version(reached.as_bytes()) <= version(&self.root) {
            return;
        }
        let mut held = self.held;
        // Where its keys are others, `tough` forgets what the old ones signed.
        held.files.retain(|name, _| seen.contains_key(name));
        held.files.insert("root.json".to_owned(), reached.clone());
        let _ = memory.write(Remembered {
            shipped: self.shipped,
            tag: None,
            ..held
        });
    }
}

/// The root to begin with: a newer one that was reached step by step before, unless the configuration brings another
/// beginning now. What else is remembered stays: signed by others, it is passed over.
fn beginning(root: &[u8], held: &Remembered) -> Result<Vec<u8>, TrustError> {
    let shipped: Signed<Root> = serde_json::from_slice(root).map_err(|e| TrustError::Root(e.to_string()))?;
    let goes_on = |stored: &Signed<Root>| {
        let same = held.shipped == sha256(root) || shipped.signed.verify_role(stored).is_ok();
        same && stored.signed.version >= shipped.signed.version
    };
    let stored = held
        .files
        .get("root.json")
        .filter(|_| held.root().is_some_and(|r| goes_on(&r)));
    Ok(stored.map_or(root, String::as_bytes).to_vec())
}

async fn tag_of_timestamp(store: &Arc<dyn ReleaseStore>) -> Result<String, TrustError> {
    match again(|| store.get(TIMESTAMP, Want::Whole)).await {
        Ok(Got::Body { tag, .. }) => Ok(tag),
        Ok(Got::NotChanged) => Ok(String::new()),
        Err(StoreError::NotFound(_)) => Err(TrustError::Missing(format!("signed state ({TIMESTAMP})"))),
        Err(e) => Err(e.into()),
    }
}

/// Has `tough` follow the signatures from a root to the targets.
async fn follow(begin: &[u8], bridge: &Bridge, scratch: &Path, expiry: Expiry) -> Result<Repository, TrustError> {
    let base = |folder: &str| Url::parse(&format!("store://x/{folder}/")).map_err(|e| TrustError::Other(e.to_string()));
    bridge.saw(begin);
    let loader = RepositoryLoader::new(&begin, base("metadata")?, base("targets")?)
        .transport(bridge.clone())
        .limits(Limits {
            max_root_size: 256 << 10,
            max_targets_size: LARGEST_METADATA,
            max_timestamp_size: 64 << 10,
            max_snapshot_size: 256 << 10,
            max_root_updates: 256,
        })
        .datastore(scratch)
        .expiration_enforcement(match expiry {
            Expiry::Refused => ExpirationEnforcement::Safe,
            Expiry::Overlooked => ExpirationEnforcement::Unsafe,
        });
    let loaded = loader.load().await;
    loaded.map_err(|e| TrustError::from(e).dated(|role| bridge.expires(role)))
}

/// A name leads to a file of its own, and nowhere else.
fn refuse_names(repository: &Repository) -> Result<(), TrustError> {
    let plain = |name: &TargetName| name.raw() == name.resolved() && is_key(name.raw()) && !name.raw().contains('/');
    match repository.all_targets().find(|(name, _)| !plain(name)) {
        Some((name, _)) => Err(TrustError::Name(name.raw().to_owned())),
        None => Ok(()),
    }
}

impl Verified {
    /// The names of all that is signed for.
    pub fn names(&self) -> Vec<String> {
        self.repository.all_targets().map(|t| t.0.raw().to_owned()).collect()
    }

    fn expires(&self, role: &str) -> Option<Timestamp> {
        match role {
            "root" => Some(self.repository.root().signed.expires),
            "targets" => Some(self.repository.targets().signed.expires),
            "snapshot" => Some(self.repository.snapshot().signed.expires),
            "timestamp" => Some(self.repository.timestamp().signed.expires),
            _ => None,
        }
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
        let told = |e: Tough| TrustError::from(e).dated(|role| self.expires(role));
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

    pub async fn manifest(&self, number: u32) -> Result<ReleaseManifest, TrustError> {
        let name = manifest_name(number);
        match self.target(&name).await? {
            Some(bytes) => Ok(ReleaseManifest::read(number, &bytes)?),
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
