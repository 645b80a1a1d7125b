//! One tenant opened: the ports joined, the verbs offered. Every front (the window, the command
//! line) goes through here, and nothing here knows which front it is.

mod attacks;
mod connection;
mod doctor;
mod eval;
mod eval_page;
mod figures;
mod lexicon;
mod models;
mod planted;
mod ranking;
mod releases;
mod remembered;
mod sample;
mod tenant;

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

pub use attacks::AttackFigures;
pub use connection::{Account, Connection};
pub use doctor::{Check, doctor};
pub use eval::{Evaluation, QuestionResult};
pub use eval_page::page;
pub use figures::Figure;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
pub use mortar_assistant as assistant;
use mortar_assistant::ask::AskError;
use mortar_assistant::grounding::Sources;
use mortar_assistant::{Answer, Ask, Embedder, Event, Generator, Passage, Sentence, Stop, Turn};
pub use mortar_aws::{Health, Probed, SignedIn};
pub use mortar_feedback as feedback;
use mortar_feedback::{ConversationRow, Exchange, Label, Records, RecordsError};
pub use mortar_knowledge as knowledge;
use mortar_knowledge::{BuildError, Built, Hit, OpenError, Progress, Release};
pub use mortar_language as language;
use mortar_language::drugs::Lexicon;
use mortar_local::{MiniLm, Verbatim, default_folder};
pub use mortar_sources as sources;
use mortar_sources::{Document, DocumentRow, Fault, ImportError};
pub use mortar_store as store;
pub use planted::GroundingFigures;
pub use ranking::RankingFigures;
pub use releases::{Following, Freshness, Knowledge, Since, SinceState, StoreOptions, Work};
use releases::{Follows, embedders};
use remembered::Remembered;
use serde::{Deserialize, Serialize};
pub use tenant::{Answers, TenantConfig};
use ts_rs::TS;

/// Tokens that a whole prompt may take; the default of small models with room for their answer.
const PROMPT_BUDGET: usize = 3000;

/// What went wrong, for a person and, where a front acts on it, for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeskError {
    pub code: String,
    pub message: String,
}

impl std::fmt::Display for DeskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeskError {}

impl DeskError {
    pub fn new(code: &str, message: impl ToString) -> Self {
        DeskError {
            code: code.to_owned(),
            message: message.to_string(),
        }
    }

    /// What was asked of the program makes no sense, as opposed to: it was tried and failed.
    pub fn is_usage(&self) -> bool {
        matches!(self.code.as_str(), "empty_question" | "long_question" | "usage")
    }
}

impl From<OpenError> for DeskError {
    fn from(e: OpenError) -> Self {
        let code = match e {
            OpenError::NotThere(_) => "no_release",
            OpenError::Newer { .. } => "newer_release",
            _ => "damaged_release",
        };
        DeskError::new(code, e)
    }
}

impl From<BuildError> for DeskError {
    fn from(e: BuildError) -> Self {
        match e {
            BuildError::Faults(faults) => DeskError::new("faulty_sources", faults_told(&faults)),
            BuildError::Open(e) => e.into(),
            e => DeskError::new("build_failed", e),
        }
    }
}

impl From<ImportError> for DeskError {
    fn from(e: ImportError) -> Self {
        DeskError::new("usage", e)
    }
}

impl From<AskError> for DeskError {
    fn from(e: AskError) -> Self {
        DeskError::new(e.code(), &e)
    }
}

impl From<RecordsError> for DeskError {
    fn from(e: RecordsError) -> Self {
        DeskError::new("records", e)
    }
}

/// The first faults, one a line; a thousand would hide them.
fn faults_told(faults: &[Fault]) -> String {
    const SHOWN: usize = 20;
    let mut out: Vec<String> = faults.iter().take(SHOWN).map(Fault::to_string).collect();
    if faults.len() > SHOWN {
        out.push(format!("and {} more", faults.len() - SHOWN));
    }
    format!("Nothing was written, because these cannot be used:\n{}", out.join("\n"))
}

