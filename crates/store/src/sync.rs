//! Sync: a device follows a channel. What is signed is read, a plan is made, what is missing is fetched,
//! the next state is made beside the present one and looked at, and the pointer is switched. Searches
//! go on meanwhile on the state they began with, and there is never a mixture.
//!
//! Whatever kills it, the device has the state of before or the new one, and the next run fetches only
//! what is missing.

mod copy;
mod counted;
mod make;
pub mod plan;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use mortar_knowledge::release::{self, BuildError, OpenError, Progress, Release};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{SyncError, TrustError};
use crate::fetch::{Incoming, Spent};
use crate::manifest::{LANGUAGE, ReleaseManifest, is_channel};
use crate::memory::Memory;
use crate::port::ReleaseStore;
use crate::rollout::Whom;
use crate::scratch;
use crate::sync::counted::Counted;
use crate::sync::make::{Differences, MANIFEST, Making};
use crate::sync::plan::{Held, SyncPlan, Wanted, plan};
use crate::trust::{Expiry, Verified, load, load_if_changed};

/// So often a device looks for something new, where the tenant's configuration says nothing else; and by which share
/// of that each look comes sooner or later, so that all laptops never come at once.
pub const CHECK_MINUTES: u32 = 15;
pub const CHECK_JITTER: f64 = 0.2;
/// Bases are followed backwards at most so often: further back, all is fetched.
const BASES: usize = 4;

/// What a device follows, and where it keeps what.
#[derive(Clone)]
pub struct Device {
    pub store: Arc<dyn ReleaseStore>,
    /// The root that came with the tenant's configuration.
    pub root: Vec<u8>,
    pub channel: String,
    /// The release that it fetches, in place of the one that the channel shows.
    pub number: Option<u32>,
    /// The ring of the tenant's that it is of, which may get a release before others do.
    pub ring: Option<String>,
    /// The models that it can embed questions with, best first.
    pub models: Vec<String>,
    /// The folder of the release that is read.
    pub release: PathBuf,
    /// The folder of fetched files and of what was seen of the store.
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SyncStep {
    Checking,
    Downloading,
    Building,
    Switching,
}

/// How far it is: bytes while downloading, documents while building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SyncProgress {
    pub step: SyncStep,
    #[ts(type = "number")]
    pub done: u64,
    #[ts(type = "number")]
    pub of: u64,
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SyncReport {
    pub changed: bool,
    pub number: u32,
    pub release: String,
    pub channel: String,
    /// How it got there: nothing, back, grow, rebase, whole.
    pub plan: String,
    /// Of segments, and of metadata.
    #[ts(type = "number")]
    pub bytes: u64,
    #[ts(type = "number")]
    pub metadata_bytes: u64,
    #[ts(type = "number")]
    pub requests: u64,
    pub added: u32,
    pub changed_documents: u32,
    pub withdrawn: u32,
    pub seconds: f64,
    /// Of these, making and looking at the new state.
    pub build_seconds: f64,
}

/// Where a device stands when a sync begins.
struct Standing {
    now: Option<Held>,
    /// What it has is of the channel that it is to follow.
    of_the_channel: bool,
}

/// How a device came to where its channel stands.
struct Followed {
    number: u32,
    release: String,
    plan: &'static str,
    made: Option<Made>,
}

struct Made {
    differences: Differences,
    seconds: f64,
}

impl Device {
    pub fn memory(&self) -> Memory {
        Memory::new(self.dir.join("trust.json"), &*self.store)
    }

    fn incoming(&self) -> Incoming {
        Incoming::new(self.dir.join("incoming"))
    }

