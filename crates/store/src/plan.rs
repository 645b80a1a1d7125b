//! What a device must do to stand where a channel stands. Data, made from what it has and what is
//! signed; nothing is fetched and nothing is written here.

use crate::manifest::Manifest;
use crate::segment::{Object, Segment};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It stands there already.
    Nothing,
    /// The state before is the one that is wanted, and is still on the disk.
    Back,
    /// The present state, with these segments behind its own.
    Grow { segments: Vec<Segment> },
    /// The base was written anew. The present state with the first of these is what it holds; it is
    /// indexed anew with the others behind it, as if all had been fetched, and nearly nothing is.
    Rebase {
        into_base: Vec<Segment>,
        behind: Vec<Segment>,
    },
    /// From all segments.
    Whole { segments: Vec<Segment> },
}

impl Plan {
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        let (first, then): (&[Segment], &[Segment]) = match self {
            Plan::Nothing | Plan::Back => (&[], &[]),
            Plan::Grow { segments } | Plan::Whole { segments } => (segments, &[]),
            Plan::Rebase { into_base, behind } => (into_base, behind),
        };
        first.iter().chain(then)
    }

    /// The files to fetch.
    pub fn objects<'a>(&'a self, models: &'a [String]) -> Vec<&'a Object> {
        self.segments().flat_map(|s| s.objects(models)).collect()
    }

    pub fn name(&self) -> &'static str {
        match self {
            Plan::Nothing => "nothing",
            Plan::Back => "back",
            Plan::Grow { .. } => "grow",
            Plan::Rebase { .. } => "rebase",
            Plan::Whole { .. } => "whole",
        }
    }
}

/// What a device holds: the manifest of a state, and by which models it has vectors.
#[derive(Debug, Clone)]
pub struct Held {
    pub manifest: Manifest,
    pub models: Vec<String>,
}

/// Plans the way from `now` to `wanted`. `parents` are the releases that bases were made anew from: the
/// one before `wanted`'s base, the one before that one's, and so on, as far as they are known.
pub fn plan(
    now: Option<&Held>,
    before: Option<&Held>,
    wanted: &Manifest,
    parents: &[Manifest],
    models: &[String],
) -> Plan {
    let here = |held: Option<&&Held>| held.is_some_and(|h| same(h, wanted, models));
    if here(now.as_ref()) {
        return Plan::Nothing;
    }
    if here(before.as_ref()) {
        return Plan::Back;
    }
    let whole = Plan::Whole {
        segments: wanted.segments.clone(),
    };
    let Some(now) = now.filter(|n| n.models == models) else {
        return whole;
    };
    if let Some(segments) = behind(&now.manifest, wanted) {
        return Plan::Grow {
            segments: segments.to_vec(),
        };
    }
    // Backwards from base to base, until this state is one that grew into the release before it.
    let mut into_base: Vec<Segment> = Vec::new();
    let mut at = wanted;
    for parent in parents {
        let Some(rebased) = at.rebased.as_ref().filter(|r| r.parent == parent.number) else {
            break;
        };
        let later = if at.number == wanted.number {
            &[]
        } else {
            &at.segments[at.base as usize..]
        };
        into_base = [&rebased.segments, later, &into_base].concat();
        if let Some(segments) = behind(&now.manifest, parent) {
            let rebase = Plan::Rebase {
                into_base: [segments, &into_base].concat(),
                behind: wanted.segments[wanted.base as usize..].to_vec(),
            };
            return if size(&rebase, models) < size(&whole, models) {
                rebase
            } else {
                whole
            };
        }
        at = parent;
    }
    whole
}

fn same(held: &Held, wanted: &Manifest, models: &[String]) -> bool {
    held.models == models
        && held.manifest.segments == wanted.segments
        && held.manifest.base == wanted.base
        && held.manifest.number == wanted.number
}

/// The segments that `wanted` has behind all of `now`'s, if it only grew.
fn behind<'a>(now: &Manifest, wanted: &'a Manifest) -> Option<&'a [Segment]> {
    let grown = now.base == wanted.base && now.embeddings == wanted.embeddings;
    wanted.segments.strip_prefix(now.segments.as_slice()).filter(|_| grown)
}

fn size(plan: &Plan, models: &[String]) -> u64 {
    plan.objects(models).iter().map(|o| o.bytes).sum()
}
