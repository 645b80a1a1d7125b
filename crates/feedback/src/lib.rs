//! Conversations, drafts, copies and labels, kept on the device from the moment they are made, sealed.
//!
//! Every change is one LMDB transaction: whatever is killed at any moment is found whole at the next
//! start. Where labels go from here is behind the port [`FeedbackSink`].

mod alike;
mod audit;
mod error;
pub mod export;
#[cfg(test)]
mod held;
mod history;
mod keys;
mod label;
mod migrate;
mod outbox;
mod pulled;
mod sending;
mod table;
mod tend;
#[cfg(test)]
mod tests;
mod triage;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use alike::{clusters, cosine, word_vectors};
pub use audit::{Act, Exported};
pub use error::RecordsError;
use heed::types::{Bytes, SerdeJson, Str};
use heed::{CommitOrAbort, Database, Env, EnvOpenOptions, RoTxn, WithoutTls};
pub use history::Past;
use jiff::Timestamp;
use keys::{KeyRow, KeySet, Sealing};
pub use label::{
    FEEDBACK_FORMAT, Feedback, Label, LabelReason, LabelledSentence, RightSource, SCHEMA, Signals, Verdict,
};
use label::{asks_again, sentences_became};
use mortar_assistant::{ABSTAIN_BELOW, Answer, Sentence, Turn};
use mortar_privacy::Vault;
use mortar_privacy::audit::{Link, SignedHead, Signer};
use mortar_privacy::seal::SealError;
pub use outbox::{Entry, EntryError, EntryState, FeedbackSink, Object, Passed, Which, pause};
pub use pulled::{NoLabel, Seen};
use pulled::{Read, SeenDecision};
pub use sending::Waiting;
use serde::{Deserialize, Serialize};
use table::Table;
pub use triage::{
    Arrived, AskedAgain, DECISION_FORMAT, DayCount, Decision, Filter, Group, LabelRow, NotYet, State, Step, Taken,
    comes_right, days, decision_key, groups,
};
use ts_rs::TS;
use ulid::Ulid;

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 2;
/// A key seals for so long.
const KEY_DAYS: i64 = 90;
/// Text of many years of work; sparse until used.
const MAP_SIZE: usize = 4 << 30;

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
    /// The id of that label.
    #[serde(default)]
    #[ts(skip)]
    pub labelled: Option<String>,
    /// Documents that were opened beside it.
    #[serde(default)]
    #[ts(skip)]
    pub opened: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConversationRow {
    pub id: String,
    pub title: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub exchanges: Vec<String>,
    /// Who it is with; empty: nobody said.
    #[serde(default)]
    pub name: String,
}

/// The tenant's conversations on this device.
pub struct Records {
    dir: PathBuf,
    tenant: String,
    env: Env<WithoutTls>,
    sealing: Sealing,
    exchanges: Table<Exchange>,
    conversations: Table<ConversationRow>,
    /// Labels that wait, those that were given up, and what is remembered of those that arrived.
    outbox: Table<Entry>,
    dead: Table<Entry>,
    delivered: Table<Entry>,
    /// What is sent of those that have not arrived, packed.
    bodies: Table<Vec<u8>>,
    /// Labels of an older program, of which nothing was made yet.
    unmade: Table<Feedback>,
    audit: Table<Link>,
    /// The last head of the audit that was sent.
    heads: Table<SignedHead>,
    /// Labels of all devices that were read, packed; which objects were read; what was decided.
    labels: Table<Vec<u8>>,
    pulled: Table<Read>,
    decisions: Table<SeenDecision>,
    /// What would lie in a bucket, of a tenant that has none.
    objects: Table<Vec<u8>>,
    signer: Signer,
    /// Held as long as this is open: what is in use is not wiped.
    _in_use: File,
}

const TABLES: [&str; 13] = [
    "exchanges",
    "conversations",
    "outbox",
    "dead",
    "delivered",
    "bodies",
    "unmade",
    "audit",
    "heads",
    "labels",
    "pulled",
    "decisions",
    "objects",
];
const IN_USE: &str = "in-use.lock";
const OUTBOX: usize = 2;
const UNMADE: usize = 6;

