//! Statistics of two systems that were asked the same questions: each question is its own control.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};
use ts_rs::TS;

/// Drawings of the bootstrap.
const DRAWINGS: usize = 10_000;
/// How much the next place counts beside the one before it, in how much two lists overlap.
const PERSISTENCE: f64 = 0.9;

/// Questions that only one of the two got right, and how probable so uneven a split is by chance: McNemar's test, exact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
pub struct OnlyOne {
    pub only_a: usize,
    pub only_b: usize,
    pub p: f64,
}

/// A mean of each of the two and of what b has more, with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
pub struct Paired {
    pub a: f64,
    pub b: f64,
    pub difference: f64,
    pub low: f64,
    pub high: f64,
}

/// Two-sided, of pairs `(right by a, right by b)`.
pub fn only_one(pairs: &[(bool, bool)]) -> OnlyOne {
    let only_a = pairs.iter().filter(|p| p.0 && !p.1).count();
    let only_b = pairs.iter().filter(|p| !p.0 && p.1).count();
    let of = (only_a + only_b) as u64;
    let tail = |fewer: u64| Binomial::new(0.5, of).map_or(1.0, |b| b.cdf(fewer));
    let p = if of == 0 {
        1.0
    } else {
        (2.0 * tail(only_a.min(only_b) as u64)).min(1.0)
    };
    OnlyOne { only_a, only_b, p }
}

/// The interval is the bootstrap's, bias-corrected and accelerated (Efron 1987), always of the same drawings.
pub fn paired(values: &[(f64, f64)]) -> Paired {
    let of = values.len().max(1) as f64;
    let mean = |get: fn(&(f64, f64)) -> f64| values.iter().map(get).sum::<f64>() / of;
    let more: Vec<f64> = values.iter().map(|(a, b)| b - a).collect();
    let difference = more.iter().sum::<f64>() / of;
    let (low, high) = interval(&more, difference);
    Paired {
        a: mean(|v| v.0),
        b: mean(|v| v.1),
        difference,
        low,
        high,
    }
}

fn interval(values: &[f64], mean: f64) -> (f64, f64) {
    // Where all are the same there is nothing to draw from.
    if values.iter().all(|v| v == &values[0]) {
        return (mean, mean);
    }
    let of = values.len();
    let mut rng = StdRng::seed_from_u64(of as u64);
    let mut means: Vec<f64> = (0..DRAWINGS)
        .map(|_| (0..of).map(|_| values[rng.random_range(0..of)]).sum::<f64>() / of as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let normal = Normal::standard();
    // Means that are the same but for rounding count half.
    let near = |m: f64| (m - mean).abs() < 1e-12;
    let below = means
        .iter()
        .map(|m| if near(*m) { 0.5 } else { f64::from(u8::from(*m < mean)) });
    let share = below.sum::<f64>() / DRAWINGS as f64;
    let bias = normal.inverse_cdf(share.clamp(1e-6, 1.0 - 1e-6));
    let sum: f64 = values.iter().sum();
    let without = |v: &f64| (sum - v) / (of as f64 - 1.0);
    let centre = values.iter().map(without).sum::<f64>() / of as f64;
    let moment = |power: i32| values.iter().map(|v| (centre - without(v)).powi(power)).sum::<f64>();
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5)).max(f64::MIN_POSITIVE);
    let place = |tail: f64| {
        let z = bias + normal.inverse_cdf(tail);
        let level = normal.cdf(bias + z / (1.0 - acceleration * z));
        means[((level * DRAWINGS as f64) as usize).min(DRAWINGS - 1)]
    };
    (place(0.025), place(0.975))
}

