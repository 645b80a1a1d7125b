//! The main job from the command line, on the sample tenant, with the real embedding model.

use std::path::PathBuf;

use mortar_tests::{json, mortar, root, run, words_only};
use serde_json::Value;

/// One home for all of these: they only read. The first of them makes the sample.
fn home() -> PathBuf {
    root().join("target/acceptance-home")
}

fn ask(question: &str) -> Value {
    json(mortar(&home()).args(["ask", "--json", question]))
}

/// Every quote is the bytes it names, in the document as `browse` gives it.
fn assert_quotes(answer: &Value) {
    for s in answer["sentences"].as_array().unwrap() {
        for c in s["citations"].as_array().unwrap() {
            let document = json(mortar(&home()).args(["browse", "--json", c["document"].as_str().unwrap()]));
            let body = document["body"].as_str().unwrap();
            let (start, end) = (
                c["start"].as_u64().unwrap() as usize,
                c["end"].as_u64().unwrap() as usize,
            );
            assert_eq!(&body[start..end], c["quote"].as_str().unwrap());
            assert_eq!(document["version"], c["version"]);
        }
    }
}

#[test]
fn a_code_is_answered_from_its_own_document_word_for_word() {
    let a = ask("What does claim rejection code 75 mean?");
    assert_eq!(a["passages"][0]["document"], "reject-75");
    assert_eq!(a["abstained"], false);
    let sentences = a["sentences"].as_array().unwrap();
    assert!(!sentences.is_empty());
    for s in sentences {
        assert_eq!(s["grounding"], "verbatim", "{s}");
        assert_eq!(s["citations"].as_array().unwrap().len(), 1);
    }
    assert_quotes(&a);
    for key in [
        "question",
        "release",
        "as_of",
        "answer",
        "reason",
        "timings_ms",
        "models",
    ] {
        assert!(a.get(key).is_some(), "{key}");
    }
    for key in ["embed", "retrieve", "first_text", "total"] {
        assert!(a["timings_ms"][key].is_number(), "{key}");
    }
}

