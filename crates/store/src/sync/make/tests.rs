use std::fs;
use std::sync::Arc;

use mortar_knowledge::release::BuildError;
use mortar_sources::Document;

use super::*;
use crate::encode::encode;
use crate::error::DecodeError;
use crate::example::{MODEL, release};
use crate::hash::sha256;

/// A document says what its version is, and that its vector is of that.
fn row(id: &str, version: &str) -> Row {
    let document = serde_json::json!({
        "id": id, "title": format!("About {id}"), "body": format!("Of {id} there is version {version}."), "url": null,
        "kind": "article", "version": version, "effective_from": null, "effective_to": null, "owner": null, "tags": [],
        "codes": [], "history": null, "exact": []
    });
    Row::new(serde_json::from_value::<Document>(document).unwrap())
}

fn vector(row: &Row) -> Vec<f32> {
    let hash = sha256(row.document.body.as_bytes());
    let raw: Vec<f32> = hash.bytes().take(4).map(|b| f32::from(b) - 60.0).collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / length).collect()
}

/// `"a1 b2 -c"`: the first version of a, the second of b, and c withdrawn.
fn contents(spec: &str) -> Contents {
    let (gone, there): (Vec<&str>, Vec<&str>) = spec.split_whitespace().partition(|s| s.starts_with('-'));
    let rows: Vec<Row> = there.iter().map(|s| row(&s[..1], &s[1..])).collect();
    Contents {
        vectors: vec![Vectors {
            model: MODEL.into(),
            dimensions: 4,
            passages: rows.iter().flat_map(|r| r.passages.iter().map(|_| vector(r))).collect(),
            documents: rows.iter().map(|_| None).collect(),
        }],
        rows,
        withdrawn: gone.iter().map(|s| s[1..].to_owned()).collect(),
    }
}

fn folded(specs: &[&str]) -> Folded {
    let mut out = Folded::default();
    specs.iter().for_each(|s| out.add(contents(s)));
    out
}

/// A device's folder, and files as if they had been fetched.
struct Scene {
    dir: tempfile::TempDir,
    incoming: Incoming,
    models: Vec<String>,
}

impl Scene {
    fn new() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        Scene {
            incoming: Incoming::new(dir.path().join("incoming")),
            models: vec![MODEL.into()],
            dir,
        }
    }

    fn segments(&self, specs: &[&str]) -> Vec<Segment> {
        let all = specs.iter().map(|spec| {
            let (segment, files) = encode(&contents(spec)).unwrap();
            for (object, bytes) in files {
                self.incoming.put(&object, &bytes).unwrap();
            }
            segment
        });
        all.collect()
    }

    /// What a release of these segments is signed to say.
    fn wanted(&self, number: u32, base: &[&str], behind: &[&str]) -> ReleaseManifest {
        let settled = folded(&[base, behind].concat()).settled();
        ReleaseManifest {
            content: index::content(&settled.rows),
            documents: settled.rows.len() as u32,
            passages: settled.rows.iter().map(|r| r.passages.len() as u32).sum(),
            ..release(number, &self.segments(base), &self.segments(behind))
        }
    }

    fn release(&self) -> std::path::PathBuf {
        self.dir.path().join("release")
    }

    fn opened(&self) -> Option<Arc<Release>> {
        Release::open(&self.release()).ok()
    }

    fn make(&self, wanted: &ReleaseManifest, plan: &SyncPlan) -> Result<Differences, SyncError> {
        let here = self.opened();
        let making = Making {
            release: &self.release(),
            channel: "live",
            wanted,
            models: &self.models,
            here: here.as_deref(),
            incoming: &self.incoming,
        };
        making.make(plan, &mut |_| {})
    }

    /// From nothing.
    fn whole(&self, wanted: &ReleaseManifest) -> Differences {
        let segments = wanted.segments.clone();
        self.make(wanted, &SyncPlan::Whole { segments }).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let all = fs::read_dir(self.release()).unwrap();
        let mut names: Vec<String> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// All that a release says, in words that do not depend on its numbers.
fn says(release: &Release) -> Vec<(String, String, Vec<f32>)> {
    let reading = release.index.read().unwrap();
    let mut out: Vec<_> = release
        .index
        .documents()
        .unwrap()
        .into_iter()
        .map(|n| {
            let document = reading.document(n).unwrap();
            let first = release.index.passages_of(n).start;
            let vector = release.index.vector(0, first * 2).unwrap().unwrap();
            (document.id, document.body, vector)
        })
        .collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

fn told(added: u32, changed: u32, withdrawn: u32) -> Differences {
    Differences {
        added,
        changed,
        withdrawn,
    }
}

/// Base and what is behind it, of a first and of a second release, and what the second differs in.
type Step = ([&'static [&'static str]; 2], [&'static [&'static str]; 2], Differences);

