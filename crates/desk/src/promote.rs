//! A channel shows what another one shows, if nothing speaks against it: what is other is weighed, and then it is done,
//! or who says why it is to be done nevertheless.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use mortar_measure::{AnsweredOtherwise, Comparison, Difference, Questions, difference};
use mortar_store::manifest::{Overridden, Promotion};
use mortar_store::review::Marked;
use mortar_store::rollout::Rollout;
use serde::Serialize;
use ts_rs::TS;

use crate::desk::{Desk, today};
use crate::error::DeskError;
use crate::gate;
use crate::publish::Work;
use crate::stores::StoreOptions;

/// What is to be promoted.
pub struct Wish<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub questions: Questions<'a>,
    /// Why it is to be done whatever speaks against it.
    pub nevertheless: Option<&'a str>,
    /// Who gets it first; none: all.
    pub rollout: Option<Rollout>,
    pub dry_run: bool,
}

/// How far a weighing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct Weighing {
    pub step: WeighingStep,
    pub done: usize,
    pub of: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WeighingStep {
    Fetching,
    Asking,
}

/// Hears how far it is, and says whether to go on.
pub type WatchWeighing<'w> = &'w mut (dyn FnMut(Weighing) -> ControlFlow<()> + Send);

/// What a channel shows, held against what another one shows now.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Weighed {
    pub from: String,
    pub to: String,
    /// The release that the other channel shows now; none: it shows nothing yet.
    pub before: Option<u32>,
    pub number: u32,
    pub release: String,
    pub difference: Difference,
    /// None where there is nothing to compare with.
    pub comparison: Option<Comparison>,
    #[serde(flatten)]
    pub standing: Standing,
}

/// What reviewers have said by now, and what speaks against it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, TS)]
pub struct Standing {
    pub review: Vec<Marked>,
    pub reasons: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Promoted {
    pub from: String,
    pub to: String,
    pub number: u32,
    pub release: String,
    /// What speaks against it.
    pub reasons: Vec<String>,
    /// It was promoted, or would be.
    pub allowed: bool,
    /// The channel shows another release than before.
    pub changed: bool,
    pub dry_run: bool,
    /// None where the channel showed nothing before.
    pub comparison: Option<Comparison>,
}

impl Weighed {
    fn releases(&self) -> Option<[u32; 2]> {
        self.before.map(|before| [before, self.number])
    }

    /// The question that was answered otherwise.
    pub(crate) fn changed(&self, question: &mortar_store::review::Reviewed) -> Option<&AnsweredOtherwise> {
        let compared = self.comparison.as_ref()?;
        let broken = compared.broken.iter().map(|b| &b.question);
        broken.chain(&compared.changed).find(|q| gate::of(q) == *question)
    }
}

impl Desk {
    /// Weighs what a channel shows against what another one shows. Both are fetched, and asked the same.
    pub async fn weigh(
        &self,
        given: &StoreOptions,
        [from, to]: [&str; 2],
        questions: &Questions<'_>,
        watch: WatchWeighing<'_>,
    ) -> Result<Weighed, DeskError> {
        let work = Work::open(self.place(), given)?;
        let (manifest, before) = shown(&work, from, to).await?;
        let mut weighed = Weighed {
            from: from.to_owned(),
            to: to.to_owned(),
            before,
            number: manifest.0,
            release: manifest.1,
            difference: Difference::default(),
            comparison: None,
            standing: Standing::default(),
        };
        if let Some(before) = before.filter(|b| *b != weighed.number) {
            let sides = [before, weighed.number].map(|n| n.to_string());
            let mut fetching = |done| {
                let far = Weighing {
                    step: WeighingStep::Fetching,
                    done,
                    of: 2,
                };
                if watch(far).is_break() { Err(stopped()) } else { Ok(()) }
            };
            fetching(0)?;
            let (_, was) = work.documents(&sides[0]).await?;
            let (_, is) = work.documents(&sides[1]).await?;
            weighed.difference = difference(&was, &is, today());
            let a = self.fetched(&work, &sides[0]).await?;
            fetching(1)?;
            let b = self.fetched(&work, &sides[1]).await?;
            let mut asking = |done, of| {
                watch(Weighing {
                    step: WeighingStep::Asking,
                    done,
                    of,
                })
            };
            weighed.comparison = Some(self.compare_releases([a, b], questions, &mut asking).await?);
        }
        weighed.standing = self.standing(&work, &weighed).await?;
        Ok(weighed)
    }

