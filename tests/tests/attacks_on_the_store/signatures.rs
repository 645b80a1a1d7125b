//! What is signed, and by whom: replayed, exchanged, held back, without an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mortar_desk::knowledge::Release;
use mortar_desk::store::sign::TargetUpdate;
use mortar_desk::store::{Condition, Got, Listed, ReleaseStore, StoreError, Want};
use mortar_tests::shelf::{Shelf, documents, publish};
use tough::schema::{RoleType, Root, Signed};

use crate::scene::{in_whole_seconds, rows, scene};

#[tokio::test]
async fn a_flipped_byte() {
    let s = scene().await;
    for key in s.new_segments() {
        let target = key.clone();
        s.shelf.lies(move |k, bytes| {
            let mut bytes = bytes.filter(|_| k == target)?.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            Some(Ok(bytes))
        });
        assert!(s.refused("damaged").await.contains("not those of its hash"));
    }
    for file in ["metadata/2.targets.json", "metadata/2.snapshot.json", "targets/"] {
        s.shelf.lies(move |k, bytes| {
            let mut bytes = bytes.filter(|_| k.starts_with(file))?.to_vec();
            let last = bytes.len() - 3;
            bytes[last] ^= 0x01;
            Some(Ok(bytes))
        });
        s.refused("damaged").await;
    }
    s.shelf.lies(|k, bytes| {
        let text = String::from_utf8(bytes.filter(|_| k == "metadata/timestamp.json")?.to_vec()).unwrap();
        Some(Ok(text.replacen("\"version\": 2", "\"version\": 9", 1).into_bytes()))
    });
    s.refused("signature").await;
    s.well_again().await;
}

#[tokio::test]
async fn a_truncated_object() {
    let s = scene().await;
    let target = s.new_segments().pop().unwrap();
    s.shelf.lies(move |k, bytes| {
        let bytes = bytes.filter(|_| k == target)?;
        Some(Ok(bytes[..bytes.len() - 7].to_vec()))
    });
    assert!(s.refused("store").await.contains("broke off"));
    s.shelf.lies(|k, bytes| {
        let bytes = bytes.filter(|_| k.starts_with("targets/"))?;
        Some(Ok(bytes[..bytes.len() / 2].to_vec()))
    });
    s.refused("damaged").await;
    s.well_again().await;
}

#[tokio::test]
async fn an_old_timestamp_replayed() {
    let s = scene().await;
    s.well_again().await;
    let first = s.first["metadata/timestamp.json"].clone();
    s.exchange("metadata/timestamp.json", first);
    let e = s.sync().await.unwrap_err();
    assert_eq!(e.code(), "older", "{e}");
    let release = Release::open(&s.device.release).unwrap();
    assert_eq!(release.manifest.source.as_ref().unwrap().number, 2);
}

/// Whoever is told that something expired is told what, and when.
#[tokio::test]
async fn expired_metadata() {
    let s = scene().await;
    let honest = s.shelf.held();
    let at = in_whole_seconds(-5);
    for role in [RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp] {
        let expired = s.resigned(|targets, snapshot, timestamp| match role {
            RoleType::Targets => targets.expires = at,
            RoleType::Snapshot => snapshot.expires = at,
            _ => timestamp.expires = at,
        });
        s.put(expired.await);
        let said = s.refused("expired").await;
        assert!(said.contains(&format!("{role} expired on {at}")), "{said}");
        s.shelf.put_back(&honest);
    }
    s.well_again().await;
    let mut root: Signed<Root> = serde_json::from_slice(&s.keys().root().unwrap()).unwrap();
    root.signed.version = root.signed.version.saturating_add(1);
    root.signed.expires = at;
    s.put([("metadata/2.root.json".to_owned(), s.signed(root.signed).await)].into());
    s.put(s.resigned(|_, _, _| {}).await);
    let e = s.sync().await.unwrap_err();
    assert!(e.to_string().contains(&format!("root expired on {at}")), "{e}");
}

#[tokio::test]
async fn a_frozen_channel() {
    let s = scene().await;
    s.put(s.resigned(|_, _, t| t.expires = in_whole_seconds(3)).await);
    s.well_again().await;
    s.shelf.frozen.store(true, Ordering::Relaxed);
    assert_eq!(s.sync().await.unwrap(), 2, "nothing new, and not yet expired");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let e = s.sync().await.unwrap_err();
    assert_eq!(e.code(), "expired", "{e}");
    assert!(e.to_string().contains("timestamp expired on 20"), "{e}");
}

