//! HTML to a tree of bounded size and depth. A page is parsed piece by piece and refused once it grows beyond; what
//! would make the parser itself slow is counted before.

use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::TendrilSink;
use scraper::{Html, HtmlTreeSink};

/// What is parsed between two looks at the tree.
const PIECE: usize = 1024;
const DEEPEST: usize = 400;
const MOST_NODES: usize = 400_000;
/// Attributes of one element, and of the page. In a script, what looks like an element is mostly none.
const MOST_ATTRIBUTES: usize = 256;
const MOST_IN_SCRIPTS: usize = 2_000;
const MOST_ATTRIBUTES_IN_ALL: usize = 400_000;

pub fn parse(page: &str) -> Result<Html, String> {
    count_attributes(page.as_bytes())?;
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut rest = page;
    let mut seen = 0;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.ceil_char_boundary(PIECE.min(rest.len())));
        rest = behind;
        parser.process(piece.into());
        let html = parser.tokenizer.sink.sink.0.borrow();
        let nodes = html.tree.nodes();
        let all = nodes.len();
        if all > MOST_NODES {
            return Err(format!(
                "it has more than {MOST_NODES} elements and texts; cut it into several"
            ));
        }
        let is_deep = |node: ego_tree::NodeRef<'_, _>| node.ancestors().take(DEEPEST).count() == DEEPEST;
        if nodes.rev().take(all - seen).any(is_deep) {
            return Err(format!("its elements stand more than {DEEPEST} deep in each other"));
        }
        seen = all;
    }
    Ok(parser.finish())
}

/// The parser compares each attribute of an element with all others of it.
fn count_attributes(page: &[u8]) -> Result<(), String> {
    let mut at = 0;
    let mut all = 0;
    // Up to where a script or a style sheet goes.
    let mut raw_until = 0;
    while let Some(found) = page[at..].iter().position(|b| *b == b'<') {
        at += found + 1;
        if page[at..].starts_with(b"!--") && at >= raw_until {
            at = comment_end(page, at + 1);
            continue;
        }
        let name = at + usize::from(page.get(at) == Some(&b'/'));
        if !page.get(name).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let (count, end) = attributes(page, name);
        let in_script = at < raw_until;
        let most = if in_script { MOST_IN_SCRIPTS } else { MOST_ATTRIBUTES };
        all += if in_script { 0 } else { count };
        if count > most || all > MOST_ATTRIBUTES_IN_ALL {
            return Err(format!(
                "an element has more than {most} attributes, or all have more than {MOST_ATTRIBUTES_IN_ALL}"
            ));
        }
        // Within a script, the next "<" may stand inside of what only looked like an element.
        at = if in_script { name } else { end };
        if !in_script {
            let close = [&b"script"[..], b"style"]
                .into_iter()
                .find(|raw| is_named(&page[name..], raw));
            raw_until = close.map_or(0, |raw| raw_end(page, at, raw));
        }
    }
    Ok(())
}

/// How many attributes the tag has whose name begins here, and where it ends.
fn attributes(page: &[u8], name: usize) -> (usize, usize) {
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
        let found = page[from..].iter().position(|b| stop(*b));
        found.map_or(page.len(), |n| from + n)
    };
    let is_space = |b: u8| b.is_ascii_whitespace() || b == b'/';
    let mut at = until(name, &|b| is_space(b) || b == b'>');
    let mut count = 0;
    loop {
        at = until(at, &|b| !is_space(b));
        match page.get(at) {
            None | Some(b'>') => return (count, at),
            Some(_) => {}
        }
        count += 1;
        // A name may begin with "=".
        at = until(at + 1, &|b| is_space(b) || b == b'>' || b == b'=');
        let value = until(at, &|b| !b.is_ascii_whitespace());
        if page.get(value) != Some(&b'=') {
            continue;
        }
        at = until(value + 1, &|b| !b.is_ascii_whitespace());
        at = match page.get(at) {
            Some(quote @ (b'"' | b'\'')) => (until(at + 1, &|b| b == *quote) + 1).min(page.len()),
            _ => until(at, &|b| b.is_ascii_whitespace() || b == b'>'),
        };
    }
}

/// Where a comment ends whose first hyphen stands at `at`; also `<!-->` is one.
fn comment_end(page: &[u8], at: usize) -> usize {
    let mut from = at;
    while let Some(found) = page[from..].iter().position(|b| *b == b'>') {
        from += found + 1;
        let before = &page[at..from - 1];
        if before.ends_with(b"--") || before.ends_with(b"--!") || before == b"-" {
            return from;
        }
    }
    page.len()
}

fn raw_end(page: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(found) = page[at..].iter().position(|b| *b == b'<') {
        at += found + 1;
        if page.get(at) == Some(&b'/') && is_named(&page[at + 1..], name) {
            return at;
        }
    }
    page.len()
}

fn is_named(at: &[u8], name: &[u8]) -> bool {
    let longer = at.get(name.len()).is_some_and(u8::is_ascii_alphanumeric);
    at.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) && !longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_as_the_parser_reads_them() {
        let count = |tag: &str| attributes(tag.as_bytes(), 1).0;
        for (tag, want) in [
            ("<b>", 0),
            ("<b a>", 1),
            ("<b a=1 b='x y > z' c=\"d\"/>", 3),
            ("<b a = 1 b>", 2),
            ("<b =a=1>", 1),
            ("<b a='never closed", 1),
        ] {
            assert_eq!(count(tag), want, "{tag}");
        }
    }

    #[test]
    fn a_script_and_a_comment_are_no_elements() {
        let script = format!("<script>if (i<n {}) f()</script><p>Text.", "x ".repeat(500));
        assert!(parse(&script).is_ok());
        assert!(parse(&format!("<!-- <b {}> --><p>Text.", "x ".repeat(500))).is_ok());
        assert!(parse(&format!("<!--><b {}><p>Text.", "x ".repeat(500))).is_err());
        assert!(parse(&format!("<svg><style><b {}><p>Text.", "x ".repeat(2500))).is_err());
    }
}
