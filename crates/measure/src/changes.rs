//! Sentences changed by script in one thing each, so that they are no longer true. What cannot be changed in
//! that way gives nothing.

use std::sync::LazyLock;

use mortar_language::text;
use regex::Regex;

/// A sentence and its number to the changed one.
pub type Change = fn(&str, usize) -> Option<String>;

/// What is changed, by the name of its kind.
pub const CHANGES: &[(&str, Change)] = &[
    ("number", number),
    ("unit", unit),
    ("dose", dose),
    ("date", date),
    ("code", code),
    ("drug", drug),
    ("negation", negation),
    ("who does what", roles),
    ("things changed places", places),
    ("relation", relation),
    ("invented", invented),
];

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// Puts `to` in the place of the first group of a match.
fn put(sentence: &str, pattern: &Regex, to: impl Fn(&str) -> Option<String>) -> Option<String> {
    let m = pattern.captures(sentence)?.get(1)?;
    let new = to(m.as_str())?;
    Some(format!("{}{new}{}", &sentence[..m.start()], &sentence[m.end()..]))
}

/// The next number; a decimal keeps its places.
fn next(n: &str) -> Option<String> {
    match n.split_once('.') {
        Some((a, b)) => Some(format!("{}.{b}", a.parse::<u64>().ok()? + 1)),
        None => Some((n.parse::<u64>().ok()? + 1).to_string()),
    }
}

fn number(s: &str, _: usize) -> Option<String> {
    static N: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?:^|[ $(])(\d{1,4}(?:\.\d+)?)(?:%| (?:business )?(?:days?|hours?|minutes?|weeks?|months?|years?|times?|attempts?|people|patients|states|percent|of|or|and|to|in)\b)",
        )
    });
    put(s, &N, next)
}

fn unit(s: &str, _: usize) -> Option<String> {
    static U: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"\b(?:\d+|one|two|three|four|five|six|several|few) (?:business )?(seconds?|minutes?|hours?|days?|weeks?|months?|years?|mg|mcg|g|mL|ml|grams?|inches|pounds)\b",
        )
    });
    put(s, &U, |u| {
        let plural = if u.ends_with('s') && u.len() > 3 { "s" } else { "" };
        Some(match u.trim_end_matches('s') {
            "minute" => format!("hour{plural}"),
            "hour" => format!("day{plural}"),
            "day" => format!("week{plural}"),
            "week" => format!("month{plural}"),
            "month" => format!("year{plural}"),
            "year" | "second" => format!("month{plural}"),
            "mg" => "mcg".into(),
            "mcg" | "g" => "mg".into(),
            "mL" | "ml" => "mg".into(),
            "gram" => format!("milligram{plural}"),
            "inche" => "feet".into(),
            "pound" => format!("kilogram{plural}"),
            _ => return None,
        })
    })
}

fn dose(s: &str, _: usize) -> Option<String> {
    static D: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"\b(\d+(?:\.\d+)?) ?(?:mg|mcg|milligrams?|micrograms?|ml|mL|milliliters?|units?|tablets?|capsules?|puffs?|drops?|doses?|IU|MME)\b",
        )
    });
    put(s, &D, |n| Some(format!("{}", n.parse::<f64>().ok()? * 2.0)))
}

fn date(s: &str, _: usize) -> Option<String> {
    static M: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"\b(January|February|March|April|June|July|August|September|October|November|December)\b(?: \d|, \d)")
    });
    static D: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"\d (January|February|March|April|May|June|July|August|September|October|November|December)\b")
    });
    static Y: LazyLock<Regex> = LazyLock::new(|| regex(r"\b((?:19|20)\d\d)\b"));
    let month = |m: &str| {
        Some(
            if matches!(m, "March" | "October") {
                "June"
            } else {
                "March"
            }
            .to_owned(),
        )
    };
    put(s, &D, month)
        .or_else(|| put(s, &M, month))
        .or_else(|| put(s, &Y, next))
}

fn code(s: &str, _: usize) -> Option<String> {
    static C: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"\b(?:[Cc]odes?|SOP|DEA Form|[Rr]eject|chromosome|type|stage|vitamin B|omega-|CYP) ?([0-9]{1,3})\b")
    });
    put(s, &C, next)
}

fn drug(s: &str, i: usize) -> Option<String> {
    const DRUGS: &[&str] = &[
        "insulin",
        "warfarin",
        "methotrexate",
        "metformin",
        "ibuprofen",
        "acetaminophen",
        "aspirin",
        "oxycodone",
        "naloxone",
        "isotretinoin",
        "clozapine",
        "semaglutide",
        "oseltamivir",
        "zolpidem",
        "alprazolam",
        "methylphenidate",
        "prednisone",
        "amoxicillin",
        "digoxin",
        "heparin",
        "lithium",
        "cyclophosphamide",
        "rituximab",
        "carbamazepine",
        "phenytoin",
        "tamoxifen",
        "penicillin",
        "atorvastatin",
        "lisinopril",
        "levothyroxine",
    ];
    static D: LazyLock<Regex> = LazyLock::new(|| regex(&format!(r"(?i)\b({})\b", DRUGS.join("|"))));
    put(s, &D, |d| {
        let other = DRUGS.iter().cycle().skip(i).find(|o| !o.eq_ignore_ascii_case(d))?;
        let capital = d.starts_with(|c: char| c.is_uppercase());
        Some(if capital {
            format!("{}{}", other[..1].to_uppercase(), &other[1..])
        } else {
            (*other).to_owned()
        })
    })
}

