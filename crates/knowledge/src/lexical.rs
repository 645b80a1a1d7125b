//! The lexical half: which words stand where, and BM25F over title, headings and body.

use std::collections::BTreeMap;

use mortar_assistant::text;

/// Fields in the order their counts are kept.
pub const FIELDS: usize = 3;
/// A word in the title says more than one in the body.
const WEIGHT: [f32; FIELDS] = [3.0, 1.5, 1.0];
const B: [f32; FIELDS] = [0.4, 0.4, 0.6];
const K1: f32 = 1.2;

/// How often a term stands in each field of one passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub passage: u32,
    pub counts: [u8; FIELDS],
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

/// Postings as bytes: the passage as a difference to the one before (LEB128), then the counts.
pub fn encode(postings: &[Posting]) -> Vec<u8> {
    let mut out = Vec::with_capacity(postings.len() * 5);
    let mut last = 0;
    for p in postings {
        let mut delta = p.passage - last;
        last = p.passage;
        while delta >= 0x80 {
            out.push((delta as u8) | 0x80);
            delta >>= 7;
        }
        out.push(delta as u8);
        out.extend_from_slice(&p.counts);
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
        let counts: [u8; FIELDS] = bytes.get(at..at + FIELDS)?.try_into().ok()?;
        at += FIELDS;
        passage = passage.checked_add(delta)?;
        Some(Posting { passage, counts })
    })
}

/// The lengths of every passage's fields.
pub struct Lengths<'a> {
    bytes: &'a [u8],
    average: [f32; FIELDS],
}

impl<'a> Lengths<'a> {
    pub fn encode(lengths: &[[u16; FIELDS]]) -> Vec<u8> {
        let mut out = Vec::with_capacity(lengths.len() * FIELDS * 2 + FIELDS * 4);
        for field in 0..FIELDS {
            let sum: f32 = lengths.iter().map(|l| f32::from(l[field])).sum();
            out.extend_from_slice(&(sum / lengths.len().max(1) as f32).max(1.0).to_le_bytes());
        }
        out.extend(lengths.iter().flatten().flat_map(|l| l.to_le_bytes()));
        out
    }

    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (head, bytes) = bytes.split_at_checked(FIELDS * 4)?;
        let mut average = [1.0; FIELDS];
        for (a, b) in average.iter_mut().zip(head.chunks_exact(4)) {
            *a = f32::from_le_bytes(b.try_into().ok()?);
        }
        Some(Lengths { bytes, average })
    }

    pub fn passages(&self) -> usize {
        self.bytes.len() / (FIELDS * 2)
    }

    /// A term's weight in a passage before its rarity: BM25F's saturated, length-normalised count.
    pub fn weight(&self, p: Posting) -> f32 {
        let at = p.passage as usize * FIELDS * 2;
        let Some(lengths) = self.bytes.get(at..at + FIELDS * 2) else {
            return 0.0;
        };
        let mut count = 0.0;
        for f in 0..FIELDS {
            let length = f32::from(u16::from_le_bytes([lengths[f * 2], lengths[f * 2 + 1]]));
            count += WEIGHT[f] * f32::from(p.counts[f]) / (1.0 - B[f] + B[f] * length / self.average[f]);
        }
        count * (K1 + 1.0) / (count + K1)
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
        let lengths = Lengths::encode(&[[2, 0, 10], [2, 0, 10], [2, 0, 200]]);
        let l = Lengths::decode(&lengths).unwrap();
        let w = |passage, counts| l.weight(Posting { passage, counts });
        assert!(w(0, [1, 0, 0]) > w(1, [0, 0, 1]));
        assert!(w(1, [0, 0, 1]) > w(2, [0, 0, 1]));
        assert!(rarity(100, 1) > rarity(100, 50));
    }

    proptest! {
        #[test]
        fn postings_come_back(mut ids in prop::collection::btree_set(any::<u32>(), 0..50), counts in any::<[u8; FIELDS]>()) {
            let postings: Vec<_> = std::mem::take(&mut ids).into_iter().map(|passage| Posting { passage, counts }).collect();
            prop_assert_eq!(decode(&encode(&postings)).collect::<Vec<_>>(), postings);
        }

        #[test]
        fn foreign_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            decode(&bytes).count();
        }
    }
}
