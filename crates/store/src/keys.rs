//! The keys that sign a store, and the ceremony around them: who may say what a release is. A key is
//! behind `tough`'s `KeySource`; here they are files, elsewhere they can be a key service's.
//!
//! ```text
//! KEYS/root.json          the root of trust as it is now: what IT gives with a tenant's configuration
//! KEYS/<n>.root.json      each root that was made here
//! KEYS/<role>-<id>.key    private keys, PKCS#8 (DER, Ed25519), readable by their owner alone
//! ```
//! No private key is ever printed, logged or put into the store.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tough::editor::signed::SignedRole;
use tough::key_source::{KeySource, LocalKeySource};
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{KeyHolder, RoleKeys, RoleType, Root, Signed};
use tough::sign::{Sign, parse_keypair};

use crate::error::{StoreError, TrustError};
use crate::hash::hex;
use crate::manifest::LARGEST_MANIFEST;
use crate::names::root_key;
use crate::port::{Condition, ReleaseStore, get_small};
use crate::retry::{again, put};
use crate::trust::{check_root, read_root};
use mortar_knowledge::release::replace;

const ROOT: &str = "root.json";
/// The version of The Update Framework.
pub(crate) const SPECIFICATION: &str = "1.0.0";
pub const ROLES: [RoleType; 4] = [
    RoleType::Root,
    RoleType::Targets,
    RoleType::Snapshot,
    RoleType::Timestamp,
];

/// How long what a role signs holds, in days.
pub fn days(role: RoleType) -> i64 {
    match role {
        RoleType::Root => 365,
        RoleType::Targets => 90,
        RoleType::Snapshot => 30,
        _ => 14,
    }
}

/// In whole seconds: other readers refuse fractions.
pub fn expires(role: RoleType) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
    now.saturating_add(SignedDuration::from_hours(24 * days(role)))
        .unwrap_or(now)
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct Keys {
    dir: PathBuf,
}

