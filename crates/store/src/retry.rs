//! How often others are asked again, and after what pause: longer each time, and never all at once (exponential
//! backoff with jitter). The only back-off of the program: the SDK's own is off.

use std::sync::Arc;
use std::time::Duration;

use crate::error::StoreError;
use crate::port::{Condition, ReleaseStore, get_small};

/// A store is asked at most so often for one thing.
pub const ATTEMPTS: u32 = 6;
/// Whoever has no network is told so sooner.
pub const ATTEMPTS_OFFLINE: u32 = 3;
/// Whoever has too much to do is given time: where all laptops come at once, fewer would let many of them go away with
/// nothing until their next check (docs/SCALE.md).
pub const ATTEMPTS_BUSY: u32 = 8;
/// The longest that the first pause may be; each one after it may be twice as long.
pub const FIRST_PAUSE: Duration = Duration::from_millis(400);
pub const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// This share of the longest pause is always waited, the rest by lot.
pub const LEAST: f64 = 0.5;

/// The longest that the pause after so many attempts may be.
pub fn longest_pause(attempts: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE)
}

/// The pause after so many attempts.
pub fn pause(attempts: u32) -> Duration {
    longest_pause(attempts).mul_f64(rand::random_range(LEAST..=1.0))
}

/// Whether it is to be tried again after so many attempts.
pub fn once_more(e: &StoreError, attempts: u32) -> bool {
    let most = match e {
        StoreError::Offline(_) => ATTEMPTS_OFFLINE,
        StoreError::Busy(_) => ATTEMPTS_BUSY,
        _ => ATTEMPTS,
    };
    e.passes() && attempts < most
}

/// Does it again where that may help.
pub async fn again<T, F>(mut what: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempts = 0;
    loop {
        attempts += 1;
        match what().await {
            Err(e) if once_more(&e, attempts) => tokio::time::sleep(pause(attempts)).await,
            other => return other,
        }
    }
}

/// Writes an object, again where that may help. A write may be done although its answer was lost: whoever is then
/// told that somebody else was first looks whether that was itself.
pub async fn put(
    store: &Arc<dyn ReleaseStore>,
    key: &str,
    bytes: Vec<u8>,
    condition: Condition,
) -> Result<String, StoreError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match store.put(key, bytes.clone(), condition.clone()).await {
            Err(conflict @ StoreError::Conflict(_)) if attempts > 1 => {
                let there = again(|| get_small(&**store, key, bytes.len() as u64)).await;
                return match there {
                    Ok((there, tag)) if there == bytes => Ok(tag),
                    _ => Err(conflict),
                };
            }
            Err(e) if once_more(&e, attempts) => tokio::time::sleep(pause(attempts)).await,
            other => return other,
        }
    }
}

/// Writes an object whose key names its hash. Where one is there already, it has the same bytes.
pub async fn put_once(store: &Arc<dyn ReleaseStore>, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
    match again(|| store.put(key, bytes.clone(), Condition::IfAbsent)).await {
        Err(StoreError::Conflict(_)) => Ok(()),
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::future::BoxFuture;
    use futures::stream::{self, StreamExt};

    use super::*;
    use crate::port::{Got, Listed, Want};

    /// One object; the answer to its first write is lost.
    #[derive(Default)]
    struct Forgetful {
        held: Mutex<Option<Vec<u8>>>,
        asked: Mutex<u32>,
    }

    impl ReleaseStore for Forgetful {
        fn location(&self) -> String {
            "forgetful".into()
        }
        fn get<'a>(&'a self, key: &'a str, _: Want) -> BoxFuture<'a, Result<Got, StoreError>> {
            Box::pin(async move {
                let held = self.held.lock().unwrap().clone();
                let bytes = held.ok_or_else(|| StoreError::NotFound(key.into()))?;
                Ok(Got::Body {
                    tag: "tag".into(),
                    bytes: stream::iter([Ok(bytes)]).boxed(),
                })
            })
        }
        fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, _: Condition) -> BoxFuture<'a, Result<String, StoreError>> {
            Box::pin(async move {
                *self.asked.lock().unwrap() += 1;
                let mut held = self.held.lock().unwrap();
                if held.is_some() {
                    return Err(StoreError::Conflict(key.into()));
                }
                *held = Some(bytes);
                Err(StoreError::Failed("the answer is lost".into()))
            })
        }
        fn list<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, StoreError>> {
            Box::pin(async { Ok(Vec::new()) })
        }
        fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
            Box::pin(async { Ok(()) })
        }
    }

    #[tokio::test]
    async fn a_write_whose_answer_was_lost_is_no_conflict_with_itself() {
        let store = Arc::new(Forgetful::default());
        let port: Arc<dyn ReleaseStore> = store.clone();
        let written = put(&port, "k", b"mine".to_vec(), Condition::IfAbsent).await;
        assert!(matches!(written.as_deref(), Ok("tag")), "{written:?}");
        assert_eq!(*store.asked.lock().unwrap(), 2);
        // What somebody else wrote is theirs, also after a failure.
        *store.held.lock().unwrap() = None;
        let theirs = async {
            tokio::time::sleep(FIRST_PAUSE.mul_f64(LEAST / 2.0)).await;
            *store.held.lock().unwrap() = Some(b"theirs".to_vec());
        };
        let (mine, ()) = futures::join!(put(&port, "k", b"mine".to_vec(), Condition::IfAbsent), theirs);
        assert!(matches!(mine, Err(StoreError::Conflict(_))), "{mine:?}");
    }

    #[test]
    fn pauses_grow_and_differ() {
        for attempts in 1..12 {
            let longest = longest_pause(attempts);
            let some: Vec<Duration> = (0..50).map(|_| pause(attempts)).collect();
            let least = longest.mul_f64(LEAST);
            assert!(
                some.iter().all(|p| *p >= least && *p <= longest),
                "{attempts}: {some:?}"
            );
            assert!(longest >= longest_pause(attempts - 1) && longest <= LONGEST_PAUSE);
            assert!(some.iter().collect::<std::collections::HashSet<_>>().len() > 5);
        }
        assert_eq!(longest_pause(1), FIRST_PAUSE);
        assert_eq!(longest_pause(u32::MAX), LONGEST_PAUSE);
    }
}
