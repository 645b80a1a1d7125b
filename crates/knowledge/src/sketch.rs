//! The sketch: each vector once as one bit and once as one byte a dimension, read straight from the
//! mapped file. The bits choose some thousands, the bytes some hundreds of them; distances are
//! computed exactly afterwards. Never the last word on what is near.

use pulp::{Arch, Simd, WithSimd};
use serde::{Deserialize, Serialize};

/// How many the bits hand to the bytes: this times the root of the rows (docs/MEASURED.md).
const BREADTH: usize = 24;
const LEAST: usize = 2400;

/// What the sketch holds of one release.
pub struct Sketch<'a> {
    /// The mean of all vectors: a bit says on which side of it a vector lies.
    mean: Vec<f32>,
    /// One behind the other.
    parts: Vec<Part<'a>>,
    /// The rows of what is there no more.
    gone: Vec<u32>,
}

struct Part<'a> {
    rows: usize,
    bits: &'a [u8],
    bytes: &'a [u8],
}

/// Farther than any row: what is gone.
const GONE: u16 = u16::MAX;

/// What rows are drawn against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    mean: Vec<f32>,
    /// One scale for all rows, so that rows can be compared by their integer products.
    scale: f32,
}

impl Frame {
    pub fn new<'v>(dimensions: usize, vectors: impl Iterator<Item = &'v [f32]>) -> Self {
        let mut sum = vec![0.0f64; dimensions];
        let (mut rows, mut largest) = (0usize, 0.0f32);
        for v in vectors {
            rows += 1;
            for (s, x) in sum.iter_mut().zip(v) {
                *s += f64::from(*x);
                largest = largest.max(x.abs());
            }
        }
        Frame {
            mean: sum.into_iter().map(|s| (s / rows.max(1) as f64) as f32).collect(),
            scale: if largest > 0.0 { 127.0 / largest } else { 1.0 },
        }
    }
}

/// Makes the two blobs of a sketch, row by row.
pub struct Maker<'a> {
    pub frame: &'a Frame,
    pub bits: Vec<u8>,
    pub bytes: Vec<u8>,
}

impl Maker<'_> {
    /// Of a sketch without rows yet.
    pub fn begin(&mut self) {
        self.bits.extend(self.frame.mean.iter().flat_map(|m| m.to_le_bytes()));
    }

    pub fn add(&mut self, vector: &[f32]) {
        self.bits
            .extend(sides(vector, &self.frame.mean).into_iter().flat_map(u64::to_le_bytes));
        self.bytes.extend(rounded(vector, self.frame.scale).map(|x| x as u8));
    }
}

/// 64-bit words of a row of bits.
fn words(dimensions: usize) -> usize {
    dimensions.div_ceil(64)
}

fn sides(vector: &[f32], mean: &[f32]) -> Vec<u64> {
    let mut out = vec![0u64; words(vector.len())];
    for (i, (x, m)) in vector.iter().zip(mean).enumerate() {
        out[i / 64] |= u64::from(x > m) << (i % 64);
    }
    out
}

/// The half of the dimensions in which a query lies farthest from the mean: to be on its other side
/// there says the more. Of normal values that half lies some three times as far out as the other.
fn outer(query: &[f32], mean: &[f32]) -> Vec<u64> {
    let off: Vec<f32> = query.iter().zip(mean).map(|(x, m)| (x - m).abs()).collect();
    let mut sorted = off.clone();
    let middle = sorted.len() / 2;
    sorted.select_nth_unstable_by(middle, f32::total_cmp);
    let middle = vec![sorted[middle]; off.len()];
    sides(&off, &middle)
}

fn rounded(vector: &[f32], scale: f32) -> impl Iterator<Item = i8> {
    vector
        .iter()
        .map(move |x| (x * scale).round().clamp(-127.0, 127.0) as i8)
}

impl<'a> Sketch<'a> {
    /// Of the blobs that a [`Maker`] made, in the order in which their rows are numbered.
    pub fn new(
        blobs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        gone: Vec<u32>,
        dimensions: usize,
    ) -> Option<Self> {
        let mut mean = None;
        let mut parts = Vec::new();
        for (bits, bytes) in blobs {
            let (head, bits) = bits.split_at_checked(dimensions * 4)?;
            let row = words(dimensions) * 8;
            let rows = bits.len().checked_div(row)?;
            if rows * row != bits.len() || rows * dimensions != bytes.len() {
                return None;
            }
            mean = mean.or(Some(head));
            parts.push(Part { rows, bits, bytes });
        }
        let number = |b: &[u8; 4]| f32::from_le_bytes(*b);
        let sketch = Sketch {
            mean: mean?.as_chunks().0.iter().map(number).collect(),
            parts,
            gone,
        };
        let all = sketch.numbered();
        sketch.gone.iter().all(|row| (*row as usize) < all).then_some(sketch)
    }

