//! The vectors of a segment by one model, as a file of safetensors. The same vectors are always the same bytes, so that
//! they have one hash and are uploaded once; what is read is believed as little as any other file of a segment.

use std::collections::BTreeMap;

use mortar_knowledge::index::{Row, Vectors};
use safetensors::tensor::TensorInfo;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use crate::error::BadObject;
use crate::segment::Object;

/// The header, written by hand: the library keeps the words about a file in no fixed order. Tensors lie in the order in
/// which they stand here, which is the library's: the largest numbers first, then by name.
#[derive(Serialize)]
struct Header<'a> {
    __metadata__: BTreeMap<&'a str, &'a str>,
    documents: TensorInfo,
    passages: TensorInfo,
    document_rows: TensorInfo,
}

pub fn pack(set: &Vectors) -> std::io::Result<Vec<u8>> {
    let whole: Vec<(u32, &Vec<f32>)> = (0..)
        .zip(&set.documents)
        .filter_map(|(n, d)| Some((n, d.as_ref()?)))
        .collect();
    let mut end = 0;
    let mut tensor = |dtype: Dtype, shape: Vec<usize>| {
        let begin = end;
        end += shape.iter().product::<usize>() * 4;
        TensorInfo {
            dtype,
            shape,
            data_offsets: (begin, end),
        }
    };
    let header = Header {
        documents: tensor(Dtype::F32, vec![whole.len(), set.dimensions]),
        passages: tensor(Dtype::F32, vec![set.passages.len(), set.dimensions]),
        document_rows: tensor(Dtype::U32, vec![whole.len()]),
        __metadata__: BTreeMap::from([("distance", "cosine"), ("format", "1"), ("model", &set.model)]),
    };
    let mut header = serde_json::to_vec(&header)?;
    // Data begins at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut out = Vec::with_capacity(8 + header.len() + end);
    out.extend((header.len() as u64).to_le_bytes());
    out.extend(header);
    for vector in whole.iter().map(|w| w.1).chain(&set.passages) {
        out.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
    }
    out.extend(whole.iter().flat_map(|w| w.0.to_le_bytes()));
    Ok(out)
}

pub fn unpack(
    object: &Object,
    bytes: &[u8],
    model: &str,
    dimensions: usize,
    rows: &[Row],
) -> Result<Vectors, BadObject> {
    // The library checks that the header lies within the file, and tensors within it.
    let (_, about) = SafeTensors::read_metadata(bytes).map_err(|e| object.bad(e))?;
    let said = about.metadata().as_ref().and_then(|m| m.get("model"));
    if said.map(String::as_str) != Some(model) {
        return Err(object.bad("its vectors are of another model"));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| object.bad(e))?;
    let passages: usize = rows.iter().map(|r| r.passages.len()).sum();
    let passages = tensor(object, &tensors, "passages", Dtype::F32, &[passages, dimensions])?;
    let rows_of = tensors.tensor("document_rows").map_err(|e| object.bad(e))?;
    let whole = rows_of.shape().first().copied().unwrap_or(0);
    if whole > rows.len() {
        return Err(object.bad(OTHER_SHAPE));
    }
    let numbers = tensor(object, &tensors, "document_rows", Dtype::U32, &[whole])?;
    let vectors = tensor(object, &tensors, "documents", Dtype::F32, &[whole, dimensions])?;
    let mut documents = vec![None; rows.len()];
    for (number, vector) in numbers
        .as_chunks::<4>()
        .0
        .iter()
        .zip(floats(object, vectors, dimensions)?)
    {
        let at = documents.get_mut(u32::from_le_bytes(*number) as usize);
        *at.ok_or_else(|| object.bad("a vector is of a document that is not there"))? = Some(vector);
    }
    Ok(Vectors {
        model: model.to_owned(),
        dimensions,
        passages: floats(object, passages, dimensions)?,
        documents,
    })
}

const OTHER_SHAPE: &str = "its vectors have another shape than its documents";

fn tensor<'t>(
    object: &Object,
    tensors: &SafeTensors<'t>,
    name: &str,
    kind: Dtype,
    shape: &[usize],
) -> Result<&'t [u8], BadObject> {
    let found = tensors.tensor(name).map_err(|e| object.bad(e))?;
    if found.dtype() == kind && found.shape() == shape {
        Ok(found.data())
    } else {
        Err(object.bad(OTHER_SHAPE))
    }
}

fn floats(object: &Object, data: &[u8], dimensions: usize) -> Result<Vec<Vec<f32>>, BadObject> {
    let all = data.chunks_exact(dimensions * 4).map(|row| {
        let v: Vec<f32> = row.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        v.iter().all(|x| x.is_finite()).then_some(v)
    });
    let all: Option<Vec<Vec<f32>>> = all.collect();
    all.ok_or_else(|| object.bad("a vector holds what is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode;
    use crate::segment::Contents;
    use mortar_sources::Document;

    fn row(id: &str) -> Row {
        let document = serde_json::json!({
            "id": id, "title": "Is it?", "body": "It is.", "url": null, "kind": "qa", "version": "1",
            "effective_from": null, "effective_to": null, "owner": null, "tags": [], "codes": [], "history": null,
            "exact": []
        });
        Row::new(serde_json::from_value::<Document>(document).unwrap())
    }

    fn vectors() -> Vectors {
        Vectors {
            model: "hashed".into(),
            dimensions: 3,
            passages: vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]],
            documents: vec![None, Some(vec![7.0, 8.0, 9.0])],
        }
    }

    #[test]
    fn the_same_contents_are_the_same_bytes() {
        let contents = || Contents {
            rows: vec![row("a"), row("b")],
            vectors: vec![vectors()],
            withdrawn: vec!["c".into()],
        };
        let first = encode(&contents()).unwrap();
        for _ in 0..50 {
            assert_eq!(encode(&contents()).unwrap(), first);
        }
    }

    #[test]
    fn what_is_packed_is_what_others_read() {
        let rows = [row("a"), row("b")];
        let set = vectors();
        let bytes = pack(&set).unwrap();
        assert_eq!(bytes.len() % 4, 0);
        let (object, files) = {
            let object = Object {
                sha256: "0".repeat(64),
                bytes: bytes.len() as u64,
                unpacked: bytes.len() as u64,
            };
            (object, SafeTensors::deserialize(&bytes).unwrap())
        };
        let mut names = files.names();
        names.sort_unstable();
        assert_eq!(names, ["document_rows", "documents", "passages"]);
        let read = unpack(&object, &bytes, "hashed", 3, &rows).unwrap();
        assert_eq!((read.passages, read.documents), (set.passages, set.documents));
    }
}
