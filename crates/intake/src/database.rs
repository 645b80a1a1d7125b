//! The port to rows that lie in a database. Nothing here opens one.

use std::path::Path;

/// The rows of one SELECT as JSON lines, an object a row, or why there are none.
pub trait Database: Sync {
    fn rows(&self, path: &Path, select: &str) -> Result<Vec<u8>, String>;
}

/// Where no database is read.
pub struct NoDatabase;

impl Database for NoDatabase {
    fn rows(&self, _: &Path, _: &str) -> Result<Vec<u8>, String> {
        Err("no database is read here".into())
    }
}
