//! Damaged files: whatever byte of a release changes on the disk, nobody is shown what was not written, and no
//! signal ends the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures::executor::block_on;
use mortar_desk::assistant::{Embedder, Part, Query, Retriever};
use mortar_desk::knowledge::{OpenError, Release, build};
use mortar_desk::sources::{Document, import_files};
use mortar_desk::store::ReleaseStore;
use mortar_desk::store::keys::Keys;
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};
use mortar_tests::{json, refused, words_only};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::Value;

/// Says which batch of mutations a process of its own is to try.
const BATCH: &str = "MORTAR_DAMAGE_BATCH";
const BATCHES: u64 = 8;
const A_BATCH: usize = 250;

/// Questions and answers, pages in sections, codes, days in force: two files of some hundred KB.
fn built(dir: &Path) -> Hashed {
    let mut rows = String::from("id,title,body,codes,effective_from,effective_to\n");
    for i in 0..90 {
        rows.push_str(&format!(
            "d{i:03},What does item {i} cost?,\"The copay of item {i} is {}3 dollars. Reject code {} asks for form {i}. It \
             is answered within 3 business days.\",reject {},{},\n",
            i % 7,
            200 + i,
            100 + i,
            if i % 5 == 0 { "2020-01-01" } else { "" }
        ));
    }
    let section = |n: usize| {
        format!(
            "## Step {n}\n\n{}\n\n",
            format!("Call the plan about step {n} and wait. ").repeat(30)
        )
    };
    let page: String = (0..30).map(section).collect();
    let files = [
        ("codes.csv".to_owned(), rows.into_bytes()),
        (
            "page.md".to_owned(),
            format!("# How to call a plan\n\n{page}").into_bytes(),
        ),
    ];
    let imported = import_files(files.map(Ok::<_, ()>)).unwrap();
    assert!(imported.findings.is_empty(), "{:?}", imported.findings);
    let model = Hashed::named("hashed");
    block_on(build(imported, false, Some(&model), dir, &mut |_| {})).unwrap();
    model
}

fn manifest(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("manifest.json")).unwrap()).unwrap()
}

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join(manifest(dir)["data"].as_str().unwrap()).join(name)
}

/// Makes the manifest say of the files what they are now: as whoever changed them with care would.
fn fit(dir: &Path) {
    let mut said = manifest(dir);
    let of = |said: &mut Value, name: &str| {
        let bytes = fs::read(file(dir, name)).unwrap();
        let hash = |b: &[u8]| Value::from(blake3::hash(b).to_hex().to_string());
        said["bytes"] = bytes.len().into();
        said["head_hash"] = hash(&bytes[..bytes.len().min(128 * 1024)]);
        said["hash"] = hash(&bytes);
    };
    of(&mut said, "data.mdb");
    of(&mut said["vectors"], "vectors.mdb");
    fs::write(dir.join("manifest.json"), serde_json::to_vec(&said).unwrap()).unwrap();
}

fn queries(model: &Hashed) -> Vec<Query> {
    let texts = [
        "reject 117",
        "What does item 4 cost?",
        "how do I call a plan about step 9",
        "form 31 copay",
        "250",
    ];
    let query = |text: &str| Query {
        parts: vec![Part {
            vector: Some(model.vector(text)),
            text: text.to_owned(),
        }],
        text: text.to_owned(),
        model: Some(model.model().to_owned()),
        as_of: "2026-01-01".parse().unwrap(),
        limit: 8,
        further: 0,
        about: None,
    };
    texts.map(query).into()
}

/// Everything that is asked of a release, as the window and the command line do; how often it was refused.
/// Panics where something is shown that `written` does not hold.
fn shown(release: &Release, written: &BTreeMap<String, Document>, queries: &[Query]) -> usize {
    let mut refused = 0;
    for query in queries {
        let Ok(found) = release.retrieve(query) else {
            refused += 1;
            continue;
        };
        for p in found.passages {
            let document = &written[&p.document];
            assert_eq!(
                document.body.get(p.start as usize..p.end as usize),
                Some(p.text.as_str()),
                "{}",
                p.id
            );
            assert_eq!((&document.title, &document.version), (&p.title, &p.version));
            assert_eq!(
                (document.effective_from, document.effective_to, document.kind),
                (p.effective_from, p.effective_to, p.kind)
            );
        }
    }
    for (id, document) in written {
        match release.document(id) {
            Ok(found) => assert_eq!(found.as_ref(), Some(document), "{id}"),
            Err(_) => refused += 1,
        }
    }
    match release.documents() {
        Ok(rows) => assert_eq!(rows.len(), written.len()),
        Err(_) => refused += 1,
    }
    let _ = release.find_as_typed("copay of item 3", 20);
    let _ = release.nearest(&[0.1; mortar_tests::shelf::HASHED_DIMENSIONS], 20);
    let _ = release.drawn(20);
    for passage in 0..40 {
        let _ = release.vector(passage);
    }
    refused
}

