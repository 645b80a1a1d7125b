//! How well grounding sees: sentences of the release's own documents, changed by script in one thing
//! each, beside untouched ones and honest paraphrases written by hand. Made from a seed, so that two
//! runs measure the same.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::time::Instant;

use mortar_assistant::grounding::Sources;
use mortar_assistant::{Citation, Grounding, Passage, Sentence};
use mortar_knowledge::Release;
use mortar_language::text;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use crate::appended;
use crate::changes::{CHANGES, without_a_step};
use crate::error::MeasureError;
use crate::figure::{Figure, figure};

/// Changed sentences of each kind, at most.
const EACH: usize = 150;
/// Sentences with a clause appended, half of them supported.
const APPENDED: usize = 500;
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

/// The kind whose sentences are judged together: one by itself misses none.
const STEP_LEFT_OUT: &str = "step left out";

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

/// Measures grounding on a release; `paraphrases` holds lines of document, tab, sentence. Quotes are looked
/// at after so many random edits as well.
pub fn grounding(
    release: &Release,
    paraphrases: Option<&Path>,
    edits: usize,
) -> Result<GroundingFigures, MeasureError> {
    grounding_of(&release.drawn(DOCUMENTS)?, paraphrases, edits)
}

/// The same of documents that are at hand, each cut into its passages.
pub fn grounding_of(
    documents: &[Vec<Passage>],
    paraphrases: Option<&Path>,
    edits: usize,
) -> Result<GroundingFigures, MeasureError> {
    let sentences = sentences(documents);
    let mut cases = changed(&sentences);
    cases.extend(appended_to(&sentences));
    cases.extend(steps_left_out(documents));
    if let Some(file) = paraphrases {
        cases.extend(paraphrased(file, documents)?);
    }
    let mut figures = judge(&cases, documents);
    figures.edits = edits;
    figures.wrong_quotes += edited(&sentences, documents, edits);
    Ok(figures)
}

/// All passages, with where they stand.
fn placed(documents: &[Vec<Passage>]) -> impl Iterator<Item = (Spot, &Passage)> {
    let documents = documents.iter().enumerate();
    documents.flat_map(|(d, ps)| ps.iter().enumerate().map(move |(n, p)| ((d, n), p)))
}

/// The sentences of all passages that say something, with where they stand.
fn sentences(documents: &[Vec<Passage>]) -> Vec<(Spot, String)> {
    placed(documents)
        .flat_map(|(place, p)| {
            let found = text::segments(&p.text).into_iter().filter(|s| !s.heading);
            found.map(move |s| (place, p.text[s.body..s.range.end].to_owned()))
        })
        .filter(|(_, s)| (5..60).contains(&text::words(s).count()) && s.ends_with('.'))
        .collect()
}

/// Each change on as many sentences as are needed, and untouched ones beside them.
fn changed(sentences: &[(Spot, String)]) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut so_many: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut untouched = 0;
    // Every so many, so that a large release is drawn from all over.
    let step = (sentences.len() / 4000).max(1);
    for (i, (place, sentence)) in sentences.iter().enumerate().step_by(step) {
        for (kind, change) in CHANGES {
            let count = so_many.entry(kind).or_default();
            if *count >= EACH {
                continue;
            }
            if let Some(changed) = change(sentence, i).filter(|c| c != sentence) {
                *count += 1;
                cases.push(planted(kind, changed, *place));
            }
        }
        let count = so_many.entry("wrong citation").or_default();
        if *count < EACH && i % 3 == 0 && place.1 == 0 {
            *count += 1;
            cases.push(Case {
                cited: vec![2],
                ..planted("wrong citation", sentence.clone(), *place)
            });
        }
        if untouched < 300 && i % 2 == 0 {
            untouched += 1;
            cases.push(honest("untouched", sentence.clone(), *place));
        }
    }
    cases
}

/// Sentences with a clause appended, of their own passage or of none.
fn appended_to(sentences: &[(Spot, String)]) -> Vec<Case> {
    let short = |s: &str| text::words(s).count() < 25;
    let pairs = sentences
        .windows(2)
        .filter(|w| w[0].0 == w[1].0 && short(&w[0].1) && short(&w[1].1));
    let mut cases = Vec::new();
    for (i, pair) in pairs.enumerate() {
        let (place, first, second) = (pair[0].0, &pair[0].1, &pair[1].1);
        let said = appended::supported(first, second, i).map(|t| honest("clause appended, supported", t, place));
        let wrong = appended::unsupported(first, second, i).map(|t| planted("clause appended", t, place));
        if let (Some(said), Some(wrong)) = (said, wrong) {
            cases.extend([said, wrong]);
        }
    }
    cases.truncate(APPENDED);
    cases
}

fn steps_left_out(documents: &[Vec<Passage>]) -> Vec<Case> {
    placed(documents)
        .filter_map(|(place, p)| Some(planted(STEP_LEFT_OUT, without_a_step(&p.text)?, place)))
        .take(EACH)
        .collect()
}

/// Edits sentences at random, as a hand would in an hour of slips: the citations whose quote is not its bytes.
fn edited(sentences: &[(Spot, String)], documents: &[Vec<Passage>], edits: usize) -> usize {
    /// Edits of one sentence, one upon the other: then it has little of itself left.
    const IN_A_ROW: usize = 25;
    let mut rng = StdRng::seed_from_u64(5);
    let (mut wrong, mut left) = (0, edits);
    while left > 0 && !sentences.is_empty() {
        let ((d, n), sentence) = &sentences[rng.random_range(0..sentences.len())];
        let passages = around(documents, *d, *n);
        let sources = Sources::new(&passages);
        let mut text = sentence.clone();
        for _ in 0..IN_A_ROW.min(left) {
            text = slipped(&text, &mut rng);
            wrong += wrong_quotes_of(&sources.ground_text(&text), &passages);
            left -= 1;
        }
    }
    wrong
}

fn paraphrased(file: &Path, documents: &[Vec<Passage>]) -> Result<Vec<Case>, MeasureError> {
    let bad = |e: &dyn Display| MeasureError::file(file, e);
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
        let found: Vec<Sentence> = if case.kind == STEP_LEFT_OUT {
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
    let claims = found.iter().flat_map(|s| &s.claims).flat_map(|c| &c.citations);
    let all = found.iter().flat_map(|s| &s.citations).chain(claims);
    all.filter(|c| !holds(c)).count()
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
