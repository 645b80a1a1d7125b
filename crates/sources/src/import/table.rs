//! Tables: CSV, XLSX and JSON lines. A row is a document; columns are found by their names.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use mortar_language::Kind;
use serde_json::{Map, Value};

use super::{Fields, Item, made_id};
use crate::document::Document;

pub fn csv(stem: &str, bytes: &[u8]) -> Vec<Item> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header: Vec<String> = match reader.headers() {
        Ok(h) => h.iter().map(str::to_owned).collect(),
        Err(e) => {
            return vec![(
                Some("row 1".into()),
                Err(format!("the header cannot be read: {}", plain(&e))),
            )];
        }
    };
    if let Err(reason) = needed(&header) {
        return vec![(Some("row 1".into()), Err(reason))];
    }
    let mut out = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let place = Some(format!("row {}", i + 2));
        let item = match record {
            Err(e) => Err(plain(&e)),
            Ok(r) if r.len() != header.len() => {
                Err(format!("{} columns, but the header has {}", r.len(), header.len()))
            }
            Ok(r) => {
                let values = header
                    .iter()
                    .cloned()
                    .zip(r.iter().map(|v| Value::String(v.to_owned())))
                    .collect();
                row(stem, values)
            }
        };
        out.push((place, item));
    }
    out
}

fn plain(e: &csv::Error) -> String {
    match e.kind() {
        csv::ErrorKind::Utf8 { err, .. } => format!("not UTF-8 in column {}; save the table as UTF-8", err.field() + 1),
        _ => e.to_string(),
    }
}

pub fn xlsx(stem: &str, bytes: &[u8]) -> Vec<Item> {
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(b) => b,
        Err(e) => return vec![(None, Err(format!("no Excel workbook: {e}")))],
    };
    let mut out = Vec::new();
    for sheet in book.sheet_names() {
        let range = match book.worksheet_range(&sheet) {
            Ok(r) => r,
            Err(e) => {
                out.push((Some(format!("sheet {sheet}")), Err(e.to_string())));
                continue;
            }
        };
        let mut rows = range.rows();
        let Some(first) = rows.next() else { continue };
        let header: Vec<String> = first.iter().map(cell).collect();
        if let Err(reason) = needed(&header) {
            out.push((Some(format!("sheet {sheet}, row 1")), Err(reason)));
            continue;
        }
        let top = range.start().map_or(0, |s| s.0 as usize);
        for (i, r) in rows.enumerate() {
            if r.iter().all(|c| matches!(c, Data::Empty)) {
                continue;
            }
            let values = header
                .iter()
                .cloned()
                .zip(r.iter().map(|c| Value::String(cell(c))))
                .collect();
            out.push((Some(format!("sheet {sheet}, row {}", top + i + 2)), row(stem, values)));
        }
    }
    out
}

fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::DateTime(d) => d.as_datetime_ymd().unwrap_or_else(|| data.to_string()),
        other => other.to_string(),
    }
}

trait Ymd {
    fn as_datetime_ymd(&self) -> Option<String>;
}

impl Ymd for calamine::ExcelDateTime {
    fn as_datetime_ymd(&self) -> Option<String> {
        let (y, m, d, ..) = self.to_ymd_hms_milli();
        Some(format!("{y:04}-{m:02}-{d:02}"))
    }
}

pub fn jsonl(stem: &str, bytes: &[u8]) -> Vec<Item> {
    let mut out = Vec::new();
    for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let item = match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(values) => row(stem, values),
            Err(e) => Err(match std::str::from_utf8(line) {
                Err(u) => format!("not UTF-8 at byte {} of the line", u.valid_up_to()),
                Ok(_) => format!("no JSON object: {e}"),
            }),
        };
        out.push((Some(format!("line {}", i + 1)), item));
    }
    out
}

const TITLES: &[&str] = &["question", "title"];
const BODIES: &[&str] = &["answer", "body", "text"];

/// Whether a table's header has what a document needs.
fn needed(header: &[String]) -> Result<(), String> {
    let has = |names: &[&str]| header.iter().any(|h| names.contains(&h.trim().to_lowercase().as_str()));
    let mut missing = Vec::new();
    if !has(TITLES) {
        missing.push("“question” or “title”");
    }
    if !has(BODIES) {
        missing.push("“answer”, “body” or “text”");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let found = header
        .iter()
        .map(|h| h.trim())
        .filter(|h| !h.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    Err(format!(
        "the column {} is missing; found: {found}",
        missing.join(" and ")
    ))
}

/// One row or one object. The IR form's `metadata` is read as if its values stood beside it.
fn row(stem: &str, mut values: Map<String, Value>) -> Result<Document, String> {
    if let Some(Value::Object(metadata)) = values.remove("metadata") {
        for (k, v) in metadata {
            values.entry(k).or_insert(v);
        }
    }
    if let Some(id) = values.remove("_id") {
        values.entry("id").or_insert(id);
    }
    let fields = Fields::new(values);
    let first = |names: &[&str]| names.iter().find_map(|n| fields.text(n));
    let title = first(TITLES).ok_or("no question and no title")?;
    let body = first(BODIES).ok_or("no answer and no text")?;
    let id = fields.text("id").unwrap_or_else(|| made_id(stem, &title));
    let coded = fields.text("code").is_some() || fields.0.contains_key("codes") && !fields.list("codes").is_empty();
    let kind = if fields.text("question").is_some() || title.ends_with('?') {
        Kind::Qa
    } else if coded {
        Kind::Code
    } else {
        Kind::Article
    };
    fields.document(id, title, body, kind)
}
