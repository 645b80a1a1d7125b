//! A folder in place of S3, with the same layout: on a disk or a share. Never half a file: what is
//! written stands under another name until it is whole.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use mortar_store::{Condition, Got, Listed, ReleaseStore, StoreError, Want, is_key};

const CHUNK: usize = 256 << 10;
const SMALL: u64 = 4 << 20;
const LOCK: &str = ".lock";
const NEW: &str = ".new-";
const LEFT_FOR_DEAD: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub fn new(dir: &Path) -> Folder {
        Folder { dir: dir.to_owned() }
    }

    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        if is_key(key) {
            Ok(self.dir.join(key))
        } else {
            Err(StoreError::Refused(format!("“{key}” is no key")))
        }
    }

    fn read(&self, key: &str, want: Want) -> Result<Got, StoreError> {
        let mut file = opened(key, &self.path(key)?, File::options().read(true))?;
        let tag = tag(&mut file).map_err(|e| told(key, &e))?;
        let (from, length) = match want {
            Want::IfChanged(held) if held == tag => return Ok(Got::NotChanged),
            Want::Range(range) => (range.start, range.end.saturating_sub(range.start)),
            Want::Whole | Want::IfChanged(_) => (0, u64::MAX),
        };
        file.seek(SeekFrom::Start(from)).map_err(|e| told(key, &e))?;
        let key = key.to_owned();
        let chunks = stream::unfold(file.take(length), move |mut file| {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).map_err(|e| told(&key, &e));
            async move {
                match read {
                    Ok(0) => None,
                    Ok(n) => {
                        chunk.truncate(n);
                        Some((Ok(chunk), file))
                    }
                    Err(e) => Some((Err(e), file.into_inner().take(0))),
                }
            }
        });
        Ok(Got::Body {
            tag,
            bytes: chunks.boxed(),
        })
    }

    fn write(&self, key: &str, bytes: &[u8], condition: &Condition) -> Result<String, StoreError> {
        let failed = |e: &std::io::Error| told(key, e);
        let path = self.path(key)?;
        let folder = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(folder).map_err(|e| failed(&e))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(NEW);
        #[cfg(unix)]
        {
            // Devices of other users read what is published on a share.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut beside = builder.tempfile_in(folder).map_err(|e| failed(&e))?;
        beside.write_all(bytes).map_err(|e| failed(&e))?;
        beside.as_file().sync_all().map_err(|e| failed(&e))?;
        match condition {
            Condition::IfAbsent => match beside.persist_noclobber(&path) {
                Ok(_) => {}
                Err(e) if e.error.kind() == ErrorKind::AlreadyExists => return Err(StoreError::Conflict(key.into())),
                Err(e) => return Err(failed(&e.error)),
            },
            Condition::IfUnchanged(held) => {
                // Between the look and the switch nobody else may write; the lock goes with the process.
                let lock = File::options().write(true).create(true).truncate(false).clone();
                let lock = opened(LOCK, &self.dir.join(LOCK), &lock)?;
                lock.lock().map_err(|e| failed(&e))?;
                let mut file = opened(key, &path, File::options().read(true))?;
                if tag(&mut file).map_err(|e| failed(&e))? != *held {
                    return Err(StoreError::Conflict(key.into()));
                }
                drop(file);
                beside.persist(&path).map_err(|e| failed(&e.error))?;
                self.sweep();
            }
        }
        if cfg!(unix) {
            File::open(folder).and_then(|f| f.sync_all()).map_err(|e| failed(&e))?;
        }
        Ok(blake3::hash(bytes).to_hex().to_string())
    }

    /// Removes what writers that were killed left half written.
    fn sweep(&self) {
        for folder in ["metadata", "targets", "segments", "reviews"] {
            for entry in fs::read_dir(self.dir.join(folder)).into_iter().flatten().flatten() {
                let left = entry.file_name().to_string_lossy().starts_with(NEW);
                let age = entry
                    .metadata()
                    .and_then(|m| m.modified())
                    .map(|t| t.elapsed().unwrap_or_default());
                // What is younger may be another writer's, at work.
                if left && age.is_ok_and(|age| age > LEFT_FOR_DEAD) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    fn listed(&self, prefix: &str) -> Result<Vec<Listed>, StoreError> {
        let mut out = Vec::new();
        let mut folders = vec![self.dir.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(told(prefix, &e)),
            };
            for entry in entries {
                let path = entry.map_err(|e| told(prefix, &e))?.path();
                // What is gone meanwhile is not listed.
                let Ok(about) = fs::metadata(&path) else { continue };
                let key = path
                    .strip_prefix(&self.dir)
                    .map(|p| p.to_string_lossy().replace('\\', "/"));
                let Ok(key) = key else { continue };
                if about.is_dir() {
                    folders.push(path);
                } else if is_key(&key) && key.starts_with(prefix) && !key.contains("/.") && !key.starts_with('.') {
                    let modified = about.modified().ok().and_then(|t| Timestamp::try_from(t).ok());
                    out.push(Listed {
                        key,
                        bytes: about.len(),
                        modified: modified.unwrap_or(Timestamp::MAX),
                    });
                }
            }
        }
        out.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(out)
    }
}

impl ReleaseStore for Folder {
    fn location(&self) -> String {
        self.dir.display().to_string()
    }

    fn get<'a>(&'a self, key: &'a str, want: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
        Box::pin(async move { self.read(key, want) })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
        condition: Condition,
    ) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(async move { self.write(key, &bytes, &condition) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
        Box::pin(async move { self.listed(prefix) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            match fs::remove_file(self.path(key)?) {
                Err(e) if e.kind() != ErrorKind::NotFound => Err(told(key, &e)),
                _ => Ok(()),
            }
        })
    }
}

/// Opens a regular file and nothing else: a pipe would be waited for without end, a device has none.
fn opened(key: &str, path: &Path, options: &fs::OpenOptions) -> Result<File, StoreError> {
    let regular = |about: std::io::Result<fs::Metadata>| match about {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(StoreError::Refused(format!("{key} is no regular file"))),
        Err(e) => Err(told(key, &e)),
    };
    // Before it is opened: that is what would be waited for. What is not there is made, or missed, below.
    match regular(fs::metadata(path)) {
        Err(StoreError::NotFound(_)) => {}
        looked => looked?,
    }
    let file = options.open(path).map_err(|e| told(key, &e))?;
    regular(file.metadata()).map(|()| file)
}

/// What tells a file's bytes from others. What is large is never written over: its size is enough.
fn tag(file: &mut File) -> std::io::Result<String> {
    let bytes = file.metadata()?.len();
    if bytes > SMALL {
        return Ok(format!("{bytes} bytes"));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut *file)?;
    file.rewind()?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn told(key: &str, e: &std::io::Error) -> StoreError {
    match e.kind() {
        ErrorKind::NotFound => StoreError::NotFound(key.to_owned()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreError::Refused(format!(
            "{key}: the disk is full: free some space and start again; nothing was lost"
        )),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            StoreError::Refused(format!("{key}: this folder may not be written to, or not be read"))
        }
        _ => StoreError::Failed(format!("{key}: {e}")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Where a pipe or a device stands in the place of a file, it is refused: nobody waits for it.
    #[test]
    fn only_regular_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let store = Folder::new(dir.path());
        let held = store
            .write("metadata/timestamp.json", b"one", &Condition::IfAbsent)
            .unwrap();
        let pipe = |at: &str| {
            let made = std::process::Command::new("mkfifo").arg(dir.path().join(at)).status();
            assert!(made.unwrap().success());
        };
        pipe("metadata/1.root.json");
        std::os::unix::fs::symlink("/dev/zero", dir.path().join("metadata/2.root.json")).unwrap();
        fs::create_dir(dir.path().join("metadata/3.root.json")).unwrap();
        for key in ["metadata/1.root.json", "metadata/2.root.json", "metadata/3.root.json"] {
            let read = store.read(key, Want::Whole).map(|_| ());
            assert!(matches!(read, Err(StoreError::Refused(_))), "{key}: {read:?}");
        }
        pipe(LOCK);
        let written = store.write("metadata/timestamp.json", b"two", &Condition::IfUnchanged(held.clone()));
        assert!(matches!(written, Err(StoreError::Refused(_))), "{written:?}");
        fs::remove_file(dir.path().join(LOCK)).unwrap();
        fs::remove_file(dir.path().join("metadata/timestamp.json")).unwrap();
        pipe("metadata/timestamp.json");
        let written = store.write("metadata/timestamp.json", b"two", &Condition::IfUnchanged(held));
        assert!(matches!(written, Err(StoreError::Refused(_))), "{written:?}");
    }
}
