//! Masking against people: texts with the identifiers that stand in them, and texts with none. It masks nothing by
//! itself, and a value counts as found only if no word of it is left.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use mortar_language::text;
use mortar_privacy::mask::Found;
use serde::{Deserialize, Serialize};

use crate::error::MeasureError;

/// Words of a value by which nobody is known: they may stay.
const NOBODY: &[&str] = &[
    "dr", "mr", "mrs", "ms", "miss", "patient", "id", "no", "number", "mrn", "the", "of", "in", "at", "and",
];
/// No more examples of what was wrong.
const SHOWN: usize = 50;

#[derive(Debug, Deserialize)]
struct Line {
    text: String,
    #[serde(default, alias = "spans")]
    phi: Vec<Identifier>,
}

#[derive(Debug, Deserialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

/// A share with what it is a share of.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Share {
    pub right: usize,
    pub of: usize,
    pub value: f64,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
        self.value = self.right as f64 / self.of as f64;
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct MaskingFigures {
    pub texts: usize,
    /// Of the identifiers, those of which no word is left.
    pub recall: Share,
    /// Of what was masked, what touches an identifier.
    pub precision: Share,
    /// Of the texts with no identifier, those that were changed all the same.
    pub changed: Share,
    /// By the file's own types.
    pub recall_by_type: BTreeMap<String, Share>,
    /// By what the program took it for.
    pub precision_by_kind: BTreeMap<String, Share>,
    pub missed: Vec<String>,
    pub wrong: Vec<String>,
    pub ms_median: f64,
    pub ms_p95: f64,
}

/// Reads lines of `{text, phi: [{type, value}]}` and looks for identifiers in each text.
pub fn masking(file: &Path, find: &mut dyn FnMut(&str) -> Vec<Found>) -> Result<MaskingFigures, MeasureError> {
    let all = fs::read_to_string(file).map_err(|e| MeasureError::file(file, e))?;
    let mut lines = Vec::new();
    for (n, line) in all.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let read: Line =
            serde_json::from_str(line).map_err(|e| MeasureError::file(file, format!("line {}: {e}", n + 1)))?;
        lines.push(read);
    }
    if lines.is_empty() {
        return Err(MeasureError::file(file, "it holds no text"));
    }
    // What is read once for all texts is no text's time.
    find(&lines[0].text);
    let mut figures = MaskingFigures {
        texts: lines.len(),
        recall: Share::default(),
        precision: Share::default(),
        changed: Share::default(),
        recall_by_type: BTreeMap::new(),
        precision_by_kind: BTreeMap::new(),
        missed: Vec::new(),
        wrong: Vec::new(),
        ms_median: 0.0,
        ms_p95: 0.0,
    };
    let mut took = Vec::new();
    for line in &lines {
        let began = Instant::now();
        let found = find(&line.text);
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        count(&mut figures, line, &found);
    }
    took.sort_by(f64::total_cmp);
    figures.ms_median = took[took.len() / 2];
    figures.ms_p95 = took[took.len() * 95 / 100];
    Ok(figures)
}

fn count(figures: &mut MaskingFigures, line: &Line, found: &[Found]) {
    let mut there: Vec<Range<usize>> = Vec::new();
    for identifier in line.phi.iter().filter(|i| !i.value.is_empty()) {
        let at = places(&line.text, &identifier.value);
        let hidden = at.iter().all(|at| is_hidden(&line.text, at, found));
        figures.recall.count(hidden);
        figures
            .recall_by_type
            .entry(identifier.kind.clone())
            .or_default()
            .count(hidden);
        if !hidden && figures.missed.len() < SHOWN {
            figures
                .missed
                .push(format!("{}: {}", identifier.kind, identifier.value));
        }
        there.extend(at);
    }
    for f in found {
        let right = there.iter().any(|t| t.start < f.range.end && f.range.start < t.end);
        figures.precision.count(right);
        let kind = f.kind.word().to_lowercase();
        figures.precision_by_kind.entry(kind.clone()).or_default().count(right);
        if !right && figures.wrong.len() < SHOWN {
            figures
                .wrong
                .push(format!("{kind}: {} in “{}”", &line.text[f.range.clone()], line.text));
        }
    }
    if there.is_empty() {
        figures.changed.count(!found.is_empty());
    }
}

fn places(text: &str, value: &str) -> Vec<Range<usize>> {
    text.match_indices(value).map(|(at, v)| at..at + v.len()).collect()
}

/// Whether every word by which somebody could be known is masked.
fn is_hidden(text: &str, at: &Range<usize>, found: &[Found]) -> bool {
    let value = &text[at.clone()];
    let known: Vec<&str> = text::words(value)
        .filter(|w| !NOBODY.contains(&w.to_lowercase().as_str()))
        .collect();
    let words = if known.is_empty() { vec![value] } else { known };
    words.iter().all(|w| {
        let start = w.as_ptr() as usize - text.as_ptr() as usize;
        found
            .iter()
            .any(|f| f.range.start <= start && start + w.len() <= f.range.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mortar_privacy::mask::{Kind, find};

    #[test]
    fn what_is_left_of_a_value_is_missed_and_what_touches_none_is_wrong() {
        let file = std::env::temp_dir().join(format!("mortar-masking-{}.jsonl", std::process::id()));
        let lines = [
            r#"{"text": "Dr. Ann Lee saw Bo", "phi": [{"type": "NAME", "value": "Dr. Ann Lee"}, {"type": "NAME", "value": "Bo"}]}"#,
            r#"{"text": "two tablets a day", "phi": []}"#,
            r#"{"text": "in May for Ann", "spans": [{"type": "PERSON", "value": "Ann", "start": 11}]}"#,
        ];
        fs::write(&file, lines.join("\n")).unwrap();
        let at = |range, kind| Found { range, kind };
        let mut masked = |text: &str| match text {
            "Dr. Ann Lee saw Bo" => vec![at(4..11, Kind::Name)],
            "two tablets a day" => vec![at(0..3, Kind::Date)],
            _ => vec![at(3..6, Kind::Date), at(11..14, Kind::Name)],
        };
        let got = masking(&file, &mut masked).unwrap();
        fs::write(&file, "{\"phi\": []}").unwrap();
        let refused = masking(&file, &mut masked).unwrap_err().to_string();
        fs::remove_file(&file).unwrap();
        let pair = |s: Share| (s.right, s.of);
        assert_eq!(
            (pair(got.recall), pair(got.precision), pair(got.changed)),
            ((2, 3), (2, 4), (1, 1))
        );
        assert_eq!(
            (pair(got.recall_by_type["NAME"]), pair(got.precision_by_kind["date"])),
            ((1, 2), (0, 2))
        );
        assert_eq!(got.missed, ["NAME: Bo"]);
        assert!(refused.contains("line 1"), "{refused}");
    }

    /// What is measured on judged sets holds here too: a value is found by the program's own rules.
    #[test]
    fn the_program_s_rules_are_measured() {
        let file = std::env::temp_dir().join(format!("mortar-masking-own-{}.jsonl", std::process::id()));
        fs::write(
            &file,
            r#"{"text": "patient Mary L., MRN: 12345-6789", "phi": [{"type": "NAME", "value": "Mary L."}, {"type": "MRN", "value": "12345-6789"}]}"#,
        )
        .unwrap();
        let bare = mortar_privacy::mask::Bare::default();
        let got = masking(&file, &mut |t| find(t, &bare, &[])).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!((got.recall.right, got.precision.right, got.precision.of), (2, 2, 2));
    }
}
