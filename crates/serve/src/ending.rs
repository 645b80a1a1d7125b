//! The end of the service: first it is no longer ready and takes nothing new, then answers under way come to their
//! end, and what is not over in time is ended.

use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    Draining,
    Over,
}

#[derive(Clone)]
pub struct Ending(watch::Sender<Phase>);

impl Default for Ending {
    fn default() -> Self {
        Ending(watch::Sender::new(Phase::Open))
    }
}

impl Ending {
    pub fn drain(&self) {
        self.0.send_replace(Phase::Draining);
    }

    pub fn end(&self) {
        self.0.send_replace(Phase::Over);
    }

    pub fn takes_more(&self) -> bool {
        *self.0.borrow() == Phase::Open
    }

    /// Done when answers under way are to end.
    pub async fn over(&self) {
        let mut phase = self.0.subscribe();
        // This holds the sender.
        let _ = phase.wait_for(|p| *p == Phase::Over).await;
    }
}
