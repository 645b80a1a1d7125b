//! What a store of releases must do, tried at a folder, at the stand-in for S3, and at an S3 that others
//! wrote, so that our own mistakes are not tested against themselves.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::SignedDuration;
use mortar_aws::{Aws, AwsConfig, S3Store};
use mortar_desk::assistant::Embedder;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::{Condition, Got, ReleaseStore, StoreError, Want, get_small};
use mortar_local::Folder;
use mortar_tests::shelf::{Hashed, device, documents, publish};
use mortar_tests::stand_ins::{Fault, StandIns, visit_in_background};
use mortar_tests::{InMemory, root};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn at_stand_ins(s: &StandIns, dir: &Path, change: impl Fn(&mut AwsConfig)) -> Arc<dyn ReleaseStore> {
    let table: toml::Table = s.tenant("pharmacy", "tei", "messages").parse().unwrap();
    let mut config: AwsConfig = table["aws"].clone().try_into().unwrap();
    config.knowledge.as_mut().unwrap().prefix = "kb/mortar".into();
    change(&mut config);
    let aws = Aws::new(config, Arc::new(InMemory::default()), dir.join("lock"));
    aws.sign_in.with_browser(visit_in_background).await.unwrap();
    Arc::new(S3Store::of(&aws).unwrap())
}

async fn part(store: &dyn ReleaseStore, key: &str, want: Want) -> Vec<u8> {
    match store.get(key, want).await.unwrap() {
        Got::NotChanged => panic!("{key}: not changed"),
        Got::Body { bytes, .. } => bytes.map(Result::unwrap).concat().await,
    }
}

/// All that the rest relies on; and a release goes round.
async fn suite(store: Arc<dyn ReleaseStore>, dir: &Path) {
    conditions(&*store).await;
    bytes(&*store).await;
    lists(&*store).await;
    for key in ["metadata/timestamp.json", "segments/large", "segments/empty"] {
        store.delete(key).await.unwrap();
    }
    a_release_goes_round(store, dir).await;
}

/// A write happens only if what is there is what it is said to be.
async fn conditions(s: &dyn ReleaseStore) {
    let one = b"one".to_vec();
    let tag = s
        .put("metadata/timestamp.json", one.clone(), Condition::IfAbsent)
        .await
        .unwrap();
    let second = s
        .put("metadata/timestamp.json", b"two".to_vec(), Condition::IfAbsent)
        .await;
    assert!(matches!(second, Err(StoreError::Conflict(_))), "{second:?}");
    let (bytes, read_tag) = get_small(s, "metadata/timestamp.json", 10).await.unwrap();
    assert_eq!((bytes, &read_tag), (one, &tag));
    let unchanged = s
        .get("metadata/timestamp.json", Want::IfChanged(tag.clone()))
        .await
        .unwrap();
    assert!(matches!(unchanged, Got::NotChanged));
    let next = s
        .put(
            "metadata/timestamp.json",
            b"three".to_vec(),
            Condition::IfUnchanged(tag.clone()),
        )
        .await
        .unwrap();
    assert_ne!(next, tag);
    let late = s
        .put(
            "metadata/timestamp.json",
            b"four".to_vec(),
            Condition::IfUnchanged(tag.clone()),
        )
        .await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    assert_eq!(part(s, "metadata/timestamp.json", Want::IfChanged(tag)).await, b"three");
    assert!(matches!(
        get_small(s, "metadata/timestamp.json", 4).await,
        Err(StoreError::Refused(_))
    ));
}

