//! The commands that make releases, publish them, look after their store and follow it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mortar_desk::knowledge::Progress;
use mortar_desk::store::publish::Options as PublishOptions;
use mortar_desk::{DeskError, Following, Place, StoreOptions, Work};
use serde_json::json;

use crate::{Common, Source, out, place, print};

/// Which store.
#[derive(Args, Clone, Default)]
pub struct At {
    /// A folder, or s3://bucket/prefix (else the configuration's)
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// Which store, and whose signatures.
#[derive(Args, Clone, Default)]
pub struct Signed {
    #[command(flatten)]
    at: At,
    /// The folder of keys (else the configuration's knowledge.keys)
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

impl Signed {
    fn options(self) -> StoreOptions {
        StoreOptions {
            store: self.at.store,
            keys: self.keys,
            ..StoreOptions::default()
        }
    }
}

/// What to follow, and from where.
#[derive(Args)]
pub struct Sync {
    #[command(flatten)]
    at: At,
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

#[derive(Subcommand)]
pub enum Kb {
    /// Make a release from CSV, XLSX, JSON lines, Markdown and HTML
    Build {
        #[arg(required = true)]
        sources: Vec<PathBuf>,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Write nothing if a row or a file is bad (the default)
        #[arg(long, conflicts_with = "skip_bad")]
        strict: bool,
        /// Leave bad rows and files out, and say which
        #[arg(long)]
        skip_bad: bool,
    },
    /// Publish sources as a new release: only what changed is embedded and uploaded
    Publish {
        #[arg(required = true)]
        sources: Vec<PathBuf>,
        /// The channel that shows it from then on: live, preview
        #[arg(long)]
        channel: String,
        /// What a reader should know of it
        #[arg(long, default_value = "")]
        notes: String,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
        /// Leave bad rows and files out, and say which
        #[arg(long)]
        skip_bad: bool,
        #[command(flatten)]
        signed: Signed,
    },
    /// List the releases of the store
    Releases {
        #[command(flatten)]
        signed: Signed,
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
    },
    /// Read every byte of the store against its signatures
    Verify {
        #[command(flatten)]
        signed: Signed,
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
    },
    /// Let a channel show an earlier release again
    Rollback {
        #[arg(long)]
        channel: String,
        /// Its number (else the one that the channel showed before)
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
        #[command(flatten)]
        signed: Signed,
    },
    /// Clear away what no channel and none of the last releases needs
    Gc {
        /// So many of the last releases stay
        #[arg(long, default_value_t = 60)]
        keep: usize,
        /// What is younger stays, since somebody may be publishing it
        #[arg(long, default_value_t = 24, value_name = "HOURS", value_parser = clap::value_parser!(i64).range(0..=87_600))]
        grace: i64,
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        signed: Signed,
    },
    /// Sign what is there anew, before it expires
    Refresh {
        #[command(flatten)]
        signed: Signed,
    },
    /// The keys that sign the store
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
}

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make the keys and the root of trust, here and in the store
    Init {
        #[command(flatten)]
        signed: Signed,
        /// So many keys for the root, to be kept apart
        #[arg(long, default_value_t = 1)]
        root_keys: usize,
        /// So many of them must sign
        #[arg(long, default_value_t = 1)]
        threshold: u64,
    },
    /// New keys for a role (root, targets, snapshot, timestamp); what the old ones signed is signed anew
    Rotate {
        role: String,
        #[command(flatten)]
        signed: Signed,
    },
    /// The same root for another year
    Renew {
        #[command(flatten)]
        signed: Signed,
    },
    /// Who signs what, and which private keys are here
    Show {
        #[command(flatten)]
        signed: Signed,
    },
}

/// What is done with releases and their store.
pub async fn run(common: &Common, command: Kb) -> Result<ExitCode, DeskError> {
    let place = place(common, &Source::default())?;
    let open = |signed: Signed| Work::open(&place, &signed.options());
    let reading = |signed: Signed, root: Option<PathBuf>| {
        Work::open(
            &place,
            &StoreOptions {
                root,
                ..signed.options()
            },
        )
    };
    match command {
        Kb::Build {
            sources,
            out: dir,
            skip_bad,
            ..
        } => build(common, &sources, &dir, skip_bad).await,
        Kb::Publish {
            sources,
            channel,
            notes,
            dry_run,
            skip_bad,
            signed,
        } => {
            let work = open(signed)?;
            if let Some(problem) = &work.problem {
                eprintln!("mortar: published without an embedding model: {problem}");
            }
            let options = PublishOptions {
                channel,
                notes,
                skip_bad,
                dry_run,
            };
            let bar = print::Bar::new();
            let published = work.publish(&sources, &options, &mut |p| bar.publish(&p)).await;
            bar.done();
            let published = published?;
            for fault in &published.left_out {
                eprintln!("mortar: left out: {fault}");
            }
            for name in &published.ignored {
                eprintln!("mortar: no source by its name, passed over: {name}");
            }
            out(common.json, &published, || print::published(&published))
        }
        Kb::Releases { signed, root } => {
            let rows = reading(signed, root)?.releases().await?;
            out(common.json, &rows, || print::releases(&rows))
        }
        Kb::Verify { signed, root } => {
            let checked = reading(signed, root)?.verify().await?;
            out(common.json, &checked, || print::verified(&checked))?;
            Ok(ExitCode::from(if checked.faults.is_empty() { 0 } else { 1 }))
        }
        Kb::Rollback { channel, to, signed } => {
            let manifest = open(signed)?.roll_back(&channel, to).await?;
            let report = json!({ "channel": channel, "number": manifest.number, "release": manifest.release });
            out(common.json, &report, || {
                println!("{channel} shows release {} ({})", manifest.number, manifest.release)
            })
        }
        Kb::Gc {
            keep,
            grace,
            dry_run,
            signed,
        } => {
            let cleared = open(signed)?.clear(keep, grace, dry_run).await?;
            out(common.json, &cleared, || print::cleared(&cleared, dry_run))
        }
        Kb::Refresh { signed } => {
            let until = open(signed)?.refresh().await?;
            out(common.json, &json!({ "until": until }), || {
                println!("signed until {until}")
            })
        }
        Kb::Keys { command } => {
            let shown = match command {
                KeysCommand::Init {
                    signed,
                    root_keys,
                    threshold,
                } => open(signed)?.init_keys(root_keys, threshold).await?,
                KeysCommand::Rotate { role, signed } => open(signed)?.rotate_keys(&role).await?,
                KeysCommand::Renew { signed } => open(signed)?.renew_root().await?,
                KeysCommand::Show { signed } => open(signed)?.show_keys()?,
            };
            out(common.json, &shown, || print::keys(&shown))
        }
    }
}

/// Brings the knowledge to where its channel stands.
pub async fn sync(common: &Common, what: Sync) -> Result<ExitCode, DeskError> {
    let options = StoreOptions {
        store: what.at.store,
        root: what.root,
        channel: what.channel,
        ..StoreOptions::default()
    };
    let following = Following::open(&place(common, &Source::default())?, &options)?;
    if what.repair {
        following.repair()?;
    }
    let bar = print::Bar::new();
    let report = following.sync(&mut |p| bar.sync(p)).await;
    bar.done();
    let report = report?;
    out(common.json, &report, || print::synced(&report))
}

async fn build(common: &Common, sources: &[PathBuf], dir: &Path, skip_bad: bool) -> Result<ExitCode, DeskError> {
    let bar = print::Bar::new();
    let weights = Place::new(common.home.clone(), None, None)?.weights;
    let mut show = |p: Progress| bar.show(p);
    let built = mortar_desk::build(sources, dir, skip_bad, &weights, &mut show).await;
    bar.done();
    let (built, problem) = built?;
    if let Some(problem) = &problem {
        eprintln!("mortar: made without an embedding model: {problem}");
    }
    for fault in &built.left_out {
        eprintln!("mortar: left out: {fault}");
    }
    for name in &built.ignored {
        eprintln!("mortar: no source by its name, passed over: {name}");
    }
    let report =
        json!({ "manifest": built.manifest, "left_out": built.left_out, "ignored": built.ignored, "dir": dir });
    out(common.json, &report, || print::built(&built, dir))
}
