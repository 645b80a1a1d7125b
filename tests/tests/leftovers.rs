//! What a program that was killed leaves: nothing in the system's temporary folder, and nothing in its own
//! that the next one does not remove.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mortar_tests::{run, words_only};

/// What lies in a folder, without the lock that stays.
fn lying(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    names.filter(|n| n != ".lock").collect()
}

struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut c = words_only(&self.dir.path().join("home"));
        c.args(arguments)
            .current_dir(self.dir.path())
            .env("TMPDIR", self.dir.path().join("tmp"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        c
    }

    fn done(&self, arguments: &[&str]) -> Duration {
        let began = Instant::now();
        assert!(run(&mut self.command(arguments)).status.success(), "{arguments:?}");
        began.elapsed()
    }

    /// Kills it at moments spread over its whole run.
    fn killed(&self, arguments: &[&str], times: u32) {
        let whole = self.done(arguments);
        for i in 0..times {
            let mut child = self.command(arguments).spawn().unwrap();
            std::thread::sleep(whole * (i + 1) / times);
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn source(&self, name: &str, answer: &str) {
        let row = |i: usize| format!("q{i},Question number {i}?,\"{answer} {i}.\"\n");
        let text: String = (0..300).map(row).collect();
        fs::write(self.dir.path().join(name), format!("id,question,answer\n{text}")).unwrap();
    }
}

#[test]
fn what_was_killed_leaves_nothing_that_the_next_does_not_remove() {
    let site = Site {
        dir: tempfile::tempdir().unwrap(),
    };
    let tmp = site.dir.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    site.source("one.csv", "It is");
    site.source("two.csv", "It was");
    const STORE: [&str; 2] = ["--store", "store"];
    const KEYS: [&str; 2] = ["--keys", "keys"];
    let with = |arguments: &[&'static str], more: &[[&'static str; 2]]| -> Vec<&'static str> {
        arguments
            .iter()
            .copied()
            .chain(more.iter().flatten().copied())
            .collect()
    };
    let publish = |file| with(&["kb", "publish", file, "--channel", "live"], &[STORE, KEYS]);
    let sync = with(&["sync", "--root", "keys/root.json"], &[STORE]);
    let verify = with(&["kb", "verify"], &[STORE, KEYS]);
    site.done(&with(&["kb", "keys", "init"], &[STORE, KEYS]));
    site.done(&publish("one.csv"));
    let build = ["kb", "build", "one.csv", "--out", "r"];
    for _ in 0..3 {
        site.killed(&publish("two.csv"), 8);
        site.killed(&publish("one.csv"), 8);
        site.killed(&verify, 8);
        site.killed(&sync, 8);
        site.killed(&build, 8);
    }
    assert_eq!(lying(&tmp), [""; 0], "in the system's temporary folder");
    site.done(&publish("two.csv"));
    site.done(&sync);
    site.done(&build);
    for folder in ["publishing", "sync"] {
        let there = lying(&site.dir.path().join("home/tenants/pharmacy").join(folder));
        assert!(there.iter().any(|n| n == "trust.json"), "{folder}: {there:?}");
        let scratch: Vec<&String> = there.iter().filter(|n| n.starts_with("scratch-")).collect();
        assert!(scratch.is_empty(), "{folder}: {scratch:?}");
    }
    let data = lying(&site.dir.path().join("r"));
    assert_eq!(data.iter().filter(|n| n.starts_with("data-")).count(), 1, "{data:?}");
}
