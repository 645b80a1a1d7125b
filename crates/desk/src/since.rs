//! What became of the sources of an answer since it was given: marks are true of today, or they are taken away. What an
//! answer quotes is compared with the documents as they are now; nothing is searched for and nothing written.

use jiff::civil::Date;
use mortar_assistant::grounding::Sources;
use mortar_assistant::{Citation, Grounding, Passage, Problem, Sentence, SinceState, second};
use mortar_knowledge::Release;
use mortar_sources::Document;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::check::passages_of;
use crate::courtesy::Names;
use crate::desk::{Desk, today};
use crate::error::DeskError;

/// What became of a document since an answer cited it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Since {
    pub document: String,
    pub state: SinceState,
}

impl Desk {
    /// The grounding of a text that the operator edited, on the passages of its answer as they stand today. `for_today`
    /// where no other day was asked about.
    pub fn ground(
        &self,
        text: &str,
        passages: &[Passage],
        for_today: bool,
        names: &Names,
    ) -> Result<Vec<Sentence>, DeskError> {
        let said = self.config.customer.said(names);
        let sources = Sources::new(passages)
            .approving(said.iter().map(String::as_str))
            .telling();
        let mut sentences = sources.ground_text(text);
        let opened = self.opened();
        let now = Now {
            release: &opened.release,
            today: today(),
            for_today,
        };
        if let Some(checker) = opened.checker() {
            second::again(checker, &mut sentences, passages);
        }
        for s in &mut sentences {
            now.hold(s, passages)?;
        }
        Ok(sentences)
    }

    /// What became of the documents of passages since they were found, and where no other day was asked about, in force.
    pub fn since(&self, passages: &[Passage], for_today: bool) -> Result<Vec<Since>, DeskError> {
        let opened = self.opened();
        let now = Now {
            release: &opened.release,
            today: today(),
            for_today,
        };
        let mut out: Vec<Since> = Vec::new();
        for p in passages {
            let at = p.start as usize..p.end as usize;
            let is_there = |d: &Document| d.body.get(at.clone()) == Some(&p.text);
            if let Some((state, _)) = now.became(&p.document, is_there)?
                && !out.iter().any(|s| s.document == p.document)
            {
                out.push(Since {
                    document: p.document.clone(),
                    state,
                });
            }
        }
        Ok(out)
    }
}

impl Desk {
    /// What the document of a passage says today in its place: the passage that is nearest to it.
    pub(crate) fn says_now(&self, passage: &Passage) -> Result<Option<String>, DeskError> {
        let document = self.opened().release.document(&passage.document)?;
        Ok(document.and_then(|d| {
            let passages = passages_of(&[d]);
            let nearest = Sources::new(&passages).nearest(&passage.text)?;
            let whole = passages.iter().find(|p| p.text.contains(nearest));
            Some(whole.map_or(nearest, |p| &p.text).to_owned())
        }))
    }
}

/// The knowledge of today.
struct Now<'a> {
    release: &'a Release,
    today: Date,
    for_today: bool,
}

impl Now<'_> {
    /// What became of a document, and what it is now.
    fn became(
        &self,
        id: &str,
        is_there: impl Fn(&Document) -> bool,
    ) -> Result<Option<(SinceState, Option<Document>)>, DeskError> {
        let Some(document) = self.release.document(id)? else {
            return Ok(Some((SinceState::Withdrawn, None)));
        };
        // Whoever asks about another day has the sources of that day.
        let ran_out = |until: Date| self.for_today && until < self.today;
        let state = if document.effective_to.is_some_and(ran_out) {
            Some(SinceState::Expired)
        } else if is_there(&document) {
            None
        } else {
            Some(SinceState::Changed)
        };
        Ok(state.map(|s| (s, Some(document))))
    }

    /// Takes the marks away that are no longer so: a sentence's, or those of its claims and the sentence's with them.
    fn hold(&self, s: &mut Sentence, passages: &[Passage]) -> Result<(), DeskError> {
        let mut fallen = None;
        for claim in &mut s.claims {
            if let Some(problem) = self.fallen(&claim.citations, passages)? {
                claim.grounding = Grounding::Unsupported;
                claim.problem = Some(problem.clone());
                fallen = fallen.or(Some(problem));
            }
        }
        if fallen.is_none() {
            fallen = self.fallen(&s.citations, passages)?;
        }
        if let Some(problem) = fallen {
            s.grounding = Grounding::Unsupported;
            s.problem = Some(problem);
        }
        Ok(())
    }

    fn fallen(&self, citations: &[Citation], passages: &[Passage]) -> Result<Option<Problem>, DeskError> {
        for c in citations {
            // What reads the same wherever it stands now is the same.
            let became = self.became(&c.document, |d| d.body.contains(&c.quote))?;
            let Some((state, document)) = became else { continue };
            let now = document.filter(|_| state == SinceState::Changed).and_then(|d| {
                let passages = passages_of(&[d]);
                Sources::new(&passages).nearest(&c.quote).map(str::to_owned)
            });
            let title = passages.iter().find(|p| p.id == c.passage).map(|p| p.title.clone());
            return Ok(Some(Problem::Since {
                title: title.unwrap_or_default(),
                state,
                was: c.quote.clone(),
                now,
            }));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
