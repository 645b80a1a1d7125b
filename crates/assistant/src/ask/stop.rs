//! Ends an answer from elsewhere.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::task::AtomicWaker;

/// Set from elsewhere to end an answer where it is; the text so far is kept.
#[derive(Clone, Default)]
pub struct Stop(Arc<Signal>);

#[derive(Default)]
struct Signal {
    set: AtomicBool,
    waits: AtomicWaker,
}

impl Stop {
    pub fn stop(&self) {
        self.0.set.store(true, Ordering::Release);
        self.0.waits.wake();
    }

    pub fn is_stopped(&self) -> bool {
        self.0.set.load(Ordering::Acquire)
    }

    pub(super) async fn stopped(&self) {
        poll_fn(|context| {
            self.0.waits.register(context.waker());
            if self.is_stopped() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
