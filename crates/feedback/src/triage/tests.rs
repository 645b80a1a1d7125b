use serde_json::json;

use super::*;
use crate::held::answer;
use crate::label::{FEEDBACK_FORMAT, Label, Signals};

const LABEL: &str = "01KB1234567890123456789012";

/// A sentence that stands on some words of a document.
fn stands(document: &str, quote: &str) -> Sentence {
    let citation = json!({ "passage": format!("{document}#0"), "number": 1, "document": document, "version": "1",
        "start": 0, "end": quote.len(), "quote": quote });
    let sentence = json!({ "text": quote, "start": 0, "end": quote.len(), "grounding": "verbatim",
        "citations": [citation], "problem": null });
    serde_json::from_value(sentence).unwrap()
}

fn said(release: &str, sentences: Vec<Sentence>) -> Answer {
    let text: Vec<String> = sentences.iter().map(|s| s.text.clone()).collect();
    Answer {
        release: release.into(),
        abstained: sentences.is_empty(),
        sentences,
        ..answer("How much may I refund?", &text.join("\n"))
    }
}

fn labelled(reasons: &[LabelReason], answer: Answer) -> Feedback {
    Feedback {
        format: FEEDBACK_FORMAT,
        id: LABEL.into(),
        tenant: "pharmacy".into(),
        operator: "0123456789abcdef".into(),
        exchange: "01KB1234567890123456789011".into(),
        replaces: None,
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        label: Label {
            verdict: Verdict::Bad,
            reasons: reasons.to_vec(),
            note: String::new(),
            sentence: None,
            right_source: None,
        },
        signals: Signals::default(),
        draft: answer.answer.clone(),
        text: answer.answer.clone(),
        answer,
        sentences: vec![],
        confirmed: vec![],
    }
}

fn taken(step: Step) -> Taken {
    Taken {
        at: "2026-11-23T10:00:00Z".parse().unwrap(),
        by: "0123456789abcdef".into(),
        step,
    }
}

fn fixed(document: &str) -> Step {
    Step::FixedIn {
        document: document.into(),
    }
}

fn verified(document: &str) -> Step {
    Step::Verified {
        document: document.into(),
        release: "r2".into(),
    }
}

#[test]
fn a_decision_that_is_none_is_named_and_not_quoted() {
    let good = json!({ "format": 1, "tenant": "pharmacy", "label": LABEL,
        "taken": [{ "at": "2026-11-23T10:00:00Z", "by": "0123456789abcdef", "step": { "step": "reopened" } }] });
    type Change = fn(&mut serde_json::Value);
    let changes: [(&str, Change); 6] = [
        ("newer", |v| v["format"] = json!(2)),
        ("no format", |v| drop(v.as_object_mut().unwrap().remove("format"))),
        ("another tenant", |v| v["tenant"] = json!("clinic")),
        ("another label", |v| v["label"] = json!("01KB1234567890123456789013")),
        ("a step that nobody knows", |v| {
            v["taken"][0]["step"] = json!({ "step": "Rosa Diaz" })
        }),
        ("no list", |v| v["taken"] = json!("Rosa Diaz")),
    ];
    let read = |v: &serde_json::Value| Decision::from_bytes(&serde_json::to_vec(v).unwrap(), "pharmacy", LABEL);
    assert_eq!(read(&good).unwrap().state(), State::Open);
    for (what, change) in changes {
        let mut value = good.clone();
        change(&mut value);
        let said = read(&value).expect_err(what).to_string();
        assert!(!said.contains("Rosa"), "{what}: {said}");
    }
    assert!(Decision::from_bytes(b"{", "pharmacy", LABEL).is_err());
}

#[test]
fn states_follow_from_the_steps_and_verified_only_from_its_own_fix() {
    let mut decision = Decision::new("pharmacy", LABEL);
    assert!(!decision.add(taken(Step::Reopened)).unwrap(), "it is open");
    assert!(decision.add(taken(verified("sop-12"))).is_err(), "nothing was fixed");
    assert!(decision.add(taken(fixed("sop-12"))).unwrap());
    assert!(!decision.add(taken(fixed("sop-12"))).unwrap(), "said already");
    assert!(
        decision.add(taken(verified("sop-13"))).is_err(),
        "it was fixed elsewhere"
    );
    assert!(decision.add(taken(verified("sop-12"))).unwrap());
    assert_eq!(
        (decision.state(), decision.verified_in()),
        (State::Verified, Some("r2"))
    );
    assert!(decision.add(taken(Step::Reopened)).unwrap());
    assert_eq!((decision.state(), decision.fixed_in()), (State::Open, None));
    assert_eq!(decision.taken.len(), 3, "nothing that was done is lost");
    let bytes = decision.to_bytes().unwrap();
    assert_eq!(Decision::from_bytes(&bytes, "pharmacy", LABEL).unwrap(), decision);
}

