//! No two files of this crate hold on to each other: what each names is drawn, and there is no circle in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules that a folder has, by path, with their text but for their tests.
fn modules(dir: &Path, prefix: &str, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            modules(&path, &format!("{prefix}{name}::"), out);
        } else if let Some(name) = name
            .strip_suffix(".rs")
            .filter(|n| !["lib", "tests", "example", "modules"].contains(n))
        {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            out.insert(format!("{prefix}{name}"), text);
        }
    }
}

/// The modules that a text names; of `a::b` the inner one, where there is one.
fn named(text: &str, all: &BTreeMap<String, String>) -> BTreeSet<String> {
    let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
    let mut out = BTreeSet::new();
    for line in code {
        for rest in line.split("crate::").skip(1) {
            let path: Vec<&str> = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|p| !p.is_empty())
                .collect();
            let whole = path.iter().take(2).copied().collect::<Vec<_>>().join("::");
            let module = [whole.as_str(), path.first().copied().unwrap_or_default()];
            out.extend(module.into_iter().find(|m| all.contains_key(*m)).map(str::to_owned));
        }
    }
    out
}

#[test]
fn there_is_no_circle() {
    let mut all = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut all);
    let mut names: BTreeMap<String, BTreeSet<String>> = all.iter().map(|(m, t)| (m.clone(), named(t, &all))).collect();
    assert!(
        names["publish"].contains("publish::plan") && names["error"].is_empty(),
        "{names:#?}"
    );
    // Whoever names nobody that is left is taken away, until nobody is.
    while !names.is_empty() {
        let free: Vec<String> = names
            .iter()
            .filter(|(_, of)| of.is_empty())
            .map(|(m, _)| m.clone())
            .collect();
        assert!(!free.is_empty(), "these hold on to each other: {names:#?}");
        names.retain(|module, _| !free.contains(module));
        names.values_mut().for_each(|of| of.retain(|m| !free.contains(m)));
    }
}
