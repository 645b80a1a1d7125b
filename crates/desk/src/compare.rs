//! Two releases asked the same questions by what this desk has open: its models, its lexicon, today.

use std::path::Path;
use std::sync::Arc;

use mortar_assistant::Embedder;
use mortar_knowledge::Release;
use mortar_knowledge::release::pointer;
use mortar_measure::{Comparison, Questions, Watch};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::publish::Work;
use crate::stores::StoreOptions;

impl Desk {
    /// Compares two releases, each named by its folder, by its number in the store or by a channel.
    pub async fn compare(
        &self,
        given: &StoreOptions,
        [a, b]: [&str; 2],
        questions: &Questions<'_>,
        watch: Watch<'_>,
    ) -> Result<Comparison, DeskError> {
        let (a, b) = (self.side(given, a).await?, self.side(given, b).await?);
        self.compare_releases([a, b], questions, watch).await
    }

    /// Compares two releases that are open.
    pub(crate) async fn compare_releases(
        &self,
        [a, b]: [Arc<Release>; 2],
        questions: &Questions<'_>,
        watch: Watch<'_>,
    ) -> Result<Comparison, DeskError> {
        let (a, b) = (self.beside(a), self.beside(b));
        // Words alone on one side would be told as what the release does.
        if let (Some(problem), None) | (None, Some(problem)) = (a.problem(), b.problem()) {
            return Err(DeskError::failed(problem));
        }
        Ok(mortar_measure::compare(&self.measured(&a), &self.measured(&b), questions, watch).await?)
    }

    async fn side(&self, given: &StoreOptions, name: &str) -> Result<Arc<Release>, DeskError> {
        let path = Path::new(name);
        if path.is_dir() && pointer(path)?.is_some() {
            return Ok(Release::open(path)?);
        }
        if path.exists() {
            let what = "is no release: build it with mortar kb build, or compare documents with mortar kb diff";
            return Err(DeskError::usage(format!("{name} {what}")));
        }
        self.fetched(&Work::open(&self.place, given)?, name).await
    }

    /// A release of a store, kept beside the one that is read.
    pub(crate) async fn fetched(&self, work: &Work, name: &str) -> Result<Arc<Release>, DeskError> {
        let models = self.here.distinct().iter().map(|e| e.model().to_owned()).collect();
        work.fetched(name, models, &self.place.tenant_dir().join("compared"))
            .await
    }
}