#[test]
fn only_another_release_that_answers_from_new_words_of_the_document_proves_it() {
    use LabelReason::{OutOfDate, ShouldBeRefused};
    let old = || stands("sop-12", "Up to $25.");
    let new = || stands("sop-12", "Up to $50.");
    let other = || stands("rx-01", "Ask the lead.");
    let bad = labelled(&[OutOfDate], said("r1", vec![old()]));
    let elsewhere = Err(NotYet::OtherSource {
        document: "rx-01".into(),
        title: "rx-01".into(),
    });
    let cases = [
        ("fixed", said("r2", vec![new()]), true, Ok(())),
        ("beside another", said("r2", vec![new(), other()]), true, Ok(())),
        (
            "the same release",
            said("r1", vec![new()]),
            true,
            Err(NotYet::SameRelease),
        ),
        ("the same words", said("r2", vec![old()]), true, Err(NotYet::SameWords)),
        ("not there", said("r2", vec![other()]), false, Err(NotYet::NoDocument)),
        ("refused", said("r2", vec![]), true, Err(NotYet::Refused)),
        ("another source", said("r2", vec![other()]), true, elsewhere.clone()),
        (
            "mostly another",
            said("r2", vec![new(), other(), other()]),
            true,
            elsewhere,
        ),
    ];
    for (what, again, held, expected) in cases {
        assert_eq!(comes_right(&bad, "sop-12", &again, held), expected, "{what}");
    }
    let wrong_source = labelled(&[LabelReason::WrongSource], said("r1", vec![other()]));
    assert_eq!(
        comes_right(&wrong_source, "sop-12", &said("r2", vec![old()]), true),
        Ok(())
    );
    let refuse = labelled(&[ShouldBeRefused], said("r1", vec![old()]));
    assert_eq!(comes_right(&refuse, "sop-12", &said("r2", vec![]), true), Ok(()));
    assert_eq!(
        comes_right(&refuse, "sop-12", &said("r2", vec![new()]), true),
        Err(NotYet::Answered)
    );
}

/// Five labels of two documents, one of them good and one fixed, a day each.
fn five() -> Vec<LabelRow> {
    use LabelReason::{OutOfDate, Wrong};
    let of = |n: u32, document: &str, reasons: &[LabelReason], step: Option<Step>| {
        let mut feedback = labelled(reasons, said("r1", vec![stands(document, "x")]));
        feedback.id = format!("{n:026}");
        feedback.at = format!("2026-11-{:02}T10:00:00Z", n + 1).parse().unwrap();
        let mut decision = Decision::new("pharmacy", &feedback.id);
        step.map(|s| decision.add(taken(s)).unwrap());
        Arrived { feedback, decision }.row()
    };
    let mut rows = vec![
        of(0, "a", &[Wrong], None),
        of(1, "a", &[Wrong, OutOfDate], None),
        of(2, "a", &[OutOfDate], Some(fixed("a"))),
        of(3, "b", &[OutOfDate], None),
        of(4, "a", &[], None),
    ];
    rows[4].verdict = Verdict::Good;
    rows
}

#[test]
fn labels_are_counted_by_document_and_state() {
    use LabelReason::{OutOfDate, Wrong};
    let rows = five();
    let all = groups(&rows);
    let told: Vec<_> = all
        .iter()
        .map(|g| {
            (
                g.about.as_ref().unwrap().document.as_str(),
                g.state,
                g.bad,
                g.good,
                g.reasons[0],
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a", State::Open, 2, 1, (Wrong, 2)),
            ("b", State::Open, 1, 0, (OutOfDate, 1)),
            ("a", State::Fixed, 1, 1, (OutOfDate, 1)),
        ]
    );
    let counts = days(&rows, "2026-11-05".parse().unwrap(), 3);
    assert_eq!(
        counts.iter().map(|d| (d.good, d.bad)).collect::<Vec<_>>(),
        [(0, 1), (0, 1), (1, 0)]
    );
}

#[test]
fn labels_are_filtered() {
    use LabelReason::OutOfDate;
    let rows = five();
    let cases: [(Filter, usize); 6] = [
        (Filter::default(), 5),
        (
            Filter {
                reason: Some(OutOfDate),
                ..Filter::default()
            },
            3,
        ),
        (
            Filter {
                document: Some("b".into()),
                ..Filter::default()
            },
            1,
        ),
        (
            Filter {
                since: Some("2026-11-04".parse().unwrap()),
                ..Filter::default()
            },
            2,
        ),
        (
            Filter {
                state: Some(State::Fixed),
                ..Filter::default()
            },
            1,
        ),
        (
            Filter {
                operator: Some("nobody".into()),
                ..Filter::default()
            },
            0,
        ),
    ];
    for (filter, count) in cases {
        assert_eq!(rows.iter().filter(|r| filter.holds(r)).count(), count, "{filter:?}");
    }
}
