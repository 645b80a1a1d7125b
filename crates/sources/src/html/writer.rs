//! The tree of a page to text, from top to bottom without recursion but for tables in tables. What stands around the
//! text (menus, banners, scripts) is passed over, what is hidden or struck out is left out and told.

use ego_tree::NodeRef;
use mortar_language::text::collapse;
use scraper::{ElementRef, Node};

use super::grid;
use super::shown::{Left, Shown};
use crate::limits::{LONGEST_DOCUMENT, too_long};

/// What is told of one page.
const MOST_TOLD: usize = 20;

pub struct Writer<'s> {
    shown: &'s Shown,
    text: String,
    line: String,
    /// What begins the present line: a heading's hashes, a list marker.
    marker: String,
    /// The lists around: the next number of an ordered one.
    lists: Vec<Option<usize>>,
    /// How many elements around keep their line ends.
    kept: usize,
    /// A table alone is longer than a document may be.
    has_long_table: bool,
    told: Vec<String>,
}

/// What becomes of an element's children.
enum Enter {
    Children,
    Nothing,
}

impl<'s> Writer<'s> {
    /// The text of an element, and what was left out of it.
    pub fn write(root: ElementRef<'_>, shown: &'s Shown) -> Result<(String, Vec<String>), String> {
        let mut writer = Writer::new(shown);
        writer.walk(root);
        if writer.is_too_long() {
            let length = writer.text.len().max(LONGEST_DOCUMENT + 1);
            return Err(too_long(length, LONGEST_DOCUMENT, "document"));
        }
        let more = writer.told.len().saturating_sub(MOST_TOLD);
        writer.told.truncate(MOST_TOLD);
        if more > 0 {
            writer.told.push(format!("and {more} more parts of it"));
        }
        Ok((writer.text, writer.told))
    }

    fn new(shown: &'s Shown) -> Self {
        Writer {
            shown,
            text: String::new(),
            line: String::new(),
            marker: String::new(),
            lists: Vec::new(),
            kept: 0,
            has_long_table: false,
            told: Vec::new(),
        }
    }

    fn is_too_long(&self) -> bool {
        self.has_long_table || self.text.len() > LONGEST_DOCUMENT
    }

    /// Everything below an element, in its order.
    fn walk(&mut self, root: ElementRef<'_>) {
        let mut next = root.first_child();
        while let Some(mut node) = next {
            if self.is_too_long() {
                return;
            }
            if let Enter::Children = self.open(node)
                && let Some(child) = node.first_child()
            {
                next = Some(child);
                continue;
            }
            self.close(node);
            next = loop {
                if let Some(sibling) = node.next_sibling() {
                    break Some(sibling);
                }
                match node.parent().filter(|p| p.id() != root.id()) {
                    Some(parent) => {
                        node = parent;
                        self.close(node);
                    }
                    None => break None,
                }
            };
        }
        self.end_block();
    }

    fn open(&mut self, node: NodeRef<'_, Node>) -> Enter {
        let Some(e) = ElementRef::wrap(node) else {
            if let Node::Text(text) = node.value() {
                self.add(text);
            }
            return Enter::Nothing;
        };
        if is_around(e) {
            return Enter::Nothing;
        }
        if let Some(why) = self.shown.left(e) {
            self.leave(e, why);
            return Enter::Nothing;
        }
        let name = e.value().name();
        match name {
            "br" => self.line.push('\n'),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                self.marker = format!("{} ", "#".repeat(name[1..].parse().unwrap_or(1)));
            }
            "ul" | "ol" => {
                self.end_block();
                let start = e.attr("start").and_then(|s| s.parse().ok()).unwrap_or(1);
                self.lists.push((name == "ol").then_some(start));
            }
            "li" => {
                self.end_block();
                self.marker = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        let marker = format!("{n}. ");
                        *n = n.saturating_add(1);
                        marker
                    }
                    _ => "- ".to_owned(),
                };
            }
            "table" if is_data(e) => {
                self.end_block();
                self.table(e);
                return Enter::Nothing;
            }
            "pre" => {
                self.end_block();
                self.kept += 1;
            }
            _ if is_inline(name) => {}
            _ => self.end_block(),
        }
        Enter::Children
    }

    /// What ends with an element that was entered, or passed over.
    fn close(&mut self, node: NodeRef<'_, Node>) {
        let Some(e) = ElementRef::wrap(node) else { return };
        if is_around(e) || self.shown.left(e).is_some() {
            return;
        }
        match e.value().name() {
            "ul" | "ol" => {
                self.end_block();
                self.lists.pop();
                self.text.push('\n');
            }
            "pre" => {
                self.end_block();
                self.kept = self.kept.saturating_sub(1);
            }
            "br" => {}
            name if is_inline(name) => {}
            _ => self.end_block(),
        }
    }

    fn add(&mut self, text: &str) {
        if self.kept > 0 {
            self.line.push_str(text);
        } else {
            self.line.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        }
    }

    fn table(&mut self, table: ElementRef<'_>) {
        let shown = self.shown;
        let mut told = Vec::new();
        let mut left = LONGEST_DOCUMENT;
        let lines = grid::lines(table, |cell| {
            if is_around(cell) || shown.left(cell).is_some() || left == 0 {
                return String::new();
            }
            let mut writer = Writer::new(shown);
            writer.walk(cell);
            told.append(&mut writer.told);
            let text = in_one_line(&writer.text);
            left = left.saturating_sub(text.len());
            text
        });
        self.told.append(&mut told);
        for caption in table.child_elements().filter(|c| c.value().name() == "caption") {
            self.walk(caption);
        }
        let Some(lines) = lines else {
            self.has_long_table = true;
            return;
        };
        for line in lines {
            self.line = line;
            self.end_block();
        }
    }

    fn leave(&mut self, e: ElementRef<'_>, why: Left) {
        let text = excerpt(e);
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        self.told.push(match why {
            Left::Hidden => format!("hidden on the page and left out: “{text}”"),
            Left::Struck => format!("struck out and left out: “{text}”"),
        });
    }

    /// Ends the present line; list items stay together, everything else is parted by a blank line.
    fn end_block(&mut self) {
        let line = std::mem::take(&mut self.line);
        let lines: Vec<String> = line.lines().map(collapse).filter(|l| !l.is_empty()).collect();
        if lines.is_empty() {
            return;
        }
        let marker = std::mem::take(&mut self.marker);
        let item = !marker.is_empty() && !marker.starts_with('#');
        // A heading is one line.
        let between = if marker.starts_with('#') { " " } else { "\n" };
        self.text.push_str(&marker);
        self.text.push_str(&lines.join(between));
        self.text.push_str(if item { "\n" } else { "\n\n" });
    }
}

