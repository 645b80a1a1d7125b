//! What a question is about, and whether a source is about it too: drugs, models, numbered things, places, and
//! names that no list knows. As with codes: the very thing, or not at all.
//!
//! A question is read once into [`Subject`]s; a source is read into what it [`Held`]s; [`Subject::met_by`] compares.
//! A subject that does not decide (the drug in a package that is late) only orders sources.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::drugs::{self, Lexicon, fold_name};
use crate::marks::{self, squeezed};
pub use crate::proper::World;
use crate::proper::{self, inner_capital, is_acronym, is_plain, is_title, is_unheld, starts_a_sentence};
use crate::{codes, days, places, question, text};

/// A thing that a question names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// As it was typed.
    pub shown: String,
    /// Its bytes in the question.
    pub range: Range<usize>,
    pub what: What,
    /// Whether a source that is not about it says nothing about the question.
    pub decides: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A drug of the lexicon, and the form or release that is part of its name ("XR").
    Drug { drug: u32, form: Option<String> },
    /// Letters and digits that belong together ("AX-101"), squeezed, and what follows ("Plus").
    Model { key: String, form: Option<String> },
    /// A kind of thing and its number or letter: Plan 137, Part D.
    Numbered { kind: String, number: String },
    /// A state of the United States, by its name and its letters, or a country.
    Place(usize),
    /// Words that no list knows.
    Name(Vec<String>),
}

/// How a source stands to a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Met {
    Missing,
    /// Under another name (brand and generic), or as one of its kind (a controlled substance).
    OtherForm,
    Met,
}

/// What follows a name and makes it another thing.
const FORMS: &[&str] = &[
    "plus",
    "pro",
    "max",
    "mini",
    "lite",
    "ultra",
    "premium",
    "basic",
    "junior",
    "xl",
    "xr",
    "er",
    "sr",
    "la",
    "cr",
    "ir",
    "dr",
    "cd",
    "odt",
    "xt",
    "hfa",
    "respimat",
    "flexpen",
    "kwikpen",
    "flextouch",
    "solostar",
    "ii",
    "iii",
    "iv",
    "sprinkle",
    "chewable",
    "suspension",
    "gel",
    "cream",
    "ointment",
    "patch",
    "spray",
    "syrup",
];

/// Things that are told apart by a number or a letter.
const KINDS: &[&str] = &[
    "plan", "model", "version", "part", "bin", "pcn", "store", "branch", "lot", "error", "protocol", "policy",
    "modifier", "cpt", "hcpcs", "tier", "level",
];

static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\b(?i:({}))\s+(?:(?i:no\.?|number|code|id|#)\s*)?#?([0-9]{{1,8}}(?:\.[0-9]{{1,3}})*|[A-Z]{{1,3}}[0-9]{{1,6}}|[A-Z])\b",
        KINDS.join("|")
    ))
    .expect("a valid pattern")
});
static MODEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:[A-Za-z]{2,4}-?[0-9]{1,4}[A-Za-z]{0,2}|[A-Z][0-9]{1,3}(?:\.[0-9]{1,4}|[A-Z])?|[A-Za-z][0-9]{4,5}|[a-z][0-9]{2,3}|[A-Z]{1,4}-[0-9]{1,4}[A-Z]{0,2}|[A-Z]{2,4} [0-9]{2,4})\b")
        .expect("a valid pattern")
});
/// Counts, sizes and times that only look like models.
static NO_MODEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:x\d+|q\d+h?|rx.*|no\d+|sop.*|step.*|am\d+|pm\d+|mg\d+|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec).*|in \d+|at \d+|of \d+|on \d+|to \d+|is \d+|or \d+|up \d+|age.*|day.*)$")
        .expect("a valid pattern")
});