#[tokio::test]
async fn a_store_signed_by_others() {
    let s = scene().await;
    // The same tenant's name, other keys.
    let other = Arc::new(Shelf::default());
    let store: Arc<dyn ReleaseStore> = other.clone();
    let dir = tempfile::tempdir().unwrap();
    for v in 2..5 {
        publish(&store, dir.path(), documents(&rows(v)), &[&s.model], "live")
            .await
            .unwrap();
    }
    let honest = s.shelf.held();
    s.shelf.put_back(&other.held());
    s.refused("signature").await;
    // With its root smuggled in as the next one.
    let mut mixed = other.held();
    mixed.insert("metadata/2.root.json".into(), mixed["metadata/1.root.json"].clone());
    s.shelf.put_back(&mixed);
    s.refused("signature").await;
    s.shelf.put_back(&honest);
    s.well_again().await;
}

#[tokio::test]
async fn a_mixed_snapshot() {
    let s = scene().await;
    // Files of release 1 under the names that release 2 is read by.
    for (file, old) in [
        ("metadata/2.snapshot.json", "metadata/1.snapshot.json"),
        ("metadata/2.targets.json", "metadata/1.targets.json"),
    ] {
        s.exchange(file, s.first[old].clone());
        s.refused("damaged").await;
    }
    let channel = s
        .first
        .iter()
        .find(|(k, _)| k.ends_with(".channel-live.json"))
        .unwrap()
        .1
        .clone();
    s.shelf
        .lies(move |k, _| k.ends_with(".channel-live.json").then(|| Ok(channel.clone())));
    s.refused("damaged").await;
    s.well_again().await;
}

#[tokio::test]
async fn a_name_that_leaves_the_folder() {
    let s = scene().await;
    let honest = s.shelf.held();
    for name in ["../../escape.json", "a/../../b", "x/y"] {
        s.sign(vec![TargetUpdate::put(name.to_owned(), b"{}".to_vec())]).await;
        s.refused("name").await;
        s.shelf.put_back(&honest);
        let _ = std::fs::remove_file(s.dir.path().join("forger.json"));
    }
    assert!(!s.dir.path().join("escape.json").exists());
    s.well_again().await;
}

#[tokio::test]
async fn metadata_without_an_end() {
    let s = scene().await;
    for file in [
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/2.snapshot.json",
        "metadata/2.targets.json",
    ] {
        let asked = Arc::new(AtomicU64::new(0));
        let endless = Endless {
            shelf: s.shelf.clone(),
            file: file.into(),
            sent: asked.clone(),
        };
        let mut device = s.device.clone();
        device.store = Arc::new(endless);
        let e = device.sync(&mut |_| {}).await.unwrap_err();
        assert_eq!(e.code(), "too_large", "{file}: {e}");
        assert!(
            asked.load(Ordering::Relaxed) < 8 << 20,
            "{file}: {asked:?} bytes were read"
        );
        s.untouched();
    }
    s.well_again().await;
}

/// Never comes to the end of one file.
struct Endless {
    shelf: Arc<Shelf>,
    file: String,
    sent: Arc<AtomicU64>,
}

impl ReleaseStore for Endless {
    fn location(&self) -> String {
        self.shelf.location()
    }
    fn get<'a>(&'a self, key: &'a str, want: Want) -> futures::future::BoxFuture<'a, Result<Got, StoreError>> {
        use futures::StreamExt;
        if key != self.file {
            return self.shelf.get(key, want);
        }
        let sent = self.sent.clone();
        let chunks = futures::stream::iter(0..1 << 14).map(move |_| {
            sent.fetch_add(1 << 16, Ordering::Relaxed);
            Ok(vec![b' '; 1 << 16])
        });
        Box::pin(async move {
            Ok(Got::Body {
                tag: "endless".into(),
                bytes: chunks.boxed(),
            })
        })
    }
    fn put<'a>(
        &'a self,
        key: &'a str,
        _: Vec<u8>,
        _: Condition,
    ) -> futures::future::BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move { Err(StoreError::Refused(key.into())) })
    }
    fn list<'a>(&'a self, prefix: &'a str) -> futures::future::BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        self.shelf.list(prefix)
    }
    fn delete<'a>(&'a self, key: &'a str) -> futures::future::BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { Err(StoreError::Refused(key.into())) })
    }
}
