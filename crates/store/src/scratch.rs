//! A folder for what `tough` wants to have as files for a moment. It lies beside what it is made for and goes with
//! whoever made it; what a killed program left is taken away by the next one, and what another has at work never is.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

const PREFIX: &str = "scratch-";
const LOCK: &str = ".lock";
/// A folder without a lock in it is one that is just being made, or whose maker was killed at that.
const LEFT_FOR_DEAD: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub struct Scratch {
    /// Held as long as the folder is in use; it goes with the process, however that ends, and before the folder.
    _lock: File,
    dir: TempDir,
}

impl Scratch {
    pub fn beside(dir: &Path) -> std::io::Result<Scratch> {
        fs::create_dir_all(dir)?;
        sweep(dir);
        loop {
            let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(dir)?;
            let lock = File::create(made.path().join(LOCK))?;
            // Whoever sweeps at this moment may have taken it for left behind.
            if lock.try_lock().is_ok() {
                return Ok(Scratch { _lock: lock, dir: made });
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Takes away folders whose makers are gone, for who holds `dir` alone: what has no lock was being made by somebody
/// who was killed at that.
pub(crate) fn sweep_alone(dir: &Path) {
    sweep_left(dir, Duration::ZERO);
}

/// Takes away folders whose makers are gone.
fn sweep(dir: &Path) {
    sweep_left(dir, LEFT_FOR_DEAD);
}

fn sweep_left(dir: &Path, dead_after: Duration) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let left = match File::options().write(true).open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => {
                let age = entry.metadata().and_then(|m| m.modified()).map(|t| t.elapsed());
                age.is_ok_and(|age| age.is_ok_and(|age| age >= dead_after))
            }
        };
        if left {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_program_left_is_swept_and_what_is_at_work_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let at_work = Scratch::beside(dir.path()).unwrap();
        let left = dir.path().join("scratch-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), b"").unwrap();
        fs::write(left.join("timestamp.json"), b"{}").unwrap();
        let just_made = dir.path().join("scratch-made");
        fs::create_dir(&just_made).unwrap();
        fs::create_dir(dir.path().join("objects")).unwrap();

        let second = Scratch::beside(dir.path()).unwrap();
        assert!(!left.exists() && at_work.path().exists() && just_made.exists());
        drop((at_work, second));
        let there: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(there.len(), 2, "{there:?}");
    }
}