    /// How many rows there are, those of what is gone among them.
    pub fn numbered(&self) -> usize {
        self.parts.iter().map(|p| p.rows).sum()
    }

    /// The `n` rows most like the query among those that `keep` lets pass, in no order.
    pub fn nearest(&self, query: &[f32], n: usize, keep: impl Fn(usize) -> bool) -> Vec<u32> {
        // Gone rows count for nothing: what is found is what would be found if they had never been.
        let rows = self.numbered().saturating_sub(self.gone.len());
        let breadth = LEAST.max(BREADTH * rows.isqrt()).max(n * 4);
        let rough = self.by_bits(query, breadth, keep);
        self.by_bytes(query, rough, n)
    }

    /// At least `n` rows that lie on the query's side of the mean in most dimensions, in order.
    fn by_bits(&self, query: &[f32], n: usize, keep: impl Fn(usize) -> bool) -> Vec<u32> {
        let far_out = outer(query, &self.mean);
        let query = sides(query, &self.mean);
        let mut far = vec![0u16; self.numbered()];
        let mut left = far.as_mut_slice();
        for part in &self.parts {
            let (out, behind) = left.split_at_mut(part.rows);
            left = behind;
            counting_bits(Distances {
                bits: part.bits,
                query: &query,
                outer: &far_out,
                out,
            });
        }
        self.gone.iter().for_each(|row| far[*row as usize] = GONE);
        let mut counts = vec![0usize; self.mean.len() * 3 + 1];
        for d in &far {
            if let Some(count) = counts.get_mut(usize::from(*d)) {
                *count += 1;
            }
        }
        // Some may not be kept: then look further out, twice as far each time.
        let mut wanted = n;
        loop {
            let mut seen = 0;
            let limit = counts
                .iter()
                .position(|c| {
                    seen += c;
                    seen >= wanted
                })
                .unwrap_or(counts.len());
            // Each row is written down, and stays if it is near: to decide first takes longer than to write.
            let mut found = vec![0u32; far.len()];
            let mut near = 0;
            for (row, d) in far.iter().enumerate() {
                found[near] = row as u32;
                near += usize::from(usize::from(*d) <= limit);
            }
            found.truncate(near);
            found.retain(|row| keep(*row as usize));
            if found.len() >= n || limit >= counts.len() {
                return found;
            }
            wanted *= 2;
        }
    }

    /// The `n` of these rows whose bytes have the largest product with the query's.
    fn by_bytes(&self, query: &[f32], mut rows: Vec<u32>, n: usize) -> Vec<u32> {
        if rows.len() <= n {
            return rows;
        }
        let largest = query.iter().fold(f32::MIN_POSITIVE, |m, x| m.max(x.abs()));
        let query: Vec<i8> = rounded(query, 127.0 / largest).collect();
        let mut products = vec![0i32; rows.len()];
        let (mut done, mut first) = (0, 0);
        for part in &self.parts {
            let behind = first + part.rows as u32;
            let here: Vec<u32> = rows[done..]
                .iter()
                .take_while(|r| **r < behind)
                .map(|r| r - first)
                .collect();
            Arch::new().dispatch(Products {
                bytes: part.bytes,
                rows: &here,
                query: &query,
                out: &mut products[done..done + here.len()],
            });
            done += here.len();
            first = behind;
        }
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.select_nth_unstable_by_key(n, |i| std::cmp::Reverse((products[*i as usize], *i)));
        order.truncate(n);
        order.iter_mut().for_each(|i| *i = rows[*i as usize]);
        rows = order;
        rows
    }
}

/// In how many dimensions each row lies on the other side of the mean than the query, the outer ones
/// counted three times.
///
/// Plain code; what dispatches it chooses the instructions that it is compiled to, which reach only
/// what is inlined. Sums wrap: a check in each step would keep them from being done side by side, and
/// none can come near the limit.
struct Distances<'a> {
    bits: &'a [u8],
    query: &'a [u64],
    outer: &'a [u64],
    out: &'a mut [u16],
}

