//! Two passages of different documents that contradict each other: alike in what they are about, and different in a
//! number, a day, a code, or a yes and no. The one rule of it, for a question's sources and for a whole release.
//!
//! Which passages are held against each other, this does not know.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::drugs::{self, Lexicon};
use crate::facts::{self, Fact};
use crate::subjects::Held;
use crate::{codes, places, tables, text};

/// Passages that share so much of their words are one text written twice.
const COPIES: f32 = 0.75;
/// Passages of a whole release that share less are about two things.
const ABOUT_ONE: f32 = 0.5;
/// Sentences that share so much are about the same: of sources that were found for one question, of two of a whole
/// release, and of copies.
const FOUND: f32 = 0.5;
const ALL: f32 = 0.7;
const IN_COPIES: f32 = 0.45;
/// A yes and a no are in one word alone: so much more must sentences share, of the same three.
const FOUND_DENIED: f32 = 0.58;
const ALL_DENIED: f32 = 0.9;
const IN_COPIES_DENIED: f32 = 0.7;
/// Titles that share so much ask the same.
const SAME_TITLE: f32 = 0.9;
/// A sentence that says all of what another does but for the difference says itself what it is about.
const SAME_SENTENCE: f32 = 0.9;
/// "Yes" and "No" answer one question, if it is asked in so much the same words.
const SAME_QUESTION: f32 = 0.75;
/// Likenesses that differ by less are equal.
const EQUAL: f32 = 1e-4;

/// In what two passages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Differ {
    Number,
    Day,
    Code,
    YesNo,
}

/// Where two texts contradict each other: the sentences, as bytes of each, and what differs in them, as each says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    pub differ: Differ,
    pub sentences: [Range<usize>; 2],
    pub says: [String; 2],
}

/// A passage, read once to be held against others.
pub struct Said {
    title: HashSet<String>,
    /// The words of title and headings, each with its stem.
    titled: Vec<(String, String)>,
    titled_facts: Vec<Fact>,
    codes: BTreeSet<String>,
    denied: bool,
    /// All words: of title, headings and text.
    words: HashSet<String>,
    /// The drugs of title and headings, and of all.
    drugs: [BTreeSet<u32>; 2],
    places: BTreeSet<usize>,
    /// It begins with a yes or a no.
    answer: Option<bool>,
    sentences: Vec<Sentence>,
}

struct Sentence {
    range: Range<usize>,
    /// What it is about: no numbers, no units, no negation.
    words: HashSet<String>,
    facts: Vec<Fact>,
    denied: bool,
    drugs: BTreeSet<u32>,
    places: BTreeSet<usize>,
    /// The first cell of a row, which says what the row is about.
    row: Option<String>,
    shown: String,
}

impl Said {
    pub fn of(title: &str, headings: &[String], body: &str, lexicon: &Lexicon) -> Said {
        let above = format!("{title}\n{}", headings.join("\n"));
        let all = format!("{above}\n{body}");
        let segments = text::segments(body).into_iter();
        let sentences = segments.filter(|s| !s.heading && !tables::is_rule(&body[s.range.clone()]));
        let first = text::words(body).next().unwrap_or_default();
        let own = |f: &str| !text::is_stopword(f) && !f.bytes().all(|b| b.is_ascii_digit());
        Said {
            title: about(&above),
            titled: text::words(&above)
                .map(text::fold)
                .filter(|w| own(w))
                .map(|w| (text::stem(&w), w))
                .map(|(stem, w)| (w, stem))
                .collect(),
            titled_facts: facts::facts(&above),
            codes: codes::find(&above, &|_| false)
                .into_iter()
                .map(|f| f.code.value)
                .collect(),
            denied: denies(title),
            words: text::content_stems(&all).into_iter().collect(),
            drugs: [&above, &all].map(|t| Held::of(t, lexicon).names()),
            places: places::find(&above).into_iter().map(|p| p.0).collect(),
            answer: match text::fold(first).as_str() {
                "yes" | "si" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            sentences: sentences
                .map(|s| Sentence::of(&body[s.body..s.range.end], s.body..s.range.end, lexicon))
                .collect(),
        }
    }
}

impl Sentence {
    fn of(shown: &str, range: Range<usize>, lexicon: &Lexicon) -> Sentence {
        let row = tables::is_row(shown).then(|| tables::cells(shown).first().map_or(String::new(), |c| text::fold(c)));
        Sentence {
            range,
            words: about(shown),
            facts: facts::facts(shown),
            denied: denies(shown),
            drugs: Held::of(shown, lexicon).names(),
            places: places::find(shown).into_iter().map(|p| p.0).collect(),
            row,
            shown: text::collapse(shown),
        }
    }
}

/// What two passages are among: sources that were found for one question, or all of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    Found,
    All,
}