#[test]
fn whatever_the_way_the_state_is_the_one_that_is_signed() {
    let grown: [Step; 4] = [
        ([&["a1 b1"], &[]], [&["a1 b1"], &["a2 c1 -b"]], told(1, 1, 1)),
        ([&["a1 b1"], &["c1"]], [&["a1 b1"], &["c1", "-a", "a3"]], told(0, 1, 0)),
        ([&["a1", "b1"], &[]], [&["a1", "b1"], &["-a"]], told(0, 0, 1)),
        // The same under another number.
        ([&["a1 b1"], &[]], [&["a1 b1"], &[]], told(0, 0, 0)),
    ];
    for ([base, behind], [_, then], differences) in grown {
        let scene = Scene::new();
        scene.whole(&scene.wanted(1, base, behind));
        let wanted = scene.wanted(2, base, then);
        let segments = wanted.segments[base.len() + behind.len()..].to_vec();
        let got = scene.make(&wanted, &SyncPlan::Grow { segments }).unwrap();
        as_if_fetched(&scene, &wanted, &format!("{base:?} {then:?}"));
        assert_eq!(got, differences, "{base:?} {then:?}");
    }
    let rebased: [(Step, &[&str]); 3] = [
        (
            ([&["a1 b1"], &["b2"]], [&["a1 b2 c1"], &["-c"]], told(0, 0, 0)),
            &["c1"],
        ),
        (([&["a1 b1"], &["b2 -a"]], [&["b2"], &[]], told(0, 0, 0)), &[]),
        (([&["a1 b1"], &[]], [&["a2 c1"], &["d1"]], told(2, 1, 1)), &["a2 c1 -b"]),
    ];
    for (([base, behind], [new_base, new_behind], differences), into_base) in rebased {
        let scene = Scene::new();
        scene.whole(&scene.wanted(1, base, behind));
        let wanted = scene.wanted(2, new_base, new_behind);
        let plan = SyncPlan::Rebase {
            into_base: scene.segments(into_base),
            behind: scene.segments(new_behind),
        };
        assert_eq!(scene.make(&wanted, &plan).unwrap(), differences, "{new_base:?}");
        as_if_fetched(&scene, &wanted, &format!("{new_base:?} {new_behind:?}"));
    }
    let anew: [Step; 2] = [
        ([&["a1 b1"], &[]], [&["c1 d1"], &["-d"]], told(1, 0, 2)),
        ([&["a1 b1"], &[]], [&["a1 b2"], &[]], told(0, 1, 0)),
    ];
    for ([base, behind], [new_base, new_behind], differences) in anew {
        let scene = Scene::new();
        let first = scene.wanted(1, base, behind);
        assert_eq!(
            scene.whole(&first),
            told(first.documents, 0, 0),
            "from nothing all is new"
        );
        let wanted = scene.wanted(2, new_base, new_behind);
        assert_eq!(scene.whole(&wanted), differences, "{new_base:?}");
        as_if_fetched(&scene, &wanted, &format!("{new_base:?} {new_behind:?}"));
    }
}

/// The state is the one of a device that fetched all of it, and says whose it is.
fn as_if_fetched(scene: &Scene, wanted: &ReleaseManifest, what: &str) {
    let fetched = Scene::new();
    let incoming = scene.incoming.clone();
    let fetched = Scene { incoming, ..fetched };
    fetched.whole(wanted);
    let (here, there) = (scene.opened().unwrap(), fetched.opened().unwrap());
    assert_eq!(says(&here), says(&there), "{what}");
    assert_eq!(
        here.index.numbered(),
        there.index.numbered(),
        "{what}: the same numbers"
    );
    let source = here.manifest.source.as_ref().unwrap();
    assert_eq!(
        (source.number, source.channel.as_str()),
        (wanted.number, "live"),
        "{what}"
    );
    let signed: ReleaseManifest = serde_json::from_slice(&fs::read(here.data().join(MANIFEST)).unwrap()).unwrap();
    assert_eq!(&signed, wanted, "{what}");
}

