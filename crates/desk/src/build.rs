//! Building a release of sources into a folder, for no tenant in particular.

use std::path::{Path, PathBuf};

use mortar_assistant::Embedder;
use mortar_knowledge::{Built, Progress};
use mortar_local::MiniLm;

use crate::error::DeskError;
use crate::import::imported;

/// What was built, and why it has no vectors, if it has none.
pub async fn build(
    sources: &[PathBuf],
    out: &Path,
    report: Option<&Path>,
    skip_bad: bool,
    weights: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Built, Option<String>), DeskError> {
    let imported = imported(sources, report)?;
    let (embedder, problem) = match MiniLm::open(weights) {
        Ok(e) => (Some(e), None),
        Err(e) => (None, Some(e.to_string())),
    };
    let embedder = embedder.as_ref().map(|e| e as &dyn Embedder);
    let built = mortar_knowledge::build(imported, skip_bad, embedder, out, progress).await?;
    Ok((built, problem))
}
