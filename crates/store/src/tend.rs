//! Looks after a store: what is in it, whether every byte is as signed, the way back, signing anew, and
//! clearing away what nothing needs any more.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tough::schema::RoleType;

use crate::commit::{commit, refresh, version_of};
use crate::fetch::again;
use crate::keys::expires;
use crate::manifest::{Manifest, manifest_name};
use crate::publish::{PublishError, Publisher, raced, shown};
use crate::segment::{Object, decode, sha256};
use crate::trust::{TIMESTAMP, TrustError, Verified};
use crate::{Got, ReleaseStore, StoreError, Want, get_small};

/// A release as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseRow {
    pub number: u32,
    pub release: String,
    pub created_at: Timestamp,
    pub notes: String,
    pub documents: u32,
    pub passages: u32,
    pub segments: usize,
    pub bytes: u64,
    /// The channels that show it.
    pub channels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    pub releases: usize,
    pub files: usize,
    pub bytes: u64,
    /// What is not as signed; nothing: all is well.
    pub faults: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cleared {
    pub releases: Vec<u32>,
    pub files: usize,
    pub bytes: u64,
}

/// The releases of a store, the newest first.
pub async fn releases(verified: &Verified) -> Result<Vec<ReleaseRow>, TrustError> {
    let mut showing: Vec<(u32, String)> = Vec::new();
    for name in verified.channels() {
        if let Some(channel) = verified.channel(&name).await? {
            showing.push((channel.release, name));
        }
    }
    let mut rows = Vec::new();
    for number in verified.releases().into_iter().rev() {
        let m = verified.manifest(number).await?;
        let of = |o: &Object| o.bytes;
        rows.push(ReleaseRow {
            number,
            channels: showing.iter().filter(|s| s.0 == number).map(|s| s.1.clone()).collect(),
            release: m.release,
            created_at: m.created_at,
            notes: m.notes,
            documents: m.documents,
            passages: m.passages,
            bytes: m.segments.iter().flat_map(|s| s.all_objects()).map(of).sum(),
            segments: m.segments.len(),
        });
    }
    Ok(rows)
}

