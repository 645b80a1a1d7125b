//! What a tenant is: one business, with its models, buckets, policy and words. Read from text that somebody
//! wrote; where that text comes from and which of two texts wins is not known here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mortar_aws::{AwsConfig, Impossible};
use mortar_store::manifest as knowledge;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use ts_rs::TS;
use url::{Host, Url};

use crate::courtesy::Courtesy;
use crate::error::DeskError;

/// The tenant that the program brings with itself.
pub const SAMPLE: &str = "pharmacy";

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Small letters, digits and hyphens; the file's own name where it is left out.
    #[serde(default)]
    pub id: Option<String>,
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
    /// Words that mean danger to life here, beside those that the program knows.
    #[serde(default)]
    pub emergencies: Vec<String>,
    /// The tenant's own list of drugs, which wins over the program's; its columns are in docs/FORMATS.md.
    #[serde(default)]
    pub drugs: Option<PathBuf>,
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub customer: Courtesy,
    #[serde(default)]
    pub knowledge: KnowledgeConfig,
    #[serde(default)]
    pub feedback: FeedbackConfig,
    /// Models and buckets on AWS; without it everything is on this device.
    #[serde(default)]
    pub aws: Option<AwsConfig>,
    /// Keys that cannot be changed here, with the file that sets them.
    #[serde(skip)]
    pub locked: BTreeMap<String, PathBuf>,
}

/// The store that the tenant's releases come from. Paths are relative to the file that they stand in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnowledgeConfig {
    pub channel: String,
    /// The ring of devices that this one is of: some rings get a release before all others do.
    pub ring: Option<String>,
    /// A folder in place of the bucket `aws.knowledge`.
    pub store: Option<PathBuf>,
    /// The root of trust, as `mortar kb keys init` made it; without it no store is followed.
    pub root: Option<PathBuf>,
    /// The keys to publish with.
    pub keys: Option<PathBuf>,
    /// Golden questions that a release is asked before it goes live; the first file takes new ones.
    pub golden: Vec<PathBuf>,
    /// Who reviews here; whoever uses the device where it is left out.
    pub reviewer: Option<String>,
    pub check_minutes: u32,
}

/// Where labels go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedbackConfig {
    /// A folder in place of the bucket `aws.feedback`; relative to the file that it stands in.
    pub store: Option<PathBuf>,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        KnowledgeConfig {
            channel: "live".into(),
            ring: None,
            store: None,
            root: None,
            keys: None,
            golden: Vec::new(),
            reviewer: None,
            check_minutes: mortar_store::sync::CHECK_MINUTES,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    pub answers: Answers,
    /// Knowledge from a store that was not checked for so long is said to be old.
    pub stale_hours: u32,
    /// And after so long it answers nothing; none: it always answers.
    pub refuse_hours: Option<u32>,
    /// Conversations that nobody has gone on with for so long are forgotten; none: they stay.
    pub retention_days: Option<u32>,
    /// So many people must have looked at what a release answers otherwise before it goes live.
    pub reviewers: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            answers: Answers::default(),
            stale_hours: 72,
            refuse_hours: None,
            retention_days: None,
            reviewers: 0,
        }
    }
}

/// Who writes answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Answers {
    /// The tenant's model, where there is one.
    #[default]
    Model,
    /// Nobody: sentences of the sources.
    Verbatim,
}

impl TenantConfig {
    /// What its shape alone does not say.
    pub(crate) fn impossible(&self) -> Option<Impossible> {
        let no = |key, reason: &str| {
            Some(Impossible {
                key,
                reason: reason.to_owned(),
            })
        };
        if !knowledge::is_channel(&self.knowledge.channel) {
            return no(
                "knowledge.channel",
                "small letters, digits and hyphens, such as \"live\"",
            );
        }
        if self.knowledge.store.is_some() && self.aws.as_ref().is_some_and(|a| a.knowledge.is_some()) {
            return no("knowledge.store", "a folder or the bucket aws.knowledge, not both");
        }
        if self.feedback.store.is_some() && self.aws.as_ref().is_some_and(|a| a.feedback.is_some()) {
            return no("feedback.store", "a folder or the bucket aws.feedback, not both");
        }
        if self.knowledge.root.is_some()
            && self.knowledge.store.is_none()
            && self.aws.as_ref().is_none_or(|a| a.knowledge.is_none())
        {
            return no(
                "knowledge.root",
                "it is of no store: name knowledge.store or the bucket aws.knowledge",
            );
        }
        if self.knowledge.check_minutes == 0 {
            return no("knowledge.check_minutes", "at least 1");
        }
        if self.policy.stale_hours == 0 || self.policy.refuse_hours.is_some_and(|r| r < self.policy.stale_hours) {
            return no("policy.stale_hours", "at least 1, and not more than refuse_hours");
        }
        if self.policy.retention_days == Some(0) {
            return no("policy.retention_days", "at least 1");
        }
        None
    }

