//! Import: sources of every format to documents. A bad row or file is a [`Fault`] with its place
//! and its reason; nothing is guessed and nothing is dropped in silence.

mod html;
mod markdown;
mod table;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use mortar_language::Kind;
use mortar_language::codes;
use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::document::Document;

/// A document longer than this is a mistake, or a book that should come in chapters.
pub const LONGEST_DOCUMENT: usize = 8 * 1024 * 1024;

/// What could not be imported, where it stands and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub file: String,
    /// A row or a line, where there is one.
    pub place: Option<String>,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

#[derive(Debug, Default)]
pub struct Imported {
    /// In the order of their ids.
    pub documents: Vec<Document>,
    pub faults: Vec<Fault>,
    /// Files of a folder that are no source by their name.
    pub ignored: Vec<String>,
}

#[derive(Debug, Error)]
pub enum ImportError {
    #[error("{0} is not there. Check the path.")]
    NotThere(PathBuf),
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
}

/// A document with the place it came from, or the reason why there is none.
type Item = (Option<String>, Result<Document, String>);

/// Imports files and folders (folders with all that is in them, by name).
pub fn import(sources: &[PathBuf]) -> Result<Imported, ImportError> {
    let mut files = Vec::new();
    for source in sources {
        list(source, source, &mut files)?;
    }
    let contents = files.into_iter().map(|(name, path)| {
        let bytes = std::fs::read(&path).map_err(|e| ImportError::Unreadable(path, e))?;
        Ok((name, bytes))
    });
    import_files(contents)
}

/// Imports sources that are in memory already: `(name, bytes)`.
pub fn import_files<E>(files: impl IntoIterator<Item = Result<(String, Vec<u8>), E>>) -> Result<Imported, E> {
    let mut out = Imported::default();
    let mut places: HashMap<String, String> = HashMap::new();
    for file in files {
        let (name, bytes) = file?;
        let Some(items) = read(&name, &bytes) else {
            out.ignored.push(name);
            continue;
        };
        for (place, item) in items {
            let here = place.as_ref().map_or(name.clone(), |p| format!("{name}, {p}"));
            let fault = |reason| Fault {
                file: name.clone(),
                place: place.clone(),
                reason,
            };
            match item.and_then(check) {
                Err(reason) => out.faults.push(fault(reason)),
                Ok(document) => match places.entry(document.id.clone()) {
                    Entry::Occupied(first) => out.faults.push(fault(format!(
                        "the id “{}” is taken by {}; give one of them another id",
                        document.id,
                        first.get()
                    ))),
                    Entry::Vacant(free) => {
                        free.insert(here);
                        out.documents.push(document);
                    }
                },
            }
        }
    }
    out.documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

/// The files of a source, each with the name it is reported by, sorted.
fn list(root: &Path, path: &Path, out: &mut Vec<(String, PathBuf)>) -> Result<(), ImportError> {
    let unreadable = |e| ImportError::Unreadable(path.to_owned(), e);
    if !path.exists() {
        return Err(ImportError::NotThere(path.to_owned()));
    }
    if path.is_file() {
        let name = path.strip_prefix(root).ok().filter(|p| !p.as_os_str().is_empty());
        let name = name.map_or_else(
            || path.file_name().map(PathBuf::from).unwrap_or_default(),
            Path::to_owned,
        );
        out.push((name.to_string_lossy().replace('\\', "/"), path.to_owned()));
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(unreadable)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        if !entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
            list(root, &entry, out)?;
        }
    }
    Ok(())
}

/// The documents of one file by its extension; none if it is no source.
fn read(name: &str, bytes: &[u8]) -> Option<Vec<Item>> {
    let path = Path::new(name);
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let extension = path.extension()?.to_string_lossy().to_lowercase();
    Some(match extension.as_str() {
        "csv" => table::csv(&stem, bytes),
        "xlsx" => table::xlsx(&stem, bytes),
        "jsonl" | "ndjson" => table::jsonl(&stem, bytes),
        "md" | "markdown" => vec![(None, page(bytes).and_then(|t| markdown::read(&stem, t)))],
        "html" | "htm" => vec![(None, page(bytes).and_then(|t| html::read(&stem, t)))],
        _ => return None,
    })
}

