//! Following a store.

use std::path::PathBuf;

use clap::Args;
use mortar_desk::{Following, StoreOptions};

use crate::common::Common;
use crate::output::{self, Done};
use crate::print;
use crate::progress::Progress;

#[derive(Args)]
pub struct Sync {
    /// A folder, or s3://bucket/prefix (else the configuration's)
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// The root of trust (else the configuration's knowledge.root)
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// The channel to follow (else the configuration's)
    #[arg(long)]
    channel: Option<String>,
    /// First forget a clock that ran ahead, or a memory of the store or a release that is damaged
    #[arg(long)]
    repair: bool,
}

/// Brings the knowledge to where its channel stands.
pub async fn run(common: &Common, what: Sync) -> Done {
    let options = StoreOptions {
        store: what.store,
        root: what.root,
        channel: what.channel,
        ..StoreOptions::default()
    };
    let following = Following::open(&common.place()?, &options)?;
    if what.repair {
        following.repair()?;
    }
    let mut progress = Progress::new();
    let report = following.sync(&mut |p| progress.at(p)).await;
    progress.end(report.is_ok());
    let report = report?;
    output::result(common.json, &report, |to| print::synced(to, &report))
}
