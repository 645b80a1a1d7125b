//! Every way out of this device, each with an ear at its end: nothing planted is heard, and the answer has it again.

use std::sync::Mutex;

use futures::executor::block_on;
use mortar_assistant::{Answer, Citation, Claim, Grounding, Several};
use mortar_feedback::{FEEDBACK_FORMAT, Feedback, Label, LabelledSentence, Signals, Verdict};

use super::*;

/// One of each kind that a care operator types.
const PLANTED: &[&str] = &[
    "Zbigniew Kowalski",
    "Kowalski",
    "Rubija",
    "12345-6789",
    "987-65-4321",
    "617-555-0134",
    "z.kowalski@example.org",
    "02/14/1961",
    "12 Elm Street",
    "W123456789",
    "7712345",
    "St. Luke",
    "203.0.113.9",
];
const QUESTION: &str = "Patient Zbigniew Kowalski (MRN: 12345-6789, DOB 02/14/1961, SSN 987-65-4321), seen at St. Luke's \
    Hospital, 12 Elm Street, member ID W123456789, Rx 7712345, called from 617-555-0134 (z.kowalski@example.org, \
    203.0.113.9) for his wife, Mrs. Rubija: what does claim rejection code 75 mean?";

fn masking() -> (tempfile::TempDir, Arc<Masking>) {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("release");
    block_on(mortar_knowledge::build(
        crate::sample::imported(),
        false,
        None,
        &place,
        &mut |_| {},
    ))
    .unwrap();
    let release = Release::open(&place).unwrap();
    (
        dir,
        Arc::new(Masking::of(
            &release,
            &Lexicon::own(),
            &["mercy.example".to_owned()],
            None,
        )),
    )
}

fn planted_in(said: &str) -> Vec<&'static str> {
    PLANTED.iter().copied().filter(|p| said.contains(p)).collect()
}

/// Stands for every model elsewhere, and keeps all that it is given.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<String>>,
    /// What it writes, in pieces.
    writes: Vec<&'static str>,
}

impl Ear {
    fn hear(&self, text: impl Into<String>) {
        self.heard.lock().unwrap().push(text.into());
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

impl Embedder for Ear {
    fn model(&self) -> &str {
        "ear"
    }
    fn dimensions(&self) -> usize {
        1
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        texts.iter().for_each(|t| self.hear(t));
        Box::pin(async { Ok(texts.iter().map(|_| vec![1.0]).collect()) })
    }
}

impl Reranker for Ear {
    fn model(&self) -> &str {
        "ear"
    }
    fn candidates(&self) -> usize {
        9
    }
    fn rerank<'a>(
        &'a self,
        question: &'a str,
        texts: &'a [String],
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        self.hear(question);
        Box::pin(async { Ok(vec![0.0; texts.len()]) })
    }
}

impl Generator for Ear {
    fn model(&self) -> &str {
        "ear"
    }
    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        self.hear(format!("{generation:?}"));
        let pieces: Vec<Result<String, ModelError>> = self.writes.iter().map(|p| Ok((*p).to_owned())).collect();
        stream::iter(pieces).boxed()
    }
}

fn passage(text: &str) -> Passage {
    Passage {
        id: "d#0".into(),
        number: 1,
        text: text.into(),
        ..Passage::default()
    }
}

#[test]
fn models_elsewhere_hear_of_nobody() {
    let (_dir, masking) = masking();
    let ear = Arc::new(Ear::default());
    let texts = [QUESTION.to_owned(), "and Zbigniew Kowalski?".to_owned()];
    let inner: Arc<dyn Embedder> = ear.clone();
    let embedder = MaskedEmbedder {
        inner,
        masking: masking.clone(),
    };
    assert_eq!(block_on(embedder.embed_for(&texts, "id")).unwrap().len(), 2);
    let inner: Arc<dyn Reranker> = ear.clone();
    let reranker = MaskedReranker { inner, masking };
    block_on(reranker.rerank(QUESTION, &texts[..1], "id")).unwrap();
    assert_eq!(planted_in(&ear.heard()), [""; 0], "{}", ear.heard());
    // What is asked is still there.
    assert_eq!(
        ear.heard().matches("what does claim rejection code 75 mean?").count(),
        2
    );
}

