//! A release built from what was imported, on this device alone.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use mortar_assistant::Embedder;
use mortar_sources::{Contradiction, Finding, Imported, Looked, Standing};

use super::manifest::{Embedding, Manifest, name};
use super::open::Release;
use super::site::{Progress, Site, State};
use crate::embed::{self, Known};
use crate::error::BuildError;
use crate::index::{self, Row, content};
use crate::vector_log::VectorLog;

/// What a build made.
#[derive(Debug)]
pub struct Built {
    pub manifest: Manifest,
    /// What was left out, where that was asked for.
    pub left_out: Vec<Finding>,
    pub ignored: Vec<String>,
    /// Documents in force that contradict each other.
    pub contradictions: Vec<Contradiction>,
}

/// Builds a release of all that was imported into `dir`. Whatever stood there stays whole until the
/// very last rename. With `skip_bad`, what cannot be used is left out; without, nothing is written.
pub async fn build(
    imported: Imported,
    skip_bad: bool,
    embedder: Option<&dyn Embedder>,
    dir: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Built, BuildError> {
    let Accepted {
        rows,
        places,
        left_out,
        ignored,
    } = accepted(imported, skip_bad)?;
    let site = Site::enter(dir)?;
    let vectors = match embedder {
        Some(e) => {
            let mut kept = Kept::of(dir, e.model(), e.dimensions()).map_err(BuildError::Keep)?;
            let mut tell = |done, of| progress(Progress::Embedding { done, of });
            vec![embed::vectors(e, &rows, &mut kept, &mut tell).await?]
        }
        None => Vec::new(),
    };
    let near = |a: usize, b: usize| {
        let made = &vectors.first()?.passages;
        Some(embed::cosine(&made[a], &made[b]))
    };
    let contradictions = contradictions(&rows, &places, &near);
    let live = vec![true; rows.len()];
    let state = State {
        documents: rows.len() as u32,
        passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
        embeddings: vectors.iter().map(Embedding::of).collect(),
        release: name(&content(&rows), vectors.iter().map(|v| v.model.as_str())),
        source: None,
        vectors: None,
    };
    let mut step = |p| progress(p);
    let manifest = site.put(state, false, &mut step, |data| {
        index::write(&rows, &live, rows.len(), &vectors, data)
    })?;
    // Its vectors stand in the release now.
    if let Some(e) = embedder {
        let _ = std::fs::remove_file(VectorLog::path(dir, e.model(), e.dimensions()));
    }
    Ok(Built {
        manifest,
        left_out,
        ignored,
        contradictions,
    })
}

/// What of an import becomes a release, and what was left out of it.
pub struct Accepted {
    pub rows: Vec<Row>,
    /// Where the document of each id stands.
    pub places: HashMap<String, Standing>,
    pub left_out: Vec<Finding>,
    pub ignored: Vec<String>,
}

/// The rows of what was imported, in the order of their ids.
pub fn accepted(imported: Imported, skip_bad: bool) -> Result<Accepted, BuildError> {
    let Imported {
        documents,
        places,
        findings,
        ignored,
    } = imported;
    if !skip_bad && findings.iter().any(|f| f.stops) {
        return Err(BuildError::Faults(findings.into_iter().filter(|f| f.stops).collect()));
    }
    if !findings.is_empty() && documents.is_empty() {
        return Err(BuildError::Faults(findings));
    }
    if documents.is_empty() {
        return Err(BuildError::Nothing);
    }
    Ok(Accepted {
        rows: documents.into_iter().map(Row::new).collect(),
        places,
        left_out: findings,
        ignored,
    })
}

/// The documents of rows that contradict each other; `near` knows how near two passages are by their vectors, if it does.
pub fn contradictions(
    rows: &[Row],
    places: &HashMap<String, Standing>,
    near: &dyn Fn(usize, usize) -> Option<f32>,
) -> Vec<Contradiction> {
    let documents = rows.iter().map(|r| (&r.document, r.passages.as_slice())).collect();
    let looked = Looked {
        documents,
        places,
        near,
    };
    looked.contradictions()
}

/// The name that a release of these documents has, whether or not it was built.
pub fn name_of(imported: &Imported, model: Option<&str>) -> String {
    let rows: Vec<Row> = imported.documents.iter().cloned().map(Row::new).collect();
    name(&content(&rows), model.into_iter())
}

/// The vectors of the release that stands in the folder already, and those of a build that was stopped: what has not
/// changed is not embedded again.
struct Kept {
    release: Option<(Arc<Release>, usize)>,
    /// The item of each text that was embedded, by the hash of the text.
    items: HashMap<blake3::Hash, u32>,
    log: VectorLog,
}

impl Kept {
    fn of(dir: &Path, model: &str, dimensions: usize) -> std::io::Result<Self> {
        let mut out = Kept {
            release: None,
            items: HashMap::new(),
            log: VectorLog::open(dir, model, dimensions)?,
        };
        let Some(release) = Release::open_as_it_is(dir).ok() else {
            return Ok(out);
        };
        if let Some((set, _)) = release.index.set(model).filter(|s| s.1 == dimensions) {
            // A release that cannot be read through is no help, and no harm either.
            out.items = release.index.embedded().unwrap_or_default();
            out.release = Some((release, set));
        }
        Ok(out)
    }

    fn built(&self, text: &blake3::Hash) -> Option<Vec<f32>> {
        let item = self.items.get(text)?;
        let (release, set) = self.release.as_ref()?;
        release.index.vector(*set, *item).ok().flatten()
    }
}

impl Known for Kept {
    fn vector(&self, text: &blake3::Hash) -> Option<Vec<f32>> {
        self.built(text).or_else(|| self.log.vector(text))
    }

    fn keep(&mut self, made: &[(blake3::Hash, &[f32])]) -> std::io::Result<()> {
        self.log.keep(made)
    }
}
