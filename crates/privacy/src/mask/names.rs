//! Names of people by what stands beside them (a title, "named", "62-year-old male,"), by their form ("Mary L.") and by
//! lists. Without a model this is all that names are found by; it does not know a rare name that nothing leads to.

use std::ops::Range;
use std::sync::LazyLock;

use mortar_language::drugs;
use regex::Regex;

use super::kind::Kind;
use super::words::{Word, between};
use super::{Candidate, Protected};

const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "drs",
    "doctor",
    "prof",
    "professor",
    "nurse",
    "sir",
    "madam",
    "madame",
    "rev",
    "sgt",
    "capt",
    "lt",
    "col",
    "pharmacist",
    "attending",
    "physician",
    "prescriber",
    "rph",
];
/// Behind these stands who is meant, be it a plain word.
const CALLED: &[&str] = &["named", "called", "name", "surname", "names"];
/// Behind these, with or without a comma, may stand who it is.
const PEOPLE: &[&str] = &[
    "patient",
    "patients",
    "pt",
    "pts",
    "male",
    "female",
    "man",
    "woman",
    "boy",
    "girl",
    "child",
    "infant",
    "teen",
    "lady",
    "gentleman",
    "customer",
    "member",
    "caller",
    "client",
    "resident",
    "spouse",
    "wife",
    "husband",
    "son",
    "daughter",
    "mother",
    "father",
    "mom",
    "dad",
    "brother",
    "sister",
    "caregiver",
    "subscriber",
    "guardian",
    "neighbor",
    "yo",
    "veteran",
    "smoker",
    "survivor",
    "coworker",
    "colleague",
    "friend",
    "uncle",
    "aunt",
    "grandmother",
    "grandfather",
    "individual",
    "person",
    "adult",
    "diabetic",
    "owner",
    "user",
    "m",
    "f",
];
/// Behind these a name is likely if it looks like one.
const LEADING: &[&str] = &[
    "for",
    "like",
    "as",
    "of",
    "with",
    "by",
    "under",
    "per",
    "from",
    "to",
    "re",
    "attn",
    "dear",
    "hi",
    "hello",
    "hey",
    "thanks",
    "regards",
    "sincerely",
    "via",
    "and",
    "is",
    "i'm",
    "im",
    "am",
    "this",
    "cc",
    "that",
    "w",
    "was",
    "says",
    "said",
    "meet",
    "case",
    "about",
    "if",
    "did",
    "does",
    "has",
    "can",
    "see",
    "seeing",
    "saw",
    "tell",
    "told",
    "ask",
    "asked",
    "call",
    "called",
    "contact",
    "email",
];
const PARTICLES: &[&str] = &[
    "de", "da", "del", "della", "van", "von", "der", "den", "la", "le", "el", "al", "bin", "ibn", "st", "mc", "di",
    "dos", "das", "ter", "y",
];

/// What follows the name of whoever described it.
static OF_SCIENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:['’]s?)?[\s-]+(?:risk|heart|muscular|danlos|barr|sign|criteria|trial|study|score|scores|scale|index|disease|syndrome|reflex|test|palsy|lymphoma|angina|thyroiditis|procedure|maneuver|phenomenon|classification|contracture|esophagus|anemia|stage|staging|formula|equation|solution|method|catheter|tumou?r|sarcoma|ulcer|fracture|ataxia|chorea|dementia|guidelines?|law|rule|act|plan|program|card|app|ozempic|pharmacy|inc|llc|corp)\b")
        .expect("a valid pattern")
});

