//! A text from anywhere held against the knowledge, or against sources that are given with it. What is given is read
//! and forgotten: no release is made of it, and no tenant opened.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use mortar_assistant::ask::Search;
use mortar_assistant::{Checked, Passage, check};
use mortar_language::Kind;
use mortar_sources::{Document, prepare};

use crate::desk::{Desk, today};
use crate::error::DeskError;
use crate::import::imported;

/// Bytes of a plain text: a book has a tenth of them.
const LARGEST: u64 = 8 << 20;

impl Desk {
    /// What each sentence of a text stands on in the knowledge of a day.
    pub async fn check(&self, text: &str, as_of: Option<Date>) -> Result<Checked, DeskError> {
        self.fresh_enough()?;
        let opened = self.opened();
        let inference_id = self.inference_id()();
        let with = Search {
            embedder: opened.embedder(0),
            instead: opened.embedder(1),
            retriever: &*opened.release,
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            inference_id: &inference_id,
        };
        Ok(check(&with, opened.checker(), text, as_of.unwrap_or_else(today)).await?)
    }
}

/// The passages of files of any format that knowledge is made of, or of plain text.
pub fn passages_of_files(files: &[PathBuf]) -> Result<Vec<Passage>, DeskError> {
    let (plain, sources): (Vec<PathBuf>, Vec<PathBuf>) = files.iter().cloned().partition(|f| is_plain(f));
    let imported = imported(&sources, None)?;
    if let Some(fault) = imported.findings.iter().find(|f| f.stops) {
        return Err(DeskError::failed(fault));
    }
    if let Some(name) = imported.ignored.first() {
        let message = format!("{name} is of no kind that can be read: Markdown, HTML, plain text, a table or JSON");
        return Err(DeskError::usage(message));
    }
    let mut documents = imported.documents;
    for file in plain {
        let unreadable = |e: &dyn Display| DeskError::usage(format!("{}: {e}", file.display()));
        let length = fs::metadata(&file).map_err(|e| unreadable(&e))?.len();
        if length > LARGEST {
            return Err(unreadable(&"it is too long for one source; give it in parts"));
        }
        let body = fs::read_to_string(&file).map_err(|e| unreadable(&e))?;
        documents.push(plain_document(&file.to_string_lossy(), body));
    }
    let passages = passages_of(&documents);
    if passages.is_empty() {
        let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        let message = format!(
            "{}: there is no text in it that anything can stand on",
            names.join(", ")
        );
        return Err(DeskError::usage(message));
    }
    Ok(passages)
}

/// The passages of a source that comes as its text.
pub fn passages_of_text(source: String) -> Vec<Passage> {
    passages_of(&[plain_document("source", source)])
}

fn is_plain(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt"))
}

fn plain_document(id: &str, body: String) -> Document {
    Document {
        id: id.to_owned(),
        title: String::new(),
        body,
        url: None,
        kind: Kind::Article,
        version: String::new(),
        effective_from: None,
        effective_to: None,
        owner: None,
        tags: Vec::new(),
        codes: Vec::new(),
        history: None,
        exact: Vec::new(),
        source: None,
        pages: Vec::new(),
    }
}

pub(crate) fn passages_of(documents: &[Document]) -> Vec<Passage> {
    let mut out: Vec<Passage> = Vec::new();
    for d in documents {
        for (n, record) in prepare::passages(d).into_iter().enumerate() {
            let text = &d.body[record.range.clone()];
            if text.trim().is_empty() {
                continue;
            }
            out.push(Passage {
                id: format!("{}#{n}", d.id),
                document: d.id.clone(),
                version: d.version.clone(),
                title: d.title.clone(),
                kind: d.kind,
                url: d.url.clone(),
                effective_from: d.effective_from,
                effective_to: d.effective_to,
                start: record.range.start as u32,
                end: record.range.end as u32,
                text: text.to_owned(),
                head: prepare::head(d, &record).map(str::to_owned),
                heading_path: record.heading_path,
                page: d.page(record.range.start),
                carries: true,
                ..Passage::default()
            });
        }
    }
    check::number(&mut out);
    out
}
