//! Whether a passage is about what was asked: the drug, the model, the step, the case. What looks like the question
//! and is about something else is shown behind, and carries no answer.

use std::collections::{HashMap, HashSet};

use heed::Result;
use mortar_assistant::{ABSTAIN_BELOW, Missing, Passage, Query};
use mortar_language::subjects::{Held, Met, Subject, What};
use mortar_language::{About, Kind, cases, grades, rivals, steps, text};
use mortar_sources::Document;

use super::Hit;
use super::reading::{plain, read};
use super::rows::Rows;
use crate::index::Reading;
use crate::release::Release;

/// The score of a passage that only looks like an answer.
pub(super) const UNFIT: f32 = 0.3;
/// Passages that a name brings, beside those that words and meaning bring.
const NAMED: usize = 50;
/// Passages that say what to do in danger to life.
const EMERGENCIES: usize = 3;
/// What holds the very thing and every word is good evidence, as a mentioned code is.
const EXACT: f32 = 0.6;
/// What a title that names the drug asked about speaks for a passage, in logits.
const OF_THE_DRUG: f32 = 1.2;
/// An age that a source sets a bound to is not said in the source's words.
const BY_AGE: f32 = 0.25;

/// What documents hold, read once a question.
#[derive(Default)]
pub(super) struct Fits {
    whole: HashMap<u32, Held>,
}

impl Fits {
    /// What the question is about and this passage is not; and whether its title names a drug of the question.
    pub(super) fn lacks(
        &mut self,
        about: &About,
        question: &str,
        passage: &Passage,
        number: u32,
        document: &Document,
    ) -> (Vec<String>, bool) {
        let source = said(passage);
        let held = Held::of(&source, &about.lexicon);
        let of_its_drug = about.is_of_its_drug(&held);
        // What shares a word of its name and is another thing.
        let mut lacks: Vec<String> = rivals::lacked(&about.slots, &source, &passage.heading_path);
        lacks.extend(grades::lacked(question, &source, &about.lexicon));
        let lacked = about.lacked_by(&held);
        if lacked.is_empty() {
            return (lacks, of_its_drug);
        }
        // What a source says of medications in general holds for each of them, where the source names none.
        let general = |s: &&Subject| {
            let names_none = || held.names().is_empty();
            matches!(s.what, What::Drug { .. } | What::Name(_)) && is_general(&passage.title, question) && names_none()
        };
        let lacked: Vec<&Subject> = lacked.into_iter().filter(|s| !general(s)).collect();
        if lacked.is_empty() {
            return (lacks, of_its_drug);
        }
        // A document about a thing need not name it in every passage, if the passage names no other.
        let of_another = held.other_drug(&about.subjects).is_some();
        let whole = self
            .whole
            .entry(number)
            .or_insert_with(|| Held::of(&format!("{}\n{}", document.title, document.body), &about.lexicon));
        let meant = |s: &&Subject| {
            let by_name = !matches!(s.what, What::Model { .. } | What::Numbered { .. });
            by_name && !of_another && s.met_by(whole, &about.lexicon) > Met::Missing
        };
        lacks.extend(lacked.into_iter().filter(|s| !meant(s)).map(|s| s.shown.clone()));
        (lacks, of_its_drug)
    }
}

/// A probability with more in its favour, in logits.
fn raised(p: f32, by: f32) -> f32 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    1.0 / (1.0 + ((1.0 - p) / p) * (-by).exp())
}

/// Whether a passage holds the numbered thing or the model that was asked for, and each other word of the question:
/// the row of a table says little else.
fn names_and_all_words(about: &About, question: &str, passage: &Passage) -> bool {
    let exact = |s: &&Subject| matches!(s.what, What::Model { .. } | What::Numbered { .. });
    if about.deciding().filter(exact).count() == 0 {
        return false;
    }
    /// Words that speak of a mark and say nothing of what it marks.
    const OF_A_MARK: &str = "say says show mean error fault code alarm warning message display screen come came pop see \
                             use number now bill get got machine device";
    let held: HashSet<String> = text::content_stems(&said(passage)).into_iter().collect();
    let mut named: HashSet<String> = about.deciding().flat_map(|s| text::content_stems(&s.shown)).collect();
    named.extend(text::content_stems(OF_A_MARK));
    text::content_stems(question)
        .iter()
        .all(|w| held.contains(w) || named.contains(w))
}