/// What is asked about a drug itself, as opposed to a package or a claim in which it happens to be.
static OF_ITSELF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:tak(?:e|es|en|ing)|took|dos(?:e|es|age|ing)|strengths?|side\s+effects?|effects?|interact\w*|stor(?:e|ed|es|ing|age)
        |keep|kept|refrigerat\w*|fridge|pric(?:e|es|ed|ing)|cost\w*|how\s+much|stock\w*|available|availability|carry|sell|generics?|brand
        |miss(?:ed)?\s+(?:a\s+)?dose|pregnan\w*|breast\w*|nursing|alcohol|drink\w*|food|meals?|expir\w*|formulary|tier|authorization|prior\s+auth
        |works?|used\s+for|treats?|safe|safely|overdos\w*|crush\w*|split\w*|cut|addict\w*|effective|long\s+can|maximum|max|difference|differ
        |alternatives?|substitut\w*|allerg\w*|driv(?:e|ing)|withdrawal|stop\s+taking|what\s+is|what's|what\s+are|tell\s+me\s+about|inject\w*|apply
        |discontinued|recall(?:ed)?|shortage|prescri(?:be|bed|bing)\s+for|half[\s-]life|need\s+a\s+prescription|over\s+the\s+counter|controlled)\b",
    )
    .expect("a valid pattern")
});
/// What happens to orders, packages, claims and accounts, whatever drug is in them.
static OF_THE_ORDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:packages?|packed|orders?|ordered|ship\w*|reship\w*|deliver\w*|arriv\w*|lost|stolen|damaged|melted|frozen?|refund\w*
        |return\w*|cancel\w*|transfer\w*|hotel|address|tracking|carrier|mail|sent|send|pick\w*\s*up|signature|charged|billed|receipt|account
        |refill\w*|early|\d+[\s-]days?\s+(?:of|supply)|vacation|travel\w*|spilled|lose|claim|reject\w*|insurance|copay|swallowed|ate|kid|toddler|child|by\s+mistake|too\s+much|too\s+many)\b",
    )
    .expect("a valid pattern")
});
/// A question as its subjects are read from it.
struct Asked<'q> {
    text: &'q str,
    words: Vec<&'q str>,
    folded: Vec<String>,
    /// What was read as something already.
    taken: Vec<Range<usize>>,
    out: Vec<Subject>,
}

/// The subjects of a question, in the order in which they stand there.
pub fn read(asked: &str, lexicon: &Lexicon, world: &dyn World) -> Vec<Subject> {
    let words: Vec<&str> = text::words(asked).collect();
    // What is a code is looked up as a code.
    let coded = codes::find(asked, &|_| false).into_iter().filter(|f| !f.weak);
    let mut reading = Asked {
        text: asked,
        folded: words.iter().map(|w| fold_name(w)).collect(),
        words,
        taken: coded.map(|f| f.range).collect(),
        out: Vec::new(),
    };
    let asking = asking(asked);
    reading.drugs(lexicon);
    reading.numbered();
    reading.models(world);
    reading.named_by_number(world);
    for (state, range) in places::find(asked) {
        let decides =
            asking.iter().any(|r| r.contains(&range.start)) && !proper::is_where_somebody_is(&asked[..range.start]);
        reading.put(range, What::Place(state), decides);
    }
    let Asked {
        words,
        folded,
        taken,
        mut out,
        ..
    } = reading;
    names(asked, &asking, world, &words, &folded, &taken, &mut out);
    out.sort_by_key(|s| s.range.start);
    out
}

