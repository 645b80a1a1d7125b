//! A row of a table or an object of JSON to a document: which value is the title, which the text, and what must be
//! there. HTML in a text is read as HTML.

use std::collections::BTreeMap;

use mortar_language::Kind;
use mortar_language::text::collapse;

use crate::columns::{BODIES, TITLES, is_known, looks_like, normal, not_in_force};
use crate::document::Document;
use crate::fields::{Fields, Header, Written, doubt, made_id};
use crate::html;
use crate::limits::MOST_COLUMNS;
use crate::lost::{Codes, made_of};
use crate::mapping::Mapping;
use crate::reading::{Place, Reading};

/// The rows of one table as they are read.
pub struct Rows<'a> {
    stem: &'a str,
    /// What some rows fill and nothing is made of, and how many.
    unused: BTreeMap<String, usize>,
    /// What of it could decide, and what it looks like.
    doubts: BTreeMap<String, &'static str>,
    codes: Codes,
    /// Rows that say the names of the columns again.
    repeated: usize,
}

impl<'a> Rows<'a> {
    pub fn new(stem: &'a str) -> Self {
        Rows {
            stem,
            unused: BTreeMap::new(),
            doubts: BTreeMap::new(),
            codes: Codes::default(),
            repeated: 0,
        }
    }

    pub fn add(&mut self, place: Place, fields: Result<Fields, String>, out: &mut Reading) {
        out.is_about(fields.as_ref().ok().and_then(about));
        self.row(place, fields, out);
        out.is_about(None);
    }

    fn row(&mut self, place: Place, fields: Result<Fields, String>, out: &mut Reading) {
        let read = fields.and_then(|fields| match fields.header() {
            Header::No if fields.not_in_force().is_some() => {
                let why = fields.not_in_force().unwrap_or_default();
                out.tell(place.clone(), format!("{why}: not in force and left out"));
                Ok(None)
            }
            Header::No => {
                for name in fields.unused() {
                    *self.unused.entry(name.to_owned()).or_default() += 1;
                }
                self.doubts
                    .extend(fields.doubts().map(|(name, like)| (name.to_owned(), like)));
                let system = fields.text("code_system").or(fields.text("table")).unwrap_or_default();
                self.codes.add(system, &place, fields.codes());
                document(self.stem, &fields)
            }
            Header::Same => {
                self.repeated += 1;
                Ok(None)
            }
            Header::Other => {
                Err("it names columns as a header does; give each table a sheet or a file of its own".into())
            }
        });
        match read {
            Ok(Some((document, told))) => {
                told.into_iter().for_each(|t| out.tell(place.clone(), t));
                out.took(place, Ok(document));
            }
            Ok(None) => {}
            Err(reason) => out.refuse(place, reason),
        }
    }

    /// Tells once for the whole table what was not used. Where it could decide, none of the table is taken.
    pub fn end(self, header: Place, out: &mut Reading) {
        for (place, reason) in self.codes.doubtful() {
            out.documents.retain(|(at, _)| *at != place);
            out.refuse(place, reason);
        }
        for (name, like) in &self.doubts {
            out.doubt(header.clone(), doubt(name, like));
        }
        if !self.doubts.is_empty() {
            out.documents.clear();
        }
        let rest = self.unused.iter().filter(|(name, _)| !self.doubts.contains_key(*name));
        let rest: Vec<String> = rest
            .map(|(name, n)| format!("{name} ({n})"))
            .take(MOST_COLUMNS)
            .collect();
        if !rest.is_empty() {
            out.tell(header.clone(), format!("not used: {}", rest.join(", ")));
        }
        if self.repeated > 0 {
            out.tell(
                header,
                format!("its header stands there again and is no row ({})", self.repeated),
            );
        }
    }
}

