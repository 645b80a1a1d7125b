//! Learns the weights of grounding from texts that people judged: `weigh FILE.jsonl…`, lines of `{set, source, text,
//! label}`. Prints how well weights learnt on all kinds of text but one do on that one, beside the count of words,
//! and the weights learnt on all of them, as `crates/assistant/src/grounding/weights.rs` has them.
#![expect(clippy::print_stdout, reason = "a program that shows what it learnt")]

use std::path::Path;

use mortar_assistant::grounding::{SIGNALS, Sources};
use mortar_measure::{MeasureError, alone, best_threshold, judged_texts, told, words_there};

/// Passes of gradient descent, the size of a step, and how strongly large weights are held back.
const PASSES: usize = 4000;
const STEP: f64 = 0.5;
const HOLD: f64 = 2e-3;

struct Example {
    set: String,
    stands: bool,
    /// Beginning with 1 for the bias.
    signals: Vec<f64>,
    words: f64,
}

fn main() -> Result<(), MeasureError> {
    let mut examples = Vec::new();
    for file in std::env::args().skip(1) {
        for t in judged_texts(Path::new(&file))? {
            let passages = alone(&t.source);
            let signals = Sources::new(&passages).signals(&t.text);
            if let (Some(stands), Some(signals)) = (t.stands, signals) {
                examples.push(Example {
                    stands,
                    signals: std::iter::once(1.0).chain(signals.map(f64::from)).collect(),
                    words: words_there(&t.text, &t.source),
                    set: t.set,
                });
            }
        }
    }
    let mut sets: Vec<&str> = examples.iter().map(|e| e.set.as_str()).collect();
    sets.sort_unstable();
    sets.dedup();
    println!("balanced accuracy, learnt on the other kinds of text; counting words likewise, and at its best");
    for set in &sets {
        let (held, rest): (Vec<&Example>, Vec<&Example>) = examples.iter().partition(|e| e.set == *set);
        let weights = learn(&rest);
        let counted = |of: &[&Example]| -> Vec<(bool, f64)> { of.iter().map(|e| (e.stands, e.words)).collect() };
        let (from, _) = best_threshold(&counted(&rest));
        let (_, best) = best_threshold(&counted(&held));
        println!(
            "{set:14} {:.3}   {:.3}   {:.3}   of {}",
            told(
                held.iter()
                    .map(|e| (e.stands, probability(&weights, &e.signals) >= 0.5))
            )
            .balanced_accuracy,
            told(held.iter().map(|e| (e.stands, e.words >= from))).balanced_accuracy,
            best.balanced_accuracy,
            held.len()
        );
    }
    let weights = learn(&examples.iter().collect::<Vec<_>>());
    println!("bias {:.3}", weights[0]);
    for (name, w) in SIGNALS.iter().zip(&weights[1..]) {
        println!("{name:10} {w:.3}");
    }
    Ok(())
}

fn probability(weights: &[f64], x: &[f64]) -> f64 {
    1.0 / (1.0 + (-weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).exp())
}

/// Each kind of text weighs the same, and in it what stands as much as what does not.
fn learn(examples: &[&Example]) -> Vec<f64> {
    let Some(first) = examples.first() else {
        return Vec::new();
    };
    let n = first.signals.len();
    let alike = |a: &Example| {
        examples
            .iter()
            .filter(|b| b.set == a.set && b.stands == a.stands)
            .count() as f64
    };
    let share: Vec<f64> = examples.iter().map(|e| 1.0 / alike(e)).collect();
    let all: f64 = share.iter().sum();
    // Signals are brought to one scale while it learns, so that one step suits all of them.
    let count = examples.len() as f64;
    let mean: Vec<f64> = (0..n)
        .map(|i| examples.iter().map(|e| e.signals[i]).sum::<f64>() / count)
        .collect();
    let spread = |i: usize| (examples.iter().map(|e| (e.signals[i] - mean[i]).powi(2)).sum::<f64>() / count).sqrt();
    let scale: Vec<f64> = (0..n).map(|i| if i == 0 { 1.0 } else { spread(i).max(1e-6) }).collect();
    let scaled = |e: &Example| -> Vec<f64> {
        (0..n)
            .map(|i| {
                if i == 0 {
                    1.0
                } else {
                    (e.signals[i] - mean[i]) / scale[i]
                }
            })
            .collect()
    };
    let rows: Vec<Vec<f64>> = examples.iter().map(|e| scaled(e)).collect();
    let mut weights = vec![0.0; n];
    for _ in 0..PASSES {
        let mut slope: Vec<f64> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| if i == 0 { 0.0 } else { HOLD * w })
            .collect();
        for ((x, e), share) in rows.iter().zip(examples).zip(&share) {
            let off = (probability(&weights, x) - f64::from(u8::from(e.stands))) * share / all;
            for (s, x) in slope.iter_mut().zip(x) {
                *s += off * x;
            }
        }
        for (w, s) in weights.iter_mut().zip(&slope) {
            *w -= STEP * s;
        }
    }
    let mut out: Vec<f64> = weights.iter().zip(&scale).map(|(w, s)| w / s).collect();
    out[0] -= (1..n).map(|i| out[i] * mean[i]).sum::<f64>();
    out
}
