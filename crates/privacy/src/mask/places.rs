//! Places smaller than a state, and the houses that treat people: by their heads ("Hospital", "Clinic"), by what leads to
//! them ("seen at"), by streets and ZIP codes, and by a list of towns. States and countries stay.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Candidate;
use super::kind::Kind;
use super::words::{Word, between, fold, is_city};

const STATE: &str = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New\ Hampshire|New\ Jersey|New\ Mexico|New\ York|North\ Carolina|North\ Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode\ Island|South\ Carolina|South\ Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West\ Virginia|Wisconsin|Wyoming)";
const CAP: &str = r"\p{Lu}[\p{L}\p{M}.&'’-]*";

fn pattern(p: &str) -> Regex {
    Regex::new(p).expect("a valid pattern")
}

static STREET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?x)\b\d{{1,6}}[A-Za-z]?\s+(?:(?i:[nsew]|north|south|east|west)\.?\s+)?(?:[\p{{L}}\d][\p{{L}}\p{{M}}\d.'’-]*\s+){{1,4}}?
        (?i:st|street|ave?|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive|ct|court|way|pl|place|ter|terrace|pkwy|parkway|hwy|highway|cir|circle|sq|square|trl|trail|loop|row|pike)\b\.?
        (?:,?\s+(?i:apt|apartment|unit|suite|ste|floor|fl|\#|no)\b\.?\s*\#?\s?[\w-]+)?
        (?:,\s*{CAP}(?:\s{CAP}){{0,2}})?(?:,?\s+{STATE}\b)?(?:,?\s+\d{{5}}(?:-\d{{4}})?\b)?
        |\b(?i:p\.?\s?o\.?\s?box)\s+\d+\b(?:,\s*{CAP}(?:\s{CAP}){{0,2}})?(?:,?\s+{STATE}\b)?(?:,?\s+\d{{5}}(?:-\d{{4}})?\b)?
        |\b(?i:apt|apartment|suite|ste|unit)\b\.?\s*\#?\s?\d+[A-Za-z]?\b"
    ))
});
static WITH_STATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?x)\b{CAP}(?:[\s-]{CAP}){{0,2}},\s*{STATE}\b(?:,?\s+\d{{5}}(?:-\d{{4}})?\b)?"
    ))
});
static ZIP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?x)(?:\b(?i:zip(?:\s?code)?s?|postal\s?code|area|lives\sin|living\sin|resid\w+\sin|from|near)\b[\s:(]*(?:(?i:is|of)\s+)?|\b{STATE}\s+)(?P<zip>\d{{5}}(?:-\d{{4}})?)\b"
    ))
});
const HEADS: &str = r"hospitals?|hosp|clinics?|medical (?:center|centre|ctr|group)|med(?:ical)? (?:center|ctr|centre)|health (?:center|centre|system|care|network|services|clinic)|(?:cancer|senior|oncology|surgery|surgical|treatment|wellness|rehab(?:ilitation)?|dialysis|community|neurology|heart|care|trauma|pediatric|women's|eye|research|specialty|hospital) (?:center|centre|ctr)|healthcare|health|hospice|institute|infirmary|nursing home|care home|rehab|urgent care|university|college|medical|presbyterian|memorial|general|family medicine|family practice|primary care|associates|pediatrics|oncology|orthopedics|cardiology|dermatology|center|centre|ctr|med|school|high school|elementary|church|prison|shelter|assisted living|pharmacy";
static HOUSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?x)\b(?P<run>(?:(?:{CAP}|\d+(?:st|nd|rd|th)|of|the|and|&|downtown|uptown|avenue|street)[\s]+){{1,6}}?)
        (?P<head>(?i:{})(?:\s+(?i:hospital|clinic|center|centre|ctr|health|medical\scenter))*\b\.?)
        (?P<more>(?:,?\s(?:of|in|at)\s{CAP}(?:\s{CAP}){{0,2}}|,\s{CAP}(?:\s{CAP})?|\s{CAP}(?:\s{CAP})?)?(?:,\s*{STATE}\b)?)",
        HEADS.replace(' ', r"\s")
    ))
});
/// Houses that everybody calls by a name without a head. Facts, written by hand.
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)\b(?:johns?\shopkins|mayo(?:\sclinic)?|cleveland\sclinic|cedars?[-\s]sinai|(?:mt\.?|mount)\s(?:sinai|auburn|zion)|san\sfran|philly|vegas|nyc|ucla|ucsf|ucsd|usc\skeck|nyu(?:\slangone)?|kaiser(?:\spermanente)?|mass(?:achusetts)?\sgeneral|mgh|sloan[-\s]kettering|memorial\ssloan[-\s]kettering|md\sanderson|brigham(?:\s(?:and|&)\swomen['’]?s)?|(?:ny|new\syork|columbia)[-\s]presbyterian|montefiore|bellevue|geisinger|intermountain|sutter\shealth|dana[-\s]farber|beth\sisrael|barnes[-\s]jewish|city\sof\shope|scripps|baylor|emory|stanford|duke|vanderbilt|northwestern|rush|upmc|ohsu|uw\smed(?:icine)?|university\sof\s\p{L}+)(?:\s(?:health(?:care)?|university|medicine|med|hospitals?|clinic|medical|children['’]s|cancer|center|ctr|institute)\b)*",
    )
});
static SAINT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:St|Saint|Mt|Mount)\b\.?\s\p{Lu}\p{L}+(?:['’]s)?"));

static VISITED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:seen|treated|admitted|evaluated|visit(?:ed|s|ing)?|resid\w+|liv(?:es|ed|ing)|documented|diagnosed|hospitali[sz]ed|appointment|appt|followed|presented|discharged|referred|transferred|operated|surgery|born|works?|working|enrolled|attend(?:ed|s|ing)?|records|inpatient|outpatient|therapy|care|consult(?:ed)?|checked|assessed|reviewed|given|prescribed|reported|labs?|office|case|was|monitored|managed|stay(?:ed)?|received|performed|done)\b[^?!;\n]{0,50}$",
    )
});

