//! ONNX Runtime reports on its use unless its environment forbids it: it writes an id of the device and a
//! queue of events into the user's cache, and sends them to its maker. What its interface offers against
//! that comes after the first report. Here it is forbidden, and what it left before is removed.

use std::fs::{self, File};
use std::path::Path;

use directories::BaseDirs;

/// The variable that forbids it; the library looks at it when it is loaded.
pub(crate) const FORBIDS: &str = "ORT_DISABLE_TELEMETRY";

/// Forbids ONNX Runtime to write or send anything about this device. Each program does this before all
/// else: where it has not, the library is not loaded.
///
/// # Safety
///
/// No other thread may run yet, since it could read the environment meanwhile.
pub unsafe fn quiet() {
    // SAFETY: the caller promises that no other thread runs.
    #[expect(
        clippy::disallowed_methods,
        reason = "the library takes it from there alone, and no other thread runs yet"
    )]
    unsafe {
        std::env::set_var(FORBIDS, "1")
    };
}

pub(crate) fn is_quiet() -> bool {
    std::env::var_os(FORBIDS).is_some_and(|set| set == "1")
}

/// Removes what the library left on this device for a Mortar that did not forbid it yet.
pub(crate) fn clear() {
    // On Windows it leaves no file.
    if let Some(user) = BaseDirs::new().filter(|_| !cfg!(windows)) {
        let there = if cfg!(target_os = "macos") {
            user.data_dir()
        } else {
            user.cache_dir()
        };
        clear_below(there, &std::env::temp_dir(), &user.cache_dir().join("mortar"));
    }
}

/// Once, which is remembered in `own`: other programs keep theirs in the same folder, and what comes
/// there later is not of our making.
fn clear_below(there: &Path, temporary: &Path, own: &Path) {
    let left = there.join("Microsoft/DeveloperTools/.onnxruntime");
    if !left.is_dir() {
        return;
    }
    let first = fs::create_dir_all(own).and_then(|()| File::create_new(own.join("telemetry-cleared")));
    if first.is_ok() && fs::remove_dir_all(&left).is_ok() {
        // A folder that holds anything else stays, and so do those around it.
        let _ = left.ancestors().skip(1).take(2).try_for_each(fs::remove_dir);
        let _ = fs::remove_file(temporary.join(".ses"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_removed_once_with_the_folders_that_it_empties() {
        let user = tempfile::tempdir().unwrap();
        let (cache, own) = (user.path().join("cache"), user.path().join("cache/mortar"));
        let tools = cache.join("Microsoft/DeveloperTools");
        let session = user.path().join(".ses");
        let leave = || {
            fs::create_dir_all(tools.join(".onnxruntime")).unwrap();
            fs::write(tools.join(".onnxruntime/deviceid"), "an id").unwrap();
            fs::write(&session, "another").unwrap();
        };
        clear_below(&cache, user.path(), &own);
        assert!(!own.exists(), "where nothing was left, nothing is remembered");
        leave();
        clear_below(&cache, user.path(), &own);
        assert!(!cache.join("Microsoft").exists() && !session.exists());
        leave();
        clear_below(&cache, user.path(), &own);
        assert!(
            tools.join(".onnxruntime/deviceid").exists() && session.exists(),
            "another program's"
        );
    }

    #[test]
    fn a_folder_with_anything_else_in_it_stays() {
        let user = tempfile::tempdir().unwrap();
        let tools = user.path().join("Microsoft/DeveloperTools");
        fs::create_dir_all(tools.join(".onnxruntime")).unwrap();
        fs::write(tools.join("deviceid"), "of another tool").unwrap();
        clear_below(user.path(), user.path(), &user.path().join("mortar"));
        assert!(tools.join("deviceid").exists() && !tools.join(".onnxruntime").exists());
    }
}