/// The first place where two passages contradict each other.
pub fn between(a: &Said, b: &Said, among: Among) -> Option<Contradiction> {
    let alike = likeness(&a.words, &b.words);
    let of_others = a.codes != b.codes || a.places != b.places || apart(&a.titled_facts, &b.titled_facts).is_some();
    if of_others || named_apart(a, b) || (among == Among::All && alike < ABOUT_ONE) {
        return None;
    }
    let titles = likeness(&a.title, &b.title);
    // Forms are filled in for one thing after another: their titles share little.
    let copies = alike >= COPIES && (titles >= ABOUT_ONE || !told_apart(a, b));
    let pair = Pair {
        copies,
        told_apart: !copies && told_apart(a, b),
        titles,
        table: a
            .sentences
            .iter()
            .map(|s| b.sentences.iter().map(|t| likeness(&s.words, &t.words)).collect())
            .collect(),
        among,
        a,
        b,
    };
    pair.answers()
        .or_else(|| (0..a.sentences.len()).find_map(|i| pair.sentence(i)))
}

struct Pair<'a> {
    a: &'a Said,
    b: &'a Said,
    among: Among,
    copies: bool,
    told_apart: bool,
    titles: f32,
    /// How alike each sentence of the one is to each of the other.
    table: Vec<Vec<f32>>,
}

impl Pair<'_> {
    /// "Yes" to a question, and "No" to the same.
    fn answers(&self) -> Option<Contradiction> {
        let (a, b) = (self.a, self.b);
        let other = a.answer? != b.answer?;
        // A title that says more asks about a case of its own.
        let one = self.copies || !(says_more(a, b) || says_more(b, a));
        let asked = one && self.titles >= SAME_QUESTION && a.denied == b.denied && a.drugs[0] == b.drugs[0];
        let (s, t) = (a.sentences.first()?, b.sentences.first()?);
        (other && asked).then(|| contradiction(Differ::YesNo, s, t))
    }

    /// What a sentence of the one says against the sentence of the other that is likest to it.
    fn sentence(&self, i: usize) -> Option<Contradiction> {
        let s = &self.a.sentences[i];
        let row = &self.table[i];
        let most = row.iter().copied().fold(0.0, f32::max);
        let (least, denied) = match self.among {
            _ if self.copies => (IN_COPIES, IN_COPIES_DENIED),
            Among::Found => (FOUND, FOUND_DENIED),
            Among::All => (ALL, ALL_DENIED),
        };
        if most < least {
            return None;
        }
        let mut likest = (0..row.len()).filter(|j| row[*j] >= most - EQUAL);
        // What one of the likest says too is not contradicted by the next.
        if likest.clone().any(|j| differ(s, &self.b.sentences[j]).is_none()) {
            return None;
        }
        likest.find_map(|j| {
            let t = &self.b.sentences[j];
            let nearest = self.table.iter().all(|row| row[j] <= most + EQUAL);
            if !nearest || !self.about_one(s, t, most) || !same_things(self.a, s, self.b, t) {
                return None;
            }
            match differ(s, t)? {
                // What a number counts must be said, or the texts be one.
                Differs::Fact(Differ::Code, ..) if !self.copies && self.among == Among::All => None,
                Differs::Fact(differ, one, other) => Some(Contradiction {
                    differ,
                    sentences: [s.range.clone(), t.range.clone()],
                    says: [one, other],
                }),
                Differs::Denial => (most >= denied).then(|| contradiction(Differ::YesNo, s, t)),
            }
        })
    }

    /// Whether two sentences are about the same, by their words and by what their passages are about.
    fn about_one(&self, s: &Sentence, t: &Sentence, alike: f32) -> bool {
        let shared: Vec<&String> = s.words.intersection(&t.words).collect();
        let titled = |w: &&&String| self.a.title.contains(**w) && self.b.title.contains(**w);
        let names_itself = alike >= SAME_SENTENCE && shared.len() >= 4 && shared.iter().filter(titled).count() >= 2;
        // What both say alike beside the difference ("on Saturday") says what it is about, as a word does.
        let alike_facts = s
            .facts
            .iter()
            .filter(|f| t.facts.iter().any(|g| g.key == f.key))
            .count();
        let enough = !shared.is_empty() && (shared.len() + alike_facts >= 2 || self.titles >= SAME_TITLE);
        match self.among {
            _ if self.copies => !shared.is_empty(),
            Among::Found => enough && (!self.told_apart || names_itself),
            Among::All => names_itself || (enough && !self.told_apart && self.titles >= SAME_TITLE),
        }
    }
}