/// Where everything is, and which tenant.
#[derive(Debug, Clone)]
pub struct Place {
    pub home: PathBuf,
    pub tenant: String,
    /// A release to use directly instead of the tenant's own.
    pub release: Option<PathBuf>,
    /// Where the embedding model's weights are.
    pub weights: PathBuf,
    /// A tenant's configuration to use instead of the one in the home folder.
    pub tenant_file: Option<PathBuf>,
    /// What IT set for all users of this machine.
    pub machine: PathBuf,
}

impl Place {
    /// `home` and `tenant` as given, or the defaults of this machine.
    pub fn new(home: Option<PathBuf>, tenant: Option<String>, release: Option<PathBuf>) -> Result<Place, DeskError> {
        let home = match home.or_else(|| std::env::var_os("MORTAR_HOME").map(PathBuf::from)) {
            Some(home) => home,
            None => directories::ProjectDirs::from("", "", "mortar")
                .map(|d| d.data_dir().to_owned())
                .ok_or_else(|| DeskError::new("usage", "this user has no home folder: give one with --home"))?,
        };
        let tenant = tenant.unwrap_or_else(|| sample::TENANT.to_owned());
        if !tenant::is_id(&tenant) {
            return Err(DeskError::new(
                "usage",
                format!("“{tenant}” is no tenant: small letters, digits and hyphens only"),
            ));
        }
        Ok(Place {
            home,
            tenant,
            release,
            weights: default_folder(),
            tenant_file: None,
            machine: tenant::machine_folder(),
        })
    }

    /// With the configuration of a file, and the tenant that it names.
    pub fn with_tenant_file(mut self, file: PathBuf) -> Result<Place, DeskError> {
        self.tenant = tenant::id_of(&file)?;
        self.tenant_file = Some(file);
        Ok(self)
    }

    /// The same place of another tenant.
    pub fn of_tenant(&self, tenant: &str) -> Result<Place, DeskError> {
        let other = Place::new(Some(self.home.clone()), Some(tenant.to_owned()), None)?;
        // The file that was named at the start is of one tenant alone.
        Ok(match &self.tenant_file {
            Some(file) if tenant::id_of(file)? == tenant => other.with_tenant_file(file.clone())?,
            _ => Place {
                machine: self.machine.clone(),
                ..other
            },
        })
    }

    pub fn tenants(&self) -> Vec<String> {
        tenant::known(self)
    }

    fn tenant_dir(&self) -> PathBuf {
        self.home.join("tenants").join(&self.tenant)
    }
}

/// The state of the desk, for the bar at the bottom of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    pub tenant: String,
    pub tenant_name: String,
    pub suggestions: Vec<String>,
    pub release: String,
    #[ts(type = "string")]
    pub release_created_at: Timestamp,
    /// Where the release comes from; none where it was made on this device.
    pub knowledge: Option<Knowledge>,
    pub documents: u32,
    pub passages: u32,
    /// None: search goes by words alone, and `embedding_problem` says why.
    pub embedding: Option<String>,
    pub embedding_problem: Option<String>,
    pub generation: String,
    /// Why conversations and labels cannot be kept, if they cannot.
    pub records_problem: Option<String>,
    pub labels_waiting: u32,
    /// Models or buckets of this tenant are on AWS: somebody must be signed in.
    pub on_aws: bool,
    pub tenants: Vec<String>,
    pub answers: Answers,
    /// Which file of IT's sets who writes answers, if one does.
    pub answers_locked: Option<String>,
    #[ts(type = "string")]
    pub today: Date,
}

/// The release that is read, and who embeds questions for it.
pub(crate) struct Opened {
    pub release: Arc<Release>,
    /// The first embeds, the second where it fails. Why there is none, otherwise.
    embedders: Result<Vec<SharedEmbedder>, String>,
}

type SharedEmbedder = Arc<Remembered<Box<dyn Embedder>>>;

