//! The right answer, not merely a verbatim one: cases as files and questions, and figures over many questions that
//! name a drug which the knowledge has, or has not.
//!
//! A case is a folder with `case.json` and sources in `in/` (without it the sample tenant is asked). `case.json`:
//! `about`; `build` (`ok`, `args`, `says`, `lacks`); `ask`, a list of `q` (`after`, `as_of`) with any of `from` (every citation
//! is of these, and there is one), `cites`, `not_from`, `has` and `lacks` (patterns on the text), `abstains`, `says`
//! (patterns on the whole JSON), `maybe` (may be refused too).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mortar_tests::{json, mortar, root, run};
use regex::RegexBuilder;
use serde_json::Value;

fn holds(pattern: &Value, text: &str) -> bool {
    let pattern = pattern.as_str().unwrap();
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .unwrap()
        .is_match(text)
}

fn list<'a>(v: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    v[key].as_array().into_iter().flatten()
}

/// What is wrong with an answer.
fn faults(ask: &Value, answer: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let text = answer["answer"].as_str().unwrap_or_default();
    let said = answer.to_string();
    let cited: BTreeSet<&str> = list(answer, "sentences")
        .flat_map(|s| list(s, "citations"))
        .filter_map(|c| c["document"].as_str())
        .collect();
    let abstained = answer["abstained"] == true;
    if ask["maybe"] == true && abstained {
        return out;
    }
    if ask["abstains"] == true && (!abstained || !text.is_empty()) {
        out.push(format!("answered from {cited:?}: {text}"));
    }
    let from: BTreeSet<&str> = list(ask, "from").filter_map(Value::as_str).collect();
    if !from.is_empty() && (cited.is_empty() || !cited.is_subset(&from)) {
        out.push(format!("from {cited:?}, not {from:?}"));
    }
    out.extend(
        list(ask, "cites")
            .filter(|d| !cited.contains(d.as_str().unwrap()))
            .map(|d| format!("does not cite {d}, but {cited:?}")),
    );
    out.extend(
        list(ask, "not_from")
            .filter(|d| cited.contains(d.as_str().unwrap()))
            .map(|d| format!("cites {d}")),
    );
    out.extend(
        list(ask, "has")
            .filter(|p| !holds(p, text))
            .map(|p| format!("lacks {p}: {text}")),
    );
    out.extend(
        list(ask, "lacks")
            .filter(|p| holds(p, text))
            .map(|p| format!("has {p}: {text}")),
    );
    out.extend(
        list(ask, "says")
            .filter(|p| !holds(p, &said))
            .map(|p| format!("does not say {p}")),
    );
    out
}

/// The release of a case, if it has sources of its own.
fn built(case: &Value, folder: &Path, work: &Path) -> Option<PathBuf> {
    let sources = folder.join("in");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&sources).ok()?.flatten().map(|e| e.path()).collect();
    files.sort();
    let out = work.join("release");
    let mut c = mortar(&work.join("home"));
    c.args(["kb", "build"]).args(&files).arg("--out").arg(&out);
    c.args(list(&case["build"], "args").filter_map(Value::as_str));
    let built = run(&mut c);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );
    assert_eq!(
        built.status.success(),
        case["build"]["ok"] != false,
        "{}: {said}",
        folder.display()
    );
    for p in list(&case["build"], "says") {
        assert!(holds(p, &said), "{}: does not say {p}: {said}", folder.display());
    }
    for p in list(&case["build"], "lacks") {
        assert!(!holds(p, &said), "{}: says {p}: {said}", folder.display());
    }
    Some(out)
}

/// What a user may expect and does not get yet: codes of billing and of devices in a table's cell, two plans of one
/// name, the row of a table by a word of its first cell.
const NOT_YET: &[&str] = &[
    "codes-billing: \"when do we bill 99214\"",
    "codes-errors: \"pump error E-07\"",
    "codes-errors: \"the pump says e12\"",
    "codes-errors: \"what is W-03?\"",
    "docx-sop: \"Which carrier serves the South lane?\"",
    "plans-named: \"Does BlueWave HMO cover telehealth?\"",
    "sample-strangers: \"do you ship to canada\"",
    "table-of-clinics: \"phone number of Old Mill\"",
    "vaccines: \"how many doses of MMR\"",
];

#[test]
fn every_case_is_answered_as_a_user_may_expect() {
    let sample = root().join("target/acceptance-home");
    let mut wrong = Vec::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("tests/fixtures/cases"))
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 42);
    for folder in folders {
        let case: Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
        let work = tempfile::tempdir().unwrap();
        let release = built(&case, &folder, work.path());
        for ask in list(&case, "ask") {
            let mut c = mortar(if release.is_some() { work.path() } else { &sample });
            c.args(["ask", "--json", ask["q"].as_str().unwrap()]);
            if let Some(release) = &release {
                c.arg("--release").arg(release);
            }
            for (key, flag) in [("after", "--after"), ("as_of", "--as-of")] {
                if let Some(value) = ask[key].as_str() {
                    c.args([flag, value]);
                }
            }
            let answer = json(&mut c);
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            wrong.extend(
                faults(ask, &answer)
                    .into_iter()
                    .map(|f| format!("{name}: {}: {f}", ask["q"])),
            );
        }
    }
    // What is mended goes from the list.
    let is = |fault: &&str| wrong.iter().any(|w| w.starts_with(*fault));
    let mended: Vec<&&str> = NOT_YET.iter().filter(|f| !is(f)).collect();
    wrong.retain(|w| !NOT_YET.iter().any(|f| w.starts_with(f)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mended.is_empty(), "they hold now: {mended:?}");
}

