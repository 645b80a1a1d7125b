//! What speaks for and against a text's standing in a passage, as numbers: the learnt model weighs them. It knows no
//! mark and no threshold.

use std::collections::HashSet;

use mortar_language::{drugs, facts, text};

use super::said::Said;
use super::source::{Piece, Source};

/// The signals in the order of the weights.
pub const NAMES: [&str; 19] = [
    "near", "there", "all", "pairs", "run", "copied", "new", "new_all", "rare", "asks", "self", "opinion", "weakest",
    "denies", "missing", "brief", "long", "exclaims", "turned",
];
/// The place of "pairs".
pub(super) const PAIRS: usize = 3;
pub type Signals = [f32; NAMES.len()];

/// Words of who speaks: what they say of themselves stands in no source.
const SELF: &[&str] = &["i", "me", "my", "mine", "myself", "we", "us", "our"];
/// Words of what somebody thinks.
const OPINION: &[&str] = &[
    "think",
    "thought",
    "believe",
    "guess",
    "hope",
    "wonder",
    "wish",
    "feel",
    "felt",
    "imagine",
    "maybe",
    "probably",
    "perhaps",
    "love",
    "loved",
    "like",
    "liked",
    "enjoy",
    "enjoyed",
    "hate",
    "hated",
    "prefer",
    "favorite",
    "favourite",
    "interesting",
    "amazing",
    "cool",
    "great",
    "good",
    "awesome",
    "crazy",
    "bad",
    "best",
    "agree",
    "wow",
    "pretty",
    "know",
    "heard",
    "surprised",
    "funny",
    "beautiful",
    "weird",
];

/// The signals of a text against a passage, of which `window` is nearest. `parts` are its claims.
pub(super) fn of(said: &Said<'_>, parts: &[Said<'_>], source: &Source<'_>, window: &[Piece]) -> Signals {
    let count = said.words.len().max(1) as f32;
    let there = |s: u32| source.holds(s);
    let near = |s: u32| window.iter().any(|p| p.stems.contains(&s)) || source.about.contains(&s);
    let new: Vec<&str> = said
        .words
        .iter()
        .filter(|w| w.content && !there(w.stem))
        .map(|w| w.shown)
        .collect();
    let rare = new.iter().filter(|w| is_rare(w)).count();
    let own = |list: &[&str]| {
        let said = said
            .words
            .iter()
            .filter(|w| list.contains(&text::fold(w.shown).as_str()) && !there(w.stem));
        (said.count() as f32).min(3.0) / 3.0
    };
    let stems: Vec<u32> = said.words.iter().map(|w| w.stem).collect();
    let (pairs, longest, copied) = runs(&stems, source);
    let weakest = parts
        .iter()
        .filter(|p| !p.wanted.is_empty())
        .map(|p| p.share(there))
        .fold(1.0, f32::min);
    let told: Vec<_> = facts::missing_among(&said.facts, source.facts());
    let denied = window.iter().any(|p| p.clauses.iter().any(|c| c.negated));
    let flag = |b: bool| f32::from(u8::from(b));
    [
        said.share(near),
        said.share(there),
        said.words.iter().filter(|w| there(w.stem)).count() as f32 / count,
        pairs,
        longest as f32 / count,
        copied as f32 / count,
        (new.len() as f32).min(6.0) / 6.0,
        (said.words.iter().filter(|w| !there(w.stem)).count() as f32).min(10.0) / 10.0,
        (rare as f32).min(3.0) / 3.0,
        flag(said.text.contains('?')),
        own(SELF),
        own(OPINION),
        weakest,
        flag(said.negated && !denied),
        (told.len() as f32).min(2.0) / 2.0,
        flag(said.wanted.len() < 3),
        (count.ln() / 4.0).min(1.0),
        flag(said.text.contains('!')),
        flag(!facts::turned(said.text, &source.passage.text).is_empty()),
    ]
}

/// No plain word: a name, a number, a word of a trade.
fn is_rare(word: &str) -> bool {
    let lower = text::fold(word);
    !drugs::is_common(&lower) && !drugs::has_common_stem(&lower)
}

/// The share of neighbouring words that are neighbours in the passage, the longest run of words copied from it, and
/// how many words stand in runs of three and more.
fn runs(said: &[u32], source: &Source<'_>) -> (f32, usize, usize) {
    let (mut longest, mut pairs) = (0, 0);
    let mut copied: HashSet<usize> = HashSet::new();
    for i in 0..said.len() {
        let mut here = 0;
        for at in source.places.get(&said[i]).into_iter().flatten() {
            let rest = source.words[*at as usize..].iter();
            here = here.max(said[i..].iter().zip(rest).take_while(|(a, b)| a == b).count());
        }
        longest = longest.max(here);
        pairs += usize::from(here >= 2);
        if here >= 3 {
            copied.extend(i..i + here);
        }
    }
    (
        pairs as f32 / said.len().saturating_sub(1).max(1) as f32,
        longest,
        copied.len(),
    )
}
