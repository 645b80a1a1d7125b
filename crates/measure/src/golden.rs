//! Golden questions: what a release answers, against what it should.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use mortar_assistant::{Answer, QuestionPart, Turn};
use mortar_knowledge::{Evidence, Known};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::MeasureError;
use crate::figure::{Figure, calibration_error, f1, figure};
use crate::left_out::{Asked, Beside};
use crate::measured::Measured;
use crate::watched::Watched;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Golden {
    /// The day on which all questions are asked, unless they say another.
    pub(crate) as_of: Option<Date>,
    pub(crate) question: Vec<GoldenQuestion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GoldenKind {
    Plain,
    Code,
    UnknownCode,
    Uncovered,
    FollowUp,
    Dated,
    Misspelt,
    /// A customer's own long message.
    Long,
    /// Another part of the document holds for this case than for all others.
    Exception,
    Day,
    Step,
    /// Several questions in one message.
    Parts,
    Emergency,
    /// A drug by another name than the sources'.
    OtherName,
    /// A drug of which the sources say nothing, beside one that looks alike.
    OtherDrug,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoldenQuestion {
    pub(crate) ask: String,
    pub(crate) kind: GoldenKind,
    /// The documents that answer it; none: nothing may be written.
    #[serde(default)]
    pub(crate) documents: Vec<String>,
    /// Of a message that asks several things the documents that answer each; an empty list: it has no source.
    #[serde(default)]
    parts: Vec<Vec<String>>,
    /// The question before, for a follow-up.
    pub(crate) after: Option<String>,
    pub(crate) as_of: Option<Date>,
}

impl GoldenQuestion {
    /// A question that these documents answer.
    pub(crate) fn plain(ask: String, documents: Vec<String>) -> Self {
        GoldenQuestion {
            ask,
            kind: GoldenKind::Plain,
            documents,
            parts: Vec::new(),
            after: None,
            as_of: None,
        }
    }

    /// Whether nothing may be written.
    pub(crate) fn wants_nothing(&self) -> bool {
        self.documents.is_empty() && self.parts.iter().all(Vec::is_empty)
    }
}

/// One question's outcome.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionResult {
    pub ask: String,
    pub kind: GoldenKind,
    pub expected: Vec<String>,
    /// Documents in the order of their passages.
    pub found: Vec<String>,
    pub abstained: bool,
    pub best_score: f32,
    /// The place of the first expected document, from 1.
    pub rank: Option<usize>,
    /// Of a message that asks several things, for each whether it was answered from the right document, or named as
    /// open; all wrong where it was cut otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<bool>,
    pub ok: bool,
    /// Of the best passage that is about what was asked.
    pub evidence: Option<Evidence>,
}

/// The figures over all questions. A share of nothing is 1: there was nothing to get wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    pub questions: usize,
    pub recall_at_1: f64,
    pub recall_at_5: f64,
    pub mrr: f64,
    /// The share of questions about held codes whose own document came first.
    pub code_accuracy: f64,
    /// Questions about a code that were answered from another document.
    pub wrong_substitutions: usize,
    pub abstention_precision: f64,
    pub abstention_recall: f64,
    pub abstention_f1: f64,
    /// How far scores lie from the share of questions with that score that are covered.
    pub calibration_error: f64,
    /// Between what each figure lies with a probability of 95 %.
    pub intervals: BTreeMap<&'static str, [f64; 2]>,
    /// For each kind of question: how many, and the share of them that went right.
    pub kinds: BTreeMap<String, Figure>,
    /// The share of the parts of messages that went right, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Figure>,
    /// If all were answered whose best score is at least `threshold`.
    pub curve: Vec<Point>,
    /// Known questions with their documents and without, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave_out: Option<Beside>,
    pub results: Vec<QuestionResult>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Point {
    pub threshold: f32,
    /// The share of all questions that would be answered.
    pub answered: f64,
    /// The share of those that the knowledge covers, with the right document among the first five.
    pub right: f64,
}

fn read(file: &Path) -> Result<Golden, MeasureError> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| MeasureError::Given(format!("{} cannot be read: {e}", file.display())))?;
    toml::from_str(&text).map_err(|e| MeasureError::file(file, e))
}

/// The golden questions that documents answer.
pub(crate) fn known(file: &Path) -> Result<Vec<Asked>, MeasureError> {
    let covered = questions(file)?.into_iter().filter(|q| !q.documents.is_empty());
    let known = covered.map(|q| Asked {
        known: Known {
            text: q.ask,
            documents: q.documents,
        },
        before: q.after,
        as_of: q.as_of,
    });
    Ok(known.collect())
}

/// The golden questions of a file, each with its day.
pub(crate) fn questions(file: &Path) -> Result<Vec<GoldenQuestion>, MeasureError> {
    let golden = read(file)?;
    let dated = golden.question.into_iter().map(|q| GoldenQuestion {
        as_of: q.as_of.or(golden.as_of),
        ..q
    });
    Ok(dated.collect())
}

/// Asks the golden questions of a file.
pub async fn golden(measured: &Measured<'_>, file: &Path) -> Result<Evaluation, MeasureError> {
    let mut results = Vec::new();
    for q in &questions(file)? {
        results.push(ask(measured, q).await?.0);
    }
    Ok(figures(results))
}

