//! Publish: sources to a new release in the store, and a channel that shows it. A plan is made of what the sources and
//! the release before say; what it says is new is embedded, uploaded and signed for. Whatever kills it, the store is
//! what it was until the very last write, and the next run embeds and uploads only what is missing.

pub mod make;
pub mod plan;

use std::collections::HashSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use mortar_knowledge::embed;
use mortar_knowledge::index::Row;
use mortar_knowledge::release::{Accepted, accepted, alone, content, contradictions, name};
use mortar_sources::{Contradiction, Finding, Imported};
use serde::Serialize;

use crate::error::{PublishError, StoreError, TrustError};
use crate::manifest::{Channel, Distance, EmbeddingModel, LANGUAGE, ReleaseManifest, is_channel, manifest_name};
use crate::publish::make::{Before, signable};
use crate::publish::plan::{Parent, PublishPlan, Wanted, Way, plan};
use crate::publisher::{How, Publisher, shown};
use crate::retry::{again, put_once};
use crate::segment::{Files, Object, Segment};
use crate::sign::TargetUpdate;
use crate::trust::Verified;

pub use crate::publish::make::PublishProgress;

const AT_A_TIME: usize = 4;

#[derive(Debug, Clone, Default)]
pub struct Options {
    pub channel: String,
    pub notes: String,
    pub skip_bad: bool,
    pub dry_run: bool,
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
    /// Documents in force that contradict each other.
    pub contradictions: Vec<Contradiction>,
}

