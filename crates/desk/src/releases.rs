//! Releases of a tenant's knowledge: followed on a device, published and looked after from one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mortar_assistant::{Embedder, Passage};
use mortar_aws::{Aws, Bucket, S3Store};
use mortar_knowledge::{BuildError, Progress, Release};
use mortar_local::{Folder, MiniLm};
use mortar_store::keys::{Keys, KeysShown, ROLES};
use mortar_store::manifest::Manifest;
use mortar_store::publish::{Options, PublishError, PublishProgress, Published, Publisher};
use mortar_store::sync::{Device, SyncError, SyncProgress, SyncReport, SyncStep};
use mortar_store::tend::{self, Checked, Cleared, ReleaseRow};
use mortar_store::trust::{Expiry, Memory, TrustError, Verified, load, read_root};
use mortar_store::{ReleaseStore, StoreError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::connection::Account;
use crate::models::{Local, Remote};
use crate::remembered::Remembered;
use crate::tenant::{self, TenantConfig};
use crate::{Desk, DeskError, Opened, Place, SharedEmbedder};

/// Which store, in place of the configuration's.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// A folder, or `s3://bucket/prefix` of the tenant's account.
    pub store: Option<String>,
    pub root: Option<PathBuf>,
    pub keys: Option<PathBuf>,
    pub channel: Option<String>,
}

/// How fresh the knowledge is, by the tenant's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    Fresh,
    Stale,
    TooStale,
}

/// Where the release comes from and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Knowledge {
    pub channel: String,
    pub number: u32,
    pub notes: String,
    /// When the store was last found to be as it should be.
    #[ts(type = "string | null")]
    pub checked_at: Option<Timestamp>,
    pub freshness: Freshness,
    /// Why the last check failed.
    pub problem: Option<String>,
}

/// What became of a document since an answer cited it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Since {
    pub document: String,
    pub state: SinceState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SinceState {
    Withdrawn,
    Changed,
}

impl From<SyncError> for DeskError {
    fn from(e: SyncError) -> Self {
        DeskError::new(e.code(), e)
    }
}

impl From<TrustError> for DeskError {
    fn from(e: TrustError) -> Self {
        DeskError::new(e.code(), e)
    }
}

impl From<PublishError> for DeskError {
    fn from(e: PublishError) -> Self {
        match e {
            PublishError::Raced => DeskError::new("raced", e),
            PublishError::Channel(_) => DeskError::new("usage", e),
            PublishError::Trust(e) => e.into(),
            PublishError::Build(e @ BuildError::Faults(_)) => e.into(),
            e => DeskError::new("publish_failed", e),
        }
    }
}

/// All that can embed here, the tenant's own model first.
pub fn embedders(
    local: &Result<Arc<MiniLm>, String>,
    account: Option<&Account>,
) -> Result<Vec<SharedEmbedder>, String> {
    let mut all: Vec<Box<dyn Embedder>> = Vec::new();
    if let Some(model) = account.and_then(|a| a.embedder.clone()) {
        all.push(Box::new(Remote {
            model,
            words: local.as_ref().ok().cloned(),
        }));
    }
    match local {
        Ok(local) => all.push(Box::new(Local(local.clone()))),
        Err(e) if all.is_empty() => return Err(e.clone()),
        Err(_) => {}
    }
    Ok(all.into_iter().map(|e| Arc::new(Remembered::new(e))).collect())
}

