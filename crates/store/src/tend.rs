//! Looks after a store: what is in it, the way back, signing anew, and clearing away what nothing needs any more.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tough::schema::RoleType;
use ts_rs::TS;

use crate::error::{PublishError, TrustError};
use crate::hash::hex;
use crate::keys::expires;
use crate::manifest::{Channel, Promotion, ReleaseManifest, channel_name, is_channel, manifest_name};
use crate::names::{TIMESTAMP, version_of};
use crate::port::{Got, Listed, Want};
use crate::publisher::{How, Publisher, shown};
use crate::retry::again;
use crate::rollout::Rollout;
use crate::segment::Object;
use crate::sign::{TargetUpdate, sign_timestamp_anew};
use crate::trust::Verified;

/// A release as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ReleaseRow {
    pub number: u32,
    pub release: String,
    #[ts(type = "string")]
    pub created_at: Timestamp,
    pub notes: String,
    pub documents: u32,
    pub passages: u32,
    pub segments: usize,
    pub bytes: u64,
    /// The channels that show it.
    pub channels: Vec<String>,
    /// How it came into channels that it was promoted to.
    pub promotions: Vec<Promotion>,
    /// Who gets it, in channels where not all do yet.
    pub rollouts: Vec<Rollout>,
}

/// A channel, and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ChannelRow {
    pub name: String,
    pub number: u32,
    #[ts(type = "string")]
    pub created_at: Timestamp,
    pub notes: String,
    pub documents: u32,
    /// The release that it showed before and would show again.
    pub before: Option<u32>,
    pub promotion: Option<Promotion>,
    /// Who gets it; none: all.
    pub rollout: Option<Rollout>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cleared {
    pub releases: Vec<u32>,
    pub files: usize,
    pub bytes: u64,
}

/// What of a rollout is to be other; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct RolloutChange {
    pub share: Option<u8>,
    pub rings: Option<Vec<String>>,
    pub paused: Option<bool>,
}

