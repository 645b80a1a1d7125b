//! A store that counts what is asked of it, and is otherwise the one behind it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::StreamExt;
use futures::future::BoxFuture;

use crate::error::StoreError;
use crate::fetch::Spent;
use crate::port::{Condition, Got, Listed, ReleaseStore, Want};

pub struct Counted {
    pub store: Arc<dyn ReleaseStore>,
    pub spent: Arc<Spent>,
}

impl ReleaseStore for Counted {
    fn location(&self) -> String {
        self.store.location()
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(async move {
            self.spent.requests.fetch_add(1, Ordering::Relaxed);
            Ok(match self.store.get(key, want).await? {
                Got::NotChanged => Got::NotChanged,
                Got::Body { tag, bytes } => {
                    let spent = self.spent.clone();
                    let bytes = bytes.inspect(move |chunk| {
                        let size = chunk.as_ref().map_or(0, Vec::len) as u64;
                        spent.bytes.fetch_add(size, Ordering::Relaxed);
                    });
                    Got::Body {
                        tag,
                        bytes: bytes.boxed(),
                    }
                }
            })
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        self.store.put(key, bytes, condition)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        self.store.list(prefix)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.delete(key)
    }
}
