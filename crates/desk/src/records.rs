//! What is kept of an operator's work: conversations, drafts, copies and labels. It stays on the device until labels
//! are sent.

use jiff::{Timestamp, Zoned};
use mortar_assistant::Sentence;
use mortar_feedback::{ConversationRow, Exchange, Label, Past, Records};

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

    /// Lets go of what is older than the tenant keeps it.
    pub(crate) fn forget(&self) -> Result<(), DeskError> {
        let Some(days) = self.config.policy.keep_days else {
            return Ok(());
        };
        let kept = jiff::SignedDuration::from_hours(24 * i64::from(days));
        let before = Timestamp::now().checked_sub(kept).unwrap_or(Timestamp::UNIX_EPOCH);
        self.records()?.forget(before)?;
        Ok(())
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
        Ok(self.records()?.label(exchange, label, sentences)?)
    }

    /// Sends the labels that wait; how many have arrived. What does not arrive waits on.
    pub async fn send_labels(&self) -> Result<u32, DeskError> {
        let (Some(account), Ok(records)) = (&self.account, &self.records) else {
            return Ok(0);
        };
        account.send(records, &self.opened().masking).await
    }

    pub(crate) fn records(&self) -> Result<&Records, DeskError> {
        self.records.as_ref().map_err(DeskError::failed)
    }
}