fn contradiction(differ: Differ, s: &Sentence, t: &Sentence) -> Contradiction {
    Contradiction {
        differ,
        sentences: [s.range.clone(), t.range.clone()],
        says: [s.shown.clone(), t.shown.clone()],
    }
}

/// Whether two sentences speak of the same drugs, places and rows: what is said of others is no contradiction.
fn same_things(a: &Said, s: &Sentence, b: &Said, t: &Sentence) -> bool {
    let here = |p: &Said, s: &Sentence| p.drugs[0].union(&s.drugs).copied().collect::<BTreeSet<u32>>();
    let (x, y) = (here(a, s), here(b, t));
    let drugs = match x.is_empty() == y.is_empty() {
        true => x == y,
        // Only the one names it here: the other may name it elsewhere.
        false => a.drugs[1] == b.drugs[1],
    };
    drugs && s.places == t.places && s.row == t.row
}

/// Whether each title names what the other passage nowhere speaks of: two things of one kind.
fn told_apart(a: &Said, b: &Said) -> bool {
    says_more(a, b) && says_more(b, a)
}

/// Whether a title names what the other passage nowhere speaks of.
fn says_more(a: &Said, b: &Said) -> bool {
    a.titled.iter().any(|(_, stem)| !b.words.contains(stem))
}

/// Whether what tells them apart is a name, and no plain word.
fn named_apart(a: &Said, b: &Said) -> bool {
    let name = |x: &Said, y: &Said| {
        let mut alone = x.titled.iter().filter(|(_, stem)| !y.words.contains(stem));
        alone.any(|(w, _)| !drugs::is_common(w) && !drugs::has_common_stem(w))
    };
    name(a, b) && name(b, a)
}

enum Differs {
    Fact(Differ, String, String),
    Denial,
}

/// In what two sentences differ that are about the same.
fn differ(a: &Sentence, b: &Sentence) -> Option<Differs> {
    if let Some((what, one, other)) = apart(&a.facts, &b.facts) {
        return Some(Differs::Fact(what, one, other));
    }
    (a.denied != b.denied).then_some(Differs::Denial)
}

/// What both say of one sort, and not the same.
fn apart(a: &[Fact], b: &[Fact]) -> Option<(Differ, String, String)> {
    let (x, y) = (facts::unheld(a, b), facts::unheld(b, a));
    let mut found = None;
    for f in &x {
        let other = y.iter().find(|g| sort(&g.key) == sort(&f.key));
        if let (None, Some(g)) = (&found, other) {
            found = Some((sort(&f.key).1, f.shown.clone(), g.shown.clone()));
        }
    }
    found
}

/// Facts of one sort can contradict each other: two lengths of time, two amounts of money, two days.
fn sort(key: &str) -> (&str, Differ) {
    let (first, rest) = key.split_once(' ').unwrap_or((key, ""));
    match (first, rest) {
        ("date" | "on", _) => ("day", Differ::Day),
        ("tel" | "url", _) => (first, Differ::Code),
        (_, "second" | "minute" | "hour" | "day" | "week" | "month" | "year") => ("time", Differ::Number),
        (_, "mg" | "mcg" | "g" | "kg") => ("mass", Differ::Number),
        (_, "am" | "pm") => ("clock", Differ::Number),
        // A number that counts nothing may be a name.
        (n, "") if n.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'/') => ("", Differ::Code),
        (n, "") if n.bytes().any(|b| b.is_ascii_digit()) => ("code", Differ::Code),
        (_, "") => ("", Differ::Number),
        (_, unit) => (unit, Differ::Number),
    }
}

/// Whether a text denies; what only sounds so ("at no cost", "no later than") does not.
fn denies(s: &str) -> bool {
    static SOUNDS_SO: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:(?:at\s+)?no\s+(?:extra\s+|additional\s+)?(?:cost|charge|later|more|less|fewer|matter|problem)|not\s+only|without\s+(?:delay|charge|cost))\b")
            .expect("a valid pattern")
    });
    facts::negated(&SOUNDS_SO.replace_all(s, " "))
}

/// The words of a text that say what it is about: no numbers, no units, no negation.
fn about(s: &str) -> HashSet<String> {
    let counts: HashSet<String> = facts::facts(s)
        .iter()
        .flat_map(|f| text::stems(&f.shown))
        .chain(["not", "no", "cannot", "never", "alway", "yes", "within"].map(str::to_owned))
        .collect();
    let words = text::content_stems(s).into_iter();
    words.filter(|w| !counts.contains(w) && !w.ends_with("n't")).collect()
}

