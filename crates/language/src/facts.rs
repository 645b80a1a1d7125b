//! The parts of a sentence that must not differ from its source by a hair: numbers with their
//! units, doses, dates, codes, phone numbers, addresses of the web, and negation.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::drugs::Lexicon;
use crate::text;

/// A fact in normal form, with the words that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What is compared: `3 day`, `10 mg`, `tel 8005550100`, `date 2026-09-01`.
    pub key: String,
    pub shown: String,
}

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        (?P<url>https?://[^\s<>()\[\]]+|www\.[^\s<>()\[\]]+|[\w.+-]+@[\w-]+\.[\w.-]+)
      | (?P<tel>(?:\+?1[-.\s])?\(?\b\d{3}\)?[-.\s]\d{3}[-.\s]\d{4}\b|\b1-8\d\d-[A-Z0-9-]{7,9}\b)
      | (?P<iso>\b\d{4}-\d{2}-\d{2}\b)
      | (?P<slash>\b\d{1,2}/\d{1,2}/\d{2,4}\b)
      | (?P<dmy>\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:,?\s+\d{4})?\b)
      | (?P<mdy>\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:st|nd|rd|th)?\b(?:,?\s+\d{4}\b)?)
      | (?P<ratio>\b\d+/\d+\b)
      | (?P<mixed>\b(?:[a-z]+-?\d[\da-z-]*|\d+[a-z]+\d[\da-z]*|\d+(?:-[\da-z]+)+)\b)
      | (?P<num>[$€£]?\b\d[\d,]*(?:\.\d+)?)(?P<glued>%|[a-zµ]{1,12}\b)?
      | (?P<word>\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|twenty|thirty|sixty|ninety|half|twice|double|triple|several|few)\b)
      | (?P<day>\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b)
        ",
    )
    .expect("a valid pattern")
});

/// Units by their stem, each with the form it is compared in.
static UNITS: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let groups: &[(&str, &[&str])] = &[
        ("mg", &["mg", "milligram", "milligrams"]),
        ("mcg", &["mcg", "µg", "μg", "microgram", "micrograms"]),
        ("g", &["g", "gram", "grams"]),
        ("kg", &["kg", "kilogram", "kilograms"]),
        ("ml", &["ml", "milliliter", "milliliters", "cc"]),
        ("l", &["liter", "liters", "litre"]),
        ("unit", &["unit", "units", "iu"]),
        ("meq", &["meq"]),
        ("tablet", &["tablet", "tablets", "tab", "tabs", "pill", "pills"]),
        ("capsule", &["capsule", "capsules", "cap", "caps"]),
        ("dose", &["dose", "doses"]),
        ("drop", &["drop", "drops"]),
        ("puff", &["puff", "puffs"]),
        ("pen", &["pen", "pens"]),
        ("refill", &["refill", "refills"]),
        ("fill", &["fill", "fills"]),
        ("second", &["second", "seconds"]),
        ("minute", &["minute", "minutes", "min", "mins"]),
        ("hour", &["hour", "hours", "hr", "hrs"]),
        ("day", &["day", "days"]),
        ("week", &["week", "weeks"]),
        ("month", &["month", "months"]),
        ("year", &["year", "years"]),
        ("%", &["percent", "%"]),
        ("time", &["time", "times"]),
        ("copy", &["copy", "copies"]),
        ("attempt", &["attempt", "attempts", "try", "tries"]),
        ("call", &["call", "calls"]),
        ("request", &["request", "requests"]),
        ("claim", &["claim", "claims"]),
        ("degree", &["degree", "degrees", "°f", "°c"]),
        ("dollar", &["dollar", "dollars", "usd"]),
        ("am", &["am", "a.m"]),
        ("pm", &["pm", "p.m"]),
    ];
    groups
        .iter()
        .flat_map(|(to, from)| from.iter().map(|f| ((*f).to_owned(), *to)))
        .collect()
});

