//! The shapes of an answer: what the window shows, what `ask --json` prints, what feedback keeps.

use jiff::civil::Date;
use mortar_language::Kind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::fault::Fault;

/// The way a passage was found, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    Code,
    Words,
    Meaning,
}

/// A piece of a document, with the bytes of the document that it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Passage {
    /// `<document>#<n>`, stable for the same sources.
    pub id: String,
    /// Its number in this answer, from 1.
    pub number: u32,
    pub document: String,
    pub version: String,
    pub title: String,
    pub kind: Kind,
    pub url: Option<String>,
    #[ts(type = "string | null")]
    pub effective_from: Option<Date>,
    #[ts(type = "string | null")]
    pub effective_to: Option<Date>,
    pub heading_path: Vec<String>,
    /// The page of its source on which it begins, where that has pages.
    #[serde(default)]
    pub page: Option<u32>,
    /// Byte range of `text` in the document's body.
    pub start: u32,
    pub end: u32,
    pub text: String,
    /// The heading that it stands under, in the document's body.
    #[serde(default)]
    pub heading: Option<Bytes>,
    /// The head of the table in whose rows the text begins.
    #[serde(default)]
    pub head: Option<String>,
    /// The calibrated probability that this passage answers the question.
    pub score: f32,
    /// Whether it is near enough, and about the right thing, for an answer to be made from it.
    #[serde(default)]
    pub carries: bool,
    /// What the question is about and this passage is not.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// The case of the question that it speaks of, where that makes it the exception to a rule.
    #[serde(default)]
    pub case: Option<String>,
    /// It says what to do in danger to life, and is shown whatever its score.
    #[serde(default)]
    pub emergency: bool,
    pub found_by: Vec<FoundBy>,
}

/// Some bytes of a document's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Bytes {
    pub start: u32,
    pub end: u32,
}

/// Two sources in force that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Disagreement {
    /// The numbers of the passages.
    pub one: u32,
    pub other: u32,
    /// What the one says, and what the other says.
    pub says: String,
    pub contradicts: String,
}

/// How well a sentence stands on its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Grounding {
    /// A whole sentence of a passage, byte for byte up to white space.
    Verbatim,
    /// A close paraphrase whose every fact stands in the passage.
    Supported,
    /// Some of it stands in a passage.
    Partial,
    /// No passage says it, or a passage says otherwise.
    Unsupported,
    /// A greeting, thanks, regret: it claims nothing, and needs no source.
    Courtesy,
}

/// A tie from a sentence to bytes of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Citation {
    pub passage: String,
    /// The passage's number in this answer.
    pub number: u32,
    pub document: String,
    pub version: String,
    /// Byte range of `quote` in the document's body.
    pub start: u32,
    pub end: u32,
    pub quote: String,
}

/// What became of a source since it was cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SinceState {
    Withdrawn,
    /// The last day on which it was in force is over.
    Expired,
    Changed,
}

/// Why a sentence is not fully grounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Problem {
    /// These facts stand in none of the passages, or not where the rest of the sentence stands.
    Missing { values: Vec<String> },
    /// The nearest passage says the opposite.
    Negation,
    /// The wording is too far from any passage.
    Wording,
    /// The passage has these people the other way round: another does what is said here.
    Roles { people: Vec<String> },
    /// A step of the passage's list, between this one and the one before, is not there.
    Step { left_out: String },
    /// It stands in another passage than the generator named.
    Citation,
    /// The words are near, and the tenant's checking model does not find it said.
    Doubted { model: String },
    /// What it stood on is no longer so: what was quoted, and what the source says there now.
    Since {
        title: String,
        state: SinceState,
        was: String,
        now: Option<String>,
    },
}

/// One claim of a sentence that makes several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Claim {
    /// Byte range in the answer's text.
    pub start: u32,
    pub end: u32,
    pub grounding: Grounding,
    pub citations: Vec<Citation>,
    pub problem: Option<Problem>,
}

/// One sentence of an answer: it stands no better than the weakest of its claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Sentence {
    pub text: String,
    /// Byte range in the answer's text.
    pub start: u32,
    pub end: u32,
    pub grounding: Grounding,
    pub citations: Vec<Citation>,
    pub problem: Option<Problem>,
    /// Its claims, where it makes several and is no sentence of a passage as it is.
    #[serde(default)]
    pub claims: Vec<Claim>,
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The question asks for a code that the knowledge does not hold.
    UnknownCode,
    /// The code is there, but in documents that are not in force on the day asked about.
    NotInForce,
    /// What the question is about stands in no passage that is near; others that look alike may.
    OtherSubject,
    /// No passage is near enough to the question.
    NotCovered,
}

/// A code that is in the knowledge and is one character away from one that is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LookAlike {
    pub code: String,
    pub document: String,
    pub title: String,
}

