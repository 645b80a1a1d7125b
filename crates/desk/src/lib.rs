//! One tenant opened: the ports joined, the verbs offered. Every front (the window, the command line) goes
//! through here, and nothing here knows which front it is.
//!
//! A [`Place`] says where everything is and which tenant is meant; [`Desk::open`] opens it. What can be done then
//! stands in a file a family of verbs: `ask`, `browse`, `records`, `sync`, `status`, `measure`. [`Account`] is who is
//! signed in, [`Work`] publishes, [`Following`] follows without opening, [`doctor`] looks at everything. A front that
//! stays open is a [`Front`], and all that it may ask is one list, in `calls`.

mod account;
mod ask;
mod browse;
mod build;
mod calls;
mod config;
mod desk;
mod doctor;
mod embedders;
mod error;
mod follow;
mod front;
mod lexicon;
mod masking;
mod measure;
mod opened;
mod place;
mod publish;
mod records;
mod remembered;
mod sample;
mod schedule;
mod status;
mod stores;
mod sync;
mod tenant;
#[cfg(test)]
mod typescript;

pub use account::{Account, Connection};
pub use browse::{Since, SinceState};
pub use build::build;
pub use calls::Json;
pub use desk::{Desk, today};
pub use doctor::{Check, doctor};
pub use error::{DeskError, ErrorCode};
pub use follow::{Following, Freshness};
pub use front::{Asked, Front, Host, Opening, OpeningStep};
pub use measure::judged_by_people;
pub use mortar_assistant as assistant;
pub use mortar_aws::{Health, Probed, SignedIn};
pub use mortar_feedback as feedback;
pub use mortar_knowledge as knowledge;
pub use mortar_language as language;
pub use mortar_local::quiet;
pub use mortar_measure::{
    AttackFigures, Evaluation, Figure, GroundingFigures, JudgedFigures, LeaveOut, MaskingFigures, QuestionResult,
    RankingFigures, Share, Told, page,
};
pub use mortar_sources as sources;
pub use mortar_store as store;
pub use place::Place;
pub use publish::Work;
pub use status::Status;
pub use stores::StoreOptions;
pub use sync::Knowledge;
pub use tenant::{Answers, TenantConfig};
