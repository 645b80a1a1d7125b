//! A tenant's knowledge on disk: sources are imported, prepared into a release, opened read-only
//! and searched.
//!
//! A store of signed releases is behind the port [`store::ReleaseStore`]: what is published there,
//! and how a device follows it.
//!
//! No network here. A release is never changed once it is written: a new one is built beside it and
//! the pointer is switched. Of `mortar_assistant` this crate names the ports and the words they are
//! written in (passage, sentence, code), nothing of answering.

pub mod document;
mod embed;
pub mod import;
mod index;
mod lexical;
mod prepare;
mod release;
mod retrieve;
mod sketch;
pub mod store;

pub use document::{Document, DocumentRow};
pub use import::{Fault, ImportError, Imported, import, import_files};
pub use prepare::{PassageRecord, embedded, passages};
pub use release::{
    BuildError, Built, FORMAT, Manifest, OpenError, Progress, Release, Source, build, check_files, name_of,
};
pub use retrieve::{Hit, Signals};
