//! A document from named values: front matter, a table's row, an object of JSON, a page's metadata. Values are kept
//! as they were written: `08` is no 8, `1.10` no 1.1 and `NO` no false.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use mortar_language::Kind;

use crate::columns::{self, is_in_force, is_known, looks_like};
use crate::document::Document;
use crate::exact::exact;
use crate::limits::MOST_CODES;
use crate::mapping::{Becomes, Mapping};
use crate::title;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Nothing,
    Text(String),
    List(Vec<String>),
    /// Something deeper than a list of texts.
    Deep,
    /// Something that is there and that a reader does not see.
    LeftOut,
}

impl Written {
    pub fn is_filled(&self) -> bool {
        match self {
            Written::Nothing | Written::LeftOut => false,
            Written::Text(t) => !t.trim().is_empty(),
            Written::List(items) => !items.is_empty(),
            Written::Deep => true,
        }
    }
}

impl Written {
    /// All that it says as one text.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Written::Nothing | Written::LeftOut | Written::Deep => Cow::Borrowed(""),
            Written::Text(text) => Cow::Borrowed(text.trim()),
            Written::List(items) => Cow::Owned(items.join(", ")),
        }
    }
}

/// Whether a row is one of names.
pub enum Header {
    No,
    /// The table's own once more.
    Same,
    /// Of another table.
    Other,
}

/// Values by the normal form of what their names mean.
#[derive(Debug, Default)]
pub struct Fields {
    values: BTreeMap<String, (String, Written)>,
    /// What is to stand under the text, each with its name.
    beneath: Vec<(String, String)>,
    /// What says that this is not in force, where its state was mapped.
    not_in_force: Option<String>,
    /// How its days are written, where that was said.
    dates: Option<String>,
}

impl Fields {
    /// Two values of one name are refused: neither is dropped in silence.
    pub fn new(values: impl IntoIterator<Item = (String, Written)>, mapping: &Mapping) -> Result<Self, String> {
        let mut out = Fields {
            dates: mapping.dates.clone(),
            ..Fields::default()
        };
        for (name, value) in values {
            out.take(name, value, mapping)?;
        }
        for (field, value) in mapping.defaults() {
            if out.values.get(field).is_none_or(|(_, v)| !v.is_filled()) {
                let value = Written::Text(value.to_owned());
                out.values.insert(field.to_owned(), (field.to_owned(), value));
            }
        }
        Ok(out)
    }

    fn take(&mut self, name: String, value: Written, mapping: &Mapping) -> Result<(), String> {
        if let Some(survey) = mapping.survey() {
            survey.add(&name, &value.text());
        }
        let key = match mapping.becomes(&name) {
            None => columns::normal(&name),
            Some(Becomes::Field(field)) => field.clone(),
            Some(Becomes::Ignored) => return Ok(()),
            Some(Becomes::Written) => {
                self.beneath.extend(said(&name, &value)?.map(|text| (name, text)));
                return Ok(());
            }
            Some(Becomes::State(in_force)) => {
                let state = said(&name, &value)?.unwrap_or_default();
                if !in_force.iter().any(|s| s.eq_ignore_ascii_case(state.trim())) {
                    self.not_in_force = Some(format!("“{name}” says “{}”", state.trim()));
                }
                return Ok(());
            }
        };
        match self.values.insert(key, (name.clone(), value)) {
            None => Ok(()),
            Some((other, _)) if columns::normal(&other) != columns::normal(&name) => {
                Err(format!("“{other}” and “{name}” are one thing; map one of them"))
            }
            Some(_) => Err(format!("“{name}” is there twice; give each a name of its own")),
        }
    }

    /// Takes one more value, where what is there already stays.
    pub fn add(&mut self, name: String, value: Written) {
        self.values.entry(columns::normal(&name)).or_insert((name, value));
    }

