use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use futures::future::BoxFuture;
use jiff::civil::Date;
use mortar_assistant::{Embedder, ModelError, Part, Query, Retriever};
use mortar_sources::{Imported, import_files};

use super::manifest::{MANIFEST, read, switch};
use super::*;
use crate::embed;
use crate::index::{self, DATA, Delta, Health, Index, Row, VECTORS, Vectors};

fn imported(files: &[(&str, &str)]) -> Imported {
    import_files(
        files
            .iter()
            .map(|(n, t)| Ok::<_, ()>(((*n).to_owned(), t.as_bytes().to_vec()))),
    )
    .unwrap()
}

fn sample() -> Imported {
    imported(&[(
        "codes.csv",
        "id,title,body,codes,effective_from,effective_to\n\
         r75,Reject 75: prior authorization,Code 75 means approval is needed.,reject 75,,\n\
         r76,Reject 76: plan limits,Code 76 means the limit was passed.,reject 76,,\n\
         r99,Reject 99: old,Code 99 was in force until 2020.,reject 99,2019-01-01,2020-01-01\n\
         ship,Shipping,\"Standard shipping takes two days. If a claim comes back with reject 70, call the plan.\",,,\n\
         scc8,Submission clarification code 75,Process it.,75,,\n",
    )])
}

fn built(dir: &Path, what: Imported) -> Result<Built, BuildError> {
    built_with(None, dir, what)
}

fn built_with(embedder: Option<&dyn Embedder>, dir: &Path, what: Imported) -> Result<Built, BuildError> {
    futures::executor::block_on(build(what, false, embedder, dir, &mut |_| {}))
}

/// Says of a text how often each of eight letters stands in it.
struct Letters;

impl Letters {
    fn of(text: &str) -> Vec<f32> {
        let count = |c: char| text.chars().filter(|d| *d == c).count() as f32;
        "etaoinsr".chars().map(count).collect()
    }
}

impl Embedder for Letters {
    fn model(&self) -> &str {
        "letters"
    }
    fn dimensions(&self) -> usize {
        8
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async { Ok(texts.iter().map(|t| Letters::of(t)).collect()) })
    }
}

fn query(text: &str, as_of: &str) -> Query {
    Query {
        text: text.into(),
        parts: vec![Part {
            text: text.into(),
            vector: None,
        }],
        model: None,
        as_of: as_of.parse::<Date>().unwrap(),
        limit: 5,
        further: 0,
        about: None,
    }
}

#[test]
fn a_code_is_found_first_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    let release = Release::open(dir.path()).unwrap();
    for (ask, first, unknown) in [
        ("reject 75", Some("r75"), vec![]),
        ("code 75", Some("r75"), vec![]),
        ("R76 again", Some("r76"), vec![]),
        ("clarification code 75", Some("scc8"), vec![]),
        ("reject 70", Some("ship"), vec![]),
        ("reject 7Z5", None, vec!["7Z5"]),
        ("reject 99", None, vec!["99"]),
        ("75", Some("r75"), vec![]),
        ("74", None, vec!["74"]),
        ("SCC 76", None, vec!["76"]),
        ("$75 came back", Some("ship"), vec![]),
    ] {
        let got = release.retrieve(&query(ask, "2026-01-01")).unwrap();
        assert_eq!(got.unknown_codes, unknown, "{ask}");
        match first {
            Some(id) => assert_eq!(got.passages[0].document, id, "{ask}"),
            // No document about another rejection stands in for the unknown one.
            None => assert!(
                !got.code_found && got.passages.iter().all(|p| !p.document.starts_with('r')),
                "{ask}"
            ),
        }
    }
    let got = release.retrieve(&query("reject 7Z5", "2026-01-01")).unwrap();
    assert_eq!(
        got.look_alikes.iter().map(|l| l.code.as_str()).collect::<Vec<_>>(),
        ["75"]
    );
}

#[test]
fn documents_out_of_force_are_never_used() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    let release = Release::open(dir.path()).unwrap();
    let now = release.retrieve(&query("reject 99", "2026-01-01")).unwrap();
    assert_eq!(now.codes_out_of_force, ["99"]);
    let then = release.retrieve(&query("reject 99", "2019-06-01")).unwrap();
    assert_eq!(then.passages[0].document, "r99");
    assert!(
        release
            .find_as_typed("in force until", 10)
            .unwrap()
            .iter()
            .any(|d| d.id == "r99"),
        "browsing shows it"
    );
}

