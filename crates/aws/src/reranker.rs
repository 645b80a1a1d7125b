//! The tenant's reranking model behind a SageMaker endpoint. Passages wait for it, so it has one budget for all that it
//! does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use mortar_assistant::{Fault, ModelError, Reranker};

use crate::Aws;
use crate::breaker::{Breaker, Health};
use crate::calls::{Calling, Failed, Retry};
use crate::config::RerankingConfig;
use crate::contracts::ContractError;
use crate::invoke::{self, JSON};

pub struct SageMakerReranker {
    aws: Arc<Aws>,
    config: RerankingConfig,
    breaker: Breaker,
}

impl SageMakerReranker {
    /// The reranking model of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<Self> {
        Some(SageMakerReranker {
            config: aws.config.reranking.clone()?,
            aws: aws.clone(),
            breaker: Breaker::default(),
        })
    }

    pub fn health(&self) -> Health {
        self.breaker.health(Instant::now())
    }

    /// How long a question waits for it.
    pub fn budget(&self) -> Duration {
        self.config.timeout()
    }

    async fn once(&self, question: &str, texts: &[String], id: &str) -> Result<Vec<f32>, Failed> {
        let c = &self.config;
        let body = invoke::whole(&self.aws, c.target(), id, JSON, c.contract.request(question, texts)).await?;
        c.contract.scores(&body, texts.len()).map_err(|e| match e {
            ContractError::Model(_) => Failed::new(Fault::Failed, e, Retry::No),
            _ => Failed::new(Fault::Refused, e, Retry::No),
        })
    }
}

impl Reranker for SageMakerReranker {
    fn model(&self) -> &str {
        &self.config.model
    }

    fn candidates(&self) -> usize {
        self.config.candidates
    }

    fn rerank<'a>(
        &'a self,
        question: &'a str,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        Box::pin(async move {
            let calling = Calling {
                aws: &self.aws,
                breaker: &self.breaker,
                inference_id,
                budget: self.config.timeout(),
                once_for_all: true,
                late: format!("the reranking model took more than {} s", self.config.timeout_s),
            };
            calling.make(|| self.once(question, texts, inference_id)).await
        })
    }
}
