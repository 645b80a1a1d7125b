//! What a reader of a Markdown page does not see, or sees struck out: comments, hidden elements, `~~…~~`. It is cut
//! out of the body and told.

use std::borrow::Cow;
use std::ops::Range;

use mortar_language::text::collapse;
use pulldown_cmark::{Event, Parser, Tag};

use super::options;
use crate::html::{Left, left_by_tag};

/// What is cut out of one page.
const MOST_CUTS: usize = 10_000;
/// What is told of one page.
const MOST_TOLD: usize = 20;

/// The body without what is not seen, and what that was.
pub fn cut(body: &str) -> Result<(Cow<'_, str>, Vec<String>), String> {
    let parser = Parser::new_ext(body, options());
    let mut cuts: Vec<(Range<usize>, Left)> = Vec::new();
    for (_, definition) in parser.reference_definitions().iter() {
        // A definition that leads nowhere is a comment.
        if definition.title.is_some() && ["#", ""].contains(&&*definition.dest) {
            cuts.push((definition.span.clone(), Left::Hidden));
        }
    }
    let mut markup = Markup::new(body);
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => markup.add(range)?,
            // One tilde is mostly "about".
            Event::Start(Tag::Strikethrough) if body[range.clone()].starts_with("~~") => {
                cuts.push((range, Left::Struck));
            }
            _ => {}
        }
    }
    cuts.extend(markup.end()?);
    if cuts.len() > MOST_CUTS {
        return Err(format!("more than {MOST_CUTS} parts of it are hidden or struck out"));
    }
    cuts.sort_by_key(|(range, _)| range.start);
    Ok(match cuts.is_empty() {
        true => (body.into(), Vec::new()),
        false => without(body, &cuts),
    })
}

fn without<'b>(body: &'b str, cuts: &[(Range<usize>, Left)]) -> (Cow<'b, str>, Vec<String>) {
    let mut out = String::with_capacity(body.len());
    let mut told = Vec::new();
    let mut more = 0;
    let mut done = 0;
    for (range, why) in cuts.iter().filter(|(range, _)| !range.is_empty()) {
        if range.end <= done {
            continue;
        }
        let cut = whole_item(body, range);
        out.push_str(&body[done..cut.start.max(done)]);
        done = cut.end;
        if out.ends_with(' ') && body[done..].starts_with([' ', '.', ',']) {
            out.pop();
        }
        let words = excerpt(&body[range.clone()]);
        if told.len() < MOST_TOLD {
            told.push(match why {
                Left::Hidden => format!("hidden on the page and left out: “{words}”"),
                Left::Struck => format!("struck out and left out: “{words}”"),
            });
        } else {
            more += 1;
        }
    }
    out.push_str(&body[done..]);
    if more > 0 {
        told.push(format!("and {more} more parts of it"));
    }
    (out.into(), told)
}

/// Of a list's item that is cut out whole its mark and its line too: a mark alone says nothing.
fn whole_item(body: &str, range: &Range<usize>) -> Range<usize> {
    let line = body[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let mark = body[line..range.start].trim();
    let number = mark.trim_end_matches(['.', ')']);
    let is_mark = ["-", "*", "+"].contains(&mark)
        || number.len() < mark.len() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let rest = body[range.end..].split_inclusive('\n').next().unwrap_or_default();
    match is_mark && rest.trim().is_empty() {
        true => line..range.end + rest.len(),
        false => range.clone(),
    }
}

/// The first words of what was cut out.
fn excerpt(part: &str) -> String {
    const WORDS: usize = 60;
    let part = part.trim_start_matches("<!--").trim_matches('~');
    let start: String = part.chars().take(20 * WORDS).collect();
    let words = collapse(start.trim_end_matches("-->"));
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// The HTML of a page as it comes, piece by piece.
struct Markup<'b> {
    body: &'b str,
    /// A comment that has begun.
    comment: Option<usize>,
    /// An element that is left out: its name, where it began, why, and how many of its name stand within.
    open: Option<(String, usize, Left, usize)>,
    looked_at: usize,
    cuts: Vec<(Range<usize>, Left)>,
}

impl<'b> Markup<'b> {
    fn new(body: &'b str) -> Self {
        Markup {
            body,
            comment: None,
            open: None,
            looked_at: 0,
            cuts: Vec::new(),
        }
    }

    fn add(&mut self, range: Range<usize>) -> Result<(), String> {
        let mut at = range.start;
        while at < range.end {
            let rest = &self.body[at..range.end];
            if let Some(begin) = self.comment {
                let Some(end) = rest.find("-->") else { return Ok(()) };
                at += end + 3;
                self.comment = None;
                if self.open.is_none() {
                    self.cuts.push((begin..at, Left::Hidden));
                }
                continue;
            }
            let Some(tag) = rest.find('<') else { return Ok(()) };
            at += tag;
            if self.body[at..].starts_with("<!--") {
                self.comment = Some(at);
                at += 4;
                continue;
            }
            let end = self.body[at..range.end].find('>').map_or(range.end, |end| at + end + 1);
            self.tag(at..end)?;
            at = end;
        }
        Ok(())
    }

    fn tag(&mut self, range: Range<usize>) -> Result<(), String> {
        let tag = &self.body[range.clone()];
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        if name.is_empty() || tag.ends_with("/>") {
            return Ok(());
        }
        match &mut self.open {
            Some((open, begin, why, within)) if *open == name => match (closes, *within) {
                (false, _) => *within += 1,
                (true, 0) => {
                    self.cuts.push((*begin..range.end, *why));
                    self.open = None;
                }
                (true, _) => *within -= 1,
            },
            Some(_) => {}
            None if closes => {}
            None => {
                let could = ["s", "strike", "del", "dialog"].contains(&&*name)
                    || ["hidden", "style", "class", "color"].iter().any(|a| tag.contains(a));
                if could && !["img", "input", "hr", "meta", "link"].contains(&&*name) {
                    self.looked_at += 1;
                    if self.looked_at > MOST_CUTS {
                        return Err(format!("more than {MOST_CUTS} of its elements could be hidden"));
                    }
                    self.open = left_by_tag(tag).map(|why| (name, range.start, why, 0));
                }
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Vec<(Range<usize>, Left)>, String> {
        match (self.comment, self.open) {
            (Some(_), _) => Err("a comment begins and never ends".into()),
            (_, Some((name, ..))) => Err(format!("a hidden or struck out <{name}> begins and never ends")),
            _ => Ok(self.cuts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_is_struck_out_goes_with_its_mark() {
        for (body, want) in [
            ("- ~~Tips are shared.~~\n- Tips are weekly.\n", "- Tips are weekly.\n"),
            ("1. Ask.\n2. ~~Wait.~~\n3. Send.", "1. Ask.\n3. Send."),
            ("- a\n- ~~b~~", "- a\n"),
            ("- ~~$5~~ $20\n- b", "- $20\n- b"),
            ("Up to ~~$5~~ $20.", "Up to $20."),
            ("~~All of it.~~\n\nMore.", "\n\nMore."),
        ] {
            let (cut, told) = cut(body).unwrap();
            assert_eq!(cut.trim_start_matches(' '), want, "{body:?}");
            assert!(
                told[0].starts_with("struck out and left out: “") && !told[0].contains('-'),
                "{told:?}"
            );
        }
    }
}
