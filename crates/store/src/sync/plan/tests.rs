use super::*;
use crate::example::{MODEL, release, segment};
use crate::manifest::{LANGUAGE, Rebased};

fn models() -> Vec<String> {
    vec![MODEL.into()]
}

fn held(manifest: &ReleaseManifest) -> Held {
    Held {
        manifest: manifest.clone(),
        models: models(),
        language: LANGUAGE,
    }
}

fn planned(
    now: Option<&Held>,
    before: Option<&Held>,
    wanted: &ReleaseManifest,
    parents: &[ReleaseManifest],
) -> SyncPlan {
    let models = models();
    let wanted = Wanted {
        manifest: wanted,
        models: &models,
        language: LANGUAGE,
    };
    plan(now, before, &wanted, parents)
}

fn whole(wanted: &ReleaseManifest) -> SyncPlan {
    SyncPlan::Whole {
        segments: wanted.segments.clone(),
    }
}

#[test]
fn who_has_nothing_fetches_all_and_who_has_it_nothing() {
    let one = release(1, &[segment("base", 10)], &[segment("a", 1)]);
    assert_eq!(planned(None, None, &one, &[]), whole(&one));
    assert_eq!(planned(Some(&held(&one)), None, &one, &[]), SyncPlan::Nothing);
    assert!(SyncPlan::Nothing.objects(&models()).is_empty());
}

#[test]
fn who_is_behind_grows() {
    let base = [segment("base", 10)];
    let (a, b) = (segment("a", 1), segment("b", 1));
    let one = release(1, &base, &[]);
    let three = release(3, &base, &[a.clone(), b.clone()]);
    let plan = planned(Some(&held(&one)), None, &three, &[]);
    assert_eq!(
        plan,
        SyncPlan::Grow {
            segments: vec![a, b.clone()]
        }
    );
    // Documents, passages and vectors of two segments; without a model, no vectors.
    assert_eq!(plan.objects(&models()).len(), 6);
    assert_eq!(plan.objects(&[]).len(), 4);
    // A release of the same segments under another number costs nothing but the new name.
    let again = release(4, &base, &[]);
    assert_eq!(
        planned(Some(&held(&one)), None, &again, &[]),
        SyncPlan::Grow { segments: vec![] }
    );
}

#[test]
fn the_way_back_is_the_state_before_where_it_is_there() {
    let base = [segment("base", 10)];
    let (one, two) = (release(1, &base, &[]), release(2, &base, &[segment("a", 1)]));
    let (now, before) = (held(&two), held(&one));
    assert_eq!(planned(Some(&now), Some(&before), &one, &[]), SyncPlan::Back);
    assert_eq!(planned(Some(&now), None, &one, &[]), whole(&one));
}

/// Two bases were written anew since: what lies between goes into the base, in the order in which it came.
#[test]
fn a_new_base_is_made_of_what_is_held() {
    let (a, b, c, d) = (segment("a", 1), segment("b", 1), segment("c", 1), segment("d", 1));
    let one = release(1, &[segment("base", 10)], &[]);
    let two = release(2, &[segment("base", 10)], std::slice::from_ref(&a));
    let mut three = release(3, &[segment("second", 12)], std::slice::from_ref(&c));
    three.rebased = Some(Rebased {
        parent: 2,
        segments: vec![b.clone()],
    });
    let mut four = release(4, &[segment("third", 14)], &[segment("e", 1)]);
    four.rebased = Some(Rebased {
        parent: 3,
        segments: vec![d.clone()],
    });
    let parents = [three, two];
    let plan = planned(Some(&held(&one)), None, &four, &parents);
    assert_eq!(
        plan,
        SyncPlan::Rebase {
            into_base: vec![a, b, c, d],
            behind: vec![segment("e", 1)],
        }
    );
    // Of a parent that is not known any more there is no way.
    assert_eq!(planned(Some(&held(&one)), None, &four, &parents[..1]), whole(&four));
}

#[test]
fn the_short_way_is_taken_only_where_it_is_shorter() {
    let one = release(1, &[segment("base", 10)], &[]);
    let mut two = release(2, &[segment("second", 12)], &[]);
    two.rebased = Some(Rebased {
        parent: 1,
        segments: vec![segment("much", 12)],
    });
    assert_eq!(
        planned(Some(&held(&one)), None, &two, std::slice::from_ref(&one)),
        whole(&two)
    );
}

#[test]
fn other_models_are_fetched_whole() {
    let base = [segment("base", 10)];
    let (one, two) = (release(1, &base, &[]), release(2, &base, &[segment("a", 1)]));
    let mut now = held(&one);
    now.models.clear();
    assert_eq!(planned(Some(&now), None, &two, &[]), whole(&two));
    assert_eq!(planned(Some(&now), None, &one, &[]), whole(&one));
}

/// What was indexed by other rules of language is never added to: it is indexed anew, of what is here where that is all
/// that is needed.
#[test]
fn what_another_language_indexed_is_indexed_anew() {
    let base = [segment("base", 10)];
    let (one, two) = (release(1, &base, &[]), release(2, &base, &[segment("a", 1)]));
    let older = |manifest: &ReleaseManifest| Held {
        language: LANGUAGE - 1,
        ..held(manifest)
    };
    // Nothing was replaced in the base: no byte of it is fetched again.
    let nothing = SyncPlan::Rebase {
        into_base: vec![],
        behind: vec![],
    };
    assert_eq!(planned(Some(&older(&one)), None, &one, &[]), nothing);
    assert_eq!(
        planned(Some(&older(&one)), None, &two, &[]),
        SyncPlan::Rebase {
            into_base: vec![],
            behind: vec![segment("a", 1)],
        }
    );
    // Rows of the base were replaced since, and are not here any more.
    assert_eq!(planned(Some(&older(&two)), None, &two, &[]), whole(&two));
    // Nor is there a way back to it, nor does it matter by which rules the release was cut.
    assert_eq!(planned(Some(&held(&two)), Some(&older(&one)), &one, &[]), whole(&one));
    let mut cut_before = one.clone();
    cut_before.language = LANGUAGE - 1;
    assert_eq!(
        planned(Some(&held(&cut_before)), None, &cut_before, &[]),
        SyncPlan::Nothing
    );
}
