//! Sources to documents, documents to passages. Bytes in, documents out, with all that was not taken named.
//!
//! Pure but for `files`, which reads what it is given: no network, nothing written, no release known.

mod archive;
mod check;
pub mod columns;
pub mod contradictions;
pub mod document;
mod encoding;
mod exact;
pub mod extractor;
mod fields;
mod files;
pub mod finding;
mod guard;
pub mod import;
mod limits;
mod lost;
pub mod mapping;
pub mod prepare;
mod reading;
pub mod survey;
mod title;

mod csv;
mod html;
mod json;
mod jsonl;
mod mail;
mod markdown;
mod ods;
mod row;
mod sheet;
mod wiki;
mod xls;
mod xlsx;
mod xml;

pub use contradictions::{Contradiction, Looked};
pub use document::{Document, DocumentRow, Provenance};
pub use extractor::{Extractor, NoExtractor};
pub use fields::is_made;
pub use files::{bytes, import, listed};
pub use finding::{Finding, FindingKind, ImportError};
pub use import::{Imported, Source, Standing, import_files, import_sources, is_source};
pub use mapping::{Becomes, Mapping};
pub use prepare::{PassageRecord, embedded, passages};
