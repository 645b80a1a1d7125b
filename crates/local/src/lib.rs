//! What the laptop itself offers: an embedding model on its CPU, what tells names by its states, a generator that writes nothing
//! but the sources' own sentences, a folder in place of S3, its keyring, and files in place of that
//! for the sample. No network.

mod browser;
mod error;
mod folder;
mod graph;
mod key_file;
mod keyring;
mod minilm;
mod names;
mod private;
mod quiet;
mod runtime;
mod verbatim;

pub use browser::open_browser;
pub use folder::Folder;
pub use key_file::KeyFiles;
pub use keyring::Keyring;
pub use minilm::{MODEL, MiniLm, MiniLmError, default_folder};
pub use private::{private_files, private_folder};
pub use quiet::quiet;
pub use verbatim::Verbatim;
