//! Import: sources of every format to documents. What cannot be used is a [`Finding`] with its place and its reason;
//! nothing is guessed, and nothing is dropped in silence.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use crate::check::{LONGEST_ID, check, unseen};
use crate::document::{Document, Provenance};
use crate::encoding::{Decoded, decode, decode_page};
use crate::extractor::{Extracted, Extractor, NoExtractor};
use crate::fields::stem_id;
use crate::finding::Finding;
use crate::guard::guarded;
use crate::limits::{LARGEST_FILE, LONGEST_DOCUMENT, too_long};
use crate::mapping::Mapping;
use crate::reading::{Page, Place, Reading};
use crate::{archive, csv, html, json, jsonl, mail, markdown, ods, wiki, xls, xlsx};

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub file: String,
    /// A row, a line, a page of an export; none where the file is the document.
    pub place: Option<String>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

#[derive(Debug, Default)]
pub struct Imported {
    /// In the order of their ids.
    pub documents: Vec<Document>,
    /// Where the document of each id stands.
    pub places: HashMap<String, Standing>,
    pub findings: Vec<Finding>,
    /// Files of a folder that are no source, by their name or by what they are.
    pub ignored: Vec<String>,
}

/// A file, and what its names mean.
pub struct Source<'m> {
    pub name: String,
    pub bytes: Vec<u8>,
    pub mapping: &'m Mapping,
}

/// Imports sources that are in memory, `(name, bytes)`, by their own names.
pub fn import_files<E>(files: impl IntoIterator<Item = Result<(String, Vec<u8>), E>>) -> Result<Imported, E> {
    let mapping = Mapping::none();
    let files = files
        .into_iter()
        .map(|file| file.map(|(name, bytes)| Source { name, bytes, mapping }));
    import_sources(files, &NoExtractor)
}

/// Imports sources one by one; `extractor` reads what only a process of its own may read.
pub fn import_sources<'m, E>(
    sources: impl IntoIterator<Item = Result<Source<'m>, E>>,
    extractor: &dyn Extractor,
) -> Result<Imported, E> {
    let mut out = Imported::default();
    for source in sources {
        let source = source?;
        match is_archive(&source.name) {
            true => out.unpack(source, extractor),
            false => out.take(source, false, extractor),
        }
    }
    out.documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

fn is_archive(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("zip"))
}

impl Imported {
    /// Says of each document which file it is from.
    pub fn with_files(mut self) -> Self {
        for document in &mut self.documents {
            document.source = self.places.get(&document.id).map(|stands| Provenance {
                file: stands.file.clone(),
                place: None,
                hash: None,
                read: None,
            });
        }
        self
    }

    /// Takes the files of an archive, each by the archive's name and its own.
    fn unpack(&mut self, source: Source<'_>, extractor: &dyn Extractor) {
        let Source { name, bytes, mapping } = source;
        let mut reading = Reading::default();
        match archive::unpack(&bytes) {
            Ok(archive) => {
                drop(bytes);
                archive.told.into_iter().for_each(|t| reading.tell(None, t));
                for file in archive.files {
                    let name = format!("{name}/{}", file.name);
                    let bytes = file.bytes;
                    self.take(Source { name, bytes, mapping }, true, extractor);
                }
            }
            Err(reason) => reading.refuse(None, reason),
        }
        self.findings.extend(reading.findings(&name));
    }

    fn take(&mut self, source: Source<'_>, in_archive: bool, extractor: &dyn Extractor) {
        let out = self;
        let Source {
            name,
            mut bytes,
            mapping,
        } = source;
        let Some(format) = Format::of(&name) else {
            out.ignored.push(name);
            return;
        };
        if in_archive && format == Format::Markdown {
            bytes =
                String::from_utf8(bytes).map_or_else(|e| e.into_bytes(), |t| archive::with_properties(&t).into_bytes());
        }
        let mut reading = guarded(|| format.read(&name, &bytes, mapping, extractor));
        drop(bytes);
        if reading.is_none {
            out.ignored.push(name);
            return;
        }
        for (place, mut document) in std::mem::take(&mut reading.documents) {
            if let Some(told) = unseen(&mut document) {
                reading.tell(place.clone(), told);
            }
            match check(document) {
                Err(reason) => reading.refuse(place, reason),
                Ok(mut document) => {
                    document.paged();
                    out.documents
                        .extend(named(document, &name, place, &mut out.places, &mut reading));
                }
            }
        }
        out.findings.extend(reading.findings(&name));
    }
}

