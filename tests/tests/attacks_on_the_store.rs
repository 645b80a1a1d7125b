//! Attacks on a store: refused, named, and the release that a device reads is not touched.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use jiff::{SignedDuration, Timestamp};
use mortar_desk::knowledge::Release;
use mortar_desk::store::commit::{Change, commit};
use mortar_desk::store::keys::Keys;
use mortar_desk::store::manifest::{Channel, Manifest};
use mortar_desk::store::publish::Publisher;
use mortar_desk::store::segment::{Object, sha256};
use mortar_desk::store::sync::{Device, SyncError};
use mortar_desk::store::trust::{Expiry, Memory, load};
use mortar_desk::store::{ReleaseStore, StoreError};
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};
use serde_json::Value;
use tempfile::TempDir;
use tough::editor::signed::SignedRole;
use tough::schema::{KeyHolder, RoleType, Root, Signed};

struct Scene {
    dir: TempDir,
    shelf: Arc<Shelf>,
    store: Arc<dyn ReleaseStore>,
    model: Hashed,
    /// The store when release 1 was all there was.
    first: BTreeMap<String, Vec<u8>>,
    device: Device,
    publishing: TempDir,
}

fn rows(version: usize) -> Vec<(String, String, String)> {
    (0..40)
        .map(|i| {
            let v = if i < 8 { version } else { 1 };
            (
                format!("d{i:02}"),
                format!("Question {i}?"),
                format!("Answer {i} in version {v}."),
            )
        })
        .collect()
}

/// A device that stands at release 1, and a store that shows release 2.
async fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Arc::new(Shelf::default());
    let store: Arc<dyn ReleaseStore> = shelf.clone();
    let model = Hashed::named("hashed");
    publish(&store, dir.path(), documents(&rows(1)), &[&model], "live")
        .await
        .unwrap();
    let first = shelf.held();
    let root = Keys::new(&dir.path().join("keys")).root().unwrap();
    let device = device(&store, &root, &dir.path().join("device"), &["hashed"]);
    device.sync(&mut |_| {}).await.unwrap();
    publish(&store, dir.path(), documents(&rows(2)), &[&model], "live")
        .await
        .unwrap();
    Scene {
        dir,
        shelf,
        store,
        model,
        first,
        device,
        publishing: tempfile::tempdir().unwrap(),
    }
}

impl Scene {
    fn keys(&self) -> Keys {
        Keys::new(&self.dir.path().join("keys"))
    }

    fn publisher(&self) -> Publisher<'_> {
        Publisher {
            store: self.store.clone(),
            keys: self.keys(),
            dir: self.publishing.path(),
            embedders: vec![&self.model],
        }
    }

    async fn sync(&self) -> Result<u32, SyncError> {
        self.device.sync(&mut |_| {}).await.map(|r| r.number)
    }

    /// The attack is refused with this word; the device reads release 1 as before, and all is well once
    /// the store is honest again.
    async fn refused(&self, code: &str) -> String {
        let e = self.sync().await.expect_err(code);
        assert_eq!(e.code(), code, "{e}");
        self.untouched();
        self.shelf.honest();
        e.to_string()
    }

    fn untouched(&self) {
        let release = Release::open(&self.device.release).unwrap();
        assert_eq!(release.manifest.source.as_ref().unwrap().number, 1);
        let body = release.document("d00").unwrap().unwrap().body;
        assert_eq!(body, "Answer 0 in version 1.");
    }

    async fn well_again(&self) {
        assert_eq!(self.sync().await.unwrap(), 2);
    }

    /// The manifest of the release that is shown.
    async fn manifest(&self) -> Manifest {
        let memory = Memory::new(self.dir.path().join("forger.json"), &*self.store);
        let state = load(&self.store, &self.keys().root().unwrap(), &memory, Expiry::Refused)
            .await
            .unwrap();
        state.manifest(2).await.unwrap()
    }

    /// Signs for what a thief of the keys would sign for.
    async fn sign(&self, changes: Vec<Change>) {
        let memory = Memory::new(self.dir.path().join("forger.json"), &*self.store);
        let state = load(&self.store, &self.keys().root().unwrap(), &memory, Expiry::Refused)
            .await
            .unwrap();
        commit(&self.store, &self.keys(), Some(&state), changes).await.unwrap();
    }

    /// Signs release 3 with one file of its last segment exchanged, and shows it.
    async fn sign_exchanged(&self, which: &str, bytes: &[u8], unpacked: Option<u64>) {
        let mut manifest = self.manifest().await;
        manifest.number = 3;
        manifest.parent = Some(2);
        let segment = manifest.segments.last_mut().unwrap();
        let object = match which {
            "documents" => &mut segment.documents,
            "passages" => &mut segment.passages,
            _ => &mut segment.vectors[0].object,
        };
        *object = Object {
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            unpacked: unpacked.unwrap_or(object.unpacked),
        };
        let key = object.key();
        let _ = self
            .store
            .put(&key, bytes.to_vec(), mortar_desk::store::Condition::IfAbsent)
            .await;
        self.sign_release(3, serde_json::to_vec(&manifest).unwrap()).await;
    }

    async fn sign_release(&self, number: u32, manifest: Vec<u8>) {
        let channel = Channel {
            format: 1,
            channel: "live".into(),
            release: number,
            before: vec![],
        };
        let changes = vec![
            (format!("release-{number}.json"), Some(manifest)),
            (
                "channel-live.json".to_owned(),
                Some(serde_json::to_vec(&channel).unwrap()),
            ),
        ];
        self.sign(changes).await;
    }

    /// The timestamp, changed and signed again by its key.
    async fn resigned_timestamp(&self, change: impl FnOnce(&mut tough::schema::Timestamp)) -> Vec<u8> {
        let held = self.shelf.held();
        let root: Signed<Root> = serde_json::from_slice(&self.keys().root().unwrap()).unwrap();
        let timestamp: Signed<tough::schema::Timestamp> =
            serde_json::from_slice(&held["metadata/timestamp.json"]).unwrap();
        let mut timestamp = timestamp.signed;
        change(&mut timestamp);
        let keys = self.keys().sources(RoleType::Timestamp).unwrap();
        let holder = KeyHolder::Root(root.signed);
        let signed = SignedRole::new(timestamp, &holder, &keys, &SystemRandom::new()).await;
        signed.unwrap().buffer().clone()
    }

    fn exchange(&self, key: &str, bytes: Vec<u8>) {
        let key = key.to_owned();
        self.shelf
            .lies(move |asked, _| (asked == key).then(|| Ok(bytes.clone())));
    }

    /// The objects of segments that release 2 added.
    fn new_segments(&self) -> Vec<String> {
        let held = self.shelf.held();
        let new = held
            .keys()
            .filter(|k| k.starts_with("segments/") && !self.first.contains_key(*k));
        new.cloned().collect()
    }
}

