//! An HTML page, or the HTML in a cell, to Markdown-like text: headings, paragraphs, lists, rows of tables. What a
//! reader of the page does not see is left out and told; nothing of the page is ever run.

mod grid;
mod parse;
mod shown;
mod writer;

use std::sync::LazyLock;

use mortar_language::Kind;
use mortar_language::text::collapse;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};

use crate::columns::{is_known, looks_like, normal};
use crate::fields::{Fields, Written, stem_id};
use crate::mapping::Mapping;
use crate::reading::Page;

pub use grid::line;
pub use shown::Left;

use shown::Shown;
use writer::{Writer, is_around_within};

pub use writer::raised;

/// A page as a document, and what was left out of it.
pub fn read(stem: &str, page: &str, mapping: &Mapping) -> Result<Page, String> {
    let html = parse::parse(page)?;
    let shown = Shown::of(&html);
    let fields = metadata(&html, mapping)?.undoubted()?;
    if let Some(why) = fields.not_in_force() {
        return Ok(Page::LeftOut(why.to_owned()));
    }
    let words = |e: ElementRef<'_>| Some(collapse(&e.text().collect::<String>())).filter(|t| !t.is_empty());
    let all = |selector: &str| html.select(&SELECTORS[selector]).collect::<Vec<_>>();
    let heading = all("h1").into_iter().filter(|e| shown.is_shown(*e)).find_map(words);
    let title = fields.text("title").map(str::to_owned);
    let title = title.or(heading).or_else(|| all("title").into_iter().find_map(words));
    let (text, told) = Writer::write(content(&html, &shown), &shown)?;
    let text = text.trim();
    let body = match (text.split_once('\n').unwrap_or((text, "")), &title) {
        // Not said twice.
        ((first, rest), Some(title)) if first.strip_prefix("# ") == Some(title) => rest.trim_start(),
        _ => text,
    };
    let id = fields.text("id").map_or_else(|| stem_id(stem), str::to_owned);
    let document = fields.document(id, title, body.to_owned(), Kind::Article)?;
    Ok(Page::Read(Box::new(document), told))
}

/// The text of a piece of HTML, and what was left out of it.
pub fn fragment(piece: &str) -> Result<(String, Vec<String>), String> {
    let html = parse::parse(piece)?;
    let shown = Shown::of(&html);
    let (text, told) = Writer::write(content(&html, &shown), &shown)?;
    Ok((text.trim().to_owned(), told))
}

/// Why what stands behind a tag is left out, by the tag alone.
pub fn left_by_tag(tag: &str) -> Option<Left> {
    let html = parse::parse(tag).ok()?;
    let body = html.select(&SELECTORS["body"]).next()?;
    Shown::default().left(body.child_elements().next()?)
}

/// Whether a text is written in HTML: it ends an element that shapes text, breaks a line, or
/// holds a comment.
pub fn is_html(text: &str) -> bool {
    static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)</(?:p|div|span|ul|ol|li|b|strong|i|em|u|a|h[1-6]|table|tr|td|s|del|font|blockquote)\s*>|<br\s*/?>|<!--",
        )
        .expect("a valid pattern")
    });
    SHAPED.is_match(text)
}

/// What the page says of itself: what a document has, and what could decide.
fn metadata(html: &Html, mapping: &Mapping) -> Result<Fields, String> {
    /// A name of more parts is the business of a browser.
    const PARTS: usize = 3;
    let mut values: Vec<(String, Written)> = Vec::new();
    for meta in html.select(&SELECTORS["meta[name], meta[property]"]) {
        let (Some(name), Some(content)) = (meta.attr("name").or(meta.attr("property")), meta.attr("content")) else {
            continue;
        };
        let key = normal(name);
        let like = looks_like(&key).filter(|like| *like != "a second answer" && key.split('_').count() <= PARTS);
        if is_known(&key) || like.is_some() || mapping.becomes(name).is_some() {
            values.push((name.to_owned(), Written::Text(content.to_owned())));
        }
    }
    let mut fields = Fields::new(values, mapping)?;
    let canonical = html.select(&SELECTORS["link[rel=canonical]"]).next();
    if let Some(link) = canonical.and_then(|l| l.attr("href")) {
        fields.add("url".into(), Written::Text(link.to_owned()));
    }
    Ok(fields)
}

/// The element that holds what the page is about: its main part, its only article, or all of it.
fn content<'a>(html: &'a Html, shown: &Shown) -> ElementRef<'a> {
    let all = |selector: &str| {
        let found = html.select(&SELECTORS[selector]);
        found.filter(|e| shown.is_shown(*e)).collect::<Vec<_>>()
    };
    let body = || {
        html.select(&SELECTORS["body"])
            .next()
            .unwrap_or_else(|| html.root_element())
    };
    let is_alone = |e: &ElementRef<'a>| !says_more(html, *e);
    match (&all("main, [role=main]")[..], &all("article")[..]) {
        ([main], _) => *main,
        ([first, rest @ ..], _) if rest.iter().all(|e| is_below(*e, *first)) => *first,
        ([], [article]) if is_alone(article) => *article,
        _ => body(),
    }
}

/// Whether a page says something beside its article: a sentence that is no link.
fn says_more(html: &Html, article: ElementRef<'_>) -> bool {
    /// In characters; what is shorter are menus and buttons.
    const SENTENCE: usize = 30;
    html.select(&SELECTORS["p, li, td, dd, pre, h2, h3"])
        .filter(|e| !is_below(*e, article) && !is_around_within(*e))
        .any(|e| {
            let links: usize = e.select(&SELECTORS["a"]).flat_map(|a| a.text()).map(str::len).sum();
            let all: usize = e.text().map(|t| t.trim().len()).sum();
            all.saturating_sub(links) >= SENTENCE
        })
}

fn is_below(e: ElementRef<'_>, other: ElementRef<'_>) -> bool {
    e.ancestors().any(|a| a.id() == other.id())
}

/// The selectors of this module, each made once.
struct Selectors(Vec<(&'static str, Selector)>);

static SELECTORS: LazyLock<Selectors> = LazyLock::new(|| {
    let all = [
        "h1",
        "title",
        "body",
        "article",
        "main, [role=main]",
        "meta[name], meta[property]",
        "p, li, td, dd, pre, h2, h3",
        "a",
        "link[rel=canonical]",
    ];
    Selectors(all.map(|s| (s, Selector::parse(s).expect("a valid selector"))).into())
});

impl std::ops::Index<&str> for Selectors {
    type Output = Selector;

    fn index(&self, name: &str) -> &Selector {
        let found = self.0.iter().find(|(n, _)| *n == name);
        &found.expect("a selector of this module").1
    }
}