/// The store of a tenant: the one asked for, else the configuration's.
fn store(
    config: &TenantConfig,
    aws: Option<&Arc<Aws>>,
    given: Option<&str>,
) -> Result<Option<Arc<dyn ReleaseStore>>, DeskError> {
    if let Some(rest) = given.and_then(|s| s.strip_prefix("s3://")) {
        let aws = aws.ok_or_else(|| DeskError::new("usage", "this tenant has nothing on AWS: name a folder"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let known = aws.config.knowledge.clone();
        let known = known.filter(|k| k.bucket == bucket);
        let bucket = Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            owner: known.as_ref().and_then(|k| k.owner.clone()),
            kms_key: known.and_then(|k| k.kms_key),
        };
        return Ok(Some(Arc::new(S3Store::at(aws, bucket))));
    }
    let folder = given.map(PathBuf::from).or_else(|| config.knowledge.store.clone());
    Ok(match folder {
        Some(dir) => {
            // The same folder by another name is the same store.
            let dir = std::path::absolute(&dir).unwrap_or(dir);
            Some(Arc::new(Folder::new(&dir)))
        }
        None => aws.and_then(S3Store::of).map(|s| Arc::new(s) as Arc<dyn ReleaseStore>),
    })
}

/// A device that follows a store.
pub(crate) struct Follows {
    device: Device,
    /// One at a time: who comes second waits, and then finds nothing new.
    syncing: tokio::sync::Mutex<()>,
    state: Mutex<LastCheck>,
    stale: SignedDuration,
    refuse: Option<SignedDuration>,
    every: Duration,
}

#[derive(Default)]
struct LastCheck {
    checked_at: Option<Timestamp>,
    problem: Option<String>,
}

impl Follows {
    /// The store that the configuration names with a root; without a root none is followed.
    pub fn of(
        place: &Place,
        config: &TenantConfig,
        account: Option<&Account>,
        embedders: &Result<Vec<SharedEmbedder>, String>,
    ) -> Result<Option<Follows>, DeskError> {
        let Some(root) = &config.knowledge.root else {
            return Ok(None);
        };
        let Some(store) = store(config, account.map(|a| &a.aws), None)? else {
            return Ok(None);
        };
        let device = device(place, store, read_root(root)?, &config.knowledge.channel, embedders);
        let hours = |h: u32| SignedDuration::from_hours(i64::from(h));
        Ok(Some(Follows {
            state: Mutex::new(LastCheck {
                checked_at: device.memory().checked_at(),
                problem: None,
            }),
            device,
            syncing: tokio::sync::Mutex::default(),
            stale: hours(config.policy.stale_hours),
            refuse: config.policy.refuse_hours.map(hours),
            every: Duration::from_secs(60 * u64::from(config.knowledge.check_minutes)),
        }))
    }

    /// The release that is here, from this store; where there is none yet, it is fetched now.
    pub async fn first(&self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Arc<Release>, DeskError> {
        match Release::open(&self.device.release) {
            Ok(release) if release.manifest.source.is_some() => return Ok(release),
            // A release of a newer program is not ours to replace.
            Err(e @ mortar_knowledge::OpenError::Newer { .. }) => return Err(e.into()),
            _ => {}
        }
        let mut tell = |p: SyncProgress| {
            progress(match p.step {
                SyncStep::Checking | SyncStep::Downloading => Progress::Downloading {
                    done: p.done as usize,
                    of: p.of as usize,
                },
                SyncStep::Building => Progress::Indexing,
                SyncStep::Switching => Progress::Verifying,
            });
        };
        self.sync(&mut tell).await?;
        Ok(Release::open(&self.device.release)?)
    }

    async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, DeskError> {
        let _one = self.syncing.lock().await;
        let done = self.device.sync(progress).await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Ok(_) => {
                *state = LastCheck {
                    checked_at: Some(Timestamp::now()),
                    problem: None,
                }
            }
            Err(e) => state.problem = Some(e.to_string()),
        }
        Ok(done?)
    }

    fn freshness(&self, checked_at: Option<Timestamp>) -> Freshness {
        // A check that lies ahead says nothing: the clock was set back since.
        let age = checked_at.map(|at| Timestamp::now().duration_since(at));
        let old = |limit: SignedDuration| age.is_none_or(|age| age > limit || age < SignedDuration::from_hours(-1));
        if self.refuse.is_some_and(old) {
            Freshness::TooStale
        } else if old(self.stale) {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    fn checked(&self) -> Option<Timestamp> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).checked_at
    }
}

fn device(
    place: &Place,
    store: Arc<dyn ReleaseStore>,
    root: Vec<u8>,
    channel: &str,
    embedders: &Result<Vec<SharedEmbedder>, String>,
) -> Device {
    let mut models: Vec<String> = Vec::new();
    for e in embedders.iter().flatten() {
        if !models.iter().any(|m| m == e.model()) {
            models.push(e.model().to_owned());
        }
    }
    Device {
        store,
        root,
        channel: channel.to_owned(),
        models,
        release: place.release_dir(),
        dir: place.tenant_dir().join("sync"),
    }
}

impl Desk {
    pub(crate) fn knowledge(&self) -> Option<Knowledge> {
        let follows = self.follows.as_ref()?;
        let opened = self.opened();
        let source = opened.release.manifest.source.as_ref()?;
        let checked_at = follows.checked();
        Some(Knowledge {
            channel: source.channel.clone(),
            number: source.number,
            notes: source.notes.clone(),
            checked_at,
            freshness: follows.freshness(checked_at),
            problem: follows
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .problem
                .clone(),
        })
    }

    /// Whether the policy lets this release answer today.
    pub(crate) fn fresh_enough(&self) -> Result<(), DeskError> {
        let Some(follows) = &self.follows else { return Ok(()) };
        let checked_at = follows.checked();
        if follows.freshness(checked_at) != Freshness::TooStale {
            return Ok(());
        }
        let since = checked_at.map_or("never checked".to_owned(), |at| format!("last checked on {at}"));
        Err(DeskError::new(
            "too_stale",
            format!("The knowledge was {since}; this tenant answers from it only when it is fresher. Check it now."),
        ))
    }

    /// How often the store is to be looked at, where one is followed.
    pub fn check_every(&self) -> Option<Duration> {
        self.follows.as_ref().map(|f| f.every)
    }

    /// Brings the knowledge to where its channel stands. Questions under way end on what they began with.
    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, DeskError> {
        let follows = self.follows.as_ref().ok_or_else(|| {
            DeskError::new(
                "usage",
                "this tenant's knowledge was made on this device: there is no store to follow",
            )
        })?;
        let report = follows.sync(progress).await?;
        let release = Release::open(&follows.device.release)?;
        if !Arc::ptr_eq(&release, &self.opened().release) {
            let opened = Arc::new(Opened::of(release, &self.embedders));
            *self.now.write().unwrap_or_else(PoisonError::into_inner) = opened;
        }
        Ok(report)
    }

    /// What became of the documents of passages since they were found.
    pub fn since(&self, passages: &[Passage]) -> Result<Vec<Since>, DeskError> {
        let release = self.opened().release.clone();
        let mut out: Vec<Since> = Vec::new();
        for p in passages {
            let state = match release.document(&p.document)? {
                None => SinceState::Withdrawn,
                Some(d) if d.body.get(p.start as usize..p.end as usize) != Some(&p.text) => SinceState::Changed,
                Some(_) => continue,
            };
            if !out.iter().any(|s| s.document == p.document) {
                out.push(Since {
                    document: p.document.clone(),
                    state,
                });
            }
        }
        Ok(out)
    }
}

/// Following a store from the command line, without opening what is there.
pub struct Following {
    device: Device,
}

impl Following {
    pub fn open(place: &Place, given: &StoreOptions) -> Result<Following, DeskError> {
        let config = tenant::read(place)?;
        let account = Account::of(place, &config)?;
        let local = MiniLm::open(&place.weights).map(Arc::new).map_err(|e| e.to_string());
        let store = store(&config, account.as_ref().map(|a| &a.aws), given.store.as_deref())?.ok_or_else(no_store)?;
        let root = given
            .root
            .clone()
            .or_else(|| config.knowledge.root.clone())
            .ok_or_else(|| {
                DeskError::new(
                    "usage",
                    "name the root of trust with --root, or as knowledge.root in the tenant's configuration",
                )
            })?;
        let channel = given
            .channel
            .clone()
            .unwrap_or_else(|| config.knowledge.channel.clone());
        let embedders = embedders(&local, account.as_ref());
        Ok(Following {
            device: device(place, store, read_root(&root)?, &channel, &embedders),
        })
    }

    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, DeskError> {
        Ok(self.device.sync(progress).await?)
    }

    /// Forgets a time that lay ahead, a memory of the store that is damaged, and a release that is.
    pub fn repair(&self) -> Result<(), DeskError> {
        mortar_knowledge::release::forget_damaged(&self.device.release)?;
        Ok(self.device.memory().repair()?)
    }
}

fn no_store() -> DeskError {
    DeskError::new(
        "usage",
        "name the store with --store, or as knowledge.store or aws.knowledge in the tenant's configuration",
    )
}

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
        let config = tenant::read(place)?;
        let account = Account::of(place, &config)?;
        let local = MiniLm::open(&place.weights).map(Arc::new).map_err(|e| e.to_string());
        let store = store(&config, account.as_ref().map(|a| &a.aws), given.store.as_deref())?.ok_or_else(no_store)?;
        let all = embedders(&local, account.as_ref());
        let problem = all.as_ref().err().cloned();
        let mut embedders: Vec<SharedEmbedder> = Vec::new();
        for e in all.into_iter().flatten() {
            if !embedders.iter().any(|held| held.model() == e.model()) {
                embedders.push(e);
            }
        }
        Ok(Work {
            store,
            keys: given.keys.clone().or(config.knowledge.keys).map(|dir| Keys::new(&dir)),
            root: given.root.clone().or(config.knowledge.root),
            dir: place.tenant_dir().join("publishing"),
            embedders,
            problem,
        })
    }

    fn keys(&self) -> Result<Keys, DeskError> {
        self.keys.clone().ok_or_else(|| {
            DeskError::new(
                "usage",
                "name the folder of keys with --keys, or as knowledge.keys in the configuration",
            )
        })
    }

    fn publisher(&self) -> Result<Publisher<'_>, DeskError> {
        std::fs::create_dir_all(&self.dir)
            .map_err(|e| DeskError::new("home", format!("{}: {e}", self.dir.display())))?;
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
        let imported = mortar_sources::import(sources)?;
        Ok(self.publisher()?.publish(imported, options, progress).await?)
    }

    /// What is signed, read with the root of trust that is at hand. Reading needs no private key.
    async fn verified(&self) -> Result<Verified, DeskError> {
        let root = match (&self.root, &self.keys) {
            (Some(root), _) => read_root(root)?,
            (None, Some(keys)) => keys.root()?,
            (None, None) => return Err(DeskError::new("usage", "name the root of trust with --root or --keys")),
        };
        let memory = Memory::new(self.dir.join("trust.json"), &*self.store);
        Ok(load(&self.store, &root, &memory, Expiry::Overlooked).await?)
    }

    pub async fn releases(&self) -> Result<Vec<ReleaseRow>, DeskError> {
        Ok(tend::releases(&self.verified().await?).await?)
    }

    pub async fn verify(&self) -> Result<Checked, DeskError> {
        Ok(tend::verify(&*self.store, &self.verified().await?).await?)
    }

    pub async fn roll_back(&self, channel: &str, to: Option<u32>) -> Result<Manifest, DeskError> {
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
        let role = known.ok_or_else(|| {
            DeskError::new(
                "usage",
                format!("“{role}” is no role: root, targets, snapshot or timestamp"),
            )
        })?;
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

impl From<StoreError> for DeskError {
    fn from(e: StoreError) -> Self {
        TrustError::Store(e).into()
    }
}

impl Place {
    /// The folder of the tenant's release.
    pub(crate) fn release_dir(&self) -> PathBuf {
        self.tenant_dir().join("release")
    }
}
