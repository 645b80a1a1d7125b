//! Who may read what a tenant has on this machine: its owner alone. On Windows a user's own folder is that already.

use std::io;
use std::path::Path;

/// What this process makes from now on is its owner's alone. Not for who writes for others, such as a store's folder.
pub fn private_files() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes a folder its owner's alone, with all that lies in it where an older program left it open.
pub fn private_folder(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir)?.permissions().mode();
        if mode & 0o077 != 0 {
            // What is inside first: until that is done, the folder says that it is not.
            close_below(dir)?;
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn close_below(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let mode = match (kind.is_dir(), kind.is_file()) {
            (true, _) => {
                close_below(&entry.path())?;
                0o700
            }
            (_, true) => 0o600,
            // A link's own rights are nobody's, and what it leads to is not ours.
            _ => continue,
        };
        match std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(mode)) {
            // Another program took it away meanwhile.
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_an_older_program_left_open_is_closed_and_what_a_link_leads_to_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (tenant, other) = (dir.path().join("t"), dir.path().join("other"));
        fs::create_dir_all(tenant.join("a")).unwrap();
        fs::write(tenant.join("a/b"), "x").unwrap();
        fs::write(&other, "x").unwrap();
        symlink(&other, tenant.join("link")).unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        for (path, mode) in [(&tenant, 0o755), (&tenant.join("a/b"), 0o644), (&other, 0o644)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        private_folder(&tenant).unwrap();
        let modes = [&tenant, &tenant.join("a"), &tenant.join("a/b"), &other].map(|p| mode(p));
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o644]);
    }
}