/// Whether a document about a code is titled by what was asked for, in whatever system that is a code.
fn is_of_its_code(about: &About, passage: &Passage) -> bool {
    let exact = |s: &&Subject| matches!(s.what, What::Model { .. } | What::Numbered { .. });
    let title = || Held::of(&passage.title, &about.lexicon);
    passage.kind == Kind::Code
        && about
            .deciding()
            .any(|s| exact(&s) && s.met_by(&title(), &about.lexicon) > Met::Missing)
}

/// Whether a title asks the same of medications in general.
fn is_general(title: &str, question: &str) -> bool {
    /// Words of the question that it must share, beside those that name medications.
    const SHARED: usize = 1;
    const ANY: &[&str] = &[
        "long", "much", "many", "time", "ready", "day", "days", "take", "takes", "get", "need", "new",
    ];
    const GENERAL: &[&str] = &[
        "medication",
        "medications",
        "medicine",
        "medicines",
        "prescription",
        "prescriptions",
        "drug",
        "drugs",
    ];
    let general = |w: &str| GENERAL.contains(&text::fold(w).as_str());
    let asked = text::content_stems(question);
    let shared = text::words(title)
        .filter(|w| !general(w) && !ANY.contains(w) && !text::is_stopword(w) && asked.contains(&text::stem(w)));
    text::words(title).any(general) && shared.count() >= SHARED
}

/// What a passage says, with what it stands under.
pub(super) fn said(p: &Passage) -> String {
    let head = p.head.as_deref().unwrap_or_default();
    format!("{}\n{}\n{head}\n{}", p.title, p.heading_path.join("\n"), p.text)
}

impl Release {
    /// The passages that name a subject of the question, under any of its names.
    pub(super) fn named(&self, reading: &Reading<'_>, about: &About) -> Result<HashSet<u32>> {
        let mut out = HashSet::new();
        for subject in about.deciding() {
            for form in forms(subject, about) {
                let found = self.with_all(reading, &form)?;
                out.extend(found.into_iter().take(NAMED));
            }
        }
        Ok(out)
    }

    /// The passages that hold all of these words.
    pub(super) fn with_all(&self, reading: &Reading<'_>, words: &[String]) -> Result<Vec<u32>> {
        let mut out: Option<Vec<u32>> = None;
        for word in words {
            let list = reading.postings(&text::stem(word))?.unwrap_or_default();
            let there = |p: &u32| !self.index.hidden().contains(self.index.owner(*p));
            let held: Vec<u32> = crate::lexical::decode(list).map(|p| p.passage).filter(there).collect();
            out = Some(match out {
                None => held,
                Some(before) => before.into_iter().filter(|p| held.binary_search(p).is_ok()).collect(),
            });
        }
        Ok(out.unwrap_or_default())
    }

    /// The passages that say what to do in danger to life, the likeliest first.
    pub(super) fn emergencies(&self, reading: &Reading<'_>, query: &Query, hits: &[Hit]) -> Result<Vec<Passage>> {
        let rank: HashMap<u32, usize> = hits.iter().enumerate().map(|(i, h)| (h.passage, i)).collect();
        let mut found: Vec<u32> = Vec::new();
        for word in ["911", "988", "poison", "emergency"] {
            found.extend(self.with_all(reading, &[word.to_owned()])?);
        }
        found.extend(hits.iter().take(EMERGENCIES * 4).map(|h| h.passage));
        found.sort_by_key(|p| (rank.get(p).copied().unwrap_or(usize::MAX), *p));
        found.dedup();
        let mut out = Vec::new();
        for p in found {
            let owner = self.index.owner(p);
            if out.len() == EMERGENCIES {
                break;
            }
            if !self.index.in_force(owner, query.as_of) {
                continue;
            }
            let document = reading.document(owner)?;
            let tags = document.tags.clone();
            let mut passage = plain(reading, p, document)?;
            let source = said(&passage);
            // What to do about another drug is no help.
            let about = query.about.as_ref();
            let of_another = about.is_some_and(|a| Held::of(&source, &a.lexicon).is_of_another_drug(&a.subjects));
            if !of_another && cases::is_emergency_source(&tags, &source) {
                let hit = rank.get(&p).map(|i| &hits[*i]);
                passage.score = hit.map_or(0.0, Hit::probability);
                passage.emergency = true;
                out.push(passage);
            }
        }
        Ok(out)
    }

