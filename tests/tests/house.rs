//! The walls of the house: which crate may see which, who may name what, how large a thing may become.

#[path = "house/modules.rs"]
mod modules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use modules::Modules;
use mortar_tests::root;
use serde_json::Value;

/// What each crate may depend on, of this project: what is below it. Rooms on one level do not see each other, except
/// that whoever implements or needs a port names the crate of the port, and that a release is made of documents
/// (store → knowledge → sources).
const MAY_SEE: &[(&str, &[&str])] = &[
    ("mortar-language", &[]),
    ("mortar-assistant", &["mortar-language"]),
    ("mortar-sources", &["mortar-language"]),
    ("mortar-intake", &["mortar-language", "mortar-sources"]),
    ("mortar-extract", &["mortar-sources"]),
    ("mortar-connect", &["mortar-intake"]),
    (
        "mortar-knowledge",
        &["mortar-assistant", "mortar-language", "mortar-sources"],
    ),
    (
        "mortar-store",
        &[
            "mortar-assistant",
            "mortar-knowledge",
            "mortar-language",
            "mortar-sources",
        ],
    ),
    (
        "mortar-feedback",
        &["mortar-assistant", "mortar-language", "mortar-privacy"],
    ),
    ("mortar-privacy", &["mortar-language"]),
    // Ports and open releases, never a desk.
    (
        "mortar-measure",
        &[
            "mortar-assistant",
            "mortar-feedback",
            "mortar-knowledge",
            "mortar-language",
            "mortar-privacy",
            "mortar-sources",
            "mortar-store",
        ],
    ),
    (
        "mortar-local",
        &["mortar-assistant", "mortar-language", "mortar-privacy", "mortar-store"],
    ),
    (
        "mortar-aws",
        &["mortar-assistant", "mortar-feedback", "mortar-privacy", "mortar-store"],
    ),
    (
        "mortar-desk",
        &[
            "mortar-assistant",
            "mortar-aws",
            "mortar-connect",
            "mortar-extract",
            "mortar-feedback",
            "mortar-intake",
            "mortar-knowledge",
            "mortar-language",
            "mortar-local",
            "mortar-measure",
            "mortar-privacy",
            "mortar-sources",
            "mortar-store",
        ],
    ),
    // One protocol for two fronts: over standard input and output, and over HTTP.
    ("mortar-mcp", &["mortar-desk"]),
    ("mortar-cli", &["mortar-desk", "mortar-mcp"]),
    ("mortar-serve", &["mortar-desk", "mortar-mcp"]),
    ("mortar-app", &["mortar-desk"]),
    // The benchmark measures the model by itself, the stand-ins serve what the adapters ask for.
    (
        "mortar-tests",
        &[
            "mortar-aws",
            "mortar-desk",
            "mortar-extract",
            "mortar-knowledge",
            "mortar-language",
            "mortar-local",
            "mortar-measure",
            "mortar-privacy",
            "mortar-sources",
            "mortar-store",
        ],
    ),
    ("xtask", &[]),
];

/// More lines than a file may have needs a reason, in its first line.
const LONG_FILE: usize = 600;
/// And of a crate, in docs/ARCHITECTURE.md.
const LARGE_CRATE: usize = 5_000;

