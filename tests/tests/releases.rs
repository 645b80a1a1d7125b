//! Releases in a store: published, followed, rolled back, cleared away; two publishers at once; what
//! grew step by step is what is built at once.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use mortar_desk::assistant::{Embedder, Part, Query, Retriever};
use mortar_desk::knowledge::Release;
use mortar_desk::store::PublishError;
use mortar_desk::store::ReleaseStore;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::manifest::{Channel, channel_name, manifest_name};
use mortar_desk::store::memory::Memory;
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::sign::{TargetUpdate, commit};
use mortar_desk::store::sync::{Device, SyncReport};
use mortar_desk::store::tend;
use mortar_desk::store::trust::{Expiry, Verified, load};
use mortar_desk::store::verify::{Verification, verify};
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};
use tempfile::TempDir;

type Rows = Vec<(String, String, String)>;

/// `count` documents, each of which says which version of it it is.
fn rows(count: usize, version: impl Fn(usize) -> usize) -> Rows {
    (0..count)
        .map(|i| {
            let v = version(i);
            let body = format!(
                "The copay of item {i} is {v}{i} dollars. Reject code {} means that plan {i} asks for form {v}.",
                100 + i
            );
            (format!("d{i:04}"), format!("What does item {i} cost?"), body)
        })
        .collect()
}

struct Site {
    dir: TempDir,
    shelf: Arc<Shelf>,
    store: Arc<dyn ReleaseStore>,
    model: Hashed,
}

impl Site {
    fn new() -> Site {
        let shelf = Arc::new(Shelf::default());
        Site {
            dir: tempfile::tempdir().unwrap(),
            store: shelf.clone(),
            shelf,
            model: Hashed::named("hashed"),
        }
    }

    async fn publish(&self, rows: &Rows) -> mortar_desk::store::publish::Published {
        publish(&self.store, self.dir.path(), documents(rows), &[&self.model], "live")
            .await
            .unwrap()
    }

    fn keys(&self) -> Keys {
        Keys::new(&self.dir.path().join("keys"))
    }

    fn device(&self, name: &str) -> Device {
        device(
            &self.store,
            &self.keys().root().unwrap(),
            &self.dir.path().join(name),
            &["hashed"],
        )
    }

    async fn state(&self) -> Verified {
        let memory = Memory::new(self.dir.path().join("look.json"), &*self.store);
        let root = self.keys().root().unwrap();
        load(&self.store, &root, &memory, Expiry::Refused).await.unwrap()
    }

    /// Shows a release once more under another number, as a program of older rules of language would have made it.
    async fn sign_as_older_rules_made_it(&self, number: u32, again: u32) {
        let state = self.state().await;
        let mut manifest = state.manifest(number).await.unwrap();
        (manifest.number, manifest.language) = (again, manifest.language - 1);
        let channel = Channel {
            format: 1,
            channel: "live".into(),
            release: again,
            before: vec![number],
            promotion: None,
            rollout: None,
        };
        let updates = vec![
            TargetUpdate::put(manifest_name(again), serde_json::to_vec(&manifest).unwrap()),
            TargetUpdate::put(channel_name("live"), serde_json::to_vec(&channel).unwrap()),
        ];
        commit(&self.store, &self.keys(), Some(&state), updates).await.unwrap();
    }

    fn publisher<'a>(&'a self, dir: &'a Path) -> Publisher<'a> {
        std::fs::create_dir_all(dir).unwrap();
        Publisher {
            store: self.store.clone(),
            keys: self.keys(),
            dir,
            embedders: vec![&self.model],
        }
    }

    /// What a release says to many questions, to the last bit.
    fn said(&self, device: &Device) -> String {
        let release = Release::open(&device.release).unwrap();
        let mut out = String::new();
        for i in 0..120 {
            let text = match i % 4 {
                0 => format!("What does item {i} cost?"),
                1 => format!("reject code {}", 100 + i),
                2 => format!("form {i} of the plan"),
                _ => format!("copay dollars item {}", i * 7),
            };
            let query = Query {
                parts: vec![Part {
                    vector: Some(self.model.vector(&text)),
                    text: text.clone(),
                }],
                text,
                model: Some(self.model.model().to_owned()),
                as_of: "2026-01-01".parse().unwrap(),
                limit: 8,
                further: 0,
                about: None,
            };
            // To begin without the vector, as while a model makes it, changes nothing.
            let mut worded = query.clone();
            (worded.parts[0].vector, worded.model) = (None, None);
            let found = release.begin(&worded).unwrap().finish(&query).unwrap();
            assert_eq!(found, release.retrieve(&query).unwrap());
            out.push_str(&format!("{found:?}\n"));
            out.push_str(&format!(
                "{:?}\n",
                release.find_as_typed(&format!("item {i}"), 20).unwrap()
            ));
        }
        out
    }
}

