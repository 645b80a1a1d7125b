//! The commands that make releases, publish them and look after their store.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use mortar_desk::sources::{Contradiction, Finding, FindingKind};
use mortar_desk::store::publish::Options;
use mortar_desk::store::rollout;
use mortar_desk::store::tend::RolloutChange;
use mortar_desk::{Comparison, Desk, DeskError, Questions, Weighing, WeighingStep, Wish};
use serde_json::json;

use crate::common::{Common, Source};
use crate::keys::{self, Keys};
use crate::output::{self, Done};
use crate::print;
use crate::progress::{Progress, Step};
use crate::review::{self, Review};
use crate::signed::{Reading, Signed};

#[derive(Subcommand)]
pub enum Kb {
    /// Read a folder of sources as its sources.toml says, and report what became of each document
    Import(Import),
    /// Accept a finding of the last import, with a reason that the next one remembers
    Accept(Accept),
    /// Make a release from tables, pages, documents and exports
    Build(Build),
    /// Publish sources as a new release: only what changed is embedded and uploaded
    Publish(Publish),
    /// List the releases of the store
    Releases(Reading),
    /// What is other between two of: folders of releases or sources, numbers of releases, channels
    Diff(Diff),
    /// Ask two releases the same questions, and say what became other; exit code 1 where something speaks against B
    Compare(Compare),
    /// Read every byte of the store against its signatures
    Verify(Reading),
    /// Say what one thinks of answers that became others; without a question, what all have said
    Review(Review),
    /// Let a channel show what another shows, if nothing speaks against it; exit code 1 where something does
    Promote(Promote),
    /// Change which of a channel's devices get what it shows: pause, resume, a larger share
    Rollout(Rollout),
    /// Let a channel show an earlier release again
    Rollback(Rollback),
    /// Clear away what no channel and none of the last releases needs
    Gc(Gc),
    /// Sign what is there anew, before it expires
    Refresh(Refresh),
    /// The keys that sign the store
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
}

pub async fn run(common: &Common, command: Kb) -> Done {
    match command {
        Kb::Import(what) => import(common, &what),
        Kb::Accept(what) => accept(common, &what),
        Kb::Build(what) => build(common, what).await,
        Kb::Publish(what) => publish(common, what).await,
        Kb::Releases(what) => releases(common, what).await,
        Kb::Diff(what) => diff(common, what).await,
        Kb::Compare(what) => compare(common, what).await,
        Kb::Verify(what) => verify(common, what).await,
        Kb::Review(what) => review::run(common, what).await,
        Kb::Promote(what) => promote(common, what).await,
        Kb::Rollout(what) => roll_out(common, what).await,
        Kb::Rollback(what) => roll_back(common, what).await,
        Kb::Gc(what) => clear(common, what).await,
        Kb::Refresh(what) => refresh(common, what).await,
        Kb::Keys { command } => keys::run(common, command).await,
    }
}

#[derive(Args)]
pub struct Import {
    /// The folder with sources.toml; with --suggest, what it is to be written for
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    /// Write a sources.toml from what is found there, for a person to read
    #[arg(long, conflicts_with_all = ["report", "fail_on", "skip_bad", "yes"])]
    suggest: bool,
    /// Also write the report as a page; as JSON where FILE ends so
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Fail where a finding of this kind is neither settled nor accepted
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    fail_on: Vec<FindingKind>,
    /// Leave bad rows and files out, and say which
    #[arg(long)]
    skip_bad: bool,
    /// More than a fifth of the documents is gone, and that is so
    #[arg(long)]
    yes: bool,
}

fn kind(name: &str) -> Result<FindingKind, String> {
    let found = FindingKind::ALL.iter().find(|k| k.name() == name);
    found.copied().ok_or_else(|| {
        let all: Vec<&str> = FindingKind::ALL.iter().map(|k| k.name()).collect();
        format!("one of {}", all.join(", "))
    })
}

fn import(common: &Common, what: &Import) -> Done {
    if what.suggest {
        let path = mortar_desk::suggest(&what.sources)?;
        return output::result(common.json, &json!({ "written": path }), |to| {
            writeln!(to, "{} is written: read it, then mortar kb import", path.display())
        });
    }
    let [dir] = &what.sources[..] else {
        return Err(DeskError::usage("one folder is imported at a time").into());
    };
    let imported = mortar_desk::import(dir, what.yes, what.skip_bad, what.report.as_deref())?;
    let well = imported.taken && imported.report.open(&what.fail_on) == 0;
    output::verdict(common.json, well, &imported.report, |to| {
        print::imported(to, &imported.report, imported.taken)
    })
}

#[derive(Args)]
pub struct Accept {
    /// The folder with sources.toml
    folder: PathBuf,
    /// The finding's, as the report names it
    id: String,
    #[arg(long)]
    reason: String,
}

fn accept(common: &Common, what: &Accept) -> Done {
    let says = mortar_desk::accept(&what.folder, &what.id, &what.reason)?;
    output::result(common.json, &json!({ "accepted": what.id, "finding": says }), |to| {
        writeln!(to, "accepted: {says}")
    })
}

