//! What a tenant's configuration says about AWS: its shapes, and what cannot be.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::contracts::{CheckingContract, EmbeddingContract, GenerationContract, RerankingContract, Template};
use crate::invoke::Target;

/// The table `[aws]` of a tenant's file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsConfig {
    pub region: String,
    pub sso: SsoConfig,
    #[serde(default)]
    pub endpoints: Endpoints,
    pub knowledge: Option<Bucket>,
    pub feedback: Option<Bucket>,
    pub embedding: Option<EmbeddingConfig>,
    pub reranking: Option<RerankingConfig>,
    pub generation: Option<GenerationConfig>,
    pub checking: Option<CheckingConfig>,
    /// One question calls the models at most so often, retries and all.
    #[serde(default = "six")]
    pub invocations_a_question: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsoConfig {
    pub start_url: String,
    /// Of Identity Center, where it is not the models' region.
    pub region: Option<String>,
    pub account: String,
    pub role: String,
}

/// Interface endpoints (PrivateLink) in place of the public ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    pub s3: Option<String>,
    pub sagemaker_runtime: Option<String>,
    pub sso: Option<String>,
    pub oidc: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    pub bucket: String,
    #[serde(default)]
    pub prefix: String,
    /// The account that must own the bucket.
    pub owner: Option<String>,
    /// The KMS key that objects are written with.
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingConfig {
    pub endpoint: String,
    pub inference_component: Option<String>,
    pub variant: Option<String>,
    pub custom_attributes: Option<String>,
    pub contract: EmbeddingContract,
    /// As releases name it: a query is embedded by the model of its release and no other.
    pub model: String,
    pub dimensions: usize,
    /// Texts a request.
    #[serde(default = "thirty_two")]
    pub batch: usize,
    /// Requests at a time.
    #[serde(default = "two")]
    pub concurrency: usize,
    #[serde(default = "ten")]
    pub timeout_s: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RerankingConfig {
    pub endpoint: String,
    pub inference_component: Option<String>,
    pub variant: Option<String>,
    pub custom_attributes: Option<String>,
    pub contract: RerankingContract,
    /// As answers name it.
    pub model: String,
    /// Passages a request, of which each question makes one.
    #[serde(default = "twenty_four")]
    pub candidates: usize,
    /// Passages are shown when it has answered, or after so long as the search had them.
    #[serde(default = "three_tenths")]
    pub timeout_s: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationConfig {
    pub endpoint: String,
    pub inference_component: Option<String>,
    pub variant: Option<String>,
    pub custom_attributes: Option<String>,
    pub contract: GenerationContract,
    /// How a prompt becomes one text, for contracts that take no messages.
    #[serde(default)]
    pub template: Template,
    /// As answers name it.
    pub model: String,
    #[serde(default = "yes")]
    pub stream: bool,
    #[serde(default = "max_tokens")]
    pub max_tokens: u32,
    /// Tokens of the whole prompt.
    #[serde(default = "context_tokens")]
    pub context_tokens: usize,
    #[serde(default = "ten")]
    pub first_token_s: f64,
    #[serde(default = "five")]
    pub between_tokens_s: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckingConfig {
    pub endpoint: String,
    pub inference_component: Option<String>,
    pub variant: Option<String>,
    pub custom_attributes: Option<String>,
    pub contract: CheckingContract,
    /// As what it doubts names it.
    pub model: String,
    /// Claims a request.
    #[serde(default = "thirty_two")]
    pub claims: usize,
    #[serde(default = "five")]
    pub timeout_s: f64,
}

/// Each model's table names its endpoint in the same four keys; serde cannot share them and refuse unknown ones as well.
macro_rules! targets {
    ($($config:ty),*) => {$(
        impl $config {
            pub(crate) fn target(&self) -> Target<'_> {
                Target {
                    endpoint: &self.endpoint,
                    inference_component: self.inference_component.as_deref(),
                    variant: self.variant.as_deref(),
                    custom_attributes: self.custom_attributes.as_deref(),
                }
            }
        }
    )*};
}
targets!(EmbeddingConfig, RerankingConfig, GenerationConfig, CheckingConfig);

impl CheckingConfig {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_s)
    }

    fn check(&self) -> Result<(), Impossible> {
        if !(1..=100).contains(&self.claims) {
            return no("aws.checking.claims", "from 1 to 100 claims go into a request");
        }
        if !(self.timeout_s > 0.0 && self.timeout_s <= 60.0) {
            return no("aws.checking.timeout_s", "more than 0 and at most 60 seconds");
        }
        Ok(())
    }
}

impl EmbeddingConfig {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_s)
    }

    fn check(&self) -> Result<(), Impossible> {
        if self.dimensions == 0 {
            return no("aws.embedding.dimensions", "a vector has at least one dimension");
        }
        if self.batch == 0 || self.concurrency == 0 {
            return no("aws.embedding.batch", "batch and concurrency are at least 1");
        }
        if !self.contract.batches() && self.batch > 1 {
            return no(
                "aws.embedding.batch",
                "this contract takes one text a request: batch = 1",
            );
        }
        if !(self.timeout_s > 0.0 && self.timeout_s <= 60.0) {
            return no("aws.embedding.timeout_s", "more than 0 and at most 60 seconds");
        }
        Ok(())
    }
}

