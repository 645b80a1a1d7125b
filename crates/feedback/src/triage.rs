//! What becomes of labels that arrived: which document each is about, what a manager decided, and whether the question,
//! asked again, comes from the right source. Pure: nothing is read, asked or written here. That something is verified
//! is concluded here and can be said by nobody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use mortar_assistant::{Answer, Citation, Passage, Sentence};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::RecordsError;
use crate::label::{Feedback, LabelReason, RightSource, Verdict};

/// The format of what is kept of a decision. No newer one is read.
pub const DECISION_FORMAT: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "TriageState")]
pub enum State {
    Open,
    /// In a document; not yet proven.
    Fixed,
    /// Asked again, the question came from the right source.
    Verified,
    NotAFault,
}

/// What somebody did about a label, or what the program found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "step")]
#[ts(rename = "TriageStep")]
pub enum Step {
    FixedIn { document: String },
    NotAFault { reason: String },
    Reopened,
    Verified { document: String, release: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "TriageTaken")]
pub struct Taken {
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The name of the device's audit.
    pub by: String,
    pub step: Step,
}

/// All that was done about one label, the oldest first. It is an object beside the label's and only ever grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "TriageDecision")]
pub struct Decision {
    pub format: u32,
    pub tenant: String,
    pub label: String,
    pub taken: Vec<Taken>,
}

impl Decision {
    pub fn new(tenant: &str, label: &str) -> Decision {
        Decision {
            format: DECISION_FORMAT,
            tenant: tenant.to_owned(),
            label: label.to_owned(),
            taken: Vec::new(),
        }
    }

    /// Reads what lies in the bucket for a label of a tenant.
    pub fn from_bytes(bytes: &[u8], tenant: &str, label: &str) -> Result<Decision, RecordsError> {
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| wrong("it is no JSON"))?;
        match value["format"].as_u64() {
            Some(n) if n == u64::from(DECISION_FORMAT) => {}
            Some(n) if n > u64::from(DECISION_FORMAT) => return Err(wrong("it is of a newer program: update Mortar")),
            _ => return Err(wrong("it names no format")),
        }
        // The place alone: what stands there may have been typed by somebody.
        let read: Decision = serde_json::from_value(value).map_err(|_| wrong("it is not of the documented shape"))?;
        if read.tenant != tenant || read.label != label {
            return Err(wrong("it is of another label"));
        }
        Ok(read)
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordsError> {
        serde_json::to_vec(self).map_err(|_| wrong("it cannot be written"))
    }

    pub fn state(&self) -> State {
        match self.taken.last().map(|t| &t.step) {
            None | Some(Step::Reopened) => State::Open,
            Some(Step::FixedIn { .. }) => State::Fixed,
            Some(Step::NotAFault { .. }) => State::NotAFault,
            Some(Step::Verified { .. }) => State::Verified,
        }
    }

    /// The document in which it was fixed.
    pub fn fixed_in(&self) -> Option<&str> {
        match self.taken.last().map(|t| &t.step) {
            Some(Step::FixedIn { document } | Step::Verified { document, .. }) => Some(document),
            _ => None,
        }
    }

    /// The release in which that was proven.
    pub fn verified_in(&self) -> Option<&str> {
        match self.taken.last().map(|t| &t.step) {
            Some(Step::Verified { release, .. }) => Some(release),
            _ => None,
        }
    }

    /// Adds a step. False: it says what stands there already. What is proven is only what was fixed there.
    pub fn add(&mut self, taken: Taken) -> Result<bool, RecordsError> {
        if let Step::Verified { document, .. } = &taken.step
            && (self.state() != State::Fixed || self.fixed_in() != Some(document))
        {
            return Err(wrong("somebody decided otherwise meanwhile"));
        }
        if self.taken.last().is_some_and(|t| t.step == taken.step)
            || (self.taken.is_empty() && taken.step == Step::Reopened)
        {
            return Ok(false);
        }
        self.taken.push(taken);
        Ok(true)
    }
}

fn wrong(why: &str) -> RecordsError {
    RecordsError::Decision(why.to_owned())
}

/// What a decision is called beside the labels.
pub fn decision_key(tenant: &str, label: &str) -> String {
    format!("decisions/tenant={tenant}/{label}.json")
}

/// A label that arrived, with what was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    pub feedback: Feedback,
    pub decision: Decision,
}

