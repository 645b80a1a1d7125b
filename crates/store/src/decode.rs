//! Reads a segment against what the signed manifest says of it. Nothing in it is believed before: not a size, not a
//! count, not an order.

use std::io::Read;

use mortar_knowledge::index::{PassageLine, Row, digest};
use mortar_sources::Document;

use crate::error::{BadObject, DecodeError};
use crate::segment::{Contents, Counts, LARGEST, Object, Segment, WithdrawnLine};
use crate::vectors_file;

/// What a segment holds, from its files, each of which `read` gives; its bytes are those of the hash.
pub fn decode(
    segment: &Segment,
    models: &[(String, usize)],
    read: &dyn Fn(&Object) -> std::io::Result<Vec<u8>>,
) -> Result<Contents, DecodeError> {
    let documents = unpack(&segment.documents, read)?;
    let passages = unpack(&segment.passages, read)?;
    let rows = rows(segment, &documents, &passages)?;
    let withdrawn = match &segment.withdrawn {
        None => Vec::new(),
        Some(object) => withdrawn(object, &unpack(object, read)?)?,
    };
    let mut vectors = Vec::new();
    for (model, dimensions) in models {
        let found = segment.vectors.iter().find(|v| v.model == *model);
        let none = || segment.documents.bad(format!("it has no vectors of {model}"));
        let object = &found.ok_or_else(none)?.object;
        vectors.push(vectors_file::unpack(object, &read(object)?, model, *dimensions, &rows)?);
    }
    if Counts::of(&rows, &withdrawn) != segment.counts {
        return Err(segment
            .documents
            .bad("it holds other counts than its manifest says")
            .into());
    }
    Ok(Contents {
        rows,
        vectors,
        withdrawn,
    })
}

/// Never more than the manifest says, whatever the packed bytes would make.
fn unpack(object: &Object, read: &dyn Fn(&Object) -> std::io::Result<Vec<u8>>) -> Result<Vec<u8>, DecodeError> {
    if object.bytes > LARGEST || object.unpacked > LARGEST {
        return Err(object.bad("it is larger than any file of a release").into());
    }
    let packed = read(object)?;
    let decoder = zstd::stream::Decoder::new(packed.as_slice());
    let mut out = Vec::new();
    let unpacked = decoder.and_then(|d| d.take(object.unpacked + 1).read_to_end(&mut out));
    match unpacked {
        Ok(n) if n as u64 == object.unpacked => Ok(out),
        Ok(n) if n as u64 > object.unpacked => Err(object.bad("it unpacks to more than it says").into()),
        Ok(_) => Err(object.bad("it unpacks to less than it says").into()),
        Err(e) => Err(object.bad(format!("it cannot be unpacked: {e}")).into()),
    }
}

type Lines<'a> = std::iter::Peekable<std::slice::SplitInclusive<'a, u8, fn(&u8) -> bool>>;

fn split(bytes: &[u8]) -> Lines<'_> {
    let end: fn(&u8) -> bool = |b| *b == b'\n';
    bytes.split_inclusive(end).peekable()
}

fn rows(segment: &Segment, documents: &[u8], passages: &[u8]) -> Result<Vec<Row>, BadObject> {
    let wrong = |reason: &str| segment.documents.bad(reason);
    let mut passages = split(passages);
    let mut out: Vec<Row> = Vec::new();
    for line in split(documents) {
        let document: Document = serde_json::from_slice(line).map_err(|e| segment.documents.bad(e))?;
        if document.id.is_empty() || document.id.len() > 400 {
            return Err(wrong("a document's id is empty or too long"));
        }
        if out.last().is_some_and(|r| r.document.id >= document.id) {
            return Err(wrong("its documents are not in the order of their ids"));
        }
        out.push(row(&segment.passages, document, line, &mut passages)?);
    }
    match passages.next() {
        None => Ok(out),
        Some(_) => Err(segment.passages.bad("a passage belongs to no document")),
    }
}

/// A document with the passages that follow, each within its text, and in order.
fn row(object: &Object, document: Document, line: &[u8], passages: &mut Lines<'_>) -> Result<Row, BadObject> {
    let mut records = Vec::new();
    let mut lines = Vec::new();
    let mut last = 0;
    while let Some(line) = passages.peek() {
        let p: PassageLine = serde_json::from_slice(line).map_err(|e| object.bad(e))?;
        if p.document != document.id {
            break;
        }
        let sound = document.body.get(p.record.range.clone()).is_some() && p.record.range.start >= last;
        if p.n as usize != records.len() || !sound {
            return Err(object.bad(format!("a passage of {} is not in its text", document.id)));
        }
        last = p.record.range.end;
        records.push(p.record);
        lines.extend_from_slice(line);
        passages.next();
    }
    if records.is_empty() {
        return Err(object.bad(format!("{} has no passage", document.id)));
    }
    Ok(Row {
        digest: digest(line, &lines),
        document,
        passages: records,
    })
}

fn withdrawn(object: &Object, lines: &[u8]) -> Result<Vec<String>, BadObject> {
    split(lines)
        .map(|line| {
            serde_json::from_slice::<WithdrawnLine>(line)
                .map(|l| l.id)
                .map_err(|e| object.bad(e))
        })
        .collect()
}
