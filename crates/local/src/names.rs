//! Names of people, places and houses, told by a small head on the inner states of all-MiniLM-L6-v2. How it was trained is
//! in `scripts/train_names.py`, on what and how well in `data/README.md`; what is computed here is what is computed there.

use std::ops::Range;
use std::sync::LazyLock;

use mortar_privacy::mask::{Found, Kind};
use regex::Regex;
use safetensors::SafeTensors;

use crate::error::Failure;
use crate::graph::DIMENSIONS;

/// So sure it must be of a word. Chosen on what was learnt from.
const FROM: f32 = 0.6;
/// Of a word beside one that is sure.
const BESIDE: f32 = 0.35;
const CLASSES: [Option<Kind>; 4] = [None, Some(Kind::Name), Some(Kind::Place), Some(Kind::Facility)];
const SHAPE: usize = 5;
/// States of three layers.
const STATES: usize = 3 * DIMENSIONS;

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*").expect("a valid pattern"));

pub(crate) struct Head {
    /// Rows of inputs, as numpy keeps them.
    first: Vec<f32>,
    first_bias: Vec<f32>,
    second: Vec<f32>,
    second_bias: Vec<f32>,
}

/// Where a token stands in the text, and its states.
pub(crate) struct Token {
    pub range: Range<usize>,
    pub at: usize,
}

impl Head {
    pub(crate) fn own() -> Result<Head, Failure> {
        let weights = SafeTensors::deserialize(include_bytes!("../data/names.safetensors"))?;
        let read = |name: &str| -> Result<Vec<f32>, Failure> {
            let tensor = weights.tensor(name)?;
            if tensor.dtype() != safetensors::Dtype::F16 {
                return Err(format!("{name} holds {:?}, not F16", tensor.dtype()).into());
            }
            let halves = tensor.data().chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            Ok(halves.map(of_half).collect())
        };
        Ok(Head {
            first: read("w1")?,
            first_bias: read("b1")?,
            second: read("w2")?,
            second_bias: read("b2")?,
        })
    }

    /// The runs of a text that name somebody or some place. `layers` hold a row a token each.
    pub(crate) fn told(&self, text: &str, tokens: &[Token], layers: [&[f32]; 3]) -> Vec<Found> {
        let words: Vec<Range<usize>> = WORD
            .find_iter(text)
            .map(|m| m.range())
            .filter(|w| tokens.iter().any(|t| w.contains(&t.range.start)))
            .collect();
        let shapes: Vec<[f32; SHAPE]> = words.iter().map(|w| shape(&text[w.clone()])).collect();
        let mut row = vec![0.0; STATES + 3 * SHAPE];
        let likely: Vec<[f32; CLASSES.len()]> = words
            .iter()
            .enumerate()
            .map(|(n, word)| {
                row.fill(0.0);
                let of: Vec<usize> = tokens
                    .iter()
                    .filter(|t| word.contains(&t.range.start))
                    .map(|t| t.at)
                    .collect();
                for (layer, states) in layers.iter().enumerate() {
                    let to = &mut row[layer * DIMENSIONS..(layer + 1) * DIMENSIONS];
                    for at in &of {
                        let from = &states[at * DIMENSIONS..(at + 1) * DIMENSIONS];
                        to.iter_mut().zip(from).for_each(|(t, f)| *t += f / of.len() as f32);
                    }
                }
                let beside = [n.checked_sub(1), Some(n), Some(n + 1)];
                for (place, word) in beside.into_iter().enumerate() {
                    if let Some(shape) = word.and_then(|w| shapes.get(w)) {
                        let at = STATES + place * SHAPE;
                        row[at..at + SHAPE].copy_from_slice(shape);
                    }
                }
                self.of(&row)
            })
            .collect();
        runs(text, &words, &likely)
    }

    fn of(&self, row: &[f32]) -> [f32; CLASSES.len()] {
        let mut hidden = self.first_bias.clone();
        let wide = hidden.len();
        for (x, weights) in row
            .iter()
            .zip(self.first.chunks_exact(wide))
            .filter(|(x, _)| **x != 0.0)
        {
            hidden.iter_mut().zip(weights).for_each(|(h, w)| *h += x * w);
        }
        let mut out = [0.0; CLASSES.len()];
        out.copy_from_slice(&self.second_bias);
        for (h, weights) in hidden
            .iter()
            .zip(self.second.chunks_exact(CLASSES.len()))
            .filter(|(h, _)| **h > 0.0)
        {
            out.iter_mut().zip(weights).for_each(|(o, w)| *o += h * w);
        }
        let most = out.iter().copied().fold(f32::MIN, f32::max);
        out.iter_mut().for_each(|o| *o = (*o - most).exp());
        let all: f32 = out.iter().sum();
        out.map(|o| o / all)
    }
}

/// What stands together is one: a word that is sure, and those beside it that are likely.
fn runs(text: &str, words: &[Range<usize>], likely: &[[f32; CLASSES.len()]]) -> Vec<Found> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let named = |n: usize| 1.0 - likely[n][0];
        let joined = |n: usize| {
            let gap = &text[words[n - 1].end..words[n].start];
            gap.len() <= 2 && gap.chars().all(|c| c == ' ' || c == '.')
        };
        if named(at) < BESIDE {
            at += 1;
            continue;
        }
        let mut to = at + 1;
        while to < words.len() && named(to) >= BESIDE && joined(to) {
            to += 1;
        }
        if (at..to).any(|n| named(n) >= FROM) {
            let sum = |class: usize| (at..to).map(|n| likely[n][class]).sum::<f32>();
            let best = (1..CLASSES.len()).max_by(|a, b| sum(*a).total_cmp(&sum(*b)));
            if let Some(kind) = best.and_then(|b| CLASSES[b]) {
                let range = words[at].start..words[to - 1].end;
                out.push(Found { range, kind });
            }
        }
        at = to;
    }
    out
}

fn shape(word: &str) -> [f32; SHAPE] {
    let letters = word.chars().count();
    let says = |yes: bool| f32::from(u8::from(yes));
    let upper = letters > 1 && word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    [
        says(word.starts_with(char::is_uppercase)),
        says(upper),
        says(word.chars().any(|c| c.is_ascii_digit())),
        says(letters == 1),
        letters.min(15) as f32 / 10.0,
    ]
}

/// A number of sixteen bits. None of the weights is without end.
fn of_half(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, part) = (i32::from((half >> 10) & 0x1f), f32::from(half & 0x3ff) / 1024.0);
    sign * if exponent == 0 {
        part * 2f32.powi(-14)
    } else {
        (1.0 + part) * 2f32.powi(exponent - 15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_they_are_written() {
        for (half, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0, 0.0),
        ] {
            assert_eq!(of_half(half), value);
        }
    }
}
