//! `mortar kb diff` and `mortar kb compare`: what is other between releases of a store, its channels, folders and sources
//! not yet published, and what that does to answers.

use std::path::Path;
use std::process::Command;

use mortar_tests::{json, refused, run, words_only};
use serde_json::{Value, json as value};

const FIRST: &str = r#"{"_id":"refund","title":"How long does a refund take?","text":"A refund takes 5 business days. It is not paid in cash."}
{"_id":"code","title":"Code 75","text":"Prior authorization is needed.","metadata":{"table":"reject","code":"75"}}
{"_id":"old","title":"Where is the counter?","text":"The counter is behind the second door on the left of the entrance hall."}
{"_id":"gone","title":"Who waters the plants?","text":"Nobody does."}
"#;
const SECOND: &str = r#"{"_id":"refund","title":"How long does a refund take?","text":"A refund takes 9 business days. It is paid in cash."}
{"_id":"moved","title":"Where is the counter?","text":"The counter is behind the second door on the left of the entrance hall."}
{"_id":"new","title":"What is a lozenge?","text":"A tablet that is sucked."}
"#;

struct Store<'a>(&'a Path);

impl Store<'_> {
    fn kb(&self, arguments: &[&str]) -> Command {
        let mut c = words_only(&self.0.join("home"));
        c.args(["kb"]).args(arguments).current_dir(self.0);
        c.args(["--store", "store", "--keys", "keys", "--json"]);
        c
    }

    fn diff(&self, a: &str, b: &str) -> Value {
        let mut c = words_only(&self.0.join("other"));
        c.args([
            "kb",
            "diff",
            a,
            b,
            "--store",
            "store",
            "--root",
            "keys/root.json",
            "--json",
        ]);
        json(c.current_dir(self.0))
    }
}

fn published(dir: &Path) -> Store<'_> {
    std::fs::write(dir.join("first.jsonl"), FIRST).unwrap();
    std::fs::write(dir.join("second.jsonl"), SECOND).unwrap();
    let store = Store(dir);
    run(&mut store.kb(&["keys", "init"]));
    run(&mut store.kb(&["publish", "first.jsonl", "--channel", "live"]));
    run(&mut store.kb(&["publish", "second.jsonl", "--channel", "preview"]));
    store
}

fn facts(d: &Value) -> Vec<[&Value; 3]> {
    let facts = d["facts"].as_array().unwrap().iter();
    facts.map(|f| [&f["document"], &f["was"], &f["is"]]).collect()
}

#[test]
fn releases_channels_and_sources_are_compared_alike() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let by_number = store.diff("1", "2");
    let told = [
        [
            &value!("refund"),
            &value!("5 business days"),
            &value!("9 business days"),
        ],
        [&value!("refund"), &value!("denied"), &value!("affirmed")],
    ];
    assert_eq!(facts(&by_number), told);
    assert_eq!(
        by_number["codes_lost"],
        value!([{ "code": "75", "documents": ["code"] }])
    );
    assert_eq!(
        by_number["renamed"],
        value!([{ "from": "old", "to": "moved", "title": "Where is the counter?" }])
    );
    let ids = |list: &str| {
        let of = by_number[list].as_array().unwrap().iter();
        of.map(|n| n["document"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (ids("added"), ids("withdrawn")),
        (vec!["new".into()], vec!["code".into(), "gone".into()])
    );
    assert_eq!(ids("changed"), ["refund"]);

    for (a, b) in [
        ("live", "preview"),
        ("first.jsonl", "preview"),
        ("1", "second.jsonl"),
        ("first.jsonl", "second.jsonl"),
    ] {
        let mut other = store.diff(a, b);
        for side in ["a", "b"] {
            other[side] = by_number[side].clone();
        }
        assert_eq!(other, by_number, "{a} and {b}");
    }
    for (a, b) in [("1", "1"), ("live", "first.jsonl")] {
        let same = store.diff(a, b);
        assert_eq!(
            (&same["unchanged"], &same["changed"]),
            (&value!(4), &value!([])),
            "{a} and {b}"
        );
    }
}

#[test]
fn a_folder_of_a_release_needs_no_store() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("first.jsonl"), FIRST).unwrap();
    std::fs::write(dir.path().join("second.jsonl"), SECOND).unwrap();
    let mut build = words_only(dir.path());
    run(build
        .args(["kb", "build", "first.jsonl", "--out", "release"])
        .current_dir(dir.path()));
    let mut diff = words_only(dir.path());
    let shown = run(diff
        .args(["kb", "diff", "release", "second.jsonl"])
        .current_dir(dir.path()));
    let shown = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "1 new, 1 changed, 1 renamed, 2 withdrawn, 0 as they were",
        "  refund: 5 business days → 9 business days",
        "  75  (code)",
        "  old → moved  Where is the counter?",
        "[-5-]{+9+}",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn what_is_nowhere_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    for name in ["7", "prevue", "third.jsonl", "../there/x"] {
        let told = refused(&mut store.kb(&["diff", "1", name]), 2);
        assert!(told.contains(name) && told.contains("live, preview"), "{told}");
    }
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let told = refused(&mut store.kb(&["diff", "1", "empty"]), 2);
    assert!(told.contains("empty holds no source"), "{told}");
    let told = refused(words_only(dir.path()).args(["kb", "diff", "1", "2"]), 2);
    assert!(told.contains("--store"), "{told}");
}

