//! Answers under way: each is computed on a thread of its own and told to whoever listens, from its beginning or from
//! where somebody lost it. An answer that nobody listens to any more is ended, and with it the call of its model.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::Stream;
use mortar_desk::DeskError;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, watch};
use ulid::Ulid;

use crate::ending::Ending;

/// So long an answer waits for somebody who lost it to come back.
const PATIENCE: Duration = Duration::from_secs(5);
/// And so long one that is whole can be had again.
const KEPT: Duration = Duration::from_secs(60);
/// No answer takes so long.
const LONGEST: Duration = Duration::from_secs(120);

/// What is told: an event as the window hears it, or how it all ended.
#[derive(Debug, Clone)]
pub enum Told {
    Event(Arc<str>),
    Result(Arc<str>),
    Failed(DeskError),
}

impl Told {
    fn is_end(&self) -> bool {
        !matches!(self, Told::Event(_))
    }
}

/// An answer under way.
pub struct Run {
    pub id: Ulid,
    subject: String,
    log: Mutex<Log>,
    /// How much was told.
    told: watch::Sender<usize>,
    listeners: watch::Sender<usize>,
}

#[derive(Default)]
struct Log {
    told: Vec<Told>,
    ended: Option<Instant>,
}

/// Those of one tenant, until a while after their end.
pub struct Runs {
    under_way: Mutex<HashMap<Ulid, Arc<Run>>>,
    patience: Duration,
}

impl Default for Runs {
    fn default() -> Self {
        Runs {
            under_way: Mutex::default(),
            patience: PATIENCE,
        }
    }
}

impl Runs {
    /// Begins to compute; `permit` is held until the answer is over.
    pub fn begin<F, G>(&self, subject: &str, permit: Arc<OwnedSemaphorePermit>, ending: &Ending, compute: F) -> Listener
    where
        F: FnOnce(Arc<Run>) -> G + Send + 'static,
        G: Future<Output = Result<String, DeskError>>,
    {
        let run = Arc::new(Run {
            id: Ulid::generate(),
            subject: subject.to_owned(),
            log: Mutex::default(),
            told: watch::Sender::new(0),
            listeners: watch::Sender::new(0),
        });
        let listener = Listener::of(run.clone());
        let mut runs = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, r| r.held().ended.is_none_or(|at| at.elapsed() < KEPT));
        runs.insert(run.id, run.clone());
        drop(runs);
        let (runtime, ending, patience) = (Handle::current(), ending.clone(), self.patience);
        // It computes and reads: no thread of others' requests has time for that.
        tokio::task::spawn_blocking(move || {
            let end = runtime.block_on(computed(&run, &ending, patience, compute));
            // Whoever hears the end may ask again at once.
            drop(permit);
            run.tell(end);
        });
        listener
    }

    /// One that the same person began.
    pub fn find(&self, id: Ulid, subject: &str) -> Option<Listener> {
        let runs = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&id)
            .filter(|r| r.subject == subject)
            .cloned()
            .map(Listener::of)
    }
}

/// What a computation comes to: its result, or why it was not waited for.
async fn computed<F, G>(run: &Arc<Run>, ending: &Ending, patience: Duration, compute: F) -> Told
where
    F: FnOnce(Arc<Run>) -> G,
    G: Future<Output = Result<String, DeskError>>,
{
    let failed = |message: &str| Told::Failed(DeskError::failed(message));
    let computing = pin!(compute(run.clone()));
    tokio::select! {
        done = computing => match done {
            Ok(result) => Told::Result(result.into()),
            Err(e) => Told::Failed(e),
        },
        () = run.abandoned(patience) => failed("Nobody listens any more."),
        () = ending.over() => failed("The service ends. Ask again."),
        () = tokio::time::sleep(LONGEST) => failed("The answer took too long. Ask again."),
    }
}

impl Run {
    pub fn tell(&self, what: Told) {
        let mut log = self.held();
        if log.ended.is_some() {
            return;
        }
        if what.is_end() {
            log.ended = Some(Instant::now());
        }
        log.told.push(what);
        let so_far = log.told.len();
        drop(log);
        self.told.send_replace(so_far);
    }

