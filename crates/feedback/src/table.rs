//! A database of sealed values. What it is keyed by stays readable: ids and numbers, never a word that was typed.

use std::marker::PhantomData;

use heed::types::{Bytes, Str};
use heed::{Database, RoTxn, RwTxn, WithoutTls};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::RecordsError;
use crate::keys::KeySet;

/// A value that another key seals, as it lies there: where, and its bytes.
type Found = (String, Vec<u8>);

pub(crate) struct Table<T> {
    name: &'static str,
    db: Database<'static, Str, Bytes>,
    of: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    pub fn new(name: &'static str, db: Database<'static, Str, Bytes>) -> Self {
        Table {
            name,
            db,
            of: PhantomData,
        }
    }

    pub fn len(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<u64, RecordsError> {
        Ok(self.db.len(txn)?)
    }

    pub fn delete(&self, txn: &mut RwTxn<'_>, key: &str) -> Result<bool, RecordsError> {
        Ok(self.db.delete(txn, key)?)
    }

    pub fn get_bytes(
        &self,
        keys: &KeySet,
        txn: &RoTxn<'_, WithoutTls>,
        key: &str,
    ) -> Result<Option<Vec<u8>>, RecordsError> {
        let sealed = self.db.get(txn, key)?;
        sealed.map(|s| keys.open(self.name, key, s)).transpose()
    }

    pub fn put_bytes(&self, keys: &KeySet, txn: &mut RwTxn<'_>, key: &str, value: &[u8]) -> Result<(), RecordsError> {
        Ok(self.db.put(txn, key, &keys.seal(self.name, key, value)?)?)
    }

    /// All values as they are, by their keys.
    pub fn packed<'t>(
        &'t self,
        keys: &'t KeySet,
        txn: &'t RoTxn<'_, WithoutTls>,
    ) -> Result<impl Iterator<Item = Result<(String, Vec<u8>), RecordsError>>, RecordsError> {
        Ok(self.db.iter(txn)?.map(|value| {
            let (key, sealed) = value?;
            Ok((key.to_owned(), keys.open(self.name, key, sealed)?))
        }))
    }

    /// Puts the first two values each in the other's place.
    #[cfg(test)]
    pub fn swap(&self, txn: &mut RwTxn<'_>) -> Result<(), RecordsError> {
        let owned = |r: heed::Result<(&str, &[u8])>| r.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let two: Vec<Found> = self.db.iter(txn)?.take(2).map(owned).collect::<Result<_, _>>()?;
        self.db.put(txn, &two[0].0, &two[1].1)?;
        Ok(self.db.put(txn, &two[1].0, &two[0].1)?)
    }

    /// Seals up to so many values anew that another key than the present one sealed; how many there were.
    pub fn reseal(&self, keys: &KeySet, txn: &mut RwTxn<'_>, most: usize) -> Result<usize, RecordsError> {
        let mut old: Vec<Found> = Vec::new();
        for value in self.db.iter(txn)? {
            let (key, sealed) = value?;
            if old.len() == most {
                break;
            }
            if keys.is_old(sealed) {
                old.push((key.to_owned(), sealed.to_owned()));
            }
        }
        for (key, sealed) in &old {
            let plain = keys.open(self.name, key, sealed)?;
            self.put_bytes(keys, txn, key, &plain)?;
        }
        Ok(old.len())
    }
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    pub fn get(&self, keys: &KeySet, txn: &RoTxn<'_, WithoutTls>, key: &str) -> Result<Option<T>, RecordsError> {
        let plain = self.get_bytes(keys, txn, key)?;
        plain.map(|p| self.read(&p)).transpose()
    }

    pub fn put(&self, keys: &KeySet, txn: &mut RwTxn<'_>, key: &str, value: &T) -> Result<(), RecordsError> {
        let plain = serde_json::to_vec(value).map_err(|e| self.damaged(&e))?;
        self.put_bytes(keys, txn, key, &plain)
    }

    /// All of them by their keys, or those behind one.
    pub fn iter<'t>(
        &'t self,
        keys: &'t KeySet,
        txn: &'t RoTxn<'_, WithoutTls>,
    ) -> Result<impl Iterator<Item = Result<(&'t str, T), RecordsError>>, RecordsError> {
        Ok(self.db.iter(txn)?.map(|value| {
            let (key, sealed) = value?;
            Ok((key, self.read(&keys.open(self.name, key, sealed)?)?))
        }))
    }

    /// All of them, the last first.
    pub fn newest_first<'t>(
        &'t self,
        keys: &'t KeySet,
        txn: &'t RoTxn<'_, WithoutTls>,
    ) -> Result<impl Iterator<Item = Result<(&'t str, T), RecordsError>>, RecordsError> {
        Ok(self.db.rev_iter(txn)?.map(|value| {
            let (key, sealed) = value?;
            Ok((key, self.read(&keys.open(self.name, key, sealed)?)?))
        }))
    }

    /// All of them by their keys, also those that do not open.
    pub fn each<'t>(
        &'t self,
        keys: &'t KeySet,
        txn: &'t RoTxn<'_, WithoutTls>,
    ) -> Result<impl Iterator<Item = (&'t str, Result<T, RecordsError>)>, RecordsError> {
        let opened = |value: heed::Result<(&'t str, &'t [u8])>| match value {
            Ok((key, sealed)) => (key, keys.open(self.name, key, sealed).and_then(|p| self.read(&p))),
            Err(e) => ("", Err(e.into())),
        };
        Ok(self.db.iter(txn)?.map(opened))
    }

    pub fn first(&self, keys: &KeySet, txn: &RoTxn<'_, WithoutTls>) -> Result<Option<T>, RecordsError> {
        let first = self.db.first(txn)?;
        let open = |(key, sealed): (&str, &[u8])| self.read(&keys.open(self.name, key, sealed)?);
        first.map(open).transpose()
    }

    pub fn last(&self, keys: &KeySet, txn: &RoTxn<'_, WithoutTls>) -> Result<Option<T>, RecordsError> {
        let last = self.db.last(txn)?;
        let open = |(key, sealed): (&str, &[u8])| self.read(&keys.open(self.name, key, sealed)?);
        last.map(open).transpose()
    }

    fn read(&self, plain: &[u8]) -> Result<T, RecordsError> {
        serde_json::from_slice(plain).map_err(|e| self.damaged(&e))
    }

    /// The place alone: the text of such an error may quote what was read.
    fn damaged(&self, e: &serde_json::Error) -> RecordsError {
        RecordsError::Damaged {
            database: self.name,
            reason: format!("at byte {} of its text", e.column()),
        }
    }
}
