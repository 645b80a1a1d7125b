//! The learnt weights of grounding: from signals to the probability that people would say that the source says it.
//! Made by `cargo run --release -p mortar-measure --example weigh`; how well they do is in docs/MEASURED.md.

use super::signals::{NAMES, Signals};

/// From this probability on, a text is taken to stand in its source.
pub const STANDS: f32 = 0.45;
/// A claim with new words must be surer: what is appended leans on the words of the sentence before it.
pub const CLAIM_STANDS: f32 = 0.65;

const BIAS: f32 = -3.009;
const WEIGHTS: [f32; NAMES.len()] = [
    2.855, 0.004, 3.345, 1.602, 0.069, -1.457, -0.558, -2.307, 0.789, -3.530, -0.355, -2.046, 1.411, -0.653, -0.115,
    -0.935, -1.684, -0.030, 0.0,
];

pub fn probability(signals: &Signals) -> f32 {
    let sum: f32 = BIAS + signals.iter().zip(WEIGHTS).map(|(s, w)| s * w).sum::<f32>();
    1.0 / (1.0 + (-sum).exp())
}
