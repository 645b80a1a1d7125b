//! What an error of AWS is, before it is said in words: which of the few things that anybody acts on, and whether the
//! call may be made again. Models and buckets have words of their own for it.

use std::error::Error as StdError;

use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use mortar_assistant::{Fault, ModelError};

use crate::sign_in_error::SignInError;

/// Why a call failed.
#[derive(Debug)]
pub struct Trouble {
    pub kind: Kind,
    /// In the words of the service, or of the system.
    pub reason: String,
    pub retry: Retry,
}

#[derive(Debug)]
pub enum Kind {
    NoCredentials(SignInError),
    /// There are some, and they are not taken any more.
    Expired,
    /// This sign-in may not do that.
    Denied,
    /// No connection came about.
    Unreachable,
    UnreachableInTime,
    /// There is a connection, and no answer in time.
    Slow,
    /// What came is no answer.
    Unreadable,
    Busy,
    Unavailable,
    /// A model is not ready yet.
    Starting,
    /// A model failed, in a container that did not.
    Model,
    NoBucket,
    NotFound,
    /// A condition did not hold, or two writes met.
    Conflict,
    Refused,
    Failed,
    /// Nothing was asked at all.
    Unasked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    No,
    /// After a while.
    Later,
    /// With new credentials.
    Renewed,
}

impl Trouble {
    /// Reads an error of the SDK.
    pub fn of<E>(e: SdkError<E, HttpResponse>) -> Trouble
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let cause = deepest(&e);
        let trouble = |kind, retry| Trouble {
            kind,
            reason: cause.clone(),
            retry,
        };
        if let Some(e) = sign_in_error(&e) {
            return trouble(Kind::NoCredentials(e), Retry::No);
        }
        match e {
            // It may be working on it still: a second call would cost twice.
            SdkError::TimeoutError(_) => trouble(Kind::Slow, Retry::No),
            SdkError::DispatchFailure(d) if d.is_timeout() => trouble(Kind::UnreachableInTime, Retry::Later),
            SdkError::DispatchFailure(d) if d.is_user() => trouble(Kind::Unreachable, Retry::No),
            SdkError::DispatchFailure(_) => trouble(Kind::Unreachable, Retry::Later),
            SdkError::ResponseError(r) if !r.raw().status().is_success() => {
                Trouble::by_status(r.raw().status().as_u16(), "", &cause)
            }
            SdkError::ResponseError(_) => trouble(Kind::Unreadable, Retry::Later),
            SdkError::ServiceError(s) => Trouble::by_status(
                s.raw().status().as_u16(),
                s.err().code().unwrap_or(""),
                s.err().message().unwrap_or("no reason given"),
            ),
            _ => trouble(Kind::Unasked, Retry::No),
        }
    }

    pub fn by_status(status: u16, code: &str, message: &str) -> Trouble {
        let (kind, retry) = match (status, code) {
            (_, "ModelNotReadyException") => (Kind::Starting, Retry::Later),
            (_, "ThrottlingException" | "SlowDown") | (429, _) => (Kind::Busy, Retry::Later),
            (
                _,
                "ExpiredTokenException" | "ExpiredToken" | "InvalidSignatureException" | "RequestExpired"
                // The sign-in was ended at the service, and its credentials with it.
                | "UnrecognizedClientException" | "InvalidAccessKeyId" | "InvalidToken",
            ) => (Kind::Expired, Retry::Renewed),
            (401 | 403, _) => (Kind::Denied, Retry::No),
            (404, "NoSuchBucket") => (Kind::NoBucket, Retry::No),
            (404, _) => (Kind::NotFound, Retry::No),
            // 409: two conditional writes at once, of which the other one won.
            (304 | 409 | 412, _) => (Kind::Conflict, Retry::No),
            (424, _) => (Kind::Model, Retry::No),
            (400..=499, _) => (Kind::Refused, Retry::No),
            (503, _) => (Kind::Unavailable, Retry::Later),
            // 530, a dependency of the service's own, is among them.
            _ => (Kind::Failed, Retry::Later),
        };
        let name = if code.is_empty() {
            status.to_string()
        } else {
            code.to_owned()
        };
        Trouble {
            kind,
            reason: format!("{name}: {message}"),
            retry,
        }
    }

    pub fn fault(&self) -> Fault {
        match &self.kind {
            Kind::NoCredentials(SignInError::Unreachable(_)) => Fault::Offline,
            Kind::NoCredentials(SignInError::Refused(_)) => Fault::Refused,
            Kind::NoCredentials(_) | Kind::Expired => Fault::SignIn,
            Kind::Unreachable | Kind::UnreachableInTime => Fault::Offline,
            Kind::Slow => Fault::Slow,
            Kind::Busy | Kind::Starting => Fault::Busy,
            Kind::Denied | Kind::NoBucket | Kind::NotFound | Kind::Conflict | Kind::Refused => Fault::Refused,
            Kind::Unreadable | Kind::Unavailable | Kind::Model | Kind::Failed | Kind::Unasked => Fault::Failed,
        }
    }

    /// In the words of a model's endpoint.
    pub fn of_a_model(self) -> ModelError {
        let reason = &self.reason;
        let message = match &self.kind {
            Kind::NoCredentials(e) => e.to_string(),
            Kind::Expired => "the credentials are no longer accepted: sign in again".into(),
            Kind::Denied => format!("this sign-in may not use the endpoint ({reason}). Ask IT for the right"),
            Kind::Unreachable => format!("the endpoint cannot be reached: {reason}"),
            Kind::UnreachableInTime => "the endpoint cannot be reached in time".into(),
            Kind::Slow => "the endpoint did not answer in time".into(),
            Kind::Unreadable => format!("the endpoint's answer cannot be read: {reason}"),
            Kind::Busy => "the endpoint has too much to do at the moment".into(),
            Kind::Starting => "the model is starting; it will be ready shortly".into(),
            Kind::Model => format!("the model itself failed ({reason})"),
            Kind::NoBucket | Kind::NotFound | Kind::Conflict | Kind::Refused => format!(
                "the endpoint refuses the request ({reason}). Look at its name and contract in the tenant's configuration"
            ),
            Kind::Unavailable | Kind::Failed => format!("the service failed ({reason})"),
            Kind::Unasked => self.reason.clone(),
        };
        ModelError::new(self.fault(), message)
    }

    /// In the words of a bucket.
    pub fn of_a_bucket(&self) -> String {
        let reason = &self.reason;
        match &self.kind {
            Kind::NoCredentials(e) => e.to_string(),
            Kind::Expired => "the credentials are no longer accepted: sign in again".into(),
            Kind::Denied => format!(
                "this sign-in may not do that ({reason}); without s3:ListBucket an object that is missing looks like this \
                 too. Ask IT for the right"
            ),
            Kind::UnreachableInTime => "no connection came about in time".into(),
            Kind::Slow => "no answer came in time".into(),
            Kind::Unreadable => format!("the answer cannot be read: {reason}"),
            Kind::NoBucket => "there is no such bucket: look at the tenant's configuration".into(),
            _ => self.reason.clone(),
        }
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
            let trouble = Trouble::by_status(status, code, "m");
            assert_eq!((trouble.fault(), trouble.retry), (fault, retry), "{status} {code}");
        }
    }
}
