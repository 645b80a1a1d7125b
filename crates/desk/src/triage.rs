//! Triage, for who looks after the knowledge: labels of all devices are read, shown beside their sources as they were
//! and as they are, and decided; what was fixed is proven by asking again. Labels are never changed here.

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use mortar_assistant::{Answer, Passage, Stop};
use mortar_feedback::{
    Act, Arrived, AskedAgain, DayCount, Decision, Feedback, Filter, Group, LabelRow, NoLabel, Records, Seen, State,
    Step, Taken, comes_right, days, decision_key, groups,
};
use mortar_sources::Document;
use mortar_store::{Condition, ReleaseStore, StoreError, get_small};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::bucket::bucket;
use crate::desk::{Desk, today};
use crate::error::DeskError;
use crate::since::Since;

/// A label with all its passages is smaller.
const LARGEST: u64 = 4 << 20;
/// Objects that are fetched at once, and that are kept in one transaction.
const AT_ONCE: usize = 8;
const KEPT_AT_ONCE: usize = 64;
/// Others may write between; so often it is read anew.
const TRIES: usize = 8;
/// Days that a trend shows.
const DAYS: u32 = 14;

/// What reading the bucket came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Pulled {
    /// Where labels lie.
    pub from: String,
    /// Labels and decisions that are new here.
    pub labels: u32,
    pub decisions: u32,
    /// All objects so far that are no label, and decisions that cannot be used, with why.
    pub no_labels: Vec<NoLabel>,
}

/// Labels by document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Triage {
    pub groups: Vec<Group>,
    /// The newest first.
    pub rows: Vec<LabelRow>,
    pub days: Vec<DayCount>,
}

/// A label with its sources in its release and in today's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LabelShown {
    pub row: LabelRow,
    pub note: String,
    pub draft: String,
    pub text: String,
    pub decision: Decision,
    /// The release of today.
    pub release: String,
    pub sources: Vec<SourceThen>,
    /// The document that it is about, as it is today.
    pub today: Option<Document>,
}

/// A passage that the answer was made from, and what became of its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SourceThen {
    pub passage: Passage,
    pub since: Option<Since>,
    /// What its document says today in that place, where it says something else: the nearest lines to it.
    pub now: Option<String>,
}

/// What a manager decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Decide {
    FixedIn { document: String },
    NotAFault { reason: String },
    Reopen,
}

