//! What is done to the records behind an operator's back: keys that grow old are replaced and all is sealed anew, piece
//! by piece; what is older than the policy lets it be is forgotten. Killed at any moment, both keys read.

use jiff::{SignedDuration, Timestamp};

use ulid::Ulid;

use crate::audit::Act;
use crate::error::RecordsError;
use crate::{KEY_DAYS, Records};

/// Records that are sealed anew in one transaction: whoever types meanwhile waits no longer than that.
const AT_ONCE: usize = 64;

impl Records {
    /// Replaces a key that is too old.
    pub fn rotate_if_due(&self, now: Timestamp) -> Result<bool, RecordsError> {
        let txn = self.env.read_txn()?;
        let made_at = self.keys(&txn)?.made_at;
        drop(txn);
        let due = now.duration_since(made_at) > SignedDuration::from_hours(24 * KEY_DAYS);
        if due {
            self.rotate()?;
        }
        Ok(due)
    }

    /// A new key for all that is written from now on.
    pub fn rotate(&self) -> Result<(), RecordsError> {
        let mut txn = self.env.write_txn()?;
        self.sealing.rotate(&mut txn)?;
        let keys = self.keys(&txn)?;
        self.record(&keys, &mut txn, Act::KeyChanged)?;
        Ok(txn.commit()?)
    }

    /// Seals some of what an old key sealed anew; false when there is nothing left of it, and the old key is gone.
    pub fn reseal(&self) -> Result<bool, RecordsError> {
        let txn = self.env.read_txn()?;
        if !self.sealing.has_old(&txn)? {
            return Ok(false);
        }
        drop(txn);
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let mut left = AT_ONCE;
        left -= self.exchanges.reseal(&keys, &mut txn, left)?;
        left -= self.conversations.reseal(&keys, &mut txn, left)?;
        left -= self.outbox.reseal(&keys, &mut txn, left)?;
        left -= self.dead.reseal(&keys, &mut txn, left)?;
        left -= self.delivered.reseal(&keys, &mut txn, left)?;
        left -= self.bodies.reseal(&keys, &mut txn, left)?;
        left -= self.unmade.reseal(&keys, &mut txn, left)?;
        left -= self.audit.reseal(&keys, &mut txn, left)?;
        left -= self.heads.reseal(&keys, &mut txn, left)?;
        left -= self.labels.reseal(&keys, &mut txn, left)?;
        left -= self.pulled.reseal(&keys, &mut txn, left)?;
        left -= self.decisions.reseal(&keys, &mut txn, left)?;
        left -= self.objects.reseal(&keys, &mut txn, left)?;
        let more = left < AT_ONCE;
        if !more {
            self.sealing.destroy_old(&mut txn)?;
        }
        txn.commit()?;
        Ok(more)
    }

