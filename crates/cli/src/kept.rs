//! What is kept of a tenant: its audit, and taking all of it away.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mortar_desk::DeskError;

use crate::common::Common;
use crate::output::{self, Done};

#[derive(Subcommand)]
pub enum Audit {
    /// Follow the chain of records; exit code 1 where one was changed, is missing, moved or cut off
    Verify {
        /// Hold it against signed heads too: a copy of what lies under audit/ in the bucket
        #[arg(long, value_name = "DIR")]
        heads: Option<PathBuf>,
    },
    /// Print all records, the oldest first, one a line
    Export,
}

#[derive(Args)]
pub struct Wipe {
    /// Do it: conversations, and labels that were not sent, cannot be had back
    #[arg(long)]
    yes: bool,
}

pub fn audit(common: &Common, command: Audit) -> Done {
    let place = common.place()?;
    match command {
        Audit::Verify { heads } => {
            let found = mortar_desk::verify_audit(&place, heads.as_deref())?;
            output::verdict(common.json, found.broken.is_none(), &found, |to| match &found.broken {
                Some(broken) => writeln!(to, "{broken}"),
                None if found.heads == 0 => {
                    writeln!(
                        to,
                        "{} records, whole; not held against what was sent to the bucket",
                        found.records
                    )
                }
                None => writeln!(
                    to,
                    "{} records, whole, held against {} heads",
                    found.records, found.heads
                ),
            })
        }
        Audit::Export => {
            let all = mortar_desk::export_audit(&place)?;
            output::result(common.json, &all, |to| {
                all.iter()
                    .try_for_each(|r| writeln!(to, "{} {} {}", r.n, r.hash, r.record))
            })
        }
    }
}

pub fn wipe(common: &Common, how: Wipe) -> Done {
    if !how.yes {
        let message = "this takes away all conversations of the tenant on this device, and labels that were not sent \
                       (mortar outbox list). Say --yes to do it";
        return Err(DeskError::usage(message).into());
    }
    let wiped = mortar_desk::wipe(&common.place()?)?;
    output::result(common.json, &wiped, |to| match wiped.labels_not_sent {
        Some(n) => writeln!(to, "wiped; {n} labels that were not sent are gone too"),
        None => writeln!(to, "wiped; what was kept could not be read any more"),
    })
}