#[test]
fn quotes_are_the_bytes_they_name() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    let release = Release::open(dir.path()).unwrap();
    for p in release
        .retrieve(&query("shipping claim plan code", "2026-01-01"))
        .unwrap()
        .passages
    {
        let d = release.document(&p.document).unwrap().unwrap();
        assert_eq!(&d.body[p.start as usize..p.end as usize], p.text);
    }
}

#[test]
fn the_same_sources_give_the_same_release() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = built(a.path(), sample()).unwrap().manifest;
    let second = built(b.path(), sample()).unwrap().manifest;
    assert_eq!((first.release, first.passages), (second.release, second.passages));
}

#[test]
fn a_bad_source_leaves_the_last_release_whole() {
    let dir = tempfile::tempdir().unwrap();
    let first = built(dir.path(), sample()).unwrap().manifest;
    let bad = imported(&[("a.csv", "question,answer\nq,\n")]);
    assert!(matches!(built(dir.path(), bad), Err(BuildError::Faults(_))));
    assert!(matches!(
        built(dir.path(), Imported::default()),
        Err(BuildError::Nothing)
    ));
    assert_eq!(Release::open(dir.path()).unwrap().manifest, first);
}

/// Embeds so many batches, then fails as a network does; counts the texts that it embedded.
struct Stopping(AtomicUsize, AtomicUsize);

impl Embedder for Stopping {
    fn model(&self) -> &str {
        "letters"
    }
    fn dimensions(&self) -> usize {
        8
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async {
            let left = self.0.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1));
            left.map_err(|_| ModelError::failed("stopped"))?;
            self.1.fetch_add(texts.len(), Relaxed);
            Ok(texts.iter().map(|t| Letters::of(t)).collect())
        })
    }
}

#[test]
fn a_build_goes_on_where_it_was_stopped() {
    let rows: String = (0..100)
        .map(|n| format!("d{n},Title {n},Body {n} of many.\n"))
        .collect();
    let many = || imported(&[("many.csv", &format!("id,title,body\n{rows}"))]);
    let (whole, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    built_with(Some(&Letters), whole.path(), many()).unwrap();
    let mut embedded = 0;
    for batches in [1, 0, 2, 100] {
        let embedder = Stopping(batches.into(), 0.into());
        let made = built_with(Some(&embedder), dir.path(), many());
        assert_eq!(made.is_ok(), batches == 100);
        embedded += embedder.1.into_inner();
    }
    let all = embed::texts(&many().documents.into_iter().map(Row::new).collect::<Vec<_>>()).0;
    assert_eq!(embedded, all.len());
    // What it came to is what a build in one go comes to, and nothing of the way is left.
    let [one, other] = [whole.path(), dir.path()].map(|d| read(d, MANIFEST).unwrap());
    assert_eq!((one.release, one.embeddings), (other.release, other.embeddings));
    let files = |d: &Path| fs::read_dir(d).unwrap().count();
    assert_eq!(files(dir.path()), files(whole.path()));
}

#[test]
fn a_reader_goes_on_while_another_release_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    let reader = Release::open(dir.path()).unwrap();
    built(
        dir.path(),
        imported(&[("a.csv", "question,answer\nNew?,Yes it is new.\n")]),
    )
    .unwrap();
    assert_eq!(
        reader.retrieve(&query("reject 75", "2026-01-01")).unwrap().passages[0].document,
        "r75"
    );
    assert_eq!(Release::open(dir.path()).unwrap().manifest.documents, 1);
}

#[test]
fn one_environment_is_opened_once() {
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    let (a, b) = (Release::open(dir.path()).unwrap(), Release::open(dir.path()).unwrap());
    assert!(Arc::ptr_eq(&a, &b));
}

