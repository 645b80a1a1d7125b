//! The outbox as it is kept: entries and the bytes that they are of. An entry and what is told of it change in one
//! transaction; whoever is killed between finds it begun, and sends it again.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use heed::{RwTxn, WithoutTls};
use jiff::Timestamp;
use mortar_assistant::ModelError;
use mortar_privacy::seal::{hex, sha256};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Records;
use crate::audit::Act;
use crate::error::RecordsError;
use crate::keys::KeySet;
use crate::label::Feedback;
use crate::outbox::{Entry, EntryState, FeedbackSink, Kept, Object, Passed, Which, pass};

/// How many entries are read before any of them is sent.
const AT_ONCE: usize = 256;
/// Another program sends: what it leaves is looked at after so long.
const ELSEWHERE: Duration = Duration::from_secs(30);
/// How well text is packed: more takes much longer for little.
const PACKED: i32 = 3;
/// More than any label is, so that a damaged one cannot ask for all memory.
const LARGEST: u64 = 64 << 20;

/// How labels do, for the bar at the bottom of the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Waiting {
    pub waiting: u32,
    /// Given up until somebody looks at them.
    pub dead: u32,
    /// Why the oldest one waits, if it was tried.
    pub because: Option<String>,
}

impl Records {
    /// Keeps what is sent of a label; its hash.
    pub(crate) fn make(&self, keys: &KeySet, txn: &mut RwTxn<'_>, leaves: &Feedback) -> Result<String, RecordsError> {
        let day = leaves.at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let stem = format!("tenant={}/date={day}/{}", self.tenant, leaves.id);
        let object = Object::new(&stem, leaves.to_bytes()?);
        let entry = Entry::new(leaves.id.clone(), leaves.exchange.clone(), leaves.at, &object);
        self.put_body(keys, txn, &entry.id, &object.body)?;
        self.outbox.put(keys, txn, &entry.id, &entry)?;
        Ok(entry.sha256)
    }

    fn put_body(&self, keys: &KeySet, txn: &mut RwTxn<'_>, id: &str, body: &[u8]) -> Result<(), RecordsError> {
        self.bodies.put_bytes(keys, txn, id, &packed(body)?)
    }

    /// Makes what is sent of labels that an older program kept; how many there were. One of which nothing can be made
    /// stays, among those that were given up.
    pub fn make_unmade(&self, leave: &dyn Fn(&Feedback) -> Feedback) -> Result<u32, RecordsError> {
        let txn = self.env.read_txn()?;
        let ids: Vec<String> = (self.unmade.iter(&*self.keys(&txn)?, &txn)?)
            .map(|u| u.map(|(id, _)| id.to_owned()))
            .collect::<Result<_, _>>()?;
        drop(txn);
        let mut made = 0;
        for id in ids {
            let mut txn = self.env.write_txn()?;
            let keys = self.keys(&txn)?;
            let Some(feedback) = self.unmade.get(&keys, &txn, &id)? else {
                continue;
            };
            match self.make(&keys, &mut txn, &leave(&feedback)) {
                Ok(_) => {
                    self.unmade.delete(&mut txn, &id)?;
                    self.dead.delete(&mut txn, &feedback.id)?;
                    made += 1;
                }
                Err(e @ RecordsError::Schema(_)) => {
                    let object = Object::new(&feedback.id, Vec::new());
                    let mut entry = Entry::new(feedback.id.clone(), feedback.exchange.clone(), feedback.at, &object);
                    entry.give_up(e.to_string());
                    self.dead.put(&keys, &mut txn, &feedback.id, &entry)?;
                }
                Err(e) => return Err(e),
            }
            txn.commit()?;
        }
        Ok(made)
    }

    /// How many labels wait to be sent.
    pub fn waiting(&self) -> Result<u32, RecordsError> {
        let txn = self.env.read_txn()?;
        Ok((self.outbox.len(&txn)? + self.unmade.len(&txn)?) as u32)
    }

