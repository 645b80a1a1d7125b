//! A segment: some documents with their passages and vectors, and which documents are withdrawn. It is
//! written once and named by its hashes.
//!
//! Documents, passages and withdrawals are JSON lines with zstd, vectors are safetensors, one file for
//! each model. What comes from a store is read against what the signed manifest says of it, and nothing
//! in it is believed before: not a size, not a count, not an order.

use std::io::{Read, Write};

use jiff::civil::Date;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use mortar_knowledge::index::{PassageLine, Row, Vectors, digest, line, lines};
use mortar_sources::Document;

/// A segment holds at most so many documents, and about so many bytes of them.
pub const MOST_DOCUMENTS: usize = 20_000;
/// So that vectors of up to 3,000 dimensions stay below what one file may have ([`LARGEST`]).
const MOST_PASSAGES: usize = 24_000;
const MOST_BYTES: usize = 32 << 20;
/// No file of a segment is larger than this, packed or unpacked.
pub const LARGEST: u64 = 512 << 20;
/// Levels above cost much time for little.
const LEVEL: i32 = 9;

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

/// A segment's file that is not what the manifest says.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("the file {} of the release is not what was signed: {reason}", &.sha256[..12.min(.sha256.len())])]
pub struct BadObject {
    pub sha256: String,
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
struct WithdrawnLine {
    id: String,
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
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

/// Writes a segment: what it is called, and its files with their bytes.
pub fn encode(contents: &Contents) -> std::io::Result<(Segment, Files)> {
    let mut files = Files::new();
    let mut documents = Vec::new();
    let mut passages = Vec::new();
    for row in &contents.rows {
        let (line, lines) = lines(&row.document, &row.passages);
        documents.extend(line);
        passages.extend(lines);
    }
    let mut packed = |raw: &[u8]| -> std::io::Result<Object> {
        let bytes = pack(raw)?;
        let object = Object {
            sha256: sha256(&bytes),
            bytes: bytes.len() as u64,
            unpacked: raw.len() as u64,
        };
        files.push((object.clone(), bytes));
        Ok(object)
    };
    let documents = packed(&documents)?;
    let passages_object = packed(&passages)?;
    let withdrawn = if contents.withdrawn.is_empty() {
        None
    } else {
        let lines = contents
            .withdrawn
            .iter()
            .flat_map(|id| line(&WithdrawnLine { id: id.clone() }));
        Some(packed(&lines.collect::<Vec<u8>>())?)
    };
    let mut vectors = Vec::new();
    for set in &contents.vectors {
        let bytes = pack_vectors(set)?;
        let object = Object {
            sha256: sha256(&bytes),
            bytes: bytes.len() as u64,
            unpacked: bytes.len() as u64,
        };
        vectors.push(VectorsObject {
            model: set.model.clone(),
            object: object.clone(),
        });
        files.push((object, bytes));
    }
    let segment = Segment {
        documents,
        passages: passages_object,
        vectors,
        withdrawn,
        counts: Counts {
            documents: contents.rows.len() as u32,
            passages: contents.rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
            withdrawn: contents.withdrawn.len() as u32,
        },
    };
    Ok((segment, files))
}

fn pack(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(raw)?;
    encoder.finish()
}

fn pack_vectors(set: &Vectors) -> std::io::Result<Vec<u8>> {
    let flat = |rows: &mut dyn Iterator<Item = &Vec<f32>>| -> Vec<u8> {
        rows.flat_map(|v| v.iter().flat_map(|x| x.to_le_bytes())).collect()
    };
    let passages = flat(&mut set.passages.iter());
    let documents = flat(&mut set.documents.iter().flatten());
    let rows = set.documents.iter().enumerate().filter(|(_, d)| d.is_some());
    let rows: Vec<u8> = rows.flat_map(|(n, _)| (n as u32).to_le_bytes()).collect();
    let bad = |e: safetensors::SafeTensorError| std::io::Error::other(e.to_string());
    let whole = rows.len() / 4;
    let tensors = [
        (
            "passages",
            TensorView::new(Dtype::F32, vec![set.passages.len(), set.dimensions], &passages).map_err(bad)?,
        ),
        (
            "documents",
            TensorView::new(Dtype::F32, vec![whole, set.dimensions], &documents).map_err(bad)?,
        ),
        (
            "document_rows",
            TensorView::new(Dtype::U32, vec![whole], &rows).map_err(bad)?,
        ),
    ];
    let about = [("format", "1"), ("model", set.model.as_str()), ("distance", "cosine")];
    let about = about.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
    safetensors::serialize(tensors, Some(about)).map_err(bad)
}

/// Reads a segment from its files, each of which `read` gives; its bytes are those of the hash.
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
        let object = &found
            .ok_or_else(|| bad(&segment.documents, format!("it has no vectors of {model}")))?
            .object;
        let bytes = read(object)?;
        vectors.push(unpack_vectors(object, &bytes, model, *dimensions, &rows)?);
    }
    let found = Counts {
        documents: rows.len() as u32,
        passages: rows.iter().map(|r| r.passages.len()).sum::<usize>() as u32,
        withdrawn: withdrawn.len() as u32,
    };
    if found != segment.counts {
        return Err(bad(&segment.documents, "it holds other counts than its manifest says").into());
    }
    Ok(Contents {
        rows,
        vectors,
        withdrawn,
    })
}