/// The document, if its id is free. A page that has its id from its file's name may get more of that name.
fn named(
    mut document: Document,
    file: &str,
    place: Place,
    taken: &mut HashMap<String, Standing>,
    reading: &mut Reading,
) -> Option<Document> {
    let here = Standing {
        file: file.to_owned(),
        place: place.clone(),
    };
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

/// Whether a file is a source by its name.
pub fn is_source(name: &str) -> bool {
    Format::of(name).is_some() || is_archive(name)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Format {
    Csv,
    Tsv,
    Xls,
    Xlsx,
    Ods,
    Json,
    JsonLines,
    Markdown,
    Html,
    Xml,
    Mail,
    Rows,
    /// Of before 2007, under the ending of today's.
    Old(&'static str),
    Extracted(Extracted),
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
            "xls" => Some(Format::Xls),
            "xlsx" => Some(Format::Xlsx),
            "ods" => Some(Format::Ods),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "md" | "markdown" => Some(Format::Markdown),
            "xml" => Some(Format::Xml),
            "eml" => Some(Format::Mail),
            "doc" => Some(Format::Old("docx")),
            "ppt" => Some(Format::Old("pptx")),
            // Windows keeps its pictures of a folder in one.
            "db" | "sqlite" | "sqlite3" if !stem.eq_ignore_ascii_case("thumbs") => Some(Format::Rows),
            "html" | "htm" | "xhtml" | "xht" => Some(Format::Html),
            other => Extracted::of(other).map(Format::Extracted),
        }
    }

    fn read(self, name: &str, bytes: &[u8], mapping: &Mapping, extractor: &dyn Extractor) -> Reading {
        if bytes.len() > LARGEST_FILE {
            return Reading::refused(too_long(bytes.len(), LARGEST_FILE, "file"));
        }
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        match self {
            // Programs keep much in tables of this kind that is no knowledge.
            Format::Tsv if !csv::names_columns(bytes, mapping) => Reading::none(),
            Format::Csv | Format::Tsv => csv::read(&stem, bytes, mapping),
            // A workbook of today under the ending of before.
            Format::Xls if bytes.starts_with(b"PK") => xlsx::read(&stem, bytes, mapping),
            Format::Xls => xls::read(&stem, bytes, mapping),
            Format::Xlsx => xlsx::read(&stem, bytes, mapping),
            Format::Ods => ods::read(&stem, bytes, mapping),
            Format::Json => json::read(&stem, bytes, mapping),
            Format::JsonLines => jsonl::read(&stem, bytes, mapping),
            Format::Xml if wiki::is_export(bytes) => wiki::read(&stem, bytes, mapping),
            Format::Xml => Reading::none(),
            Format::Markdown => page(bytes, decode, |text| markdown::read(&stem, text, mapping)),
            // Rows that somebody selected; the database itself says none.
            Format::Rows if bytes.starts_with(b"SQLite format 3") => {
                Reading::refused("it is a database: say in sources.toml which rows are read, as select = \"SELECT …\"")
            }
            Format::Rows => jsonl::read_rows(&stem, bytes, mapping),
            Format::Old(now) => Reading::refused(format!(
                "files of this kind are not read as they are shown: save it as .{now}"
            )),
            Format::Mail => mail::read(&stem, bytes, mapping),
            Format::Extracted(what) => match extractor.extract(what, bytes) {
                Ok(extract) => {
                    let mut out = page(extract.text.as_bytes(), decode, |text| {
                        markdown::read(&stem, text, mapping)
                    });
                    extract.told.into_iter().for_each(|t| out.extracted(t));
                    out
                }
                Err(reason) => Reading::refused(reason),
            },
            Format::Html => page(bytes, decode_page, |text| html::read(&stem, text, mapping)),
        }
    }
}

/// A whole file as one document, and what was left out of it.
fn page(
    bytes: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<Decoded<'_>, String>,
    read: impl FnOnce(&str) -> Result<Page, String>,
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
        Ok(page) => out.page(page),
        Err(reason) => out.refuse(None, reason),
    }
    out
}

#[cfg(test)]
mod tests;
