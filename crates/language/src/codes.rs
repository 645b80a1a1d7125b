//! Exact codes in the ways people write them: claim rejections, DUR and clarification codes, NDCs,
//! form numbers. A code is a system and a value; two codes are the same only if both agree.
//! Never a neighbour: nothing here is fuzzy but [`off_by_one`], which only names what looks alike.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

/// A code, for example `reject` and `75`. The system is a path (`dur/reason`); an empty one stands
/// for a code whose system was not said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Code {
    pub system: String,
    pub value: String,
}

impl Code {
    pub fn new(system: &str, value: &str) -> Self {
        Code {
            system: system.to_owned(),
            value: normal(value),
        }
    }

    /// Whether a question for `self` is answered by a document about `other`: the same value, and
    /// the one system the same as the other or a part of it.
    pub fn matches(&self, other: &Code) -> bool {
        self.value == other.value && systems_agree(&self.system, &other.system)
    }
}

/// Whether one system contains the other; the unsaid one contains all.
pub fn systems_agree(a: &str, b: &str) -> bool {
    // "code 14" is no SOP, no form and no NDC: these are always said.
    let said = |s: &str| ["sop", "ndc", "form"].iter().any(|k| s.split('/').next() == Some(k));
    if (a.is_empty() && said(b)) || (b.is_empty() && said(a)) {
        return false;
    }
    let within = |a: &str, b: &str| b.is_empty() || a == b || a.strip_prefix(b).is_some_and(|r| r.starts_with('/'));
    within(a, b) || within(b, a)
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

/// A code where it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub code: Code,
    pub range: Range<usize>,
    /// In a text the bare number behind "reject" or "code" could be a count; only a code that is in
    /// the knowledge makes it one. Such a find is weak: unknown, it is no code at all.
    pub weak: bool,
}

/// The words that lead to a code, the system that they say, and whether they say "code" outright.
const LEADS: &[(&str, &str)] = &[
    // An SOP is called by its number as a code is, and is no more to be confused.
    (r"sop(?:\s+(?:no\.|number))?", "sop"),
    // Longer leads stand before the shorter ones that they begin with.
    (
        r"(?:dur\s+)?professional\s+service(?:\s+codes?)?|pps\s+codes?",
        "dur/professional",
    ),
    (
        r"(?:dur\s+)?result\s+of\s+service(?:\s+codes?)?|(?:dur\s+)?(?:outcome|result)\s+codes?",
        "dur/result",
    ),
    (
        r"(?:dur\s+)?reason\s+for\s+service(?:\s+codes?)?|(?:dur\s+)?conflict\s+codes?|dur\s+reason(?:\s+codes?)?",
        "dur/reason",
    ),
    (r"dur(?:\s*/\s*pps)?(?:\s+codes?)?", "dur"),
    (r"(?:submission\s+)?clarification(?:\s+codes?)?|scc", "clarification"),
    (
        r"dispense\s+as\s+written(?:\s+\(daw\))?(?:\s+codes?)?|daw(?:\s+codes?)?",
        "daw",
    ),
    (
        r"prior\s+authorization\s+type(?:\s+codes?)?|pa\s+type(?:\s+codes?)?",
        "authorization",
    ),
    (r"(?:patient\s+)?residence(?:\s+codes?)?", "residence"),
    (r"(?:pharmacy\s+)?service\s+type(?:\s+codes?)?", "service"),
    (r"delay\s+reason(?:\s+codes?)?|delay\s+codes?", "delay"),
    (r"benefit\s+stage(?:\s+(?:indicators?|qualifiers?|codes?))*", "benefit"),
    (
        r"(?:(?:ncpdp|claim|claims|payer|insurance)\s+)*rej(?:ect(?:ion|ions|ed|s)?)?\b\.?(?:\s+(?:with|for|as|under|by|because\s+of|due\s+to))?(?:\s+(?:the|a)\b)?(?:\s+ncpdp)?(?:\s+(?:reject(?:ion)?|reason|error))?(?:\s+(?:codes?\b|numbers?\b|no\.|no\b))?",
        "reject",
    ),
    (r"denial\s+(?:reason\s+)?codes?", "reject"),
    (r"ncpdp(?:\s+error)?(?:\s+codes?)?", ""),
    // In Spanish as in English.
    (
        r"c[oó]digos?\s+de(?:l)?\s+rechazos?|rechazos?(?:\s+(?:n[uú]mero|con(?:\s+c[oó]digo)?))?",
        "reject",
    ),
    (r"c[oó]digos?(?:\s+(?:de(?:l)?\s+error|n[uú]mero))?", ""),
    // "Claim error 75": only if the knowledge has a 75.
    (r"(?:claims?\s+|billing\s+)?errors?(?:\s+(?:numbers?|no\.?|de))?", ""),
    // "The plan came back with EV": only if the knowledge has an EV.
    (r"c(?:ame|omes?|oming)\s+back\s+(?:with|as)(?:\s+(?:an?|the))?", ""),
    (
        r"(?:(?P<other>person|member|icd|icd-10|diagnosis|bank|declined?|card|app|http|menu|phone|interpreter|confirmation|locker|office|zip|area|country|promo|promotion|discount|coupon|qr|bar|dress|access|security|verification|postal|source|tracking|building|door|gate|tax)(?:\s+error)?\s+)?(?:error\s+)?codes?(?:\s+(?:numbers?|no\.?))?",
        "",
    ),
];

