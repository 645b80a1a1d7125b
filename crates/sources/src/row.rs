//! A row of a table or an object of JSON to a document: which value is the title, which the text, and what must be
//! there. HTML in a text is read as HTML.

use std::collections::{BTreeMap, BTreeSet};

use mortar_language::Kind;

use crate::columns::{BODIES, TITLES, is_known, looks_like, normal};
use crate::document::Document;
use crate::fields::{Fields, Written, doubt, made_id};
use crate::html;
use crate::limits::MOST_COLUMNS;
use crate::reading::{Place, Reading};

/// The rows of one table as they are read.
pub struct Rows<'a> {
    stem: &'a str,
    /// What some row fills and nothing is made of.
    unused: BTreeSet<String>,
    /// What of it could decide, and what it looks like.
    doubts: BTreeMap<String, &'static str>,
}

impl<'a> Rows<'a> {
    pub fn new(stem: &'a str) -> Self {
        Rows {
            stem,
            unused: BTreeSet::new(),
            doubts: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, place: Place, fields: Result<Fields, String>, out: &mut Reading) {
        let read = fields.and_then(|fields| {
            self.unused.extend(fields.unused().map(str::to_owned));
            self.doubts
                .extend(fields.doubts().map(|(name, like)| (name.to_owned(), like)));
            document(self.stem, &fields)
        });
        match read {
            Ok((document, told)) => {
                told.into_iter().for_each(|t| out.tell(place.clone(), t));
                out.took(place, Ok(document));
            }
            Err(reason) => out.refuse(place, reason),
        }
    }

    /// Tells once for the whole table what was not used. Where it could decide, none of the table is taken.
    pub fn end(self, header: Place, out: &mut Reading) {
        for (name, like) in &self.doubts {
            out.refuse(header.clone(), doubt(name, like));
        }
        if !self.doubts.is_empty() {
            out.documents.clear();
        }
        let rest = self.unused.iter().filter(|name| !self.doubts.contains_key(*name));
        let rest: Vec<&str> = rest.map(String::as_str).take(MOST_COLUMNS).collect();
        if !rest.is_empty() {
            out.tell(header, format!("not used: {}", rest.join(", ")));
        }
    }
}

fn document(stem: &str, fields: &Fields) -> Result<(Document, Vec<String>), String> {
    let (title, _) = fields.first(TITLES);
    let (body, other) = fields.first(BODIES);
    if let Some((name, error)) = fields.errors().next() {
        return Err(format!("“{name}” shows the error {error}"));
    }
    let body = body.ok_or("no answer and no text")?;
    if let Some(other) = other {
        return Err(format!("“{other}” is a second answer; write one answer"));
    }
    let (body, mut told) = read_html(body)?;
    let title = match title.map(read_html).transpose()? {
        Some((title, more)) => {
            told.extend(more);
            Some(title)
        }
        None => None,
    };
    let title = title.as_deref();
    let id = fields.text("id").map(str::to_owned);
    let id = id.unwrap_or_else(|| made_id(stem, title.unwrap_or(&body)));
    let kind = if fields.text("question").is_some() || title.is_some_and(|t| t.ends_with('?')) {
        Kind::Qa
    } else if fields.text("code").is_some() || !fields.list("codes").is_empty() {
        Kind::Code
    } else {
        Kind::Article
    };
    let document = fields.document(id, title.map(str::to_owned), body, kind)?;
    Ok((document, told))
}

/// A value's text, where it is written in HTML, and what was left out of it.
fn read_html(value: &str) -> Result<(String, Vec<String>), String> {
    match html::is_html(value) {
        true => html::fragment(value),
        false => Ok((value.to_owned(), Vec::new())),
    }
}

/// Why a table with this header cannot be used: it has no text, or two columns of one name. Then all that could decide
/// is named too.
pub fn problems(header: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    let names = || header.iter().map(|h| h.trim()).filter(|h| !h.is_empty());
    for name in names() {
        if !seen.insert(normal(name)) {
            out.push(format!(
                "the column “{name}” is there twice; give each a name of its own"
            ));
        }
    }
    if !has_text(header) {
        let found = names().collect::<Vec<_>>().join(", ");
        return vec![format!(
            "the column “answer”, “body” or “text” is missing; found: {found}"
        )];
    }
    if !out.is_empty() {
        let unknown = names()
            .map(|name| (name, normal(name)))
            .filter(|(_, key)| !is_known(key));
        out.extend(unknown.filter_map(|(name, key)| Some(doubt(name, looks_like(&key)?))));
    }
    out
}

/// Whether this is the header of a table that has a text in each row.
pub fn has_text(header: &[String]) -> bool {
    header.iter().any(|h| BODIES.contains(&normal(h).as_str()))
}

/// A row's values by the names of their columns.
pub fn named(header: &[String], values: impl Iterator<Item = Written>) -> Vec<(String, Written)> {
    let named = header.iter().zip(values).enumerate();
    let name = |i: usize, name: &str| match name.trim() {
        "" => format!("column {}, which has no name", i + 1),
        name => name.to_owned(),
    };
    named.map(|(i, (n, value))| (name(i, n), value)).collect()
}
