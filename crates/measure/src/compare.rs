//! Two releases asked the same questions by the same engine on the same day: what became other, question by question.
//! Rules decide; statistics only inform.

mod page;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use jiff::civil::Date;
use mortar_assistant::{Answer, Grounding};
use mortar_knowledge::Release;
use mortar_sources::{Contradiction, Document, Looked, passages};
use serde::Serialize;
use ts_rs::TS;

use crate::difference::facts_between;
use crate::error::MeasureError;
use crate::golden::{self, GoldenKind, GoldenQuestion, QuestionResult};
use crate::measured::Measured;
use crate::paired::{OnlyOne, Paired, only_one, overlap, paired};

/// Documents that a list of what was found is compared to.
const FIRST: usize = 10;

/// What b answers otherwise than a.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Comparison {
    pub questions: usize,
    /// Answered by both alike, to the byte.
    pub same: usize,
    /// What must not be: each is a reason not to let operators have b.
    pub broken: Vec<Broken>,
    /// Documents in force that contradict each other in b and did not in a.
    #[ts(skip)]
    pub contradictions: Vec<Contradiction>,
    /// All else that is other.
    pub changed: Vec<AnsweredOtherwise>,
    pub right: OnlyOne,
    /// The mean reciprocal rank, and nDCG of the first ten, of questions that documents answer.
    pub mrr: Paired,
    pub ndcg: Paired,
    /// How far the first ten documents are the same, at the mean.
    pub overlap: f64,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Broken {
    pub rule: Rule,
    #[serde(flatten)]
    pub question: AnsweredOtherwise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The document of a code no longer comes first.
    CodeLost,
    /// What was answered from the right document is not any more.
    AnswerLost,
    /// Something is answered that must not be.
    MustNotBeAnswered,
    /// An answer for a day is another, though that day was what it was.
    PastChanged,
}

impl Rule {
    /// As a person reads it.
    pub fn told(self) -> &'static str {
        match self {
            Rule::CodeLost => "A code is lost",
            Rule::AnswerLost => "An answer is lost",
            Rule::MustNotBeAnswered => "Answered, and must not be",
            Rule::PastChanged => "An answer for a past day is another",
        }
    }
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct AnsweredOtherwise {
    pub ask: String,
    /// The question before it, and the day, where it has any.
    pub after: Option<String>,
    #[ts(type = "string | null")]
    pub as_of: Option<Date>,
    pub kind: GoldenKind,
    pub expected: Vec<String>,
    pub became: Became,
    /// The numbers, days and denials that are other: what it was, and what it is.
    pub facts: Vec<(Option<String>, Option<String>)>,
    pub a: Seen,
    pub b: Seen,
}

/// What an answer became, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// Answered, and not any more.
    Unanswered,
    /// Numbers, days or denials are other.
    OtherFacts,
    /// Sources disagree about it in one of the two only.
    Disputed,
    /// Not answered before.
    Answered,
    Reworded,
    /// Only what was found is in another order.
    Reordered,
}

impl Became {
    /// Whether somebody must look at it, where a tenant wants people to.
    pub fn hurts(self) -> bool {
        self <= Became::Disputed
    }

    fn of(a: &Seen, b: &Seen, facts: bool) -> Became {
        match (a.abstained, b.abstained) {
            (false, true) => Became::Unanswered,
            (true, false) => Became::Answered,
            _ if facts => Became::OtherFacts,
            _ if a.disagree != b.disagree => Became::Disputed,
            _ if a.answer != b.answer => Became::Reworded,
            _ => Became::Reordered,
        }
    }
}

/// How one of the two answered.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Seen {
    pub ok: bool,
    pub rank: Option<usize>,
    pub found: Vec<String>,
    pub abstained: bool,
    pub best_score: f32,
    pub answer: String,
    /// The weakest mark of its sentences.
    pub weakest: Option<Grounding>,
    /// Sources in force disagree about it.
    pub disagree: bool,
}

