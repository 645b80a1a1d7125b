//! The writing side of the signed store: some targets change, and the state that names them is signed
//! and put in place by one conditional write, the timestamp's. Whoever is second is told.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use tough::editor::RepositoryEditor;
use tough::editor::signed::SignedRole;
use tough::key_source::KeySource;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{Hashes, KeyHolder, RoleType, Target};
use tough::{TargetName, error::Error as Tough};

use crate::fetch::again;
use crate::keys::{Keys, ROLES, expires};
use crate::segment::sha256;
use crate::trust::{TIMESTAMP, TrustError, Verified, check_root, told};
use crate::{Condition, Listed, ReleaseStore, StoreError};

/// A target with its new bytes; none: it is no longer signed for.
pub type Change = (String, Option<Vec<u8>>);

/// Puts the targets into the store, then signs the state that names them. Before the last write the
/// store is what it was, for every reader.
pub async fn commit(
    store: &Arc<dyn ReleaseStore>,
    keys: &Keys,
    before: Option<&Verified>,
    changes: Vec<Change>,
) -> Result<(), TrustError> {
    let failed = |e: Tough| told(e);
    let mut editor = match before {
        Some(v) => RepositoryEditor::from_repo(keys.root_path(), v.repository.clone())
            .await
            .map_err(failed)?,
        None => RepositoryEditor::new(keys.root_path()).await.map_err(failed)?,
    };
    let listed = again(|| store.list("metadata/")).await?;
    // What a publication that was killed left there is passed over: versions need not follow each other.
    let next = |name: &str| NonZeroU64::MIN.saturating_add(newest(&listed, name));
    let timestamp = before.map_or(0, |v| v.repository.timestamp().signed.version.get());
    editor.targets_version(next("targets")).map_err(failed)?;
    editor.targets_expires(expires(RoleType::Targets)).map_err(failed)?;
    editor
        .snapshot_version(next("snapshot"))
        .snapshot_expires(expires(RoleType::Snapshot))
        .timestamp_version(NonZeroU64::MIN.saturating_add(timestamp))
        .timestamp_expires(expires(RoleType::Timestamp));
    for (name, bytes) in changes {
        let target = TargetName::new(&name).map_err(failed)?;
        match bytes {
            None => {
                editor.remove_target(&target).map_err(failed)?;
            }
            Some(bytes) => {
                let hash = sha256(&bytes);
                let about = Target {
                    length: bytes.len() as u64,
                    hashes: Hashes {
                        sha256: hex_of(&hash)?,
                        _extra: HashMap::new(),
                    },
                    custom: HashMap::new(),
                    _extra: HashMap::new(),
                };
                editor.add_target(target, about).map_err(failed)?;
                put_once(store, &format!("targets/{hash}.{name}"), bytes).await?;
            }
        }
    }
    let mut sources: Vec<Box<dyn KeySource>> = Vec::new();
    for role in ROLES.into_iter().filter(|r| *r != RoleType::Root) {
        sources.extend(keys.sources(role)?);
    }
    let signed = editor.sign(&sources).await.map_err(|e| missing_keys(e, keys))?;
    let scratch = tempfile::tempdir().map_err(|source| TrustError::Keep {
        path: std::env::temp_dir(),
        source,
    })?;
    signed.write(scratch.path()).await.map_err(failed)?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in std::fs::read_dir(scratch.path()).map_err(|e| TrustError::Other(e.to_string()))? {
        let entry = entry.map_err(|e| TrustError::Other(e.to_string()))?;
        let bytes = std::fs::read(entry.path()).map_err(|e| TrustError::Other(e.to_string()))?;
        files.push((entry.file_name().to_string_lossy().into_owned(), bytes));
    }
    let timestamp = files.iter().position(|f| f.0 == "timestamp.json");
    let timestamp = timestamp.map(|at| files.swap_remove(at).1);
    let timestamp = timestamp.ok_or_else(|| TrustError::Other("no timestamp was made".into()))?;
    for (name, bytes) in files.into_iter().filter(|f| !f.0.ends_with(".root.json")) {
        // Each version is written once: a second publisher of the same one is told here.
        store
            .put(&format!("metadata/{name}"), bytes, Condition::IfAbsent)
            .await?;
    }
    put_timestamp(store, before, timestamp).await
}

/// Signs the timestamp anew, with its key alone: nothing has changed, and that is still true.
pub async fn refresh(store: &Arc<dyn ReleaseStore>, keys: &Keys, before: &Verified) -> Result<(), TrustError> {
    let root = check_root(&keys.root()?)?.signed;
    let mut timestamp = before.repository.timestamp().signed.clone();
    timestamp.version = timestamp.version.saturating_add(1);
    timestamp.expires = expires(RoleType::Timestamp);
    let sources = keys.sources(RoleType::Timestamp)?;
    let signed = SignedRole::new(timestamp, &KeyHolder::Root(root), &sources, &SystemRandom::new())
        .await
        .map_err(|e| missing_keys(e, keys))?;
    put_timestamp(store, Some(before), signed.buffer().clone()).await
}

async fn put_timestamp(
    store: &Arc<dyn ReleaseStore>,
    before: Option<&Verified>,
    bytes: Vec<u8>,
) -> Result<(), TrustError> {
    let condition = before.map_or(Condition::IfAbsent, |v| Condition::IfUnchanged(v.tag.clone()));
    store.put(TIMESTAMP, bytes, condition).await?;
    Ok(())
}

/// Puts what bears its own hash in its name: that it is there already is as good.
pub async fn put_once(store: &Arc<dyn ReleaseStore>, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
    match again(|| store.put(key, bytes.clone(), Condition::IfAbsent)).await {
        Err(StoreError::Conflict(_)) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The newest version of a role that lies in the store, signed for or not.
fn newest(listed: &[Listed], role: &str) -> u64 {
    let versions = listed.iter().filter_map(|l| version_of(&l.key, role));
    versions.max().unwrap_or(0)
}

/// The version in the name of a file of metadata.
pub fn version_of(key: &str, role: &str) -> Option<u64> {
    key.strip_prefix("metadata/")?
        .strip_suffix(&format!(".{role}.json"))?
        .parse()
        .ok()
}

fn hex_of(hash: &str) -> Result<Decoded<Hex>, TrustError> {
    // The type is made by reading alone.
    serde_json::from_value(hash.into()).map_err(|e| TrustError::Other(e.to_string()))
}

fn missing_keys(e: Tough, keys: &Keys) -> TrustError {
    match e {
        Tough::SigningKeysNotFound { role } => TrustError::Root(format!(
            "the key of the role {role} is not among those beside {}",
            keys.root_path().display()
        )),
        other => told(other),
    }
}
