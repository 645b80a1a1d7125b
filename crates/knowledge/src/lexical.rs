//! The lexical half: which words stand where, and BM25F over title, headings and body.

use std::collections::BTreeMap;

use mortar_language::text;

/// Fields in the order their counts are kept.
pub const FIELDS: usize = 3;
/// A word in the title says more than one in the body.
const WEIGHT: [f32; FIELDS] = [3.0, 1.5, 1.0];
const B: [f32; FIELDS] = [0.4, 0.4, 0.6];
const K1: f32 = 1.2;

/// What a term says in one passage before its rarity, as a share of the most that it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub passage: u32,
    pub weight: u8,
}

impl Posting {
    pub fn share(self) -> f32 {
        f32::from(self.weight) / 255.0
    }
}

/// The terms of a passage with their counts.
pub fn count(title: &str, headings: &str, body: &str) -> (BTreeMap<String, [u8; FIELDS]>, [u16; FIELDS]) {
    let mut terms: BTreeMap<String, [u8; FIELDS]> = BTreeMap::new();
    let mut lengths = [0u16; FIELDS];
    for (field, part) in [title, headings, body].into_iter().enumerate() {
        for stem in text::content_stems(part) {
            lengths[field] = lengths[field].saturating_add(1);
            // LMDB's keys hold 511 bytes; a longer "word" is no word that is searched for.
            if stem.len() <= 128 {
                let count = &mut terms.entry(stem).or_default()[field];
                *count = count.saturating_add(1);
            }
        }
    }
    (terms, lengths)
}

/// Postings as bytes: the passage as a difference to the one before (LEB128), then the weight.
pub fn encode(postings: &[Posting]) -> Vec<u8> {
    let mut out = Vec::with_capacity(postings.len() * 3);
    let mut last = 0;
    for p in postings {
        let mut delta = p.passage - last;
        last = p.passage;
        while delta >= 0x80 {
            out.push((delta as u8) | 0x80);
            delta >>= 7;
        }
        out.push(delta as u8);
        out.push(p.weight);
    }
    out
}

/// Reads postings back; stops at the first byte that is none.
pub fn decode(bytes: &[u8]) -> impl Iterator<Item = Posting> + '_ {
    let mut at = 0;
    let mut passage = 0u32;
    std::iter::from_fn(move || {
        let mut delta = 0u32;
        let mut shift = 0;
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            delta |= u32::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        let weight = *bytes.get(at)?;
        at += 1;
        passage = passage.checked_add(delta)?;
        Some(Posting { passage, weight })
    })
}

/// The average length of each field.
pub type Averages = [f32; FIELDS];

/// The average lengths of passages' fields, against which counts are weighed.
pub fn average(lengths: &[[u16; FIELDS]]) -> Averages {
    let mean = |f: usize| lengths.iter().map(|l| f32::from(l[f])).sum::<f32>() / lengths.len().max(1) as f32;
    std::array::from_fn(|f| mean(f).max(1.0))
}

/// BM25F's saturated, length-normalised count; never nothing for a term that is there.
pub fn posting(passage: u32, counts: [u8; FIELDS], lengths: [u16; FIELDS], average: Averages) -> Posting {
    let mut count = 0.0;
    for f in 0..FIELDS {
        let length = f32::from(lengths[f]);
        count += WEIGHT[f] * f32::from(counts[f]) / (1.0 - B[f] + B[f] * length / average[f]);
    }
    let share = count / (count + K1);
    Posting {
        passage,
        weight: (share * 255.0).round().max(1.0) as u8,
    }
}

/// How much a term that stands in `found` of `all` passages says.
pub fn rarity(all: usize, found: usize) -> f32 {
    (1.0 + (all as f32 - found as f32 + 0.5) / (found as f32 + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_title_counts_more_than_a_body_and_a_short_body_more_than_a_long_one() {
        let lengths = [[2, 0, 10], [2, 0, 10], [2, 0, 200]];
        let w = |p: u32, counts| posting(p, counts, lengths[p as usize], average(&lengths)).weight;
        assert!(w(0, [1, 0, 0]) > w(1, [0, 0, 1]));
        assert!(w(1, [0, 0, 1]) > w(2, [0, 0, 1]));
        assert!(w(1, [0, 0, 2]) > w(1, [0, 0, 1]));
        assert!(rarity(100, 1) > rarity(100, 50));
    }

    proptest! {
        #[test]
        fn postings_come_back(mut ids in prop::collection::btree_set(any::<u32>(), 0..50), weight in any::<u8>()) {
            let postings: Vec<_> = std::mem::take(&mut ids).into_iter().map(|passage| Posting { passage, weight }).collect();
            prop_assert_eq!(decode(&encode(&postings)).collect::<Vec<_>>(), postings);
        }

        #[test]
        fn foreign_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            decode(&bytes).count();
        }
    }
}
