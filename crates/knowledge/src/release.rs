//! A release on disk: one folder with a manifest and two LMDB environments, never changed once
//! written. Built beside, verified, then the manifest is switched in one rename.
//!
//! ```text
//! DIR/manifest.json      format, language, counts, embedding models, the name, size and hash of the data
//! DIR/previous.json      the same of the state before, where it came from a store
//! DIR/<data>/vectors.mdb what was made of the vectors at the beginning; one file in all states that grew from it
//! DIR/<data>/data.mdb    all else
//! ```
//!
//! `build` and `site` write, `open` reads, `check` tells whether what is there is what was written.

mod build;
mod check;
mod fingerprint;
mod manifest;
mod open;
mod replace;
mod site;

pub use build::{Accepted, Built, accepted, build, contradictions, name_of};
pub use check::check_files;
pub use fingerprint::Fingerprint;
pub use manifest::{Embedding, FORMAT, Manifest, Origin, fetched, name, pointer, previous};
pub use open::Release;
pub use replace::replace;
pub use site::{Progress, Site, State, alone, forget_damaged, share_vectors};

pub use crate::error::{BuildError, OpenError, hint};
pub use crate::index::content;

#[cfg(test)]
mod tests;
