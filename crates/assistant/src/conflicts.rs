//! Sources that are all in force and contradict each other, among those that could carry the answer. None of them is
//! picked. What a contradiction is, `mortar_language::disagree` says.

use mortar_language::disagree::{self, Among, Said};
use mortar_language::drugs::Lexicon;

use crate::answer::{Disagreement, Passage};

/// So much less sure may the second source be than the first.
const NEAR: f32 = 0.45;

/// The contradictions between passages of different documents, of which each could carry the answer.
pub fn find(passages: &[Passage], lexicon: &Lexicon) -> Vec<Disagreement> {
    let Some(first) = passages.first() else {
        return Vec::new();
    };
    let near = |p: &&Passage| p.score >= first.score - NEAR && p.lacks.is_empty() && !p.emergency;
    let said = |p: &Passage| Said::of(&p.title, &p.heading_path, &p.text, lexicon);
    let all: Vec<(&Passage, Said)> = passages.iter().filter(near).map(|p| (p, said(p))).collect();
    let Some(((a, x), rest)) = all.split_first() else {
        return Vec::new();
    };
    // What stands behind may contradict each other about something that was not asked.
    let against = |(b, y): &(&Passage, Said)| {
        let found = disagree::between(x, y, Among::Found).filter(|_| b.document != a.document)?;
        let [says, contradicts] = found.sentences;
        Some(Disagreement {
            one: a.number,
            other: b.number,
            says: a.text[says].to_owned(),
            contradicts: b.text[contradicts].to_owned(),
        })
    };
    rest.iter().filter_map(against).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grounding::tests::passage;

    #[test]
    fn a_number_and_a_no_contradict_and_other_things_do_not() {
        let lexicon = Lexicon::own();
        let of = |a: &str, b: &str| !find(&[passage(1, "A", a), passage(2, "B", b)], &lexicon).is_empty();
        assert!(of(
            "A monitor can be returned within 30 days.",
            "Monitors can be returned within 14 days."
        ));
        assert!(of(
            "A monitor can be returned within 30 days.",
            "Monitors cannot be returned."
        ));
        assert!(!of(
            "A monitor can be returned within 30 days.",
            "A monitor can be returned within 30 days of delivery."
        ));
        assert!(!of("A refund takes 5 days.", "A trace takes 1 business day."));
        assert!(!of("Lamictal 25 mg costs $11.", "Lamisil 250 mg costs $20."));
        assert!(!of("Open the order and choose Cancel.", "Call the plan within 3 days."));
    }
}
