//! The tenant's configuration: the machine's own file, which IT controls and which wins, over the user's,
//! over the sample's. Each key that the machine's file sets is locked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mortar_aws::{AwsConfig, Impossible};
use mortar_store::manifest as knowledge;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use ts_rs::TS;

use crate::{DeskError, Place, sample};

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
    #[serde(default)]
    pub policy: Policy,
    #[serde(default)]
    pub knowledge: KnowledgeConfig,
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
    /// A folder in place of the bucket `aws.knowledge`.
    pub store: Option<PathBuf>,
    /// The root of trust, as `mortar kb keys init` made it; without it no store is followed.
    pub root: Option<PathBuf>,
    /// The keys to publish with.
    pub keys: Option<PathBuf>,
    pub check_minutes: u32,
}

impl Default for KnowledgeConfig {
    fn default() -> Self {
        KnowledgeConfig {
            channel: "live".into(),
            store: None,
            root: None,
            keys: None,
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
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            answers: Answers::default(),
            stale_hours: 72,
            refuse_hours: None,
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
    fn impossible(&self) -> Option<Impossible> {
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
        None
    }

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

/// What the operator chose in the window, where nothing is locked.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Choices {
    answers: Option<Answers>,
}

/// Where IT keeps what holds for all users of a machine.
pub fn machine_folder() -> PathBuf {
    if cfg!(windows) {
        let data = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        data.join("Mortar")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Mortar")
    } else {
        PathBuf::from("/etc/mortar")
    }
}

pub fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 63
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The tenants that this machine and this user know, the sample among them.
pub fn known(place: &Place) -> Vec<String> {
    let mut out = vec![sample::TENANT.to_owned(), place.tenant.clone()];
    for entry in std::fs::read_dir(place.home.join("tenants"))
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry.path().join("tenant.toml").is_file() {
            out.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    for entry in std::fs::read_dir(place.machine.join("tenants"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "toml") {
            out.extend(path.file_stem().map(|s| s.to_string_lossy().into_owned()));
        }
    }
    out.retain(|id| is_id(id));
    out.sort();
    out.dedup();
    out
}

/// The id that a file of a tenant names.
pub fn id_of(file: &Path) -> Result<String, DeskError> {
    let text = text_of(file)?.ok_or_else(|| DeskError::new("usage", format!("{} is not there", file.display())))?;
    let table = parsed(file, &text)?.1;
    match table.get("id").and_then(Value::as_str) {
        Some(id) if is_id(id) => Ok(id.to_owned()),
        _ => Err(DeskError::new(
            "tenant",
            format!(
                "{}: id = \"…\" is needed: small letters, digits and hyphens",
                file.display()
            ),
        )),
    }
}

fn text_of(path: &Path) -> Result<Option<String>, DeskError> {
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
        Err(e) => Err(DeskError::new(
            "tenant",
            format!("{} cannot be read: {e}", path.display()),
        )),
    }
}

/// A file's table. Its keys and types must be right even where another file completes it.
fn parsed(path: &Path, text: &str) -> Result<(PathBuf, Table), DeskError> {
    let bad = |e: toml::de::Error| DeskError::new("tenant", format!("{}: {e}", path.display()));
    match toml::from_str::<TenantConfig>(text) {
        Err(e) if !e.message().starts_with("missing field") => return Err(bad(e)),
        _ => {}
    }
    let mut table: Table = toml::from_str(text).map_err(bad)?;
    if let Some(Value::Table(knowledge)) = table.get_mut("knowledge") {
        for key in ["store", "root", "keys"] {
            if let Some(Value::String(given)) = knowledge.get_mut(key) {
                let whole = path.parent().unwrap_or(Path::new("")).join(&*given);
                *given = whole.to_string_lossy().into_owned();
            }
        }
    }
    Ok((path.to_owned(), table))
}

pub fn read(place: &Place) -> Result<TenantConfig, DeskError> {
    let own = place
        .tenant_file
        .clone()
        .unwrap_or_else(|| place.tenant_dir().join("tenant.toml"));
    let machine = place.machine.join("tenants").join(format!("{}.toml", place.tenant));
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for path in [&machine, &own] {
        if let Some(text) = text_of(path)? {
            texts.push((path.clone(), text));
        }
    }
    if texts.is_empty() {
        if place.tenant != sample::TENANT && place.release.is_none() {
            return Err(DeskError::new(
                "usage",
                format!(
                    "the tenant “{}” is not set up: {} is not there",
                    place.tenant,
                    own.display()
                ),
            ));
        }
        texts.push((PathBuf::from("the sample's tenant.toml"), sample::config().to_owned()));
    }
    let mut merged = Table::new();
    let mut locked = BTreeMap::new();
    for (path, text) in texts.iter().rev() {
        let (_, table) = parsed(path, text)?;
        if *path == machine {
            leaves(&table, "", &mut |key| {
                locked.insert(key, machine.clone());
            });
        }
        merge(&mut merged, table);
    }
    let files = || {
        texts
            .iter()
            .map(|t| t.0.display().to_string())
            .collect::<Vec<_>>()
            .join(" and ")
    };
    let mut config: TenantConfig = merged
        .try_into()
        .map_err(|e: toml::de::Error| DeskError::new("tenant", format!("{}: {}", files(), e.message())))?;
    if let Some(id) = &config.id
        && *id != place.tenant
    {
        return Err(DeskError::new(
            "tenant",
            format!("{}: id is \"{id}\", but this is the tenant {}", files(), place.tenant),
        ));
    }
    let impossible = config.aws.as_ref().and_then(|aws| aws.check().err());
    if let Some(e) = impossible.or_else(|| config.impossible()) {
        let at = texts
            .iter()
            .find_map(|(path, text)| Some((path, line_of(text, e.key)?)));
        let place = at.map_or_else(&files, |(path, line)| format!("{}, line {line}", path.display()));
        return Err(DeskError::new("tenant", format!("{place}: {}: {}", e.key, e.reason)));
    }
    config.locked = locked;
    if !config.locked.contains_key("policy.answers")
        && let Some(answers) = choices(place).answers
    {
        config.policy.answers = answers;
    }
    Ok(config)
}

fn choices(place: &Place) -> Choices {
    // What cannot be read is as if nothing had been chosen.
    let text = std::fs::read_to_string(place.tenant_dir().join("choices.toml")).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

/// Keeps what the operator chose, where IT has not.
pub fn choose(place: &Place, config: &TenantConfig, answers: Answers) -> Result<(), DeskError> {
    if let Some(by) = config.locked.get("policy.answers") {
        return Err(DeskError::new(
            "locked",
            format!("This is set by IT, in {}.", by.display()),
        ));
    }
    let failed = |e: &dyn std::fmt::Display| DeskError::new("tenant", format!("The choice cannot be kept: {e}"));
    let text = toml::to_string(&Choices { answers: Some(answers) }).map_err(|e| failed(&e))?;
    std::fs::create_dir_all(place.tenant_dir()).map_err(|e| failed(&e))?;
    std::fs::write(place.tenant_dir().join("choices.toml"), text).map_err(|e| failed(&e))
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(held)), Value::Table(more)) => merge(held, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn leaves(table: &Table, before: &str, tell: &mut dyn FnMut(String)) {
    for (key, value) in table {
        let name = format!("{before}{key}");
        match value {
            Value::Table(inner) => leaves(inner, &format!("{name}."), tell),
            _ => tell(name),
        }
    }
}

/// The line on which a key stands, as people count lines.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let (table, name) = key.rsplit_once('.')?;
    let mut at = String::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            at = head.trim().to_owned();
        } else if at == table && line.split('=').next().map(str::trim) == Some(name) {
            return Some(n + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../../docs/tenant.example.toml");

    fn place(home: &Path) -> Place {
        Place {
            home: home.join("home"),
            machine: home.join("machine"),
            tenant: "clinic".into(),
            tenant_file: None,
            release: None,
            weights: PathBuf::new(),
        }
    }

    fn write(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn the_example_holds_every_key_and_is_right() {
        let config: TenantConfig = toml::from_str(WHOLE).unwrap();
        config.aws.unwrap().check().unwrap();
    }

    #[test]
    fn the_machines_file_wins_and_locks() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        write(
            place.tenant_dir().join("tenant.toml"),
            "name = \"Mine\"\nlinks = [\"a.example\"]\n[policy]\nanswers = \"model\"\n",
        );
        let machine = place.machine.join("tenants/clinic.toml");
        write(machine.clone(), "name = \"Clinic\"\n[policy]\nanswers = \"verbatim\"\n");
        let config = read(&place).unwrap();
        assert_eq!(
            (config.name.as_str(), config.policy.answers),
            ("Clinic", Answers::Verbatim)
        );
        assert_eq!(config.links, ["a.example"]);
        assert_eq!(config.locked.get("policy.answers"), Some(&machine));
        assert!(!config.locked.contains_key("links"));
        let refused = choose(&place, &config, Answers::Model).unwrap_err();
        assert!(refused.code == "locked" && refused.message.contains("clinic.toml"));
        assert!(known(&place).contains(&"clinic".to_owned()));
    }

    #[test]
    fn a_choice_holds_where_nothing_is_locked() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        write(place.tenant_dir().join("tenant.toml"), "name = \"Clinic\"\n");
        let config = read(&place).unwrap();
        choose(&place, &config, Answers::Verbatim).unwrap();
        assert_eq!(read(&place).unwrap().policy.answers, Answers::Verbatim);
    }

    #[test]
    fn what_is_wrong_is_said_with_file_line_and_what_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        for (from, to, said) in [
            (
                "region =",
                "regoin =",
                "unknown field `regoin`, expected one of `region`",
            ),
            (
                "dimensions = 384",
                "dimensions = \"many\"",
                "invalid type: string \"many\", expected usize",
            ),
            (
                "contract = \"tei\"",
                "contract = \"te\"",
                "unknown variant `te`, expected one of",
            ),
            (
                "account = \"123456789012\"",
                "account = \"12\"",
                "aws.sso.account: an account is twelve digits",
            ),
            (
                "bucket = \"pharmacy-feedback\"",
                "bucket = \"pharmacy-knowledge\"",
                "needs a bucket of its own",
            ),
            ("s3 = \"https:", "s3 = \"http:", "https is needed"),
            ("batch = 32", "batch = 0", "at least 1"),
            (
                "contract = \"messages\"",
                "contract = \"llama3-base\"",
                "stream = false",
            ),
        ] {
            assert!(WHOLE.contains(from), "{from}");
            let text = WHOLE
                .replacen(from, to, 1)
                .replacen("id = \"pharmacy\"", "id = \"clinic\"", 1);
            write(place.tenant_dir().join("tenant.toml"), &text);
            let message = read(&place).unwrap_err().message;
            assert!(
                message.contains(said) && message.contains("tenant.toml") && message.contains("line "),
                "{to}: {message}"
            );
        }
    }

    #[test]
    fn a_tenant_is_not_another() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        write(
            place.tenant_dir().join("tenant.toml"),
            "id = \"pharmacy\"\nname = \"P\"\n",
        );
        assert!(read(&place).unwrap_err().message.contains("this is the tenant clinic"));
    }
}
