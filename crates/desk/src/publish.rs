//! Publishing to a store and looking after it. Nothing is read here that no key or root of trust vouches for.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mortar_assistant::Embedder;
use mortar_store::keys::{Keys, KeysShown, ROLES};
use mortar_store::manifest::ReleaseManifest;
use mortar_store::memory::Memory;
use mortar_store::publish::{Options, PublishProgress, Published};
use mortar_store::publisher::Publisher;
use mortar_store::tend::{self, Cleared, ReleaseRow};
use mortar_store::trust::{Expiry, Verified, load, read_root};
use mortar_store::verify::{self, Verification};
use mortar_store::{PublishError, ReleaseStore};

use crate::account::Account;
use crate::config;
use crate::embedders::{Embedders, SharedEmbedder};
use crate::error::DeskError;
use crate::import::imported;
use crate::place::Place;
use crate::stores::{StoreOptions, no_store, store};

/// Publishing and looking after a store.
pub struct Work {
    store: Arc<dyn ReleaseStore>,
    keys: Option<Keys>,
    root: Option<PathBuf>,
    dir: PathBuf,
    embedders: Vec<SharedEmbedder>,
    /// Why there are no vectors, where there are none.
    pub problem: Option<String>,
}

impl Work {
    pub fn open(place: &Place, given: &StoreOptions) -> Result<Work, DeskError> {
        let config = config::read(place)?;
        let account = Account::of(place, &config)?;
        let store = store(&config, account.as_ref().map(|a| &a.aws), given.store.as_deref())?.ok_or_else(no_store)?;
        let remote = account.as_ref().and_then(|a| a.embedder.clone());
        let here = Embedders::of(&place.weights, remote);
        Ok(Work {
            store,
            keys: given.keys.clone().or(config.knowledge.keys).map(|dir| Keys::new(&dir)),
            root: given.root.clone().or(config.knowledge.root),
            dir: place.tenant_dir().join("publishing"),
            embedders: here.distinct(),
            problem: here.all.err(),
        })
    }

    fn keys(&self) -> Result<Keys, DeskError> {
        self.keys.clone().ok_or_else(|| {
            DeskError::usage("name the folder of keys with --keys, or as knowledge.keys in the configuration")
        })
    }

    fn publisher(&self) -> Result<Publisher<'_>, DeskError> {
        std::fs::create_dir_all(&self.dir).map_err(|e| DeskError::failed(format!("{}: {e}", self.dir.display())))?;
        Ok(Publisher {
            store: self.store.clone(),
            keys: self.keys()?,
            dir: &self.dir,
            embedders: self.embedders.iter().map(|e| &**e as &dyn Embedder).collect(),
        })
    }

    pub async fn publish(
        &self,
        sources: &[PathBuf],
        options: &Options,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Published, DeskError> {
        let imported = imported(sources)?;
        Ok(self.publisher()?.publish(imported, options, progress).await?)
    }

    /// What is signed, read with the root of trust that is at hand. Reading needs no private key.
    async fn verified(&self) -> Result<Verified, DeskError> {
        let root = match (&self.root, &self.keys) {
            (Some(root), _) => read_root(root)?,
            (None, Some(keys)) => keys.root()?,
            (None, None) => return Err(DeskError::usage("name the root of trust with --root or --keys")),
        };
        let memory = Memory::new(self.dir.join("trust.json"), &*self.store);
        Ok(load(&self.store, &root, &memory, Expiry::Overlooked).await?)
    }

    pub async fn releases(&self) -> Result<Vec<ReleaseRow>, DeskError> {
        Ok(tend::releases(&self.verified().await?).await?)
    }

    pub async fn verify(&self) -> Result<Verification, DeskError> {
        Ok(verify::verify(&*self.store, &self.verified().await?).await?)
    }

    pub async fn roll_back(&self, channel: &str, to: Option<u32>) -> Result<ReleaseManifest, DeskError> {
        Ok(self.publisher()?.roll_back(channel, to).await?)
    }

    pub async fn refresh(&self) -> Result<Timestamp, DeskError> {
        Ok(self.publisher()?.refresh().await?)
    }

    pub async fn clear(&self, keep: usize, grace_hours: i64, dry_run: bool) -> Result<Cleared, DeskError> {
        let grace = SignedDuration::from_hours(grace_hours);
        Ok(self.publisher()?.clear(keep, grace, dry_run).await?)
    }

    pub async fn init_keys(&self, root_keys: usize, threshold: u64) -> Result<KeysShown, DeskError> {
        Ok(self.keys()?.init(&self.store, root_keys, threshold).await?)
    }

    /// New keys for a role; what the old ones signed is signed anew.
    pub async fn rotate_keys(&self, role: &str) -> Result<KeysShown, DeskError> {
        let known = ROLES.into_iter().find(|r| r.to_string() == role);
        let role = known
            .ok_or_else(|| DeskError::usage(format!("“{role}” is no role: root, targets, snapshot or timestamp")))?;
        let shown = self.keys()?.rotate(&self.store, role).await?;
        self.sign_anew().await?;
        Ok(shown)
    }

    /// The same root for another year.
    pub async fn renew_root(&self) -> Result<KeysShown, DeskError> {
        let shown = self.keys()?.renew_root(&self.store).await?;
        self.sign_anew().await?;
        Ok(shown)
    }

    async fn sign_anew(&self) -> Result<(), DeskError> {
        match self.publisher()?.refresh().await {
            Ok(_) | Err(PublishError::Nothing(_)) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    pub fn show_keys(&self) -> Result<KeysShown, DeskError> {
        Ok(self.keys()?.show()?)
    }
}