/// What is asked: golden questions of files, and at most so many questions that either release answers by its own words.
pub struct Questions<'a> {
    pub golden: Vec<&'a Path>,
    pub known: usize,
}

/// Hears how many of how many questions are asked, and says whether to go on.
pub type Watch<'w> = &'w mut (dyn FnMut(usize, usize) -> ControlFlow<()> + Send);

/// Asks both. A day that a question names comes before that of the two, which is the same.
pub async fn compare(
    a: &Measured<'_>,
    b: &Measured<'_>,
    asked: &Questions<'_>,
    watch: Watch<'_>,
) -> Result<Comparison, MeasureError> {
    let mut questions: Vec<GoldenQuestion> = Vec::new();
    for file in &asked.golden {
        questions.extend(golden::questions(file)?);
    }
    // What a person wrote down of a question comes before what the releases say of it.
    let golden: HashSet<String> = questions
        .iter()
        .filter(|q| q.after.is_none())
        .map(|q| q.ask.clone())
        .collect();
    let known = known(a.release, b.release, a.as_of, asked.known)?;
    questions.extend(known.into_iter().filter(|q| !golden.contains(&q.ask)));
    if questions.is_empty() {
        return Err(MeasureError::Given("there is nothing to ask".to_owned()));
    }
    let mut outcomes = Vec::with_capacity(questions.len());
    for (n, question) in questions.iter().enumerate() {
        if watch(n, questions.len()).is_break() {
            return Err(MeasureError::Stopped);
        }
        let (before, was) = golden::ask(a, question).await?;
        let (after, is) = golden::ask(b, question).await?;
        outcomes.push((question, seen(&before, was), seen(&after, is), before, after));
    }
    let mut out = Comparison {
        questions: questions.len(),
        same: 0,
        broken: Vec::new(),
        contradictions: new_contradictions(a.release, b.release)?,
        changed: Vec::new(),
        right: only_one(&outcomes.iter().map(|o| (o.1.ok, o.2.ok)).collect::<Vec<_>>()),
        mrr: paired(&both(&outcomes, reciprocal)),
        ndcg: paired(&both(&outcomes, ndcg)),
        overlap: outcomes.iter().map(|o| overlap(&o.1.found, &o.2.found)).sum::<f64>() / outcomes.len() as f64,
    };
    for (question, a, b, before, _) in outcomes {
        // Which release it is, is what differs anyway; how sure it is differs with every neighbour.
        let same = (&a.answer, &a.found, a.abstained, a.disagree) == (&b.answer, &b.found, b.abstained, b.disagree);
        if same {
            out.same += 1;
            continue;
        }
        let rule = broken(question, &a, &b);
        let changed = otherwise(question, before.expected, a, b);
        match rule {
            Some(rule) => out.broken.push(Broken {
                rule,
                question: changed,
            }),
            None => out.changed.push(changed),
        }
    }
    out.changed.sort_by_key(|c| c.became);
    Ok(out)
}

/// One question asked of both, whatever they answer.
pub async fn ask_both(a: &Measured<'_>, b: &Measured<'_>, ask: &str) -> Result<AnsweredOtherwise, MeasureError> {
    let question = GoldenQuestion::plain(ask.to_owned(), Vec::new());
    let (before, was) = golden::ask(a, &question).await?;
    let (after, is) = golden::ask(b, &question).await?;
    Ok(otherwise(&question, Vec::new(), seen(&before, was), seen(&after, is)))
}

fn otherwise(question: &GoldenQuestion, expected: Vec<String>, a: Seen, b: Seen) -> AnsweredOtherwise {
    // What is not answered gives no fact otherwise.
    let both = !a.abstained && !b.abstained;
    let facts = if both {
        facts_between(&a.answer, &b.answer)
    } else {
        Vec::new()
    };
    AnsweredOtherwise {
        ask: question.ask.clone(),
        after: question.after.clone(),
        as_of: question.as_of,
        kind: question.kind,
        expected,
        became: Became::of(&a, &b, !facts.is_empty()),
        facts,
        a,
        b,
    }
}

