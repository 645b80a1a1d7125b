//! Looks for secrets where none may be: in files, in what was printed, in what a running process holds open.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A shorter piece of a secret stands in many files by chance.
const LEAST: usize = 9;
const HEAD: usize = 8;

/// Everything secret that was ever given, ready to be looked for.
pub struct Secrets<'a>(HashMap<&'a [u8], Vec<&'a [u8]>>);

impl<'a> Secrets<'a> {
    pub fn new(given: &'a BTreeSet<String>) -> Self {
        let mut by_head: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for s in given.iter().map(String::as_bytes).filter(|s| s.len() >= LEAST) {
            by_head.entry(&s[..HEAD]).or_default().push(s);
        }
        assert!(!by_head.is_empty(), "nothing was given: there is nothing to look for");
        Secrets(by_head)
    }

    pub fn stand_in(&self, bytes: &[u8]) -> bool {
        let begins = |(at, head): (usize, &[u8])| {
            let found = self.0.get(head);
            found.is_some_and(|all| all.iter().any(|s| bytes[at..].starts_with(s)))
        };
        bytes.windows(HEAD).enumerate().any(begins)
    }

    /// Files under a folder that hold any of them.
    pub fn under(&self, dir: &Path) -> Vec<PathBuf> {
        let mut all = Vec::new();
        files(dir, &mut all);
        assert!(!all.is_empty(), "{} holds nothing", dir.display());
        all.retain(|f| std::fs::read(f).is_ok_and(|b| self.stand_in(&b)));
        all
    }

    /// What a running process holds open that holds any of them, or whose name does: files, also those that
    /// have no name any more. How many were looked at comes too.
    pub fn open_in(&self, pid: u32) -> (usize, Vec<PathBuf>) {
        let mut found = Vec::new();
        let mut looked = 0;
        for fd in std::fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let Ok(target) = std::fs::read_link(fd.path()) else {
                continue;
            };
            looked += 1;
            // A pipe or a socket would be read empty under its owner, or wait for ever.
            let is_file = std::fs::metadata(fd.path()).is_ok_and(|m| m.is_file());
            let inside = is_file && std::fs::read(fd.path()).is_ok_and(|b| self.stand_in(&b));
            if inside || self.stand_in(target.as_os_str().as_encoded_bytes()) {
                found.push(target);
            }
        }
        (looked, found)
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for e in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match e.file_type() {
            Ok(t) if t.is_dir() => files(&e.path(), out),
            Ok(t) if t.is_file() => out.push(e.path()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_wherever_it_lies() {
        let given = BTreeSet::from(["access-0123456789".to_owned(), "short".into()]);
        let secrets = Secrets::new(&given);
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("clean"), "access-01234567 short").unwrap();
        assert!(secrets.under(dir.path()).is_empty());
        let held = inner.join("held");
        std::fs::write(&held, b"\xff\0access-0123456789\0").unwrap();
        assert_eq!(secrets.under(dir.path()), std::slice::from_ref(&held));
        // Also where it has no name any more.
        let open = std::fs::File::open(&held).unwrap();
        std::fs::remove_file(&held).unwrap();
        let (looked, found) = secrets.open_in(std::process::id());
        assert!(looked > 0 && found.len() == 1, "{found:?}");
        drop(open);
        assert!(secrets.open_in(std::process::id()).1.is_empty());
    }
}
