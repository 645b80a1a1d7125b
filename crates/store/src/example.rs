//! Manifests for the tests of plans: of releases that nobody published.

use jiff::Timestamp;

use crate::manifest::{Distance, Effective, EmbeddingModel, FORMAT, LANGUAGE, ReleaseManifest};
use crate::segment::{Counts, Object, Segment, VectorsObject};

pub const MODEL: &str = "hashed";

pub fn model(name: &str) -> EmbeddingModel {
    EmbeddingModel {
        model: name.into(),
        dimensions: 4,
        distance: Distance::Cosine,
    }
}

/// A segment of so many documents, told from others by its name.
pub fn segment(name: &str, documents: u32) -> Segment {
    let object = |part: &str| Object {
        sha256: crate::hash::sha256(format!("{name} {part}").as_bytes()),
        bytes: u64::from(documents) * 100,
        unpacked: u64::from(documents) * 200,
    };
    Segment {
        documents: object("documents"),
        passages: object("passages"),
        vectors: vec![VectorsObject {
            model: MODEL.into(),
            object: object("vectors"),
        }],
        withdrawn: None,
        counts: Counts {
            documents,
            passages: documents,
            withdrawn: 0,
        },
    }
}

/// A release whose first segments are its base.
pub fn release(number: u32, base: &[Segment], behind: &[Segment]) -> ReleaseManifest {
    let segments = [base, behind].concat();
    let counts = ReleaseManifest::counts(&segments);
    ReleaseManifest {
        format: FORMAT,
        language: LANGUAGE,
        number,
        release: format!("r{number}"),
        content: crate::hash::sha256(&number.to_le_bytes()),
        created_at: Timestamp::UNIX_EPOCH,
        parent: None,
        notes: String::new(),
        documents: counts.documents,
        passages: counts.passages,
        effective: Effective::default(),
        embeddings: vec![model(MODEL)],
        base: base.len() as u32,
        segments,
        rebased: None,
    }
}
