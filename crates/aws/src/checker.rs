//! The tenant's checking model behind a SageMaker endpoint: a second opinion on claims. A mark waits for it no longer than
//! its budget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use mortar_assistant::{Checker, Fault, ModelError, Pair};

use crate::Aws;
use crate::breaker::{Breaker, Health};
use crate::calls::{Calling, Failed, Retry};
use crate::config::CheckingConfig;
use crate::contracts::ContractError;
use crate::invoke::{self, JSON};

pub struct SageMakerChecker {
    aws: Arc<Aws>,
    config: CheckingConfig,
    breaker: Breaker,
}

impl SageMakerChecker {
    /// The checking model of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<Self> {
        Some(SageMakerChecker {
            config: aws.config.checking.clone()?,
            aws: aws.clone(),
            breaker: Breaker::default(),
        })
    }

    pub fn health(&self) -> Health {
        self.breaker.health(Instant::now())
    }

    /// How long a mark waits for it.
    pub fn budget(&self) -> Duration {
        self.config.timeout()
    }

    async fn once(&self, pairs: &[Pair], id: &str) -> Result<Vec<f32>, Failed> {
        let c = &self.config;
        let body = invoke::whole(&self.aws, c.target(), id, JSON, c.contract.request(pairs)).await?;
        c.contract.probabilities(&body, pairs.len()).map_err(|e| match e {
            ContractError::Model(_) => Failed::new(Fault::Failed, e, Retry::No),
            _ => Failed::new(Fault::Refused, e, Retry::No),
        })
    }
}

impl Checker for SageMakerChecker {
    fn model(&self) -> &str {
        &self.config.model
    }

    fn pairs(&self) -> usize {
        self.config.claims
    }

    fn check<'a>(&'a self, pairs: &'a [Pair], inference_id: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        Box::pin(async move {
            let calling = Calling {
                aws: &self.aws,
                breaker: &self.breaker,
                inference_id,
                budget: self.config.timeout(),
                once_for_all: true,
                late: format!("the checking model took more than {} s", self.config.timeout_s),
            };
            calling.make(|| self.once(pairs, inference_id)).await
        })
    }
}
