//! Labels on their way: what waits and why, what was given up, and sending it again.

use std::path::PathBuf;

use clap::Subcommand;
use mortar_desk::feedback::Entry;
use mortar_desk::{DeskError, Outbox};
use serde_json::json;

use crate::common::{Common, Source};
use crate::output::{self, Done};

/// More than anybody reads.
const SHOWN: usize = 1000;

#[derive(Subcommand)]
pub enum Command {
    /// What has not arrived and why; what was given up stands first
    List,
    /// Print what is sent of a label, masked as it is
    Show { id: String },
    /// Send what waits now, and what was given up again
    Retry {
        /// This one alone of those that were given up (all of them otherwise)
        id: Option<String>,
    },
    /// Put a mended label in the place of one that was given up: it is checked, masked and sent again
    Mend { id: String, file: PathBuf },
}

pub async fn run(common: &Common, command: Command) -> Done {
    if let Command::Mend { id, file } = &command {
        let bytes = std::fs::read(file).map_err(|e| DeskError::usage(format!("{}: {e}", file.display())))?;
        // What is masked depends on what the knowledge says.
        let desk = common.open(&Source::default()).await?.with_records();
        desk.mend(id, &bytes)?;
    }
    let outbox = Outbox::open(common.place()?)?;
    match command {
        Command::List => {
            let entries = outbox.list(SHOWN)?;
            output::result(common.json, &entries, |to| {
                if entries.is_empty() {
                    writeln!(to, "every label has arrived")?;
                }
                entries.iter().try_for_each(|e| writeln!(to, "{}", line(e)))
            })
        }
        Command::Show { id } => {
            let sent = outbox.sent_of(&id)?;
            let value: serde_json::Value = serde_json::from_slice(&sent).map_err(DeskError::failed)?;
            output::result(common.json, &value, |to| {
                writeln!(to, "{}", String::from_utf8_lossy(&sent))
            })
        }
        Command::Retry { id } => retry(common, &outbox, id.as_deref()).await,
        Command::Mend { .. } => retry(common, &outbox, None).await,
    }
}

fn line(e: &Entry) -> String {
    let state = json!(e.state);
    let why = e.last_error.as_ref().map_or("not tried yet", |e| e.message.as_str());
    format!(
        "{}  {:9}  {} attempts  {why}",
        e.id,
        state.as_str().unwrap_or_default(),
        e.attempts
    )
}

async fn retry(common: &Common, outbox: &Outbox, id: Option<&str>) -> Done {
    let again = outbox.again(id)?;
    let (passed, labels) = outbox.send().await?;
    let well = labels.waiting == 0 && labels.dead == 0;
    let told = json!({ "again": again, "delivered": passed.delivered, "failed": passed.failed, "labels": labels });
    output::verdict(common.json, well, &told, |to| {
        writeln!(
            to,
            "{} arrived, {} wait, {} given up",
            passed.delivered, labels.waiting, labels.dead
        )?;
        labels.because.iter().try_for_each(|b| writeln!(to, "{b}"))
    })
}