/// The facts of a text, in order.
pub fn facts(source: &str) -> Vec<Fact> {
    let mut out: Vec<Fact> = Vec::new();
    for c in PATTERN.captures_iter(source) {
        let whole = c.get(0).expect("the whole match");
        // The number of a list item is no fact: "2. Call the plan."
        if c.name("num").is_some() && list_number(source, whole.start(), whole.end()) {
            continue;
        }
        let (key, end) = if let Some(m) = c.name("url") {
            let t = m.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?']);
            (
                format!("url {}", t.to_lowercase().trim_end_matches('/')),
                m.start() + t.len(),
            )
        } else if let Some(m) = c.name("tel") {
            let digits: String = m.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
            let digits = if digits.len() == 11 {
                digits.trim_start_matches('1')
            } else {
                &digits
            };
            (format!("tel {}", digits.to_uppercase()), m.end())
        } else if let Some(m) = c.name("iso").or(c.name("slash")).or(c.name("dmy")).or(c.name("mdy")) {
            (format!("date {}", date_key(m.as_str())), m.end())
        } else if let Some(m) = c.name("ratio").or(c.name("mixed")) {
            (m.as_str().to_uppercase(), m.end())
        } else if let Some(m) = c.name("num") {
            let glued = c.name("glued").map(|g| g.as_str().to_lowercase());
            let value = m.as_str().replace(',', "");
            number(source, &value, glued.as_deref(), whole.end())
        } else if let Some(m) = c.name("word") {
            let value = number_word(&m.as_str().to_lowercase());
            let (key, end) = number(source, &value, None, m.end());
            // "one" is mostly a pronoun, "few" says little: facts only with their unit.
            if key == "1" || key == "several" || key == "few" {
                continue;
            }
            (key, end)
        } else {
            (
                format!("on {}", whole.as_str().to_lowercase().trim_end_matches('s')),
                whole.end(),
            )
        };
        out.push(Fact {
            key,
            shown: text::collapse(&source[whole.start()..end]),
        });
    }
    out
}

/// Whether the number between `start` and `end` is the marker of a list item.
fn list_number(source: &str, start: usize, end: usize) -> bool {
    let line = source[..start].rsplit('\n').next().unwrap_or("");
    line.trim().is_empty() && matches!(&source.as_bytes()[end..], [b'.' | b')', b' ' | b'\t', ..])
}

/// A number with its unit, which may stand up to two words behind ("three business days",
/// "7 to 10 days"). Returns the key and where the fact ends.
fn number(source: &str, value: &str, glued: Option<&str>, end: usize) -> (String, usize) {
    let (value, money) = match value.strip_prefix(['$', '€', '£']) {
        Some(v) => (v, true),
        None => (value, false),
    };
    let trimmed = if value.contains('.') {
        value.trim_end_matches('0').trim_end_matches('.')
    } else {
        value
    };
    if money {
        return (format!("{trimmed} dollar"), end);
    }
    if let Some(unit) = glued {
        let unit = UNITS.get(unit).copied().unwrap_or(unit);
        let per = per(&source[end..]);
        return match unit {
            "st" | "nd" | "rd" | "th" => (format!("{trimmed}th"), end),
            _ => (format!("{trimmed} {unit}{}", per.to_lowercase()), end + per.len()),
        };
    }
    let mut at = end;
    for _ in 0..4 {
        let rest = &source[at..];
        let lead = rest.len() - rest.trim_start_matches([' ', '\n', '-', '(']).len();
        let word: &str = rest[lead..]
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '!' | '?' | ':' | '-'))
            .next()
            .unwrap_or("");
        let bare = word.trim_end_matches('.');
        if bare.is_empty() || bare.len() > 14 {
            break;
        }
        // "2 mg/kg" is not 2 mg.
        let measure = bare.split('/').next().unwrap_or(bare);
        if let Some(unit) = UNITS.get(&measure.to_lowercase()) {
            let per = bare[measure.len()..].to_lowercase();
            return (format!("{trimmed} {unit}{per}"), at + lead + bare.len());
        }
        let passes = matches!(
            bare.to_lowercase().as_str(),
            "business"
                | "calendar"
                | "working"
                | "full"
                | "more"
                | "to"
                | "or"
                | "consecutive"
                | "extra"
                | "additional"
        ) || bare.bytes().all(|b| b.is_ascii_digit());
        if !passes || word != bare {
            break;
        }
        at += lead + bare.len();
    }
    (trimmed.to_owned(), end)
}

