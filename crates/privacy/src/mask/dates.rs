//! Days of a person's life, apart from days of the knowledge: "seen on July 3rd" is masked, "refunds in July 2026" asks
//! for what held then and keeps its meaning. Years alone stay, and so do ages up to 89.

use std::sync::LazyLock;

use regex::Regex;

use super::Candidate;
use super::kind::Kind;

const MONTH: &str = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const YEAR: &str = r"(?:\d{4}|['’]\s?\d{2})";

fn pattern(p: &str) -> Regex {
    Regex::new(p).expect("a valid pattern")
}

/// A day with its month, perhaps with the year.
static DAY: LazyLock<Regex> = LazyLock::new(|| {
    let day = r"(?:3[01]|[12]\d|0?[1-9])";
    pattern(&format!(
        r"(?ix)\b{MONTH}\.?\s+(?:the\s+)?{day}(?:st|nd|rd|th)?\b(?:\s?,?\s?(?P<y1>{YEAR})\b)?
        |\b{day}(?:st|nd|rd|th)?(?:\s+of)?[\s-]+{MONTH}\b\.?(?:,?[\s-]?(?P<y2>{YEAR}|\d{{2}})\b)?
        |\b(?P<y3>(?:19|20)\d\d)[-/.](?:0?[1-9]|1[0-2])[-/.]{day}\b
        |\b(?:0?[1-9]|1[0-2])([-/.]){day}[-/.](?P<y4>(?:19|20)\d\d|\d\d)\b
        |\b{day}[-/.](?:0?[1-9]|1[0-2])[-/.](?P<y5>(?:19|20)\d\d|\d\d)\b"
    ))
});
/// Less than a day: a month and its year, or a month that a person's case is dated by.
static MONTH_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?ix)\b{MONTH}\.?,?\s+(?:of\s+)?{YEAR}\b|\b(?:last|this|next|early|late|mid|end\ of)[\s-]+{MONTH}\b|\b(?:0?[1-9]|1[0-2])/(?:(?:19|20)\d\d|[0-3]\d|[1-9])\b|\b{MONTH}\b"
    ))
});
static EVENT_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:seen|admitted|admission|treated|treatment|visit(?:ed|s)?|hospitali[sz]ed|hospitali[sz]ation|discharged?|diagnosed|dx|surgery|operated|evaluated|assessed|presented|presenting|born|dob|birthday|birth|died|death|deceased|delivered|appointment|appt|consult(?:ed|ation)?|follow-?up|f/u|checked|reviewed|started|referred|noted|documented|records?|labs?|tested|underwent|transplant|tx|enrolled|suffered|exam(?:ined)?|called|picked up|filled|refilled|injected|vaccinated|at|@)\b[^?!;\n]{0,60}$",
    )
});
static PERSON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:patients?|pts?|year-?\s?old|y/?o|yo|\d{1,3}yo|\d{1,3}[mf]|male|female|man|woman|boy|girl|child|infant|he|she|his|her|him|hers|mrs?|ms|dr|named|mrn|ssn|dob|born|customer|caller|member|mother|father|son|daughter|husband|wife|my)\b",
    )
});
static KNOWLEDGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:guidelines?|polic(?:y|ies)|effective|version|revised|revision|published|releases?d?|approved|label|edition|in force|deadline|recalls?|rules?|formular(?:y|ies)|articles?|sops?|holiday|expir\w+|updated?|as of|changed?|law|regulation|notice|memo|protocol)\b",
    )
});
static NO_DATE_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s?(?:%|mg|mcg|g|ml|units?|tablets?|tabs?|capsules?|days?|weeks?|months?|years?|hours?|mm|cm|strength|dose)\b|^[-/]\d",
    )
});
static AGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?P<a>9\d|1[0-2]\d)(?:[\s-]*(?:years?|yrs?|y)[\s-]*(?:old|of age|o)\b|\s?y/?o\b|\s?[mf]\b)|\b(?:aged?|turn(?:s|ed|ing)|is)\s+(?P<b>9\d|1[0-2]\d)\b(?:\s+(?:today|now|years?)\b|[,.;)?]|$)",
    )
});
static BIRTH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:dob|d\.o\.b\.?|born|birth ?(?:date|day)?|date of birth)\b[\s:(]*(?:is|was|on|in)?[\s:(]*(?P<v>(?:19|20)\d\d|\d{1,2}/\d{1,2}|\d{6}|\d{8})\b",
    )
});

