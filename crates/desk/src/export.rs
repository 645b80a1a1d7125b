//! Sets that models learn from, written of the labels that were read: masked once more, each with a card that says what
//! is in it, what was left out and why. A folder that has something in it is not written into.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use mortar_assistant::{Embedder, Passage, prompt};
use mortar_feedback::export::{
    For, LeftOut, Likeness, Row, Split, conversational, distinct, jumpstart, row, split, template,
};
use mortar_feedback::{Act, Arrived, State, Verdict, clusters, word_vectors};
use mortar_knowledge::Release;
use mortar_privacy::seal::{hex, sha256};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::check::passages_of;
use crate::courtesy::Names;
use crate::desk::{Desk, today};
use crate::error::DeskError;

/// The format of a card.
const CARD_FORMAT: u32 = 1;
/// Questions of one gap are so much alike, by meaning and by words.
const ONE_GAP: f32 = 0.6;
const ONE_GAP_BY_WORDS: f32 = 0.5;

/// What is in a set, and what was left out of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    pub format: u32,
    pub of: For,
    pub tenant: String,
    pub made_at: Timestamp,
    /// The release by whose words it was masked.
    pub release: String,
    /// Labels that were read; rows to learn from and to test with.
    pub labels: usize,
    pub train: usize,
    pub test: usize,
    pub left_out: BTreeMap<String, usize>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub releases: BTreeMap<String, usize>,
    pub reasons: BTreeMap<String, usize>,
    pub good: usize,
    pub bad: usize,
    pub operators: usize,
    pub documents: usize,
    /// What likeness was told by: an embedding model, or words.
    pub alike_by: String,
    pub split: Split,
    /// Letters of a text on average: who prefers longer ones learns to be long.
    pub chosen_letters: usize,
    pub rejected_letters: Option<usize>,
    /// Labels of which something was masked only now.
    pub masked_now: usize,
    /// SHA-256 of each file.
    pub files: BTreeMap<String, String>,
}

/// New golden questions, to be read and accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoldenMade {
    pub file: String,
    pub questions: usize,
}

/// Questions that have no answer and ask the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Gap {
    /// The one that is most like the others.
    pub question: String,
    pub asked: u32,
    #[ts(type = "string")]
    pub newest: Timestamp,
    pub labels: Vec<String>,
}

