//! One tenant opened: the ports joined, the verbs offered. Every front (the window, the command line) goes
//! through here, and nothing here knows which front it is.
//!
//! A [`Place`] says where everything is and which tenant is meant; [`Desk::open`] opens it. What can be done then
//! stands in a file a family of verbs: `ask`, `browse`, `check`, `customer`, `records`, `since`, `sync`, `status`, `measure`. [`Account`] is who is
//! signed in, [`Work`] publishes, [`Following`] follows without opening, [`doctor`] looks at everything. A front that
//! stays open is a [`Front`], and all that it may ask is one list, in `calls`.

mod account;
mod ask;
mod browse;
mod bucket;
mod build;
mod calls;
mod check;
mod compare;
mod config;
mod courtesy;
mod customer;
mod desk;
mod difference;
mod doctor;
mod embedders;
mod error;
mod export;
mod follow;
mod from_stack;
mod front;
mod gate;
mod import;
mod kept;
mod lexicon;
mod masking;
mod measure;
mod opened;
mod outbox;
mod place;
mod promote;
mod publish;
mod records;
mod releases;
mod remembered;
mod sample;
mod schedule;
mod since;
mod status;
mod stores;
mod sync;
mod tenant;
mod tending;
mod triage;
#[cfg(test)]
mod typescript;
mod wake;
mod weighing;
pub mod words;

pub use account::{Account, Connection};
pub use build::build;
pub use calls::Json;
pub use check::{passages_of_files, passages_of_text};
pub use courtesy::{Courtesy, Names};
pub use desk::{Desk, today};
pub use difference::{Compared, difference};
pub use doctor::{Check, doctor};
pub use error::{DeskError, ErrorCode};
pub use export::{Card, Gap, GoldenMade};
pub use follow::{Following, Freshness};
pub use from_stack::from_stack;
pub use front::{Asked, Front, Host, Opening, OpeningStep};
pub use import::{Import, accept, import, suggest};
pub use kept::{Verified, Wiped, export_audit, verify_audit, wipe};
pub use measure::judged_by_people;
pub use mortar_assistant as assistant;
pub use mortar_aws::{Health, Probed, SignedIn};
pub use mortar_extract as extract;
pub use mortar_feedback as feedback;
pub use mortar_intake as intake;
pub use mortar_knowledge as knowledge;
pub use mortar_language as language;
pub use mortar_local::{private_files, quiet};
pub use mortar_measure::{
    AnsweredOtherwise, AttackFigures, Comparison, Difference, Evaluation, Figure, GroundingFigures, JudgedFigures,
    LeaveOut, MaskingFigures, OnlyOne, Piece, QuestionResult, Questions, RankingFigures, Seen, Share, Told, page,
};
pub use mortar_sources as sources;
pub use mortar_store as store;
pub use outbox::Outbox;
pub use place::Place;
pub use promote::{Promoted, Standing, Weighed, Weighing, WeighingStep, Wish};
pub use publish::Work;
pub use releases::{Releases, reviewer};
pub use since::Since;
pub use status::Status;
pub use stores::StoreOptions;
pub use sync::Knowledge;
pub use tenant::{Answers, TenantConfig};
pub use triage::{Decide, LabelShown, Pulled, SourceThen, Triage};
