//! A release that is searched as it is, and remembers what spoke for the passages it found.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mortar_assistant::{Answer, Query, RetrieveError, Retrieved, Retriever};
use mortar_knowledge::{Evidence, Release};
use mortar_language::drugs::Lexicon;

/// A release, and what spoke for the passages that were found in it last.
pub(crate) struct Watched<'a> {
    release: &'a Release,
    seen: Mutex<HashMap<String, Evidence>>,
}

impl<'a> Watched<'a> {
    pub(crate) fn of(release: &'a Release) -> Self {
        Watched {
            release,
            seen: Mutex::default(),
        }
    }

    /// What spoke for the best passage of an answer that is about what was asked.
    pub(crate) fn evidence(&self, answer: &Answer) -> Option<Evidence> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        answer.passages.iter().find_map(|p| seen.get(&p.id)).copied()
    }
}

impl Retriever for Watched<'_> {
    fn release(&self) -> &str {
        self.release.release()
    }

    fn holds(&self, word: &str) -> bool {
        self.release.holds(word)
    }

    fn respell(&self, question: &str, lexicon: &Lexicon, known: &dyn Fn(&str) -> bool) -> Option<String> {
        self.release.respell(question, lexicon, known)
    }

    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError> {
        let (found, evidence) = self.release.weighed(query).map_err(|e| RetrieveError(e.to_string()))?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = evidence;
        Ok(found)
    }
}
