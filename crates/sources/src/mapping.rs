//! What people said the names of a source mean: which column, key or name of a page becomes what, what is left out by
//! name, what holds where nothing is said. Nothing is read here; a source without a mapping is read by its own names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::columns::{is_known, normal};
use crate::survey::Survey;

/// What becomes of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    /// What a document has: `answer`, `effective_to`.
    Field(String),
    /// Nothing: somebody decided so.
    Ignored,
    /// A paragraph of its own under the text, with the name before it: an exception, a note.
    Written,
    /// A state: only what says one of these is in force.
    State(Vec<String>),
}

#[derive(Debug)]
struct Named {
    written: String,
    becomes: Becomes,
    met: AtomicBool,
}

/// The meaning of the names of one source.
#[derive(Debug, Default)]
pub struct Mapping {
    names: BTreeMap<String, Named>,
    defaults: BTreeMap<String, String>,
    /// How days are written, `%d/%m/%Y`; else 2026-09-01.
    pub dates: Option<String>,
    /// Where in an object of JSON the list stands, by keys: `data.articles`.
    pub list: Option<String>,
    sheets: Vec<(String, AtomicBool)>,
    survey: Option<Survey>,
}

impl Mapping {
    /// By the source's own names alone.
    pub fn none() -> &'static Mapping {
        static NONE: Mapping = Mapping {
            names: BTreeMap::new(),
            defaults: BTreeMap::new(),
            dates: None,
            list: None,
            sheets: Vec::new(),
            survey: None,
        };
        &NONE
    }

    /// Reads anything, and remembers which names there are.
    pub fn surveying() -> Self {
        Mapping {
            survey: Some(Survey::default()),
            ..Mapping::default()
        }
    }

    pub fn survey(&self) -> Option<&Survey> {
        self.survey.as_ref()
    }

    /// Says what becomes of a name; an error where a document has nothing of that kind, or the name was said before.
    pub fn name(&mut self, name: &str, becomes: Becomes) -> Result<(), String> {
        if let Becomes::Field(field) = &becomes
            && !is_known(field)
        {
            return Err(format!(
                "“{name}” cannot become “{field}”: a document has no such thing"
            ));
        }
        let named = Named {
            written: name.to_owned(),
            becomes,
            met: AtomicBool::new(false),
        };
        match self.names.insert(normal(name), named) {
            None => Ok(()),
            Some(before) => Err(format!("“{}” and “{name}” are one name", before.written)),
        }
    }

    /// Says what a document has where its source says nothing.
    pub fn hold(&mut self, field: &str, value: &str) -> Result<(), String> {
        if !is_known(field) || ["id", "title", "question", "answer", "body", "text"].contains(&field) {
            return Err(format!("“{field}” is nothing that all documents of a source may have"));
        }
        self.defaults.insert(field.to_owned(), value.to_owned());
        Ok(())
    }

    pub fn ignore_sheet(&mut self, name: &str) {
        self.sheets.push((name.to_owned(), AtomicBool::new(false)));
    }

    pub fn ignores_sheet(&self, name: &str) -> bool {
        let found = self.sheets.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.trim()));
        found.inspect(|(_, met)| met.store(true, Ordering::Relaxed)).is_some()
    }

    /// What becomes of a name; none where nobody said.
    pub fn becomes(&self, name: &str) -> Option<&Becomes> {
        if self.names.is_empty() {
            return None;
        }
        let named = self.names.get(&normal(name))?;
        named.met.store(true, Ordering::Relaxed);
        Some(&named.becomes)
    }

    /// By which name a column of a table is read; none where it is no field of a document.
    pub fn field<'n>(&'n self, name: &'n str) -> Option<Cow<'n, str>> {
        match self.becomes(name) {
            None => Some(match &self.survey {
                Some(survey) => survey.guessed(name).map_or(Cow::Borrowed(name), Cow::Borrowed),
                None => Cow::Borrowed(name),
            }),
            Some(Becomes::Field(field)) => Some(Cow::Borrowed(field)),
            Some(_) => None,
        }
    }

    /// Whether something within the object under this key is named.
    pub fn reaches_into(&self, key: &str) -> bool {
        let within = format!("{}_", normal(key));
        self.survey.is_some() || self.names.keys().any(|n| n.starts_with(&within))
    }

    pub fn defaults(&self) -> impl Iterator<Item = (&str, &str)> {
        self.defaults.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Names that nothing had: renamed at the source, or mistyped here.
    pub fn unmet(&self) -> Vec<String> {
        let is_unmet = |met: &AtomicBool| !met.load(Ordering::Relaxed);
        let names = self.names.values().filter(|n| is_unmet(&n.met));
        let sheets = self.sheets.iter().filter(|(_, met)| is_unmet(met));
        names
            .map(|n| format!("nothing has the name “{}”", n.written))
            .chain(sheets.map(|(name, _)| format!("no sheet is called “{name}”")))
            .collect()
    }
}