#[derive(Args)]
pub struct Build {
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write nothing if a row or a file is bad (the default)
    #[arg(long, conflicts_with = "skip_bad")]
    strict: bool,
    /// Also write what there is to say of the sources, as a page; as JSON where FILE ends so
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Leave bad rows and files out, and say which
    #[arg(long)]
    skip_bad: bool,
}

async fn build(common: &Common, what: Build) -> Done {
    let weights = common.place()?.weights;
    let mut progress = Progress::new();
    progress.at(Step::named("reading the sources"));
    let mut tell = |p| progress.at(p);
    let (out, report) = (&what.out, what.report.as_deref());
    let built = mortar_desk::build(&what.sources, out, report, what.skip_bad, &weights, &mut tell).await;
    progress.end(built.is_ok());
    let (built, problem) = built?;
    if let Some(problem) = problem {
        output::say(format_args!("made without an embedding model: {problem}"));
    }
    tell_left_out(&built.left_out, &built.ignored);
    tell_contradictions(&built.contradictions);
    let report = json!({
        "manifest": built.manifest,
        "left_out": built.left_out,
        "ignored": built.ignored,
        "contradictions": built.contradictions,
        "dir": what.out,
    });
    output::result(common.json, &report, |to| print::built(to, &built, &what.out))
}

#[derive(Args)]
pub struct Publish {
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
    /// Also write what there is to say of the sources, as a page; as JSON where FILE ends so
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

async fn publish(common: &Common, what: Publish) -> Done {
    let work = what.signed.open(common)?;
    if let Some(problem) = &work.problem {
        output::say(format_args!("published without an embedding model: {problem}"));
    }
    let options = Options {
        channel: what.channel,
        notes: what.notes,
        skip_bad: what.skip_bad,
        dry_run: what.dry_run,
    };
    let mut progress = Progress::new();
    progress.at(Step::named("reading the sources"));
    let mut tell = |p| progress.at(p);
    let report = what.report.as_deref();
    let published = work.publish(&what.sources, report, &options, &mut tell).await;
    progress.end(published.is_ok());
    let published = published?;
    tell_left_out(&published.left_out, &published.ignored);
    tell_contradictions(&published.contradictions);
    output::result(common.json, &published, |to| print::published(to, &published))
}

/// What of the sources is not in the release, by name.
fn tell_left_out(left_out: &[Finding], ignored: &[String]) {
    for fault in left_out {
        output::say(format_args!("left out: {fault}"));
    }
    for name in ignored {
        output::say(format_args!("no source by its name, passed over: {name}"));
    }
}

/// Which documents in force contradict each other: whoever reads both must decide.
fn tell_contradictions(found: &[Contradiction]) {
    for c in found {
        output::say(format_args!("sources disagree: {c}"));
    }
}

async fn releases(common: &Common, what: Reading) -> Done {
    let rows = what.signed.open_with(common, what.root)?.releases().await?;
    output::result(common.json, &rows, |to| print::releases(to, &rows))
}

#[derive(Args)]
pub struct Diff {
    a: String,
    b: String,
    /// As in force on another day (2026-09-01); today otherwise
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    #[command(flatten)]
    reading: Reading,
}

async fn diff(common: &Common, what: Diff) -> Done {
    let given = what.reading.signed.options(what.reading.root);
    let on = what.as_of.unwrap_or_else(mortar_desk::today);
    let compared = mortar_desk::difference(&common.place()?, &given, [&what.a, &what.b], on).await?;
    for side in [&compared.a, &compared.b] {
        tell_left_out(&side.left_out, &[]);
    }
    output::result(common.json, &compared, |to| print::difference(to, &compared))
}

/// What two releases are asked.
#[derive(Args)]
pub struct Asked {
    /// Golden questions; more than one file may be named
    #[arg(long, value_name = "FILE")]
    golden: Vec<PathBuf>,
    /// Ask at most so many questions too that either release answers by its own words
    #[arg(long, value_name = "N", default_value_t = 0)]
    known: usize,
    /// Write a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Asked {
    /// Those that are named, else the tenant's own.
    fn questions<'a>(&'a self, desk: &'a Desk) -> Result<Questions<'a>, DeskError> {
        if self.golden.is_empty() && self.known == 0 {
            if !desk.config().knowledge.golden.is_empty() {
                return Ok(desk.questions());
            }
            let how = "name golden questions with --golden FILE, or ask known ones with --known N";
            return Err(DeskError::usage(how));
        }
        Ok(Questions {
            golden: self.golden.iter().map(PathBuf::as_path).collect(),
            known: self.known,
        })
    }

