//! Releases that are signed and moved: what is published to a store, and how a device follows it.
//!
//! Where a store lies is behind the port [`ReleaseStore`]; this crate opens no connection itself. What is to be done is
//! decided first, as data, and done then: `publish::plan` and `sync::plan`.

mod bridge;
mod decode;
mod encode;
mod error;
#[cfg(test)]
mod example;
pub mod fetch;
mod fold;
pub mod hash;
pub mod keys;
pub mod manifest;
pub mod memory;
mod names;
mod port;
pub mod publish;
pub mod publisher;
pub mod retry;
pub mod review;
pub mod rollout;
mod scratch;
pub mod segment;
pub mod sign;
pub mod sync;
pub mod tend;
pub mod trust;
mod vectors_file;
pub mod verify;

pub use decode::decode;
pub use error::{
    BadObject, DecodeError, FetchError, ManifestError, PublishError, ReviewError, StoreError, SyncError, TrustError,
};
pub use fold::documents;
pub use port::{Condition, Got, Listed, ReleaseStore, Want, get_small, is_key};
