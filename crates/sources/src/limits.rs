//! How large, how deep and how many: what is beyond is refused by name before it is parsed. Each bound is far above
//! what people write, and low enough that no file takes more than seconds and a few hundred megabytes.

/// A file longer than this is an export that should come in parts.
pub const LARGEST_FILE: usize = 64 * MB;
/// A document longer than this is a mistake, or a book that should come in chapters.
pub const LONGEST_DOCUMENT: usize = 8 * MB;
pub const LONGEST_TITLE: usize = 2_000;
/// Headings of one document: each begins a passage.
pub const MOST_HEADINGS: usize = 10_000;
pub const MOST_CODES: usize = 2_000;
pub const MOST_ROWS: usize = 200_000;
pub const MOST_COLUMNS: usize = 500;
/// Objects in objects that a mapping may reach into.
pub const DEEPEST_JSON: usize = 8;
/// Front matter is a card about the page, not the page.
pub const LONGEST_FRONT_MATTER: usize = 64 * 1024;
/// What is said of one file; the rest is counted.
pub const MOST_FINDINGS: usize = 1_000;
pub const LONGEST_REASON: usize = 2_000;

pub const MB: usize = 1024 * 1024;

/// What is said of something that is longer than it may be.
pub fn too_long(bytes: usize, most: usize, what: &str) -> String {
    let (bytes, most) = (bytes.div_ceil(MB), most / MB);
    format!("{bytes} MB is too long for one {what} (at most {most} MB); cut it into several")
}
