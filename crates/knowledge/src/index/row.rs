//! A document with its passages as it is kept, moved and signed: lines of JSON, and the digest over them, by
//! which it is known again. Whoever adds a field to either leaves it out where it says nothing: what was made
//! before keeps its digest.

use mortar_sources::Document;
use mortar_sources::prepare::{self, PassageRecord};
use serde::{Deserialize, Serialize};

/// One document as it is indexed, with its passages, under a number of its own: the place of its row
/// among all rows of the release. What was replaced or withdrawn leaves its numbers unused.
#[derive(Debug, Clone)]
pub struct Row {
    pub document: Document,
    pub passages: Vec<PassageRecord>,
    /// Of the document and its passages as they are written.
    pub digest: [u8; 32],
}

/// A passage as a line of its file.
#[derive(Serialize, Deserialize)]
pub struct PassageLine {
    pub document: String,
    pub n: u32,
    #[serde(flatten)]
    pub record: PassageRecord,
}

impl Row {
    pub fn new(document: Document) -> Row {
        let passages = prepare::passages(&document);
        let (line, lines) = lines(&document, &passages);
        Row {
            digest: digest(&line, &lines),
            document,
            passages,
        }
    }
}

/// A document's line, and those of its passages.
pub fn lines(document: &Document, passages: &[PassageRecord]) -> (Vec<u8>, Vec<u8>) {
    let passages = passages.iter().zip(0..).flat_map(|(record, n)| {
        line(&PassageLine {
            document: document.id.clone(),
            n,
            record: record.clone(),
        })
    });
    (line(document), passages.collect())
}

/// A value as a line of JSON.
pub fn line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = serde_json::to_vec(value).expect("what is stored serialises");
    out.push(b'\n');
    out
}

/// Of a document and its passages as they are written.
pub fn digest(document: &[u8], passages: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(document);
    hasher.update(passages);
    *hasher.finalize().as_bytes()
}

/// Names what all documents say together.
#[derive(Default)]
pub struct ContentHasher(blake3::Hasher);

impl ContentHasher {
    /// In the order of the ids.
    pub fn add(&mut self, id: &str, digest: &[u8; 32]) {
        self.0.update(&(id.len() as u64).to_le_bytes());
        self.0.update(id.as_bytes());
        self.0.update(digest);
    }

    pub fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// What rows in the order of their ids say together.
pub fn content(rows: &[Row]) -> String {
    let mut hasher = ContentHasher::default();
    rows.iter().for_each(|r| hasher.add(&r.document.id, &r.digest));
    hasher.finish()
}

/// The vectors of rows by one model.
#[derive(Debug, Clone, Default)]
pub struct Vectors {
    pub model: String,
    pub dimensions: usize,
    /// In the order of the rows' passages.
    pub passages: Vec<Vec<f32>>,
    /// One a row, where the document as a whole has one.
    pub documents: Vec<Option<Vec<f32>>>,
}

impl Vectors {
    pub fn count(&self) -> usize {
        self.passages.len() + self.documents.iter().flatten().count()
    }
}
