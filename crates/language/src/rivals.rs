//! Things that share a word of their name and are two: Elm Street and Oak Street, an HMO and a PPO of one payer,
//! Portal 4.2 and Portal 5.0. A question's word with its neighbour is looked for in a source; where the source has
//! the neighbour with another word of that sort in its place, and the word nowhere, it is about the other thing.
//! A source that says neither is judged elsewhere.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::proper::{is_title, starts_a_sentence};
use crate::subjects::measured;
use crate::{days, drugs, text};

/// Words of which one at a time says which of several things is meant. What means the same stands together behind a
/// slash.
const SORTS: &[&str] = &[
    "hmo ppo epo pos hdhp",
    "bronze silver gold platinum diamond",
    "basic plus pro/professional premium lite standard max mini ultra junior advanced essential/essentials classic \
     deluxe express priority economy overnight starter enterprise",
    "north/northern south/southern east/eastern west/western northeast northwest southeast southwest central",
    "upper lower",
    "small medium large",
    "spring summer fall/autumn winter",
    "adult/adults pediatric/paediatric/child/children/kids infant/infants",
    "men/men's women/women's",
    "left right",
    "weekday/weekdays weekend/weekends",
    "daily weekly monthly quarterly annual/yearly",
    "day night morning afternoon evening",
    "first second third fourth fifth",
    "primary secondary tertiary",
    "inpatient outpatient",
    "inbound outbound",
    "domestic international",
    "medicare medicaid tricare",
    "brand/branded generic",
    "opened unopened/sealed",
    "oral topical nasal injectable inhaled rectal",
];

/// What a name of a place ends with: there the word before it is the name, with a capital or without.
const PLACES: &[&str] = &[
    "street",
    "avenue",
    "road",
    "lane",
    "boulevard",
    "drive",
    "hill",
    "hills",
    "bay",
    "park",
    "square",
    "mall",
    "plaza",
    "heights",
    "valley",
    "creek",
    "beach",
    "county",
    "lake",
    "river",
    "bridge",
    "harbor",
    "island",
];

/// Before these a number counts, dates or bounds, and names nothing.
const COUNTED: &[&str] = &[
    "age",
    "aged",
    "ages",
    "least",
    "most",
    "past",
    "last",
    "next",
    "first",
    "within",
    "step",
    "steps",
    "code",
    "codes",
    "reject",
    "rejection",
    "rejected",
    "claim",
    "error",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "sop",
    "tier",
    "level",
    "day",
    "days",
    "took",
    "take",
    "takes",
    "give",
    "gave",
    "need",
    "needs",
    "wants",
    "want",
    "ordered",
    "order",
    "costs",
    "cost",
    "pay",
    "paid",
    "price",
    "extension",
    "limit",
    "fee",
    "refund",
    "copay",
    "maximum",
    "minimum",
    "lost",
    "send",
    "sent",
    "get",
    "got",
    "received",
    "every",
    "each",
    "exactly",
    "around",
    "nearly",
    "almost",
    "roughly",
    "number",
    "total",
    "phone",
    "call",
    "zip",
    "year",
];

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[0-9]{1,4}(?:\.[0-9]{1,3})*[a-z]?$").expect("a valid pattern"));

/// What tells a thing of the question from others of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum By {
    /// A word of one of the sorts, by its sort and its meaning there.
    Sort(usize, usize),
    Number,
    Letter,
    /// Part of a name of two words.
    Name,
}

/// A word of a question with the neighbour that it shares with other things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The two as they were typed.
    pub shown: String,
    word: String,
    beside: String,
    /// Whether the word stands behind its neighbour.
    behind: bool,
    /// Whether the two are written as a name, or end as places do.
    named: bool,
    by: By,
}

/// Words with their places: two are neighbours where nothing but a space or a hyphen parts them.
struct Words<'t> {
    text: &'t str,
    at: Vec<(Range<usize>, String)>,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Words<'t> {
        let at = text::words(text).map(|w| {
            let start = w.as_ptr() as usize - text.as_ptr() as usize;
            (start..start + w.len(), drugs::fold_name(w))
        });
        Words { text, at: at.collect() }
    }

    fn neighbours(&self, first: usize) -> bool {
        let between = &self.text[self.at[first].0.end..self.at[first + 1].0.start];
        between == " " || between == "-"
    }

    fn written(&self, word: usize) -> &'t str {
        &self.text[self.at[word].0.clone()]
    }

    fn is_capital(&self, word: usize) -> bool {
        self.written(word).starts_with(char::is_uppercase)
    }

    /// Whether capitals say nothing, since most words have one.
    fn is_title(&self) -> bool {
        let written: Vec<&str> = (0..self.at.len()).map(|i| self.written(i)).collect();
        written.len() > 3 && is_title(&written[1..])
    }

    fn is_measured(&self, word: usize) -> bool {
        static RANGE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^\s*(?:-|–|to|through)\s*[0-9]").expect("a valid pattern"));
        let range = &self.at[word].0;
        measured(self.text, range)
            || RANGE.is_match(&self.text[range.end..])
            || self.text[..range.start].ends_with(['$', '€', '#'])
    }
}

