use std::sync::Mutex;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, executor};

use super::super::{Ask, Stop, ask, go_on};
use super::*;
use crate::answer::{Event, Missing};
use crate::grounding::tests::passage;
use crate::ports::{Embedder, Generation, Generator, ModelError, RetrieveError, Retriever};

const REFUNDS: &str = "Refunds take five days.";
const MEDICARE: &str = "We accept every Medicare plan.";
const CALL: &str = "Call 911 at once.";

/// Finds by a word of the question; a question that names an unknown drug or code finds what only looks alike.
struct ByWord;
impl Retriever for ByWord {
    fn release(&self) -> &str {
        "r1"
    }
    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError> {
        let mut out = Retrieved::default();
        let mut found = |n: u32, title: &str, text: &str, score: f32| {
            let mut p = passage(n, title, text);
            p.score = score;
            out.passages.push(p);
        };
        let asks = |word: &str| query.text.to_lowercase().contains(word);
        if asks("swallowed") {
            found(9, "Emergency", CALL, 0.2);
            out.passages[0].emergency = true;
        } else if asks("lamisil") {
            found(3, "Lamictal", "Lamictal is in stock.", 0.9);
            out.passages[0].lacks = vec!["Lamisil".into()];
            out.missing = vec![Missing {
                subject: "Lamisil".into(),
                nowhere: true,
                nearest: Some("Lamictal".into()),
            }];
        } else if asks("7z5") {
            found(4, "Reject 75", "Code 75 needs approval.", 0.9);
            out.unknown_codes = vec!["7Z5".into()];
        } else if asks("refund") {
            found(1, "Refunds", REFUNDS, 0.9);
            found(2, "Medicare", MEDICARE, 0.6);
        } else if asks("medicare") {
            found(2, "Medicare", MEDICARE, 0.95);
            found(1, "Refunds", REFUNDS, 0.3);
        }
        // Each search numbers its own.
        for (p, number) in out.passages.iter_mut().zip(1..) {
            p.number = number;
        }
        Ok(out)
    }
}

/// Counts how often it is asked, and for how many texts.
#[derive(Default)]
struct Counts(Mutex<Vec<usize>>);
impl Embedder for Counts {
    fn model(&self) -> &str {
        "counts"
    }
    fn dimensions(&self) -> usize {
        1
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.0.lock().unwrap().push(texts.len());
        Box::pin(async move { Ok(vec![vec![1.0]; texts.len()]) })
    }
}

/// Says what it is told to, and keeps what it was given.
struct Says {
    pieces: Vec<Result<&'static str, ()>>,
    given: Mutex<Vec<Generation>>,
}
impl Generator for Says {
    fn model(&self) -> &str {
        "says"
    }
    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        self.given.lock().unwrap().push(generation);
        let pieces = self.pieces.iter().map(|p| match p {
            Ok(text) => Ok((*text).to_owned()),
            Err(()) => Err(ModelError::failed("the line broke")),
        });
        stream::iter(pieces.collect::<Vec<_>>()).boxed()
    }
}

fn says(pieces: &[Result<&'static str, ()>]) -> Says {
    Says {
        pieces: pieces.to_vec(),
        given: Mutex::default(),
    }
}

fn with<'a>(
    says: &'a Says,
    embedder: Option<&'a dyn Embedder>,
    lexicon: &'a Arc<Lexicon>,
    before: &'a [Turn],
) -> Ask<'a> {
    Ask {
        embedder,
        embedder_instead: None,
        retriever: &ByWord,
        reranker: None,
        generator: says,
        checker: None,
        instead: None,
        inference_id: "id".into(),
        instructions: "",
        budget: 4000,
        as_of: "2026-11-20".parse().unwrap(),
        lexicon,
        emergencies: &[],
        before,
        stop: Stop::default(),
    }
}

fn answer(typed: &str, says: &Says) -> (Answer, Vec<Event>) {
    let mut events = Vec::new();
    let lexicon = Lexicon::own();
    let with = with(says, None, &lexicon, &[]);
    let got = executor::block_on(ask(&with, typed, &mut |e| events.push(e))).unwrap();
    (got, events)
}

fn reasons(answer: &Answer) -> Vec<Option<Reason>> {
    answer.parts.iter().map(|p| p.reason).collect()
}

#[test]
fn each_part_has_its_own_answer_and_what_one_lacks_keeps_no_other_from_it() {
    let says = says(&[
        Ok("Refunds take five days. [1] "),
        Ok("We accept every Medicare plan. [2]"),
    ]);
    let (got, events) = answer(
        "Is Lamisil in stock? How long does a refund take? Do you take Medicare? Also what is code 7Z5?",
        &says,
    );
    use Reason::{OtherSubject, UnknownCode};
    assert_eq!(reasons(&got), [Some(OtherSubject), None, None, Some(UnknownCode)]);
    // Once each, what carries before what is near.
    let titles: Vec<_> = got
        .passages
        .iter()
        .map(|p| (p.number, p.title.as_str(), p.carries))
        .collect();
    assert_eq!(
        titles,
        [
            (1, "Refunds", true),
            (2, "Medicare", true),
            (3, "Lamictal", false),
            (4, "Reject 75", false)
        ]
    );
    let parts: Vec<_> = got.parts.iter().map(|p| (&p.passages[..], &p.sentences[..])).collect();
    // The second question found Medicare too, but it is nearer to the third.
    let want: [(&[u32], &[u32]); 4] = [(&[3], &[]), (&[1, 2], &[0]), (&[2], &[1]), (&[4], &[])];
    assert_eq!(parts, want);
    assert!(!got.abstained && got.reason.is_none());
    assert!(matches!(&events[0], Event::Passages { parts, refused: false, .. } if parts.len() == 4));
    let given = says.given.lock().unwrap();
    let told = &given[0].prompt.messages.last().unwrap().content;
    assert!(told.contains("- How long does a refund take?: from [1] [2]"), "{told}");
    assert!(told.contains("- Is Lamisil in stock?: no passage covers it"), "{told}");
    assert!(!told.contains("Lamictal"), "what an open part found is not handed over");
}

