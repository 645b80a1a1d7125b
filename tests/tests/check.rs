//! A text from anywhere, from the command line: what each sentence stands on, in the knowledge or in given files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use mortar_tests::{json, mortar, refused, root, words_only};
use serde_json::Value;

const LEAFLET: &str = "# Refunds\n\nThe refund reaches the card within five business days. Discard the old pen after 28 days.\n\n1. Call the plan.\n2. Log the call.\n";

/// Runs a command with this on its standard input.
fn fed(c: &mut Command, input: &[u8]) -> Output {
    let mut child = c
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Written beside the reading: a stream's results come before its end.
    let writing = std::thread::spawn(move || {
        let _ = to.write_all(&input);
    });
    let out = child.wait_with_output().unwrap();
    writing.join().unwrap();
    out
}

fn lines(out: &Output) -> Vec<Value> {
    let text = String::from_utf8(out.stdout.clone()).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn marks(checked: &Value) -> Vec<&str> {
    let all = checked["sentences"].as_array().unwrap().iter();
    all.map(|s| s["grounding"].as_str().unwrap()).collect()
}

fn check(home: &Path) -> Command {
    let mut c = words_only(home);
    c.arg("check");
    c
}

/// A leaflet and a plain text of the same words.
fn leaflets() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("leaflet.md"), LEAFLET).unwrap();
    fs::write(dir.path().join("leaflet.txt"), LEAFLET).unwrap();
    dir
}

/// Text, exit code, the marks of its sentences.
const TEXTS: &[(&str, i32, &[&str])] = &[
    (
        "The refund reaches the card within five business days.",
        0,
        &["verbatim"],
    ),
    ("The refund reaches the card within 5 business days.", 0, &["supported"]),
    (
        "Hello Anna, thank you for writing to us. Discard the old pen after 28 days.",
        0,
        &["courtesy", "verbatim"],
    ),
    (
        "The refund reaches the card within six business days.",
        1,
        &["unsupported"],
    ),
    (
        "Discard the old pen after 28 days and the patient can use the old pen tonight.",
        1,
        &["partial"],
    ),
    ("1. Call the plan.\n2. Log the call.", 0, &["verbatim", "verbatim"]),
];

#[test]
fn a_text_is_held_against_given_files() {
    let dir = leaflets();
    for file in ["leaflet.md", "leaflet.txt"] {
        for (text, code, wanted) in TEXTS {
            let source = dir.path().join(file);
            let out = fed(
                check(dir.path()).arg("-").arg("--json").arg("--source").arg(&source),
                text.as_bytes(),
            );
            let checked: Value = serde_json::from_slice(&out.stdout).unwrap();
            assert_eq!(
                (out.status.code(), marks(&checked)),
                (Some(*code), wanted.to_vec()),
                "{file}: {text}: {checked:#}"
            );
            assert_eq!((&checked["text"], &checked["release"]), (&(*text).into(), &Value::Null));
            assert_eq!(checked["stands"], *code == 0);
            for c in checked["sentences"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|s| s["citations"].as_array().unwrap())
            {
                let at = |key: &str| usize::try_from(c[key].as_u64().unwrap()).unwrap();
                // Of a page the title is none of the body.
                if file == "leaflet.txt" {
                    assert_eq!(&LEAFLET[at("start")..at("end")], c["quote"].as_str().unwrap());
                }
                let passage = &checked["passages"][at("number") - 1];
                assert_eq!((&passage["id"], &passage["document"]), (&c["passage"], &c["document"]));
            }
        }
    }
    // No tenant was opened, and nothing kept.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn what_the_knowledge_says_stands_and_what_it_does_not_say_is_told() {
    let home = root().join("target/acceptance-home");
    for (text, code, wanted, document) in [
        (
            "Code 75 means that the plan requires a prior authorization before it pays for this medication.",
            0,
            vec!["verbatim"],
            "reject-75",
        ),
        (
            "I am sorry about this. Code 75 means that the plan requires a prior authorization within 12 hours.",
            1,
            vec!["courtesy", "unsupported"],
            "reject-75",
        ),
    ] {
        let out = fed(mortar(&home).args(["check", "--json", text]), b"");
        let checked: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(
            (out.status.code(), marks(&checked)),
            (Some(code), wanted),
            "{checked:#}"
        );
        let documents: Vec<&Value> = checked["passages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| &p["document"])
            .collect();
        assert!(documents.contains(&&document.into()), "{documents:?}");
        assert!(checked["release"].is_string() && checked["as_of"].is_string());
    }
    let said = fed(mortar(&home).args(["check", "It always takes 12 hours."]), b"");
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        words.contains("▲ It always takes 12 hours.") && words.contains("without a full source"),
        "{words}"
    );
}

