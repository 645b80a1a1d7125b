//! A store of releases in memory, which can be made to lie; and what publishes to it and follows it in
//! tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use mortar_desk::assistant::{Embedder, ModelError};
use mortar_desk::sources::{Imported, import_files};
use mortar_desk::store::keys::Keys;
use mortar_desk::store::publish::{Options, Published};
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::sync::Device;
use mortar_desk::store::{Condition, Got, Listed, PublishError, ReleaseStore, StoreError, Want};

/// What a store says of a key instead of what it holds.
pub type Lie = Box<dyn Fn(&str, Option<&[u8]>) -> Option<Result<Vec<u8>, StoreError>> + Send + Sync>;

#[derive(Default)]
pub struct Shelf {
    objects: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    lie: Mutex<Option<Lie>>,
    /// Says that nothing has changed, whatever has.
    pub frozen: std::sync::atomic::AtomicBool,
    /// What is taken away when an object is written: what another does at that moment.
    pub taken_at: Mutex<Option<(String, Vec<String>)>>,
    pub gets: AtomicU64,
    pub puts: AtomicU64,
    asked: Mutex<Vec<String>>,
}

impl Shelf {
    pub fn held(&self) -> BTreeMap<String, Vec<u8>> {
        let held = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().map(|(k, (v, _))| (k.clone(), v.clone())).collect()
    }

    pub fn put_back(&self, objects: &BTreeMap<String, Vec<u8>>) {
        let now = Timestamp::now();
        let objects = objects.iter().map(|(k, v)| (k.clone(), (v.clone(), now)));
        *self.objects.lock().unwrap_or_else(PoisonError::into_inner) = objects.collect();
    }

    pub fn lies(
        &self,
        lie: impl Fn(&str, Option<&[u8]>) -> Option<Result<Vec<u8>, StoreError>> + Send + Sync + 'static,
    ) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(lie));
    }

    /// The keys that were asked for since this was asked last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn honest(&self) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.frozen.store(false, Ordering::Relaxed);
    }

    fn found(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        let held = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = held.get(key).map(|o| o.0.clone());
        drop(held);
        let lie = self.lie.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(said) = lie.as_ref().and_then(|lie| lie(key, bytes.as_deref())) {
            return said;
        }
        bytes.ok_or_else(|| StoreError::NotFound(key.to_owned()))
    }
}

fn tag(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl ReleaseStore for Shelf {
    fn location(&self) -> String {
        "shelf".into()
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(async move {
            self.gets.fetch_add(1, Ordering::Relaxed);
            self.asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(key.to_owned());
            if self.frozen.load(Ordering::Relaxed) && matches!(want, Want::IfChanged(_)) {
                return Ok(Got::NotChanged);
            }
            let bytes = self.found(key)?;
            let tag = tag(&bytes);
            let bytes = match want {
                Want::IfChanged(held) if held == tag => return Ok(Got::NotChanged),
                Want::Whole | Want::IfChanged(_) => bytes,
                Want::Range(r) => {
                    let end = (r.end as usize).min(bytes.len());
                    bytes[(r.start as usize).min(end)..end].to_vec()
                }
            };
            let chunks: Vec<Result<Vec<u8>, StoreError>> = bytes.chunks(1 << 16).map(|c| Ok(c.to_vec())).collect();
            Ok(Got::Body {
                tag,
                bytes: stream::iter(chunks).boxed(),
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
            self.puts.fetch_add(1, Ordering::Relaxed);
            let mut held = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
            let there = held.get(key).map(|o| tag(&o.0));
            let may = match condition {
                Condition::IfAbsent => there.is_none(),
                Condition::IfUnchanged(t) => there == Some(t),
            };
            if !may {
                return Err(StoreError::Conflict(key.to_owned()));
            }
            let new = tag(&bytes);
            held.insert(key.to_owned(), (bytes, Timestamp::now()));
            let mut taken = self.taken_at.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, keys)) = taken.take_if(|t| t.0 == key) {
                keys.iter().for_each(|k| drop(held.remove(k)));
            }
            Ok(new)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        Box::pin(async move {
            let held = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
            let found = held.iter().filter(|(k, _)| k.starts_with(prefix));
            Ok(found
                .map(|(k, (v, at))| Listed {
                    key: k.clone(),
                    bytes: v.len() as u64,
                    modified: *at,
                })
                .collect())
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.objects.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
            Ok(())
        })
    }
}

/// Gives each text a vector made of its hash, and counts the texts.
#[derive(Default)]
pub struct Hashed {
    pub name: &'static str,
    pub texts: AtomicU64,
}

pub const HASHED_DIMENSIONS: usize = 64;

impl Hashed {
    pub fn named(name: &'static str) -> Hashed {
        Hashed {
            name,
            texts: AtomicU64::new(0),
        }
    }

    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut bytes = [0; HASHED_DIMENSIONS];
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{} {text}", self.name).as_bytes());
        hasher.finalize_xof().fill(&mut bytes);
        let raw: Vec<f32> = bytes.iter().map(|b| f32::from(*b) - 127.5).collect();
        let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        raw.into_iter().map(|x| x / length).collect()
    }
}

impl Embedder for Hashed {
    fn model(&self) -> &str {
        self.name
    }

    fn dimensions(&self) -> usize {
        HASHED_DIMENSIONS
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.texts.fetch_add(texts.len() as u64, Ordering::Relaxed);
        Box::pin(async move { Ok(texts.iter().map(|t| self.vector(t)).collect()) })
    }
}

/// Questions and answers: `(id, title, body)`.
pub fn documents(rows: &[(String, String, String)]) -> Imported {
    let text: String = rows
        .iter()
        .map(|(id, title, body)| format!("{}\n", serde_json::json!({ "id": id, "title": title, "body": body })))
        .collect();
    let imported = import_files([Ok::<_, ()>(("all.jsonl".to_owned(), text.into_bytes()))]).expect("it is in memory");
    assert!(imported.findings.is_empty(), "{:?}", imported.findings);
    imported
}

/// Publishes with all of the models; the keys are made where there are none.
pub async fn publish(
    store: &Arc<dyn ReleaseStore>,
    dir: &Path,
    imported: Imported,
    models: &[&Hashed],
    channel: &str,
) -> Result<Published, PublishError> {
    let keys = Keys::new(&dir.join("keys"));
    if !keys.root_path().exists() {
        keys.init(store, 1, 1).await?;
    }
    let publishing = dir.join("publishing");
    std::fs::create_dir_all(&publishing).expect("a folder can be made");
    let publisher = Publisher {
        store: store.clone(),
        keys,
        dir: &publishing,
        embedders: models.iter().map(|m| *m as &dyn Embedder).collect(),
    };
    let options = Options {
        channel: channel.to_owned(),
        ..Options::default()
    };
    publisher.publish(imported, &options, &mut |_| {}).await
}

/// A device that trusts the root of `dir`'s keys as it was when `root` was read.
pub fn device(store: &Arc<dyn ReleaseStore>, root: &[u8], home: &Path, models: &[&str]) -> Device {
    Device {
        store: store.clone(),
        root: root.to_vec(),
        channel: "live".into(),
        number: None,
        ring: None,
        models: models.iter().map(|m| (*m).to_owned()).collect(),
        release: home.join("release"),
        dir: home.join("sync"),
    }
}