fn negation(s: &str, _: usize) -> Option<String> {
    static NOT: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\b(?:is|are|can|must|may|will|should|does|do|was|were|has|have)( not) "));
    static AUX: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(?:is|are|can|must|may|will|should)( )[a-z]"));
    static WORD: LazyLock<Regex> = LazyLock::new(|| regex(r"\b([Nn]ever|cannot|[Aa]lways)\b"));
    put(s, &NOT, |_| Some(String::new()))
        .or_else(|| {
            put(s, &WORD, |w| {
                Some(match w {
                    "never" => "always".into(),
                    "Never" => "Always".into(),
                    "always" => "never".into(),
                    "Always" => "Never".into(),
                    _ => "can".into(),
                })
            })
        })
        .or_else(|| put(s, &AUX, |_| Some(" not ".into())))
}

/// The two people of a sentence change places.
fn roles(s: &str, _: usize) -> Option<String> {
    static R: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(patient|customer|caller|pharmacist|prescriber|plan|supervisor|caregiver|privacy team|billing|carrier|doctor|nurse|child|parents?|mother|father|member|insurer)\b",
        )
    });
    let all: Vec<_> = R.find_iter(s).collect();
    let [a, b] = all.as_slice() else { return None };
    if a.as_str().eq_ignore_ascii_case(b.as_str())
        || s[b.end()..].starts_with(['\'', '’'])
        || s[a.end()..].starts_with(['\'', '’'])
    {
        return None;
    }
    Some(format!(
        "{}{}{}{}{}",
        &s[..a.start()],
        b.as_str(),
        &s[a.end()..b.start()],
        a.as_str(),
        &s[b.end()..]
    ))
}

/// Two things of a claim change places.
fn places(s: &str, _: usize) -> Option<String> {
    static THING: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\b(?:the|a|an|its|their|your|our) ([a-z]{4,})\b(?: [a-z]|[.,])"));
    let all: Vec<_> = THING.captures_iter(s).filter_map(|c| c.get(1)).collect();
    let [a, b] = all.get(..2)? else { return None };
    let between = &s[a.end()..b.start()];
    if a.as_str() == b.as_str()
        || between.contains([',', ';', ':'])
        || between.contains(" and ")
        || between.contains(" or ")
    {
        return None;
    }
    Some(format!(
        "{}{}{between}{}{}",
        &s[..a.start()],
        b.as_str(),
        a.as_str(),
        &s[b.end()..]
    ))
}

/// A word that relates two things becomes its opposite.
fn relation(s: &str, _: usize) -> Option<String> {
    const PAIRS: &[(&str, &str)] = &[
        ("before", "after"),
        ("more", "fewer"),
        ("above", "below"),
        ("later", "earlier"),
        ("most", "least"),
        ("first", "last"),
        ("approved", "refused"),
        ("includes", "excludes"),
        ("required", "optional"),
        ("with", "without"),
        ("sent", "received"),
        ("open", "closed"),
    ];
    PAIRS.iter().flat_map(|(a, b)| [(a, b), (b, a)]).find_map(|(from, to)| {
        let at = regex(&format!(r"\b({from})\b"));
        put(s, &at, |_| Some((*to).to_owned()))
    })
}

/// Sentences that no source says, some about what the answer is about.
fn invented(s: &str, i: usize) -> Option<String> {
    const SAID: &[&str] = &[
        "You will also receive a small gift with your next delivery.",
        "Our pharmacists recommend drinking plenty of water with it.",
        "The manufacturer has confirmed that this is perfectly safe for everyone.",
        "A loyalty bonus is added to the account after the third order.",
        "Most people notice an improvement after the first few uses.",
        "The request can be tracked live on our social media pages.",
        "Studies have shown that this works better on an empty stomach.",
        "This service is only offered to customers in large cities.",
        "An inspector visits the warehouse before each shipment.",
        "The fee is waived for anyone who refers a friend.",
        "It is best to take it together with a vitamin supplement.",
        "The app sends a photo of the courier on the day of delivery.",
    ];
    let subject = text::words(s).filter(|w| w.len() > 5).nth(i % 3)?.to_lowercase();
    i.is_multiple_of(4).then(|| match i % 3 {
        0 => SAID[i / 4 % SAID.len()].to_owned(),
        1 => format!("Every {subject} is checked twice by an independent laboratory in Switzerland."),
        _ => format!("Experts agree that the {subject} should be repeated each spring."),
    })
}

/// A numbered list without one of its middle steps.
pub fn without_a_step(passage: &str) -> Option<String> {
    let lines: Vec<&str> = passage.lines().filter(|l| !l.trim().is_empty()).collect();
    let steps: Vec<usize> = (0..lines.len())
        .filter(|i| lines[*i].trim_start().starts_with(|c: char| c.is_ascii_digit()) && lines[*i].contains(". "))
        .collect();
    (steps.len() >= 3).then(|| {
        let left = steps[steps.len() / 2];
        let kept = steps.iter().filter(|i| **i != left).map(|i| lines[*i]);
        kept.collect::<Vec<_>>().join("\n")
    })
}
