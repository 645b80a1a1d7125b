//! The sample tenant, inside the program: with no configuration at all there is knowledge to ask.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use include_dir::{Dir, include_dir};
use mortar_assistant::Embedder;
use mortar_knowledge::{BuildError, Progress, Release, build};
use mortar_local::{MODEL, MiniLm};
use mortar_sources::{Imported, import_files};

use crate::error::DeskError;
use crate::place::Place;
use crate::tenant::SAMPLE;

/// Longer than the slowest laptop takes to make the sample.
const PATIENCE: Duration = Duration::from_secs(180);

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../samples/pharmacy");

pub fn config() -> &'static str {
    FILES
        .get_file("tenant.toml")
        .and_then(|f| f.contents_utf8())
        .unwrap_or("name = \"Pharmacy\"")
}

pub fn imported() -> Imported {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    collect(&FILES, &mut files);
    files.sort();
    match import_files(files.into_iter().map(Ok::<_, std::convert::Infallible>)) {
        Ok(imported) => imported.with_files(),
        Err(never) => match never {},
    }
}

fn collect(dir: &Dir<'static>, out: &mut Vec<(String, Vec<u8>)>) {
    for f in dir.files() {
        out.push((f.path().to_string_lossy().replace('\\', "/"), f.contents().to_vec()));
    }
    dir.dirs().for_each(|d| collect(d, out));
}

/// The tenant's release; for the sample tenant it is made on first use, and again when the program
/// brings another sample.
pub async fn release(
    place: &Place,
    embedder: Option<&MiniLm>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Arc<Release>, DeskError> {
    let dir = place.release_dir();
    let there = Release::open(&dir);
    if place.tenant != SAMPLE {
        return Ok(there?);
    }
    // What was fetched from a store is the tenant's own, not the sample, also where it cannot be read.
    if mortar_knowledge::release::fetched(&dir) {
        return Ok(there?);
    }
    let sample = imported();
    if let Ok(release) = &there {
        let with_model = mortar_knowledge::name_of(&sample, Some(MODEL));
        let words_only = mortar_knowledge::name_of(&sample, None);
        let name = &release.manifest.release;
        // Without the model a release that was made with it still serves, by words.
        if *name == with_model || (embedder.is_none() && *name == words_only) {
            return Ok(release.clone());
        }
    }
    // A release of a newer program is not ours to replace.
    if let Err(e @ mortar_knowledge::OpenError::Newer { .. }) = there {
        return Err(e.into());
    }
    drop(there);
    match build(sample, false, embedder.map(|e| e as &dyn Embedder), &dir, progress).await {
        Ok(_) => Ok(Release::open(&dir)?),
        // Another window or command is making it just now: what it makes is ours too.
        Err(BuildError::Busy(_)) => awaited(&dir),
        // The disk is full, or the home is read-only: what is there still serves.
        Err(e) => Release::open(&dir).map_err(|_| e.into()),
    }
}

/// Waits for a release that another process is making.
fn awaited(dir: &Path) -> Result<Arc<Release>, DeskError> {
    let began = Instant::now();
    loop {
        match Release::open(dir) {
            Ok(release) => return Ok(release),
            Err(e) if began.elapsed() > PATIENCE => return Err(e.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mortar_local::default_folder;

    #[test]
    fn no_passage_of_the_sample_is_longer_than_the_model_reads() {
        let model = MiniLm::open(&default_folder()).expect("the weights: run `cargo xtask setup`");
        let sample = imported();
        assert!(
            sample.findings.is_empty() && sample.documents.len() > 260,
            "{:?}",
            sample.findings
        );
        for d in &sample.documents {
            for p in mortar_sources::passages(d) {
                let tokens = model.tokens(&mortar_sources::embedded(d, &p));
                assert!(tokens <= 256, "{} {:?}: {tokens} tokens", d.id, p.heading_path);
            }
        }
    }
}