fn written(release: &Release) -> BTreeMap<String, Document> {
    let rows = release.documents().unwrap();
    rows.into_iter()
        .map(|r| (r.id.clone(), release.document(&r.id).unwrap().unwrap()))
        .collect()
}

/// Where the JSON that begins so stands in a file.
fn place(bytes: &[u8], value: &str) -> std::ops::Range<usize> {
    let at = bytes.windows(value.len()).position(|w| w == value.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{value} stands nowhere"));
    at..at + value.len()
}

/// Another byte than the one that is there, of the kind that is least noticed.
fn other(byte: u8, rng: &mut StdRng) -> u8 {
    loop {
        let new = match byte {
            b'0'..=b'9' => rng.random_range(b'0'..=b'9'),
            b'a'..=b'z' => rng.random_range(b'a'..=b'z'),
            _ => rng.random(),
        };
        if new != byte {
            return new;
        }
    }
}

#[test]
fn a_changed_byte_anywhere_is_seen_at_the_opening() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path());
    let mut rng = StdRng::seed_from_u64(5);
    for name in ["data.mdb", "vectors.mdb"] {
        let file = file(dir.path(), name);
        let bytes = fs::read(&file).unwrap();
        for _ in 0..200 {
            let mut changed = bytes.clone();
            let at = rng.random_range(0..bytes.len());
            changed[at] = other(bytes[at], &mut rng);
            fs::write(&file, &changed).unwrap();
            let opened = Release::open(dir.path());
            assert!(matches!(opened, Err(OpenError::Damaged { .. })), "{name} at {at}");
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert!(Release::open(dir.path()).is_ok());
}

/// "3 business days" that became "9" is no quote, though every hash of the manifest was made to fit.
#[test]
fn a_changed_byte_of_a_document_or_a_passage_is_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let model = built(dir.path());
    let queries = queries(&model);
    let release = Release::open(dir.path()).unwrap();
    let documents = written(&release);
    assert_eq!(shown(&release, &documents, &queries), 0);
    drop(release);
    let data = file(dir.path(), "data.mdb");
    let bytes = fs::read(&data).unwrap();
    let mut places: Vec<_> = documents
        .values()
        .map(|d| place(&bytes, &serde_json::to_string(d).unwrap()))
        .collect();
    let mut passages = 0;
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"{\"document\":") {
            let end = bytes[at..].windows(2).position(|w| w == b"}}").unwrap();
            places.push(at..at + end + 2);
            passages += 1;
        }
    }
    assert!(passages > documents.len());
    let mut rng = StdRng::seed_from_u64(11);
    let mut refused = 0;
    const TRIED: usize = 600;
    for n in 0..TRIED {
        let place = &places[n % places.len()];
        let at = rng.random_range(place.clone());
        let mut changed = bytes.clone();
        changed[at] = other(bytes[at], &mut rng);
        fs::write(&data, &changed).unwrap();
        fit(dir.path());
        refused += usize::from(match Release::open(dir.path()) {
            Ok(release) => shown(&release, &documents, &queries) > 0,
            Err(_) => true,
        });
    }
    println!("{refused} of {TRIED} changes were refused, the others said what was written");
    assert!(refused * 100 > TRIED * 95, "{refused}");
}

/// Changes of every kind in both files, the hashes made to fit: refused or harmless, and never the end.
#[test]
fn no_change_of_a_file_ends_the_program() {
    if let Ok(batch) = std::env::var(BATCH) {
        return try_batch(batch.parse().unwrap());
    }
    for batch in 0..BATCHES {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["no_change_of_a_file_ends_the_program", "--exact", "--nocapture"])
            .env(BATCH, batch.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
        let end: Vec<&str> = said.lines().rev().take(12).collect();
        assert!(child.status.success(), "batch {batch}: {}\n{end:#?}", child.status);
    }
}

