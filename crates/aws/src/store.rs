//! A tenant's knowledge in its bucket: the port `ReleaseStore` over S3.

use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use mortar_assistant::Fault;
use mortar_store::{Condition, Got, Listed, ReleaseStore, StoreError, Want, is_key};

use crate::Aws;
use crate::config::Bucket;
use crate::trouble::{Kind, Retry, Trouble, deepest};

/// A call with credentials that are no longer taken is made once more, with new ones.
const TRIES: usize = 2;

pub struct S3Store {
    aws: Arc<Aws>,
    bucket: Bucket,
}

impl S3Store {
    /// The bucket of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<S3Store> {
        Some(S3Store::at(aws, aws.config.knowledge.clone()?))
    }

    pub fn at(aws: &Arc<Aws>, bucket: Bucket) -> S3Store {
        S3Store {
            aws: aws.clone(),
            bucket,
        }
    }

    fn prefixed(&self, key: &str) -> String {
        let prefix = self.bucket.prefix.trim_matches('/');
        if prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{prefix}/{key}")
        }
    }

    fn checked(&self, key: &str) -> Result<String, StoreError> {
        if is_key(key) {
            Ok(self.prefixed(key))
        } else {
            Err(StoreError::Refused(format!("“{key}” is no key")))
        }
    }

    /// Makes a call, and once more with new credentials where the old ones are no longer taken.
    async fn call<T, E, F>(&self, key: &str, make: impl Fn(aws_sdk_s3::Client) -> F) -> Result<T, StoreError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        for _ in 1..TRIES {
            match make(self.aws.clients().s3.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(e) => match Trouble::of(e) {
                    expired if expired.retry == Retry::Renewed => self.aws.renew().await,
                    trouble => return Err(told(key, &trouble)),
                },
            }
        }
        let last = make(self.aws.clients().s3.clone()).await;
        last.map_err(|e| told(key, &Trouble::of(e)))
    }

    async fn read(&self, key: &str, want: Want) -> Result<Got, StoreError> {
        let name = self.checked(key)?;
        let (range, if_changed) = match want {
            Want::Whole => (None, None),
            Want::Range(Range { start, end }) => (Some(format!("bytes={start}-{}", end.saturating_sub(1))), None),
            Want::IfChanged(tag) => (None, Some(tag)),
        };
        let answer = self
            .call(key, |s3| {
                s3.get_object()
                    .bucket(&self.bucket.bucket)
                    .key(&name)
                    .set_expected_bucket_owner(self.bucket.owner.clone())
                    .set_range(range.clone())
                    .set_if_none_match(if_changed.clone())
                    .send()
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(StoreError::Conflict(_)) if if_changed.is_some() => return Ok(Got::NotChanged),
            Err(e) => return Err(e),
        };
        let tag = answer.e_tag.ok_or_else(|| no_tag(key))?;
        let key = key.to_owned();
        let bytes = stream::unfold(answer.body, move |mut body| {
            let key = key.clone();
            async move {
                match body.next().await? {
                    Ok(chunk) => Some((Ok(chunk.to_vec()), body)),
                    Err(e) => {
                        let e = StoreError::Failed(format!("{key}: {}", deepest(&e)));
                        Some((Err(e), ByteStream::default()))
                    }
                }
            }
        });
        Ok(Got::Body {
            tag,
            bytes: bytes.boxed(),
        })
    }
}

/// Without tags a write could not be made conditional.
fn no_tag(key: &str) -> StoreError {
    StoreError::Failed(format!("{key}: the answer has no ETag"))
}

/// What an error of S3 comes to, in the words of a store.
fn told(key: &str, trouble: &Trouble) -> StoreError {
    let said = trouble.of_a_bucket();
    let of_key = format!("{key}: {said}");
    match (&trouble.kind, trouble.fault()) {
        (Kind::NotFound, _) => StoreError::NotFound(key.to_owned()),
        (Kind::Conflict, _) => StoreError::Conflict(key.to_owned()),
        (Kind::NoBucket, _) => StoreError::Refused(said),
        (Kind::Unavailable, _) | (_, Fault::Busy) => StoreError::Busy(of_key),
        (_, Fault::SignIn) => StoreError::SignIn(said),
        (_, Fault::Offline) => StoreError::Offline(said),
        (_, Fault::Refused) => StoreError::Refused(of_key),
        _ => StoreError::Failed(of_key),
    }
}

