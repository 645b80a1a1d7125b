//! A document from named values: front matter, a table's row, an object of JSON, a page's metadata. Values are kept
//! as they were written: `08` is no 8, `1.10` no 1.1 and `NO` no false.

use std::collections::BTreeMap;

use jiff::civil::Date;
use mortar_language::Kind;

use crate::columns::{self, is_in_force, is_known, looks_like};
use crate::document::Document;
use crate::exact::exact;
use crate::limits::MOST_CODES;
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

/// Whether a row is one of names.
pub enum Header {
    No,
    /// The table's own once more.
    Same,
    /// Of another table.
    Other,
}

/// Values by the normal form of their names.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, (String, Written)>);

impl Fields {
    /// Two values of one name are refused: neither is dropped in silence.
    pub fn new(values: impl IntoIterator<Item = (String, Written)>) -> Result<Self, String> {
        let mut out = Fields::default();
        for (name, value) in values {
            if out.insert(name.clone(), value) {
                return Err(format!("“{name}” is there twice; give each a name of its own"));
            }
        }
        Ok(out)
    }

    /// Whether the name was taken.
    fn insert(&mut self, name: String, value: Written) -> bool {
        self.0.insert(columns::normal(&name), (name, value)).is_some()
    }

    /// The same, where what is there already stays.
    pub fn add(&mut self, name: String, value: Written) {
        self.0.entry(columns::normal(&name)).or_insert((name, value));
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
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
        matches!(self.0.get(key), Some((_, Written::LeftOut)))
    }

    /// Whether a row of values says the names of columns instead.
    pub fn header(&self) -> Header {
        /// In bytes: what is longer names no column.
        const LONGEST: usize = 100;
        let mut filled = 0;
        let (mut same, mut known) = (true, true);
        let mut names_body = false;
        for (key, (name, value)) in &self.0 {
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
        let parts: Vec<&str> = match self.0.get(key) {
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
        let texts = self.0.iter().filter_map(|(key, (name, value))| match value {
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
        let unused = self.0.iter().filter(|(k, v)| !is_known(k) && v.1.is_filled());
        unused.map(|(_, (name, _))| name.as_str())
    }

    /// What of it could decide whether this may be used, and what it looks like.
    pub fn doubts(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let unused = self.0.iter().filter(|(k, v)| !is_known(k) && v.1.is_filled());
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
        if let Some((_, (name, _))) = self.0.iter().find(|(k, v)| is_known(k) && v.1 == Written::Deep) {
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
        })
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

/// A file's stem as an id.
pub fn stem_id(stem: &str) -> String {
    stem.replace(char::is_whitespace, "-")
}
