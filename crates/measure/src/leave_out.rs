//! Known questions, each asked twice: with the documents that answer it, and with them taken away. The one must be
//! answered from them, the other refused: of its own domain a release covers nothing else so nearly.

use std::collections::BTreeSet;
use std::path::Path;

use futures::stream::{self, BoxStream, StreamExt};
use mortar_assistant::{Answer, Generation, Generator, ModelError, Turn};
use mortar_knowledge::{Evidence, Known, Release};

use crate::error::MeasureError;
use crate::figure::{calibration_error, f1, figure};
use crate::golden;
use crate::left_out::{Asked, LeaveOut, LeftOut};
use crate::measured::Measured;
use crate::ranking::Judged;
use crate::watched::Watched;

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
        abstention_f1: f1(precision.value, recall.value),
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
