//! Sync: a device follows a channel. What is signed is read, a plan is made, what is missing is fetched,
//! the next state is made beside the present one and looked at, and the pointer is switched. Searches
//! go on meanwhile on the state they began with, and there is never a mixture.
//!
//! Whatever kills it, the device has the state of before or the new one, and the next run fetches only
//! what is missing.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use crate::fetch::{FetchError, Incoming, Spent};
use crate::fold::Folded;
use crate::manifest::{Manifest, is_channel};
use crate::plan::{Held, Plan, plan};
use crate::segment::{Contents, DecodeError, Segment, decode};
use crate::trust::{Memory, TrustError, Verified, load_if_changed};
use crate::{Got, Listed, ReleaseStore, StoreError, Want};
use mortar_knowledge::index::{self, DATA, Delta, Row, Vectors};
use mortar_knowledge::release::{self, BuildError, Embedding, OpenError, Origin, Progress, Release, Site, State};

/// Of the store, beside the data that was made of it.
const MANIFEST: &str = "store.json";
/// Bases are followed backwards at most so often: further back, all is fetched.
const BASES: usize = 4;

#[derive(Debug, Error)]
pub enum SyncError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the store has no channel “{channel}”; it has {}", .there.join(", "))]
    NoChannel { channel: String, there: Vec<String> },
    #[error("this device's release cannot be grown ({0})")]
    Present(String),
}

impl From<OpenError> for SyncError {
    fn from(e: OpenError) -> Self {
        SyncError::Build(e.into())
    }
}

impl SyncError {
    /// A word for programs: which attack, or which fault, it was.
    pub fn code(&self) -> &'static str {
        match self {
            SyncError::Trust(e) => e.code(),
            SyncError::Fetch(FetchError::Bad(_)) | SyncError::Decode(DecodeError::Bad(_)) => "damaged",
            SyncError::Fetch(FetchError::Store(StoreError::Offline(_))) => "offline",
            SyncError::Fetch(FetchError::Store(StoreError::SignIn(_))) => "sign_in",
            SyncError::Fetch(FetchError::Store(_)) => "store",
            SyncError::Fetch(_) | SyncError::Decode(_) => "disk",
            SyncError::Build(BuildError::Busy(_)) => "busy",
            SyncError::Build(BuildError::Write { .. }) => "disk",
            SyncError::Build(BuildError::Open(OpenError::Newer { .. })) => "newer_release",
            SyncError::Build(_) | SyncError::Present(_) => "build",
            SyncError::NoChannel { .. } => "channel",
        }
    }
}

/// What a device follows, and where it keeps what.
#[derive(Clone)]
pub struct Device {
    pub store: Arc<dyn ReleaseStore>,
    /// The root that came with the tenant's configuration.
    pub root: Vec<u8>,
    pub channel: String,
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

/// A store that counts what is asked of it.
struct Counted {
    store: Arc<dyn ReleaseStore>,
    spent: Arc<Spent>,
}

impl ReleaseStore for Counted {
    fn location(&self) -> String {
        self.store.location()
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> futures::future::BoxFuture<'a, Result<Got, StoreError>> {
        use futures::StreamExt;
        Box::pin(async move {
            self.spent.requests.fetch_add(1, Ordering::Relaxed);
            Ok(match self.store.get(key, want).await? {
                Got::NotChanged => Got::NotChanged,
                Got::Body { tag, bytes } => {
                    let spent = self.spent.clone();
                    let bytes = bytes.inspect(move |chunk| {
                        let size = chunk.as_ref().map_or(0, Vec::len) as u64;
                        spent.bytes.fetch_add(size, Ordering::Relaxed);
                    });
                    Got::Body {
                        tag,
                        bytes: bytes.boxed(),
                    }
                }
            })
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: crate::Condition,
    ) -> futures::future::BoxFuture<'a, Result<String, StoreError>> {
        self.store.put(key, bytes, condition)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> futures::future::BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        self.store.list(prefix)
    }

    fn delete<'a>(&'a self, key: &'a str) -> futures::future::BoxFuture<'a, Result<(), StoreError>> {
        self.store.delete(key)
    }
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
        let signed = Arc::new(Spent::default());
        let spent = Spent::default();
        let counted: Arc<dyn ReleaseStore> = Arc::new(Counted {
            store: self.store.clone(),
            spent: signed.clone(),
        });
        // One at a time on this device, whichever program it is.
        let _one = release::alone(&self.dir)?;
        let pointer = release::pointer(&self.release)?;
        // What cannot be read is as if it were not there: it is fetched again.
        let now = held(&self.release, pointer.as_ref()).filter(|_| Release::open(&self.release).is_ok());
        let follows = pointer
            .as_ref()
            .and_then(|m| m.source.as_ref())
            .is_some_and(|s| s.channel == self.channel);
        let mut report = SyncReport {
            changed: false,
            number: 0,
            release: String::new(),
            channel: self.channel.clone(),
            plan: Plan::Nothing.name().into(),
            bytes: 0,
            metadata_bytes: 0,
            requests: 0,
            added: 0,
            changed_documents: 0,
            withdrawn: 0,
            seconds: 0.0,
            build_seconds: 0.0,
        };
        // Where this device stands nowhere yet, or elsewhere, all is read even if nothing is new.
        let settled = now
            .as_ref()
            .is_some_and(|n| follows && n.models == n.manifest.models_of(&self.models));
        let verified = if settled {
            load_if_changed(&counted, &self.root, &self.memory()).await?
        } else {
            Some(crate::trust::load(&counted, &self.root, &self.memory(), crate::trust::Expiry::Refused).await?)
        };
        let done = match (&verified, &now) {
            (None, Some(now)) => Ok((now.manifest.number, now.manifest.release.clone())),
            (Some(verified), _) => self.follow(verified, now, follows, &spent, &mut report, progress).await,
            (None, None) => Ok((0, String::new())),
        };
        (report.number, report.release) = done?;
        if let Some(verified) = &verified {
            // If that cannot be kept, all is read again the next time.
            let _ = self.memory().settle(verified);
        }
        report.bytes = spent.bytes.load(Ordering::Relaxed);
        report.metadata_bytes = signed.bytes.load(Ordering::Relaxed);
        report.requests = spent.requests.load(Ordering::Relaxed) + signed.requests.load(Ordering::Relaxed);
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }

