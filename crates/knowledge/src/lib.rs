//! A tenant's knowledge on disk: sources are imported, prepared into a release, opened read-only
//! and searched.
//!
//! No network here. A release is never changed once it is written: a new one is built beside it and
//! the pointer is switched. Of `mortar_assistant` this crate names the ports and the words they are
//! written in (passage, sentence, code), nothing of answering.

pub mod document;
pub mod import;
mod index;
mod lexical;
mod prepare;
mod release;
mod retrieve;
mod sketch;

pub use document::{Document, DocumentRow};
pub use import::{Fault, ImportError, Imported, import, import_files};
pub use prepare::{PassageRecord, embedded, passages};
pub use release::{BuildError, Built, FORMAT, Manifest, OpenError, Progress, Release, build, check_files, name_of};
pub use retrieve::{Hit, Signals};