/// Says to whoever wipes that this is in use.
fn used(dir: &Path) -> Result<File, RecordsError> {
    let unusable = |e: std::io::Error| RecordsError::Unusable {
        path: dir.to_owned(),
        reason: e.to_string(),
    };
    let file = File::create(dir.join(IN_USE)).map_err(unusable)?;
    file.lock_shared().map_err(unusable)?;
    Ok(file)
}

/// Opens an environment of LMDB.
fn environment(dir: &Path) -> Result<Env<WithoutTls>, RecordsError> {
    let unusable = |reason: String| RecordsError::Unusable {
        path: dir.to_owned(),
        reason,
    };
    std::fs::create_dir_all(dir).map_err(|e| unusable(e.to_string()))?;
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(MAP_SIZE).max_dbs(16);
    // SAFETY: the folder is Mortar's own; LMDB's lock file keeps other processes in step.
    unsafe { options.open(dir) }.map_err(|e| unusable(e.to_string()))
}

impl Records {
    /// What the key that seals all keys is called in the vault.
    pub const KEY_NAME: &str = keys::KEK;

    /// Whether a program has this open.
    pub fn in_use(dir: &Path) -> Result<bool, RecordsError> {
        let Ok(file) = File::open(dir.join(IN_USE)) else {
            return Ok(false);
        };
        Ok(file.try_lock().is_err())
    }

    /// Opens what is kept in a folder, sealed with keys that the vault has the key of. What an older program kept in
    /// the clear is sealed first.
    pub fn open(dir: &Path, tenant: &str, vault: &dyn Vault) -> Result<Records, RecordsError> {
        let unusable = |e: std::io::Error| RecordsError::Unusable {
            path: dir.to_owned(),
            reason: e.to_string(),
        };
        std::fs::create_dir_all(dir).map_err(unusable)?;
        // Two programs that began together would each make a first key, or seal the same old records.
        let lock = File::create(dir.join("opening.lock")).map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        if let Some(records) = Records::of(dir, tenant, vault)? {
            return Ok(records);
        }
        migrate::seal(dir, tenant, vault)?;
        let sealed = Records::of(dir, tenant, vault)?;
        sealed.ok_or_else(|| unusable(std::io::Error::other("what was sealed is not there")))
    }

