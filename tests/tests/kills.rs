//! Killed at any moment, `kb build` leaves the last release whole, and a second run ends as if
//! nothing had happened.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use mortar_tests::{json, words_only};

#[test]
fn a_hundred_kills_leave_a_whole_release() {
    let dir = tempfile::tempdir().unwrap();
    let source = |name: &str, rows: usize, word: &str| {
        let file = dir.path().join(name);
        let text: String = (0..rows)
            .map(|i| format!("q{i},What is {word} number {i}?,\"The {word} {i} is {i}.\"\n"))
            .collect();
        fs::write(&file, format!("id,question,answer\n{text}")).unwrap();
        file
    };
    let (old, new) = (source("old.csv", 40, "refill"), source("new.csv", 800, "copay"));
    let out = dir.path().join("r");
    let build = |file: &std::path::Path| {
        let mut c = words_only(dir.path());
        c.args(["kb", "build", "--json"])
            .arg(file)
            .arg("--out")
            .arg(&out)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        c
    };
    assert!(build(&old).status().unwrap().success());
    let began = std::time::Instant::now();
    assert!(build(&new).status().unwrap().success());
    let whole = began.elapsed();
    let look = || {
        json(words_only(dir.path()).args(["browse", "--json", "--release"]).arg(&out))
            .as_array()
            .unwrap()
            .len()
    };

    let (mut olds, mut news) = (0, 0);
    for i in 0..100u32 {
        // Back to the old release now and then, so that both states are replaced.
        let file = if i % 2 == 0 { &old } else { &new };
        let mut child = build(file).spawn().unwrap();
        // Spread over the whole run and a little beyond.
        std::thread::sleep(
            whole
                .mul_f64(f64::from(i * 37 % 100) / 90.0)
                .max(Duration::from_micros(200)),
        );
        let _ = child.kill();
        let _ = child.wait();
        match look() {
            40 => olds += 1,
            800 => news += 1,
            n => panic!("kill {i}: {n} documents"),
        }
    }
    println!("whole after each of 100 kills: {olds} times the one release, {news} times the other");
    assert!(build(&new).status().unwrap().success());
    assert_eq!(look(), 800);
    // Nothing that a killed build left is still there.
    let left: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .flatten()
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    assert_eq!(left.iter().filter(|n| n.starts_with("data-")).count(), 1, "{left:?}");
}