impl Asked<'_> {
    fn start(&self, word: usize) -> usize {
        self.words[word].as_ptr() as usize - self.text.as_ptr() as usize
    }

    fn end(&self, word: usize) -> usize {
        self.start(word) + self.words[word].len()
    }

    /// Adds a subject, unless its words are something else already.
    fn put(&mut self, range: Range<usize>, what: What, decides: bool) {
        if self.taken.iter().all(|t| range.end <= t.start || t.end <= range.start) {
            self.taken.push(range.clone());
            let shown = self.text[range.clone()].to_owned();
            self.out.push(Subject {
                shown,
                range,
                what,
                decides,
            });
        }
    }

    fn drugs(&mut self, lexicon: &Lexicon) {
        let decides = OF_ITSELF.is_match(self.text) || !OF_THE_ORDER.is_match(self.text);
        let mut i = 0;
        while i < self.words.len() {
            let Some((drug, n, form)) = drug_at(&self.folded[i..], lexicon) else {
                i += 1;
                continue;
            };
            let range = self.start(i)..self.end(i + n - 1);
            self.taken.push(range.clone());
            let shown = self.text[range.clone()].to_owned();
            let what = What::Drug { drug, form };
            self.out.push(Subject {
                shown,
                range,
                what,
                decides,
            });
            i += n;
        }
    }

    fn numbered(&mut self) {
        for c in NUMBERED.captures_iter(self.text) {
            // "error E-07" is not error E.
            let rest = &self.text[c.get(0).expect("the whole match").end()..];
            if rest
                .strip_prefix('-')
                .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
            {
                continue;
            }
            let kind = text::stem(&c[1]);
            let number = text::fold(&c[2]);
            self.put(
                c.get(0).expect("the whole match").range(),
                What::Numbered { kind, number },
                true,
            );
        }
    }

    /// A name and a number behind it: another number is another thing.
    fn named_by_number(&mut self, world: &dyn World) {
        static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[0-9]{1,3}[a-z]?$").expect("a valid pattern"));
        for i in 1..self.words.len() {
            let (name, range) = (i - 1, self.start(i - 1)..self.end(i));
            let word = &self.folded[name];
            let counted = !NUMBER.is_match(&self.folded[i]) || measured(self.text, &range);
            let joined = self.text[self.end(name)..self.start(i)].trim().is_empty();
            if counted
                || !joined
                || word.len() < 4
                || text::is_stopword(word)
                || is_plain(word, self.words[name], world) && !inner_capital(self.words[name])
            {
                continue;
            }
            let kind = text::stem(word);
            let number = self.folded[i].clone();
            self.put(range, What::Numbered { kind, number }, true);
        }
    }

    fn models(&mut self, world: &dyn World) {
        for m in MODEL.find_iter(self.text) {
            if NO_MODEL.is_match(m.as_str()) || measured(self.text, &m.range()) {
                continue;
            }
            let next = (0..self.words.len()).find(|n| self.start(*n) >= m.end());
            let form = next
                .map(|n| self.folded[n].clone())
                .filter(|f| FORMS.contains(&f.as_str()));
            let end = next.filter(|_| form.is_some()).map_or(m.end(), |n| self.end(n));
            let key = squeezed(m.as_str());
            self.put(m.start()..end, What::Model { key, form }, true);
        }
        // Five digits by themselves are a thing's own where a source holds them: a code of billing.
        static DIGITS: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?:^|[\s(#])([0-9]{5})\b").expect("a valid pattern"));
        for c in DIGITS.captures_iter(self.text) {
            let range = c.get(1).expect("the digits").range();
            let key = c[1].to_owned();
            if world.holds(&key) && !self.text[range.end..].starts_with('-') {
                self.put(range, What::Model { key, form: None }, true);
            }
        }
    }
}

/// Whether a kind is one of steps, of which sources speak as a whole too.
fn is_rank(kind: &str) -> bool {
    ["tier", "level"].iter().any(|r| text::stem(r) == kind)
}

/// The form that a word says, one or several of it.
fn form(word: &str) -> Option<&'static str> {
    let one = word.strip_suffix('s').unwrap_or(word);
    FORMS.iter().copied().find(|f| *f == word || *f == one)
}

/// The drug whose name begins here, how many words it takes, and the form that is part of it.
fn drug_at(words: &[String], lexicon: &Lexicon) -> Option<(u32, usize, Option<String>)> {
    let said = |w: Option<&String>| w.and_then(|w| form(w)).map(str::to_owned);
    let (drug, n) = lexicon.at(words)?;
    // Some names have their form in them.
    match said(words.get(n)) {
        Some(form) => Some((drug, n + 1, Some(form))),
        None => Some((drug, n, said(words.get(n - 1).filter(|_| n > 1)))),
    }
}

/// Every drug that these words name, each with the form that is part of its name.
fn drugs_in(words: &[String], lexicon: &Lexicon) -> Vec<(u32, Option<String>)> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < words.len() {
        match drug_at(&words[i..], lexicon) {
            Some((drug, n, form)) => {
                out.push((drug, form));
                i += n;
            }
            None => i += 1,
        }
    }
    out
}

/// A number with its unit is an amount, whatever letters stand before it.
pub(crate) fn measured(asked: &str, range: &Range<usize>) -> bool {
    static UNIT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^\s*(?:%|mg|mcg|ml|g|units?|tablets?|days?|hours?|weeks?)\b").expect("a valid pattern")
    });
    UNIT.is_match(&asked[range.end..])
}