    /// Nothing where an older program was here last.
    fn of(dir: &Path, tenant: &str, vault: &dyn Vault) -> Result<Option<Records>, RecordsError> {
        let env = environment(dir)?;
        let in_use = used(dir)?;
        let txn = env.write_txn()?;
        let made = env.create_databases_and_commit(txn, |opener, txn| {
            let meta: Database<Str, SerdeJson<u32>> = opener.create_database(txn, Some("meta"))?;
            match meta.get(txn, "format")? {
                Some(found) if found != FORMAT => return Ok(CommitOrAbort::Abort(found)),
                Some(_) => {}
                None => meta.put(txn, "format", &FORMAT)?,
            }
            let rows: Database<Str, SerdeJson<KeyRow>> = opener.create_database(txn, Some("keys"))?;
            let mut table = |n: usize| opener.create_database::<Str, Bytes>(txn, Some(TABLES[n]));
            let [a, b, c, d, e, f] = [table(0)?, table(1)?, table(2)?, table(3)?, table(4)?, table(5)?];
            let [g, h, i, j, k, l, m] = [
                table(6)?,
                table(7)?,
                table(8)?,
                table(9)?,
                table(10)?,
                table(11)?,
                table(12)?,
            ];
            let tables = [a, b, c, d, e, f, g, h, i, j, k, l, m];
            heed::Result::Ok(CommitOrAbort::Commit(((rows, meta), tables)))
        })?;
        let (keys, dbs) = match made {
            CommitOrAbort::Abort(found) => {
                let path = dir.to_owned();
                env.prepare_for_closing().wait();
                return if found > FORMAT {
                    Err(RecordsError::Newer { path, found })
                } else {
                    Ok(None)
                };
            }
            CommitOrAbort::Commit(made) => made,
        };
        let mut txn = env.write_txn()?;
        let waiting = dbs[OUTBOX].len(&txn)? + dbs[UNMADE].len(&txn)?;
        let kek = keys::kek(vault, !keys.0.is_empty(&txn)?, waiting)?;
        let sealing = Sealing::open(tenant, &kek, keys, &mut txn, waiting)?;
        txn.commit()?;
        Ok(Some(Records {
            dir: dir.to_owned(),
            tenant: tenant.to_owned(),
            sealing,
            exchanges: Table::new(TABLES[0], dbs[0]),
            conversations: Table::new(TABLES[1], dbs[1]),
            outbox: Table::new(TABLES[OUTBOX], dbs[OUTBOX]),
            dead: Table::new(TABLES[3], dbs[3]),
            delivered: Table::new(TABLES[4], dbs[4]),
            bodies: Table::new(TABLES[5], dbs[5]),
            unmade: Table::new(TABLES[UNMADE], dbs[UNMADE]),
            audit: Table::new(TABLES[7], dbs[7]),
            heads: Table::new(TABLES[8], dbs[8]),
            labels: Table::new(TABLES[9], dbs[9]),
            pulled: Table::new(TABLES[10], dbs[10]),
            decisions: Table::new(TABLES[11], dbs[11]),
            objects: Table::new(TABLES[12], dbs[12]),
            signer: Signer::of(&kek).ok_or(RecordsError::Sealed {
                database: "audit",
                error: SealError::Foreign,
            })?,
            _in_use: in_use,
            env,
        }))
    }

    /// Lets go of the files.
    pub fn close(self) {
        self.env.prepare_for_closing().wait();
    }