    /// How labels do; it takes no longer where many wait.
    pub fn how_labels_do(&self) -> Result<Waiting, RecordsError> {
        let txn = self.env.read_txn()?;
        let oldest = self.outbox.first(&*self.keys(&txn)?, &txn)?;
        Ok(Waiting {
            waiting: (self.outbox.len(&txn)? + self.unmade.len(&txn)?) as u32,
            dead: self.dead.len(&txn)? as u32,
            because: oldest.and_then(|e| e.last_error).map(|e| e.message),
        })
    }

    /// Labels that wait or were given up, the oldest first; at most so many of each.
    pub fn outbox(&self, most: usize) -> Result<Vec<Entry>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let dead = self.dead.iter(&keys, &txn)?.take(most);
        let waiting = self.outbox.iter(&keys, &txn)?.take(most);
        dead.chain(waiting).map(|e| e.map(|e| e.1)).collect()
    }

    /// What is sent of a label that has not arrived.
    pub fn sent_of(&self, id: &str) -> Result<Vec<u8>, RecordsError> {
        let txn = self.env.read_txn()?;
        let packed = self.bodies.get_bytes(&*self.keys(&txn)?, &txn, id)?;
        unpacked(&packed.ok_or_else(|| RecordsError::NoEntry(id.to_owned()))?)
    }

    /// Labels that were given up are sent again: one, or all of them. How many there were.
    pub fn again(&self, id: Option<&str>) -> Result<u32, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let chosen: Vec<Entry> = match id {
            Some(id) => {
                let dead = self.dead.get(&keys, &txn, id)?;
                let entry = dead.map_or_else(|| self.outbox.get(&keys, &txn, id), |e| Ok(Some(e)))?;
                vec![entry.ok_or_else(|| RecordsError::NoEntry(id.to_owned()))?]
            }
            None => {
                let all = self.dead.iter(&keys, &txn)?;
                all.map(|e| e.map(|e| e.1)).collect::<Result<_, _>>()?
            }
        };
        for mut entry in chosen.iter().cloned() {
            entry.again();
            self.dead.delete(&mut txn, &entry.id)?;
            self.outbox.put(&keys, &mut txn, &entry.id, &entry)?;
        }
        txn.commit()?;
        Ok(chosen.len() as u32)
    }

    /// Puts other bytes in the place of those of a label that was given up, and sends it again. They must be of the
    /// same label; `leave` makes of them what may leave this device.
    pub fn mend(&self, id: &str, bytes: &[u8], leave: &dyn Fn(&Feedback) -> Feedback) -> Result<(), RecordsError> {
        let feedback = Feedback::from_bytes(bytes)?;
        if feedback.id != id || feedback.tenant != self.tenant {
            return Err(RecordsError::Schema("it is of another label".into()));
        }
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        if !self.dead.delete(&mut txn, id)? {
            return Err(RecordsError::NoEntry(id.to_owned()));
        }
        let sha256 = self.make(&keys, &mut txn, &leave(&feedback))?;
        let label = id.to_owned();
        self.unmade.delete(&mut txn, &feedback.exchange)?;
        self.record(&keys, &mut txn, Act::Mended { label, sha256 })?;
        Ok(txn.commit()?)
    }

    /// Sends what is to be sent. One at a time: whoever finds another program sending leaves it to that.
    pub async fn send(&self, sink: &dyn FeedbackSink, which: Which) -> Result<Passed, RecordsError> {
        let path = self.dir.join("sending.lock");
        let lock = File::create(&path).map_err(|e| RecordsError::Unusable {
            path,
            reason: e.to_string(),
        })?;
        match lock.try_lock() {
            Ok(()) => {
                let passed = pass(self, sink, which).await?;
                // What does not arrive of it now, the next one says too.
                if passed.delivered > 0 {
                    self.send_head(sink).await?;
                }
                Ok(passed)
            }
            Err(_) => Ok(Passed {
                again: Some(ELSEWHERE),
                ..Passed::default()
            }),
        }
    }

    /// The body of an entry, if it is the one that the entry was made with.
    fn body(&self, keys: &KeySet, txn: &heed::RoTxn<'_, WithoutTls>, entry: &Entry) -> Result<Vec<u8>, RecordsError> {
        let missing = || RecordsError::NoEntry(entry.id.clone());
        let packed = self.bodies.get_bytes(keys, txn, &entry.id)?.ok_or_else(missing)?;
        let body = unpacked(&packed)?;
        if hex(&sha256(&body)) == entry.sha256 {
            Ok(body)
        } else {
            Err(damaged(&"it is not what was made"))
        }
    }
}