    /// Done when nobody has listened for a while.
    async fn abandoned(&self, patience: Duration) {
        let mut listeners = self.listeners.subscribe();
        loop {
            let _ = listeners.wait_for(|n| *n == 0).await;
            let back = listeners.wait_for(|n| *n > 0);
            if tokio::time::timeout(patience, back).await.is_err() {
                return;
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens.
pub struct Listener(Arc<Run>);

impl Listener {
    fn of(run: Arc<Run>) -> Listener {
        run.listeners.send_modify(|n| *n += 1);
        Listener(run)
    }

    pub fn id(&self) -> Ulid {
        self.0.id
    }

    /// What is told first: where nothing can be answered, that is how it ended.
    pub async fn first(&self) -> Told {
        let mut told = self.0.told.subscribe();
        // The sender lives as long as this does.
        let _ = told.wait_for(|n| *n > 0).await;
        self.0.held().told[0].clone()
    }

    /// All that is told from a place on, with the number of each; `permit` is held until nobody listens here.
    pub fn told(
        self,
        from: usize,
        permit: Arc<OwnedSemaphorePermit>,
    ) -> impl Stream<Item = (usize, Told)> + Send + 'static {
        let told = self.0.told.subscribe();
        futures::stream::unfold((self, from, told, permit), |(ear, next, mut told, permit)| async move {
            loop {
                let (what, ended) = {
                    let log = ear.0.held();
                    (log.told.get(next).cloned(), log.ended.is_some())
                };
                match what {
                    Some(what) => return Some(((next, what), (ear, next + 1, told, permit))),
                    None if ended => return None,
                    None => told.wait_for(|n| *n > next).await.map(|_| ()).ok()?,
                }
            }
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.listeners.send_modify(|n| *n = n.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    async fn permit(of: &Arc<Semaphore>) -> Arc<OwnedSemaphorePermit> {
        Arc::new(of.clone().acquire_owned().await.unwrap())
    }

    fn impatient() -> Runs {
        Runs {
            patience: Duration::from_millis(10),
            ..Runs::default()
        }
    }

    /// Tells when it is dropped, as a call of a model would be.
    struct Call(Option<oneshot::Sender<()>>);

    impl Drop for Call {
        fn drop(&mut self) {
            let _ = self.0.take().unwrap().send(());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_permit_is_held_until_the_stream_is_over() {
        let (room, runs) = (Arc::new(Semaphore::new(1)), Runs::default());
        let permit = permit(&room).await;
        let (go_on, wait) = oneshot::channel::<()>();
        let compute = |run: Arc<Run>| async move {
            run.tell(Told::Event("first".into()));
            let _ = wait.await;
            Ok("done".to_owned())
        };
        let listener = runs.begin("ana", permit.clone(), &Ending::default(), compute);
        assert!(matches!(listener.first().await, Told::Event(e) if &*e == "first"));
        let mut stream = Box::pin(listener.told(0, permit));
        assert!(stream.next().await.is_some());
        assert_eq!(room.available_permits(), 0, "the head of the stream is not its end");
        go_on.send(()).unwrap();
        assert!(matches!(stream.next().await, Some((1, Told::Result(_)))));
        assert!(stream.next().await.is_none());
        drop(stream);
        let _again = room.acquire().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_vanishes_ends_the_call_of_the_model_and_makes_room() {
        let (room, runs) = (Arc::new(Semaphore::new(1)), impatient());
        let permit = permit(&room).await;
        let (dropped, ended) = oneshot::channel();
        let compute = |run: Arc<Run>| async move {
            let _call = Call(Some(dropped));
            run.tell(Told::Event("first".into()));
            std::future::pending().await
        };
        let listener = runs.begin("ana", permit.clone(), &Ending::default(), compute);
        let mut stream = Box::pin(listener.told(0, permit));
        assert!(stream.next().await.is_some());
        drop(stream);
        ended.await.unwrap();
        let _again = room.acquire().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn at_the_end_of_the_service_a_stream_is_told_so() {
        let (room, runs, ending) = (Arc::new(Semaphore::new(1)), Runs::default(), Ending::default());
        let permit = permit(&room).await;
        let listener = runs.begin("ana", permit.clone(), &ending, |_| std::future::pending());
        let run = listener.id();
        let mut stream = Box::pin(listener.told(0, permit));
        ending.end();
        assert!(matches!(stream.next().await, Some((0, Told::Failed(_)))));
        assert!(stream.next().await.is_none());
        assert!(runs.find(run, "ana").is_some() && runs.find(run, "ben").is_none());
    }
}