fn likeness(x: &HashSet<String>, y: &HashSet<String>) -> f32 {
    let all = x.len() + y.len();
    if all == 0 {
        return 0.0;
    }
    2.0 * x.intersection(y).count() as f32 / all as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str, text: &str) -> Said {
        Said::of(title, &[], text, &Lexicon::own())
    }

    #[test]
    fn sources_of_one_question_contradict_each_other_in_what_little_they_say() {
        for (one, other, differ) in [
            (
                ("When do you close on Saturday?", "We close at 6 pm on Saturday."),
                ("Until when can I come on Saturday?", "We close at 4 pm on Saturday."),
                Some(Differ::Number),
            ),
            (
                ("When do you close on Saturday?", "We close at 6 pm on Saturday."),
                ("When do you open on Saturday?", "We open at 9 am on Saturday."),
                None,
            ),
            (
                ("When do you close on Saturday?", "We close at 6 pm on Saturday."),
                ("When do you close on Sunday?", "We close at 4 pm on Sunday."),
                None,
            ),
        ] {
            let found = between(&of(one.0, one.1), &of(other.0, other.1), Among::Found);
            assert_eq!(found.map(|f| f.differ), differ, "{one:?} {other:?}");
        }
    }

    #[test]
    fn two_documents_contradict_each_other_in_what_they_say_of_one_thing() {
        let days = "How long can a monitor be returned?";
        for (one, other, differ) in [
            (
                (days, "A monitor can be returned within 30 days of delivery."),
                (
                    "Return of a monitor",
                    "Monitors can be returned within 14 days of delivery.",
                ),
                Some(Differ::Number),
            ),
            (
                (days, "Yes. A monitor can be returned."),
                (days, "No. A monitor stays with the customer."),
                Some(Differ::YesNo),
            ),
            (
                ("Enrolment", "Open enrolment for a plan ends on 7 December."),
                ("Enrolment", "Open enrolment for a plan ends on 15 January."),
                Some(Differ::Day),
            ),
            (
                (
                    "Lost card",
                    "Send the claim with submission clarification code 4 for a lost card.",
                ),
                (
                    "Lost card",
                    "Send the claim with submission clarification code 5 for a lost card.",
                ),
                Some(Differ::Code),
            ),
            // The same otherwise said.
            (
                (days, "A monitor can be returned at no cost within thirty days."),
                (days, "A monitor can be returned free of charge within 30 days."),
                None,
            ),
            // Of other things: a plan, a drug, a way to send, a code, a row.
            (
                ("The copay of plan Alder", "The copay of plan Alder is $15."),
                ("The copay of plan Birch", "The copay of plan Birch is $35."),
                None,
            ),
            (
                ("How much is Zoloft 50 mg?", "It costs $12 for 30 tablets."),
                ("How much is Prozac 50 mg?", "It costs $14 for 30 tablets."),
                None,
            ),
            (
                (
                    "How long is standard shipping?",
                    "Standard shipping takes 3 business days.",
                ),
                (
                    "How long is express shipping?",
                    "Express shipping takes 1 business day.",
                ),
                None,
            ),
            (
                ("Reject 75", "The plan answers within 3 days."),
                ("Reject 76", "The plan answers within 5 days."),
                None,
            ),
            (
                ("Rates", "| Plan | Fee |\n|---|---|\n| Alder | $3 |"),
                ("Rates", "| Plan | Fee |\n|---|---|\n| Birch | $5 |"),
                None,
            ),
            // A rule, and more of it.
            (
                (days, "A monitor can be returned within 30 days."),
                (
                    days,
                    "A monitor can be returned within 30 days, an opened one within 14 days.",
                ),
                None,
            ),
        ] {
            let found = between(&of(one.0, one.1), &of(other.0, other.1), Among::All);
            assert_eq!(found.map(|f| f.differ), differ, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_differs_is_said_as_each_says_it() {
        let (a, b) = (
            "Wait. A claim is filed within 7 days.",
            "A claim is filed within ten days. Wait.",
        );
        let found = between(&of("Claims", a), &of("Claims", b), Among::All).unwrap();
        assert_eq!(found.says, ["7 days", "ten days"]);
        let [x, y] = found.sentences;
        assert_eq!(
            (&a[x], &b[y]),
            ("A claim is filed within 7 days.", "A claim is filed within ten days.")
        );
    }
}
