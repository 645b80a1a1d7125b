//! Labels on their way. What is sent is made once, when it is labelled, and kept with its SHA-256, which stands in the
//! object's key: "exists already" then means these very bytes. An entry leaves here only when it has arrived. Nothing
//! is made, masked or opened anew here, and what fails holds up nothing but itself.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use mortar_assistant::{Fault, ModelError};
use mortar_privacy::seal::{hex, sha256};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The longest that the first pause may be; each one after it may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);
/// What is refused so often is given up until somebody looks at it. What only does not get through never is.
const REFUSALS: u32 = 8;
/// So many failures in succession are not of these entries: the others wait for a better time.
const IN_SUCCESSION: u32 = 3;

/// An object as it is sent: its key below the tenant's prefix, its bytes and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    pub sha256: [u8; 32],
    pub body: Vec<u8>,
}

impl Object {
    /// `stem` and the beginning of the hash name it.
    pub fn new(stem: &str, body: Vec<u8>) -> Object {
        let sha256 = sha256(&body);
        Object {
            key: format!("{stem}-{}.json", hex(&sha256[..8])),
            sha256,
            body,
        }
    }
}

/// Where labels go. An object that is there already under its key is the same: its hash is in the key.
pub trait FeedbackSink: Send + Sync {
    fn send<'a>(&'a self, object: &'a Object) -> BoxFuture<'a, Result<(), ModelError>>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    Pending,
    /// Begun, and not known how it ended: it is sent again.
    InFlight,
    Delivered,
    /// Refused too often, or damaged: somebody must look at it.
    Dead,
}

/// Why the last attempt came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EntryError {
    pub fault: Fault,
    pub message: String,
}

/// How a label's object does on its way. Nothing in it was typed by anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Entry {
    /// The label's.
    pub id: String,
    pub exchange: String,
    /// Of the object, below the tenant's prefix.
    pub key: String,
    pub sha256: String,
    pub bytes: u32,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub state: EntryState,
    pub attempts: u32,
    #[ts(type = "string | null")]
    pub next_attempt: Option<Timestamp>,
    pub last_error: Option<EntryError>,
}

impl Entry {
    pub(crate) fn new(id: String, exchange: String, at: Timestamp, object: &Object) -> Entry {
        Entry {
            id,
            exchange,
            key: object.key.clone(),
            sha256: hex(&object.sha256),
            bytes: object.body.len() as u32,
            at,
            state: EntryState::Pending,
            attempts: 0,
            next_attempt: None,
            last_error: None,
        }
    }

    /// When it is to be tried; none: now. A clock that was set back does not make it wait longer than it ever would.
    pub(crate) fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        let longest = now.saturating_add(signed(LONGEST_PAUSE)).ok()?;
        let at = self.next_attempt.filter(|at| *at > now && *at <= longest);
        at.filter(|_| self.state == EntryState::Pending)
    }

    /// What becomes of it after an attempt; `chance` lies between 0 and 1.
    pub(crate) fn settle(&mut self, outcome: Result<(), ModelError>, now: Timestamp, chance: f64) {
        self.attempts = self.attempts.saturating_add(1);
        let Err(e) = outcome else {
            (self.state, self.next_attempt, self.last_error) = (EntryState::Delivered, None, None);
            return;
        };
        let dead = e.fault == Fault::Refused && self.attempts >= REFUSALS;
        self.state = if dead { EntryState::Dead } else { EntryState::Pending };
        let pause = signed(pause(self.attempts, chance));
        self.next_attempt = now.saturating_add(pause).ok().filter(|_| !dead);
        self.last_error = Some(EntryError {
            fault: e.fault,
            message: e.message,
        });
    }

    /// It cannot be sent as it is, however often.
    pub(crate) fn give_up(&mut self, message: String) {
        (self.state, self.next_attempt) = (EntryState::Dead, None);
        let fault = Fault::Failed;
        self.last_error = Some(EntryError { fault, message });
    }

    /// Somebody has looked at it.
    pub(crate) fn again(&mut self) {
        (self.state, self.attempts, self.next_attempt) = (EntryState::Pending, 0, None);
    }
}

/// By lot between nothing and twice as much as the time before ("full jitter").
pub fn pause(attempts: u32, chance: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    longest.min(LONGEST_PAUSE).mul_f64(chance)
}

fn signed(of: Duration) -> SignedDuration {
    SignedDuration::try_from(of).unwrap_or(SignedDuration::MAX)
}

/// What one look at the outbox is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is due.
    Due,
    /// All that waits: something has changed, such as who is signed in.
    All,
}

