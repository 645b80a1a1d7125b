//! A release that is open, and who embeds questions for it. Whoever holds it stays with it, whatever is switched
//! to meanwhile.

use std::sync::Arc;

use mortar_assistant::Embedder;
use mortar_knowledge::Release;

use crate::embedders::{Embedders, SharedEmbedder, other};

pub struct Opened {
    pub release: Arc<Release>,
    /// The first embeds, the second where it fails. Why there is none, otherwise.
    embedders: Result<Vec<SharedEmbedder>, String>,
}

impl Opened {
    pub fn of(release: Arc<Release>, here: &Embedders) -> Opened {
        let made: Vec<&str> = release.manifest.embeddings.iter().map(|e| e.model.as_str()).collect();
        let embedders = here.all.clone().and_then(|all| fit(all, &made));
        Opened { release, embedders }
    }

    pub fn embedder(&self, nth: usize) -> Option<&dyn Embedder> {
        let e = self.embedders.as_ref().ok()?.get(nth)?;
        Some(&**e as &dyn Embedder)
    }

    /// Why search goes by words alone, if it does.
    pub fn problem(&self) -> Option<&str> {
        self.embedders.as_ref().err().map(String::as_str)
    }
}

/// Those by whose models a release was made.
fn fit(all: Vec<SharedEmbedder>, made: &[&str]) -> Result<Vec<SharedEmbedder>, String> {
    if made.is_empty() {
        return Err("this release was made without an embedding model".to_owned());
    }
    let fit: Vec<SharedEmbedder> = all.iter().filter(|e| made.contains(&e.model())).cloned().collect();
    match all.first() {
        // A query embedded by another model than the release's finds nothing that is meant.
        Some(first) if fit.is_empty() => {
            let message = format!(
                "the release was made with the embedding model {}, questions are embedded by {}. Choose a release made \
                 with that, or the model of this one",
                made.join(" and "),
                first.model()
            );
            Ok(vec![other(first.model(), message)])
        }
        _ => Ok(fit),
    }
}
