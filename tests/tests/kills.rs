//! Killed at any moment, `kb build`, `kb publish` and `sync` leave a whole state, and the next run ends
//! as if nothing had happened.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mortar_tests::keyring::Session;
use mortar_tests::stand_ins::StandIns;
use mortar_tests::{json, programs, words_only};

/// How often the state of before was found after a kill, and how often the new one.
#[derive(Default)]
struct Met {
    before: u32,
    new: u32,
}

impl Met {
    fn saw(&mut self, new: bool) {
        *(if new { &mut self.new } else { &mut self.before }) += 1;
    }

    /// Kills that all came too early, or all too late, would tell nothing.
    fn both(&self, what: &str) {
        println!(
            "{what}: {} times the state of before, {} times the new one",
            self.before, self.new
        );
        assert!(
            self.before > 0 && self.new > 0,
            "{what}: only one of both states was ever met"
        );
    }
}

/// Begins a run, which takes `whole`, and kills it at a moment of its own: from its beginning to well after its end.
fn kill(mut command: Command, whole: Duration, i: usize) {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let moment = whole.mul_f64((i * 37 % 100) as f64 / 70.0);
    std::thread::sleep(moment.max(Duration::from_micros(200)));
    let _ = child.kill();
    let _ = child.wait();
}

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

    let mut met = Met::default();
    let mut there = 800;
    for i in 0..100 {
        // Back to the old release now and then, so that both states are replaced.
        let (file, wanted) = if i % 2 == 0 { (&old, 40) } else { (&new, 800) };
        kill(build(file), whole, i);
        let found = look();
        assert!([there, wanted].contains(&found), "kill {i}: {found} documents");
        if there != wanted {
            met.saw(found == wanted);
        }
        there = found;
    }
    met.both("of the release");
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

/// A store and a device that follows it, each used by programs that are killed.
struct Followed<'a> {
    dir: &'a Path,
    documents: usize,
    /// `mortar` with the store that is meant.
    command: &'a dyn Fn(&[&str]) -> Command,
}

impl Followed<'_> {
    /// Each version changes some, withdraws one and adds one: now and then the base is written anew.
    fn source(&self, n: usize) -> PathBuf {
        let file = self.dir.join(format!("v{n}.csv"));
        let row = |i: usize| {
            format!(
                "q{i},What is copay number {i}?,\"The copay {i} is {}.\"\n",
                if i % 9 == n % 9 { n } else { 0 }
            )
        };
        let text: String = (n..self.documents + n).map(row).collect();
        fs::write(&file, format!("id,question,answer\n{text}")).unwrap();
        file
    }

    fn ids(&self, n: usize) -> BTreeSet<String> {
        (n..self.documents + n).map(|i| format!("q{i}")).collect()
    }

    fn keyed(&self, arguments: &[&str]) -> Command {
        let mut c = (self.command)(arguments);
        c.arg("--keys").arg(self.dir.join("keys"));
        c
    }

    fn publish(&self, n: usize) -> Command {
        let mut c = self.keyed(&["kb", "publish", "--channel", "live"]);
        c.arg(self.source(n));
        c
    }

    fn sync(&self) -> Command {
        let root = format!("--root={}", self.dir.join("keys/root.json").display());
        (self.command)(&["sync", "--json", &root])
    }

    /// The release that the channel shows.
    fn shown(&self) -> u64 {
        let releases = json(&mut self.keyed(&["kb", "releases", "--json"]));
        let shown = releases.as_array().unwrap().iter().find(|r| r["channels"][0] == "live");
        shown.unwrap()["number"].as_u64().unwrap()
    }

    fn held(&self, browse: &mut Command) -> BTreeSet<String> {
        let rows = json(browse.args(["browse", "--json"]));
        let ids = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    /// Kills the publisher and the device so many times each.
    fn killed(&self, rounds: usize, browse: &dyn Fn() -> Command) {
        let done = |c: &mut Command| {
            let began = std::time::Instant::now();
            let out = mortar_tests::run(c);
            assert!(out.status.success(), "{c:?}: {}", String::from_utf8_lossy(&out.stderr));
            began.elapsed()
        };
        done(&mut self.keyed(&["kb", "keys", "init"]));
        done(&mut self.publish(0));
        done(&mut self.sync());
        let (publishing, syncing) = (done(&mut self.publish(1)), done(&mut self.sync()));
        let (mut store, mut device) = (Met::default(), Met::default());
        let mut at = 1;
        for i in 0..rounds {
            let next = i + 2;
            let before = self.shown();
            kill(self.publish(next), publishing, i);
            store.saw(self.shown() != before);
            // A device that looks now finds the release of before or the new one, and it is whole.
            if i % 5 == 0 {
                let checked = json(&mut self.keyed(&["kb", "verify", "--json"]));
                assert_eq!(checked["faults"].as_array().unwrap().len(), 0, "kill {i}: {checked}");
            }
            done(&mut self.publish(next));
            kill(self.sync(), syncing, i * 3 + 1);
            let found = self.held(&mut browse());
            assert!(
                found == self.ids(at) || found == self.ids(next),
                "kill {i}: {} documents",
                found.len()
            );
            device.saw(found == self.ids(next));
            let report = json(&mut self.sync());
            assert_eq!(self.held(&mut browse()), self.ids(next), "after kill {i}: {report}");
            at = next;
        }
        store.both("of the store");
        device.both("of the device");
        let tenant = fs::read_dir(self.dir.join("tenants"))
            .unwrap()
            .flatten()
            .next()
            .unwrap();
        let states = fs::read_dir(tenant.path().join("release"))
            .unwrap()
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with("data-"));
        assert!(states.count() <= 2, "the last two states are kept");
        let fetched = fs::read_dir(tenant.path().join("sync/incoming")).map_or(0, Iterator::count);
        assert_eq!(fetched, 0, "what was used is cleared away");
        for dir in ["sync", "publishing"] {
            let names = fs::read_dir(tenant.path().join(dir)).unwrap().flatten();
            let left: Vec<_> = names.map(|e| e.file_name().into_string().unwrap()).collect();
            assert!(!left.iter().any(|n| n.starts_with("scratch-")), "{dir}: {left:?}");
        }
    }
}

#[test]
fn two_hundred_kills_leave_a_whole_folder_and_a_whole_device() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let followed = Followed {
        dir: dir.path(),
        documents: 300,
        command: &|arguments| {
            let mut c = words_only(dir.path());
            c.args(arguments).arg("--store").arg(&store);
            c
        },
    };
    followed.killed(100, &|| words_only(dir.path()));
}

/// A publisher that is killed leaves a bucket no less whole than a folder.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_leave_a_whole_bucket_and_a_whole_device() {
    let dir = tempfile::tempdir().unwrap();
    let stand_ins = StandIns::start(true).await;
    let tenant = stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
    let keyring = Session::start(dir.path(), true);
    let of_the_tenant = || {
        let mut c = words_only(dir.path());
        c.envs(keyring.environment(dir.path()))
            .env("HOME", dir.path())
            .arg("--tenant-file")
            .arg(&tenant);
        c
    };
    assert!(mortar_tests::run(of_the_tenant().arg("login")).status.success());
    let followed = Followed {
        dir: dir.path(),
        documents: 60,
        command: &|arguments| {
            let mut c = of_the_tenant();
            c.args(arguments);
            c
        },
    };
    followed.killed(50, &of_the_tenant);
}
