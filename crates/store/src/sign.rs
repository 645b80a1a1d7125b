//! The writing side of the signed store: some targets change, and the state that names them is signed
//! and put in place by one conditional write, the timestamp's. Whoever is second is told.
//!
//! All is signed before anything is written: who lacks a key leaves nothing behind.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use serde::Serialize;
use tough::TargetName;
use tough::editor::signed::SignedRole;
use tough::error::Error as Tough;
use tough::key_source::KeySource;
use tough::schema::{Hashes, KeyHolder, Metafile, Role, RoleType, Root, Snapshot, Target, Targets, Timestamp};

use crate::error::TrustError;
use crate::hash::hex;
use crate::keys::{Keys, ROLES, SPECIFICATION, expires};
use crate::names::{TIMESTAMP, version_of};
use crate::port::{Condition, Listed, ReleaseStore};
use crate::retry::{again, put, put_once};
use crate::trust::{Verified, check_root};

/// What becomes of a target: other bytes, or, without any, nothing is signed for under its name any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetUpdate {
    pub name: String,
    pub bytes: Option<Vec<u8>>,
}

impl TargetUpdate {
    pub fn put(name: String, bytes: Vec<u8>) -> TargetUpdate {
        TargetUpdate {
            name,
            bytes: Some(bytes),
        }
    }

    pub fn removed(name: String) -> TargetUpdate {
        TargetUpdate { name, bytes: None }
    }
}

/// Puts the targets into the store, then the signed state that names them. Before the last write the
/// store is what it was, for every reader.
pub async fn commit(
    store: &Arc<dyn ReleaseStore>,
    keys: &Keys,
    before: Option<&Verified>,
    updates: Vec<TargetUpdate>,
) -> Result<(), TrustError> {
    let listed = again(|| store.list("metadata/")).await?;
    let (targets, files) = updated(before, updates, next(&listed, "targets"))?;
    let signer = Signer::new(keys)?;
    let targets = signer.sign(targets).await?;
    let snapshot = signer.sign(snapshot(&targets, next(&listed, "snapshot"))).await?;
    let timestamp = signer.sign(timestamp(&snapshot, before)).await?;
    for (key, bytes) in files {
        put_once(store, &key, bytes).await?;
    }
    // Each version is written once: a second publisher of the same one is told here.
    for (name, bytes) in [
        (targets.signed().signed.filename(true), targets.buffer()),
        (snapshot.signed().signed.filename(true), snapshot.buffer()),
    ] {
        put(store, &format!("metadata/{name}"), bytes.clone(), Condition::IfAbsent).await?;
    }
    put_timestamp(store, before, timestamp.buffer()).await
}

/// Signs the timestamp anew, with its key alone: nothing has changed, and that is still true.
pub async fn sign_timestamp_anew(
    store: &Arc<dyn ReleaseStore>,
    keys: &Keys,
    before: &Verified,
) -> Result<(), TrustError> {
    let mut timestamp = before.repository.timestamp().signed.clone();
    timestamp.version = timestamp.version.saturating_add(1);
    timestamp.expires = expires(RoleType::Timestamp);
    let signed = Signer::new(keys)?.sign(timestamp).await?;
    put_timestamp(store, Some(before), signed.buffer()).await
}

async fn put_timestamp(
    store: &Arc<dyn ReleaseStore>,
    before: Option<&Verified>,
    bytes: &[u8],
) -> Result<(), TrustError> {
    let condition = before.map_or(Condition::IfAbsent, |v| Condition::IfUnchanged(v.tag.clone()));
    put(store, TIMESTAMP, bytes.to_vec(), condition).await?;
    Ok(())
}

/// The next version of a role. What a publication that was killed left in the store, signed for or not, is passed
/// over: versions need not follow each other.
fn next(listed: &[Listed], role: &str) -> NonZeroU64 {
    let newest = listed.iter().filter_map(|l| version_of(&l.key, role)).max();
    NonZeroU64::MIN.saturating_add(newest.unwrap_or(0))
}

/// Files by key.
type Objects = Vec<(String, Vec<u8>)>;

/// The targets after the updates, and the files of those that have new bytes.
fn updated(
    before: Option<&Verified>,
    updates: Vec<TargetUpdate>,
    version: NonZeroU64,
) -> Result<(Targets, Objects), TrustError> {
    let until = expires(RoleType::Targets);
    let mut targets = match before {
        Some(verified) => verified.repository.targets().signed.clone(),
        None => Targets::new(SPECIFICATION.into(), version, until),
    };
    (targets.version, targets.expires) = (version, until);
    let mut files = Vec::new();
    for TargetUpdate { name, bytes } in updates {
        let target = TargetName::new(&name)?;
        let Some(bytes) = bytes else {
            targets.targets.remove(&target);
            continue;
        };
        let hashes = hashes(&bytes);
        files.push((format!("targets/{}.{name}", hex(&hashes.sha256)), bytes.clone()));
        let about = Target {
            length: bytes.len() as u64,
            hashes,
            custom: HashMap::new(),
            _extra: HashMap::new(),
        };
        targets.targets.insert(target, about);
    }
    Ok((targets, files))
}

fn hashes(bytes: &[u8]) -> Hashes {
    use sha2::{Digest, Sha256};
    Hashes {
        sha256: Sha256::digest(bytes).to_vec().into(),
        _extra: HashMap::new(),
    }
}

fn snapshot(targets: &SignedRole<Targets>, version: NonZeroU64) -> Snapshot {
    let mut snapshot = Snapshot::new(SPECIFICATION.into(), version, expires(RoleType::Snapshot));
    snapshot.meta.insert("targets.json".into(), named(targets));
    snapshot
}

fn timestamp(snapshot: &SignedRole<Snapshot>, before: Option<&Verified>) -> Timestamp {
    let last = before.map_or(0, |v| v.repository.timestamp().signed.version.get());
    let version = NonZeroU64::MIN.saturating_add(last);
    let mut timestamp = Timestamp::new(SPECIFICATION.into(), version, expires(RoleType::Timestamp));
    timestamp.meta.insert("snapshot.json".into(), named(snapshot));
    timestamp
}

/// A file of metadata as the one above it names it.
fn named<R: Role>(role: &SignedRole<R>) -> Metafile {
    Metafile {
        length: Some(role.buffer().len() as u64),
        hashes: Some(hashes(role.buffer())),
        version: role.signed().signed.version(),
        _extra: HashMap::new(),
    }
}

/// The keys at hand, with what the root says of them.
struct Signer<'k> {
    keys: &'k Keys,
    root: KeyHolder,
    sources: Vec<Box<dyn KeySource>>,
}

impl Signer<'_> {
    fn new(keys: &Keys) -> Result<Signer<'_>, TrustError> {
        let root: Root = check_root(&keys.root()?)?.signed;
        let mut sources = Vec::new();
        for role in ROLES.into_iter().filter(|r| *r != RoleType::Root) {
            sources.extend(keys.sources(role)?);
        }
        Ok(Signer {
            keys,
            root: KeyHolder::Root(root),
            sources,
        })
    }

    async fn sign<R: Role + Serialize>(&self, role: R) -> Result<SignedRole<R>, TrustError> {
        let signed = SignedRole::new(role, &self.root, &self.sources, &SystemRandom::new()).await;
        signed.map_err(|e| match e {
            Tough::SigningKeysNotFound { role } => TrustError::Root(format!(
                "the key of the role {role} is not among those beside {}",
                self.keys.root_path().display()
            )),
            other => other.into(),
        })
    }
}
