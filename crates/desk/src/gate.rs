//! What speaks against letting operators have a release, as a list: of what it changes, what that does to answers, and
//! what reviewers said. Nothing is read here and nothing asked.

use std::collections::BTreeSet;

use mortar_measure::{AnsweredOtherwise, Comparison, Difference};
use mortar_store::review::{Mark, Marked, Reviewed};

/// The reasons against it, those first that a rule sees by itself. So many people are to have looked at it.
pub fn against(
    difference: &Difference,
    comparison: Option<&Comparison>,
    review: &[Marked],
    reviewers: usize,
) -> Vec<String> {
    let lost = difference.codes_lost.iter();
    let mut reasons: Vec<String> = lost
        .map(|c| format!("a code is lost: {} (it was in {})", c.code, c.documents.join(", ")))
        .collect();
    let Some(compared) = comparison else { return reasons };
    reasons.extend(compared.broken.iter().map(|b| {
        let rule = b.rule.told().to_lowercase();
        format!("{rule}: {}", b.question.ask)
    }));
    let disagree = compared.contradictions.iter();
    reasons.extend(disagree.map(|c| format!("sources disagree: {c}")));
    reasons.extend(reviewed(compared, review, reviewers));
    reasons
}

/// What of a question tells it from others.
pub fn of(q: &AnsweredOtherwise) -> Reviewed {
    Reviewed {
        ask: q.ask.clone(),
        after: q.after.clone(),
        as_of: q.as_of,
    }
}

fn reviewed(compared: &Comparison, review: &[Marked], reviewers: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    let broken = || compared.broken.iter().map(|b| &b.question);
    let (mut people, mut open, mut hurting) = (BTreeSet::new(), 0, 0);
    for q in broken().chain(&compared.changed) {
        let question = of(q);
        let marks: Vec<&Marked> = review.iter().filter(|m| m.question == question).collect();
        people.extend(marks.iter().map(|m| m.by.as_str()));
        for m in marks.iter().filter(|m| m.mark == Mark::Unwanted) {
            let note = if m.note.is_empty() {
                String::new()
            } else {
                format!(": {}", m.note)
            };
            reasons.push(format!("unwanted: {} ({}{note})", q.ask, m.by));
        }
        if q.became.hurts() || broken().any(|b| std::ptr::eq(b, q)) {
            hurting += 1;
            open += usize::from(marks.is_empty());
        }
    }
    let anything = compared.broken.len() + compared.changed.len() > 0;
    if reviewers > 0 && open > 0 {
        reasons.push(format!("not reviewed: {open} of {hurting} answers that hurt"));
    }
    if anything && people.len() < reviewers {
        reasons.push(format!("{} of {reviewers} reviewers", people.len()));
    }
    reasons
}

#[cfg(test)]
mod tests;
