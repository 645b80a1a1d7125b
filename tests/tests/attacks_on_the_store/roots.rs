//! Keys and roots: rotated, held back, too few of them, old ones.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use mortar_desk::knowledge::Release;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::publish::Options;
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::{PublishError, ReleaseStore, StoreError, TrustError};
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};
use serde_json::Value;
use tough::schema::RoleType;

use crate::scene::{rows, scene};

/// After a rotation, what the device saw before it still counts: the root that was reached is the beginning.
#[tokio::test]
async fn an_old_state_replayed_after_a_rotation() {
    let s = scene().await;
    for role in [RoleType::Timestamp, RoleType::Snapshot, RoleType::Root] {
        s.keys().rotate(&s.store, role).await.unwrap();
    }
    // Nothing is signed by the new keys yet: whoever has them signs it anew.
    s.publisher().refresh().await.unwrap();
    let after = s.shelf.held();
    s.publisher().refresh().await.unwrap();
    s.well_again().await;
    // Signed by today's keys, and older than what was seen.
    s.exchange("metadata/timestamp.json", after["metadata/timestamp.json"].clone());
    let e = s.sync().await.unwrap_err();
    assert_eq!(e.code(), "older", "{e}");
    s.shelf.honest();
    // A device that knows the first root alone comes to the last one step by step.
    let first = s.first["metadata/1.root.json"].clone();
    let late = device(&s.store, &first, &s.dir.path().join("late"), &["hashed"]);
    assert_eq!(late.sync(&mut |_| {}).await.unwrap().number, 2);
    // What the old keys signed after that is nobody's.
    let old = s.first["metadata/timestamp.json"].clone();
    s.exchange("metadata/timestamp.json", old);
    let e = late.sync(&mut |_| {}).await.unwrap_err();
    assert_eq!(e.code(), "signature", "{e}");
}

#[tokio::test]
async fn a_root_of_too_few_signatures() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Arc::new(Shelf::default());
    let store: Arc<dyn ReleaseStore> = shelf.clone();
    let keys = Keys::new(&dir.path().join("keys"));
    assert!(keys.init(&store, 2, 3).await.is_err());
    let shown = keys.init(&store, 3, 2).await.unwrap();
    assert_eq!((shown.roles[0].threshold, shown.roles[0].keys.len()), (2, 3));
    let model = Hashed::named("hashed");
    publish(&store, dir.path(), documents(&rows(1)), &[&model], "live")
        .await
        .unwrap();
    // With one of the three keys at hand no new root is made; with two it is.
    let mut files: Vec<_> = std::fs::read_dir(dir.path().join("keys"))
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .collect();
    files.retain(|p| p.file_name().unwrap().to_string_lossy().starts_with("root-"));
    let away: Vec<_> = files[1..]
        .iter()
        .map(|f| (f.clone(), f.with_extension("away")))
        .collect();
    away.iter().for_each(|(from, to)| std::fs::rename(from, to).unwrap());
    let e = keys.rotate(&store, RoleType::Targets).await.unwrap_err();
    assert_eq!(e.code(), "root", "{e}");
    assert!(!shelf.held().contains_key("metadata/2.root.json"));
    std::fs::rename(&away[0].1, &away[0].0).unwrap();
    assert_eq!(keys.rotate(&store, RoleType::Targets).await.unwrap().root_version, 2);
}

/// A failure of the network is not "there is no newer root".
#[tokio::test]
async fn a_newer_root_held_back_by_a_failure() {
    let s = scene().await;
    s.keys().rotate(&s.store, RoleType::Root).await.unwrap();
    s.publisher().refresh().await.unwrap();
    for (e, code) in [
        (StoreError::Offline("no route".into()), "offline"),
        (StoreError::Refused("403".into()), "store"),
    ] {
        s.shelf
            .lies(move |k, _| (k == "metadata/2.root.json").then(|| Err(e.clone())));
        s.refused(code).await;
    }
    s.well_again().await;
}