async fn sync(device: &Device) -> SyncReport {
    device.sync(&mut |_| {}).await.unwrap()
}

#[tokio::test]
async fn what_grew_step_by_step_is_what_is_built_at_once() {
    let site = Site::new();
    let follower = {
        site.publish(&rows(200, |_| 1)).await;
        site.device("follower")
    };
    assert_eq!(sync(&follower).await.plan, "whole");
    // Documents change, come and go; now and then the base is written anew, and the way there is short.
    let mut plans = Vec::new();
    for step in 1..=12usize {
        let count = 200 + step * 3 - (step % 5) * 2;
        let now = rows(count, |i| {
            if i % 17 == step % 17 {
                step + 1
            } else {
                1 + usize::from(i % 17 < step % 17)
            }
        });
        let now: Rows = now
            .into_iter()
            .filter(|r| !r.0.ends_with(&format!("{}", step % 10)) || step % 2 == 0)
            .collect();
        let published = site.publish(&now).await;
        let report = sync(&follower).await;
        plans.push((report.plan.clone(), published.rebased));
        assert_eq!(
            (report.added, report.changed_documents, report.withdrawn),
            (
                published.added.len() as u32,
                published.changed.len() as u32,
                published.withdrawn.len() as u32
            ),
            "step {step}"
        );
        let newcomer = site.device(&format!("newcomer-{step}"));
        assert_eq!(sync(&newcomer).await.plan, "whole");
        assert!(site.said(&follower) == site.said(&newcomer), "step {step}: {plans:?}");
        let documents = Release::open(&follower.release).unwrap().documents().unwrap();
        assert_eq!(
            documents,
            Release::open(&newcomer.release).unwrap().documents().unwrap()
        );
        assert_eq!(documents.len(), now.len());
    }
    assert!(
        plans.iter().any(|p| p.0 == "grow") && plans.iter().any(|p| p.0 == "rebase"),
        "{plans:?}"
    );
    assert!(plans.iter().all(|p| (p.0 == "rebase") == p.1), "{plans:?}");
}

#[tokio::test]
async fn a_device_that_was_away_takes_the_short_way_over_new_bases() {
    let site = Site::new();
    site.publish(&rows(1500, |_| 1)).await;
    let (away, home) = (site.device("away"), site.device("home"));
    sync(&away).await;
    sync(&home).await;
    let mut rebased = 0;
    for step in 0..20 {
        let published = site.publish(&rows(1500, |i| 1 + usize::from(i % 27 <= step))).await;
        rebased += u32::from(published.rebased);
        sync(&home).await;
    }
    assert!(rebased > 1, "{rebased}");
    let report = sync(&away).await;
    assert_eq!(report.plan, "rebase");
    assert!(site.said(&away) == site.said(&home));
}

#[tokio::test]
async fn only_what_changed_is_embedded_uploaded_and_fetched() {
    let site = Site::new();
    site.publish(&rows(400, |_| 1)).await;
    let device = site.device("d");
    let first = sync(&device).await;
    let embedded = site.model.texts.swap(0, Ordering::Relaxed);
    assert!(embedded >= 400, "{embedded}");
    let again = site.publish(&rows(400, |_| 1)).await;
    assert!(again.nothing_new && again.embedded == 0 && again.number == 1);
    let published = site.publish(&rows(400, |i| 1 + usize::from(i % 100 == 0))).await;
    // Their questions are as before: only the passages are new.
    assert_eq!((published.changed.len(), published.embedded), (4, 4));
    assert_eq!(site.model.texts.load(Ordering::Relaxed), 4);
    let report = sync(&device).await;
    assert_eq!((report.plan.as_str(), report.changed_documents), ("grow", 4));
    assert_eq!(report.bytes, published.uploaded_bytes);
    assert!(report.bytes * 20 < first.bytes, "{} of {}", report.bytes, first.bytes);
    let before = site.shelf.gets.load(Ordering::Relaxed);
    let report = sync(&device).await;
    assert!(!report.changed && report.bytes == 0);
    assert_eq!(
        site.shelf.gets.load(Ordering::Relaxed) - before,
        1,
        "a look costs one request"
    );
}