#[test]
fn what_is_no_release_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r");
    assert!(matches!(Release::open(&path), Err(OpenError::NotThere(_))));
    let manifest = built_with(Some(&Letters), &path, sample()).unwrap().manifest;
    let text = fs::read_to_string(path.join(MANIFEST)).unwrap();
    for name in [DATA, VECTORS] {
        let file = path.join(&manifest.data).join(name);
        let bytes = fs::read(&file).unwrap();
        // Cut at any length, or bytes of something else in its place.
        for cut in [0, 1, 4096, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&file, &bytes[..cut]).unwrap();
            assert!(
                matches!(Release::open(&path), Err(OpenError::Damaged { .. })),
                "{name} cut at {cut}"
            );
        }
        fs::write(&file, vec![0x5a; bytes.len()]).unwrap();
        assert!(matches!(Release::open(&path), Err(OpenError::Damaged { .. })));
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        fs::write(&file, &flipped).unwrap();
        assert!(matches!(check_files(&path), Err(OpenError::Damaged { .. })));
        assert!(matches!(Release::open(&path), Err(OpenError::Damaged { .. })));
        fs::remove_file(&file).unwrap();
        assert!(matches!(Release::open(&path), Err(OpenError::Damaged { .. })));
        fs::write(&file, &bytes).unwrap();
        assert!(Release::open(&path).is_ok() && check_files(&path).is_ok());
    }

    for (manifest, newer) in [
        ("".to_owned(), false),
        ("{}".to_owned(), false),
        ("[1]".to_owned(), false),
        (text.replace("\"format\": 3", "\"format\": 4"), true),
        ("{\"format\": 99, \"anything\": []}".to_owned(), true),
        (text.replace("\"data\": \"data-", "\"data\": \"../data-"), false),
    ] {
        fs::write(path.join(MANIFEST), &manifest).unwrap();
        match Release::open(&path) {
            Err(OpenError::Newer { .. }) => assert!(newer, "{manifest}"),
            Err(OpenError::Foreign { .. }) => assert!(!newer, "{manifest}"),
            other => panic!("{manifest}: {:?}", other.err()),
        }
    }
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(built(dir.path(), sample()), Err(BuildError::NotARelease(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// Each file is whole, and they are not each other's.
#[test]
fn files_of_two_releases_are_no_release() {
    let dir = tempfile::tempdir().unwrap();
    let (path, beside) = (dir.path().join("a"), dir.path().join("b"));
    let first = built_with(Some(&Letters), &path, sample()).unwrap().manifest;
    let other = imported(&[("a.csv", "question,answer\nNew?,Yes it is new.\n")]);
    let other = built_with(Some(&Letters), &beside, other).unwrap().manifest;
    fs::copy(
        beside.join(&other.data).join(VECTORS),
        path.join(&first.data).join(VECTORS),
    )
    .unwrap();
    let mixed = Manifest {
        vectors: other.vectors,
        ..first
    };
    switch(&path, &mixed).unwrap();
    assert!(matches!(Release::open(&path), Err(OpenError::Damaged { .. })));
}

/// Format 2 had all vectors in `data.mdb`: what grows from it has the new ones there too.
#[test]
fn data_of_format_2_grows() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/release-2");
    let before = read(&fixture, MANIFEST).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATA);
    fs::copy(fixture.join(&before.data).join(DATA), &path).unwrap();
    let held = Index::open(&fixture.join(&before.data), &before.shape()).unwrap();
    let (documents, passages) = held.numbered();
    let row = Row::new(
        imported(&[("a.csv", "question,answer\nIs it new?,It is new.\n")])
            .documents
            .remove(0),
    );
    let vectors = Vectors {
        model: before.embeddings[0].model.clone(),
        dimensions: 384,
        passages: vec![vec![0.05; 384]],
        documents: vec![None],
    };
    let what = Delta {
        rows: &[row],
        live: &[true],
        vectors: &[vectors],
        gone: &[held.documents().unwrap()[0]],
    };
    index::apply(dir.path(), &what).unwrap();
    let after = Manifest {
        file: Fingerprint::of(&path).unwrap(),
        ..before
    };
    let grown = Index::open(dir.path(), &after.shape()).unwrap();
    assert_eq!(grown.numbered(), (documents + 1, passages + 1));
    let last = *held.documents().unwrap().last().unwrap();
    let kept = held.passages_of(last).start * 2;
    assert!(grown.vector(0, kept).unwrap().is_some());
    assert_eq!(grown.vector(0, kept).unwrap(), held.vector(0, kept).unwrap());
    assert_eq!(grown.vector(0, passages * 2).unwrap().map(|v| v.len()), Some(384));
    let reading = grown.read().unwrap();
    let (sketch, items) = reading.sketch(0, 384).unwrap();
    let near = sketch.nearest(&[0.05; 384], 100, |_| true);
    let found: Vec<u32> = near
        .iter()
        .map(|row| u32::from_le_bytes(items[*row as usize]))
        .collect();
    let gone = held.passages_of(what.gone[0]);
    assert!(found.contains(&(passages * 2)) && found.iter().all(|item| !gone.contains(&(item / 2))));
    assert_eq!(grown.vectors(0).unwrap() as usize, found.len());
}

/// What a large file turns out to be behind the opening: from then on nothing is read.
#[test]
fn damage_found_behind_an_opening_ends_all_reading() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = built_with(Some(&Letters), dir.path(), sample()).unwrap().manifest;
    let files = |of: &Manifest| of.files(dir.path()).map(|(p, f)| (p, f.clone())).collect::<Vec<_>>();
    let health = Arc::new(Health::default());
    check::hash_behind(files(&manifest), &health);
    assert_eq!(health.whole(), None);

    let release = Release::open(dir.path()).unwrap();
    assert!(release.whole().is_ok() && release.document("r75").unwrap().is_some());
    let mut other = manifest.clone();
    other.vectors.as_mut().unwrap().hash.replace_range(..1, "x");
    check::hash_behind(files(&other), release.index.health());
    while release.sound().is_ok() {
        std::thread::yield_now();
    }
    assert!(matches!(release.document("r75"), Err(OpenError::Damaged { .. })));
    assert!(matches!(release.documents(), Err(OpenError::Damaged { .. })));
    assert!(matches!(
        release.find_as_typed("code", 5),
        Err(OpenError::Damaged { .. })
    ));
    assert!(matches!(release.vector(0), Err(OpenError::Damaged { .. })));
    assert!(release.retrieve(&query("reject 75", "2026-01-01")).is_err());
    assert!(
        matches!(Release::open(dir.path()), Err(OpenError::Damaged { .. })),
        "shared as long as it is held"
    );
    drop(release);
    assert!(Release::open(dir.path()).is_ok());
}