/// A subject of the question that no passage is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Missing {
    /// As it was typed.
    pub subject: String,
    /// Whether no document at all names it.
    pub nowhere: bool,
    /// What the nearest passage is about instead.
    pub nearest: Option<String>,
}

/// One question of several in a message: what answers it, or why nothing does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct QuestionPart {
    /// Its own words.
    pub asked: String,
    /// As it was searched for, where it needed words of the rest of the message.
    pub asked_as: Option<String>,
    #[ts(type = "string")]
    pub as_of: Date,
    /// The words that name that day, where it names one.
    pub day: Option<String>,
    /// Why it has no answer; none: it has one.
    pub reason: Option<Reason>,
    /// The numbers of the passages that it is answered from, or that came nearest, the best first.
    pub passages: Vec<u32>,
    /// Which of the answer's sentences answer it, counted from 0.
    pub sentences: Vec<u32>,
    pub unknown_codes: Vec<String>,
    pub look_alikes: Vec<LookAlike>,
    pub missing: Vec<Missing>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Timings {
    pub embed: f64,
    pub retrieve: f64,
    /// From the question to the first text; absent where nothing was written.
    pub first_text: Option<f64>,
    pub total: f64,
}

/// The models that took part. No embedding model: search went by words alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Models {
    pub embedding: Option<String>,
    /// None: the passages stand in the order of the search.
    #[serde(default)]
    pub reranking: Option<String>,
    pub generation: Option<String>,
}

/// A model could not do its part, and the answer goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    pub about: Stage,
    pub fault: Fault,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Embedding,
    Reranking,
    Generation,
    Checking,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Answer {
    pub question: String,
    /// The question that was searched for, where a follow-up was made into a question of its own.
    pub asked_as: Option<String>,
    pub release: String,
    #[ts(type = "string")]
    pub as_of: Date,
    pub passages: Vec<Passage>,
    /// The text, one sentence a line; empty where nothing was written.
    pub answer: String,
    pub sentences: Vec<Sentence>,
    pub abstained: bool,
    pub reason: Option<Reason>,
    /// Codes of the question that the knowledge does not hold.
    pub unknown_codes: Vec<String>,
    pub look_alikes: Vec<LookAlike>,
    /// What the question is about and no passage is.
    #[serde(default)]
    pub missing: Vec<Missing>,
    /// The questions of a message that asks several, in its order; empty where it asks one.
    #[serde(default)]
    pub parts: Vec<QuestionPart>,
    /// Sources in force that disagree about the answer; all are shown.
    #[serde(default)]
    pub disagree: Vec<Disagreement>,
    /// The question may be about danger to life: what is shown is what the sources say to do, no answer.
    #[serde(default)]
    pub emergency: bool,
    /// The words of the question that name the day of `as_of`, where it names one.
    #[serde(default)]
    pub day: Option<String>,
    /// Marks of the generator that pointed to no passage; they were taken out.
    pub dropped_marks: u32,
    /// Stopped before the generator was done.
    pub stopped: bool,
    /// The generator broke off; what it had written is kept.
    #[serde(default)]
    pub incomplete: bool,
    /// Models that could not do their part, and what was done instead.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// What of the question was masked before any of it left the device, by kind; empty where nothing had to leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<MaskedKind>>")]
    pub masked: Vec<MaskedKind>,
    /// The models' own records of this answer carry it.
    #[serde(default)]
    pub inference_id: Option<String>,
    pub timings_ms: Timings,
    pub models: Models,
}

/// A kind of what leads to a person, and how many different ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MaskedKind {
    pub kind: String,
    pub count: u32,
}

/// What was asked and answered before, for a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Turn {
    /// As it was searched for.
    pub question: String,
    pub answer: String,
}

/// What happens while a question is answered, in this order: passages, then text and sentences,
/// then `done` or `failed`. Between them, now and then, what is being written and is no whole sentence yet:
/// it is not grounded, and takes the place of what was being written before. Where an answer that broke
/// off goes on, text and sentences alone; a sentence that begins where one did before is that one, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    Passages {
        passages: Vec<Passage>,
        asked_as: Option<String>,
        retrieve_ms: f64,
        /// No answer is written from them.
        refused: bool,
        /// The questions of a message that asks several.
        parts: Vec<QuestionPart>,
    },
    Notice {
        notice: Notice,
    },
    Writing {
        text: String,
    },
    Text {
        piece: String,
    },
    Sentence {
        sentence: Sentence,
    },
    Done {
        answer: Box<Answer>,
    },
    Failed {
        message: String,
    },
}

/// One question of several, with the passages that it may be answered from: none, and it stays open.
#[derive(Debug, Clone)]
pub struct Several {
    pub question: String,
    pub passages: Vec<Passage>,
}