/// A release that was cut by older rules of language is read: its passages are bytes. What is published after it is a
/// base of its own, even where nothing changed, and costs a device that follows nothing.
#[tokio::test]
async fn other_rules_of_language_make_a_new_base() {
    let site = Site::new();
    let second = rows(100, |i| 1 + usize::from(i < 3));
    site.publish(&rows(100, |_| 1)).await;
    site.publish(&second).await;
    let follower = site.device("follower");
    sync(&follower).await;
    site.sign_as_older_rules_made_it(2, 3).await;
    assert_eq!(sync(&follower).await.plan, "grow");
    let embedded = site.model.texts.load(Ordering::Relaxed);
    let published = site.publish(&second).await;
    assert_eq!(
        (published.number, published.rebased, published.nothing_new),
        (4, true, false)
    );
    assert_eq!(
        (published.unchanged, site.model.texts.load(Ordering::Relaxed)),
        (100, embedded)
    );
    let report = sync(&follower).await;
    assert_eq!((report.plan.as_str(), report.number, report.bytes), ("rebase", 4, 0));
    let newcomer = site.device("newcomer");
    sync(&newcomer).await;
    assert!(site.said(&follower) == site.said(&newcomer));
    // From then on it grows.
    assert!(!site.publish(&rows(100, |i| 1 + usize::from(i < 4))).await.rebased);
    assert_eq!(sync(&follower).await.plan, "grow");
}

