//! `mortar`, the command line. Each command unpacks its arguments, makes one call into the desk and
//! prints what comes back: results on stdout, everything else on stderr.

mod account;
mod ask;
mod check;
mod common;
mod doctor;
mod eval;
mod feedback;
mod kb;
mod kept;
mod keys;
mod mcp;
mod outbox;
mod output;
mod print;
mod progress;
mod review;
mod signed;
mod sync;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use common::Common;
use mortar_desk::DeskError;
use output::Done;

/// Grounded answers from a pharmacy's own knowledge.
#[derive(Parser)]
#[command(name = "mortar", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer a question from the knowledge, each sentence with its source
    Ask(ask::Ask),
    /// Say of a text from anywhere what each of its sentences stands on; exit code 1 where one has no source
    Check(check::Check),
    /// List the documents for a question, or write a TREC run for a file of questions
    Search(ask::Search),
    /// List all documents, or read one by its id
    Browse(ask::Browse),
    /// Make and look after knowledge
    Kb {
        #[command(subcommand)]
        command: kb::Kb,
    },
    /// Ask golden questions and give the figures
    Eval(eval::Eval),
    /// Sign in to the tenant's account, in the browser of this computer
    Login(account::Login),
    /// End the sign-in, at the service and here
    Logout,
    /// The tenant's models
    Models {
        #[command(subcommand)]
        command: account::Models,
    },
    /// What happened on this device, by records that cannot be changed unseen
    Audit {
        #[command(subcommand)]
        command: kept::Audit,
    },
    /// Take away all that is kept of a tenant's questions on this device
    Wipe(kept::Wipe),
    /// Labels on their way to the tenant's bucket
    Outbox {
        #[command(subcommand)]
        command: outbox::Command,
    },
    /// Labels that arrived: what they say, what became of it, and what models learn from them
    Feedback(feedback::Feedback),
    /// A tenant's configuration
    Tenant {
        #[command(subcommand)]
        command: account::Tenant,
    },
    /// Bring the knowledge to where its channel stands: only what changed is fetched
    Sync(sync::Sync),
    /// Answer another program over its standard input and output, by the Model Context Protocol
    Mcp,
    /// Look at everything Mortar depends on and say what to do
    Doctor(doctor::Doctor),
    /// Read a PDF or an Office file from stdin: the child of an import
    #[command(name = mortar_desk::extract::WORD, hide = true)]
    Extract { kind: String },
}

fn main() -> ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_desk::quiet() };
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return output::not_understood(&e),
    };
    let json = cli.common.json;
    let done = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(e) => Err(DeskError::failed(e).into()),
    };
    done.unwrap_or_else(|failure| output::failed(json, failure))
}

async fn run(cli: Cli) -> Done {
    let common = &cli.common;
    // Who looks after knowledge may write for others.
    if !matches!(cli.command, Command::Kb { .. }) {
        mortar_desk::private_files();
    }
    match cli.command {
        Command::Ask(what) => ask::ask(common, what).await,
        Command::Check(what) => check::run(common, what).await,
        Command::Search(what) => ask::search(common, what).await,
        Command::Browse(what) => ask::browse(common, what).await,
        Command::Kb { command } => kb::run(common, command).await,
        Command::Eval(what) => eval::run(common, what).await,
        Command::Login(how) => account::login(common, how).await,
        Command::Logout => account::logout(common).await,
        Command::Models { command } => account::models(common, command).await,
        Command::Audit { command } => kept::audit(common, command),
        Command::Wipe(how) => kept::wipe(common, how),
        Command::Outbox { command } => outbox::run(common, command).await,
        Command::Feedback(what) => feedback::run(common, what).await,
        Command::Tenant { command } => account::tenant(common, &command),
        Command::Sync(what) => sync::run(common, what).await,
        Command::Mcp => mcp::run(common).await,
        Command::Doctor(what) => doctor::run(common, what).await,
        Command::Extract { kind } => Ok(ExitCode::from(mortar_desk::extract::run(&kind))),
    }
}
