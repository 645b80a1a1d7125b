//! Segments folded into a release: each row keeps the number of its place, and a later row of the same
//! document takes the place of the earlier one.

use std::collections::HashMap;

use mortar_knowledge::index::{Row, Vectors};
use mortar_sources::Document;

use crate::decode::decode;
use crate::error::PublishError;
use crate::fetch::{Incoming, Spent};
use crate::manifest::ReleaseManifest;
use crate::port::ReleaseStore;
use crate::segment::{Contents, Object, Segment};

/// Segments of a store as one, with vectors by some models; what is fetched is kept among the others.
pub(crate) async fn fold(
    store: &dyn ReleaseStore,
    incoming: &Incoming,
    segments: &[Segment],
    models: &[(String, usize)],
) -> Result<Folded, PublishError> {
    let names: Vec<String> = models.iter().map(|m| m.0.clone()).collect();
    let objects: Vec<&Object> = segments.iter().flat_map(|s| s.objects(&names)).collect();
    incoming.fetch(store, &objects, &Spent::default(), &mut |_| {}).await?;
    let mut folded = Folded::default();
    for segment in segments {
        folded.add(decode(segment, models, &|o| incoming.read(o))?);
    }
    Ok(folded)
}

/// The documents of a release of the store. No vector is fetched, no index made.
pub async fn documents(
    store: &dyn ReleaseStore,
    incoming: &Incoming,
    manifest: &ReleaseManifest,
) -> Result<Vec<Document>, PublishError> {
    let folded = fold(store, incoming, &manifest.segments, &[]).await?;
    let rows = folded.rows.into_iter().zip(folded.live);
    Ok(rows.filter(|(_, live)| *live).map(|(row, _)| row.document).collect())
}

#[derive(Debug, Default)]
pub struct Folded {
    pub rows: Vec<Row>,
    pub live: Vec<bool>,
    pub vectors: Vec<Vectors>,
    by_id: HashMap<String, usize>,
}

impl Folded {
    /// Adds a segment behind all others.
    pub fn add(&mut self, contents: Contents) {
        for id in &contents.withdrawn {
            if let Some(n) = self.by_id.remove(id) {
                self.live[n] = false;
            }
        }
        for row in contents.rows {
            let n = self.rows.len();
            if let Some(before) = self.by_id.insert(row.document.id.clone(), n) {
                self.live[before] = false;
            }
            self.rows.push(row);
            self.live.push(true);
        }
        if self.vectors.is_empty() {
            self.vectors = contents.vectors;
        } else {
            for (held, new) in self.vectors.iter_mut().zip(contents.vectors) {
                held.passages.extend(new.passages);
                held.documents.extend(new.documents);
            }
        }
    }

    /// The same documents without gaps, in the order of their ids: what a base is.
    pub fn settled(self) -> Folded {
        let contents = Contents {
            rows: self.rows,
            vectors: self.vectors,
            withdrawn: Vec::new(),
        };
        let mut order: Vec<usize> = self.by_id.into_values().collect();
        order.sort_unstable_by(|a, b| contents.rows[*a].document.id.cmp(&contents.rows[*b].document.id));
        let mut out = Folded::default();
        out.add(contents.picked(&order));
        out
    }

    /// Where the row of a document stands.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub fn get(&self, id: &str) -> Option<&Row> {
        self.place(id).map(|n| &self.rows[n])
    }

    /// The digest of each document.
    pub fn digests(&self) -> HashMap<&str, [u8; 32]> {
        let all = self.by_id.iter();
        all.map(|(id, n)| (id.as_str(), self.rows[*n].digest)).collect()
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    pub fn documents(&self) -> u32 {
        self.by_id.len() as u32
    }
}
