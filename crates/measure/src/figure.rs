//! Figures with their intervals: a mean, and between what it would lie if as many others were asked.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// Drawings of the bootstrap.
const DRAWINGS: usize = 1000;

/// A mean with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub of: usize,
}

/// The mean of some values. A share of nothing is 1: there was nothing to get wrong.
pub fn figure(values: &[f64]) -> Figure {
    let of = values.len();
    if of == 0 {
        let value = 1.0;
        return Figure {
            value,
            low: value,
            high: value,
            of,
        };
    }
    // The same values give the same interval.
    let mut rng = StdRng::seed_from_u64(of as u64);
    let mut means: Vec<f64> = (0..DRAWINGS)
        .map(|_| (0..of).map(|_| values[rng.random_range(0..of)]).sum::<f64>() / of as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Figure {
        value: values.iter().sum::<f64>() / of as f64,
        low: means[DRAWINGS * 25 / 1000],
        high: means[DRAWINGS * 975 / 1000 - 1],
        of,
    }
}

/// The expected calibration error: scores in ten bins, each bin's mean score against the share of its
/// questions that the knowledge covers, weighed by the bin's size.
pub(crate) fn calibration_error(scored: impl Iterator<Item = (f32, bool)>) -> f64 {
    let mut bins = [(0.0, 0.0); 10];
    let mut all = 0usize;
    for (score, covered) in scored {
        let bin = &mut bins[((score * 10.0) as usize).min(9)];
        bin.0 += f64::from(score);
        bin.1 += f64::from(u8::from(covered));
        all += 1;
    }
    let off: f64 = bins
        .iter()
        .map(|(score, covered): &(f64, f64)| (score - covered).abs())
        .sum();
    off / all.max(1) as f64
}

pub(crate) fn f1(precision: f64, recall: f64) -> f64 {
    2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_mean_and_narrows_with_more() {
        let few: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
        let many: Vec<f64> = (0..2000).map(|i| f64::from(i % 2)).collect();
        let (a, b) = (figure(&few), figure(&many));
        assert!(a.low <= a.value && a.value <= a.high && a.value == 0.5);
        assert!(b.high - b.low < (a.high - a.low) / 3.0);
        assert_eq!(figure(&[]).value, 1.0);
    }
}
