//! The tree of a page to text, from top to bottom without recursion but for tables in tables. What stands around the
//! text (menus, banners, scripts) is passed over, what is hidden or struck out is left out and told.

use std::collections::BTreeMap;

use ego_tree::{NodeId, NodeRef};
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
    /// What a list of definitions explains, as long as its explanation has not begun.
    term: String,
    /// The digits of these are written as such: "10⁵" is not "105".
    raised: Vec<Digits>,
    told: Vec<String>,
    /// What has no text that could be read, and how often it is there.
    unread: BTreeMap<&'static str, usize>,
}

/// Where digits stand on their line.
#[derive(Clone, Copy)]
enum Digits {
    Above,
    Below,
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
        let unread = writer
            .unread
            .iter()
            .map(|(what, n)| format!("{what} are not read ({n})"));
        writer.told.extend(unread);
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
            term: String::new(),
            raised: Vec::new(),
            told: Vec::new(),
            unread: BTreeMap::new(),
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
            self.pass(e);
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
            "sup" => self.raised.push(Digits::Above),
            "sub" => self.raised.push(Digits::Below),
            "img" if e.attr("alt").is_some_and(|alt| !alt.trim().is_empty()) => {
                *self.unread.entry("pictures").or_default() += 1
            }
            "dt" | "dd" => self.end_block(),
            "li" => {
                self.end_block();
                self.marker = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n = e.attr("value").and_then(|v| v.trim().parse().ok()).unwrap_or(*n);
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
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                // One without words is none.
                self.marker.clear();
            }
            "dt" => {
                let term = collapse(&std::mem::take(&mut self.line));
                if !self.term.is_empty() && !term.is_empty() {
                    self.term.push_str(", ");
                }
                self.term.push_str(&term);
            }
            "dl" => {
                self.end_block();
                if !self.term.is_empty() {
                    self.line = std::mem::take(&mut self.term);
                    self.end_block();
                }
            }
            "sup" | "sub" => drop(self.raised.pop()),
            "br" => {}
            name if is_inline(name) => {}
            _ => self.end_block(),
        }
    }

    /// Passes over what stands around the text; what is taken for that by its name alone is told.
    fn pass(&mut self, e: ElementRef<'_>) {
        match e.value().name() {
            "iframe" | "object" | "video" | "audio" | "embed" => {
                *self.unread.entry("frames and media").or_default() += 1
            }
            "div" | "section" | "aside" | "ul" | "p" | "span" => {
                let words = excerpt(e);
                if words.chars().any(char::is_alphanumeric) && self.shown.left(e).is_none() {
                    self.told
                        .push(format!("taken for what stands around the page and left out: “{words}”"));
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if self.kept > 0 {
            self.line.push_str(text);
        } else {
            let on = self.raised.last().copied();
            self.line.extend(text.chars().map(|c| match on {
                _ if c == '\n' => ' ',
                Some(on) => raised(c, matches!(on, Digits::Above)),
                _ => c,
            }));
        }
    }

    fn table<'a>(&mut self, table: ElementRef<'a>) {
        let shown = self.shown;
        let mut told = Vec::new();
        let mut left = LONGEST_DOCUMENT;
        let mut hidden = Vec::new();
        let is_shown = |row: ElementRef<'a>| {
            hidden.extend(shown.left(row).map(|why| (row, why)));
            !is_around(row) && shown.left(row).is_none()
        };
        let mut hidden_cells = Vec::new();
        let lines = grid::lines(table, is_shown, |cell: ElementRef<'a>| {
            hidden_cells.extend(shown.left(cell).map(|why| (cell, why)));
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
        // All rows of a part stand in it.
        hidden.dedup_by_key(|(e, _)| e.id());
        for (e, why) in hidden.into_iter().chain(hidden_cells) {
            self.leave(e, why);
        }
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
        let mut line = std::mem::take(&mut self.line);
        if !self.term.is_empty() && !line.trim().is_empty() {
            let term = std::mem::take(&mut self.term);
            // A question is answered on a line of its own.
            let between = if term.ends_with(['?', ':']) {
                if term.ends_with('?') { "\n" } else { " " }
            } else {
                ": "
            };
            line = format!("{term}{between}{}", line.trim_start());
        }
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

/// A digit above or below its line; all else as it is.
pub fn raised(c: char, is_above: bool) -> char {
    const ABOVE: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    const BELOW: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
    let digits = if is_above { ABOVE } else { BELOW };
    c.to_digit(10).map_or(c, |d| digits[d as usize])
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
    // Bars part the cells of the row that it stands in.
    let lines: Vec<String> = lines
        .filter(|l| !l.is_empty())
        .map(|l| l.replace(" | ", ", "))
        .collect();
    lines.join("; ")
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
            | "button"
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
    // What names its columns holds data also where a cell has a table of its own.
    let own_heads = |e: ElementRef<'_>| e.value().name() == "th" && nearest_table(e) == Some(table.id());
    let has_heads = table.descendent_elements().any(own_heads);
    let mut within = table.descendent_elements().skip(1);
    !within.any(|e| match e.value().name() {
        "table" => !has_heads,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "article" | "form" => !has_heads,
        _ => false,
    })
}

fn nearest_table(e: ElementRef<'_>) -> Option<NodeId> {
    let mut around = e.ancestors().filter_map(ElementRef::wrap);
    around.find(|a| a.value().name() == "table").map(|a| a.id())
}

/// Whether an element stands around the text: it is no part of what the page says.
fn is_around(e: ElementRef<'_>) -> bool {
    let element = e.value();
    match element.name() {
        "script" | "style" | "nav" | "noscript" | "template" | "svg" | "iframe" | "head" | "select" | "textarea"
        | "object" | "canvas" | "video" | "audio" | "embed" => return true,
        // One that opens a part of the page is its heading.
        "button" => {
            let opens = ["aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle"];
            return !opens.iter().any(|a| element.attr(a).is_some())
                && !is_within(e, &["h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"]);
        }
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

/// Whether an element stands around the text, or in something that does.
pub fn is_around_within(e: ElementRef<'_>) -> bool {
    is_around(e) || e.ancestors().filter_map(ElementRef::wrap).any(is_around)
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