fn packages() -> BTreeMap<String, Vec<String>> {
    let out = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let names = |v: &Value| {
        v.as_array()
            .unwrap()
            .iter()
            .map(|d| d["name"].as_str().unwrap().to_owned())
            .collect()
    };
    all["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["name"].as_str().unwrap().to_owned(), names(&p["dependencies"])))
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let packages = packages();
    for (name, dependencies) in &packages {
        let (_, may) = MAY_SEE
            .iter()
            .find(|(n, _)| n == name)
            .unwrap_or_else(|| panic!("{name} has no place in the house"));
        for d in dependencies.iter().filter(|d| packages.contains_key(*d)) {
            assert!(may.contains(&d.as_str()), "{name} must not see {d}");
        }
    }
}

#[test]
fn only_its_own_crate_names_a_thing() {
    for (dependency, owner) in [
        ("tauri", "mortar-app"),
        ("keyring", "mortar-local"),
        ("aws-", "mortar-aws"),
    ] {
        // The stand-ins write the frames of AWS's streams, tests ask them without the product between.
        for (name, dependencies) in packages().into_iter().filter(|p| p.0 != "mortar-tests") {
            // A library of cryptography that bears the name and speaks to nobody.
            let named = dependencies.iter().filter(|d| *d != "aws-lc-rs").any(|d| {
                if dependency.ends_with('-') {
                    d.starts_with(dependency)
                } else {
                    d == dependency
                }
            });
            assert!(!named || name == owner, "{name} must not name {dependency}");
        }
    }
}

#[test]
fn only_the_backend_folder_talks_to_the_program() {
    for f in files("ui/src", &[])
        .iter()
        .filter(|f| !f.starts_with(root().join("ui/src/backend")))
    {
        let text = std::fs::read_to_string(f).unwrap();
        assert!(!text.contains("@tauri-apps"), "{}", f.display());
        assert!(!text.contains("dangerouslySetInnerHTML"), "{}", f.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for dir in ["crates", "src-tauri/src", "tests/src", "tests/tests", "xtask/src"] {
        for f in files(dir, &["rs"]).iter().filter(|f| !f.ends_with("tests.rs")) {
            assert!(
                std::fs::read_to_string(f).unwrap().starts_with("//!"),
                "{}",
                f.display()
            );
        }
    }
}

#[test]
fn no_file_is_long_without_a_reason() {
    let code = ["rs", "ts", "tsx", "css", "py"];
    let mut long = Vec::new();
    for dir in ["crates", "src-tauri", "tests/src", "tests/tests", "ui/src", "xtask"] {
        for f in files(dir, &code) {
            let text = std::fs::read_to_string(&f).unwrap();
            let lines = text.lines().count();
            let reason = ["//! ", "// ", "/* ", "# "]
                .iter()
                .any(|mark| text.starts_with(&format!("{mark}Long because ")));
            if lines > LONG_FILE && !reason {
                long.push(format!(
                    "{} has {lines} lines",
                    f.strip_prefix(root()).unwrap().display()
                ));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_crate_is_large_without_a_reason() {
    let page = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let mut large = Vec::new();
    for dir in crates() {
        let name = dir.strip_prefix(root()).unwrap().display().to_string();
        let lines = |f: &PathBuf| std::fs::read_to_string(f).unwrap().lines().count();
        let lines: usize = files(&name, &["rs"]).iter().map(lines).sum();
        let reason = page
            .lines()
            .any(|l| l.contains(&format!("`{name}` is over 5,000 lines because ")));
        if lines > LARGE_CRATE && !reason {
            large.push(format!("{name} has {lines} lines"));
        }
    }
    assert!(large.is_empty(), "{}", large.join("\n"));
}

#[test]
fn no_modules_stand_in_a_circle() {
    let mut circles = Vec::new();
    for dir in crates()
        .into_iter()
        .chain([root().join("src-tauri"), root().join("xtask")])
    {
        let src = dir.join("src");
        let name = src.strip_prefix(root()).unwrap().display().to_string();
        let found = Modules::of(&src, &files(&name, &["rs"])).circles();
        circles.extend(found.iter().map(|c| format!("{name}: {c}")));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

fn crates() -> Vec<PathBuf> {
    let all = std::fs::read_dir(root().join("crates")).unwrap().flatten();
    let mut all: Vec<PathBuf> = all.map(|e| e.path()).filter(|p| p.is_dir()).collect();
    all.sort();
    all
}

/// All files below a folder with one of these endings, or with any.
fn files(dir: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn below(dir: &Path, out: &mut Vec<PathBuf>) {
        for e in std::fs::read_dir(dir).unwrap().flatten() {
            if e.path().is_dir() {
                below(&e.path(), out);
            } else {
                out.push(e.path());
            }
        }
    }
    let mut all = Vec::new();
    below(&root().join(dir), &mut all);
    let ends = |f: &PathBuf| f.extension().is_some_and(|e| endings.iter().any(|w| e == *w));
    all.retain(|f| endings.is_empty() || ends(f));
    all.sort();
    assert!(!all.is_empty(), "{dir} has no files");
    all
}
