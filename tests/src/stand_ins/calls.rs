//! What the product asked for, as AWS's policies speak of it: by whom, which action, on what.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// One permission that was needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The name of the role that signed.
    pub by: String,
    pub action: &'static str,
    /// `bucket`, `bucket/key`, or the name of an endpoint.
    pub on: String,
    /// The KMS key that an object was written with.
    pub sealed_with: Option<String>,
}

/// Every permission that was needed so far, once.
#[derive(Default)]
pub struct Calls(Mutex<BTreeSet<Call>>);

impl Calls {
    pub fn saw(&self, call: Call) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call);
    }

    /// What was needed since this was asked last.
    pub fn take(&self) -> BTreeSet<Call> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
