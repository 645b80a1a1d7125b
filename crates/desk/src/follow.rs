//! Following a store: a device fetches what its channel shows, and knows how fresh that is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mortar_knowledge::{OpenError, Progress, Release};
use mortar_store::sync::{Device, SyncProgress, SyncReport, SyncStep};
use mortar_store::trust::read_root;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::account::Account;
use crate::config;
use crate::embedders::Embedders;
use crate::error::DeskError;
use crate::place::Place;
use crate::stores::{StoreOptions, device, no_store, store};
use crate::tenant::TenantConfig;

/// How fresh the knowledge is, by the tenant's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    Fresh,
    Stale,
    TooStale,
}

/// A device that follows a store.
pub(crate) struct Follows {
    pub device: Device,
    /// One at a time: who comes second waits, and then finds nothing new.
    syncing: tokio::sync::Mutex<()>,
    state: Mutex<LastCheck>,
    stale: SignedDuration,
    refuse: Option<SignedDuration>,
    /// How often the store is looked at.
    pub every: Duration,
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
        here: &Embedders,
    ) -> Result<Option<Follows>, DeskError> {
        let Some(root) = &config.knowledge.root else {
            return Ok(None);
        };
        let Some(store) = store(config, account.map(|a| &a.aws), None)? else {
            return Ok(None);
        };
        let device = device(place, store, read_root(root)?, &config.knowledge, here);
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
            Err(e @ OpenError::Newer { .. }) => return Err(e.into()),
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

    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, DeskError> {
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

    /// Why the last check failed, if it did.
    pub fn problem(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.problem.clone()
    }

    pub fn freshness(&self, checked_at: Option<Timestamp>) -> Freshness {
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

    pub fn checked(&self) -> Option<Timestamp> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).checked_at
    }
}

/// Following a store from the command line, without opening what is there.
pub struct Following {
    device: Device,
}

impl Following {
    pub fn open(place: &Place, given: &StoreOptions) -> Result<Following, DeskError> {
        let config = config::read(place)?;
        let account = Account::of(place, &config)?;
        let store = store(&config, account.as_ref().map(|a| &a.aws), given.store.as_deref())?.ok_or_else(no_store)?;
        let root = given
            .root
            .clone()
            .or_else(|| config.knowledge.root.clone())
            .ok_or_else(|| {
                DeskError::usage(
                    "name the root of trust with --root, or as knowledge.root in the tenant's configuration",
                )
            })?;
        let mut knowledge = config.knowledge.clone();
        knowledge.channel = given.channel.clone().unwrap_or(knowledge.channel);
        let remote = account.as_ref().and_then(|a| a.embedder.clone());
        let here = Embedders::of(&place.weights, remote);
        Ok(Following {
            device: device(place, store, read_root(&root)?, &knowledge, &here),
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
