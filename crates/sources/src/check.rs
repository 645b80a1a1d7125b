//! The last checks of a document, the same for every format: what is left is fit to be stored.

use mortar_language::text::collapse;

use crate::document::Document;
use crate::limits::{LONGEST_DOCUMENT, MOST_HEADINGS, too_long};

/// In bytes.
pub const LONGEST_ID: usize = 200;

pub fn check(mut d: Document) -> Result<Document, String> {
    if d.body.len() > LONGEST_DOCUMENT {
        return Err(too_long(d.body.len(), LONGEST_DOCUMENT, "document"));
    }
    d.body = tidy(&d.body);
    d.title = collapse(&tidy(&d.title));
    if d.id.is_empty() || d.id.len() > LONGEST_ID || d.id.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let id: String = d.id.chars().take(220).collect();
        return Err(format!(
            "the id “{}” must have 1 to {LONGEST_ID} characters and no white space",
            id.escape_debug()
        ));
    }
    if d.body.trim().is_empty() {
        return Err("no text".into());
    }
    if d.title.is_empty() {
        return Err("no title".into());
    }
    let headings = d.body.lines().filter(|l| l.trim_start().starts_with('#')).count();
    if headings > MOST_HEADINGS {
        return Err(format!(
            "{headings} headings are too many for one document (at most {MOST_HEADINGS}); cut it into several"
        ));
    }
    if let (Some(from), Some(to)) = (d.effective_from, d.effective_to)
        && from > to
    {
        return Err(format!("effective_from {from} is after effective_to {to}"));
    }
    Ok(d)
}

/// Takes away what no screen shows though it is text: the tags of Unicode. What they said, where there are any.
pub fn unseen(d: &mut Document) -> Option<String> {
    let is_tag = |c: char| ('\u{e0000}'..='\u{e007f}').contains(&c);
    let tags = |text: &str| -> String {
        let tags = text.chars().filter(|c| is_tag(*c));
        tags.filter_map(|c| char::from_u32(u32::from(c) - 0xe0000))
            .take(60)
            .collect()
    };
    // A title is mostly a part of the text.
    let said = Some(tags(&d.body))
        .filter(|s| !s.is_empty())
        .unwrap_or_else(|| tags(&d.title));
    if said.is_empty() {
        return None;
    }
    d.title.retain(|c| !is_tag(c));
    d.body.retain(|c| !is_tag(c));
    Some(format!("hidden characters are left out: “{}”", said.escape_debug()))
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
