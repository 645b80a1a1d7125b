//! Whether every byte of a store is as signed. Nothing is written, neither there nor here.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::decode::decode;
use crate::error::{StoreError, TrustError};
use crate::hash::sha256;
use crate::manifest::ReleaseManifest;
use crate::port::{ReleaseStore, get_small};
use crate::retry::again;
use crate::segment::{Object, Segment};
use crate::trust::Verified;

/// What was looked at, and what is not as signed; no faults: all is well.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verification {
    pub releases: usize,
    pub files: usize,
    pub bytes: u64,
    pub faults: Vec<String>,
}

/// Reads every file of every release against its signature and its manifest.
pub async fn verify(store: &dyn ReleaseStore, verified: &Verified) -> Result<Verification, TrustError> {
    let mut out = Verification::default();
    let mut seen = BTreeSet::new();
    for number in verified.releases() {
        let manifest = verified.manifest(number).await?;
        out.releases += 1;
        for segment in manifest.all_segments() {
            if seen.insert((segment.documents.sha256.clone(), segment.passages.sha256.clone())) {
                out.look_at(store, &manifest, segment).await?;
            }
        }
    }
    Ok(out)
}

impl Verification {
    async fn look_at(
        &mut self,
        store: &dyn ReleaseStore,
        manifest: &ReleaseManifest,
        segment: &Segment,
    ) -> Result<(), TrustError> {
        let release = manifest.number;
        let before = self.faults.len();
        let mut held = Vec::new();
        for object in segment.all_objects() {
            let key = object.key();
            match again(|| get_small(store, &key, object.bytes)).await {
                Ok((bytes, _)) if sha256(&bytes) == object.sha256 => {
                    self.files += 1;
                    self.bytes += object.bytes;
                    held.push((object.sha256.clone(), bytes));
                }
                Ok(_) => self
                    .faults
                    .push(format!("release {release}: {key} is not what was signed")),
                Err(e @ (StoreError::NotFound(_) | StoreError::Refused(_))) => {
                    self.faults.push(format!("release {release}: {e}"));
                }
                Err(e) => return Err(e.into()),
            }
        }
        let read = |o: &Object| {
            let found = held.iter().find(|h| h.0 == o.sha256).map(|h| h.1.clone());
            found.ok_or_else(|| std::io::Error::other("it is missing"))
        };
        // What is missing cannot be read either: it is told once.
        if self.faults.len() == before
            && let Err(e) = decode(segment, &manifest.all_models(), &read)
        {
            self.faults.push(format!("release {release}: {e}"));
        }
        Ok(())
    }
}
