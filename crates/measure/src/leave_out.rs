//! Known questions, each asked twice: with the documents that answer it, and with them taken away. The one must be
//! answered from them, the other refused: of its own domain a release covers nothing else so nearly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use mortar_assistant::{Answer, Generation, Generator, ModelError, Turn};
use mortar_knowledge::{Evidence, Known, Release};
use serde::Serialize;

use crate::error::MeasureError;
use crate::figure::figure;
use crate::golden::{self, calibration_error};
use crate::measured::Measured;
use crate::ranking::Judged;
use crate::watched::Watched;

/// What known questions come to.
#[derive(Debug, Clone, Serialize)]
pub struct LeaveOut {
    /// Known questions; each was asked twice.
    pub known: usize,
    pub abstention_precision: f64,
    pub abstention_recall: f64,
    pub abstention_f1: f64,
    /// How far scores lie from the share of questions with that score whose documents are there.
    pub calibration_error: f64,
    /// The share of known questions that their own documents answer first, where these are there.
    pub answered_right: f64,
    /// Between what each figure lies with a probability of 95 %.
    pub intervals: BTreeMap<&'static str, [f64; 2]>,
    pub results: Vec<LeftOut>,
}

/// The same beside golden questions: of the release's own questions, and of those themselves.
#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    pub known: LeaveOut,
    pub golden: LeaveOut,
}

/// One question, asked with or without its documents.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    pub ask: String,
    /// The documents that answer it.
    pub documents: Vec<String>,
    /// They were taken away, and with them those that say the same.
    pub taken_away: bool,
    pub abstained: bool,
    /// Documents in the order of their passages.
    pub found: Vec<String>,
    pub best_score: f32,
    pub ok: bool,
    /// Of the best passage that is about what was asked.
    pub evidence: Option<Evidence>,
}

/// A question whose documents are known.
pub(crate) struct Asked {
    pub(crate) known: Known,
    pub(crate) before: Option<String>,
    pub(crate) as_of: Option<Date>,
}

/// Asks the questions that the release answers by its own words, at most so many of them.
pub async fn leave_out(measured: &Measured<'_>, sample: usize) -> Result<LeaveOut, MeasureError> {
    let known = measured.release.known(measured.as_of, sample)?;
    let asked = known.into_iter().map(|known| Asked {
        known,
        before: None,
        as_of: None,
    });
    ask_twice(measured, asked.collect()).await
}

/// Asks the questions of a file, golden ones or a folder's judged ones, at most so many of them.
pub async fn leave_out_of(measured: &Measured<'_>, file: &Path, sample: usize) -> Result<LeaveOut, MeasureError> {
    let mut asked = if file.is_dir() {
        let relevant = Judged::read(file)?.relevant();
        let mut texts = crate::ranking::queries(file)?;
        let known = relevant.into_iter().filter_map(|(query, documents)| {
            Some(Asked {
                known: Known {
                    text: texts.remove(&query)?,
                    documents,
                },
                before: None,
                as_of: None,
            })
        });
        known.collect()
    } else {
        golden::known(file)?
    };
    asked.truncate(sample);
    ask_twice(measured, asked).await
}

async fn ask_twice(measured: &Measured<'_>, asked: Vec<Asked>) -> Result<LeaveOut, MeasureError> {
    let mut results = Vec::with_capacity(asked.len() * 2);
    for q in asked {
        let away = measured.release.with_duplicates(&q.known.documents)?;
        let ids = measured.release.ids(&away)?;
        let without = measured.release.without(away);
        let (with, evidence) = ask(measured, measured.release, &q).await?;
        // Sources for danger to life are shown whatever they score.
        if with.emergency {
            continue;
        }
        results.push(judged(&q, &with, evidence, &ids, false));
        let (left, evidence) = ask(measured, &without, &q).await?;
        results.push(judged(&q, &left, evidence, &ids, true));
    }
    Ok(figures(results))
}

async fn ask(
    measured: &Measured<'_>,
    release: &Release,
    q: &Asked,
) -> Result<(Answer, Option<Evidence>), MeasureError> {
    let watched = Watched::of(release);
    let before = q.before.iter().map(|question| Turn {
        question: question.clone(),
        answer: String::new(),
    });
    let before: Vec<Turn> = before.collect();
    let answer = measured
        .ask_by(&watched, &OneWord, &q.known.text, &before, q.as_of)
        .await?;
    let evidence = watched.evidence(&answer);
    Ok((answer, evidence))
}

fn judged(
    q: &Asked,
    answer: &Answer,
    evidence: Option<Evidence>,
    right: &BTreeSet<String>,
    taken_away: bool,
) -> LeftOut {
    let mut found: Vec<String> = Vec::new();
    for p in &answer.passages {
        if !found.contains(&p.document) {
            found.push(p.document.clone());
        }
    }
    let first = answer.passages.iter().find(|p| p.carries);
    let from_its_own = first.is_some_and(|p| right.contains(&p.document));
    LeftOut {
        ask: q.known.text.clone(),
        documents: q.known.documents.clone(),
        taken_away,
        abstained: answer.abstained,
        found,
        best_score: answer.passages.iter().map(|p| p.score).fold(0.0, f32::max),
        ok: if taken_away {
            answer.abstained
        } else {
            !answer.abstained && from_its_own
        },
        evidence,
    }
}

fn figures(results: Vec<LeftOut>) -> LeaveOut {
    let one = |b: bool| f64::from(u8::from(b));
    let of = |keep: &dyn Fn(&LeftOut) -> bool, value: &dyn Fn(&LeftOut) -> f64| {
        figure(&results.iter().filter(|r| keep(r)).map(value).collect::<Vec<_>>())
    };
    let precision = of(&|r| r.abstained, &|r| one(r.taken_away));
    let recall = of(&|r| r.taken_away, &|r| one(r.abstained));
    let right = of(&|r| !r.taken_away, &|r| one(r.ok));
    let all = [
        ("abstention_precision", precision),
        ("abstention_recall", recall),
        ("answered_right", right),
    ];
    LeaveOut {
        known: right.of,
        abstention_precision: precision.value,
        abstention_recall: recall.value,
        abstention_f1: golden::f1(precision.value, recall.value),
        calibration_error: calibration_error(results.iter().map(|r| (r.best_score, !r.taken_away))),
        answered_right: right.value,
        intervals: all.into_iter().map(|(n, f)| (n, [f.low, f.high])).collect(),
        results,
    }
}

/// Writes one word, which costs nothing: whether it is asked to write is what counts.
struct OneWord;

impl Generator for OneWord {
    fn model(&self) -> &str {
        "one word"
    }

    fn generate(&self, _: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        stream::once(async { Ok("Answered.".to_owned()) }).boxed()
    }
}
