//! A document with its passages as it is kept, moved and signed: lines of JSON, and the digest over them.

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