/// The sorts that a word is of.
fn sorts(word: &str) -> impl Iterator<Item = (usize, usize)> {
    SORTS.iter().enumerate().filter_map(move |(sort, words)| {
        let meaning = words.split_whitespace().position(|w| w.split('/').any(|w| w == word))?;
        Some((sort, meaning))
    })
}

/// What of a question tells its thing from others that share its name.
pub fn slots(question: &str) -> Vec<Slot> {
    let words = Words::of(question);
    let capitals = !words.is_title() && question.chars().any(char::is_lowercase);
    let mut out: Vec<Slot> = Vec::new();
    for first in 0..words.at.len().saturating_sub(1) {
        if !words.neighbours(first) {
            continue;
        }
        for (word, beside) in [(first, first + 1), (first + 1, first)] {
            let behind = word > beside;
            if is_small(&words.at[beside].1) || sorts(&words.at[beside].1).next().is_some() {
                continue;
            }
            let place = !behind && is_place(&words, beside);
            let capital = capitals && is_capital_name(&words, word, beside);
            let named = capital || place;
            let mut put = |by: By| {
                out.push(Slot {
                    shown: question[words.at[first].0.start..words.at[first + 1].0.end].to_owned(),
                    word: words.at[word].1.clone(),
                    beside: words.at[beside].1.clone(),
                    behind,
                    named,
                    by,
                });
            };
            for (sort, meaning) in sorts(&words.at[word].1) {
                put(By::Sort(sort, meaning));
            }
            if behind && is_number(&words, word) && names_by_number(&words.at[beside].1) {
                put(By::Number);
            }
            if behind && is_letter(&words, word) {
                put(By::Letter);
            }
            if named && is_of_a_name(&words, word, beside) {
                put(By::Name);
            }
        }
    }
    out
}

fn is_small(word: &str) -> bool {
    word.len() < 2 || text::is_stopword(word) || word.chars().all(|c| c.is_ascii_digit())
}

fn is_number(words: &Words<'_>, word: usize) -> bool {
    NUMBER.is_match(&words.at[word].1) && !words.is_measured(word)
}

fn names_by_number(beside: &str) -> bool {
    beside.len() >= 3 && beside.chars().all(char::is_alphabetic) && !COUNTED.contains(&beside)
}

/// A letter by itself is a name where it is a capital, or none that English writes alone.
fn is_letter(words: &Words<'_>, word: usize) -> bool {
    let letter = words.written(word);
    letter.len() == 1
        && letter.bytes().all(|b| b.is_ascii_alphabetic())
        && (letter.bytes().all(|b| b.is_ascii_uppercase() && b != b'I')
            || !matches!(
                letter,
                "a" | "i" | "o" | "s" | "t" | "w" | "m" | "n" | "x" | "u" | "r" | "y"
            ))
}

/// Whether a word and its neighbour may be a name of two words.
fn is_of_a_name(words: &Words<'_>, word: usize, beside: usize) -> bool {
    let (own, other) = (&words.at[word].1, &words.at[beside].1);
    let letters = |w: &str| w.chars().all(char::is_alphabetic);
    let sort = |w: &str| days::is_day_word(w) || sorts(w).next().is_some();
    !is_small(own) && letters(own) && letters(other) && !sort(own)
}

/// Whether the capitals of two neighbours make a name of them. That of a first word says nothing, unless the other
/// thing begins with it too, or a place ends with what follows.
fn is_capital_name(words: &Words<'_>, word: usize, beside: usize) -> bool {
    let first = word.min(beside);
    let begins = starts_a_sentence(words.text, words.at[first].0.start);
    words.is_capital(word) && words.is_capital(beside) && (!begins || beside == first || is_place(words, beside))
}

fn is_place(words: &Words<'_>, word: usize) -> bool {
    PLACES.contains(&words.at[word].1.as_str())
}

