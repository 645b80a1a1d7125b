//! Makes what a plan says is new: vectors, the files of segments, and the manifest that names them. Nothing is written
//! to the store here.

use std::collections::HashSet;

use jiff::Timestamp;
use mortar_knowledge::VectorLog;
use mortar_knowledge::embed::{self, Known};
use mortar_knowledge::index::{Row, Vectors};
use mortar_knowledge::release::name;

use crate::encode::encode;
use crate::error::{DecodeError, PublishError, TrustError};
use crate::fold::Folded;
use crate::manifest::{Effective, FORMAT, LARGEST_MANIFEST, Rebased, ReleaseManifest, manifest_name};
use crate::publish::plan::{PublishPlan, Wanted, Way};
use crate::publisher::Publisher;
use crate::segment::{Contents, Files, Segment, effective, parts};

/// How far a publication is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishProgress {
    Comparing,
    Embedding { model: String, done: usize, of: usize },
    Uploading { done: u64, of: u64 },
    Signing,
}

/// The release that the new one is made from, and what it holds.
pub struct Before {
    pub manifest: ReleaseManifest,
    pub held: Folded,
}

pub struct Made {
    pub manifest: ReleaseManifest,
    pub files: Files,
    /// Texts that were embedded now.
    pub embedded: usize,
}

/// The segments of a release, how many of them are its base, and the short way to that.
struct Cut {
    segments: Vec<Segment>,
    base: u32,
    rebased: Option<Rebased>,
    files: Files,
}

