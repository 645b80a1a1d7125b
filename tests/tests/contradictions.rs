//! Documents that contradict each other are told when a release is made, and documents that do not are not.
//!
//! `fixtures/contradictions/planted.jsonl` holds 200 documents of the sample tenant, each said in other words and changed
//! in one number, day, code, or yes and no; `X-planted` contradicts `X`.

use std::collections::BTreeSet;
use std::path::Path;

use mortar_tests::{json, mortar, root};
use serde_json::Value;

/// The pairs of documents that a build of these sources says contradict each other.
fn told(sources: &[&Path]) -> (BTreeSet<[String; 2]>, u64) {
    let work = tempfile::tempdir().unwrap();
    let mut c = mortar(&work.path().join("home"));
    c.args(["kb", "build", "--json"]).args(sources);
    let built = json(c.arg("--out").arg(work.path().join("release")));
    let side = |c: &Value, n: usize| c["sides"][n]["document"].as_str().unwrap().to_owned();
    let all = built["contradictions"].as_array().unwrap().iter();
    let pairs = all.map(|c| [side(c, 0), side(c, 1)]).collect();
    (pairs, built["manifest"]["documents"].as_u64().unwrap())
}

#[test]
fn planted_contradictions_are_told_and_few_others() {
    let sample = root().join("samples/pharmacy");
    let fixture = root().join("tests/fixtures/contradictions/planted.jsonl");
    let (honest, documents) = told(&[&sample]);
    assert!(
        honest.len() as u64 * 100 <= documents,
        "{documents} documents, none contradicts another: {honest:?}"
    );
    let (found, _) = told(&[&sample, &fixture]);
    let planted: Vec<String> = std::fs::read_to_string(fixture)
        .unwrap()
        .lines()
        .map(|l| {
            serde_json::from_str::<Value>(l).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(planted.len(), 200);
    let missed: Vec<&String> = planted
        .iter()
        .filter(|id| {
            let of = id.trim_end_matches("-planted").to_owned();
            !found.contains(&[of, (*id).clone()])
        })
        .collect();
    assert!(missed.len() <= 20, "{} of 200 missed: {missed:?}", missed.len());
}