fn in_whole_seconds(from_now: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() + from_now).unwrap()
}

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

#[tokio::test]
async fn expired_metadata() {
    let s = scene().await;
    let expired = s.resigned_timestamp(|t| {
        t.version = NonZeroU64::new(7).unwrap();
        t.expires = in_whole_seconds(-5);
    });
    let expired = expired.await;
    s.exchange("metadata/timestamp.json", expired);
    s.refused("expired").await;
    s.well_again().await;
}

#[tokio::test]
async fn a_frozen_channel() {
    let s = scene().await;
    let soon = s.resigned_timestamp(|t| {
        t.version = NonZeroU64::new(7).unwrap();
        t.expires = in_whole_seconds(3);
    });
    let soon = soon.await;
    let mut held = s.shelf.held();
    held.insert("metadata/timestamp.json".into(), soon);
    s.shelf.put_back(&held);
    s.well_again().await;
    s.shelf.frozen.store(true, Ordering::Relaxed);
    assert_eq!(s.sync().await.unwrap(), 2, "nothing new, and not yet expired");
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let e = s.sync().await.unwrap_err();
    assert_eq!(e.code(), "expired", "{e}");
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
async fn missing_and_swapped_segments() {
    let s = scene().await;
    let new = s.new_segments();
    let gone = new[0].clone();
    s.shelf
        .lies(move |k, _| (k == gone).then(|| Err(StoreError::NotFound(k.to_owned()))));
    assert!(s.refused("store").await.contains("is not in the store"));
    let held = s.shelf.held();
    let (one, other) = (new[0].clone(), held[&new[1]].clone());
    s.shelf.lies(move |k, _| (k == one).then(|| Ok(other.clone())));
    // Of another length or of another hash: neither is taken.
    let e = s.sync().await.unwrap_err();
    assert!(["damaged", "store"].contains(&e.code()), "{e}");
    s.untouched();
    s.shelf.honest();
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
        s.sign(vec![(name.to_owned(), Some(b"{}".to_vec()))]).await;
        s.refused("name").await;
        s.shelf.put_back(&honest);
        let _ = std::fs::remove_file(s.dir.path().join("forger.json"));
    }
    assert!(!s.dir.path().join("escape.json").exists());
    s.well_again().await;
}

#[tokio::test]
async fn a_zstd_bomb() {
    let s = scene().await;
    let bomb = zstd::encode_all(std::io::repeat(b'x').take_all(300 << 20), 3).unwrap();
    assert!(bomb.len() < 1 << 20);
    s.sign_exchanged("documents", &bomb, None).await;
    let before = memory();
    assert!(s.refused("damaged").await.contains("unpacks to more"));
    assert!(memory() < before + (64 << 20), "memory is bounded");
}

