//! Sources to documents, documents to passages. Bytes in, documents out, with all that was not taken named.
//!
//! Pure but for `files`, which reads what it is given: no network, nothing written, no release known.

mod check;
mod columns;
pub mod contradictions;
pub mod document;
mod encoding;
mod exact;
mod fields;
mod files;
pub mod finding;
mod guard;
pub mod import;
mod limits;
mod lost;
pub mod prepare;
mod reading;
mod title;

mod csv;
mod html;
mod json;
mod jsonl;
mod markdown;
mod ods;
mod row;
mod sheet;
mod wiki;
mod xlsx;
mod xml;

pub use contradictions::{Contradiction, Looked};
pub use document::{Document, DocumentRow};
pub use files::import;
pub use finding::{Finding, ImportError};
pub use import::{Imported, import_files};
pub use prepare::{PassageRecord, embedded, passages};
