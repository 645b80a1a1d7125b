//! How the desk stands, for the bar at the bottom of the window.

use jiff::Timestamp;
use jiff::civil::Date;
use mortar_assistant::{Generator, Reranker};
use mortar_feedback::Waiting;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::desk::{Desk, today};
use crate::kept;
use crate::sync::Knowledge;
use crate::tenant::Answers;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    pub tenant: String,
    pub tenant_name: String,
    pub suggestions: Vec<String>,
    pub release: String,
    #[ts(type = "string")]
    pub release_created_at: Timestamp,
    /// Where the release comes from; none where it was made on this device.
    pub knowledge: Option<Knowledge>,
    pub documents: u32,
    pub passages: u32,
    /// None: search goes by words alone, and `embedding_problem` says why.
    pub embedding: Option<String>,
    pub embedding_problem: Option<String>,
    /// None: passages stand in the order of the search.
    pub reranking: Option<String>,
    pub generation: String,
    /// Why conversations and labels cannot be kept, if they cannot.
    pub records_problem: Option<String>,
    /// How labels do that have not arrived.
    pub labels: Waiting,
    /// The key of what is kept lies in a file beside it, not in the keyring: the sample's does.
    pub key_in_file: bool,
    /// Models or buckets of this tenant are on AWS: somebody must be signed in.
    pub on_aws: bool,
    pub tenants: Vec<String>,
    pub answers: Answers,
    /// Which file of IT's sets who writes answers, if one does.
    pub answers_locked: Option<String>,
    #[ts(type = "string")]
    pub today: Date,
}

impl Desk {
    pub fn status(&self) -> Status {
        let opened = self.opened();
        let m = &opened.release.manifest;
        let locked = self.config.locked.get("policy.answers");
        Status {
            tenant: self.place.tenant.clone(),
            tenant_name: self.config.name.clone(),
            suggestions: self.config.suggestions.clone(),
            release: m.release.clone(),
            release_created_at: m.source.as_ref().map_or(m.created_at, |s| s.published_at),
            knowledge: self.knowledge(),
            documents: m.documents,
            passages: m.passages,
            embedding: opened.embedder(0).map(|e| e.model().to_owned()),
            embedding_problem: opened.problem().map(str::to_owned),
            reranking: opened.reranker().map(Reranker::model).map(str::to_owned),
            generation: opened.generator().map_or("verbatim", Generator::model).to_owned(),
            records_problem: self.records.as_ref().err().cloned(),
            labels: self
                .records
                .as_ref()
                .ok()
                .and_then(|r| r.how_labels_do().ok())
                .unwrap_or_default(),
            key_in_file: kept::key_lies_in_a_file(&self.place, &self.config),
            on_aws: self.account.is_some(),
            tenants: self.place.tenants(),
            answers: self.config.policy.answers,
            answers_locked: locked.map(|p| p.display().to_string()),
            today: today(),
        }
    }
}