impl RerankingConfig {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_s)
    }

    fn check(&self) -> Result<(), Impossible> {
        // Containers refuse a request of more texts than they were started for, by default 32.
        if !(2..=100).contains(&self.candidates) {
            return no("aws.reranking.candidates", "from 2 to 100 passages can be put in order");
        }
        if !(self.timeout_s > 0.0 && self.timeout_s <= 5.0) {
            return no(
                "aws.reranking.timeout_s",
                "more than 0 and at most 5 seconds: nothing is shown meanwhile",
            );
        }
        Ok(())
    }
}

impl GenerationConfig {
    pub fn first_token(&self) -> Duration {
        Duration::from_secs_f64(self.first_token_s)
    }

    pub fn between_tokens(&self) -> Duration {
        Duration::from_secs_f64(self.between_tokens_s)
    }

    fn check(&self) -> Result<(), Impossible> {
        if self.stream && !self.contract.streams() {
            return no("aws.generation.stream", "this contract does not stream: stream = false");
        }
        for (key, s) in [
            ("aws.generation.first_token_s", self.first_token_s),
            ("aws.generation.between_tokens_s", self.between_tokens_s),
        ] {
            if !(s > 0.0 && s <= 120.0) {
                return no(key, "more than 0 and at most 120 seconds");
            }
        }
        if self.max_tokens == 0 || self.context_tokens < 200 {
            return no(
                "aws.generation.context_tokens",
                "max_tokens is at least 1, context_tokens at least 200",
            );
        }
        Ok(())
    }
}

fn six() -> u32 {
    6
}
fn thirty_two() -> usize {
    32
}
fn twenty_four() -> usize {
    24
}
fn three_tenths() -> f64 {
    0.3
}
fn two() -> usize {
    2
}
fn five() -> f64 {
    5.0
}
fn ten() -> f64 {
    10.0
}
fn yes() -> bool {
    true
}
fn max_tokens() -> u32 {
    512
}
fn context_tokens() -> usize {
    3000
}

/// A value that cannot be, or not together with another: the key that is wrong, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Impossible {
    /// As in the file: `aws.feedback.bucket`.
    pub key: &'static str,
    pub reason: String,
}

fn no(key: &'static str, reason: &str) -> Result<(), Impossible> {
    Err(Impossible {
        key,
        reason: reason.to_owned(),
    })
}

impl AwsConfig {
    /// What its shape alone does not say.
    pub fn check(&self) -> Result<(), Impossible> {
        if self.region.is_empty() {
            return no("aws.region", "a region such as \"eu-central-1\" is needed");
        }
        if !is_account(&self.sso.account) {
            return no("aws.sso.account", "an account is twelve digits, in quotes");
        }
        self.check_addresses()?;
        self.check_buckets()?;
        self.embedding.as_ref().map_or(Ok(()), EmbeddingConfig::check)?;
        self.reranking.as_ref().map_or(Ok(()), RerankingConfig::check)?;
        self.generation.as_ref().map_or(Ok(()), GenerationConfig::check)?;
        self.checking.as_ref().map_or(Ok(()), CheckingConfig::check)?;
        if self.invocations_a_question == 0 {
            return no("aws.invocations_a_question", "at least 1");
        }
        Ok(())
    }

    fn check_addresses(&self) -> Result<(), Impossible> {
        for (key, url) in [
            ("aws.sso.start_url", Some(&self.sso.start_url)),
            ("aws.endpoints.s3", self.endpoints.s3.as_ref()),
            (
                "aws.endpoints.sagemaker_runtime",
                self.endpoints.sagemaker_runtime.as_ref(),
            ),
            ("aws.endpoints.sso", self.endpoints.sso.as_ref()),
            ("aws.endpoints.oidc", self.endpoints.oidc.as_ref()),
        ] {
            if url.is_some_and(|u| !is_safe(u)) {
                return no(key, "https is needed; http only to this machine itself (127.0.0.1)");
            }
        }
        Ok(())
    }

    fn check_buckets(&self) -> Result<(), Impossible> {
        if let (Some(k), Some(f)) = (&self.knowledge, &self.feedback)
            && k.bucket == f.bucket
        {
            return no(
                "aws.feedback.bucket",
                "feedback needs a bucket of its own, not the one of knowledge",
            );
        }
        for (key, bucket) in [
            ("aws.knowledge.owner", &self.knowledge),
            ("aws.feedback.owner", &self.feedback),
        ] {
            if bucket
                .as_ref()
                .and_then(|b| b.owner.as_ref())
                .is_some_and(|o| !is_account(o))
            {
                return no(key, "an account is twelve digits, in quotes");
            }
        }
        Ok(())
    }

    pub fn sso_region(&self) -> &str {
        self.sso.region.as_deref().unwrap_or(&self.region)
    }
}

fn is_account(s: &str) -> bool {
    s.len() == 12 && s.bytes().all(|b| b.is_ascii_digit())
}

/// Nothing goes over the network unencrypted.
fn is_safe(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|u| match u.scheme() {
        "https" => u.host_str().is_some(),
        "http" => matches!(u.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")),
        _ => false,
    })
}
