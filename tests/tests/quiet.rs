//! Nothing leaves the device and nothing is written but where it belongs: the programs with the real
//! embedding model, as strace sees them.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mortar_tests::trace::{Seen, strace};
use mortar_tests::window::{Options, Window};
use mortar_tests::{programs, run};
use serde_json::Value;

/// The library that would report, if nothing forbade it.
const LIBRARY: &str = "libonnxruntime";
/// Sockets of this machine that a window calls: its display, the system's bus, the names of its users.
const SOCKETS: &[&str] = &[
    "/tmp/.X11-unix",
    "/run/dbus",
    "/var/run/dbus",
    "/run/nscd",
    "/var/run/nscd",
];
/// Where the window's own library writes: memory that is shared, what fonts there are, nowhere.
const WRITTEN: &[&str] = &["/dev/null", "/dev/shm", "/var/cache/fontconfig"];
/// Longer than it takes that library to look for where it reports to.
const WATCHED: Duration = Duration::from_secs(45);

/// A user of whom this machine knows nothing yet, with nothing in the environment that keeps a library quiet.
struct User(tempfile::TempDir);

impl User {
    fn new() -> User {
        let user = User(tempfile::tempdir().unwrap());
        for folder in ["tmp", "run"] {
            fs::create_dir(user.home().join(folder)).unwrap();
        }
        user
    }

    fn home(&self) -> &Path {
        self.0.path()
    }

    fn trace(&self) -> PathBuf {
        self.home().join("trace")
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let below = |name: &str| self.home().join(name).display().to_string();
        let models = mortar_local::default_folder();
        let models = models.parent().unwrap().display().to_string();
        vec![
            ("HOME", below("")),
            ("TMPDIR", below("tmp")),
            ("XDG_RUNTIME_DIR", below("run")),
            ("XDG_CACHE_HOME", below(".cache")),
            ("MORTAR_MODELS", models),
            // As if it were not set: empty, for the window's driver can only be given more.
            ("ORT_DISABLE_TELEMETRY", String::new()),
        ]
    }

    /// `mortar` under strace; what it printed.
    fn mortar(&self, arguments: &[&str]) -> Value {
        let mut c: Command = strace(&self.trace());
        c.arg(programs().join("mortar"))
            .args(arguments)
            .arg("--json")
            .env("MORTAR_HOME", self.home().join("mortar"))
            .envs(self.environment());
        let out = run(&mut c);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }

    /// What was seen: nothing that leads out, nothing written elsewhere than in the home and in what is known.
    fn assert_quiet(&self, written: &[&str], sockets: &[&str]) {
        let seen = Seen::read(&self.trace());
        assert!(seen.opened(LIBRARY), "the library was never loaded");
        let out = seen.calls_out();
        assert!(out.is_empty(), "{out:#?}");
        let known =
            |path: &Path, known: &[&str]| path.starts_with(self.home()) || known.iter().any(|k| path.starts_with(k));
        let mut elsewhere = seen.written();
        elsewhere.retain(|path| !known(path, written));
        assert!(elsewhere.is_empty(), "{elsewhere:#?}");
        let mut strange = seen.sockets();
        strange.retain(|path| !known(Path::new(path), sockets));
        assert!(strange.is_empty(), "{strange:#?}");
        for left in [".cache/Microsoft", "tmp/.ses"] {
            assert!(!self.home().join(left).exists(), "{left}");
        }
    }
}

#[test]
fn the_command_line_writes_into_its_home_alone_and_calls_nobody() {
    let user = User::new();
    let answer = user.mortar(&["ask", "What does claim rejection code 75 mean?"]);
    assert_eq!(answer["models"]["embedding"], "all-MiniLM-L6-v2");
    assert_eq!(answer["notices"].as_array().unwrap().len(), 0);
    user.assert_quiet(&[], &[]);
    let checks = user.mortar(&["doctor"]);
    assert!(checks.as_array().unwrap().iter().all(|c| c["ok"] == true), "{checks:#}");
    user.assert_quiet(&[], &[]);
}

/// What a Mortar that was not quiet left is removed with the first model that is opened.
#[test]
fn what_an_earlier_mortar_left_is_removed() {
    let user = User::new();
    let left = user.home().join(".cache/Microsoft/DeveloperTools/.onnxruntime");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("deviceid"), "an id").unwrap();
    user.mortar(&["doctor"]);
    user.assert_quiet(&[], &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_writes_into_its_home_alone_and_calls_nobody() {
    let user = User::new();
    let (environment, trace) = (user.environment(), user.trace());
    let began = Instant::now();
    let w = Window::open(&Options {
        environment: &environment,
        traced: Some(&trace),
        ..Options::new(user.home())
    })
    .await
    .unwrap();
    w.ask("What does claim rejection code 75 mean?").await.unwrap();
    assert!(
        w.last_turn().await["text"]
            .as_str()
            .unwrap()
            .contains("prior authorization")
    );
    let words_only = w.run("return document.body.innerText.includes('words only')").await;
    assert_eq!(words_only, false, "the model takes no part");
    tokio::time::sleep(WATCHED.saturating_sub(began.elapsed())).await;
    w.close().await;
    user.assert_quiet(WRITTEN, SOCKETS);
}
