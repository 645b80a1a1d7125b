//! A release that is open, and who embeds, orders, writes and checks for it; what of that leaves this device is masked.
//! Whoever holds it stays with it, whatever is switched to meanwhile.

use std::sync::Arc;

use mortar_assistant::{Checker, Embedder, Generator, Reranker};
use mortar_aws::{SageMakerChecker, SageMakerGenerator, SageMakerReranker};
use mortar_knowledge::Release;

use crate::embedders::{Embedders, SharedEmbedder, other};
use crate::masking::{MaskedChecker, MaskedEmbedder, MaskedGenerator, MaskedReranker, Masking};
use crate::remembered::RememberedChecker;

/// The tenant's models behind endpoints that are asked, where it has them.
pub struct Elsewhere {
    pub reranker: Option<Arc<SageMakerReranker>>,
    pub generator: Option<Arc<SageMakerGenerator>>,
    pub checker: Option<Arc<SageMakerChecker>>,
}

pub struct Opened {
    pub release: Arc<Release>,
    /// The first embeds, the second where it fails. Why there is none, otherwise.
    embedders: Result<Vec<Asked>, String>,
    reranker: Option<MaskedReranker<Arc<SageMakerReranker>>>,
    generator: Option<MaskedGenerator<Arc<SageMakerGenerator>>>,
    checker: Option<RememberedChecker<MaskedChecker<Arc<SageMakerChecker>>>>,
    pub masking: Arc<Masking>,
}

/// Who embeds a question: a model here as it is typed, one elsewhere masked.
enum Asked {
    Here(SharedEmbedder),
    Elsewhere(MaskedEmbedder<SharedEmbedder>),
}

impl Opened {
    pub fn of(release: Arc<Release>, here: &Embedders, elsewhere: Elsewhere, masking: Masking) -> Opened {
        let masking = Arc::new(masking);
        let made: Vec<&str> = release.manifest.embeddings.iter().map(|e| e.model.as_str()).collect();
        let fitting = here.all.clone().and_then(|all| fit(all, &made));
        let leaves = |e: &SharedEmbedder| here.elsewhere.as_ref().is_some_and(|there| Arc::ptr_eq(there, e));
        let masked = |inner: SharedEmbedder| match leaves(&inner) {
            true => Asked::Elsewhere(MaskedEmbedder {
                inner,
                masking: masking.clone(),
            }),
            false => Asked::Here(inner),
        };
        Opened {
            embedders: fitting.map(|all| all.into_iter().map(masked).collect()),
            reranker: elsewhere.reranker.map(|inner| MaskedReranker {
                inner,
                masking: masking.clone(),
            }),
            checker: elsewhere.checker.map(|inner| {
                RememberedChecker::new(MaskedChecker {
                    inner,
                    masking: masking.clone(),
                })
            }),
            generator: elsewhere.generator.map(|inner| MaskedGenerator {
                inner,
                masking: masking.clone(),
            }),
            masking,
            release,
        }
    }

    /// The tenant's reranking model, where it has one.
    pub fn reranker(&self) -> Option<&dyn Reranker> {
        self.reranker.as_ref().map(|r| r as &dyn Reranker)
    }

    /// The tenant's generation model, where it has one.
    pub fn generator(&self) -> Option<&dyn Generator> {
        self.generator.as_ref().map(|g| g as &dyn Generator)
    }

    /// The tenant's checking model, where it has one.
    pub fn checker(&self) -> Option<&dyn Checker> {
        self.checker.as_ref().map(|c| c as &dyn Checker)
    }

    /// Whether a question leaves this device.
    pub fn is_asked_elsewhere(&self) -> bool {
        let embeds = |e: &Asked| matches!(e, Asked::Elsewhere(_));
        self.embedders.iter().flatten().any(embeds) || self.reranker.is_some() || self.generator.is_some()
    }

    pub fn embedder(&self, nth: usize) -> Option<&dyn Embedder> {
        Some(match self.embedders.as_ref().ok()?.get(nth)? {
            Asked::Here(embedder) => &**embedder as &dyn Embedder,
            Asked::Elsewhere(embedder) => embedder,
        })
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
