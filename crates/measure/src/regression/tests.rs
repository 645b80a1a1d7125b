//! What is appended to a file of golden questions, and what is not.

use super::*;
use crate::compare::{Became, Seen};

fn seen(answer: &str, found: &[&str]) -> Seen {
    Seen {
        ok: true,
        rank: None,
        found: found.iter().map(|f| (*f).to_owned()).collect(),
        abstained: answer.is_empty(),
        best_score: 0.9,
        answer: answer.to_owned(),
        weakest: None,
        disagree: false,
    }
}

fn changed(ask: &str, expected: &[&str], a: &str) -> AnsweredOtherwise {
    AnsweredOtherwise {
        ask: ask.to_owned(),
        after: None,
        as_of: None,
        kind: GoldenKind::Plain,
        expected: expected.iter().map(|e| (*e).to_owned()).collect(),
        became: Became::Reworded,
        facts: Vec::new(),
        a: seen(a, &["first", "second"]),
        b: seen("Otherwise.", &["third"]),
    }
}

/// The questions of a file, each with what answers it.
fn of(file: &str) -> Vec<(String, GoldenKind, Vec<String>)> {
    let golden: Golden = toml::from_str(file).unwrap();
    let each = golden.question.into_iter();
    each.map(|q| (q.ask, q.kind, q.documents)).collect()
}

#[test]
fn what_answered_before_is_to_answer_or_nothing_is() {
    let one = |q: &AnsweredOtherwise| of(&with_golden("", q).unwrap()).remove(0);
    let ask = "What \"is\" that?\n\\ end";
    let expected = (ask.to_owned(), GoldenKind::Plain, vec!["wanted".to_owned()]);
    assert_eq!(one(&changed(ask, &["wanted"], "It is.")), expected);
    assert_eq!(one(&changed("a", &[], "It is.")).2, ["first"]);
    assert_eq!(one(&changed("a", &["wanted"], "")).1, GoldenKind::Uncovered);
    assert_eq!(one(&changed("a", &["wanted"], "")).2, Vec::<String>::new());
}

#[test]
fn a_file_keeps_its_words_and_asks_nothing_twice() {
    let file = "# Ours.\nas_of = \"2026-11-20\"\n[[question]]\nkind = \"plain\"\nask = \"one\" # why\n";
    let once = with_golden(file, &changed("two", &["d"], "It is.")).unwrap();
    assert!(once.starts_with(file), "{once}");
    assert_eq!(of(&once).len(), 2);
    // The day of the file is not that of a question without any: that one is asked today.
    let dated = AnsweredOtherwise {
        as_of: Some("2026-11-20".parse().unwrap()),
        ..changed("one", &[], "It is.")
    };
    assert_eq!(with_golden(&once, &dated).unwrap(), once);
    let followed = AnsweredOtherwise {
        after: Some("before".to_owned()),
        ..dated
    };
    assert_eq!(of(&with_golden(&once, &followed).unwrap()).len(), 3);
}

#[test]
fn a_file_that_cannot_be_read_is_not_added_to() {
    for file in [
        "[[question]",
        "question = 7\n",
        "[[question]]\nkind = \"odd\"\nask = \"a\"\n",
    ] {
        let refused = with_golden(file, &changed("two", &[], "It is.")).unwrap_err();
        assert!(refused.to_string().contains("golden questions"), "{refused}");
    }
}
