//! Numbers that lead to a person: by the word that stands before them, and by check digits where there are any. A check
//! digit alone is no evidence (one of ten ten-digit numbers has a right one), a word must be a whole one, and a number
//! that is a code of the knowledge, a dose or an NDC leads to nobody.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Candidate;
use super::kind::Kind;

/// Words between a lead and its number: "order number is #12345".
const BETWEEN: &str =
    r"(?:[\s:#=,.(-]*\b(?:is|was|are|no|nr|num|number|numbers|id|ids|of|the|on file|ending in|card)\b){0,4}[\s:=,.(-]*";
const VALUE: &str = r"(?P<value>\#?\s?(?:[A-Za-z]{1,6}[-–./]?){0,2}[0-9][A-Za-z0-9]*(?:[-–./][A-Za-z0-9]+)*)";

/// How a number must look to be what its lead says.
struct Lead {
    kind: Kind,
    words: &'static str,
    /// The fewest digits; fewer are enough behind "#".
    digits: usize,
    /// Any three words may stand between, since what leads is said of nothing else.
    far: bool,
}

const LEADS: &[Lead] = &[
    lead(
        Kind::Ssn,
        r"ssns?|ss\s?\#|social security|socials?|last (?:four|4)(?: digits)?(?: of)?(?: the| his| her| their)?(?: ssn| social)",
        4,
        true,
    ),
    lead(
        Kind::Record,
        r"mrns?|mr\s?\#|med(?:ical)?\.? rec(?:ord)?s?\.?|chart(?: number| no| \#)|(?:patient|pt|hospital|record|chart)\.?(?:'s)? (?:id|identifier|number|no|num)\b\.?|(?:patient|pt|record|chart)\s?(?:\#)",
        3,
        true,
    ),
    lead(
        Kind::Member,
        r"(?:member|subscriber|insured|beneficiary|cardholder|enrollee)s?(?:'s)?(?: id| number| no\b| \#)|mbi|hicn|medicare|medicaid|medi-cal|tricare|(?:health |insurance |prescription |ins\.? |insur\.? )?(?:policy|plan)|insurance|insurer|insur|ins|health (?:id|card|number)",
        4,
        false,
    ),
    lead(Kind::Npi, r"npi", 10, true),
    lead(Kind::Dea, r"dea", 7, false),
    lead(Kind::Prescription, r"rx|rxs|prescriptions?|scripts?|refill", 5, false),
    lead(
        Kind::Order,
        r"orders?|shipments?|packages?|parcels?|tracking|invoices?|returns?|rma|confirmation|transactions?|purchase",
        5,
        false,
    ),
    lead(
        Kind::Case,
        r"cases?|tickets?|incidents?|complaints?|inquiry|inquiries|escalations?|interactions?|reference|ref|crm",
        5,
        false,
    ),
    lead(
        Kind::Claim,
        r"claims?|prior auth(?:orization)?|pa|auth(?:orization)?s?|appeals?|icn|dcn|tcn",
        5,
        false,
    ),
    lead(
        Kind::Card,
        r"(?:credit|debit|hsa|fsa|gift|bank|payment)? ?cards?|visa|mastercard|amex|discover",
        12,
        true,
    ),
    lead(
        Kind::Card,
        r"(?:cards?|visa|mastercard|amex|discover)\b(?: \w+)? (?:ending|ends)(?: in| with)?|last (?:four|4)(?: digits)? of (?:the|his|her|my|their) card",
        4,
        false,
    ),
    lead(Kind::Account, r"accounts?|accts?|a/c|iban|routing|bank", 5, true),
    lead(
        Kind::Licence,
        r"(?:driver'?s?'?|state|medical|nursing|pharmacy|pharmacist)?\s?(?:licen[cs]es?|lic)\b\.?|dl|passport|certificates?|certification|cert|state id",
        5,
        true,
    ),
    lead(
        Kind::Vehicle,
        r"vin|license plates?|licence plates?|plates?|tag number|registration",
        3,
        false,
    ),
    lead(
        Kind::Device,
        r"serials?|s/n|sn|imei|udi|device id|device|pump|meter|sensor|transmitter|pacemaker|implant|lot of (?:his|her) device",
        5,
        false,
    ),
    lead(Kind::Fax, r"fax|faxed|faxes|facsimile", 7, false),
    lead(
        Kind::Phone,
        r"phones?|telephone|tel|cell|mobile|contact|callback|call back|call (?:him|her|them|me|us)|reach(?:ed)?(?: him| her| them| me)?(?: at)?|text|voicemail|dial",
        7,
        false,
    ),
    lead(
        Kind::Id,
        r"ids?|identifier|identification|user(?:name)?|login|employee|badge|enrollment|study (?:id|number)|subject (?:id|number)",
        5,
        false,
    ),
];