impl Arrived {
    /// The document that it is about: the right one as the operator said, else the one that most of the draft stands
    /// on, else the nearest. None of a refusal: nothing answers it yet.
    pub fn document(&self) -> Option<RightSource> {
        let Feedback { label, answer, .. } = &self.feedback;
        if let Some(right) = &label.right_source {
            return Some(right.clone());
        }
        let cited = most_cited(&answer.sentences).into_iter().next();
        let nearest = || {
            answer
                .passages
                .first()
                .filter(|_| !answer.abstained)
                .map(|p| p.document.clone())
        };
        let document = cited.or_else(nearest)?;
        let title = title_of(&answer.passages, &document);
        Some(RightSource { document, title })
    }

    /// The question as it stands alone.
    pub fn question(&self) -> &str {
        let answer = &self.feedback.answer;
        answer.asked_as.as_deref().unwrap_or(&answer.question)
    }

    /// Whether the operator wrote something else than the draft.
    pub fn is_edited(&self) -> bool {
        let plain = |t: &str| t.split_whitespace().collect::<Vec<_>>().join(" ");
        plain(&self.feedback.text) != plain(&self.feedback.draft)
    }

    /// Whether it says that something should have an answer and has none.
    pub fn is_gap(&self) -> bool {
        use LabelReason::{Covered, Misread, NotWritten};
        let reasons = &self.feedback.label.reasons;
        let missing = [Covered, NotWritten, Misread].iter().any(|r| reasons.contains(r));
        self.feedback.label.verdict == Verdict::Bad && (self.feedback.answer.abstained || missing)
    }

    /// As a list shows it.
    pub fn row(&self) -> LabelRow {
        let Feedback { label, answer, .. } = &self.feedback;
        LabelRow {
            id: self.feedback.id.clone(),
            at: self.feedback.at,
            about: self.document(),
            question: self.question().to_owned(),
            verdict: label.verdict,
            reasons: label.reasons.clone(),
            release: answer.release.clone(),
            operator: self.feedback.operator.clone(),
            edited: self.is_edited(),
            refused: answer.abstained,
            state: self.decision.state(),
            fixed_in: self.decision.fixed_in().map(str::to_owned),
            verified_in: self.decision.verified_in().map(str::to_owned),
        }
    }
}

/// The documents that sentences stand on, those of the most sentences first; of as many, all.
fn most_cited(sentences: &[Sentence]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sentence in sentences {
        let of: BTreeSet<&str> = citations(sentence).map(|c| c.document.as_str()).collect();
        of.into_iter().for_each(|d| *counts.entry(d).or_default() += 1);
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let chosen = counts.into_iter().filter(|(_, n)| *n == most);
    chosen.map(|(d, _)| d.to_owned()).collect()
}

fn citations(sentence: &Sentence) -> impl Iterator<Item = &Citation> {
    let claims = sentence.claims.iter().flat_map(|c| &c.citations);
    sentence.citations.iter().chain(claims)
}

fn title_of(passages: &[Passage], document: &str) -> String {
    let passage = passages.iter().find(|p| p.document == document);
    passage.map_or_else(|| document.to_owned(), |p| p.title.clone())
}

/// A label as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LabelRow {
    pub id: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub about: Option<RightSource>,
    pub question: String,
    pub verdict: Verdict,
    pub reasons: Vec<LabelReason>,
    pub release: String,
    pub operator: String,
    pub edited: bool,
    pub refused: bool,
    pub state: State,
    pub fixed_in: Option<String>,
    pub verified_in: Option<String>,
}

/// Which labels are meant; what is not said holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(rename = "TriageFilter")]
pub struct Filter {
    pub reason: Option<LabelReason>,
    pub document: Option<String>,
    pub release: Option<String>,
    pub operator: Option<String>,
    #[ts(type = "string | null")]
    pub since: Option<Date>,
    pub state: Option<State>,
}

impl Filter {
    pub fn holds(&self, row: &LabelRow) -> bool {
        let is = |wanted: &Option<String>, found: Option<&String>| wanted.is_none() || wanted.as_ref() == found;
        let day = row.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.reason.is_none_or(|r| row.reasons.contains(&r))
            && is(&self.document, row.about.as_ref().map(|a| &a.document))
            && is(&self.release, Some(&row.release))
            && is(&self.operator, Some(&row.operator))
            && self.since.is_none_or(|since| day >= since)
            && self.state.is_none_or(|s| row.state == s)
    }
}

/// Labels of one document in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "TriageGroup")]
pub struct Group {
    /// None: refused, and nobody said which document should answer.
    pub about: Option<RightSource>,
    pub state: State,
    pub bad: u32,
    pub good: u32,
    /// How often each reason was given, the most frequent first.
    pub reasons: Vec<(LabelReason, u32)>,
    #[ts(type = "string")]
    pub newest: Timestamp,
    /// The bad ones, the newest first.
    pub labels: Vec<String>,
}