#[test]
fn a_message_of_which_nothing_has_a_source_is_refused() {
    let says = says(&[Ok("Never said.")]);
    let (got, events) = answer("Is Lamisil in stock? Also, what is code 7Z5?", &says);
    assert!(got.abstained && got.answer.is_empty() && says.given.lock().unwrap().is_empty());
    assert_eq!(got.reason, Some(Reason::OtherSubject));
    assert_eq!(got.unknown_codes, ["7Z5"]);
    assert_eq!(got.missing.len(), 1);
    assert!(matches!(&events[0], Event::Passages { refused: true, .. }));
}

#[test]
fn one_question_has_no_parts() {
    let (got, _) = answer(
        "How long does a refund take?",
        &says(&[Ok("Refunds take five days. [1]")]),
    );
    assert!(got.parts.is_empty());
}

#[test]
fn danger_to_life_stands_on_top_wherever_it_is_asked() {
    let says = says(&[Ok("Call 911 at once. [1] Refunds take five days. [2]")]);
    let (got, _) = answer(
        "How long does a refund take? Also my son swallowed my pills, what do I do?",
        &says,
    );
    assert!(got.emergency && got.passages[0].emergency);
    assert_eq!(got.parts[0].asked, "How long does a refund take?");
    assert!(says.given.lock().unwrap()[0].parts[0].question.contains("swallowed"));
    let sentences: Vec<_> = got.parts.iter().map(|p| p.sentences.clone()).collect();
    assert_eq!(sentences, [[1], [0]]);
}

#[test]
fn what_a_generator_leaves_out_is_open() {
    let (got, _) = answer(
        "How long does a refund take? Do you take Medicare?",
        &says(&[Ok("We accept every Medicare plan. [2]")]),
    );
    assert_eq!(reasons(&got), [Some(Reason::NotCovered), None]);
    let (got, _) = answer(
        "How long does a refund take? Do you take Medicare?",
        &says(&[Ok("NOT COVERED")]),
    );
    assert!(got.abstained);
    assert_eq!(reasons(&got), [Some(Reason::NotCovered); 2]);
}

#[test]
fn an_answer_that_broke_off_leaves_no_part_open_and_goes_on_with_them() {
    let broken = answer(
        "How long does a refund take? Do you take Medicare?",
        &says(&[Ok("Refunds take five days. [1] We"), Err(())]),
    );
    let broken = broken.0;
    assert!(broken.incomplete);
    assert_eq!(reasons(&broken), [None, None]);
    let rest = says(&[Ok("We accept every Medicare plan. [2]")]);
    let lexicon = Lexicon::own();
    let with = with(&rest, None, &lexicon, &[]);
    let (whole, _) = executor::block_on(go_on(&with, &broken, &broken.answer, &mut |_| {}));
    assert_eq!(whole.answer, format!("{REFUNDS}\n{MEDICARE}"));
    let sentences: Vec<_> = whole.parts.iter().map(|p| p.sentences.clone()).collect();
    assert_eq!((reasons(&whole), sentences), (vec![None, None], vec![vec![0], vec![1]]));
    let given = rest.given.lock().unwrap();
    assert_eq!(given[0].parts.len(), 2);
    assert!(
        given[0]
            .prompt
            .messages
            .iter()
            .any(|m| m.content.contains("asks several things"))
    );
}

#[test]
fn all_parts_are_embedded_at_once() {
    let counts = Counts::default();
    let says = says(&[Ok(REFUNDS)]);
    let lexicon = Lexicon::own();
    let with = with(&says, Some(&counts), &lexicon, &[]);
    let typed = "How long does a refund take? Do you take Medicare?";
    let got = executor::block_on(ask(&with, typed, &mut |_| {})).unwrap();
    assert_eq!(got.models.embedding.as_deref(), Some("counts"));
    assert_eq!(*counts.0.lock().unwrap(), [2]);
}

#[test]
fn a_follow_up_goes_on_with_the_last_question() {
    let before = [Turn {
        question: "How long does a refund take? Do you take Medicare?".into(),
        answer: String::new(),
    }];
    let lexicon = Lexicon::own();
    let today = "2026-11-20".parse().unwrap();
    let asked = |typed: &str| asking(typed, typed, &before, &lexicon, &[], today);
    let texts = |all: Vec<Asking>| all.into_iter().map(|a| a.text).collect::<Vec<_>>();
    assert_eq!(
        texts(asked("and for veterans?")),
        ["Do you take Medicare for veterans?"]
    );
    assert_eq!(
        texts(asked("and for veterans? Also where is my order 12?")),
        ["Do you take Medicare for veterans?", "where is my order 12?"]
    );
}

#[test]
fn each_part_has_its_own_day() {
    let lexicon = Lexicon::own();
    let today: Date = "2026-11-20".parse().unwrap();
    let typed = "What was the refund limit in July 2026? Also, do you take Medicare?";
    let days: Vec<String> = asking(typed, typed, &[], &lexicon, &[], today)
        .iter()
        .map(|a| a.as_of.to_string())
        .collect();
    assert_eq!(days, ["2026-07-31", "2026-11-20"]);
}