impl Opened {
    fn of(release: Arc<Release>, all: &Result<Vec<SharedEmbedder>, String>) -> Opened {
        let made: Vec<&str> = release.manifest.embeddings.iter().map(|e| e.model.as_str()).collect();
        let embedders = match all {
            Err(e) => Err(e.clone()),
            Ok(_) if made.is_empty() => Err("this release was made without an embedding model".to_owned()),
            Ok(all) => {
                let fit: Vec<SharedEmbedder> = all.iter().filter(|e| made.contains(&e.model())).cloned().collect();
                match all.first() {
                    // A query embedded by another model than the release's finds nothing that is meant.
                    Some(first) if fit.is_empty() => {
                        let message = format!(
                            "the release was made with the embedding model {}, questions are embedded by {}. Choose a \
                             release made with that, or the model of this one",
                            made.join(" and "),
                            first.model()
                        );
                        let other = models::Other {
                            model: first.model().to_owned(),
                            message,
                        };
                        Ok(vec![Arc::new(Remembered::new(Box::new(other) as Box<dyn Embedder>))])
                    }
                    _ => Ok(fit),
                }
            }
        };
        Opened { release, embedders }
    }

    fn embedder(&self, nth: usize) -> Option<&dyn Embedder> {
        let e = self.embedders.as_ref().ok()?.get(nth)?;
        Some(&**e as &dyn Embedder)
    }
}

pub struct Desk {
    place: Place,
    config: TenantConfig,
    /// Whose names are whose, the tenant's own among them.
    lexicon: Arc<Lexicon>,
    now: RwLock<Arc<Opened>>,
    /// All that can embed here, the tenant's own model first.
    embedders: Result<Vec<SharedEmbedder>, String>,
    /// The tenant's models and buckets, where it has them.
    account: Option<Account>,
    /// The store that the release follows, where there is one.
    follows: Option<Follows>,
    records: Result<Records, String>,
}

