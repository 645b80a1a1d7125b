//! Hits to passages: read, held against the question, put in order, each with what it is worth at most.

use std::collections::{HashMap, HashSet};

use heed::Result;
use mortar_assistant::{ABSTAIN_BELOW, FoundBy, LookAlike, Passage, Query, Retrieved};
use mortar_language::codes::Code;
use mortar_language::subjects::{Subject, What};
use mortar_language::{About, Kind, cases, text};

use super::asked::Asked;
use super::evidence::{Evidence, Field};
use super::fit::{Fits, Judged, UNFIT, judged, said};
use super::{Hit, Searched, Worded};
use crate::index::Reading;
use crate::release::Release;

/// So many hits are held against the question; what stands behind them is too far from it.
const LOOKED_AT: usize = 60;
/// A knowledge of fewer passages than this is a few lines.
const TINY: usize = 32;
/// More passages of one document than this say little new.
const PER_DOCUMENT: usize = 3;

impl Release {
    /// What a question finds; the evidence for each passage that is about it is weighed only for who asks.
    pub(super) fn passages(
        &self,
        query: &Query,
        ahead: Option<Worded>,
        evidence: Option<&mut HashMap<String, Evidence>>,
    ) -> Result<Retrieved> {
        let searched = self.hits(query, ahead)?;
        let Searched { hits, asked, .. } = &searched;
        let reading = self.index.read()?;
        let Sorted {
            mut fit,
            unfit,
            mut lacking,
            mut further,
        } = self.sorted(&reading, query, &searched, evidence)?;
        let mut missing = Vec::new();
        let mut placed = Vec::new();
        if let Some(about) = &query.about {
            match self.step(&reading, query, fit.first())? {
                Some(Ok(steps)) => {
                    placed.extend(steps.iter().map(|p| p.id.clone()));
                    fit = steps;
                    further.clear();
                }
                Some(Err(none)) => {
                    further.clear();
                    let of = fit.first().map(|p| p.document.clone());
                    for mut p in std::mem::take(&mut fit) {
                        if Some(&p.document) == of.as_ref() {
                            p.lacks.push(none.subject.clone());
                        }
                        p.score = p.score.min(UNFIT);
                        lacking.push(p);
                    }
                    missing.push(none);
                }
                None => {
                    self.exceptions_first(&reading, query, about, &mut fit)?;
                    let sent = self.sent_to(&reading, query, &mut fit)?;
                    // Where a case is asked about, what speaks of it stands first, whether it had to be put there or not.
                    let first = if sent {
                        2
                    } else {
                        usize::from(!about.conditions.is_empty())
                    };
                    placed.extend(fit.iter().take(first).map(|p| p.id.clone()));
                }
            }
            if about.emergency {
                let first = self.emergencies(&reading, query, hits)?;
                fit.retain(|p| first.iter().all(|f| f.id != p.id));
                fit.splice(0..0, first);
            }
            if fit.iter().all(|p| p.score < ABSTAIN_BELOW && !p.emergency) {
                let near: Vec<Passage> = fit.iter().chain(&unfit).chain(&lacking).cloned().collect();
                missing.extend(self.missing(&reading, about, &near)?);
            } else if !about.emergency {
                missing.extend(self.unnamed(&reading, about, &fit)?);
            }
        }
        let mut passages = fit;
        further.splice(0..0, passages.split_off(query.limit.min(passages.len())));
        further.retain(|f| passages.iter().all(|p| p.id != f.id));
        further.truncate(query.further);
        passages.extend(unfit);
        passages.extend(lacking);
        passages.truncate(query.limit);
        for (p, number) in passages.iter_mut().zip(1..) {
            p.number = number;
        }
        let values = |codes: &[Code]| codes.iter().map(|c| c.value.clone()).collect::<Vec<_>>();
        Ok(Retrieved {
            passages,
            further,
            placed,
            code_found: asked.codes.len() > asked.unknown.len(),
            unknown_codes: values(&asked.unknown),
            codes_out_of_force: values(&asked.out_of_force),
            look_alikes: look_alikes(&reading, asked)?,
            missing,
        })
    }

