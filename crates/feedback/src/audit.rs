//! What happened, for whoever must be able to see it: one chained record for each act, in the same transaction as what it
//! speaks of. No word of an operator, a patient or a model stands in it: ids, counts and names of releases alone.

use heed::{RwTxn, WithoutTls};
use jiff::Timestamp;
use mortar_assistant::{Answer, MaskedKind, ModelError};
use mortar_privacy::audit::{BEGINNING, Broken, Chain, Head, Link, SignedHead};
use serde::{Deserialize, Serialize};

use crate::Records;
use crate::error::RecordsError;
use crate::keys::KeySet;
use crate::outbox::{FeedbackSink, Object};
use crate::triage::State;

/// An act that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    SignedIn,
    SignedOut,
    /// A question was answered or refused, from these passages; what was masked of it, by kind.
    Answered {
        exchange: String,
        release: String,
        passages: Vec<String>,
        refused: bool,
        embedding: Option<String>,
        generation: Option<String>,
        masked: Vec<MaskedKind>,
    },
    /// The operator changed the text for the first time.
    Edited {
        exchange: String,
    },
    /// The operator stood up for so many sentences without a source.
    KeptWithoutSource {
        exchange: String,
        sentences: u32,
    },
    Copied {
        exchange: String,
    },
    /// With the hash of what is sent of it.
    Labelled {
        exchange: String,
        label: String,
        sha256: String,
    },
    /// Somebody changed what is sent of a label that was given up.
    Mended {
        label: String,
        sha256: String,
    },
    /// Somebody decided about a label that arrived, or it was proven.
    Decided {
        label: String,
        state: State,
    },
    /// Labels were made into a set that models learn from.
    Exported {
        rows: u32,
    },
    Synced {
        release: String,
    },
    /// Conversations that the policy lets nobody keep longer.
    Forgotten {
        conversations: u32,
    },
    KeyChanged,
    /// All that was kept is gone, labels that were not sent among it.
    Wiped {
        labels_not_sent: u32,
        readable: bool,
    },
}

impl Act {
    pub(crate) fn answered(exchange: &str, answer: &Answer) -> Act {
        Act::Answered {
            exchange: exchange.to_owned(),
            release: answer.release.clone(),
            passages: answer.passages.iter().map(|p| p.id.clone()).collect(),
            refused: answer.abstained,
            embedding: answer.models.embedding.clone(),
            generation: answer.models.generation.clone(),
            masked: answer.masked.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Milliseconds since 1970: what is written is what is read.
    at: i64,
    #[serde(flatten)]
    act: Act,
}

/// A record as it is exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    pub n: u64,
    pub hash: String,
    pub record: serde_json::Value,
}

fn place(n: u64) -> String {
    format!("{n:020}")
}

impl Records {
    pub(crate) fn record(&self, keys: &KeySet, txn: &mut RwTxn<'_>, act: Act) -> Result<(), RecordsError> {
        let last = self.audit.last(keys, txn)?;
        let (n, before) = last.map_or((0, BEGINNING.to_owned()), |l| (l.n, l.hash));
        let record = Record {
            at: Timestamp::now().as_millisecond(),
            act,
        };
        let text = serde_json::to_string(&record).map_err(|e| RecordsError::Damaged {
            database: "audit",
            reason: e.to_string(),
        })?;
        self.audit
            .put(keys, txn, &place(n + 1), &Link::new(n + 1, &before, text))
    }

    /// Records an act of which nothing else is kept.
    pub fn note(&self, act: Act) -> Result<(), RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        self.record(&keys, &mut txn, act)?;
        Ok(txn.commit()?)
    }

    /// Follows the whole chain; how many records there are. `seen`: heads that are known from elsewhere.
    pub fn verify_audit(&self, seen: &[Head]) -> Result<Result<u64, Broken>, RecordsError> {
        // One transaction: who writes meanwhile is no tampering.
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let mut seen = seen.to_vec();
        for head in self.heads.iter(&keys, &txn)? {
            seen.push(head?.1.head);
        }
        let mut chain = Chain::new(&seen);
        for (at, link) in self.audit.each(&keys, &txn)? {
            let at = at.parse().unwrap_or(0);
            if let Err(broken) = chain.next(at, link.ok().as_ref()) {
                return Ok(Err(broken));
            }
        }
        Ok(chain.end())
    }