/// Another machine has no memory of what was embedded: the store's own vectors are that.
#[tokio::test]
async fn what_the_store_has_vectors_of_is_not_embedded_on_another_machine() {
    let site = Site::new();
    site.publish(&rows(100, |_| 1)).await;
    site.model.texts.store(0, Ordering::Relaxed);
    std::fs::remove_dir_all(site.dir.path().join("publishing")).unwrap();
    site.publish(&rows(100, |i| 1 + usize::from(i < 3))).await;
    assert_eq!(site.model.texts.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn what_was_withdrawn_is_gone_and_a_reader_stays_with_what_it_began_with() {
    let site = Site::new();
    site.publish(&rows(50, |_| 1)).await;
    let device = site.device("d");
    sync(&device).await;
    let reader = Release::open(&device.release).unwrap();
    let less: Rows = rows(50, |_| 1).into_iter().filter(|r| r.0 != "d0007").collect();
    assert_eq!(site.publish(&less).await.withdrawn, ["d0007"]);
    assert_eq!(sync(&device).await.withdrawn, 1);
    let now = Release::open(&device.release).unwrap();
    let typed = |r: &Release| r.find_as_typed("107", 20).unwrap().into_iter().any(|d| d.id == "d0007");
    assert!(reader.document("d0007").unwrap().is_some() && typed(&reader));
    assert!(now.document("d0007").unwrap().is_none() && !typed(&now));
    assert!(!site.said(&device).contains("d0007"));
}

/// The vectors of what was built at once never change: states that grew from it hold one file of them.
#[cfg(unix)]
#[tokio::test]
async fn what_grows_shares_its_vectors_with_what_it_grew_from() {
    use std::os::unix::fs::MetadataExt;
    let site = Site::new();
    let files = |device: &Device| -> Vec<u64> {
        let all = walk(&device.release, "vectors.mdb");
        all.iter().map(|f| std::fs::metadata(f).unwrap().ino()).collect()
    };
    site.publish(&rows(80, |_| 1)).await;
    let device = site.device("d");
    sync(&device).await;
    let one = files(&device)[0];
    for step in 1..4 {
        site.publish(&rows(80 + step, |i| if i < step { 2 } else { 1 })).await;
        let plan = sync(&device).await.plan;
        assert_eq!((plan.as_str(), files(&device)), ("grow", vec![one; 2]));
        mortar_desk::knowledge::check_files(&device.release).unwrap();
    }
    let first = site.said(&device);
    // Fetched whole, it is one file again, and says the same.
    let other = site.device("other");
    sync(&other).await;
    assert_eq!(files(&other).len(), 1);
    assert!(site.said(&other) == first);
}

/// The files of a name below a folder.
fn walk(dir: &Path, name: &str) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for e in std::fs::read_dir(dir).unwrap().flatten() {
        if e.path().is_dir() {
            out.extend(walk(&e.path(), name));
        } else if e.file_name().to_string_lossy() == name {
            out.push(e.path());
        }
    }
    out
}

#[tokio::test]
async fn rolled_back_is_as_it_was_the_first_time() {
    let site = Site::new();
    site.publish(&rows(120, |_| 1)).await;
    let device = site.device("d");
    sync(&device).await;
    let first = site.said(&device);
    site.publish(&rows(121, |i| 1 + usize::from(i % 20 == 0))).await;
    sync(&device).await;
    let second = site.said(&device);
    assert!(first != second);
    let publishing = site.dir.path().join("publishing");
    assert_eq!(
        site.publisher(&publishing)
            .roll_back("live", None)
            .await
            .unwrap()
            .number,
        1
    );
    let report = sync(&device).await;
    assert_eq!((report.plan.as_str(), report.number, report.bytes), ("back", 1, 0));
    assert!(site.said(&device) == first);
    // Forward again is the state before that one.
    site.publisher(&publishing).roll_back("live", Some(2)).await.unwrap();
    assert_eq!(sync(&device).await.plan, "back");
    assert!(site.said(&device) == second);
    // Where the state before is gone from the disk, it is fetched, and says the same.
    site.publisher(&publishing).roll_back("live", Some(1)).await.unwrap();
    std::fs::remove_file(device.release.join("previous.json")).unwrap();
    assert_eq!(sync(&device).await.plan, "whole");
    assert!(site.said(&device) == first);
    assert_eq!(
        walk(&device.release, "data.mdb").len(),
        2,
        "two states are kept, not more"
    );
}

#[tokio::test]
async fn of_two_publishers_one_wins_and_the_other_goes_on() {
    let site = Site::new();
    site.publish(&rows(30, |_| 1)).await;
    let mut lost = 0;
    for round in 2..8usize {
        let (a, b) = (site.dir.path().join("a"), site.dir.path().join("b"));
        let (pa, pb) = (site.publisher(&a), site.publisher(&b));
        let options = |channel: &str| mortar_desk::store::publish::Options {
            channel: channel.into(),
            ..Default::default()
        };
        let (live, preview) = (options("live"), options("preview"));
        let (one, two) = (
            documents(&rows(30, |i| if i == 1 { round } else { 1 })),
            documents(&rows(30, |i| if i == 2 { round } else { 1 })),
        );
        let again = documents(&rows(30, |i| if i == 2 { round } else { 1 }));
        let (mut quiet, mut still) = (|_| {}, |_| {});
        let (first, second) = futures::join!(
            pa.publish(one, &live, &mut quiet),
            pb.publish(two, &preview, &mut still)
        );
        for outcome in [&first, &second] {
            match outcome {
                Ok(_) => {}
                Err(PublishError::Raced) => lost += 1,
                Err(e) => panic!("{e}"),
            }
        }
        assert!(first.is_ok() || second.is_ok());
        if second.is_err() {
            let before = site.model.texts.load(Ordering::Relaxed);
            pb.publish(again, &preview, &mut |_| {}).await.unwrap();
            assert_eq!(
                site.model.texts.load(Ordering::Relaxed),
                before,
                "nothing is embedded twice"
            );
        }
    }
    assert!(lost > 0, "they never met");
    assert!(verified(&site).await.1.faults.is_empty());
}

async fn verified(site: &Site) -> (Vec<tend::ReleaseRow>, Verification) {
    let state = site.state().await;
    (
        tend::releases(&state).await.unwrap(),
        verify(&*site.store, &state).await.unwrap(),
    )
}

#[tokio::test]
async fn clearing_away_leaves_what_is_needed() {
    let site = Site::new();
    for v in 1..=9 {
        site.publish(&rows(60, |i| if i % 9 < v { v } else { 1 })).await;
    }
    let device = site.device("d");
    sync(&device).await;
    let publishing = site.dir.path().join("publishing");
    let publisher = site.publisher(&publishing);
    publisher.roll_back("preview", None).await.unwrap_err();
    let would = publisher.clear(2, SignedDuration::ZERO, true).await.unwrap();
    assert_eq!(verified(&site).await.0.len(), 9);
    let did = publisher.clear(2, SignedDuration::ZERO, false).await.unwrap();
    assert_eq!((would.releases, 7), (did.releases.clone(), did.releases.len()));
    let (left, checked) = verified(&site).await;
    assert_eq!(left.iter().map(|r| r.number).collect::<Vec<_>>(), [9, 8]);
    assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    assert_eq!(sync(&site.device("new")).await.number, 9);
    // Young files stay: somebody may be about to sign for them.
    publisher
        .store
        .put("segments/abc", vec![1], mortar_desk::store::Condition::IfAbsent)
        .await
        .unwrap();
    assert_eq!(
        publisher
            .clear(2, SignedDuration::from_hours(1), false)
            .await
            .unwrap()
            .files,
        0
    );
    assert_eq!(publisher.clear(2, SignedDuration::ZERO, false).await.unwrap().files, 1);
}

/// Whoever published there before does not begin anew where the signed state is gone: devices would refuse it.
#[tokio::test]
async fn a_store_that_lost_its_signed_state_is_not_begun_anew() {
    let site = Site::new();
    site.publish(&rows(10, |_| 1)).await;
    site.publish(&rows(10, |_| 2)).await;
    let mut held = site.shelf.held();
    held.remove("metadata/timestamp.json");
    site.shelf.put_back(&held);
    let again = publish(
        &site.store,
        site.dir.path(),
        documents(&rows(10, |_| 3)),
        &[&site.model],
        "live",
    )
    .await;
    let said = again.unwrap_err().to_string();
    assert!(said.contains("bring it back"), "{said}");
    assert_eq!(site.shelf.held(), held);
}

/// A clearing that runs while something is published takes what it knows nobody to need, and the publication
/// has just found there.
#[tokio::test]
async fn what_a_clearing_takes_at_the_same_moment_is_put_back() {
    let site = Site::new();
    site.publish(&rows(30, |_| 1)).await;
    let first = site.shelf.held();
    site.publish(&rows(30, |_| 2)).await;
    let publishing = site.dir.path().join("publishing");
    site.publisher(&publishing)
        .clear(1, SignedDuration::ZERO, false)
        .await
        .unwrap();
    // Not yet cleared away, as far as the next publication sees.
    let mut held = site.shelf.held();
    let old: Vec<String> = first
        .keys()
        .filter(|k| k.starts_with("segments/") && !held.contains_key(*k))
        .cloned()
        .collect();
    assert!(!old.is_empty());
    old.iter().for_each(|k| drop(held.insert(k.clone(), first[k].clone())));
    site.shelf.put_back(&held);
    *site.shelf.taken_at.lock().unwrap() = Some(("metadata/timestamp.json".into(), old));
    site.publish(&rows(30, |_| 1)).await;
    let (_, checked) = verified(&site).await;
    assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    assert_eq!(sync(&site.device("d")).await.number, 3);
    // Of what was published before, only what a channel shows is kept at hand.
    let kept = std::fs::read_dir(publishing.join("objects")).unwrap().count();
    let shown = site.shelf.held().keys().filter(|k| k.starts_with("segments/")).count();
    assert!(kept < shown, "{kept} of {shown}");
}

/// A device chooses the models that it can embed with; what it searches by is theirs.
#[tokio::test]
async fn a_release_has_vectors_by_several_models() {
    let site = Site::new();
    let other = Hashed::named("other");
    publish(
        &site.store,
        site.dir.path(),
        documents(&rows(40, |_| 1)),
        &[&site.model, &other],
        "live",
    )
    .await
    .unwrap();
    let root = site.keys().root().unwrap();
    for (name, models) in [
        ("both", vec!["other", "hashed"]),
        ("one", vec!["other"]),
        ("none", vec!["unknown"]),
    ] {
        let device = device(&site.store, &root, &site.dir.path().join(name), &models);
        sync(&device).await;
        let release = Release::open(&device.release).unwrap();
        let made: Vec<&str> = release.manifest.embeddings.iter().map(|e| e.model.as_str()).collect();
        let wanted: Vec<&str> = ["hashed", "other"].into_iter().filter(|m| models.contains(m)).collect();
        assert_eq!(made, wanted);
        for model in [&site.model, &other] {
            let text = "What does item 7 cost?";
            let query = Query {
                text: "zzz".into(),
                parts: vec![Part {
                    text: "zzz".into(),
                    vector: Some(model.vector(text)),
                }],
                model: Some(model.name.into()),
                as_of: "2026-01-01".parse().unwrap(),
                limit: 3,
                further: 0,
                about: None,
            };
            let found = release.retrieve(&query).unwrap().passages;
            assert_eq!(
                found.first().map(|p| p.document.as_str()),
                made.contains(&model.name).then_some("d0007")
            );
        }
    }
    // Growing keeps both.
    publish(
        &site.store,
        site.dir.path(),
        documents(&rows(41, |_| 1)),
        &[&site.model, &other],
        "live",
    )
    .await
    .unwrap();
    let both = device(&site.store, &root, &site.dir.path().join("both"), &["other", "hashed"]);
    assert_eq!(sync(&both).await.plan, "grow");
    assert_eq!(Release::open(&both.release).unwrap().manifest.embeddings.len(), 2);
}