/// What a unit is divided by: "/kg/day".
fn per(rest: &str) -> &str {
    static PER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:/[A-Za-z]{1,10})+").expect("a valid pattern"));
    PER.find(rest).map_or("", |m| m.as_str())
}

fn number_word(word: &str) -> String {
    match word {
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        "eleven" => "11",
        "twelve" => "12",
        "fourteen" => "14",
        "fifteen" => "15",
        "twenty" => "20",
        "thirty" => "30",
        "sixty" => "60",
        "ninety" => "90",
        other => other,
    }
    .to_owned()
}

/// A date as year-month-day, with what was not said left out.
fn date_key(shown: &str) -> String {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let lower = shown.to_lowercase();
    let numbers: Vec<u32> = lower
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| !p.is_empty())
        .filter_map(|p| p.parse().ok())
        .collect();
    let month = MONTHS.iter().position(|m| lower.contains(m)).map(|m| m as u32 + 1);
    let (y, m, d) = match (month, numbers.as_slice()) {
        (Some(m), [d]) => (0, m, *d),
        (Some(m), [d, y, ..]) => (*y, m, *d),
        (None, [y, m, d]) if *y > 1000 => (*y, *m, *d),
        (None, [m, d, y]) => (if *y < 100 { 2000 + y } else { *y }, *m, *d),
        _ => return lower,
    };
    if y == 0 {
        format!("{m:02}-{d:02}")
    } else {
        format!("{y}-{m:02}-{d:02}")
    }
}

/// The sentence's facts that the source's facts do not hold, or not as often: "type 2 and type 2" is
/// not "type 1 and type 2". A bare number is held by the same
/// number with a unit, a date without a year by the same day of any year; never the other way round.
pub fn missing(of: &str, source: &str) -> Vec<Fact> {
    missing_among(&facts(of), &facts(source))
}

/// The same of facts that were read already.
pub fn missing_among<'f>(of: &[Fact], source: impl IntoIterator<Item = &'f Fact>) -> Vec<Fact> {
    let there: Vec<&Fact> = source.into_iter().collect();
    let mut out: Vec<Fact> = Vec::new();
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    let counts_one = there.iter().any(|t| t.key.starts_with("1 "));
    for f in of.iter().filter(|f| counts_one || !is_article(f)) {
        let times = said.entry(&f.key).or_default();
        *times += 1;
        let held = there.iter().filter(|t| held_by(&f.key, &t.key)).count();
        if held < *times && !out.contains(f) {
            out.push(f.clone());
        }
    }
    out
}

/// Of these facts those that are not among the others, each once.
pub(crate) fn unheld<'a>(of: &'a [Fact], there: &[Fact]) -> Vec<&'a Fact> {
    let mut out: Vec<&Fact> = Vec::new();
    for f in of {
        if !out.contains(&f) && !there.iter().any(|t| held_by(&f.key, &t.key)) {
            out.push(f);
        }
    }
    out
}

/// "In one day" is in a day, "one time" is once: a source need not say the number.
fn is_article(fact: &Fact) -> bool {
    const COUNTED: &[&str] = &["1 time", "1 day", "1 fill", "1 call", "1 request", "1 claim", "1 copy"];
    COUNTED.contains(&fact.key.as_str()) && fact.shown.to_lowercase().starts_with("one")
}

fn held_by(fact: &str, source: &str) -> bool {
    if fact == source {
        return true;
    }
    if let (Some(a), Some(b)) = (fact.strip_prefix("date "), source.strip_prefix("date ")) {
        return a.len() == 5 && b.ends_with(a);
    }
    // A year by itself is held by a day of it.
    if let Some(day) = source.strip_prefix("date ")
        && fact.len() == 4
        && day.strip_prefix(fact).is_some_and(|rest| rest.starts_with('-'))
    {
        return true;
    }
    let bare = !fact.is_empty() && fact.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    bare && source.strip_prefix(fact).is_some_and(|rest| rest.starts_with(' '))
}