/// Questions about drugs that a knowledge has (as it names them, under another name, misspelt by one slip), and about
/// drugs that look like those and that it lacks.
#[test]
fn one_drug_is_never_answered_from_another() {
    let fixtures = root().join("tests/fixtures/subjects");
    let work = tempfile::tempdir().unwrap();
    let release = work.path().join("release");
    let home = work.path().join("home");
    let built = run(mortar(&home)
        .args(["kb", "build"])
        .arg(fixtures.join("release"))
        .arg("--out")
        .arg(&release));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut golden = String::from("as_of = \"2026-11-20\"\n");
    for line in std::fs::read_to_string(fixtures.join("questions.jsonl"))
        .unwrap()
        .lines()
    {
        let q: Value = serde_json::from_str(line).unwrap();
        let there = q["document"].is_string();
        golden += &format!(
            "[[question]]\nkind = \"{}\"\nask = {}\n",
            if there { "misspelt" } else { "uncovered" },
            q["q"]
        );
        if there {
            golden += &format!("documents = [{}]\n", q["document"]);
        }
    }
    let file = work.path().join("golden.toml");
    std::fs::write(&file, golden).unwrap();
    let figures = json(
        mortar(&home)
            .args(["eval", "--json", "--release"])
            .arg(&release)
            .arg(&file),
    );
    let results: Vec<&Value> = list(&figures, "results").collect();
    let share = |kind: &str, good: &dyn Fn(&Value) -> bool| {
        let all: Vec<&&Value> = results.iter().filter(|r| r["kind"] == kind).collect();
        assert_eq!(all.len(), 300);
        all.iter().filter(|r| good(r)).count() as f64 / all.len() as f64
    };
    let refused = share("uncovered", &|r| r["abstained"] == true);
    let answered = share("misspelt", &|r| r["abstained"] == false && r["rank"] == 1);
    assert!(refused >= 0.97, "refused {refused}");
    assert!(answered >= 0.95, "answered {answered}");
}

/// Each question of a message is answered from its own source, or named as open.
#[test]
fn each_part_of_a_message_is_answered_or_named_as_open() {
    let figures = json(
        mortar(&root().join("target/acceptance-home"))
            .args(["eval", "--json"])
            .arg(root().join("tests/fixtures/parts.toml")),
    );
    assert!(figures["questions"].as_u64().unwrap() >= 20);
    let wrong: Vec<_> = list(&figures, "results").filter(|r| r["ok"] != true).collect();
    assert!(figures["parts"]["of"].as_u64().unwrap() >= 50, "{}", figures["parts"]);
    assert!(figures["parts"]["value"].as_f64().unwrap() >= 0.9, "{wrong:#?}");
}

/// Together they are one answer: its passages are numbered once, its sentences stand in one text, and what a part
/// lacks keeps no other from its answer.
#[test]
fn the_parts_of_a_message_are_one_answer() {
    let sample = root().join("target/acceptance-home");
    let ask = |q: &str| json(mortar(&sample).args(["ask", "--json", q]));
    let answer =
        ask("Do you carry Eliquis? Also, how long does a refund take? And how do I cancel a refund to my card?");
    let numbers: Vec<u64> = list(&answer, "passages").filter_map(|p| p["number"].as_u64()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    let ids: BTreeSet<&str> = list(&answer, "passages").filter_map(|p| p["id"].as_str()).collect();
    assert_eq!(ids.len(), numbers.len());
    let parts: Vec<&Value> = list(&answer, "parts").collect();
    assert_eq!((parts.len(), &answer["abstained"]), (3, &Value::Bool(false)));
    assert_eq!(parts[0]["reason"], "other_subject");
    assert_eq!(parts[0]["missing"][0]["subject"], "Eliquis");
    assert_eq!(list(parts[0], "sentences").count(), 0);
    assert!(parts[1]["reason"].is_null() && list(parts[1], "sentences").count() > 0);
    let sentences = list(&answer, "sentences").count() as u64;
    let answering = parts.iter().flat_map(|p| list(p, "sentences"));
    assert!(answering.into_iter().all(|n| n.as_u64().unwrap() < sentences));
    // All open is a refusal, one question is no part.
    let refused = ask("Is Lamisil in stock? Also, what is the capital of Mongolia?");
    assert_eq!(
        (&refused["abstained"], list(&refused, "parts").count()),
        (&Value::Bool(true), 2)
    );
    assert_eq!(refused["answer"], "");
    assert_eq!(list(&ask("How long does a refund take?"), "parts").count(), 0);
    // Danger to life stands on top, wherever in the message it is.
    let urgent = ask("How long does a refund take? Also my son swallowed my pills, what do I do?");
    assert_eq!(urgent["emergency"], true);
    assert_eq!(urgent["passages"][0]["emergency"], true);
    assert_eq!(urgent["sentences"][0]["citations"][0]["number"], 1, "{urgent:#}");
}

/// No name of 300 pairs that look alike is taken for the other, nor respelt into it.
#[test]
fn names_that_look_alike_are_two() {
    let pairs = std::fs::read_to_string(root().join("tests/fixtures/subjects/look-alikes.tsv")).unwrap();
    let lexicon = mortar_desk::language::drugs::Lexicon::own();
    let mut seen = 0;
    for line in pairs.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let (a, b) = line.split_once('\t').unwrap();
        let drug = |n: &str| lexicon.find(n.trim()).unwrap_or_else(|| panic!("{n} is in no list"));
        assert_ne!(drug(a), drug(b), "{line}");
        seen += 1;
    }
    assert_eq!(seen, 300);
}