/// Every sentence of the knowledge, as it stands there, is found again: nobody is held for quoting.
#[test]
fn the_knowledges_own_sentences_stand() {
    let home = root().join("target/acceptance-home");
    let rows = json(mortar(&home).args(["browse", "--json"]));
    let mut input = String::new();
    let mut count = 0;
    for row in rows.as_array().unwrap().iter().step_by(9) {
        if !row["effective_to"].is_null() || row["effective_from"].as_str().is_some_and(|d| d > "2026-11-01") {
            continue;
        }
        let document = json(mortar(&home).args(["browse", "--json", row["id"].as_str().unwrap()]));
        let body = document["body"].as_str().unwrap();
        let prose = body.lines().filter(|l| l.ends_with('.') && !l.starts_with(['#', '|']));
        for line in prose.take(2) {
            input.push_str(&serde_json::json!({ "text": line }).to_string());
            input.push('\n');
            count += 1;
        }
    }
    let out = fed(mortar(&home).args(["check", "--jsonl"]), input.as_bytes());
    let found = lines(&out);
    let missed: Vec<&Value> = found.iter().filter(|l| l["stands"] != true).collect();
    assert!(found.len() == count && count > 25, "{count}");
    // Where many documents have nearly the same step, its own may not be among the nearest.
    assert!(missed.len() * 20 <= count, "{missed:#?}");
}

#[test]
fn a_stream_goes_on_behind_a_bad_line() {
    let dir = leaflets();
    let source = "The refund reaches the card within five business days.";
    let input = format!(
        "{}\n\nnot json\n{}\n{}\n{}\n",
        serde_json::json!({ "text": "The refund reaches the card within five business days.", "source": source }),
        serde_json::json!({ "text": " ", "source": source }),
        serde_json::json!({ "words": "no text" }),
        serde_json::json!({ "text": "The refund reaches the card within nine business days.", "source": source }),
    );
    let out = fed(check(dir.path()).arg("--jsonl"), input.as_bytes());
    let found = lines(&out);
    let numbers: Vec<u64> = found.iter().map(|l| l["line"].as_u64().unwrap()).collect();
    assert_eq!((numbers, out.status.code()), (vec![1, 3, 4, 5, 6], Some(1)));
    assert_eq!(
        (&found[0]["stands"], &found[4]["stands"]),
        (&true.into(), &false.into())
    );
    for bad in &found[1..4] {
        assert_eq!(bad["error"]["code"], "usage", "{bad}");
    }
    assert!(
        found[2]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("The text is empty")
    );
    let well = fed(
        check(dir.path()).arg("--jsonl"),
        input.lines().next().unwrap().as_bytes(),
    );
    assert_eq!(
        (lines(&well).len(), well.status.code()),
        (1, Some(0)),
        "no line end, and still a line"
    );
    let none = fed(check(dir.path()).arg("--jsonl"), b"");
    assert_eq!((lines(&none).len(), none.status.code()), (0, Some(0)));
}

#[test]
fn what_cannot_be_checked_is_refused_in_plain_words() {
    let dir = leaflets();
    fs::write(dir.path().join("notes.exe"), "MZ").unwrap();
    fs::write(dir.path().join("bytes.txt"), b"\xff\xfe\xff").unwrap();
    fs::write(dir.path().join("empty.txt"), "\n").unwrap();
    let with = |arguments: &[&str]| {
        let mut c = check(dir.path());
        c.current_dir(dir.path()).args(arguments).stdin(Stdio::null());
        c
    };
    let long = "word ".repeat(25_000);
    for (arguments, said) in [
        (&["", "--source", "leaflet.md"][..], "The text is empty"),
        (&["-", "--source", "leaflet.md"], "The text is empty"),
        (&[&long, "--source", "leaflet.md"], "at most 100000 are checked at once"),
        (&["Yes.", "--source", "nowhere.md"], "nowhere.md is not there"),
        (&["Yes.", "--source", "nowhere.txt"], "nowhere.txt"),
        (
            &["Yes.", "--source", "notes.exe"],
            "notes.exe is of no kind that can be read",
        ),
        (&["Yes.", "--source", "bytes.txt"], "bytes.txt"),
        (&["Yes.", "--source", "empty.txt"], "there is no text in it"),
        (&["Yes.", "--jsonl"], "cannot be used with"),
        (&[], "required"),
    ] {
        let told = refused(&mut with(arguments), 2);
        assert!(told.contains(said), "{arguments:?}: {told}");
    }
    let bytes = fed(
        check(dir.path())
            .arg("-")
            .arg("--source")
            .arg(dir.path().join("leaflet.md")),
        b"\xff",
    );
    assert_eq!(bytes.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bytes.stderr).contains("the text is not UTF-8"));
}

/// Sentences with their source, as a tenant's own program sends them.
#[test]
fn a_stream_of_sentences_is_checked_two_hundred_a_second() {
    let dir = leaflets();
    let sources: Vec<String> = ["sops/sop-02.md", "sops/sop-06.md", "sops/sop-07.md"]
        .iter()
        .filter_map(|f| fs::read_to_string(root().join("samples/pharmacy").join(f)).ok())
        .collect();
    assert!(!sources.is_empty(), "the sample has procedures");
    let mut input = String::new();
    let mut sent = 0;
    for n in 0..600 {
        let source = &sources[n % sources.len()];
        let all: Vec<&str> = source.split(". ").filter(|s| s.len() > 20 && s.len() < 300).collect();
        let text = format!("{}.", all[n % all.len()].trim());
        input.push_str(&serde_json::json!({ "text": text, "source": source }).to_string());
        input.push('\n');
        sent += 1;
    }
    let began = Instant::now();
    let out = fed(check(dir.path()).arg("--jsonl"), input.as_bytes());
    let rate = f64::from(sent) / began.elapsed().as_secs_f64();
    assert_eq!(lines(&out).len(), 600);
    println!("{rate:.0} sentences a second, each with its source");
    assert!(rate >= 200.0, "{rate:.0} a second");
}