    /// What says that this is not in force, by a state that was mapped.
    pub fn not_in_force(&self) -> Option<&str> {
        self.not_in_force.as_deref()
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some((_, Written::Text(t))) => Some(t.trim()).filter(|t| !t.is_empty()),
            _ => None,
        }
    }

    /// The first of these that is filled, and whether another is.
    pub fn first(&self, keys: &[&'static str]) -> (Option<&str>, Option<&'static str>) {
        let mut filled = keys.iter().filter(|k| self.text(k).is_some());
        let first = filled.next().and_then(|k| self.text(k));
        (first, filled.next().copied())
    }

    pub fn first_of(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|k| self.text(k))
    }

    pub fn is_left_out(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some((_, Written::LeftOut)))
    }

    /// Whether a row of values says the names of columns instead.
    pub fn header(&self) -> Header {
        /// In bytes: what is longer names no column.
        const LONGEST: usize = 100;
        let mut filled = 0;
        let (mut same, mut known) = (true, true);
        let mut names_body = false;
        for (key, (name, value)) in &self.values {
            match value {
                Written::Text(text) if text.len() > LONGEST => return Header::No,
                Written::Text(text) if !text.trim().is_empty() => {
                    filled += 1;
                    let said = columns::normal(text);
                    same &= said == *key || text.trim() == name.trim();
                    known &= is_known(&said);
                    names_body |= columns::BODIES.contains(&said.as_str());
                }
                Written::Text(_) | Written::Nothing => {}
                _ => return Header::No,
            }
        }
        match filled {
            0 | 1 => Header::No,
            _ if same => Header::Same,
            _ if known && names_body => Header::Other,
            _ => Header::No,
        }
    }

    /// All codes of it, as written.
    pub fn codes(&self) -> Vec<String> {
        let mut codes = self.list("codes");
        codes.extend(self.list("code"));
        codes
    }

    /// A list, or one text parted by commas or semicolons.
    pub fn list(&self, key: &str) -> Vec<String> {
        let parts: Vec<&str> = match self.values.get(key) {
            Some((_, Written::List(items))) => items.iter().map(String::as_str).collect(),
            _ => self
                .text(key)
                .map(|t| t.split([',', ';']).collect())
                .unwrap_or_default(),
        };
        parts
            .into_iter()
            .map(|p| p.trim().to_owned())
            .filter(|p| !p.is_empty())
            .collect()
    }

    fn date(&self, key: &str) -> Result<Option<Date>, String> {
        let Some(text) = self.text(key) else { return Ok(None) };
        if let Some(form) = &self.dates {
            // A sheet says its days itself.
            let day = Date::strptime(form, text).ok().or_else(|| text.parse().ok());
            return day
                .map(Some)
                .ok_or_else(|| format!("{key} “{text}” is no date as {form} writes it"));
        }
        let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
        // "2026-09-01 unless renewed" is more than a date.
        let is_time = time.chars().all(|c| c.is_ascii_digit() || ":.+-Z ".contains(c));
        day.parse()
            .ok()
            .filter(|_| is_time)
            .map(Some)
            .ok_or_else(|| format!("{key} “{text}” is no date; write it as 2026-09-01"))
    }

    /// What a spreadsheet says in place of a value that it could not compute.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.values.iter().filter_map(|(key, (name, value))| match value {
            Written::Text(text) => Some((key, name.as_str(), text.trim())),
            _ => None,
        });
        let decides = |key: &str| is_known(key) || looks_like(key).is_some();
        texts
            .filter(move |(key, _, text)| is_error(text) && decides(key))
            .map(|(_, name, text)| (name, text))
    }

    /// What is filled and not understood, by the names it has there.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let unused = self.values.iter().filter(|(k, v)| !is_known(k) && v.1.is_filled());
        unused.map(|(_, (name, _))| name.as_str())
    }

    /// What of it could decide whether this may be used, and what it looks like.
    pub fn doubts(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let unused = self.values.iter().filter(|(k, v)| !is_known(k) && v.1.is_filled());
        let doubts = unused.filter(|(k, v)| !matches!(&v.1, Written::Text(t) if is_in_force(k, t.trim())));
        doubts.filter_map(|(k, (name, _))| Some((name.as_str(), looks_like(k)?)))
    }

    /// Why this must not be used by itself.
    pub fn undoubted(self) -> Result<Self, String> {
        let doubts: Vec<String> = self.doubts().map(|(name, like)| doubt(name, like)).collect();
        match doubts.is_empty() {
            true => Ok(self),
            false => Err(doubts.join("; ")),
        }
    }

    /// The document, its body and whatever the format knows given.
    pub fn document(&self, id: String, title: Option<String>, body: String, kind: Kind) -> Result<Document, String> {
        if let Some((_, (name, _))) = self.values.iter().find(|(k, v)| is_known(k) && v.1 == Written::Deep) {
            return Err(format!("“{name}” is neither a text nor a list of texts"));
        }
        let kind = match self.text("kind").map(str::to_lowercase).as_deref() {
            None => kind,
            Some("qa" | "q&a" | "faq") => Kind::Qa,
            Some("sop") => Kind::Sop,
            Some("article" | "help") => Kind::Article,
            Some("code") => Kind::Code,
            Some(other) => return Err(format!("kind “{other}” is none of qa, sop, article, code")),
        };
        let codes = self.codes();
        if codes.len() > MOST_CODES {
            return Err(format!("{} codes are too many for one document", codes.len()));
        }
        let title = title.unwrap_or_else(|| title::made(&body));
        let mut body = body;
        for (name, text) in &self.beneath {
            body = format!("{}\n\n{}: {text}", body.trim_end(), name.trim_end_matches([':', ' ']));
        }
        title::check(&title)?;
        let exact = exact(&title, &codes, self.text("code_system").or(self.text("table")));
        let text = |key| self.text(key).map(str::to_owned);
        Ok(Document {
            id,
            title,
            body,
            url: text("url"),
            kind,
            version: text("version").unwrap_or_else(|| "1".into()),
            effective_from: self.date("effective_from")?,
            effective_to: self.date("effective_to")?,
            owner: text("owner"),
            tags: self.list("tags"),
            codes,
            history: text("history"),
            exact,
            source: None,
            pages: Vec::new(),
        })
    }
}

