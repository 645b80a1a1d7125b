//! How well grounding sees: sentences of the release's own documents, changed by script in one thing
//! each, beside untouched ones and honest paraphrases written by hand. Made from a seed, so that two
//! runs measure the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use mortar_assistant::grounding::Sources;
use mortar_assistant::{Citation, Grounding, Passage, Sentence};
use mortar_language::text;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use regex::Regex;
use serde::Serialize;

use crate::figures::{Figure, figure};
use crate::{Desk, DeskError};

/// Changed sentences of each kind, at most.
const EACH: usize = 150;
const DISTRACTORS: usize = 4;
/// So many of a large release say as much as all of them.
const DOCUMENTS: usize = 3000;

/// One kind of sentence, and how many of it were flagged.
#[derive(Debug, Clone, Serialize)]
pub struct KindResult {
    pub kind: &'static str,
    /// Honest sentences must not be flagged, planted ones must.
    pub honest: bool,
    pub flagged: Figure,
    /// Up to ten sentences that were judged wrongly.
    pub wrong: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct GroundingFigures {
    pub kinds: Vec<KindResult>,
    pub planted_flagged: Figure,
    pub honest_flagged: Figure,
    pub ms_a_sentence: f64,
    /// Random edits of sentences, one upon the other, that were grounded for their quotes alone.
    pub edits: usize,
    /// Citations whose quote is not the bytes it names; there must be none.
    pub wrong_quotes: usize,
}

/// A sentence to judge, with the passages it is judged against.
struct Case {
    kind: &'static str,
    honest: bool,
    text: String,
    /// The number of the passage that a generator named behind it.
    cited: Vec<u32>,
    place: Spot,
}

/// A document, and the passage of it that a sentence was taken from.
type Spot = (usize, usize);

fn planted(kind: &'static str, text: String, place: Spot) -> Case {
    Case {
        kind,
        honest: false,
        text,
        cited: vec![],
        place,
    }
}

fn honest(kind: &'static str, text: String, place: Spot) -> Case {
    Case {
        honest: true,
        ..planted(kind, text, place)
    }
}

impl Desk {
    /// Measures grounding on the release; `paraphrases` holds lines of document, tab, sentence. Quotes
    /// are looked at after so many random edits as well.
    pub fn eval_grounding(&self, paraphrases: Option<&Path>, edits: usize) -> Result<GroundingFigures, DeskError> {
        let documents: Vec<Vec<Passage>> = self.opened().release.drawn(DOCUMENTS)?;
        let mut cases = Vec::new();
        let mut so_many: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut untouched = 0;
        // Every so many, so that a large release is drawn from all over.
        let sentences: Vec<(usize, usize, String)> = documents
            .iter()
            .enumerate()
            .flat_map(|(d, ps)| {
                ps.iter().enumerate().flat_map(move |(n, p)| {
                    let found = text::segments(&p.text).into_iter().filter(|s| !s.heading);
                    found.map(move |s| (d, n, p.text[s.body..s.range.end].to_owned()))
                })
            })
            .filter(|(_, _, s)| (5..60).contains(&text::words(s).count()) && s.ends_with('.'))
            .collect();
        let step = (sentences.len() / 4000).max(1);
        for (i, (d, n, sentence)) in sentences.iter().enumerate().step_by(step) {
            for (kind, change) in CHANGES {
                let count = so_many.entry(kind).or_default();
                if *count >= EACH {
                    continue;
                }
                if let Some(changed) = change(sentence, i).filter(|c| c != sentence) {
                    *count += 1;
                    cases.push(planted(kind, changed, (*d, *n)));
                }
            }
            let count = so_many.entry("wrong citation").or_default();
            if *count < EACH && i % 3 == 0 && *n == 0 {
                *count += 1;
                cases.push(Case {
                    cited: vec![2],
                    ..planted("wrong citation", sentence.clone(), (*d, *n))
                });
            }
            if untouched < 300 && i % 2 == 0 {
                untouched += 1;
                cases.push(honest("untouched", sentence.clone(), (*d, *n)));
            }
        }
        for (d, passages) in documents.iter().enumerate() {
            for (n, p) in passages.iter().enumerate() {
                let count = so_many.entry("step left out").or_default();
                if let Some(changed) = without_a_step(&p.text).filter(|_| *count < EACH) {
                    *count += 1;
                    cases.push(planted("step left out", changed, (d, n)));
                }
            }
        }
        if let Some(file) = paraphrases {
            cases.extend(paraphrased(file, &documents)?);
        }
        let mut figures = judge(&cases, &documents);
        let places: Vec<(Spot, &str)> = sentences.iter().map(|(d, n, s)| ((*d, *n), s.as_str())).collect();
        figures.edits = edits;
        figures.wrong_quotes += edited(&places, &documents, edits);
        Ok(figures)
    }
}

/// Edits sentences at random, as a hand would in an hour of slips: the citations whose quote is not its bytes.
fn edited(sentences: &[(Spot, &str)], documents: &[Vec<Passage>], edits: usize) -> usize {
    /// Edits of one sentence, one upon the other: then it has little of itself left.
    const IN_A_ROW: usize = 25;
    let mut rng = StdRng::seed_from_u64(5);
    let (mut wrong, mut left) = (0, edits);
    while left > 0 && !sentences.is_empty() {
        let ((d, n), sentence) = sentences[rng.random_range(0..sentences.len())];
        let passages = around(documents, d, n);
        let sources = Sources::new(&passages);
        let mut text = sentence.to_owned();
        for _ in 0..IN_A_ROW.min(left) {
            text = slipped(&text, &mut rng);
            wrong += wrong_quotes_of(&sources.ground_text(&text), &passages);
            left -= 1;
        }
    }
    wrong
}

fn paraphrased(file: &Path, documents: &[Vec<Passage>]) -> Result<Vec<Case>, DeskError> {
    let bad = |e: &dyn std::fmt::Display| DeskError::new("usage", format!("{}: {e}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| bad(&e))?;
    let by_id: BTreeMap<&str, usize> = documents
        .iter()
        .enumerate()
        .filter_map(|(d, ps)| ps.first().map(|p| (p.document.as_str(), d)))
        .collect();
    text.lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty())
        .map(|(n, line)| {
            let (id, said) = line
                .split_once('\t')
                .ok_or_else(|| bad(&format!("line {}: a document, a tab and a sentence are needed", n + 1)))?;
            let document = *by_id
                .get(id)
                .ok_or_else(|| bad(&format!("line {}: there is no document {id}", n + 1)))?;
            Ok(honest("paraphrased", said.to_owned(), (document, 0)))
        })
        .collect()
}

fn judge(cases: &[Case], documents: &[Vec<Passage>]) -> GroundingFigures {
    let mut kinds: BTreeMap<&'static str, (bool, Vec<f64>, Vec<String>)> = BTreeMap::new();
    let (mut spent, mut judged, mut wrong_quotes) = (0.0, 0usize, 0);
    for case in cases {
        let passages = around(documents, case.place.0, case.place.1);
        let began = Instant::now();
        let sources = Sources::new(&passages);
        let found: Vec<Sentence> = if case.kind == "step left out" {
            sources.ground_text(&case.text)
        } else {
            vec![sources.ground(&case.text, 0, &case.cited)]
        };
        spent += began.elapsed().as_secs_f64() * 1000.0;
        judged += found.len();
        let flagged = is_flagged(&found);
        wrong_quotes += wrong_quotes_of(&found, &passages);
        let kind = kinds.entry(case.kind).or_insert((case.honest, Vec::new(), Vec::new()));
        kind.1.push(f64::from(u8::from(flagged)));
        if flagged == case.honest && kind.2.len() < 10 {
            kind.2.push(case.text.clone());
        }
    }
    let all = |honest: bool| -> Vec<f64> {
        let of = kinds.values().filter(|k| k.0 == honest);
        of.flat_map(|k| k.1.iter().copied()).collect()
    };
    GroundingFigures {
        planted_flagged: figure(&all(false)),
        honest_flagged: figure(&all(true)),
        ms_a_sentence: spent / judged.max(1) as f64,
        edits: 0,
        wrong_quotes,
        kinds: kinds
            .into_iter()
            .map(|(kind, (honest, flagged, wrong))| KindResult {
                kind,
                honest,
                flagged: figure(&flagged),
                wrong,
            })
            .collect(),
    }
}

/// Whether the operator would be told of any of these sentences.
pub fn is_flagged(found: &[Sentence]) -> bool {
    found
        .iter()
        .any(|s| s.problem.is_some() || matches!(s.grounding, Grounding::Partial | Grounding::Unsupported))
}

/// Citations whose quote is not, byte for byte, what stands where they point.
fn wrong_quotes_of(found: &[Sentence], passages: &[Passage]) -> usize {
    let holds = |c: &Citation| {
        passages.iter().any(|p| {
            let at = |x: u32| x.checked_sub(p.start).map(|x| x as usize);
            p.id == c.passage && at(c.start).zip(at(c.end)).and_then(|(a, b)| p.text.get(a..b)) == Some(&c.quote)
        })
    };
    found.iter().flat_map(|s| &s.citations).filter(|c| !holds(c)).count()
}

/// A sentence of a passage after one slip or change of the hand.
fn slipped(text: &str, rng: &mut StdRng) -> String {
    const TYPED: &[&str] = &[
        "x", " ", ". ", "\n", "\n- ", "[2]", "é", "—", "🙂", "not ", "75 ", "\u{301}", "1. ", "**",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    let at = rng.random_range(0..=chars.len());
    let to = (at + rng.random_range(1..12)).min(chars.len());
    match rng.random_range(0..5) {
        0 => drop(chars.drain(at..to)),
        1 => {
            let typed = TYPED[rng.random_range(0..TYPED.len())];
            chars.splice(at..at, typed.chars());
        }
        2 => chars[at..to].reverse(),
        3 => {
            let again = chars[at..to].to_vec();
            chars.splice(at..at, again);
        }
        _ => {
            for c in &mut chars[at..to] {
                *c = if c.is_uppercase() {
                    c.to_ascii_lowercase()
                } else {
                    c.to_ascii_uppercase()
                };
            }
        }
    }
    chars.into_iter().collect()
}

/// A document's passages, and some of the documents behind it, as an answer would have them.
pub fn around(documents: &[Vec<Passage>], d: usize, n: usize) -> Vec<Passage> {
    let others = (1..=DISTRACTORS).filter_map(|n| documents[(d + n) % documents.len()].first());
    let own = documents[d].iter().enumerate().filter(|(i, _)| *i != n);
    let own = documents[d]
        .get(n)
        .into_iter()
        .chain(own.map(|p| p.1))
        .take(DISTRACTORS);
    let mut out: Vec<Passage> = own.chain(others).cloned().collect();
    for (p, number) in out.iter_mut().zip(1..) {
        p.number = number;
    }
    out
}

type Change = fn(&str, usize) -> Option<String>;
const CHANGES: &[(&str, Change)] = &[
    ("number", number),
    ("unit", unit),
    ("dose", dose),
    ("date", date),
    ("code", code),
    ("drug", drug),
    ("negation", negation),
    ("who does what", roles),
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
fn without_a_step(passage: &str) -> Option<String> {
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
