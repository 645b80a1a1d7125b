//! The keys of what is kept: data keys, wrapped by a key that only the keyring holds. A new one is never made over what
//! is sealed already, and none stands anywhere in the clear.

use std::sync::{Arc, PoisonError, RwLock};

use heed::types::{SerdeJson, Str};
use heed::{Database, RoTxn, RwTxn, WithoutTls};
use jiff::Timestamp;
use mortar_privacy::Vault;
use mortar_privacy::seal::{At, KEY, SealError, SealKey, Secret, key_of, random_key};
use serde::{Deserialize, Serialize};

use crate::error::RecordsError;

/// The name of the wrapping key in the keyring.
pub(crate) const KEK: &str = "records-key";
/// The database of wrapped keys.
const KEYS: &str = "keys";
/// The format that sealed values are bound to.
const SEALED: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Primary,
    Old,
}

/// A data key as it lies there. A key that is destroyed has no row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    made_at: Timestamp,
    state: State,
    wrapped: Vec<u8>,
}

/// Where wrapped keys lie, and their generation.
pub(crate) type KeyDatabases = (
    Database<'static, Str, SerdeJson<KeyRow>>,
    Database<'static, Str, SerdeJson<u32>>,
);

/// The data keys as they were at one moment.
pub(crate) struct KeySet {
    tenant: String,
    /// Grows with every change of the keys, so that another program notices.
    generation: u32,
    primary: u32,
    pub made_at: Timestamp,
    keys: Vec<SealKey>,
}

impl KeySet {
    fn at<'a>(&'a self, database: &'a str, key: &'a str) -> At<'a> {
        At {
            tenant: &self.tenant,
            database,
            key,
            format: SEALED,
        }
    }

    pub fn seal(&self, database: &'static str, key: &str, plain: &[u8]) -> Result<Vec<u8>, RecordsError> {
        let by = self.by(self.primary);
        let sealed = by.and_then(|k| k.seal(&self.at(database, key), plain));
        sealed.map_err(|error| RecordsError::Sealed { database, error })
    }

    pub fn open(&self, database: &'static str, key: &str, sealed: &[u8]) -> Result<Vec<u8>, RecordsError> {
        let by = key_of(sealed).and_then(|id| self.by(id));
        let opened = by.and_then(|k| k.open(&self.at(database, key), sealed));
        opened.map_err(|error| RecordsError::Sealed { database, error })
    }

    fn by(&self, id: u32) -> Result<&SealKey, SealError> {
        self.keys.iter().find(|k| k.id == id).ok_or(SealError::NoKey(id))
    }

    /// Whether a value is to be sealed anew.
    pub fn is_old(&self, sealed: &[u8]) -> bool {
        key_of(sealed).is_ok_and(|id| id != self.primary)
    }
}

/// Whoever seals and opens what one tenant keeps.
pub(crate) struct Sealing {
    tenant: String,
    kek: SealKey,
    rows: Database<'static, Str, SerdeJson<KeyRow>>,
    meta: Database<'static, Str, SerdeJson<u32>>,
    now: RwLock<Arc<KeySet>>,
}

/// The wrapping key; a new one only where nothing is sealed yet.
pub(crate) fn kek(vault: &dyn Vault, sealed: bool, waiting: u64) -> Result<Secret, RecordsError> {
    let held = vault.get(KEK)?;
    if held.is_none() && !sealed {
        vault.put(KEK, &*random_key().map_err(keys)?)?;
        // What the keyring did not keep would be lost with all that it sealed.
        return kek(vault, true, waiting);
    }
    let bytes: Option<[u8; KEY]> = held.and_then(|b| b.try_into().ok());
    bytes.map(Secret::new).ok_or(RecordsError::KeyLost { waiting })
}

fn keys(error: SealError) -> RecordsError {
    RecordsError::Sealed { database: KEYS, error }
}

fn name(id: u32) -> String {
    format!("{id:08x}")
}