    /// What reviewers say by now of what was weighed, and what speaks against it.
    pub(crate) async fn standing(&self, work: &Work, weighed: &Weighed) -> Result<Standing, DeskError> {
        let review = match weighed.releases() {
            Some(releases) => work.review(releases).await?,
            None => Vec::new(),
        };
        Ok(self.standing_with(weighed, review))
    }

    pub(crate) fn standing_with(&self, weighed: &Weighed, review: Vec<Marked>) -> Standing {
        let reviewers = self.config.policy.reviewers;
        let compared = weighed.comparison.as_ref();
        let reasons = gate::against(&weighed.difference, compared, &review, reviewers);
        Standing { review, reasons }
    }

    /// Promotes what a channel shows to another channel. Refused where something speaks against it, and nothing is written.
    pub async fn promote(
        &self,
        given: &StoreOptions,
        wish: &Wish<'_>,
        watch: WatchWeighing<'_>,
    ) -> Result<Promoted, DeskError> {
        let weighed = self.weigh(given, [wish.from, wish.to], &wish.questions, watch).await?;
        let reasons = weighed.standing.reasons.clone();
        let allowed = reasons.is_empty() || wish.nevertheless.is_some();
        let changed = allowed && !wish.dry_run && {
            let work = Work::open(self.place(), given)?;
            self.carry_out(&work, &weighed, wish.nevertheless, wish.rollout.clone())
                .await?
        };
        Ok(Promoted {
            from: weighed.from,
            to: weighed.to,
            number: weighed.number,
            release: weighed.release,
            reasons,
            allowed,
            changed,
            dry_run: wish.dry_run,
            comparison: weighed.comparison,
        })
    }

    /// Does what was weighed, if the channels still show what they showed then and nothing speaks against it by now.
    /// Whether the channel shows another release than before.
    pub(crate) async fn carry_out(
        &self,
        work: &Work,
        weighed: &Weighed,
        nevertheless: Option<&str>,
        rollout: Option<Rollout>,
    ) -> Result<bool, DeskError> {
        let Weighed { from, to, .. } = weighed;
        let (now, before) = shown(work, from, to).await?;
        if (now.0, before) != (weighed.number, weighed.before) {
            let message = format!("{from} or {to} shows another release than was compared: compare them again");
            return Err(DeskError::failed(message));
        }
        let reasons = self.standing(work, weighed).await?.reasons;
        let overridden = match (reasons.is_empty(), nevertheless) {
            (true, _) => None,
            (false, Some(why)) => Some(Overridden {
                reasons,
                why: why.to_owned(),
            }),
            (false, None) => return Err(DeskError::failed(format!("refused: {}", reasons.join("; ")))),
        };
        let promotion = Promotion {
            from: from.clone(),
            at: Timestamp::now(),
            overridden,
        };
        work.promote(to, weighed.number, before, promotion, rollout).await
    }

    /// What either channel's release answers to one question.
    pub async fn ask_both(
        &self,
        given: &StoreOptions,
        sides: [&str; 2],
        question: &str,
    ) -> Result<AnsweredOtherwise, DeskError> {
        let work = Work::open(self.place(), given)?;
        let a = self.beside(Arc::clone(&self.fetched(&work, sides[0]).await?));
        let b = self.beside(Arc::clone(&self.fetched(&work, sides[1]).await?));
        Ok(mortar_measure::ask_both(&self.measured(&a), &self.measured(&b), question).await?)
    }
}

/// The number and the name of the release that a channel shows, and the number of the one that the other shows.
async fn shown(work: &Work, from: &str, to: &str) -> Result<((u32, String), Option<u32>), DeskError> {
    let manifest = work.shown_by(from).await?;
    let manifest = manifest.ok_or_else(|| DeskError::usage(format!("there is no channel “{from}”")))?;
    let before = work.shown_by(to).await?.map(|b| b.number);
    Ok(((manifest.number, manifest.release), before))
}

fn stopped() -> DeskError {
    DeskError::from(mortar_measure::MeasureError::Stopped)
}