/// What a code looks like behind a lead: up to four letters and digits, perhaps with a star.
const VALUE: &str = r"\*?[0-9A-Za-z]{1,4}";
/// What may stand between the codes of a list.
const PART: &str = r"(?:\s*[,/;&+\-–]\s*(?:and\s+|or\s+|then\s+)?|\s+(?:and|or|vs\.?|then|to|through|thru|y|o|al?)\s+(?:code\s+)?|\s+)";
/// More codes than this between two are no range that anybody writes.
const WIDEST: u32 = 100;

static LED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    LEADS
        .iter()
        .map(|(lead, system)| {
            let pattern = format!(
                r#"(?i)\b(?P<lead>{lead})(?P<gap>\s*[:#=]?\s*["'“‘(]?)(?P<list>{VALUE}\b["'”’)]?(?:{PART}["'“‘]?{VALUE}\b["'”’]?)*)"#
            );
            (Regex::new(&pattern).expect("a valid pattern"), *system)
        })
        .collect()
});
static DATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}").expect("a valid pattern"));
static ITEM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\*?[0-9A-Za-z]+").expect("a valid pattern"));
/// Words of a list of codes that are none.
const JOINS: &[&str] = &[
    "and", "or", "code", "then", "vs", "to", "through", "thru", "y", "o", "a", "al",
];
/// What stands between the ends of a range.
static RANGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^(?:-|–|to|through|thru|al?)$").expect("a valid pattern"));
/// A digit and a letter that a space parts, at the end of what is said.
static SPLIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(\d{1,2})\s([b-hj-z])\s*(?:[?.!]*$|\b(?:mean|say|on\b))").expect("a valid pattern")
});
static R_CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:[Rr](?:ej(?:ect)?)?-?|R )(\d[0-9A-Za-z]{1,2})\b").expect("a valid pattern"));
static NDC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        \b(?:ndc\s*(?:number|no\.?|code|is)?\s*[:\#]?\s*)?(\d{4,5})-(\d{3,4})-(\d{1,2})\b
      | \bndc\s*(?:number|no\.?|code|is)?\s*[:\#]?\s*(\d{1,5})[-\x20](\d{1,4})[-\x20](\d{1,2})\b
      | \bndc\s*(?:number|no\.?|code|is)?\s*[:\#]?\s*(\d{1,11})\b
      | (?P<bare>\b\d{10,11}\b)
    ",
    )
    .expect("a valid pattern")
});
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:(?P<agency>cms|hcfa|fda|dea|va|hhs|ssa|ocr)(?:\s+form|-|\s+)\s*(?:no\.?\s*|number\s+)?|forms?\s+(?:no\.?\s*|number\s+|#\s*)?(?:(?P<agency2>cms|hcfa|fda|dea|va|hhs|ssa|ocr)[\s-]+)?)(?P<value>[A-Z]{0,3}-?\d[0-9A-Z]*(?:-[0-9A-Z]+)*)\b")
        .expect("a valid pattern")
});
/// A number before one of these is a count or a measure, not a code.
static MEASURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:%|(?:x|percent|mg|mcg|g|ml|mls?|units?|tablets?|tabs?|capsules?|pills?|doses?|times?|days?|weeks?|months?|years?|hours?|minutes?|claims?|patients?|people|refills?|fills?|orders?|dollars?|prescriptions?|rejections?|steps?|of\s+(?:the|these|my|our))\b)")
        .expect("a valid pattern")
});

