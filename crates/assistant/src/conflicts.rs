//! Sources that are all in force and contradict each other: alike in what they are about, and different in a number,
//! a day, or a yes and no. None of them is picked.

use std::collections::HashSet;

use mortar_language::drugs::Lexicon;
use mortar_language::subjects::Held;
use mortar_language::{codes, facts, text};

use crate::answer::{Disagreement, Passage};

/// Two sentences that share so much of their words are about the same.
const ALIKE: f32 = 0.6;
/// A yes and a no must be about the same more surely: they differ in one word alone.
const ALIKE_BUT_FOR_NO: f32 = 0.6;
/// So much less sure may the second source be than the first.
const NEAR: f32 = 0.45;

/// The first contradiction between passages of different documents, of which each could carry the answer.
pub fn find(passages: &[Passage], lexicon: &Lexicon) -> Vec<Disagreement> {
    let Some(first) = passages.first() else {
        return Vec::new();
    };
    let near = |p: &&Passage| p.score >= first.score - NEAR && p.lacks.is_empty() && !p.emergency;
    let all: Vec<&Passage> = passages.iter().filter(near).collect();
    let mut out = Vec::new();
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            if a.document != b.document && same_things(a, b, lexicon) {
                out.extend(between(a, b));
            }
        }
    }
    out
}

/// Whether two passages name the same drugs and codes: what is said of others is no contradiction.
fn same_things(a: &Passage, b: &Passage, lexicon: &Lexicon) -> bool {
    let said = |p: &Passage| format!("{}\n{}", p.title, p.text);
    let named = |p: &Passage| Held::of(&said(p), lexicon).names();
    let coded = |p: &Passage| -> HashSet<String> {
        codes::find(&p.title, &|_| false)
            .into_iter()
            .map(|f| f.code.value)
            .collect()
    };
    named(a) == named(b) && coded(a) == coded(b)
}

fn between(a: &Passage, b: &Passage) -> Option<Disagreement> {
    let sentences = |p: &Passage| -> Vec<String> {
        let all = text::segments(&p.text).into_iter().filter(|s| !s.heading);
        all.map(|s| p.text[s.body..s.range.end].to_owned()).collect()
    };
    let (ours, theirs) = (sentences(a), sentences(b));
    for s in &ours {
        for t in &theirs {
            let (x, y) = (words(s), words(t));
            let shared = x.intersection(&y).count() as f32;
            let alike = shared / x.len().min(y.len()).max(1) as f32;
            if shared < 2.0 {
                continue;
            }
            let differ = alike >= ALIKE && numbers_differ(s, t);
            let deny = alike >= ALIKE_BUT_FOR_NO && facts::negated(s) != facts::negated(t);
            if differ || deny {
                return Some(Disagreement {
                    one: a.number,
                    other: b.number,
                    says: s.clone(),
                    contradicts: t.clone(),
                });
            }
        }
    }
    None
}

/// The words of a sentence that say what it is about: no numbers, no units, no negation.
fn words(sentence: &str) -> HashSet<String> {
    let counts: HashSet<String> = facts::facts(sentence)
        .iter()
        .flat_map(|f| text::stems(&f.shown))
        .chain(["not", "no", "cannot", "never", "yes", "within"].map(str::to_owned))
        .collect();
    text::content_stems(sentence)
        .into_iter()
        .filter(|w| !counts.contains(w))
        .collect()
}

/// Whether both say a number of the same unit, and not the same one.
fn numbers_differ(a: &str, b: &str) -> bool {
    let counted = |s: &str| -> Vec<(String, String)> {
        let all = facts::facts(s).into_iter();
        all.filter_map(|f| f.key.split_once(' ').map(|(n, unit)| (unit.to_owned(), n.to_owned())))
            .collect()
    };
    let (x, y) = (counted(a), counted(b));
    x.iter().any(|(unit, n)| {
        let mut same = y.iter().filter(|(u, _)| u == unit).peekable();
        same.peek().is_some() && same.all(|(_, m)| m != n)
    })
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