/// What is read is what was written, whole or in part; keys lead nowhere else.
async fn bytes(s: &dyn ReleaseStore) {
    let large: Vec<u8> = (0..3_000_000u32).flat_map(|i| (i % 251).to_le_bytes()).collect();
    s.put("segments/large", large.clone(), Condition::IfAbsent)
        .await
        .unwrap();
    assert_eq!(part(s, "segments/large", Want::Whole).await, large);
    for range in [0..1, 5..4096, 8_000_000..11_999_999, 11_999_999..12_000_000] {
        let wanted = &large[range.start as usize..range.end as usize];
        assert_eq!(part(s, "segments/large", Want::Range(range)).await, wanted);
    }
    s.put("segments/empty", vec![], Condition::IfAbsent).await.unwrap();
    assert!(part(s, "segments/empty", Want::Whole).await.is_empty());
    for key in ["segments/none", "metadata/2.root.json"] {
        let missing = s.get(key, Want::Whole).await.map(|_| ());
        assert!(matches!(missing, Err(StoreError::NotFound(_))), "{missing:?}");
    }
    for key in ["../escape", "segments/../../x", "", "segments//x", "segments/a b"] {
        let refused = s.put(key, vec![1], Condition::IfAbsent).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{key}: {refused:?}");
    }
}

/// More than one page of a list.
async fn lists(s: &dyn ReleaseStore) {
    let puts = (0..1010).map(|i| async move {
        s.put(&format!("list/{i:04}"), vec![1], Condition::IfAbsent)
            .await
            .unwrap()
    });
    futures::stream::iter(puts)
        .buffer_unordered(16)
        .collect::<Vec<_>>()
        .await;
    let listed = s.list("list/").await.unwrap();
    assert_eq!(listed.len(), 1010);
    assert!(listed.is_sorted_by(|a, b| a.key < b.key) && listed[7].key == "list/0007" && listed[7].bytes == 1);
    s.delete("list/0007").await.unwrap();
    s.delete("list/0007").await.unwrap();
    assert_eq!(s.list("list/000").await.unwrap().len(), 9);
}

async fn a_release_goes_round(store: Arc<dyn ReleaseStore>, dir: &Path) {
    let model = Hashed::named("hashed");
    let rows = |v: usize| {
        let row = |i: usize| {
            (
                format!("d{i}"),
                format!("Question {i}?"),
                format!("Answer {} of {i}.", if i < 3 { v } else { 0 }),
            )
        };
        documents(&(0..60).map(row).collect::<Vec<_>>())
    };
    publish(&store, dir, rows(1), &[&model], "live").await.unwrap();
    let keys = Keys::new(&dir.join("keys"));
    let device = device(&store, &keys.root().unwrap(), &dir.join("device"), &["hashed"]);
    assert_eq!(device.sync(&mut |_| {}).await.unwrap().plan, "whole");
    publish(&store, dir, rows(2), &[&model], "live").await.unwrap();
    let report = device.sync(&mut |_| {}).await.unwrap();
    assert_eq!((report.plan.as_str(), report.changed_documents), ("grow", 3));
    assert!(!device.sync(&mut |_| {}).await.unwrap().changed);
    let publishing = dir.join("publishing");
    let publisher = Publisher {
        store: store.clone(),
        keys,
        dir: &publishing,
        embedders: vec![&model as &dyn Embedder],
    };
    publisher.roll_back("live", None).await.unwrap();
    assert_eq!(device.sync(&mut |_| {}).await.unwrap().plan, "back");
    publisher.refresh().await.unwrap();
    assert_eq!(
        publisher.clear(9, SignedDuration::ZERO, false).await.unwrap().releases,
        Vec::<u32>::new()
    );
    assert!(!device.sync(&mut |_| {}).await.unwrap().changed);
}

