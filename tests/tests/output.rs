//! What comes out of the command line, and where it cannot: results whole or not at all, errors in one
//! shape, progress for who reads a log.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, PipeWriter, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use mortar_tests::{json, mortar, run, words_only};
use serde_json::Value;

/// The status of a program that SIGPIPE ends, as shells give it.
const NOBODY_READS: i32 = 141;

/// So many questions with their answers, as a table.
fn table(dir: &Path, rows: usize) -> PathBuf {
    let file = dir.join(format!("{rows}.csv"));
    let row = |i: usize| {
        format!("q{i},Question number {i} about refills and plans?,\"Answer {i}: call the plan {i} times.\"\n")
    };
    let text: String = (0..rows).map(row).collect();
    fs::write(&file, format!("id,question,answer\n{text}")).unwrap();
    file
}

fn building(c: &mut Command, source: &Path, out: &Path) -> Vec<String> {
    let out = run(c.args(["kb", "build", "--json"]).arg(source).arg("--out").arg(out));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let built: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(built["manifest"]["release"].is_string());
    lines(&out.stderr)
}

fn lines(stderr: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(stderr).lines().map(str::to_owned).collect()
}

/// A release with more to list than a pipe takes at once.
fn large() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let release = dir.path().join("r");
    building(&mut words_only(dir.path()), &table(dir.path(), 3000), &release);
    (dir, release)
}

#[test]
fn who_stops_reading_ends_the_program_quietly() {
    let (dir, release) = large();
    for format in [&["browse", "--release"][..], &["browse", "--json", "--release"]] {
        let mut c = words_only(dir.path());
        c.args(format).arg(&release);
        let mut child = c.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(!first.is_empty());
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(NOBODY_READS), "{format:?}");
        assert!(
            lines(&out.stderr).iter().all(|l| l.contains("words alone")),
            "{format:?}"
        );
    }
}

/// A pipe that nobody reads from the beginning.
fn unread() -> PipeWriter {
    pipe().unwrap().1
}

#[test]
fn where_nobody_reads_at_all_even_a_word_is_too_much() {
    let (dir, release) = large();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["browse", "q1"],
        &["search", "refills"],
    ] {
        let mut c = words_only(dir.path());
        c.args(arguments);
        if arguments.len() > 1 {
            c.arg("--release").arg(&release);
        }
        let out = run(c.stdout(unread()));
        assert_eq!(out.status.code(), Some(NOBODY_READS), "{arguments:?}");
        assert!(
            !String::from_utf8_lossy(&out.stderr).contains("panicked"),
            "{arguments:?}"
        );
    }
    // An error is an error, whether its JSON is read or not.
    let out = run(words_only(dir.path()).args(["ask", "", "--json"]).stdout(unread()));
    assert_eq!(out.status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_said() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (dir, release) = large();
    for arguments in [
        &["browse"][..],
        &["browse", "--json"],
        &["ask", "Question number 7 about refills?"],
    ] {
        let mut c = words_only(dir.path());
        let out = run(c.args(arguments).arg("--release").arg(&release).stdout(full()));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains("mortar: the result cannot be written: No space left"),
            "{said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
    let out = run(words_only(dir.path()).arg("--help").stdout(full()));
    assert_eq!(out.status.code(), Some(1));
    // That nobody hears what is said beside the result is no reason not to give it.
    let mut c = words_only(dir.path());
    c.args(["browse", "q1", "--release"]).arg(&release).stderr(full());
    let out = run(c.stdout(Stdio::piped()));
    assert!(out.status.success() && String::from_utf8_lossy(&out.stdout).contains("call the plan 1 times"));
}

#[test]
fn what_cannot_be_understood_is_json_too() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["frobnicate", "--json"][..], "frobnicate"),
        (&["--json"], "subcommand"),
        (&["--json", "kb"], "a command is missing"),
        (&["ask", "--json"], "<QUESTION>"),
        (&["ask", "--json", "q", "--as-of", "soon"], "soon"),
        (&["search", "-k", "0", "q", "--json"], "0"),
        (&["--json", "--tenant", "../x", "ask", "q"], "is no tenant"),
        (&["--json", "eval"], "golden questions"),
    ] {
        let out = run(words_only(dir.path()).args(arguments));
        let error: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        assert_eq!(error["error"]["code"], "usage", "{arguments:?}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(said) && !message.starts_with("error"), "{message}");
        assert!(!out.stderr.is_empty(), "{arguments:?}");
    }
    // Without the flag, and where it is no flag, nothing but stderr says it.
    for arguments in [&["frobnicate"][..], &["browse", "a", "b", "--", "--json"]] {
        let out = run(words_only(dir.path()).args(arguments));
        assert_eq!((out.status.code(), out.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
}

/// A line when it begins, one when it is done, and every few seconds one between.
fn assert_told(told: &[String], first: &str, seconds: f64) {
    let steps: Vec<&String> = told.iter().filter(|l| l.starts_with("mortar: ")).collect();
    assert!(steps.first().is_some_and(|l| l.contains(first)), "{told:#?}");
    assert!(steps.last().is_some_and(|l| l.contains("done in ")), "{told:#?}");
    let between = (seconds / 5.0) as usize;
    assert!(steps.len() + 1 >= 2 + between, "{seconds:.0} s: {told:#?}");
}

#[test]
fn a_build_that_no_one_watches_says_how_far_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let told = building(&mut mortar(dir.path()), &table(dir.path(), 400), &dir.path().join("r"));
    assert_told(&told, "reading the sources", began.elapsed().as_secs_f64());
}

#[test]
fn publishing_and_following_say_how_far_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let source = table(dir.path(), 400);
    let at_store = |arguments: &[&str]| {
        let mut c = words_only(&dir.path().join("home"));
        c.args(arguments)
            .args(["--json", "--store", "store"])
            .current_dir(dir.path());
        c
    };
    json(&mut at_store(&["kb", "keys", "init", "--keys", "keys"]));
    let mut publish = at_store(&["kb", "publish", "--channel", "live", "--keys", "keys"]);
    let mut sync = at_store(&["sync", "--root", "keys/root.json"]);
    for (c, first) in [(publish.arg(&source), "reading the sources"), (&mut sync, "checking")] {
        let out = run(c);
        assert!(out.status.success());
        serde_json::from_slice::<Value>(&out.stdout).unwrap();
        let told: Vec<String> = lines(&out.stderr);
        let told: Vec<String> = told.into_iter().filter(|l| !l.contains("embedding model")).collect();
        assert_told(&told, first, 0.0);
    }
    // What failed is not done.
    let out = run(&mut at_store(&[
        "sync",
        "--root",
        "keys/root.json",
        "--channel",
        "nowhere",
    ]));
    assert_eq!(out.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&out.stderr).contains("done in"));
}
