//! MediaWiki's XML export: the last revision of each page of the main name space. Its markup becomes HTML and is read
//! as that; templates cannot be expanded without the wiki, and are named.

mod markup;

use mortar_language::Kind;
use mortar_language::text::collapse;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::columns::{looks_like, normal, not_in_force};
use crate::encoding::decode;
use crate::fields::{Fields, Written, made_id, stem_id};
use crate::html;
use crate::limits::{LONGEST_DOCUMENT, MOST_ROWS, too_long};
use crate::mapping::Mapping;
use crate::reading::{Place, Reading};
use crate::xml::{attribute, text};

const DEEPEST: usize = 32;

/// Whether a file of XML is such an export.
pub fn is_export(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(2000)];
    String::from_utf8_lossy(start).contains("<mediawiki")
}

#[derive(Default)]
struct Page {
    title: String,
    space: String,
    redirect: Option<String>,
    revision: String,
    text: String,
}

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    let mut out = Reading::default();
    let decoded = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(reason) => return Reading::refused(reason),
    };
    let mut reader = Reader::from_str(&decoded.text);
    let mut path: Vec<String> = Vec::new();
    let mut page = Page::default();
    let mut count = 0;
    let mut others = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Err(e) => {
                out.refuse(None, format!("it is damaged: {e}; nothing behind that was read"));
                break;
            }
            Ok(Event::Start(e)) => {
                let name = e.local_name().as_ref().to_owned();
                match name.as_str() {
                    "page" => page = Page::default(),
                    // The last one holds.
                    "revision" => (page.text, page.revision) = Default::default(),
                    _ => {}
                }
                path.push(name);
                if path.len() > DEEPEST {
                    return Reading::refused(format!("its elements stand more than {DEEPEST} deep in each other"));
                }
            }
            Ok(Event::Empty(e)) if e.local_name().as_ref() == "redirect" => {
                page.redirect = Some(attribute(&e, "title").unwrap_or_default());
            }
            Ok(Event::End(e)) => {
                path.pop();
                if e.local_name().as_ref() == "page" {
                    count += 1;
                    if count > MOST_ROWS {
                        return Reading::refused(format!("more than {MOST_ROWS} pages; cut it into several"));
                    }
                    others += usize::from(!took(stem, std::mem::take(&mut page), mapping, &mut out));
                }
            }
            Ok(event) => {
                if let Some(said) = text(&event) {
                    add(&path, &said, &mut page);
                }
            }
        }
    }
    if others > 0 {
        out.tell(
            None,
            format!("pages of other name spaces (talk, users, files, templates) are not used ({others})"),
        );
    }
    out
}

fn add(path: &[String], said: &str, page: &mut Page) {
    let within: Vec<&str> = path.iter().rev().map(String::as_str).take(2).collect();
    match within[..] {
        ["title", "page"] => page.title.push_str(said),
        ["ns", "page"] => page.space.push_str(said),
        ["id", "revision"] => page.revision.push_str(said),
        ["text", "revision"] => page.text.push_str(said),
        _ => {}
    }
}

/// Takes a page as a document; false where it is none of the wiki's own pages.
fn took(stem: &str, page: Page, mapping: &Mapping, out: &mut Reading) -> bool {
    if !["", "0"].contains(&page.space.trim()) {
        return false;
    }
    let title = collapse(&page.title);
    let place = Some(format!("page {title}"));
    match page.redirect {
        Some(to) => out.tell(place, format!("leads to “{to}” and has no text of its own")),
        None => match document((stem, mapping), &title, &page, &place, out) {
            Ok(()) => {}
            Err(reason) => out.refuse(place, reason),
        },
    }
    true
}

fn document(
    (stem, mapping): (&str, &Mapping),
    title: &str,
    page: &Page,
    place: &Place,
    out: &mut Reading,
) -> Result<(), String> {
    if page.text.len() > LONGEST_DOCUMENT {
        return Err(too_long(page.text.len(), LONGEST_DOCUMENT, "document"));
    }
    let marked = markup::html(&page.text)?;
    let (body, told) = html::fragment(&marked.html)?;
    for t in told {
        out.tell(place.clone(), t);
    }
    let decides = |name: &&String| looks_like(&normal(name)).is_some() || not_in_force(name).is_some();
    if let Some(name) = marked.templates.iter().find(decides) {
        return Err(format!(
            "its template “{name}” looks as if it decided whether the page is in force"
        ));
    }
    if !marked.templates.is_empty() {
        let names: Vec<&str> = marked.templates.iter().map(String::as_str).take(20).collect();
        out.tell(
            place.clone(),
            format!("templates are not expanded: {}", names.join(", ")),
        );
    }
    if body.trim().is_empty() {
        return Err("no text but templates".into());
    }
    let id = stem_id(title);
    let id = if id.is_empty() || id.len() > 200 {
        made_id(stem, title)
    } else {
        id
    };
    let values = [
        ("version".to_owned(), Written::Text(page.revision.trim().to_owned())),
        ("tags".to_owned(), Written::List(marked.categories)),
    ];
    let fields = Fields::new(values, mapping)?;
    let document = fields.document(
        id,
        Some(title.to_owned()).filter(|t| !t.is_empty()),
        body,
        Kind::Article,
    )?;
    out.took(place.clone(), Ok(document));
    Ok(())
}
