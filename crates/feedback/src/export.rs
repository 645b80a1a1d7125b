//! What models learn from: rows made of labels, without those that would teach something wrong, and parted so that
//! nothing of the test stands in the training. Pure: texts come masked, and nothing is read or written here.

use std::collections::{BTreeMap, BTreeSet};

use mortar_assistant::grounding::Sources;
use mortar_assistant::prompt::{Prompt, Role};
use mortar_assistant::{Citation, Grounding, Passage, Sentence};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::alike::{Parts, cosine};
use crate::label::Verdict;
use crate::triage::{Arrived, State};

/// Questions and texts that are so much alike teach the same.
const SAME: f32 = 0.95;
/// Questions that are so much alike are of one cluster, which is not parted.
pub const ONE_CLUSTER: f32 = 0.8;
/// Of all rows, so many are to test with.
const TEST: f64 = 0.1;
/// A component with more of the rows than this leaves nothing to part.
const SWALLOWS: f64 = 0.5;

/// Who learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum For {
    Sft,
    Dpo,
    Kto,
}

/// Why nothing was made of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Nothing was written, so that there is nothing to learn from.
    Refused,
    /// Bad, and the operator wrote nothing better.
    NotCorrected,
    /// It has an edit, and is no plain yes or no.
    Edited,
    /// The operator's text is the draft, but for greetings and spaces.
    SameAsDraft,
    /// A sentence to learn has no source among the passages.
    NoSource,
    /// It would teach to write a placeholder that is not in the prompt.
    Placeholder,
    /// A manager found no fault.
    NotAFault,
    /// Another row has nearly the same question and text.
    NearDuplicate,
}

/// One row, with what it must not be parted from.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub label: String,
    pub question: String,
    pub prompt: Prompt,
    /// What is to be written.
    pub chosen: String,
    /// What is not.
    pub rejected: Option<String>,
    /// Of a text that is neither: whether it is good.
    pub good: Option<bool>,
    pub operator: String,
    pub document: Option<String>,
}

/// Makes a row of a label. `prompt` is what a generator is told, `told` the passages in it, `courtesy` what claims nothing
/// here.
pub fn row(
    arrived: &Arrived,
    what: For,
    prompt: Prompt,
    told: &[Passage],
    courtesy: &[String],
) -> Result<Row, LeftOut> {
    let feedback = &arrived.feedback;
    if feedback.answer.abstained || told.is_empty() {
        return Err(LeftOut::Refused);
    }
    let text = Text::of(&feedback.text, told, told, courtesy);
    // The draft was written from what was known then.
    let draft = Text::of(&feedback.draft, &feedback.answer.passages, told, courtesy);
    let edited = plain(&text.without_marks) != plain(&draft.without_marks);
    let good = feedback.label.verdict == Verdict::Good;
    let fault_denied = arrived.decision.state() == State::NotAFault;
    let (rejected, label) = match what {
        For::Sft if !good && !edited => return Err(LeftOut::NotCorrected),
        For::Dpo if !edited => return Err(LeftOut::SameAsDraft),
        For::Kto if edited => return Err(LeftOut::Edited),
        For::Sft => (None, None),
        For::Dpo => (Some(draft.with_marks.clone()), None),
        For::Kto => (None, Some(good)),
    };
    if fault_denied && !good {
        return Err(LeftOut::NotAFault);
    }
    // What is bad need not have a source.
    if label != Some(false) && !text.stands {
        return Err(LeftOut::NoSource);
    }
    let chosen = if what == For::Kto { draft } else { text };
    let prompted: String = prompt.messages.iter().map(|m| m.content.as_str()).collect();
    let invented = |t: &str| placeholders(t).iter().any(|p| !prompted.contains(p.as_str()));
    if invented(&chosen.with_marks) || rejected.as_deref().is_some_and(invented) {
        return Err(LeftOut::Placeholder);
    }
    Ok(Row {
        label: feedback.id.clone(),
        question: arrived.question().to_owned(),
        prompt,
        chosen: chosen.with_marks,
        rejected,
        good: label,
        operator: feedback.operator.clone(),
        document: arrived.document().map(|d| d.document),
    })
}

