//! The desk and its store: how fresh the knowledge is, whether it may answer, and how it comes up to date.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mortar_feedback::Act;
use mortar_knowledge::Release;
use mortar_store::sync::{SyncProgress, SyncReport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::desk::Desk;
use crate::error::{DeskError, ErrorCode};
use crate::follow::Freshness;

/// Where the release comes from and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Knowledge {
    pub channel: String,
    pub number: u32,
    pub notes: String,
    /// When the store was last found to be as it should be.
    #[ts(type = "string | null")]
    pub checked_at: Option<Timestamp>,
    pub freshness: Freshness,
    /// Why the last check failed.
    pub problem: Option<String>,
}

impl Desk {
    pub(crate) fn knowledge(&self) -> Option<Knowledge> {
        let follows = self.follows.as_ref()?;
        let opened = self.opened();
        let source = opened.release.manifest.source.as_ref()?;
        let checked_at = follows.checked();
        Some(Knowledge {
            channel: source.channel.clone(),
            number: source.number,
            notes: source.notes.clone(),
            checked_at,
            freshness: follows.freshness(checked_at),
            problem: follows.problem(),
        })
    }

    /// Whether the policy lets this release answer today.
    pub(crate) fn fresh_enough(&self) -> Result<(), DeskError> {
        let Some(follows) = &self.follows else { return Ok(()) };
        let checked_at = follows.checked();
        if follows.freshness(checked_at) != Freshness::TooStale {
            return Ok(());
        }
        let since = checked_at.map_or("never checked".to_owned(), |at| format!("last checked on {at}"));
        Err(DeskError::new(
            ErrorCode::TooStale,
            format!("The knowledge was {since}; this tenant answers from it only when it is fresher. Check it now."),
        ))
    }

    /// How often the store is to be looked at, where one is followed.
    pub fn check_every(&self) -> Option<Duration> {
        self.follows.as_ref().map(|f| f.every)
    }

    /// Brings the knowledge to where its channel stands. Questions under way end on what they began with.
    pub async fn sync(&self, progress: &mut (dyn FnMut(SyncProgress) + Send)) -> Result<SyncReport, DeskError> {
        let follows = self.follows.as_ref().ok_or_else(|| {
            DeskError::usage("this tenant's knowledge was made on this device: there is no store to follow")
        })?;
        let report = follows.sync(progress).await?;
        let release = Release::open(&follows.device.release)?;
        if !Arc::ptr_eq(&release, &self.opened().release) {
            let named = release.manifest.release.clone();
            self.switch(release);
            self.note(Act::Synced { release: named });
        }
        Ok(report)
    }
}