const fn lead(kind: Kind, words: &'static str, digits: usize, far: bool) -> Lead {
    Lead {
        kind,
        words,
        digits,
        far,
    }
}

static BY_LEAD: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let of = |l: &Lead| {
        let between = if l.far {
            format!(r"(?:{BETWEEN}|(?:[\s:,(]+[A-Za-z.']+){{0,4}}[\s:=(]*)")
        } else {
            BETWEEN.to_owned()
        };
        Regex::new(&format!(r"(?i)\b(?:{})(?:\b|[\s#]){between}{VALUE}", l.words)).expect("a valid pattern")
    };
    LEADS.iter().map(of).collect()
});

static NEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"^\s*(?:,|&|/|\band\b|\bor\b)+\s*{VALUE}")).expect("a valid pattern"));

/// What makes a number a measure, a code or a price.
static MEASURED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s?(?:%|mg|mcg|µg|g|kg|ml|l|dl|units?|iu|meq|mmol|mm|cm|tablets?|tabs?|capsules?|caps?|pills?|days?|weeks?|months?|years?|hours?|hrs?|min|refills?|fills?|dollars?|usd|people|patients?)\b").expect("a valid pattern")
});

static CODE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:ndcs?|bin|pcn|reject(?:ion|ed|s)?(?: codes?)?|codes?|ncpdp|icd(?:-?10)?|cpt|hcpcs|sop|form|section|step|version|build|lot|upc|gtin)\b[\s:#.-]*(?:is|was|number|no)?[\s:#]*$")
        .expect("a valid pattern")
});

/// Numbers that say what they are by their shape.
static SHAPED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let of = |(kind, pattern): &(Kind, &str)| (*kind, Regex::new(pattern).expect("a valid pattern"));
    [
        (Kind::Ssn, r"\b\d{3}[- ]\d{2}[- ]\d{4}\b"),
        (Kind::Dea, r"\b[A-Z][A-Z9]\d{7}\b"),
        (Kind::Vehicle, r"\b[A-HJ-NPR-Z0-9]{17}\b"),
        (Kind::Card, r"\b\d(?:[ -]?\d){11,18}\b"),
        (
            Kind::Account,
            r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?\b",
        ),
        (Kind::Device, r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b"),
        (Kind::Order, r"\b1Z[0-9A-Z]{16}\b"),
        (Kind::Id, r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    ]
    .iter()
    .map(of)
    .collect()
});

/// Numbers of nothing that was said: too long for a count.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"#\s?[A-Z0-9-]*\d{5,}|\b[A-Z]{1,5}-\d{5,}\b|\b\d{8,10}\b|\b\d{12,}\b").expect("a valid pattern")
});

