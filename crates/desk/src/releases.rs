//! A store as whoever looks after its releases sees it: what its channels show, to whom, and what may be done about it
//! here. What a reviewer says goes into the store, and as a golden question into a file.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use mortar_measure::Questions;
use mortar_store::review::{Mark, Marked, Reviewed};
use mortar_store::tend::{ChannelRow, ReleaseRow, RolloutChange};
use serde::Serialize;
use ts_rs::TS;

use crate::config;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::place::Place;
use crate::promote::{Standing, Weighed};
use crate::publish::Work;
use crate::stores::StoreOptions;
use crate::tenant::TenantConfig;

/// So many questions are asked that the releases answer by their own words, where nobody says how many.
pub const KNOWN: usize = 200;

/// The store of a tenant.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Releases {
    pub location: String,
    /// Why nothing can be signed here; none: it can.
    pub read_only: Option<String>,
    pub channels: Vec<ChannelRow>,
    /// The newest first.
    pub releases: Vec<ReleaseRow>,
    /// Who marks here.
    pub reviewer: String,
    /// So many people must have looked at what is to go live.
    pub reviewers: usize,
    /// Where golden questions are kept; the first takes new ones.
    pub golden: Vec<String>,
}

impl Desk {
    /// What is in the store, and what may be done about it here.
    pub async fn releases(&self) -> Result<Releases, DeskError> {
        let work = Work::open(self.place(), &StoreOptions::default())?;
        let (releases, channels) = work.shelf().await?;
        Ok(Releases {
            location: work.location(),
            read_only: work.cannot_sign(),
            channels,
            releases,
            reviewer: self.reviewer(),
            reviewers: self.config.policy.reviewers,
            golden: self
                .config
                .knowledge
                .golden
                .iter()
                .map(|p| p.display().to_string())
                .collect(),
        })
    }

    /// What a tenant asks both releases: its golden questions, and known ones.
    pub fn questions(&self) -> Questions<'_> {
        Questions {
            golden: self.config.knowledge.golden.iter().map(|p| p.as_path()).collect(),
            known: KNOWN,
        }
    }

    fn reviewer(&self) -> String {
        who(&self.place, &self.config)
    }

    /// Changes which devices get what a channel shows.
    pub(crate) async fn roll_out(
        &self,
        channel: &str,
        share: Option<u8>,
        paused: Option<bool>,
    ) -> Result<(), DeskError> {
        let work = Work::open(self.place(), &StoreOptions::default())?;
        let change = RolloutChange {
            share,
            rings: None,
            paused,
        };
        work.roll_out(channel, &change).await.map(drop)
    }

    /// Lets a channel show an earlier release again.
    pub(crate) async fn take_back(&self, channel: &str, to: u32) -> Result<(), DeskError> {
        let work = Work::open(self.place(), &StoreOptions::default())?;
        work.roll_back(channel, Some(to)).await.map(drop)
    }

    /// Says something of an answer that became another; how it stands then.
    pub(crate) async fn mark(
        &self,
        weighed: &Weighed,
        question: Reviewed,
        mark: Mark,
        note: String,
    ) -> Result<Standing, DeskError> {
        let before = weighed.before.filter(|_| weighed.changed(&question).is_some());
        let before = before.ok_or_else(|| DeskError::usage("this question is not answered otherwise"))?;
        let work = Work::open(self.place(), &StoreOptions::default())?;
        let marked = Marked {
            question,
            mark,
            note,
            by: self.reviewer(),
            at: Timestamp::now(),
        };
        let review = work.mark([before, weighed.number], marked).await?;
        Ok(self.standing_with(weighed, review))
    }

    /// Asks from now on, of every release, that it answers as the release before did. The file that says so now.
    pub(crate) fn make_golden(&self, weighed: &Weighed, question: &Reviewed) -> Result<String, DeskError> {
        let changed = weighed.changed(question);
        let changed = changed.ok_or_else(|| DeskError::usage("this question is not answered otherwise"))?;
        let file = self.config.knowledge.golden.first().ok_or_else(|| {
            DeskError::usage("name the file of golden questions as knowledge.golden in the tenant's configuration")
        })?;
        append(file, changed)?;
        Ok(file.display().to_string())
    }
}

/// Who reviews here: as the tenant's configuration says, else whoever uses the device.
pub fn reviewer(place: &Place) -> Result<String, DeskError> {
    Ok(who(place, &config::read(place)?))
}

fn who(place: &Place, config: &TenantConfig) -> String {
    let configured = config.knowledge.reviewer.clone();
    configured
        .or_else(|| place.user())
        .unwrap_or_else(|| "somebody".to_owned())
}

/// Appends a question to a file of golden ones, unless it is there; the file is the one of before or the whole new one.
fn append(file: &Path, changed: &mortar_measure::AnsweredOtherwise) -> Result<(), DeskError> {
    let failed = |e: &dyn std::fmt::Display| DeskError::failed(format!("{}: {e}", file.display()));
    let held = match std::fs::read_to_string(file) {
        Ok(held) => held,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(&e)),
    };
    let text = mortar_measure::with_golden(&held, changed)?;
    if text == held {
        return Ok(());
    }
    let folder = file
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    beside.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
    beside.as_file().sync_all().map_err(|e| failed(&e))?;
    beside.persist(file).map_err(|e| failed(&e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
