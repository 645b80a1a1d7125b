//! A file of every format that ever landed can still be read.

use std::fs;
use std::path::Path;

use mortar_tests::{json, root, run, words_only};
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

#[test]
fn a_release_of_format_1_is_read_and_answers() {
    let home = tempfile::tempdir().unwrap();
    let release = home.path().join("release");
    copy(&root().join("tests/fixtures/release-1"), &release);
    let ask = |q: &str| {
        json(
            words_only(home.path())
                .args(["ask", "--json", q, "--release"])
                .arg(&release),
        )
    };
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

/// Conversations and labels as a program of format 1 left them.
#[test]
fn records_of_format_1_are_read() {
    let home = tempfile::tempdir().unwrap();
    copy(&root().join("tests/fixtures/records-1"), home.path());
    let records = mortar_desk::feedback::Records::open(home.path()).unwrap();
    let rows = records.conversations(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(rows.len(), 1);
    let exchange = &records.conversation(&rows[0].id).unwrap()[0];
    assert_eq!(exchange.text, "Edited by the operator.");
    assert_eq!(records.waiting().unwrap(), 1);
}
