//! Labels answers as the window does, without a window: to be killed at any moment. Each label is told when it is kept,
//! with the key and the hash of what is sent of it.

use std::io::Write;
use std::path::PathBuf;

use mortar_desk::feedback::{Label, LabelReason, Records, Verdict};
use mortar_local::Keyring;
use serde_json::json;

fn main() {
    mortar_desk::private_files();
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("DIR TENANT COUNT TYPED");
    let (dir, tenant, count, typed) = (PathBuf::from(next()), next(), next(), next());
    let count: usize = count.parse().expect("a number");
    let records = Records::open(&dir, &tenant, &Keyring::new(&tenant)).expect("records can be opened");
    for n in 0..count {
        let answer = serde_json::from_value(json!({
            "question": format!("{typed} asks {n}"), "asked_as": null, "release": "r", "as_of": "2026-11-22",
            "passages": [], "answer": "It is so.", "sentences": [], "abstained": false, "reason": null,
            "unknown_codes": [], "look_alikes": [], "dropped_marks": 0, "stopped": false,
            "models": {"embedding": null, "generation": null},
            "timings_ms": {"embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0}
        }))
        .expect("an answer");
        let exchange = records.add(None, &answer).expect("an answer is kept");
        let text = format!("It is so, {typed}.");
        records.save_text(&exchange.id, text, vec![]).expect("a draft is kept");
        let label = Label {
            verdict: Verdict::Bad,
            reasons: vec![LabelReason::Wrong],
            note: typed.clone(),
            sentence: None,
            right_source: None,
        };
        let masked = |feedback: &mortar_desk::feedback::Feedback| {
            let mut out = feedback.clone();
            for text in [&mut out.answer.question, &mut out.text, &mut out.label.note] {
                *text = text.replace(&typed, "[NAME 1]");
            }
            out
        };
        let labelled = records
            .label(&exchange.id, label, vec![], &masked)
            .expect("a label is kept");
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", labelled.labelled.expect("its id"))
            .and_then(|()| out.flush())
            .expect("somebody reads");
    }
}
