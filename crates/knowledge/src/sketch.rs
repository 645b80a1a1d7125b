//! The sketch: each vector in one byte a dimension, scanned straight from the mapped file. It only
//! chooses candidates; their distances are computed exactly afterwards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What the sketch holds of one release: a scale, then the rows.
pub struct Sketch<'a> {
    rows: &'a [u8],
    dimensions: usize,
}

/// One scale for all rows, so that rows can be compared by their integer products.
pub fn scale(vectors: impl Iterator<Item = f32>) -> f32 {
    let largest = vectors.fold(0.0f32, |m, x| m.max(x.abs()));
    if largest > 0.0 { 127.0 / largest } else { 1.0 }
}

pub fn encode(vector: &[f32], scale: f32, out: &mut Vec<u8>) {
    out.extend(
        vector
            .iter()
            .map(|x| (x * scale).round().clamp(-127.0, 127.0) as i8 as u8),
    );
}

impl<'a> Sketch<'a> {
    pub fn new(rows: &'a [u8], dimensions: usize) -> Option<Self> {
        (dimensions > 0 && rows.len().is_multiple_of(dimensions)).then_some(Sketch { rows, dimensions })
    }

    /// The `n` rows most like the query among those that `keep` lets pass, in no order.
    pub fn nearest(&self, query: &[f32], n: usize, keep: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut q = Vec::with_capacity(self.dimensions);
        encode(query, scale(query.iter().copied()), &mut q);
        let mut best: BinaryHeap<Reverse<(i32, u32)>> = BinaryHeap::with_capacity(n + 1);
        for (i, row) in self.rows.chunks_exact(self.dimensions).enumerate() {
            if !keep(i) {
                continue;
            }
            let product = dot(row, &q);
            if best.len() < n {
                best.push(Reverse((product, i as u32)));
            } else if best.peek().is_some_and(|worst| product > worst.0.0) {
                best.pop();
                best.push(Reverse((product, i as u32)));
            }
        }
        best.into_iter().map(|r| r.0.1).collect()
    }
}

/// The product of two rows of signed bytes. Written so that the compiler turns it into vector
/// instructions; 384 products of at most 127² fit an i32 with ease.
fn dot(a: &[u8], b: &[u8]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| i32::from(i16::from(*x as i8) * i16::from(*y as i8)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn the_sketch_finds_what_brute_force_finds() {
        let mut rng = StdRng::seed_from_u64(7);
        let unit = |rng: &mut StdRng| {
            let v: Vec<f32> = (0..64).map(|_| rng.random::<f32>() - 0.5).collect();
            let n = v.iter().map(|x| x * x).sum::<f32>().sqrt();
            v.into_iter().map(|x| x / n).collect::<Vec<_>>()
        };
        let vectors: Vec<_> = (0..2000).map(|_| unit(&mut rng)).collect();
        let s = scale(vectors.iter().flatten().copied());
        let mut rows = Vec::new();
        vectors.iter().for_each(|v| encode(v, s, &mut rows));
        let sketch = Sketch::new(&rows, 64).unwrap();
        for _ in 0..20 {
            let q = unit(&mut rng);
            let mut exact: Vec<(f32, u32)> = vectors
                .iter()
                .enumerate()
                .map(|(i, v)| (v.iter().zip(&q).map(|(a, b)| a * b).sum(), i as u32))
                .collect();
            exact.sort_by(|a, b| b.0.total_cmp(&a.0));
            let found = sketch.nearest(&q, 40, |_| true);
            assert!(exact[..10].iter().all(|(_, i)| found.contains(i)));
        }
        assert!(sketch.nearest(&vectors[0], 5, |i| i != 0).iter().all(|i| *i != 0));
        assert!(Sketch::new(&rows[..10], 64).is_none());
    }
}
