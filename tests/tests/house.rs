//! The walls of the house: which crate may see which, and who may name what.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use mortar_tests::root;
use serde_json::Value;

/// What each crate may depend on, of this project.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("mortar-language", &[]),
    ("mortar-assistant", &["mortar-language"]),
    ("mortar-sources", &["mortar-language"]),
    // Whoever implements a port names the crate of the port.
    (
        "mortar-knowledge",
        &["mortar-assistant", "mortar-language", "mortar-sources"],
    ),
    // A release is made of documents.
    (
        "mortar-store",
        &[
            "mortar-assistant",
            "mortar-knowledge",
            "mortar-language",
            "mortar-sources",
        ],
    ),
    ("mortar-feedback", &["mortar-assistant", "mortar-language"]),
    ("mortar-privacy", &["mortar-language"]),
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
            "mortar-language",
            "mortar-sources",
            "mortar-knowledge",
            "mortar-store",
            "mortar-feedback",
            "mortar-privacy",
            "mortar-local",
            "mortar-aws",
        ],
    ),
    ("mortar-cli", &["mortar-desk"]),
    ("mortar-app", &["mortar-desk"]),
    // The benchmark measures the model by itself, the stand-ins serve what the adapters ask for.
    (
        "mortar-tests",
        &["mortar-desk", "mortar-local", "mortar-aws", "mortar-privacy"],
    ),
    ("xtask", &[]),
];

fn packages() -> BTreeMap<String, Vec<String>> {
    let out = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
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
    fn files(dir: &Path, out: &mut Vec<std::path::PathBuf>) {
        for e in std::fs::read_dir(dir).unwrap().flatten() {
            if e.path().is_dir() {
                files(&e.path(), out)
            } else {
                out.push(e.path())
            }
        }
    }
    let mut all = Vec::new();
    files(&root().join("ui/src"), &mut all);
    for f in all.iter().filter(|f| !f.starts_with(root().join("ui/src/backend"))) {
        let text = std::fs::read_to_string(f).unwrap();
        assert!(!text.contains("@tauri-apps"), "{}", f.display());
        assert!(!text.contains("dangerouslySetInnerHTML"), "{}", f.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    fn check(dir: &Path) {
        for e in std::fs::read_dir(dir).unwrap().flatten() {
            let p = e.path();
            if p.is_dir() {
                check(&p);
            } else if p.extension().is_some_and(|e| e == "rs") && p.file_name().is_some_and(|n| n != "tests.rs") {
                assert!(
                    std::fs::read_to_string(&p).unwrap().starts_with("//!"),
                    "{}",
                    p.display()
                );
            }
        }
    }
    for dir in ["crates", "src-tauri/src", "tests/src", "tests/tests", "xtask/src"] {
        check(&root().join(dir));
    }
}
