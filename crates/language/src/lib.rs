//! How pharmacy text is read: sentences and words, stems, stop words, codes, facts, the names of drugs, orders
//! planted in documents, and what a question asks.
//!
//! Pure: bytes and words in, ranges and words out. It knows no document, no release and no answer.

mod about;
pub mod cases;
pub mod codes;
pub mod customer;
pub mod days;
pub mod disagree;
pub mod drugs;
pub mod facts;
pub mod grades;
mod kind;
pub mod marks;
pub mod orders;
pub mod parts;
mod places;
pub mod proper;
pub mod question;
pub mod relations;
pub mod rivals;
pub mod steps;
pub mod subjects;
pub mod synonyms;
pub mod tables;
pub mod text;

pub use about::About;
pub use kind::Kind;

/// The rules of this crate by number. What is stored (cut passages, stems, postings, codes) was made by one
/// version, and a question must be read by the same one: whoever changes what these rules give for any text
/// raises it, and every release says which it was made by.
pub const VERSION: u32 = 2;

/// The oldest version whose releases may still be asked: stems and stop words are the same since then, and what later
/// versions find more (codes in ranges, the heads of tables) is only not found in them.
pub const READS_FROM: u32 = 1;