/// A text as a generator is to write it: without what is only courtesy, each sentence with the numbers of its passages.
struct Text {
    without_marks: String,
    with_marks: String,
    /// Every sentence stands on the passages.
    stands: bool,
}

impl Text {
    /// Grounded anew: what a laptop said of it is not relied on. Numbers are those of the passages that are `told`.
    fn of(text: &str, passages: &[Passage], told: &[Passage], courtesy: &[String]) -> Text {
        let sources = Sources::new(passages)
            .approving(courtesy.iter().map(String::as_str))
            .telling();
        let sentences = sources.ground_text(text);
        // A greeting with a name in it greets, whoever it is.
        let greets = |s: &Sentence| {
            let unnamed = placeholders(&s.text)
                .iter()
                .fold(s.text.clone(), |t, p| t.replace(&format!(" {p}"), ""));
            unnamed != s.text && sources.ground(&unnamed, 0, &[]).grounding == Grounding::Courtesy
        };
        let claims: Vec<&Sentence> = sentences
            .iter()
            .filter(|s| s.grounding != Grounding::Courtesy && !greets(s))
            .collect();
        let stands = |s: &&Sentence| matches!(s.grounding, Grounding::Verbatim | Grounding::Supported);
        let lines = |line: &dyn Fn(&Sentence) -> String| claims.iter().map(|s| line(s)).collect::<Vec<_>>().join("\n");
        Text {
            without_marks: lines(&|s| s.text.trim().to_owned()),
            with_marks: lines(&|s| marked(s, told)),
            stands: !claims.is_empty() && claims.iter().all(stands),
        }
    }
}

fn marked(sentence: &Sentence, told: &[Passage]) -> String {
    let all = sentence.claims.iter().flat_map(|c| &c.citations);
    let number = |c: &Citation| {
        let same = told.iter().find(|p| p.id == c.passage);
        same.or_else(|| told.iter().find(|p| p.document == c.document))
            .map(|p| p.number)
    };
    let numbers: BTreeSet<u32> = sentence.citations.iter().chain(all).filter_map(number).collect();
    let mut out = sentence.text.trim().to_owned();
    for number in numbers {
        out += &format!(" [{number}]");
    }
    out
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `[NAME 1]` and the like.
fn placeholders(text: &str) -> Vec<String> {
    let is = |inside: &&str| {
        let (word, number) = inside.rsplit_once(' ').unwrap_or_default();
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_uppercase() || c == ' ')
            && !number.is_empty()
            && number.chars().all(|c| c.is_ascii_digit())
    };
    let pieces = text
        .split('[')
        .skip(1)
        .filter_map(|p| p.split_once(']'))
        .map(|(inside, _)| inside);
    pieces.filter(is).map(|inside| format!("[{inside}]")).collect()
}

/// How much alike two rows are, by their questions and by what they teach: two vectors a row.
pub struct Likeness {
    pub questions: Vec<Vec<f32>>,
    pub texts: Vec<Vec<f32>>,
}

impl Likeness {
    /// By words alone, where nothing embeds.
    pub fn by_words(rows: &[Row]) -> Likeness {
        let of = |texts: Vec<&str>| crate::alike::word_vectors(&texts);
        Likeness {
            questions: of(rows.iter().map(|r| r.question.as_str()).collect()),
            texts: of(rows.iter().map(|r| r.chosen.as_str()).collect()),
        }
    }
}

/// Takes out rows that teach nearly the same as a later one, with their likeness; how many.
pub fn distinct(rows: &mut Vec<Row>, likeness: &mut Likeness) -> usize {
    let same = |a: usize, b: usize| {
        cosine(&likeness.questions[a], &likeness.questions[b]) >= SAME
            && cosine(&likeness.texts[a], &likeness.texts[b]) >= SAME
            && rows[a].good == rows[b].good
    };
    // Ids are in the order of time: the newest of those alike stays.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| rows[*b].label.cmp(&rows[*a].label));
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        if !kept.iter().any(|k| same(*k, at)) {
            kept.push(at);
        }
    }
    kept.sort_unstable();
    let gone = rows.len() - kept.len();
    *rows = kept.iter().map(|k| rows[*k].clone()).collect();
    likeness.questions = kept.iter().map(|k| likeness.questions[*k].clone()).collect();
    likeness.texts = kept.iter().map(|k| likeness.texts[*k].clone()).collect();
    gone
}

