//! Import: sources of every format to documents. What cannot be used is a [`Finding`] with its place and its reason;
//! nothing is guessed, and nothing is dropped in silence.

use std::collections::HashMap;
use std::path::Path;

use crate::check::{LONGEST_ID, check, unseen};
use crate::document::Document;
use crate::encoding::{Decoded, decode, decode_page};
use crate::fields::stem_id;
use crate::finding::Finding;
use crate::guard::guarded;
use crate::limits::{LARGEST_FILE, LONGEST_DOCUMENT, too_long};
use crate::reading::{Place, Reading};
use crate::{csv, html, json, jsonl, markdown, ods, wiki, xlsx};

#[derive(Debug, Default)]
pub struct Imported {
    /// In the order of their ids.
    pub documents: Vec<Document>,
    /// Where the document of each id stands.
    pub places: HashMap<String, String>,
    pub findings: Vec<Finding>,
    /// Files of a folder that are no source, by their name or by what they are.
    pub ignored: Vec<String>,
}

/// Imports sources that are in memory: `(name, bytes)`.
pub fn import_files<E>(files: impl IntoIterator<Item = Result<(String, Vec<u8>), E>>) -> Result<Imported, E> {
    let mut out = Imported::default();
    for file in files {
        let (name, bytes) = file?;
        let Some(format) = Format::of(&name) else {
            out.ignored.push(name);
            continue;
        };
        let mut reading = guarded(|| format.read(&name, &bytes));
        drop(bytes);
        if reading.is_none {
            out.ignored.push(name);
            continue;
        }
        for (place, mut document) in std::mem::take(&mut reading.documents) {
            if let Some(told) = unseen(&mut document) {
                reading.tell(place.clone(), told);
            }
            match check(document) {
                Err(reason) => reading.refuse(place, reason),
                Ok(document) => out
                    .documents
                    .extend(named(document, &name, place, &mut out.places, &mut reading)),
            }
        }
        out.findings.extend(reading.findings(&name));
    }
    out.documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

/// The document, if its id is free. A page that has its id from its file's name may get more of that name.
fn named(
    mut document: Document,
    file: &str,
    place: Place,
    taken: &mut HashMap<String, String>,
    reading: &mut Reading,
) -> Option<Document> {
    let here = place.as_ref().map_or(file.to_owned(), |p| format!("{file}, {p}"));
    if let Some(first) = taken.get(&document.id) {
        let (id, whole) = (document.id.clone(), stem_id(file));
        let is_made = place.is_none()
            && Path::new(file)
                .file_stem()
                .is_some_and(|s| stem_id(&s.to_string_lossy()) == id);
        if !is_made || whole.len() > LONGEST_ID || taken.contains_key(&whole) {
            reading.refuse(
                place,
                format!("the id “{id}” is taken by {first}; give one of them another id"),
            );
            return None;
        }
        reading.tell(place, format!("its id is “{whole}”, since {first} has “{id}”"));
        document.id = whole;
    }
    taken.insert(document.id.clone(), here);
    Some(document)
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Tsv,
    Xlsx,
    Ods,
    Json,
    JsonLines,
    Markdown,
    Html,
    Xml,
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
            "tsv" | "tab" => Some(Format::Tsv),
            "xlsx" => Some(Format::Xlsx),
            "ods" => Some(Format::Ods),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "md" | "markdown" => Some(Format::Markdown),
            "xml" => Some(Format::Xml),
            "html" | "htm" | "xhtml" | "xht" => Some(Format::Html),
            _ => None,
        }
    }

    fn read(self, name: &str, bytes: &[u8]) -> Reading {
        if bytes.len() > LARGEST_FILE {
            return Reading::refused(too_long(bytes.len(), LARGEST_FILE, "file"));
        }
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        match self {
            // Programs keep much in tables of this kind that is no knowledge.
            Format::Tsv if !csv::names_columns(bytes) => Reading::none(),
            Format::Csv | Format::Tsv => csv::read(&stem, bytes),
            Format::Xlsx => xlsx::read(&stem, bytes),
            Format::Ods => ods::read(&stem, bytes),
            Format::Json => json::read(&stem, bytes),
            Format::JsonLines => jsonl::read(&stem, bytes),
            Format::Xml if wiki::is_export(bytes) => wiki::read(&stem, bytes),
            Format::Xml => Reading::none(),
            Format::Markdown => page(bytes, decode, |text| markdown::read(&stem, text)),
            Format::Html => page(bytes, decode_page, |text| html::read(&stem, text)),
        }
    }
}

/// A whole file as one document, and what was left out of it.
fn page(
    bytes: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<Decoded<'_>, String>,
    read: impl FnOnce(&str) -> Result<(Document, Vec<String>), String>,
) -> Reading {
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