/// Reads every file of every release against its signature and its manifest.
pub async fn verify(store: &dyn ReleaseStore, verified: &Verified) -> Result<Checked, TrustError> {
    let mut out = Checked {
        releases: 0,
        files: 0,
        bytes: 0,
        faults: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    for number in verified.releases() {
        let manifest = verified.manifest(number).await?;
        out.releases += 1;
        for segment in manifest.all_segments() {
            if !seen.insert(segment.documents.sha256.clone() + &segment.passages.sha256) {
                continue;
            }
            let mut held = Vec::new();
            for object in segment.all_objects() {
                let key = object.key();
                match again(|| get_small(store, &key, object.bytes)).await {
                    Ok((bytes, _)) if sha256(&bytes) == object.sha256 => {
                        out.files += 1;
                        out.bytes += object.bytes;
                        held.push((object.sha256.clone(), bytes));
                    }
                    Ok(_) => out
                        .faults
                        .push(format!("release {number}: {key} is not what was signed")),
                    Err(e @ (StoreError::NotFound(_) | StoreError::Refused(_))) => {
                        out.faults.push(format!("release {number}: {e}"));
                    }
                    Err(e) => return Err(e.into()),
                }
            }
            let models: Vec<(String, usize)> = manifest
                .embeddings
                .iter()
                .map(|e| (e.model.clone(), e.dimensions as usize))
                .collect();
            let read = |o: &Object| {
                let found = held.iter().find(|h| h.0 == o.sha256).map(|h| h.1.clone());
                found.ok_or_else(|| std::io::Error::other("it is missing"))
            };
            if out.faults.is_empty()
                && let Err(e) = decode(segment, &models, &read)
            {
                out.faults.push(format!("release {number}: {e}"));
            }
        }
    }
    Ok(out)
}

impl Publisher<'_> {
    async fn existing(&self) -> Result<Verified, PublishError> {
        let state = self.state().await?;
        state.ok_or_else(|| PublishError::Nothing(format!("the store {} has no release yet", self.store.location())))
    }

    /// Lets a channel show an earlier release again: the one it showed before, or any that is there.
    pub async fn roll_back(&self, channel: &str, to: Option<u32>) -> Result<Manifest, PublishError> {
        let state = self.existing().await?;
        let held = state.channel(channel).await?;
        let held = held.ok_or_else(|| PublishError::Nothing(format!("the store has no channel “{channel}”")))?;
        let releases = state.releases();
        let number = to.or_else(|| held.before.iter().copied().find(|n| releases.contains(n)));
        let number = number.ok_or_else(|| {
            PublishError::Nothing(format!(
                "the channel “{channel}” showed no other release before; name one with --to"
            ))
        })?;
        let manifest = state.manifest(number).await?;
        if number != held.release {
            let change = shown(channel, Some(&held), number)?;
            commit(&self.store, &self.keys, Some(&state), vec![change])
                .await
                .map_err(raced)?;
        }
        Ok(manifest)
    }

    /// Signs what is there anew, so that it does not expire: all of it where the keys are here, else the
    /// timestamp alone.
    pub async fn refresh(&self) -> Result<Timestamp, PublishError> {
        let state = self.existing().await?;
        let all = [RoleType::Targets, RoleType::Snapshot]
            .into_iter()
            .map(|role| Ok(!self.keys.sources(role)?.is_empty()))
            .collect::<Result<Vec<bool>, TrustError>>()?;
        let done = if all.into_iter().all(|here| here) {
            commit(&self.store, &self.keys, Some(&state), Vec::new()).await
        } else {
            refresh(&self.store, &self.keys, &state).await
        };
        done.map_err(raced)?;
        Ok(expires(RoleType::Timestamp))
    }

    /// Clears away what neither a channel nor one of the last `keep` releases needs, and what lies about
    /// for longer than `grace`: what is younger may be another publication under way.
    pub async fn clear(&self, keep: usize, grace: SignedDuration, dry_run: bool) -> Result<Cleared, PublishError> {
        // Listed before it is asked what is needed: what a publication adds meanwhile is not in the list.
        let mut listed = Vec::new();
        for prefix in ["segments/", "targets/", "metadata/"] {
            listed.extend(again(|| self.store.list(prefix)).await?);
        }
        let state = self.existing().await?;
        let all = state.releases();
        let mut kept: BTreeSet<u32> = all.iter().rev().take(keep.max(1)).copied().collect();
        for name in state.channels() {
            if let Some(channel) = state.channel(&name).await? {
                kept.insert(channel.release);
            }
        }
        let gone: Vec<u32> = all.into_iter().filter(|n| !kept.contains(n)).collect();
        let state = if gone.is_empty() || dry_run {
            state
        } else {
            let changes = gone.iter().map(|n| (manifest_name(*n), None)).collect();
            commit(&self.store, &self.keys, Some(&state), changes)
                .await
                .map_err(raced)?;
            self.existing().await?
        };

        let mut needed: BTreeSet<String> = BTreeSet::new();
        for number in state.releases().into_iter().filter(|n| !gone.contains(n)) {
            let manifest = state.manifest(number).await?;
            needed.extend(manifest.all_segments().flat_map(|s| s.all_objects()).map(Object::key));
        }
        let signed = &state.repository;
        let targets: BTreeSet<String> = signed
            .all_targets()
            .filter(|(name, _)| !dry_run || !gone.iter().any(|n| name.raw() == manifest_name(*n)))
            .map(|(name, t)| format!("targets/{}.{}", crate::segment::hex(&t.hashes.sha256), name.raw()))
            .collect();
        let versions = [
            ("targets", signed.targets().signed.version.get()),
            ("snapshot", signed.snapshot().signed.version.get()),
        ];
        let old = Timestamp::now().saturating_sub(grace).unwrap_or(Timestamp::MIN);
        let mut out = Cleared {
            releases: gone,
            files: 0,
            bytes: 0,
        };
        for listed in listed {
            let key = listed.key.as_str();
            let unneeded = match key.split('/').next() {
                Some("segments") => !needed.contains(key),
                Some("targets") => !targets.contains(key),
                // Roots stay: they are the way from an old device's root to today's.
                _ => versions
                    .iter()
                    .any(|(role, now)| version_of(key, role).is_some_and(|v| v < *now)),
            };
            if unneeded && listed.modified < old {
                out.files += 1;
                out.bytes += listed.bytes;
                if !dry_run {
                    // Whoever signs meanwhile may need it after all.
                    let now = again(|| self.store.get(TIMESTAMP, Want::IfChanged(state.tag.clone()))).await?;
                    if !matches!(now, Got::NotChanged) {
                        return Err(PublishError::Raced);
                    }
                    again(|| self.store.delete(key)).await?;
                }
            }
        }
        Ok(out)
    }
}
