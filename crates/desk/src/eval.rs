//! Golden questions: what a release answers, against what it should.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use mortar_assistant::{Answer, Turn};
use serde::{Deserialize, Serialize};

use crate::{Desk, DeskError};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    /// The day on which all questions are asked, unless they say another.
    as_of: Option<Date>,
    question: Vec<GoldenQuestion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoldenKind {
    Plain,
    Code,
    UnknownCode,
    Uncovered,
    FollowUp,
    Dated,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoldenQuestion {
    ask: String,
    kind: GoldenKind,
    /// The documents that answer it; none: nothing may be written.
    #[serde(default)]
    documents: Vec<String>,
    /// The question before, for a follow-up.
    after: Option<String>,
    as_of: Option<Date>,
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
    pub ok: bool,
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
    pub results: Vec<QuestionResult>,
}

impl Desk {
    pub async fn eval(&self, file: &Path) -> Result<Evaluation, DeskError> {
        let text = std::fs::read_to_string(file)
            .map_err(|e| DeskError::new("usage", format!("{} cannot be read: {e}", file.display())))?;
        let golden: Golden =
            toml::from_str(&text).map_err(|e| DeskError::new("usage", format!("{}: {e}", file.display())))?;
        let mut results = Vec::new();
        for q in &golden.question {
            let before: Vec<Turn> = q
                .after
                .iter()
                .map(|a| Turn {
                    question: a.clone(),
                    answer: String::new(),
                })
                .collect();
            let stop = Arc::new(AtomicBool::new(false));
            let answer = self
                .ask(&q.ask, &before, q.as_of.or(golden.as_of), stop, &mut |_| {})
                .await?;
            results.push(judge(q, &answer));
        }
        Ok(figures(results))
    }
}

fn judge(q: &GoldenQuestion, answer: &Answer) -> QuestionResult {
    let mut found: Vec<String> = Vec::new();
    for p in &answer.passages {
        if !found.contains(&p.document) {
            found.push(p.document.clone());
        }
    }
    let rank = found.iter().position(|d| q.documents.contains(d)).map(|r| r + 1);
    let ok = if q.documents.is_empty() {
        answer.abstained
    } else {
        !answer.abstained && rank.is_some_and(|r| r <= if q.kind == GoldenKind::Code { 1 } else { 5 })
    };
    QuestionResult {
        ask: q.ask.clone(),
        kind: q.kind,
        expected: q.documents.clone(),
        best_score: answer.passages.iter().map(|p| p.score).fold(0.0, f32::max),
        abstained: answer.abstained,
        found,
        rank,
        ok,
    }
}

fn figures(results: Vec<QuestionResult>) -> Evaluation {
    let share = |n: usize, of: usize| if of == 0 { 1.0 } else { n as f64 / of as f64 };
    let count = |f: &dyn Fn(&QuestionResult) -> bool| results.iter().filter(|r| f(r)).count();
    let answerable = |r: &QuestionResult| !r.expected.is_empty();
    let within = |n: usize| move |r: &QuestionResult| !r.expected.is_empty() && r.rank.is_some_and(|x| x <= n);
    let all = count(&answerable);
    let reciprocal: f64 = results
        .iter()
        .filter(|r| answerable(r))
        .map(|r| r.rank.map_or(0.0, |x| 1.0 / x as f64))
        .sum();
    let code = |r: &QuestionResult| r.kind == GoldenKind::Code;
    let about_code = |r: &QuestionResult| matches!(r.kind, GoldenKind::Code | GoldenKind::UnknownCode);
    let first_is_other = |r: &QuestionResult| r.found.first().is_some_and(|f| !r.expected.contains(f));
    Evaluation {
        questions: results.len(),
        recall_at_1: share(count(&within(1)), all),
        recall_at_5: share(count(&within(5)), all),
        mrr: if all == 0 { 1.0 } else { reciprocal / all as f64 },
        code_accuracy: share(count(&|r| code(r) && r.rank == Some(1)), count(&code)),
        wrong_substitutions: count(&|r| about_code(r) && !r.abstained && first_is_other(r)),
        abstention_precision: share(count(&|r| r.abstained && !answerable(r)), count(&|r| r.abstained)),
        abstention_recall: share(count(&|r| r.abstained && !answerable(r)), count(&|r| !answerable(r))),
        results,
    }
}
