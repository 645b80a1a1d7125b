//! What is kept of an operator's work: conversations, drafts, copies and labels. It stays on the device until labels
//! are sent.

use jiff::{Timestamp, Zoned};
use mortar_assistant::Sentence;
use mortar_feedback::{Act, ConversationRow, Entry, Exchange, Feedback, Label, Past, Records};

use crate::desk::Desk;
use crate::error::DeskError;

/// So many questions are shown of the past: who seeks another says more of it.
const MOST: usize = 200;

impl Desk {
    /// The day's conversations, newest first.
    pub fn conversations(&self) -> Result<Vec<ConversationRow>, DeskError> {
        #[expect(clippy::disallowed_methods, reason = "the edge: what the day has seen, until now")]
        let midnight = Zoned::now()
            .start_of_day()
            .map(|z| z.timestamp())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(self.records()?.conversations(midnight)?)
    }

    /// The newest questions that hold what was typed, with what became of each.
    pub fn history(&self, typed: &str) -> Result<Vec<Past>, DeskError> {
        let changed = |e: &Exchange| {
            let for_today = e.answer.day.is_none();
            self.since(&e.cited(), for_today).is_ok_and(|since| !since.is_empty())
        };
        Ok(self.records()?.history(typed, MOST, changed)?)
    }

    /// Says who a conversation is with; empty: nobody.
    pub fn name_conversation(&self, id: &str, name: &str) -> Result<(), DeskError> {
        Ok(self.records()?.name(id, name)?)
    }

    pub fn conversation_name(&self, id: &str) -> Result<String, DeskError> {
        Ok(self.records()?.name_of(id)?)
    }

    pub fn conversation(&self, id: &str) -> Result<Vec<Exchange>, DeskError> {
        Ok(self.records()?.conversation(id)?)
    }

    pub fn save_text(&self, exchange: &str, text: String, confirmed: Vec<String>) -> Result<(), DeskError> {
        Ok(self.records()?.save_text(exchange, text, confirmed)?)
    }

    pub fn copied(&self, exchange: &str, text: String, confirmed: Vec<String>) -> Result<(), DeskError> {
        Ok(self.records()?.copied(exchange, text, confirmed)?)
    }

    /// Labels an answer or a refusal, with the grounding of the text as it stands.
    pub fn label(&self, exchange: &str, label: Label, sentences: Vec<Sentence>) -> Result<Exchange, DeskError> {
        Ok(self.records()?.label(exchange, label, sentences, &self.leave())?)
    }

    /// A document was opened beside an answer.
    pub fn opened_beside(&self, exchange: &str, document: &str) -> Result<(), DeskError> {
        Ok(self.records()?.opened(exchange, document)?)
    }

    /// Labels that have not arrived, those that were given up first; the oldest so many of each.
    pub fn outbox(&self, most: usize) -> Result<Vec<Entry>, DeskError> {
        Ok(self.records()?.outbox(most)?)
    }

    /// Labels that were given up are to be sent again: one, or all. How many there were.
    pub fn send_again(&self, id: Option<&str>) -> Result<u32, DeskError> {
        Ok(self.records()?.again(id)?)
    }

    /// Puts other bytes in the place of those of a label that was given up; they are masked like all that is sent.
    pub fn mend(&self, id: &str, bytes: &[u8]) -> Result<(), DeskError> {
        Ok(self.records()?.mend(id, bytes, &self.leave())?)
    }

    /// Records an act of which nothing else is kept. Where nothing can be kept, the bar says so.
    pub(crate) fn note(&self, act: Act) {
        if let Ok(records) = &self.records {
            let _ = records.note(act);
        }
    }

    /// What of a label may leave this device.
    fn leave(&self) -> impl Fn(&Feedback) -> Feedback {
        let masking = self.opened().masking.clone();
        move |feedback| masking.feedback(feedback)
    }

    pub(crate) fn records(&self) -> Result<&Records, DeskError> {
        self.records.as_ref().map_err(DeskError::failed)
    }
}
