//! A circuit breaker: an endpoint that fails again and again is left alone for a while, so that an
//! operator does not wait for it at each question.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mortar_assistant::{Fault, ModelError};
use serde::{Deserialize, Serialize};

const FAILURES: u32 = 3;
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(120);

/// How an endpoint does, for the bar at the bottom of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Well,
    /// It failed lately and is asked all the same.
    Shaky,
    /// It is left alone for now.
    Open,
}

#[derive(Default)]
pub struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    pause: Duration,
    until: Option<Instant>,
    /// One question tries whether it is well again.
    trying: bool,
}

impl Breaker {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to call at all. What comes of it is told to what is given back; dropped without that, the
    /// call was not made or was given up, and the next may try.
    pub fn ask(&self, now: Instant) -> Result<Trial<'_>, ModelError> {
        let mut s = self.state();
        match s.until {
            Some(until) if now < until || s.trying => Err(ModelError::new(
                Fault::Busy,
                format!(
                    "the endpoint failed {} times and is not asked again for {} s",
                    s.failures,
                    until.saturating_duration_since(now).as_secs() + 1
                ),
            )),
            Some(_) => {
                s.trying = true;
                Ok(Trial { of: self, alone: true })
            }
            None => Ok(Trial { of: self, alone: false }),
        }
    }

    /// What came of a call. Only what may be different a little later counts against the endpoint.
    pub fn told(&self, now: Instant, result: Result<(), Fault>) {
        let mut s = self.state();
        match result {
            Ok(()) => *s = State::default(),
            Err(Fault::Offline | Fault::Busy | Fault::Slow | Fault::Failed) => {
                s.failures += 1;
                if s.failures >= FAILURES {
                    s.pause = if s.pause.is_zero() {
                        FIRST
                    } else {
                        (s.pause * 2).min(LONGEST)
                    };
                    s.until = Some(now + s.pause);
                }
            }
            Err(_) => {}
        }
    }

    pub fn health(&self, now: Instant) -> Health {
        let s = self.state();
        match s.until {
            Some(until) if now < until => Health::Open,
            _ if s.failures > 0 => Health::Shaky,
            _ => Health::Well,
        }
    }
}

/// One call that may be made.
pub struct Trial<'a> {
    of: &'a Breaker,
    /// It alone tries whether the endpoint is well again.
    alone: bool,
}

impl Trial<'_> {
    pub fn told(self, now: Instant, result: Result<(), Fault>) {
        self.of.told(now, result);
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if self.alone {
            self.of.state().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_tries_once_and_recovers() {
        let (b, t) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            b.ask(t).unwrap().told(t, Err(Fault::Offline));
        }
        assert_eq!((b.ask(t).is_err(), b.health(t)), (true, Health::Open));
        let later = t + FIRST;
        let given_up = b.ask(later).unwrap();
        assert!(b.ask(later).is_err(), "one tries, the others wait");
        drop(given_up);
        // A call that an operator stopped says nothing: the next one tries.
        b.ask(later).unwrap().told(later, Err(Fault::Busy));
        assert!(b.ask(later + FIRST).is_err(), "the pause grows");
        let last = later + FIRST * 2;
        b.ask(last).unwrap().told(last, Ok(()));
        assert_eq!(b.health(last), Health::Well);
    }

    #[test]
    fn who_is_not_signed_in_is_not_the_endpoints_fault() {
        let (b, t) = (Breaker::default(), Instant::now());
        (0..10).for_each(|_| b.told(t, Err(Fault::SignIn)));
        assert_eq!(b.health(t), Health::Well);
    }
}
