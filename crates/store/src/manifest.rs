//! What a release consists of, and which release a channel shows. Both are targets of the signed
//! store: what is read here has been verified, and is still not trusted to be small or sound.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::ManifestError;
use crate::rollout::{Rollout, Whom};
use crate::segment::{Counts, LARGEST, Object, Segment};

/// The format that this program writes. It reads no newer one.
pub const FORMAT: u32 = 1;
/// A manifest is never larger.
pub const LARGEST_MANIFEST: u64 = 4 << 20;
/// A release never has more segments.
pub const MOST_SEGMENTS: usize = 4096;
/// The rules of language of this program. A release that was cut by older ones is read: its passages are bytes.
pub const LANGUAGE: u32 = mortar_language::VERSION;

/// What a release consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseManifest {
    pub format: u32,
    /// The version of the rules of language that its documents were cut into passages by. What a device makes of
    /// them (stems, postings, codes) it makes by its own.
    #[serde(default = "first_language")]
    pub language: u32,
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

/// Manifests did not say it while there was but one.
fn first_language() -> u32 {
    1
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
    /// How it came to show it, where it was promoted from another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Promotion>,
    /// Who gets it, where not all do yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
}

/// That a channel shows what another showed, signed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Promotion {
    pub from: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What spoke against it, where it was done nevertheless, and why it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub overridden: Option<Overridden>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Overridden {
    pub reasons: Vec<String>,
    pub why: String,
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
pub(crate) fn read<T: serde::de::DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ManifestError> {
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
            known: FORMAT,
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

impl Channel {
    /// The release that a device is to have: where it does not get the one that is shown yet, the one before it, if there
    /// is any.
    pub fn release_for(&self, whom: &Whom<'_>) -> u32 {
        match (&self.rollout, self.before.first()) {
            (Some(rollout), Some(before)) if !rollout.gets(&self.channel, self.release, whom) => *before,
            _ => self.release,
        }
    }
}

impl ReleaseManifest {
    pub fn read(number: u32, bytes: &[u8]) -> Result<ReleaseManifest, ManifestError> {
        let name = manifest_name(number);
        let manifest: ReleaseManifest = read(&name, bytes)?;
        if manifest.language > LANGUAGE {
            return Err(ManifestError::NewerLanguage {
                name,
                found: manifest.language,
                known: LANGUAGE,
            });
        }
        match manifest.unsound(number) {
            None => Ok(manifest),
            Some(reason) => Err(ManifestError::Unsound { name, reason }),
        }
    }

    /// What of it cannot be, if anything.
    fn unsound(&self, number: u32) -> Option<String> {
        let hash = |h: &str| h.len() == 64 && h.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let object = |o: &Object| hash(&o.sha256) && o.bytes <= LARGEST && o.unpacked <= LARGEST;
        let model = |e: &EmbeddingModel| (1..=65_536).contains(&e.dimensions) && !e.model.is_empty();
        let earlier = |n: Option<u32>| n.is_none_or(|n| n < number);
        let checks = [
            (
                self.number == number,
                format!("it says that it is release {}", self.number),
            ),
            (
                self.all_segments().count() <= MOST_SEGMENTS,
                format!("it has more than {MOST_SEGMENTS} segments"),
            ),
            (
                self.base > 0 && self.base as usize <= self.segments.len(),
                format!(
                    "its base is to be {} of its {} segments",
                    self.base,
                    self.segments.len()
                ),
            ),
            (
                earlier(self.parent) && earlier(self.rebased.as_ref().map(|r| r.parent)),
                "the release that it was made from is no earlier one".into(),
            ),
            (
                hash(&self.content) && self.all_segments().flat_map(Segment::all_objects).all(object),
                format!("a hash in it is none, or a file of it is larger than {LARGEST} bytes"),
            ),
            (
                !self.release.is_empty() && self.release.bytes().all(|b| b.is_ascii_alphanumeric()),
                "the name of the release is not made of letters and digits".into(),
            ),
            (
                self.embeddings.len() <= 8 && self.embeddings.iter().all(model),
                "it names more than 8 embedding models, or one without a name or of impossible dimensions".into(),
            ),
        ];
        checks.into_iter().find(|(sound, _)| !sound).map(|(_, reason)| reason)
    }

    /// The models that a reader wants vectors of, with their dimensions: those that it has, in the
    /// order of the manifest.
    pub fn models(&self, wanted: &[String]) -> Vec<(String, usize)> {
        let held = self.embeddings.iter().filter(|e| wanted.contains(&e.model));
        held.map(|e| (e.model.clone(), e.dimensions as usize)).collect()
    }

    /// The names of those alone.
    pub fn model_names(&self, wanted: &[String]) -> Vec<String> {
        self.models(wanted).into_iter().map(|m| m.0).collect()
    }

    /// All models that it has vectors by, with their dimensions.
    pub fn all_models(&self) -> Vec<(String, usize)> {
        let all = self.embeddings.iter();
        all.map(|e| (e.model.clone(), e.dimensions as usize)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As programs wrote it that knew of one language.
    const FIRST: &str = r#"{"format":1,"number":1,"release":"abc","content":"CONTENT","created_at":"2026-11-24T10:00:00Z",
        "parent":null,"documents":0,"passages":0,"effective":{"from":null,"to":null},"embeddings":[],"base":1,
        "segments":[{"documents":{"sha256":"CONTENT","bytes":1,"unpacked":1},
            "passages":{"sha256":"CONTENT","bytes":1,"unpacked":1},"vectors":[],"withdrawn":null,
            "counts":{"documents":0,"passages":0,"withdrawn":0}}],"rebased":null}"#;

    #[test]
    fn the_language_is_the_first_where_none_is_named_and_no_newer_one_is_read() {
        let first = FIRST.replace("CONTENT", &"a".repeat(64));
        let manifest = ReleaseManifest::read(1, first.as_bytes()).unwrap();
        assert_eq!(manifest.language, 1);
        let now = ReleaseManifest {
            language: LANGUAGE,
            ..manifest.clone()
        };
        assert_eq!(ReleaseManifest::read(1, &serde_json::to_vec(&now).unwrap()), Ok(now));
        let newer = ReleaseManifest {
            language: LANGUAGE + 1,
            ..manifest
        };
        let e = ReleaseManifest::read(1, &serde_json::to_vec(&newer).unwrap()).unwrap_err();
        assert!(e.to_string().ends_with("update Mortar"), "{e}");
    }
}