/// Words that are names until shown otherwise: nobody's plain language, or a capital inside a sentence.
fn names(
    asked: &str,
    asking: &[Range<usize>],
    world: &dyn World,
    words: &[&str],
    folded: &[String],
    taken: &[Range<usize>],
    out: &mut Vec<Subject>,
) {
    let shouting = !asked.chars().any(char::is_lowercase);
    let titles = is_title(words);
    let mut last: Option<usize> = None;
    for (i, word) in words.iter().enumerate() {
        let at = word.as_ptr() as usize - asked.as_ptr() as usize;
        let range = at..at + word.len();
        let plain = text::is_stopword(word) || is_plain(&folded[i], word, world);
        let capital = !shouting && word.chars().next().is_some_and(char::is_uppercase);
        let starts = starts_a_sentence(asked, at);
        let letters = folded[i].chars().filter(|c| c.is_alphabetic()).count();
        let digits = folded[i].chars().any(|c| c.is_ascii_digit());
        // Capitals that no source holds are a name, however short: another test, another kind of plan.
        let shown_capital = is_acronym(word) || (capital && !starts && letters >= 4 && !titles);
        let unheld = shown_capital && !shouting && !digits && is_unheld(&folded[i], world);
        let unknown = (!plain && letters >= 4 && !digits) || unheld;
        // A capital alone makes a name of a word that is no everyday one, such as a town.
        let proper = capital
            && !starts
            && letters >= 4
            && !digits
            && !drugs::is_common(&folded[i])
            && !text::is_stopword(word)
            && !days::is_day_word(&folded[i]);
        // A town without its capital: what nobody calls plain language, where a place stands.
        let placed = proper::is_before_a_place(&asked[..at]);
        let town = placed && letters >= 5 && !digits && !proper::is_own_plain(&folded[i], word);
        if !(unknown || proper || (town && !world.holds(&folded[i])))
            || taken.iter().any(|t| range.start < t.end && t.start < range.end)
        {
            continue;
        }
        let before = asked[..at].trim_end();
        // Behind a first name stands the name of a family.
        let person = capital
            && (proper::is_before_a_person(&asked[..at])
                || places::is_first_name(&folded[i])
                || last.is_some_and(|l| l + 1 == i && before.ends_with(words[l])));
        let unknown = unknown && !(unheld && placed && plain);
        let inside = asking.iter().any(|r| r.contains(&at));
        let elsewhere = proper::is_where_somebody_is(&asked[..at]) || (placed && places::is_pharmacy(&folded[i]));
        let decides = inside && !person && !elsewhere && (unknown || (placed && !world.holds(&folded[i])));
        last = person.then_some(i);
        out.push(Subject {
            shown: (*word).to_owned(),
            range,
            what: What::Name(vec![folded[i].clone()]),
            decides,
        });
    }
}

/// The sentences of a message that ask something; all of a short one.
fn asking(asked: &str) -> Vec<Range<usize>> {
    let all: Vec<Range<usize>> = text::segments(asked).into_iter().map(|s| s.range).collect();
    let asks: Vec<Range<usize>> = all
        .iter()
        .filter(|r| question::asks(&asked[(*r).clone()]))
        .cloned()
        .collect();
    if asks.is_empty() { all } else { asks }
}

/// What a source holds of names, made once.
pub struct Held {
    words: Vec<String>,
    set: HashSet<String>,
    /// Each drug that it names, with what follows the name.
    drugs: Vec<(u32, Option<String>)>,
    /// The drugs that its title names: what it says, it says of these.
    titled: Vec<u32>,
    places: HashSet<usize>,
    /// Marks that it names by the first and the last of them.
    spans: Vec<marks::Span>,
    /// Whether it speaks of other countries at large.
    abroad: bool,
    /// Whether it speaks of a kind of drugs: controlled substances, what is kept cold.
    controlled: bool,
    cold: bool,
}

impl Held {
    /// Reads a source, whose first line is its title.
    pub fn of(source: &str, lexicon: &Lexicon) -> Held {
        let words = drugs::folded(source);
        let drugs = drugs_in(&words, lexicon);
        let title = drugs::folded(source.lines().next().unwrap_or(""));
        let set: HashSet<String> = words.iter().cloned().collect();
        let any = |list: &[&str]| list.iter().any(|w| set.contains(*w));
        Held {
            titled: drugs_in(&title, lexicon).into_iter().map(|d| d.0).collect(),
            drugs,
            places: places::find(source).into_iter().map(|p| p.0).collect(),
            spans: marks::spans(source),
            abroad: places::is_of_abroad(source),
            controlled: any(&["controlled", "narcotic", "narcotics", "schedule", "cii", "dea"]),
            cold: any(&[
                "refrigerated",
                "refrigerator",
                "refrigerate",
                "refrigeration",
                "cold",
                "fridge",
                "temperature",
                "frozen",
            ]),
            words,
            set,
        }
    }

    /// Whether its title names a drug, and none of these.
    pub fn is_of_another_drug(&self, asked: &[Subject]) -> bool {
        !self.titled.is_empty() && !self.is_of(asked)
    }

    /// Whether its title names one of these.
    pub fn is_of(&self, asked: &[Subject]) -> bool {
        asked
            .iter()
            .any(|s| matches!(s.what, What::Drug { drug, .. } if self.titled.contains(&drug)))
    }

    /// The drugs that it names, each once.
    pub fn names(&self) -> std::collections::BTreeSet<u32> {
        self.drugs.iter().map(|d| d.0).collect()
    }

