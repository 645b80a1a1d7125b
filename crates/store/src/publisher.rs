//! Who publishes and looks after a store: where to, with which keys, and where what was made is kept meanwhile.

use std::path::Path;
use std::sync::Arc;

use mortar_assistant::Embedder;

use crate::error::{PublishError, TrustError};
use crate::fetch::Incoming;
use crate::fold::{Folded, fold};
use crate::keys::Keys;
use crate::manifest::{Channel, FORMAT, Promotion, channel_name};
use crate::memory::Memory;
use crate::names::{TIMESTAMP, root_key};
use crate::port::ReleaseStore;
use crate::retry::again;
use crate::rollout::Rollout;
use crate::segment::Segment;
use crate::sign::{TargetUpdate, commit};
use crate::trust::{Expiry, Verified, check_root, load, load_below};

pub struct Publisher<'a> {
    pub store: Arc<dyn ReleaseStore>,
    pub keys: Keys,
    pub dir: &'a Path,
    /// One set of vectors is made by each.
    pub embedders: Vec<&'a dyn Embedder>,
}

impl Publisher<'_> {
    pub(crate) fn incoming(&self) -> Incoming {
        Incoming::new(self.dir.join("objects"))
    }

    pub(crate) fn kept(&self, source: std::io::Error) -> PublishError {
        PublishError::Keep {
            path: self.dir.to_owned(),
            source,
        }
    }

    fn memory(&self) -> Memory {
        Memory::new(self.dir.join("trust.json"), &*self.store)
    }

    /// The store as it is, for whoever is about to write; none where nothing was published yet. The keys at hand are
    /// those of its newest root, or nothing is written.
    pub(crate) async fn state(&self) -> Result<Option<Verified>, PublishError> {
        self.keys.hold_against(&self.store).await?;
        let root = self.keys.root()?;
        match load(&self.store, &root, &self.memory(), Expiry::Overlooked).await {
            Ok(verified) => Ok(Some(verified)),
            Err(TrustError::Missing(_)) => {
                self.is_new(&root).await?;
                Ok(None)
            }
            Err(TrustError::Signature(role)) => self.before_rotation(&root, role).await.map(Some),
            Err(e) => Err(e.into()),
        }
    }

    pub(crate) async fn existing(&self) -> Result<Verified, PublishError> {
        let state = self.state().await?;
        state.ok_or_else(|| PublishError::Nothing(format!("the store {} has no release yet", self.store.location())))
    }

    /// Whether nothing was ever published to a store without a signed state. A first publication into one that lost it
    /// would be taken for an attack by every device.
    async fn is_new(&self, root: &[u8]) -> Result<(), PublishError> {
        let listed = again(|| self.store.list("metadata/")).await?;
        let there = |key: &str| listed.iter().any(|l| l.key == key);
        if there(TIMESTAMP) {
            return Err(TrustError::Missing("part of its signed state".into()).into());
        }
        if self.memory().knows(&check_root(root)?)? {
            let lost = format!("{TIMESTAMP} any more: bring it back from the bucket’s earlier versions");
            return Err(TrustError::Missing(lost).into());
        }
        if !there(&root_key(1)) {
            return Err(PublishError::NoKeys(self.store.location()));
        }
        Ok(())
    }

    /// The state as the roots before this one signed it: new keys have not signed it yet.
    async fn before_rotation(&self, root: &[u8], role: String) -> Result<Verified, PublishError> {
        let mut newer = check_root(root)?;
        while newer.signed.version.get() > 1 {
            let version = newer.signed.version.get() - 1;
            // Only a root that was made here: one from the store proves nothing of itself.
            let Some(bytes) = self.keys.older_root(version) else {
                break;
            };
            let older = check_root(&bytes)?;
            match load_below(&self.store, &bytes, &self.memory(), Expiry::Overlooked, Some(version)).await {
                Ok(verified) => return Ok(verified),
                Err(TrustError::Signature(_)) => newer = older,
                Err(e) => return Err(e.into()),
            }
        }
        Err(TrustError::Signature(role).into())
    }

    pub(crate) async fn commit(
        &self,
        before: Option<&Verified>,
        updates: Vec<TargetUpdate>,
    ) -> Result<(), PublishError> {
        Ok(commit(&self.store, &self.keys, before, updates).await?)
    }

    /// Segments of the store as one, with vectors by some models.
    pub(crate) async fn fold(&self, segments: &[Segment], models: &[(String, usize)]) -> Result<Folded, PublishError> {
        fold(&*self.store, &self.incoming(), segments, models).await
    }
}

/// How a channel comes to show a release: to all at once, unless something is said.
#[derive(Default)]
pub(crate) struct How {
    pub promotion: Option<Promotion>,
    pub rollout: Option<Rollout>,
}

/// The channel with another release to show.
pub(crate) fn shown(name: &str, held: Option<&Channel>, number: u32, how: How) -> Result<TargetUpdate, PublishError> {
    const REMEMBERED: usize = 50;
    let mut before: Vec<u32> = held
        .map(|c| std::iter::once(c.release).chain(c.before.clone()).collect())
        .unwrap_or_default();
    before.retain(|n| *n != number);
    before.truncate(REMEMBERED);
    let channel = Channel {
        format: FORMAT,
        channel: name.to_owned(),
        release: number,
        before,
        promotion: how.promotion,
        rollout: how.rollout,
    };
    let bytes = serde_json::to_vec_pretty(&channel).map_err(|e| TrustError::Other(e.to_string()))?;
    Ok(TargetUpdate::put(channel_name(name), bytes))
}