/// What the root says of a role, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleShown {
    pub role: String,
    pub threshold: u64,
    /// Each key, and whether its private half is here.
    pub keys: Vec<KeyShown>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyShown {
    pub id: String,
    pub here: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeysShown {
    pub root_version: u64,
    pub root_expires: Timestamp,
    pub roles: Vec<RoleShown>,
}

impl Keys {
    pub fn new(dir: &Path) -> Keys {
        Keys { dir: dir.to_owned() }
    }

    pub fn root_path(&self) -> PathBuf {
        self.dir.join(ROOT)
    }

    /// The root as it is now.
    pub fn root(&self) -> Result<Vec<u8>, TrustError> {
        read_root(&self.root_path())
    }

    /// Makes the keys and the first root, here and in the store. `root_keys` keys are made for the root,
    /// `threshold` of which must sign: kept apart, no single one of them is enough.
    pub async fn init(
        &self,
        store: &Arc<dyn ReleaseStore>,
        root_keys: usize,
        threshold: u64,
    ) -> Result<KeysShown, TrustError> {
        let wrong = |reason: &str| Err(TrustError::Root(reason.to_owned()));
        if !self.root_path().exists()
            && let Some(shown) = self.finish(store, 1).await?
        {
            return Ok(shown);
        }
        if self.root_path().exists() {
            return wrong("this folder has a root already; `mortar kb keys rotate` changes it");
        }
        if threshold == 0 || threshold > root_keys as u64 {
            return wrong("the threshold is at least 1 and at most the number of root keys");
        }
        let root = self.first_root(root_keys, threshold)?;
        self.establish(store, root, None).await
    }

    fn first_root(&self, root_keys: usize, threshold: u64) -> Result<Root, TrustError> {
        let mut root = Root {
            spec_version: SPECIFICATION.into(),
            consistent_snapshot: true,
            version: NonZeroU64::MIN,
            expires: expires(RoleType::Root),
            keys: HashMap::new(),
            roles: HashMap::new(),
            _extra: HashMap::new(),
        };
        for role in ROLES {
            let (count, threshold) = if role == RoleType::Root {
                (root_keys, threshold)
            } else {
                (1, 1)
            };
            let mut ids = Vec::new();
            for _ in 0..count {
                let (id, key) = self.make(role)?;
                root.keys.insert(id.clone(), key);
                ids.push(id);
            }
            root.roles.insert(role, role_keys(ids, threshold));
        }
        Ok(root)
    }

    /// New keys for a role, in place of the old; what the old ones signed must be signed anew.
    pub async fn rotate(&self, store: &Arc<dyn ReleaseStore>, role: RoleType) -> Result<KeysShown, TrustError> {
        let before = check_root(&self.root()?)?;
        if let Some(shown) = self.finish(store, before.signed.version.get() + 1).await? {
            return Ok(shown);
        }
        self.hold_against(store).await?;
        let mut root = before.signed.clone();
        let held = root.roles.get(&role).cloned();
        let held = held.ok_or_else(|| TrustError::Root(format!("it has no role {role}")))?;
        let mut ids = Vec::new();
        for _ in &held.keyids {
            let (id, key) = self.make(role)?;
            root.keys.insert(id.clone(), key);
            ids.push(id);
        }
        root.roles.insert(role, role_keys(ids, held.threshold.get()));
        let used: Vec<Decoded<Hex>> = root.roles.values().flat_map(|r| r.keyids.clone()).collect();
        root.keys.retain(|id, _| used.contains(id));
        root.version = root.version.saturating_add(1);
        root.expires = expires(RoleType::Root);
        self.establish(store, root, Some(before)).await
    }

    /// The same root for another year.
    pub async fn renew_root(&self, store: &Arc<dyn ReleaseStore>) -> Result<KeysShown, TrustError> {
        let before = check_root(&self.root()?)?;
        if let Some(shown) = self.finish(store, before.signed.version.get() + 1).await? {
            return Ok(shown);
        }
        self.hold_against(store).await?;
        let mut root = before.signed.clone();
        root.version = root.version.saturating_add(1);
        root.expires = expires(RoleType::Root);
        self.establish(store, root, Some(before)).await
    }

    /// Holds these keys against the store's newest root, before anything is written: what keys of before a rotation
    /// sign, no device follows. A rotation from this folder that was cut short is ended here.
    pub async fn hold_against(&self, store: &Arc<dyn ReleaseStore>) -> Result<(), TrustError> {
        let mut held = check_root(&self.root()?)?;
        let mut newest = held.clone();
        while let Some(bytes) = self.next_root(store, &newest).await? {
            let next = check_root(&bytes)?;
            let made_here = self.older_root(next.signed.version.get()).as_ref() == Some(&bytes);
            if made_here && newest.signed.version == held.signed.version {
                replace(&self.dir, ROOT, &bytes).map_err(|e| self.unkept(&e))?;
                held = next.clone();
            }
            newest = next;
        }
        if newest.signed.version == held.signed.version {
            return Ok(());
        }
        Err(self.old(held.signed.version.get(), newest.signed.version.get()))
    }

    fn old(&self, held: u64, newest: u64) -> TrustError {
        TrustError::OldKeys {
            keys: self.dir.clone(),
            held,
            newest,
        }
    }

    /// The root that follows this one in the store, if there is one that this one vouches for.
    async fn next_root(
        &self,
        store: &Arc<dyn ReleaseStore>,
        root: &Signed<Root>,
    ) -> Result<Option<Vec<u8>>, TrustError> {
        let key = root_key(root.signed.version.get() + 1);
        let bytes = match again(|| get_small(&**store, &key, LARGEST_MANIFEST)).await {
            Ok((bytes, _)) => bytes,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let next: Signed<Root> = serde_json::from_slice(&bytes).map_err(|_| TrustError::Damaged(key.clone()))?;
        root.signed.verify_role(&next).map_err(|_| TrustError::Signature(key))?;
        Ok(Some(bytes))
    }

    /// Signs a root by all whom it needs, keeps it, and puts it into the store.
    async fn establish(
        &self,
        store: &Arc<dyn ReleaseStore>,
        root: Root,
        before: Option<Signed<Root>>,
    ) -> Result<KeysShown, TrustError> {
        let version = root.version;
        let bytes = self.signed(root, before).await?;
        // Here first: whatever is killed from now on is finished by the next run.
        std::fs::create_dir_all(&self.dir)
            .and_then(|()| replace(&self.dir, &format!("{version}.root.json"), &bytes))
            .map_err(|e| self.unkept(&e))?;
        let shown = self.finish(store, version.get()).await?;
        shown.ok_or_else(|| TrustError::Root("the new root is gone".into()))
    }

    async fn signed(&self, root: Root, before: Option<Signed<Root>>) -> Result<Vec<u8>, TrustError> {
        let rng = SystemRandom::new();
        let keys = self.sources(RoleType::Root)?;
        let mut signed = SignedRole::new(root.clone(), &KeyHolder::Root(root), &keys, &rng).await?;
        if let Some(before) = &before {
            // The next root is signed by those of the one before as well: that is the chain.
            let holder = KeyHolder::Root(before.signed.clone());
            let by_old = SignedRole::new(signed.signed().signed.clone(), &holder, &keys, &rng).await?;
            let new: Vec<_> = by_old
                .signed()
                .signatures
                .iter()
                .filter(|s| !signed.signed().signatures.contains(s))
                .cloned()
                .collect();
            signed = signed.add_old_signatures(new)?;
            before
                .signed
                .verify_role(signed.signed())
                .map_err(|e| TrustError::Root(format!("too few of the keys of the root before are here: {e}")))?;
        }
        // `tough` does not count the root's own signatures.
        check_root(signed.buffer())?;
        Ok(signed.buffer().clone())
    }

    /// Puts a root that was made here into the store and in force here; none if none was made.
    async fn finish(&self, store: &Arc<dyn ReleaseStore>, version: u64) -> Result<Option<KeysShown>, TrustError> {
        let Some(bytes) = self.older_root(version) else {
            return Ok(None);
        };
        let key = root_key(version);
        match put(store, &key, bytes.clone(), Condition::IfAbsent).await {
            Ok(_) => {}
            Err(StoreError::Conflict(_)) => {
                let (there, _) = again(|| get_small(&**store, &key, LARGEST_MANIFEST)).await?;
                if there != bytes {
                    // Not ours to write over; the one made here is of no use.
                    let _ = std::fs::remove_file(self.dir.join(format!("{version}.root.json")));
                    return Err(if version == 1 {
                        TrustError::Root(format!("the store {} has one already", store.location()))
                    } else {
                        self.old(version - 1, version)
                    });
                }
            }
            Err(e) => return Err(e.into()),
        }
        replace(&self.dir, ROOT, &bytes).map_err(|e| self.unkept(&e))?;
        self.show().map(Some)
    }

    /// A root that was made here.
    pub(crate) fn older_root(&self, version: u64) -> Option<Vec<u8>> {
        std::fs::read(self.dir.join(format!("{version}.root.json"))).ok()
    }

    fn unkept(&self, e: &std::io::Error) -> TrustError {
        TrustError::Root(format!("{}: {e}", self.dir.display()))
    }

    pub fn show(&self) -> Result<KeysShown, TrustError> {
        let root = check_root(&self.root()?)?.signed;
        let here: Vec<String> = self.files()?.into_iter().map(|(_, id, _)| id).collect();
        let roles = ROLES.into_iter().filter_map(|role| {
            let held = root.roles.get(&role)?;
            let keys = held.keyids.iter().map(|id| {
                let id = hex(id);
                KeyShown {
                    here: here.iter().any(|h| id.starts_with(h.as_str())),
                    id,
                }
            });
            Some(RoleShown {
                role: role.to_string(),
                threshold: held.threshold.get(),
                keys: keys.collect(),
            })
        });
        Ok(KeysShown {
            root_version: root.version.get(),
            root_expires: root.expires,
            roles: roles.collect(),
        })
    }

    /// The keys of a role that are here.
    pub fn sources(&self, role: RoleType) -> Result<Vec<Box<dyn KeySource>>, TrustError> {
        let files = self.files()?.into_iter().filter(|f| f.0 == role.to_string());
        Ok(files
            .map(|(_, _, path)| Box::new(LocalKeySource { path }) as Box<dyn KeySource>)
            .collect())
    }

    /// Role, beginning of the id, and path of each private key.
    fn files(&self) -> Result<Vec<(String, String, PathBuf)>, TrustError> {
        let unreadable = |e: std::io::Error| TrustError::Root(format!("the keys in {}: {e}", self.dir.display()));
        let mut out = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|e| e == "key")
                && let Some((role, id)) = stem.split_once('-')
            {
                out.push((role.to_owned(), id.to_owned(), path.clone()));
            }
        }
        out.sort();
        Ok(out)
    }

    /// A new key in a file of its own; its public half and its id.
    fn make(&self, role: RoleType) -> Result<(Decoded<Hex>, tough::schema::key::Key), TrustError> {
        let failed = |e: &dyn std::fmt::Display| TrustError::Root(format!("a key cannot be made: {e}"));
        let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|e| failed(&e))?;
        let key = parse_keypair(pair.as_ref()).map_err(|e| failed(&e))?.tuf_key();
        let id = key.key_id().map_err(|e| failed(&e))?;
        std::fs::create_dir_all(&self.dir).map_err(|e| failed(&e))?;
        let path = self.dir.join(format!("{role}-{}.key", &hex(&id)[..16]));
        write_private(&path, pair.as_ref()).map_err(|e| failed(&e))?;
        Ok((id, key))
    }
}

fn role_keys(keyids: Vec<Decoded<Hex>>, threshold: u64) -> RoleKeys {
    RoleKeys {
        keyids,
        threshold: NonZeroU64::new(threshold).unwrap_or(NonZeroU64::MIN),
        _extra: HashMap::new(),
    }
}

/// For its owner alone, from its first byte on.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
