//! Who embeds for a tenant: the device's own model, the tenant's on AWS, or both.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use mortar_assistant::{Embedder, Fault, ModelError};
use mortar_aws::SageMakerEmbedder;
use mortar_local::MiniLm;

use crate::remembered::Remembered;

pub type SharedEmbedder = Arc<Remembered<Box<dyn Embedder>>>;

/// All that can embed here, the tenant's own model first; or why nothing can.
#[derive(Clone)]
pub struct Embedders {
    pub all: Result<Vec<SharedEmbedder>, String>,
    /// Of these the one that texts leave this device for.
    pub elsewhere: Option<SharedEmbedder>,
    /// The device's own, where it is there.
    pub local: Option<Arc<MiniLm>>,
}

impl Embedders {
    pub fn of(weights: &Path, remote: Option<Arc<SageMakerEmbedder>>) -> Embedders {
        let local = MiniLm::open(weights).map(Arc::new);
        let mut all: Vec<Box<dyn Embedder>> = Vec::new();
        if let Some(model) = remote {
            let words = local.as_ref().ok().cloned();
            all.push(Box::new(Remote { model, words }));
        }
        if let Ok(local) = &local {
            all.push(Box::new(Local(local.clone())));
        }
        let is_elsewhere = all.len() > usize::from(local.is_ok());
        let all: Vec<SharedEmbedder> = all.into_iter().map(|e| Arc::new(Remembered::new(e))).collect();
        Embedders {
            elsewhere: all.first().filter(|_| is_elsewhere).cloned(),
            all: match &local {
                Err(e) if all.is_empty() => Err(e.to_string()),
                _ => Ok(all),
            },
            local: local.ok(),
        }
    }

    /// One of each model.
    pub fn distinct(&self) -> Vec<SharedEmbedder> {
        let mut out: Vec<SharedEmbedder> = Vec::new();
        for e in self.all.iter().flatten() {
            if !out.iter().any(|held| held.model() == e.model()) {
                out.push(e.clone());
            }
        }
        out
    }
}

/// In place of a model that is not the release's.
pub fn other(model: &str, message: String) -> SharedEmbedder {
    let model = model.to_owned();
    Arc::new(Remembered::new(Box::new(Other { model, message })))
}

/// The tenant's embedding model. What words are English, the device's own knows.
struct Remote {
    model: Arc<SageMakerEmbedder>,
    words: Option<Arc<MiniLm>>,
}

impl Embedder for Remote {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn dimensions(&self) -> usize {
        self.model.dimensions()
    }

    fn knows(&self, word: &str) -> bool {
        self.words.as_ref().is_some_and(|w| w.knows(word))
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.model.embed(texts)
    }

    fn embed_for<'a>(
        &'a self,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.model.embed_for(texts, inference_id)
    }
}

/// The device's own model, which others use too.
struct Local(Arc<MiniLm>);

impl Embedder for Local {
    fn model(&self) -> &str {
        self.0.model()
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn knows(&self, word: &str) -> bool {
        self.0.knows(word)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.0.embed(texts)
    }
}

/// It says so instead of embedding, and documents can still be browsed.
struct Other {
    model: String,
    message: String,
}

impl Embedder for Other {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        0
    }

    fn embed<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        let error = ModelError::new(Fault::OtherModel, &self.message);
        Box::pin(async move { Err(error) })
    }
}
