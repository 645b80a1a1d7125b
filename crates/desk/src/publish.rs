//! Publishing to a store and looking after it. Nothing is read here that no key or root of trust vouches for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mortar_assistant::Embedder;
use mortar_knowledge::Release;
use mortar_sources::Document;
use mortar_store::fetch::Incoming;
use mortar_store::keys::{Keys, KeysShown, ROLES};
use mortar_store::manifest::{Channel, Promotion, ReleaseManifest, is_channel};
use mortar_store::memory::Memory;
use mortar_store::publish::{Options, PublishProgress, Published};
use mortar_store::publisher::Publisher;
use mortar_store::review::{self, Marked};
use mortar_store::rollout::Rollout;
use mortar_store::sync::Device;
use mortar_store::tend::{self, ChannelRow, Cleared, ReleaseRow, RolloutChange};
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
        report: Option<&Path>,
        options: &Options,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Published, DeskError> {
        let imported = imported(sources, report)?;
        Ok(self.publisher()?.publish(imported, options, progress).await?)
    }

    fn root(&self) -> Result<Vec<u8>, DeskError> {
        match (&self.root, &self.keys) {
            (Some(root), _) => Ok(read_root(root)?),
            (None, Some(keys)) => Ok(keys.root()?),
            (None, None) => Err(DeskError::usage("name the root of trust with --root or --keys")),
        }
    }

    /// What is signed, read with the root of trust that is at hand. Reading needs no private key.
    async fn verified(&self) -> Result<Verified, DeskError> {
        let root = self.root()?;
        let memory = Memory::new(self.dir.join("trust.json"), &*self.store);
        Ok(load(&self.store, &root, &memory, Expiry::Overlooked).await?)
    }

    pub async fn releases(&self) -> Result<Vec<ReleaseRow>, DeskError> {
        Ok(tend::releases(&self.verified().await?).await?)
    }

    /// The documents of a release by its number, or of the one that a channel shows, with the release's name.
    pub(crate) async fn documents(&self, named: &str) -> Result<(String, Vec<Document>), DeskError> {
        let (verified, number) = self.named(named).await?;
        let manifest = verified.manifest(number).await?;
        let incoming = Incoming::new(self.dir.join("objects"));
        let documents = mortar_store::documents(&*self.store, &incoming, &manifest).await?;
        Ok((manifest.release, documents))
    }

    /// Fetches a release by its number, or the one that a channel shows, to be searched beside others; in this folder.
    pub(crate) async fn fetched(
        &self,
        named: &str,
        models: Vec<String>,
        dir: &Path,
    ) -> Result<Arc<Release>, DeskError> {
        let (_, number) = self.named(named).await?;
        let dir = dir.join(number.to_string());
        let device = Device {
            store: self.store.clone(),
            root: self.root()?,
            channel: "compared".to_owned(),
            number: Some(number),
            ring: None,
            models,
            release: dir.join("release"),
            dir,
        };
        device.sync(&mut |_| {}).await?;
        Ok(Release::open(&device.release)?)
    }

    /// What a channel shows; none where there is no such channel.
    pub(crate) async fn shown_by(&self, channel: &str) -> Result<Option<ReleaseManifest>, DeskError> {
        let verified = self.verified().await?;
        Ok(match verified.channel(channel).await? {
            Some(channel) => Some(verified.manifest(channel.release).await?),
            None => None,
        })
    }

    pub(crate) async fn promote(
        &self,
        to: &str,
        number: u32,
        instead_of: Option<u32>,
        promotion: Promotion,
        rollout: Option<Rollout>,
    ) -> Result<bool, DeskError> {
        let publisher = self.publisher()?;
        Ok(publisher.promote(to, number, instead_of, promotion, rollout).await?)
    }

    /// Where the store lies.
    pub(crate) fn location(&self) -> String {
        self.store.location()
    }

    /// Why nothing can be signed here; none: all keys that a release needs are at hand.
    pub(crate) fn cannot_sign(&self) -> Option<String> {
        let Some(keys) = &self.keys else {
            let how = "Releases are signed with keys, and none are at hand: name their folder as knowledge.keys in the \
                       tenant's configuration.";
            return Some(how.to_owned());
        };
        // The root's keys are elsewhere, and no release needs them.
        let needed = ROLES.into_iter().skip(1);
        let missing: Vec<String> = needed
            .filter(|role| keys.sources(*role).map_or(true, |held| held.is_empty()))
            .map(|role| role.to_string())
            .collect();
        (!missing.is_empty()).then(|| {
            let missing = missing.join(", ");
            format!(
                "Releases are signed with keys, and those of {missing} are not in the folder that knowledge.keys names."
            )
        })
    }

    /// What is in the store: its releases, and what its channels show.
    pub(crate) async fn shelf(&self) -> Result<(Vec<ReleaseRow>, Vec<ChannelRow>), DeskError> {
        let verified = self.verified().await?;
        Ok((tend::releases(&verified).await?, tend::channels(&verified).await?))
    }

    /// What reviewers said of two releases.
    pub async fn review(&self, releases: [u32; 2]) -> Result<Vec<Marked>, DeskError> {
        Ok(review::review(&self.store, releases).await?.marks)
    }

    /// Says something of two releases; all that was said by then.
    pub async fn mark(&self, releases: [u32; 2], marked: Marked) -> Result<Vec<Marked>, DeskError> {
        Ok(review::mark(&self.store, releases, marked).await?.marks)
    }

    /// The numbers of two releases, each named so or by a channel.
    pub async fn numbers(&self, named: [&str; 2]) -> Result<[u32; 2], DeskError> {
        Ok([self.named(named[0]).await?.1, self.named(named[1]).await?.1])
    }

    pub async fn roll_out(&self, channel: &str, change: &RolloutChange) -> Result<Channel, DeskError> {
        Ok(self.publisher()?.roll_out(channel, change).await?)
    }

    /// What is signed, and the number that a name means.
    async fn named(&self, named: &str) -> Result<(Verified, u32), DeskError> {
        let verified = self.verified().await?;
        let number = match named.parse() {
            Ok(number) => Some(number),
            Err(_) if is_channel(named) => verified.channel(named).await?.map(|c| c.release),
            Err(_) => None,
        };
        match number.filter(|n| verified.releases().contains(n)) {
            Some(number) => Ok((verified, number)),
            None => Err(nothing_of_the_name(named, &verified)),
        }
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

fn nothing_of_the_name(named: &str, verified: &Verified) -> DeskError {
    let mut channels = verified.channels();
    channels.sort();
    let releases: Vec<String> = verified.releases().iter().map(u32::to_string).collect();
    DeskError::usage(format!(
        "“{named}” is no file, no folder, no channel ({}) and no release ({}) of the store",
        channels.join(", "),
        releases.join(", ")
    ))
}
