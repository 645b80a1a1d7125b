//! What a release consists of, and which release a channel shows. Both are targets of the signed
//! store: what is read here has been verified, and is still not trusted to be small or sound.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::segment::{Counts, LARGEST, Object, Segment};

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 1;
/// A manifest is never larger.
pub const LARGEST_MANIFEST: u64 = 4 << 20;
/// A release never has more segments.
pub const MOST_SEGMENTS: usize = 4096;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Counted from 1 in each store.
    pub number: u32,
    /// A name made of all that it says.
    pub release: String,
    /// What its documents say together, to the last byte.
    pub content: String,
    pub created_at: Timestamp,
    /// The release that it was made from.
    pub parent: Option<u32>,
    #[serde(default)]
    pub notes: String,
    pub documents: u32,
    pub passages: u32,
    pub effective: Effective,
    pub embeddings: Vec<EmbeddingModel>,
    /// So many of the first segments are what words and vectors are weighed against.
    pub base: u32,
    /// In order: what a later one holds takes the place of what an earlier one holds.
    pub segments: Vec<Segment>,
    /// How the base was made from an earlier release, where it was: the short way for who has that.
    pub rebased: Option<Rebased>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rebased {
    pub parent: u32,
    /// With these behind its own segments, the parent says what the base says.
    pub segments: Vec<Segment>,
}

/// The first and the last day on which any document is in force; none: no such bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effective {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingModel {
    pub model: String,
    pub dimensions: u32,
    pub distance: Distance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    Cosine,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub format: u32,
    pub channel: String,
    /// The number of the release that it shows.
    pub release: u32,
    /// Those that it showed before, the latest first.
    #[serde(default)]
    pub before: Vec<u32>,
}

#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ManifestError {
    #[error("{name} has format {found}, this program reads up to {FORMAT}: update Mortar")]
    Newer { name: String, found: u64 },
    #[error("{name} is not as it should be: {reason}")]
    Unsound { name: String, reason: String },
}

pub fn manifest_name(number: u32) -> String {
    format!("release-{number}.json")
}

pub fn channel_name(channel: &str) -> String {
    format!("channel-{channel}.json")
}

/// A channel's name: it becomes part of a file's.
pub fn is_channel(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 40
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Reads a file of this format, if it is of no newer one.
fn read<T: serde::de::DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ManifestError> {
    let unsound = |reason: String| ManifestError::Unsound {
        name: name.to_owned(),
        reason,
    };
    #[derive(Deserialize)]
    struct Format {
        format: u64,
    }
    // The format first: a newer file may have any shape.
    let Format { format } = serde_json::from_slice(bytes).map_err(|e| unsound(e.to_string()))?;
    if format > u64::from(FORMAT) {
        return Err(ManifestError::Newer {
            name: name.to_owned(),
            found: format,
        });
    }
    serde_json::from_slice(bytes).map_err(|e| unsound(e.to_string()))
}

impl Channel {
    pub fn read(channel: &str, bytes: &[u8]) -> Result<Channel, ManifestError> {
        let name = channel_name(channel);
        let read: Channel = read(&name, bytes)?;
        if read.channel == channel {
            Ok(read)
        } else {
            Err(ManifestError::Unsound {
                name,
                reason: format!("it is of the channel {}", read.channel),
            })
        }
    }
}

impl Manifest {
    pub fn read(number: u32, bytes: &[u8]) -> Result<Manifest, ManifestError> {
        let name = manifest_name(number);
        let manifest: Manifest = read(&name, bytes)?;
        match manifest.unsound(number) {
            None => Ok(manifest),
            Some(reason) => Err(ManifestError::Unsound { name, reason }),
        }
    }

    fn unsound(&self, number: u32) -> Option<String> {
        if self.number != number {
            return Some(format!("it is of release {}", self.number));
        }
        if self.all_segments().count() > MOST_SEGMENTS {
            return Some(format!("it has more than {MOST_SEGMENTS} segments"));
        }
        if self.base == 0 || self.base as usize > self.segments.len() {
            return Some("its base is no part of it".into());
        }
        if self.parent.is_some_and(|p| p >= number) || self.rebased.as_ref().is_some_and(|r| r.parent >= number) {
            return Some("its parent is none".into());
        }
        let hash = |h: &str| h.len() == 64 && h.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let named = |o: &Object| hash(&o.sha256) && o.bytes <= LARGEST && o.unpacked <= LARGEST;
        if !hash(&self.content) || !self.all_segments().flat_map(Segment::all_objects).all(named) {
            return Some("a file of it has no name, or is too large".into());
        }
        if self.release.is_empty() || !self.release.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Some("its name is none".into());
        }
        let sized = |e: &EmbeddingModel| (1..=65_536).contains(&e.dimensions) && !e.model.is_empty();
        if self.embeddings.len() > 8 || !self.embeddings.iter().all(sized) {
            return Some("its embedding models are none".into());
        }
        None
    }

    /// The models that a reader wants vectors of, with their dimensions: those that it has, in the
    /// order of the manifest.
    pub fn models(&self, wanted: &[String]) -> Vec<(String, usize)> {
        let held = self.embeddings.iter().filter(|e| wanted.contains(&e.model));
        held.map(|e| (e.model.clone(), e.dimensions as usize)).collect()
    }

    /// All segments that it names.
    pub fn all_segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments
            .iter()
            .chain(self.rebased.iter().flat_map(|r| &r.segments))
    }

    /// How many rows segments hold together.
    pub fn counts(segments: &[Segment]) -> Counts {
        segments.iter().fold(Counts::default(), |all, s| Counts {
            documents: all.documents.saturating_add(s.counts.documents),
            passages: all.passages.saturating_add(s.counts.passages),
            withdrawn: all.withdrawn.saturating_add(s.counts.withdrawn),
        })
    }
}
