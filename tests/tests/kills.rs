//! Killed at any moment, `kb build`, `kb publish` and `sync` leave a whole state, and the next run ends
//! as if nothing had happened.

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

/// Three hundred kills, of the publisher and of the device that follows it.
#[test]
fn three_hundred_kills_leave_a_whole_store_and_a_whole_device() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let keys = dir.path().join("keys");
    let source = |n: usize| {
        let file = dir.path().join(format!("v{n}.csv"));
        // Each version changes some, withdraws one and adds one: now and then the base is written anew.
        let row = |i: usize| {
            format!(
                "q{i},What is copay number {i}?,\"The copay {i} is {}.\"\n",
                if i % 9 == n % 9 { n } else { 0 }
            )
        };
        let text: String = (n..300 + n).map(row).collect();
        fs::write(&file, format!("id,question,answer\n{text}")).unwrap();
        file
    };
    let command = |arguments: &[&str]| {
        let mut c = words_only(dir.path());
        c.args(arguments).arg("--store").arg(&store);
        c.stdout(Stdio::null()).stderr(Stdio::null());
        c
    };
    let keyed = |arguments: &[&str]| {
        let mut c = command(arguments);
        c.arg("--keys").arg(&keys);
        c
    };
    let publish = |n: usize| {
        let mut c = keyed(&["kb", "publish", "--channel", "live"]);
        c.arg(source(n));
        c
    };
    let sync = || {
        let root = format!("--root={}", keys.join("root.json").display());
        command(&["sync", "--json", &root])
    };
    assert!(keyed(&["kb", "keys", "init"]).status().unwrap().success());
    assert!(publish(0).status().unwrap().success());
    assert!(sync().status().unwrap().success());
    let timed = |c: &mut std::process::Command| {
        let began = std::time::Instant::now();
        assert!(c.status().unwrap().success());
        began.elapsed()
    };
    let (publishing, syncing) = (timed(&mut publish(1)), timed(&mut sync()));
    let killed = |mut c: std::process::Command, whole: Duration, i: usize| {
        let mut child = c.spawn().unwrap();
        std::thread::sleep(
            whole
                .mul_f64((i * 37 % 100) as f64 / 85.0)
                .max(Duration::from_micros(300)),
        );
        let _ = child.kill();
        let _ = child.wait();
    };
    let documents = || {
        let rows = json(words_only(dir.path()).args(["browse", "--json"]));
        let ids = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap().to_owned());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    let of = |n: usize| {
        (n..300 + n)
            .map(|i| format!("q{i}"))
            .collect::<std::collections::BTreeSet<_>>()
    };
    let mut at = 1;
    for i in 0..150usize {
        let next = i + 2;
        killed(publish(next), publishing, i);
        // A device that looks now finds the release of before or the new one, and it is whole.
        if i % 5 == 0 {
            let checked = json(keyed(&["kb", "verify", "--json"]).stdout(Stdio::piped()));
            assert_eq!(checked["faults"].as_array().unwrap().len(), 0, "kill {i}: {checked}");
        }
        assert!(publish(next).status().unwrap().success(), "publish after kill {i}");
        killed(sync(), syncing, i * 3 + 1);
        let found = documents();
        assert!(
            found == of(at) || found == of(next),
            "kill {i}: {} documents",
            found.len()
        );
        let report = json(sync().stdout(Stdio::piped()));
        assert_eq!(documents(), of(next), "after kill {i}: {report}");
        at = next;
    }
    let release = dir.path().join("tenants/pharmacy/release");
    let states = fs::read_dir(&release)
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("data-"));
    assert!(states.count() <= 2, "the last two states are kept");
    let fetched = fs::read_dir(dir.path().join("tenants/pharmacy/sync/incoming")).map_or(0, |d| d.count());
    assert_eq!(fetched, 0, "what was used is cleared away");
}