const GOLDEN: &str = r#"
[[question]]
ask = "How long does a refund take?"
kind = "plain"
documents = ["refund"]
[[question]]
ask = "What does reject code 75 mean?"
kind = "code"
documents = ["code"]
[[question]]
ask = "Who waters the plants?"
kind = "plain"
documents = ["gone"]
[[question]]
ask = "What is a lozenge?"
kind = "uncovered"
[[question]]
ask = "How high is the mountain?"
kind = "uncovered"
"#;

impl Store<'_> {
    /// The exit code, and what was printed.
    fn compare(&self, a: &str, b: &str, more: &[&str]) -> (i32, Value) {
        let mut c = words_only(&self.0.join("other"));
        c.args([
            "kb",
            "compare",
            a,
            b,
            "--store",
            "store",
            "--root",
            "keys/root.json",
            "--json",
        ]);
        let out = run(c.args(more).current_dir(self.0));
        let shown = String::from_utf8_lossy(&out.stdout).into_owned();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        let value = serde_json::from_str(&shown).unwrap_or_else(|e| panic!("{e}: {shown}\n{said}"));
        (out.status.code().unwrap(), value)
    }
}

#[test]
fn what_must_not_become_other_speaks_against_a_release() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    std::fs::write(dir.path().join("golden.toml"), GOLDEN).unwrap();
    let golden = ["--golden", "golden.toml", "--html", "compared.html"];
    let (code, c) = store.compare("live", "preview", &golden);
    assert_eq!(code, 1, "{c:#}");
    let broken: Vec<[&str; 2]> = c["broken"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| [b["rule"].as_str().unwrap(), b["ask"].as_str().unwrap()])
        .collect();
    let wanted = [
        ["code_lost", "What does reject code 75 mean?"],
        ["answer_lost", "Who waters the plants?"],
        ["must_not_be_answered", "What is a lozenge?"],
    ];
    assert_eq!(broken, wanted, "{c:#}");
    let changed = c["changed"].as_array().unwrap();
    assert_eq!(changed.len(), 1, "{c:#}");
    assert!(changed[0]["a"]["answer"].as_str().unwrap().contains("5 business days"));
    assert!(changed[0]["b"]["answer"].as_str().unwrap().contains("9 business days"));
    assert_eq!((&c["questions"], &c["same"]), (&value!(5), &value!(1)));
    assert_eq!((&c["right"]["only_a"], &c["right"]["only_b"]), (&value!(3), &value!(0)));
    let page = std::fs::read_to_string(dir.path().join("compared.html")).unwrap();
    assert!(page.contains("A code is lost (1)") && page.contains("9 business days") && !page.contains("http"));

    // A release beside itself, however it came here.
    for (a, b) in [("1", "live"), ("2", "2")] {
        let (code, c) = store.compare(a, b, &["--golden", "golden.toml", "--known", "20"]);
        assert_eq!((&c["same"], &c["changed"]), (&c["questions"], &value!([])), "{c:#}");
        assert_eq!((&c["overlap"], &c["mrr"]["difference"]), (&value!(1.0), &value!(0.0)));
        // What was wrong before is wrong still, and says nothing against the second.
        assert_eq!(code, 0, "{c:#}");
    }
}

