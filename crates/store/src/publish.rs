//! Publish: sources to a new release in the store, and a channel that shows it. Only what changed is
//! embedded and uploaded. Whatever kills it, the store is what it was until the very last write, and the
//! next run embeds and uploads only what is missing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use mortar_assistant::Embedder;
use serde::Serialize;
use thiserror::Error;

use crate::commit::{Change, commit, put_once};
use crate::fetch::{FetchError, Incoming, Spent, again};
use crate::fold::Folded;
use crate::keys::Keys;
use crate::manifest::{
    Channel, Distance, Effective, EmbeddingModel, FORMAT, LARGEST_MANIFEST, Manifest, Rebased, channel_name,
    is_channel, manifest_name,
};
use crate::segment::{Contents, DecodeError, Files, Object, Segment, decode, effective, encode, parts};
use crate::trust::{Expiry, Memory, TIMESTAMP, TrustError, Verified, check_root, load, load_below};
use crate::vector_log::VectorLog;
use crate::{ReleaseStore, StoreError};
use mortar_knowledge::embed::{self, Known};
use mortar_knowledge::index::{Row, Vectors};
use mortar_knowledge::release::{Accepted, BuildError, accepted, alone, hint, name};
use mortar_sources::{Finding, Imported};

/// A base is written anew when what came behind it is a quarter of it, or is in many pieces.
const GROWN: u32 = 4;
const PIECES: usize = 64;
const AT_A_TIME: usize = 4;

#[derive(Debug, Error)]
pub enum PublishError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("what is needed to publish cannot be kept in {path}: {source}{}", hint(.source))]
    Keep { path: PathBuf, source: std::io::Error },
    #[error(
        "somebody else wrote to the store meanwhile; nothing of theirs was written over. Do it again to go on from their \
         state: nothing is embedded or uploaded twice"
    )]
    Raced,
    #[error(
        "release {number} is published, but whether all of its files are still there could not be seen ({why}). Publish \
         it again: that looks once more"
    )]
    Unseen { number: u32, why: String },
    #[error("“{0}” is no channel: small letters, digits and hyphens")]
    Channel(String),
    #[error("the store {0} has no keys yet: `mortar kb keys init` makes them")]
    NoKeys(String),
    #[error("{0}")]
    Nothing(String),
}

impl From<StoreError> for PublishError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Conflict(_) => PublishError::Raced,
            e => PublishError::Trust(e.into()),
        }
    }
}

/// A conflict in the signed part is another publisher.
pub(crate) fn raced(e: TrustError) -> PublishError {
    match e {
        TrustError::Store(e) => e.into(),
        e => PublishError::Trust(e),
    }
}

/// Who publishes: where to, with which keys, and where what was made is kept meanwhile.
pub struct Publisher<'a> {
    pub store: Arc<dyn ReleaseStore>,
    pub keys: Keys,
    pub dir: &'a Path,
    /// One set of vectors is made by each.
    pub embedders: Vec<&'a dyn Embedder>,
}

#[derive(Debug, Clone, Default)]
pub struct Options {
    pub channel: String,
    pub notes: String,
    pub skip_bad: bool,
    pub dry_run: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishProgress {
    Comparing,
    Embedding { model: String, done: usize, of: usize },
    Uploading { done: u64, of: u64 },
    Signing,
}

/// What a publication did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Published {
    pub channel: String,
    pub number: u32,
    pub release: String,
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub withdrawn: Vec<String>,
    pub unchanged: usize,
    /// Texts that were embedded now.
    pub embedded: usize,
    pub uploaded_bytes: u64,
    /// The base was written anew.
    pub rebased: bool,
    pub dry_run: bool,
    /// The channel shows this already.
    pub nothing_new: bool,
    #[serde(skip)]
    pub left_out: Vec<Finding>,
    #[serde(skip)]
    pub ignored: Vec<String>,
}

