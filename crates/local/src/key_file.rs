//! A file in place of the keyring, for a tenant that has no patients: the sample must be tried where there is no
//! keyring. It keeps out other users of this machine, and nobody who can read its owner's files.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use mortar_privacy::{Vault, VaultError};

/// A folder of files, each a secret, which their owner alone reads.
pub struct KeyFiles {
    dir: PathBuf,
}

impl KeyFiles {
    pub fn new(dir: &Path) -> KeyFiles {
        KeyFiles { dir: dir.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn failed(e: &std::io::Error) -> VaultError {
    VaultError::Failed(e.to_string())
}

impl Vault for KeyFiles {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        match fs::read(self.path(name)) {
            Ok(secret) => Ok(Some(secret)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(&e)),
        }
    }

    fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        fs::create_dir_all(&self.dir).map_err(|e| failed(&e))?;
        // A temporary file is its owner's alone from its beginning, on every system.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(|e| failed(&e))?;
        file.write_all(secret).map_err(|e| failed(&e))?;
        file.as_file().sync_all().map_err(|e| failed(&e))?;
        file.persist(self.path(name)).map_err(|e| failed(&e.error))?;
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        match fs::remove_file(self.path(name)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(failed(&e)),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<(), VaultError> {
        const PROBE: &str = "probe";
        self.put(PROBE, b"probe")?;
        let read = self.get(PROBE);
        self.remove(PROBE)?;
        read?.map(drop).ok_or(VaultError::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let files = KeyFiles::new(&dir.path().join("keys"));
        assert_eq!(files.get("k").unwrap(), None);
        files.put("k", b"one").unwrap();
        files.put("k", b"two").unwrap();
        assert_eq!(files.get("k").unwrap().unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join("keys/k")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        files.check().unwrap();
        files.remove("k").unwrap();
        files.remove("k").unwrap();
        assert_eq!(fs::read_dir(dir.path().join("keys")).unwrap().count(), 0);
    }
}