#[derive(Debug, Error)]
pub enum DecodeError {
    #[error(transparent)]
    Bad(#[from] BadObject),
    #[error("a fetched file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

fn bad(object: &Object, reason: impl ToString) -> BadObject {
    BadObject {
        sha256: object.sha256.clone(),
        reason: reason.to_string(),
    }
}

/// Never more than the manifest says, whatever the packed bytes would make.
fn unpack(object: &Object, read: &dyn Fn(&Object) -> std::io::Result<Vec<u8>>) -> Result<Vec<u8>, DecodeError> {
    if object.bytes > LARGEST || object.unpacked > LARGEST {
        return Err(bad(object, "it is larger than any file of a release").into());
    }
    let packed = read(object)?;
    let decoder = zstd::stream::Decoder::new(packed.as_slice());
    let mut out = Vec::new();
    let unpacked = decoder.and_then(|d| d.take(object.unpacked + 1).read_to_end(&mut out));
    match unpacked {
        Ok(n) if n as u64 == object.unpacked => Ok(out),
        Ok(n) if n as u64 > object.unpacked => Err(bad(object, "it unpacks to more than it says").into()),
        Ok(_) => Err(bad(object, "it unpacks to less than it says").into()),
        Err(e) => Err(bad(object, format!("it cannot be unpacked: {e}")).into()),
    }
}

fn rows(segment: &Segment, documents: &[u8], passages: &[u8]) -> Result<Vec<Row>, BadObject> {
    let wrong = |reason: String| bad(&segment.documents, reason);
    let wrong_passage = |reason: String| bad(&segment.passages, reason);
    let mut passages = passages.split_inclusive(|b| *b == b'\n').peekable();
    let mut out: Vec<Row> = Vec::new();
    for line in documents.split_inclusive(|b| *b == b'\n') {
        let document: Document = serde_json::from_slice(line).map_err(|e| wrong(e.to_string()))?;
        if document.id.is_empty() || document.id.len() > 400 {
            return Err(wrong("a document's id is empty or too long".into()));
        }
        if out.last().is_some_and(|r| r.document.id >= document.id) {
            return Err(wrong("its documents are not in the order of their ids".into()));
        }
        let mut records = Vec::new();
        let mut lines = Vec::new();
        let mut last = 0;
        while let Some(line) = passages.peek() {
            let p: PassageLine = serde_json::from_slice(line).map_err(|e| wrong_passage(e.to_string()))?;
            if p.document != document.id {
                break;
            }
            let sound = document.body.get(p.record.range.clone()).is_some() && p.record.range.start >= last;
            if p.n as usize != records.len() || !sound {
                return Err(wrong_passage(format!(
                    "a passage of {} is not in its text",
                    document.id
                )));
            }
            last = p.record.range.end;
            records.push(p.record);
            lines.extend_from_slice(line);
            passages.next();
        }
        if records.is_empty() {
            return Err(wrong_passage(format!("{} has no passage", document.id)));
        }
        out.push(Row {
            digest: digest(line, &lines),
            document,
            passages: records,
        });
    }
    match passages.next() {
        None => Ok(out),
        Some(_) => Err(wrong_passage("a passage belongs to no document".into())),
    }
}

fn withdrawn(object: &Object, lines: &[u8]) -> Result<Vec<String>, BadObject> {
    lines
        .split_inclusive(|b| *b == b'\n')
        .map(|line| {
            serde_json::from_slice::<WithdrawnLine>(line)
                .map(|l| l.id)
                .map_err(|e| bad(object, e))
        })
        .collect()
}

fn unpack_vectors(
    object: &Object,
    bytes: &[u8],
    model: &str,
    dimensions: usize,
    rows: &[Row],
) -> Result<Vectors, BadObject> {
    let wrong = |reason: &str| bad(object, reason);
    // The library checks that the header lies within the file, and tensors within it.
    let (_, about) = SafeTensors::read_metadata(bytes).map_err(|e| bad(object, e))?;
    let said = about.metadata().as_ref().and_then(|m| m.get("model"));
    if said.map(String::as_str) != Some(model) {
        return Err(wrong("its vectors are of another model"));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| bad(object, e))?;
    let tensor = |name: &str, kind, shape: &[usize]| {
        let t = tensors.tensor(name).map_err(|e| bad(object, e))?;
        if t.dtype() == kind && t.shape() == shape {
            Ok(t.data())
        } else {
            Err(wrong("its vectors have another shape than its documents"))
        }
    };
    let passages: usize = rows.iter().map(|r| r.passages.len()).sum();
    let floats = |data: &[u8]| -> Result<Vec<Vec<f32>>, BadObject> {
        let all = data.chunks_exact(dimensions * 4).map(|row| {
            let v: Vec<f32> = row.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            v.iter().all(|x| x.is_finite()).then_some(v)
        });
        all.collect::<Option<_>>()
            .ok_or_else(|| wrong("a vector holds what is no number"))
    };
    let passage_vectors = floats(tensor("passages", Dtype::F32, &[passages, dimensions])?)?;
    let whole = tensors
        .tensor("document_rows")
        .map_err(|e| bad(object, e))?
        .shape()
        .first()
        .copied()
        .unwrap_or(0);
    if whole > rows.len() {
        return Err(wrong("its vectors have another shape than its documents"));
    }
    let numbers = tensor("document_rows", Dtype::U32, &[whole])?;
    let vectors = floats(tensor("documents", Dtype::F32, &[whole, dimensions])?)?;
    let mut documents = vec![None; rows.len()];
    for (number, vector) in numbers.as_chunks::<4>().0.iter().zip(vectors) {
        let at = documents.get_mut(u32::from_le_bytes(*number) as usize);
        *at.ok_or_else(|| wrong("a vector is of a document that is not there"))? = Some(vector);
    }
    Ok(Vectors {
        model: model.to_owned(),
        dimensions,
        passages: passage_vectors,
        documents,
    })
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
