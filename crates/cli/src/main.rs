//! `mortar`, the command line. Each command unpacks its arguments, makes one call into the desk and
//! prints what comes back: results on stdout, everything else on stderr.

mod print;
mod store;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use mortar_desk::assistant::{Stop, Turn};
use mortar_desk::{Account, Desk, DeskError, Place};
use serde_json::{Value, json};

/// Grounded answers from a pharmacy's own knowledge.
#[derive(Parser)]
#[command(name = "mortar", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
struct Common {
    /// Where all state is kept (else MORTAR_HOME, else the user's data folder)
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Whose knowledge (else the sample pharmacy)
    #[arg(long, global = true)]
    tenant: Option<String>,
    /// Use the tenant's configuration in this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "tenant")]
    tenant_file: Option<PathBuf>,
    /// Print one JSON value; its shape is in docs/CLI.md
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Answer a question from the knowledge, each sentence with its source
    Ask {
        question: String,
        #[command(flatten)]
        source: Source,
        /// The question before, if this one follows it
        #[arg(long)]
        after: Option<String>,
    },
    /// List the documents for a question, or write a TREC run for a file of questions
    Search {
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
    },
    /// List all documents, or read one by its id
    Browse {
        id: Option<String>,
        #[command(flatten)]
        source: Source,
        /// Only documents that hold these words
        #[arg(long, conflicts_with = "id")]
        find: Option<String>,
    },
    /// Make and look after knowledge
    Kb {
        #[command(subcommand)]
        command: store::Kb,
    },
    /// Ask golden questions and give the figures
    Eval {
        /// Questions with the documents that answer them, or a folder with queries.jsonl, qrels.tsv and
        /// dataset.json; with --grounding, lines of document, tab and
        /// an honest paraphrase.
        file: Option<PathBuf>,
        /// Measure grounding on sentences changed by script, and on honest ones.
        #[arg(long)]
        grounding: bool,
        /// Look at the quotes after so many random edits, too.
        #[arg(long, default_value_t = 10_000, requires = "grounding", value_name = "N")]
        edits: usize,
        /// Plant the orders of a file of JSON lines in documents and in questions.
        #[arg(long, conflicts_with_all = ["file", "grounding"], value_name = "FILE")]
        attacks: Option<PathBuf>,
        /// Also write a page with plots, which needs nothing else.
        #[arg(long, conflicts_with = "grounding")]
        html: Option<PathBuf>,
        #[command(flatten)]
        source: Source,
    },
    /// Sign in to the tenant's account, in the browser of this computer
    Login {
        /// On another device: prints a code and an address to open there
        #[arg(long)]
        device: bool,
    },
    /// End the sign-in, at the service and here
    Logout,
    /// The tenant's models
    Models {
        #[command(subcommand)]
        command: Models,
    },
    /// Bring the knowledge to where its channel stands: only what changed is fetched
    Sync(store::Sync),
    /// Look at everything Mortar depends on and say what to do
    Doctor {
        #[command(flatten)]
        source: Source,
    },
}

