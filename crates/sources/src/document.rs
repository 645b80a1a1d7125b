//! A document as written: what a tenant's sources hold, whatever their format.

use jiff::civil::Date;
use mortar_language::Kind;
use mortar_language::codes::Code;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::extractor::PAGE_END;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Document {
    pub id: String,
    pub title: String,
    /// The text; every byte range of a passage or a citation counts in its UTF-8 bytes.
    pub body: String,
    pub url: Option<String>,
    pub kind: Kind,
    pub version: String,
    /// The first day on which it is in force; none: from always.
    #[ts(type = "string | null")]
    pub effective_from: Option<Date>,
    /// The last day on which it is in force; none: until further notice.
    #[ts(type = "string | null")]
    pub effective_to: Option<Date>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    /// The codes that this document is about, as written.
    pub codes: Vec<String>,
    /// What changed and what it replaces, for the reader.
    pub history: Option<String>,
    /// The codes in normal form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(skip)]
    pub exact: Vec<Code>,
    /// Where it is from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Provenance>,
    /// Where in the body its pages begin, from the second on; of what has no pages, nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(skip)]
    pub pages: Vec<u32>,
}

/// Where a document is from. Of a folder with `sources.toml` all of it is known, else the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Provenance {
    pub file: String,
    /// Where it stood when it was first read as it is: a row of a sheet, a line, a page of an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Of all that it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// The day on which it was first read as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub read: Option<Date>,
}

impl Document {
    /// The number of the page on which a byte of the body stands; none where there are no pages.
    pub fn page(&self, at: usize) -> Option<u32> {
        let begun = self.pages.partition_point(|p| *p as usize <= at);
        Some(begun as u32 + 1).filter(|_| !self.pages.is_empty())
    }

    /// Takes the marks of pages out of the text and remembers where they stood.
    pub(crate) fn paged(&mut self) {
        if !self.body.contains(PAGE_END) {
            return;
        }
        let mut body = String::with_capacity(self.body.len());
        for (n, page) in self.body.split(PAGE_END).enumerate() {
            if n > 0 {
                body.truncate(body.trim_end().len());
                body.push_str(if body.is_empty() { "" } else { "\n\n" });
                self.pages.push(body.len() as u32);
            }
            body.push_str(if n > 0 { page.trim_start_matches('\n') } else { page });
        }
        let longest = body.trim_end().len() as u32;
        self.pages.iter_mut().for_each(|p| *p = longest.min(*p));
        self.body = body;
        self.title.retain(|c| c != PAGE_END);
    }
}

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DocumentRow {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    pub version: String,
    #[ts(type = "string | null")]
    pub effective_from: Option<Date>,
    #[ts(type = "string | null")]
    pub effective_to: Option<Date>,
    pub tags: Vec<String>,
    pub codes: Vec<String>,
}

impl From<&Document> for DocumentRow {
    fn from(d: &Document) -> Self {
        DocumentRow {
            id: d.id.clone(),
            title: d.title.clone(),
            kind: d.kind,
            version: d.version.clone(),
            effective_from: d.effective_from,
            effective_to: d.effective_to,
            tags: d.tags.clone(),
            codes: d.codes.clone(),
        }
    }
}