impl Kept for Records {
    type Error = RecordsError;

    fn due(&self, which: Which, behind: Option<&str>) -> Result<(Vec<Entry>, Option<Timestamp>), RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let now = Timestamp::now();
        let (mut due, mut next) = (Vec::new(), None::<Timestamp>);
        for entry in self.outbox.iter(&keys, &txn)? {
            let (id, entry) = entry?;
            if behind.is_some_and(|b| id <= b) {
                continue;
            }
            match entry.waits_until(now).filter(|_| which == Which::Due) {
                Some(at) => next = next.into_iter().chain([at]).min(),
                None => due.push(entry),
            }
            if due.len() == AT_ONCE {
                break;
            }
        }
        Ok((due, next))
    }

    fn begin(&self, id: &str) -> Result<Option<Object>, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let Some(mut entry) = self.outbox.get(&keys, &txn, id)? else {
            return Ok(None);
        };
        let body = match self.body(&keys, &txn, &entry) {
            Ok(body) => body,
            // One that is damaged holds up no other.
            Err(e) => {
                entry.give_up(e.to_string());
                self.outbox.delete(&mut txn, id)?;
                self.dead.put(&keys, &mut txn, id, &entry)?;
                txn.commit()?;
                return Ok(None);
            }
        };
        entry.state = EntryState::InFlight;
        self.outbox.put(&keys, &mut txn, id, &entry)?;
        txn.commit()?;
        Ok(Some(Object {
            key: entry.key,
            sha256: sha256(&body),
            body,
        }))
    }

    fn settle(&self, id: &str, outcome: Result<(), ModelError>) -> Result<Entry, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let entry = self.outbox.get(&keys, &txn, id)?;
        let mut entry = entry.ok_or_else(|| RecordsError::NoEntry(id.to_owned()))?;
        entry.settle(outcome, Timestamp::now(), rand::random());
        match entry.state {
            EntryState::Delivered => {
                self.outbox.delete(&mut txn, id)?;
                self.bodies.delete(&mut txn, id)?;
                self.delivered.put(&keys, &mut txn, id, &entry)?;
            }
            EntryState::Dead => {
                self.outbox.delete(&mut txn, id)?;
                self.dead.put(&keys, &mut txn, id, &entry)?;
            }
            EntryState::Pending | EntryState::InFlight => self.outbox.put(&keys, &mut txn, id, &entry)?,
        }
        txn.commit()?;
        Ok(entry)
    }
}

pub(crate) fn packed(body: &[u8]) -> Result<Vec<u8>, RecordsError> {
    zstd::bulk::compress(body, PACKED).map_err(|e| damaged(&e))
}

pub(crate) fn unpacked(packed: &[u8]) -> Result<Vec<u8>, RecordsError> {
    let mut out = Vec::new();
    let read = zstd::stream::read::Decoder::new(packed).and_then(|d| d.take(LARGEST).read_to_end(&mut out));
    read.map(|_| out).map_err(|e| damaged(&e))
}

fn damaged(reason: &dyn ToString) -> RecordsError {
    RecordsError::Damaged {
        database: "bodies",
        reason: reason.to_string(),
    }
}
