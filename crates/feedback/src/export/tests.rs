use mortar_assistant::prompt;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::held::answer;
use crate::label::{FEEDBACK_FORMAT, Feedback, Label, Signals};
use crate::triage::{Decision, Step, Taken};

const SOURCE: &str = "An operator may refund up to $50 without approval. Larger refunds need the lead.";

fn arrived(verdict: Verdict, draft: &str, text: &str) -> Arrived {
    let mut answer = answer("How much may I refund?", draft);
    let passage = json!({ "id": "sop-12#0", "number": 1, "document": "sop-12", "version": "3", "title": "Refunds",
        "kind": "sop", "url": null, "effective_from": null, "effective_to": null, "heading_path": [], "start": 0,
        "end": SOURCE.len(), "text": SOURCE, "score": 0.9, "carries": true, "found_by": ["words"] });
    answer.passages = vec![serde_json::from_value(passage).unwrap()];
    let id = "01KB1234567890123456789012";
    Arrived {
        feedback: Feedback {
            format: FEEDBACK_FORMAT,
            id: id.into(),
            tenant: "pharmacy".into(),
            operator: "0123456789abcdef".into(),
            exchange: "01KB1234567890123456789011".into(),
            replaces: None,
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
            label: Label {
                verdict,
                reasons: vec![],
                note: String::new(),
                sentence: None,
                right_source: None,
            },
            signals: Signals::default(),
            draft: draft.into(),
            text: text.into(),
            answer,
            sentences: vec![],
            confirmed: vec![],
        },
        decision: Decision::new("pharmacy", id),
    }
}

fn made(what: For, arrived: &Arrived) -> Result<Row, LeftOut> {
    let answer = &arrived.feedback.answer;
    let prompt = prompt::build("Be kind.", &answer.question, &answer.passages, &[], 3000);
    row(arrived, what, prompt, &answer.passages, &["Hello,".to_owned()])
}

const RIGHT: &str = "An operator may refund up to $50 without approval.";
const WRONG: &str = "An operator may refund up to $25 without approval.";

#[test]
fn what_would_teach_something_wrong_is_left_out_and_says_why() {
    use For::{Dpo, Kto, Sft};
    use Verdict::{Bad, Good};
    let greeted = format!("Hello [NAME 1],\n\n{RIGHT}");
    let named = "[NAME 1] may refund up to $50 without approval.";
    let mut denied = arrived(Bad, WRONG, RIGHT);
    let step = Step::NotAFault { reason: "r".into() };
    let at = "2026-11-23T10:00:00Z".parse().unwrap();
    denied
        .decision
        .add(Taken {
            at,
            by: "b".into(),
            step,
        })
        .unwrap();
    let mut refused = arrived(Bad, "", "");
    refused.feedback.answer.abstained = true;
    let cases = [
        ("an edit", Sft, arrived(Bad, WRONG, RIGHT), None),
        ("an edit", Dpo, arrived(Bad, WRONG, RIGHT), None),
        ("good as it is", Sft, arrived(Good, RIGHT, RIGHT), None),
        ("good as it is", Kto, arrived(Good, RIGHT, RIGHT), None),
        ("bad as it is", Kto, arrived(Bad, WRONG, WRONG), None),
        (
            "bad as it is",
            Sft,
            arrived(Bad, WRONG, WRONG),
            Some(LeftOut::NotCorrected),
        ),
        ("an edit", Kto, arrived(Bad, WRONG, RIGHT), Some(LeftOut::Edited)),
        (
            "the draft",
            Dpo,
            arrived(Good, RIGHT, RIGHT),
            Some(LeftOut::SameAsDraft),
        ),
        (
            "a greeting alone",
            Dpo,
            arrived(Good, RIGHT, &greeted),
            Some(LeftOut::SameAsDraft),
        ),
        ("invented", Dpo, arrived(Bad, RIGHT, WRONG), Some(LeftOut::NoSource)),
        (
            "one of two invented",
            Sft,
            arrived(Bad, WRONG, &format!("{RIGHT}\n{WRONG}")),
            Some(LeftOut::NoSource),
        ),
        (
            "good and invented",
            Kto,
            arrived(Good, WRONG, WRONG),
            Some(LeftOut::NoSource),
        ),
        (
            "a placeholder",
            Kto,
            arrived(Bad, named, named),
            Some(LeftOut::Placeholder),
        ),
        ("no fault", Dpo, denied, Some(LeftOut::NotAFault)),
        ("refused", Sft, refused, Some(LeftOut::Refused)),
    ];
    for (what, model, arrived, expected) in cases {
        assert_eq!(made(model, &arrived).err(), expected, "{what} for {model:?}");
    }
}

