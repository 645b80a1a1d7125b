//! Labels of all devices as they arrived, and what was decided about them, kept sealed beside this device's own records.
//! Each object is read once; one that is no label is remembered by why. Nothing is fetched here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mortar_privacy::seal::{hex, sha256};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Records;
use crate::error::RecordsError;
use crate::label::Feedback;
use crate::sending::{packed, unpacked};
use crate::triage::{Arrived, Decision};

/// An object that is no label, by its key, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NoLabel {
    pub key: String,
    pub why: String,
}

/// What became of an object that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Read {
    key: String,
    no_label: Option<String>,
}

/// A decision as it was last seen in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub modified: Timestamp,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenDecision {
    seen: Option<Seen>,
    decision: Decision,
}

/// A key of the bucket as a key of the table: it may be of any length there.
fn short(key: &str) -> String {
    hex(&sha256(key.as_bytes()))
}

/// What lies under a key, if it is a label of the tenant and the one that the key names.
fn label_of(key: &str, bytes: &[u8], tenant: &str) -> Result<Feedback, String> {
    let read = Feedback::from_bytes(bytes).map_err(|e| e.to_string())?;
    if read.tenant != tenant {
        return Err("it is of another tenant".into());
    }
    let named = format!("/{}-{}.json", read.id, hex(&sha256(bytes)[..8]));
    if !key.ends_with(&named) {
        return Err("its key names other bytes: it was put there by no laptop, or changed".into());
    }
    Ok(read)
}

impl Records {
    /// Those of these keys that were not read yet.
    pub fn not_pulled(&self, keys: Vec<String>) -> Result<Vec<String>, RecordsError> {
        let txn = self.env.read_txn()?;
        let set = self.keys(&txn)?;
        let mut new = Vec::new();
        for key in keys {
            if self.pulled.get_bytes(&set, &txn, &short(&key))?.is_none() {
                new.push(key);
            }
        }
        Ok(new)
    }

    /// Keeps what was read under some keys, in one transaction; how many of them were labels.
    pub fn pulled(&self, read: &[(String, Vec<u8>)]) -> Result<u32, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let mut labels = 0;
        for (key, bytes) in read {
            let label = label_of(key, bytes, &self.tenant).and_then(|label| {
                match self.labels.get_bytes(&keys, &txn, &label.id) {
                    Ok(Some(held)) if unpacked(&held).is_ok_and(|h| h != *bytes) => {
                        Err("another object of the same label was read before".into())
                    }
                    _ => Ok(label),
                }
            });
            if let Ok(label) = &label {
                self.labels.put_bytes(&keys, &mut txn, &label.id, &packed(bytes)?)?;
                labels += 1;
            }
            let read = Read {
                key: key.clone(),
                no_label: label.err(),
            };
            self.pulled.put(&keys, &mut txn, &short(key), &read)?;
        }
        txn.commit()?;
        Ok(labels)
    }

    /// What was read and is no label.
    pub fn no_labels(&self) -> Result<Vec<NoLabel>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let mut out = Vec::new();
        for read in self.pulled.iter(&keys, &txn)? {
            let Read { key, no_label } = read?.1;
            out.extend(no_label.map(|why| NoLabel { key, why }));
        }
        out.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(out)
    }

    /// All labels that were read, the oldest first, but for those in whose place another stands.
    pub fn arrived(&self) -> Result<Vec<Arrived>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let mut all = Vec::new();
        for label in self.labels.packed(&keys, &txn)? {
            let (id, bytes) = label?;
            all.push(Arrived {
                feedback: Feedback::from_bytes(&unpacked(&bytes)?)?,
                decision: match self.decisions.get(&keys, &txn, &id)? {
                    Some(held) => held.decision,
                    None => Decision::new(&self.tenant, &id),
                },
            });
        }
        let replaced: BTreeSet<String> = all.iter().filter_map(|a| a.feedback.replaces.clone()).collect();
        all.retain(|a| !replaced.contains(&a.feedback.id));
        Ok(all)
    }

    /// One label that was read.
    pub fn arrived_one(&self, id: &str) -> Result<Arrived, RecordsError> {
        let txn = self.env.read_txn()?;
        let packed = self.labels.get_bytes(&*self.keys(&txn)?, &txn, id)?;
        let bytes = unpacked(&packed.ok_or_else(|| RecordsError::NotPulled(id.to_owned()))?)?;
        Ok(Arrived {
            feedback: Feedback::from_bytes(&bytes)?,
            decision: self.decided(id)?,
        })
    }

    /// What was decided about a label, as far as it was seen.
    pub fn decided(&self, label: &str) -> Result<Decision, RecordsError> {
        let txn = self.env.read_txn()?;
        let held = self.decisions.get(&*self.keys(&txn)?, &txn, label)?;
        Ok(held.map_or_else(|| Decision::new(&self.tenant, label), |h| h.decision))
    }

    /// Whether a decision in the bucket is still the one that was seen.
    pub fn is_seen(&self, label: &str, now: &Seen) -> Result<bool, RecordsError> {
        let txn = self.env.read_txn()?;
        let held = self.decisions.get(&*self.keys(&txn)?, &txn, label)?;
        Ok(held.is_some_and(|h| h.seen.as_ref() == Some(now)))
    }

    /// Keeps a decision as the bucket has it; without `seen` it was just written, and is looked at once more.
    pub fn saw(&self, decision: &Decision, seen: Option<Seen>) -> Result<(), RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let held = SeenDecision {
            seen,
            decision: decision.clone(),
        };
        self.decisions.put(&keys, &mut txn, &decision.label, &held)?;
        Ok(txn.commit()?)
    }

    /// An object of a tenant that has no bucket.
    pub fn own_object(&self, key: &str) -> Result<Option<Vec<u8>>, RecordsError> {
        let txn = self.env.read_txn()?;
        self.objects.get_bytes(&*self.keys(&txn)?, &txn, key)
    }

    /// Puts such an object, if what is there is `was`; false where it is not.
    pub fn put_own_object(&self, key: &str, was: Option<&[u8]>, bytes: &[u8]) -> Result<bool, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        if self.objects.get_bytes(&keys, &txn, key)?.as_deref() != was {
            return Ok(false);
        }
        self.objects.put_bytes(&keys, &mut txn, key, bytes)?;
        txn.commit()?;
        Ok(true)
    }

    /// The keys and sizes of such objects.
    pub fn own_objects(&self) -> Result<Vec<(String, u64)>, RecordsError> {
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let all = self.objects.packed(&keys, &txn)?;
        all.map(|o| o.map(|(key, bytes)| (key, bytes.len() as u64))).collect()
    }
}