#[test]
fn a_comparison_without_questions_or_releases_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    std::fs::write(dir.path().join("golden.toml"), GOLDEN).unwrap();
    let compare = |arguments: &[&str], says: &str| {
        let mut c = words_only(&dir.path().join("other"));
        c.args(["kb", "compare"])
            .args(arguments)
            .args(["--store", "store", "--root", "keys/root.json"]);
        let told = refused(c.current_dir(store.0), 2);
        assert!(told.contains(says), "{arguments:?}: {told}");
    };
    compare(&["1", "2"], "--golden");
    compare(&["1", "2", "--known", "many"], "--known");
    compare(&["1", "3", "--golden", "golden.toml"], "live, preview");
    compare(&["first.jsonl", "2", "--golden", "golden.toml"], "mortar kb build");
}

#[test]
fn a_release_goes_live_when_nothing_speaks_against_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    std::fs::write(dir.path().join("golden.toml"), GOLDEN).unwrap();
    let promote = |more: &[&str]| {
        let mut c = store.kb(&[
            "promote",
            "--from",
            "preview",
            "--to",
            "live",
            "--golden",
            "golden.toml",
        ]);
        let out = run(c.args(more));
        let shown = String::from_utf8_lossy(&out.stdout).into_owned();
        let value: Value = serde_json::from_str(&shown)
            .unwrap_or_else(|e| panic!("{e}: {shown}\n{}", String::from_utf8_lossy(&out.stderr)));
        (out.status.code().unwrap(), value)
    };
    let live = || {
        let rows = json(&mut store.kb(&["releases"]));
        let shown = |r: &&Value| r["channels"].as_array().unwrap().contains(&value!("live"));
        rows.as_array().unwrap().iter().find(shown).unwrap().clone()
    };
    let (code, refused) = promote(&[]);
    assert_eq!(
        (code, &refused["allowed"], &refused["changed"]),
        (1, &value!(false), &value!(false))
    );
    let reasons: Vec<&str> = refused["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r.as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "a code is lost: 75 (it was in code)",
            "a code is lost: What does reject code 75 mean?",
            "an answer is lost: Who waters the plants?",
            "answered, and must not be: What is a lozenge?",
        ]
    );
    assert_eq!(live()["number"], 1);

    // Whoever says why may; it stands in the signed channel.
    let why = ["--nevertheless", "Code 75 was retired by the plan."];
    let (code, would) = promote(&[&why[..], &["--dry-run"]].concat());
    assert_eq!(
        (code, &would["changed"], &live()["number"]),
        (0, &value!(false), &value!(1))
    );
    let (code, done) = promote(&why);
    assert_eq!((code, &done["changed"]), (0, &value!(true)));
    let shown = live();
    assert_eq!(shown["number"], 2);
    assert_eq!(
        shown["promotions"][0]["overridden"]["why"],
        "Code 75 was retired by the plan."
    );
    assert_eq!(
        shown["promotions"][0]["overridden"]["reasons"]
            .as_array()
            .unwrap()
            .len(),
        4
    );

    // Again it changes nothing; a mended one needs no reason; and the way back is one write.
    let (code, again) = promote(&[]);
    assert_eq!(
        (code, &again["changed"], &again["reasons"]),
        (0, &value!(false), &value!([]))
    );
    std::fs::write(
        dir.path().join("mended.jsonl"),
        SECOND.replace("9 business days", "6 business days"),
    )
    .unwrap();
    run(&mut store.kb(&["publish", "mended.jsonl", "--channel", "preview"]));
    let (code, mended) = promote(&[]);
    assert_eq!(
        (code, &mended["reasons"], &mended["changed"]),
        (0, &value!([]), &value!(true)),
        "{mended:#}"
    );
    assert_eq!(live()["promotions"][0]["from"], "preview");
    run(&mut store.kb(&["rollback", "--channel", "live"]));
    assert_eq!((&live()["number"], &live()["promotions"]), (&value!(2), &value!([])));
}