impl Desk {
    fn bucket<'a>(&self, records: &'a Records) -> Box<dyn ReleaseStore + 'a> {
        bucket(&self.config, self.account.as_ref().map(|a| &a.aws), records)
    }

    /// Reads labels and decisions that are new in the bucket. Each label is read once, and what was read stays when this
    /// is broken off.
    pub async fn pull_labels(&self) -> Result<Pulled, DeskError> {
        let records = self.records()?;
        let bucket = self.bucket(records);
        let tenant = &self.place.tenant;
        let listed = bucket.list(&format!("tenant={tenant}/")).await?;
        let new = records.not_pulled(listed.into_iter().map(|l| l.key).collect())?;
        let mut labels = 0;
        for keys in new.chunks(KEPT_AT_ONCE) {
            let bucket = &*bucket;
            let fetched = stream::iter(keys).map(|key| async move {
                match get_small(bucket, key, LARGEST).await {
                    Ok((bytes, _)) => Ok(Some((key.clone(), bytes))),
                    // It was taken away meanwhile.
                    Err(StoreError::NotFound(_)) => Ok(None),
                    // Larger than any label: nothing of it is kept but that.
                    Err(StoreError::Refused(_)) => Ok(Some((key.clone(), Vec::new()))),
                    Err(e) => Err(e),
                }
            });
            let fetched: Vec<Result<_, StoreError>> = fetched.buffered(AT_ONCE).collect().await;
            // What came before one that did not come stays.
            let mut failed = None;
            let mut came = Vec::new();
            for one in fetched {
                match one {
                    Ok(object) => came.extend(object),
                    Err(e) => failed = failed.or(Some(e)),
                }
            }
            labels += records.pulled(&came)?;
            if let Some(e) = failed {
                return Err(e.into());
            }
        }
        let (decisions, unusable) = self.pull_decisions(records, &*bucket).await?;
        let mut no_labels = records.no_labels()?;
        no_labels.extend(unusable);
        Ok(Pulled {
            from: bucket.location(),
            labels,
            decisions,
            no_labels,
        })
    }

    async fn pull_decisions(
        &self,
        records: &Records,
        bucket: &dyn ReleaseStore,
    ) -> Result<(u32, Vec<NoLabel>), DeskError> {
        let prefix = format!("decisions/tenant={}/", self.place.tenant);
        let (mut new, mut unusable) = (0, Vec::new());
        for object in bucket.list(&prefix).await? {
            let name = object.key.strip_prefix(&prefix).and_then(|n| n.strip_suffix(".json"));
            let Some(label) = name.filter(|n| !n.contains('/')) else {
                continue;
            };
            let seen = Seen {
                modified: object.modified,
                bytes: object.bytes,
            };
            if records.is_seen(label, &seen)? {
                continue;
            }
            let (bytes, _) = get_small(bucket, &object.key, LARGEST).await?;
            match Decision::from_bytes(&bytes, &self.place.tenant, label) {
                Ok(decision) => {
                    new += u32::from(records.decided(label)? != decision);
                    records.saw(&decision, Some(seen))?;
                }
                Err(e) => unusable.push(NoLabel {
                    key: object.key,
                    why: e.to_string(),
                }),
            }
        }
        Ok((new, unusable))
    }

    /// Labels that were read, by document and one by one.
    pub fn triage(&self, filter: &Filter) -> Result<Triage, DeskError> {
        let mut rows: Vec<LabelRow> = self.records()?.arrived()?.iter().map(Arrived::row).collect();
        rows.retain(|row| filter.holds(row));
        rows.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(Triage {
            groups: groups(&rows),
            days: days(&rows, today(), DAYS),
            rows,
        })
    }

    /// A label with its question, draft, the operator's text and its sources, as they were and as they are.
    pub fn label_shown(&self, id: &str) -> Result<LabelShown, DeskError> {
        let arrived = self.records()?.arrived_one(id)?;
        let row = arrived.row();
        let Feedback { answer, label, .. } = &arrived.feedback;
        let for_today = answer.day.is_none();
        let mut sources = Vec::new();
        for passage in &answer.passages {
            let since = self.since(std::slice::from_ref(passage), for_today)?.pop();
            let now = match &since {
                Some(_) => self.says_now(passage)?,
                None => None,
            };
            sources.push(SourceThen {
                passage: passage.clone(),
                since,
                now,
            });
        }
        let opened = self.opened();
        let about = row
            .fixed_in
            .clone()
            .or_else(|| row.about.as_ref().map(|a| a.document.clone()));
        Ok(LabelShown {
            note: label.note.clone(),
            draft: arrived.feedback.draft.clone(),
            text: arrived.feedback.text.clone(),
            release: opened.release.manifest.release.clone(),
            today: about.map(|id| opened.release.document(&id)).transpose()?.flatten(),
            decision: arrived.decision,
            sources,
            row,
        })
    }

    /// Writes down what a manager decided about a label: beside the label, so that all managers see it. Whoever writes at
    /// the same time loses nothing: each step stands behind the one before.
    pub async fn decide(&self, id: &str, decide: &Decide) -> Result<LabelRow, DeskError> {
        let step = match decide {
            Decide::FixedIn { document } => {
                let document = document.trim();
                if document.is_empty() || document.len() > 512 {
                    return Err(DeskError::usage("name the document in which it was fixed"));
                }
                Step::FixedIn {
                    document: document.to_owned(),
                }
            }
            Decide::NotAFault { reason } => {
                if reason.trim().is_empty() {
                    return Err(DeskError::usage("say why it is no fault"));
                }
                Step::NotAFault {
                    reason: self.opened().masking.words(reason.trim()),
                }
            }
            Decide::Reopen => Step::Reopened,
        };
        self.take(id, step).await
    }

    async fn take(&self, id: &str, step: Step) -> Result<LabelRow, DeskError> {
        let records = self.records()?;
        let feedback = records.arrived_one(id)?.feedback;
        let bucket = self.bucket(records);
        let tenant = &self.place.tenant;
        let key = decision_key(tenant, id);
        for _ in 0..TRIES {
            let (mut decision, condition) = match get_small(&*bucket, &key, LARGEST).await {
                Ok((bytes, tag)) => (Decision::from_bytes(&bytes, tenant, id)?, Condition::IfUnchanged(tag)),
                Err(StoreError::NotFound(_)) => (Decision::new(tenant, id), Condition::IfAbsent),
                Err(e) => return Err(e.into()),
            };
            let taken = Taken {
                at: Timestamp::now(),
                by: records.device(),
                step: step.clone(),
            };
            let changed = decision.add(taken)?;
            if changed {
                match bucket.put(&key, decision.to_bytes()?, condition).await {
                    Ok(_) => {}
                    // Another manager was first: what stands there now goes before this.
                    Err(StoreError::Conflict(_)) => continue,
                    Err(e) => return Err(e.into()),
                }
                self.note(Act::Decided {
                    label: id.to_owned(),
                    state: decision.state(),
                });
            }
            records.saw(&decision, None)?;
            return Ok(Arrived { feedback, decision }.row());
        }
        Err(DeskError::failed(
            "others write about this label all the time: try again",
        ))
    }

    /// Asks the questions of labels again that were fixed and are not proven: one, or all. `tell` hears what each comes
    /// to. What comes right is verified.
    pub async fn verify_labels(
        &self,
        ids: Option<&[String]>,
        tell: &mut (dyn FnMut(AskedAgain) + Send),
    ) -> Result<Vec<AskedAgain>, DeskError> {
        let mut all = self.records()?.arrived()?;
        if let Some(ids) = ids {
            all.retain(|a| ids.contains(&a.feedback.id));
        }
        let mut out = Vec::new();
        for arrived in all {
            if arrived.decision.state() != State::Fixed {
                continue;
            }
            let Some(fixed_in) = arrived.decision.fixed_in().map(str::to_owned) else {
                continue;
            };
            let again = self.asked_again(&arrived).await?;
            let held = self.opened().release.document(&fixed_in)?.is_some();
            let found = comes_right(&arrived.feedback, &fixed_in, &again, held);
            let label = arrived.feedback.id.clone();
            if found.is_ok() {
                let step = Step::Verified {
                    document: fixed_in.clone(),
                    release: again.release.clone(),
                };
                self.take(&label, step).await?;
            }
            let asked = AskedAgain {
                label,
                question: arrived.question().to_owned(),
                fixed_in,
                release: again.release,
                not_yet: found.err(),
            };
            tell(asked.clone());
            out.push(asked);
        }
        Ok(out)
    }

    async fn asked_again(&self, arrived: &Arrived) -> Result<Answer, DeskError> {
        self.ask(arrived.question(), &[], None, Stop::default(), &mut |_| {})
            .await
    }
}
