//! A small file put in place of another: whole or not at all, and on the disk before anybody relies on it.
//! It is written beside, under a name of its own, and then takes the name that it is for.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// What a file that is not finished yet ends with.
const UNFINISHED: &str = ".unfinished";
/// What they were called once.
const BEFORE: [&str; 2] = [".manifest.json.new", ".previous.json.new"];

/// Writes a small file, whole or not at all.
pub fn replace(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let prefix = format!(".{name}.");
    let mut file = builder(&prefix).tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(dir.join(name)).map_err(|e| e.error)?;
    sync_dir(dir)
}

/// A file that whoever may read its folder can read, like any other that a program writes.
fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Whether a file of this name was left by whoever was killed over it.
pub(super) fn is_unfinished(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(UNFINISHED) || BEFORE.contains(&name)
}

/// Removes what was left so; only for whoever holds the folder alone.
pub(super) fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if is_unfinished(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A rename lasts only once the folder itself is on the disk.
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}
