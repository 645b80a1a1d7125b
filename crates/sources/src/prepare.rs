//! Prepare: a document to passages. By heading, then by sentences, to what the embedding model
//! reads at once. Depends on nothing but the text, so the same sources give the same passages.

use std::ops::Range;

use mortar_language::Kind;
use mortar_language::tables;
use mortar_language::text::tokens;
use mortar_language::text::{self, Segment};
use serde::{Deserialize, Serialize};

use crate::document::Document;

/// Tokens of a passage's own text; the embedding model reads 256, title and headings among them.
const LONGEST: usize = 190;
/// In bytes: what is longer is a paragraph that was marked as a heading. Each passage of its part repeats a heading.
const LONGEST_HEADING: usize = 400;

/// A passage as the index keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageRecord {
    pub heading_path: Vec<String>,
    /// Bytes of the document's body.
    pub range: Range<usize>,
}

/// The passages of a document, in order. Every sentence of the body is in exactly one.
pub fn passages(document: &Document) -> Vec<PassageRecord> {
    let body = &document.body;
    let mut out = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut section: Vec<Range<usize>> = Vec::new();
    let heading_path = |path: &[(usize, String)]| path.iter().map(|h| h.1.clone()).collect::<Vec<_>>();
    for segment in text::segments(body) {
        if segment.heading && segment.range.len() <= LONGEST_HEADING {
            pack(body, &mut section, &heading_path(&path), &mut out);
            let (level, words) = heading(body, &segment);
            path.retain(|h| h.0 < level);
            path.push((level, words));
        } else {
            cut(body, segment.range, &mut section);
        }
    }
    pack(body, &mut section, &heading_path(&path), &mut out);
    if out.is_empty() {
        // Nothing but headings: they are what it says.
        let lead = body.len() - body.trim_start().len();
        let range = lead..lead + body.trim().len();
        out.push(PassageRecord {
            heading_path: Vec::new(),
            range,
        });
    }
    out
}

fn heading(body: &str, segment: &Segment) -> (usize, String) {
    let line = &body[segment.range.clone()];
    let level = line.bytes().take_while(|b| *b == b'#').count();
    (
        level,
        text::collapse(body[segment.body..segment.range.end].trim_end_matches('#')),
    )
}

/// A sentence that alone is too long is cut between words; a word that is, between characters.
fn cut(body: &str, range: Range<usize>, out: &mut Vec<Range<usize>>) {
    if tokens(&body[range.clone()]) <= LONGEST {
        out.push(range);
        return;
    }
    let (mut begin, mut end, mut count) = (range.start, range.start, 0);
    let mut add = |range: Range<usize>| out.extend(Some(trimmed(body, range)).filter(|r| !r.is_empty()));
    for word in body[range].split_inclusive(char::is_whitespace).flat_map(pieces) {
        let cost = tokens(word).max(1);
        if count + cost > LONGEST && end > begin {
            add(begin..end);
            (begin, count) = (end, 0);
        }
        end += word.len();
        count += cost;
    }
    add(begin..end);
}

/// A word, in pieces that are short enough whatever their characters cost, where it is too long.
fn pieces(word: &str) -> Vec<&str> {
    if tokens(word) <= LONGEST {
        return vec![word];
    }
    let mut out = Vec::new();
    let mut rest = word;
    while let Some((end, _)) = rest.char_indices().nth(LONGEST) {
        let (piece, behind) = rest.split_at(end);
        out.push(piece);
        rest = behind;
    }
    out.push(rest);
    out
}

fn trimmed(body: &str, range: Range<usize>) -> Range<usize> {
    let s = &body[range.clone()];
    let lead = s.len() - s.trim_start().len();
    let len = s.trim().len();
    range.start + lead..range.start + lead + len
}

/// Packs a section's sentences into passages of about the same length, none longer than [`LONGEST`].
fn pack(body: &str, section: &mut Vec<Range<usize>>, path: &[String], out: &mut Vec<PassageRecord>) {
    let sentences = std::mem::take(section);
    let costs: Vec<usize> = sentences.iter().map(|r| tokens(&body[r.clone()])).collect();
    let total: usize = costs.iter().sum();
    // Even parts: a last passage of one short sentence would say little by itself.
    let even = total.div_ceil(total.div_ceil(LONGEST).max(1));
    let mut current: Option<Range<usize>> = None;
    let mut count = 0;
    let mut push = |range: Range<usize>| {
        out.push(PassageRecord {
            heading_path: path.to_vec(),
            range,
        })
    };
    for (range, cost) in sentences.into_iter().zip(costs) {
        match &mut current {
            Some(now) if count + cost <= LONGEST && count < even => {
                now.end = range.end;
                count += cost;
            }
            _ => {
                if let Some(done) = current.replace(range) {
                    push(done);
                }
                count = cost;
            }
        }
    }
    if let Some(done) = current {
        push(done);
    }
}