    /// The passages that are the step asked for, cut to it; or that there is none in the document asked about.
    pub(super) fn step(
        &self,
        reading: &Reading<'_>,
        query: &Query,
        best: Option<&Passage>,
    ) -> Result<Option<std::result::Result<Vec<Passage>, Missing>>> {
        let (Some((step, _)), Some(best)) = (query.about.as_ref().and_then(|a| a.step.clone()), best) else {
            return Ok(None);
        };
        let Some(number) = self.index.number(&best.document)? else {
            return Ok(None);
        };
        let document = reading.document(number)?;
        let found = steps::find(&document.body, step);
        if found.is_empty() {
            let nearest = Some(document.title);
            return Ok(Some(Err(Missing {
                subject: steps::called(step),
                nowhere: false,
                nearest,
            })));
        }
        let mut out = Vec::new();
        for step in found {
            for p in self.index.passages_of(number) {
                let mut passage = plain(reading, p, document.clone())?;
                if (passage.start as usize..passage.end as usize).contains(&step.range.start) {
                    passage.start = step.range.start as u32;
                    passage.end = step.range.end as u32;
                    passage.text = document.body[step.range.clone()].to_owned();
                    passage.score = best.score.max(0.9);
                    passage.found_by = best.found_by.clone();
                    out.push(passage);
                    break;
                }
            }
        }
        Ok(Some(Ok(out)))
    }

    /// The drugs of a question that no source names at all, where what answers is not of their kind either: it is
    /// general, and must be told to be.
    pub(super) fn unnamed(&self, reading: &Reading<'_>, about: &About, fit: &[Passage]) -> Result<Vec<Missing>> {
        let carrying: Vec<Held> = fit
            .iter()
            .filter(|p| p.score >= ABSTAIN_BELOW)
            .map(|p| Held::of(&said(p), &about.lexicon))
            .collect();
        let mut out = Vec::new();
        for subject in about.subjects.iter().filter(|s| matches!(s.what, What::Drug { .. })) {
            let mut nowhere = true;
            for form in forms(subject, about) {
                nowhere &= self.with_all(reading, &form)?.is_empty();
            }
            let met = |h: &Held| subject.met_by(h, &about.lexicon) > Met::Missing;
            if nowhere && !carrying.iter().any(met) {
                out.push(Missing {
                    subject: subject.shown.clone(),
                    nowhere,
                    nearest: None,
                });
            }
        }
        Ok(out)
    }

