//! A memory of what was embedded: vectors by the hash of their text, appended as they are made, so that a build or a
//! publication that was stopped embeds nothing twice.
//!
//! A record is the text's hash (32 bytes), the vector (f32, little-endian) and the first 8 bytes of the
//! BLAKE3 of both. What a crash left half written is cut off at the next opening.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::embed::Known;

/// How the names of such files end.
pub const EXTENSION: &str = ".vectors";

pub struct VectorLog {
    file: Mutex<File>,
    dimensions: usize,
    at: HashMap<blake3::Hash, u64>,
    end: u64,
}

impl VectorLog {
    /// The log of one model, in a file named after it.
    pub fn open(dir: &Path, model: &str, dimensions: usize) -> std::io::Result<VectorLog> {
        std::fs::create_dir_all(dir)?;
        let path = VectorLog::path(dir, model, dimensions);
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        // Two at work on one machine: the second waits for nothing, and is told.
        file.try_lock()
            .map_err(|_| std::io::Error::other("another program is using them"))?;
        let mut at = HashMap::new();
        let mut end = 0;
        let mut record = vec![0; size(dimensions)];
        let mut reader = std::io::BufReader::with_capacity(1 << 20, &mut file);
        loop {
            match reader.read_exact(&mut record) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
                // A disk that fails to read has not lost what it holds.
                Err(e) => return Err(e),
            }
            let (body, sum) = record.split_at(record.len() - 8);
            if blake3::hash(body).as_bytes()[..8] != *sum {
                break;
            }
            let mut hash = [0; 32];
            hash.copy_from_slice(&body[..32]);
            at.insert(hash.into(), end);
            end += record.len() as u64;
        }
        file.set_len(end)?;
        Ok(VectorLog {
            file: Mutex::new(file),
            dimensions,
            at,
            end,
        })
    }

    pub fn path(dir: &Path, model: &str, dimensions: usize) -> PathBuf {
        let name = blake3::hash(format!("{dimensions} {model}").as_bytes()).to_hex();
        dir.join(format!("{}{EXTENSION}", &name[..16]))
    }

    pub fn has(&self, text: &blake3::Hash) -> bool {
        self.at.contains_key(text)
    }
}

fn size(dimensions: usize) -> usize {
    32 + dimensions * 4 + 8
}

impl Known for VectorLog {
    fn vector(&self, text: &blake3::Hash) -> Option<Vec<f32>> {
        let at = self.at.get(text)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = vec![0; self.dimensions * 4];
        file.seek(SeekFrom::Start(at + 32)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Some(
            bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
        )
    }

    fn keep(&mut self, made: &[(blake3::Hash, &[f32])]) -> std::io::Result<()> {
        let mut bytes = Vec::with_capacity(made.len() * size(self.dimensions));
        let mut new = Vec::new();
        for (hash, vector) in made.iter().filter(|m| m.1.len() == self.dimensions) {
            new.push((*hash, self.end + bytes.len() as u64));
            let begin = bytes.len();
            bytes.extend_from_slice(hash.as_bytes());
            bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
            let sum = blake3::hash(&bytes[begin..]);
            bytes.extend_from_slice(&sum.as_bytes()[..8]);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        self.end += bytes.len() as u64;
        self.at.extend(new);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_half_written_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let hash = |n: u8| blake3::hash(&[n]);
        let vectors: Vec<Vec<f32>> = (0..5u8).map(|n| vec![f32::from(n), 0.5, -1.0]).collect();
        let whole = {
            let mut log = VectorLog::open(dir.path(), "m", 3).unwrap();
            for (n, v) in (0u8..).zip(&vectors) {
                log.keep(&[(hash(n), v)]).unwrap();
            }
            log.end
        };
        let path = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let record = size(3) as u64;
        for cut in 0..=whole {
            std::fs::write(&path, &bytes[..cut as usize]).unwrap();
            let mut log = VectorLog::open(dir.path(), "m", 3).unwrap();
            assert_eq!(log.end, cut / record * record);
            for (n, v) in (0u8..).zip(&vectors) {
                let held = (u64::from(n) + 1) * record <= cut;
                assert_eq!(log.vector(&hash(n)), held.then(|| v.clone()));
            }
            log.keep(&[(hash(9), &[7.0, 7.0, 7.0])]).unwrap();
            drop(log);
            let log = VectorLog::open(dir.path(), "m", 3).unwrap();
            assert_eq!(log.vector(&hash(9)), Some(vec![7.0; 3]));
        }
        // Bytes that were changed: nothing from there on is believed.
        let mut broken = bytes.clone();
        broken[size(3) * 2 + 33] ^= 1;
        std::fs::write(&path, broken).unwrap();
        assert_eq!(VectorLog::open(dir.path(), "m", 3).unwrap().at.len(), 2);
        assert!(VectorLog::open(dir.path(), "other", 3).unwrap().at.is_empty());
    }
}
