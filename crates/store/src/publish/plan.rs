//! What a publication must do so that a channel says what the sources say. Data, made from those and from what the
//! release before says; nothing is embedded, uploaded or signed here.

use std::collections::{HashMap, HashSet};

use crate::manifest::{EmbeddingModel, ReleaseManifest};

/// A base is written anew when what came behind it is a quarter of it, or is in many pieces.
const GROWN: u32 = 4;
const PIECES: usize = 64;

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Of each document the id and the digest, in the order of the ids.
    pub documents: Vec<(&'a str, [u8; 32])>,
    /// What they say together.
    pub content: String,
    pub embeddings: Vec<EmbeddingModel>,
    /// The rules of language that they were cut into passages by.
    pub language: u32,
    /// What a reader should know of it.
    pub notes: &'a str,
}

/// The release that the new one is made from, and what it says.
#[derive(Debug, Clone)]
pub struct Parent<'a> {
    pub manifest: &'a ReleaseManifest,
    pub documents: HashMap<&'a str, [u8; 32]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlan {
    /// The release that the channel shows afterwards.
    pub number: u32,
    pub way: Way,
    pub differences: Differences,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The parent says it all already.
    Same,
    /// What is new goes behind the parent's segments.
    Grow,
    /// All becomes a base, and what is new is written apart as well: with that the parent says what the base says.
    Rebase,
    /// All becomes a base. Nothing leads there: there is no parent, or it has vectors by other models.
    Whole,
}

/// What the sources say, against the parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub withdrawn: Vec<String>,
    pub unchanged: usize,
    /// The places of what was added or changed, ascending.
    pub new: Vec<usize>,
}

/// Plans the way to a release that says what is wanted. `newest` is the highest number that was given.
pub fn plan(wanted: &Wanted<'_>, parent: Option<&Parent<'_>>, newest: u32) -> PublishPlan {
    let differences = differences(wanted, parent);
    let way = parent.map_or(Way::Whole, |parent| way(wanted, parent.manifest, &differences));
    PublishPlan {
        number: match (way, parent) {
            (Way::Same, Some(parent)) => parent.manifest.number,
            _ => newest + 1,
        },
        way,
        differences,
    }
}

fn way(wanted: &Wanted<'_>, parent: &ReleaseManifest, differences: &Differences) -> Way {
    if parent.embeddings != wanted.embeddings {
        Way::Whole
    } else if parent.language != wanted.language {
        // Passages that were cut by other rules are never mixed.
        Way::Rebase
    } else if parent.content == wanted.content {
        Way::Same
    } else if grown(parent, differences) {
        Way::Rebase
    } else {
        Way::Grow
    }
}

/// Whether what would lie behind the parent's base is too much.
fn grown(parent: &ReleaseManifest, differences: &Differences) -> bool {
    let (base, behind) = parent.segments.split_at(parent.base as usize);
    let pieces = behind.len();
    let (base, behind) = (ReleaseManifest::counts(base), ReleaseManifest::counts(behind));
    let more = differences.new.len() as u32 + differences.withdrawn.len() as u32;
    pieces >= PIECES || (behind.documents + behind.withdrawn + more) * GROWN > base.documents
}

fn differences(wanted: &Wanted<'_>, parent: Option<&Parent<'_>>) -> Differences {
    let mut out = Differences::default();
    for (place, (id, digest)) in wanted.documents.iter().enumerate() {
        match parent.and_then(|p| p.documents.get(id)) {
            Some(before) if before == digest => {
                out.unchanged += 1;
                continue;
            }
            Some(_) => out.changed.push((*id).to_owned()),
            None => out.added.push((*id).to_owned()),
        }
        out.new.push(place);
    }
    let ids: HashSet<&str> = wanted.documents.iter().map(|d| d.0).collect();
    let held = parent.into_iter().flat_map(|p| p.documents.keys());
    out.withdrawn = held
        .filter(|id| !ids.contains(*id))
        .map(|id| (*id).to_owned())
        .collect();
    out.withdrawn.sort();
    out
}

#[cfg(test)]
mod tests;
