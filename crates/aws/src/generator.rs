//! The tenant's generation model behind a SageMaker endpoint, whole or as a stream.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sagemakerruntime::operation::invoke_endpoint_with_response_stream::InvokeEndpointWithResponseStreamOutput;
use aws_sdk_sagemakerruntime::types::ResponseStream;
use aws_smithy_types::Blob;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use mortar_assistant::{Fault, Generation, Generator, ModelError};
use tokio::time::timeout_at;

use crate::Aws;
use crate::breaker::{Breaker, Health};
use crate::calls::{self, Calling, Failed, Retry};
use crate::config::GenerationConfig;
use crate::contracts::{ContractError, StreamReader};
use crate::invoke::{self, JSON};

#[derive(Clone)]
pub struct SageMakerGenerator(Arc<Inner>);

struct Inner {
    aws: Arc<Aws>,
    config: GenerationConfig,
    breaker: Breaker,
}

impl SageMakerGenerator {
    /// The generation model of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<Self> {
        Some(SageMakerGenerator(Arc::new(Inner {
            config: aws.config.generation.clone()?,
            aws: aws.clone(),
            breaker: Breaker::default(),
        })))
    }

    pub fn health(&self) -> Health {
        self.0.breaker.health(Instant::now())
    }

    /// Tokens that a whole prompt may take.
    pub fn budget(&self) -> usize {
        self.0.config.context_tokens
    }
}

impl Generator for SageMakerGenerator {
    fn model(&self) -> &str {
        &self.0.config.model
    }

    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        let inner = self.0.clone();
        stream::once(async move { inner.begin(generation).await })
            .flat_map(|begun| match begun {
                Ok(open) => pieces(open).boxed(),
                Err(e) => stream::iter([Err(e)]).boxed(),
            })
            .boxed()
    }
}

/// An answer that has begun: its first words are here. Dropping it ends it at the server.
struct Open {
    ready: VecDeque<String>,
    rest: Option<Rest>,
    inner: Arc<Inner>,
}

struct Rest {
    stream: InvokeEndpointWithResponseStreamOutput,
    reader: StreamReader,
}

impl Inner {
    /// Until the first words: only so far may a call be made again.
    async fn begin(self: Arc<Self>, generation: Generation) -> Result<Open, ModelError> {
        let calling = Calling {
            aws: &self.aws,
            breaker: &self.breaker,
            inference_id: &generation.inference_id,
            budget: self.config.first_token(),
            once_for_all: false,
            late: format!("the model wrote nothing within {} s", self.config.first_token_s),
        };
        calling.make(|| self.clone().once(&generation)).await
    }

    async fn once(self: Arc<Self>, generation: &Generation) -> Result<Open, Failed> {
        let c = &self.config;
        let body = c
            .contract
            .request(&generation.prompt, c.template, c.max_tokens, c.stream);
        let id = &generation.inference_id;
        if !c.stream {
            let bytes = invoke::whole(&self.aws, c.target(), id, JSON, body).await?;
            let text = c.contract.whole(&bytes).map_err(contract)?;
            return Ok(Open {
                ready: VecDeque::from([text]),
                rest: None,
                inner: self.clone(),
            });
        }
        let stream = invoke::stream(&self.aws, c.target(), id, body).await?;
        let mut rest = Rest {
            stream,
            reader: StreamReader::new(c.contract),
        };
        let mut ready = VecDeque::new();
        while ready.is_empty() {
            match rest.next().await? {
                Some(pieces) => ready.extend(pieces),
                None => {
                    return Ok(Open {
                        ready,
                        rest: None,
                        inner: self.clone(),
                    });
                }
            }
        }
        Ok(Open {
            ready,
            rest: Some(rest),
            inner: self.clone(),
        })
    }
}

impl Rest {
    /// The next words; none at the end of a whole answer.
    async fn next(&mut self) -> Result<Option<Vec<String>>, Failed> {
        let broke = |e: &dyn std::fmt::Display| {
            Failed::new(
                Fault::Failed,
                format!("the model's stream broke off: {e}"),
                Retry::Later,
            )
        };
        match self.stream.body.recv().await {
            Ok(Some(ResponseStream::PayloadPart(part))) => {
                let bytes = part.bytes().map(Blob::as_ref).unwrap_or_default();
                self.reader.push(bytes).map(Some).map_err(contract)
            }
            Ok(Some(_)) => Ok(Some(Vec::new())),
            Ok(None) => {
                let (last, whole) = self.reader.end().map_err(contract)?;
                match (last, whole) {
                    (Some(last), true) => Ok(Some(vec![last])),
                    (None, true) => Ok(None),
                    // The end of a stream is not the end of an answer.
                    _ => Err(broke(&"it ended before the answer did")),
                }
            }
            Err(e) => Err(broke(&calls::deepest(&e))),
        }
    }
}

fn contract(e: ContractError) -> Failed {
    match e {
        ContractError::Model(_) => Failed::new(Fault::Failed, e, Retry::Later),
        _ => Failed::new(Fault::Refused, e, Retry::No),
    }
}

/// The words of an answer, with a budget between them.
fn pieces(open: Open) -> impl futures::Stream<Item = Result<String, ModelError>> + Send {
    stream::unfold(Some(open), |open| async move {
        let mut open = open?;
        let between = open.inner.config.between_tokens();
        // Parts without words, a server's signs of life, do not begin the time anew.
        let ends = tokio::time::Instant::now() + between;
        loop {
            if let Some(piece) = open.ready.pop_front() {
                return Some((Ok(piece), Some(open)));
            }
            let rest = open.rest.as_mut()?;
            let next = match timeout_at(ends, rest.next()).await {
                Ok(next) => next,
                Err(_) => Err(slow(between)),
            };
            match next {
                Ok(Some(pieces)) => open.ready.extend(pieces),
                Ok(None) => return None,
                Err(f) => {
                    open.inner.breaker.told(Instant::now(), Err(f.error.fault));
                    return Some((Err(f.error), None));
                }
            }
        }
    })
}

fn slow(between: Duration) -> Failed {
    Failed::new(
        Fault::Slow,
        format!("the model wrote nothing for {} s", between.as_secs_f64()),
        Retry::No,
    )
}