/// What one look at the outbox came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Passed {
    pub delivered: u32,
    pub failed: u32,
    /// When to look again, if anything waits.
    #[serde(skip)]
    pub again: Option<Duration>,
    /// It was broken off: nothing gets through at the moment.
    #[serde(skip)]
    pub broken_off: bool,
}

/// What one look at the outbox needs of whoever keeps it.
pub(crate) trait Kept {
    type Error;
    /// Entries to be tried behind one, the oldest first, and when the next of the others is.
    fn due(&self, which: Which, behind: Option<&str>) -> Result<(Vec<Entry>, Option<Timestamp>), Self::Error>;
    /// Marks an entry as begun; nothing where it is gone or cannot be sent.
    fn begin(&self, id: &str) -> Result<Option<Object>, Self::Error>;
    fn settle(&self, id: &str, outcome: Result<(), ModelError>) -> Result<Entry, Self::Error>;
}

/// Sends what is to be sent, one after the other.
pub(crate) async fn pass<K: Kept>(kept: &K, sink: &dyn FeedbackSink, which: Which) -> Result<Passed, K::Error> {
    let mut passed = Passed::default();
    let (mut behind, mut soonest): (Option<String>, Option<Timestamp>) = (None, None);
    let mut sooner = |at: Option<Timestamp>| soonest = soonest.into_iter().chain(at).min();
    let mut failures = 0;
    'pass: loop {
        let (entries, next) = kept.due(which, behind.as_deref())?;
        sooner(next);
        let Some(last) = entries.last() else { break };
        behind = Some(last.id.clone());
        for entry in &entries {
            let Some(object) = kept.begin(&entry.id)? else { continue };
            let settled = kept.settle(&entry.id, sink.send(&object).await)?;
            if settled.state == EntryState::Delivered {
                passed.delivered += 1;
                failures = 0;
                continue;
            }
            passed.failed += 1;
            failures += 1;
            sooner(settled.next_attempt);
            if failures == IN_SUCCESSION {
                passed.broken_off = true;
                break 'pass;
            }
        }
    }
    let now = Timestamp::now();
    passed.again = soonest.map(|at| {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        wait.clamp(Duration::from_secs(1), LONGEST_PAUSE)
    });
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> Entry {
        Entry::new(
            "01".into(),
            "02".into(),
            Timestamp::UNIX_EPOCH,
            &Object::new("tenant=t/01", b"{}".to_vec()),
        )
    }

    #[test]
    fn the_key_names_the_bytes() {
        let object = Object::new("tenant=t/date=2026-01-01/01", b"{}".to_vec());
        assert_eq!(object.key, "tenant=t/date=2026-01-01/01-44136fa355b3678a.json");
        assert_ne!(
            Object::new("tenant=t/date=2026-01-01/01", b"{ }".to_vec()).key,
            object.key
        );
    }

    #[test]
    fn what_does_not_get_through_never_dies_and_what_is_refused_does() {
        let now = Timestamp::UNIX_EPOCH;
        for (fault, dies) in [
            (Fault::Offline, false),
            (Fault::SignIn, false),
            (Fault::Busy, false),
            (Fault::Slow, false),
            (Fault::Failed, false),
            (Fault::Refused, true),
        ] {
            let mut entry = entry();
            for _ in 0..100 {
                if entry.state == EntryState::Pending {
                    entry.settle(Err(ModelError::new(fault, "no")), now, 0.5);
                }
            }
            assert_eq!(entry.state == EntryState::Dead, dies, "{fault:?}");
            assert_eq!(entry.last_error.as_ref().unwrap().fault, fault);
            entry.again();
            assert_eq!(entry.waits_until(now), None, "it is sent at once");
        }
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_half_an_hour(attempts: u32, chance in 0.0..1.0f64) {
            prop_assert!(pause(attempts, chance) <= LONGEST_PAUSE);
            prop_assert!(pause(1, chance) <= FIRST_PAUSE);
        }

        /// Ten years forward or back: it waits no longer than it would have.
        #[test]
        fn a_clock_that_jumps_delays_nothing(attempts in 0u32..40, chance in 0.0..1.0f64, jump in -315_360_000i64..315_360_000) {
            let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
            let mut entry = entry();
            entry.attempts = attempts;
            entry.settle(Err(ModelError::new(Fault::Offline, "no")), now, chance);
            let later = now + SignedDuration::from_secs(jump);
            if let Some(until) = entry.waits_until(later) {
                prop_assert!(until.duration_since(later) <= signed(LONGEST_PAUSE));
            }
        }
    }
}
