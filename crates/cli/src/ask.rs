//! What is asked of the knowledge: an answer, the documents for a question, all documents.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mortar_desk::assistant::{Stop, Turn, ask::AskError};
use mortar_desk::knowledge::Hit;
use mortar_desk::language::question;
use mortar_desk::sources::DocumentRow;
use mortar_desk::{Desk, DeskError};
use serde_json::{Value, json};

use crate::common::{Common, Source};
use crate::output::{self, Done};
use crate::print;

#[derive(Args)]
pub struct Ask {
    /// A hyphen reads it from stdin, so that it does not stand in the list of processes
    question: String,
    #[command(flatten)]
    source: Source,
    /// The question before, if this one follows it
    #[arg(long)]
    after: Option<String>,
}

/// More than any question is.
const LONGEST: u64 = 1 << 20;

fn from_stdin() -> Result<String, DeskError> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut text);
    read.map_err(|e| DeskError::usage(format!("stdin: {e}")))?;
    Ok(text.trim().to_owned())
}

pub async fn ask(common: &Common, mut what: Ask) -> Done {
    if what.question == "-" {
        what.question = from_stdin()?;
    }
    // A question that cannot be asked is refused before anything is opened.
    question::clean(&what.question).map_err(|e| DeskError::from(AskError::from(e)))?;
    let desk = common.open(&what.source).await?;
    let before: Vec<Turn> = what
        .after
        .into_iter()
        .map(|q| Turn {
            question: q,
            answer: String::new(),
        })
        .collect();
    let mut answer = desk
        .ask(&what.question, &before, what.source.as_of, Stop::default(), &mut |_| {})
        .await?;
    // For a person it stands on stderr already.
    if common.json {
        answer.notices.extend(desk.words_alone());
    }
    output::result(common.json, &answer, |to| print::answer(to, &answer))
}

#[derive(Args)]
pub struct Search {
    #[arg(required_unless_present = "queries")]
    question: Option<String>,
    #[command(flatten)]
    source: Source,
    /// Questions as JSON lines with _id and text
    #[arg(long, value_name = "FILE", requires = "run", conflicts_with = "question")]
    queries: Option<PathBuf>,
    /// Where the TREC run goes
    #[arg(long, value_name = "FILE", requires = "queries")]
    run: Option<PathBuf>,
    /// At most this many documents a question
    #[arg(short = 'k', default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

pub async fn search(common: &Common, what: Search) -> Done {
    let desk = common.open(&what.source).await?;
    let limit = what.limit as usize;
    if let (Some(queries), Some(run)) = (&what.queries, &what.run) {
        let results = trec(&desk, queries, run, limit, &what.source).await?;
        let report = json!({ "queries": results.len(), "run": run, "results": results });
        return output::result(common.json, &report, |to| {
            writeln!(to, "{} questions → {}", results.len(), run.display())
        });
    }
    let question = what.question.unwrap_or_default();
    let found = desk.search(&question, limit, what.source.as_of).await?;
    let rows: Vec<Value> = found.iter().map(|(d, h)| hit(d, h)).collect();
    output::result(common.json, &rows, |to| print::found(to, &found))
}

fn hit(document: impl serde::Serialize, hit: &Hit) -> Value {
    json!({ "document": document, "score": hit.probability(), "signals": hit.signals })
}

/// Answers a file of questions as a TREC run; what was found for each.
async fn trec(desk: &Desk, queries: &Path, run: &Path, limit: usize, source: &Source) -> Result<Vec<Value>, DeskError> {
    let bad = |path: &Path, e: &dyn Display| DeskError::usage(format!("{}: {e}", path.display()));
    let lines = BufReader::new(File::open(queries).map_err(|e| bad(queries, &e))?).lines();
    let mut file = BufWriter::new(File::create(run).map_err(|e| bad(run, &e))?);
    let mut all: Vec<Value> = Vec::new();
    for (n, line) in lines.enumerate() {
        let line = line.map_err(|e| bad(queries, &e))?;
        if line.trim().is_empty() {
            continue;
        }
        let query: Value = serde_json::from_str(&line).map_err(|e| bad(queries, &format!("line {}: {e}", n + 1)))?;
        let (Some(id), Some(text)) = (query["_id"].as_str(), query["text"].as_str()) else {
            return Err(bad(queries, &format!("line {}: _id and text are needed", n + 1)));
        };
        let found: Vec<(DocumentRow, Hit)> = desk.search(text, limit, source.as_of).await?;
        let rows: Vec<Value> = found.iter().map(|(d, h)| hit(&d.id, h)).collect();
        all.push(json!({ "_id": id, "found": rows }));
        for (rank, (document, _)) in found.iter().enumerate() {
            // The order is the result; the score only has to fall.
            writeln!(file, "{id} Q0 {} {} {} mortar", document.id, rank + 1, limit - rank).map_err(|e| bad(run, &e))?;
        }
    }
    file.flush().map_err(|e| bad(run, &e))?;
    Ok(all)
}

#[derive(Args)]
pub struct Browse {
    id: Option<String>,
    #[command(flatten)]
    source: Source,
    /// Only documents that hold these words
    #[arg(long, conflicts_with = "id")]
    find: Option<String>,
}

pub async fn browse(common: &Common, what: Browse) -> Done {
    let desk = common.open(&what.source).await?;
    if let Some(id) = what.id {
        let document = desk.document(&id)?;
        return output::result(common.json, &document, |to| print::document(to, &document));
    }
    let rows = match what.find {
        Some(words) => desk.find_as_typed(&words)?,
        None => desk.documents()?,
    };
    output::result(common.json, &rows, |to| print::rows(to, &rows))
}
