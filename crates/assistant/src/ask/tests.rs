use std::future::poll_fn;
use std::task::Poll;

use super::judge::about_the_new;
use super::*;
use crate::answer::Grounding;
use crate::answer::{Answer, Event, Reason};
use crate::grounding::tests::passage;
use crate::ports::{Begun, Pair, Query, RetrieveError, Retrieved};
use futures::stream::{self, BoxStream};

struct Fixed(Retrieved);
impl Retriever for Fixed {
    fn release(&self) -> &str {
        "r1"
    }
    fn retrieve(&self, _: &Query) -> Result<Retrieved, RetrieveError> {
        Ok(self.0.clone())
    }
}

/// Says what it was told to say, in pieces of a few characters.
struct Says(&'static str, bool);
impl Generator for Says {
    fn model(&self) -> &str {
        "says"
    }
    fn generate(&self, _: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        let chars: Vec<char> = self.0.chars().collect();
        let mut pieces: Vec<_> = chars.chunks(3).map(|c| Ok(c.iter().collect())).collect();
        if self.1 {
            pieces.push(Err(ModelError::failed("the line broke")));
        }
        stream::iter(pieces).boxed()
    }
}

fn retrieved() -> Retrieved {
    Retrieved {
        passages: vec![
            passage(1, "Approval", "Plans decide in 3 days. Urgent requests go first."),
            passage(2, "Calls", "Call the plan at 800-555-0100."),
        ],
        ..Retrieved::default()
    }
}

fn with<'a>(found: &'a Fixed, says: &'a Says, lexicon: &'a Arc<Lexicon>) -> Ask<'a> {
    Ask {
        embedder: None,
        embedder_instead: None,
        retriever: found,
        reranker: None,
        generator: says,
        checker: None,
        instead: Some(&Says("Instead.", false)),
        inference_id: "id".into(),
        instructions: "",
        budget: 4000,
        as_of: "2026-01-01".parse().unwrap(),
        lexicon,
        emergencies: &[],
        before: &[],
        stop: Stop::default(),
    }
}

fn answer(retrieved: Retrieved, says: Says, stop: bool) -> (Result<Answer, AskError>, Vec<Event>) {
    let mut events = Vec::new();
    let lexicon = Lexicon::own();
    let found = Fixed(retrieved);
    let with = with(&found, &says, &lexicon);
    if stop {
        with.stop.stop();
    }
    let got = futures::executor::block_on(ask(&with, "How long?", &mut |e| events.push(e)));
    (got, events)
}

/// Doubts the claims of plans, remembers it, and waits for ever or fails where it is told to.
enum Doubts {
    Plans,
    Fails,
    Waits(Stop),
}

impl Checker for Doubts {
    fn model(&self) -> &str {
        "doubts"
    }
    fn pairs(&self) -> usize {
        1
    }
    fn check<'a>(
        &'a self,
        pairs: &'a [Pair],
        id: &'a str,
    ) -> futures::future::BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        assert_eq!((pairs.len(), id), (1, "id"));
        match self {
            Doubts::Plans => Box::pin(async { Ok(pairs.iter().map(|p| self.said(p).unwrap()).collect()) }),
            Doubts::Fails => Box::pin(async { Err(ModelError::failed("it is away")) }),
            Doubts::Waits(stop) => {
                stop.stop();
                Box::pin(futures::future::pending())
            }
        }
    }
    fn said(&self, pair: &Pair) -> Option<f32> {
        Some(if pair.claim.contains("plan") { 0.1 } else { 0.9 })
    }
}

