//! A front that stays open, such as the window: which tenant is open in it, which answer is being written, and what
//! happens behind the operator's back. What only a shell can do is behind [`Host`].

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use mortar_assistant::{Answer, Stop};
use mortar_feedback::Exchange;
use mortar_knowledge::Progress;
use mortar_store::sync::{SyncProgress, SyncReport};
use serde::Serialize;
use tokio::runtime::Handle;
use ts_rs::TS;

use crate::desk::Desk;
use crate::error::DeskError;
use crate::place::Place;
use crate::promote::Weighed;
use crate::schedule::{Due, Occasion, Pace, due};
use crate::status::Status;
use crate::tenant::Answers;
use crate::tending::tend;

/// What only the shell around a front can do.
pub trait Host: Send + Sync {
    /// Puts text on the clipboard.
    fn copy(&self, text: &str) -> Result<(), String>;
    /// The text on the clipboard.
    fn pasted(&self) -> Result<String, String>;
    /// Opens an address in the system's browser.
    fn open_link(&self, url: &str) -> Result<(), String>;
    /// Tells the front something that it did not ask for, as JSON.
    fn tell(&self, event: &str, what: String);
}

/// How far an opening is, where the knowledge must be fetched or made first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct Opening {
    pub step: OpeningStep,
    pub done: usize,
    pub of: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OpeningStep {
    Downloading,
    Embedding,
    Indexing,
    Verifying,
}

impl From<Progress> for Opening {
    fn from(p: Progress) -> Self {
        let (step, done, of) = match p {
            Progress::Downloading { done, of } => (OpeningStep::Downloading, done, of),
            Progress::Embedding { done, of } => (OpeningStep::Embedding, done, of),
            Progress::Indexing => (OpeningStep::Indexing, 0, 0),
            Progress::Verifying => (OpeningStep::Verifying, 0, 0),
        };
        Opening { step, done, of }
    }
}

/// An answer, and how it is kept; nothing where it cannot be.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Asked {
    pub answer: Answer,
    pub exchange: Option<Exchange>,
}

pub struct Front {
    pub(crate) host: Box<dyn Host>,
    place: RwLock<Result<Place, DeskError>>,
    desk: RwLock<Option<Arc<Desk>>>,
    /// Only one opening at a time: the sample must not be made twice.
    opening: tokio::sync::Mutex<()>,
    stop: RwLock<Stop>,
    /// Ends the weighing that is under way.
    pub(crate) unweigh: RwLock<Stop>,
    /// What was weighed last: what is promoted is what was looked at.
    pub(crate) weighed: RwLock<Option<Arc<Weighed>>>,
}

impl Front {
    /// Where everything is may be unknown: then that is what opening says.
    pub fn new(host: Box<dyn Host>, place: Result<Place, DeskError>) -> Arc<Front> {
        Arc::new(Front {
            host,
            place: RwLock::new(place),
            desk: RwLock::default(),
            opening: tokio::sync::Mutex::default(),
            stop: RwLock::default(),
            unweigh: RwLock::default(),
            weighed: RwLock::default(),
        })
    }

    /// The tenant that is open, for what a front asks in a way of its own.
    pub fn desk(&self) -> Result<Arc<Desk>, DeskError> {
        let desk = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        desk.clone()
            .ok_or_else(|| DeskError::failed("The knowledge is not open yet."))
    }