    fn no_channel(&self, verified: Option<&Verified>) -> SyncError {
        SyncError::NoChannel {
            channel: self.channel.clone(),
            there: verified.map(Verified::channels).unwrap_or_default(),
        }
    }

    async fn follow(
        &self,
        verified: &Verified,
        now: Option<Held>,
        follows: bool,
        spent: &Spent,
        report: &mut SyncReport,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<(u32, String), SyncError> {
        let channel = verified.channel(&self.channel).await?;
        let channel = channel.ok_or_else(|| self.no_channel(Some(verified)))?;
        let wanted = verified.manifest(channel.release).await?;
        let models = wanted.models_of(&self.models);
        let before = release::previous(&self.release)
            .filter(|m| m.source.as_ref().is_some_and(|s| s.channel == self.channel))
            .and_then(|m| held(&self.release, Some(&m)));
        let mut parents: Vec<Manifest> = Vec::new();
        let grows = now
            .as_ref()
            .is_some_and(|n| wanted.segments.starts_with(&n.manifest.segments));
        while now.is_some() && !grows && parents.len() < BASES {
            let last = parents.last().unwrap_or(&wanted);
            let Some(rebased) = &last.rebased else { break };
            match verified.manifest(rebased.parent).await {
                Ok(parent) => parents.push(parent),
                // It was cleared away: further back, all is fetched.
                Err(TrustError::Missing(_)) => break,
                Err(e) => return Err(e.into()),
            }
        }
        let mut way = plan(now.as_ref(), before.as_ref(), &wanted, &parents, &models);
        if way == Plan::Nothing && !follows {
            way = Plan::Grow { segments: Vec::new() };
        }
        report.plan = way.name().into();
        if way == Plan::Nothing {
            return Ok((wanted.number, wanted.release));
        }
        // What is damaged is nothing to make another state of: all of it was looked at before.
        let grows = matches!(way, Plan::Grow { .. } | Plan::Rebase { .. });
        let here = now.as_ref().and_then(|_| Release::open(&self.release).ok());
        let here = here.filter(|here| !grows || here.whole().is_ok());
        match self
            .take(&way, &wanted, &models, here.as_deref(), spent, report, progress)
            .await
        {
            // What is here turned out not to be what it should be: from the beginning, then.
            Err(
                SyncError::Present(_)
                | SyncError::Build(BuildError::Index(_) | BuildError::Open(OpenError::Damaged { .. })),
            ) if !matches!(way, Plan::Whole { .. }) => {
                let whole = Plan::Whole {
                    segments: wanted.segments.clone(),
                };
                report.plan = whole.name().into();
                self.take(&whole, &wanted, &models, here.as_deref(), spent, report, progress)
                    .await?;
            }
            other => other?,
        }
        report.changed = true;
        Ok((wanted.number, wanted.release))
    }

    #[expect(clippy::too_many_arguments, reason = "one way of `follow`, taken once or twice")]
    async fn take(
        &self,
        way: &Plan,
        wanted: &Manifest,
        models: &[String],
        here: Option<&Release>,
        spent: &Spent,
        report: &mut SyncReport,
        progress: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<(), SyncError> {
        let objects = way.objects(models);
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
        let site = Site::enter(&self.release)?;
        let documents = u64::from(wanted.documents);
        let mut told = |p: Progress| {
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
        told(Progress::Indexing);
        if *way == Plan::Back {
            site.back()?;
            let now = Release::open(&self.release)?;
            if let (Some(here), Ok(digests)) = (here, now.index.digests()) {
                let told = differences(here, digests.iter().map(|(id, digest)| (id.as_str(), *digest)));
                (report.added, report.changed_documents, report.withdrawn) = told.unwrap_or_default();
            }
            report.build_seconds = began.elapsed().as_secs_f64();
            return Ok(());
        }
        let dimensions = wanted.models(models);
        let read = |segments: &[Segment]| -> Result<Vec<Contents>, SyncError> {
            let all = segments
                .iter()
                .map(|s| Ok(decode(s, &dimensions, &|o| incoming.read(o))?));
            all.collect()
        };
        let present = || here.ok_or_else(|| SyncError::Present("there is none".into()));
        let state = State {
            release: wanted.release.clone(),
            documents: wanted.documents,
            passages: wanted.passages,
            embeddings: Vec::new(),
            source: Some(Origin {
                number: wanted.number,
                channel: self.channel.clone(),
                published_at: wanted.created_at,
                notes: wanted.notes.clone(),
                content: wanted.content.clone(),
            }),
            vectors: None,
        };
        let signed = serde_json::to_vec(wanted).map_err(|e| TrustError::Other(e.to_string()))?;
        let finish = |dir: &Path| release::replace(dir, MANIFEST, &signed).map_err(heed::Error::Io);
        match way {
            Plan::Nothing | Plan::Back => {}
            Plan::Grow { segments } => {
                let here = present()?;
                let contents = read(segments)?;
                let grown = grown(here, &contents).map_err(|e| SyncError::Present(e.to_string()))?;
                let held = wanted.segments.len() - segments.len();
                if here.index.numbered().0 != Manifest::counts(&wanted.segments[..held]).documents {
                    return Err(SyncError::Present("it has other numbers than its segments".into()));
                }
                (report.added, report.changed_documents, report.withdrawn) = grown.counts;
                let mut folded = Folded::default();
                contents.into_iter().for_each(|c| folded.add(c));
                let state = State {
                    embeddings: here.manifest.embeddings.clone(),
                    vectors: here.manifest.vectors.clone(),
                    ..state
                };
                site.put(state, true, &mut told, |dir| {
                    if here.manifest.vectors.is_some() {
                        release::share_vectors(here.data(), dir)?;
                    }
                    let flushing = copied(&here.data().join(DATA), &dir.join(DATA))?;
                    let delta = Delta {
                        rows: &folded.rows,
                        live: &folded.live,
                        vectors: &folded.vectors,
                        gone: &grown.gone,
                    };
                    index::apply(dir, &delta)?;
                    drop(flushing);
                    finish(dir)
                })?;
            }
            Plan::Rebase { .. } | Plan::Whole { .. } => {
                let (folded, base) = match way {
                    Plan::Rebase { into_base, behind } => {
                        let mut folded =
                            everything(present()?, &dimensions).map_err(|e| SyncError::Present(e.to_string()))?;
                        read(into_base)?.into_iter().for_each(|c| folded.add(c));
                        let mut folded = folded.settled();
                        let base = folded.rows.len();
                        if base != Manifest::counts(&wanted.segments[..wanted.base as usize]).documents as usize {
                            return Err(SyncError::Present("it holds other documents than the base".into()));
                        }
                        read(behind)?.into_iter().for_each(|c| folded.add(c));
                        (folded, base)
                    }
                    _ => {
                        let mut folded = Folded::default();
                        read(&wanted.segments)?.into_iter().for_each(|c| folded.add(c));
                        let base = Manifest::counts(&wanted.segments[..wanted.base as usize]).documents as usize;
                        (folded, base)
                    }
                };
                if let Some(here) = here {
                    // Only told: what is here may be what could not be read.
                    let then = folded.ids().filter_map(|id| Some((id, folded.get(id)?.digest)));
                    let told = differences(here, then).unwrap_or((folded.documents(), 0, 0));
                    (report.added, report.changed_documents, report.withdrawn) = told;
                } else {
                    report.added = folded.documents();
                }
                let state = State {
                    embeddings: folded.vectors.iter().map(Embedding::of).collect(),
                    ..state
                };
                site.put(state, here.is_some(), &mut told, |dir| {
                    index::write(&folded.rows, &folded.live, base, &folded.vectors, dir)?;
                    finish(dir)
                })?;
            }
        }
        report.build_seconds = began.elapsed().as_secs_f64();
        // Used, and never asked for again.
        incoming.keep(&[]);
        Ok(())
    }
}

impl Manifest {
    /// Those of the models wanted that it has vectors by, in its own order.
    fn models_of(&self, wanted: &[String]) -> Vec<String> {
        self.models(wanted).into_iter().map(|m| m.0).collect()
    }
}

/// Copies a large file, and has what is copied go to the disk meanwhile: at the end little is left to be
/// waited for. That goes on until what is given is dropped.
fn copied(from: &Path, to: &Path) -> std::io::Result<Flushing> {
    let (mut source, mut target) = (File::open(from)?, File::create(to)?);
    let (behind, ended) = (target.try_clone()?, Arc::new(AtomicBool::new(false)));
    let stop = ended.clone();
    let thread = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            // Whether it lasts is seen at the end, once for all of it.
            let _ = behind.sync_data();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let flushing = Flushing {
        ended,
        thread: Some(thread),
    };
    std::io::copy(&mut source, &mut target)?;
    Ok(flushing)
}

struct Flushing {
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Flushing {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// What stands in a release's folder of a store's release, if it came from one.
fn held(dir: &Path, pointer: Option<&release::Manifest>) -> Option<Held> {
    let pointer = pointer?;
    let source = pointer.source.as_ref()?;
    let bytes = std::fs::read(dir.join(&pointer.data).join(MANIFEST)).ok()?;
    let manifest = Manifest::read(source.number, &bytes).ok()?;
    Some(Held {
        manifest,
        models: pointer.embeddings.iter().map(|e| e.model.clone()).collect(),
    })
}

/// What growing takes out, and how it is told.
struct Grown {
    gone: Vec<u32>,
    counts: (u32, u32, u32),
}

/// Which numbers of the present state what comes behind it takes the place of.
fn grown(here: &Release, contents: &[Contents]) -> heed::Result<Grown> {
    let (mut added, mut changed, mut withdrawn) = (0, 0, 0);
    let mut gone = Vec::new();
    // Whether each document that is touched is there afterwards.
    let mut seen = std::collections::BTreeMap::new();
    for c in contents {
        c.withdrawn.iter().for_each(|id| {
            seen.insert(id.as_str(), false);
        });
        c.rows.iter().for_each(|r| {
            seen.insert(r.document.id.as_str(), true);
        });
    }
    for (id, there) in seen {
        match (here.index.number(id)?, there) {
            (Some(number), there) => {
                gone.push(number);
                if there {
                    changed += 1;
                } else {
                    withdrawn += 1;
                }
            }
            (None, true) => added += 1,
            (None, false) => {}
        }
    }
    Ok(Grown {
        gone,
        counts: (added, changed, withdrawn),
    })
}

/// All that a state holds, as rows in the order of their numbers.
fn everything(here: &Release, models: &[(String, usize)]) -> heed::Result<Folded> {
    let reading = here.index.read()?;
    let mut contents = Contents::default();
    for (model, dimensions) in models {
        contents.vectors.push(Vectors {
            model: model.clone(),
            dimensions: *dimensions,
            ..Vectors::default()
        });
    }
    for number in here.index.documents()? {
        let document = reading.document(number)?;
        let passages = here.index.passages_of(number);
        for set in &mut contents.vectors {
            let Some((at, _)) = here.index.set(&set.model) else {
                continue;
            };
            for p in passages.clone() {
                let vector = here.index.vector(at, p * 2)?;
                set.passages
                    .push(vector.ok_or_else(|| index::damaged("a vector is missing"))?);
            }
            set.documents.push(here.index.vector(at, passages.start * 2 + 1)?);
        }
        let records = passages
            .map(|p| reading.passage(p).map(|s| s.record))
            .collect::<heed::Result<_>>()?;
        contents.rows.push(Row {
            document,
            passages: records,
            digest: here
                .index
                .digest(number)?
                .ok_or_else(|| index::damaged("a digest is missing"))?,
        });
    }
    let mut folded = Folded::default();
    folded.add(contents);
    Ok(folded)
}

/// How many documents are new, are other than before, and are gone.
fn differences<'d>(here: &Release, then: impl Iterator<Item = (&'d str, [u8; 32])>) -> heed::Result<(u32, u32, u32)> {
    let held: HashMap<String, [u8; 32]> = here.index.digests()?.into_iter().collect();
    let (mut added, mut changed, mut kept) = (0, 0, 0);
    for (id, digest) in then {
        match held.get(id) {
            None => added += 1,
            Some(before) => {
                kept += 1;
                changed += u32::from(*before != digest);
            }
        }
    }
    Ok((added, changed, held.len() as u32 - kept))
}
