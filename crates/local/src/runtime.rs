//! ONNX Runtime, the library that computes the embedding model: found beside the weights, loaded
//! once, and only if its bytes are those that this program was made with and it may report nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

use crate::error::MiniLmError;
use crate::quiet;

/// The name that the runtime's own package gives the library.
pub const LIBRARY: &str = if cfg!(target_os = "windows") {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.1.32.0.dylib"
} else {
    "libonnxruntime.so.1.32.0"
};

/// BLAKE3 of the library of onnxruntime 1.32.0. A library is code: what merely lies in the folder is not
/// loaded. Who can swap the file between this look and the loading could as well start a program.
const HASH: &str = if cfg!(target_os = "windows") {
    "cde5f9baf51c8a652b0ef72b92e0b0a7b7b1236b645b369a4ebe314eb6519fcf"
} else if cfg!(target_os = "macos") {
    "1c742eb1534e12493cc3017968a6ad957d49a06eb1b643effbd9b83e12fdf702"
} else if cfg!(target_arch = "aarch64") {
    "1bf4443e7de44e70b87889e91348de9052d2a0c4459c750b5134914df8fc1fff"
} else {
    "b9ca235169118134f48a14c831d0cb389470e1d98b78942aea77c99d90cf8d98"
};

static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads the library from the folder `onnxruntime` beside a model's own folder.
pub fn load(model: &Path) -> Result<Environment, MiniLmError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let folder = model.parent().unwrap_or(model).join("onnxruntime");
    let path = folder.join(LIBRARY);
    let unusable = |reason: String| MiniLmError::Unusable {
        folder: folder.clone(),
        reason,
    };
    match hash_of(&path) {
        Ok(hash) if hash == HASH => {}
        Ok(_) => {
            return Err(unusable(format!(
                "{LIBRARY} is not the library that this program was made with"
            )));
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(MiniLmError::NotThere { name: LIBRARY, folder });
        }
        Err(e) => return Err(unusable(e.to_string())),
    }
    if !quiet::is_quiet() {
        return Err(unusable(format!(
            "{LIBRARY} would report on its use, which this program has not forbidden ({}=1)",
            quiet::FORBIDS
        )));
    }
    quiet::clear();
    let environment = ort::init_from(&path)
        .map_err(|e| unusable(e.to_string()))?
        .with_telemetry(false)
        .build()
        .map_err(|e| unusable(e.to_string()))?;
    Ok(loaded.insert(environment).clone())
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::minilm::{MiniLm, default_folder};

    /// In a program of its own: an environment changes for all of a program's threads.
    #[test]
    fn where_nothing_forbids_it_to_report_it_is_not_loaded() {
        const NAME: &str = "runtime::tests::where_nothing_forbids_it_to_report_it_is_not_loaded";
        if quiet::is_quiet() {
            let me = std::env::current_exe().unwrap();
            let again = Command::new(me)
                .args(["--exact", NAME])
                .env_remove(quiet::FORBIDS)
                .output();
            let again = again.unwrap();
            assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        } else {
            let said = MiniLm::open(&default_folder()).err().unwrap().to_string();
            assert!(said.contains(quiet::FORBIDS), "{said}");
        }
    }
}