impl Publisher<'_> {
    fn incoming(&self) -> Incoming {
        Incoming::new(self.dir.join("objects"))
    }

    fn memory(&self) -> Memory {
        Memory::new(self.dir.join("trust.json"), &*self.store)
    }

    /// The store as it is; none where nothing was published yet.
    pub(crate) async fn state(&self) -> Result<Option<Verified>, PublishError> {
        let memory = self.memory();
        let root = self.keys.root()?;
        match load(&self.store, &root, &memory, Expiry::Overlooked).await {
            Ok(verified) => Ok(Some(verified)),
            Err(TrustError::Missing(_)) => {
                let listed = again(|| self.store.list("metadata/")).await?;
                if listed.iter().any(|l| l.key == TIMESTAMP) {
                    Err(TrustError::Missing("part of its signed state".into()).into())
                } else if memory.knows_it(&root)? {
                    // A first publication here would be taken for an attack by every device.
                    Err(TrustError::Missing(format!(
                        "{TIMESTAMP} any more: bring it back from the bucket’s earlier versions"
                    ))
                    .into())
                } else if listed.iter().any(|l| l.key == "metadata/1.root.json") {
                    Ok(None)
                } else {
                    Err(PublishError::NoKeys(self.store.location()))
                }
            }
            Err(TrustError::Signature(role)) => self.before_rotation(&root, role).await.map(Some),
            Err(e) => Err(raced(e)),
        }
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
                Err(e) => return Err(raced(e)),
            }
        }
        Err(TrustError::Signature(role).into())
    }

    pub async fn publish(
        &self,
        imported: Imported,
        options: &Options,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Published, PublishError> {
        if !is_channel(&options.channel) {
            return Err(PublishError::Channel(options.channel.clone()));
        }
        // One publication at a time from this folder: they share the files kept at hand.
        let _one = alone(self.dir)?;
        let Accepted {
            rows,
            left_out,
            ignored,
        } = accepted(imported, options.skip_bad)?;
        progress(PublishProgress::Comparing);
        let state = self.state().await?;
        let channel = match &state {
            Some(v) => v.channel(&options.channel).await?,
            None => None,
        };
        let parent = self.parent(state.as_ref(), channel.as_ref()).await?;
        let held = match &parent {
            Some(parent) => self.fold(&parent.segments, &[]).await?,
            None => Folded::default(),
        };

        let mut report = Published {
            channel: options.channel.clone(),
            dry_run: options.dry_run,
            left_out,
            ignored,
            ..Published::default()
        };
        let ids: HashSet<&str> = rows.iter().map(|r| r.document.id.as_str()).collect();
        report.withdrawn = held.ids().filter(|id| !ids.contains(id)).map(str::to_owned).collect();
        report.withdrawn.sort();
        for row in &rows {
            match held.get(&row.document.id) {
                None => report.added.push(row.document.id.clone()),
                Some(before) if before.digest != row.digest => report.changed.push(row.document.id.clone()),
                Some(_) => report.unchanged += 1,
            }
        }
        let content = mortar_knowledge::release::content(&rows);
        let models: Vec<EmbeddingModel> = self
            .embedders
            .iter()
            .map(|e| EmbeddingModel {
                model: e.model().to_owned(),
                dimensions: e.dimensions() as u32,
                distance: Distance::Cosine,
            })
            .collect();
        report.release = name(&content, models.iter().map(|m| m.model.as_str()));
        let same = |m: &&Manifest| m.content == content && m.embeddings == models;
        if let Some(same) = parent.as_ref().filter(same) {
            report.number = same.number;
            let report = self.show(state.as_ref(), channel, same.number, report).await?;
            if !report.dry_run {
                self.put_back(same).await?;
            }
            return Ok(report);
        }

        // Only what changed goes behind the parent's segments; or all is the base of a new beginning.
        let new: Vec<bool> = rows
            .iter()
            .map(|r| held.get(&r.document.id).is_none_or(|h| h.digest != r.digest))
            .collect();
        let old_models = parent.as_ref().is_some_and(|p| p.embeddings == models);
        let changed = new.iter().filter(|n| **n).count() as u32 + report.withdrawn.len() as u32;
        let grown = |p: &&Manifest| {
            let behind = Manifest::counts(&p.segments[p.base as usize..]);
            let base = Manifest::counts(&p.segments[..p.base as usize]);
            let pieces = p.segments.len() - p.base as usize;
            (behind.documents + behind.withdrawn + changed) * GROWN <= base.documents && pieces < PIECES
        };
        let onto = parent.as_ref().filter(|_| old_models);
        let grows = onto.filter(grown);
        report.rebased = grows.is_none();
        report.number = state.as_ref().and_then(|v| v.releases().last().copied()).unwrap_or(0) + 1;
        if options.dry_run {
            let of: Vec<Row> = if old_models { picked(&rows, &new) } else { rows };
            let texts = embed::texts(&of);
            report.embedded = (texts.0.len() + texts.1.len()) * self.embedders.len();
            return Ok(report);
        }

        let asked = if report.rebased {
            rows.clone()
        } else {
            picked(&rows, &new)
        };
        let before = onto.map(|parent| (parent, &held));
        let vectors = self.vectors(&asked, before, &mut report.embedded, progress).await?;
        let all = Contents {
            rows: asked,
            vectors,
            withdrawn: Vec::new(),
        };
        let mut files = Files::new();
        let (segments, base, rebased) = match grows {
            Some(parent) => {
                let delta = Contents {
                    withdrawn: report.withdrawn.clone(),
                    ..all
                };
                let segments = [parent.segments.clone(), cut(&delta, &mut files)?].concat();
                (segments, parent.base, parent.rebased.clone())
            }
            None => {
                let rebased = match onto {
                    Some(parent) => {
                        let changed: Vec<usize> = (0..new.len()).filter(|n| new[*n]).collect();
                        let mut delta = all.picked(&changed);
                        delta.withdrawn.clone_from(&report.withdrawn);
                        Some(Rebased {
                            parent: parent.number,
                            segments: cut(&delta, &mut files)?,
                        })
                    }
                    None => None,
                };
                let segments = cut(&all, &mut files)?;
                let base = segments.len() as u32;
                (segments, base, rebased)
            }
        };
        let (from, to) = effective(rows.iter().map(|r| &r.document));
        let manifest = Manifest {
            format: FORMAT,
            number: report.number,
            release: report.release.clone(),
            content,
            created_at: Timestamp::now(),
            parent: parent.as_ref().map(|p| p.number),
            notes: options.notes.clone(),
            documents: rows.len() as u32,
            passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
            effective: Effective { from, to },
            embeddings: models,
            base,
            segments,
            rebased,
        };
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(|e| TrustError::Other(e.to_string()))?;
        // What readers would refuse is not signed.
        if bytes.len() as u64 > LARGEST_MANIFEST {
            return Err(TrustError::TooLarge(manifest_name(manifest.number)).into());
        }
        Manifest::read(manifest.number, &bytes).map_err(TrustError::from)?;
        report.uploaded_bytes = self.upload(files, progress).await?;
        progress(PublishProgress::Signing);
        let changes = vec![
            (manifest_name(manifest.number), Some(bytes)),
            shown(&options.channel, channel.as_ref(), manifest.number)?,
        ];
        commit(&self.store, &self.keys, state.as_ref(), changes)
            .await
            .map_err(raced)?;
        self.put_back(&manifest).await?;
        if let Some(state) = &state {
            // What stays too long at hand does no harm.
            let _ = self.let_go(state, &options.channel, &manifest).await;
        }
        Ok(report)
    }

    /// A clearing at the same moment may have taken for unneeded what was there already, and is signed for now.
    async fn put_back(&self, manifest: &Manifest) -> Result<(), PublishError> {
        self.look_and_put_back(manifest)
            .await
            .map_err(|e| PublishError::Unseen {
                number: manifest.number,
                why: e.to_string(),
            })
    }

    async fn look_and_put_back(&self, manifest: &Manifest) -> Result<(), PublishError> {
        let there = self.there().await?;
        let incoming = self.incoming();
        for object in manifest.all_segments().flat_map(Segment::all_objects) {
            let key = object.key();
            if !there.contains(&key) && incoming.has(object) {
                let bytes = incoming.read(object).map_err(|e| self.kept(e))?;
                put_once(&self.store, &key, bytes).await?;
            }
        }
        Ok(())
    }

    /// Of the files kept here, only those of releases that channels show are compared with again.
    async fn let_go(&self, state: &Verified, channel: &str, new: &Manifest) -> Result<(), PublishError> {
        let mut others = Vec::new();
        for name in state.channels().iter().filter(|c| *c != channel) {
            if let Some(other) = state.channel(name).await? {
                others.push(state.manifest(other.release).await?);
            }
        }
        let needed: Vec<&Object> = std::iter::once(new)
            .chain(&others)
            .flat_map(Manifest::all_segments)
            .flat_map(Segment::all_objects)
            .collect();
        self.incoming().keep(&needed);
        Ok(())
    }

    /// The keys of all files of segments.
    async fn there(&self) -> Result<HashSet<String>, PublishError> {
        let listed = again(|| self.store.list("segments/")).await?;
        Ok(listed.into_iter().map(|l| l.key).collect())
    }

    /// The release that the new one is made from: the channel's own, else the newest.
    async fn parent(
        &self,
        state: Option<&Verified>,
        channel: Option<&Channel>,
    ) -> Result<Option<Manifest>, TrustError> {
        let Some(state) = state else { return Ok(None) };
        match channel.map(|c| c.release).or(state.releases().last().copied()) {
            Some(number) => Ok(Some(state.manifest(number).await?)),
            None => Ok(None),
        }
    }

    /// Lets the channel show a release that is there already.
    async fn show(
        &self,
        state: Option<&Verified>,
        channel: Option<Channel>,
        number: u32,
        mut report: Published,
    ) -> Result<Published, PublishError> {
        report.nothing_new = channel.as_ref().is_some_and(|c| c.release == number);
        if !report.nothing_new && !report.dry_run {
            let change = shown(&report.channel, channel.as_ref(), number)?;
            commit(&self.store, &self.keys, state, vec![change])
                .await
                .map_err(raced)?;
        }
        Ok(report)
    }

    /// Segments of the store as one, with vectors by some models.
    async fn fold(&self, segments: &[Segment], models: &[(String, usize)]) -> Result<Folded, PublishError> {
        let incoming = self.incoming();
        let names: Vec<String> = models.iter().map(|m| m.0.clone()).collect();
        let objects: Vec<&Object> = segments.iter().flat_map(|s| s.objects(&names)).collect();
        incoming
            .fetch(&*self.store, &objects, &Spent::default(), &mut |_| {})
            .await?;
        let mut folded = Folded::default();
        for segment in segments {
            folded.add(decode(segment, models, &|o| incoming.read(o))?);
        }
        Ok(folded)
    }

    /// The vectors of rows, one set for each model.
    async fn vectors(
        &self,
        rows: &[Row],
        onto: Option<(&Manifest, &Folded)>,
        embedded: &mut usize,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Vec<Vectors>, PublishError> {
        let mut sets = Vec::new();
        for embedder in &self.embedders {
            let (model, dimensions) = (embedder.model(), embedder.dimensions());
            let mut log = VectorLog::open(self.dir, model, dimensions).map_err(|e| self.kept(e))?;
            if let Some((parent, held)) = onto {
                self.seed(&mut log, rows, parent, held, model, dimensions).await?;
            }
            let mut new = 0;
            let mut tell = |done, of| {
                new = of;
                progress(PublishProgress::Embedding {
                    model: model.to_owned(),
                    done,
                    of,
                });
            };
            sets.push(embed::vectors(*embedder, rows, &mut log, &mut tell).await?);
            *embedded += new;
        }
        Ok(sets)
    }

    fn kept(&self, source: std::io::Error) -> PublishError {
        PublishError::Keep {
            path: self.dir.to_owned(),
            source,
        }
    }

    /// What the store has vectors of already is not embedded again, on whatever machine that was.
    async fn seed(
        &self,
        log: &mut VectorLog,
        asked: &[Row],
        parent: &Manifest,
        held: &Folded,
        model: &str,
        dimensions: usize,
    ) -> Result<(), PublishError> {
        let (passages, whole) = embed::texts(asked);
        let hash = |t: &String| blake3::hash(t.as_bytes());
        let missing: HashSet<blake3::Hash> = passages
            .iter()
            .chain(whole.iter().map(|w| &w.1))
            .map(hash)
            .filter(|h| !log.has(h))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (passages, whole) = embed::texts(&held.rows);
        if !passages
            .iter()
            .chain(whole.iter().map(|w| &w.1))
            .map(hash)
            .any(|h| missing.contains(&h))
        {
            return Ok(());
        }
        let held = self.fold(&parent.segments, &[(model.to_owned(), dimensions)]).await?;
        let Some(vectors) = held.vectors.first() else {
            return Ok(());
        };
        let of_passages = passages
            .iter()
            .map(hash)
            .zip(vectors.passages.iter().map(Vec::as_slice));
        let of_documents = whole
            .iter()
            .filter_map(|(n, text)| Some((hash(text), vectors.documents[*n].as_deref()?)));
        let mut kept = HashSet::new();
        let found: Vec<_> = of_passages
            .chain(of_documents)
            .filter(|(h, _)| missing.contains(h) && kept.insert(*h))
            .collect();
        log.keep(&found).map_err(|e| self.kept(e))
    }

    /// Uploads what is not there yet; how many bytes that were.
    async fn upload(
        &self,
        files: Files,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<u64, PublishError> {
        let there = self.there().await?;
        let incoming = self.incoming();
        let mut missing = Vec::new();
        for (object, bytes) in files {
            // The next publication compares with these: they need not be fetched for it.
            incoming.put(&object, &bytes).map_err(|e| self.kept(e))?;
            let key = object.key();
            if !there.contains(&key) && !missing.iter().any(|(k, _)| *k == key) {
                missing.push((key, bytes));
            }
        }
        let of: u64 = missing.iter().map(|m| m.1.len() as u64).sum();
        progress(PublishProgress::Uploading { done: 0, of });
        let puts: Vec<futures::future::BoxFuture<'_, Result<u64, StoreError>>> = missing
            .into_iter()
            .map(|(key, bytes)| {
                let size = bytes.len() as u64;
                Box::pin(async move { put_once(&self.store, &key, bytes).await.map(|()| size) }) as _
            })
            .collect();
        let mut done = 0;
        let mut all = stream::iter(puts).buffer_unordered(AT_A_TIME);
        while let Some(size) = all.try_next().await? {
            done += size;
            progress(PublishProgress::Uploading { done, of });
        }
        Ok(of)
    }
}

/// The channel with another release to show.
pub(crate) fn shown(name: &str, held: Option<&Channel>, number: u32) -> Result<Change, TrustError> {
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
    };
    let bytes = serde_json::to_vec_pretty(&channel).map_err(|e| TrustError::Other(e.to_string()))?;
    Ok((channel_name(name), Some(bytes)))
}

/// Contents as segments, and their files.
fn cut(contents: &Contents, files: &mut Files) -> Result<Vec<Segment>, PublishError> {
    let mut segments = Vec::new();
    for (n, range) in parts(&contents.rows).into_iter().enumerate() {
        let mut part = contents.picked(&range.collect::<Vec<_>>());
        if n == 0 {
            part.withdrawn.clone_from(&contents.withdrawn);
        }
        let (segment, made) = encode(&part).map_err(DecodeError::Io)?;
        segments.push(segment);
        files.extend(made);
    }
    Ok(segments)
}

fn picked(rows: &[Row], new: &[bool]) -> Vec<Row> {
    rows.iter()
        .zip(new)
        .filter(|(_, n)| **n)
        .map(|(r, _)| r.clone())
        .collect()
}
