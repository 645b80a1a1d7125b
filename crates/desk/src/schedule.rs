//! What is due behind an operator's back, and when. Data alone: nothing here waits, sends or reads a clock.

use std::time::{Duration, Instant};

use mortar_feedback::Which;
use mortar_store::sync::{CHECK_JITTER, SyncStep};

/// How often a front hears how far a sync is that it did not ask for: as often as it is drawn.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// What happened on a desk that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Opened,
    Labelled,
    SignedIn,
    /// Somebody asked for it.
    SentAgain,
    /// The store was looked at, whatever came of it.
    Checked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Labels that wait go on their way; what does not arrive waits on the device.
    Labels(Which),
    /// The store is looked at, in so long.
    Check { after: Duration },
}

/// What is due after something happened. `every`: how often the store is looked at, where one is followed;
/// `chance` lies between 0 and 1.
pub fn due(what: Occasion, every: Option<Duration>, chance: f64) -> Vec<Due> {
    let check = |after: Duration| every.map(|_| Due::Check { after });
    match what {
        Occasion::Opened => [Some(Due::Labels(Which::All)), check(Duration::ZERO)]
            .into_iter()
            .flatten()
            .collect(),
        Occasion::Labelled => vec![Due::Labels(Which::Due)],
        Occasion::SignedIn | Occasion::SentAgain => vec![Due::Labels(Which::All)],
        Occasion::Checked => every
            .and_then(|every| check(next_check(every, chance)))
            .into_iter()
            .collect(),
    }
}

/// Somewhat sooner or later, so that laptops that were started together do not ask together.
fn next_check(every: Duration, chance: f64) -> Duration {
    every.mul_f64(1.0 - CHECK_JITTER + 2.0 * CHECK_JITTER * chance)
}

/// Which of many steps of a sync are worth telling.
#[derive(Default)]
pub struct Pace(Option<(SyncStep, Instant)>);

impl Pace {
    pub fn tells(&mut self, step: SyncStep, now: Instant) -> bool {
        let tells = self
            .0
            .is_none_or(|(told, at)| told != step || now.duration_since(at) > TOLD_EVERY);
        if tells {
            self.0 = Some((step, now));
        }
        tells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn labels_go_when_they_can_and_the_store_is_looked_at_now_and_then() {
        let now = Due::Check { after: Duration::ZERO };
        assert_eq!(due(Occasion::Opened, Some(HOUR), 0.5), [Due::Labels(Which::All), now]);
        assert_eq!(due(Occasion::Labelled, Some(HOUR), 0.5), [Due::Labels(Which::Due)]);
        assert_eq!(due(Occasion::SignedIn, Some(HOUR), 0.5), [Due::Labels(Which::All)]);
        let [Due::Check { after }] = due(Occasion::Checked, Some(HOUR), 0.5)[..] else {
            panic!("the next look alone")
        };
        assert_eq!(after, HOUR);
    }

    #[test]
    fn without_a_store_none_is_looked_at() {
        assert_eq!(due(Occasion::Opened, None, 0.5), [Due::Labels(Which::All)]);
        assert_eq!(due(Occasion::Checked, None, 0.5), []);
    }

    #[test]
    fn laptops_that_began_together_do_not_ask_together() {
        let minutes = |chance| next_check(HOUR, chance).as_secs_f64() / 60.0;
        assert_eq!([minutes(0.0), minutes(0.25), minutes(1.0)], [48.0, 54.0, 72.0]);
    }

    #[test]
    fn a_step_is_told_at_once_and_then_as_often_as_it_is_drawn() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        let mut tells = |step, ms| pace.tells(step, began + Duration::from_millis(ms));
        assert!(tells(SyncStep::Checking, 0));
        assert!(!tells(SyncStep::Checking, 200));
        assert!(tells(SyncStep::Downloading, 201));
        assert!(!tells(SyncStep::Downloading, 300));
        assert!(tells(SyncStep::Downloading, 402));
    }
}