    fn keys(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<Arc<KeySet>, RecordsError> {
        self.sealing.keys(txn)
    }

    /// Keeps a new answer, in its conversation or as the first of a new one.
    pub fn add(&self, conversation: Option<&str>, answer: &Answer) -> Result<Exchange, RecordsError> {
        let id = Ulid::generate().to_string();
        let at = Timestamp::now();
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let mut row = match conversation {
            Some(c) => self.row(&keys, &txn, c)?,
            None => ConversationRow {
                id: id.clone(),
                title: answer.question.clone(),
                at,
                exchanges: Vec::new(),
                name: String::new(),
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
            labelled: None,
            opened: Vec::new(),
        };
        self.exchanges.put(&keys, &mut txn, &id, &exchange)?;
        self.conversations.put(&keys, &mut txn, &row.id, &row)?;
        self.record(&keys, &mut txn, Act::answered(&id, answer))?;
        txn.commit()?;
        Ok(exchange)
    }

    /// Says who a conversation is with.
    pub fn name(&self, conversation: &str, name: &str) -> Result<(), RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let row = self.row(&keys, &txn, conversation)?;
        let row = ConversationRow {
            name: name.trim().to_owned(),
            ..row
        };
        self.conversations.put(&keys, &mut txn, conversation, &row)?;
        Ok(txn.commit()?)
    }

    pub fn name_of(&self, conversation: &str) -> Result<String, RecordsError> {
        let txn = self.env.read_txn()?;
        Ok(self.row(&*self.keys(&txn)?, &txn, conversation)?.name)
    }

    fn row(&self, keys: &KeySet, txn: &RoTxn<'_, WithoutTls>, id: &str) -> Result<ConversationRow, RecordsError> {
        let found = self.conversations.get(keys, txn, id)?;
        found.ok_or_else(|| RecordsError::Unknown(id.to_owned()))
    }

    fn exchange(&self, txn: &RoTxn<'_, WithoutTls>, id: &str) -> Result<Exchange, RecordsError> {
        let found = self.exchanges.get(&*self.keys(txn)?, txn, id)?;
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

    fn change(&self, id: &str, change: impl FnOnce(&mut Exchange) -> Vec<Act>) -> Result<Exchange, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let mut exchange = self.exchange(&txn, id)?;
        let acts = change(&mut exchange);
        let keys = self.keys(&txn)?;
        self.exchanges.put(&keys, &mut txn, id, &exchange)?;
        for act in acts {
            self.record(&keys, &mut txn, act)?;
        }
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
            let act = Act::answered(&e.id, &answer);
            e.answer = answer;
            e.text = text;
            vec![act]
        })
    }

    /// Keeps the operator's text as it is typed.
    pub fn save_text(&self, id: &str, text: String, confirmed: Vec<String>) -> Result<(), RecordsError> {
        self.change(id, |e| {
            let exchange = e.id.clone();
            let first = e.text == e.answer.answer && e.text != text;
            let more = confirmed.len().saturating_sub(e.confirmed.len()) as u32;
            e.text = text;
            e.confirmed = confirmed;
            let edited = first.then(|| Act::Edited {
                exchange: exchange.clone(),
            });
            let kept = (more > 0).then_some(Act::KeptWithoutSource {
                exchange,
                sentences: more,
            });
            edited.into_iter().chain(kept).collect()
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
            });
            vec![Act::Copied { exchange: e.id.clone() }]
        })?;
        Ok(())
    }

    /// A document was opened beside an answer.
    pub fn opened(&self, id: &str, document: &str) -> Result<(), RecordsError> {
        self.change(id, |e| {
            if !e.opened.iter().any(|d| d == document) {
                e.opened.push(document.to_owned());
            }
            Vec::new()
        })?;
        Ok(())
    }

    /// Keeps a label with all that it refers to, and with what is sent of it: `leave` makes of it what may leave this
    /// device. A second label of the same answer is another one, which says in whose place it stands.
    pub fn label(
        &self,
        id: &str,
        label: Label,
        sentences: Vec<Sentence>,
        leave: &dyn Fn(&Feedback) -> Feedback,
    ) -> Result<Exchange, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let mut exchange = self.exchange(&txn, id)?;
        let own = Ulid::generate().to_string();
        let feedback = Feedback {
            format: FEEDBACK_FORMAT,
            id: own.clone(),
            tenant: self.tenant.clone(),
            operator: self.device(),
            exchange: id.to_owned(),
            replaces: exchange.labelled.replace(own),
            at: Timestamp::now(),
            signals: self.signals(&exchange, &sentences)?,
            label: label.clone(),
            draft: exchange.answer.answer.clone(),
            text: exchange.text.clone(),
            answer: exchange.answer.clone(),
            sentences,
            confirmed: exchange.confirmed.clone(),
        };
        exchange.label = Some(label);
        self.exchanges.put(&keys, &mut txn, id, &exchange)?;
        let sha256 = self.make(&keys, &mut txn, &leave(&feedback))?;
        let act = Act::Labelled {
            exchange: id.to_owned(),
            label: feedback.id,
            sha256,
        };
        self.record(&keys, &mut txn, act)?;
        txn.commit()?;
        Ok(exchange)
    }

    fn signals(&self, exchange: &Exchange, sentences: &[Sentence]) -> Result<Signals, RecordsError> {
        let all = self.conversation(&exchange.conversation)?;
        let next = all.iter().skip_while(|e| e.id != exchange.id).nth(1);
        let mut signals = Signals {
            copied: exchange.copied.len() as u32,
            opened: exchange.opened.clone(),
            asked_again: next.is_some_and(|n| asks_again(&exchange.answer.question, &n.answer.question)),
            ..Signals::default()
        };
        sentences_became(&exchange.answer.sentences, sentences, &mut signals);
        Ok(signals)
    }

    /// Conversations since a moment, newest first.
    pub fn conversations(&self, since: Timestamp) -> Result<Vec<ConversationRow>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let mut rows = Vec::new();
        for entry in self.conversations.iter(&keys, &txn)? {
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
            .get(&*self.keys(&txn)?, &txn, id)?
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