    /// What no passage that was found is about.
    pub(super) fn missing(&self, reading: &Reading<'_>, about: &About, found: &[Passage]) -> Result<Vec<Missing>> {
        let mut out = Vec::new();
        for subject in about.deciding() {
            let mut nowhere = true;
            for form in forms(subject, about) {
                nowhere &= self.with_all(reading, &form)?.is_empty();
            }
            // Whatever lacks something else is no help either, but this is not what it lacks. What a source says in
            // general helps if it answers; if it does not, and no source names the subject, that is what is missing.
            let helps = |p: &Passage| !p.lacks.contains(&subject.shown) && (!nowhere || p.score >= ABSTAIN_BELOW);
            if found.iter().any(helps) {
                continue;
            }
            let nearest = found.first().and_then(|p| another_drug(about, p));
            out.push(Missing {
                subject: subject.shown.clone(),
                nowhere,
                nearest,
            });
        }
        for slot in &about.slots {
            let of_it = |m: &Missing| slot.shown.contains(&m.subject) || m.subject.contains(&slot.shown);
            if out.iter().any(of_it) || found.iter().any(|p| p.score >= ABSTAIN_BELOW && p.lacks.is_empty()) {
                continue;
            }
            let other = found.iter().find(|p| p.lacks.contains(&slot.shown));
            let Some(nearest) = other.and_then(|p| slot.rival(&said(p)).map(str::to_owned)) else {
                continue;
            };
            let nowhere = self
                .with_all(reading, &mortar_language::drugs::folded(&slot.shown))?
                .is_empty();
            out.push(Missing {
                subject: slot.shown.clone(),
                nowhere,
                nearest: Some(nearest),
            });
        }
        Ok(out)
    }
}

/// The drug that a passage is about instead, as the passage writes it.
fn another_drug(about: &About, passage: &Passage) -> Option<String> {
    let source = said(passage);
    let drug = Held::of(&source, &about.lexicon).other_drug(&about.subjects)?;
    let names = &about.lexicon.drug(drug).names;
    let written = text::words(&source)
        .find(|w| names.contains(&text::fold(w)))
        .map(str::to_owned);
    Some(written.unwrap_or_else(|| about.lexicon.drug(drug).generic.clone()))
}

/// The words under which a subject stands in sources: any of these, each all of its words.
fn forms(subject: &Subject, about: &About) -> Vec<Vec<String>> {
    use mortar_language::drugs::folded;
    match &subject.what {
        What::Drug { drug, .. } => about.lexicon.drug(*drug).names.iter().map(|n| folded(n)).collect(),
        What::Model { key, .. } => {
            let digits = key.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            vec![
                vec![key.clone()],
                vec![key[..digits].to_owned(), key[digits..].to_owned()],
            ]
        }
        What::Numbered { number, .. } => vec![vec![number.clone()]],
        What::Name(words) => vec![words.clone()],
        What::Place(_) => vec![folded(&subject.shown)],
    }
}

/// A passage that was held against the question.
pub(super) struct Judged {
    pub(super) passage: Passage,
    /// Its title names a drug of the question.
    pub(super) of_its_drug: bool,
}

/// A hit as a passage, held against the question.
pub(super) fn judged(reading: &Reading<'_>, query: &Query, hit: &Hit, fits: &mut Fits) -> Result<Judged> {
    let document = reading.document(hit.document)?;
    let mut passage = read(reading, hit, document.clone())?;
    let mut of_its_drug = false;
    // Who asks for a code asks for that code, whatever drug the claim was for.
    if let Some(about) = query.about.as_ref().filter(|_| hit.code.is_none()) {
        (passage.lacks, of_its_drug) = fits.lacks(about, &query.text, &passage, hit.document, &document);
        let rows = Rows::of(&query.text, &passage);
        if let Rows::Lack(what) = &rows {
            passage.lacks.push(what.clone());
        }
        let evident = || {
            rows == Rows::Answer || names_and_all_words(about, &query.text, &passage) || is_of_its_code(about, &passage)
        };
        if passage.lacks.is_empty() && evident() {
            passage.score = passage.score.max(EXACT);
        }
        if passage.lacks.is_empty() && of_its_drug && about.asks_of_a_drug() {
            passage.score = raised(passage.score, OF_THE_DRUG);
        }
        // What is said of other countries at large is said of each.
        if passage.lacks.is_empty() && about.deciding().any(Subject::is_abroad) {
            passage.score = raised(passage.score, OF_THE_DRUG);
        }
        if about
            .conditions
            .iter()
            .any(|c| c.name == "age" && c.held_by(&passage.text))
        {
            passage.score = (passage.score + BY_AGE).min(1.0);
        }
    }
    Ok(Judged { passage, of_its_drug })
}
