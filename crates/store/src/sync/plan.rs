//! What a device must do to stand where a channel stands. Data, made from what it has and what is
//! signed; nothing is fetched and nothing is written here.

use crate::manifest::ReleaseManifest;
use crate::segment::{Object, Segment};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncPlan {
    /// It stands there already.
    Nothing,
    /// The state before is the one that is wanted, and is still on the disk.
    Back,
    /// The present state, with these segments behind its own.
    Grow { segments: Vec<Segment> },
    /// The present state with the first of these is what the base of the wanted one says; it is indexed anew with the
    /// others behind it, as if all had been fetched, and nearly nothing is.
    Rebase {
        into_base: Vec<Segment>,
        behind: Vec<Segment>,
    },
    /// From all segments.
    Whole { segments: Vec<Segment> },
}

impl SyncPlan {
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        let (first, then): (&[Segment], &[Segment]) = match self {
            SyncPlan::Nothing | SyncPlan::Back => (&[], &[]),
            SyncPlan::Grow { segments } | SyncPlan::Whole { segments } => (segments, &[]),
            SyncPlan::Rebase { into_base, behind } => (into_base, behind),
        };
        first.iter().chain(then)
    }

    /// The files to fetch.
    pub fn objects<'a>(&'a self, models: &'a [String]) -> Vec<&'a Object> {
        self.segments().flat_map(|s| s.objects(models)).collect()
    }

    pub fn name(&self) -> &'static str {
        match self {
            SyncPlan::Nothing => "nothing",
            SyncPlan::Back => "back",
            SyncPlan::Grow { .. } => "grow",
            SyncPlan::Rebase { .. } => "rebase",
            SyncPlan::Whole { .. } => "whole",
        }
    }
}

/// What a device holds: the manifest of a state, by which models it has vectors, and by which rules of language it
/// was indexed.
#[derive(Debug, Clone)]
pub struct Held {
    pub manifest: ReleaseManifest,
    pub models: Vec<String>,
    pub language: u32,
}

/// What is to be held.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub manifest: &'a ReleaseManifest,
    pub models: &'a [String],
    /// The rules that this program reads questions by.
    pub language: u32,
}

/// Plans the way from `now` to what is wanted. `parents` are the releases that bases were made anew from: the
/// one before the wanted one's base, the one before that one's, and so on, as far as they are known.
pub fn plan(now: Option<&Held>, before: Option<&Held>, wanted: &Wanted<'_>, parents: &[ReleaseManifest]) -> SyncPlan {
    if now.is_some_and(|held| wanted.is(held)) {
        return SyncPlan::Nothing;
    }
    if before.is_some_and(|held| wanted.is(held)) {
        return SyncPlan::Back;
    }
    let whole = SyncPlan::Whole {
        segments: wanted.manifest.segments.clone(),
    };
    let Some(now) = now.filter(|n| n.models == wanted.models) else {
        return whole;
    };
    if now.language == wanted.language
        && let Some(segments) = behind(&now.manifest, wanted.manifest)
    {
        return SyncPlan::Grow {
            segments: segments.to_vec(),
        };
    }
    match rebase(now, wanted.manifest, parents) {
        Some(rebase) if size(&rebase, wanted.models) < size(&whole, wanted.models) => rebase,
        _ => whole,
    }
}

impl Wanted<'_> {
    fn is(&self, held: &Held) -> bool {
        held.models == self.models
            && held.language == self.language
            && held.manifest.segments == self.manifest.segments
            && held.manifest.base == self.manifest.base
            && held.manifest.number == self.manifest.number
    }
}

/// How what is held becomes the base that is wanted: backwards from base to base, until this state is one that grew
/// into the release before it.
fn rebase(now: &Held, wanted: &ReleaseManifest, parents: &[ReleaseManifest]) -> Option<SyncPlan> {
    let (base, behind_base) = wanted.segments.split_at(wanted.base as usize);
    // Nothing was replaced in it since: what is held is the base, whatever rules it was indexed by.
    let held = &now.manifest;
    if held.segments == base && held.base == wanted.base && held.embeddings == wanted.embeddings {
        return Some(SyncPlan::Rebase {
            into_base: Vec::new(),
            behind: behind_base.to_vec(),
        });
    }
    let mut into_base: Vec<Segment> = Vec::new();
    let mut at = wanted;
    for parent in parents {
        let rebased = at.rebased.as_ref().filter(|r| r.parent == parent.number)?;
        let later = if at.number == wanted.number {
            &[]
        } else {
            &at.segments[at.base as usize..]
        };
        into_base = [&rebased.segments, later, &into_base].concat();
        if let Some(segments) = behind(&now.manifest, parent) {
            return Some(SyncPlan::Rebase {
                into_base: [segments, &into_base].concat(),
                behind: behind_base.to_vec(),
            });
        }
        at = parent;
    }
    None
}

/// The segments that `wanted` has behind all of `now`'s, if it only grew.
fn behind<'a>(now: &ReleaseManifest, wanted: &'a ReleaseManifest) -> Option<&'a [Segment]> {
    let grown = now.base == wanted.base && now.embeddings == wanted.embeddings;
    wanted.segments.strip_prefix(now.segments.as_slice()).filter(|_| grown)
}

fn size(plan: &SyncPlan, models: &[String]) -> u64 {
    plan.objects(models).iter().map(|o| o.bytes).sum()
}

#[cfg(test)]
mod tests;
