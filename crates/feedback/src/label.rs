//! What an operator thinks of an answer, and the document that is sent of it. Its shape is `feedback-3.schema.json`,
//! against which it is checked whenever one is written or read; format 2, which named no operator, is read too. What the operator did without saying anything
//! ([`Signals`]) is kept apart from what was said.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::Timestamp;
use mortar_assistant::{Answer, Sentence};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::error::RecordsError;

/// The format of what is sent.
pub const FEEDBACK_FORMAT: u32 = 3;
/// The shape of what is sent, for whoever reads it elsewhere.
pub const SCHEMA: &str = include_str!("../feedback-3.schema.json");
const SCHEMA_2: &str = include_str!("../feedback-2.schema.json");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Good,
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LabelReason {
    // Of what is bad.
    WrongSource,
    OutOfDate,
    NotComplete,
    Wrong,
    BadlySaid,
    NoSource,
    ShouldBeRefused,
    // Of a refusal that should have been an answer.
    Covered,
    NotWritten,
    Misread,
    // Of what is good.
    Complete,
    WellSourced,
    Clear,
    Other,
}

/// What the operator thinks of an answer, or of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Label {
    pub verdict: Verdict,
    pub reasons: Vec<LabelReason>,
    pub note: String,
    /// The sentence that it is about; none: the whole.
    #[serde(default)]
    pub sentence: Option<LabelledSentence>,
    /// The document that says it.
    #[serde(default)]
    pub right_source: Option<RightSource>,
}

/// A sentence of the operator's text, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct LabelledSentence {
    pub start: u32,
    pub end: u32,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RightSource {
    pub document: String,
    pub title: String,
}

/// What the operator did with an answer, which nobody was asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// How often it was copied.
    pub copied: u32,
    /// Sentences of the draft that stand in the text, that stand there otherwise, that are gone; and new ones.
    pub kept: u32,
    pub changed: u32,
    pub dropped: u32,
    pub added: u32,
    /// Documents that were opened beside it.
    pub opened: Vec<String>,
    /// The next question of the conversation was this one again, in other words or the same.
    pub asked_again: bool,
}

/// A label with everything that it refers to: what is sent to the developers of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub format: u32,
    /// Its own; a second label of the same answer has another.
    pub id: String,
    pub tenant: String,
    /// Who labelled: the name of the device's audit, which leads to nobody by itself. Empty in format 2.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// The question with its answer that it is about.
    pub exchange: String,
    /// The label of the same answer that it stands in place of.
    pub replaces: Option<String>,
    pub at: Timestamp,
    pub label: Label,
    pub signals: Signals,
    pub answer: Answer,
    /// The generator's text and the operator's.
    pub draft: String,
    pub text: String,
    /// The grounding of the operator's text.
    pub sentences: Vec<Sentence>,
    pub confirmed: Vec<String>,
}

impl Feedback {
    /// As it is sent: one line, of the documented shape.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordsError> {
        let value = serde_json::to_value(self).map_err(|e| RecordsError::Schema(e.to_string()))?;
        of_shape(&value)?;
        serde_json::to_vec(&value).map_err(|e| RecordsError::Schema(e.to_string()))
    }

    /// What was sent, if it is of the documented shape.
    pub fn from_bytes(bytes: &[u8]) -> Result<Feedback, RecordsError> {
        let schema = |e: serde_json::Error| RecordsError::Schema(e.to_string());
        let value: Value = serde_json::from_slice(bytes).map_err(schema)?;
        of_shape(&value)?;
        let read: Feedback = serde_json::from_value(value).map_err(schema)?;
        let sentence = read.label.sentence.as_ref();
        let stands = |s: &LabelledSentence| read.text.get(s.start as usize..s.end as usize) == Some(s.text.as_str());
        if sentence.is_some_and(|s| !stands(s)) {
            return Err(RecordsError::Schema("label.sentence does not stand in text".into()));
        }
        Ok(read)
    }
}

/// Where a value is not of the shape. What stands there is not said: it may be of a patient.
fn of_shape(value: &Value) -> Result<(), RecordsError> {
    static VALIDATORS: [OnceLock<Result<jsonschema::Validator, String>>; 2] = [OnceLock::new(), OnceLock::new()];
    let (at, schema) = match value["format"].as_u64() {
        Some(2) => (0, SCHEMA_2),
        _ => (1, SCHEMA),
    };
    let validator = VALIDATORS[at].get_or_init(|| {
        let schema: Value = serde_json::from_str(schema).map_err(|e| e.to_string())?;
        jsonschema::validator_for(&schema).map_err(|e| e.to_string())
    });
    let validator = validator.as_ref().map_err(|e| RecordsError::Schema(e.clone()))?;
    validator.validate(value).map_err(|e| {
        let at = e.instance_path().to_string();
        let rule = e.schema_path().to_string();
        RecordsError::Schema(format!(
            "{} breaks the rule {rule}",
            if at.is_empty() { "/" } else { &at }
        ))
    })
}

/// What became of the sentences of a draft.
pub(crate) fn sentences_became(draft: &[Sentence], text: &[Sentence], signals: &mut Signals) {
    let words = |s: &Sentence| -> BTreeSet<String> { words(&s.text) };
    let of = |all: &[Sentence]| -> Vec<String> { all.iter().map(|s| s.text.trim().to_owned()).collect() };
    let (before, after) = (of(draft), of(text));
    let gone = draft.iter().zip(&before).filter(|(_, t)| !after.contains(t));
    let mut new: Vec<BTreeSet<String>> = (text.iter().zip(&after))
        .filter(|(_, t)| !before.contains(t))
        .map(|(s, _)| words(s))
        .collect();
    signals.kept = before.iter().filter(|t| after.contains(t)).count() as u32;
    for (sentence, _) in gone {
        match new.iter().position(|n| alike(n, &words(sentence))) {
            Some(at) => {
                new.remove(at);
                signals.changed += 1;
            }
            None => signals.dropped += 1,
        }
    }
    signals.added = new.len() as u32;
}

