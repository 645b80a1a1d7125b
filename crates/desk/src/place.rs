//! Where everything is on this machine, and which tenant is meant. Nothing is opened here.

use std::path::{Path, PathBuf};

use mortar_local::{default_folder, private_folder};

use crate::error::DeskError;
use crate::tenant::{SAMPLE, id_of, is_id};

#[derive(Debug, Clone)]
pub struct Place {
    pub home: PathBuf,
    pub tenant: String,
    /// A release to use directly instead of the tenant's own.
    pub release: Option<PathBuf>,
    /// Where the embedding model's weights are.
    pub weights: PathBuf,
    /// A tenant's configuration to use instead of the one in the home folder.
    pub tenant_file: Option<PathBuf>,
    /// What IT set for all users of this machine.
    pub machine: PathBuf,
    /// Nobody sits here: a service whose disk ends with it. AWS is asked as the task itself, by nobody's sign-in, and
    /// what is kept is sealed by a key in a file beside it.
    pub unattended: bool,
}

impl Place {
    /// `home` and `tenant` as given, or the defaults of this machine.
    pub fn new(home: Option<PathBuf>, tenant: Option<String>, release: Option<PathBuf>) -> Result<Place, DeskError> {
        let home = match home.or_else(|| std::env::var_os("MORTAR_HOME").map(PathBuf::from)) {
            Some(home) => home,
            None => directories::ProjectDirs::from("", "", "mortar")
                .map(|d| d.data_dir().to_owned())
                .ok_or_else(|| DeskError::usage("this user has no home folder: give one with --home"))?,
        };
        let tenant = tenant.unwrap_or_else(|| SAMPLE.to_owned());
        if !is_id(&tenant) {
            return Err(DeskError::usage(format!(
                "“{tenant}” is no tenant: small letters, digits and hyphens only"
            )));
        }
        Ok(Place {
            home,
            tenant,
            release,
            weights: default_folder(),
            tenant_file: None,
            machine: machine_folder(),
            unattended: false,
        })
    }

    /// Who uses this machine, as the system calls them.
    pub fn user(&self) -> Option<String> {
        let name = ["USER", "USERNAME", "LOGNAME"].into_iter().filter_map(std::env::var_os);
        name.filter_map(|n| n.into_string().ok()).find(|n| !n.trim().is_empty())
    }

    /// With the configuration of a file, and the tenant that it names.
    pub fn with_tenant_file(mut self, file: PathBuf) -> Result<Place, DeskError> {
        self.tenant = id_of(&file)?;
        self.tenant_file = Some(file);
        Ok(self)
    }

    /// The same place of another tenant.
    pub fn of_tenant(&self, tenant: &str) -> Result<Place, DeskError> {
        let other = Place::new(Some(self.home.clone()), Some(tenant.to_owned()), None)?;
        // The file that was named at the start is of one tenant alone.
        Ok(match &self.tenant_file {
            Some(file) if id_of(file)? == tenant => other.with_tenant_file(file.clone())?,
            _ => Place {
                machine: self.machine.clone(),
                unattended: self.unattended,
                ..other
            },
        })
    }

    /// The tenants that this machine and this user know, the sample among them.
    pub fn tenants(&self) -> Vec<String> {
        let mut out = vec![SAMPLE.to_owned(), self.tenant.clone()];
        for path in entries(&self.home.join("tenants")) {
            if path.join("tenant.toml").is_file() {
                out.extend(path.file_name().map(|s| s.to_string_lossy().into_owned()));
            }
        }
        for path in entries(&self.machine.join("tenants")) {
            if path.extension().is_some_and(|e| e == "toml") {
                out.extend(path.file_stem().map(|s| s.to_string_lossy().into_owned()));
            }
        }
        out.retain(|id| is_id(id));
        out.sort();
        out.dedup();
        out
    }

    /// All that is the tenant's own on this device.
    pub(crate) fn tenant_dir(&self) -> PathBuf {
        self.home.join("tenants").join(&self.tenant)
    }

    /// Makes that folder, for this user's eyes alone.
    pub(crate) fn make_private(&self) -> Result<PathBuf, DeskError> {
        let dir = self.tenant_dir();
        private_folder(&dir).map_err(|e| DeskError::failed(format!("{}: {e}", dir.display())))?;
        Ok(dir)
    }

    /// The folder of the tenant's release.
    pub(crate) fn release_dir(&self) -> PathBuf {
        self.tenant_dir().join("release")
    }
}

/// Where IT keeps what holds for all users of a machine.
fn machine_folder() -> PathBuf {
    if cfg!(windows) {
        let data = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        data.join("Mortar")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Mortar")
    } else {
        PathBuf::from("/etc/mortar")
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|e| e.path()).collect()
}
