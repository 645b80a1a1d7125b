//! An HTML page to Markdown-like text: headings, paragraphs, lists, rows of tables. Scripts, styles
//! and navigation are left out; nothing of the page is ever run.

use std::collections::HashSet;
use std::sync::LazyLock;

use mortar_language::{Kind, text};
use scraper::{ElementRef, Html, Node, Selector};
use serde_json::{Map, Value};

use super::Fields;
use crate::document::Document;

pub fn read(stem: &str, page: &str) -> Result<Document, String> {
    let html = Html::parse_document(page);
    let first = |selector: &str| {
        html.select(&Selector::parse(selector).expect("a valid selector"))
            .next()
    };
    let mut values = Map::new();
    for meta in html.select(&Selector::parse("meta[name]").expect("a valid selector")) {
        if let (Some(name), Some(content)) = (meta.attr("name"), meta.attr("content")) {
            values.insert(name.to_owned(), Value::String(content.to_owned()));
        }
    }
    if let Some(link) = first("link[rel=canonical]").and_then(|l| l.attr("href")) {
        values.entry("url").or_insert(Value::String(link.to_owned()));
    }
    let fields = Fields::new(values);
    let words = |e: ElementRef<'_>| Some(text::collapse(&e.text().collect::<String>())).filter(|t| !t.is_empty());
    let title = fields
        .text("title")
        .or_else(|| first("h1").and_then(words))
        .or_else(|| first("title").and_then(words));
    let title = title.ok_or("no title: the page has neither <h1> nor <title>")?;
    let root = first("main")
        .or_else(|| first("article"))
        .or_else(|| first("body"))
        .unwrap_or_else(|| html.root_element());
    let mut out = Writer::default();
    out.children(root);
    out.end_block();
    let body = out.text.trim();
    let body = body.strip_prefix(&format!("# {title}")).unwrap_or(body).trim_start();
    let id = fields
        .text("id")
        .unwrap_or_else(|| stem.replace(char::is_whitespace, "-"));
    fields.document(id, title, body.to_owned(), Kind::Article)
}

#[derive(Default)]
struct Writer {
    text: String,
    line: String,
    /// What begins the present line: a heading's hashes, a list marker.
    marker: String,
    /// The lists around: the next number of an ordered one.
    lists: Vec<Option<usize>>,
}

impl Writer {
    fn children(&mut self, element: ElementRef<'_>) {
        for child in element.children() {
            match child.value() {
                Node::Text(t) => self.line.push_str(t),
                Node::Element(_) => {
                    if let Some(e) = ElementRef::wrap(child) {
                        self.element(e);
                    }
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, e: ElementRef<'_>) {
        static SKIPPED: LazyLock<HashSet<&str>> = LazyLock::new(|| {
            [
                "script", "style", "nav", "header", "footer", "form", "noscript", "template", "svg", "iframe", "head",
                "button",
            ]
            .into()
        });
        static INLINE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
            [
                "a", "abbr", "b", "cite", "code", "em", "i", "kbd", "mark", "s", "small", "span", "strong", "sub",
                "sup", "u", "time", "label", "q", "var",
            ]
            .into()
        });
        let name = e.value().name();
        if SKIPPED.contains(name) {
            return;
        }
        match name {
            "br" => self.line.push(' '),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                self.marker = format!("{} ", "#".repeat(name[1..].parse().unwrap_or(1)));
                self.children(e);
                self.end_block();
            }
            "ul" | "ol" => {
                self.end_block();
                let start = e.attr("start").and_then(|s| s.parse().ok()).unwrap_or(1);
                self.lists.push((name == "ol").then_some(start));
                self.children(e);
                self.end_block();
                self.lists.pop();
                self.text.push('\n');
            }
            "li" => {
                self.end_block();
                self.marker = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n += 1;
                        format!("{}. ", *n - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.children(e);
                self.end_block();
            }
            "td" | "th" => {
                if !self.line.trim().is_empty() {
                    self.line.push_str(" | ");
                }
                self.children(e);
            }
            _ if INLINE.contains(name) => self.children(e),
            _ => {
                self.end_block();
                self.children(e);
                self.end_block();
            }
        }
    }

    /// Ends the present line; list items stay together, everything else is parted by a blank line.
    fn end_block(&mut self) {
        let line = text::collapse(&std::mem::take(&mut self.line));
        if line.is_empty() {
            return;
        }
        let marker = std::mem::take(&mut self.marker);
        let item = !marker.is_empty() && !marker.starts_with('#');
        // A paragraph that looks like a heading or an item must not become one.
        self.text.push_str(&marker);
        self.text.push_str(&line);
        self.text.push_str(if item { "\n" } else { "\n\n" });
    }
}
