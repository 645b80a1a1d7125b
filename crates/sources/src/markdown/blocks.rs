//! What Markdown writes in ways that the rest of the program does not read: underlined headings become headings behind
//! hashes, tables become a row a paragraph with the names of its columns. Nothing is left out.

use std::borrow::Cow;
use std::ops::Range;

use mortar_language::text::collapse;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::options;
use crate::html::line;
use crate::limits::LONGEST_DOCUMENT;

pub fn rewritten(body: &str) -> Cow<'_, str> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut depth = 0;
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        let here = || &body[range.clone()];
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::Item) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item) => depth -= 1,
            _ if depth > 0 => {}
            Event::Start(Tag::Heading { level, .. }) if !here().starts_with('#') => {
                edits.push((
                    range.clone(),
                    format!("{} {}", "#".repeat(level as usize), underlined(here())),
                ));
            }
            Event::Start(Tag::Table(_)) => rows.clear(),
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => rows.last_mut().into_iter().for_each(|row| row.push(cell(here()))),
            Event::End(TagEnd::Table) => edits.push((range, table(&rows))),
            _ => {}
        }
    }
    match edits.is_empty() {
        true => body.into(),
        false => edited(body, &edits).into(),
    }
}

/// The words of a heading that is underlined.
fn underlined(heading: &str) -> String {
    let words = heading.trim_end().rsplit_once('\n').map_or(heading, |(words, _)| words);
    collapse(words)
}

fn cell(written: &str) -> String {
    let text = written.trim().trim_matches('|').replace("\\|", "|");
    let text = ["<br>", "<br/>", "<br />"]
        .iter()
        .fold(text, |text, br| text.replace(br, "; "));
    collapse(&text)
}

fn table(rows: &[Vec<String>]) -> String {
    let Some((head, rows)) = rows.split_first() else {
        return String::new();
    };
    // A table of one row is its head.
    if rows.is_empty() {
        return line(&[], head);
    }
    let mut out = String::new();
    for row in rows.iter().map(|row| line(head, row)).filter(|l| !l.is_empty()) {
        out.push_str(if out.is_empty() { "" } else { "\n\n" });
        out.push_str(&row);
        // Long names of columns can make much of little; who asks sees that it is too long.
        if out.len() > LONGEST_DOCUMENT {
            break;
        }
    }
    out
}

/// The body with other text in these places, each a block of its own.
fn edited(body: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(body.len());
    let mut done = 0;
    for (range, text) in edits {
        out.push_str(&body[done..range.start]);
        if !out.is_empty() && !out.ends_with("\n\n") {
            out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
        }
        out.push_str(text);
        done = range.start + body[range.clone()].trim_end().len();
        if !body[done..].starts_with("\n\n") {
            out.push('\n');
        }
    }
    out.push_str(&body[done..]);
    out
}