#[test]
fn a_checker_is_asked_about_what_a_model_wrote_in_its_own_words() {
    let says = Says("Your plan decides in 3 days. Urgent requests go first.", false);
    let (found, lexicon) = (Fixed(retrieved()), Lexicon::own());
    let checked = |checker: Option<&Doubts>, stop: Stop| {
        let mut told = Vec::new();
        let with = Ask {
            checker: checker.map(|c| c as &dyn Checker),
            stop,
            ..with(&found, &says, &lexicon)
        };
        let got = futures::executor::block_on(ask(&with, "How long?", &mut |e| told.push(e))).unwrap();
        let marks: Vec<Grounding> = got.sentences.iter().map(|s| s.grounding).collect();
        (marks, got, told)
    };
    use Grounding::{Supported, Unsupported, Verbatim};
    let (marks, answer, _) = checked(Some(&Doubts::Plans), Stop::default());
    assert_eq!(marks, [Unsupported, Verbatim]);
    let mut edited = Sources::new(&answer.passages).ground_text(&format!("Hello.\n{}", answer.answer));
    assert_eq!(edited[1].grounding, Supported);
    second::again(&Doubts::Plans, &mut edited, &answer.passages);
    assert_eq!(
        edited[1].grounding, Unsupported,
        "what fell stays fallen while the text is edited"
    );

    let (marks, answer, told) = checked(Some(&Doubts::Fails), Stop::default());
    assert_eq!(
        (marks, answer.notices[0].about),
        (vec![Supported, Verbatim], Stage::Checking)
    );
    assert!(told.iter().any(|e| matches!(e, Event::Notice { .. })));
    // Nobody waits for it who stops the answer: all of it is there.
    let stop = Stop::default();
    let (marks, answer, _) = checked(Some(&Doubts::Waits(stop.clone())), stop);
    assert_eq!(
        (marks, answer.notices.len(), answer.incomplete),
        (vec![Supported, Verbatim], 0, false)
    );
    assert_eq!(checked(None, Stop::default()).0, [Supported, Verbatim]);
}

/// An embedder elsewhere, and a retriever, that note what is done when.
#[derive(Default)]
struct Noted(std::sync::Mutex<Vec<&'static str>>);
impl Noted {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }
}
impl Embedder for Noted {
    fn model(&self) -> &str {
        "noted"
    }
    fn dimensions(&self) -> usize {
        1
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> futures::future::BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async move {
            self.note("sent");
            let mut waited = false;
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut waited, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            self.note("embedded");
            Ok(vec![vec![1.0]; texts.len()])
        })
    }
}
impl Retriever for Noted {
    fn release(&self) -> &str {
        "r1"
    }
    fn begin<'a>(&'a self, query: &Query) -> Option<Box<dyn Begun + 'a>> {
        assert!(query.parts.iter().all(|p| p.vector.is_none()));
        self.note("begun");
        Some(Box::new(NotedBegun(self)))
    }
    fn retrieve(&self, _: &Query) -> Result<Retrieved, RetrieveError> {
        self.note("searched anew");
        Ok(Retrieved::default())
    }
}
struct NotedBegun<'a>(&'a Noted);
impl Begun for NotedBegun<'_> {
    fn finish(self: Box<Self>, query: &Query) -> Result<Retrieved, RetrieveError> {
        assert_eq!(query.parts[0].vector, Some(vec![1.0]));
        self.0.note("searched");
        Ok(Retrieved::default())
    }
}

#[test]
fn the_search_begins_while_the_question_is_embedded() {
    let noted = Noted::default();
    let with = Ask {
        embedder: Some(&noted),
        embedder_instead: None,
        retriever: &noted,
        reranker: None,
        generator: &Says("Never said.", false),
        checker: None,
        instead: None,
        inference_id: String::new(),
        instructions: "",
        budget: 4000,
        as_of: "2026-01-01".parse().unwrap(),
        lexicon: &Lexicon::own(),
        emergencies: &[],
        before: &[],
        stop: Stop::default(),
    };
    futures::executor::block_on(ask(&with, "How long?", &mut |_| {})).unwrap();
    assert_eq!(*noted.0.lock().unwrap(), ["sent", "begun", "embedded", "searched"]);
}

