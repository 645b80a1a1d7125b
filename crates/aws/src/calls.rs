//! What an error of a call comes to, and whether the call may be made again. The SDK's own retries are
//! off for models: they do not know what an invocation costs, and leave out what may be retried.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use mortar_assistant::{Fault, ModelError};
use tokio::time::{sleep, timeout};

use crate::Aws;
use crate::breaker::Breaker;
use crate::sign_in::SignInError;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    No,
    /// After a while.
    Later,
    /// With new credentials.
    Renewed,
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
        let mut attempt = 0;
        loop {
            attempt += 1;
            let trial = self.breaker.ask(Instant::now())?;
            self.aws.guard.take(self.inference_id)?;
            let result = match timeout(self.budget, call()).await {
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
                    Retry::Later => sleep(pause(attempt)).await,
                    Retry::Renewed => self.aws.renew().await,
                },
            }
        }
    }
}

/// How long to wait before the next attempt: longer each time, and never all at once.
fn pause(attempt: u32) -> Duration {
    let most = 200u64 << attempt.min(4);
    Duration::from_millis(rand::random_range(most / 2..=most))
}

/// Reads an error of the SDK.
pub fn read<E>(e: SdkError<E, HttpResponse>) -> Failed
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(e) = sign_in_error(&e) {
        let fault = match e {
            SignInError::Unreachable(_) => Fault::Offline,
            SignInError::Refused(_) => Fault::Refused,
            _ => Fault::SignIn,
        };
        return Failed::new(fault, e, Retry::No);
    }
    let cause = deepest(&e);
    match e {
        SdkError::TimeoutError(_) => Failed::new(
            Fault::Slow,
            "the endpoint did not answer in time",
            // It may be working on it still: a second call would cost twice.
            Retry::No,
        ),
        SdkError::DispatchFailure(d) if d.is_timeout() => {
            Failed::new(Fault::Offline, "the endpoint cannot be reached in time", Retry::Later)
        }
        SdkError::DispatchFailure(d) => Failed::new(
            Fault::Offline,
            format!("the endpoint cannot be reached: {cause}"),
            if d.is_user() { Retry::No } else { Retry::Later },
        ),
        SdkError::ResponseError(_) => Failed::new(
            Fault::Failed,
            format!("the endpoint's answer cannot be read: {cause}"),
            Retry::Later,
        ),
        SdkError::ServiceError(s) => {
            let status = s.raw().status().as_u16();
            let code = s.err().code().unwrap_or("").to_owned();
            let message = s.err().message().unwrap_or("no reason given").to_owned();
            by_status(status, &code, &message)
        }
        _ => Failed::new(Fault::Failed, cause, Retry::No),
    }
}

fn by_status(status: u16, code: &str, message: &str) -> Failed {
    let name = if code.is_empty() {
        status.to_string()
    } else {
        code.to_owned()
    };
    match (status, code) {
        (_, "ModelNotReadyException") => Failed::new(
            Fault::Busy,
            "the model is starting; it will be ready shortly",
            Retry::Later,
        ),
        (_, "ThrottlingException") | (429, _) => Failed::new(
            Fault::Busy,
            "the endpoint has too much to do at the moment",
            Retry::Later,
        ),
        (
            _,
            "ExpiredTokenException" | "ExpiredToken" | "InvalidSignatureException" | "RequestExpired"
            // The sign-in was ended at the service, and its credentials with it.
            | "UnrecognizedClientException" | "InvalidAccessKeyId" | "InvalidToken",
        ) => Failed::new(
            Fault::SignIn,
            "the credentials are no longer accepted: sign in again",
            Retry::Renewed,
        ),
        (401 | 403, _) => Failed::new(
            Fault::Refused,
            format!("this sign-in may not use the endpoint ({name}: {message}). Ask IT for the right"),
            Retry::No,
        ),
        (424, _) => Failed::new(Fault::Failed, format!("the model itself failed ({message})"), Retry::No),
        (400..=499, _) => Failed::new(
            Fault::Refused,
            format!(
                "the endpoint refuses the request ({name}: {message}). Look at its name and contract in the tenant's configuration"
            ),
            Retry::No,
        ),
        // 530, a dependency of the service's own, is among them.
        _ => Failed::new(
            Fault::Failed,
            format!("the service failed ({name}: {message})"),
            Retry::Later,
        ),
    }
}

/// Why there are no credentials, wherever the SDK has wrapped it.
fn sign_in_error(e: &(dyn StdError + 'static)) -> Option<SignInError> {
    let mut at = Some(e);
    while let Some(e) = at {
        if let Some(found) = e.downcast_ref::<SignInError>() {
            return Some(found.clone());
        }
        at = e.source();
    }
    None
}

/// The cause behind the causes, which is what can be acted on.
pub fn deepest(e: &(dyn StdError + 'static)) -> String {
    let mut at = e;
    while let Some(next) = at.source() {
        at = next;
    }
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_retried_is_known_by_status_and_name() {
        for (status, code, fault, retry) in [
            (400, "ThrottlingException", Fault::Busy, Retry::Later),
            (429, "", Fault::Busy, Retry::Later),
            (429, "ModelNotReadyException", Fault::Busy, Retry::Later),
            (530, "InternalDependencyException", Fault::Failed, Retry::Later),
            (500, "InternalFailure", Fault::Failed, Retry::Later),
            (503, "ServiceUnavailable", Fault::Failed, Retry::Later),
            (424, "ModelError", Fault::Failed, Retry::No),
            (400, "ValidationError", Fault::Refused, Retry::No),
            (403, "ExpiredTokenException", Fault::SignIn, Retry::Renewed),
            (403, "UnrecognizedClientException", Fault::SignIn, Retry::Renewed),
            (403, "AccessDeniedException", Fault::Refused, Retry::No),
        ] {
            let f = by_status(status, code, "m");
            assert_eq!((f.error.fault, f.retry), (fault, retry), "{status} {code}");
        }
    }

    #[test]
    fn pauses_grow_and_differ() {
        assert!((0..50).all(|_| pause(1) >= Duration::from_millis(200)));
        assert!(pause(9) <= Duration::from_millis(3200));
        let some: std::collections::HashSet<_> = (0..50).map(|_| pause(3)).collect();
        assert!(some.len() > 5);
    }
}
