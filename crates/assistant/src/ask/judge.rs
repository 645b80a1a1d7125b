//! Whether passages carry an answer, and why not.

use mortar_language::codes::{self, Code};
use mortar_language::text;

use super::ABSTAIN_BELOW;
use crate::answer::{Passage, Reason};
use crate::ports::Retrieved;

/// Marks the passages from which an answer may be made.
pub(super) fn mark(passages: &mut [Passage]) {
    for p in passages {
        p.carries = p.emergency || (p.score >= ABSTAIN_BELOW && p.lacks.is_empty());
    }
}

/// Whether to write nothing, and why.
pub(super) fn abstain(found: &Retrieved) -> Option<Reason> {
    // In danger to life what the sources say is shown, whatever else is unknown.
    if found.passages.iter().any(|p| p.emergency) {
        return None;
    }
    if !found.unknown_codes.is_empty() && !found.code_found {
        let all_out = found.unknown_codes.iter().all(|c| found.codes_out_of_force.contains(c));
        return Some(if all_out {
            Reason::NotInForce
        } else {
            Reason::UnknownCode
        });
    }
    if found.passages.iter().any(|p| p.carries) {
        return None;
    }
    Some(if found.missing.is_empty() {
        Reason::NotCovered
    } else {
        Reason::OtherSubject
    })
}

/// A follow-up borrows the words of the question before, and with them its likeness to what was
/// answered before. A passage that holds none of the follow-up's own words does not answer it.
pub(super) fn about_the_new(asked: &str, passages: &mut [Passage]) {
    let new = text::content_stems(asked);
    for p in passages.iter_mut() {
        let held = text::content_stems(&format!("{} {} {}", p.title, p.heading_path.join(" "), p.text));
        if !new.is_empty() && !new.iter().any(|w| held.contains(w)) {
            p.score = p.score.min(ABSTAIN_BELOW / 2.0);
        }
    }
    passages.sort_by_key(|p| p.score < ABSTAIN_BELOW);
    for (p, number) in passages.iter_mut().zip(1..) {
        p.number = number;
    }
}

pub(super) fn codes_of(question: &str) -> Vec<Code> {
    codes::find(question, &|_| false).into_iter().map(|f| f.code).collect()
}
