//! Reading the knowledge without asking it: documents, by title, by what is typed, by their id, and for a question.

use jiff::civil::Date;
use mortar_assistant::Retriever;
use mortar_knowledge::Hit;
use mortar_sources::{Document, DocumentRow};

use crate::desk::Desk;
use crate::error::{DeskError, ErrorCode};

/// Documents that a search shows: nobody reads on so far.
const MOST: usize = 200;

impl Desk {
    /// All documents, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, DeskError> {
        Ok(self.opened().release.documents()?)
    }

    /// The documents that hold what was typed so far; where none does, those that hold it spelt as a question would
    /// be.
    pub fn find_as_typed(&self, typed: &str) -> Result<Vec<DocumentRow>, DeskError> {
        let opened = self.opened();
        let find = |typed: &str| opened.release.find_as_typed(typed, MOST);
        let found = find(typed)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let known = |word: &str| opened.embedder(0).is_some_and(|e| e.knows(word));
        let respelt = opened.release.respell(typed, &self.lexicon, &known);
        Ok(respelt.map(|typed| find(&typed)).transpose()?.unwrap_or_default())
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
}
