//! What the service is told: where it listens, whose tokens it takes and for which tenants, how much each may ask at
//! once. It is read whole before anything is opened, and what is wrong with it ends the start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Wrong(PathBuf, toml::de::Error),
    #[error("{0}: {1}")]
    Impossible(PathBuf, String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "everywhere")]
    pub listen: SocketAddr,
    pub issuers: Vec<IssuerConfig>,
    pub tenants: BTreeMap<String, TenantLimits>,
}

/// Who signs tokens, and for whom: no issuer speaks for a tenant that is not listed here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    pub issuer: String,
    pub audience: String,
    /// A JSON Web Key Set; relative to the file that names it. Read again when a token names a key that it lacks.
    pub keys: PathBuf,
    /// The claim that says the tenant.
    #[serde(default = "tenant_claim")]
    pub claim: String,
    pub tenants: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantLimits {
    /// Requests under way, an answer until its stream is over.
    pub at_once: usize,
}

impl Default for TenantLimits {
    fn default() -> Self {
        TenantLimits { at_once: 64 }
    }
}

fn everywhere() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 8080))
}

fn tenant_claim() -> String {
    "tenant".to_owned()
}

impl Config {
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Unreadable(path.to_owned(), e))?;
        let mut config: Config = toml::from_str(&text).map_err(|e| ConfigError::Wrong(path.to_owned(), e))?;
        if let Some(why) = config.impossible() {
            return Err(ConfigError::Impossible(path.to_owned(), why));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        for issuer in &mut config.issuers {
            issuer.keys = folder.join(&issuer.keys);
        }
        Ok(config)
    }

    /// All requests of all tenants: as many threads may be wanted.
    pub fn at_once(&self) -> usize {
        self.tenants.values().map(|t| t.at_once).sum()
    }

    fn impossible(&self) -> Option<String> {
        if self.tenants.is_empty() || self.issuers.is_empty() {
            return Some("at least one tenant and one issuer are needed".into());
        }
        if let Some((id, _)) = self.tenants.iter().find(|t| t.1.at_once == 0) {
            return Some(format!("tenants.{id}.at_once: at least 1"));
        }
        for (n, i) in self.issuers.iter().enumerate() {
            let named = &i.issuer;
            if named.is_empty() || i.audience.is_empty() || i.claim.is_empty() {
                return Some("an issuer needs issuer, audience and claim".into());
            }
            if self.issuers[..n].iter().any(|other| other.issuer == *named) {
                return Some(format!("the issuer {named} is named twice"));
            }
            if let Some(unknown) = i.tenants.iter().find(|t| !self.tenants.contains_key(*t)) {
                return Some(format!(
                    "the issuer {named} speaks for {unknown}, which is no [tenants.{unknown}]"
                ));
            }
        }
        let spoken_for = |id: &String| self.issuers.iter().any(|i| i.tenants.contains(id));
        let silent = self.tenants.keys().find(|id| !spoken_for(id));
        silent.map(|id| format!("no issuer speaks for the tenant {id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../../docs/serve.example.toml");

    fn read(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("serve.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(&file)
    }

    #[test]
    fn the_example_is_right_and_what_is_wrong_is_said() {
        let config = read(WHOLE).unwrap();
        assert_eq!(config.listen.port(), 8080);
        for (from, to, said) in [
            ("audience =", "audeince =", "unknown field"),
            ("at_once = 64", "at_once = 0", "at least 1"),
            (
                "tenants = [\"pharmacy\"]",
                "tenants = [\"other\"]",
                "no [tenants.other]",
            ),
            (
                "tenants = [\"clinic\"]",
                "tenants = [\"pharmacy\"]",
                "no issuer speaks for the tenant clinic",
            ),
            ("login.clinic.example", "login.pharmacy.example", "named twice"),
        ] {
            assert!(WHOLE.contains(from), "{from}");
            let message = read(&WHOLE.replace(from, to)).unwrap_err().to_string();
            assert!(message.contains(said), "{to}: {message}");
        }
    }
}