    /// The best hits as passages, sorted by what they are worth.
    /// What names the thing that was asked about is looked at wherever it stands.
    fn sorted(
        &self,
        reading: &Reading<'_>,
        query: &Query,
        searched: &Searched,
        evidence: Option<&mut HashMap<String, Evidence>>,
    ) -> Result<Sorted> {
        let Searched { hits, terms, asked } = searched;
        let named = &asked.named;
        let mut weighing = evidence.map(|out| (Field::of(hits), out));
        let mut per_document: HashMap<u32, usize> = HashMap::new();
        let mut fits = Fits::default();
        // Where there are a few lines alone, the nearest is near to everything, and most words are held by none.
        let tiny = self.index.passages() < TINY;
        let unheld = if tiny {
            self.unheld(reading, &query.text)?
        } else {
            HashSet::new()
        };
        let mut out = Sorted::default();
        let looked_at = |(n, hit): &(usize, &Hit)| *n < LOOKED_AT || named.contains(&hit.passage);
        for (_, hit) in hits.iter().enumerate().filter(looked_at) {
            let room = out.fit.len() + out.unfit.len() < query.limit;
            if !room && out.further.len() == query.further {
                break;
            }
            let taken = per_document.entry(hit.document).or_default();
            *taken += 1;
            if *taken > PER_DOCUMENT {
                continue;
            }
            let Judged {
                mut passage,
                of_its_drug,
            } = judged(reading, query, hit, &mut fits)?;
            if !passage.lacks.is_empty() {
                if room {
                    passage.score = passage.score.min(UNFIT);
                    out.lacking.push(passage);
                }
                continue;
            }
            if let Some((field, evidence)) = &mut weighing {
                let weighed = Evidence::of(hit, &passage, query, &terms[hit.part], field);
                evidence.insert(passage.id.clone(), weighed);
            }
            let strange = tiny && !of_its_drug && is_of_other_words(query, &passage, &unheld);
            let most = if strange {
                UNFIT
            } else {
                most(query, &passage, hit, of_its_drug)
            };
            passage.score = passage.score.min(most);
            match (most == UNFIT, room) {
                (false, true) => out.fit.push(passage),
                (true, true) => out.unfit.push(passage),
                (false, false) => out.further.push(passage),
                (true, false) => {}
            }
        }
        if let Some(about) = &query.about {
            out.only_the_named(about);
        }
        Ok(out)
    }
}

/// Whether a question asks in words that no source holds, and shares hardly any other with a passage: what is alike in
/// meaning then may be the only thing there is, as in a knowledge of a few lines.
fn is_of_other_words(query: &Query, passage: &Passage, unheld: &HashSet<String>) -> bool {
    /// Fewer may be another word for the same.
    const STRANGE: usize = 2;
    /// The share of the words that must stand in the passage.
    const SHARED: f32 = 0.41;
    /// What says the same in other words is as like as this.
    const SAME: f32 = 0.95;
    let about = query.about.as_ref();
    let of_the_case = || about.is_some_and(|a| names_exactly(a) || a.emergency || a.conditions_held(&passage.text) > 0);
    if unheld.len() < STRANGE || passage.score >= SAME || passage.found_by.contains(&FoundBy::Code) || of_the_case() {
        return false;
    }
    let asked: HashSet<String> = text::content_stems(&query.text).into_iter().collect();
    let said: HashSet<String> = text::content_stems(&format!(
        "{} {} {}",
        passage.title,
        passage.heading_path.join(" "),
        passage.text
    ))
    .into_iter()
    .collect();
    let shared = asked.iter().filter(|w| said.contains(*w)).count();
    (shared as f32) < SHARED * asked.len() as f32
}

fn look_alikes(reading: &Reading<'_>, asked: &Asked) -> Result<Vec<LookAlike>> {
    let named = |(code, d): &(String, u32)| {
        reading.document(*d).map(|d| LookAlike {
            code: code.clone(),
            document: d.id,
            title: d.title,
        })
    };
    asked.look_alikes.iter().map(named).collect()
}