#[test]
fn what_other_rules_of_language_made_is_refused_and_is_nothing_to_grow_from() {
    let dir = tempfile::tempdir().unwrap();
    let made = built(dir.path(), sample()).unwrap().manifest;
    assert_eq!(made.language, mortar_language::VERSION);
    let other = Manifest {
        language: mortar_language::VERSION + 1,
        ..made.clone()
    };
    switch(dir.path(), &other).unwrap();
    let refused = Release::open(dir.path()).err().unwrap();
    assert!(matches!(refused, OpenError::OtherLanguage { .. }), "{refused}");
    assert!(
        refused.to_string().contains("build it again from its sources"),
        "{refused}"
    );
    assert!(matches!(check_files(dir.path()), Err(OpenError::OtherLanguage { .. })));
    assert!(pointer(dir.path()).unwrap().is_none());
    assert!(!fetched(dir.path()));
    // What was built again is there, and what was not right is swept away.
    assert_eq!(built(dir.path(), sample()).unwrap().manifest.release, made.release);
    let states = fs::read_dir(dir.path()).unwrap().flatten();
    assert_eq!(
        states
            .filter(|e| e.file_name().to_string_lossy().starts_with("data-"))
            .count(),
        1
    );
    // A manifest of before there were versions is of the first.
    let text = fs::read_to_string(dir.path().join(MANIFEST)).unwrap();
    let unsaid = text.replace(&format!("  \"language\": {},\n", mortar_language::VERSION), "");
    assert_ne!(unsaid, text);
    fs::write(dir.path().join(MANIFEST), unsaid).unwrap();
    assert_eq!(read(dir.path(), MANIFEST).unwrap().language, 1);
}

/// What another program signed is kept under its digest, though this one would write it in other bytes.
#[test]
fn what_was_signed_in_other_bytes_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows: Vec<Row> = sample().documents.into_iter().map(Row::new).collect();
    let signed = [7; 32];
    rows[1].digest = signed;
    let live = vec![true; rows.len()];
    let site = Site::enter(&dir.path().join("r")).unwrap();
    let state = |content: String| State {
        release: "restated".into(),
        documents: rows.len() as u32,
        passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
        embeddings: Vec::new(),
        source: Some(Origin {
            number: 1,
            channel: "live".into(),
            published_at: jiff::Timestamp::UNIX_EPOCH,
            notes: String::new(),
            content,
        }),
        vectors: None,
    };
    site.put(state(content(&rows)), false, &mut |_| {}, |data| {
        index::write(&rows, &live, rows.len(), &[], data)
    })
    .unwrap();
    let release = Release::open(&dir.path().join("r")).unwrap();
    assert_eq!(release.index.digest(1).unwrap(), Some(signed));
    assert_eq!(release.index.document(1).unwrap(), rows[1].document);
    // Taken out, it leaves nothing behind; what is added under the same id has a digest of its own.
    let grown = dir.path().join("grown");
    fs::create_dir(&grown).unwrap();
    fs::copy(release.data().join(DATA), grown.join(DATA)).unwrap();
    let what = Delta {
        rows: &[Row::new(rows[1].document.clone())],
        live: &[true],
        vectors: &[],
        gone: &[1],
    };
    index::apply(&grown, &what).unwrap();
    let shape = index::Shape {
        data: fs::metadata(grown.join(DATA)).unwrap().len(),
        ..release.manifest.shape()
    };
    let grown = Index::open(&grown, &shape).unwrap();
    assert_eq!(grown.document(rows.len() as u32).unwrap(), rows[1].document);
    assert!(grown.document(1).is_err());
}

