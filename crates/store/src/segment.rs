//! A segment: some documents with their passages and vectors, and which documents are withdrawn. It is
//! written once and named by its hashes.
//!
//! Documents, passages and withdrawals are JSON lines with zstd, vectors are safetensors, one file for
//! each model.

use jiff::civil::Date;
use mortar_knowledge::index::{Row, Vectors};
use mortar_sources::Document;
use serde::{Deserialize, Serialize};

use crate::error::BadObject;

/// A segment holds at most so many documents, and about so many bytes of them.
pub const MOST_DOCUMENTS: usize = 20_000;
/// So that vectors of up to 3,000 dimensions stay below what one file may have ([`LARGEST`]).
const MOST_PASSAGES: usize = 24_000;
const MOST_BYTES: usize = 32 << 20;
/// No file of a segment is larger than this, packed or unpacked.
pub const LARGEST: u64 = 512 << 20;

/// One file of a segment: its hash is its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub sha256: String,
    pub bytes: u64,
    /// Its size unpacked; the same where it is not packed.
    pub unpacked: u64,
}

impl Object {
    /// Where it lies in a store.
    pub fn key(&self) -> String {
        format!("segments/{}", self.sha256)
    }

    pub(crate) fn bad(&self, reason: impl ToString) -> BadObject {
        BadObject {
            sha256: self.sha256.clone(),
            reason: reason.to_string(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorsObject {
    pub model: String,
    #[serde(flatten)]
    pub object: Object,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub documents: Object,
    pub passages: Object,
    pub vectors: Vec<VectorsObject>,
    /// The ids of documents that are withdrawn, where there are any.
    pub withdrawn: Option<Object>,
    pub counts: Counts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub documents: u32,
    pub passages: u32,
    pub withdrawn: u32,
}

impl Counts {
    pub(crate) fn of(rows: &[Row], withdrawn: &[String]) -> Counts {
        Counts {
            documents: rows.len() as u32,
            passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
            withdrawn: withdrawn.len() as u32,
        }
    }
}

impl Segment {
    /// Its files: of the vectors, those of the models asked for.
    pub fn objects<'a>(&'a self, models: &'a [String]) -> impl Iterator<Item = &'a Object> {
        let vectors = self
            .vectors
            .iter()
            .filter(|v| models.contains(&v.model))
            .map(|v| &v.object);
        [&self.documents, &self.passages]
            .into_iter()
            .chain(&self.withdrawn)
            .chain(vectors)
    }

    pub fn all_objects(&self) -> impl Iterator<Item = &Object> {
        let vectors = self.vectors.iter().map(|v| &v.object);
        [&self.documents, &self.passages]
            .into_iter()
            .chain(&self.withdrawn)
            .chain(vectors)
    }
}

/// Files with their bytes.
pub type Files = Vec<(Object, Vec<u8>)>;

/// What a segment holds, in memory.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    pub rows: Vec<Row>,
    /// One for each model.
    pub vectors: Vec<Vectors>,
    pub withdrawn: Vec<String>,
}

impl Contents {
    /// Some of its rows with their vectors, in this order, and no withdrawals.
    pub fn picked(&self, order: &[usize]) -> Contents {
        let firsts: Vec<usize> = self
            .rows
            .iter()
            .scan(0, |at, row| {
                let first = *at;
                *at += row.passages.len();
                Some(first)
            })
            .collect();
        let passages = |n: usize| firsts[n]..firsts[n] + self.rows[n].passages.len();
        let set = |held: &Vectors| Vectors {
            model: held.model.clone(),
            dimensions: held.dimensions,
            passages: order
                .iter()
                .flat_map(|n| held.passages[passages(*n)].iter().cloned())
                .collect(),
            documents: order.iter().map(|n| held.documents[*n].clone()).collect(),
        };
        Contents {
            rows: order.iter().map(|n| self.rows[*n].clone()).collect(),
            vectors: self.vectors.iter().map(set).collect(),
            withdrawn: Vec::new(),
        }
    }
}

/// A withdrawal as a line of its file.
#[derive(Serialize, Deserialize)]
pub(crate) struct WithdrawnLine {
    pub id: String,
}

/// Cuts rows into parts that make one segment each; no rows are one part.
pub fn parts(rows: &[Row]) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let (mut begin, mut bytes, mut passages) = (0, 0, 0);
    for (n, row) in rows.iter().enumerate() {
        let full = n - begin >= MOST_DOCUMENTS
            || bytes + row.document.body.len() > MOST_BYTES
            || passages + row.passages.len() > MOST_PASSAGES;
        if full && n > begin {
            out.push(begin..n);
            (begin, bytes, passages) = (n, 0, 0);
        }
        bytes += row.document.body.len();
        passages += row.passages.len();
    }
    if begin < rows.len() || out.is_empty() {
        out.push(begin..rows.len());
    }
    out
}

/// The first and the last day on which any of the documents is in force; none: no such bound.
pub fn effective<'a>(documents: impl Iterator<Item = &'a Document>) -> (Option<Date>, Option<Date>) {
    let (mut from, mut to) = (Some(Date::MAX), Some(Date::MIN));
    for d in documents {
        from = from.zip(d.effective_from).map(|(a, b)| a.min(b));
        to = to.zip(d.effective_to).map(|(a, b)| a.max(b));
    }
    (from, to)
}