fn try_batch(batch: u64) {
    let dir = tempfile::tempdir().unwrap();
    let model = built(dir.path());
    let queries = queries(&model);
    let documents = written(&Release::open(dir.path()).unwrap());
    let whole = ["data.mdb", "vectors.mdb"].map(|name| {
        let file = file(dir.path(), name);
        let bytes = fs::read(&file).unwrap();
        (file, bytes)
    });
    let mut rng = StdRng::seed_from_u64(batch);
    let mut opened = 0;
    for n in 0..A_BATCH {
        let (file, bytes) = &whole[n % 2];
        let mut changed = bytes.clone();
        let what = mutate(&mut changed, &mut rng);
        fs::write(file, &changed).unwrap();
        fit(dir.path());
        // Told before it is tried: what ends the process ends it here.
        println!("{n}: {what} of {}", file.display());
        if let Ok(release) = Release::open(dir.path()) {
            opened += 1;
            shown(&release, &documents, &queries);
        }
        fs::write(file, bytes).unwrap();
    }
    println!("batch {batch}: {opened} of {A_BATCH} opened");
}

/// A change as a bad disk makes it, or as somebody who knows what LMDB's pages are.
fn mutate(bytes: &mut [u8], rng: &mut StdRng) -> String {
    const PAGE: usize = 4096;
    let page = rng.random_range(0..bytes.len() / PAGE) * PAGE;
    let (at, new): (usize, Vec<u8>) = match rng.random_range(0..6) {
        0 => (rng.random_range(0..bytes.len()), vec![rng.random()]),
        // Of a page: its number, kind, bounds and first offsets.
        1 | 2 => (page + rng.random_range(0..48), vec![rng.random()]),
        3 => {
            let odd: [u16; 6] = [0, 1, 2, 4, 0x7fff, 0xffff];
            (
                page + rng.random_range(0..24) * 2,
                odd[rng.random_range(0..6)].to_le_bytes().into(),
            )
        }
        4 => {
            let numbers = [
                0,
                1,
                (bytes.len() / PAGE) as u64,
                u64::MAX,
                u64::from(rng.random::<u16>()),
            ];
            let at = rng.random_range(0..bytes.len() / 2 - 4) * 2;
            (at, numbers[rng.random_range(0..5)].to_le_bytes().into())
        }
        _ => {
            let mut new = vec![0; 512];
            if rng.random() {
                rng.fill_bytes(&mut new);
            }
            (rng.random_range(0..bytes.len() / 512) * 512, new)
        }
    };
    let end = (at + new.len()).min(bytes.len());
    bytes[at..end].copy_from_slice(&new[..end - at]);
    format!("{} bytes at {at}", end - at)
}

/// What the operator is told, and what then helps.
#[test]
fn damage_is_said_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("r");
    built(&out);
    let ask = || {
        let mut c = words_only(home.path());
        c.args(["ask", "--json", "What does item 4 cost?", "--release"])
            .arg(&out);
        c
    };
    json(&mut ask());
    let data = file(&out, "data.mdb");
    let mut bytes = fs::read(&data).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&data, &bytes).unwrap();
    let said = refused(&mut ask(), 1);
    assert!(
        said.contains("is damaged") && said.contains("mortar sync --repair"),
        "{said}"
    );
}

/// A device that follows a store fetches anew what is damaged, or was made by other rules of language.
#[tokio::test]
async fn a_device_fetches_anew_what_it_cannot_read() {
    let dir = tempfile::tempdir().unwrap();
    let shelf: Arc<dyn ReleaseStore> = Arc::new(Shelf::default());
    let model = Hashed::named("hashed");
    let rows: Vec<_> = (0..40)
        .map(|i| {
            (
                format!("d{i}"),
                format!("Is {i} covered?"),
                format!("It is, for {i} days."),
            )
        })
        .collect();
    publish(&shelf, dir.path(), documents(&rows), &[&model], "live")
        .await
        .unwrap();
    let root = Keys::new(&dir.path().join("keys")).root().unwrap();
    let device = device(&shelf, &root, &dir.path().join("device"), &["hashed"]);
    assert!(device.sync(&mut |_| {}).await.unwrap().changed);
    let said = written(&Release::open(&device.release).unwrap());
    let spoil: [&dyn Fn(); 2] = [
        &|| {
            let data = file(&device.release, "data.mdb");
            let mut bytes = fs::read(&data).unwrap();
            let at = place(&bytes, "for 7 days").end - 6;
            bytes[at] = b'9';
            fs::write(data, bytes).unwrap();
        },
        &|| {
            let mut said = manifest(&device.release);
            said["language"] = 1000.into();
            fs::write(device.release.join("manifest.json"), said.to_string()).unwrap();
        },
    ];
    for spoil in spoil {
        spoil();
        assert!(Release::open(&device.release).is_err());
        let report = device.sync(&mut |_| {}).await.unwrap();
        assert_eq!((report.plan.as_str(), report.changed), ("whole", true));
        assert_eq!(written(&Release::open(&device.release).unwrap()), said);
        assert!(!device.sync(&mut |_| {}).await.unwrap().changed);
    }
}
