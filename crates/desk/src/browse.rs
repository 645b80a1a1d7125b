//! Reading the knowledge without asking it: documents, by title, by what is typed, by their id, and for a question.

use jiff::civil::Date;
use mortar_assistant::Passage;
use mortar_knowledge::Hit;
use mortar_sources::{Document, DocumentRow};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::desk::Desk;
use crate::error::{DeskError, ErrorCode};

/// What became of a document since an answer cited it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Since {
    pub document: String,
    pub state: SinceState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SinceState {
    Withdrawn,
    Changed,
}

impl Desk {
    /// All documents, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, DeskError> {
        Ok(self.opened().release.documents()?)
    }

    /// The documents that hold what was typed so far.
    pub fn find_as_typed(&self, typed: &str) -> Result<Vec<DocumentRow>, DeskError> {
        Ok(self.opened().release.find_as_typed(typed, 200)?)
    }

    pub fn document(&self, id: &str) -> Result<Document, DeskError> {
        let found = self.opened().release.document(id)?;
        found.ok_or_else(|| {
            let message = format!("this release has no document “{id}”");
            DeskError::new(ErrorCode::NoDocument, message)
        })
    }

    /// The documents for a query, best first.
    pub async fn search(
        &self,
        text: &str,
        limit: usize,
        as_of: Option<Date>,
    ) -> Result<Vec<(DocumentRow, Hit)>, DeskError> {
        let opened = self.opened();
        Ok(self.measured(&opened).search(text, limit, as_of).await?)
    }

    /// What became of the documents of passages since they were found.
    pub fn since(&self, passages: &[Passage]) -> Result<Vec<Since>, DeskError> {
        let release = self.opened().release.clone();
        let mut out: Vec<Since> = Vec::new();
        for p in passages {
            let state = match release.document(&p.document)? {
                None => SinceState::Withdrawn,
                Some(d) if d.body.get(p.start as usize..p.end as usize) != Some(&p.text) => SinceState::Changed,
                Some(_) => continue,
            };
            if !out.iter().any(|s| s.document == p.document) {
                out.push(Since {
                    document: p.document.clone(),
                    state,
                });
            }
        }
        Ok(out)
    }
}
