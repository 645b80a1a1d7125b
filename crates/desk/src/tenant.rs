//! The tenant's configuration: a TOML file in its home folder, or the sample's own.

use serde::Deserialize;

use crate::{DeskError, Place, sample};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// As the window shows it.
    pub name: String,
    /// What a generator is told beside the rules.
    #[serde(default)]
    pub instructions: String,
    /// Questions that an empty window offers.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// Hosts that links of documents may open in the browser, with all their subdomains.
    #[serde(default)]
    pub links: Vec<String>,
}

impl TenantConfig {
    /// Whether a link may be opened in the system's browser: https to a host that the tenant lists.
    pub fn may_open(&self, url: &str) -> bool {
        let Some(rest) = url.strip_prefix("https://") else {
            return false;
        };
        let host = rest.split(['/', '?', '#', ':']).next().unwrap_or("").to_lowercase();
        let listed = |l: &String| host == *l || host.ends_with(&format!(".{l}"));
        !rest.contains(['@', '\\']) && self.links.iter().any(listed)
    }
}

pub fn read(place: &Place) -> Result<TenantConfig, DeskError> {
    let path = place.tenant_dir().join("tenant.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e)
            if matches!(
                e.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            if place.tenant == sample::TENANT || place.release.is_some() {
                sample::config().to_owned()
            } else {
                return Err(DeskError::new(
                    "usage",
                    format!(
                        "the tenant “{}” is not set up: {} is not there",
                        place.tenant,
                        path.display()
                    ),
                ));
            }
        }
        Err(e) => {
            return Err(DeskError::new(
                "tenant",
                format!("{} cannot be read: {e}", path.display()),
            ));
        }
    };
    toml::from_str(&text).map_err(|e| DeskError::new("tenant", format!("{}: {e}", path.display())))
}
