//! A channel shows what another one shows, if nothing speaks against it: a comparison decides, or who says why it is to be
//! done nevertheless.

use jiff::Timestamp;
use mortar_measure::{Comparison, Questions, difference};
use mortar_store::manifest::{Overridden, Promotion};
use mortar_store::rollout::Rollout;
use serde::Serialize;

use crate::desk::{Desk, today};
use crate::error::DeskError;
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

impl Desk {
    /// Promotes what a channel shows to another channel. Refused where something speaks against it, and nothing is written.
    pub async fn promote(&self, given: &StoreOptions, wish: &Wish<'_>) -> Result<Promoted, DeskError> {
        let work = Work::open(self.place(), given)?;
        let manifest = work.shown_by(wish.from).await?;
        let manifest = manifest.ok_or_else(|| DeskError::usage(format!("there is no channel “{}”", wish.from)))?;
        let before = work.shown_by(wish.to).await?;
        let (mut reasons, mut comparison) = (Vec::new(), None);
        let other = before.filter(|b| b.number != manifest.number);
        if let Some(before) = other {
            let sides = [before.number.to_string(), manifest.number.to_string()];
            let (_, was) = work.documents(&sides[0]).await?;
            let (_, is) = work.documents(&sides[1]).await?;
            let lost = difference(&was, &is, today()).codes_lost.into_iter();
            reasons.extend(lost.map(|c| format!("a code is lost: {} (it was in {})", c.code, c.documents.join(", "))));
            let releases = [
                self.fetched(&work, &sides[0]).await?,
                self.fetched(&work, &sides[1]).await?,
            ];
            let compared = self.compare_releases(releases, &wish.questions).await?;
            reasons.extend(against(&compared));
            comparison = Some(compared);
        }
        let allowed = reasons.is_empty() || wish.nevertheless.is_some();
        let overridden = wish.nevertheless.filter(|_| !reasons.is_empty()).map(|why| Overridden {
            reasons: reasons.clone(),
            why: why.to_owned(),
        });
        let promotion = Promotion {
            from: wish.from.to_owned(),
            at: Timestamp::now(),
            overridden,
        };
        let changed = allowed
            && !wish.dry_run
            && work
                .promote(wish.to, manifest.number, promotion, wish.rollout.clone())
                .await?;
        Ok(Promoted {
            from: wish.from.to_owned(),
            to: wish.to.to_owned(),
            number: manifest.number,
            release: manifest.release,
            reasons,
            allowed,
            changed,
            dry_run: wish.dry_run,
            comparison,
        })
    }
}

/// What of a comparison speaks against the second, each in a line.
fn against(compared: &Comparison) -> Vec<String> {
    let broken = compared.broken.iter().map(|b| {
        let rule = b.rule.told().to_lowercase();
        format!("{rule}: {}", b.question.ask)
    });
    let disagree = compared.contradictions.iter().map(|c| format!("sources disagree: {c}"));
    broken.chain(disagree).collect()
}
