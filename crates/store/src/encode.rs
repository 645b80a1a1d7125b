//! Writes a segment: JSON lines with zstd, and safetensors. The same contents are always the same bytes.

use std::io::Write;

use mortar_knowledge::index::{line, lines};

use crate::hash::sha256;
use crate::segment::{Contents, Counts, Files, Object, Segment, VectorsObject, WithdrawnLine};
use crate::vectors_file;

/// Levels above cost much time for little.
const LEVEL: i32 = 9;

/// What a segment is called, and its files with their bytes.
pub fn encode(contents: &Contents) -> std::io::Result<(Segment, Files)> {
    let mut files = Files::new();
    let (mut documents, mut passages) = (Vec::new(), Vec::new());
    for row in &contents.rows {
        let (line, lines) = lines(&row.document, &row.passages);
        documents.extend(line);
        passages.extend(lines);
    }
    let ids = contents.withdrawn.iter();
    let withdrawn: Vec<u8> = ids.flat_map(|id| line(&WithdrawnLine { id: id.clone() })).collect();
    let mut packed = |raw: &[u8]| -> std::io::Result<Object> {
        let bytes = pack(raw)?;
        Ok(named(&mut files, bytes, raw.len() as u64))
    };
    let (documents, passages) = (packed(&documents)?, packed(&passages)?);
    let withdrawn = if withdrawn.is_empty() {
        None
    } else {
        Some(packed(&withdrawn)?)
    };
    let mut vectors = Vec::new();
    for set in &contents.vectors {
        let bytes = vectors_file::pack(set)?;
        let unpacked = bytes.len() as u64;
        vectors.push(VectorsObject {
            model: set.model.clone(),
            object: named(&mut files, bytes, unpacked),
        });
    }
    let segment = Segment {
        documents,
        passages,
        vectors,
        withdrawn,
        counts: Counts::of(&contents.rows, &contents.withdrawn),
    };
    Ok((segment, files))
}

/// Puts a file among the others under its hash.
fn named(files: &mut Files, bytes: Vec<u8>, unpacked: u64) -> Object {
    let object = Object {
        sha256: sha256(&bytes),
        bytes: bytes.len() as u64,
        unpacked,
    };
    files.push((object.clone(), bytes));
    object
}

fn pack(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(raw)?;
    encoder.finish()
}
