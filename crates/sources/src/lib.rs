//! Sources to documents, documents to passages. Bytes in, documents out, with all that was not taken named.
//!
//! Pure but for the reading of the files that it is given: no network, nothing written, no release known.

pub mod document;
pub mod import;
pub mod prepare;

pub use document::{Document, DocumentRow};
pub use import::{Fault, ImportError, Imported, import, import_files};
pub use prepare::{PassageRecord, embedded, passages};