/// How much two lists overlap, the first places most: rank-biased overlap, extrapolated (Webber, Moffat and Zobel 2010).
/// 1: the same list, as far as both go.
pub fn overlap<T: PartialEq>(a: &[T], b: &[T]) -> f64 {
    let depth = a.len().min(b.len());
    if depth == 0 {
        return f64::from(u8::from(a.len() == b.len()));
    }
    let p = PERSISTENCE;
    let shared = |d: usize| a[..d].iter().filter(|x| b[..d].contains(x)).count() as f64 / d as f64;
    let sum: f64 = (1..=depth).map(|d| shared(d) * p.powi(d as i32)).sum();
    shared(depth) * p.powi(depth as i32) + sum * (1.0 - p) / p
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() <= by, "{a} is not {b}");
    }

    /// Against `scipy.stats.binomtest(k, n).pvalue`, SciPy 1.17.
    #[test]
    fn mcnemar_is_the_exact_binomial_test() {
        for (only_a, only_b, p) in [
            (0, 0, 1.0),
            (1, 0, 1.0),
            (2, 10, 0.03857421875),
            (6, 6, 1.0),
            (0, 6, 0.03125),
        ] {
            let pairs: Vec<(bool, bool)> = std::iter::repeat_n((true, false), only_a)
                .chain(std::iter::repeat_n((false, true), only_b))
                .chain([(true, true), (false, false)])
                .collect();
            let got = only_one(&pairs);
            assert_eq!((got.only_a, got.only_b), (only_a, only_b));
            near(got.p, p, 1e-12);
        }
    }

    /// Against `scipy.stats.bootstrap(method="BCa", n_resamples=200000)` of the same values, within what drawing costs.
    #[test]
    fn the_interval_is_that_of_bca() {
        let values = VALUES.map(|v| (0.0, v));
        let got = paired(&values);
        near(got.difference, BCA[0], 1e-9);
        near(got.low, BCA[1], 0.012);
        near(got.high, BCA[2], 0.012);
    }

    const VALUES: [f64; 20] = [
        0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, -0.5, 0.0, 0.0, 0.667, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.25, 0.0, 0.0,
    ];
    const BCA: [f64; 3] = [0.14585, 0.0125, 0.3396];

    #[test]
    fn nothing_is_between_equals() {
        let same: Vec<(f64, f64)> = (0..50).map(|i| (f64::from(i % 3), f64::from(i % 3))).collect();
        assert_eq!(
            paired(&same),
            Paired {
                a: 0.98,
                b: 0.98,
                difference: 0.0,
                low: 0.0,
                high: 0.0
            }
        );
        assert_eq!(paired(&[]).difference, 0.0);
    }

    /// Of two equal systems with noise the interval leaves out nothing in about one of twenty.
    #[test]
    fn noise_signals_no_more_than_its_level() {
        let mut rng = StdRng::seed_from_u64(8);
        let mut wrong = 0;
        const RUNS: usize = 1000;
        for _ in 0..RUNS {
            let values: Vec<(f64, f64)> = (0..60)
                .map(|_| {
                    (
                        f64::from(rng.random_range(0..100)) / 100.0,
                        f64::from(rng.random_range(0..100)) / 100.0,
                    )
                })
                .collect();
            let got = paired(&values);
            wrong += usize::from(got.low > 0.0 || got.high < 0.0);
        }
        assert!(wrong <= RUNS / 10, "{wrong} of {RUNS}");
    }

    /// The figures of a published example: lists that part after the second place.
    #[test]
    fn overlap_counts_the_first_places_most() {
        assert_eq!(overlap::<u8>(&[], &[]), 1.0);
        assert_eq!(overlap(&[1, 2], &[]), 0.0);
        near(overlap(&[1, 2, 3], &[1, 2, 3]), 1.0, 1e-12);
        assert_eq!(overlap(&[1, 2], &[3, 4]), 0.0);
        let (first, last) = (
            overlap(&[9, 2, 3, 4], &[1, 2, 3, 4]),
            overlap(&[1, 2, 3, 9], &[1, 2, 3, 4]),
        );
        assert!(first < last, "{first} {last}");
        // By hand: agreements 1, 1, 2/3 at p = .9.
        let by_hand = 2.0 / 3.0 * 0.729 + (0.9 + 0.81 + 2.0 / 3.0 * 0.729) / 9.0;
        near(overlap(&[1, 2, 3], &[1, 2, 4]), by_hand, 1e-12);
    }
}