    /// Brings the device to where its channel stands.
    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, SyncError> {
        let began = Instant::now();
        if !is_channel(&self.channel) {
            return Err(self.no_channel(None));
        }
        progress(SyncProgress {
            step: SyncStep::Checking,
            done: 0,
            of: 0,
        });
        let (signed, spent) = (Arc::new(Spent::default()), Spent::default());
        let counted: Arc<dyn ReleaseStore> = Arc::new(Counted {
            store: self.store.clone(),
            spent: signed.clone(),
        });
        // One at a time on this device, whichever program it is.
        let _one = release::alone(&self.dir)?;
        // Also where nothing is new: what a killed program left is not kept until something is.
        scratch::sweep_alone(&self.dir);
        if self.release.exists() {
            // Entering clears the states that nothing points to; who is at work there clears by himself.
            drop(release::Site::enter(&self.release));
        }
        let standing = self.standing()?;
        let verified = self.look(&counted, &standing).await?;
        let followed = match &verified {
            Some(verified) => self.follow(verified, &standing, &spent, progress).await?,
            None => Followed::unchanged(&standing),
        };
        if let Some(verified) = &verified {
            // If that cannot be kept, all is read again the next time.
            let _ = self.memory().settle(&verified.tag);
        }
        let differences = followed.made.as_ref().map(|m| m.differences).unwrap_or_default();
        Ok(SyncReport {
            changed: followed.made.is_some(),
            number: followed.number,
            release: followed.release,
            channel: self.channel.clone(),
            plan: followed.plan.into(),
            bytes: spent.bytes.load(Ordering::Relaxed),
            metadata_bytes: signed.bytes.load(Ordering::Relaxed),
            requests: spent.requests.load(Ordering::Relaxed) + signed.requests.load(Ordering::Relaxed),
            added: differences.added,
            changed_documents: differences.changed,
            withdrawn: differences.withdrawn,
            seconds: began.elapsed().as_secs_f64(),
            build_seconds: followed.made.map_or(0.0, |m| m.seconds),
        })
    }

    /// The device's own name, drawn once: it says nothing of who uses it.
    fn id(&self) -> Result<String, TrustError> {
        const ID: &str = "device";
        let path = self.dir.join(ID);
        let kept = |source| TrustError::Keep {
            path: path.clone(),
            source,
        };
        if let Ok(id) = std::fs::read_to_string(&path)
            && !id.is_empty()
        {
            return Ok(id);
        }
        let id = format!("{:032x}", rand::random::<u128>());
        std::fs::create_dir_all(&self.dir)
            .and_then(|()| release::replace(&self.dir, ID, id.as_bytes()))
            .map_err(kept)?;
        Ok(id)
    }

    fn no_channel(&self, verified: Option<&Verified>) -> SyncError {
        SyncError::NoChannel {
            channel: self.channel.clone(),
            there: verified.map(Verified::channels).unwrap_or_default(),
        }
    }

    fn standing(&self) -> Result<Standing, SyncError> {
        let pointer = release::pointer(&self.release)?;
        // What cannot be read is as if it were not there: it is fetched again.
        let now = held(&self.release, pointer.as_ref()).filter(|_| Release::open(&self.release).is_ok());
        let source = pointer.as_ref().and_then(|m| m.source.as_ref());
        Ok(Standing {
            now,
            of_the_channel: source.is_some_and(|s| s.channel == self.channel),
        })
    }

    /// What is signed; none where nothing is new. Where this device stands nowhere yet, or elsewhere, all is read even
    /// if nothing is new.
    async fn look(&self, store: &Arc<dyn ReleaseStore>, standing: &Standing) -> Result<Option<Verified>, TrustError> {
        let as_it_should = |n: &Held| n.language == LANGUAGE && n.models == n.manifest.model_names(&self.models);
        if standing.of_the_channel && standing.now.as_ref().is_some_and(as_it_should) {
            load_if_changed(store, &self.root, &self.memory()).await
        } else {
            let all = load(store, &self.root, &self.memory(), Expiry::Refused).await?;
            Ok(Some(all))
        }
    }

