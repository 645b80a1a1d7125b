//! A tenant's knowledge on disk: a release is built from documents, opened read-only and searched.
//!
//! No network here, and no source is read. A release is never changed once it is written: a new one is built
//! beside it and the pointer is switched. Of `mortar_assistant` this crate names the ports and the words they
//! are written in (passage), nothing of answering.

pub mod embed;
mod error;
pub mod index;
mod lexical;
pub mod release;
mod retrieve;
mod sketch;
mod vector_log;

pub use release::{
    BuildError, Built, FORMAT, Manifest, OpenError, Origin, Progress, Release, build, check_files, name_of,
};
pub use retrieve::{Evidence, Hit, Known, Signals};
pub use vector_log::VectorLog;