/// Only what is damaged is forgotten, and then there is nothing to grow from.
#[test]
fn what_is_damaged_can_be_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = built(dir.path(), sample()).unwrap().manifest;
    assert!(!forget_damaged(dir.path()).unwrap() && pointer(dir.path()).unwrap().is_some());
    let data = dir.path().join(&manifest.data).join(DATA);
    let mut bytes = fs::read(&data).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&data, bytes).unwrap();
    assert!(forget_damaged(dir.path()).unwrap() && pointer(dir.path()).unwrap().is_none());
    assert!(!forget_damaged(dir.path()).unwrap());
    assert_eq!(built(dir.path(), sample()).unwrap().manifest.release, manifest.release);
}

/// A file that whoever wrote it was killed over is swept away by the next who holds the folder.
#[test]
fn unfinished_files_are_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    replace(dir.path(), "a.json", b"1").unwrap();
    replace(dir.path(), "a.json", b"2").unwrap();
    assert_eq!(fs::read(dir.path().join("a.json")).unwrap(), b"2");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let folder = dir.path().join("r");
    fs::create_dir(&folder).unwrap();
    for left in [
        ".manifest.json.x7Yz2Q.unfinished",
        ".manifest.json.new",
        ".previous.json.aaaaaa.unfinished",
    ] {
        fs::write(folder.join(left), "{").unwrap();
    }
    built(&folder, sample()).unwrap();
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect();
    let stays = |n: &std::ffi::OsString| n == ".lock" || !n.to_string_lossy().starts_with('.');
    assert!(left.iter().all(stays), "{left:?}");
}

#[cfg(unix)]
#[test]
fn a_manifest_can_be_read_by_whoever_may_read_its_folder() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    built(dir.path(), sample()).unwrap();
    fs::write(dir.path().join("plain"), "").unwrap();
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode(MANIFEST), mode("plain"));
}

/// The pages of every file that was ever written hang together, also of one that grew often.
#[test]
fn the_pages_of_what_was_written_hang_together() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    for name in ["release-1", "release-2", "release-3"] {
        let dir = fixtures.join(name);
        let manifest = read(&dir, MANIFEST).unwrap();
        for (path, _) in manifest.files(&dir) {
            assert_eq!(
                index::pages::check(&fs::read(&path).unwrap()),
                Ok(()),
                "{}",
                path.display()
            );
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let manifest = built_with(Some(&Letters), &dir.path().join("r"), sample())
        .unwrap()
        .manifest;
    let data = dir.path().join("r").join(&manifest.data);
    fs::copy(data.join(DATA), dir.path().join(DATA)).unwrap();
    let mut numbers = manifest.documents;
    for step in 0..30u32 {
        let text: String = (0..40)
            .map(|i| format!("d{step}-{i},Is {i} in {step}?,\"It is {i}, {step} and more.\"\n"))
            .collect();
        let imported = imported(&[("a.csv", &format!("id,question,answer\n{text}"))]);
        let rows: Vec<Row> = imported.documents.into_iter().map(Row::new).collect();
        let vectors = Vectors {
            model: "letters".into(),
            dimensions: 8,
            passages: rows.iter().flat_map(|r| &r.passages).map(|_| vec![1.0; 8]).collect(),
            documents: vec![None; rows.len()],
        };
        let gone: Vec<u32> = if step == 0 {
            vec![0, 2]
        } else {
            (numbers - 30..numbers).collect()
        };
        let what = Delta {
            rows: &rows,
            live: &vec![true; rows.len()],
            vectors: &[vectors],
            gone: &gone,
        };
        index::apply(dir.path(), &what).unwrap();
        numbers += 40;
        let bytes = fs::read(dir.path().join(DATA)).unwrap();
        assert_eq!(index::pages::check(&bytes), Ok(()), "step {step}");
    }
}