trait TakeAll {
    fn take_all(self, n: u64) -> std::io::Take<std::io::Repeat>;
}

impl TakeAll for std::io::Repeat {
    fn take_all(self, n: u64) -> std::io::Take<std::io::Repeat> {
        std::io::Read::take(self, n)
    }
}

/// The most memory that this process ever held.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok())
        .unwrap_or(0)
        << 10
}

#[tokio::test]
async fn a_safetensors_header_that_lies() {
    let s = scene().await;
    let honest = {
        let m = s.manifest().await;
        s.shelf.held()[&m.segments.last().unwrap().vectors[0].object.key()].clone()
    };
    let header = u64::from_le_bytes(honest[..8].try_into().unwrap()) as usize;
    let with_header = |text: String| {
        let mut out = (text.len() as u64).to_le_bytes().to_vec();
        out.extend(text.into_bytes());
        out.extend_from_slice(&honest[8 + header..]);
        out
    };
    let text = String::from_utf8(honest[8..8 + header].to_vec()).unwrap();
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let mut far = parsed.clone();
    far["passages"]["data_offsets"] = serde_json::json!([0, 1u64 << 40]);
    let mut shape = parsed.clone();
    shape["passages"]["shape"] = serde_json::json!([1u64 << 40, 1u64 << 40]);
    let mut other = parsed.clone();
    other["__metadata__"]["model"] = "another".into();
    let mut nan = honest.clone();
    let at = nan.len() - 4;
    nan[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut long = honest.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for (n, bytes) in [
        with_header(far.to_string()),
        with_header(shape.to_string()),
        with_header(other.to_string()),
        with_header("{}".into()),
        nan,
        long,
        vec![],
        vec![0; 7],
    ]
    .into_iter()
    .enumerate()
    {
        s.sign_exchanged("vectors", &bytes, Some(bytes.len() as u64)).await;
        let e = s.sync().await.expect_err("it lies");
        assert_eq!(e.code(), "damaged", "{n}: {e}");
        s.untouched();
    }
}

#[tokio::test]
async fn a_manifest_of_a_million_entries() {
    let s = scene().await;
    let mut manifest = s.manifest().await;
    manifest.number = 3;
    let segment = manifest.segments[0].clone();
    manifest.segments = vec![segment; 5000];
    s.sign_release(3, serde_json::to_vec(&manifest).unwrap()).await;
    assert!(s.refused("manifest").await.contains("more than 4096 segments"));
    let mut text = serde_json::to_string(&s.manifest().await).unwrap();
    text.truncate(text.len() - 1);
    text.push_str(",\"x\":[");
    text.push_str(&"1,".repeat(3_000_000));
    text.push_str("1]}");
    s.sign_release(4, text.into_bytes()).await;
    s.refused("too_large").await;
}

#[tokio::test]
async fn what_is_unsound_in_a_manifest_is_named() {
    let s = scene().await;
    let sound = serde_json::to_value(s.manifest().await).unwrap();
    let cases: [(&str, Value, &str); 7] = [
        ("/format", 2.into(), "update Mortar"),
        ("/number", 9.into(), "it is of release 9"),
        ("/base", 0.into(), "its base is no part of it"),
        (
            "/segments/0/documents/sha256",
            "../../../etc/passwd".into(),
            "has no name",
        ),
        ("/segments/0/documents/bytes", (1u64 << 50).into(), "too large"),
        ("/embeddings/0/dimensions", 0.into(), "its embedding models are none"),
        ("/release", "../x".into(), "its name is none"),
    ];
    for (number, (at, value, said)) in (3..).zip(cases) {
        let mut manifest = sound.clone();
        manifest["number"] = number.into();
        *manifest.pointer_mut(at).unwrap() = value;
        s.sign_release(number, manifest.to_string().into_bytes()).await;
        let message = s.refused("manifest").await;
        assert!(message.contains(said), "{at}: {message}");
    }
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
    fn get<'a>(
        &'a self,
        key: &'a str,
        want: mortar_desk::store::Want,
    ) -> futures::future::BoxFuture<'a, Result<mortar_desk::store::Got, StoreError>> {
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
            Ok(mortar_desk::store::Got::Body {
                tag: "endless".into(),
                bytes: chunks.boxed(),
            })
        })
    }
    fn put<'a>(
        &'a self,
        key: &'a str,
        _: Vec<u8>,
        _: mortar_desk::store::Condition,
    ) -> futures::future::BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move { Err(StoreError::Refused(key.into())) })
    }
    fn list<'a>(
        &'a self,
        prefix: &'a str,
    ) -> futures::future::BoxFuture<'a, Result<Vec<mortar_desk::store::Listed>, StoreError>> {
        self.shelf.list(prefix)
    }
    fn delete<'a>(&'a self, key: &'a str) -> futures::future::BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { Err(StoreError::Refused(key.into())) })
    }
}

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
