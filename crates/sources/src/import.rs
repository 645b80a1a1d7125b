//! Import: sources of every format to documents. What cannot be used is a [`Finding`] with its place and its reason;
//! nothing is guessed, and nothing is dropped in silence.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use crate::check::check;
use crate::document::Document;
use crate::encoding::{Decoded, decode};
use crate::finding::Finding;
use crate::guard::guarded;
use crate::limits::{LARGEST_FILE, LONGEST_DOCUMENT, too_long};
use crate::reading::Reading;
use crate::{csv, html, jsonl, markdown, xlsx};

#[derive(Debug, Default)]
pub struct Imported {
    /// In the order of their ids.
    pub documents: Vec<Document>,
    pub findings: Vec<Finding>,
    /// Files of a folder that are no source by their name.
    pub ignored: Vec<String>,
}

/// Imports sources that are in memory: `(name, bytes)`.
pub fn import_files<E>(files: impl IntoIterator<Item = Result<(String, Vec<u8>), E>>) -> Result<Imported, E> {
    let mut out = Imported::default();
    let mut places: HashMap<String, String> = HashMap::new();
    for file in files {
        let (name, bytes) = file?;
        let Some(format) = Format::of(&name) else {
            out.ignored.push(name);
            continue;
        };
        let mut reading = guarded(|| format.read(&name, &bytes));
        drop(bytes);
        for (place, document) in std::mem::take(&mut reading.documents) {
            let here = place.as_ref().map_or(name.clone(), |p| format!("{name}, {p}"));
            match check(document) {
                Err(reason) => reading.refuse(place, reason),
                Ok(document) => match places.entry(document.id.clone()) {
                    Entry::Occupied(first) => {
                        let first = first.get();
                        let id = &document.id;
                        let reason = format!("the id “{id}” is taken by {first}; give one of them another id");
                        reading.refuse(place, reason);
                    }
                    Entry::Vacant(free) => {
                        free.insert(here);
                        out.documents.push(document);
                    }
                },
            }
        }
        out.findings.extend(reading.findings(&name));
    }
    out.documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Xlsx,
    JsonLines,
    Markdown,
    Html,
}

impl Format {
    /// By the extension; none if it is no source. What a program leaves beside an open file is none.
    fn of(name: &str) -> Option<Self> {
        let path = Path::new(name);
        let stem = path.file_stem()?.to_string_lossy();
        if stem.starts_with("~$") || stem.starts_with("._") {
            return None;
        }
        match path.extension()?.to_string_lossy().to_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "md" | "markdown" => Some(Format::Markdown),
            "html" | "htm" => Some(Format::Html),
            _ => None,
        }
    }

    fn read(self, name: &str, bytes: &[u8]) -> Reading {
        if bytes.len() > LARGEST_FILE {
            return Reading::refused(too_long(bytes.len(), LARGEST_FILE, "file"));
        }
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        match self {
            Format::Csv => csv::read(&stem, bytes),
            Format::Xlsx => xlsx::read(&stem, bytes),
            Format::JsonLines => jsonl::read(&stem, bytes),
            Format::Markdown => page(bytes, |text| markdown::read(&stem, text)),
            Format::Html => page(bytes, |text| html::read(&stem, text)),
        }
    }
}

/// A whole file as one document, and what was left out of it.
fn page(bytes: &[u8], read: impl FnOnce(&str) -> Result<(Document, Vec<String>), String>) -> Reading {
    if bytes.len() > LONGEST_DOCUMENT {
        return Reading::refused(too_long(bytes.len(), LONGEST_DOCUMENT, "document"));
    }
    let Decoded { text, told } = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(reason) => return Reading::refused(reason),
    };
    let mut out = Reading::default();
    told.into_iter().for_each(|t| out.tell(None, t));
    match read(&text) {
        Ok((document, told)) => {
            told.into_iter().for_each(|t| out.tell(None, t));
            out.took(None, Ok(document));
        }
        Err(reason) => out.refuse(None, reason),
    }
    out
}

#[cfg(test)]
mod tests;