    pub(crate) fn place(&self) -> Result<Place, DeskError> {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn open(self: &Arc<Self>, tell: &mut (dyn FnMut(Opening) + Send)) -> Result<Status, DeskError> {
        let _one = self.opening.lock().await;
        if let Ok(desk) = self.desk() {
            return Ok(desk.status());
        }
        let opened = Desk::open(self.place()?, &mut |p| tell(p.into())).await?;
        let desk = Arc::new(opened.with_records());
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = Some(desk.clone());
        self.tend(&desk);
        self.after(Occasion::Opened, &desk);
        Ok(desk.status())
    }

    /// Closes this tenant; opening opens the other one.
    pub(crate) async fn switch_tenant(&self, tenant: &str) -> Result<(), DeskError> {
        let _one = self.opening.lock().await;
        let place = self.desk()?.place().of_tenant(tenant)?;
        self.close();
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = Ok(place);
        Ok(())
    }

    /// Chooses who writes answers and closes the tenant; opening opens it anew.
    pub(crate) async fn choose_answers(&self, answers: Answers) -> Result<(), DeskError> {
        let _one = self.opening.lock().await;
        self.desk()?.choose(answers)?;
        self.close();
        Ok(())
    }

    /// Ends what is under way and lets go of the tenant.
    fn close(&self) {
        self.stop();
        self.stop_weighing();
        *self.weighed.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends the answer that is being written; its text so far is kept.
    pub(crate) fn stop(&self) {
        self.stop.read().unwrap_or_else(PoisonError::into_inner).stop();
    }

    /// Another answer begins, which can be stopped.
    pub(crate) fn begin(&self) -> Stop {
        let stop = Stop::default();
        *self.stop.write().unwrap_or_else(PoisonError::into_inner) = stop.clone();
        stop
    }

    /// Brings the knowledge up to date; the front hears of a switch.
    pub(crate) async fn sync(
        &self,
        desk: &Arc<Desk>,
        tell: &mut (dyn FnMut(SyncProgress) + Send),
    ) -> Result<SyncReport, DeskError> {
        let report = desk.sync(tell).await?;
        if report.changed {
            self.tell_of(desk, "release-switched", &());
        }
        Ok(report)
    }

    /// Looks after the records as long as the desk is open.
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends with the desk, and the bar shows what fails"
    )]
    fn tend(&self, desk: &Arc<Desk>) {
        tokio::spawn(tend(Arc::downgrade(desk)));
    }

    /// Does what is due, on tasks of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody waits for them: a call's answer must not, and the window shows what fails"
    )]
    pub(crate) fn after(self: &Arc<Self>, what: Occasion, desk: &Arc<Desk>) {
        for due in due(what, desk.check_every(), rand::random()) {
            match due {
                Due::Labels(which) => desk.wake.ring(which),
                Due::Check { after } => {
                    tokio::spawn(check(Arc::downgrade(self), Arc::downgrade(desk), after));
                }
            }
        }
    }

    async fn sync_behind(&self, desk: &Arc<Desk>) {
        let mut pace = Pace::default();
        let mut tell = |p: SyncProgress| {
            if pace.tells(p.step, Instant::now()) {
                self.tell_of(desk, "sync-progress", &Some(p));
            }
        };
        // What fails is shown in the bar, and tried again the next time.
        let _ = self.sync(desk, &mut tell).await;
        self.tell_of(desk, "sync-progress", &None::<SyncProgress>);
    }

    /// Nothing is heard of a tenant that was left.
    fn tell_of(&self, desk: &Arc<Desk>, event: &str, what: &impl Serialize) {
        if self.desk().is_ok_and(|open| Arc::ptr_eq(&open, desk))
            && let Ok(what) = serde_json::to_string(what)
        {
            self.host.tell(event, what);
        }
    }
}

/// Looks at the store in a while, if the tenant is still open then. It is looked at again behind that.
async fn check(front: Weak<Front>, desk: Weak<Desk>, after: Duration) {
    tokio::time::sleep(after).await;
    let (Some(front), Some(desk)) = (front.upgrade(), desk.upgrade()) else {
        return;
    };
    let runtime = Handle::current();
    // A release that is fetched is indexed and read whole: no thread of others' tasks has time for that.
    tokio::task::spawn_blocking(move || {
        runtime.block_on(front.sync_behind(&desk));
        front.after(Occasion::Checked, &desk);
    });
}