/// A whole file as one text.
fn page(bytes: &[u8]) -> Result<&str, String> {
    if bytes.len() > LONGEST_DOCUMENT {
        return Err(too_long(bytes.len()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8 at byte {}; save it as UTF-8", e.valid_up_to()))
}

fn too_long(bytes: usize) -> String {
    format!(
        "{} MB is too long for one document (at most {} MB); cut it into several",
        bytes.div_ceil(1024 * 1024),
        LONGEST_DOCUMENT / 1024 / 1024
    )
}

/// The last checks, the same for every format.
fn check(mut d: Document) -> Result<Document, String> {
    if d.body.len() > LONGEST_DOCUMENT {
        return Err(too_long(d.body.len()));
    }
    d.body = tidy(&d.body);
    d.title = mortar_language::text::collapse(&tidy(&d.title));
    if d.id.is_empty() || d.id.len() > 200 || d.id.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!(
            "the id “{}” must have 1 to 200 characters and no white space",
            d.id.escape_debug()
        ));
    }
    if d.title.is_empty() {
        return Err("no title".into());
    }
    if d.body.trim().is_empty() {
        return Err("no text".into());
    }
    if let (Some(from), Some(to)) = (d.effective_from, d.effective_to)
        && from > to
    {
        return Err(format!("effective_from {from} is after effective_to {to}"));
    }
    Ok(d)
}

/// Line ends as `\n`; control characters become spaces of the same length, so no word runs together.
fn tidy(s: &str) -> String {
    s.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// A document from named values: front matter, a table's row, the IR form's metadata.
struct Fields(Map<String, Value>);

impl Fields {
    fn new(values: Map<String, Value>) -> Self {
        Fields(
            values
                .into_iter()
                .map(|(k, v)| (k.trim().to_lowercase().replace([' ', '-'], "_"), v))
                .collect(),
        )
    }

    fn text(&self, key: &str) -> Option<String> {
        let text = match self.0.get(key)? {
            Value::String(s) => s.trim().to_owned(),
            Value::Number(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A list, or one text parted by commas or semicolons.
    fn list(&self, key: &str) -> Vec<String> {
        let parts: Vec<String> = match self.0.get(key) {
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(|v| match v {
                    Value::String(s) => Some(s.clone()),
                    Value::Number(n) => Some(n.to_string()),
                    _ => None,
                })
                .collect(),
            _ => self
                .text(key)
                .map(|t| t.split([',', ';']).map(str::to_owned).collect())
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
        let day = text.split(['T', ' ']).next().unwrap_or(&text);
        day.parse()
            .map(Some)
            .map_err(|_| format!("{key} “{text}” is no date; write it as 2026-09-01"))
    }

    /// The document, its body and whatever the format knows given.
    fn document(&self, id: String, title: String, body: String, kind: Kind) -> Result<Document, String> {
        let kind = match self.text("kind").map(|k| k.to_lowercase()).as_deref() {
            None => kind,
            Some("qa" | "q&a" | "faq") => Kind::Qa,
            Some("sop") => Kind::Sop,
            Some("article" | "help") => Kind::Article,
            Some("code") => Kind::Code,
            Some(other) => return Err(format!("kind “{other}” is none of qa, sop, article, code")),
        };
        let mut codes = self.list("codes");
        codes.extend(self.list("code"));
        let system = self.text("code_system").or_else(|| self.text("table"));
        let exact = exact(&title, &codes, system.as_deref());
        Ok(Document {
            id,
            title,
            body,
            url: self.text("url"),
            kind,
            version: self.text("version").unwrap_or_else(|| "1".into()),
            effective_from: self.date("effective_from")?,
            effective_to: self.date("effective_to")?,
            owner: self.text("owner"),
            tags: self.list("tags"),
            codes,
            history: self.text("history"),
            exact,
        })
    }
}

/// The codes that a document is about, in normal form: its own, with the system that its title or
/// its table says.
fn exact(title: &str, own: &[String], table: Option<&str>) -> Vec<codes::Code> {
    let in_title: Vec<codes::Code> = codes::find(title, &|_| false).into_iter().map(|f| f.code).collect();
    let mut out: Vec<codes::Code> = Vec::new();
    for cell in own {
        for code in codes::parse(cell, None) {
            let said = codes::find(title, &|c| c.value == code.value)
                .into_iter()
                .map(|f| f.code)
                .find(|c| c.value == code.value && codes::systems_agree(&c.system, &code.system));
            let code = match said {
                Some(said) if code.system.is_empty() => said,
                // "claims" or "reject" as a column's word is a system if it is one we read elsewhere.
                _ if code.system.is_empty() => {
                    let led = table
                        .map(|t| t.replace(['_', '-'], " "))
                        .map(|t| codes::find(&format!("{t} code {}", code.value), &|_| true));
                    led.and_then(|f| f.into_iter().next()).map_or(code, |f| f.code)
                }
                _ => code,
            };
            if !out.contains(&code) {
                out.push(code);
            }
        }
    }
    if own.is_empty() {
        for code in in_title {
            if !out.contains(&code) {
                out.push(code);
            }
        }
    }
    out
}

/// An id for what has none: the file's stem and a hash of the title, stable when rows move.
fn made_id(stem: &str, title: &str) -> String {
    let hash = blake3::hash(title.as_bytes()).to_hex();
    format!("{}-{}", stem.replace(char::is_whitespace, "-"), &hash[..8])
}

#[cfg(test)]
mod tests;
