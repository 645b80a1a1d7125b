//! Two releases asked the same questions by what this desk has open: its models, its lexicon, today.

use std::path::Path;
use std::sync::Arc;

use mortar_assistant::Embedder;
use mortar_knowledge::Release;
use mortar_knowledge::release::pointer;
use mortar_measure::{Comparison, Measured, Questions};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::opened::Opened;
use crate::publish::Work;
use crate::stores::StoreOptions;

impl Desk {
    /// Compares two releases, each named by its folder, by its number in the store or by a channel.
    pub async fn compare(
        &self,
        given: &StoreOptions,
        [a, b]: [&str; 2],
        questions: &Questions<'_>,
    ) -> Result<Comparison, DeskError> {
        let a = self.beside(self.side(given, a).await?);
        let b = self.beside(self.side(given, b).await?);
        let of = |opened: &Opened| -> Result<(), DeskError> {
            match opened.problem() {
                Some(problem) => Err(DeskError::failed(problem)),
                None => Ok(()),
            }
        };
        // Words alone on one side would be told as what the release does.
        if a.problem().is_some() != b.problem().is_some() {
            of(&a).and_then(|()| of(&b))?;
        }
        let (a, b): (Measured<'_>, Measured<'_>) = (self.measured(&a), self.measured(&b));
        Ok(mortar_measure::compare(&a, &b, questions).await?)
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
        let models = self.here.distinct().iter().map(|e| e.model().to_owned()).collect();
        let dir = self.place.tenant_dir().join("compared");
        Work::open(&self.place, given)?.fetched(name, models, &dir).await
    }
}
