//! What is other between two of: releases in folders, releases and channels of a store, sources not published yet.

use std::path::Path;

use jiff::civil::Date;
use mortar_knowledge::Release;
use mortar_knowledge::release::pointer;
use mortar_measure::Difference;
use mortar_sources::{Document, Finding};
use serde::Serialize;

use crate::error::DeskError;
use crate::import::imported;
use crate::place::Place;
use crate::publish::Work;
use crate::stores::StoreOptions;

/// Two sides, and what is other in the second.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    pub a: Side,
    pub b: Side,
    #[serde(flatten)]
    pub difference: Difference,
}

/// One of the two.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// As it was named.
    pub name: String,
    /// The release's own name, where it is one.
    pub release: Option<String>,
    pub documents: usize,
    /// What of sources is in no document.
    pub left_out: Vec<Finding>,
}

/// Compares two sides, each named by a path, by the number of a release or by a channel.
pub async fn difference(
    place: &Place,
    given: &StoreOptions,
    [a, b]: [&str; 2],
    on: Date,
) -> Result<Compared, DeskError> {
    let (a, before) = side(place, given, a).await?;
    let (b, after) = side(place, given, b).await?;
    let difference = mortar_measure::difference(&before, &after, on);
    Ok(Compared { a, b, difference })
}

async fn side(place: &Place, given: &StoreOptions, name: &str) -> Result<(Side, Vec<Document>), DeskError> {
    let path = Path::new(name);
    let mut left_out = Vec::new();
    let (release, documents) = if !path.exists() {
        let (release, documents) = Work::open(place, given)?.documents(name).await?;
        (Some(release), documents)
    } else if path.is_dir() && pointer(path)?.is_some() {
        let release = Release::open(path)?;
        let ids = release.documents()?.into_iter().map(|d| d.id);
        let documents = ids.filter_map(|id| release.document(&id).transpose());
        (
            Some(release.manifest.release.clone()),
            documents.collect::<Result<_, _>>()?,
        )
    } else {
        let imported = imported(&[path.to_owned()], None)?;
        if imported.documents.is_empty() && imported.findings.is_empty() {
            return Err(DeskError::usage(format!("{name} holds no source")));
        }
        left_out = imported.findings;
        (None, imported.documents)
    };
    let side = Side {
        name: name.to_owned(),
        release,
        documents: documents.len(),
        left_out,
    };
    Ok((side, documents))
}
