//! What Markdown writes in ways that the rest of the program does not read: underlined headings become headings behind
//! hashes, tables become a row a paragraph with the names of its columns. Nothing is left out.

use std::borrow::Cow;
use std::ops::Range;

use mortar_language::text::collapse;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::options;
use crate::html::{self, line};
use crate::limits::LONGEST_DOCUMENT;

pub fn rewritten(body: &str) -> Cow<'_, str> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut depth = 0;
    let mut raised = None;
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        let here = || &body[range.clone()];
        let at_top = depth == 0;
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::Item) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item) => depth -= 1,
            Event::Start(Tag::Heading { level, .. }) if at_top && !here().starts_with('#') => {
                let text = format!("{} {}", "#".repeat(level as usize), underlined(here()));
                edits.push(Edit::block(range, text));
            }
            Event::Start(Tag::Table(_)) => rows.clear(),
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => rows.last_mut().into_iter().for_each(|row| row.push(cell(here()))),
            Event::End(TagEnd::Table) if at_top => edits.push(Edit::block(range, table(&rows))),
            Event::Start(Tag::HtmlBlock) if at_top && is_element(here()) => {
                if let Ok((text, _)) = html::fragment(here()) {
                    edits.push(Edit::block(range, text));
                }
            }
            Event::InlineHtml(tag) if is_element(&tag) => {
                let name = tag.trim_start_matches(['<', '/']).to_ascii_lowercase();
                raised = ["sup", "sub"]
                    .into_iter()
                    .find(|n| !tag.starts_with("</") && name.starts_with(n));
                let between = match name.starts_with("br") {
                    true if at_top => "\n",
                    true => " ",
                    false => "",
                };
                edits.push(Edit::within(range, between.to_owned()));
            }
            Event::Text(text) if raised.is_some() && text.bytes().any(|b| b.is_ascii_digit()) => {
                let is_above = raised == Some("sup");
                edits.push(Edit::within(
                    range,
                    text.chars().map(|c| html::raised(c, is_above)).collect(),
                ));
            }
            _ => {}
        }
    }
    edits.sort_by_key(|e| (e.range.start, std::cmp::Reverse(e.range.end)));
    match edits.is_empty() {
        true => body.into(),
        false => edited(body, &edits).into(),
    }
}

/// Another text in some place.
struct Edit {
    range: Range<usize>,
    text: String,
    /// It stands by itself, between empty lines.
    is_block: bool,
}

impl Edit {
    fn block(range: Range<usize>, text: String) -> Self {
        Edit {
            range,
            text,
            is_block: true,
        }
    }

    fn within(range: Range<usize>, text: String) -> Self {
        Edit {
            range,
            text,
            is_block: false,
        }
    }
}

/// Whether it begins with a tag of HTML: "<first name>" is none.
fn is_element(html: &str) -> bool {
    const ELEMENTS: &str = " a abbr address article aside b big blockquote br caption center cite code col colgroup dd del details \
        dfn div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hr i iframe img input ins kbd label li main \
        mark nav ol p picture pre q s samp section small source span strike strong style sub summary sup table tbody td tfoot th \
        thead time tr tt u ul var video wbr ";
    let name = html.trim_start().trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let (name, behind) = name.split_at(end);
    // An attribute has a value, or is one that has none.
    let attributes = behind
        .split('>')
        .next()
        .unwrap_or_default()
        .trim()
        .trim_end_matches('/')
        .trim();
    let is_tag = attributes.is_empty() || attributes.contains('=') || ["open", "hidden"].contains(&attributes);
    is_tag && !name.is_empty() && ELEMENTS.contains(&format!(" {} ", name.to_ascii_lowercase()))
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
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        rest = match (is_element(tag), tag.split_once('>')) {
            (true, Some((_, behind))) => behind,
            _ => {
                out.push('<');
                tag
            }
        };
    }
    out.push_str(rest);
    collapse(&out)
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

/// The body with other text in these places; what stands within another is a part of that.
fn edited(body: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(body.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.range.clone();
        if range.start < done {
            continue;
        }
        out.push_str(&body[done..range.start]);
        done = range.start + body[range.clone()].trim_end().len();
        if !edit.is_block {
            done = range.end;
            out.push_str(&edit.text);
            continue;
        }
        if !out.is_empty() && !out.ends_with("\n\n") {
            out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
        }
        out.push_str(&edit.text);
        if !body[done..].starts_with("\n\n") {
            out.push('\n');
        }
    }
    out.push_str(&body[done..]);
    out
}
