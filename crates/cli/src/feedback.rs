//! Labels that arrived: read, looked at, decided, asked again, and made into what models learn from.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use mortar_desk::feedback::export::For;
use mortar_desk::feedback::{Filter, LabelReason, LabelRow, NotYet, State};
use mortar_desk::{Decide, Desk, LabelShown};
use serde::Serialize;
use serde_json::{Value, json};

use crate::common::{Common, Source};
use crate::output::{self, Done};

#[derive(Args)]
pub struct Feedback {
    /// Use the release in this folder as today's
    #[arg(long, value_name = "DIR", global = true)]
    release: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read labels and decisions that are new in the tenant's bucket
    Pull,
    /// Labels by document and reason, those of the most first
    List(List),
    /// One label: question, draft, the operator's text, and its sources then and now
    Show { id: String },
    /// Say where a fault was fixed, or that it is none
    Decide(Decided),
    /// Questions that have no answer, grouped by meaning: what should be written next
    Gaps,
    /// Make a set that models learn from, with a card of what is in it and what was left out
    Export {
        #[arg(long = "for", value_name = "WHAT")]
        what: What,
        /// A new folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Ask the questions of fixed labels again; what comes from the right source is verified
    Verify {
        /// These alone (all that are fixed and not verified otherwise)
        ids: Vec<String>,
    },
}

#[derive(Args)]
struct List {
    /// wrong_source, out_of_date, not_complete, wrong, badly_said, no_source, should_be_refused, covered, not_written,
    /// misread, …
    #[arg(long, value_parser = reason)]
    reason: Option<LabelReason>,
    /// The document's id
    #[arg(long)]
    document: Option<String>,
    /// The release that was asked
    #[arg(long)]
    of_release: Option<String>,
    #[arg(long)]
    operator: Option<String>,
    /// From this day on (2026-09-01)
    #[arg(long, value_name = "DATE")]
    since: Option<jiff::civil::Date>,
    #[arg(long)]
    state: Option<Which>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Open,
    Fixed,
    Verified,
    NotAFault,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Supervised fine-tuning: TRL's prompt and completion, and JumpStart's train.jsonl with template.json
    Sft,
    /// Preferences: the operator's text before the draft
    Dpo,
    /// Answers that were labelled and not edited
    Kto,
    /// Golden questions, to be read and accepted
    Golden,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
struct Decided {
    id: String,
    /// It was fixed in this document; verified once the question comes from there
    #[arg(long, value_name = "DOCUMENT", group = "what")]
    fixed_in: Option<String>,
    #[arg(long, value_name = "REASON", group = "what")]
    not_a_fault: Option<String>,
    #[arg(long, group = "what")]
    reopen: bool,
}

fn reason(word: &str) -> Result<LabelReason, String> {
    serde_json::from_value(Value::from(word)).map_err(|_| "no reason of this name".to_owned())
}

/// As JSON names it.
fn word(value: impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

pub async fn run(common: &Common, what: Feedback) -> Done {
    let json = common.json;
    let desk = common.open(&Source::in_folder(what.release)).await?.with_records();
    match what.command {
        Command::Pull => pull(&desk, json).await,
        Command::List(what) => list(&desk, json, what),
        Command::Show { id } => {
            let shown = desk.label_shown(&id)?;
            output::result(json, &shown, |to| show(to, &shown))
        }
        Command::Decide(decided) => {
            let decide = match (decided.fixed_in, decided.not_a_fault) {
                (Some(document), _) => Decide::FixedIn { document },
                (_, Some(reason)) => Decide::NotAFault { reason },
                _ => Decide::Reopen,
            };
            let row = desk.decide(&decided.id, &decide).await?;
            output::result(json, &row, |to| writeln!(to, "{}", line(&row)))
        }
        Command::Gaps => {
            let gaps = desk.gaps().await?;
            output::result(json, &gaps, |to| {
                gaps.iter()
                    .try_for_each(|g| writeln!(to, "{:4}  {}", g.asked, g.question))
            })
        }
        Command::Export { what, out } => export(&desk, json, what, &out).await,
        Command::Verify { ids } => verify(&desk, json, &ids).await,
    }
}

async fn pull(desk: &Desk, json: bool) -> Done {
    let pulled = desk.pull_labels().await?;
    output::result(json, &pulled, |to| {
        let (labels, decisions) = (pulled.labels, pulled.decisions);
        writeln!(
            to,
            "{labels} labels and {decisions} decisions are new, from {}",
            pulled.from
        )?;
        pulled
            .no_labels
            .iter()
            .try_for_each(|n| writeln!(to, "left out: {}: {}", n.key, n.why))
    })
}

fn list(desk: &Desk, json: bool, what: List) -> Done {
    let filter = Filter {
        reason: what.reason,
        document: what.document,
        release: what.of_release,
        operator: what.operator,
        since: what.since,
        state: what.state.map(|s| match s {
            Which::Open => State::Open,
            Which::Fixed => State::Fixed,
            Which::Verified => State::Verified,
            Which::NotAFault => State::NotAFault,
        }),
    };
    let triage = desk.triage(&filter)?;
    output::result(json, &triage, |to| {
        for group in &triage.groups {
            let title = group
                .about
                .as_ref()
                .map_or("no document answers it", |a| a.title.as_str());
            let reasons: Vec<String> = group.reasons.iter().map(|(r, n)| format!("{} {n}", word(r))).collect();
            let (state, reasons) = (word(group.state), reasons.join(", "));
            writeln!(
                to,
                "{title}: {} bad, {} good, {state} ({reasons})",
                group.bad, group.good
            )?;
            let of = |row: &&LabelRow| group.labels.contains(&row.id);
            triage
                .rows
                .iter()
                .filter(of)
                .try_for_each(|row| writeln!(to, "  {}", line(row)))?;
        }
        if triage.groups.is_empty() {
            writeln!(to, "no label says that something is wrong")?;
        }
        Ok(())
    })
}

fn line(row: &LabelRow) -> String {
    let day = row.at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let fixed = row.fixed_in.as_ref().map_or(String::new(), |d| format!(" in {d}"));
    format!("{}  {day}  {}{fixed}  {}", row.id, word(row.state), row.question)
}

fn show(to: &mut dyn std::io::Write, shown: &LabelShown) -> std::io::Result<()> {
    let reasons: Vec<String> = shown.row.reasons.iter().map(word).collect();
    writeln!(
        to,
        "{}\n{} ({})",
        line(&shown.row),
        word(shown.row.verdict),
        reasons.join(", ")
    )?;
    for (title, text) in [
        ("note", &shown.note),
        ("draft", &shown.draft),
        ("operator", &shown.text),
    ] {
        if !text.is_empty() {
            writeln!(to, "\n{title}:\n{text}")?;
        }
    }
    for source in &shown.sources {
        let p = &source.passage;
        writeln!(
            to,
            "\n[{}] {} ({}), release {}:\n{}",
            p.number, p.title, p.document, shown.row.release, p.text
        )?;
        match (&source.since, &source.now) {
            (Some(_), Some(now)) => writeln!(to, "release {} says there:\n{now}", shown.release)?,
            (Some(since), None) => writeln!(to, "release {}: {}", shown.release, word(since.state))?,
            (None, _) => writeln!(to, "release {} says the same", shown.release)?,
        }
    }
    Ok(())
}

async fn export(desk: &Desk, json: bool, what: What, out: &Path) -> Done {
    let what = match what {
        What::Golden => {
            let made = desk.export_golden(out)?;
            return output::result(json, &made, |to| {
                writeln!(to, "{} questions to read: {}", made.questions, made.file)
            });
        }
        What::Sft => For::Sft,
        What::Dpo => For::Dpo,
        What::Kto => For::Kto,
    };
    let card = desk.export_labels(what, out).await?;
    output::result(json, &card, |to| {
        let (labels, train, test) = (card.labels, card.train, card.test);
        writeln!(
            to,
            "{train} rows to learn from and {test} to test with, of {labels} labels: {}",
            out.display()
        )?;
        card.left_out
            .iter()
            .try_for_each(|(why, n)| writeln!(to, "left out: {why} {n}"))
    })
}

async fn verify(desk: &Desk, json: bool, ids: &[String]) -> Done {
    let asked = desk
        .verify_labels((!ids.is_empty()).then_some(ids), &mut |_| {})
        .await?;
    let well = asked.iter().all(|a| a.not_yet.is_none());
    output::verdict(json, well, &asked, |to| {
        for a in &asked {
            let said = a.not_yet.as_ref().map_or("verified".to_owned(), not_yet);
            writeln!(to, "{}  {said}  {}", a.label, a.question)?;
        }
        if asked.is_empty() {
            writeln!(to, "nothing is fixed and not verified")?;
        }
        Ok(())
    })
}

fn not_yet(why: &NotYet) -> String {
    match why {
        NotYet::SameRelease => "not yet: this is the release that the label is about".into(),
        NotYet::NoDocument => "not yet: the release has no such document".into(),
        NotYet::Refused => "not yet: nothing is answered".into(),
        NotYet::Answered => "not yet: it is answered, and should be refused".into(),
        NotYet::OtherSource { title, .. } => format!("not yet: it comes from “{title}”"),
        NotYet::SameWords => "not yet: the document says there what it said".into(),
    }
}
