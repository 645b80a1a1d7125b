//! The configuration of a tenant as it holds here: the machine's own file, which IT controls and which wins, over
//! the user's, over the sample's. Each key that the machine's file sets is locked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::error::DeskError;
use crate::place::Place;
use crate::sample;
use crate::tenant::{Answers, SAMPLE, TenantConfig, parsed, text_of};

/// What the operator chose in the window, where nothing is locked.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Choices {
    answers: Option<Answers>,
}

pub fn read(place: &Place) -> Result<TenantConfig, DeskError> {
    let machine = place.machine.join("tenants").join(format!("{}.toml", place.tenant));
    let texts = texts(place, &machine)?;
    let (merged, locked) = merged(&texts, &machine)?;
    let files = || {
        let names: Vec<String> = texts.iter().map(|t| t.0.display().to_string()).collect();
        names.join(" and ")
    };
    let mut config: TenantConfig = merged
        .try_into()
        .map_err(|e: toml::de::Error| DeskError::failed(format!("{}: {}", files(), e.message())))?;
    if let Some(id) = &config.id
        && *id != place.tenant
    {
        let this = &place.tenant;
        let message = format!("{}: id is \"{id}\", but this is the tenant {this}", files());
        return Err(DeskError::failed(message));
    }
    let impossible = config.aws.as_ref().and_then(|aws| aws.check().err());
    if let Some(e) = impossible.or_else(|| config.impossible()) {
        let line =
            |(path, text): &(PathBuf, String)| Some(format!("{}, line {}", path.display(), line_of(text, e.key)?));
        let place = texts.iter().find_map(line).unwrap_or_else(files);
        return Err(DeskError::failed(format!("{place}: {}: {}", e.key, e.reason)));
    }
    config.locked = locked;
    if !config.locked.contains_key("policy.answers")
        && let Some(answers) = choices(place).answers
    {
        config.policy.answers = answers;
    }
    Ok(config)
}

/// The files that there are, the one that wins first.
fn texts(place: &Place, machine: &Path) -> Result<Vec<(PathBuf, String)>, DeskError> {
    let own = place.tenant_file.clone();
    let own = own.unwrap_or_else(|| place.tenant_dir().join("tenant.toml"));
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for path in [machine, &own] {
        if let Some(text) = text_of(path)? {
            texts.push((path.to_owned(), text));
        }
    }
    if texts.is_empty() {
        if place.tenant != SAMPLE && place.release.is_none() {
            let (tenant, own) = (&place.tenant, own.display());
            return Err(DeskError::usage(format!(
                "the tenant “{tenant}” is not set up: {own} is not there"
            )));
        }
        texts.push((PathBuf::from("the sample's tenant.toml"), sample::config().to_owned()));
    }
    Ok(texts)
}

/// One table of all files, and the keys that the machine's sets.
fn merged(texts: &[(PathBuf, String)], machine: &Path) -> Result<(Table, BTreeMap<String, PathBuf>), DeskError> {
    let mut merged = Table::new();
    let mut locked = BTreeMap::new();
    for (path, text) in texts.iter().rev() {
        let table = parsed(path, text)?;
        if path == machine {
            leaves(&table, "", &mut |key| {
                locked.insert(key, machine.to_owned());
            });
        }
        merge(&mut merged, table);
    }
    Ok((merged, locked))
}

fn choices(place: &Place) -> Choices {
    // What cannot be read is as if nothing had been chosen.
    let text = std::fs::read_to_string(place.tenant_dir().join("choices.toml")).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

/// Keeps what the operator chose, where IT has not.
pub fn choose(place: &Place, config: &TenantConfig, answers: Answers) -> Result<(), DeskError> {
    if let Some(by) = config.locked.get("policy.answers") {
        let by = by.display();
        return Err(DeskError::failed(format!("This is set by IT, in {by}.")));
    }
    let failed = |e: &dyn std::fmt::Display| DeskError::failed(format!("The choice cannot be kept: {e}"));
    let text = toml::to_string(&Choices { answers: Some(answers) }).map_err(|e| failed(&e))?;
    place.make_private()?;
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
            unattended: false,
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
        assert!(refused.message.contains("set by IT") && refused.message.contains("clinic.toml"));
        assert!(place.tenants().contains(&"clinic".to_owned()));
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