impl Desk {
    /// Opens a tenant. The sample tenant's release is made here where there is none yet; that of a tenant
    /// with a store is fetched.
    pub async fn open(place: Place, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Desk, DeskError> {
        let config = tenant::read(&place)?;
        let local = MiniLm::open(&place.weights).map(Arc::new).map_err(|e| e.to_string());
        let account = Account::of(&place, &config)?;
        let embedders = embedders(&local, account.as_ref());
        let follows = Follows::of(&place, &config, account.as_ref(), &embedders)?;
        let release = match (&place.release, &follows) {
            (Some(dir), _) => Release::open(dir)?,
            (None, Some(follows)) => follows.first(progress).await?,
            (None, None) => sample::release(&place, local.as_deref().ok(), progress).await?,
        };
        Ok(Desk {
            now: RwLock::new(Arc::new(Opened::of(release, &embedders))),
            follows: follows.filter(|_| place.release.is_none()),
            lexicon: lexicon::read(&config)?,
            place,
            config,
            embedders,
            account,
            records: Err("not opened".into()),
        })
    }

    /// What is read now. Whoever holds it stays with it, whatever is switched to meanwhile.
    pub(crate) fn opened(&self) -> Arc<Opened> {
        self.now.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Opens the conversations too. The window does; a command that only reads does not.
    pub fn with_records(mut self) -> Self {
        self.records = Records::open(&self.place.tenant_dir().join("records")).map_err(|e| e.to_string());
        self
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn config(&self) -> &TenantConfig {
        &self.config
    }

    fn records(&self) -> Result<&Records, DeskError> {
        self.records.as_ref().map_err(|e| DeskError::new("records", e))
    }

    pub fn status(&self) -> Status {
        let opened = self.opened();
        let m = &opened.release.manifest;
        Status {
            tenant: self.place.tenant.clone(),
            tenant_name: self.config.name.clone(),
            suggestions: self.config.suggestions.clone(),
            release: m.release.clone(),
            release_created_at: m.source.as_ref().map_or(m.created_at, |s| s.published_at),
            knowledge: self.knowledge(),
            documents: m.documents,
            passages: m.passages,
            embedding: opened.embedder(0).map(|e| e.model().to_owned()),
            embedding_problem: opened.embedders.as_ref().err().cloned(),
            generation: self.generator().map_or("verbatim", Generator::model).to_owned(),
            records_problem: self.records.as_ref().err().cloned(),
            labels_waiting: self.records.as_ref().ok().and_then(|r| r.waiting().ok()).unwrap_or(0),
            on_aws: self.account.is_some(),
            tenants: self.place.tenants(),
            answers: self.config.policy.answers,
            answers_locked: self
                .config
                .locked
                .get("policy.answers")
                .map(|p| p.display().to_string()),
            today: today(),
        }
    }

    /// The tenant's generation model, unless answers are to be verbatim.
    fn generator(&self) -> Option<&dyn Generator> {
        let model = self.account.as_ref().and_then(|a| a.generator.as_ref());
        model
            .filter(|_| self.config.policy.answers == Answers::Model)
            .map(|g| g as &dyn Generator)
    }

    /// Answers a question; `before` is what was said so far in the conversation.
    pub async fn ask(
        &self,
        question: &str,
        before: &[Turn],
        as_of: Option<Date>,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Answer, DeskError> {
        self.fresh_enough()?;
        let opened = self.opened();
        let with = Ask {
            embedder: opened.embedder(0),
            embedder_instead: opened.embedder(1),
            retriever: &*opened.release,
            generator: self.generator().unwrap_or(&Verbatim),
            instead: self.generator().map(|_| &Verbatim as &dyn Generator),
            inference_id: match &self.account {
                Some(_) => ulid::Ulid::generate().to_string(),
                None => String::new(),
            },
            instructions: &self.config.instructions,
            budget: self.account.as_ref().map_or(PROMPT_BUDGET, Account::budget),
            as_of: as_of.unwrap_or_else(today),
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            before,
            stop,
        };
        Ok(assistant::ask(&with, question, tell).await?)
    }

    /// Answers a question within a kept conversation and keeps the answer. If it cannot be kept, the
    /// answer is still given: the window says that it is not kept.
    pub async fn converse(
        &self,
        question: &str,
        conversation: Option<&str>,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(Answer, Option<Exchange>), DeskError> {
        let before = match (conversation, &self.records) {
            (Some(id), Ok(records)) => records.turns(id)?,
            _ => Vec::new(),
        };
        let answer = self.ask(question, &before, None, stop, tell).await?;
        let kept = match &self.records {
            Ok(records) => records.add(conversation, &answer).ok(),
            Err(_) => None,
        };
        Ok((answer, kept))
    }

    /// Goes on with a kept answer that broke off, from the operator's text as it is kept.
    pub async fn go_on(
        &self,
        exchange: &str,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Exchange, DeskError> {
        let records = self.records()?;
        let (kept, before) = records.with_before(exchange)?;
        let generator = self
            .generator()
            .filter(|_| kept.answer.incomplete)
            .ok_or_else(|| DeskError::new("usage", "there is nothing to go on with: ask again"))?;
        let opened = self.opened();
        let with = Ask {
            embedder: opened.embedder(0),
            embedder_instead: opened.embedder(1),
            retriever: &*opened.release,
            generator,
            instead: None,
            inference_id: kept.answer.inference_id.clone().unwrap_or_default(),
            instructions: &self.config.instructions,
            budget: self.account.as_ref().map_or(PROMPT_BUDGET, Account::budget),
            as_of: kept.answer.as_of,
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            before: &before,
            stop,
        };
        let (answer, text) = assistant::go_on(&with, &kept.answer, &kept.text, tell).await;
        Ok(records.went_on(exchange, answer, text)?)
    }

    /// The grounding of a text that the operator edited.
    pub fn ground(&self, text: &str, passages: &[Passage]) -> Vec<Sentence> {
        Sources::new(passages).ground_text(text)
    }

    /// The documents for a query, best first.
    pub async fn search(
        &self,
        text: &str,
        limit: usize,
        as_of: Option<Date>,
    ) -> Result<Vec<(DocumentRow, Hit)>, DeskError> {
        let text = mortar_language::question::clean(text).map_err(AskError::from)?;
        let as_of = as_of.unwrap_or_else(today);
        let opened = self.opened();
        let (first, instead) = (opened.embedder(0), opened.embedder(1));
        let search = assistant::Search {
            embedder: first,
            instead,
            retriever: &*opened.release,
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            inference_id: "",
        };
        let (query, _, failed) = assistant::query(&search, &text, &text, as_of, limit).await?;
        match failed {
            // A list that is silently worse would mislead who measures by it.
            Some(e) => Err(AskError::Embed(e).into()),
            None => Ok(opened.release.search(&query)?),
        }
    }

    /// All documents, by title.
    pub fn documents(&self) -> Result<Vec<DocumentRow>, DeskError> {
        Ok(self.opened().release.documents()?)
    }

    /// The documents that hold what was typed so far.
    pub fn find_as_typed(&self, typed: &str) -> Result<Vec<DocumentRow>, DeskError> {
        Ok(self.opened().release.find_as_typed(typed, 200)?)
    }

    pub fn document(&self, id: &str) -> Result<Document, DeskError> {
        self.opened()
            .release
            .document(id)?
            .ok_or_else(|| DeskError::new("no_document", format!("this release has no document “{id}”")))
    }

    /// The day's conversations, newest first.
    pub fn conversations(&self) -> Result<Vec<ConversationRow>, DeskError> {
        let midnight = Zoned::now()
            .start_of_day()
            .map(|z| z.timestamp())
            .unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(self.records()?.conversations(midnight)?)
    }

    pub fn conversation(&self, id: &str) -> Result<Vec<Exchange>, DeskError> {
        Ok(self.records()?.conversation(id)?)
    }

    pub fn save_text(&self, exchange: &str, text: String, confirmed: Vec<String>) -> Result<(), DeskError> {
        Ok(self.records()?.save_text(exchange, text, confirmed)?)
    }

    pub fn copied(&self, exchange: &str, text: String, confirmed: Vec<String>) -> Result<(), DeskError> {
        Ok(self.records()?.copied(exchange, text, confirmed)?)
    }

    /// Chooses who writes answers, where IT has not; it holds from the next opening on.
    pub fn choose(&self, answers: Answers) -> Result<(), DeskError> {
        tenant::choose(&self.place, &self.config, answers)
    }

    /// The tenant's account, where it has one.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Sends the labels that wait; how many have arrived. What does not arrive waits on.
    pub async fn send_labels(&self) -> Result<u32, DeskError> {
        let (Some(account), Ok(records)) = (&self.account, &self.records) else {
            return Ok(0);
        };
        account.send(records).await
    }

    /// Labels an answer or a refusal, with the grounding of the text as it stands.
    pub fn label(&self, exchange: &str, label: Label, sentences: Vec<Sentence>) -> Result<Exchange, DeskError> {
        Ok(self.records()?.label(exchange, label, sentences)?)
    }
}

pub fn today() -> Date {
    Zoned::now().date()
}

/// Builds a release from sources into a folder.
pub async fn build(
    sources: &[PathBuf],
    out: &Path,
    skip_bad: bool,
    weights: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Built, Option<String>), DeskError> {
    let imported = mortar_sources::import(sources)?;
    let (embedder, problem) = match MiniLm::open(weights) {
        Ok(e) => (Some(e), None),
        Err(e) => (None, Some(e.to_string())),
    };
    let embedder = embedder.as_ref().map(|e| e as &dyn Embedder);
    Ok((
        knowledge::build(imported, skip_bad, embedder, out, progress).await?,
        problem,
    ))
}

#[cfg(test)]
mod tests;