impl Publisher<'_> {
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
        crate::scratch::sweep_alone(self.dir);
        let Accepted {
            rows,
            places,
            left_out,
            ignored,
        } = accepted(imported, options.skip_bad)?;
        progress(PublishProgress::Comparing);
        let state = self.state().await?;
        let channel = match &state {
            Some(v) => v.channel(&options.channel).await?,
            None => None,
        };
        let before = self.before(state.as_ref(), channel.as_ref()).await?;
        let wanted = self.wanted(&rows, &options.notes);
        let newest = state.as_ref().and_then(|v| v.releases().last().copied());
        let plan = plan(&wanted, before.as_ref().map(parent).as_ref(), newest.unwrap_or(0));
        let mut report = planned(&plan, &wanted, options);
        (report.left_out, report.ignored) = (left_out, ignored);
        let to = Destination {
            state: state.as_ref(),
            name: &options.channel,
            channel: channel.as_ref(),
        };
        match (plan.way, &before) {
            (Way::Same, Some(before)) => self.show(&to, &before.manifest, &mut report).await?,
            _ if options.dry_run => report.embedded = self.would_embed(&plan, &rows),
            _ => {
                let made = self.make(&plan, &wanted, &rows, before.as_ref(), progress).await?;
                report.embedded = made.embedded;
                let bytes = signable(&made.manifest)?;
                report.uploaded_bytes = self.upload(made.files, progress).await?;
                progress(PublishProgress::Signing);
                self.sign(&to, &made.manifest, bytes).await?;
            }
        }
        report.contradictions = contradictions(&rows, &places, &self.near(&rows)?);
        Ok(report)
    }

    /// The release that the new one is made from, with what it holds: the channel's own, else the newest.
    async fn before(
        &self,
        state: Option<&Verified>,
        channel: Option<&Channel>,
    ) -> Result<Option<Before>, PublishError> {
        let Some(state) = state else { return Ok(None) };
        let Some(number) = channel.map(|c| c.release).or(state.releases().last().copied()) else {
            return Ok(None);
        };
        let manifest = state.manifest(number).await?;
        let held = self.fold(&manifest.segments, &[]).await?;
        Ok(Some(Before { manifest, held }))
    }

    fn wanted<'r>(&self, rows: &'r [Row], notes: &'r str) -> Wanted<'r> {
        let model = |e: &&dyn mortar_assistant::Embedder| EmbeddingModel {
            model: e.model().to_owned(),
            dimensions: e.dimensions() as u32,
            distance: Distance::Cosine,
        };
        Wanted {
            documents: rows.iter().map(|r| (r.document.id.as_str(), r.digest)).collect(),
            content: content(rows),
            embeddings: self.embedders.iter().map(model).collect(),
            language: LANGUAGE,
            notes,
        }
    }

    /// How many texts would be embedded at most.
    fn would_embed(&self, plan: &PublishPlan, rows: &[Row]) -> usize {
        let new: Vec<Row> = plan.differences.new.iter().map(|n| rows[*n].clone()).collect();
        let (passages, whole) = embed::texts(if plan.way == Way::Whole { rows } else { &new });
        (passages.len() + whole.len()) * self.embedders.len()
    }

    /// Lets the channel show a release that is there already.
    async fn show(
        &self,
        to: &Destination<'_>,
        manifest: &ReleaseManifest,
        report: &mut Published,
    ) -> Result<(), PublishError> {
        report.nothing_new = to.channel.is_some_and(|c| c.release == manifest.number);
        if report.dry_run {
            return Ok(());
        }
        if !report.nothing_new {
            let update = shown(to.name, to.channel, manifest.number, How::default())?;
            self.commit(to.state, vec![update]).await?;
        }
        self.put_back(manifest).await
    }

    /// Signs for a release whose files are there, and lets the channel show it.
    async fn sign(&self, to: &Destination<'_>, manifest: &ReleaseManifest, bytes: Vec<u8>) -> Result<(), PublishError> {
        let updates = vec![
            TargetUpdate::put(manifest_name(manifest.number), bytes),
            shown(to.name, to.channel, manifest.number, How::default())?,
        ];
        self.commit(to.state, updates).await?;
        self.put_back(manifest).await?;
        if let Some(state) = to.state {
            // What stays too long at hand does no harm.
            let _ = self.let_go(state, to.name, manifest).await;
        }
        Ok(())
    }

    /// Looks whether all files of a release that is signed for now are there, and puts back what is not. A clearing
    /// that ran meanwhile deleted what no release needed then. This one may need it, and did not upload it: it was
    /// still there.
    async fn put_back(&self, manifest: &ReleaseManifest) -> Result<(), PublishError> {
        let looked = self.put_back_what_is_missing(manifest).await;
        looked.map_err(|e| PublishError::Unseen {
            number: manifest.number,
            why: e.to_string(),
        })
    }

    async fn put_back_what_is_missing(&self, manifest: &ReleaseManifest) -> Result<(), PublishError> {
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
    async fn let_go(&self, state: &Verified, channel: &str, new: &ReleaseManifest) -> Result<(), TrustError> {
        let mut others = Vec::new();
        for name in state.channels().iter().filter(|c| *c != channel) {
            if let Some(other) = state.channel(name).await? {
                others.push(state.manifest(other.release).await?);
            }
        }
        let needed: Vec<&Object> = std::iter::once(new)
            .chain(&others)
            .flat_map(ReleaseManifest::all_segments)
            .flat_map(Segment::all_objects)
            .collect();
        self.incoming().keep(&needed);
        Ok(())
    }

    /// The keys of all files of segments.
    async fn there(&self) -> Result<HashSet<String>, StoreError> {
        let listed = again(|| self.store.list("segments/")).await?;
        Ok(listed.into_iter().map(|l| l.key).collect())
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

/// Where a release is to be shown, and what is there.
struct Destination<'a> {
    state: Option<&'a Verified>,
    name: &'a str,
    channel: Option<&'a Channel>,
}

fn parent(before: &Before) -> Parent<'_> {
    Parent {
        manifest: &before.manifest,
        documents: before.held.digests(),
    }
}

/// The report of what a plan says will be done.
fn planned(plan: &PublishPlan, wanted: &Wanted<'_>, options: &Options) -> Published {
    let differences = plan.differences.clone();
    Published {
        channel: options.channel.clone(),
        number: plan.number,
        release: name(&wanted.content, wanted.embeddings.iter().map(|m| m.model.as_str())),
        added: differences.added,
        changed: differences.changed,
        withdrawn: differences.withdrawn,
        unchanged: differences.unchanged,
        rebased: matches!(plan.way, Way::Rebase | Way::Whole),
        dry_run: options.dry_run,
        ..Published::default()
    }
}
