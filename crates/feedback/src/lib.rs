//! Conversations, drafts, copies and labels, kept on the device from the moment they are made.
//!
//! Every change is one LMDB transaction: whatever is killed at any moment is found whole at the next
//! start. Where labels go from here is behind the port [`FeedbackSink`].

mod history;

use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use heed::types::{SerdeJson, Str};
use heed::{CommitOrAbort, Database, Env, EnvOpenOptions, RoTxn, WithoutTls};
use jiff::Timestamp;
use mortar_assistant::{ABSTAIN_BELOW, Answer, ModelError, Sentence, Turn};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;
use ulid::Ulid;

pub use history::Past;

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 1;
/// Text of many years of work; sparse until used.
const MAP_SIZE: usize = 1 << 30;

#[derive(Debug, Error)]
pub enum RecordsError {
    #[error("{path} cannot be opened: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the conversations in {path} have format {found}, this program reads up to {FORMAT}: update Mortar")]
    Newer { path: PathBuf, found: u32 },
    #[error("conversations could not be kept: {0}")]
    Storage(#[from] heed::Error),
    #[error("no conversation or answer has the id {0}")]
    Unknown(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Good,
    Bad,
}

/// What the operator thinks of an answer, or of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Label {
    pub verdict: Verdict,
    /// A short name from the window's list, such as `wrong_source`.
    pub reason: Option<String>,
    pub note: String,
}

/// A text that went out, and the sentences without a source that the operator stood up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Copied {
    #[ts(type = "string")]
    pub at: Timestamp,
    pub text: String,
    pub confirmed: Vec<String>,
}

/// One question with its answer and all that became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Exchange {
    pub id: String,
    pub conversation: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub answer: Answer,
    /// The operator's present text; the answer's own until it is edited.
    pub text: String,
    pub confirmed: Vec<String>,
    pub copied: Vec<Copied>,
    pub label: Option<Label>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConversationRow {
    pub id: String,
    pub title: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub exchanges: Vec<String>,
}

/// A label with everything that it refers to: what is sent to the developers of the models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub format: u32,
    /// Its own; a second label of the same answer has another.
    pub id: String,
    /// The question with its answer that it is about.
    #[serde(default)]
    pub exchange: String,
    pub at: Timestamp,
    pub label: Label,
    pub answer: Answer,
    /// The generator's text and the operator's.
    pub draft: String,
    pub text: String,
    /// The grounding of the operator's text.
    pub sentences: Vec<Sentence>,
    pub confirmed: Vec<String>,
}

/// Where labels go. What was sent before and is sent again is there once.
pub trait FeedbackSink: Send + Sync {
    fn send<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), ModelError>>;
}

/// The tenant's conversations on this device.
pub struct Records {
    env: Env<WithoutTls>,
    exchanges: Database<'static, Str, SerdeJson<Exchange>>,
    conversations: Database<'static, Str, SerdeJson<ConversationRow>>,
    outbox: Database<'static, Str, SerdeJson<Entry>>,
}

impl Records {
    pub fn open(dir: &Path) -> Result<Records, RecordsError> {
        let unusable = |reason: String| RecordsError::Unusable {
            path: dir.to_owned(),
            reason,
        };
        std::fs::create_dir_all(dir).map_err(|e| unusable(e.to_string()))?;
        // SAFETY: the folder is Mortar's own; LMDB's lock file keeps other processes in step.
        let env = unsafe {
            EnvOpenOptions::new()
                .read_txn_without_tls()
                .map_size(MAP_SIZE)
                .max_dbs(4)
                .open(dir)
        }
        .map_err(|e| unusable(e.to_string()))?;
        let txn = env.write_txn()?;
        let made = env.create_databases_and_commit(txn, |opener, txn| {
            let meta: Database<Str, SerdeJson<u32>> = opener.create_database(txn, Some("meta"))?;
            match meta.get(txn, "format")? {
                Some(found) if found > FORMAT => return Ok(CommitOrAbort::Abort(found)),
                Some(_) => {}
                None => meta.put(txn, "format", &FORMAT)?,
            }
            heed::Result::Ok(CommitOrAbort::Commit((
                opener.create_database(txn, Some("exchanges"))?,
                opener.create_database(txn, Some("conversations"))?,
                opener.create_database(txn, Some("outbox"))?,
            )))
        })?;
        match made {
            CommitOrAbort::Abort(found) => Err(RecordsError::Newer {
                path: dir.to_owned(),
                found,
            }),
            CommitOrAbort::Commit((exchanges, conversations, outbox)) => Ok(Records {
                env,
                exchanges,
                conversations,
                outbox,
            }),
        }
    }

