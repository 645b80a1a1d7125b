//! Releases that are signed and moved: what is published to a store, and how a device follows it.
//!
//! Where a store lies is behind the port [`ReleaseStore`]; this crate opens no connection itself.

pub mod commit;
mod fetch;
mod fold;
pub mod keys;
pub mod manifest;
mod plan;
mod port;
pub mod publish;
pub mod segment;
pub mod sync;
pub mod tend;
pub mod trust;
mod vector_log;

pub use port::{Condition, Got, Listed, ReleaseStore, StoreError, Want, get_small, is_key};
