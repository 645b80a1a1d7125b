//! A text's words as names are told by them: their capitals, and what lists say of each. A list says what may be a name
//! and what is none; what is one is decided by who reads the words.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use mortar_language::{days, drugs, facts, proper, text};
use regex::Regex;

use super::Protected;

/// Which names are common, and where they come from, is written beside the lists.
static FIRST: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("../../data/first-names.txt").lines().collect());
static LAST: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("../../data/last-names.txt").lines().collect());
static CITIES: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("../../data/cities.txt").lines().collect());

/// Words with capitals that name no person: peoples, languages, plans and makers, tests, trades.
static KNOWN: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/no-names.txt").split_whitespace().collect());

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\p{L}[\p{L}\p{M}\p{N}]*(?:['’-][\p{L}\p{M}\p{N}]+)*").expect("a valid pattern"));

pub(super) struct Word<'t> {
    pub text: &'t str,
    /// Without a possessive.
    pub range: Range<usize>,
    pub folded: String,
    pub possessive: bool,
    /// Begins with a capital.
    pub capital: bool,
    /// All of it in capitals.
    pub upper: bool,
    pub first: bool,
    pub last: bool,
    /// A plain word as a list has it, a drug, a month, a word of the trade.
    pub common: bool,
    /// That, or a form of it.
    pub plain: bool,
    pub stop: bool,
}

impl Word<'_> {
    /// A single letter.
    pub fn initial(&self) -> bool {
        self.text.chars().count() == 1 && self.capital
    }

    /// Looks like a name, and nothing says that it is none.
    pub fn nameish(&self) -> bool {
        self.capital
            && !self.plain
            && !self.stop
            && self.text.chars().count() > 1
            && !(self.upper && self.text.len() <= 5)
    }

    /// A list has it for a name and no list for anything else.
    pub fn listed(&self) -> bool {
        (self.first || self.last) && !self.plain && !self.stop && self.text.chars().count() > 2
    }
}

pub(super) fn of<'t>(text: &'t str, protected: &dyn Protected) -> Vec<Word<'t>> {
    let shouted = text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase);
    WORD.find_iter(text)
        .map(|m| {
            let (word, possessive) = bare(m.as_str());
            let folded = fold(word);
            let in_list = |list: &HashSet<&str>| {
                list.contains(folded.as_str())
                    || folded.contains('-') && folded.split('-').any(|p| p.len() > 2 && list.contains(p))
            };
            let stop = text::is_stopword(&folded);
            let capital = word.starts_with(char::is_uppercase);
            let (first, last) = (in_list(&FIRST), in_list(&LAST) || folded == "doe");
            let listed = first || last;
            // "St. John's wort" makes no drug of John.
            let lexicon = protected.lexicon();
            let drug = lexicon.is_name(&folded) || !listed && (facts::is_drug(&folded) || lexicon.in_a_name(&folded));
            // What merely comes from a plain word by its ending may well be a name that a list has.
            let common = drugs::is_common(&folded)
                || drug
                || KNOWN.contains(folded.as_str())
                || days::is_day_word(&folded)
                || word.chars().any(char::is_numeric)
                || folded.split(['-', '\'']).all(|p| p.len() < 2 || KNOWN.contains(p));
            // "Westwood" is made of two plain words and "Doerr" of one: behind a capital that says nothing.
            let plain = common
                || !listed
                    && if capital {
                        drugs::has_common_stem(&folded)
                    } else {
                        proper::is_plain_language(&folded, word)
                    };
            Word {
                text: word,
                range: m.start()..m.start() + word.len(),
                capital,
                upper: !shouted && word.chars().count() > 1 && word.chars().all(|c| !c.is_lowercase()),
                first,
                last,
                common,
                plain,
                stop,
                folded,
                possessive,
            }
        })
        .collect()
}

/// A word without "'s".
fn bare(word: &str) -> (&str, bool) {
    let cut = ["'s", "’s", "'S", "’S"].iter().find_map(|e| word.strip_suffix(e));
    cut.filter(|w| !w.is_empty()).map_or((word, false), |w| (w, true))
}

pub(super) fn fold(word: &str) -> String {
    text::fold(word).replace('’', "'")
}

pub(super) fn is_city(folded: &str) -> bool {
    CITIES.contains(folded)
}

/// What stands between two words.
pub(super) fn between<'t>(text: &'t str, a: &Word<'_>, b: &Word<'_>) -> &'t str {
    &text[a.range.end..b.range.start]
}
