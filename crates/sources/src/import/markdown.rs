//! A Markdown page: front matter (YAML between `---`), then the body as it is.

use mortar_language::Kind;
use serde_json::{Map, Value};

use super::Fields;
use crate::document::Document;

pub fn read(stem: &str, text: &str) -> Result<Document, String> {
    let text = text.replace("\r\n", "\n");
    let (front, body) = split(&text)?;
    let values: Map<String, Value> = match front {
        Some(yaml) if !yaml.trim().is_empty() => {
            serde_saphyr::from_str(yaml).map_err(|e| format!("the front matter is no YAML mapping: {e}"))?
        }
        _ => Map::new(),
    };
    let fields = Fields::new(values);
    let body = body.trim_start_matches('\n');
    // The first heading is the title where the front matter has none, and is not said twice.
    let heading = body
        .lines()
        .next()
        .and_then(|l| l.strip_prefix("# "))
        .map(|t| t.trim().to_owned());
    let body = match &heading {
        Some(_) => body
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start_matches('\n'),
        None => body,
    };
    let title = fields
        .text("title")
        .or(heading)
        .ok_or("no title: give one in the front matter or as a first heading")?;
    let id = fields
        .text("id")
        .unwrap_or_else(|| stem.replace(char::is_whitespace, "-"));
    fields.document(id, title, body.trim_end().to_owned(), Kind::Article)
}

fn split(text: &str) -> Result<(Option<&str>, &str), String> {
    let Some(rest) = text.strip_prefix("---\n") else {
        return Ok((None, text));
    };
    if let Some(body) = rest.strip_prefix("---\n") {
        return Ok((None, body));
    }
    match rest.split_once("\n---\n") {
        Some((front, body)) => Ok((Some(front), body)),
        None => match rest.strip_suffix("\n---") {
            Some(front) => Ok((Some(front), "")),
            None => Err("the front matter begins with --- and never ends".into()),
        },
    }
}
