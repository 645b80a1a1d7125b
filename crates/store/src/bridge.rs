//! The store behind `tough`'s interface. A failure of the network is never taken for "there is no newer root", and no
//! more is read of a file than metadata ever has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use serde::Deserialize;
use tough::{Transport, TransportError, TransportErrorKind, TransportStream};
use url::Url;

use crate::error::StoreError;
use crate::names::version_of;
use crate::port::{Got, ReleaseStore, Want, is_key};
use crate::retry::again;

/// No file of metadata is larger.
pub const LARGEST_METADATA: u64 = 4 << 20;

#[derive(Clone)]
pub struct Bridge {
    store: Arc<dyn ReleaseStore>,
    /// As if there were no newer root than this.
    newest_root: Option<u64>,
    /// By role: until when what was read last says that it holds.
    expires: Arc<Mutex<HashMap<String, Timestamp>>>,
}

/// As much of a file of metadata as tells until when it holds.
#[derive(Deserialize)]
struct Dated {
    signed: Expires,
}

#[derive(Deserialize)]
struct Expires {
    #[serde(rename = "_type")]
    role: String,
    expires: Timestamp,
}

impl Bridge {
    pub fn new(store: Arc<dyn ReleaseStore>, newest_root: Option<u64>) -> Bridge {
        Bridge {
            store,
            newest_root,
            expires: Arc::default(),
        }
    }

    /// Takes down until when a file of metadata holds, which `tough` does not tell with what it refuses.
    pub fn saw(&self, metadata: &[u8]) {
        if let Ok(Dated { signed }) = serde_json::from_slice(metadata) {
            let mut expires = self.expires.lock().unwrap_or_else(PoisonError::into_inner);
            expires.insert(signed.role, signed.expires);
        }
    }

    pub fn expires(&self, role: &str) -> Option<Timestamp> {
        let expires = self.expires.lock().unwrap_or_else(PoisonError::into_inner);
        expires.get(role).copied()
    }

    async fn read(&self, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let newer = |newest| version_of(key, "root").is_some_and(|version| version > newest);
        if self.newest_root.is_some_and(newer) {
            return Err(StoreError::NotFound(key.to_owned()));
        }
        if !is_key(key) {
            return Err(StoreError::Refused(format!("“{key}” leads out of the store")));
        }
        let chunks = again(|| bounded(&*self.store, key)).await?;
        if key.starts_with("metadata/") {
            self.saw(&chunks.concat());
        }
        Ok(chunks)
    }
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.store.location())
    }
}

#[async_trait]
impl Transport for Bridge {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        match self.read(url.path().trim_start_matches('/')).await {
            Ok(chunks) => Ok(Box::pin(stream::iter(chunks.into_iter().map(|c| Ok(c.into()))))),
            Err(StoreError::NotFound(_)) => Err(TransportError::new(TransportErrorKind::FileNotFound, url)),
            // Within the stream: an error beside it would be taken for "not there".
            Err(e) => {
                let e = TransportError::new_with_cause(TransportErrorKind::Other, url, e);
                Ok(Box::pin(stream::iter([Err(e)])))
            }
        }
    }
}

/// All of an object, or a little more than metadata may have: then `tough` sees that it is too large.
async fn bounded(store: &dyn ReleaseStore, key: &str) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut out = Vec::new();
    let mut size = 0;
    if let Got::Body { mut bytes, .. } = store.get(key, Want::Whole).await? {
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            size += chunk.len() as u64;
            out.push(chunk);
            if size > LARGEST_METADATA {
                break;
            }
        }
    }
    Ok(out)
}
