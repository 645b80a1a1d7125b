//! `sources.toml`: which files of a folder are sources, what their names mean, what is ignored by name. Read whole or
//! refused with the reason; what it does not know it does not pass over.

use std::collections::BTreeMap;

use glob::{MatchOptions, Pattern};
use mortar_sources::{Becomes, Mapping};
use serde::Deserialize;

use crate::style::{Style, WrittenStyle};

/// The version of `sources.toml`.
const FORMAT: u32 = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    style: WrittenStyle,
    #[serde(default)]
    source: Vec<WrittenSource>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSource {
    path: String,
    dates: Option<String>,
    list: Option<String>,
    review_days: Option<u32>,
    select: Option<String>,
    #[serde(default)]
    ignore_sheets: Vec<String>,
    #[serde(default)]
    columns: BTreeMap<String, Column>,
    #[serde(default)]
    defaults: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Column {
    Named(String),
    State { in_force: Vec<String> },
}

/// What is read of a folder, and how.
#[derive(Default)]
pub struct Plan {
    ignore: Vec<Pattern>,
    pub sources: Vec<Planned>,
    pub style: Style,
}

pub struct Planned {
    pub path: String,
    pattern: Pattern,
    pub mapping: Mapping,
    /// A document of it that did not change for so long is to be looked at.
    pub review_days: Option<u32>,
    /// Of a database: which rows.
    pub select: Option<String>,
}

/// What becomes of a file of the folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    By(usize),
    Ignored,
    Nobody,
}

impl Plan {
    pub fn read(text: &str) -> Result<Plan, String> {
        let written: Written = toml::from_str(text).map_err(|e| e.to_string())?;
        if written.format != FORMAT {
            return Err(format!(
                "format {} is not known; this Mortar reads {FORMAT}",
                written.format
            ));
        }
        let ignore = written.ignore.iter().map(|p| pattern(p)).collect::<Result<_, _>>()?;
        let sources = written.source.into_iter().map(WrittenSource::planned);
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            return Err("it names no [[source]]".into());
        }
        let style = written.style.read()?;
        Ok(Plan { ignore, sources, style })
    }

    /// Which source a file belongs to; the first that fits.
    pub fn takes(&self, file: &str) -> Taken {
        let how = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let fits = |pattern: &Pattern| pattern.matches_with(file, how);
        if self.ignore.iter().any(fits) {
            return Taken::Ignored;
        }
        match self.sources.iter().position(|s| fits(&s.pattern)) {
            Some(n) => Taken::By(n),
            None => Taken::Nobody,
        }
    }
}

impl WrittenSource {
    fn planned(self) -> Result<Planned, String> {
        let at = |e: String| format!("source “{}”: {e}", self.path);
        let mut mapping = Mapping::default();
        for (name, column) in self.columns {
            let becomes = match column {
                Column::State { in_force } if in_force.is_empty() => {
                    return Err(at(format!("“{name}” names no state that is in force")));
                }
                Column::State { in_force } => Becomes::State(in_force),
                Column::Named(field) => match field.as_str() {
                    "ignore" => Becomes::Ignored,
                    "append" => Becomes::Written,
                    _ => Becomes::Field(field),
                },
            };
            mapping.name(&name, becomes).map_err(at)?;
        }
        for (field, value) in &self.defaults {
            mapping.hold(field, value).map_err(at)?;
        }
        for sheet in &self.ignore_sheets {
            mapping.ignore_sheet(sheet);
        }
        if let Some(form) = &self.dates {
            let day = jiff::civil::date(2026, 11, 26);
            let back = jiff::fmt::strtime::format(form, day).ok();
            let back = back.and_then(|text| jiff::civil::Date::strptime(form, &text).ok());
            if back != Some(day) {
                return Err(at(format!(
                    "dates = “{form}” names no day, month and year, as %d/%m/%Y does"
                )));
            }
        }
        (mapping.dates, mapping.list) = (self.dates, self.list);
        Ok(Planned {
            pattern: pattern(&self.path)?,
            path: self.path,
            mapping,
            review_days: self.review_days,
            select: self.select,
        })
    }
}

/// A pattern of paths; the name of a folder means all that is in it.
fn pattern(text: &str) -> Result<Pattern, String> {
    let text = text.trim_start_matches("./");
    let whole = match text.strip_suffix('/') {
        Some(folder) => format!("{folder}/**/*"),
        None => text.to_owned(),
    };
    if whole.split('/').any(|part| part == "..") || whole.starts_with('/') {
        return Err(format!("“{text}” leads out of the folder"));
    }
    Pattern::new(&whole).map_err(|e| format!("“{text}” is no pattern: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_what_is_wrong_with_it() {
        for (text, want) in [
            ("", "missing field `format`"),
            ("format = 2", "format 2 is not known"),
            ("format = 1", "names no [[source]]"),
            ("format = 1\n[style]\nwords = 9", "unknown field `words`"),
            (
                "format = 1\n[style]\navoid = [\"\"]\n[[source]]\npath = \"a\"",
                "no word to avoid",
            ),
            ("format = 1\nsauce = 1", "unknown field `sauce`"),
            ("format = 1\n[[source]]\npath = \"../x\"", "leads out of the folder"),
            ("format = 1\n[[source]]\npath = \"/etc/*\"", "leads out of the folder"),
            ("format = 1\n[[source]]\npath = \"[\"", "no pattern"),
            (
                "format = 1\n[[source]]\npath = \"a\"\ncolumn = {}",
                "unknown field `column`",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ncolumns = {X = \"reply\"}",
                "no such thing",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ncolumns = {\"X\" = \"answer\", \"x\" = \"ignore\"}",
                "are one name",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ncolumns = {X = {in_force = []}}",
                "names no state",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ndefaults = {answer = \"Yes.\"}",
                "nothing that all documents",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ndates = \"day/month\"",
                "names no day",
            ),
            (
                "format = 1\n[[source]]\npath = \"a\"\ndates = \"%d/%m\"",
                "names no day",
            ),
        ] {
            let said = Plan::read(text).err().unwrap_or_default();
            assert!(said.contains(want), "{text}: {said}");
        }
    }

    #[test]
    fn a_file_is_the_first_source_s_that_fits() {
        let plan = "format = 1\nignore = [\"drafts/\", \"*.bak\"]\n[[source]]\npath = \"faq.csv\"\n[[source]]\npath = \"docs/\"\n\
                    [[source]]\npath = \"*.md\"";
        let plan = Plan::read(plan).unwrap();
        for (file, want) in [
            ("faq.csv", Taken::By(0)),
            ("docs/a.md", Taken::By(1)),
            ("docs/deep/er/a.md", Taken::By(1)),
            ("a.md", Taken::By(2)),
            ("other/a.md", Taken::Nobody),
            ("drafts/x/a.md", Taken::Ignored),
            ("faq.bak", Taken::Ignored),
        ] {
            assert_eq!(plan.takes(file), want, "{file}");
        }
    }
}