impl Publisher<'_> {
    pub(crate) async fn make(
        &self,
        plan: &PublishPlan,
        wanted: &Wanted<'_>,
        rows: &[Row],
        before: Option<&Before>,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Made, PublishError> {
        let asked: Vec<Row> = match plan.way {
            Way::Grow => plan.differences.new.iter().map(|n| rows[*n].clone()).collect(),
            _ => rows.to_vec(),
        };
        let onto = before.filter(|_| plan.way != Way::Whole);
        let mut embedded = 0;
        let contents = Contents {
            vectors: self.vectors(&asked, onto, &mut embedded, progress).await?,
            rows: asked,
            withdrawn: Vec::new(),
        };
        let cut = self.cut(plan, contents, onto).await?;
        let (from, to) = effective(rows.iter().map(|r| &r.document));
        let manifest = ReleaseManifest {
            format: FORMAT,
            language: wanted.language,
            number: plan.number,
            release: name(&wanted.content, wanted.embeddings.iter().map(|m| m.model.as_str())),
            content: wanted.content.clone(),
            created_at: Timestamp::now(),
            parent: before.map(|b| b.manifest.number),
            notes: wanted.notes.to_owned(),
            documents: rows.len() as u32,
            passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
            effective: Effective { from, to },
            embeddings: wanted.embeddings.clone(),
            base: cut.base,
            segments: cut.segments,
            rebased: cut.rebased,
        };
        Ok(Made {
            manifest,
            files: cut.files,
            embedded,
        })
    }

    async fn cut(&self, plan: &PublishPlan, contents: Contents, onto: Option<&Before>) -> Result<Cut, PublishError> {
        let mut files = Files::new();
        let withdrawn = &plan.differences.withdrawn;
        if let (Way::Grow, Some(parent)) = (plan.way, onto) {
            let delta = Contents {
                withdrawn: withdrawn.clone(),
                ..contents
            };
            let segments = [parent.manifest.segments.clone(), segments(&delta, &mut files)?].concat();
            return Ok(Cut {
                segments,
                base: parent.manifest.base,
                rebased: parent.manifest.rebased.clone(),
                files,
            });
        }
        let rebased = match onto {
            Some(parent) => {
                let mut new = plan.differences.new.clone();
                new.extend(self.otherwise_embedded(parent, &contents).await?);
                new.sort_unstable();
                new.dedup();
                let mut delta = contents.picked(&new);
                delta.withdrawn.clone_from(withdrawn);
                let nothing = delta.rows.is_empty() && delta.withdrawn.is_empty();
                Some(Rebased {
                    parent: parent.manifest.number,
                    segments: if nothing {
                        Vec::new()
                    } else {
                        segments(&delta, &mut files)?
                    },
                })
            }
            None => None,
        };
        let segments = segments(&contents, &mut files)?;
        Ok(Cut {
            base: segments.len() as u32,
            segments,
            rebased,
            files,
        })
    }

    /// The rows that have a vector as a whole and had none in the parent, or the other way round, although they say the
    /// same: the rules of language decide that, too.
    async fn otherwise_embedded(&self, parent: &Before, contents: &Contents) -> Result<Vec<usize>, PublishError> {
        let models = parent.manifest.all_models();
        let (Some(vectors), Some(model)) = (contents.vectors.first(), models.first()) else {
            return Ok(Vec::new());
        };
        if parent.manifest.language == crate::manifest::LANGUAGE {
            return Ok(Vec::new());
        }
        let held = self
            .fold(&parent.manifest.segments, std::slice::from_ref(model))
            .await?;
        let whole = |vectors: &Vectors, n: usize| vectors.documents[n].is_some();
        let other = |(n, row): (usize, &Row)| {
            let at = held.place(&row.document.id)?;
            (whole(vectors, n) != whole(held.vectors.first()?, at)).then_some(n)
        };
        Ok(contents.rows.iter().enumerate().filter_map(other).collect())
    }

    /// The vectors of rows, one set for each model.
    async fn vectors(
        &self,
        rows: &[Row],
        onto: Option<&Before>,
        embedded: &mut usize,
        progress: &mut (dyn FnMut(PublishProgress) + Send),
    ) -> Result<Vec<Vectors>, PublishError> {
        let mut sets = Vec::new();
        for embedder in &self.embedders {
            let (model, dimensions) = (embedder.model(), embedder.dimensions());
            let mut log = VectorLog::open(self.dir, model, dimensions).map_err(|e| self.kept(e))?;
            if let Some(parent) = onto {
                self.seed(&mut log, rows, parent, model, dimensions).await?;
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

    /// How near two passages of rows are, by the vectors of the first model that are at hand here.
    pub(crate) fn near(&self, rows: &[Row]) -> Result<impl Fn(usize, usize) -> Option<f32>, PublishError> {
        let log = match self.embedders.first() {
            Some(e) => Some(VectorLog::open(self.dir, e.model(), e.dimensions()).map_err(|e| self.kept(e))?),
            None => None,
        };
        let (passages, _) = embed::texts(rows);
        Ok(move |a: usize, b: usize| {
            let vector = |n: usize| log.as_ref()?.vector(&blake3::hash(passages[n].as_bytes()));
            Some(embed::cosine(&vector(a)?, &vector(b)?))
        })
    }

    /// What the store has vectors of already is not embedded again, on whatever machine that was.
    async fn seed(
        &self,
        log: &mut VectorLog,
        asked: &[Row],
        parent: &Before,
        model: &str,
        dimensions: usize,
    ) -> Result<(), PublishError> {
        let missing: HashSet<blake3::Hash> = hashes(asked).filter(|h| !log.has(h)).collect();
        if !hashes(&parent.held.rows).any(|h| missing.contains(&h)) {
            return Ok(());
        }
        let models = [(model.to_owned(), dimensions)];
        let held = self.fold(&parent.manifest.segments, &models).await?;
        let Some(vectors) = held.vectors.first() else {
            return Ok(());
        };
        let (passages, whole) = embed::texts(&held.rows);
        let hash = |text: &String| blake3::hash(text.as_bytes());
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
}

/// The hashes of the texts of rows.
fn hashes(rows: &[Row]) -> impl Iterator<Item = blake3::Hash> {
    let (passages, whole) = embed::texts(rows);
    let all = passages.into_iter().chain(whole.into_iter().map(|w| w.1));
    all.map(|text| blake3::hash(text.as_bytes()))
}

/// Contents as segments, and their files.
fn segments(contents: &Contents, files: &mut Files) -> Result<Vec<Segment>, PublishError> {
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

/// A manifest as it is signed for. What readers would refuse is not.
pub fn signable(manifest: &ReleaseManifest) -> Result<Vec<u8>, TrustError> {
    let bytes = serde_json::to_vec_pretty(manifest).map_err(|e| TrustError::Other(e.to_string()))?;
    if bytes.len() as u64 > LARGEST_MANIFEST {
        return Err(TrustError::TooLarge(manifest_name(manifest.number)));
    }
    ReleaseManifest::read(manifest.number, &bytes)?;
    Ok(bytes)
}
