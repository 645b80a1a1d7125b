//! Learns the weights from signals to a probability: `calibrate +RELEASE:QUERIES -RELEASE:QUERIES
//! =RELEASE …`.
//! `+`: the release covers these questions; `-`: it does not. A queries file is JSON lines with
//! `_id` and `text`, or a `golden.toml`'s questions written so. `=RELEASE` and `=RELEASE:FILE` are known questions (of
//! the release itself, of a golden file or of a judged folder), which it covers with their documents and does not cover
//! without: what is uncovered of its own domain. Each set weighs the same in its class.

use mortar_tests::{json, mortar};
use serde_json::Value;

/// Passes of gradient descent, the size of a step, and how strongly large weights are held back.
const PASSES: usize = 30_000;
const STEP: f64 = 3.0;
const HOLD: f64 = 1e-4;
const FOLDS: usize = 5;

struct Example {
    /// As `Weights` in crates/knowledge orders them: likeness, document, words, coverage, absent.
    signals: [f64; 5],
    covered: f64,
    weight: f64,
}

fn main() {
    let sets: Vec<String> = std::env::args().skip(1).collect();
    if sets.is_empty() {
        eprintln!("usage: calibrate +RELEASE:QUERIES -RELEASE:QUERIES =RELEASE[:FILE] …");
        std::process::exit(2);
    }
    let examples: Vec<Example> = sets.iter().flat_map(|s| read(s, &sets)).collect();
    report(
        "with_model (bias, likeness, document, words, coverage, absent)",
        &examples,
        &[0, 1, 2, 3, 4],
    );
    report("words_only (bias, words, coverage, absent)", &examples, &[2, 3, 4]);
}

/// One set's examples: the signals of the best passage of each question.
fn read(set: &str, all: &[String]) -> Vec<Example> {
    if let Some(left_out) = set.strip_prefix('=') {
        return read_left_out(left_out, all);
    }
    let (covered, rest) = match (set.strip_prefix('+'), set.strip_prefix('-')) {
        (Some(rest), _) => (1.0, rest),
        (_, Some(rest)) => (0.0, rest),
        _ => panic!("{set}: begin with +, - or ="),
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
    let best = found["results"].as_array().expect("a list");
    let weight = share(all, if covered == 1.0 { '+' } else { '-' }) / best.len().max(1) as f64;
    let example = |b: &Value| Example {
        signals: signals(&b["found"][0]["signals"]),
        covered,
        weight,
    };
    best.iter().map(example).collect()
}

/// What one set weighs of its class; one of known questions is in both.
fn share(all: &[String], class: char) -> f64 {
    0.5 / all.iter().filter(|s| s.starts_with([class, '='])).count().max(1) as f64
}

fn signals(of: &Value) -> [f64; 5] {
    ["likeness", "document", "words", "coverage", "absent"].map(|n| of[n].as_f64().unwrap_or(0.0))
}

/// Known questions, with their documents and without.
fn read_left_out(set: &str, all: &[String]) -> Vec<Example> {
    let (release, file) = set.split_once(':').map_or((set, None), |(r, f)| (r, Some(f)));
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = mortar(dir.path());
    command.args(["eval", "--leave-out", "--json", "--release", release]);
    let found = json(command.args(file));
    // Of golden questions the figures are beside the golden ones.
    let figures = if found["known"].is_null() {
        &found["leave_out"]["golden"]
    } else {
        &found
    };
    let results = figures["results"].as_array().expect("a list");
    let judged: Vec<&Value> = results.iter().filter(|r| !r["evidence"].is_null()).collect();
    let covered = |r: &Value| r["taken_away"] == false;
    let example = |r: &&Value| {
        let of = judged.iter().filter(|o| covered(o) == covered(r)).count();
        Example {
            signals: signals(&r["evidence"]),
            covered: f64::from(u8::from(covered(r))),
            weight: share(all, if covered(r) { '+' } else { '-' }) / of as f64,
        }
    };
    judged.iter().map(example).collect()
}

/// Learns on all examples, and says how well what was learnt on four fifths does on the last one.
fn report(name: &str, examples: &[Example], used: &[usize]) {
    let rows: Vec<(Vec<f64>, &Example)> = examples
        .iter()
        .map(|e| {
            let signals = used.iter().map(|i| e.signals[*i]);
            (std::iter::once(1.0).chain(signals).collect(), e)
        })
        .collect();
    let shown: Vec<String> = learn(&rows).iter().map(|w| format!("{w:.2}")).collect();
    let mut judged: Vec<(f64, &Example)> = Vec::new();
    for fold in 0..FOLDS {
        let (held, rest): (Vec<_>, Vec<_>) = rows.iter().cloned().enumerate().partition(|(i, _)| i % FOLDS == fold);
        let weights = learn(&rest.into_iter().map(|r| r.1).collect::<Vec<_>>());
        judged.extend(held.into_iter().map(|(_, (x, e))| (probability(&weights, &x), e)));
    }
    let count = |f: &dyn Fn(&(f64, &Example)) -> bool| judged.iter().filter(|j| f(j)).count() as f64;
    let refused = count(&|j| j.0 < 0.5);
    let rightly = count(&|j| j.0 < 0.5 && j.1.covered == 0.0);
    let precision = rightly / refused.max(1.0);
    let recall = rightly / count(&|j| j.1.covered == 0.0).max(1.0);
    let mut bins = [(0.0, 0.0); 10];
    for (p, e) in &judged {
        let bin = &mut bins[((p * 10.0) as usize).min(9)];
        bin.0 += e.weight * p;
        bin.1 += e.weight * e.covered;
    }
    let all: f64 = judged.iter().map(|j| j.1.weight).sum();
    let off: f64 = bins.iter().map(|(p, c)| (p - c).abs()).sum::<f64>() / all;
    println!(
        "{name}: [{}]\n  abstention, cross-validated: precision {precision:.3}, recall {recall:.3}, F1 {:.3}, calibration error {off:.3}",
        shown.join(", "),
        2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
    );
}

fn probability(weights: &[f64], x: &[f64]) -> f64 {
    1.0 / (1.0 + (-weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).exp())
}

fn learn(rows: &[(Vec<f64>, &Example)]) -> Vec<f64> {
    let mut weights = vec![0.0; rows.first().map_or(0, |r| r.0.len())];
    for _ in 0..PASSES {
        let mut slope = vec![0.0; weights.len()];
        for (x, e) in rows {
            let error = probability(&weights, x) - e.covered;
            slope.iter_mut().zip(x).for_each(|(s, x)| *s += e.weight * error * x);
        }
        for (i, (w, s)) in weights.iter_mut().zip(&slope).enumerate() {
            *w -= STEP * (s + if i == 0 { 0.0 } else { HOLD * *w });
        }
    }
    weights
}
