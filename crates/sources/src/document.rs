//! A document as written: what a tenant's sources hold, whatever their format.

use jiff::civil::Date;
use mortar_language::Kind;
use mortar_language::codes::Code;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
