//! Grounding against people: texts with their sources, each judged by somebody, beside the count of words as the
//! measure to be better than. It learns nothing and changes no mark.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use mortar_assistant::Passage;
use mortar_assistant::grounding::Sources;
use mortar_language::text;
use serde::{Deserialize, Serialize};

use crate::error::MeasureError;
use crate::planted::is_flagged;

/// Words by which people's labels say that the source says it, that it does not, and that nothing was claimed.
const STANDS: &[&str] = &[
    "fully attributable",
    "attributable",
    "supported",
    "entailment",
    "consistent",
    "faithful",
    "factual",
    "yes",
    "true",
    "1",
];
const DOES_NOT: &[&str] = &[
    "not fully attributable",
    "not attributable",
    "unsupported",
    "not supported",
    "partially supported",
    "contradiction",
    "contradicted",
    "neutral",
    "inconsistent",
    "unfaithful",
    "hallucinated",
    "no",
    "false",
    "0",
];
const CLAIMS_NOTHING: &[&str] = &["generic"];
const BINS: usize = 10;

/// A text that people judged.
#[derive(Debug, Clone)]
pub struct JudgedText {
    /// The kind of text it is one of.
    pub set: String,
    pub source: String,
    pub text: String,
    /// Whether the source says it; none: it claims nothing.
    pub stands: Option<bool>,
}

/// How well one measure tells what stands in its source from what does not.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Told {
    /// The mean of the share rightly passed and the share rightly flagged.
    pub balanced_accuracy: f64,
    /// Of what is passed, the share that people say stands.
    pub precision: f64,
    /// Of what people say stands, the share that is passed.
    pub recall: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct JudgedPart {
    pub set: String,
    pub texts: usize,
    pub stand: usize,
    pub marks: Told,
    /// By how much the probability is off, in ten bins.
    pub calibration_error: f64,
    /// The share of words that stand in the source, from the threshold on that suits this very part best.
    pub counting_words: Told,
    pub words_from: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct JudgedFigures {
    /// All together first, then each kind of text.
    pub parts: Vec<JudgedPart>,
    /// Texts that people say claim nothing: they are left out of the figures.
    pub claim_nothing: usize,
    pub ms_a_text: f64,
    pub ms_p95: f64,
}

/// One text with what was found of it.
struct Seen<'t> {
    text: &'t JudgedText,
    stands: bool,
    passed: bool,
    probability: f64,
    words: f64,
}

/// Reads lines of `{source, text, label}`, perhaps with `set`.
pub fn judged_texts(file: &Path) -> Result<Vec<JudgedText>, MeasureError> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(default)]
        set: String,
        source: String,
        text: String,
        label: serde_json::Value,
    }
    let all = fs::read_to_string(file).map_err(|e| MeasureError::file(file, e))?;
    let lines = all.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    lines
        .map(|(n, line)| {
            let bad = |why: String| MeasureError::file(file, format!("line {}: {why}", n + 1));
            let line: Line = serde_json::from_str(line).map_err(|e| bad(e.to_string()))?;
            let label = match &line.label {
                serde_json::Value::String(s) => s.to_lowercase(),
                other => other.to_string(),
            };
            let label = label.as_str();
            let stands = match label {
                l if STANDS.contains(&l) => Some(true),
                l if DOES_NOT.contains(&l) => Some(false),
                l if CLAIMS_NOTHING.contains(&l) => None,
                l => {
                    return Err(bad(format!(
                        "no label is known as “{l}”: supported, unsupported or generic"
                    )));
                }
            };
            Ok(JudgedText {
                set: line.set,
                source: line.source,
                text: line.text,
                stands,
            })
        })
        .collect()
}

/// A source as the only passage that a text can stand on.
pub fn alone(source: &str) -> [Passage; 1] {
    [Passage {
        id: "source#0".into(),
        number: 1,
        end: source.len() as u32,
        text: source.to_owned(),
        ..Passage::default()
    }]
}

/// The share of a text's words that stand in its source.
pub fn words_there(text: &str, source: &str) -> f64 {
    let there: HashSet<String> = text::content_stems(source).into_iter().collect();
    let said = text::content_stems(text);
    said.iter().filter(|w| there.contains(*w)).count() as f64 / said.len().max(1) as f64
}