pub(super) fn find(text: &str, out: &mut Vec<Candidate>) {
    for (lead, pattern) in LEADS.iter().zip(BY_LEAD.iter()) {
        let mut at = 0;
        // Each lead by itself: a number that is none may hold the lead of the next.
        while let Some(c) = pattern.captures_at(text, at) {
            let value = c.name("value").expect("a part of the pattern").range();
            let whole = c.get(0).expect("the whole match");
            at = value.start.max(whole.start() + 1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
            if let Some(range) = number(text, &value, lead, whole.start()) {
                at = range.end;
                out.push(Candidate::sure(range, lead.kind));
                while let Some(next) = NEXT.captures(&text[at..]) {
                    let v = next.name("value").expect("a part of the pattern").range();
                    let Some(range) = number(text, &(at + v.start..at + v.end), lead, at) else {
                        break;
                    };
                    at = range.end;
                    out.push(Candidate::sure(range, lead.kind));
                }
            }
        }
    }
    for (kind, pattern) in SHAPED.iter() {
        let all = pattern
            .find_iter(text)
            .filter(|m| checks(*kind, m.as_str()) && !CODE_BEFORE.is_match(&text[..m.start()]));
        out.extend(all.map(|m| Candidate::sure(m.range(), *kind)));
    }
    for m in BARE.find_iter(text) {
        if !CODE_BEFORE.is_match(&text[..m.start()]) && !MEASURED.is_match(&text[m.end()..]) {
            out.push(Candidate::likely(m.range(), Kind::Id));
        }
    }
}

/// Whether what stands behind a lead is its number.
fn number(text: &str, value: &Range<usize>, lead: &Lead, from: usize) -> Option<Range<usize>> {
    let raw = &text[value.clone()];
    let trimmed = raw.trim_end_matches(['.', '-', '/']);
    let range = value.start..value.start + trimmed.len();
    let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
    let letters = trimmed.chars().filter(|c| c.is_alphabetic()).count();
    let marked = trimmed.starts_with('#') || text[..value.start].trim_end().ends_with('#');
    // Letters beside digits, or a sign of a number, say more than digits alone.
    let enough = if marked || (letters > 0 && digits + letters >= 6) {
        lead.digits.min(3)
    } else {
        lead.digits
    };
    let word = letters > 0
        && trimmed
            .split(['-', '–', '/'])
            .any(|p| p.len() > 6 && p.bytes().all(|b| b.is_ascii_alphabetic()));
    let year = digits == 4
        && letters == 0
        && (trimmed.starts_with("19") || trimmed.starts_with("20"))
        && !matches!(lead.kind, Kind::Ssn | Kind::Card);
    let dated = super::dates::is_date(trimmed);
    let led_away = CODE_BEFORE.is_match(&text[from..value.start]);
    let fits = digits >= enough && !year && !dated && !word && !led_away && !MEASURED.is_match(&text[range.end..]);
    // An NDC behind "for" is the drug of a prescription.
    let ndc = matches!(lead.kind, Kind::Prescription | Kind::Claim | Kind::Order) && is_ndc(trimmed);
    let money = text[..value.start].ends_with('$');
    (fits && !ndc && !money && digits <= 24).then_some(range)
}

/// 5-4-2 and its shorter forms.
fn is_ndc(s: &str) -> bool {
    let lengths: Vec<usize> = s.split('-').map(str::len).collect();
    s.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        && matches!(lengths[..], [5, 4, 2] | [4, 4, 2] | [5, 3, 2] | [5, 4, 1])
}

fn checks(kind: Kind, s: &str) -> bool {
    match kind {
        Kind::Dea => dea(s),
        Kind::Vehicle => vin(s),
        Kind::Card => {
            let digits: String = s.chars().filter(char::is_ascii_digit).collect();
            digits.len() >= 12 && luhn(&digits)
        }
        Kind::Account => iban(s),
        _ => true,
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(n, b)| match (n % 2, u32::from(b - b'0')) {
            (0, d) => d,
            (_, d) if d > 4 => d * 2 - 9,
            (_, d) => d * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The last digit is that of the sum of the odd places and twice the even ones.
fn dea(s: &str) -> bool {
    let d: Vec<u32> = s.bytes().skip(2).map(|b| u32::from(b.wrapping_sub(b'0'))).collect();
    d.len() == 7 && (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]
}

/// The ninth of seventeen is what the others come to by their weights, modulo eleven.
fn vin(s: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let worth = |b: u8| match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        b'A'..=b'H' => u32::from(b - b'A') + 1,
        b'J'..=b'N' => u32::from(b - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        _ => u32::from(b.wrapping_sub(b'S')) + 2,
    };
    let sum: u32 = s.bytes().zip(WEIGHTS).map(|(b, w)| worth(b) * w).sum();
    let check = s.as_bytes()[8];
    s.bytes().any(|b| b.is_ascii_alphabetic())
        && match sum % 11 {
            10 => check == b'X',
            rest => u32::from(check.wrapping_sub(b'0')) == rest,
        }
}

/// Letters count from ten, the head goes behind, and the rest by 97 is one.
fn iban(s: &str) -> bool {
    let s: String = s.chars().filter(|c| !c.is_whitespace()).collect();
    let turned = s[4..].bytes().chain(s[..4].bytes());
    let rest = turned.fold(0u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples that the standards themselves give, and each with one digit changed.
    #[test]
    fn check_digits_are_those_of_the_standards() {
        let cases: &[(Kind, &str, &str)] = &[
            (Kind::Card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
            (Kind::Card, "378282246310005", "378282246310006"),
            (Kind::Dea, "AP5836727", "AP5836728"),
            (Kind::Vehicle, "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
            (
                Kind::Account,
                "GB82 WEST 1234 5698 7654 32",
                "GB82 WEST 1234 5698 7654 33",
            ),
        ];
        for (kind, right, wrong) in cases {
            assert!(checks(*kind, right), "{right}");
            assert!(!checks(*kind, wrong), "{wrong}");
        }
    }
}