fn new_contradictions(a: &Release, b: &Release) -> Result<Vec<Contradiction>, MeasureError> {
    let (before, mut after) = (contradictions(a)?, contradictions(b)?);
    let said = |c: &Contradiction| c.sides.clone().map(|s| (s.document, s.says));
    let known: HashSet<_> = before.iter().map(said).collect();
    after.retain(|c| !known.contains(&said(c)));
    Ok(after)
}

/// By their words alone: which are near by their vectors was told when the release was made.
fn contradictions(release: &Release) -> Result<Vec<Contradiction>, MeasureError> {
    let mut documents: Vec<Document> = Vec::new();
    for row in release.documents()? {
        documents.extend(release.document(&row.id)?);
    }
    let passages: Vec<_> = documents.iter().map(passages).collect();
    let looked = Looked {
        documents: documents.iter().zip(passages.iter().map(Vec::as_slice)).collect(),
        places: &HashMap::new(),
        near: &|_, _| None,
    };
    Ok(looked.contradictions())
}

/// The questions that either release answers by its own words, with the documents that do in either.
fn known(a: &Release, b: &Release, on: Date, sample: usize) -> Result<Vec<GoldenQuestion>, MeasureError> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for release in [a, b] {
        for known in release.known(on, sample)? {
            let documents = all.entry(known.text).or_default();
            documents.extend(known.documents);
            documents.sort();
            documents.dedup();
        }
    }
    Ok(all
        .into_iter()
        .map(|(ask, documents)| GoldenQuestion::plain(ask, documents))
        .collect())
}

fn seen(result: &QuestionResult, answer: Answer) -> Seen {
    Seen {
        ok: result.ok,
        rank: result.rank,
        found: result.found.iter().take(FIRST).cloned().collect(),
        abstained: result.abstained,
        best_score: result.best_score,
        weakest: weakest(&answer),
        disagree: !answer.disagree.is_empty(),
        answer: answer.answer,
    }
}

fn weakest(answer: &Answer) -> Option<Grounding> {
    let marks = answer.sentences.iter().map(|s| s.grounding);
    // Courtesy has no mark.
    marks.filter(|g| *g != Grounding::Courtesy).max_by_key(|g| *g as u8)
}

fn broken(question: &GoldenQuestion, a: &Seen, b: &Seen) -> Option<Rule> {
    let (was, is) = (a.ok, b.ok);
    match question.kind {
        GoldenKind::Code if was && !is => Some(Rule::CodeLost),
        _ if question.wants_nothing() && !b.abstained => Some(Rule::MustNotBeAnswered),
        _ if was && !is => Some(Rule::AnswerLost),
        _ if question.as_of.is_some() && a.answer != b.answer => Some(Rule::PastChanged),
        _ => None,
    }
}

type Outcome<'q> = (&'q GoldenQuestion, Seen, Seen, QuestionResult, QuestionResult);

/// A figure of each side, of the questions that documents answer.
fn both(outcomes: &[Outcome<'_>], of: fn(&QuestionResult) -> f64) -> Vec<(f64, f64)> {
    let answerable = outcomes.iter().filter(|o| !o.3.expected.is_empty());
    answerable.map(|o| (of(&o.3), of(&o.4))).collect()
}

fn reciprocal(r: &QuestionResult) -> f64 {
    r.rank.map_or(0.0, |rank| 1.0 / rank as f64)
}

/// Each wanted document gains one.
fn ndcg(r: &QuestionResult) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let found = r.found.iter().take(FIRST).enumerate();
    let got: f64 = found
        .filter(|(_, d)| r.expected.contains(d))
        .map(|(place, _)| gain(place))
        .sum();
    let best: f64 = (0..r.expected.len().min(FIRST)).map(gain).sum();
    got / best.max(f64::MIN_POSITIVE)
}

impl Comparison {
    /// Whether nothing speaks against b.
    pub fn passes(&self) -> bool {
        self.broken.is_empty() && self.contradictions.is_empty()
    }
}
