//! The tenant's embedding model behind a SageMaker endpoint.

use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use mortar_assistant::{Embedder, Fault, ModelError};

use crate::Aws;
use crate::breaker::{Breaker, Health};
use crate::calls::{Calling, Failed, Retry};
use crate::config::EmbeddingConfig;
use crate::invoke;

pub struct SageMakerEmbedder {
    aws: Arc<Aws>,
    config: EmbeddingConfig,
    breaker: Breaker,
}

impl SageMakerEmbedder {
    /// The embedding model of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<Self> {
        Some(SageMakerEmbedder {
            config: aws.config.embedding.clone()?,
            aws: aws.clone(),
            breaker: Breaker::default(),
        })
    }

    pub fn health(&self) -> Health {
        self.breaker.health(Instant::now())
    }

    async fn batch(&self, texts: &[String], id: &str) -> Result<Vec<Vec<f32>>, ModelError> {
        let calling = Calling {
            aws: &self.aws,
            breaker: &self.breaker,
            inference_id: id,
            budget: self.config.timeout(),
            once_for_all: false,
            late: format!("the embedding model took more than {} s", self.config.timeout_s),
        };
        calling.make(|| self.once(texts, id)).await
    }

    async fn once(&self, texts: &[String], id: &str) -> Result<Vec<Vec<f32>>, Failed> {
        let c = &self.config;
        let body = invoke::whole(
            &self.aws,
            c.target(),
            id,
            c.contract.content_type(),
            c.contract.request(texts),
        )
        .await?;
        let vectors = c
            .contract
            .vectors(&body, texts.len())
            .map_err(|e| Failed::new(Fault::Refused, e, Retry::No))?;
        match vectors.iter().find(|v| v.len() != c.dimensions) {
            Some(v) => Err(Failed::new(
                Fault::OtherModel,
                format!(
                    "the endpoint {} gives vectors of {} dimensions, {} has {}: it serves another model",
                    c.endpoint,
                    v.len(),
                    c.model,
                    c.dimensions
                ),
                Retry::No,
            )),
            None => Ok(vectors),
        }
    }
}

impl Embedder for SageMakerEmbedder {
    fn model(&self) -> &str {
        &self.config.model
    }

    fn dimensions(&self) -> usize {
        self.config.dimensions
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.embed_for(texts, "")
    }

    fn embed_for<'a>(
        &'a self,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        let size = if self.config.contract.batches() {
            self.config.batch
        } else {
            1
        };
        let batches: Vec<BoxFuture<'a, _>> = texts
            .chunks(size.max(1))
            .map(|b| self.batch(b, inference_id).boxed())
            .collect();
        let all = stream::iter(batches).buffered(self.config.concurrency);
        Box::pin(async move { Ok(all.try_collect::<Vec<_>>().await?.into_iter().flatten().collect()) })
    }
}
