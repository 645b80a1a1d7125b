//! Where a tenant's labels and what is decided about them lie: its bucket, a folder in its place, or, where it has
//! neither, this device's own sealed records. Written once or only if unchanged; what it means is elsewhere.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use mortar_assistant::{Fault, ModelError};
use mortar_aws::{Aws, S3Store};
use mortar_feedback::{FeedbackSink, Object, Passed, Records, RecordsError, Which};
use mortar_local::Folder;
use mortar_store::{Condition, Got, Listed, ReleaseStore, StoreError, Want};

use crate::account::Account;
use crate::error::DeskError;
use crate::tenant::TenantConfig;

/// More than anybody labels on one device.
const ALL: usize = usize::MAX;

/// Where labels of a tenant are read from.
pub(crate) fn bucket<'a>(
    config: &TenantConfig,
    aws: Option<&Arc<Aws>>,
    records: &'a Records,
) -> Box<dyn ReleaseStore + 'a> {
    let named = aws.and_then(|aws| Some(S3Store::at(aws, aws.config.feedback.clone()?)));
    match (named, folder(config)) {
        (Some(s3), _) => Box::new(s3),
        (None, Some(folder)) => Box::new(folder),
        (None, None) => Box::new(Own(records)),
    }
}

/// The folder in place of a bucket, where the configuration names one.
fn folder(config: &TenantConfig) -> Option<Folder> {
    let dir = config.feedback.store.as_ref()?;
    Some(Folder::new(&std::path::absolute(dir).unwrap_or_else(|_| dir.clone())))
}

/// Sends labels that wait to where they go; where nothing takes them, they stay on this device.
pub(crate) async fn send(
    config: &TenantConfig,
    account: Option<&Account>,
    records: &Records,
    which: Which,
) -> Result<Passed, DeskError> {
    match (account.and_then(Account::takes_labels), folder(config)) {
        (Some(s3), _) => Ok(records.send(s3, which).await?),
        (None, Some(folder)) => Ok(records.send(&FolderSink(folder), which).await?),
        (None, None) => Ok(Passed::default()),
    }
}

/// A folder takes labels as a bucket does.
struct FolderSink(Folder);

impl FeedbackSink for FolderSink {
    fn send<'a>(&'a self, object: &'a Object) -> BoxFuture<'a, Result<(), ModelError>> {
        Box::pin(async move {
            match self.0.put(&object.key, object.body.clone(), Condition::IfAbsent).await {
                // Its key has the hash of its bytes: what is there is this.
                Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
                Err(e) => {
                    let fault = match &e {
                        StoreError::Refused(_) => Fault::Refused,
                        _ => Fault::Offline,
                    };
                    Err(ModelError::new(fault, format!("the folder of labels: {e}")))
                }
            }
        })
    }
}

/// A tenant without a bucket: labels are those that wait to be sent, decisions lie beside them.
struct Own<'a>(&'a Records);

impl Own<'_> {
    fn held(&self, key: &str) -> Result<Option<Vec<u8>>, DeskError> {
        if let Some(object) = self.0.own_object(key)? {
            return Ok(Some(object));
        }
        let name = key.rsplit('/').next().and_then(|name| name.split_once('-'));
        let Some((id, _)) = name else { return Ok(None) };
        match self.0.sent_of(id) {
            Ok(body) => Ok(Some(body)),
            Err(RecordsError::NoEntry(_)) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn listed(&self, prefix: &str) -> Result<Vec<Listed>, DeskError> {
        let objects = self.0.own_objects()?.into_iter();
        let labels = self.0.outbox(ALL)?.into_iter().map(|e| (e.key, u64::from(e.bytes)));
        let mut all: Vec<Listed> = labels
            .chain(objects)
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, bytes)| Listed {
                key,
                bytes,
                modified: Timestamp::UNIX_EPOCH,
            })
            .collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(all)
    }
}

fn failed(e: impl ToString) -> StoreError {
    StoreError::Failed(e.to_string())
}

/// A tag that names the bytes themselves.
fn tag(bytes: &[u8]) -> String {
    mortar_privacy::seal::hex(&mortar_privacy::seal::sha256(bytes))
}

impl ReleaseStore for Own<'_> {
    fn location(&self) -> String {
        "this device".into()
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(async move {
            let bytes = self.held(key).map_err(failed)?;
            let bytes = bytes.ok_or_else(|| StoreError::NotFound(key.to_owned()))?;
            let tag = tag(&bytes);
            Ok(match want {
                Want::IfChanged(held) if held == tag => Got::NotChanged,
                // Objects are small: nobody asks for a part of one.
                _ => Got::Body {
                    tag,
                    bytes: stream::iter([Ok(bytes)]).boxed(),
                },
            })
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move {
            let was = self.0.own_object(key).map_err(failed)?;
            let expected = match &condition {
                Condition::IfAbsent => was.is_none(),
                Condition::IfUnchanged(held) => was.as_deref().is_some_and(|w| tag(w) == *held),
            };
            // What another program put there between is not written over either.
            if expected && self.0.put_own_object(key, was.as_deref(), &bytes).map_err(failed)? {
                Ok(tag(&bytes))
            } else {
                Err(StoreError::Conflict(key.to_owned()))
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        Box::pin(async move { self.listed(prefix).map_err(failed) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { Err(StoreError::Refused(format!("{key}: nothing is removed here"))) })
    }
}
