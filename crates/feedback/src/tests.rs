use super::*;
use crate::held::{self, Held};

fn open(dir: &Path) -> Records {
    Records::open(dir, "pharmacy", &Held::with_a_key()).unwrap()
}

fn as_it_is(feedback: &Feedback) -> Feedback {
    feedback.clone()
}

fn answer(question: &str) -> Answer {
    held::answer(question, "As it is.")
}

#[test]
fn a_conversation_has_a_name_that_goes_on_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let r = open(dir.path());
    let first = r.add(None, &answer("How long?")).unwrap();
    assert_eq!(r.name_of(&first.conversation).unwrap(), "");
    r.name(&first.conversation, " Rosa ").unwrap();
    r.add(Some(&first.conversation), &answer("And then?")).unwrap();
    assert_eq!(r.name_of(&first.conversation).unwrap(), "Rosa");
    assert_eq!(r.conversations(Timestamp::UNIX_EPOCH).unwrap()[0].name, "Rosa");
    r.name(&first.conversation, "").unwrap();
    assert_eq!(r.name_of(&first.conversation).unwrap(), "");
    assert!(r.name("nothing", "Rosa").is_err() && r.name_of("nothing").is_err());
}

#[test]
fn an_exchange_is_kept_with_all_that_becomes_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = {
        let r = open(dir.path());
        let first = r.add(None, &answer("One?")).unwrap();
        let second = r.add(Some(&first.conversation), &answer("Two?")).unwrap();
        r.save_text(&first.id, "Edited.".into(), vec!["Edited.".into()])
            .unwrap();
        r.copied(&first.id, "Edited.".into(), vec!["Edited.".into()]).unwrap();
        r.label(
            &first.id,
            Label {
                verdict: Verdict::Bad,
                reasons: vec![LabelReason::Wrong],
                note: "n".into(),
                sentence: None,
                right_source: None,
            },
            vec![],
            &as_it_is,
        )
        .unwrap();
        r.label(
            &first.id,
            Label {
                verdict: Verdict::Good,
                reasons: vec![],
                note: String::new(),
                sentence: None,
                right_source: None,
            },
            vec![],
            &as_it_is,
        )
        .unwrap();
        assert_eq!(second.conversation, first.conversation);
        first
    };
    let r = open(dir.path());
    let kept = r.conversation(&first.conversation).unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!((kept[0].text.as_str(), kept[0].copied.len()), ("Edited.", 1));
    // Each label is one of its own: what was said first is not lost.
    let entries = r.outbox(10).unwrap();
    assert_eq!((r.waiting().unwrap(), entries.len()), (2, 2));
    let sent: Vec<Feedback> = entries
        .iter()
        .map(|e| Feedback::from_bytes(&r.sent_of(&e.id).unwrap()).unwrap())
        .collect();
    assert_eq!(
        (sent[0].replaces.as_ref(), sent[1].replaces.as_ref()),
        (None, Some(&sent[0].id))
    );
    let last = &sent[1];
    assert_eq!(
        (last.draft.as_str(), last.text.as_str(), last.label.verdict),
        ("As it is.", "Edited.", Verdict::Good)
    );
    assert_eq!(last.signals.copied, 1);
    assert_eq!(r.conversations(Timestamp::UNIX_EPOCH).unwrap()[0].title, "One?");
    assert_eq!(r.turns(&first.conversation).unwrap()[0].answer, "Edited.");
}

#[test]
fn an_answer_that_went_on_is_kept_with_what_was_said_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let r = open(dir.path());
    let first = r.add(None, &answer("One?")).unwrap();
    let second = r.add(Some(&first.conversation), &answer("Two?")).unwrap();
    r.add(Some(&first.conversation), &answer("Three?")).unwrap();
    let (kept, before) = r.with_before(&second.id).unwrap();
    assert_eq!((kept, before.len()), (second.clone(), 1));
    assert_eq!(before[0].question, "One?");
    let mut whole = second.answer.clone();
    whole.answer.push_str(" And more.");
    let went_on = r.went_on(&second.id, whole, "Edited. And more.".into()).unwrap();
    assert_eq!(r.conversation(&first.conversation).unwrap()[1], went_on);
    assert_eq!(went_on.answer.answer, "As it is. And more.");
    assert!(r.with_before("no").is_err());
}

#[test]
fn passages_that_do_not_say_whether_they_carry_do_by_their_score() {
    let mut older = serde_json::to_value(answer("One?")).unwrap();
    let passage = |score: f32| {
        serde_json::json!({
            "id": "d#0", "number": 1, "document": "d", "version": "1", "title": "D", "kind": "qa", "url": null,
            "effective_from": null, "effective_to": null, "heading_path": [], "start": 0, "end": 1, "text": "A",
            "score": score, "found_by": []
        })
    };
    older["passages"] = [passage(0.9), passage(0.4)].into();
    let dir = tempfile::tempdir().unwrap();
    let r = open(dir.path());
    let kept = r.add(None, &serde_json::from_value(older).unwrap()).unwrap();
    let read = &r.conversation(&kept.conversation).unwrap()[0];
    let carries: Vec<bool> = read.answer.passages.iter().map(|p| p.carries).collect();
    assert_eq!(carries, [true, false]);
}

#[test]
fn the_parts_of_a_message_are_kept_and_what_carries_stays_as_it_was_said() {
    let mut whole = serde_json::to_value(answer("Two? And another?")).unwrap();
    let passage = |number: u32, score: f32, carries: bool| {
        serde_json::json!({
            "id": format!("d#{number}"), "number": number, "document": "d", "version": "1", "title": "D",
            "kind": "qa", "url": null, "effective_from": null, "effective_to": null, "heading_path": [],
            "start": 0, "end": 1, "text": "A", "score": score, "carries": carries, "found_by": []
        })
    };
    // What an open part found is near, and carries nothing; what is urgent carries, however far it is.
    whole["passages"] = [passage(1, 0.1, true), passage(2, 0.9, false)].into();
    whole["parts"] = serde_json::json!([{
        "asked": "Two?", "asked_as": null, "as_of": "2026-01-01", "day": null, "reason": "not_covered",
        "passages": [2], "sentences": [], "unknown_codes": [], "look_alikes": [], "missing": []
    }]);
    let whole: Answer = serde_json::from_value(whole).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let r = open(dir.path());
    let kept = r.add(None, &whole).unwrap();
    assert_eq!(r.conversation(&kept.conversation).unwrap()[0].answer, whole);
}

#[test]
fn what_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let r = open(dir.path());
    assert!(matches!(r.add(Some("no"), &answer("q")), Err(RecordsError::Unknown(_))));
    assert!(matches!(
        r.save_text("no", String::new(), vec![]),
        Err(RecordsError::Unknown(_))
    ));
}

#[test]
fn a_foreign_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("data.mdb"), vec![7u8; 20_000]).unwrap();
    assert!(matches!(
        Records::open(dir.path(), "pharmacy", &Held::default()),
        Err(RecordsError::Unusable { .. })
    ));
}