    /// Forgets conversations that nobody has gone on with since, and labels that arrived or were read of before.
    /// What waits to be sent stays. How many conversations there were.
    pub fn forget(&self, before: Timestamp) -> Result<u32, RecordsError> {
        let mut txn = self.env.write_txn()?;
        let keys = self.keys(&txn)?;
        let mut old = Vec::new();
        for row in self.conversations.iter(&keys, &txn)? {
            let (_, row) = row?;
            if row.at < before {
                old.push(row);
            }
        }
        let (mut arrived, mut labels) = (Vec::new(), Vec::new());
        for entry in self.delivered.iter(&keys, &txn)? {
            let (id, entry) = entry?;
            if entry.at < before {
                arrived.push(id.to_owned());
            }
        }
        for label in self.labels.packed(&keys, &txn)? {
            let (id, _) = label?;
            let made = Ulid::from_string(&id).map_or(0, |u| u.timestamp_ms() as i64);
            if made < before.as_millisecond() {
                labels.push(id);
            }
        }
        // That they were read is remembered: they are not read again.
        for id in &labels {
            self.labels.delete(&mut txn, id)?;
        }
        for row in &old {
            for exchange in &row.exchanges {
                self.exchanges.delete(&mut txn, exchange)?;
            }
            self.conversations.delete(&mut txn, &row.id)?;
        }
        for id in &arrived {
            self.delivered.delete(&mut txn, id)?;
        }
        let conversations = old.len() as u32;
        if conversations > 0 {
            self.record(&keys, &mut txn, Act::Forgotten { conversations })?;
        }
        txn.commit()?;
        Ok(conversations)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use mortar_privacy::Vault;

    use super::*;
    use crate::held::{Held, answer};
    use crate::{Label, Verdict};

    fn filled(dir: &Path, vault: &Held, exchanges: usize) -> Records {
        let records = Records::open(dir, "pharmacy", vault).unwrap();
        for n in 0..exchanges {
            let exchange = records
                .add(None, &answer(&format!("Rosa Diaz asks number {n}"), "As it is."))
                .unwrap();
            let good = Label {
                verdict: Verdict::Good,
                reasons: vec![],
                note: "Rosa Diaz".into(),
                sentence: None,
                right_source: None,
            };
            records.label(&exchange.id, good, vec![], &Clone::clone).unwrap();
        }
        records
    }

    fn stands(dir: &Path, what: &[u8]) -> bool {
        let bytes = std::fs::read(dir.join("data.mdb")).unwrap();
        bytes.windows(what.len()).any(|w| w == what)
    }

    #[test]
    fn nothing_that_was_typed_stands_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), &Held::default(), 20);
        assert!(!stands(dir.path(), b"Rosa") && !stands(dir.path(), b"number"));
        let id = &records.outbox(1).unwrap()[0].id;
        assert!(stands(dir.path(), id.as_bytes()), "ids are readable, and said to be");
    }

    #[test]
    fn a_lost_key_is_said_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Held::default();
        filled(dir.path(), &vault, 3).close();
        let key = vault.get("").unwrap().unwrap();
        let before = std::fs::read(dir.path().join("data.mdb")).unwrap();
        for other in [None, Some(vec![1; 32]), Some(vec![1; 7])] {
            *vault.0.lock().unwrap() = other.clone();
            let refused = Records::open(dir.path(), "pharmacy", &vault).map(drop);
            assert!(
                matches!(refused, Err(RecordsError::KeyLost { waiting: 3 })),
                "{refused:?}"
            );
            assert_eq!(*vault.0.lock().unwrap(), other, "no key is made");
        }
        assert!(
            std::fs::read(dir.path().join("data.mdb")).unwrap() == before,
            "nothing was written"
        );
        // The keyring came back.
        *vault.0.lock().unwrap() = Some(key);
        let records = Records::open(dir.path(), "pharmacy", &vault).unwrap();
        assert_eq!(records.outbox(10).unwrap().len(), 3);
    }

    #[test]
    fn the_files_of_another_tenant_do_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Held::default();
        filled(dir.path(), &vault, 1).close();
        let refused = Records::open(dir.path(), "clinic", &vault).map(drop);
        assert!(matches!(refused, Err(RecordsError::KeyLost { .. })), "{refused:?}");
    }

    #[test]
    fn a_record_in_the_place_of_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), &Held::default(), 2);
        let mut txn = records.env.write_txn().unwrap();
        records.exchanges.swap(&mut txn).unwrap();
        txn.commit().unwrap();
        let rows = records.conversations(Timestamp::UNIX_EPOCH).unwrap();
        for row in rows {
            let refused = records.conversation(&row.id);
            assert!(matches!(refused, Err(RecordsError::Sealed { .. })), "{refused:?}");
        }
    }

    #[test]
    fn keys_change_under_everybodys_hands_and_all_is_sealed_anew() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), &Held::default(), 100);
        let all = |r: &Records| {
            let rows = r.conversations(Timestamp::UNIX_EPOCH).unwrap();
            rows.iter()
                .map(|row| r.conversation(&row.id).unwrap().len())
                .sum::<usize>()
        };
        assert!(!records.reseal().unwrap());
        records.rotate().unwrap();
        let mut pieces = 0;
        while records.reseal().unwrap() {
            pieces += 1;
            assert_eq!(all(&records), 100, "both keys read");
        }
        assert!(pieces > 3, "{pieces}");
        assert_eq!((all(&records), records.outbox(1000).unwrap().len()), (100, 100));
        let txn = records.env.read_txn().unwrap();
        assert!(!records.sealing.has_old(&txn).unwrap(), "the old key is destroyed");
    }

    #[test]
    fn what_is_old_is_forgotten_and_what_waits_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let records = filled(dir.path(), &Held::default(), 3);
        assert_eq!(records.forget(Timestamp::UNIX_EPOCH).unwrap(), 0);
        assert_eq!(
            records
                .forget(Timestamp::now() + SignedDuration::from_hours(1))
                .unwrap(),
            3
        );
        assert!(records.conversations(Timestamp::UNIX_EPOCH).unwrap().is_empty());
        assert_eq!(records.waiting().unwrap(), 3);
        assert!(records.sent_of(&records.outbox(1).unwrap()[0].id).is_ok());
    }
}