/// A newer root that was reached before something failed is not forgotten: what only the older one vouches
/// for is nothing any more.
#[tokio::test]
async fn an_older_root_after_a_newer_one_was_seen() {
    let s = scene().await;
    let before = s.shelf.held();
    s.keys().rotate(&s.store, RoleType::Timestamp).await.unwrap();
    s.publisher().refresh().await.unwrap();
    let with_snapshot = s.shelf.held();
    s.shelf.lies(|k, _| {
        k.ends_with(".snapshot.json")
            .then(|| Err(StoreError::Offline("no route".into())))
    });
    s.refused("offline").await;
    s.shelf.put_back(&before);
    s.refused("signature").await;
    s.shelf.put_back(&with_snapshot);
    s.well_again().await;
}

#[tokio::test]
async fn a_root_that_is_none() {
    let s = scene().await;
    let mut forged: Value = serde_json::from_slice(&s.device.root).unwrap();
    forged["signed"]["version"] = 2.into();
    for root in [b"{}".to_vec(), vec![], forged.to_string().into_bytes()] {
        let lost = device(&s.store, &root, &s.dir.path().join("lost"), &["hashed"]);
        assert_eq!(lost.sync(&mut |_| {}).await.unwrap_err().code(), "root");
        assert!(Release::open(Path::new(&lost.release)).is_err());
    }
}

/// What keys of before a rotation would sign, no device would follow. Whoever has them is told before a byte is
/// written, whatever was to be signed.
#[tokio::test]
async fn keys_of_before_a_rotation_sign_nothing() {
    let s = scene().await;
    let old = s.dir.path().join("old-keys");
    copy(&s.dir.path().join("keys"), &old);
    let publisher = Publisher {
        keys: Keys::new(&old),
        ..s.publisher()
    };
    let options = Options {
        channel: "live".into(),
        ..Options::default()
    };
    s.keys().rotate(&s.store, RoleType::Timestamp).await.unwrap();
    for signed_anew in [false, true] {
        if signed_anew {
            s.publisher().refresh().await.unwrap();
        }
        let (held, files) = (s.shelf.held(), std::fs::read_dir(&old).unwrap().count());
        let refused = [
            publisher.refresh().await.map(drop),
            publisher
                .publish(documents(&rows(3)), &options, &mut |_| {})
                .await
                .map(drop),
            publisher.roll_back("live", Some(1)).await.map(drop),
            publisher.clear(1, SignedDuration::ZERO, false).await.map(drop),
            publisher
                .keys
                .renew_root(&s.store)
                .await
                .map(drop)
                .map_err(PublishError::from),
            publisher
                .keys
                .rotate(&s.store, RoleType::Targets)
                .await
                .map(drop)
                .map_err(PublishError::from),
        ];
        for (n, refused) in refused.into_iter().enumerate() {
            let e = refused.expect_err("it signs nothing");
            let old = matches!(e, PublishError::Trust(TrustError::OldKeys { held: 1, newest: 2, .. }));
            assert!(old, "{n}: {e}");
            assert!(e.to_string().contains("Use the folder of keys"), "{n}: {e}");
        }
        assert_eq!(s.shelf.held(), held);
        assert_eq!(
            std::fs::read_dir(&old).unwrap().count(),
            files,
            "no key was made in vain"
        );
    }
    s.well_again().await;
}

/// A rotation that was cut short, its root in the store and not in force here, is ended by whoever signs next.
#[tokio::test]
async fn a_rotation_that_was_cut_short_is_ended() {
    let s = scene().await;
    let keys = s.dir.path().join("keys");
    s.keys().rotate(&s.store, RoleType::Targets).await.unwrap();
    std::fs::copy(keys.join("1.root.json"), keys.join("root.json")).unwrap();
    s.publisher().refresh().await.unwrap();
    assert_eq!(s.keys().show().unwrap().root_version, 2);
    s.well_again().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
