//! Who embeds and who writes for a tenant: the device's own models, or the tenant's on AWS.

use std::sync::Arc;

use futures::future::BoxFuture;
use mortar_assistant::{Embedder, Fault, ModelError};
use mortar_aws::SageMakerEmbedder;
use mortar_local::MiniLm;

/// The tenant's embedding model. What words are English, the device's own knows.
pub struct Remote {
    pub model: Arc<SageMakerEmbedder>,
    pub words: Option<Arc<MiniLm>>,
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
pub struct Local(pub Arc<MiniLm>);

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

/// In place of a model that is not the release's: it says so instead of embedding, and documents can
/// still be browsed.
pub struct Other {
    pub model: String,
    pub message: String,
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
