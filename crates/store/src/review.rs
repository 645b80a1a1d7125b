//! What reviewers said of answers that one release gives otherwise than another: an object for each two of them, beside
//! them in the store. Two who say something at once lose nothing, since each writes only over what it has read. None of
//! it is signed, so no device ever follows it: who promotes reads it, and signs that.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::{ManifestError, ReviewError, StoreError};
use crate::manifest::{FORMAT, read};
use crate::port::{Condition, ReleaseStore, get_small};
use crate::retry::{again, pause, put};

/// A review is never larger.
const LARGEST: u64 = 4 << 20;
/// So often somebody else may be first.
const ATTEMPTS: u32 = 20;
/// A note is cut to so many characters.
const NOTE: usize = 2_000;

/// All that was said of what `after` answers otherwise than `before`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub format: u32,
    pub before: u32,
    pub after: u32,
    pub marks: Vec<Marked>,
}

/// What one reviewer said of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Marked {
    #[serde(flatten)]
    pub question: Reviewed,
    pub mark: Mark,
    #[serde(default)]
    pub note: String,
    pub by: String,
    #[ts(type = "string")]
    pub at: Timestamp,
}

/// A question, with all that tells it from another of the same words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reviewed {
    pub ask: String,
    #[serde(default)]
    pub after: Option<String>,
    #[serde(default)]
    #[ts(type = "string | null")]
    pub as_of: Option<Date>,
}

/// What a reviewer thinks of an answer that became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Wanted,
    Unwanted,
    /// Other, and of no matter.
    Irrelevant,
}

impl Review {
    fn empty([before, after]: [u32; 2]) -> Review {
        Review {
            format: FORMAT,
            before,
            after,
            marks: Vec::new(),
        }
    }

    /// With what somebody says now, in place of what the same one said of the same question.
    fn with(mut self, marked: Marked) -> Review {
        self.marks
            .retain(|m| (&m.by, &m.question) != (&marked.by, &marked.question));
        self.marks.push(marked);
        self
    }
}

fn key([before, after]: [u32; 2]) -> String {
    format!("reviews/{before}-{after}.json")
}

/// What was said of two releases.
pub async fn review(store: &Arc<dyn ReleaseStore>, releases: [u32; 2]) -> Result<Review, ReviewError> {
    Ok(held(store, releases).await?.0)
}

/// Says something of a question; what all have said by then.
pub async fn mark(
    store: &Arc<dyn ReleaseStore>,
    releases: [u32; 2],
    mut marked: Marked,
) -> Result<Review, ReviewError> {
    if let Some((end, _)) = marked.note.char_indices().nth(NOTE) {
        marked.note.truncate(end);
    }
    let key = key(releases);
    for attempt in 1..=ATTEMPTS {
        let (held, condition) = held(store, releases).await?;
        let review = held.with(marked.clone());
        let bytes = serde_json::to_vec_pretty(&review).map_err(|e| StoreError::Failed(e.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(StoreError::Refused(format!("{key} would be larger than {LARGEST} bytes")).into());
        }
        match put(store, &key, bytes, condition).await {
            // Somebody else was first: what they said is read, and stays.
            Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => tokio::time::sleep(pause(1) / 8).await,
            Err(e) => return Err(e.into()),
            Ok(_) => return Ok(review),
        }
    }
    Err(StoreError::Conflict(key).into())
}

/// What is there, and under which condition it may be written over.
async fn held(store: &Arc<dyn ReleaseStore>, releases: [u32; 2]) -> Result<(Review, Condition), ReviewError> {
    let key = key(releases);
    match again(|| get_small(&**store, &key, LARGEST)).await {
        Err(StoreError::NotFound(_)) => Ok((Review::empty(releases), Condition::IfAbsent)),
        Err(e) => Err(e.into()),
        Ok((bytes, tag)) => {
            let review: Review = read(&key, &bytes)?;
            if [review.before, review.after] != releases {
                let reason = format!("it is of the releases {} and {}", review.before, review.after);
                return Err(ManifestError::Unsound { name: key, reason }.into());
            }
            Ok((review, Condition::IfUnchanged(tag)))
        }
    }
}

#[cfg(test)]
mod tests;