    async fn follow(
        &self,
        verified: &Verified,
        standing: &Standing,
        spent: &Spent,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<Followed, SyncError> {
        let number = match self.number {
            Some(number) => number,
            None => {
                let channel = verified.channel(&self.channel).await?;
                let channel = channel.ok_or_else(|| self.no_channel(Some(verified)))?;
                let device = self.id()?;
                channel.release_for(&Whom {
                    device: &device,
                    ring: self.ring.as_deref(),
                    has: standing.now.as_ref().map(|n| n.manifest.number),
                })
            }
        };
        let manifest = verified.manifest(number).await?;
        let models = manifest.model_names(&self.models);
        let wanted = Wanted {
            manifest: &manifest,
            models: &models,
            language: LANGUAGE,
        };
        let plan = self.plan(verified, standing, &wanted).await?;
        let mut followed = Followed {
            number: manifest.number,
            release: manifest.release.clone(),
            plan: plan.name(),
            made: None,
        };
        if plan == SyncPlan::Nothing {
            return Ok(followed);
        }
        let here = standing.now.as_ref().and_then(|_| Release::open(&self.release).ok());
        // What is damaged is nothing to make another state of: all of it was looked at before.
        let grows = matches!(plan, SyncPlan::Grow { .. } | SyncPlan::Rebase { .. });
        let here = here.filter(|here| !grows || here.whole().is_ok());
        let made = self.go(&plan, &wanted, here.as_deref(), spent, progress).await;
        followed.made = Some(match made {
            // What is here turned out not to be what it should be: from the beginning, then.
            Err(
                SyncError::Present(_)
                | SyncError::Build(BuildError::Index(_) | BuildError::Open(OpenError::Damaged { .. })),
            ) if !matches!(plan, SyncPlan::Whole { .. }) => {
                let whole = SyncPlan::Whole {
                    segments: manifest.segments.clone(),
                };
                followed.plan = whole.name();
                self.go(&whole, &wanted, here.as_deref(), spent, progress).await?
            }
            made => made?,
        });
        Ok(followed)
    }

    async fn plan(
        &self,
        verified: &Verified,
        standing: &Standing,
        wanted: &Wanted<'_>,
    ) -> Result<SyncPlan, TrustError> {
        let now = standing.now.as_ref();
        let before = release::previous(&self.release)
            .filter(|m| m.source.as_ref().is_some_and(|s| s.channel == self.channel))
            .and_then(|m| held(&self.release, Some(&m)));
        let grows = |n: &Held| n.language == LANGUAGE && wanted.manifest.segments.starts_with(&n.manifest.segments);
        let parents = match now {
            Some(now) if !grows(now) => parents(verified, wanted.manifest).await?,
            _ => Vec::new(),
        };
        Ok(match plan(now, before.as_ref(), wanted, &parents) {
            // The same release by another channel: only that is to be written down.
            SyncPlan::Nothing if !standing.of_the_channel => SyncPlan::Grow { segments: Vec::new() },
            plan => plan,
        })
    }

    /// Does what a plan says: fetches, makes the new state, and switches to it.
    async fn go(
        &self,
        plan: &SyncPlan,
        wanted: &Wanted<'_>,
        here: Option<&Release>,
        spent: &Spent,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<Made, SyncError> {
        let objects = plan.objects(wanted.models);
        let of: u64 = objects.iter().map(|o| o.bytes).sum();
        let incoming = self.incoming();
        incoming.keep(&objects);
        let mut tell = |done| {
            progress(SyncProgress {
                step: SyncStep::Downloading,
                done,
                of,
            });
        };
        incoming.fetch(&*self.store, &objects, spent, &mut tell).await?;
        let began = Instant::now();
        let documents = u64::from(wanted.manifest.documents);
        let mut tell = |p: Progress| {
            let (step, done) = match p {
                Progress::Verifying => (SyncStep::Switching, documents),
                _ => (SyncStep::Building, 0),
            };
            progress(SyncProgress {
                step,
                done,
                of: documents,
            });
        };
        let making = Making {
            release: &self.release,
            channel: &self.channel,
            wanted: wanted.manifest,
            models: wanted.models,
            here,
            incoming: &incoming,
        };
        let differences = making.make(plan, &mut tell)?;
        // Used, and never asked for again.
        incoming.keep(&[]);
        Ok(Made {
            differences,
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}

impl Followed {
    fn unchanged(standing: &Standing) -> Followed {
        let now = standing.now.as_ref().map(|n| &n.manifest);
        Followed {
            number: now.map_or(0, |m| m.number),
            release: now.map(|m| m.release.clone()).unwrap_or_default(),
            plan: SyncPlan::Nothing.name(),
            made: None,
        }
    }
}

/// The releases that bases were made anew from, the latest first, as far as they are there.
async fn parents(verified: &Verified, wanted: &ReleaseManifest) -> Result<Vec<ReleaseManifest>, TrustError> {
    let mut parents: Vec<ReleaseManifest> = Vec::new();
    while parents.len() < BASES {
        let Some(rebased) = &parents.last().unwrap_or(wanted).rebased else {
            break;
        };
        match verified.manifest(rebased.parent).await {
            Ok(parent) => parents.push(parent),
            // It was cleared away: further back, all is fetched.
            Err(TrustError::Missing(_)) => break,
            Err(e) => return Err(e),
        }
    }
    Ok(parents)
}

/// What stands in a release's folder of a store's release, if it came from one.
fn held(dir: &Path, pointer: Option<&release::Manifest>) -> Option<Held> {
    let pointer = pointer?;
    let source = pointer.source.as_ref()?;
    let bytes = std::fs::read(dir.join(&pointer.data).join(MANIFEST)).ok()?;
    let manifest = ReleaseManifest::read(source.number, &bytes).ok()?;
    Some(Held {
        manifest,
        models: pointer.embeddings.iter().map(|e| e.model.clone()).collect(),
        language: pointer.language,
    })
}