/// Every code of a text, in order. `known` says whether letters without a digit ("AH", "it") are a
/// code of the knowledge: without that, "claim rejected as it" would ask for code IT.
pub fn find(text: &str, known: &dyn Fn(&Code) -> bool) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    for c in NDC.captures_iter(text) {
        let range = c.get(0).expect("the whole match").range();
        // Digits that nobody calls an NDC may be a telephone number.
        let weak = c.name("bare").is_some();
        for value in ndc_values(&c) {
            let system = "ndc".into();
            add(&mut out, Code { system, value }, range.clone(), weak);
        }
    }
    for c in FORM.captures_iter(text) {
        let agency = c
            .name("agency")
            .or(c.name("agency2"))
            .map(|m| m.as_str().to_lowercase());
        let system = agency.map_or("form".to_owned(), |a| format!("form/{a}"));
        let value = &c["value"];
        let digits = value.chars().filter(char::is_ascii_digit).count();
        if digits >= 2 {
            add(
                &mut out,
                Code::new(&system, value),
                c.get(0).expect("the whole match").range(),
                false,
            );
        }
    }
    for (pattern, system) in LED.iter() {
        for c in pattern.captures_iter(text) {
            if c.name("other").is_some() {
                continue;
            }
            led(text, &c, system, known, &mut out);
        }
    }
    for c in R_CODE.captures_iter(text) {
        let range = c.get(0).expect("the whole match").range();
        let code = Code::new("reject", &c[1]);
        // "R 100" may be an insulin and its units: then only a code that is there is one.
        let spaced = c[0].contains(' ');
        let measured = spaced && MEASURE.is_match(&text[range.end..]);
        if (known(&code) && !measured) || (c[0].starts_with('R') && !spaced) {
            add(&mut out, code, range, false);
        }
    }
    out.sort_by(|a, b| (a.range.start, &a.code.value).cmp(&(b.range.start, &b.code.value)));
    out
}

/// The codes of one lead and its list: "codes A5, 70 and 79".
fn led(text: &str, c: &Captures<'_>, system: &str, known: &dyn Fn(&Code) -> bool, out: &mut Vec<Found>) {
    let lead = c["lead"].to_lowercase();
    let says_code = ["code", "ncpdp", "indicator", "daw", "scc", "sop", "digo", "claim error"]
        .iter()
        .any(|w| lead.contains(w));
    let list = c.name("list").expect("the list is not optional");
    let shouting = !text.chars().any(char::is_lowercase);
    // A value must not run into the lead: "rejects" is no code S.
    if c["gap"].is_empty() {
        return;
    }
    // "error code 75" is read by the lead that says "code", or by none.
    if lead.ends_with("error") && list.as_str().to_lowercase().starts_with("code") {
        return;
    }
    // "rejected 11/22/2026" is a day, not a list.
    if DATE.is_match(list.as_str()) {
        return;
    }
    // "7 z" is 7Z written with care, and never 7.
    if let Some(split) = SPLIT.captures(&text[list.start()..]) {
        let range = list.start()..list.start() + split[0].trim_end_matches(['?', '.', '!', ' ']).len();
        add(
            out,
            Code::new(system, &format!("{}{}", &split[1], &split[2])),
            range,
            false,
        );
        return;
    }
    let mut last_end = 0;
    let mut last: Option<String> = None;
    for (i, item) in ITEM.find_iter(list.as_str()).enumerate() {
        let word = item.as_str();
        if JOINS.contains(&word.to_lowercase().as_str()) {
            continue;
        }
        // Behind a mere space stands a code only if it is one; otherwise the sentence goes on.
        let between = list.as_str()[last_end..item.start()].trim();
        let spaced = i > 0 && between.is_empty();
        last_end = item.end();
        let range = list.start() + item.start()..list.start() + item.end();
        let code = Code::new(system, word);
        let has_digit = word.bytes().any(|b| b.is_ascii_digit());
        let upper = !word.bytes().any(|b| b.is_ascii_lowercase());
        // "SOP 2 step 4": the number of a document is no count of its steps.
        let measure =
            system != "sop" && !word.bytes().any(|b| b.is_ascii_alphabetic()) && MEASURE.is_match(&text[range.end..]);
        let money = text[..range.start].ends_with(['$', '€', '£']);
        let is_code = if measure || money {
            false
        } else if spaced {
            known(&code) && (has_digit || (upper && !shouting))
        } else if has_digit {
            true
        } else {
            // Letters alone: as a code is written, or one that the knowledge holds. "PA needed" is no code PA.
            let written = upper && !shouting && word.len() >= 2;
            let ends = !text[range.end..]
                .trim_start_matches(['"', '”', '’', ')'])
                .starts_with(' ')
                || ITEM
                    .find(&text[range.end..])
                    .is_some_and(|next| matches!(next.as_str(), "and" | "or" | "vs" | "then"));
            (written && (says_code || (known(&code) && ends)))
                || (known(&code) && says_code && !crate::text::is_stopword(word))
        };
        if !is_code {
            // "code 75 and the plan": what follows a word that is no code belongs to the sentence.
            if i > 0 || !measure {
                break;
            }
            continue;
        }
        // "2x" is mostly "twice", but 7X is a rejection: the knowledge decides.
        let twice = word.len() == 2 && word.ends_with('x');
        let weak = twice || (!says_code && !system.starts_with("reject"));
        let from = last.replace(word.to_owned()).filter(|_| RANGE.is_match(between));
        add(out, code, range.clone(), weak);
        // "67-69" are three codes, each of which may be asked for; they stand where the range ends.
        for value in from.iter().flat_map(|from| within(from, word)) {
            let code = Code::new(system, &value);
            let range = range.clone();
            out.push(Found { code, range, weak });
        }
    }
}