/// Passages by what they are worth, each list the best first.
#[derive(Default)]
struct Sorted {
    fit: Vec<Passage>,
    /// What cannot carry an answer, however like the question it looks, stands behind what can, but is shown: it
    /// may still be what the operator looks for.
    unfit: Vec<Passage>,
    /// What is not about what was asked.
    lacking: Vec<Passage>,
    /// What fits as well and comes behind those that are shown.
    further: Vec<Passage>,
}

impl Sorted {
    /// Where a question names a thing by its name, and what shares the name turned out to be another, what says
    /// nothing of the name is no answer either.
    fn only_the_named(&mut self, about: &About) {
        for slot in about.slots.iter().filter(|s| s.is_name()) {
            if !self.lacking.iter().any(|p| p.lacks.contains(&slot.shown)) {
                continue;
            }
            for list in [&mut self.fit, &mut self.unfit, &mut self.further] {
                let (named, others): (Vec<Passage>, Vec<Passage>) = std::mem::take(list)
                    .into_iter()
                    .partition(|p| slot.is_said_in(&said(p)));
                *list = named;
                self.lacking.extend(others.into_iter().map(|mut p| {
                    p.lacks.push(slot.shown.clone());
                    p.score = p.score.min(UNFIT);
                    p
                }));
            }
        }
    }
}

/// The most that a passage can be worth, however like the question it looks.
fn most(query: &Query, passage: &Passage, hit: &Hit, of_its_drug: bool) -> f32 {
    if hit.code.is_some() {
        return 1.0;
    }
    if cases::is_of_another_mishap(&query.text, &passage.title) {
        return UNFIT;
    }
    // What holds the very thing that was named, and lacks nothing, is not like the question by chance.
    if of_its_drug || query.about.as_ref().is_some_and(|a| names_exactly(a)) {
        return 1.0;
    }
    // Every rejection is like every question about a rejection: without its code, a document about
    // one must share words with the question that not all of them have.
    if passage.kind == Kind::Code {
        let said: HashSet<String> = text::content_stems(&format!("{} {}", passage.title, passage.text))
            .into_iter()
            .collect();
        let general: HashSet<String> = text::content_stems(GENERAL).into_iter().collect();
        let own = |w: &String| said.contains(w) && !general.contains(w) && !w.bytes().all(|b| b.is_ascii_digit());
        let shared: HashSet<String> = text::content_stems(&query.text).into_iter().filter(own).collect();
        if shared.len() < 2 {
            return UNFIT;
        }
    }
    // What speaks of the very case that was asked about is not like it by chance.
    if query
        .about
        .as_ref()
        .is_some_and(|a| a.conditions_held(&passage.text) > 0)
    {
        return 1.0;
    }
    if passage.kind == Kind::Qa && answers_another(passage, hit) {
        return UNFIT;
    }
    1.0
}

/// Whether "Yes." or "No." answers another question than was asked: it answers one alone, and what is asked in a word that
/// no source holds is hardly that one. What is too weak to carry an answer anyway stands where it stands.
fn answers_another(passage: &Passage, hit: &Hit) -> bool {
    /// A passage so probable is of the same question, whatever its words.
    const SURE: f32 = 0.9;
    let same_question = hit.signals.coverage >= 0.85 || hit.signals.likeness.is_none_or(|l| l >= 0.7);
    let strange = hit.signals.absent >= 1.0 && (ABSTAIN_BELOW..SURE).contains(&hit.probability());
    matches!(text::words(&passage.text).next(), Some("Yes" | "No")) && strange && !same_question
}

/// Whether the question names a place, a model or a numbered thing that decides.
fn names_exactly(about: &About) -> bool {
    let exact = |s: &Subject| matches!(s.what, What::Place(_) | What::Model { .. } | What::Numbered { .. });
    about.deciding().any(exact)
}

/// Words that questions about rejections share with all documents about them.
const GENERAL: &str = "claim claims reject rejected rejection rejects code codes plan plans insurance patient member pay pays \
                       paid ncpdp error says said means mean get got came back send tell day days";