impl Sealing {
    /// Reads the keys, and makes the first.
    pub fn open(
        tenant: &str,
        kek: &Secret,
        (rows, meta): KeyDatabases,
        txn: &mut RwTxn<'_>,
        waiting: u64,
    ) -> Result<Sealing, RecordsError> {
        let kek = SealKey::new(0, kek).map_err(keys)?;
        let empty = KeySet {
            tenant: tenant.to_owned(),
            generation: 0,
            primary: 0,
            made_at: Timestamp::UNIX_EPOCH,
            keys: Vec::new(),
        };
        let sealing = Sealing {
            tenant: tenant.to_owned(),
            kek,
            rows,
            meta,
            now: RwLock::new(Arc::new(empty)),
        };
        if rows.is_empty(txn)? {
            sealing.rotate(txn)?;
        }
        match sealing.keys(txn) {
            // The key in the keyring is another one than that of what lies here.
            Err(RecordsError::Sealed { .. }) => Err(RecordsError::KeyLost { waiting }),
            Err(e) => Err(e),
            Ok(_) => Ok(sealing),
        }
    }

    fn at<'a>(&'a self, id: &'a str) -> At<'a> {
        At {
            tenant: &self.tenant,
            database: KEYS,
            key: id,
            format: SEALED,
        }
    }

    /// The keys as they are for a transaction.
    pub fn keys(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<Arc<KeySet>, RecordsError> {
        let generation = self.meta.get(txn, KEYS)?.unwrap_or(0);
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner).clone();
        if now.generation == generation && !now.keys.is_empty() {
            return Ok(now);
        }
        let mut set = KeySet {
            tenant: self.tenant.clone(),
            generation,
            primary: 0,
            made_at: Timestamp::UNIX_EPOCH,
            keys: Vec::new(),
        };
        for row in self.rows.iter(txn)? {
            let (id, row) = row?;
            let bytes = self.kek.open(&self.at(id), &row.wrapped).map_err(keys)?;
            let bytes = Secret::new(bytes.try_into().map_err(|_| keys(SealError::Foreign))?);
            let number = u32::from_str_radix(id, 16).map_err(|_| keys(SealError::Foreign))?;
            if row.state == State::Primary {
                (set.primary, set.made_at) = (number, row.made_at);
            }
            set.keys.push(SealKey::new(number, &bytes).map_err(keys)?);
        }
        let set = Arc::new(set);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = set.clone();
        Ok(set)
    }

    /// A new data key for all that is written from now on.
    pub fn rotate(&self, txn: &mut RwTxn<'_>) -> Result<(), RecordsError> {
        let mut next = 1;
        let rows: Vec<(String, KeyRow)> = (self.rows.iter(txn)?)
            .map(|r| r.map(|(id, row)| (id.to_owned(), row)))
            .collect::<Result<_, _>>()?;
        for (id, mut row) in rows {
            next = next.max(u32::from_str_radix(&id, 16).map_err(|_| keys(SealError::Foreign))? + 1);
            row.state = State::Old;
            self.rows.put(txn, &id, &row)?;
        }
        let id = name(next);
        let wrapped = self
            .kek
            .seal(&self.at(&id), &*random_key().map_err(keys)?)
            .map_err(keys)?;
        let row = KeyRow {
            made_at: Timestamp::now(),
            state: State::Primary,
            wrapped,
        };
        self.rows.put(txn, &id, &row)?;
        self.changed(txn)
    }

    /// Whether there are keys that only read.
    pub fn has_old(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<bool, RecordsError> {
        Ok(self.rows.len(txn)? > 1)
    }

    /// Destroys the keys that seal nothing any more.
    pub fn destroy_old(&self, txn: &mut RwTxn<'_>) -> Result<(), RecordsError> {
        let mut old = Vec::new();
        for row in self.rows.iter(txn)? {
            let (id, row) = row?;
            if row.state == State::Old {
                old.push(id.to_owned());
            }
        }
        for id in old {
            self.rows.delete(txn, &id)?;
        }
        self.changed(txn)
    }

    fn changed(&self, txn: &mut RwTxn<'_>) -> Result<(), RecordsError> {
        let generation = self.meta.get(txn, KEYS)?.unwrap_or(0) + 1;
        Ok(self.meta.put(txn, KEYS, &generation)?)
    }
}