/// A document, and what was left out of it; none where its text or its title is there and is not shown.
fn document(stem: &str, fields: &Fields) -> Result<Option<(Document, Vec<String>)>, String> {
    let (body, other) = fields.first(BODIES);
    if let Some((name, error)) = fields.errors().next() {
        return Err(format!("“{name}” shows the error {error}"));
    }
    let unseen = |keys: &[&str]| keys.iter().any(|k| fields.is_left_out(k)) && fields.first_of(keys).is_none();
    if unseen(BODIES) || unseen(TITLES) {
        return Ok(None);
    }
    let body = body.ok_or("no answer and no text")?;
    if let Some(other) = other {
        return Err(format!("“{other}” is a second answer; write one answer"));
    }
    if let Some((code, made)) = fields.codes().iter().find_map(|c| Some((c.clone(), made_of(c)?))) {
        return Err(format!(
            "the code is shown as “{code}”: {made} was made of it; write it as text"
        ));
    }
    let (mut body, mut told) = read_html(body)?;
    let mut words = |key| match fields.text(key).map(read_html).transpose()? {
        Some((words, more)) => {
            told.extend(more);
            Ok::<_, String>(Some(words))
        }
        None => Ok(None),
    };
    let (question, heading) = (words("question")?, words("title")?);
    // A row may have a question and a title: neither is dropped.
    if let (Some(question), Some(heading)) = (&question, &heading)
        && normal(question) != normal(heading)
        && heading.lines().count() == 1
    {
        body = format!("## {heading}\n\n{body}");
    }
    let title = question.or(heading);
    let title = title.as_deref();
    let id = fields.text("id").map(str::to_owned);
    let id = id.unwrap_or_else(|| made_id(stem, title.unwrap_or(&body)));
    let kind = if fields.text("question").is_some() || title.is_some_and(|t| t.ends_with('?')) {
        Kind::Qa
    } else if fields.codes().is_empty() {
        Kind::Article
    } else {
        Kind::Code
    };
    let document = fields.document(id, title.map(str::to_owned), body, kind)?;
    Ok(Some((document, told)))
}

/// What a row is known by, wherever it stands.
fn about(fields: &Fields) -> Option<String> {
    let said = fields.first_of(&["id", "question", "title", "answer", "body", "text"])?;
    Some(said.chars().take(200).collect())
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
pub fn problems(header: &[String], mapping: &Mapping) -> Vec<String> {
    if mapping.survey().is_some() {
        return Vec::new();
    }
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut out = Vec::new();
    let names = || {
        let names = header.iter().map(|h| h.trim()).filter(|h| !h.is_empty());
        names.filter_map(|name| Some((name, normal(&mapping.field(name)?))))
    };
    for (name, key) in names() {
        match seen.get(&key).copied() {
            None => drop(seen.insert(key, name)),
            Some(first) if normal(first) != normal(name) => {
                out.push(format!(
                    "the columns “{first}” and “{name}” are one thing; map one of them"
                ));
            }
            Some(_) => out.push(format!(
                "the column “{name}” is there twice; give each a name of its own"
            )),
        }
    }
    if !has_text(header, mapping) {
        let found = names().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        return vec![format!(
            "the column “answer”, “body” or “text” is missing; found: {found}"
        )];
    }
    if !out.is_empty() {
        let unknown = names().filter(|(_, key)| !is_known(key));
        out.extend(unknown.filter_map(|(name, key)| Some(doubt(name, looks_like(&key)?))));
    }
    out
}

/// What stands above a header is no row: it is told, and stops where it says that the table is not in force.
pub fn above(texts: &[String], header: Place, out: &mut Reading) {
    const WORDS: usize = 80;
    let said = collapse(&texts.join(" "));
    if said.is_empty() {
        return;
    }
    let start: String = said.chars().take(WORDS).collect();
    match not_in_force(&said) {
        Some(word) => out.refuse(
            header,
            format!("above the header stands “{start}”: “{word}” looks like an end or a state; keep only what is in force, or remove it"),
        ),
        None => out.tell(header, format!("what stands above the header is not used: “{start}”")),
    }
}

/// Whether this is the header of a table that has a text in each row.
pub fn has_text(header: &[String], mapping: &Mapping) -> bool {
    let mut names = header.iter().filter_map(|h| mapping.field(h));
    names.any(|name| BODIES.contains(&normal(&name).as_str()))
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
