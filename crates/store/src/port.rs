//! Where releases lie for all laptops: objects by key, in a bucket or a folder. What they mean is in
//! the files below; who signed them is in `trust`.
//!
//! ```text
//! metadata/1.root.json …       The Update Framework: root, targets, snapshot, and timestamp.json,
//! metadata/timestamp.json      which alone of them is ever written over, and only if nobody else did
//! targets/<sha256>.<name>      channels and manifests
//! segments/<sha256>            documents, passages, vectors, withdrawals
//! reviews/<a>-<b>.json         what reviewers said of release b beside a: unsigned, and no device reads it
//! ```

use std::ops::Range;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use jiff::Timestamp;

use crate::error::StoreError;

/// What is asked for of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Whole,
    Range(Range<u64>),
    /// Only if it is no longer what bears this tag.
    IfChanged(String),
}

pub enum Got {
    /// Bytes as they come, with the tag of the object that they are of.
    Body {
        tag: String,
        bytes: BoxStream<'static, Result<Vec<u8>, StoreError>>,
    },
    NotChanged,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    IfAbsent,
    IfUnchanged(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub bytes: u64,
    pub modified: Timestamp,
}

/// Objects by key. Keys are parts of letters, digits, `.`, `_`, `-` and `=`, joined by `/`.
pub trait ReleaseStore: Send + Sync {
    /// As a person names it.
    fn location(&self) -> String;
    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>>;
    /// Writes all of it or nothing; gives the new tag.
    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>>;
    /// All keys that begin with a prefix, in order.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>>;
    /// Removing what is not there is no error.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// An object of at most so many bytes, with its tag; more is an error before more is read.
pub async fn get_small(store: &dyn ReleaseStore, key: &str, most: u64) -> Result<(Vec<u8>, String), StoreError> {
    match store.get(key, Want::Whole).await? {
        Got::NotChanged => Err(StoreError::Failed(format!("{key}: no answer came"))),
        Got::Body { tag, mut bytes } => {
            let mut out = Vec::new();
            while let Some(chunk) = bytes.next().await {
                out.extend_from_slice(&chunk?);
                if out.len() as u64 > most {
                    return Err(StoreError::Refused(format!("{key} is larger than {most} bytes")));
                }
            }
            Ok((out, tag))
        }
    }
}

/// Whether a key leads nowhere but to its own place.
pub fn is_key(key: &str) -> bool {
    let part = |p: &str| {
        !p.is_empty()
            && p != "."
            && p != ".."
            && p.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'='))
    };
    key.split('/').all(part)
}