    /// A document's link as the system's browser may open it: https to a host that the tenant lists. It is
    /// opened as it was read here, so that nobody reads another host in it.
    pub fn link(&self, written: &str) -> Option<Url> {
        let url = Url::parse(written).ok()?;
        let host = url.host_str()?;
        let listed = |l: &String| {
            let l = Host::parse(l).map(|l| l.to_string());
            l.is_ok_and(|l| host == l || host.ends_with(&format!(".{l}")))
        };
        // A name or a backslash before the host is there to be taken for it.
        let plain = url.username().is_empty() && url.password().is_none() && !written.contains('\\');
        let may = url.scheme() == "https" && plain && self.links.iter().any(listed);
        may.then_some(url)
    }
}

pub fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 63
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The id that a file of a tenant names.
pub fn id_of(file: &Path) -> Result<String, DeskError> {
    let text = text_of(file)?.ok_or_else(|| DeskError::usage(format!("{} is not there", file.display())))?;
    let table = parsed(file, &text)?;
    match table.get("id").and_then(Value::as_str) {
        Some(id) if is_id(id) => Ok(id.to_owned()),
        _ => Err(DeskError::failed(format!(
            "{}: id = \"…\" is needed: small letters, digits and hyphens",
            file.display()
        ))),
    }
}

/// The text of a file; nothing where it is not there.
pub fn text_of(path: &Path) -> Result<Option<String>, DeskError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e)
            if matches!(
                e.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(DeskError::failed(format!("{} cannot be read: {e}", path.display()))),
    }
}

/// A file's table. Its keys and types must be right even where another file completes it.
pub fn parsed(path: &Path, text: &str) -> Result<Table, DeskError> {
    let bad = |e: toml::de::Error| DeskError::failed(format!("{}: {e}", path.display()));
    match toml::from_str::<TenantConfig>(text) {
        Err(e) if !e.message().starts_with("missing field") => return Err(bad(e)),
        _ => {}
    }
    let mut table: Table = toml::from_str(text).map_err(bad)?;
    let whole = |given: &mut String| {
        *given = path
            .parent()
            .unwrap_or(Path::new(""))
            .join(&*given)
            .to_string_lossy()
            .into_owned();
    };
    if let Some(Value::String(drugs)) = table.get_mut("drugs") {
        whole(drugs);
    }
    if let Some(Value::String(given)) = table.get_mut("feedback").and_then(|f| f.get_mut("store")) {
        whole(given);
    }
    if let Some(Value::Table(knowledge)) = table.get_mut("knowledge") {
        for key in ["store", "root", "keys"] {
            if let Some(Value::String(given)) = knowledge.get_mut(key) {
                whole(given);
            }
        }
        if let Some(Value::Array(golden)) = knowledge.get_mut("golden") {
            for file in golden {
                if let Value::String(given) = file {
                    whole(given);
                }
            }
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_open_only_on_the_tenants_hosts() {
        let c: TenantConfig = toml::from_str("name = \"T\"\nlinks = [\"kb.example\", \"bücher.example\"]").unwrap();
        for (written, may) in [
            ("https://kb.example/a", true),
            ("https://sub.kb.example/a?b#c", true),
            ("https://KB.example", true),
            ("https://kb.example:8443/@somebody", true),
            ("https://bücher.example/", true),
            ("http://kb.example/a", false),
            ("https://evil.example/kb.example", false),
            ("https://notkb.example/", false),
            ("https://kb.example@evil.example/", false),
            ("https://kb.example\\@evil.example/", false),
            ("https://kb.example:443@evil.example/", false),
            ("https://evil.example@kb.example/", false),
            ("https://kb.example%2f@evil.example/", false),
            ("https://kb.example.evil.example/", false),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(c.link(written).is_some(), may, "{written}");
        }
        let opened = c.link("https://KB.example/a b").unwrap();
        assert_eq!(opened.as_str(), "https://kb.example/a%20b");
    }
}
