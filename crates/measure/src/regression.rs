//! A golden question made of an answer that became another and was not to: every release after is asked it. Files are
//! text here, whatever comments they hold; none is read and none written.

use jiff::civil::Date;
use serde::Serialize;

use crate::compare::AnsweredOtherwise;
use crate::error::MeasureError;
use crate::golden::{Golden, GoldenKind, GoldenQuestion};

/// A file of golden questions with one more: what answered a question before is to answer it, or nothing is. As it was
/// where it asks that already.
pub fn with_golden(file: &str, changed: &AnsweredOtherwise) -> Result<String, MeasureError> {
    #[derive(Serialize)]
    struct Entry<'a> {
        kind: GoldenKind,
        ask: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<&'a str>,
        documents: &'a [String],
        #[serde(skip_serializing_if = "Option::is_none")]
        as_of: Option<Date>,
    }
    #[derive(Serialize)]
    struct Entries<'a> {
        question: [Entry<'a>; 1],
    }
    let unsound = |e: toml::de::Error| MeasureError::Given(format!("the file of golden questions: {e}"));
    let held: Option<Golden> = (!file.trim().is_empty())
        .then(|| toml::from_str(file))
        .transpose()
        .map_err(unsound)?;
    let held = held.map(|g| (g.as_of, g.question)).unwrap_or_default();
    let asks = |q: &GoldenQuestion| {
        (q.ask.as_str(), q.after.as_deref(), q.as_of.or(held.0))
            == (changed.ask.as_str(), changed.after.as_deref(), changed.as_of)
    };
    if held.1.iter().any(asks) {
        return Ok(file.to_owned());
    }
    let nothing = changed.a.abstained;
    let documents = match (nothing, changed.expected.as_slice()) {
        (true, _) => &[],
        (false, []) => changed.a.found.get(..1).unwrap_or_default(),
        (false, expected) => expected,
    };
    let entry = Entry {
        kind: if nothing { GoldenKind::Uncovered } else { changed.kind },
        ask: &changed.ask,
        after: changed.after.as_deref(),
        documents,
        as_of: changed.as_of,
    };
    let entry = toml::to_string(&Entries { question: [entry] }).map_err(|e| MeasureError::Given(e.to_string()))?;
    let before = if file.is_empty() || file.ends_with("\n\n") {
        ""
    } else if file.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let text = format!("{file}{before}{entry}");
    // What is written can be read.
    toml::from_str::<Golden>(&text).map_err(unsound)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
