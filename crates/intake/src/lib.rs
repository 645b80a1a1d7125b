//! A folder of sources as its people keep it: `sources.toml` says what is read and what its names mean, `sources.lock`
//! remembers what was imported, `accepted.toml` which findings were accepted and why.
//!
//! What is decided (what a document is the same as, what is found, what is said) is pure; `folder` alone reads and
//! writes files. Nothing here embeds, builds or publishes.

mod accepted;
mod checks;
mod compare;
mod database;
mod error;
mod folder;
mod memory;
mod page;
mod plan;
mod report;
mod sketch;
mod style;
mod suggest;

pub use database::{Database, NoDatabase};
pub use error::IntakeError;
pub use folder::{Folder, Intake, With, reported};
pub use page::page;
pub use report::{Moved, OfDocument, Report, State, Told};
pub use suggest::suggest;
