//! What a device has seen of a store, so that nothing older is taken for new: in one file, which is whole or as it
//! was before. It holds what was seen of every store that the device ever followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use mortar_knowledge::release::replace;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tough::schema::{Root, Signed};

use crate::error::TrustError;
use crate::hash::sha256;
use crate::port::ReleaseStore;
use crate::scratch::Scratch;

const FORMAT: u32 = 2;
/// So often all is read and verified, even where the timestamp says that nothing has changed: roots are
/// followed, and what expires is seen to.
pub const READ_ANEW_AFTER: SignedDuration = SignedDuration::from_hours(24);
const CLOCK: &str = "latest_known_time.json";
/// The files of `tough`'s own memory.
const FILES: [&str; 5] = ["root.json", "timestamp.json", "snapshot.json", "targets.json", CLOCK];

#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    /// The store that is meant.
    location: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stores {
    format: u32,
    stores: BTreeMap<String, Remembered>,
    /// Of all above.
    sum: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// The hash of the root that the tenant's configuration brought when this was begun.
    pub shipped: String,
    pub files: BTreeMap<String, String>,
    /// The tag of the timestamp that was followed to the end, where this store was the last to be followed.
    pub tag: Option<String>,
    pub checked_at: Option<Timestamp>,
    /// When all of it was read and verified.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
}

impl Remembered {
    pub fn root(&self) -> Option<Signed<Root>> {
        serde_json::from_str(self.files.get("root.json")?).ok()
    }

    /// The tag of a timestamp that need not be followed again while it stays what it is, and until when it holds.
    pub fn settled(&self, root: &[u8], now: Timestamp) -> Option<(String, Timestamp)> {
        let lately = |at: Timestamp| (SignedDuration::ZERO..READ_ANEW_AFTER).contains(&now.duration_since(at));
        if self.shipped != sha256(root) || !self.read_at.is_some_and(lately) {
            return None;
        }
        let timestamp: Signed<tough::schema::Timestamp> =
            serde_json::from_str(self.files.get("timestamp.json")?).ok()?;
        Some((self.tag.clone()?, timestamp.signed.expires))
    }

    /// The latest time that was ever seen.
    pub fn clock(&self) -> Option<Timestamp> {
        serde_json::from_str(self.files.get(CLOCK)?).ok()
    }
}

/// The hash of a memory without its hash.
fn summed(memory: &Value) -> String {
    let mut without = memory.clone();
    without["sum"] = "".into();
    sha256(without.to_string().as_bytes())
}

impl Memory {
    pub fn new(path: PathBuf, store: &dyn ReleaseStore) -> Memory {
        let location = store.location();
        Memory { path, location }
    }

    fn keep(&self, source: std::io::Error) -> TrustError {
        TrustError::Keep {
            path: self.path.clone(),
            source,
        }
    }

    fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn read_all(&self) -> Result<Stores, TrustError> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Stores::default()),
            Err(e) => return Err(self.keep(e)),
        };
        let damaged = |e: serde_json::Error| TrustError::Memory(e.to_string());
        let mut value: Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        if value["format"].as_u64().is_some_and(|f| f > u64::from(FORMAT)) {
            return Err(TrustError::NewerMemory);
        }
        if !value.is_object() || value["sum"] != summed(&value) {
            return Err(TrustError::Memory("it is not what was written".into()));
        }
        // Format 1 was of one store alone.
        if value["format"] == 1 {
            let location = value["location"].as_str().unwrap_or_default().to_owned();
            value = json!({ "format": 1, "stores": { location: value }, "sum": "" });
        }
        serde_json::from_value(value).map_err(damaged)
    }

    pub(crate) fn read(&self) -> Result<Remembered, TrustError> {
        Ok(self.read_all()?.stores.remove(&self.location).unwrap_or_default())
    }

    pub(crate) fn write(&self, what: Remembered) -> Result<(), TrustError> {
        let mut all = self.read_all()?;
        // What this device has is of one store: of any other it was not followed to the end.
        all.stores.values_mut().for_each(|s| s.tag = None);
        all.stores.insert(self.location.clone(), what);
        all.format = FORMAT;
        let failed = |e: serde_json::Error| TrustError::Memory(e.to_string());
        let mut value = serde_json::to_value(&all).map_err(failed)?;
        value["sum"] = summed(&value).into();
        let bytes = serde_json::to_vec_pretty(&value).map_err(failed)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        std::fs::create_dir_all(self.dir())
            .and_then(|()| replace(self.dir(), &name, &bytes))
            .map_err(|e| self.keep(e))
    }

    /// What was read has been followed to the end, under this tag of the timestamp: until it changes it need not be
    /// read again.
    pub(crate) fn settle(&self, tag: &str) -> Result<(), TrustError> {
        let held = self.read()?;
        self.write(Remembered {
            tag: Some(tag.to_owned()),
            checked_at: Some(Timestamp::now()),
            ..held
        })
    }

    /// Forgets a time that lay ahead; or all, where it is damaged.
    pub fn repair(&self) -> Result<(), TrustError> {
        match self.read() {
            Ok(mut held) => match held.files.remove(CLOCK) {
                Some(_) => self.write(held),
                None => Ok(()),
            },
            Err(TrustError::Memory(_)) => std::fs::remove_file(&self.path).map_err(|e| self.keep(e)),
            Err(e) => Err(e),
        }
    }

    /// When the store was last found to be as it should be.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.read().ok()?.checked_at
    }

    /// Whether this store was read before with this root, or one that vouches for it or that it vouches for.
    pub(crate) fn knows(&self, root: &Signed<Root>) -> Result<bool, TrustError> {
        let vouches =
            |stored: Signed<Root>| root.signed.verify_role(&stored).is_ok() || stored.signed.verify_role(root).is_ok();
        Ok(self.read()?.root().is_some_and(vouches))
    }

    /// What is remembered as the files that `tough` reads.
    pub(crate) fn laid_out(&self, held: &Remembered) -> Result<Scratch, TrustError> {
        let scratch = Scratch::beside(self.dir()).map_err(|e| self.keep(e))?;
        for (name, text) in held.files.iter().filter(|(name, _)| FILES.contains(&name.as_str())) {
            std::fs::write(scratch.path().join(name), text).map_err(|e| self.keep(e))?;
        }
        Ok(scratch)
    }

    /// The files as `tough` left them.
    pub(crate) fn collected(scratch: &Scratch) -> BTreeMap<String, String> {
        let seen = FILES.iter().filter_map(|name| {
            let text = std::fs::read_to_string(scratch.path().join(name)).ok()?;
            Some(((*name).to_owned(), text))
        });
        seen.collect()
    }
}