#[derive(Args, Clone, Default)]
struct Source {
    /// Use the release in this folder
    #[arg(long, value_name = "DIR")]
    release: Option<PathBuf>,
    /// Ask as of another day (2026-09-01); today otherwise
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

#[derive(Subcommand)]
enum Models {
    /// Find out what an endpoint is, and print the configuration to write
    Probe { endpoint: String },
}

fn main() -> ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_desk::quiet() };
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(r) => r,
        Err(e) => {
            eprintln!("mortar: {e}");
            return ExitCode::from(1);
        }
    };
    let json = cli.common.json;
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(e) => {
            if json {
                println!("{}", json!({ "error": e }));
            }
            eprintln!("mortar: {}", e.message);
            ExitCode::from(if e.is_usage() { 2 } else { 1 })
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, DeskError> {
    let common = cli.common;
    match cli.command {
        Command::Ask {
            question,
            source,
            after,
        } => {
            // A question that cannot be asked is refused before anything is opened.
            mortar_desk::assistant::question::clean(&question).map_err(mortar_desk::assistant::ask::AskError::from)?;
            let desk = open(&common, &source).await?;
            let before: Vec<Turn> = after
                .into_iter()
                .map(|q| Turn {
                    question: q,
                    answer: String::new(),
                })
                .collect();
            let answer = desk
                .ask(&question, &before, source.as_of, Stop::default(), &mut |_| {})
                .await?;
            out(common.json, &answer, || print::answer(&answer))
        }
        Command::Search {
            question,
            source,
            queries,
            run,
            limit,
        } => {
            let desk = open(&common, &source).await?;
            if let (Some(queries), Some(run)) = (queries, run) {
                return trec(&desk, &queries, &run, limit as usize, &source, common.json).await;
            }
            let found = desk
                .search(&question.unwrap_or_default(), limit as usize, source.as_of)
                .await?;
            let rows: Vec<Value> = found
                .iter()
                .map(|(d, h)| json!({ "document": d, "score": h.probability(), "signals": h.signals }))
                .collect();
            out(common.json, &rows, || print::found(&found))
        }
        Command::Browse {
            id: Some(id), source, ..
        } => {
            let document = open(&common, &source).await?.document(&id)?;
            out(common.json, &document, || print::document(&document))
        }
        Command::Browse { id: None, source, find } => {
            let desk = open(&common, &source).await?;
            let rows = match find {
                Some(words) => desk.find_as_typed(&words)?,
                None => desk.documents()?,
            };
            out(common.json, &rows, || print::rows(&rows))
        }
        Command::Sync(what) => store::sync(&common, what).await,
        Command::Kb { command } => store::run(&common, command).await,
        Command::Eval {
            file,
            grounding: true,
            edits,
            source,
            ..
        } => {
            let figures = open(&common, &source).await?.eval_grounding(file.as_deref(), edits)?;
            out(common.json, &figures, || print::grounding(&figures))
        }
        Command::Eval {
            attacks: Some(attacks),
            source,
            ..
        } => {
            let figures = open(&common, &source).await?.eval_attacks(&attacks).await?;
            out(common.json, &figures, || print::attacks(&figures))
        }
        Command::Eval { file, html, source, .. } => {
            let file = file.ok_or_else(|| DeskError::new("usage", "name a file of golden questions"))?;
            let desk = open(&common, &source).await?;
            if file.is_dir() {
                if html.is_some() {
                    return Err(DeskError::new(
                        "usage",
                        "--html shows golden questions, not a folder's judgements",
                    ));
                }
                let figures = desk.eval_ranking(&file).await?;
                return out(common.json, &figures, || print::ranking(&figures));
            }
            let figures = desk.eval(&file).await?;
            if let Some(html) = html {
                let page = mortar_desk::page(&figures, &desk.status().release, &desk.status().today.to_string());
                std::fs::write(&html, page)
                    .map_err(|e| DeskError::new("output", format!("{}: {e}", html.display())))?;
            }
            out(common.json, &figures, || print::evaluation(&figures))
        }
        Command::Login { device } => {
            let account = Account::open(&place(&common, &Source::default())?)?;
            let signed_in = if device {
                account
                    .sign_in_elsewhere(|code, url| eprintln!("Open {url} and compare the code {code}."))
                    .await?
            } else {
                account
                    .sign_in(|url| eprintln!("Your browser opens. If it does not, open {url}"))
                    .await?
            };
            out(common.json, &signed_in, || {
                println!("signed in until {}", signed_in.until)
            })
        }
        Command::Logout => {
            Account::open(&place(&common, &Source::default())?)?.sign_out().await?;
            out(common.json, &json!({ "signed_in": false }), || println!("signed out"))
        }
        Command::Models {
            command: Models::Probe { endpoint },
        } => {
            let account = Account::open(&place(&common, &Source::default())?)?;
            let (probed, toml) = account.probe(&endpoint).await?;
            out(common.json, &json!({ "found": probed, "toml": toml }), || {
                print!("{toml}")
            })
        }
        Command::Doctor { source } => {
            let checks = mortar_desk::doctor(&place(&common, &source)?).await;
            let well = checks.iter().all(|c| c.ok);
            out(common.json, &checks, || print::checks(&checks))?;
            Ok(ExitCode::from(if well { 0 } else { 1 }))
        }
    }
}

fn place(common: &Common, source: &Source) -> Result<Place, DeskError> {
    let place = Place::new(common.home.clone(), common.tenant.clone(), source.release.clone())?;
    match &common.tenant_file {
        Some(file) => place.with_tenant_file(file.clone()),
        None => Ok(place),
    }
}

async fn open(common: &Common, source: &Source) -> Result<Desk, DeskError> {
    let bar = print::Bar::new();
    let desk = Desk::open(place(common, source)?, &mut |p| bar.show(p)).await?;
    bar.done();
    if let Some(problem) = desk.status().embedding_problem {
        eprintln!("mortar: searching by words alone: {problem}");
    }
    Ok(desk)
}

/// Answers a file of questions as a TREC run.
async fn trec(
    desk: &Desk,
    queries: &std::path::Path,
    run: &std::path::Path,
    limit: usize,
    source: &Source,
    json: bool,
) -> Result<ExitCode, DeskError> {
    let bad =
        |path: &std::path::Path, e: &dyn std::fmt::Display| DeskError::new("usage", format!("{}: {e}", path.display()));
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
        let found = desk.search(text, limit, source.as_of).await?;
        let rows = found
            .iter()
            .map(|(d, h)| json!({ "document": d.id, "score": h.probability(), "signals": h.signals }));
        all.push(json!({ "_id": id, "found": rows.collect::<Vec<_>>() }));
        for (rank, (document, _)) in found.iter().enumerate() {
            // The order is the result; the score only has to fall.
            writeln!(file, "{id} Q0 {} {} {} mortar", document.id, rank + 1, limit - rank).map_err(|e| bad(run, &e))?;
        }
    }
    file.flush().map_err(|e| bad(run, &e))?;
    out(
        json,
        &json!({ "queries": all.len(), "run": run, "results": all }),
        || println!("{} questions → {}", all.len(), run.display()),
    )
}

/// Prints a result; a closed pipe is no failure of ours.
fn out<T: serde::Serialize>(json: bool, value: &T, plain: impl FnOnce()) -> Result<ExitCode, DeskError> {
    if json {
        let text = serde_json::to_string_pretty(value).map_err(|e| DeskError::new("output", e))?;
        let _ = writeln!(std::io::stdout(), "{text}");
    } else {
        plain();
    }
    Ok(ExitCode::SUCCESS)
}
