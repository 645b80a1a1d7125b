//! A Markdown page: front matter, then the body as it is, but for what a reader of the page does not see (comments,
//! what is struck out), which is left out and told.

mod blocks;
mod front;
mod unseen;

use mortar_language::Kind;
use mortar_language::text::collapse;
use pulldown_cmark::Options;

use crate::fields::stem_id;
use crate::mapping::Mapping;
use crate::reading::Page;

/// Blocks in blocks, by the marks at the beginning of a line: the parser looks at all of them on each line.
const DEEPEST: usize = 100;

/// A page as a document, and what was left out of it.
pub fn read(stem: &str, text: &str, mapping: &Mapping) -> Result<Page, String> {
    let text = text.replace("\r\n", "\n");
    let (fields, body) = front::read(&text, mapping)?;
    let unused: Vec<String> = fields.unused().map(str::to_owned).collect();
    let fields = fields.undoubted()?;
    if let Some(why) = fields.not_in_force() {
        return Ok(Page::LeftOut(why.to_owned()));
    }
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
    Ok(Page::Read(Box::new(document), told))
}

/// What is understood beyond plain Markdown.
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// How many blocks can begin at the beginning of a line, with those that its indentation stands in.
fn marks(line: &str) -> usize {
    let mut tokens = line.split_ascii_whitespace();
    // "- - - - -" is a line.
    if let Some(first @ ("-" | "*" | "_")) = tokens.clone().next()
        && tokens.all(|t| t == first)
    {
        return 0;
    }
    let mut count = 0;
    for token in line.split_ascii_whitespace() {
        let quotes = token.bytes().take_while(|b| *b == b'>').count();
        let number = token.strip_suffix(['.', ')']).unwrap_or_default();
        let is_number = !number.is_empty() && number.len() < 10 && number.bytes().all(|b| b.is_ascii_digit());
        let is_mark = ["-", "*", "+"].contains(&token) || is_number;
        count += quotes + usize::from(is_mark);
        if !is_mark && quotes < token.len() {
            break;
        }
    }
    match count {
        0 => 0,
        _ => count + line.bytes().take_while(u8::is_ascii_whitespace).count() / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_in_blocks_are_counted() {
        for (line, want) in [
            ("text", 0),
            ("- a", 1),
            ("> > - 1. a", 4),
            (">>> a", 3),
            (">>>a", 3),
            ("    - a", 3),
            ("        code", 0),
            ("- - - - - -", 0),
            ("***", 0),
            ("- * - *", 4),
            ("12.5 13.5 14.5", 0),
            ("2026. A year", 1),
        ] {
            assert_eq!(marks(line), want, "{line}");
        }
    }
}
