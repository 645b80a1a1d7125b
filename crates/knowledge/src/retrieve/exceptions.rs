//! Exceptions before their rules: what speaks of the case that was asked about (a controlled substance, a red indicator)
//! stands before what holds otherwise, wherever in the documents it stands.

use std::collections::HashSet;

use heed::Result;
use mortar_assistant::{ABSTAIN_BELOW, Passage, Query};
use mortar_language::cases::Condition;
use mortar_language::{About, cases, codes};

use super::fit::{Fits, said};
use super::reading::plain;
use crate::index::Reading;
use crate::release::Release;

/// Documents in which an exception is looked for beside the rule.
const RULES: usize = 3;
/// A source about the case that is as sure as the first stands before it.
const AS_SURE: f32 = 0.05;
/// So much less sure than the first is what it sends to.
const SENT: f32 = 0.05;
/// A passage of another document that speaks of the case must be so near to be its exception.
const NEAR: f32 = 0.3;

impl Release {
    /// Puts the exception before the rule: of the passages that fit, and of the rest of their documents, the one
    /// that speaks of the question's case.
    pub(super) fn exceptions_first(
        &self,
        reading: &Reading<'_>,
        query: &Query,
        about: &About,
        fit: &mut Vec<Passage>,
    ) -> Result<()> {
        // What speaks of the case and not of what went wrong is an exception to another rule.
        let of_it = |p: &Passage| cases::is_of_this_mishap(&query.text, &said(p));
        let any = fit.iter().any(|p| of_it(p) && p.score >= ABSTAIN_BELOW);
        let fits = |p: &Passage| !any || of_it(p);
        for condition in about.conditions.iter().rev() {
            let speaks = |p: &Passage| condition.held_by(&said(p));
            let Some(rule) = fit.iter().position(fits) else {
                return Ok(());
            };
            let (score, of) = (fit[rule].score, fit[rule].document.clone());
            let place = |mut exception: Passage, fit: &mut Vec<Passage>| {
                exception.score = exception.score.max(fit[0].score);
                exception.case = Some(condition.name.to_owned());
                fit.insert(0, exception);
            };
            // A source whose title or heading says the case is about it; one that mentions it may be the rule.
            let titled = |p: &Passage| condition.held_by(&format!("{}\n{}", p.title, p.heading_path.join("\n")));
            let as_sure = |p: &Passage| fits(p) && titled(p) && p.score >= score - AS_SURE;
            let near = |p: &Passage| fits(p) && speaks(p) && (p.score >= NEAR || p.document == of);
            let found = match fit.iter().position(as_sure) {
                None if speaks(&fit[rule]) => Some(rule),
                None => fit.iter().position(near),
                sure => sure,
            };
            match found {
                Some(0) => {}
                Some(at) => {
                    let exception = fit.remove(at);
                    place(exception, fit);
                }
                None => {
                    let documents = self.documents_of(fit.iter().filter(|p| fits(p)), RULES)?;
                    if let Some(exception) = self.of_the_case(reading, query, about, &documents, condition)?
                        && fit.iter().all(|f| f.id != exception.id)
                    {
                        place(exception, fit);
                    }
                }
            }
        }
        self.each_behind_its_own(reading, query, about, fit)
    }

    /// A rule among the first has its own exception before it, be there another one or not.
    fn each_behind_its_own(
        &self,
        reading: &Reading<'_>,
        query: &Query,
        about: &About,
        fit: &mut Vec<Passage>,
    ) -> Result<()> {
        for condition in &about.conditions {
            let mut at = 0;
            while at < fit.len().min(RULES) {
                let rule = &fit[at];
                at += 1;
                if rule.score < ABSTAIN_BELOW || condition.held_by(&said(rule)) {
                    continue;
                }
                let documents = self.documents_of([rule], 1)?;
                let Some(mut exception) = self.of_the_case(reading, query, about, &documents, condition)? else {
                    continue;
                };
                let stands = fit.iter().position(|f| f.id == exception.id);
                if stands.is_none_or(|s| s >= at) {
                    exception.score = rule.score;
                    exception.case = Some(condition.name.to_owned());
                    fit.retain(|f| f.id != exception.id);
                    fit.insert(at - 1, exception);
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// The documents of the first so many passages that stand in different ones.
    fn documents_of<'p>(&self, passages: impl IntoIterator<Item = &'p Passage>, most: usize) -> Result<Vec<u32>> {
        let mut out = Vec::new();
        for p in passages {
            if out.len() == most {
                break;
            }
            out.extend(self.index.number(&p.document)?.filter(|n| !out.contains(n)));
        }
        Ok(out)
    }

    /// What the first passage sends its reader to ("follow SOP 7") stands behind it, as sure as it is. Whether there is
    /// any.
    pub(super) fn sent_to(&self, reading: &Reading<'_>, query: &Query, fit: &mut Vec<Passage>) -> Result<bool> {
        let Some(first) = fit.first() else {
            return Ok(false);
        };
        let score = first.score;
        let sent = self.named_in(reading, query, &first.text)?;
        for number in sent {
            let document = reading.document(number)?;
            // Of its passages the one that was found, or that speaks of the case.
            let at = fit
                .iter()
                .position(|p| p.document == document.id && speaks_of_the_case(p, query));
            let at = at.or_else(|| fit.iter().position(|p| p.document == document.id));
            if let Some(at) = at.filter(|at| *at > 0) {
                let mut passage = fit.remove(at);
                passage.score = passage.score.max(score - SENT);
                fit.insert(1, passage);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The other documents in force that a text sends its reader to.
    fn named_in(&self, reading: &Reading<'_>, query: &Query, text: &str) -> Result<Vec<u32>> {
        let mut out = Vec::new();
        for found in codes::find(text, &|_| false) {
            let code = found.code;
            if code.system != "sop" {
                continue;
            }
            let places = reading.code(&code.value)?;
            let place = places.iter().find(|p| {
                p.own && codes::systems_agree(&p.system, &code.system) && self.index.in_force(p.document, query.as_of)
            });
            out.extend(place.map(|p| p.document));
        }
        Ok(out)
    }

    /// The passage of some documents, or of those that they send to, that speaks of a case.
    fn of_the_case(
        &self,
        reading: &Reading<'_>,
        query: &Query,
        about: &About,
        documents: &[u32],
        case: &Condition,
    ) -> Result<Option<Passage>> {
        let mut all = documents.to_vec();
        for number in documents {
            let sent = self.named_in(reading, query, &reading.document(*number)?.body)?;
            all.extend(sent);
        }
        let mut seen = HashSet::new();
        for number in all.into_iter().filter(|d| seen.insert(*d)) {
            let document = reading.document(number)?;
            for p in self.index.passages_of(number) {
                let passage = plain(reading, p, document.clone())?;
                // The document is about it already: its heading or its words must speak of the case.
                let own = format!("{}\n{}", passage.heading_path.join("\n"), passage.text);
                let (lacks, _) = Fits::default().lacks(about, &query.text, &passage, number, &document);
                if case.held_by(&own) && lacks.is_empty() {
                    return Ok(Some(passage));
                }
            }
        }
        Ok(None)
    }
}

fn speaks_of_the_case(p: &Passage, query: &Query) -> bool {
    query.about.as_ref().is_some_and(|a| a.conditions_held(&p.text) > 0)
}