#[test]
fn a_generator_elsewhere_hears_of_nobody_and_its_answer_has_them_again() {
    let (_dir, masking) = masking();
    let ear = Arc::new(Ear {
        writes: vec![
            "Code 75 for [NA",
            "ME 1] needs ",
            "approval [1]. Call [",
            "name 1] at [PHONE 1",
            "] or 800-555-0100. [x",
        ],
        ..Ear::default()
    });
    let passages = [passage("Prior authorization is needed. Call 800-555-0100 in Boston.")];
    let turns = [mortar_assistant::Turn {
        question: "is Rubija's order late?".into(),
        answer: "Rubija's order, MRN 12345-6789, is on its way. Call 800-555-0100.".into(),
    }];
    let whole = prompt::build("You help.", QUESTION, &passages, &turns, 4000);
    let generation = Generation {
        inference_id: "id".into(),
        question: QUESTION.into(),
        passages: passages.to_vec(),
        parts: vec![Several {
            question: "for Zbigniew Kowalski?".into(),
            passages: vec![],
        }],
        disagree: vec![],
        prompt: prompt::go_on(whole, "Dear Zbigniew Kowalski, the claim was rejected."),
    };
    let inner: Arc<dyn Generator> = ear.clone();
    let generator = MaskedGenerator { inner, masking };
    let said: Vec<String> = block_on(generator.generate(generation).map(Result::unwrap).collect());
    let heard = ear.heard();
    assert_eq!(planted_in(&heard), [""; 0], "{heard}");
    // The knowledge's own words stay, in a passage and in what was answered from it.
    assert_eq!(heard.matches("800-555-0100").count(), 3, "{heard}");
    assert!(
        heard.contains("in Boston") && heard.contains("stand for what you are not shown"),
        "{heard}"
    );
    let said = said.concat();
    let (name, phone) = (
        said.contains("for Zbigniew Kowalski needs approval [1]"),
        said.contains("at 617-555-0134 or 800-555-0100. [x"),
    );
    // The first name of the conversation is Rubija's, whoever it is comes back whole.
    assert!(
        (name || said.contains("for Rubija needs approval [1]")) && phone,
        "{said}"
    );
}

/// A label of the sentence `about` that speaks of people wherever it can.
fn labelled(answer: Answer, text: &str, about: &Sentence, dear: Sentence) -> Feedback {
    Feedback {
        format: FEEDBACK_FORMAT,
        id: "01KB1234567890123456789012".into(),
        tenant: "pharmacy".into(),
        operator: "0123456789abcdef".into(),
        exchange: "01KB1234567890123456789011".into(),
        replaces: None,
        signals: Signals::default(),
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        label: Label {
            verdict: Verdict::Bad,
            reasons: vec![],
            note: "Mrs. Rubija, DOB 02/14/1961, cried".into(),
            sentence: Some(LabelledSentence {
                start: about.start,
                end: about.end,
                text: about.text.clone(),
            }),
            right_source: None,
        },
        answer: Answer {
            sentences: vec![about.clone()],
            ..answer
        },
        draft: text.into(),
        text: text.into(),
        confirmed: vec![dear.text.clone()],
        sentences: vec![dear, about.clone()],
    }
}

#[test]
fn a_label_that_is_sent_tells_of_nobody_and_its_bytes_are_right() {
    let (_dir, masking) = masking();
    let text = "Dear Zbigniew Kowalski, code 75 needs approval.\nCall 800-555-0100 about Rx 7712345.";
    let sentence = |part: &str| {
        let start = text.find(part).unwrap() as u32;
        let end = start + part.len() as u32;
        Sentence {
            text: part.into(),
            start,
            end,
            grounding: Grounding::Supported,
            citations: vec![Citation {
                passage: "d#0".into(),
                number: 1,
                document: "d".into(),
                version: "1".into(),
                start: 0,
                end: 4,
                quote: "Call".into(),
            }],
            problem: Some(Problem::Missing {
                values: vec!["7712345".into(), "Mrs. Rubija".into(), "Kowalski".into()],
            }),
            claims: vec![Claim {
                start,
                end,
                grounding: Grounding::Supported,
                citations: vec![],
                problem: None,
            }],
        }
    };
    let answer: Answer = serde_json::from_value(serde_json::json!({
        "question": QUESTION, "asked_as": QUESTION, "release": "r", "as_of": "2026-11-22",
        "passages": [passage("Call 800-555-0100.")], "answer": text,
        "sentences": [], "abstained": false, "reason": null, "unknown_codes": [], "look_alikes": [],
        "dropped_marks": 0, "stopped": false, "models": {"embedding": null, "generation": null},
        "timings_ms": {"embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0}
    }))
    .unwrap();
    let about = sentence("Call 800-555-0100 about Rx 7712345.");
    let feedback = labelled(
        answer,
        text,
        &about,
        sentence("Dear Zbigniew Kowalski, code 75 needs approval."),
    );
    let sent = masking.feedback(&feedback);
    let body = serde_json::to_string(&sent).unwrap();
    assert_eq!(planted_in(&body), [""; 0], "{body}");
    assert!(
        sent.text
            .contains("code 75 needs approval.\nCall 800-555-0100 about Rx [PRESCRIPTION 1]."),
        "{}",
        sent.text
    );
    for s in sent.sentences.iter().chain(&sent.answer.sentences) {
        assert_eq!(s.text, sent.text[s.start as usize..s.end as usize]);
        assert_eq!((s.claims[0].start, s.claims[0].end), (s.start, s.end));
    }
    // It is still about the same sentence, and of the documented shape.
    assert_eq!(Feedback::from_bytes(&sent.to_bytes().unwrap()).unwrap(), sent);
    assert_eq!(sent.answer.passages, feedback.answer.passages);
    assert_eq!(masking.feedback(&sent), sent);
}