impl ReleaseStore for S3Store {
    fn location(&self) -> String {
        format!("s3://{}", self.prefixed_location())
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(self.read(key, want))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move {
            let name = self.checked(key)?;
            let (absent, unchanged) = match condition {
                Condition::IfAbsent => (Some("*"), None),
                Condition::IfUnchanged(tag) => (None, Some(tag)),
            };
            let encrypted = self.bucket.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms);
            let answer = self
                .call(key, |s3| {
                    s3.put_object()
                        .bucket(&self.bucket.bucket)
                        .key(&name)
                        .set_expected_bucket_owner(self.bucket.owner.clone())
                        .set_server_side_encryption(encrypted.clone())
                        .set_ssekms_key_id(self.bucket.kms_key.clone())
                        // Without it each object costs a call of KMS, which costs more than the object.
                        .set_bucket_key_enabled(encrypted.as_ref().map(|_| true))
                        .set_if_none_match(absent.map(str::to_owned))
                        .set_if_match(unchanged.clone())
                        .body(ByteStream::from(bytes.clone()))
                        .send()
                })
                .await?;
            answer.e_tag.ok_or_else(|| no_tag(key))
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        Box::pin(async move {
            let own = self.prefixed("");
            let name = self.prefixed(prefix);
            let mut out = Vec::new();
            let mut next: Option<String> = None;
            loop {
                let page = self
                    .call(prefix, |s3| {
                        s3.list_objects_v2()
                            .bucket(&self.bucket.bucket)
                            .set_expected_bucket_owner(self.bucket.owner.clone())
                            .prefix(&name)
                            .set_continuation_token(next.clone())
                            .send()
                    })
                    .await?;
                out.extend(page.contents().iter().filter_map(|o| {
                    let key = o.key()?.strip_prefix(&own)?.to_owned();
                    let at = o.last_modified().and_then(|t| Timestamp::from_second(t.secs()).ok());
                    Some(Listed {
                        key,
                        bytes: o.size().unwrap_or(0).max(0) as u64,
                        modified: at.unwrap_or(Timestamp::MAX),
                    })
                }));
                next = page.next_continuation_token().map(str::to_owned);
                if next.is_none() {
                    return Ok(out);
                }
            }
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let name = self.checked(key)?;
            self.call(key, |s3| {
                s3.delete_object()
                    .bucket(&self.bucket.bucket)
                    .key(&name)
                    .set_expected_bucket_owner(self.bucket.owner.clone())
                    .send()
            })
            .await?;
            Ok(())
        })
    }
}

impl S3Store {
    fn prefixed_location(&self) -> String {
        let prefix = self.bucket.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{prefix}", self.bucket.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever publishes has no model in mind.
    #[test]
    fn what_s3_refuses_is_said_in_the_words_of_a_store() {
        type Case = (u16, &'static str, fn(&StoreError) -> bool);
        let cases: [Case; 12] = [
            (404, "NoSuchKey", |e| matches!(e, StoreError::NotFound(_))),
            (404, "NoSuchBucket", |e| matches!(e, StoreError::Refused(_))),
            (304, "", |e| matches!(e, StoreError::Conflict(_))),
            (409, "ConditionalRequestConflict", |e| {
                matches!(e, StoreError::Conflict(_))
            }),
            (412, "PreconditionFailed", |e| matches!(e, StoreError::Conflict(_))),
            (503, "SlowDown", |e| matches!(e, StoreError::Busy(_))),
            (503, "ServiceUnavailable", |e| matches!(e, StoreError::Busy(_))),
            (500, "InternalError", |e| matches!(e, StoreError::Failed(_))),
            (403, "AccessDenied", |e| matches!(e, StoreError::Refused(_))),
            (403, "SignatureDoesNotMatch", |e| matches!(e, StoreError::Refused(_))),
            (400, "InvalidArgument", |e| matches!(e, StoreError::Refused(_))),
            (400, "ExpiredToken", |e| matches!(e, StoreError::SignIn(_))),
        ];
        for (status, code, is) in cases {
            let e = told("segments/x", &Trouble::by_status(status, code, "why"));
            assert!(is(&e), "{status} {code}: {e:?}");
            for word in ["endpoint", "model", "contract"] {
                assert!(!e.to_string().contains(word), "{status} {code}: {e}");
            }
        }
        let offline = Trouble {
            kind: Kind::Unreachable,
            reason: "connection refused".into(),
            retry: Retry::Later,
        };
        let said = told("segments/x", &offline).to_string();
        assert_eq!(said, "the store cannot be reached: connection refused");
    }
}
