use super::*;
use crate::example::{MODEL, model, release, segment};
use crate::manifest::LANGUAGE;

const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

fn wanted<'a>(documents: &[(&'a str, [u8; 32])]) -> Wanted<'a> {
    Wanted {
        documents: documents.to_vec(),
        content: "what they say".into(),
        embeddings: vec![model(MODEL)],
        language: LANGUAGE,
        notes: "",
    }
}

fn parent<'a>(manifest: &'a ReleaseManifest, documents: &[(&'a str, [u8; 32])]) -> Parent<'a> {
    Parent {
        manifest,
        documents: documents.iter().copied().collect(),
    }
}

#[test]
fn what_is_first_is_a_base_of_all() {
    let plan = plan(&wanted(&[("a", OLD), ("b", OLD)]), None, 0);
    assert_eq!((plan.number, plan.way), (1, Way::Whole));
    assert_eq!(plan.differences.added, ["a", "b"]);
    assert_eq!(plan.differences.new, [0, 1]);
}

#[test]
fn what_changed_goes_behind_the_parent() {
    let before = release(3, &[segment("base", 100)], &[]);
    let held = [("a", OLD), ("b", OLD), ("d", OLD)];
    let plan = plan(
        &wanted(&[("a", OLD), ("b", NEW), ("c", NEW)]),
        Some(&parent(&before, &held)),
        // The channel is not at the newest release: a number is never given twice.
        7,
    );
    assert_eq!((plan.number, plan.way), (8, Way::Grow));
    let differences = Differences {
        added: vec!["c".into()],
        changed: vec!["b".into()],
        withdrawn: vec!["d".into()],
        unchanged: 1,
        new: vec![1, 2],
    };
    assert_eq!(plan.differences, differences);
}

#[test]
fn what_the_parent_says_already_is_no_new_release() {
    let mut before = release(3, &[segment("base", 100)], &[]);
    before.content = "what they say".into();
    let held = [("a", OLD)];
    let same = plan(&wanted(&held), Some(&parent(&before, &held)), 7);
    assert_eq!((same.number, same.way), (3, Way::Same));
}

/// A quarter of the base, or 64 segments: what is more lies in a new base.
#[test]
fn a_base_is_written_anew_when_much_lies_behind_it() {
    let way = |behind: &[_], changed: usize| {
        let before = release(1, &[segment("base", 100)], behind);
        let ids: Vec<String> = (0..changed).map(|i| format!("{i:03}")).collect();
        let then: Vec<_> = ids.iter().map(|id| (id.as_str(), NEW)).collect();
        let held: Vec<_> = ids.iter().map(|id| (id.as_str(), OLD)).collect();
        plan(&wanted(&then), Some(&parent(&before, &held)), 1).way
    };
    assert_eq!(way(&[], 25), Way::Grow);
    assert_eq!(way(&[], 26), Way::Rebase);
    assert_eq!(way(&[segment("one", 20)], 5), Way::Grow);
    assert_eq!(way(&[segment("one", 20)], 6), Way::Rebase);
    let many = |n: usize| -> Vec<_> { (0..n).map(|i| segment(&i.to_string(), 0)).collect() };
    assert_eq!(way(&many(63), 1), Way::Grow);
    assert_eq!(way(&many(64), 1), Way::Rebase);
}

/// What is withdrawn counts like what is changed.
#[test]
fn withdrawals_lie_behind_a_base_too() {
    let before = release(1, &[segment("base", 8)], &[]);
    let held = [("a", OLD), ("b", OLD), ("c", OLD), ("d", OLD)];
    let way = |left: &[_]| plan(&wanted(left), Some(&parent(&before, &held)), 1).way;
    assert_eq!(way(&held[..2]), Way::Grow);
    assert_eq!(way(&held[..1]), Way::Rebase);
}

#[test]
fn vectors_by_other_models_begin_anew() {
    let before = release(1, &[segment("base", 100)], &[]);
    let mut wanted = wanted(&[("a", OLD)]);
    wanted.embeddings.push(model("another"));
    let plan = plan(&wanted, Some(&parent(&before, &[("a", OLD)])), 1);
    assert_eq!((plan.number, plan.way), (2, Way::Whole));
    assert!(plan.differences.new.is_empty());
}

/// Passages that were cut by other rules of language are never put behind those of the parent, even where all of them
/// come out alike.
#[test]
fn another_language_needs_a_new_base() {
    let mut before = release(1, &[segment("base", 100)], &[]);
    before.content = "what they say".into();
    before.language = LANGUAGE - 1;
    let held = [("a", OLD), ("b", OLD)];
    for documents in [held, [("a", OLD), ("b", NEW)]] {
        let plan = plan(&wanted(&documents), Some(&parent(&before, &held)), 1);
        assert_eq!((plan.number, plan.way), (2, Way::Rebase));
    }
}
