//! Texts to vectors, each text once: what is known already is not embedded again, and what was made is
//! kept before more is asked for. Which model embeds, this does not know.

use mortar_assistant::{Embedder, ModelError};
use mortar_sources::prepare;

use crate::error::BuildError;
use crate::index::{Row, Vectors};

const BATCH: usize = 32;

/// Vectors that were made before, by the hash of their text.
pub trait Known: Send {
    fn vector(&self, text: &blake3::Hash) -> Option<Vec<f32>>;
    /// Keeps what a batch brought, for whoever comes after a stop.
    fn keep(&mut self, made: &[(blake3::Hash, &[f32])]) -> std::io::Result<()>;
}

/// The texts of rows: of each passage, then of the documents that are embedded as a whole, by row.
pub fn texts(rows: &[Row]) -> (Vec<String>, Vec<(usize, String)>) {
    let passages = rows
        .iter()
        .flat_map(|r| r.passages.iter().map(|p| prepare::embedded(&r.document, p)))
        .collect();
    let whole = rows
        .iter()
        .enumerate()
        .filter_map(|(n, r)| Some((n, prepare::whole(&r.document, r.passages.len())?)))
        .collect();
    (passages, whole)
}

/// How near two vectors are, whatever their lengths.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let product = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(f32::MIN_POSITIVE)
}

/// The vectors of rows. `tell` hears how many of the new texts are embedded, and of how many.
pub async fn vectors(
    embedder: &dyn Embedder,
    rows: &[Row],
    known: &mut dyn Known,
    tell: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Vectors, BuildError> {
    let (mut all, whole) = texts(rows);
    let passages = all.len();
    let owners: Vec<usize> = whole.iter().map(|w| w.0).collect();
    all.extend(whole.into_iter().map(|w| w.1));
    let hashes: Vec<blake3::Hash> = all.iter().map(|t| blake3::hash(t.as_bytes())).collect();
    let mut made: Vec<Vec<f32>> = hashes.iter().map(|h| known.vector(h).unwrap_or_default()).collect();
    let mut missing: Vec<usize> = (0..all.len()).filter(|i| made[*i].is_empty()).collect();
    // Texts of like length together: a batch costs what its longest costs.
    missing.sort_by_key(|i| all[*i].len());
    let of = missing.len();
    for (n, batch) in missing.chunks(BATCH).enumerate() {
        tell(n * BATCH, of);
        let asked: Vec<String> = batch.iter().map(|i| all[*i].clone()).collect();
        let got = embedder.embed(&asked).await?;
        if got.len() != batch.len() {
            return Err(ModelError::failed("the embedding model gave fewer vectors than texts").into());
        }
        for (i, vector) in batch.iter().zip(got) {
            if vector.len() != embedder.dimensions() || vector.iter().any(|x| !x.is_finite()) {
                return Err(ModelError::failed(format!(
                    "a vector of {} numbers came back; {} are needed",
                    vector.len(),
                    embedder.dimensions()
                ))
                .into());
            }
            made[*i] = vector;
        }
        let new: Vec<_> = batch.iter().map(|i| (hashes[*i], made[*i].as_slice())).collect();
        known.keep(&new).map_err(BuildError::Keep)?;
    }
    tell(of, of);
    let mut documents = vec![None; rows.len()];
    for (n, v) in owners.into_iter().zip(made.drain(passages..)) {
        documents[n] = Some(v);
    }
    Ok(Vectors {
        model: embedder.model().to_owned(),
        dimensions: embedder.dimensions(),
        passages: made,
        documents,
    })
}
