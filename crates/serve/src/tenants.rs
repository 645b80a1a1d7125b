//! The tenants of this service: each a front of its own, with its own limit, answers under way and people. Nothing is
//! shared between two of them but the processor.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mortar_desk::{Desk, DeskError, Front, Host, Json, Place};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use crate::config::TenantLimits;
use crate::failure::Failure;
use crate::log;
use crate::runs::Runs;

/// A tenant that cannot be opened is tried again: its store may not be reached yet.
const OPEN_AGAIN: Duration = Duration::from_secs(10);

pub struct Tenant {
    pub id: String,
    pub front: Arc<Front>,
    pub runs: Runs,
    pub theirs: Theirs,
    at_once: Arc<Semaphore>,
}

/// A service has no clipboard and no browser of anybody's.
struct NoShell;

impl Host for NoShell {
    fn copy(&self, _: &str) -> Result<(), String> {
        Err("there is no clipboard here".into())
    }

    fn pasted(&self) -> Result<String, String> {
        Err("there is no clipboard here".into())
    }

    fn open_link(&self, _: &str) -> Result<(), String> {
        Err("there is no browser here".into())
    }

    fn tell(&self, _: &str, _: String) {}
}

pub type Tenants = BTreeMap<String, Arc<Tenant>>;

pub fn tenants(home: Option<PathBuf>, limits: &BTreeMap<String, TenantLimits>) -> Result<Tenants, DeskError> {
    let tenant = |(id, limits): (&String, &TenantLimits)| {
        let place = Place {
            unattended: true,
            ..Place::new(home.clone(), Some(id.clone()), None)?
        };
        let tenant = Tenant {
            id: id.clone(),
            front: Front::new(Box::new(NoShell), Ok(place)),
            runs: Runs::default(),
            theirs: Theirs::default(),
            at_once: Arc::new(Semaphore::new(limits.at_once)),
        };
        Ok((id.clone(), Arc::new(tenant)))
    };
    limits.iter().map(tenant).collect()
}

/// Opens them all, each by itself; done when all are open.
pub async fn open(tenants: &Tenants) {
    let mut opening = JoinSet::new();
    for tenant in tenants.values() {
        let (runtime, tenant) = (Handle::current(), Arc::clone(tenant));
        opening.spawn_blocking(move || runtime.block_on(tenant.open()));
    }
    while opening.join_next().await.is_some() {}
}

impl Tenant {
    async fn open(&self) {
        while let Err(e) = self.front.call("open", json!({}), &mut |_| {}).await {
            log::say(&json!({ "tenant": self.id, "not_open": e.message }));
            tokio::time::sleep(OPEN_AGAIN).await;
        }
        log::say(&json!({ "tenant": self.id, "open": true }));
    }

    pub fn is_open(&self) -> bool {
        self.front.desk().is_ok()
    }

    /// What is open of it.
    pub fn desk(&self) -> Result<Arc<Desk>, Failure> {
        self.front.desk().map_err(|_| Failure::Closed)
    }

    /// One more request of this tenant, until the permit is let go; at once or not at all.
    pub fn permit(&self) -> Result<Arc<OwnedSemaphorePermit>, Failure> {
        let permit = self.at_once.clone().try_acquire_owned();
        permit.map(Arc::new).map_err(|_| Failure::Full)
    }

    /// An answer and its conversation are of whoever asked.
    pub fn keep_ids(&self, asked: &str, subject: &str) {
        #[derive(Deserialize)]
        struct Ids {
            id: String,
            conversation: String,
        }
        #[derive(Deserialize)]
        struct Asked {
            exchange: Option<Ids>,
        }
        if let Ok(Asked { exchange: Some(ids) }) = serde_json::from_str(asked) {
            self.theirs.keep(&ids.id, subject);
            self.theirs.keep(&ids.conversation, subject);
        }
    }

    /// One call of the desk that tells nothing on its way.
    pub async fn call(&self, name: &'static str, arguments: Value) -> Result<String, Failure> {
        let front = self.front.clone();
        let call = move || async move { front.call(name, arguments, &mut |_| {}).await };
        let Json(done) = self.apart(call).await?;
        Ok(done)
    }

    /// Awaits what computes on a thread that may be kept, within the tenant's limit. Whoever asks and vanishes ends it.
    pub async fn apart<T, F, G>(&self, what: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce() -> G + Send + 'static,
        G: Future<Output = Result<T, DeskError>>,
    {
        self.desk()?;
        let (permit, runtime) = (self.permit()?, Handle::current());
        let (_asking, vanished) = oneshot::channel::<()>();
        let done = tokio::task::spawn_blocking(move || {
            let _until_it_is_over = permit;
            runtime.block_on(async {
                tokio::select! {
                    done = what() => done,
                    _ = vanished => Err(DeskError::failed("Nobody waits for it.")),
                }
            })
        });
        Ok(done.await.map_err(DeskError::failed)??)
    }
}

/// Whose conversations and answers are whose, for as long as this process runs: a person goes on with their own and
/// labels their own. The oldest are forgotten first.
#[derive(Default)]
pub struct Theirs(Mutex<Held>);

#[derive(Default)]
struct Held {
    whose: HashMap<String, Arc<str>>,
    order: VecDeque<String>,
}

/// A long shift of a large team.
const MOST: usize = 100_000;

impl Theirs {
    pub fn keep(&self, id: &str, subject: &str) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.whose.insert(id.to_owned(), subject.into()).is_none() {
            held.order.push_back(id.to_owned());
        }
        while held.order.len() > MOST {
            if let Some(oldest) = held.order.pop_front() {
                held.whose.remove(&oldest);
            }
        }
    }

    /// What is another's is as if it were not there.
    pub fn check(&self, id: &str, subject: &str) -> Result<(), Failure> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.whose.get(id).is_some_and(|whose| **whose == *subject) {
            true => Ok(()),
            false => Err(Failure::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_anothers_is_not_there_and_the_oldest_goes_first() {
        let theirs = Theirs::default();
        theirs.keep("a", "Ana");
        assert!(theirs.check("a", "Ana").is_ok());
        assert!(theirs.check("a", "Ben").is_err() && theirs.check("b", "Ana").is_err());
        for n in 0..MOST {
            theirs.keep(&n.to_string(), "Ben");
        }
        assert!(theirs.check("a", "Ana").is_err() && theirs.check("0", "Ben").is_ok());
    }
}
