//! A file of every format that ever landed can still be read.

use std::fs;
use std::path::Path;

use mortar_desk::feedback::{Decision, Feedback, Records, State};
use mortar_privacy::Vault;
use mortar_tests::{json, refused, root, run, words_only};
use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for e in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(e.file_name());
        if e.path().is_dir() {
            copy(&e.path(), &target);
        } else {
            fs::copy(e.path(), target).unwrap();
        }
    }
}

fn answer(home: &Path, release: &Path, question: &str) -> Value {
    json(
        words_only(home)
            .args(["ask", "--json", question, "--release"])
            .arg(release),
    )
}

#[test]
fn a_release_of_format_1_is_read_and_answers() {
    let home = tempfile::tempdir().unwrap();
    let release = home.path().join("release");
    copy(&root().join("tests/fixtures/release-1"), &release);
    let ask = |q: &str| answer(home.path(), &release, q);
    let a = ask("reject 75");
    assert_eq!(a["release"], "eb95c75ed978");
    assert_eq!(a["sentences"][0]["text"], "Code 75 means that approval is needed.");
    assert_eq!(ask("reject 74")["reason"], "unknown_code");
    let out = run(words_only(home.path())
        .args(["doctor", "--json", "--release"])
        .arg(&release));
    let checks: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["name"] == "release" && c["ok"] == true),
        "{checks:#}"
    );
}

/// Conversations and labels as a program of format 1 left them: in the clear, and nothing made yet of what is sent.
#[test]
fn records_of_format_1_are_sealed_and_their_labels_sent() {
    let home = tempfile::tempdir().unwrap();
    copy(&root().join("tests/fixtures/records-1"), home.path());
    let clear = |dir: &Path| {
        let bytes = fs::read(dir.join("data.mdb")).unwrap();
        bytes.windows(6).any(|w| w == b"Edited")
    };
    assert!(clear(home.path()));
    let vault = mortar_tests::InMemory::default();
    for _ in 0..2 {
        let records = Records::open(home.path(), "pharmacy", &vault).unwrap();
        let rows = records.conversations(jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(rows.len(), 1);
        let exchange = &records.conversation(&rows[0].id).unwrap()[0];
        assert_eq!(exchange.text, "Edited by the operator.");
        assert_eq!(records.waiting().unwrap(), 1);
        assert!(!clear(home.path()), "nothing of it is left in the clear");
        records.close();
    }
    let records = Records::open(home.path(), "pharmacy", &vault).unwrap();
    assert_eq!(records.make_unmade(&Clone::clone).unwrap(), 1);
    let entry = &records.outbox(10).unwrap()[0];
    let sent = Feedback::from_bytes(&records.sent_of(&entry.id).unwrap()).unwrap();
    assert_eq!((sent.format, sent.text.as_str()), (2, "Edited by the operator."));
    assert!(
        entry
            .key
            .ends_with(&format!("{}-{}.json", sent.id, &entry.sha256[..16]))
    );
}

/// The same sealed, as format 2 has them, with the key that a vault had; `MORTAR_WRITE_FIXTURES` writes them anew.
#[test]
fn records_of_format_2_are_opened_by_their_key_alone() {
    let fixture = root().join("tests/fixtures/records-2");
    if std::env::var_os("MORTAR_WRITE_FIXTURES").is_some() {
        copy(&root().join("tests/fixtures/records-1"), &fixture);
        let vault = mortar_tests::InMemory::default();
        let records = Records::open(&fixture, "pharmacy", &vault).unwrap();
        records.make_unmade(&Clone::clone).unwrap();
        records.close();
        fs::write(fixture.join("key"), vault.get(Records::KEY_NAME).unwrap().unwrap()).unwrap();
        for lock in ["lock.mdb", "in-use.lock", "opening.lock"] {
            let _ = fs::remove_file(fixture.join(lock));
        }
    }
    let home = tempfile::tempdir().unwrap();
    copy(&fixture, home.path());
    assert!(Records::open(home.path(), "pharmacy", &mortar_tests::InMemory::default()).is_err());
    let vault = mortar_tests::InMemory::default();
    vault
        .put(Records::KEY_NAME, &fs::read(fixture.join("key")).unwrap())
        .unwrap();
    assert!(
        Records::open(home.path(), "clinic", &vault).is_err(),
        "it is another tenant's"
    );
    let records = Records::open(home.path(), "pharmacy", &vault).unwrap();
    let rows = records.conversations(jiff::Timestamp::UNIX_EPOCH).unwrap();
    let exchange = &records.conversation(&rows[0].id).unwrap()[0];
    assert_eq!(exchange.text, "Edited by the operator.");
    assert_eq!(records.outbox(10).unwrap().len(), 1);
    assert!(records.verify_audit(&[]).unwrap().is_ok());
}

/// Releases as devices of formats 2 and 3 had them, after they grew once.
#[test]
fn releases_that_grew_are_read_and_answer() {
    for (fixture, name) in [("release-2", "5bcf0ad165f8"), ("release-3", "7731193cca46")] {
        let home = tempfile::tempdir().unwrap();
        let release = home.path().join("release");
        copy(&root().join("tests/fixtures").join(fixture), &release);
        let ask = |q: &str| answer(home.path(), &release, q);
        let a = ask("reject 75");
        assert_eq!(a["release"], name);
        assert_eq!(a["sentences"][0]["text"], "Code 75 means that approval is needed.");
        let a = ask("How long does standard shipping take?");
        assert_eq!(
            a["sentences"][0]["text"],
            "Standard shipping takes three business days."
        );
        mortar_desk::knowledge::check_files(&release).unwrap();
        let opened = mortar_desk::knowledge::Release::open(&release).unwrap();
        let source = opened.manifest.source.as_ref().unwrap();
        assert_eq!((source.number, source.notes.as_str()), (2, "Shipping takes longer."));
        assert!(opened.document("refund").unwrap().is_none());
        assert_eq!(opened.vector(0).unwrap().map(|v| v.len()), Some(384));
        let held = (0..100).filter(|p| opened.vector(*p).unwrap().is_some()).count();
        assert_eq!(held as u32, opened.manifest.passages, "what is gone has no vector");
        let found = opened.nearest(&opened.vector(0).unwrap().unwrap(), 50).unwrap();
        assert_eq!(
            found.len() as u32,
            opened.manifest.passages,
            "what is gone is not found"
        );
    }
}

/// Manifests of before there were versions of the rules of language are of the first; of others nothing is read.
#[test]
fn a_release_by_other_rules_of_language_is_refused_and_the_sample_is_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let release = home.path().join("release");
    copy(&root().join("tests/fixtures/release-3"), &release);
    let other = |dir: &Path| {
        let path = dir.join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let said = std::mem::replace(&mut manifest["language"], 1000.into());
        fs::write(path, serde_json::to_vec(&manifest).unwrap()).unwrap();
        said
    };
    assert_eq!(other(&release), Value::Null);
    let said = refused(
        words_only(home.path())
            .args(["ask", "--json", "reject 75", "--release"])
            .arg(&release),
        1,
    );
    assert!(
        said.contains("other rules of language (1000") && said.contains("mortar sync"),
        "{said}"
    );

    let sample = || json(words_only(home.path()).args(["ask", "--json", "What does rejection 75 mean?"]));
    let first = sample();
    let made = home.path().join("tenants/pharmacy/release");
    let version = u64::from(mortar_desk::language::VERSION);
    assert_eq!(other(&made), Value::from(version));
    assert_eq!(sample()["release"], first["release"]);
    assert_eq!(other(&made), Value::from(version), "it was made anew");
    // Fetched knowledge is never replaced by the sample.
    fs::remove_dir_all(&made).unwrap();
    copy(&release, &made);
    let said = refused(words_only(home.path()).args(["ask", "--json", "reject 75"]), 1);
    assert!(said.contains("other rules of language"), "{said}");
}