/// Whether a question asks what another asked.
pub(crate) fn asks_again(one: &str, other: &str) -> bool {
    alike(&words(one), &words(other))
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Half of all their words are words of both.
fn alike(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let all = one.union(other).count();
    all > 0 && one.intersection(other).count() * 2 >= all
}

#[cfg(test)]
mod tests {
    use mortar_assistant::Grounding;
    use serde_json::json;

    use super::*;

    fn feedback() -> Value {
        json!({
            "format": 3, "id": "01KB1234567890123456789012", "tenant": "pharmacy", "operator": "0123456789abcdef",
            "exchange": "01KB1234567890123456789011", "replaces": null, "at": "2026-11-22T10:00:00Z",
            "label": {"verdict": "bad", "reasons": ["wrong", "out_of_date"], "note": "n",
                "sentence": {"start": 0, "end": 9, "text": "As it is."}, "right_source": {"document": "d", "title": "D"}},
            "signals": {"copied": 1, "kept": 1, "changed": 0, "dropped": 0, "added": 0, "opened": ["d"],
                "asked_again": false},
            "answer": {
                "question": "q", "asked_as": null, "release": "r", "as_of": "2026-11-22", "passages": [], "answer": "a",
                "sentences": [], "abstained": false, "reason": null, "unknown_codes": [], "look_alikes": [],
                "dropped_marks": 0, "stopped": false, "models": {"embedding": null, "generation": null},
                "timings_ms": {"embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0}
            },
            "draft": "As it was.", "text": "As it is.", "sentences": [], "confirmed": []
        })
    }

    fn read(value: &Value) -> Result<Feedback, RecordsError> {
        Feedback::from_bytes(&serde_json::to_vec(value).unwrap())
    }

    #[test]
    fn what_is_not_of_the_shape_is_neither_written_nor_read_and_not_quoted() {
        type Change = fn(&mut Value);
        let changes: [(&str, Change); 12] = [
            ("another format", |v| v["format"] = json!(4)),
            ("an id that is none", |v| v["id"] = json!("../../etc")),
            ("an operator by name", |v| v["operator"] = json!("Rosa Diaz")),
            ("a tenant that is none", |v| v["tenant"] = json!("a/b")),
            ("no answer", |v| drop(v.as_object_mut().unwrap().remove("answer"))),
            ("a reason that nobody knows", |v| {
                v["label"]["reasons"] = json!(["Rosa Diaz"])
            }),
            ("a reason twice", |v| v["label"]["reasons"] = json!(["wrong", "wrong"])),
            ("a verdict that nobody knows", |v| {
                v["label"]["verdict"] = json!("Rosa Diaz")
            }),
            ("a note without end", |v| {
                v["label"]["note"] = json!("Rosa Diaz ".repeat(1000))
            }),
            ("a field that nobody knows", |v| v["patient"] = json!("Rosa Diaz")),
            ("signals below nothing", |v| v["signals"]["kept"] = json!(-1)),
            ("a sentence that does not stand there", |v| {
                v["label"]["sentence"]["start"] = json!(3)
            }),
        ];
        for (what, change) in changes {
            let mut value = feedback();
            change(&mut value);
            let said = read(&value).expect_err(what).to_string();
            assert!(!said.contains("Rosa"), "{what}: {said}");
        }
        let mut long = read(&feedback()).unwrap();
        long.label.note = "n".repeat(5000);
        assert!(matches!(long.to_bytes(), Err(RecordsError::Schema(at)) if at.contains("/label/note")));
    }

    #[test]
    fn a_label_that_names_no_operator_is_of_the_format_before() {
        let mut value = feedback();
        value.as_object_mut().unwrap().remove("operator");
        assert!(read(&value).is_err());
        value["format"] = json!(2);
        let old = read(&value).unwrap();
        assert_eq!(old.operator, "");
        assert_eq!(Feedback::from_bytes(&old.to_bytes().unwrap()).unwrap(), old);
        value["operator"] = json!("0123456789abcdef");
        assert!(read(&value).is_err());
    }

    #[test]
    fn what_is_written_is_one_line_and_is_read_as_it_was() {
        let first = read(&feedback()).unwrap();
        let bytes = first.to_bytes().unwrap();
        assert!(!bytes.contains(&b'\n'));
        assert_eq!(Feedback::from_bytes(&bytes).unwrap(), first);
    }

    #[test]
    fn what_became_of_a_draft_is_counted() {
        let of = |texts: &[&str]| -> Vec<Sentence> {
            let sentence = |t: &&str| Sentence {
                text: (*t).to_owned(),
                start: 0,
                end: 0,
                grounding: Grounding::Verbatim,
                citations: Vec::new(),
                problem: None,
                claims: Vec::new(),
            };
            texts.iter().map(sentence).collect()
        };
        let draft = of(&["It takes three days.", "Call the plan first.", "Ask the doctor."]);
        let text = of(&["Hello!", "It takes three days.", "Call the plan at once."]);
        let mut signals = Signals::default();
        sentences_became(&draft, &text, &mut signals);
        assert_eq!(
            (signals.kept, signals.changed, signals.dropped, signals.added),
            (1, 1, 1, 1)
        );
        assert!(asks_again("What does code 75 mean?", "what does CODE 75 mean"));
        assert!(!asks_again("What does code 75 mean?", "When does the parcel come?"));
    }
}
