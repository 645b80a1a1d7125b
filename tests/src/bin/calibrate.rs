//! Learns the weights from signals to a probability: `calibrate +RELEASE:QUERIES -RELEASE:QUERIES …`.
//! `+`: the release covers these questions; `-`: it does not. A queries file is JSON lines with
//! `_id` and `text`, or a `golden.toml`'s questions written so. Each set weighs the same in its class.

use mortar_tests::{json, mortar};
use serde_json::Value;

/// Passes of gradient descent, the size of a step, and how strongly large weights are held back.
const PASSES: usize = 100_000;
const STEP: f64 = 3.0;
const HOLD: f64 = 1e-4;

struct Example {
    likeness: f64,
    words: f64,
    coverage: f64,
    covered: f64,
    weight: f64,
}

fn main() {
    let sets: Vec<String> = std::env::args().skip(1).collect();
    if sets.is_empty() {
        eprintln!("usage: calibrate +RELEASE:QUERIES -RELEASE:QUERIES …");
        std::process::exit(2);
    }
    let examples: Vec<Example> = sets.iter().flat_map(|s| read(s, &sets)).collect();
    report("with_model (bias, likeness, words, coverage)", &examples, &|e| {
        vec![1.0, e.likeness, e.words, e.coverage]
    });
    report("words_only (bias, words, coverage)", &examples, &|e| {
        vec![1.0, e.words, e.coverage]
    });
}

/// One set's examples: the signals of the best passage of each question.
fn read(set: &str, all: &[String]) -> Vec<Example> {
    let (covered, rest) = match (set.strip_prefix('+'), set.strip_prefix('-')) {
        (Some(rest), _) => (1.0, rest),
        (_, Some(rest)) => (0.0, rest),
        _ => panic!("{set}: begin with + or -"),
    };
    let (release, queries) = rest.split_once(':').expect("RELEASE:QUERIES");
    let dir = tempfile::tempdir().expect("a folder");
    let found = json(
        mortar(dir.path())
            .args([
                "search",
                "--json",
                "-k",
                "1",
                "--release",
                release,
                "--queries",
                queries,
                "--run",
            ])
            .arg(dir.path().join("run")),
    );
    let best = found["best"].as_array().expect("a list");
    let same_class = all.iter().filter(|s| s.starts_with('+') == (covered == 1.0)).count();
    let weight = 0.5 / same_class as f64 / best.len().max(1) as f64;
    let number = |v: &Value| v.as_f64().unwrap_or(0.0);
    best.iter()
        .map(|b| {
            let s = &b["signals"];
            Example {
                likeness: number(&s["likeness"]),
                words: number(&s["words"]),
                coverage: number(&s["coverage"]),
                covered,
                weight,
            }
        })
        .collect()
}

/// Learns, and says how well the threshold of one half parts the two classes.
fn report(name: &str, examples: &[Example], features: &dyn Fn(&Example) -> Vec<f64>) {
    let rows: Vec<(Vec<f64>, &Example)> = examples.iter().map(|e| (features(e), e)).collect();
    let mut weights = vec![0.0; rows.first().map_or(0, |r| r.0.len())];
    let probability =
        |weights: &[f64], x: &[f64]| 1.0 / (1.0 + (-weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).exp());
    for _ in 0..PASSES {
        let mut slope = vec![0.0; weights.len()];
        for (x, e) in &rows {
            let error = probability(&weights, x) - e.covered;
            slope.iter_mut().zip(x).for_each(|(s, x)| *s += e.weight * error * x);
        }
        for (i, (w, s)) in weights.iter_mut().zip(&slope).enumerate() {
            *w -= STEP * (s + if i == 0 { 0.0 } else { HOLD * *w });
        }
    }
    let share = |covered: f64| {
        let class: Vec<_> = rows.iter().filter(|r| r.1.covered == covered).collect();
        let above = class.iter().filter(|r| probability(&weights, &r.0) >= 0.5).count();
        format!("{above} of {}", class.len())
    };
    let shown: Vec<String> = weights.iter().map(|w| format!("{w:.2}")).collect();
    println!(
        "{name}: [{}]\n  above one half: {} covered, {} not covered",
        shown.join(", "),
        share(1.0),
        share(0.0)
    );
}