/// The releases of a store, the newest first.
pub async fn releases(verified: &Verified) -> Result<Vec<ReleaseRow>, TrustError> {
    let mut showing: Vec<Channel> = Vec::new();
    for name in verified.channels() {
        showing.extend(verified.channel(&name).await?);
    }
    let mut rows = Vec::new();
    for number in verified.releases().into_iter().rev() {
        let m = verified.manifest(number).await?;
        let of = |o: &Object| o.bytes;
        let showing = || showing.iter().filter(|c| c.release == number);
        rows.push(ReleaseRow {
            number,
            channels: showing().map(|c| c.channel.clone()).collect(),
            promotions: showing().filter_map(|c| c.promotion.clone()).collect(),
            rollouts: showing().filter_map(|c| c.rollout.clone()).collect(),
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

/// The channels of a store with what they show, by name.
pub async fn channels(verified: &Verified) -> Result<Vec<ChannelRow>, TrustError> {
    let there = verified.releases();
    let mut names = verified.channels();
    names.sort();
    let mut rows = Vec::new();
    for name in names {
        let Some(channel) = verified.channel(&name).await? else {
            continue;
        };
        let manifest = verified.manifest(channel.release).await?;
        rows.push(ChannelRow {
            name,
            number: manifest.number,
            created_at: manifest.created_at,
            notes: manifest.notes,
            documents: manifest.documents,
            before: channel.before.iter().copied().find(|n| there.contains(n)),
            promotion: channel.promotion,
            rollout: channel.rollout,
        });
    }
    Ok(rows)
}

impl Publisher<'_> {
    /// Lets a channel show an earlier release again: the one it showed before, or any that is there.
    pub async fn roll_back(&self, channel: &str, to: Option<u32>) -> Result<ReleaseManifest, PublishError> {
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
            let update = shown(channel, Some(&held), number, How::default())?;
            self.commit(Some(&state), vec![update]).await?;
        }
        Ok(manifest)
    }

    /// Lets a channel show a release that another one shows, in place of the one that it is known to show; whether it did
    /// not already. Who calls has asked whether it may.
    pub async fn promote(
        &self,
        to: &str,
        number: u32,
        instead_of: Option<u32>,
        promotion: Promotion,
        rollout: Option<Rollout>,
    ) -> Result<bool, PublishError> {
        if !is_channel(to) {
            return Err(PublishError::Channel(to.to_owned()));
        }
        let state = self.existing().await?;
        let held = state.channel(to).await?;
        if held.as_ref().is_some_and(|h| h.release == number) {
            return Ok(false);
        }
        if held.as_ref().map(|h| h.release) != instead_of {
            return Err(PublishError::Raced);
        }
        // It must still be there.
        state.manifest(number).await?;
        let how = How {
            promotion: Some(promotion),
            rollout,
        };
        let update = shown(to, held.as_ref(), number, how)?;
        self.commit(Some(&state), vec![update]).await?;
        Ok(true)
    }

    /// Changes who gets what a channel shows: to all of its devices where nothing is left to hold back.
    pub async fn roll_out(&self, channel: &str, change: &RolloutChange) -> Result<Channel, PublishError> {
        let state = self.existing().await?;
        let held = state.channel(channel).await?;
        let mut held = held.ok_or_else(|| PublishError::Nothing(format!("the store has no channel “{channel}”")))?;
        let now = held.rollout.clone().unwrap_or(Rollout {
            share: 100,
            ..Rollout::default()
        });
        let then = Rollout {
            share: change.share.unwrap_or(now.share).min(100),
            rings: change.rings.clone().unwrap_or_else(|| now.rings.clone()),
            paused: change.paused.unwrap_or(now.paused),
        };
        let to_all = then.share == 100 && !then.paused;
        let then = (!to_all).then_some(then);
        if then != held.rollout {
            held.rollout = then;
            let bytes = serde_json::to_vec_pretty(&held).map_err(|e| TrustError::Other(e.to_string()))?;
            self.commit(Some(&state), vec![TargetUpdate::put(channel_name(channel), bytes)])
                .await?;
        }
        Ok(held)
    }

    /// Signs what is there anew, so that it does not expire: all of it where the keys are here, else the
    /// timestamp alone.
    pub async fn refresh(&self) -> Result<Timestamp, PublishError> {
        let state = self.existing().await?;
        let all = [RoleType::Targets, RoleType::Snapshot]
            .into_iter()
            .map(|role| Ok(!self.keys.sources(role)?.is_empty()))
            .collect::<Result<Vec<bool>, TrustError>>()?;
        if all.into_iter().all(|here| here) {
            self.commit(Some(&state), Vec::new()).await?;
        } else {
            sign_timestamp_anew(&self.store, &self.keys, &state).await?;
        }
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
        let mut state = self.existing().await?;
        let gone = outdated(&state, keep).await?;
        if !gone.is_empty() && !dry_run {
            let updates = gone.iter().map(|n| TargetUpdate::removed(manifest_name(*n)));
            self.commit(Some(&state), updates.collect()).await?;
            state = self.existing().await?;
        }
        let needed = Needed::by(&state, &gone).await?;
        let old = Timestamp::now().saturating_sub(grace).unwrap_or(Timestamp::MIN);
        listed.retain(|l| l.modified < old && !needed.contains(&l.key));
        let cleared = Cleared {
            releases: gone,
            files: listed.len(),
            bytes: listed.iter().map(|l| l.bytes).sum(),
        };
        if !dry_run {
            self.delete(&state, &listed).await?;
        }
        Ok(cleared)
    }

    /// Deletes files that the state needs none of, as long as nobody signs another one: that may need them after all.
    async fn delete(&self, state: &Verified, files: &[Listed]) -> Result<(), PublishError> {
        for file in files {
            let now = again(|| self.store.get(TIMESTAMP, Want::IfChanged(state.tag.clone()))).await?;
            if !matches!(now, Got::NotChanged) {
                return Err(PublishError::Raced);
            }
            again(|| self.store.delete(&file.key)).await?;
        }
        Ok(())
    }
}

/// The releases that neither a channel shows nor the last `keep` are.
async fn outdated(state: &Verified, keep: usize) -> Result<Vec<u32>, TrustError> {
    let all = state.releases();
    let mut kept: BTreeSet<u32> = all.iter().rev().take(keep.max(1)).copied().collect();
    for name in state.channels() {
        if let Some(channel) = state.channel(&name).await? {
            kept.insert(channel.release);
        }
    }
    Ok(all.into_iter().filter(|n| !kept.contains(n)).collect())
}

/// What a signed state leads to.
struct Needed {
    files: BTreeSet<String>,
    /// By role, the version that is in force.
    versions: [(&'static str, u64); 2],
}

impl Needed {
    /// What a state needs, once it does not have the releases that are gone.
    async fn by(state: &Verified, gone: &[u32]) -> Result<Needed, TrustError> {
        let mut files = BTreeSet::new();
        for number in state.releases().into_iter().filter(|n| !gone.contains(n)) {
            let manifest = state.manifest(number).await?;
            files.extend(manifest.all_segments().flat_map(|s| s.all_objects()).map(Object::key));
        }
        let signed = &state.repository;
        let stays = |name: &str| !gone.iter().any(|n| name == manifest_name(*n));
        files.extend(
            signed
                .all_targets()
                .filter(|(name, _)| stays(name.raw()))
                .map(|(name, t)| format!("targets/{}.{}", hex(&t.hashes.sha256), name.raw())),
        );
        Ok(Needed {
            files,
            versions: [
                ("targets", signed.targets().signed.version.get()),
                ("snapshot", signed.snapshot().signed.version.get()),
            ],
        })
    }

    fn contains(&self, key: &str) -> bool {
        if !key.starts_with("metadata/") {
            return self.files.contains(key);
        }
        // Roots stay: they are the way from an old device's root to today's.
        let outdated = |(role, now): &(&str, u64)| version_of(key, role).is_some_and(|v| v < *now);
        !self.versions.iter().any(outdated)
    }
}