#[test]
fn a_release_reaches_some_devices_first_is_paused_resumed_and_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    let has = |device: &str| {
        let mut c = words_only(&dir.path().join(device));
        c.args(["sync", "--root", "keys/root.json", "--store", "store", "--json"]);
        json(c.current_dir(dir.path()))["number"].clone()
    };
    let rollout = |more: &[&str]| json(store.kb(&["rollout", "--channel", "live"]).args(more));
    assert_eq!(has("a"), 1);
    let mut promote = store.kb(&[
        "promote", "--from", "preview", "--to", "live", "--known", "9", "--share", "0",
    ]);
    assert_eq!(json(promote.args(["--nevertheless", "a trial"]))["changed"], true);
    assert_eq!((has("a"), has("b")), (value!(1), value!(1)));
    rollout(&["--ring", "pilot"]);
    let pilot = dir.path().join("pilot.toml");
    std::fs::write(
        &pilot,
        "id = \"pilot\"\nname = \"Pilot\"\n[knowledge]\nring = \"pilot\"\n",
    )
    .unwrap();
    let mut c = words_only(&dir.path().join("c"));
    c.args([
        "sync",
        "--root",
        "keys/root.json",
        "--store",
        "store",
        "--json",
        "--tenant-file",
    ])
    .arg(&pilot);
    assert_eq!(json(c.current_dir(dir.path()))["number"], 2);
    assert_eq!(has("a"), 1);

    assert_eq!(rollout(&["--share", "100"])["rollout"], Value::Null);
    assert_eq!(has("a"), 2);
    assert_eq!(rollout(&["--pause"])["rollout"]["paused"], true);
    // Who has it keeps it, nobody else gets it.
    assert_eq!((has("a"), has("b")), (value!(2), value!(1)));
    rollout(&["--resume"]);
    assert_eq!(has("b"), 2);
    run(&mut store.kb(&["rollback", "--channel", "live"]));
    assert_eq!((has("a"), has("b")), (value!(1), value!(1)));

    let told = refused(&mut store.kb(&["rollout", "--channel", "beta", "--pause"]), 1);
    assert!(told.contains("beta"), "{told}");
    refused(&mut store.kb(&["rollout", "--channel", "live", "--share", "101"]), 2);
}

#[test]
fn what_reviewers_say_stands_beside_a_release_and_speaks_against_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = published(dir.path());
    std::fs::write(
        dir.path().join("reworded.jsonl"),
        FIRST.replace("It is not paid in cash.", "It is never paid in cash."),
    )
    .unwrap();
    run(&mut store.kb(&["publish", "reworded.jsonl", "--channel", "preview"]));
    let ask = "How long does a refund take?";
    let review = |more: &[&str]| json(store.kb(&["review", "live", "preview"]).args(more));
    assert_eq!(review(&[]), value!([]));
    let unwanted = ["--mark", "unwanted", "--note", "keep it", "--by", "anna"];
    assert_eq!(review(&[&[ask][..], &unwanted].concat())[0]["mark"], "unwanted");
    review(&[ask, "--mark", "wanted", "--by", "ben"]);
    let marks = review(&[]);
    let said: Vec<&Value> = marks.as_array().unwrap().iter().map(|m| &m["by"]).collect();
    assert_eq!(said, ["anna", "ben"]);
    // By numbers it is the same; of other releases nothing was said.
    assert_eq!(json(&mut store.kb(&["review", "1", "3"])), marks);
    assert_eq!(json(&mut store.kb(&["review", "1", "2"])), value!([]));

    let promote = || {
        let mut c = store.kb(&["promote", "--from", "preview", "--to", "live", "--known", "9"]);
        let out = run(&mut c);
        let value: Value = serde_json::from_slice(&out.stdout).unwrap();
        (out.status.code().unwrap(), value)
    };
    let (code, held) = promote();
    assert_eq!(
        (code, &held["reasons"]),
        (1, &value!([format!("unwanted: {ask} (anna: keep it)")])),
        "{held:#}"
    );
    review(&[ask, "--mark", "irrelevant", "--by", "anna"]);
    let (code, done) = promote();
    assert_eq!(
        (code, &done["reasons"], &done["changed"]),
        (0, &value!([]), &value!(true))
    );

    for (arguments, says) in [
        (&[ask][..], "--mark"),
        (&["--mark", "wanted"], "QUESTION"),
        (&[ask, "--mark", "good"], "irrelevant"),
    ] {
        let told = refused(store.kb(&["review", "live", "preview"]).args(arguments), 2);
        assert!(told.contains(says), "{told}");
    }
    let told = refused(&mut store.kb(&["review", "live", "beta"]), 2);
    assert!(told.contains("beta"), "{told}");
}
