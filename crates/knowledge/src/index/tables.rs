//! The tables of an index: by name and type, how they are made and how they are found again.

use std::collections::BTreeMap;

use arroy::distances::Cosine;
use heed::byteorder::BE;
use heed::types::{Bytes, Str, U32};
use heed::{CommitOrAbort, Database, Env, WithoutTls};
use jiff::civil::Date;
use mortar_sources::prepare::PassageRecord;
use serde::{Deserialize, Serialize};

pub const DATA: &str = "data.mdb";
/// The vectors of what was written at once, where there are any.
pub const VECTORS: &str = "vectors.mdb";
pub(super) const DATABASES: u32 = 8;

type Numbered = Database<'static, U32<BE>, Bytes>;
type VectorTable = arroy::Database<'static, Cosine>;

/// Where a code stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePlace {
    pub system: String,
    pub document: u32,
    pub passage: u32,
    /// The document is about it; otherwise its text mentions it.
    pub own: bool,
    /// As the source writes it: two codes may differ by case alone.
    pub written: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredPassage {
    pub document: u32,
    /// Its number within the document.
    pub n: u32,
    #[serde(flatten)]
    pub record: PassageRecord,
}

macro_rules! tables {
    ($file:ident { $($name:ident: $kind:ty,)* }) => {
        #[derive(Clone, Copy)]
        pub(super) struct $file {
            $(pub(super) $name: $kind,)*
        }

        impl $file {
            pub(super) fn create(env: &Env<WithoutTls>) -> heed::Result<$file> {
                let txn = env.write_txn()?;
                let made = env.create_databases_and_commit(txn, |opener, txn| {
                    heed::Result::Ok(CommitOrAbort::<_, ()>::Commit((
                        $(opener.create_database(txn, Some(stringify!($name)))?,)*
                    )))
                })?;
                let ($($name,)*) = made.unwrap_commit();
                Ok($file { $($name,)* })
            }

            pub(super) fn open(env: &Env<WithoutTls>) -> heed::Result<$file> {
                let txn = env.read_txn()?;
                let found = env.open_databases_and_commit(txn, |opener, txn| {
                    heed::Result::Ok(CommitOrAbort::Commit((
                        $(match opener.open_database(txn, Some(stringify!($name)))? {
                            Some(table) => table,
                            None => return Ok(CommitOrAbort::Abort(stringify!($name))),
                        },)*
                    )))
                })?;
                match found {
                    CommitOrAbort::Commit(($($name,)*)) => Ok($file { $($name,)* }),
                    CommitOrAbort::Abort(name) => Err(damaged(&format!("the table {name} is missing"))),
                }
            }
        }
    };
}

tables! {
    Tables {
        documents: Numbered,
        ids: Database<'static, Str, U32<BE>>,
        passages: Numbered,
        vectors: VectorTable,
        terms: Database<'static, Str, Bytes>,
        words: Database<'static, Str, U32<BE>>,
        codes: Database<'static, Str, Bytes>,
        blobs: Database<'static, Str, Bytes>,
    }
}

tables! {
    Apart {
        vectors: VectorTable,
        blobs: Database<'static, Str, Bytes>,
    }
}

impl Tables {
    /// Where vectors lie that are not in a file of their own.
    pub(super) fn behind(&self) -> Apart {
        Apart {
            vectors: self.vectors,
            blobs: self.blobs,
        }
    }
}

/// The name of a part that there is for each set of vectors.
pub(super) fn named(part: &str, set: usize) -> String {
    if set == 0 {
        part.to_owned()
    } else {
        format!("{part}-{set}")
    }
}

/// A day as a number that keeps the order: 20260901.
pub(super) fn day(date: Date) -> i32 {
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

/// The first and the last day in force, as numbers.
pub(super) fn days(from: Option<Date>, to: Option<Date>) -> [i32; 2] {
    [from.map_or(i32::MIN, day), to.map_or(i32::MAX, day)]
}

/// The bit of a system of codes among those that a document is about. The tables of codes of a whole trade
/// have some ten systems; the rest share the last bit.
pub(super) fn bit(system: usize) -> u32 {
    1 << system.min(31)
}

pub(super) fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|c| u32::from_le_bytes(*c)).collect()
}

/// What is read is not what was written.
pub fn damaged(reason: &str) -> heed::Error {
    heed::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason.to_owned()))
}

pub(super) fn read_json<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> heed::Result<T> {
    serde_json::from_slice(bytes).map_err(|e| damaged(&e.to_string()))
}

pub(super) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("what is stored serialises")
}

/// The blob `restated`: a number and a digest each.
pub(super) fn restated(bytes: &[u8]) -> BTreeMap<u32, [u8; 32]> {
    let entry = |e: &[u8; 36]| {
        let (number, digest) = e.split_first_chunk::<4>()?;
        Some((u32::from_le_bytes(*number), digest.try_into().ok()?))
    };
    bytes.as_chunks().0.iter().filter_map(entry).collect()
}

/// Words that are long enough to be told apart when misspelt, and short enough for a key.
pub fn respells(word: &str) -> bool {
    (4..=40).contains(&word.len()) && word.chars().all(char::is_alphabetic)
}
