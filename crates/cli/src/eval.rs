//! What measures: golden questions, a folder's judgements, grounding, masking, attacks.

use std::path::{Path, PathBuf};

use clap::Args;
use mortar_desk::{Desk, DeskError, Evaluation};

use crate::common::{Common, Source};
use crate::output::{self, Done};
use crate::print;

#[derive(Args)]
pub struct Eval {
    /// Questions with the documents that answer them, or a folder with queries.jsonl, qrels.tsv and
    /// dataset.json; with --grounding, lines of document, tab and an honest paraphrase, or (.jsonl)
    /// of source, text and label that people judged.
    file: Option<PathBuf>,
    /// Measure grounding on sentences changed by script, and on honest ones.
    #[arg(long)]
    grounding: bool,
    /// Measure masking on the file: lines of a text and the identifiers in it, {text, phi: [{type, value}]}.
    #[arg(long, requires = "file", conflicts_with_all = ["grounding", "attacks", "leave_out", "html"])]
    masking: bool,
    /// Look at the quotes after so many random edits, too.
    #[arg(long, default_value_t = 10_000, requires = "grounding", value_name = "N")]
    edits: usize,
    /// Plant the orders of a file of JSON lines in documents and in questions.
    #[arg(long, conflicts_with_all = ["file", "grounding"], value_name = "FILE")]
    attacks: Option<PathBuf>,
    /// Ask known questions with the documents that answer them, and with these taken away: those of the file, and of
    /// the release itself.
    #[arg(long, conflicts_with_all = ["grounding", "attacks"])]
    leave_out: bool,
    /// Ask at most so many known questions.
    #[arg(long, default_value_t = 300, requires = "leave_out", value_name = "N")]
    sample: usize,
    /// Also write a page with plots, which needs nothing else.
    #[arg(long, conflicts_with = "grounding")]
    html: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
}

pub async fn run(common: &Common, what: Eval) -> Done {
    if let Some(file) = what
        .file
        .as_deref()
        .filter(|f| what.grounding && f.extension().is_some_and(|e| e == "jsonl"))
    {
        // Each text has its own source: no release is asked.
        let figures = mortar_desk::judged_by_people(file)?;
        return output::result(common.json, &figures, |to| print::judged(to, &figures));
    }
    if what.grounding {
        let desk = common.open(&what.source).await?;
        let figures = desk.eval_grounding(what.file.as_deref(), what.edits)?;
        return output::result(common.json, &figures, |to| print::grounding(to, &figures));
    }
    if let Some(file) = what.file.as_deref().filter(|_| what.masking) {
        let figures = common.open(&what.source).await?.eval_masking(file)?;
        return output::result(common.json, &figures, |to| print::masking(to, &figures));
    }
    if let Some(attacks) = &what.attacks {
        let figures = common.open(&what.source).await?.eval_attacks(attacks).await?;
        return output::result(common.json, &figures, |to| print::attacks(to, &figures));
    }
    match &what.file {
        None if what.leave_out => leave_out(common, &what, None).await,
        Some(folder) if what.leave_out && folder.is_dir() => leave_out(common, &what, Some(folder)).await,
        None => Err(DeskError::usage("name a file of golden questions").into()),
        Some(folder) if folder.is_dir() => ranking(common, &what, folder).await,
        Some(file) => golden(common, &what, file).await,
    }
}

async fn leave_out(common: &Common, what: &Eval, file: Option<&Path>) -> Done {
    if what.html.is_some() {
        return Err(DeskError::usage("--html shows golden questions: name their file").into());
    }
    let desk = common.open(&what.source).await?;
    let figures = desk.eval_leave_out(file, what.sample).await?;
    output::result(common.json, &figures, |to| print::leave_out(to, &figures))
}

async fn ranking(common: &Common, what: &Eval, folder: &Path) -> Done {
    if what.html.is_some() {
        let message = "--html shows golden questions, not a folder's judgements";
        return Err(DeskError::usage(message).into());
    }
    let figures = common.open(&what.source).await?.eval_ranking(folder).await?;
    output::result(common.json, &figures, |to| print::ranking(to, &figures))
}

async fn golden(common: &Common, what: &Eval, file: &Path) -> Done {
    let desk = common.open(&what.source).await?;
    let figures = desk.eval(file, what.leave_out.then_some(what.sample)).await?;
    if let Some(html) = &what.html {
        write_page(&desk, &figures, html)?;
    }
    output::result(common.json, &figures, |to| print::evaluation(to, &figures))
}

fn write_page(desk: &Desk, figures: &Evaluation, html: &Path) -> Result<(), DeskError> {
    let status = desk.status();
    let page = mortar_desk::page(figures, &status.release, &status.today.to_string());
    std::fs::write(html, page).map_err(|e| DeskError::failed(format!("{}: {e}", html.display())))
}
