//! Labelled answers, each an object of its own in the tenant's feedback bucket.

use std::sync::Arc;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use futures::future::BoxFuture;
use mortar_assistant::ModelError;
use mortar_feedback::{Entry, FeedbackSink};

use crate::Aws;
use crate::config::Bucket;
use crate::trouble::Trouble;

pub struct S3Feedback {
    aws: Arc<Aws>,
    bucket: Bucket,
    tenant: String,
}

impl S3Feedback {
    /// The feedback bucket of the configuration, where it names one.
    pub fn of(aws: &Arc<Aws>, tenant: &str) -> Option<Self> {
        Some(S3Feedback {
            bucket: aws.config.feedback.clone()?,
            aws: aws.clone(),
            tenant: tenant.to_owned(),
        })
    }

    fn key(&self, entry: &Entry) -> String {
        let prefix = self.bucket.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let day = entry.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        format!("{prefix}{slash}tenant={}/date={day}/{}.json", self.tenant, entry.id)
    }
}

impl FeedbackSink for S3Feedback {
    fn send<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), ModelError>> {
        Box::pin(async move {
            let body = serde_json::to_vec(entry).map_err(ModelError::failed)?;
            let request = self
                .aws
                .clients()
                .s3
                .put_object()
                .bucket(&self.bucket.bucket)
                .key(self.key(entry))
                .set_expected_bucket_owner(self.bucket.owner.clone())
                .content_type("application/json")
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .set_ssekms_key_id(self.bucket.kms_key.clone())
                // A second try must not write a second time, nor over what is there.
                .if_none_match("*")
                .body(ByteStream::from(body));
            match request.send().await {
                Ok(_) => Ok(()),
                Err(e) if e.as_service_error().and_then(|s| s.code()) == Some("PreconditionFailed") => Ok(()),
                Err(e) => {
                    let trouble = Trouble::of(e);
                    let said = format!("the bucket of labels: {}", trouble.of_a_bucket());
                    Err(ModelError::new(trouble.fault(), said))
                }
            }
        })
    }
}