/// What is embedded for a document as a whole, beside its passages: the question that it answers; or
/// all of it, where it is short but its headings cut it up.
pub fn whole(document: &Document, passages: usize) -> Option<String> {
    if document.kind == Kind::Qa || document.title.ends_with('?') {
        Some(document.title.clone())
    } else if passages > 1 && tokens(&document.body) <= LONGEST {
        Some(format!("{}\n{}", document.title, document.body))
    } else {
        None
    }
}

/// The head of the table in whose rows a passage begins, where the head stands before it.
pub fn head<'d>(document: &'d Document, passage: &PassageRecord) -> Option<&'d str> {
    let body = &document.body;
    let first = body.get(passage.range.clone())?.lines().next()?;
    if !tables::is_row(first) {
        return None;
    }
    let all = tables::tables(body);
    let table = all
        .iter()
        .find(|t| t.rows.iter().any(|r| r.start == passage.range.start))?;
    body.get(table.head.clone())
}

/// What is embedded for a passage: what it is about, then what it says. Vectors of the same text are
/// kept from one release to the next: whoever changes this makes a new format.
pub fn embedded(document: &Document, passage: &PassageRecord) -> String {
    let about = std::iter::once(document.title.as_str()).chain(passage.heading_path.iter().map(String::as_str));
    let head = head(document, passage).map(|h| format!("{h}\n")).unwrap_or_default();
    format!(
        "{}\n{head}{}",
        about.collect::<Vec<_>>().join(" - "),
        &document.body[passage.range.clone()]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn document(title: &str, body: &str) -> Document {
        Document {
            id: "d".into(),
            title: title.into(),
            body: body.into(),
            url: None,
            kind: Kind::Article,
            version: "1".into(),
            effective_from: None,
            effective_to: None,
            owner: None,
            tags: vec![],
            codes: vec![],
            history: None,
            exact: vec![],
            source: None,
            pages: Vec::new(),
        }
    }

    #[test]
    fn passages_follow_the_headings() {
        let d = document(
            "Refund",
            "Intro one. Intro two.\n\n## Steps\n\n1. First.\n2. Second.\n\n### Late\n\nCall.\n\n## Notes\n\nNone.",
        );
        let got: Vec<_> = passages(&d)
            .into_iter()
            .map(|p| (p.heading_path.join(">"), d.body[p.range].to_owned()))
            .collect();
        assert_eq!(
            got,
            [
                ("".into(), "Intro one. Intro two.".to_owned()),
                ("Steps".into(), "1. First.\n2. Second.".into()),
                ("Steps>Late".into(), "Call.".into()),
                ("Notes".into(), "None.".into()),
            ]
        );
    }

    #[test]
    fn a_long_section_is_cut_evenly_at_sentences() {
        let d = document(
            "t",
            &"Every plan answers a request within three days of it. ".repeat(40),
        );
        let got = passages(&d);
        let sizes: Vec<_> = got.iter().map(|p| tokens(&d.body[p.range.clone()])).collect();
        assert!(sizes.len() > 1 && sizes.iter().all(|s| *s <= LONGEST), "{sizes:?}");
        assert!(got.iter().all(|p| d.body[p.range.clone()].ends_with('.')));
    }

    #[test]
    fn what_is_no_heading_and_no_word_is_cut_like_text() {
        let long = "word ".repeat(100);
        let d = document("t", &format!("## {long}\n\nText.\n\n{}", "x".repeat(5000)));
        let got = passages(&d);
        assert!(
            got.iter().all(|p| p.heading_path.is_empty() && p.range.len() < 1500),
            "{got:?}"
        );
        let all: usize = got.iter().map(|p| p.range.len()).sum();
        assert!(all > 5000 + 490, "{all}");
    }

    proptest! {
        #[test]
        fn every_word_is_in_one_passage_and_none_is_too_long(body in "[a-zA-Z0-9 .!?#\\n\\-é]{1,600}") {
            prop_assume!(!body.trim().is_empty());
            let d = document("t", &body);
            let got = passages(&d);
            let mut last = 0;
            for p in &got {
                prop_assert!(p.range.start >= last && body.get(p.range.clone()).is_some());
                last = p.range.end;
            }
            prop_assert!(!got.is_empty());
            prop_assert!(got.iter().all(|p| tokens(&body[p.range.clone()]) <= LONGEST + 40));
        }
    }
}
