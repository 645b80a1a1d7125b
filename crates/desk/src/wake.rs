//! Wakes who looks after the records of an open desk. It does nothing itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mortar_feedback::Which;
use tokio::sync::Notify;

/// Rings for whoever looks after the records.
#[derive(Default)]
pub struct Wake {
    bell: Notify,
    all: AtomicBool,
}

impl Wake {
    pub(crate) fn ring(&self, which: Which) {
        self.all.fetch_or(which == Which::All, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Until it rings, or for so long.
    pub(crate) async fn heard(&self, longest: Duration) -> Which {
        let _ = tokio::time::timeout(longest, self.bell.notified()).await;
        match self.all.swap(false, Ordering::Relaxed) {
            true => Which::All,
            false => Which::Due,
        }
    }
}