/// Grounds each text of a file on its source.
pub fn judged_by_people(file: &Path) -> Result<JudgedFigures, MeasureError> {
    let texts = judged_texts(file)?;
    let mut seen = Vec::new();
    let mut took = Vec::new();
    for text in &texts {
        let Some(stands) = text.stands else { continue };
        let passages = alone(&text.source);
        let began = Instant::now();
        let sources = Sources::new(&passages);
        let found = sources.ground_text(&text.text);
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        seen.push(Seen {
            text,
            stands,
            passed: !is_flagged(&found),
            probability: f64::from(sources.probability(&text.text)),
            words: words_there(&text.text, &text.source),
        });
    }
    if !seen.iter().any(|s| s.stands) || seen.iter().all(|s| s.stands) {
        return Err(MeasureError::file(
            file,
            "texts of both kinds are needed: some that stand in their source, some that do not",
        ));
    }
    let mut sets: Vec<&str> = texts.iter().map(|t| t.set.as_str()).filter(|s| !s.is_empty()).collect();
    sets.sort_unstable();
    sets.dedup();
    let all: Vec<&Seen<'_>> = seen.iter().collect();
    let mut parts = vec![part("all", &all)];
    for set in sets {
        let of: Vec<&Seen<'_>> = seen.iter().filter(|s| s.text.set == set).collect();
        if of.iter().any(|s| s.stands) && of.iter().any(|s| !s.stands) {
            parts.push(part(set, &of));
        }
    }
    took.sort_by(f64::total_cmp);
    Ok(JudgedFigures {
        parts,
        claim_nothing: texts.len() - seen.len(),
        ms_a_text: took.iter().sum::<f64>() / took.len() as f64,
        ms_p95: took[took.len() * 95 / 100],
    })
}

fn part(set: &str, seen: &[&Seen<'_>]) -> JudgedPart {
    let counted: Vec<(bool, f64)> = seen.iter().map(|s| (s.stands, s.words)).collect();
    let (words_from, counting_words) = best_threshold(&counted);
    let mut bins = [(0.0, 0.0); BINS];
    for s in seen {
        let bin = &mut bins[((s.probability * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += s.probability;
        bin.1 += f64::from(u8::from(s.stands));
    }
    JudgedPart {
        set: set.to_owned(),
        texts: seen.len(),
        stand: seen.iter().filter(|s| s.stands).count(),
        marks: told(seen.iter().map(|s| (s.stands, s.passed))),
        calibration_error: bins.iter().map(|(p, c)| (p - c).abs()).sum::<f64>() / seen.len() as f64,
        counting_words,
        words_from,
    }
}

/// The threshold from which on a share tells best, and how well that is.
pub fn best_threshold(counted: &[(bool, f64)]) -> (f64, Told) {
    let mut steps: Vec<f64> = counted.iter().map(|c| c.1).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let at = |from: f64| told(counted.iter().map(|c| (c.0, c.1 >= from)));
    let all = steps.into_iter().map(|from| (from, at(from)));
    all.max_by(|a, b| a.1.balanced_accuracy.total_cmp(&b.1.balanced_accuracy))
        .unwrap_or((0.0, at(0.0)))
}

/// Pairs of what people say and what the measure says.
pub fn told(pairs: impl Iterator<Item = (bool, bool)>) -> Told {
    let mut count = [[0.0f64; 2]; 2];
    for (stands, passed) in pairs {
        count[usize::from(stands)][usize::from(passed)] += 1.0;
    }
    let share = |a: f64, b: f64| if a + b > 0.0 { a / (a + b) } else { 1.0 };
    let [[refused, wrongly], [missed, rightly]] = count;
    Told {
        balanced_accuracy: f64::midpoint(share(rightly, missed), share(refused, wrongly)),
        precision: share(rightly, wrongly),
        recall: share(rightly, missed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_measure_is_told_by_both_kinds() {
        let t = told([(true, true), (true, false), (false, false), (false, false)].into_iter());
        assert_eq!((t.balanced_accuracy, t.precision, t.recall), (0.75, 1.0, 0.5));
        let (from, best) = best_threshold(&[(true, 0.9), (true, 0.7), (false, 0.6), (false, 0.1)]);
        assert_eq!((from, best.balanced_accuracy), (0.7, 1.0));
    }

    #[test]
    fn texts_are_judged_on_their_own_source() {
        let file = std::env::temp_dir().join(format!("mortar-judged-{}.jsonl", std::process::id()));
        let mut to = fs::File::create(&file).unwrap();
        for (text, label) in [
            (
                "The plan decides within three business days of the request.",
                "supported",
            ),
            (
                "The plan decides within nine business days of the request.",
                "unsupported",
            ),
            ("Parrots are sold in the lobby of each store.", "unsupported"),
            ("Good to know.", "Generic"),
        ] {
            let source = "The plan decides within three business days of the request. It writes to the prescriber.";
            writeln!(
                to,
                "{}",
                serde_json::json!({"source": source, "text": text, "label": label})
            )
            .unwrap();
        }
        let figures = judged_by_people(&file).unwrap();
        fs::write(&file, "{\"source\": \"a\", \"text\": \"b\", \"label\": \"perhaps\"}").unwrap();
        let refused = judged_by_people(&file).unwrap_err().to_string();
        fs::remove_file(&file).unwrap();
        assert_eq!(
            (figures.parts.len(), figures.parts[0].texts, figures.claim_nothing),
            (1, 3, 1)
        );
        assert_eq!(figures.parts[0].marks.balanced_accuracy, 1.0);
        assert!(refused.contains("line 1") && refused.contains("perhaps"));
    }
}