#[test]
fn sentences_stream_grounded_and_marks_are_resolved() {
    let (got, events) = answer(
        retrieved(),
        Says(
            "Plans decide in 3 days. [1] Call the plan at 800-555-0100. [2] It is free. [7]",
            false,
        ),
        false,
    );
    let got = got.unwrap();
    assert_eq!(
        got.answer,
        "Plans decide in 3 days.\nCall the plan at 800-555-0100.\nIt is free."
    );
    assert_eq!(got.dropped_marks, 1);
    let groundings: Vec<_> = got.sentences.iter().map(|s| s.grounding).collect();
    assert_eq!(
        groundings,
        [Grounding::Verbatim, Grounding::Verbatim, Grounding::Unsupported]
    );
    assert_eq!(got.sentences[1].citations[0].number, 2);
    // The first words are there before the first sentence is whole, without a mark.
    assert!(
        matches!(&events[1], Event::Writing { text } if text == "Pla"),
        "{:?}",
        events[1]
    );
    assert!(matches!(events.first(), Some(Event::Passages { refused: false, .. })));
    assert!(matches!(events.last(), Some(Event::Done { .. })));
    for s in &got.sentences {
        assert_eq!(&got.answer[s.start as usize..s.end as usize], s.text);
    }
}

#[test]
fn nothing_is_written_below_the_threshold() {
    let mut r = retrieved();
    r.passages.iter_mut().for_each(|p| p.score = 0.2);
    let (got, events) = answer(r, Says("Never said.", false), false);
    let got = got.unwrap();
    assert!(got.abstained && got.answer.is_empty() && got.sentences.is_empty());
    assert_eq!(got.reason, Some(Reason::NotCovered));
    assert!(!events.iter().any(|e| matches!(e, Event::Text { .. })));
}

#[test]
fn what_is_only_near_is_shown_and_carries_nothing() {
    let mut r = retrieved();
    r.passages[1].score = 0.2;
    r.passages.iter_mut().for_each(|p| p.carries = p.score < 0.5);
    let got = answer(r, Says("Plans decide in 3 days. [1]", false), false).0.unwrap();
    let carries: Vec<bool> = got.passages.iter().map(|p| p.carries).collect();
    assert_eq!(carries, [true, false], "whatever the retriever said");
}

#[test]
fn an_unknown_code_is_refused_however_near_the_rest_is() {
    let r = Retrieved {
        unknown_codes: vec!["7Z5".into()],
        ..retrieved()
    };
    let (got, events) = answer(r, Says("Never said.", false), false);
    assert_eq!(got.unwrap().reason, Some(Reason::UnknownCode));
    assert!(matches!(events.first(), Some(Event::Passages { refused: true, .. })));
}

#[test]
fn a_follow_up_about_something_else_is_not_answered_with_what_came_before() {
    let mut passages = retrieved().passages;
    about_the_new("what about the capital of Mongolia?", &mut passages);
    assert!(passages.iter().all(|p| p.score < ABSTAIN_BELOW));
    let mut passages = retrieved().passages;
    about_the_new("and urgent ones?", &mut passages);
    assert!(passages[0].score > ABSTAIN_BELOW && passages[1].score < ABSTAIN_BELOW);
}

#[test]
fn a_generator_that_finds_nothing_is_a_refusal() {
    let (got, events) = answer(retrieved(), Says("NOT COVERED", false), false);
    assert!(!events.iter().any(|e| matches!(e, Event::Writing { .. })));
    let got = got.unwrap();
    assert!(got.abstained && got.answer.is_empty());
}

#[test]
fn what_a_broken_stream_has_said_is_kept_and_marked() {
    let (got, events) = answer(retrieved(), Says("Plans decide in 3 days. [1] Urg", true), false);
    let got = got.unwrap();
    assert_eq!(got.answer, "Plans decide in 3 days.\nUrg");
    assert!(got.incomplete && !got.abstained);
    assert_eq!(got.notices[0].message, "the line broke");
    assert_eq!(got.models.generation.as_deref(), Some("says"));
    assert!(events.iter().any(|e| matches!(e, Event::Notice { .. })));
}