/// What a device of format 1 remembered of its store, which was one alone.
#[test]
fn a_memory_of_format_1_is_read_and_goes_on_as_the_present_one() {
    use mortar_desk::store::memory::Memory;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trust.json");
    fs::copy(root().join("tests/fixtures/trust-1.json"), &path).unwrap();
    let of = |store: &str| Memory::new(path.clone(), &mortar_local::Folder::new(Path::new(store)));
    let seen = of("/srv/knowledge").checked_at();
    assert!(seen.is_some());
    assert_eq!(of("/srv/other").checked_at(), None);
    of("/srv/knowledge").repair().unwrap();
    let now: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(now["format"], 2);
    assert_eq!(of("/srv/knowledge").checked_at(), seen);
}

/// A store as the first program left it. Its signatures have run out by now: they are still followed.
#[tokio::test]
async fn a_store_of_format_1_is_read() {
    use mortar_desk::store::memory::Memory;
    use mortar_desk::store::trust::{Expiry, load};
    use mortar_desk::store::{ReleaseStore, tend, verify};
    let dir = tempfile::tempdir().unwrap();
    let fixtures = root().join("tests/fixtures");
    let store: std::sync::Arc<dyn ReleaseStore> =
        std::sync::Arc::new(mortar_local::Folder::new(&fixtures.join("store-1")));
    let trusted = fs::read(fixtures.join("store-1.root.json")).unwrap();
    let memory = Memory::new(dir.path().join("trust.json"), &*store);
    let verified = load(&store, &trusted, &memory, Expiry::Overlooked).await.unwrap();
    let releases = tend::releases(&verified).await.unwrap();
    let rows: Vec<_> = releases
        .iter()
        .map(|r| (r.number, r.release.as_str(), r.documents))
        .collect();
    assert_eq!(rows, [(2, "5bcf0ad165f8", 15), (1, "137dbd26e29e", 15)]);
    assert_eq!(releases[0].channels, ["live"]);
    let checked = verify::verify(&*store, &verified).await.unwrap();
    assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    let manifest = verified.manifest(2).await.unwrap();
    assert_eq!(manifest.embeddings[0].dimensions, 384);
    assert_eq!(manifest.language, 1, "it names none");
}

#[test]
fn labels_and_decisions_of_every_format_are_read() {
    let fixture = |name: &str| fs::read(root().join("tests/fixtures/labels").join(name)).unwrap();
    for format in [2, 3] {
        let label = Feedback::from_bytes(&fixture(&format!("feedback-{format}.json"))).unwrap();
        assert_eq!((label.format, label.text.as_str()), (format, "As it is.!"));
    }
    let decision = Decision::from_bytes(&fixture("decision-1.json"), "pharmacy", "01KB1234567890123456789012").unwrap();
    assert_eq!((decision.state(), decision.taken.len()), (State::Verified, 4));
}
