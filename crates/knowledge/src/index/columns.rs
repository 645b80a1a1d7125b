//! The blobs that have something of each document or passage, by number, while they are changed: numbers are
//! given in order and never again.

use std::collections::BTreeMap;
use std::ops::Range;

use heed::RwTxn;

use super::row::{Row, digest, lines};
use super::tables::{Tables, days, json, numbers, read_json, restated};

pub(super) struct Columns {
    /// The document of each passage.
    pub(super) owners: Vec<u32>,
    dates: Vec<u8>,
    own_systems: Vec<u8>,
    digests: Vec<u8>,
    systems: Vec<String>,
    /// Digests of what this program writes in other bytes than it was signed.
    restated: BTreeMap<u32, [u8; 32]>,
}

impl Columns {
    pub(super) fn read(tables: &Tables, txn: &RwTxn<'_>) -> heed::Result<Columns> {
        let blob = |name: &str| -> heed::Result<&[u8]> { Ok(tables.blobs.get(txn, name)?.unwrap_or_default()) };
        Ok(Columns {
            owners: numbers(blob("owners")?),
            dates: blob("dates")?.to_vec(),
            own_systems: blob("own_systems")?.to_vec(),
            digests: blob("digests")?.to_vec(),
            systems: match blob("systems")? {
                [] => Vec::new(),
                bytes => read_json(bytes)?,
            },
            restated: restated(blob("restated")?),
        })
    }

    pub(super) fn write(&self, tables: &Tables, txn: &mut RwTxn<'_>) -> heed::Result<()> {
        let owners: Vec<u8> = self.owners.iter().flat_map(|o| o.to_le_bytes()).collect();
        let restated = self.restated.iter().flat_map(|(number, digest)| {
            let number = number.to_le_bytes();
            number.into_iter().chain(*digest)
        });
        let restated: Vec<u8> = restated.collect();
        tables.blobs.put(txn, "owners", &owners)?;
        tables.blobs.put(txn, "dates", &self.dates)?;
        tables.blobs.put(txn, "systems", &json(&self.systems))?;
        tables.blobs.put(txn, "own_systems", &self.own_systems)?;
        tables.blobs.put(txn, "digests", &self.digests)?;
        if restated.is_empty() {
            tables.blobs.delete(txn, "restated").map(drop)
        } else {
            tables.blobs.put(txn, "restated", &restated)
        }
    }

    /// How many documents were ever numbered.
    pub(super) fn documents(&self) -> u32 {
        self.own_systems.len() as u32 / 4
    }

    /// The passages of a document that was there before.
    pub(super) fn passages_of(&self, number: u32) -> Range<u32> {
        let begin = self.owners.partition_point(|o| *o < number) as u32;
        begin..self.owners.partition_point(|o| *o <= number) as u32
    }

    /// The place of a system of codes, which is new if nobody named it before.
    pub(super) fn system(&mut self, name: &str) -> usize {
        self.systems.iter().position(|s| s == name).unwrap_or_else(|| {
            self.systems.push(name.to_owned());
            self.systems.len() - 1
        })
    }

    pub(super) fn used(&mut self, row: &Row, own_systems: u32) {
        let number = self.documents();
        let days = days(row.document.effective_from, row.document.effective_to);
        self.dates.extend(days.iter().flat_map(|d| d.to_le_bytes()));
        self.own_systems.extend(own_systems.to_le_bytes());
        self.digests.extend_from_slice(&row.digest);
        // What another program signed may have fields that this one does not know.
        let (line, lines) = lines(&row.document, &row.passages);
        let here = digest(&line, &lines);
        if here != row.digest {
            self.restated.insert(number, here);
        }
        self.owners.extend(std::iter::repeat_n(number, row.passages.len()));
    }

    /// Numbers that nothing stands under.
    pub(super) fn unused(&mut self, passages: usize) {
        let number = self.documents();
        self.dates.extend(NEVER);
        self.own_systems.extend([0; 4]);
        self.digests.extend([0; 32]);
        self.owners.extend(std::iter::repeat_n(number, passages));
    }

    /// Nothing stands under this number any more.
    pub(super) fn retire(&mut self, number: usize) {
        self.dates[number * 8..number * 8 + 8].copy_from_slice(&NEVER);
        self.own_systems[number * 4..number * 4 + 4].fill(0);
        self.digests[number * 32..number * 32 + 32].fill(0);
        self.restated.remove(&(number as u32));
    }
}

/// The dates of what is in force on no day.
const NEVER: [u8; 8] = [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0x80];
