//! How well documents are ordered, against judgements in TREC's form: the measures of the field, as
//! trec_eval computes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::MeasureError;
use crate::figure::{Figure, figure};
use crate::measured::Measured;

/// How deep a question is searched.
const DEPTH: usize = 100;

/// What a folder says about its judgements.
#[derive(Debug, Clone, Deserialize)]
struct Dataset {
    /// From this grade on a document is relevant.
    rel_threshold: i64,
    /// Taken off a grade: what remains is its gain.
    gain_offset: i64,
    /// Not every document was judged.
    #[serde(default)]
    pooled: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct RankingFigures {
    /// Those with a relevant document; the others cannot be answered.
    pub questions: usize,
    pub figures: BTreeMap<String, Figure>,
}

/// Measures search on a folder with `queries.jsonl`, `qrels.tsv` and `dataset.json`.
pub async fn ranking(measured: &Measured<'_>, folder: &Path) -> Result<RankingFigures, MeasureError> {
    let judged = Judged::read(folder)?;
    let mut run = BTreeMap::new();
    for (id, text) in queries(folder)? {
        let found = measured.search(&text, DEPTH, None).await?;
        run.insert(id, found.into_iter().map(|(d, _)| d.id).collect());
    }
    Ok(judged.figures(&run))
}

/// The questions of a folder, by their ids.
pub(crate) fn queries(folder: &Path) -> Result<BTreeMap<String, String>, MeasureError> {
    let bad = |e: &dyn Display| MeasureError::file(folder, e);
    let queries = std::fs::read_to_string(folder.join("queries.jsonl")).map_err(|e| bad(&e))?;
    let mut out = BTreeMap::new();
    for line in queries.lines().filter(|l| !l.trim().is_empty()) {
        let query: serde_json::Value = serde_json::from_str(line).map_err(|e| bad(&e))?;
        let (Some(id), Some(text)) = (query["_id"].as_str(), query["text"].as_str()) else {
            return Err(bad(&"a query needs _id and text"));
        };
        out.insert(id.to_owned(), text.to_owned());
    }
    Ok(out)
}

/// Judgements of the questions that have a relevant document.
pub struct Judged {
    dataset: Dataset,
    /// Gains by question and document.
    gains: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Judged {
    pub fn read(folder: &Path) -> Result<Judged, MeasureError> {
        let file = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|e| MeasureError::file(&path, e))
        };
        let bad = |name: &str, e: String| MeasureError::file(&folder.join(name), e);
        let dataset: Dataset =
            serde_json::from_str(&file("dataset.json")?).map_err(|e| bad("dataset.json", e.to_string()))?;
        if dataset.rel_threshold <= dataset.gain_offset {
            return Err(bad("dataset.json", "rel_threshold must lie above gain_offset".into()));
        }
        let mut gains: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for (n, line) in file("qrels.tsv")?.lines().enumerate() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let [query, _, document, grade] = cells[..] else {
                return Err(bad("qrels.tsv", format!("line {}: four columns are needed", n + 1)));
            };
            let grade: i64 = grade
                .parse()
                .map_err(|_| bad("qrels.tsv", format!("line {}: {grade} is no grade", n + 1)))?;
            let of = gains.entry(query.to_owned()).or_default();
            of.insert(document.to_owned(), (grade - dataset.gain_offset).max(0));
        }
        let least = dataset.rel_threshold - dataset.gain_offset;
        gains.retain(|_, g| g.values().any(|g| *g >= least));
        Ok(Judged { dataset, gains })
    }

    /// The relevant documents of each question.
    pub(crate) fn relevant(&self) -> BTreeMap<String, Vec<String>> {
        let least = self.dataset.rel_threshold - self.dataset.gain_offset;
        let relevant = |gains: &BTreeMap<String, i64>| -> Vec<String> {
            let held = gains.iter().filter(|g| *g.1 >= least);
            held.map(|g| g.0.clone()).collect()
        };
        self.gains.iter().map(|(q, g)| (q.clone(), relevant(g))).collect()
    }

    /// The figures of a run: the documents of each question, best first.
    pub fn figures(&self, run: &BTreeMap<String, Vec<String>>) -> RankingFigures {
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (query, gains) in &self.gains {
            let mut seen = BTreeSet::new();
            let empty = Vec::new();
            let found = run.get(query).unwrap_or(&empty);
            let found: Vec<&str> = found.iter().map(String::as_str).filter(|d| seen.insert(*d)).collect();
            for (name, value) in self.measures(gains, &found) {
                values.entry(name.to_owned()).or_default().push(value);
            }
            if self.dataset.pooled {
                // Over judged documents only: not hurt by those that nobody looked at.
                let found: Vec<&str> = found.into_iter().filter(|d| gains.contains_key(*d)).collect();
                for (name, value) in self.measures(gains, &found) {
                    if matches!(name, "MAP@10" | "MRR@10" | "nDCG@10") {
                        values.entry(format!("{name}|J")).or_default().push(value);
                    }
                }
            }
        }
        RankingFigures {
            questions: self.gains.len(),
            figures: values.into_iter().map(|(n, v)| (n, figure(&v))).collect(),
        }
    }

    fn measures(&self, gains: &BTreeMap<String, i64>, found: &[&str]) -> [(&'static str, f64); 7] {
        let least = self.dataset.rel_threshold - self.dataset.gain_offset;
        let gain = |d: &&str| gains.get(*d).copied().unwrap_or(0);
        let relevant: Vec<bool> = found.iter().map(|d| gain(d) >= least.max(1)).collect();
        let all = gains.values().filter(|g| **g >= least).count() as f64;
        let within = |n: usize| relevant.iter().take(n).filter(|r| **r).count() as f64;
        let first = relevant.iter().take(10).position(|r| *r);
        let average: f64 = (0..relevant.len().min(10))
            .filter(|i| relevant[*i])
            .map(|i| within(i + 1) / (i + 1) as f64)
            .sum();
        let discounted = |gains: &mut dyn Iterator<Item = i64>| -> f64 {
            let ranked = gains.take(10).enumerate();
            ranked.map(|(i, g)| g as f64 / (i as f64 + 2.0).log2()).sum()
        };
        let mut ideal: Vec<i64> = gains.values().copied().collect();
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        let best = discounted(&mut ideal.into_iter());
        [
            ("MAP@10", average / all),
            ("MRR@10", first.map_or(0.0, |i| 1.0 / (i + 1) as f64)),
            ("nDCG@10", discounted(&mut found.iter().map(gain)) / best),
            ("R@10", within(10) / all),
            ("R@100", within(100) / all),
            ("P@1", within(1)),
            ("Success@5", f64::from(u8::from(within(5) > 0.0))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the field's own scorer, ir_measures over trec_eval, says of the same run.
    #[test]
    fn figures_are_those_of_the_fields_scorer() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ranking");
        let mut run: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in std::fs::read_to_string(folder.join("run.trec")).unwrap().lines() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            run.entry(cells[0].into()).or_default().push(cells[2].into());
        }
        let got = Judged::read(&folder).unwrap().figures(&run);
        let want: BTreeMap<String, f64> =
            serde_json::from_str(&std::fs::read_to_string(folder.join("scored.json")).unwrap()).unwrap();
        assert_eq!(got.questions as f64, want["queries"]);
        assert!(got.figures.len() >= 10);
        for (name, figure) in &got.figures {
            assert_eq!(format!("{:.4}", figure.value), format!("{:.4}", want[name]), "{name}");
        }
    }
}