/// Words behind which a town stands.
const WHERE: &[&str] = &[
    "from", "in", "near", "at", "our", "around", "outside", "of", "to", "via", "within",
];
const HOME: &[&str] = &[
    "from", "near", "residing", "lives", "living", "resides", "moved", "located", "based", "our", "outside",
];

pub(super) fn is_head(folded: &str) -> bool {
    const ONE: &[&str] = &[
        "hospital",
        "hosp",
        "clinic",
        "center",
        "centre",
        "ctr",
        "health",
        "healthcare",
        "hospice",
        "institute",
        "infirmary",
        "university",
        "college",
        "medical",
        "med",
        "presbyterian",
        "memorial",
        "general",
        "rehab",
        "pharmacy",
        "school",
        "county",
        "street",
        "avenue",
        "road",
        "oncology",
        "pediatrics",
        "cancer",
        "nursing",
        "senior",
    ];
    ONE.contains(&folded)
}

pub(super) fn find(text: &str, words: &[Word<'_>], out: &mut Vec<Candidate>) {
    out.extend(
        STREET
            .find_iter(text)
            .filter(|m| is_street(m.as_str()))
            .map(|m| Candidate::sure(m.range(), Kind::Place)),
    );
    for m in WITH_STATE.find_iter(text) {
        let range = trimmed(text, m.range(), words);
        let led = VISITED.is_match(&text[..range.start])
            || ends_with_one(&text[..range.start], &["in", "from", "of", "at", "near"]);
        let proper = |w: &Word<'_>| range.contains(&w.range.start) && !w.upper && (!w.plain || led && !w.stop);
        if range.start < range.end && words.iter().any(proper) {
            out.push(Candidate::sure(range, Kind::Place));
        }
    }
    let zips = ZIP.captures_iter(text).filter_map(|c| c.name("zip"));
    out.extend(zips.map(|z| Candidate::sure(z.range(), Kind::Place)));
    for c in HOUSE.captures_iter(text) {
        if let Some(found) = house(text, words, &c) {
            out.push(found);
        }
    }
    out.extend(
        CALLED
            .find_iter(text)
            .filter(|m| m.as_str().starts_with(char::is_uppercase) || m.as_str().contains([' ', '-']))
            .map(|m| Candidate::sure(m.range(), Kind::Facility)),
    );
    let saints = SAINT.find_iter(text).map(|m| {
        let end = m.end();
        Candidate::sure(m.start()..end, Kind::Facility)
    });
    out.extend(saints);
    towns(text, words, out);
}

/// "10 mg a day dr": a street has a word with a capital, or a number and a sure ending.
fn is_street(s: &str) -> bool {
    let rest = s.trim_start_matches(|c: char| c.is_numeric());
    let mut named = rest.split_whitespace();
    let no_street = |w: &str| {
        ["mg", "ml", "mcg", "pm", "am", "Day", "day"].contains(&w)
            || mortar_language::text::is_stopword(w)
            || w.starts_with(|c: char| c.is_numeric()) && w.ends_with('m')
    };
    s.starts_with(|c: char| !c.is_numeric())
        || named.clone().any(|w| w.starts_with(char::is_uppercase)) && !named.any(no_street)
}

/// Without the words in front that begin the sentence and not the name.
fn trimmed(text: &str, range: Range<usize>, words: &[Word<'_>]) -> Range<usize> {
    let mut start = range.start;
    for word in words.iter().filter(|w| range.contains(&w.range.start)) {
        let goes = word.stop || matches!(word.folded.as_str(), "dr" | "mr" | "mrs" | "ms" | "is" | "seen" | "at");
        if !goes {
            break;
        }
        start = word.range.end
            + text[word.range.end..]
                .chars()
                .take_while(|c| c.is_whitespace() || *c == '.')
                .map(char::len_utf8)
                .sum::<usize>();
    }
    start.min(range.end)..range.end
}

fn house(text: &str, words: &[Word<'_>], c: &regex::Captures<'_>) -> Option<Candidate> {
    let (run, head) = (c.name("run")?, c.name("head")?);
    let start = trimmed(text, run.range(), words).start;
    let mut named = words.iter().filter(|w| (start..head.start()).contains(&w.range.start));
    // A word with a capital stands before the head, and not a drug's or a test's.
    let name = named.clone().any(|w| w.capital && !w.stop && !(w.upper && w.plain));
    let numbered = text[start..head.start()].starts_with(|c: char| c.is_ascii_digit());
    if !name && !numbered {
        return None;
    }
    let visited =
        VISITED.is_match(&text[..start]) || ends_with_one(&text[..start], &["at", "from", "to", "in", "our", "@"]);
    let proper = named.any(|w| w.nameish() || is_city(&w.folded) || w.upper && !w.plain);
    let head_capital = head.as_str().starts_with(char::is_uppercase);
    let strong_head = if head_capital {
        STRONG.is_match(head.as_str())
    } else {
        CARES.is_match(head.as_str())
    };
    // "Mail Order Pharmacy", "Mental Health": plain words with a weak head, and nobody was there.
    if !(proper && (head_capital || strong_head) || visited && strong_head && (head_capital || numbered)) {
        return None;
    }
    let more = c.name("more").filter(|m| belongs(m.as_str()));
    let end = more.map_or(head.end(), |m| m.end());
    let range = start..end;
    Some(if visited || proper && strong_head {
        Candidate::sure(range, Kind::Facility)
    } else {
        Candidate::likely(range, Kind::Facility)
    })
}

/// In small letters too these are houses.
static CARES: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)hospital|clinic|medical (?:center|ctr)"));
static STRONG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)hosp|clinic|center|centre|ctr|hospice|infirmary|university|presbyterian|nursing home|memorial|general|health(?:care)?$|institute|college|school|med(?:ical)?$",
    )
});

