//! When a call of a model is made again, and when a bucket's is left to the store's own rule. The SDK's own retries are
//! off: they do not know what an invocation costs, and leave out what may be retried.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use mortar_assistant::{Fault, ModelError};
use mortar_store::retry::pause;
use tokio::time::{sleep, timeout};

use crate::Aws;
use crate::breaker::Breaker;
use crate::trouble::Trouble;
pub use crate::trouble::{Retry, deepest};

/// A call is made at most so often.
const ATTEMPTS: u32 = 3;

pub fn once() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(1)
}

pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(3100))
        // A model may think for a minute before its first byte; budgets around each call are shorter.
        .read_timeout(Duration::from_secs(70))
        .build()
}

/// Why a call failed.
#[derive(Debug)]
pub struct Failed {
    pub error: ModelError,
    pub retry: Retry,
}

impl Failed {
    pub fn new(fault: Fault, message: impl ToString, retry: Retry) -> Self {
        Failed {
            error: ModelError::new(fault, message),
            retry,
        }
    }
}

/// Who calls for whom, and for how long.
pub struct Calling<'a> {
    pub aws: &'a Aws,
    pub breaker: &'a Breaker,
    pub inference_id: &'a str,
    pub budget: Duration,
    /// The budget is for all attempts together: who waits for it would rather go on without.
    pub once_for_all: bool,
    /// What is said where the budget was not enough.
    pub late: String,
}

impl Calling<'_> {
    /// Makes a call, and again where that may help: not while the endpoint is left alone, not beyond what
    /// the question may cost, and with new credentials where the old ones are not taken any more.
    pub async fn make<T, F>(&self, call: impl Fn() -> F) -> Result<T, ModelError>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        let (mut attempt, began) = (0, Instant::now());
        let left = || {
            if self.once_for_all {
                self.budget.saturating_sub(began.elapsed())
            } else {
                self.budget
            }
        };
        loop {
            attempt += 1;
            let trial = self.breaker.ask(Instant::now())?;
            self.aws.guard.take(self.inference_id)?;
            let result = match timeout(left(), call()).await {
                Ok(result) => result,
                // It may be at work still: another call would cost twice and come later.
                Err(_) => Err(Failed::new(Fault::Slow, &self.late, Retry::No)),
            };
            trial.told(Instant::now(), result.as_ref().map(|_| ()).map_err(|f| f.error.fault));
            match result {
                Ok(made) => return Ok(made),
                Err(f) if attempt >= ATTEMPTS => return Err(f.error),
                Err(f) => match f.retry {
                    Retry::No => return Err(f.error),
                    Retry::Later => {
                        let pause = pause(attempt);
                        if self.once_for_all && pause >= left() {
                            return Err(f.error);
                        }
                        sleep(pause).await;
                    }
                    Retry::Renewed => self.aws.renew().await,
                },
            }
        }
    }
}

/// Reads an error of the SDK, in the words of a model's endpoint.
pub fn read<E>(e: SdkError<E, HttpResponse>) -> Failed
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let trouble = Trouble::of(e);
    Failed {
        retry: trouble.retry,
        error: trouble.of_a_model(),
    }
}