pub(super) fn find(text: &str, words: &[Word<'_>], protected: &dyn Protected, out: &mut Vec<Candidate>) {
    let mut at = 0;
    while at < words.len() {
        match begins(text, words, at, protected) {
            Some((from, sure)) => {
                let to = run(text, words, from);
                if to > from && !is_of_science(text, &words[from..to], sure) {
                    out.push(candidate(text, words, from, to, sure));
                    at = to;
                } else {
                    at += 1;
                }
            }
            None => at += 1,
        }
    }
}

fn candidate(text: &str, words: &[Word<'_>], from: usize, to: usize, sure: bool) -> Candidate {
    let last = &words[to - 1];
    let mut end = last.range.end;
    // The point of an initial is the name's, unless it ends the sentence; then it does no harm.
    if last.initial() && text[end..].starts_with('.') {
        end += 1;
    }
    let range = words[from].range.start..end;
    if sure {
        Candidate::sure(range, Kind::Name)
    } else {
        Candidate::likely(range, Kind::Name)
    }
}

fn is_of_science(text: &str, run: &[Word<'_>], sure: bool) -> bool {
    let last = run.last().expect("a run has words");
    (!sure || run.len() == 1 && run[0].plain) && OF_SCIENCE.is_match(&text[last.range.end..])
}

/// Whether what a model takes for a name can be one: some word of it is none of everybody's (no slip of one either, no
/// short form, no code), and it is not the name of whoever described a disease.
pub(super) fn may_be(text: &str, words: &[Word<'_>], range: &Range<usize>) -> bool {
    let run = || words.iter().filter(|w| range.contains(&w.range.start));
    let own = |w: &Word<'_>| {
        let letters = w.text.chars().count();
        let listed = (w.first || w.last) && w.capital && !w.upper && !is_trade(&w.folded);
        let short = letters < 4 && !w.listed();
        let slip = !w.capital && !w.listed() && drugs::is_slip_of_common(&w.folded);
        !w.stop && letters > 1 && (listed || !w.plain && !short && !slip && (!w.upper || w.listed()))
    };
    let numbered = text[range.clone()].bytes().any(|b| b.is_ascii_digit()) && !run().any(|w| w.capital);
    let end = run().next_back().map_or(range.end, |w| w.range.end);
    run().any(own) && !numbered && !OF_SCIENCE.is_match(&text[end..])
}

/// Whether a name begins at this word, and whether what leads to it leaves no doubt.
fn begins(text: &str, words: &[Word<'_>], at: usize, protected: &dyn Protected) -> Option<(usize, bool)> {
    let word = &words[at];
    let before = at.checked_sub(1).map(|b| (&words[b], between(text, &words[b], word)));
    let next = words.get(at + 1).map(|n| (n, between(text, word, n)));
    let joined = |gap: &str| gap.trim().is_empty() && !gap.contains('\n');
    let led = before
        .and_then(|(b, gap)| lead(b, gap))
        .map(|led| match at.checked_sub(2).map(|b| &words[b]) {
            // "my name is", "who was called"
            Some(b) if led == Led::Likely && CALLED.contains(&b.folded.as_str()) => Led::Called,
            _ => led,
        });
    if led == Some(Led::Title)
        && (word.capital
            && (!word.stop || word.initial())
            && !(word.upper && word.common)
            && !TITLES.contains(&word.folded.as_str())
            || word.listed()
            || word.last
                && !word.stop
                && !is_trade(&word.folded)
                && before.is_some_and(|(b, _)| b.folded.starts_with('m')))
    {
        return Some((at, true));
    }
    if led == Some(Led::Called) && !word.stop && !TITLES.contains(&word.folded.as_str()) && called(word, protected) {
        return Some((at, true));
    }
    let initial_next = next.is_some_and(|(n, gap)| n.initial() && joined(gap) && is_end_of_initial(text, n));
    let surname_next = next.is_some_and(|(n, gap)| {
        joined(gap) && n.capital && word.capital && !n.stop && (n.listed() || n.last && !n.upper || n.nameish())
    });
    let person = led == Some(Led::Person);
    // "Mary", "Mary L.", "Robert Lee", "Will Smith".
    let by_list = word.first
        && word.capital
        && (!word.upper || initial_next || next.is_some_and(|(n, gap)| joined(gap) && n.upper && n.listed()))
        && word.text.chars().count() > 2
        && (!word.plain && !word.stop
            || word.plain
                && (initial_next || surname_next && next.is_some_and(|(n, _)| n.last))
                && !is_trade(&word.folded));
    let by_form =
        word.nameish() && (initial_next || surname_next && (word.last || next.is_some_and(|(n, _)| n.listed())));
    if by_list || by_form {
        let sure = person || led == Some(Led::Likely) || initial_next || word.listed() && surname_next;
        return Some((at, sure));
    }
    // "62-year-old male, Rubija Veitonen": nothing else is written so.
    if person && (word.nameish() || word.first && word.capital && !word.upper && !word.stop && !is_trade(&word.folded))
    {
        return Some((at, true));
    }
    // "J. Smith", "J.D."
    if word.initial() && text[word.range.end..].starts_with('.') {
        let surname = next.is_some_and(|(n, gap)| gap.trim() == "." && (n.nameish() || n.capital && n.last && !n.stop));
        let initials = next.is_some_and(|(n, gap)| gap == "." && n.initial() && text[n.range.end..].starts_with('.'));
        if surname || initials && (person || led == Some(Led::Likely)) {
            return Some((at, surname));
        }
    }
    // "Smith, John"
    if word.last
        && word.capital
        && !word.stop
        && next.is_some_and(|(n, gap)| gap == ", " && n.first && n.listed() && n.capital)
    {
        return Some((at, true));
    }
    if led == Some(Led::Likely) && word.nameish() && word.listed() {
        return Some((at, false));
    }
    let small = !word.capital && word.listed() && word.first && !protected.holds(&word.folded);
    let with = next.is_some_and(|(n, gap)| joined(gap) && !n.capital && n.last && n.listed());
    (small && (with || person)).then_some((at, with))
}

/// What says "named" is followed by whatever the name is; in small letters by what is no word.
fn called(word: &Word<'_>, protected: &dyn Protected) -> bool {
    (word.capital
        && !word.upper
        && !protected.lexicon().in_a_name(&word.folded)
        && (!word.plain || word.first || word.last))
        || word.listed()
        || !word.plain && !protected.holds(&word.folded)
}

#[derive(PartialEq, Clone, Copy)]
enum Led {
    Title,
    Called,
    Person,
    Likely,
}

fn lead(before: &Word<'_>, gap: &str) -> Option<Led> {
    let gap = gap.trim();
    let word = before.folded.as_str();
    if gap.contains(['!', ';']) || gap.len() > 3 {
        return None;
    }
    match gap {
        "" | "." if TITLES.contains(&word) => Some(Led::Title),
        "" | ":" | "-" | "," | "(" | "?" | "\"" | "“" if CALLED.contains(&word) => Some(Led::Called),
        "" | "," | ":" | "-" | "(" | "–" | "#" if PEOPLE.contains(&word) || word.ends_with("-old") => {
            Some(Led::Person)
        }
        "" | ":" | "," | "/" if LEADING.contains(&word) || before.possessive => Some(Led::Likely),
        _ => None,
    }
}

fn is_end_of_initial(text: &str, word: &Word<'_>) -> bool {
    let after = &text[word.range.end..];
    word.folded != "i" && (after.is_empty() || after.starts_with(['.', ',', ' ', ')', ';', '?', '\'', '’']))
}

/// Plain words that begin a sentence oftener than a name.
fn is_trade(folded: &str) -> bool {
    [
        "will", "can", "may", "march", "april", "june", "august", "summer", "general", "major", "van", "an", "see",
        "so",
    ]
    .contains(&folded)
        && folded != "will"
}

/// Where the name that begins here ends.
fn run(text: &str, words: &[Word<'_>], from: usize) -> usize {
    let mut to = from + 1;
    let small = !words[from].capital;
    while let Some(word) = words.get(to).filter(|_| to - from < 5 && !words[to - 1].possessive) {
        let gap = between(text, &words[to - 1], word);
        let comma = gap == ", " && to == from + 1 && words[from].last && word.first && word.listed() && word.capital;
        let after_initial = gap.trim() == "." && words[to - 1].initial();
        if !(gap == " " || gap == "\u{a0}" || gap.is_empty() || comma || after_initial) {
            break;
        }
        let particle = PARTICLES.contains(&word.folded.as_str())
            && words
                .get(to + 1)
                .is_some_and(|n| n.capital && !n.stop || small && n.last || PARTICLES.contains(&n.folded.as_str()));
        let fits = if small {
            word.listed() && !word.capital
        } else {
            word.capital
                && (word.initial() && is_end_of_initial(text, word)
                    || word.nameish()
                    || !(word.common || word.stop || word.upper && word.text.len() <= 5)
                    || !word.stop && !word.upper && (word.last || word.first) && !is_generic(&word.folded))
        };
        if !fits && !particle && !comma {
            break;
        }
        to += 1;
    }
    while to > from + 1 && PARTICLES.contains(&words[to - 1].folded.as_str()) && !words[to - 1].capital {
        to -= 1;
    }
    to
}

fn is_generic(folded: &str) -> bool {
    super::places::is_head(folded) || ["case", "may", "day", "type", "stage", "part", "plan"].contains(&folded)
}