#[test]
fn an_unknown_code_and_another_subject_are_refused() {
    for (question, reason) in [
        ("What does claim rejection code 7Z5 mean?", "unknown_code"),
        ("Who won the world cup in 1998?", "not_covered"),
        ("How do I bake sourdough bread?", "not_covered"),
    ] {
        let a = ask(question);
        assert_eq!(a["abstained"], true, "{question}");
        assert_eq!(a["reason"], reason);
        assert_eq!(a["answer"], "");
        assert!(a["sentences"].as_array().unwrap().is_empty());
    }
    let alike = ask("What does claim rejection code 7Z5 mean?");
    let codes: Vec<_> = alike["look_alikes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["75", "7Z"]);
}

#[test]
fn every_sentence_of_every_plain_answer_is_the_sources_own() {
    for question in [
        "How do I cancel an order that has not shipped?",
        "A patient says the insulin arrived warm. What now?",
        "how do I verify the identity of a caller",
        "going on vacation, the claim says refill too soon",
        "national shortage, what do I say",
    ] {
        let a = ask(question);
        for s in a["sentences"].as_array().unwrap() {
            assert_eq!(s["grounding"], "verbatim", "{question}: {s}");
        }
        assert_quotes(&a);
    }
}

#[test]
fn another_day_is_another_answer() {
    let on = |day: &str| {
        json(mortar(&home()).args([
            "ask",
            "--json",
            "--as-of",
            day,
            "how much may an operator refund without approval",
        ]))
    };
    assert!(on("2026-03-01")["answer"].as_str().unwrap().contains("$25 "));
    let later = on("2026-10-01");
    assert!(later["answer"].as_str().unwrap().contains("$50") && !later["answer"].as_str().unwrap().contains("$25 "));
}

#[test]
fn a_follow_up_becomes_a_question_of_its_own() {
    let a = json(mortar(&home()).args([
        "ask",
        "--json",
        "and for controlled substances?",
        "--after",
        "How do I transfer a prescription to another pharmacy?",
    ]));
    assert_eq!(
        a["asked_as"],
        "How do I transfer a prescription to another pharmacy for controlled substances?"
    );
    assert!(["rx-05", "sop-10"].contains(&a["passages"][0]["document"].as_str().unwrap()));
}

#[test]
fn the_golden_questions_hold() {
    let golden = root().join("samples/pharmacy/golden.toml");
    let e = json(mortar(&home()).arg("eval").arg(&golden).arg("--json"));
    let figure = |k: &str| e[k].as_f64().unwrap();
    println!(
        "recall@1 {:.3}, recall@5 {:.3}, MRR {:.3}, abstention precision {:.3}, recall {:.3}",
        figure("recall_at_1"),
        figure("recall_at_5"),
        figure("mrr"),
        figure("abstention_precision"),
        figure("abstention_recall")
    );
    assert!(e["questions"].as_u64().unwrap() >= 60);
    assert_eq!(figure("code_accuracy"), 1.0);
    assert_eq!(e["wrong_substitutions"], 0);
    assert!(figure("recall_at_5") >= 0.9, "{e:#}");
}

#[test]
fn known_questions_are_answered_with_their_documents_and_hardly_without() {
    let work = tempfile::tempdir().unwrap();
    let sources = work.path().join("kb.jsonl");
    let pairs = [
        ("a", "Can a parcel be held at the depot?", "Yes, for six days."),
        ("b", "How are zebra finches fed in winter?", "With millet, twice a day."),
        // The same words in another order: it answers the same.
        ("c", "In winter, how are zebra finches fed?", "Millet and fresh water."),
    ];
    let lines = pairs.map(|(id, question, answer)| {
        format!(
            "{}\n",
            serde_json::json!({"id": id, "question": question, "answer": answer})
        )
    });
    std::fs::write(&sources, lines.concat()).unwrap();
    let release = work.path().join("release");
    json(
        words_only(work.path())
            .args(["kb", "build", "--json", "--out"])
            .arg(&release)
            .arg(&sources),
    );
    let mut eval = words_only(work.path());
    let l = json(eval.args(["eval", "--leave-out", "--json", "--release"]).arg(&release));
    assert_eq!((&l["known"], &l["answered_right"]), (&2.into(), &1.0.into()), "{l:#}");
    for r in l["results"].as_array().unwrap() {
        let away = r["taken_away"].as_bool().unwrap();
        let documents: Vec<&str> = r["documents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d.as_str().unwrap())
            .collect();
        assert!(documents == ["a"] || documents == ["b", "c"], "{r:#}");
        let found = r["found"].as_array().unwrap();
        // What was taken away is not found by any way.
        assert_eq!(
            found.iter().any(|f| documents.contains(&f.as_str().unwrap())),
            !away,
            "{r:#}"
        );
        assert_eq!(r["abstained"].as_bool().unwrap(), away, "{r:#}");
    }
    let sampled = json(
        words_only(work.path())
            .args(["eval", "--leave-out", "--sample", "1", "--json", "--release"])
            .arg(&release),
    );
    assert_eq!(sampled["known"], 1);
}

#[test]
fn the_golden_cases_hold() {
    let cases = root().join("samples/pharmacy/golden-cases.toml");
    let page = tempfile::tempdir().unwrap();
    let html = page.path().join("eval.html");
    let mut eval = mortar(&home());
    let e = json(
        eval.args(["eval", "--json", "--leave-out", "--html"])
            .arg(&html)
            .arg(&cases),
    );
    assert_eq!(e["questions"], 100);
    for (kind, least) in [("step", 0.9), ("emergency", 0.9), ("other_drug", 0.95), ("code", 0.9)] {
        assert!(
            e["kinds"][kind]["value"].as_f64().unwrap() >= least,
            "{kind}: {:#}",
            e["kinds"]
        );
    }
    assert!(e["leave_out"]["golden"]["known"].as_u64().unwrap() >= 60);
    assert!(
        std::fs::read_to_string(&html)
            .unwrap()
            .contains("With their documents, and without")
    );
}

#[test]
fn quotes_hold_after_every_edit_and_orders_are_not_obeyed() {
    let g = json(mortar(&home()).args(["eval", "--grounding", "--edits", "5000", "--json"]));
    assert_eq!((&g["wrong_quotes"], &g["edits"]), (&0.into(), &5000.into()));
    assert!(g["planted_flagged"]["value"].as_f64().unwrap() >= 0.95, "{g:#}");
    let orders = root().join("samples/attacks.jsonl");
    let a = json(mortar(&home()).args(["eval", "--json", "--attacks"]).arg(&orders));
    assert!(a["orders"].as_u64().unwrap() >= 20);
    assert_eq!((&a["verbatim_obeyed"], &a["unfenced"]), (&0.into(), &0.into()), "{a:#}");
    assert!(a["flagged"]["adds a link"]["value"].as_f64().unwrap() >= 0.95, "{a:#}");
}

#[test]
fn a_trec_run_lists_each_question() {
    let dir = tempfile::tempdir().unwrap();
    let queries = dir.path().join("q.jsonl");
    std::fs::write(
        &queries,
        "{\"_id\":\"q1\",\"text\":\"reject 75\"}\n{\"_id\":\"q2\",\"text\":\"refund\"}\n",
    )
    .unwrap();
    let file = dir.path().join("out.trec");
    let out = run(mortar(&home())
        .args(["search", "-k", "3", "--queries"])
        .arg(&queries)
        .arg("--run")
        .arg(&file));
    assert!(out.status.success());
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split(' ').collect()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0][..4], ["q1", "Q0", "reject-75", "1"]);
    assert!(lines.iter().all(|l| l[5] == "mortar"));
}

#[test]
fn browse_lists_finds_and_reads() {
    let all = json(mortar(&home()).args(["browse", "--json"]));
    assert!(all.as_array().unwrap().len() >= 260);
    let found = json(mortar(&home()).args(["browse", "--json", "--find", "reject 75"]));
    assert_eq!(found[0]["id"], "reject-75");
    let prefix = json(mortar(&home()).args(["browse", "--json", "--find", "temperature excu"]));
    assert_eq!(prefix[0]["id"], "sop-07");
    // What is misspelt finds what it finds as a question.
    for typed in ["refudn", "refudn shiped", "controled substance"] {
        let found = json(mortar(&home()).args(["browse", "--json", "--find", typed]));
        let shown: Vec<&Value> = found.as_array().unwrap().iter().map(|d| &d["id"]).collect();
        let asked = ask(typed);
        assert!(shown.contains(&&asked["passages"][0]["document"]), "{typed}: {shown:?}");
    }
    let nothing = json(mortar(&home()).args(["browse", "--json", "--find", "qwrtzk refudn"]));
    assert_eq!(nothing.as_array().unwrap().len(), 0);
}

#[test]
fn doctor_finds_everything_well() {
    ask("reject 75");
    let checks = json(mortar(&home()).args(["doctor", "--json"]));
    for c in checks.as_array().unwrap() {
        assert_eq!(c["ok"], true, "{c}");
    }
}