/// Runs plain code where bits are counted a word at a time. With wider instructions than these the
/// compiler would count by table look-ups, which takes longer.
fn counting_bits(op: impl WithSimd<Output = ()>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(v2) = pulp::x86::V2::try_new() {
        return Simd::vectorize(v2, op);
    }
    Arch::new().dispatch(op);
}

impl WithSimd for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        // 384 dimensions, the usual case, without an inner loop.
        if let (Ok(q), Ok(o)) = (<[u64; 6]>::try_from(self.query), <[u64; 6]>::try_from(self.outer)) {
            for (row, d) in self.bits.as_chunks::<48>().0.iter().zip(self.out) {
                *d = apart(row.as_chunks::<8>().0, &q, &o);
            }
        } else {
            let size = self.query.len() * 8;
            for (row, d) in self.bits.chunks_exact(size).zip(self.out) {
                *d = apart(row.as_chunks::<8>().0, self.query, self.outer);
            }
        }
    }
}

#[inline(always)]
fn apart(row: &[[u8; 8]], query: &[u64], outer: &[u64]) -> u16 {
    let (mut all, mut far) = (0u32, 0u32);
    for ((w, q), o) in row.iter().zip(query).zip(outer) {
        let other = u64::from_le_bytes(*w) ^ q;
        all = all.wrapping_add(other.count_ones());
        far = far.wrapping_add((other & o).count_ones());
    }
    all.wrapping_add(far.wrapping_mul(2)) as u16
}

/// The products of some rows of signed bytes with the query's.
struct Products<'a> {
    bytes: &'a [u8],
    rows: &'a [u32],
    query: &'a [i8],
    out: &'a mut [i32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let size = self.query.len();
        let row = |n: &u32| &self.bytes[*n as usize * size..][..size];
        for (i, (product, n)) in self.out.iter_mut().zip(self.rows).enumerate() {
            if let Some(next) = self.rows.get(i + AHEAD) {
                ask_for(row(next));
            }
            *product = dot(row(n), self.query);
        }
    }
}

/// So many rows ahead of their use they are asked for.
const AHEAD: usize = 8;