/// Whether the text denies: an odd number of negations. A limit ("no more than") and an answer's "No," deny nothing by
/// themselves.
pub fn negated(source: &str) -> bool {
    static NEGATION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix) (?P<limit> \b(?:no|not)\s+(?:more|less|fewer|later|earlier|longer)\s+than\b | \bnot\s+only\b | \bif\s+(?:not|nothing)\b | ^\s*no,)
            | \b(?:not|no|never|none|neither|nor|without|cannot|nothing|nobody|unable)\b | n['’]t\b
            | \b(?:excluded|prohibited|forbidden|impossible)\b
            | \bun(?:opened|available|covered|paid|signed|verified|approved|used|sealed|filled|met)\b",
        )
        .expect("a valid pattern")
    });
    let denies = NEGATION.captures_iter(source).filter(|c| c.name("limit").is_none());
    denies.count() % 2 == 1
}

static PEOPLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?P<by>\bby\s+(?:the|a|an|our|your|their)\s+)?(?:\b(?:
            (?P<patient>patients?|customers?|callers?|members?|clients?|beneficiar(?:y|ies))
          | (?P<pharmacist>pharmacists?)
          | (?P<prescriber>prescribers?|doctors?|physicians?)
          | (?P<plan>(?:health\s+)?plans?|insurers?|insurance\s+compan(?:y|ies))
          | (?P<supervisor>supervisors?|managers?)
          | (?P<carrier>carriers?|couriers?)
          | (?P<caregiver>caregivers?|representatives?)
          | (?P<privacy>privacy\s+teams?)
          | (?P<billing>billing(?:\s+teams?)?)
          | (?P<nurse>nurses?)
          | (?P<parent>parents?|guardians?|mothers?|fathers?)
          | (?P<child>child(?:ren)?|babies|baby|infants?)
        )\b)",
    )
    .expect("a valid pattern")
});
const WHO: &[&str] = &[
    "patient",
    "pharmacist",
    "prescriber",
    "plan",
    "supervisor",
    "carrier",
    "caregiver",
    "privacy",
    "billing",
    "nurse",
    "parent",
    "child",
];

/// The people of a text, each once, in the order in which they act: "by the plan" comes before what
/// is done.
pub fn people(text: &str) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    let mut agents = 0;
    for c in PEOPLE.captures_iter(text) {
        let Some(who) = WHO.iter().find(|w| c.name(w).is_some()) else {
            continue;
        };
        if out.contains(who) {
            continue;
        }
        if c.name("by").is_some() {
            out.insert(agents, who);
            agents += 1;
        } else {
            out.push(who);
        }
    }
    out
}

/// The people that both texts name, where their order differs.
pub fn turned(sentence: &str, source: &str) -> Vec<String> {
    let (a, b) = (people(sentence), people(source));
    let common = |x: &[&'static str], y: &[&'static str]| -> Vec<&'static str> {
        x.iter().copied().filter(|p| y.contains(p)).collect()
    };
    let (a, b) = (common(&a, &b), common(&b, &a));
    if a == b {
        Vec::new()
    } else {
        a.into_iter().map(str::to_owned).collect()
    }
}