/// The first words of an element.
fn excerpt(e: ElementRef<'_>) -> String {
    const WORDS: usize = 60;
    let start: String = e.text().flat_map(str::chars).take(20 * WORDS).collect();
    let words = collapse(&start);
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A cell's text as a part of its row.
fn in_one_line(text: &str) -> String {
    let lines = text
        .lines()
        .map(|l| l.trim().trim_start_matches("- ").trim_start_matches('#').trim());
    lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("; ")
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "img"
            | "input"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "q"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Whether a table holds data, not the page.
fn is_data(table: ElementRef<'_>) -> bool {
    if ["presentation", "none"].contains(&table.attr("role").unwrap_or_default()) {
        return false;
    }
    let mut within = table.descendent_elements().skip(1);
    !within.any(|e| {
        matches!(
            e.value().name(),
            "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "article" | "form"
        )
    })
}

/// Whether an element stands around the text: it is no part of what the page says.
fn is_around(e: ElementRef<'_>) -> bool {
    let element = e.value();
    match element.name() {
        "script" | "style" | "nav" | "noscript" | "template" | "svg" | "iframe" | "head" | "button" | "select"
        | "textarea" | "object" | "canvas" => return true,
        "html" | "body" | "main" | "article" => return false,
        // Those of the page; those of an article belong to it.
        "header" | "footer" => return !is_within(e, &["main", "article", "section"]),
        // One around all of the page, as some servers make it, is the page.
        "form" => return !holds_text(e),
        _ => {}
    }
    let role = element.attr("role").unwrap_or_default();
    let named = element
        .attr("class")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .chain(element.attr("id"));
    matches!(
        role,
        "navigation" | "banner" | "contentinfo" | "search" | "menu" | "menubar"
    ) || named.into_iter().any(is_frame)
}

/// Classes and ids by which pages everywhere call what is around their text.
fn is_frame(name: &str) -> bool {
    const FRAMES: &[&str] = &[
        "nav",
        "navbar",
        "navigation",
        "menu",
        "breadcrumb",
        "breadcrumbs",
        "sidebar",
        "footer",
        "site-footer",
        "page-footer",
        "site-header",
        "page-header",
        "cookie",
        "cookies",
        "cookie-banner",
        "cookie-consent",
        "cookie-notice",
        "skip-link",
        "skip-nav",
        "social",
        "social-share",
        "share-buttons",
        "pagination",
        "related-articles",
        "article-votes",
        "newsletter",
        "advertisement",
        "feedback",
        "article-feedback",
        "page-feedback",
        "helpful",
        "was-this-helpful",
        "rating",
        "votes",
        "toc",
        "table-of-contents",
        "masthead",
        "topbar",
        "top-bar",
        "copyright",
    ];
    FRAMES.iter().any(|f| name.eq_ignore_ascii_case(f))
}

fn is_within(e: ElementRef<'_>, names: &[&str]) -> bool {
    e.ancestors()
        .filter_map(ElementRef::wrap)
        .any(|a| names.contains(&a.value().name()))
}

fn holds_text(form: ElementRef<'_>) -> bool {
    let names = form.descendent_elements().map(|e| e.value().name());
    let mut paragraphs = 0;
    for name in names {
        paragraphs += usize::from(name == "p");
        if paragraphs > 1 || matches!(name, "h1" | "h2" | "h3" | "article" | "main") {
            return true;
        }
    }
    false
}
