//! What claims nothing: greetings, thanks, regret, farewell, "let me check that", English and Spanish. A clause is
//! courtesy if it begins as one does and holds nothing but the words of courtesy and names; whatever says more is a
//! claim. The patterns and the words stand in `data`.

use std::collections::HashSet;
use std::sync::LazyLock;

use mortar_language::{facts, text};
use regex::{Regex, RegexSet};

const FRAMES: &str = include_str!("../../data/courtesy-frames.txt");
const WORDS: &str = include_str!("../../data/courtesy-words.txt");
/// A longer one is looked at as a claim: who means well is brief.
const LONGEST: usize = 400;
/// Names of people and of the house, at most so many words of them.
const NAMES: usize = 4;
const JOINTS: &[&str] = &["and", "but", "so", "y", "e", "pero", "or", "o"];

static PATTERNS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let lines = FRAMES.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines.map(|l| format!("^(?:{l})(?: |$)")).collect()
});
static BEGINS: LazyLock<RegexSet> = LazyLock::new(|| RegexSet::new(PATTERNS.iter()).expect("valid patterns"));
static EACH: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .map(|p| Regex::new(p).expect("a valid pattern"))
        .collect()
});
static ALLOWED: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_whitespace().collect());

/// Whether a text claims nothing.
pub(crate) fn is_courtesy(said: &str) -> bool {
    if said.len() > LONGEST || said.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let clauses = said.split([',', ';', '.', '!', '?', '¡', '¿', '–', '—', ':', '\n']);
    let mut begun = false;
    let mut names = 0;
    for clause in clauses {
        let shown: Vec<&str> = clause.split_whitespace().map(bare).filter(|w| !w.is_empty()).collect();
        if shown.is_empty() {
            continue;
        }
        let folded: Vec<String> = shown.iter().map(|w| text::fold(w)).collect();
        let mut at = usize::from(JOINTS.contains(&folded[0].as_str()));
        let opened = longest_frame(&folded[at..]);
        if opened == 0 && !begun {
            return false;
        }
        begun = true;
        at += opened;
        while at < shown.len() {
            let again = longest_frame(&folded[at..]);
            let word = folded[at].as_str();
            if again > 0 {
                at += again;
                continue;
            }
            if !ALLOWED.contains(word) && !JOINTS.contains(&word) {
                names += 1;
                if names > NAMES || !shown[at].starts_with(char::is_uppercase) || facts::is_drug(word) {
                    return false;
                }
            }
            at += 1;
        }
    }
    begun
}

/// A word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// How many words the longest pattern takes with which they begin.
fn longest_frame(words: &[String]) -> usize {
    let clause = words.join(" ");
    let taken = |i: usize| {
        EACH[i]
            .find(&clause)
            .map_or(0, |m| m.as_str().split_whitespace().count())
    };
    BEGINS.matches(&clause).into_iter().map(taken).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::is_courtesy;

    #[test]
    fn courtesy_is_told_from_what_hides_in_it() {
        let (mut held, mut missed, mut hidden) = (Vec::new(), Vec::new(), 0);
        let mut courteous = 0;
        for line in include_str!("../../data/courtesy-cases.tsv").lines() {
            let (kind, said) = line.split_once('\t').expect("a kind, a tab and a sentence");
            let found = is_courtesy(said);
            if kind == "courtesy" {
                courteous += 1;
                held.extend((!found).then_some(said));
            } else {
                hidden += 1;
                missed.extend(found.then_some(said));
            }
        }
        assert!(courteous >= 300 && hidden >= 300);
        assert!(held.is_empty(), "held: {held:#?}");
        assert!(missed.len() * 20 <= hidden, "missed: {missed:#?}");
    }
}