#[tokio::test]
async fn a_folder() {
    let dir = tempfile::tempdir().unwrap();
    suite(Arc::new(Folder::new(&dir.path().join("store"))), dir.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stand_in_for_s3() {
    let (s, dir) = (StandIns::start(true).await, tempfile::tempdir().unwrap());
    let store = at_stand_ins(&s, dir.path(), |_| {}).await;
    suite(store, dir.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_that_others_wrote() {
    let (s, dir) = (StandIns::start(true).await, tempfile::tempdir().unwrap());
    let other = Other::start(dir.path()).await;
    other.make_bucket("mortar-knowledge").await;
    let store = at_stand_ins(&s, dir.path(), |c| {
        c.endpoints.s3 = Some(other.url());
        // It knows one account of its own.
        c.knowledge.as_mut().unwrap().owner = None;
    });
    suite(store.await, dir.path()).await;
}

/// Whoever is not the tenant's gets nothing; who sent the bucket to another account, neither.
#[tokio::test(flavor = "multi_thread")]
async fn another_account_or_bucket_is_refused() {
    let (s, dir) = (StandIns::start(true).await, tempfile::tempdir().unwrap());
    for change in [
        (|c: &mut AwsConfig| c.knowledge.as_mut().unwrap().owner = Some("000000000001".into())) as fn(&mut AwsConfig),
        |c| c.knowledge.as_mut().unwrap().bucket = "mortar-clinic-knowledge".into(),
    ] {
        let store = at_stand_ins(&s, dir.path(), change).await;
        let put = store.put("segments/x", vec![1], Condition::IfAbsent).await;
        assert!(matches!(put, Err(StoreError::Refused(_))), "{put:?}");
        let got = store.get("segments/x", Want::Whole).await.map(|_| ());
        assert!(matches!(got, Err(StoreError::Refused(_))), "{got:?}");
    }
}

/// Every fault at every call of a sync: it ends, and the device has the state of before or the new one.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_on_the_way() {
    let (s, dir) = (StandIns::start(true).await, tempfile::tempdir().unwrap());
    let store = at_stand_ins(&s, dir.path(), |_| {}).await;
    let model = Hashed::named("hashed");
    let rows = |v: usize| {
        let row = |i: usize| {
            (
                format!("d{i}"),
                format!("Question {i}?"),
                format!("Answer {} of {i}.", if i == 0 { v } else { 0 }),
            )
        };
        documents(&(0..40).map(row).collect::<Vec<_>>())
    };
    publish(&store, dir.path(), rows(0), &[&model], "live").await.unwrap();
    let root = Keys::new(&dir.path().join("keys")).root().unwrap();
    let device = device(&store, &root, &dir.path().join("device"), &["hashed"]);
    device.sync(&mut |_| {}).await.unwrap();
    let faults = [
        Fault::Throttle,
        Fault::Server,
        Fault::Expired,
        Fault::Denied,
        Fault::Cut,
        Fault::Truncated,
        Fault::WrongChecksum,
        Fault::ClockSkew,
    ];
    let mut number = 1;
    for (n, fault) in faults.into_iter().enumerate() {
        publish(&store, dir.path(), rows(n + 1), &[&model], "live")
            .await
            .unwrap();
        number += 1;
        s.faults.set("get", fault, 2);
        let outcome = tokio::time::timeout(Duration::from_secs(60), device.sync(&mut |_| {})).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("{fault:?}: it hangs"));
        s.faults.clear("*");
        let shown = match &outcome {
            Ok(report) => report.number,
            Err(e) => {
                assert!(!e.to_string().is_empty());
                number - 1
            }
        };
        let release = mortar_desk::knowledge::Release::open(&device.release).unwrap();
        assert_eq!(
            release.manifest.source.as_ref().unwrap().number,
            shown,
            "{fault:?}: {outcome:?}"
        );
        drop(release);
        assert_eq!(device.sync(&mut |_| {}).await.unwrap().number, number, "{fault:?}");
        // A publisher that meets it says so or goes on; nothing is half there.
        s.faults.set("put", fault, 2);
        let published = publish(&store, dir.path(), rows(100 + n), &[&model], "live").await;
        s.faults.clear("*");
        if published.is_err() {
            publish(&store, dir.path(), rows(100 + n), &[&model], "live")
                .await
                .unwrap();
        }
        number = device.sync(&mut |_| {}).await.unwrap().number;
    }
}

/// An S3 that others wrote, as a process of its own.
struct Other {
    child: Child,
    port: u16,
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Other {
    async fn start(dir: &Path) -> Other {
        let packages = root().join("target/other-s3");
        assert!(packages.is_dir(), "it is not installed: run `cargo xtask setup`");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new("python3")
            .args(["-c", "from ministack.app import main; main()"])
            .env("PYTHONPATH", packages)
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("SERVICES", "s3")
            .env("S3_DATA_DIR", dir.join("other"))
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let other = Other { child, port };
        for _ in 0..300 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return other;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it does not listen");
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn make_bucket(&self, name: &str) {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request =
            format!("PUT /{name} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
