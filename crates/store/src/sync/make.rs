//! Makes the state that is wanted, from files that were fetched and from what is held: beside the present one, and
//! looked at before anything points to it. Nothing is fetched here.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use mortar_knowledge::index::{self, DATA, Delta, Row, Vectors};
use mortar_knowledge::release::{self, Embedding, Origin, Progress, Release, Site, State};

use crate::decode::decode;
use crate::error::{SyncError, TrustError};
use crate::fetch::Incoming;
use crate::fold::Folded;
use crate::manifest::ReleaseManifest;
use crate::segment::{Contents, Segment};
use crate::sync::copy::copied;
use crate::sync::plan::SyncPlan;

/// Of the store, beside the data that was made of it.
pub const MANIFEST: &str = "store.json";

pub struct Making<'a> {
    /// The folder of the release that is read.
    pub release: &'a Path,
    pub channel: &'a str,
    pub wanted: &'a ReleaseManifest,
    pub models: &'a [String],
    /// What is held, where it can be read.
    pub here: Option<&'a Release>,
    pub incoming: &'a Incoming,
}

/// How many documents are new, are other than before, and are gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Differences {
    pub added: u32,
    pub changed: u32,
    pub withdrawn: u32,
}

impl Making<'_> {
    pub fn make(&self, plan: &SyncPlan, progress: &mut dyn FnMut(Progress)) -> Result<Differences, SyncError> {
        let site = Site::enter(self.release)?;
        progress(Progress::Indexing);
        match plan {
            SyncPlan::Nothing => Ok(Differences::default()),
            SyncPlan::Back => self.back(&site),
            SyncPlan::Grow { segments } => self.grow(&site, segments, progress),
            SyncPlan::Rebase { into_base, behind } => {
                let (folded, base) = self.rebased(into_base, behind)?;
                self.anew(&site, &folded, base, progress)
            }
            SyncPlan::Whole { segments } => {
                let mut folded = Folded::default();
                self.read(segments)?.into_iter().for_each(|c| folded.add(c));
                self.anew(&site, &folded, self.base_rows(), progress)
            }
        }
    }

    fn back(&self, site: &Site) -> Result<Differences, SyncError> {
        site.back()?;
        let now = Release::open(self.release)?;
        let Some(here) = self.here else {
            return Ok(Differences::default());
        };
        // Only told.
        let told = now.index.digests().and_then(|digests| {
            let then = digests.iter().map(|(id, digest)| (id.as_str(), *digest));
            differences(here, then)
        });
        Ok(told.unwrap_or_default())
    }

    /// A copy of what is held, with the difference made in it.
    fn grow(
        &self,
        site: &Site,
        segments: &[Segment],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Differences, SyncError> {
        let here = self.present()?;
        let contents = self.read(segments)?;
        let grown = Grown::of(here, &contents).map_err(|e| SyncError::Present(e.to_string()))?;
        let held = self.wanted.segments.len() - segments.len();
        if here.index.numbered().0 != ReleaseManifest::counts(&self.wanted.segments[..held]).documents {
            return Err(SyncError::Present("it has other numbers than its segments".into()));
        }
        let mut folded = Folded::default();
        contents.into_iter().for_each(|c| folded.add(c));
        let state = State {
            embeddings: here.manifest.embeddings.clone(),
            vectors: here.manifest.vectors.clone(),
            ..self.state()
        };
        let signed = self.signed()?;
        site.put(state, true, progress, |dir| {
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
            Ok(release::replace(dir, MANIFEST, &signed)?)
        })?;
        Ok(grown.differences)
    }

    /// What is held with these segments is the base; how many rows that is.
    fn rebased(&self, into_base: &[Segment], behind: &[Segment]) -> Result<(Folded, usize), SyncError> {
        let held = everything(self.present()?, &self.dimensions());
        let mut folded = held.map_err(|e| SyncError::Present(e.to_string()))?;
        self.read(into_base)?.into_iter().for_each(|c| folded.add(c));
        let mut folded = folded.settled();
        let base = folded.rows.len();
        if base != self.base_rows() {
            return Err(SyncError::Present("it holds other documents than the base".into()));
        }
        self.read(behind)?.into_iter().for_each(|c| folded.add(c));
        Ok((folded, base))
    }

    /// All of it, indexed anew.
    fn anew(
        &self,
        site: &Site,
        folded: &Folded,
        base: usize,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Differences, SyncError> {
        let all = Differences {
            added: folded.documents(),
            ..Differences::default()
        };
        // Only told: what is here may be what could not be read.
        let told = self
            .here
            .and_then(|here| differences(here, folded.digests().into_iter()).ok());
        let state = State {
            embeddings: folded.vectors.iter().map(Embedding::of).collect(),
            ..self.state()
        };
        let signed = self.signed()?;
        site.put(state, self.here.is_some(), progress, |dir| {
            index::write(&folded.rows, &folded.live, base, &folded.vectors, dir)?;
            Ok(release::replace(dir, MANIFEST, &signed)?)
        })?;
        Ok(told.unwrap_or(all))
    }

    fn present(&self) -> Result<&Release, SyncError> {
        self.here.ok_or_else(|| SyncError::Present("there is none".into()))
    }

    fn dimensions(&self) -> Vec<(String, usize)> {
        self.wanted.models(self.models)
    }

    fn base_rows(&self) -> usize {
        ReleaseManifest::counts(&self.wanted.segments[..self.wanted.base as usize]).documents as usize
    }

    fn read(&self, segments: &[Segment]) -> Result<Vec<Contents>, SyncError> {
        let dimensions = self.dimensions();
        let all = segments.iter();
        all.map(|s| Ok(decode(s, &dimensions, &|o| self.incoming.read(o))?))
            .collect()
    }

    fn state(&self) -> State {
        State {
            release: self.wanted.release.clone(),
            documents: self.wanted.documents,
            passages: self.wanted.passages,
            embeddings: Vec::new(),
            source: Some(Origin {
                number: self.wanted.number,
                channel: self.channel.to_owned(),
                published_at: self.wanted.created_at,
                notes: self.wanted.notes.clone(),
                content: self.wanted.content.clone(),
            }),
            vectors: None,
        }
    }

    fn signed(&self) -> Result<Vec<u8>, SyncError> {
        Ok(serde_json::to_vec(self.wanted).map_err(|e| TrustError::Other(e.to_string()))?)
    }
}

/// What growing takes out, and how it is told.
struct Grown {
    gone: Vec<u32>,
    differences: Differences,
}

impl Grown {
    /// Which numbers of the present state what comes behind it takes the place of.
    fn of(here: &Release, contents: &[Contents]) -> heed::Result<Grown> {
        // Whether each document that is touched is there afterwards.
        let mut touched = BTreeMap::new();
        for c in contents {
            touched.extend(c.withdrawn.iter().map(|id| (id.as_str(), false)));
            touched.extend(c.rows.iter().map(|r| (r.document.id.as_str(), true)));
        }
        let mut gone = Vec::new();
        let mut differences = Differences::default();
        for (id, there) in touched {
            let held = here.index.number(id)?;
            gone.extend(held);
            match (held, there) {
                (Some(_), true) => differences.changed += 1,
                (Some(_), false) => differences.withdrawn += 1,
                (None, true) => differences.added += 1,
                (None, false) => {}
            }
        }
        Ok(Grown { gone, differences })
    }
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
        let records = passages.map(|p| reading.passage(p).map(|s| s.record));
        contents.rows.push(Row {
            document,
            passages: records.collect::<heed::Result<_>>()?,
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

/// What is other than before.
fn differences<'d>(here: &Release, then: impl Iterator<Item = (&'d str, [u8; 32])>) -> heed::Result<Differences> {
    let held: HashMap<String, [u8; 32]> = here.index.digests()?.into_iter().collect();
    let mut kept = 0;
    let mut out = Differences::default();
    for (id, digest) in then {
        match held.get(id) {
            None => out.added += 1,
            Some(before) => {
                kept += 1;
                out.changed += u32::from(*before != digest);
            }
        }
    }
    out.withdrawn = held.len() as u32 - kept;
    Ok(out)
}

#[cfg(test)]
mod tests;