/// Whether a whole text is a date in digits.
pub(super) fn is_date(s: &str) -> bool {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:(?:0?[1-9]|1[0-2])/(?:3[01]|[12]\d|0?[1-9])/(?:19|20)?\d\d|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:3[01]|[12]\d|0[1-9])|(?:0?[1-9]|1[0-2])/(?:19|20)\d\d)$",
        )
    });
    WHOLE.is_match(s)
}

/// `known` says that something else in the text leads to a person.
pub(super) fn find(text: &str, known: bool, out: &mut Vec<Candidate>) {
    let person = known || PERSON.is_match(text);
    let mut days = Vec::new();
    for c in DAY.captures_iter(text) {
        let m = c.get(0).expect("the whole match");
        let (before, after) = (&text[..m.start()], &text[m.end()..]);
        let in_year = ["y1", "y2", "y3", "y4", "y5"].iter().any(|y| c.name(y).is_some());
        let digits_only = m.as_str().bytes().all(|b| !b.is_ascii_alphabetic());
        if NO_DATE_BEHIND.is_match(after) || (digits_only && m.as_str().contains('.') && !person) {
            continue;
        }
        // "he may 5 times": a month in small letters is one with a year or an ending.
        let small = m.as_str().starts_with("may") || m.as_str().starts_with("mar");
        if small && !in_year && !m.as_str().ends_with(['t', 'd', 'h']) {
            continue;
        }
        let about_person = person && (known || EVENT_BEFORE.is_match(before) || !near_knowledge(before, after));
        let alone = in_year && !near_knowledge(before, after) && !asks_of_a_day(before);
        if about_person || alone {
            out.push(Candidate::sure(m.range(), Kind::Date));
        }
        days.push(m.range());
    }
    for m in MONTH_ONLY.find_iter(text) {
        if days.iter().any(|d| d.start < m.end() && m.start() < d.end) {
            continue;
        }
        let (before, after) = (&text[..m.start()], &text[m.end()..]);
        let digits = m.as_str().contains('/');
        let month_alone = m.as_str().chars().all(char::is_alphabetic);
        let in_time = !digits && !month_alone || on_or_in(before);
        let led = !near_knowledge(before, after) && (EVENT_BEFORE.is_match(before) || known && !month_alone && !digits);
        let capital = m.as_str().starts_with(char::is_uppercase) || !month_alone;
        if person && led && in_time && capital && !NO_DATE_BEHIND.is_match(after) {
            out.push(Candidate::sure(m.range(), Kind::Date));
        }
    }
    for c in AGE.captures_iter(text) {
        let age = c.name("a").or(c.name("b")).expect("one of two");
        out.push(Candidate::sure(age.range(), Kind::Age));
    }
    let births = BIRTH.captures_iter(text).filter_map(|c| c.name("v"));
    out.extend(births.map(|v| Candidate::sure(v.range(), Kind::Date)));
}

fn on_or_in(before: &str) -> bool {
    let last = before
        .trim_end()
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or("");
    [
        "on",
        "in",
        "since",
        "from",
        "until",
        "by",
        "date",
        "dated",
        "of",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
    .contains(&last.to_lowercase().as_str())
}

/// "What was the copay on July 3, 2026?" asks for the knowledge of a day.
fn asks_of_a_day(before: &str) -> bool {
    static ASKED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:what|which|how|was|were|did|is|are|do|does|can|could)\b[^.?!\n]*\b(?:on|before|after|since|until|by|from|of|for)\s*$",
        )
    });
    ASKED.is_match(before) && !EVENT_BEFORE.is_match(before)
}

/// Whether one of the few words beside says that the day is the knowledge's.
fn near_knowledge(before: &str, after: &str) -> bool {
    let from = before.char_indices().rev().nth(35).map_or(0, |c| c.0);
    let to = after.char_indices().nth(25).map_or(after.len(), |c| c.0);
    KNOWLEDGE.is_match(&before[from..]) || KNOWLEDGE.is_match(&after[..to])
}