/// The codes between the two ends of a range, without its ends: digits of one length, counting up.
fn within(from: &str, to: &str) -> Vec<String> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (Ok(a), Ok(b)) = (from.parse::<u32>(), to.parse::<u32>()) else {
        return Vec::new();
    };
    if !digits(from) || !digits(to) || from.len() > to.len() || b <= a || b - a > WIDEST {
        return Vec::new();
    }
    (a + 1..b)
        .map(|n| format!("{n:0>width$}", width = from.len()))
        .collect()
}

/// Adds a code unless one that says more stands at the same place already.
fn add(out: &mut Vec<Found>, code: Code, range: Range<usize>, weak: bool) {
    let overlaps = |f: &Found| f.range.start < range.end && range.start < f.range.end;
    if out.iter().any(|f| overlaps(f) && f.code.system != "ndc") {
        return;
    }
    if code.system != "ndc" && out.iter().any(overlaps) {
        return;
    }
    out.push(Found { code, range, weak });
}

/// As codes are compared: upper case, nothing but letters, digits and inner hyphens.
fn normal(value: &str) -> String {
    value.trim().to_ascii_uppercase()
}

/// An NDC's eleven digits (5-4-2). Ten digits without hyphens can be three of them.
fn ndc_values(c: &Captures<'_>) -> Vec<String> {
    for part in [1, 4] {
        if let (Some(a), Some(b), Some(d)) = (c.get(part), c.get(part + 1), c.get(part + 2)) {
            return vec![format!("{:0>5}{:0>4}{:0>2}", a.as_str(), b.as_str(), d.as_str())];
        }
    }
    let digits = c.get(7).or(c.name("bare")).map_or("", |m| m.as_str());
    // A part of an NDC is none: it is looked for as it stands, and not found.
    if digits.len() != 10 {
        return vec![digits.to_owned()];
    }
    vec![
        format!("0{digits}"),
        format!("{}0{}", &digits[..5], &digits[5..]),
        format!("{}0{}", &digits[..9], &digits[9..]),
    ]
}

/// A code as a table's column has it ("75", "reject 75", "NDC 0002-8215-01"); `system` is the
/// column's own word for its codes, if it has one.
pub fn parse(cell: &str, system: Option<&str>) -> Vec<Code> {
    let cell = cell.trim();
    let found = find(cell, &|_| true);
    if !found.is_empty() {
        return found.into_iter().map(|f| f.code).collect();
    }
    let system = system.unwrap_or("");
    if let Some(c) = CELL_RANGE.captures(cell) {
        let between = within(&c[1], &c[2]);
        if !between.is_empty() {
            let ends = [c[1].to_owned(), c[2].to_owned()];
            return ends.into_iter().chain(between).map(|v| Code::new(system, &v)).collect();
        }
    }
    let parts: Vec<&str> = cell
        .split(['/', ',', ';', '&', ' '])
        .filter(|p| !p.is_empty())
        .collect();
    let code = |p: &&str| VALUE_ALONE.is_match(p);
    if parts.len() > 1 && parts.iter().all(code) && parts.iter().all(|p| p.bytes().any(|b| b.is_ascii_digit())) {
        return parts.iter().map(|p| Code::new(system, p)).collect();
    }
    let shaped = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '*';
    if cell.is_empty() || !cell.chars().all(shaped) {
        return Vec::new();
    }
    vec![Code::new(system, cell)]
}