/// An answer that broke off behind `said`, and how it goes on from `text`.
fn gone_on(said: &'static str, text: Option<&str>, says: Says) -> (Answer, String, Vec<Event>) {
    let broken = answer(retrieved(), Says(said, true), false).0.unwrap();
    let mut events = Vec::new();
    let with = Ask {
        embedder: None,
        embedder_instead: None,
        retriever: &Fixed(retrieved()),
        reranker: None,
        generator: &says,
        checker: None,
        instead: None,
        inference_id: "id".into(),
        instructions: "",
        budget: 4000,
        as_of: broken.as_of,
        lexicon: &Lexicon::own(),
        emergencies: &[],
        before: &[],
        stop: Stop::default(),
    };
    let text = text.unwrap_or(&broken.answer);
    let (answer, whole) = futures::executor::block_on(go_on(&with, &broken, text, &mut |e| events.push(e)));
    assert!(whole.starts_with(text), "what stood stays: {whole}");
    let streamed: String = events
        .iter()
        .filter_map(|e| match e {
            Event::Text { piece } => Some(piece.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(format!("{text}{streamed}").trim_end(), whole);
    for s in &answer.sentences {
        assert_eq!(&answer.answer[s.start as usize..s.end as usize], s.text);
    }
    (answer, whole, events)
}

#[test]
fn an_answer_that_broke_off_goes_on_and_nothing_is_written_twice() {
    const WHOLE: &str = "Plans decide in 3 days.\nUrgent requests go first.\nCall the plan at 800-555-0100.";
    for says in [
        // As it is told: the last sentence again, whole.
        "Urgent requests go first. [1] Call the plan at 800-555-0100. [2]",
        // All over again.
        "Plans decide in 3 days. [1] Urgent requests go first. [1] Call the plan at 800-555-0100. [2]",
        // From the next word on.
        "requests go first. [1] Call the plan at 800-555-0100. [2]",
    ] {
        let (answer, whole, events) = gone_on("Plans decide in 3 days. [1] Urgent", None, Says(says, false));
        assert_eq!((answer.answer.as_str(), whole.as_str()), (WHOLE, WHOLE), "{says}");
        assert!(!answer.incomplete && answer.notices.is_empty());
        let groundings: Vec<_> = answer.sentences.iter().map(|s| s.grounding).collect();
        assert_eq!(groundings, [Grounding::Verbatim; 3], "{says}");
        assert!(matches!(&events[1], Event::Sentence { sentence } if sentence.text == "Urgent requests go first."));
    }
}

#[test]
fn a_full_stop_may_be_the_middle_of_a_number() {
    let (_, whole, _) = gone_on("Plans decide in 3.", None, Says("Plans decide in 3.5 days. [1]", false));
    assert_eq!(whole, "Plans decide in 3.5 days.");
    let (_, whole, _) = gone_on("Plans decide in 3 days.", None, Says("It is free.", false));
    assert_eq!(whole, "Plans decide in 3 days.\nIt is free.");
    let (_, whole, _) = gone_on(
        "Plans decide in 3 days.",
        None,
        Says("Plans decide in 3 days. [1]", false),
    );
    assert_eq!(whole, "Plans decide in 3 days.");
}

#[test]
fn it_goes_on_from_the_operators_text_and_keeps_the_draft() {
    let (answer, whole, _) = gone_on(
        "Plans decide in 3 days. [1] Urg",
        Some("Most plans decide in 3 days."),
        Says("Urgent requests go first. [1]", false),
    );
    assert_eq!(whole, "Most plans decide in 3 days.\nUrgent requests go first.");
    assert_eq!(answer.answer, "Plans decide in 3 days.\nUrg\nUrgent requests go first.");
    assert!(!answer.incomplete);
}

#[test]
fn what_breaks_off_again_can_go_on_again() {
    let (answer, whole, events) = gone_on("Plans decide in 3 days. [1] Urg", None, Says("Urgent requests", true));
    assert_eq!(whole, "Plans decide in 3 days.\nUrgent requests");
    assert!(answer.incomplete && answer.notices.len() == 1);
    assert!(events.iter().any(|e| matches!(e, Event::Notice { .. })));
    let (answer, whole, _) = gone_on("Plans decide in 3 days. [1] Urg", None, Says("", true));
    assert_eq!((answer.answer, answer.incomplete), (whole, true));
}

#[test]
fn where_a_generator_cannot_begin_another_does() {
    let (got, _) = answer(retrieved(), Says("", true), false);
    let got = got.unwrap();
    assert_eq!(
        (got.answer.as_str(), got.incomplete, got.notices.len()),
        ("Instead.", false, 1)
    );
}

#[test]
fn stop_ends_the_answer_and_says_so() {
    let (got, _) = answer(retrieved(), Says("Plans decide in 3 days.", false), true);
    assert!(got.unwrap().stopped);
}