/// A value as one text; an error of a sheet is none.
fn said(name: &str, value: &Written) -> Result<Option<String>, String> {
    if *value == Written::Deep {
        return Err(format!("“{name}” is neither a text nor a list of texts"));
    }
    let text = value.text();
    match is_error(&text) {
        true => Err(format!("“{name}” shows the error {text}")),
        false => Ok(Some(text.into_owned()).filter(|t| !t.is_empty())),
    }
}

/// What spreadsheets show in place of a value, in the languages of their makers; and a number that did not fit.
fn is_error(text: &str) -> bool {
    const ERRORS: &[&str] = &[
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
        "#BLOCKED!",
        "#UNKNOWN!",
        "#CONNECT!",
        "#BUSY!",
        "#PYTHON!",
        "#ERROR!",
        "#N/D",
        "#¡REF!",
        "#¡VALOR!",
        "#¿NOMBRE?",
        "#¡DIV/0!",
        "#¡NUM!",
        "#¡NULO!",
        "#NV",
        "#BEZUG!",
        "#WERT!",
        "#ZAHL!",
        "#VALEUR!",
        "#NOM?",
        "#NOMBRE!",
    ];
    let is_libre = text
        .strip_prefix("Err:")
        .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let overflows = text.len() > 3 && text.bytes().all(|b| b == b'#');
    (text.starts_with('#') && ERRORS.iter().any(|e| e.eq_ignore_ascii_case(text))) || is_libre || overflows
}

/// What is said of a name that could decide.
pub fn doubt(name: &str, like: &str) -> String {
    let instead = match like {
        "an end" => "call it effective_to",
        "a beginning" => "call it effective_from",
        "a state" => "keep only what is in force",
        "an exception" | "a second answer" => "write it into the answer",
        _ => "say what it means",
    };
    format!("“{name}” looks like {like} and would be left out: {instead}, or remove it")
}

/// An id for what has none: the file's stem and a hash of what it says, stable when rows move.
pub fn made_id(stem: &str, said: &str) -> String {
    let hash = blake3::hash(said.as_bytes()).to_hex();
    format!("{}-{}", stem_id(stem), &hash[..8])
}

/// Whether an id was made of the name of its file, or of that and a hash, by the source's want of one.
pub fn is_made(id: &str, file: &str) -> bool {
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem_id(&stem);
    let is_hash = |rest: &str| rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    let hashed = id.strip_prefix(&stem).and_then(|rest| rest.strip_prefix('-'));
    id == stem || id == stem_id(file) || hashed.is_some_and(is_hash) || file.ends_with(".xml")
}

/// A file's stem as an id.
pub fn stem_id(stem: &str) -> String {
    stem.replace(char::is_whitespace, "-")
}
