//! Sources as `kb import`, `build` and `publish` read them: files and folders by their own names, or a folder with
//! `sources.toml` as its people say. For no tenant in particular.

use std::path::{Path, PathBuf};

use mortar_connect::Sqlite;
use mortar_extract::Child;
use mortar_intake::{Folder, Intake, IntakeError, Report, With};
use mortar_sources::{FindingKind, Imported};

use crate::desk::today;
use crate::error::DeskError;

/// What an import came to.
pub struct Import {
    pub report: Report,
    /// It is remembered: nothing of it stops, or what does was left out.
    pub taken: bool,
}

/// Reads the sources of a release; what there is to say of them also goes to a file, if one is named.
pub fn imported(sources: &[PathBuf], report: Option<&Path>) -> Result<Imported, DeskError> {
    let Some(folder) = Folder::of(sources)? else {
        let imported = mortar_sources::import(sources, &extractor())?;
        if report.is_none() {
            return Ok(imported.with_files());
        }
        let intake = mortar_intake::reported(imported, today());
        written(&intake.report, report)?;
        return Ok(intake.imported.with_files());
    };
    let Intake {
        imported, report: said, ..
    } = folder.import(today(), false, with(&extractor()))?;
    written(&said, report)?;
    // That so much is gone is no fault of one document, and not left out with the others.
    match imported
        .findings
        .iter()
        .find(|f| f.kind == FindingKind::Gone && f.stops)
    {
        Some(gone) => Err(DeskError::failed(format!("{gone}: mortar kb import --yes"))),
        None => Ok(imported),
    }
}

/// Imports a folder with `sources.toml` and remembers what was read.
pub fn import(dir: &Path, yes: bool, skip_bad: bool, report: Option<&Path>) -> Result<Import, DeskError> {
    let folder = Folder::of(&[dir.to_owned()])?.ok_or_else(|| IntakeError::NoPlan(dir.to_owned()))?;
    let intake = folder.import(today(), yes, with(&extractor()))?;
    let stops = |kind: FindingKind| kind == FindingKind::Gone || !skip_bad;
    let stopped = intake.report.findings.iter().any(|t| t.stops && stops(t.finding.kind));
    let nothing_left = intake.imported.documents.is_empty() && intake.report.stops() > 0;
    let taken = !stopped && !nothing_left;
    folder.keep(&intake, taken)?;
    written(&intake.report, report)?;
    Ok(Import {
        report: intake.report,
        taken,
    })
}

/// Writes a report: as JSON where the file is called so, else as a page.
fn written(report: &Report, path: Option<&Path>) -> Result<(), DeskError> {
    let Some(path) = path else {
        return Ok(());
    };
    let text = match path.extension().is_some_and(|e| e == "json") {
        true => serde_json::to_string_pretty(report).map_err(|e| DeskError::failed(e.to_string()))?,
        false => mortar_intake::page(report),
    };
    std::fs::write(path, text).map_err(|e| IntakeError::Unwritable(path.to_owned(), e).into())
}

/// Writes a `sources.toml` to begin with; where it lies.
pub fn suggest(sources: &[PathBuf]) -> Result<PathBuf, DeskError> {
    let (path, text) = mortar_intake::suggest(sources)?;
    std::fs::write(&path, text).map_err(|e| IntakeError::Unwritable(path.clone(), e))?;
    Ok(path)
}

/// Accepts a finding of the last import; what it says.
pub fn accept(dir: &Path, id: &str, reason: &str) -> Result<String, DeskError> {
    Ok(Folder::open(dir)?.accept(id, reason, today())?)
}

fn with(extractor: &Child) -> With<'_> {
    With {
        extractor,
        database: &Sqlite,
    }
}

fn extractor() -> Child {
    Child::beside(std::env::current_exe().ok().as_deref())
}
