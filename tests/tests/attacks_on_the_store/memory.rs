//! What a device remembers: over another store, damaged, and with a clock that ran ahead.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mortar_desk::knowledge::Release;
use mortar_desk::store::ReleaseStore;
use mortar_desk::store::hash::sha256;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::sync::Device;
use mortar_tests::shelf::{Hashed, documents, publish};
use serde_json::Value;

use crate::scene::scene;

/// What was seen of a store is not forgotten over another one.
#[tokio::test]
async fn an_old_state_after_another_store_was_followed() {
    let s = scene().await;
    s.well_again().await;
    let old = s.shelf.held();
    s.publisher().refresh().await.unwrap();
    assert_eq!(s.sync().await.unwrap(), 2);
    let newest = s.shelf.held();
    let other = tempfile::tempdir().unwrap();
    let folder: Arc<dyn ReleaseStore> = Arc::new(mortar_local::Folder::new(&other.path().join("store")));
    publish(
        &folder,
        other.path(),
        documents(&[("x".into(), "X?".into(), "X.".into())]),
        &[&Hashed::named("hashed")],
        "live",
    )
    .await
    .unwrap();
    let elsewhere = Device {
        store: folder,
        root: Keys::new(&other.path().join("keys")).root().unwrap(),
        ..s.device.clone()
    };
    assert_eq!(elsewhere.sync(&mut |_| {}).await.unwrap().number, 1);
    s.shelf.put_back(&old);
    assert_eq!(s.sync().await.unwrap_err().code(), "older");
    s.shelf.put_back(&newest);
    // Nothing is new there, but what is here is another's.
    assert_eq!(s.sync().await.unwrap(), 2);
    assert!(
        Release::open(&s.device.release)
            .unwrap()
            .document("d00")
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_damaged_memory_and_a_clock_that_ran_ahead() {
    let s = scene().await;
    let path = s.device.dir.join("trust.json");
    let sound = std::fs::read(&path).unwrap();
    for broken in [
        b"".to_vec(),
        b"[]".to_vec(),
        sound[..sound.len() / 2].to_vec(),
        String::from_utf8_lossy(&sound)
            .replace("\"version\\\":1", "\"version\\\":0")
            .into_bytes(),
    ] {
        std::fs::write(&path, broken).unwrap();
        assert!(s.refused("memory").await.contains("--repair"));
    }
    s.device.memory().repair().unwrap();
    assert!(!path.exists());
    std::fs::write(&path, &sound).unwrap();

    let mut ahead: Value = serde_json::from_slice(&sound).unwrap();
    let next_year = Timestamp::now() + SignedDuration::from_hours(24 * 300);
    ahead["stores"]["shelf"]["files"]["latest_known_time.json"] = serde_json::to_string(&next_year).unwrap().into();
    ahead["sum"] = "".into();
    let sum = sha256(ahead.to_string().as_bytes());
    ahead["sum"] = sum.into();
    std::fs::write(&path, ahead.to_string()).unwrap();
    assert!(s.refused("clock").await.contains("--repair"));
    s.device.memory().repair().unwrap();
    s.well_again().await;
}