/// Whether a word, in lower case, names a drug: by the list, or by the ending that its class has.
pub fn is_drug(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "cillin",
        "statin",
        "pril",
        "sartan",
        "olol",
        "azole",
        "prazole",
        "mycin",
        "floxacin",
        "formin",
        "gliptin",
        "gliflozin",
        "glutide",
        "mab",
        "nib",
        "vir",
        "codone",
        "morphone",
        "oxetine",
        "dipine",
        "thiazide",
        "parin",
        "xaban",
        "cycline",
        "solone",
        "phylline",
        "zepam",
        "zolam",
        "barbital",
        "dronate",
        "setron",
        "triptan",
    ];
    Lexicon::own().is_name(word) || (word.len() > 6 && ENDINGS.iter().any(|e| word.ends_with(e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn facts_are_read_in_normal_form() {
        for (text, want) in [
            ("Take 10 mg twice daily.", vec!["10 mg", "twice"]),
            ("Take 10mg.", vec!["10 mg"]),
            ("within three business days", vec!["3 day"]),
            ("in 7 to 10 days", vec!["7 day", "10 day"]),
            (
                "Call 1-800-555-0100 or (800) 555-0199.",
                vec!["tel 8005550100", "tel 8005550199"],
            ),
            ("since 1 Sep 2026", vec!["date 2026-09-01"]),
            (
                "September 1, 2026 and 2026-09-01",
                vec!["date 2026-09-01", "date 2026-09-01"],
            ),
            ("It costs $1,250.50 in all", vec!["1250.5 dollar"]),
            ("code A5 or 75", vec!["A5", "75"]),
            ("2. Call the plan.", vec![]),
            ("use this one", vec![]),
            ("one tablet", vec!["1 tablet"]),
            ("go to https://plan.example/a.", vec!["url https://plan.example/a"]),
            ("80% of it", vec!["80 %"]),
        ] {
            assert_eq!(
                facts(text).into_iter().map(|f| f.key).collect::<Vec<_>>(),
                want,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_changed_fact_is_missing() {
        let source = "Most plans decide within three business days; urgent requests within 24 hours. Call 800-555-0100. Since March 3, 2019.";
        for (text, lost) in [
            ("Plans decide in 3 days.", 0),
            ("Plans decide in 3 hours.", 1),
            ("Urgent requests take 24 hours.", 0),
            ("Urgent requests take 12 hours.", 1),
            ("Call 800-555-0101.", 1),
            ("It was so in 2019.", 0),
            ("It was so in 2020.", 1),
            ("Decided one time.", 0),
        ] {
            assert_eq!(missing(text, source).len(), lost, "{text}");
        }
    }

    #[test]
    fn who_acts_on_whom_is_seen() {
        let source = "The prescriber sends the reasons, the plan decides.";
        assert_eq!(
            turned("The plan sends the reasons, the prescriber decides.", source),
            ["plan", "prescriber"]
        );
        assert!(turned("The reasons are sent by the prescriber to the plan.", source).is_empty());
        assert!(turned("The doctor sends reasons and the insurer decides.", source).is_empty());
        assert_eq!(people("It is decided by the plan for the member."), ["plan", "patient"]);
    }

    #[test]
    fn drugs_are_known_by_name_and_by_ending() {
        assert!(is_drug("warfarin") && is_drug("aspirin") && is_drug("rosuvastatin"));
        assert!(!is_drug("tablet") && !is_drug("insurance"));
    }

    #[test]
    fn a_fact_said_twice_must_stand_there_twice() {
        assert_eq!(missing("type 2 and type 2", "type 1 and type 2").len(), 1);
        assert!(missing("2 mg/kg per day", "start with 2 mg/kg").is_empty());
        assert_eq!(missing("start with 2 mg", "start with 2 mg/kg").len(), 1);
        assert_eq!(missing("start with 2mg/kg", "start with 2mg/mL").len(), 1);
        assert_eq!(missing("2 mcg/kg per day", "start with 2 mg/kg").len(), 1);
        assert_eq!(missing("after several hours", "after several minutes").len(), 1);
        assert!(missing("a few of them", "some of them").is_empty());
    }

    #[test]
    fn negation_is_seen() {
        assert!(negated("The medication is not covered"));
        assert!(negated("You can’t refill"));
        assert!(!negated("The medication is covered"));
    }

    proptest! {
        #[test]
        fn any_text_holds_its_own_facts(text in "[ -~\\n°µé]{0,160}") {
            prop_assert!(missing(&text, &text).is_empty());
        }
    }
}