    /// Keeps a new answer, in its conversation or as the first of a new one.
    pub fn add(&self, conversation: Option<&str>, answer: &Answer) -> Result<Exchange, RecordsError> {
        let id = Ulid::generate().to_string();
        let at = Timestamp::now();
        let mut txn = self.env.write_txn()?;
        let mut row = match conversation {
            Some(c) => self
                .conversations
                .get(&txn, c)?
                .ok_or_else(|| RecordsError::Unknown(c.to_owned()))?,
            None => ConversationRow {
                id: id.clone(),
                title: answer.question.clone(),
                at,
                exchanges: Vec::new(),
            },
        };
        row.exchanges.push(id.clone());
        row.at = at;
        let exchange = Exchange {
            id: id.clone(),
            conversation: row.id.clone(),
            at,
            text: answer.answer.clone(),
            answer: answer.clone(),
            confirmed: Vec::new(),
            copied: Vec::new(),
            label: None,
        };
        self.exchanges.put(&mut txn, &id, &exchange)?;
        self.conversations.put(&mut txn, &row.id, &row)?;
        txn.commit()?;
        Ok(exchange)
    }

    fn exchange(&self, txn: &RoTxn<'_, WithoutTls>, id: &str) -> Result<Exchange, RecordsError> {
        let found = self.exchanges.get(txn, id)?;
        let mut exchange = found.ok_or_else(|| RecordsError::Unknown(id.to_owned()))?;
        // Of those that were kept before passages said it themselves, their scores do.
        let passages = &mut exchange.answer.passages;
        if !exchange.answer.abstained && passages.iter().all(|p| !p.carries) {
            for p in passages {
                p.carries = p.score >= ABSTAIN_BELOW;
            }
        }
        Ok(exchange)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Exchange)) -> Result<Exchange, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let mut exchange = self.exchange(&txn, id)?;
        change(&mut exchange);
        self.exchanges.put(&mut txn, id, &exchange)?;
        txn.commit()?;
        Ok(exchange)
    }

    /// One exchange, and what was said in its conversation before it.
    pub fn with_before(&self, id: &str) -> Result<(Exchange, Vec<Turn>), RecordsError> {
        let txn = self.env.read_txn()?;
        let unknown = || RecordsError::Unknown(id.to_owned());
        let exchange = self.exchange(&txn, id)?;
        let mut before = self.conversation(&exchange.conversation)?;
        before.truncate(before.iter().position(|e| e.id == id).ok_or_else(unknown)?);
        Ok((exchange, before.into_iter().map(turn).collect()))
    }

    /// Keeps an answer that went on, and the operator's text with what is new.
    pub fn went_on(&self, id: &str, answer: Answer, text: String) -> Result<Exchange, RecordsError> {
        self.change(id, |e| {
            e.answer = answer;
            e.text = text;
        })
    }

    /// Keeps the operator's text as it is typed.
    pub fn save_text(&self, id: &str, text: String, confirmed: Vec<String>) -> Result<(), RecordsError> {
        self.change(id, |e| {
            e.text = text;
            e.confirmed = confirmed;
        })?;
        Ok(())
    }

    /// Keeps what went out.
    pub fn copied(&self, id: &str, text: String, confirmed: Vec<String>) -> Result<(), RecordsError> {
        self.change(id, |e| {
            e.copied.push(Copied {
                at: Timestamp::now(),
                text,
                confirmed,
            })
        })?;
        Ok(())
    }

    /// Keeps a label with all that it refers to, ready to be sent. A second label replaces the first.
    pub fn label(&self, id: &str, label: Label, sentences: Vec<Sentence>) -> Result<Exchange, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let mut exchange = self.exchange(&txn, id)?;
        exchange.label = Some(label.clone());
        let entry = Entry {
            format: FORMAT,
            id: Ulid::generate().to_string(),
            exchange: id.to_owned(),
            at: Timestamp::now(),
            label,
            draft: exchange.answer.answer.clone(),
            text: exchange.text.clone(),
            answer: exchange.answer.clone(),
            sentences,
            confirmed: exchange.confirmed.clone(),
        };
        self.exchanges.put(&mut txn, id, &exchange)?;
        self.outbox.put(&mut txn, id, &entry)?;
        txn.commit()?;
        Ok(exchange)
    }

    /// How many labels wait to be sent.
    pub fn waiting(&self) -> Result<u32, RecordsError> {
        let txn = self.env.read_txn()?;
        Ok(self.outbox.len(&txn)? as u32)
    }

    /// A label has arrived. One that has replaced it meanwhile stays.
    pub fn sent(&self, entry: &Entry) -> Result<(), RecordsError> {
        // Older entries were named by their exchange.
        let key = if entry.exchange.is_empty() {
            &entry.id
        } else {
            &entry.exchange
        };
        let mut txn = self.env.write_txn()?;
        if self.outbox.get(&txn, key)?.is_some_and(|held| held.id == entry.id) {
            self.outbox.delete(&mut txn, key)?;
        }
        Ok(txn.commit()?)
    }

    pub fn outbox(&self) -> Result<Vec<Entry>, RecordsError> {
        let txn = self.env.read_txn()?;
        Ok(self
            .outbox
            .iter(&txn)?
            .map(|e| e.map(|e| e.1))
            .collect::<Result<_, _>>()?)
    }

    /// Conversations since a moment, newest first.
    pub fn conversations(&self, since: Timestamp) -> Result<Vec<ConversationRow>, RecordsError> {
        let txn = self.env.read_txn()?;
        let mut rows = Vec::new();
        for entry in self.conversations.iter(&txn)? {
            let (_, row) = entry?;
            if row.at >= since {
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        Ok(rows)
    }

    /// The exchanges of a conversation, in order.
    pub fn conversation(&self, id: &str) -> Result<Vec<Exchange>, RecordsError> {
        let txn = self.env.read_txn()?;
        let row = self
            .conversations
            .get(&txn, id)?
            .ok_or_else(|| RecordsError::Unknown(id.to_owned()))?;
        row.exchanges.iter().map(|id| self.exchange(&txn, id)).collect()
    }

    /// What was said before, for a follow-up.
    pub fn turns(&self, conversation: &str) -> Result<Vec<Turn>, RecordsError> {
        Ok(self.conversation(conversation)?.into_iter().map(turn).collect())
    }
}

fn turn(e: Exchange) -> Turn {
    Turn {
        question: e.answer.asked_as.unwrap_or(e.answer.question),
        answer: e.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: &str) -> Answer {
        serde_json::from_value(serde_json::json!({
            "question": question, "asked_as": null, "release": "r", "as_of": "2026-01-01", "passages": [],
            "answer": "As it is.", "sentences": [], "abstained": false, "reason": null, "unknown_codes": [],
            "look_alikes": [], "dropped_marks": 0, "stopped": false,
            "timings_ms": {"embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0},
            "models": {"embedding": null, "generation": null}
        }))
        .unwrap()
    }

    #[test]
    fn an_exchange_is_kept_with_all_that_becomes_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = {
            let r = Records::open(dir.path()).unwrap();
            let first = r.add(None, &answer("One?")).unwrap();
            let second = r.add(Some(&first.conversation), &answer("Two?")).unwrap();
            r.save_text(&first.id, "Edited.".into(), vec!["Edited.".into()])
                .unwrap();
            r.copied(&first.id, "Edited.".into(), vec!["Edited.".into()]).unwrap();
            r.label(
                &first.id,
                Label {
                    verdict: Verdict::Bad,
                    reason: Some("wrong".into()),
                    note: "n".into(),
                },
                vec![],
            )
            .unwrap();
            r.label(
                &first.id,
                Label {
                    verdict: Verdict::Good,
                    reason: None,
                    note: String::new(),
                },
                vec![],
            )
            .unwrap();
            assert_eq!(second.conversation, first.conversation);
            first
        };
        let r = Records::open(dir.path()).unwrap();
        let kept = r.conversation(&first.conversation).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[0].text.as_str(), kept[0].copied.len()), ("Edited.", 1));
        assert_eq!(r.waiting().unwrap(), 1);
        let entry = &r.outbox().unwrap()[0];
        assert_eq!(
            (entry.draft.as_str(), entry.text.as_str(), entry.label.verdict),
            ("As it is.", "Edited.", Verdict::Good)
        );
        let mut older = entry.clone();
        older.id = "another".into();
        r.sent(&older).unwrap();
        assert_eq!(r.waiting().unwrap(), 1, "what replaced it has not been sent");
        r.sent(entry).unwrap();
        assert_eq!(r.waiting().unwrap(), 0);
        assert_eq!(r.conversations(Timestamp::UNIX_EPOCH).unwrap()[0].title, "One?");
        assert_eq!(r.turns(&first.conversation).unwrap()[0].answer, "Edited.");
    }

    #[test]
    fn an_answer_that_went_on_is_kept_with_what_was_said_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let r = Records::open(dir.path()).unwrap();
        let first = r.add(None, &answer("One?")).unwrap();
        let second = r.add(Some(&first.conversation), &answer("Two?")).unwrap();
        r.add(Some(&first.conversation), &answer("Three?")).unwrap();
        let (kept, before) = r.with_before(&second.id).unwrap();
        assert_eq!((kept, before.len()), (second.clone(), 1));
        assert_eq!(before[0].question, "One?");
        let mut whole = second.answer.clone();
        whole.answer.push_str(" And more.");
        let went_on = r.went_on(&second.id, whole, "Edited. And more.".into()).unwrap();
        assert_eq!(r.conversation(&first.conversation).unwrap()[1], went_on);
        assert_eq!(went_on.answer.answer, "As it is. And more.");
        assert!(r.with_before("no").is_err());
    }

    #[test]
    fn passages_that_do_not_say_whether_they_carry_do_by_their_score() {
        let mut older = serde_json::to_value(answer("One?")).unwrap();
        let passage = |score: f32| {
            serde_json::json!({
                "id": "d#0", "number": 1, "document": "d", "version": "1", "title": "D", "kind": "qa", "url": null,
                "effective_from": null, "effective_to": null, "heading_path": [], "start": 0, "end": 1, "text": "A",
                "score": score, "found_by": []
            })
        };
        older["passages"] = [passage(0.9), passage(0.4)].into();
        let dir = tempfile::tempdir().unwrap();
        let r = Records::open(dir.path()).unwrap();
        let kept = r.add(None, &serde_json::from_value(older).unwrap()).unwrap();
        let read = &r.conversation(&kept.conversation).unwrap()[0];
        let carries: Vec<bool> = read.answer.passages.iter().map(|p| p.carries).collect();
        assert_eq!(carries, [true, false]);
    }

    #[test]
    fn the_parts_of_a_message_are_kept_and_what_carries_stays_as_it_was_said() {
        let mut whole = serde_json::to_value(answer("Two? And another?")).unwrap();
        let passage = |number: u32, score: f32, carries: bool| {
            serde_json::json!({
                "id": format!("d#{number}"), "number": number, "document": "d", "version": "1", "title": "D",
                "kind": "qa", "url": null, "effective_from": null, "effective_to": null, "heading_path": [],
                "start": 0, "end": 1, "text": "A", "score": score, "carries": carries, "found_by": []
            })
        };
        // What an open part found is near, and carries nothing; what is urgent carries, however far it is.
        whole["passages"] = [passage(1, 0.1, true), passage(2, 0.9, false)].into();
        whole["parts"] = serde_json::json!([{
            "asked": "Two?", "asked_as": null, "as_of": "2026-01-01", "day": null, "reason": "not_covered",
            "passages": [2], "sentences": [], "unknown_codes": [], "look_alikes": [], "missing": []
        }]);
        let whole: Answer = serde_json::from_value(whole).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let r = Records::open(dir.path()).unwrap();
        let kept = r.add(None, &whole).unwrap();
        assert_eq!(r.conversation(&kept.conversation).unwrap()[0].answer, whole);
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let r = Records::open(dir.path()).unwrap();
        assert!(matches!(r.add(Some("no"), &answer("q")), Err(RecordsError::Unknown(_))));
        assert!(matches!(
            r.save_text("no", String::new(), vec![]),
            Err(RecordsError::Unknown(_))
        ));
    }

    #[test]
    fn a_foreign_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data.mdb"), vec![7u8; 20_000]).unwrap();
        assert!(matches!(Records::open(dir.path()), Err(RecordsError::Unusable { .. })));
    }
}