#[test]
fn rows_have_the_shapes_that_trainers_read() {
    let edited = arrived(Verdict::Bad, WRONG, RIGHT);
    let dpo = conversational(&made(For::Dpo, &edited).unwrap());
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&dpo), ["chosen", "prompt", "rejected"]);
    assert_eq!(
        dpo["chosen"],
        json!([{ "role": "assistant", "content": format!("{RIGHT} [1]") }])
    );
    assert_eq!(
        dpo["rejected"][0]["content"].as_str().unwrap().trim_end_matches(" [1]"),
        WRONG
    );
    let roles: Vec<&str> = dpo["prompt"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["system", "user"]);
    assert!(dpo["prompt"][1]["content"].as_str().unwrap().contains(SOURCE));
    let sft = made(For::Sft, &edited).unwrap();
    assert_eq!(keys(&conversational(&sft)), ["completion", "prompt"]);
    let kto = conversational(&made(For::Kto, &arrived(Verdict::Bad, WRONG, WRONG)).unwrap());
    assert_eq!(
        (keys(&kto), &kto["label"]),
        (
            vec!["completion".into(), "label".into(), "prompt".into()],
            &json!(false)
        )
    );
    // Each name of the template stands in each row.
    let (row, template) = (jumpstart(&sft), template());
    for key in keys(&row) {
        assert!(template.to_string().contains(&format!("{{{key}}}")), "{key}");
    }
}

fn plain_row(n: usize, operator: usize, document: usize) -> Row {
    Row {
        label: format!("{n:026}"),
        question: format!("q{n}"),
        prompt: Prompt::default(),
        chosen: format!("c{n}"),
        rejected: None,
        good: None,
        operator: format!("o{operator}"),
        document: Some(format!("d{document}")),
    }
}

#[test]
fn near_duplicates_leave_the_newest() {
    let mut rows: Vec<Row> = (0..4).map(|n| plain_row(n, n, n)).collect();
    let mut likeness = Likeness {
        questions: vec![vec![1.0, 0.0], vec![1.0, 0.01], vec![1.0, 0.0], vec![0.0, 1.0]],
        texts: vec![vec![1.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0]],
    };
    assert_eq!(distinct(&mut rows, &mut likeness), 1);
    let left: Vec<&str> = rows.iter().map(|r| r.question.as_str()).collect();
    assert_eq!(
        left,
        ["q1", "q2", "q3"],
        "the same question with another text is another row"
    );
    assert_eq!((likeness.questions.len(), likeness.texts.len()), (3, 3));
}

#[test]
fn one_busy_operator_does_not_swallow_the_test() {
    let rows: Vec<Row> = (0..40).map(|n| plain_row(n, 0, n)).collect();
    let questions: Vec<Vec<f32>> = (0..40)
        .map(|n| (0..40).map(|m| f32::from(u8::from(m == n))).collect())
        .collect();
    let split = split(&rows, &questions);
    assert_eq!(
        (split.by.as_slice(), split.operators_in_both),
        (["document".to_owned(), "cluster".into()].as_slice(), 1)
    );
    assert_eq!(split.test.iter().filter(|t| **t).count(), 4);
}

proptest! {
    #[test]
    fn no_document_cluster_or_operator_stands_in_both_parts(
        keys in prop::collection::vec((0usize..12, 0usize..30, 0usize..25), 0..80),
    ) {
        let rows: Vec<Row> = keys.iter().enumerate().map(|(n, (o, d, _))| plain_row(n, *o, *d)).collect();
        let questions: Vec<Vec<f32>> = keys.iter()
            .map(|(_, _, c)| (0..25).map(|m| f32::from(u8::from(m == *c))).collect())
            .collect();
        let split = split(&rows, &questions);
        prop_assert_eq!(split.test.len(), rows.len());
        let part = |test: bool| (0..rows.len()).filter(|n| split.test[*n] == test).collect::<Vec<_>>();
        let (train, test) = (part(false), part(true));
        prop_assert!(rows.is_empty() || !train.is_empty());
        for a in &train {
            for b in &test {
                prop_assert_ne!(&rows[*a].document, &rows[*b].document);
                prop_assert!(cosine(&questions[*a], &questions[*b]) < ONE_CLUSTER);
                if split.by[0] == "operator" {
                    prop_assert_ne!(&rows[*a].operator, &rows[*b].operator);
                }
            }
        }
    }
}
