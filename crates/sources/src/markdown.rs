//! A Markdown page: front matter, then the body as it is, but for what a reader of the page does not see (comments,
//! what is struck out), which is left out and told.

mod blocks;
mod front;
mod unseen;

use mortar_language::Kind;
use mortar_language::text::collapse;
use pulldown_cmark::Options;

use crate::document::Document;
use crate::fields::stem_id;

/// Blocks in blocks, by the marks at the beginning of a line: the parser looks at all of them on each line.
const DEEPEST: usize = 100;

/// A page as a document, and what was left out of it.
pub fn read(stem: &str, text: &str) -> Result<(Document, Vec<String>), String> {
    let text = text.replace("\r\n", "\n");
    let (fields, body) = front::read(&text)?;
    let unused: Vec<String> = fields.unused().map(str::to_owned).collect();
    let fields = fields.undoubted()?;
    if body.lines().any(|l| marks(l) > DEEPEST) {
        return Err(format!("its blocks stand more than {DEEPEST} deep in each other"));
    }
    let (body, mut told) = unseen::cut(body)?;
    let body = blocks::rewritten(&body);
    if !unused.is_empty() {
        told.insert(0, format!("not used: {}", unused.join(", ")));
    }
    let body = body.trim_start_matches('\n');
    // The first heading is the title where the front matter has none, and is not said twice.
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let heading = first.strip_prefix("# ").map(|h| collapse(h.trim_end_matches('#')));
    let title = fields
        .text("title")
        .map(str::to_owned)
        .or(heading.clone())
        .filter(|t| !t.is_empty());
    let body = match heading.is_some() && heading == title {
        true => rest.trim_start_matches('\n'),
        false => body,
    };
    let id = fields.text("id").map_or_else(|| stem_id(stem), str::to_owned);
    let document = fields.document(id, title, body.trim_end().to_owned(), Kind::Article)?;
    Ok((document, told))
}

/// What is understood beyond plain Markdown.
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// How many blocks can begin or go on at the beginning of a line.
fn marks(line: &str) -> usize {
    let lead = line.bytes().take_while(|b| b" \t>*+-0123456789.)".contains(b));
    let halves: usize = lead.map(|b| if b" 0123456789.".contains(&b) { 1 } else { 2 }).sum();
    // "------" and "******" are lines, long numbers are numbers.
    match line.trim().bytes().any(|b| !b"-*".contains(&b)) && line.trim_start().contains([' ', '>', '\t']) {
        true => halves / 2,
        false => 0,
    }
}
