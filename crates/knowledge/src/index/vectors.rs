//! Whether what arroy stored is what it would read. It computes with instructions that believe a stored vector
//! to be as long as the question's, and takes what it decodes for what it wrote. Nothing is measured here.

use arroy::distances::Cosine;
use heed::types::Bytes;
use roaring::RoaringBitmap;

use super::tables::damaged;
use super::{Index, Reading};

/// The parts of arroy 0.9's table, by the third byte of a key.
const METADATA: u8 = 0;
const TREE: u8 = 2;
const ITEM: u8 = 3;
/// What begins the value of a vector, and of a list of vectors.
const LEAF_TAG: u8 = 0;
const LIST_TAG: u8 = 1;
/// Of a vector: its tag, and its length as a float.
const LEAF_HEADER: usize = 1 + 4;

impl Index {
    /// Looks at all entries of arroy's tables.
    pub fn check_vectors(&self) -> heed::Result<()> {
        self.read()?.check_vectors()
    }
}

impl Reading<'_> {
    fn check_vectors(&self) -> heed::Result<()> {
        for (txn, tables) in self.files() {
            for entry in tables.vectors.remap_types::<Bytes, Bytes>().iter(txn)? {
                let (key, value) = entry?;
                if !self.sound(key, value) {
                    return Err(damaged("a vector of it is not as it was written"));
                }
            }
        }
        Ok(())
    }

    fn sound(&self, key: &[u8], value: &[u8]) -> bool {
        let [high, low, part, n @ .., _] = key else {
            return false;
        };
        let Some((_, dimensions)) = self.index.models.get(usize::from(u16::from_be_bytes([*high, *low]))) else {
            return false;
        };
        let list = |bytes: &[u8]| RoaringBitmap::deserialize_from(bytes).is_ok();
        match (*part, value) {
            (ITEM, [LEAF_TAG, ..]) => n.len() == 4 && value.len() == LEAF_HEADER + dimensions * 4,
            (TREE, [LIST_TAG, items @ ..]) => n.len() == 4 && list(items),
            (METADATA, _) => match n {
                [0, 0, 0, 0] => described(value, *dimensions).is_some(),
                // The version of arroy that wrote it.
                [0, 0, 0, 1] => value.len() == 12,
                _ => false,
            },
            _ => false,
        }
    }
}

/// The metadata of a set: its distance, its dimensions, its items, and the numbers of its trees.
fn described(value: &[u8], dimensions: usize) -> Option<()> {
    let rest = value
        .strip_prefix(<Cosine as arroy::Distance>::name().as_bytes())?
        .strip_prefix(&[0])?;
    let (said, rest) = rest.split_first_chunk::<4>()?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let items = rest.get(..u32::from_be_bytes(*size) as usize)?;
    RoaringBitmap::deserialize_from(items).ok()?;
    (u32::from_be_bytes(*said) as usize == dimensions).then_some(())
}