/// The outcome of one question, with its answer.
pub(crate) async fn ask(measured: &Measured<'_>, q: &GoldenQuestion) -> Result<(QuestionResult, Answer), MeasureError> {
    let before = q.after.iter().map(|a| Turn {
        question: a.clone(),
        answer: String::new(),
    });
    let before: Vec<Turn> = before.collect();
    let watched = Watched::of(measured.release);
    let answer = measured
        .ask_by(&watched, measured.generator, &q.ask, &before, q.as_of)
        .await?;
    Ok((judge(q, &answer, watched.evidence(&answer)), answer))
}

fn judge(q: &GoldenQuestion, answer: &Answer, evidence: Option<Evidence>) -> QuestionResult {
    let mut found: Vec<String> = Vec::new();
    for p in &answer.passages {
        if !found.contains(&p.document) {
            found.push(p.document.clone());
        }
    }
    let expected: Vec<String> = q.documents.iter().chain(q.parts.iter().flatten()).cloned().collect();
    let rank = found.iter().position(|d| expected.contains(d)).map(|r| r + 1);
    let parts = parts_right(&q.parts, answer);
    let ok = if !q.parts.is_empty() {
        parts.iter().all(|right| *right)
    } else if expected.is_empty() {
        answer.abstained
    } else {
        !answer.abstained && rank.is_some_and(|r| r <= if q.kind == GoldenKind::Code { 1 } else { 5 })
    };
    QuestionResult {
        ask: q.ask.clone(),
        kind: q.kind,
        expected,
        parts,
        best_score: answer.passages.iter().map(|p| p.score).fold(0.0, f32::max),
        abstained: answer.abstained,
        found,
        rank,
        ok,
        evidence,
    }
}

/// Whether each part of a message was answered from a right document, or named as open where none is.
fn parts_right(expected: &[Vec<String>], answer: &Answer) -> Vec<bool> {
    if expected.len() != answer.parts.len() {
        return vec![false; expected.len()];
    }
    let right = |(documents, part): (&Vec<String>, &QuestionPart)| {
        let cited = part.sentences.iter().filter_map(|i| answer.sentences.get(*i as usize));
        let mut cited = cited.flat_map(|s| &s.citations);
        if documents.is_empty() {
            part.reason.is_some()
        } else {
            part.reason.is_none() && cited.any(|c| documents.contains(&c.document))
        }
    };
    expected.iter().zip(&answer.parts).map(right).collect()
}

fn figures(results: Vec<QuestionResult>) -> Evaluation {
    let one = |b: bool| f64::from(u8::from(b));
    let of = |keep: &dyn Fn(&QuestionResult) -> bool, value: &dyn Fn(&QuestionResult) -> f64| {
        figure(&results.iter().filter(|r| keep(r)).map(value).collect::<Vec<_>>())
    };
    let answerable = |r: &QuestionResult| !r.expected.is_empty();
    let code = |r: &QuestionResult| r.kind == GoldenKind::Code;
    let about_code = |r: &QuestionResult| matches!(r.kind, GoldenKind::Code | GoldenKind::UnknownCode);
    let first_is_other = |r: &QuestionResult| r.found.first().is_some_and(|f| !r.expected.contains(f));
    let within = |n: usize| move |r: &QuestionResult| one(r.rank.is_some_and(|x| x <= n));
    let recall_at_1 = of(&answerable, &within(1));
    let recall_at_5 = of(&answerable, &within(5));
    let mrr = of(&answerable, &|r| r.rank.map_or(0.0, |x| 1.0 / x as f64));
    let code_accuracy = of(&code, &within(1));
    let precision = of(&|r| r.abstained, &|r| one(!answerable(r)));
    let recall = of(&|r| !answerable(r), &|r| one(r.abstained));
    let all = [
        ("recall_at_1", recall_at_1),
        ("recall_at_5", recall_at_5),
        ("mrr", mrr),
        ("code_accuracy", code_accuracy),
        ("abstention_precision", precision),
        ("abstention_recall", recall),
    ];
    let mut kinds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for r in &results {
        let name = serde_json::to_value(r.kind)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned));
        kinds.entry(name.unwrap_or_default()).or_default().push(one(r.ok));
    }
    let parts: Vec<f64> = results.iter().flat_map(|r| &r.parts).map(|right| one(*right)).collect();
    Evaluation {
        parts: (!parts.is_empty()).then(|| figure(&parts)),
        questions: results.len(),
        recall_at_1: recall_at_1.value,
        recall_at_5: recall_at_5.value,
        mrr: mrr.value,
        code_accuracy: code_accuracy.value,
        wrong_substitutions: results
            .iter()
            .filter(|r| about_code(r) && !r.abstained && first_is_other(r))
            .count(),
        abstention_precision: precision.value,
        abstention_recall: recall.value,
        abstention_f1: f1(precision.value, recall.value),
        calibration_error: calibration_error(results.iter().map(|r| (r.best_score, !r.expected.is_empty()))),
        intervals: all.into_iter().map(|(n, f)| (n, [f.low, f.high])).collect(),
        kinds: kinds.into_iter().map(|(k, v)| (k, figure(&v))).collect(),
        curve: curve(&results),
        leave_out: None,
        results,
    }
}

fn curve(results: &[QuestionResult]) -> Vec<Point> {
    (0..=20)
        .map(|i| {
            let threshold = i as f32 / 20.0;
            let answered: Vec<_> = results.iter().filter(|r| r.best_score >= threshold).collect();
            let right = answered.iter().filter(|r| r.rank.is_some_and(|x| x <= 5)).count();
            Point {
                threshold,
                answered: answered.len() as f64 / results.len().max(1) as f64,
                right: right as f64 / answered.len().max(1) as f64,
            }
        })
        .collect()
}
