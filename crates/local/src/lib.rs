//! What the laptop itself offers: an embedding model on its CPU and a generator that writes nothing
//! but the sources' own sentences. No network.

mod minilm;
mod runtime;
mod verbatim;

pub use minilm::{MODEL, MiniLm, MiniLmError, default_folder};
pub use verbatim::Verbatim;