/// Has the processor fetch a row that is used soon: rows lie far apart, and each would be waited for.
#[inline(always)]
fn ask_for(row: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for byte in row.iter().step_by(64).chain(row.last()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint about memory that `row` borrows; it reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

#[inline(always)]
fn dot(a: &[u8], b: &[i8]) -> i32 {
    let mut sum = 0i32;
    for (x, y) in a.iter().zip(b) {
        sum = sum.wrapping_add(i32::from(*x as i8).wrapping_mul(i32::from(*y)));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    fn begun(frame: &Frame) -> Maker<'_> {
        let mut made = Maker {
            frame,
            bits: Vec::new(),
            bytes: Vec::new(),
        };
        made.begin();
        made
    }

    /// A sketch in two parts with gone rows finds what one finds that never had those rows.
    #[test]
    fn gone_rows_and_parts_are_not_seen() {
        let mut rng = StdRng::seed_from_u64(3);
        let vectors: Vec<Vec<f32>> = (0..9000).map(|_| unit(&mut rng, 70)).collect();
        let frame = Frame::new(70, vectors.iter().map(Vec::as_slice));
        let gone: Vec<u32> = (0..9000).filter(|i| i % 7 < 3).collect();
        let (mut first, mut behind, mut wanted) = (begun(&frame), begun(&frame), begun(&frame));
        let mut left = Vec::new();
        for (i, v) in (0..).zip(&vectors) {
            if i < 6000 { &mut first } else { &mut behind }.add(v);
            if !gone.contains(&i) {
                wanted.add(v);
                left.push(i);
            }
        }
        let parts = [&first, &behind].map(|m| (m.bits.as_slice(), m.bytes.as_slice()));
        let sketch = Sketch::new(parts, gone, 70).unwrap();
        let wanted = Sketch::new([(wanted.bits.as_slice(), wanted.bytes.as_slice())], vec![], 70).unwrap();
        for _ in 0..20 {
            let q = unit(&mut rng, 70);
            let odd = |i: u32| i % 2 == 1;
            let found = sketch.nearest(&q, 50, |row| odd(row as u32));
            let expected = wanted.nearest(&q, 50, |row| odd(left[row]));
            assert_eq!(
                found,
                expected.iter().map(|row| left[*row as usize]).collect::<Vec<_>>()
            );
        }
        assert!(Sketch::new(parts, vec![9000], 70).is_none());
    }

    fn unit(rng: &mut StdRng, n: usize) -> Vec<f32> {
        let v: Vec<f32> = (0..n).map(|_| rng.random::<f32>() - 0.5).collect();
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(|x| x / length).collect()
    }

    #[test]
    fn the_sketch_finds_what_brute_force_finds() {
        let mut rng = StdRng::seed_from_u64(7);
        for dimensions in [64, 100, 384] {
            let vectors: Vec<_> = (0..2000).map(|_| unit(&mut rng, dimensions)).collect();
            let frame = Frame::new(dimensions, vectors.iter().map(Vec::as_slice));
            let mut made = begun(&frame);
            vectors.iter().for_each(|v| made.add(v));
            let sketch = Sketch::new([(&*made.bits, &*made.bytes)], vec![], dimensions).unwrap();
            let mut missed = 0;
            for _ in 0..20 {
                let q = unit(&mut rng, dimensions);
                let mut exact: Vec<(f32, u32)> = vectors
                    .iter()
                    .enumerate()
                    .map(|(i, v)| (v.iter().zip(&q).map(|(a, b)| a * b).sum(), i as u32))
                    .collect();
                exact.sort_by(|a, b| b.0.total_cmp(&a.0));
                let found = sketch.nearest(&q, 40, |_| true);
                assert_eq!(found.len(), 40);
                missed += exact[..10].iter().filter(|(_, i)| !found.contains(i)).count();
            }
            // Random directions are the hardest there are: nothing is much nearer than the rest.
            assert!(missed <= 6, "{dimensions}: {missed} of 200");
            assert!(Sketch::new([(&made.bits[..100], &*made.bytes)], vec![], dimensions).is_none());
            assert!(Sketch::new([(&*made.bits, &made.bytes[1..])], vec![], dimensions).is_none());
        }
    }

    #[test]
    fn what_is_not_kept_makes_room_for_what_is_further_off() {
        let mut rng = StdRng::seed_from_u64(9);
        let vectors: Vec<_> = (0..6000).map(|_| unit(&mut rng, 64)).collect();
        let frame = Frame::new(64, vectors.iter().map(Vec::as_slice));
        let mut made = begun(&frame);
        vectors.iter().for_each(|v| made.add(v));
        let sketch = Sketch::new([(&*made.bits, &*made.bytes)], vec![], 64).unwrap();
        let found = sketch.nearest(&vectors[0], 50, |i| i % 100 == 7);
        assert!(found.len() == 50 && found.iter().all(|i| i % 100 == 7));
        assert!(sketch.nearest(&vectors[0], 50, |_| false).is_empty());
    }

    /// Whatever instructions are chosen, they say what the plain code says.
    #[test]
    fn every_set_of_instructions_agrees_with_the_plain_code() {
        let mut rng = StdRng::seed_from_u64(3);
        for dimensions in [64usize, 96, 384, 1024] {
            let row = words(dimensions);
            let bits: Vec<u8> = (0..row * 8 * 50).map(|_| rng.random()).collect();
            let query: Vec<u64> = (0..row).map(|_| rng.random()).collect();
            let outer: Vec<u64> = (0..row).map(|_| rng.random()).collect();
            let bytes: Vec<u8> = (0..dimensions).map(|_| rng.random()).collect();
            let other: Vec<i8> = (0..dimensions).map(|_| rng.random::<i8>().max(-127)).collect();
            let plain: Vec<u16> = bits
                .chunks_exact(row * 8)
                .map(|r| {
                    let bytes = |v: &[u64]| v.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
                    let both = r.iter().zip(bytes(&query)).zip(bytes(&outer));
                    let one = |((a, b), o): ((&u8, u8), u8)| (a ^ b).count_ones() + 2 * ((a ^ b) & o).count_ones();
                    both.map(one).sum::<u32>() as u16
                })
                .collect();
            let product: i32 = bytes
                .iter()
                .zip(&other)
                .map(|(x, y)| i32::from(*x as i8) * i32::from(*y))
                .sum();
            for arch in archs() {
                let mut got = vec![0; 50];
                arch.dispatch(Distances {
                    bits: &bits,
                    query: &query,
                    outer: &outer,
                    out: &mut got,
                });
                assert_eq!(got, plain, "{arch:?}");
                let mut products = [0];
                arch.dispatch(Products {
                    bytes: &bytes,
                    rows: &[0],
                    query: &other,
                    out: &mut products,
                });
                assert_eq!(products, [product], "{arch:?}");
            }
        }
    }

    /// Every set of instructions that this machine has.
    fn archs() -> Vec<Arch> {
        let mut out = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        out.extend(pulp::x86::V3::try_new().map(Arch::V3));
        out
    }
}