impl Desk {
    /// Makes a set of the labels that were read, in an empty folder.
    pub async fn export_labels(&self, what: For, dir: &Path) -> Result<Card, DeskError> {
        let arrived = self.records()?.arrived()?;
        empty(dir)?;
        let opened = self.opened();
        let courtesy = self.config.customer.said(&Names::default());
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        let mut leave = |why: LeftOut, count: usize| {
            *left_out.entry(name(&why)).or_default() += count;
        };
        let (mut rows, mut masked_now) = (Vec::new(), 0);
        for a in &arrived {
            // A name that a laptop did not find, a newer program may.
            let feedback = opened.masking.feedback(&a.feedback);
            masked_now += usize::from(feedback != a.feedback);
            let a = Arrived {
                feedback,
                decision: a.decision.clone(),
            };
            let told = told(&a, &opened.release)?;
            let prompt = prompt::build(&self.config.instructions, a.question(), &told, &[], self.budget());
            match row(&a, what, prompt, &told, &courtesy) {
                Ok(row) => rows.push(row),
                Err(why) => leave(why, 1),
            }
        }
        let (mut likeness, alike_by) = self.likeness(&rows).await?;
        let gone = distinct(&mut rows, &mut likeness);
        if gone > 0 {
            leave(LeftOut::NearDuplicate, gone);
        }
        let split = split(&rows, &likeness.questions);
        let files = write_rows(dir, what, &rows, &split)?;
        let part = |test: bool| split.test.iter().filter(|t| **t == test).count();
        let used: Vec<&Arrived> = arrived
            .iter()
            .filter(|a| rows.iter().any(|r| r.label == a.feedback.id))
            .collect();
        let dates = || {
            used.iter()
                .map(|a| a.feedback.at.to_zoned(jiff::tz::TimeZone::UTC).date())
        };
        let card = Card {
            format: CARD_FORMAT,
            of: what,
            tenant: self.place.tenant.clone(),
            made_at: Timestamp::now(),
            release: opened.release.manifest.release.clone(),
            labels: arrived.len(),
            train: part(false),
            test: part(true),
            left_out,
            from: dates().min(),
            to: dates().max(),
            releases: counted(used.iter().map(|a| a.feedback.answer.release.clone())),
            reasons: counted(used.iter().flat_map(|a| a.feedback.label.reasons.iter().map(name))),
            good: used
                .iter()
                .filter(|a| a.feedback.label.verdict == Verdict::Good)
                .count(),
            bad: used.iter().filter(|a| a.feedback.label.verdict == Verdict::Bad).count(),
            operators: counted(rows.iter().map(|r| r.operator.clone())).len(),
            documents: counted(rows.iter().filter_map(|r| r.document.clone())).len(),
            alike_by,
            chosen_letters: mean(rows.iter().map(|r| r.chosen.chars().count())).unwrap_or(0),
            rejected_letters: mean(rows.iter().filter_map(|r| Some(r.rejected.as_ref()?.chars().count()))),
            masked_now,
            split,
            files,
        };
        let json = serde_json::to_string_pretty(&card).map_err(DeskError::failed)?;
        write(dir, "card.json", &format!("{json}\n"), &mut BTreeMap::new())?;
        write(dir, "README.md", &page(&card), &mut BTreeMap::new())?;
        self.note(Act::Exported {
            rows: rows.len() as u32,
        });
        Ok(card)
    }

    /// Golden questions of labels: good answers with the documents that they stand on, right refusals, and what was
    /// fixed and verified. For somebody to read before they are accepted.
    pub fn export_golden(&self, dir: &Path) -> Result<GoldenMade, DeskError> {
        let arrived = self.records()?.arrived()?;
        empty(dir)?;
        let opened = self.opened();
        let mut seen = std::collections::BTreeSet::new();
        let mut text = format!(
            "# Proposed by labels. Read each before it is kept.\nas_of = \"{}\"\n",
            today()
        );
        let mut questions = 0;
        for a in &arrived {
            let Some((kind, documents)) = golden(a) else { continue };
            let known = |d: &String| opened.release.document(d).is_ok_and(|d| d.is_some());
            let ask = opened.masking.words(a.question());
            if !documents.iter().all(known) || !seen.insert(ask.to_lowercase()) {
                continue;
            }
            text += &format!(
                "\n# label {}, {}\n[[question]]\nkind = \"{kind}\"\nask = {}\n",
                a.feedback.id,
                name(&a.decision.state()),
                toml::Value::from(ask)
            );
            if !documents.is_empty() {
                text += &format!("documents = {}\n", toml::Value::from(documents));
            }
            questions += 1;
        }
        write(dir, "golden.toml", &text, &mut BTreeMap::new())?;
        self.note(Act::Exported { rows: questions as u32 });
        Ok(GoldenMade {
            file: dir.join("golden.toml").display().to_string(),
            questions,
        })
    }