impl Slot {
    /// What a source names instead, as it writes it; none where it names the thing itself, or no other of its sort.
    pub fn rival<'s>(&self, source: &'s str) -> Option<&'s str> {
        let lines: Vec<Words<'s>> = source.lines().map(Words::of).collect();
        if lines.iter().any(|words| self.is_said(words)) {
            return None;
        }
        lines.iter().find_map(|words| self.instead(words))
    }

    /// Whether it is a part of a name as people write it.
    pub fn is_name(&self) -> bool {
        self.named
    }

    /// Whether a source names the very thing.
    pub fn is_said_in(&self, source: &str) -> bool {
        source.lines().any(|l| self.is_said(&Words::of(l)))
    }

    /// Whether the very thing is named.
    fn is_said(&self, words: &Words<'_>) -> bool {
        let mut all = words.at.iter().map(|w| w.1.as_str());
        match self.by {
            By::Sort(sort, meaning) => all.any(|w| sorts(w).any(|s| s == (sort, meaning))),
            By::Number => all.any(|w| w == self.word),
            By::Name => all.any(|w| w == self.word || text::stem(w) == text::stem(&self.word)),
            // A letter stands for much else by itself.
            By::Letter => self.places(words).any(|(word, _)| words.at[word].1 == self.word),
        }
    }

    /// Where the neighbour stands with a word beside it, on the question's side.
    fn places<'w>(&'w self, words: &'w Words<'_>) -> impl Iterator<Item = (usize, usize)> + 'w {
        let beside = text::stem(&self.beside);
        (0..words.at.len().saturating_sub(1))
            .filter(|first| words.neighbours(*first))
            .map(|first| {
                if self.behind {
                    (first + 1, first)
                } else {
                    (first, first + 1)
                }
            })
            .filter(move |(_, b)| words.at[*b].1 == self.beside || text::stem(&words.at[*b].1) == beside)
    }

    /// Another word beside the neighbour.
    fn instead<'s>(&self, words: &Words<'s>) -> Option<&'s str> {
        let is = |&(word, beside): &(usize, usize)| match self.by {
            By::Sort(sort, meaning) => sorts(&words.at[word].1).any(|s| s.0 == sort && s.1 != meaning),
            By::Number => is_number(words, word),
            By::Letter => is_letter(words, word) && words.is_capital(word),
            By::Name => is_of_a_name(words, word, beside) && is_capital_name(words, word, beside) && !words.is_title(),
        };
        let (word, beside) = self.places(words).find(is)?;
        let (first, last) = (word.min(beside), word.max(beside));
        Some(&words.text[words.at[first].0.start..words.at[last].0.end])
    }
}

/// What a source lacks, being about something else of that name: by all of it, or by a heading that it stands under,
/// whatever stands above that.
pub fn lacked(slots: &[Slot], source: &str, headings: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for slot in slots {
        let headed = || headings.last().is_some_and(|h| slot.rival(h).is_some());
        if !out.contains(&slot.shown) && (slot.rival(source).is_some() || headed()) {
            out.push(slot.shown.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other<'s>(question: &str, source: &'s str) -> Option<&'s str> {
        slots(question).iter().find_map(|s| s.rival(source))
    }

    #[test]
    fn what_shares_a_word_of_its_name_is_another_thing() {
        for (question, source, rival) in [
            (
                "Does BlueWave HMO cover telehealth?",
                "BlueWave PPO covers it.",
                "BlueWave PPO",
            ),
            (
                "referral with meridian care epo",
                "Meridian Care PPO needs no referral.",
                "Care PPO",
            ),
            (
                "When does the Oak Street branch close?",
                "The Elm Street branch closes at 9.",
                "Elm Street",
            ),
            ("is oak street open", "The Elm Street branch closes at 9.", "Elm Street"),
            (
                "Does the South Hill clinic draw blood?",
                "The North Hill clinic does.",
                "North Hill",
            ),
            (
                "Who qualifies for Bridge Rewards?",
                "Bridge Assist is for all.",
                "Bridge Assist",
            ),
            ("clean breeze 350", "Rinse the Breeze 300.", "Breeze 300"),
            ("refill in portal 6.1", "In Portal 4.2 go to Medicines.", "Portal 4.2"),
            (
                "batteries CardioCheck B",
                "The CardioCheck A takes four.",
                "CardioCheck A",
            ),
            ("dose of vitamin d", "Vitamin C is taken once a day.", "Vitamin C"),
            (
                "export in DoseTrack Lite",
                "In DoseTrack Pro choose File.",
                "DoseTrack Pro",
            ),
            (
                "weekend hours of the desk",
                "Weekday hours are 8 to 5.",
                "Weekday hours",
            ),
        ] {
            assert_eq!(other(question, source), Some(rival), "{question} / {source}");
        }
    }

    #[test]
    fn what_is_named_or_only_counted_has_no_rival() {
        for (question, source) in [
            ("Does BlueWave HMO cover it?", "BlueWave PPO and BlueWave HMO cover it."),
            ("is elm street open", "The Elm Street branch closes at 9."),
            ("is the street open", "The Elm Street branch closes at 9."),
            ("a child aged 12", "Children aged 3 and over."),
            ("I ordered 20 and got 10", "Ordered 30 days ago."),
            ("within 30 days", "within 14 days"),
            ("lisinopril 20 mg", "lisinopril 10 mg"),
            ("refund policy", "Returns Policy"),
            ("annual fee", "The yearly fee is $40."),
            ("March 2025 fees", "March 2026"),
            ("Is Gold accepted?", "The Gold plan is accepted."),
            ("portal 5.0", "Portal 4.2 was before Portal 5.0."),
        ] {
            assert_eq!(other(question, source), None, "{question} / {source}");
        }
    }
}
