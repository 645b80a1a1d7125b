//! Whoever looks after a tenant's records while a front is open: labels are sent and sent again, what is old is
//! forgotten, keys are changed. One for each open desk; it ends with it.

use std::sync::Weak;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mortar_feedback::{Passed, Records, Which, pause};

use crate::bucket;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::kept;

/// A look is taken at least so often: a desk that was left is noticed then.
const AT_LEAST: Duration = Duration::from_secs(3600);

/// Looks after the records until the desk is left.
pub(crate) async fn tend(desk: Weak<Desk>) {
    let mut which = Which::All;
    let mut broken_off = 0;
    loop {
        let Some(open) = desk.upgrade() else { return };
        let wake = open.wake.clone();
        let passed = open.send_labels(which).await.unwrap_or_default();
        // What cannot be done now is done the next time; the bar says what is wrong with the records.
        let _ = open.tend_records();
        drop(open);
        broken_off = if passed.broken_off { broken_off + 1 } else { 0 };
        let again = passed.again.unwrap_or(AT_LEAST);
        // Nothing gets through: the next ones are not to try in turn as if nothing had been learnt.
        let again = again.max(pause(broken_off, if broken_off > 0 { rand::random() } else { 0.0 }));
        which = wake.heard(again.min(AT_LEAST)).await;
    }
}

impl Desk {
    /// Sends labels that wait. What does not arrive waits on.
    pub async fn send_labels(&self, which: Which) -> Result<Passed, DeskError> {
        let Ok(records) = &self.records else {
            return Ok(Passed::default());
        };
        let masking = self.opened().masking.clone();
        records.make_unmade(&|feedback| masking.feedback(feedback))?;
        bucket::send(&self.config, self.account.as_ref(), records, which).await
    }

    /// Forgets what the policy lets nobody keep, and seals with new keys what old ones sealed.
    fn tend_records(&self) -> Result<(), DeskError> {
        let Ok(records) = &self.records else { return Ok(()) };
        let now = Timestamp::now();
        if let Some(days) = self.config.policy.retention_days {
            records.forget(before(now, days))?;
        }
        records.rotate_if_due(now)?;
        reseal(records)?;
        kept::witness(&self.place, &self.config, records)
    }
}

fn before(now: Timestamp, days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}

fn reseal(records: &Records) -> Result<(), DeskError> {
    while records.reseal()? {}
    Ok(())
}
