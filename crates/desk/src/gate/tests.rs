//! What speaks against a release, by what it changes and what was said of that.

use mortar_measure::{Became, Broken, GoldenKind, OfCode, OnlyOne, Paired, Rule, Seen};

use super::*;

fn seen() -> Seen {
    Seen {
        ok: true,
        rank: None,
        found: Vec::new(),
        abstained: false,
        best_score: 0.9,
        answer: String::new(),
        weakest: None,
        disagree: false,
    }
}

fn question(ask: &str, became: Became) -> AnsweredOtherwise {
    AnsweredOtherwise {
        ask: ask.to_owned(),
        after: None,
        as_of: None,
        kind: GoldenKind::Plain,
        expected: Vec::new(),
        became,
        facts: Vec::new(),
        a: seen(),
        b: seen(),
    }
}

/// One answer that is lost, one with another number and one in other words.
fn comparison() -> Comparison {
    let same = Paired {
        a: 1.0,
        b: 1.0,
        difference: 0.0,
        low: 0.0,
        high: 0.0,
    };
    Comparison {
        questions: 9,
        same: 6,
        broken: vec![Broken {
            rule: Rule::AnswerLost,
            question: question("lost", Became::Unanswered),
        }],
        contradictions: Vec::new(),
        changed: vec![
            question("number", Became::OtherFacts),
            question("words", Became::Reworded),
        ],
        right: OnlyOne {
            only_a: 1,
            only_b: 0,
            p: 1.0,
        },
        mrr: same,
        ndcg: same,
        overlap: 1.0,
    }
}

fn said(ask: &str, by: &str, mark: Mark) -> Marked {
    Marked {
        question: of(&question(ask, Became::Reworded)),
        mark,
        note: String::new(),
        by: by.to_owned(),
        at: "2026-11-27T10:00:00Z".parse().unwrap(),
    }
}

#[test]
fn what_was_said_is_read_beside_the_rules() {
    let lost = "an answer is lost: lost";
    for (reviewers, review, reasons) in [
        (0, vec![], vec![lost]),
        // That it is wanted, does not make a rule of it: who promotes says why.
        (0, vec![said("lost", "a", Mark::Wanted)], vec![lost]),
        (
            0,
            vec![Marked {
                note: "we pay".to_owned(),
                ..said("words", "a", Mark::Unwanted)
            }],
            vec![lost, "unwanted: words (a: we pay)"],
        ),
        // What is not other any more was mended.
        (0, vec![said("gone", "a", Mark::Unwanted)], vec![lost]),
        (
            2,
            vec![],
            vec![lost, "not reviewed: 2 of 2 answers that hurt", "0 of 2 reviewers"],
        ),
        (
            2,
            vec![said("lost", "a", Mark::Wanted), said("words", "b", Mark::Irrelevant)],
            vec![lost, "not reviewed: 1 of 2 answers that hurt"],
        ),
        (
            2,
            vec![said("lost", "a", Mark::Wanted), said("number", "a", Mark::Wanted)],
            vec![lost, "1 of 2 reviewers"],
        ),
    ] {
        let got = against(&Difference::default(), Some(&comparison()), &review, reviewers);
        assert_eq!(got, reasons, "{reviewers} {review:?}");
    }
}

#[test]
fn where_nothing_is_other_nobody_is_needed() {
    let same = Comparison {
        broken: Vec::new(),
        changed: Vec::new(),
        ..comparison()
    };
    let none: [&str; 0] = [];
    assert_eq!(against(&Difference::default(), Some(&same), &[], 3), none);
    assert_eq!(against(&Difference::default(), None, &[], 3), none);
    let lost = Difference {
        codes_lost: vec![OfCode {
            code: "75".to_owned(),
            documents: vec!["a".to_owned(), "b".to_owned()],
        }],
        ..Difference::default()
    };
    assert_eq!(against(&lost, None, &[], 0), ["a code is lost: 75 (it was in a, b)"]);
}