    fn write(&self, compared: &Comparison, a: &str, b: &str) -> Result<(), DeskError> {
        let Some(html) = &self.html else { return Ok(()) };
        let page = compared.page(a, b, &mortar_desk::today().to_string());
        std::fs::write(html, page).map_err(|e| DeskError::failed(format!("{}: {e}", html.display())))
    }
}

#[derive(Args)]
pub struct Compare {
    /// A folder of a release, the number of one, or a channel
    a: String,
    b: String,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    reading: Reading,
}

async fn compare(common: &Common, what: Compare) -> Done {
    let desk = common.open(&Source::default()).await?;
    let questions = what.asked.questions(&desk)?;
    let given = what.reading.signed.options(what.reading.root);
    let mut progress = Progress::new();
    let mut watch = |done, of| {
        progress.at(Weighing {
            step: WeighingStep::Asking,
            done,
            of,
        });
        ControlFlow::Continue(())
    };
    let compared = desk.compare(&given, [&what.a, &what.b], &questions, &mut watch).await;
    progress.end(compared.is_ok());
    let compared = compared?;
    what.asked.write(&compared, &what.a, &what.b)?;
    output::verdict(common.json, compared.passes(), &compared, |to| {
        print::comparison(to, &compared)
    })
}

#[derive(Args)]
pub struct Promote {
    /// The channel that shows the release already
    #[arg(long, value_name = "CHANNEL")]
    from: String,
    #[arg(long, value_name = "CHANNEL")]
    to: String,
    #[command(flatten)]
    asked: Asked,
    /// Why it is to be done whatever speaks against it; signed with the channel
    #[arg(long, value_name = "WHY", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    nevertheless: Option<String>,
    /// Only so many percent of the devices get it yet
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    share: Option<u8>,
    /// Devices of this ring get it whatever the share; more than one may be named
    #[arg(long, value_name = "RING")]
    ring: Vec<String>,
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    signed: Signed,
}

async fn promote(common: &Common, what: Promote) -> Done {
    let desk = common.open(&Source::default()).await?;
    let wish = Wish {
        from: &what.from,
        to: &what.to,
        questions: what.asked.questions(&desk)?,
        nevertheless: what.nevertheless.as_deref(),
        rollout: (what.share.is_some() || !what.ring.is_empty()).then(|| rollout::Rollout {
            share: what.share.unwrap_or(0),
            rings: what.ring.clone(),
            paused: false,
        }),
        dry_run: what.dry_run,
    };
    let mut progress = Progress::new();
    let mut watch = |far| {
        progress.at(far);
        ControlFlow::Continue(())
    };
    let promoted = desk.promote(&what.signed.options(None), &wish, &mut watch).await;
    progress.end(promoted.is_ok());
    let promoted = promoted?;
    if let Some(compared) = &promoted.comparison {
        what.asked.write(compared, &what.to, &what.from)?;
    }
    output::verdict(common.json, promoted.allowed, &promoted, |to| {
        print::promoted(to, &promoted)
    })
}

async fn verify(common: &Common, what: Reading) -> Done {
    let checked = what.signed.open_with(common, what.root)?.verify().await?;
    output::verdict(common.json, checked.faults.is_empty(), &checked, |to| {
        print::verified(to, &checked)
    })
}

#[derive(Args)]
pub struct Rollout {
    #[arg(long)]
    channel: String,
    /// So many percent of the devices get it; 100: all
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    share: Option<u8>,
    /// Devices of these rings get it whatever the share, in place of those named before
    #[arg(long, value_name = "RING")]
    ring: Option<Vec<String>>,
    /// Nobody gets it who has it not
    #[arg(long, conflicts_with = "resume")]
    pause: bool,
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    signed: Signed,
}

async fn roll_out(common: &Common, what: Rollout) -> Done {
    let change = RolloutChange {
        share: what.share,
        rings: what.ring,
        paused: (what.pause || what.resume).then_some(what.pause),
    };
    let channel = what.signed.open(common)?.roll_out(&what.channel, &change).await?;
    output::result(common.json, &channel, |to| print::rolled_out(to, &channel))
}

#[derive(Args)]
pub struct Rollback {
    #[arg(long)]
    channel: String,
    /// Its number (else the one that the channel showed before)
    #[arg(long, value_name = "NUMBER")]
    to: Option<u32>,
    #[command(flatten)]
    signed: Signed,
}

async fn roll_back(common: &Common, what: Rollback) -> Done {
    let channel = what.channel;
    let manifest = what.signed.open(common)?.roll_back(&channel, what.to).await?;
    let (number, release) = (manifest.number, manifest.release);
    let report = json!({ "channel": channel, "number": number, "release": release });
    output::result(common.json, &report, |to| {
        writeln!(to, "{channel} shows release {number} ({release})")
    })
}

#[derive(Args)]
pub struct Gc {
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
}

async fn clear(common: &Common, what: Gc) -> Done {
    let work = what.signed.open(common)?;
    let cleared = work.clear(what.keep, what.grace, what.dry_run).await?;
    output::result(common.json, &cleared, |to| print::cleared(to, &cleared, what.dry_run))
}

#[derive(Args)]
pub struct Refresh {
    #[command(flatten)]
    signed: Signed,
}

async fn refresh(common: &Common, what: Refresh) -> Done {
    let until = what.signed.open(common)?.refresh().await?;
    output::result(common.json, &json!({ "until": until }), |to| {
        writeln!(to, "signed until {until}")
    })
}