static CELL_RANGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\d{1,4})\s*(?:-|–|to|through)\s*(\d{1,4})$").expect("a valid pattern"));
static VALUE_ALONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\*?[0-9A-Za-z]{1,4}$").expect("a valid pattern"));

/// The values that look like this one: one character changed, added, left out, or two swapped.
pub fn off_by_one(value: &str) -> BTreeSet<String> {
    const LONGEST: usize = 16;
    let from: Vec<char> = value.chars().collect();
    if from.len() > LONGEST {
        return BTreeSet::new();
    }
    let drawn: Vec<char> = ('0'..='9').chain('A'..='Z').collect();
    let mut out = BTreeSet::new();
    let mut keep = |to: Vec<char>| out.insert(to.into_iter().collect::<String>());
    for i in 0..=from.len() {
        let (head, tail) = from.split_at(i);
        for c in &drawn {
            keep([head, &[*c], tail].concat());
        }
        let Some((first, rest)) = tail.split_first() else {
            continue;
        };
        keep([head, rest].concat());
        for c in &drawn {
            keep([head, &[*c], rest].concat());
        }
        if let Some((second, rest)) = rest.split_first() {
            keep([head, &[*second, *first], rest].concat());
        }
    }
    out.remove(value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(text: &str) -> Vec<String> {
        let known = |c: &Code| matches!(c.value.as_str(), "75" | "A5" | "AH" | "EP" | "79" | "IT");
        find(text, &known)
            .into_iter()
            .map(|f| format!("{}:{}", f.code.system, f.code.value))
            .collect()
    }

    #[test]
    fn codes_in_the_ways_people_write_them() {
        for (text, want) in [
            ("reject 75", vec!["reject:75"]),
            ("rejection code 75", vec!["reject:75"]),
            ("What does claim rejection code 7Z5 mean?", vec!["reject:7Z5"]),
            ("NCPDP 75", vec![":75"]),
            ("claim rejected with NCPDP 16 - what is the reason", vec!["reject:16"]),
            ("R75 on the claim", vec!["reject:75"]),
            ("code A5 and 79", vec![":A5", ":79"]),
            ("codes 70, 75 or 76", vec![":70", ":75", ":76"]),
            ("reject 70/75", vec!["reject:70", "reject:75"]),
            ("What does claim rejection code Ep mean?", vec!["reject:EP"]),
            ("claim rejection code AH", vec!["reject:AH"]),
            ("reject ah", vec![]),
            ("the claim was rejected as it was late", vec![]),
            ("why did the plan reject it", vec![]),
            ("rejected 3 times", vec![]),
            ("DUR reason for service code DD", vec!["dur/reason:DD"]),
            ("DUR professional service code M0", vec!["dur/professional:M0"]),
            ("submission clarification code 8", vec!["clarification:8"]),
            ("SCC 8", vec!["clarification:8"]),
            ("DAW 1", vec!["daw:1"]),
            ("Dispense as written (DAW) code 0", vec!["daw:0"]),
            ("Benefit stage indicator 1", vec!["benefit:1"]),
            ("NDC 0002-8215-01", vec!["ndc:00002821501"]),
            ("is 00002-8215-01 in stock", vec!["ndc:00002821501"]),
            ("ndc 00002821501", vec!["ndc:00002821501"]),
            ("CMS-1500", vec!["form/cms:1500"]),
            ("which is VA Form 21-526EZ", vec!["form/va:21-526EZ"]),
            ("form 222", vec!["form:222"]),
            ("my zip code 90210", vec![]),
            ("promo code SAVE", vec![]),
            ("How do I reject a refill request", vec![]),
            ("rejects", vec![]),
            ("claim rejected 75%", vec![]),
            ("rejected $75", vec![]),
            ("claim rejected 09/01/2026", vec![]),
            ("rejected on 11/22", vec![]),
            ("rejected with PA needed", vec![]),
            ("bank error code 75", vec![]),
            ("reject 75 79", vec!["reject:75", "reject:79"]),
            ("reject 75 again", vec!["reject:75"]),
            ("reject no. 75", vec!["reject:75"]),
            ("rej 75", vec!["reject:75"]),
            ("reject 75 vs 79", vec!["reject:75", "reject:79"]),
            ("what does SOP 12 say", vec!["sop:12"]),
            ("sop 2 step 4", vec!["sop:2"]),
            ("denial code 76", vec!["reject:76"]),
            ("claim error 555", vec![":555"]),
            ("no wait, reject A5", vec!["reject:A5"]),
            ("code “75”", vec![":75"]),
            ("codes 67-69", vec![":67", ":68", ":69"]),
            ("codes 70 to 72", vec![":70", ":71", ":72"]),
            (
                "Coverage rejects (70 to 72)",
                vec!["reject:70", "reject:71", "reject:72"],
            ),
            ("Reject 76/9G: limits", vec!["reject:76", "reject:9G"]),
            ("reject *97", vec!["reject:*97"]),
            ("código 75", vec![":75"]),
            ("que significa el codigo de rechazo 75", vec!["reject:75"]),
            ("rechazo 75", vec!["reject:75"]),
            ("claim error 75", vec![":75"]),
            ("code 7 z", vec![":7Z"]),
            ("code 7 days later", vec![]),
            ("NDC 55292 140 01", vec!["ndc:55292014001"]),
            ("NDC 8215", vec!["ndc:8215"]),
            ("NDC 2-8215-1", vec!["ndc:00002821501"]),
            ("", vec![]),
        ] {
            assert_eq!(codes(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_code_matches_only_its_own_system() {
        let reject = Code::new("reject", "08");
        assert!(reject.matches(&Code::new("", "08")));
        assert!(reject.matches(&Code::new("reject", "08")));
        assert!(!reject.matches(&Code::new("clarification", "08")));
        assert!(!reject.matches(&Code::new("reject", "8")));
        assert!(!Code::new("", "14").matches(&Code::new("sop", "14")));
        assert!(Code::new("dur", "DD").matches(&Code::new("dur/reason", "DD")));
        assert!(!Code::new("form/cms", "1500").matches(&Code::new("form/va", "1500")));
    }

    #[test]
    fn a_cell_is_a_code_with_or_without_its_system() {
        assert_eq!(parse("75", Some("reject")), vec![Code::new("reject", "75")]);
        assert_eq!(parse("reject 75", None), vec![Code::new("reject", "75")]);
        assert_eq!(parse("0002-8215-01", None), vec![Code::new("ndc", "00002821501")]);
        assert_eq!(parse("see note!", None), vec![]);
        let reject = |v: &[&str]| -> Vec<Code> { v.iter().map(|v| Code::new("reject", v)).collect() };
        assert_eq!(parse("76/9G", Some("reject")), reject(&["76", "9G"]));
        assert_eq!(parse("67-69", Some("reject")), reject(&["67", "69", "68"]));
        assert_eq!(parse("*97", Some("reject")), reject(&["*97"]));
    }

    #[test]
    fn what_looks_alike_is_one_character_away() {
        for (a, b, want) in [
            ("7Z5", "75", true),
            ("7Z5", "7Z", true),
            ("75", "76", true),
            ("75", "57", true),
            ("75", "75", false),
            ("75", "88", false),
            ("7Z5", "8Z", false),
        ] {
            assert_eq!(off_by_one(a).contains(b), want, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(text in "\\PC{0,120}") {
            for f in find(&text, &|_| false) {
                prop_assert!(text.get(f.range).is_some());
            }
        }

        #[test]
        fn a_rejection_is_found_however_it_is_written(value in "[0-9][0-9A-Z]{1,2}", form in 0..5usize) {
            let text = [
                format!("What does claim rejection code {value} mean?"),
                format!("reject {value}"),
                format!("claim rejected with NCPDP {value} - what is the reason"),
                format!("R{value}"),
                format!("got a rejection: {value}"),
            ][form].clone();
            let found = find(&text, &|_| false);
            prop_assert_eq!(found.len(), 1, "{}", text);
            prop_assert_eq!(&found[0].code, &Code::new("reject", &value));
        }
    }
}
