//! Which store a tenant's releases come from, and which device follows it.

use std::path::PathBuf;
use std::sync::Arc;

use mortar_assistant::Embedder;
use mortar_aws::{Aws, Bucket, S3Store};
use mortar_local::Folder;
use mortar_store::ReleaseStore;
use mortar_store::sync::Device;

use crate::embedders::Embedders;
use crate::error::DeskError;
use crate::place::Place;
use crate::tenant::{KnowledgeConfig, TenantConfig};

/// Which store, in place of the configuration's.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// A folder, or `s3://bucket/prefix` of the tenant's account.
    pub store: Option<String>,
    pub root: Option<PathBuf>,
    pub keys: Option<PathBuf>,
    pub channel: Option<String>,
}

/// The store of a tenant: the one asked for, else the configuration's.
pub fn store(
    config: &TenantConfig,
    aws: Option<&Arc<Aws>>,
    given: Option<&str>,
) -> Result<Option<Arc<dyn ReleaseStore>>, DeskError> {
    if let Some(rest) = given.and_then(|s| s.strip_prefix("s3://")) {
        let aws = aws.ok_or_else(|| DeskError::usage("this tenant has nothing on AWS: name a folder"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let known = aws.config.knowledge.clone();
        let known = known.filter(|k| k.bucket == bucket);
        let bucket = Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            owner: known.as_ref().and_then(|k| k.owner.clone()),
            kms_key: known.and_then(|k| k.kms_key),
        };
        return Ok(Some(Arc::new(S3Store::at(aws, bucket))));
    }
    let folder = given.map(PathBuf::from).or_else(|| config.knowledge.store.clone());
    Ok(match folder {
        Some(dir) => {
            // The same folder by another name is the same store.
            let dir = std::path::absolute(&dir).unwrap_or(dir);
            Some(Arc::new(Folder::new(&dir)))
        }
        None => aws.and_then(S3Store::of).map(|s| Arc::new(s) as Arc<dyn ReleaseStore>),
    })
}

pub fn no_store() -> DeskError {
    DeskError::usage(
        "name the store with --store, or as knowledge.store or aws.knowledge in the tenant's configuration",
    )
}

pub fn device(
    place: &Place,
    store: Arc<dyn ReleaseStore>,
    root: Vec<u8>,
    knowledge: &KnowledgeConfig,
    here: &Embedders,
) -> Device {
    Device {
        store,
        root,
        channel: knowledge.channel.clone(),
        number: None,
        ring: knowledge.ring.clone(),
        models: here.distinct().iter().map(|e| e.model().to_owned()).collect(),
        release: place.release_dir(),
        dir: place.tenant_dir().join("sync"),
    }
}
