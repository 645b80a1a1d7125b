//! The desk itself: what is open of one tenant. What can be done with it is in the files of its verbs.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Zoned;
use jiff::civil::Date;
use mortar_feedback::Records;
use mortar_knowledge::{Progress, Release};
use mortar_language::drugs::Lexicon;

use crate::account::Account;
use crate::config;
use crate::embedders::Embedders;
use crate::error::DeskError;
use crate::follow::Follows;
use crate::kept;
use crate::lexicon;
use crate::masking::Masking;
use crate::opened::{Elsewhere, Opened};
use crate::place::Place;
use crate::sample;
use crate::tenant::{Answers, TenantConfig};
use crate::wake::Wake;

pub struct Desk {
    pub(crate) place: Place,
    pub(crate) config: TenantConfig,
    /// Whose names are whose, the tenant's own among them.
    pub(crate) lexicon: Arc<Lexicon>,
    now: RwLock<Arc<Opened>>,
    pub(crate) here: Embedders,
    /// The tenant's models and buckets, where it has them.
    pub(crate) account: Option<Account>,
    /// The store that the release follows, where there is one.
    pub(crate) follows: Option<Follows>,
    pub(crate) records: Result<Records, String>,
    /// Wakes whoever looks after the records.
    pub(crate) wake: Arc<Wake>,
}

impl Desk {
    /// Opens a tenant. The sample tenant's release is made here where there is none yet; that of a tenant
    /// with a store is fetched.
    pub async fn open(place: Place, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Desk, DeskError> {
        // A home that may only be read stays as it is: what cannot be kept is said where it is to be kept.
        let _ = place.make_private();
        let config = config::read(&place)?;
        let account = Account::of(&place, &config)?;
        let here = Embedders::of(&place.weights, account.as_ref().and_then(|a| a.embedder.clone()));
        let follows = Follows::of(&place, &config, account.as_ref(), &here)?;
        let release = match (&place.release, &follows) {
            (Some(dir), _) => Release::open(dir)?,
            (None, Some(follows)) => follows.first(progress).await?,
            (None, None) => sample::release(&place, here.local.as_deref(), progress).await?,
        };
        let lexicon = lexicon::read(&config)?;
        Ok(Desk {
            now: RwLock::new(opened(release, &here, account.as_ref(), &config, &lexicon)),
            follows: follows.filter(|_| place.release.is_none()),
            lexicon,
            place,
            config,
            here,
            account,
            records: Err("not opened".into()),
            wake: Arc::default(),
        })
    }

    /// Opens the conversations too. The window does; a command that only reads does not.
    pub fn with_records(mut self) -> Self {
        self.records = kept::records(&self.place, &self.config).map_err(|e| e.to_string());
        self
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn config(&self) -> &TenantConfig {
        &self.config
    }

    /// The tenant's account, where it has one.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Why search goes by words alone, if it does.
    pub fn embedding_problem(&self) -> Option<String> {
        self.opened().problem().map(str::to_owned)
    }

    /// Chooses who writes answers, where IT has not; it holds from the next opening on.
    pub fn choose(&self, answers: Answers) -> Result<(), DeskError> {
        config::choose(&self.place, &self.config, answers)
    }

    /// What is read now. Whoever holds it stays with it, whatever is switched to meanwhile.
    pub(crate) fn opened(&self) -> Arc<Opened> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another release with the models that answer here, beside the one that is read.
    pub(crate) fn beside(&self, release: Arc<Release>) -> Arc<Opened> {
        opened(release, &self.here, self.account.as_ref(), &self.config, &self.lexicon)
    }

    /// Reads another release from now on.
    pub(crate) fn switch(&self, release: Arc<Release>) {
        let opened = self.beside(release);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = opened;
    }
}

/// A release with the models that answer from it, unless answers are to be verbatim.
fn opened(
    release: Arc<Release>,
    here: &Embedders,
    account: Option<&Account>,
    config: &TenantConfig,
    lexicon: &Arc<Lexicon>,
) -> Arc<Opened> {
    let masking = Masking::of(&release, lexicon, &config.links, here.local.clone());
    let writes = |_: &_| config.policy.answers == Answers::Model;
    let elsewhere = Elsewhere {
        reranker: account.and_then(|a| a.reranker.clone()),
        generator: account.and_then(|a| a.generator.clone()).filter(writes),
        checker: account.and_then(|a| a.checker.clone()),
    };
    Arc::new(Opened::of(release, here, elsewhere, masking))
}

#[expect(clippy::disallowed_methods, reason = "the edge: here the day is asked for")]
pub fn today() -> Date {
    Zoned::now().date()
}