#[test]
fn the_way_back_is_the_state_before_to_the_last_vector_and_there_again() {
    let scene = Scene::new();
    let (one, two) = (
        scene.wanted(1, &["a1 b1"], &[]),
        scene.wanted(2, &["a1 b1"], &["a2 c1 -b"]),
    );
    scene.whole(&one);
    let first = says(&scene.opened().unwrap());
    let segments = two.segments[1..].to_vec();
    scene.make(&two, &SyncPlan::Grow { segments }).unwrap();
    let second = says(&scene.opened().unwrap());
    let fetched = fs::remove_dir_all(scene.dir.path().join("incoming"));
    fetched.unwrap();
    for (wanted, said, differences) in [(&one, &first, told(1, 1, 1)), (&two, &second, told(1, 1, 1))] {
        assert_eq!(scene.make(wanted, &SyncPlan::Back).unwrap(), differences);
        assert_eq!(&says(&scene.opened().unwrap()), said);
    }
    assert_eq!(scene.make(&two, &SyncPlan::Nothing).unwrap(), Differences::default());
    assert_eq!(says(&scene.opened().unwrap()), second);
}

/// What cannot be made, and the error that it comes to.
type Fault = (
    &'static str,
    fn(&Scene) -> (ReleaseManifest, SyncPlan),
    fn(&SyncError) -> bool,
);

fn faults() -> [Fault; 6] {
    let present = |e: &SyncError| matches!(e, SyncError::Present(_));
    [
        (
            "other numbers than the segments that are said to be here",
            |s| {
                let wanted = s.wanted(2, &["a1 b1 c1"], &["d1"]);
                let segments = wanted.segments[1..].to_vec();
                (wanted, SyncPlan::Grow { segments })
            },
            present,
        ),
        (
            "another base",
            |s| {
                let into_base = s.segments(&["c1"]);
                let behind = Vec::new();
                (
                    s.wanted(2, &["a1 b1 c1 d1"], &[]),
                    SyncPlan::Rebase { into_base, behind },
                )
            },
            present,
        ),
        (
            "a base of as many other documents",
            |s| {
                let into_base = s.segments(&["c1"]);
                let behind = Vec::new();
                (s.wanted(2, &["a1 b1 d1"], &[]), SyncPlan::Rebase { into_base, behind })
            },
            |e| matches!(e, SyncError::Build(BuildError::Index(_))),
        ),
        (
            "other content than what is signed",
            |s| {
                let wanted = ReleaseManifest {
                    content: sha256(b"other"),
                    ..s.wanted(2, &["a1 b1"], &["c1"])
                };
                let segments = wanted.segments[1..].to_vec();
                (wanted, SyncPlan::Grow { segments })
            },
            |e| matches!(e, SyncError::Build(BuildError::Index(_))),
        ),
        (
            "a file that was damaged since it was fetched",
            |s| {
                let wanted = s.wanted(2, &["a1 b1"], &["c1"]);
                let segments = wanted.segments[1..].to_vec();
                let file = s.dir.path().join("incoming").join(&segments[0].passages.sha256);
                fs::write(file, b"no such bytes").unwrap();
                (wanted, SyncPlan::Grow { segments })
            },
            |e| matches!(e, SyncError::Decode(DecodeError::Io(_))),
        ),
        (
            "more documents than the manifest counts",
            |s| {
                let mut wanted = s.wanted(2, &["a1 b1"], &["c1"]);
                wanted.segments[1].counts.documents = 2;
                let segments = wanted.segments.clone();
                (wanted, SyncPlan::Whole { segments })
            },
            |e| matches!(e, SyncError::Decode(DecodeError::Bad(_))),
        ),
    ]
}

#[test]
fn what_cannot_be_made_leaves_the_state_as_it_was() {
    for (what, fault, expected) in faults() {
        let scene = Scene::new();
        scene.whole(&scene.wanted(1, &["a1 b1"], &[]));
        let (said, files) = (says(&scene.opened().unwrap()), scene.files());
        let (wanted, plan) = fault(&scene);
        let e = scene.make(&wanted, &plan).unwrap_err();
        assert!(expected(&e), "{what}: {e:?}");
        let now = scene
            .opened()
            .unwrap_or_else(|| panic!("{what}: nothing opens any more"));
        assert_eq!((says(&now), scene.files()), (said, files), "{what}");
        assert_eq!(now.manifest.source.as_ref().unwrap().number, 1, "{what}");
    }
    // Where nothing is, nothing grows, and nothing is left.
    let scene = Scene::new();
    let wanted = scene.wanted(2, &["a1"], &["b1"]);
    let segments = wanted.segments[1..].to_vec();
    let e = scene.make(&wanted, &SyncPlan::Grow { segments }).unwrap_err();
    assert!(matches!(e, SyncError::Present(_)), "{e:?}");
    assert!(scene.opened().is_none());
}
