//! What the laptop itself offers: an embedding model on its CPU, what tells names by its states, a generator that writes nothing
//! but the sources' own sentences, a folder in place of S3, and its keyring. No network.

mod browser;
mod error;
mod folder;
mod graph;
mod keyring;
mod minilm;
mod names;
mod quiet;
mod runtime;
mod verbatim;

pub use browser::open_browser;
pub use folder::Folder;
pub use keyring::Keyring;
pub use minilm::{MODEL, MiniLm, MiniLmError, default_folder};
pub use quiet::quiet;
pub use verbatim::Verbatim;