/// Bad labels by document and state, those of the most first, with how many good ones the document has.
pub fn groups(rows: &[LabelRow]) -> Vec<Group> {
    let key = |row: &LabelRow| row.about.as_ref().map(|a| a.document.clone());
    let mut good: BTreeMap<Option<String>, u32> = BTreeMap::new();
    let mut bad: BTreeMap<(Option<String>, State), Vec<&LabelRow>> = BTreeMap::new();
    for row in rows {
        match row.verdict {
            Verdict::Good => *good.entry(key(row)).or_default() += 1,
            Verdict::Bad => bad.entry((key(row), row.state)).or_default().push(row),
        }
    }
    let group = |((document, state), mut rows): ((Option<String>, State), Vec<&LabelRow>)| {
        rows.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        let newest = rows.first()?;
        let mut reasons: Vec<(LabelReason, u32)> = Vec::new();
        for reason in rows.iter().flat_map(|r| &r.reasons) {
            match reasons.iter_mut().find(|(r, _)| r == reason) {
                Some((_, n)) => *n += 1,
                None => reasons.push((*reason, 1)),
            }
        }
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        Some(Group {
            about: newest.about.clone(),
            state,
            bad: rows.len() as u32,
            good: good.get(&document).copied().unwrap_or(0),
            reasons,
            newest: newest.at,
            labels: rows.iter().map(|r| r.id.clone()).collect(),
        })
    };
    let mut all: Vec<Group> = bad.into_iter().filter_map(group).collect();
    all.sort_by_key(|group| std::cmp::Reverse((group.bad, group.newest)));
    all
}

/// Labels of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayCount {
    #[ts(type = "string")]
    pub day: Date,
    pub good: u32,
    pub bad: u32,
}

/// Labels of each of so many days up to one.
pub fn days(rows: &[LabelRow], last: Date, how_many: u32) -> Vec<DayCount> {
    let day = |back: u32| last.checked_sub(jiff::Span::new().days(back)).ok();
    let mut out: Vec<DayCount> = (0..how_many.min(366))
        .rev()
        .filter_map(day)
        .map(|day| DayCount { day, good: 0, bad: 0 })
        .collect();
    for row in rows {
        let at = row.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        if let Some(of) = out.iter_mut().find(|d| d.day == at) {
            match row.verdict {
                Verdict::Good => of.good += 1,
                Verdict::Bad => of.bad += 1,
            }
        }
    }
    out
}

/// Why a question that was asked again does not prove a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotYet {
    /// The release is the one that the label is about.
    SameRelease,
    /// The release has no such document.
    NoDocument,
    /// Nothing was written.
    Refused,
    /// It should have been refused, and was answered.
    Answered,
    /// Most of it stands on another document.
    OtherSource { document: String, title: String },
    /// It stands on the same words of the document as the draft did.
    SameWords,
}

/// Whether the question, asked again of a release that holds the document (or does not), comes from the document in
/// which the fault was fixed: most of the answer stands on it, and on words that the draft did not stand on.
pub fn comes_right(feedback: &Feedback, fixed_in: &str, again: &Answer, held: bool) -> Result<(), NotYet> {
    if again.release == feedback.answer.release {
        return Err(NotYet::SameRelease);
    }
    if feedback.label.reasons.contains(&LabelReason::ShouldBeRefused) {
        return if again.abstained { Ok(()) } else { Err(NotYet::Answered) };
    }
    if !held {
        return Err(NotYet::NoDocument);
    }
    if again.abstained {
        return Err(NotYet::Refused);
    }
    let first = most_cited(&again.sentences);
    if !first.iter().any(|d| d == fixed_in) {
        let document = first.into_iter().next().unwrap_or_default();
        let title = title_of(&again.passages, &document);
        return Err(NotYet::OtherSource { document, title });
    }
    let quotes = |answer: &'_ Answer| -> BTreeSet<String> {
        let all = answer.sentences.iter().flat_map(citations);
        all.filter(|c| c.document == fixed_in)
            .map(|c| c.quote.clone())
            .collect()
    };
    if quotes(again).is_subset(&quotes(&feedback.answer)) {
        return Err(NotYet::SameWords);
    }
    Ok(())
}

/// What a question asked again came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AskedAgain {
    pub label: String,
    pub question: String,
    pub fixed_in: String,
    pub release: String,
    /// None: it comes right.
    pub not_yet: Option<NotYet>,
}

#[cfg(test)]
mod tests;