    /// A drug that it names and that is none of these.
    pub fn other_drug(&self, asked: &[Subject]) -> Option<u32> {
        let same = |d: u32| {
            asked
                .iter()
                .any(|s| matches!(s.what, What::Drug { drug, .. } if drug == d))
        };
        self.drugs.iter().map(|d| d.0).find(|d| !same(*d))
    }

    /// Where letters and digits that belong together stand, by what follows them.
    fn models<'a>(&'a self, key: &'a str) -> impl Iterator<Item = Option<&'a String>> {
        (0..self.words.len()).filter_map(move |i| {
            let mut joined = String::new();
            for n in 0..3 {
                joined.extend(self.words.get(i + n)?.chars().filter(|c| c.is_alphanumeric()));
                if joined == key {
                    return Some(self.words.get(i + n + 1).filter(|f| FORMS.contains(&f.as_str())));
                }
                if joined.len() > key.len() {
                    return None;
                }
            }
            None
        })
    }
}

impl Subject {
    /// Whether it is another country.
    pub fn is_abroad(&self) -> bool {
        matches!(self.what, What::Place(place) if places::is_country(place))
    }

    /// Whether a source is about this subject.
    pub fn met_by(&self, held: &Held, lexicon: &Lexicon) -> Met {
        match &self.what {
            What::Drug { drug, form } => self.drug_met(*drug, form.as_ref(), held, lexicon),
            What::Model { key, form } => {
                let between = || form.is_none() && held.spans.iter().any(|s| s.holds(key));
                if held.models(key).any(|found| found == form.as_ref()) || between() {
                    Met::Met
                } else {
                    Met::Missing
                }
            }
            What::Numbered { kind, number } if is_rank(kind) => {
                // What is said of all tiers holds for each; what is said of another does not.
                let ranked =
                    |w: &[String]| text::stem(&w[0]) == *kind && w[1].starts_with(|c: char| c.is_ascii_digit());
                let mut ranks = held.words.windows(2).filter(|w| ranked(w)).peekable();
                match ranks.peek() {
                    None => Met::OtherForm,
                    Some(_) if held.set.contains(number) => Met::Met,
                    Some(_) => Met::Missing,
                }
            }
            What::Numbered { kind, number } => {
                let named = held.set.contains(number);
                let of_its_kind = held.words.iter().any(|w| text::stem(w) == *kind);
                // A letter stands for much else than a plan's part.
                let next = |w: &[String]| text::stem(&w[0]) == *kind && w[1] == *number;
                let adjacent = number.len() > 1 || held.words.windows(2).any(next);
                if named && of_its_kind && adjacent {
                    Met::Met
                } else {
                    Met::Missing
                }
            }
            What::Place(state) => {
                if held.places.contains(state) {
                    Met::Met
                } else if held.abroad && places::is_country(*state) {
                    Met::OtherForm
                } else {
                    Met::Missing
                }
            }
            What::Name(words) => {
                // "oxycodon" and "oxycodone" are one word to a reader.
                let stems = |w: &String| held.words.iter().any(|h| text::stem(h) == text::stem(w));
                let all = words.iter().all(|w| held.set.contains(w) || stems(w));
                if all { Met::Met } else { Met::Missing }
            }
        }
    }

    fn drug_met(&self, drug: u32, form: Option<&String>, held: &Held, lexicon: &Lexicon) -> Met {
        let named: Vec<&(u32, Option<String>)> = held.drugs.iter().filter(|d| d.0 == drug).collect();
        if !named.is_empty() {
            // "XR" is met by "XR", and by the name alone, not by "SR".
            let fits = |f: &Option<String>| form.is_none() || f.is_none() || f.as_ref() == form;
            let typed = fold_name(&self.shown);
            return match named.iter().any(|d| fits(&d.1)) {
                true if held.set.contains(&typed) => Met::Met,
                true => Met::OtherForm,
                false => Met::Missing,
            };
        }
        let asked = lexicon.drug(drug);
        let class = drugs::folded(&asked.class);
        let of_its_class = !class.is_empty()
            && class
                .iter()
                .all(|w| held.set.contains(w) || held.set.contains(&format!("{w}s")));
        let of_its_kind =
            (asked.schedule.is_some() && held.controlled) || (asked.cold && held.cold && held.drugs.is_empty());
        // What is said of another drug is not said of its kind.
        if held.titled.is_empty() && (of_its_kind || (of_its_class && held.drugs.is_empty())) {
            Met::OtherForm
        } else {
            Met::Missing
        }
    }
}

#[cfg(test)]
mod tests;