/// How rows were parted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// What no two of which share between the parts: `operator`, `document`, `cluster`.
    pub by: Vec<String>,
    pub components: usize,
    /// Rows of the largest one.
    pub largest: usize,
    /// Operators whose rows stand in both parts; none, where rows were parted by operator.
    pub operators_in_both: usize,
    /// For each row whether it is to test with.
    #[serde(skip)]
    pub test: Vec<bool>,
}

/// Parts rows into those to learn from and those to test with: what shares an operator, a document or a cluster of
/// questions stays together. Where one component swallows most of all, operators alone may stand in both.
pub fn split(rows: &[Row], questions: &[Vec<f32>]) -> Split {
    let strict = parted(rows, questions, true);
    let swallowed = rows.len() > 1 && strict.largest as f64 > rows.len() as f64 * SWALLOWS;
    if swallowed {
        parted(rows, questions, false)
    } else {
        strict
    }
}

fn parted(rows: &[Row], questions: &[Vec<f32>], by_operator: bool) -> Split {
    let mut parts = Parts::new(rows.len());
    let mut by = vec!["document".to_owned(), "cluster".to_owned()];
    let mut first: BTreeMap<(u8, &str), usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let operator = (by_operator && !row.operator.is_empty()).then_some((0, row.operator.as_str()));
        let document = row.document.as_deref().map(|d| (1, d));
        for key in [operator, document].into_iter().flatten() {
            parts.join(*first.entry(key).or_insert(at), at);
        }
        for before in 0..at {
            if cosine(&questions[before], &questions[at]) >= ONE_CLUSTER {
                parts.join(before, at);
            }
        }
    }
    if by_operator {
        by.insert(0, "operator".to_owned());
    }
    let mut components = parts.components();
    let largest = components.iter().map(Vec::len).max().unwrap_or(0);
    // The smallest first, so that the test is of many things; of as many rows by the first label, which never changes.
    components.sort_by_key(|c| (c.len(), c.iter().map(|at| rows[*at].label.as_str()).min()));
    let wanted = (rows.len() as f64 * TEST).round() as usize;
    let mut test = vec![false; rows.len()];
    let mut taken = 0;
    // One is always left to learn from.
    let count = components.len();
    for component in components.iter().take(count.saturating_sub(1)) {
        if taken + component.len() <= wanted {
            taken += component.len();
            component.iter().for_each(|at| test[*at] = true);
        }
    }
    let of = |part: bool| -> BTreeSet<&str> {
        let rows = rows.iter().zip(&test).filter(|(_, t)| **t == part);
        rows.map(|(r, _)| r.operator.as_str())
            .filter(|o| !o.is_empty())
            .collect()
    };
    Split {
        by,
        components: count,
        largest,
        operators_in_both: of(true).intersection(&of(false)).count(),
        test,
    }
}

/// A row in TRL's conversational form.
pub fn conversational(row: &Row) -> Value {
    let said = |text: &str| json!([{ "role": "assistant", "content": text }]);
    let mut prompt: Vec<Value> = Vec::new();
    if !row.prompt.system.is_empty() {
        prompt.push(json!({ "role": "system", "content": row.prompt.system }));
    }
    for message in &row.prompt.messages {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        prompt.push(json!({ "role": role, "content": message.content }));
    }
    match (&row.rejected, row.good) {
        (Some(rejected), _) => json!({ "prompt": prompt, "chosen": said(&row.chosen), "rejected": said(rejected) }),
        (None, Some(good)) => json!({ "prompt": prompt, "completion": said(&row.chosen), "label": good }),
        (None, None) => json!({ "prompt": prompt, "completion": said(&row.chosen) }),
    }
}

/// A row as JumpStart's instruction tuning reads it, beside [`template`].
pub fn jumpstart(row: &Row) -> Value {
    let told: Vec<&str> = row.prompt.messages.iter().map(|m| m.content.as_str()).collect();
    json!({ "instruction": row.prompt.system, "context": told.join("\n\n"), "response": row.chosen })
}

/// JumpStart's `template.json`.
pub fn template() -> Value {
    json!({ "prompt": "{instruction}\n\n{context}\n\n", "completion": "{response}" })
}

#[cfg(test)]
mod tests;