    /// Questions that have no answer, by meaning: what should be written next.
    pub async fn gaps(&self) -> Result<Vec<Gap>, DeskError> {
        let mut gaps = self.records()?.arrived()?;
        gaps.retain(|a| a.is_gap() && a.decision.state() == State::Open);
        let questions: Vec<String> = gaps.iter().map(|a| a.question().to_owned()).collect();
        let (vectors, at_least) = match self.embedded(&questions).await? {
            Some(vectors) => (vectors, ONE_GAP),
            None => {
                let texts: Vec<&str> = questions.iter().map(String::as_str).collect();
                (word_vectors(&texts), ONE_GAP_BY_WORDS)
            }
        };
        let gap = |members: Vec<usize>| {
            let like = |at: usize| -> f32 {
                members
                    .iter()
                    .map(|m| mortar_feedback::cosine(&vectors[*m], &vectors[at]))
                    .sum()
            };
            let middle = members.iter().copied().max_by(|a, b| like(*a).total_cmp(&like(*b)))?;
            Some(Gap {
                question: questions[middle].clone(),
                asked: members.len() as u32,
                newest: members.iter().map(|m| gaps[*m].feedback.at).max()?,
                labels: members.iter().map(|m| gaps[*m].feedback.id.clone()).collect(),
            })
        };
        Ok(clusters(&vectors, at_least).into_iter().filter_map(gap).collect())
    }

    /// Texts embedded on this device; nothing where it has no model.
    async fn embedded(&self, texts: &[String]) -> Result<Option<Vec<Vec<f32>>>, DeskError> {
        let Some(model) = &self.here.local else { return Ok(None) };
        if texts.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let vectors = model.embed(texts).await;
        Ok(Some(vectors.map_err(DeskError::failed)?))
    }

    async fn likeness(&self, rows: &[Row]) -> Result<(Likeness, String), DeskError> {
        let questions: Vec<String> = rows.iter().map(|r| r.question.clone()).collect();
        let texts: Vec<String> = rows.iter().map(|r| r.chosen.clone()).collect();
        let (questions, texts) = (self.embedded(&questions).await?, self.embedded(&texts).await?);
        Ok(match (questions, texts, &self.here.local) {
            (Some(questions), Some(texts), Some(model)) => (Likeness { questions, texts }, model.model().to_owned()),
            _ => (Likeness::by_words(rows), "words".to_owned()),
        })
    }
}

/// Writes rows by their part; the hash of each file.
fn write_rows(dir: &Path, what: For, rows: &[Row], split: &Split) -> Result<BTreeMap<String, String>, DeskError> {
    let mut files = BTreeMap::new();
    let part = |test: bool| {
        let parted = rows.iter().zip(&split.test).filter(move |(_, t)| **t == test);
        parted.map(|(row, _)| row)
    };
    write(dir, "train.jsonl", &lines(part(false), conversational), &mut files)?;
    write(dir, "test.jsonl", &lines(part(true), conversational), &mut files)?;
    if what == For::Sft {
        write(dir, "jumpstart/train.jsonl", &lines(part(false), jumpstart), &mut files)?;
        write(dir, "jumpstart/template.json", &format!("{}\n", template()), &mut files)?;
    }
    Ok(files)
}

/// The passages that a text is to be written from: those that the answer was written from; of a fault that is proven to
/// be fixed, the document in which it was fixed as it is today, before those of other documents.
fn told(a: &Arrived, release: &Release) -> Result<Vec<Passage>, DeskError> {
    let mut passages: Vec<Passage> = a
        .feedback
        .answer
        .passages
        .iter()
        .filter(|p| p.carries)
        .cloned()
        .collect();
    if let Some(fixed_in) = a.decision.fixed_in().filter(|_| a.decision.state() == State::Verified)
        && let Some(document) = release.document(fixed_in)?
    {
        passages.retain(|p| p.document != fixed_in);
        passages.splice(0..0, passages_of(&[document]));
        for (n, passage) in passages.iter_mut().enumerate() {
            passage.number = n as u32 + 1;
        }
    }
    Ok(passages)
}

/// The kind of a golden question that a label makes, with the documents that answer it.
fn golden(a: &Arrived) -> Option<(&'static str, Vec<String>)> {
    let proven = a.decision.fixed_in().filter(|_| a.decision.state() == State::Verified);
    if let Some(document) = proven {
        return Some(("plain", vec![document.to_owned()]));
    }
    if a.feedback.label.verdict == Verdict::Bad {
        return None;
    }
    match a.feedback.answer.abstained {
        true => Some(("uncovered", Vec::new())),
        false => Some(("plain", vec![a.document()?.document])),
    }
}

