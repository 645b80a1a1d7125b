//! A device, a store, and what an attacker can do between them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use jiff::Timestamp;
use mortar_desk::knowledge::Release;
use mortar_desk::store::hash::sha256;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::manifest::{Channel, ReleaseManifest};
use mortar_desk::store::memory::Memory;
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::segment::Object;
use mortar_desk::store::sign::{TargetUpdate, commit};
use mortar_desk::store::sync::Device;
use mortar_desk::store::trust::{Expiry, load};
use mortar_desk::store::{ReleaseStore, SyncError};
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tough::editor::signed::SignedRole;
use tough::schema::{Hashes, KeyHolder, Metafile, Role, Root, Signed, Snapshot, Targets, Timestamp as SignedTimestamp};

/// Files by key.
pub type Objects = BTreeMap<String, Vec<u8>>;

pub struct Scene {
    pub dir: TempDir,
    pub shelf: Arc<Shelf>,
    pub store: Arc<dyn ReleaseStore>,
    pub model: Hashed,
    /// The store when release 1 was all there was.
    pub first: Objects,
    pub device: Device,
    pub publishing: TempDir,
}

pub fn rows(version: usize) -> Vec<(String, String, String)> {
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
pub async fn scene() -> Scene {
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
    pub fn keys(&self) -> Keys {
        Keys::new(&self.dir.path().join("keys"))
    }

    pub fn publisher(&self) -> Publisher<'_> {
        Publisher {
            store: self.store.clone(),
            keys: self.keys(),
            dir: self.publishing.path(),
            embedders: vec![&self.model],
        }
    }

    pub async fn sync(&self) -> Result<u32, SyncError> {
        self.device.sync(&mut |_| {}).await.map(|r| r.number)
    }

    /// The attack is refused with this word; the device reads release 1 as before, and all is well once
    /// the store is honest again.
    pub async fn refused(&self, code: &str) -> String {
        let e = self.sync().await.expect_err(code);
        assert_eq!(e.code(), code, "{e}");
        self.untouched();
        self.shelf.honest();
        e.to_string()
    }

    pub fn untouched(&self) {
        let release = Release::open(&self.device.release).unwrap();
        assert_eq!(release.manifest.source.as_ref().unwrap().number, 1);
        let body = release.document("d00").unwrap().unwrap().body;
        assert_eq!(body, "Answer 0 in version 1.");
    }

    pub async fn well_again(&self) {
        assert_eq!(self.sync().await.unwrap(), 2);
    }

    /// The manifest of the release that is shown.
    pub async fn manifest(&self) -> ReleaseManifest {
        let memory = Memory::new(self.dir.path().join("forger.json"), &*self.store);
        let state = load(&self.store, &self.keys().root().unwrap(), &memory, Expiry::Refused)
            .await
            .unwrap();
        state.manifest(2).await.unwrap()
    }

    /// Signs for what a thief of the keys would sign for.
    pub async fn sign(&self, updates: Vec<TargetUpdate>) {
        let memory = Memory::new(self.dir.path().join("forger.json"), &*self.store);
        let state = load(&self.store, &self.keys().root().unwrap(), &memory, Expiry::Refused)
            .await
            .unwrap();
        commit(&self.store, &self.keys(), Some(&state), updates).await.unwrap();
    }

    /// Signs release 3 with one file of its last segment exchanged, and shows it.
    pub async fn sign_exchanged(&self, which: &str, bytes: &[u8], unpacked: Option<u64>) {
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

    pub async fn sign_release(&self, number: u32, manifest: Vec<u8>) {
        let channel = Channel {
            format: 1,
            channel: "live".into(),
            release: number,
            before: vec![],
            promotion: None,
            rollout: None,
        };
        let updates = vec![
            TargetUpdate::put(format!("release-{number}.json"), manifest),
            TargetUpdate::put("channel-live.json".into(), serde_json::to_vec(&channel).unwrap()),
        ];
        self.sign(updates).await;
    }

    /// The signed state with each role changed, as the thief of the keys would sign it; the files by key.
    pub async fn resigned(&self, change: impl FnOnce(&mut Targets, &mut Snapshot, &mut SignedTimestamp)) -> Objects {
        let mut targets: Targets = self.metadata("2.targets.json");
        let mut snapshot: Snapshot = self.metadata("2.snapshot.json");
        let mut timestamp: SignedTimestamp = self.metadata("timestamp.json");
        let version = NonZeroU64::new(7).unwrap();
        (targets.version, snapshot.version, timestamp.version) = (version, version, version);
        change(&mut targets, &mut snapshot, &mut timestamp);
        let targets = self.signed(targets).await;
        snapshot.meta.insert("targets.json".into(), named(version, &targets));
        let snapshot = self.signed(snapshot).await;
        timestamp.meta.insert("snapshot.json".into(), named(version, &snapshot));
        [
            ("metadata/7.targets.json", targets),
            ("metadata/7.snapshot.json", snapshot),
            ("metadata/timestamp.json", self.signed(timestamp).await),
        ]
        .map(|(key, bytes)| (key.to_owned(), bytes))
        .into()
    }

    fn metadata<R: DeserializeOwned>(&self, file: &str) -> R {
        let signed: Signed<R> = serde_json::from_slice(&self.shelf.held()[&format!("metadata/{file}")]).unwrap();
        signed.signed
    }

    pub async fn signed<R: Role + Serialize>(&self, role: R) -> Vec<u8> {
        let root: Signed<Root> = serde_json::from_slice(&self.keys().root().unwrap()).unwrap();
        let keys = self.keys().sources(R::TYPE).unwrap();
        let holder = KeyHolder::Root(root.signed);
        let signed = SignedRole::new(role, &holder, &keys, &SystemRandom::new()).await;
        signed.unwrap().buffer().clone()
    }

    /// What is in the store, with some of it exchanged.
    pub fn put(&self, objects: Objects) {
        let mut held = self.shelf.held();
        held.extend(objects);
        self.shelf.put_back(&held);
    }

    pub fn exchange(&self, key: &str, bytes: Vec<u8>) {
        let key = key.to_owned();
        self.shelf
            .lies(move |asked, _| (asked == key).then(|| Ok(bytes.clone())));
    }

    /// The objects of segments that release 2 added.
    pub fn new_segments(&self) -> Vec<String> {
        let held = self.shelf.held();
        let new = held
            .keys()
            .filter(|k| k.starts_with("segments/") && !self.first.contains_key(*k));
        new.cloned().collect()
    }
}

pub fn in_whole_seconds(from_now: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() + from_now).unwrap()
}

/// A file of metadata as the one above it names it.
fn named(version: NonZeroU64, bytes: &[u8]) -> Metafile {
    use sha2::Digest;
    Metafile {
        length: Some(bytes.len() as u64),
        hashes: Some(Hashes {
            sha256: sha2::Sha256::digest(bytes).to_vec().into(),
            _extra: HashMap::new(),
        }),
        version,
        _extra: HashMap::new(),
    }
}
