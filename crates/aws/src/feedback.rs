//! Labelled answers, each an object of its own in the tenant's feedback bucket.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use mortar_assistant::{Fault, ModelError};
use mortar_feedback::{FeedbackSink, Object};

use crate::Aws;
use crate::config::Bucket;
use crate::trouble::Trouble;

/// A label is small: what takes longer hangs.
const LONGEST: Duration = Duration::from_secs(20);

pub struct S3Feedback {
    aws: Arc<Aws>,
    bucket: Bucket,
}

impl S3Feedback {
    /// The feedback bucket of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>) -> Option<Self> {
        Some(S3Feedback {
            bucket: aws.config.feedback.clone()?,
            aws: aws.clone(),
        })
    }

    fn key(&self, object: &Object) -> String {
        let prefix = self.bucket.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{}", object.key)
    }
}

impl FeedbackSink for S3Feedback {
    fn send<'a>(&'a self, object: &'a Object) -> BoxFuture<'a, Result<(), ModelError>> {
        Box::pin(async move {
            let request = self
                .aws
                .clients()
                .s3
                .put_object()
                .bucket(&self.bucket.bucket)
                .key(self.key(object))
                .set_expected_bucket_owner(self.bucket.owner.clone())
                .content_type("application/json")
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .set_ssekms_key_id(self.bucket.kms_key.clone())
                // What arrives is what was made, or nothing.
                .checksum_sha256(STANDARD.encode(object.sha256))
                // A second try must not write a second time, nor over what is there.
                .if_none_match("*")
                .body(ByteStream::from(object.body.clone()));
            let sent = match tokio::time::timeout(LONGEST, request.send()).await {
                Ok(sent) => sent,
                Err(_) => {
                    let said = "the bucket of labels: no answer came in time";
                    return Err(ModelError::new(Fault::Slow, said));
                }
            };
            let Err(e) = sent else { return Ok(()) };
            match e.raw_response().map(|r| r.status().as_u16()) {
                // Its key has the hash of its bytes: what is there is this.
                Some(412) => Ok(()),
                // Two writes of it met; which of them was done is seen the next time.
                Some(409) => Err(ModelError::new(Fault::Busy, "the bucket of labels: two writes met")),
                _ => {
                    let trouble = Trouble::of(e);
                    let said = format!("the bucket of labels: {}", trouble.of_a_bucket());
                    Err(ModelError::new(trouble.fault(), said))
                }
            }
        })
    }
}