/// A name as JSON has it.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(s)) => s,
        _ => String::new(),
    }
}

fn counted(of: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    of.for_each(|key| *out.entry(key).or_default() += 1);
    out
}

fn mean(of: impl Iterator<Item = usize>) -> Option<usize> {
    let all: Vec<usize> = of.collect();
    (!all.is_empty()).then(|| all.iter().sum::<usize>() / all.len())
}

fn lines<'a>(rows: impl Iterator<Item = &'a Row>, of: fn(&Row) -> Value) -> String {
    rows.map(|row| format!("{}\n", of(row))).collect()
}

fn unusable(path: &Path, e: &std::io::Error) -> DeskError {
    DeskError::failed(format!("{}: {e}", path.display()))
}

fn empty(dir: &Path) -> Result<(), DeskError> {
    fs::create_dir_all(dir).map_err(|e| unusable(dir, &e))?;
    let mut entries = fs::read_dir(dir).map_err(|e| unusable(dir, &e))?;
    match entries.next() {
        Some(_) => Err(DeskError::usage(format!(
            "{} is not empty: name a new folder, so that nothing of another set stands beside this one",
            dir.display()
        ))),
        None => Ok(()),
    }
}

fn write(dir: &Path, name: &str, text: &str, files: &mut BTreeMap<String, String>) -> Result<(), DeskError> {
    let path = dir.join(name);
    let parent = path.parent().unwrap_or(dir);
    fs::create_dir_all(parent).map_err(|e| unusable(parent, &e))?;
    fs::write(&path, text).map_err(|e| unusable(&path, &e))?;
    files.insert(name.to_owned(), hex(&sha256(text.as_bytes())));
    Ok(())
}

/// The card for people.
fn page(card: &Card) -> String {
    let counts = |of: &BTreeMap<String, usize>| {
        let all: Vec<String> = of.iter().map(|(what, n)| format!("{what} {n}")).collect();
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    };
    let days = match (card.from, card.to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        _ => "no day".to_owned(),
    };
    let lengths = match card.rejected_letters {
        Some(rejected) => format!("{} chosen, {rejected} rejected", card.chosen_letters),
        None => card.chosen_letters.to_string(),
    };
    let by = card.split.by.join(", ");
    format!(
        "# Labels of {tenant}, for {what}\n\n\
         Internal. Texts are masked; nobody has looked through them for what masking does not find.\n\n\
         | | |\n|---|---|\n\
         | rows to learn from, to test with | {train}, {test} |\n\
         | labels read | {labels} |\n\
         | left out | {left_out} |\n\
         | days | {days} |\n\
         | releases | {releases} |\n\
         | verdicts | good {good}, bad {bad} |\n\
         | reasons | {reasons} |\n\
         | operators, documents | {operators}, {documents} |\n\
         | parted so that nothing is shared of | {by} |\n\
         | components, rows of the largest | {components}, {largest} |\n\
         | operators in both parts | {both} |\n\
         | likeness by | {alike_by} |\n\
         | letters of a text on average | {lengths} |\n\
         | labels of which more was masked at this export | {masked_now} |\n\
         | made at, by the words of release | {made_at}, {release} |\n",
        tenant = card.tenant,
        what = name(&card.of),
        train = card.train,
        test = card.test,
        labels = card.labels,
        left_out = counts(&card.left_out),
        releases = counts(&card.releases),
        good = card.good,
        bad = card.bad,
        reasons = counts(&card.reasons),
        operators = card.operators,
        documents = card.documents,
        components = card.split.components,
        largest = card.split.largest,
        both = card.split.operators_in_both,
        alike_by = card.alike_by,
        masked_now = card.masked_now,
        made_at = card.made_at,
        release = card.release,
    )
}