    /// All records, the oldest first.
    pub fn export_audit(&self) -> Result<Vec<Exported>, RecordsError> {
        let exported = |link: Link| Exported {
            n: link.n,
            record: serde_json::from_str(&link.record).unwrap_or_default(),
            hash: link.hash,
        };
        Ok(self.links()?.into_iter().map(exported).collect())
    }

    fn links(&self) -> Result<Vec<Link>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        self.audit.iter(&keys, &txn)?.map(|l| l.map(|l| l.1)).collect()
    }

    /// What stays when all else goes: the chain.
    pub fn chain(&self) -> Result<Vec<Link>, RecordsError> {
        self.links()
    }

    /// Goes on with the chain of records that were wiped.
    pub fn go_on_with(&self, chain: &[Link], act: Act) -> Result<(), RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        for link in chain {
            self.audit.put(&keys, &mut txn, &place(link.n), link)?;
        }
        self.record(&keys, &mut txn, act)?;
        Ok(txn.commit()?)
    }

    /// Where the chain ends, if it has begun.
    pub fn head(&self) -> Result<Option<Head>, RecordsError> {
        let txn = self.env.read_txn()?;
        let last = self.audit.last(&*self.keys(&txn)?, &txn)?;
        Ok(last.map(|link| Head {
            tenant: self.tenant.clone(),
            device: self.device(),
            n: link.n,
            hash: link.hash,
            at: Timestamp::now().as_millisecond(),
        }))
    }

    /// The name of this device in the audit: the beginning of the key that signs its heads.
    pub fn device(&self) -> String {
        self.signer.public_key()[..16].to_owned()
    }

    pub fn public_key(&self) -> String {
        self.signer.public_key()
    }

    /// Sends where the chain ends now, signed, unless that was sent already.
    pub(crate) async fn send_head(&self, sink: &dyn FeedbackSink) -> Result<Option<ModelError>, RecordsError> {
        let Some(head) = self.head()? else { return Ok(None) };
        let txn = self.env.read_txn()?;
        if self
            .heads
            .last(&*self.keys(&txn)?, &txn)?
            .is_some_and(|sent| sent.head.n >= head.n)
        {
            return Ok(None);
        }
        drop(txn);
        let stem = format!("audit/tenant={}/device={}/{}", self.tenant, head.device, place(head.n));
        let signed = self.signer.sign(head);
        let object = Object::new(
            &stem,
            serde_json::to_vec(&signed).map_err(|e| RecordsError::Schema(e.to_string()))?,
        );
        if let Err(e) = sink.send(&object).await {
            return Ok(Some(e));
        }
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        self.put_head(&keys, &mut txn, &signed)?;
        txn.commit()?;
        Ok(None)
    }

    /// The last one says what those before it said.
    fn put_head(&self, keys: &KeySet, txn: &mut RwTxn<'_>, head: &SignedHead) -> Result<(), RecordsError> {
        if let Some(before) = self.heads.last(keys, txn as &heed::RoTxn<'_, WithoutTls>)? {
            self.heads.delete(txn, &place(before.head.n))?;
        }
        self.heads.put(keys, txn, &place(head.head.n), head)
    }
}

#[cfg(test)]
mod tests {
    use mortar_privacy::seal::hex;

    use super::*;
    use crate::held::Held;

    fn filled(dir: &std::path::Path, acts: u32) -> Records {
        let records = Records::open(dir, "pharmacy", &Held::with_a_key()).unwrap();
        for n in 0..acts {
            records.note(Act::Forgotten { conversations: n }).unwrap();
        }
        records
    }