/// Whether what follows a house is the town it stands in.
fn belongs(more: &str) -> bool {
    let town = more.trim_start_matches([',', ' ']);
    let town = ["of ", "in ", "at "]
        .iter()
        .find_map(|p| town.strip_prefix(p))
        .unwrap_or(town);
    let town = town.split(',').next().unwrap_or(town);
    is_city(&fold(town)) || is_city(&fold(town.split(' ').next().unwrap_or("")))
}

fn ends_with_one(before: &str, words: &[&str]) -> bool {
    let before = before.trim_end();
    let before = before.strip_suffix("the").map_or(before, str::trim_end);
    let last = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or("");
    words.contains(&last.to_lowercase().as_str())
}

fn towns(text: &str, words: &[Word<'_>], out: &mut Vec<Candidate>) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let led = at.checked_sub(1).map(|b| words[b].folded.as_str()).unwrap_or_default();
        let longest = (1..=3).rev().find(|n| {
            let Some(run) = words.get(at..at + n) else { return false };
            let joined = run
                .windows(2)
                .all(|w| [" ", "-", ". "].contains(&between(text, &w[0], &w[1])));
            let name: Vec<&str> = run.iter().map(|w| w.folded.as_str()).collect();
            joined && is_city(&name.join(" ")) && (*n > 1 || !word.plain && !word.stop)
        });
        if let Some(n) = longest {
            let capital = words[at..at + n].iter().all(|w| w.capital);
            let state = is_wide(&word_of(words, at, n)) && !ends_with_one(&text[..word.range.start], &["our", "@"]);
            let small = WHERE.contains(&led) && (n > 1 || !word.first && !word.last) && led != "of" && led != "to";
            let city = text[words[at + n - 1].range.end..]
                .trim_start()
                .to_lowercase()
                .starts_with("city");
            if (capital && !(word.upper && n == 1) || small) && (!state || city) {
                let end = words
                    .get(at + n)
                    .filter(|_| city)
                    .map_or(words[at + n - 1].range.end, |w| w.range.end);
                // "Kelly" and "Max" are towns too; who is meant, if nothing says where, is somebody.
                let somebody = n == 1 && (word.first || word.last) && !WHERE.contains(&led);
                let kind = if somebody { Kind::Name } else { Kind::Place };
                out.push(Candidate::likely(word.range.start..end, kind));
            }
            // The "York" of a state is no town of its own.
            at += n;
            continue;
        }
        if HOME.contains(&led) || WHERE[..4].contains(&led) && VISITED.is_match(&text[..word.range.start]) {
            let mut to = at;
            while words
                .get(to)
                .is_some_and(|w| w.nameish() && (to == at || between(text, &words[to - 1], w) == " "))
            {
                to += 1;
            }
            let gap = at > 0 && between(text, &words[at - 1], word).trim().is_empty();
            if to > at && gap && !is_wide(&word_of(words, at, to - at)) && !words[to - 1].possessive {
                let kind = if led == "at" { Kind::Facility } else { Kind::Place };
                out.push(Candidate::sure(word.range.start..words[to - 1].range.end, kind));
            }
        }
        at += 1;
    }
}

fn word_of(words: &[Word<'_>], at: usize, n: usize) -> String {
    let run: Vec<&str> = words[at..at + n].iter().map(|w| w.folded.as_str()).collect();
    run.join(" ")
}

/// A state or a country.
fn is_wide(folded: &str) -> bool {
    static WIDE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"(?ix)^{STATE}$|^(?:puerto\ rico|america|europe|medicare|midwest|south|north)"
        ))
    });
    WIDE.is_match(folded)
}