    #[test]
    fn what_is_recorded_verifies_and_tampering_with_what_lies_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), 9);
        let head = records.head().unwrap().unwrap();
        assert_eq!(records.verify_audit(std::slice::from_ref(&head)).unwrap(), Ok(9));
        let tampered = |change: &dyn Fn(&mut RwTxn<'_>, &KeySet)| {
            let mut txn = records.env.write_txn().unwrap();
            let keys = records.keys(&txn).unwrap();
            change(&mut txn, &keys);
            txn.commit().unwrap();
            records.verify_audit(std::slice::from_ref(&head)).unwrap().unwrap_err()
        };
        // Sealed values moved, by somebody without a key.
        assert_eq!(
            tampered(&|txn, _| records.audit.swap(txn).unwrap()),
            Broken::Changed { n: 1 }
        );
        tampered_back(&records);
        // By somebody who has the key.
        let edited = |txn: &mut RwTxn<'_>, keys: &KeySet| {
            let mut link: Link = records.audit.get(keys, txn, &place(4)).unwrap().unwrap();
            link.record = link.record.replace('3', "0");
            records.audit.put(keys, txn, &place(4), &link).unwrap();
        };
        assert_eq!(tampered(&edited), Broken::Changed { n: 4 });
        let cut = |txn: &mut RwTxn<'_>, _: &KeySet| assert!(records.audit.delete(txn, &place(4)).unwrap());
        assert_eq!(tampered(&cut), Broken::Missing { n: 4 });
        let shorter = |txn: &mut RwTxn<'_>, _: &KeySet| {
            for n in 4..=9 {
                records.audit.delete(txn, &place(n)).unwrap();
            }
        };
        assert_eq!(tampered(&shorter), Broken::Cut { n: 3, seen: 9 });
    }

    fn tampered_back(records: &Records) {
        let mut txn = records.env.write_txn().unwrap();
        records.audit.swap(&mut txn).unwrap();
        txn.commit().unwrap();
    }

    #[test]
    fn an_older_copy_put_back_is_found_by_a_head_that_was_seen() {
        let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        filled(dir.path(), 3).close();
        std::fs::copy(dir.path().join("data.mdb"), copy.path().join("data.mdb")).unwrap();
        let records = filled(dir.path(), 2);
        let head = records.head().unwrap().unwrap();
        records.close();
        let older = Records::open(copy.path(), "pharmacy", &Held::with_a_key()).unwrap();
        assert_eq!(older.verify_audit(&[]).unwrap(), Ok(3), "by itself it is whole");
        assert_eq!(
            older.verify_audit(std::slice::from_ref(&head)).unwrap(),
            Err(Broken::Cut { n: 3, seen: 5 })
        );
        // And gone on with.
        older.note(Act::SignedIn).unwrap();
        older.note(Act::SignedIn).unwrap();
        assert_eq!(older.verify_audit(&[head]).unwrap(), Err(Broken::Replaced { n: 5 }));
    }

    #[test]
    fn two_that_write_at_once_make_one_chain_and_a_change_of_keys_leaves_it() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), 0);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| (0..25).for_each(|_| records.note(Act::SignedIn).unwrap()));
            }
            records.rotate().unwrap();
            while records.reseal().unwrap() {
                assert!(records.verify_audit(&[]).unwrap().is_ok());
            }
        });
        while records.reseal().unwrap() {}
        assert!(records.verify_audit(&[]).unwrap().unwrap() >= 100);
    }

    #[test]
    fn the_chain_goes_on_behind_a_wipe() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let records = filled(dir.path(), 5);
        let (chain, head) = (records.chain().unwrap(), records.head().unwrap().unwrap());
        let anew = Records::open(other.path(), "pharmacy", &Held::default()).unwrap();
        let wiped = Act::Wiped {
            labels_not_sent: 2,
            readable: true,
        };
        anew.go_on_with(&chain, wiped).unwrap();
        assert_eq!(anew.verify_audit(&[head]).unwrap(), Ok(6));
        assert_eq!(anew.export_audit().unwrap()[5].record["act"], "wiped");
        assert_ne!(
            hex(anew.device().as_bytes()),
            hex(records.device().as_bytes()),
            "another key signs"
        );
    }
}
