//! A folder with `sources.toml` on the disk: opened, imported, and what was imported remembered beside it. What is
//! imported is decided elsewhere; a file is written whole or not at all.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use mortar_sources::{
    Contradiction, Document, Extractor, Finding, FindingKind, Imported, Looked, PassageRecord, Source, Standing,
    import_sources, is_source, listed, passages,
};

use crate::accepted::{Acceptance, Accepted};
use crate::checks::checks;
use crate::compare::{Compared, Read, Since, compare};
use crate::database::Database;
use crate::error::IntakeError;
use crate::memory::{KnownFinding, Memory};
use crate::plan::{Plan, Taken};
use crate::report::{Moved, OfDocument, Report, may_be_accepted, told};

pub const PLAN: &str = "sources.toml";
const MEMORY: &str = "sources.lock";
const ACCEPTED: &str = "accepted.toml";

/// More than one document in so many gone at once needs a yes.
const FIFTH: usize = 5;
/// Ids that a finding names.
const NAMED: usize = 20;

/// What reads what is not read here.
#[derive(Clone, Copy)]
pub struct With<'w> {
    pub extractor: &'w dyn Extractor,
    pub database: &'w dyn Database,
}

pub struct Folder {
    dir: PathBuf,
    plan: Plan,
    memory: Memory,
    accepted: Accepted,
}

/// An import, and what is to be remembered of it.
pub struct Intake {
    pub imported: Imported,
    pub report: Report,
    memory: Memory,
}

/// The report of an import of files and folders that have no plan: nothing was imported before, nothing is accepted.
pub fn reported(imported: Imported, today: Date) -> Intake {
    let files = imported.places.values().map(|s| s.file.clone()).collect();
    let folder = Folder {
        dir: PathBuf::new(),
        plan: Plan::default(),
        memory: Memory::default(),
        accepted: Accepted::default(),
    };
    folder.compared(imported, &HashMap::new(), &files, today, true)
}

impl Folder {
    /// The folder that these sources name, if it is one with a plan.
    pub fn of(sources: &[PathBuf]) -> Result<Option<Folder>, IntakeError> {
        if let Some(missing) = sources.iter().find(|s| !s.exists()) {
            return Err(mortar_sources::ImportError::NotThere(missing.clone()).into());
        }
        let planned = |source: &PathBuf| match source.ends_with(PLAN) && source.is_file() {
            true => source.parent().map(Path::to_owned),
            false => Some(source.clone()).filter(|dir| dir.join(PLAN).is_file()),
        };
        match (sources.iter().find_map(planned), sources.len()) {
            (None, _) => Ok(None),
            (Some(dir), 1) => Folder::open(&dir).map(Some),
            (Some(_), _) => Err(IntakeError::Alone),
        }
    }

    pub fn open(dir: &Path) -> Result<Folder, IntakeError> {
        let plan = dir.join(PLAN);
        let text = read(&plan)?.ok_or_else(|| IntakeError::NoPlan(dir.to_owned()))?;
        let plan = Plan::read(&text).map_err(|e| IntakeError::Plan(plan, e))?;
        let memory = match read(&dir.join(MEMORY))? {
            Some(text) => Memory::read(&dir.join(MEMORY), &text)?,
            None => Memory::default(),
        };
        let accepted = read(&dir.join(ACCEPTED))?.unwrap_or_default();
        let accepted = Accepted::read(&accepted).map_err(|e| IntakeError::Plan(dir.join(ACCEPTED), e))?;
        Ok(Folder {
            dir: dir.to_owned(),
            plan,
            memory,
            accepted,
        })
    }

    /// Imports all that the plan names. `yes`: whoever asks has seen what is gone.
    pub fn import(&self, today: Date, yes: bool, with: With<'_>) -> Result<Intake, IntakeError> {
        let mut taken = Vec::new();
        let mut findings = Vec::new();
        let mut ignored = Vec::new();
        let mut files = BTreeSet::new();
        for (name, path) in listed(std::slice::from_ref(&self.dir))? {
            if [PLAN, MEMORY, ACCEPTED].contains(&name.as_str()) {
                continue;
            }
            files.insert(name.clone());
            match self.plan.takes(&name) {
                Taken::By(n) => taken.push((name, path, n)),
                Taken::Nobody if is_source(&name) => findings.push(undecided(
                    name,
                    None,
                    "no source in sources.toml takes it: add one, or ignore it there by its name".into(),
                )),
                Taken::Ignored | Taken::Nobody => ignored.push(name),
            }
        }
        let of: HashMap<String, usize> = taken.iter().map(|(name, _, n)| (name.clone(), *n)).collect();
        let mut refused = Vec::new();
        let sources = taken.into_iter().filter_map(|(name, path, n)| {
            let source = &self.plan.sources[n];
            let bytes = match &source.select {
                None => mortar_sources::bytes(&path),
                Some(select) => match with.database.rows(&path, select) {
                    Ok(rows) => Ok(rows),
                    Err(reason) => {
                        refused.push(finding(FindingKind::Refused, name, None, reason));
                        return None;
                    }
                },
            };
            let mapping = &source.mapping;
            Some(
                bytes
                    .map_err(IntakeError::from)
                    .map(|bytes| Source { name, bytes, mapping }),
            )
        });
        let mut imported = import_sources(sources, with.extractor)?;
        findings.append(&mut refused);
        findings.extend(self.unmet(&of));
        findings.append(&mut imported.findings);
        ignored.append(&mut imported.ignored);
        imported.findings = findings;
        imported.ignored = ignored;
        Ok(self.compared(imported, &of, &files, today, yes))
    }

    /// Names of the plan that no file has, and sources that no file fits.
    fn unmet(&self, of: &HashMap<String, usize>) -> Vec<Finding> {
        let mut out = Vec::new();
        for (n, source) in self.plan.sources.iter().enumerate() {
            let place = Some(format!("source “{}”", source.path));
            match of.values().any(|s| *s == n) {
                false => out.push(undecided(PLAN.into(), place, "no file is called so".into())),
                true => {
                    let unmet = source.mapping.unmet();
                    out.extend(unmet.into_iter().map(|why| {
                        let reason = format!("{why}: it was renamed there, or is mistyped here");
                        undecided(PLAN.into(), place.clone(), reason)
                    }));
                }
            }
        }
        out
    }

    fn compared(
        &self,
        imported: Imported,
        of: &HashMap<String, usize>,
        files: &BTreeSet<String>,
        today: Date,
        yes: bool,
    ) -> Intake {
        let Imported {
            documents,
            mut places,
            mut findings,
            ignored,
        } = imported;
        let read = documents.into_iter().filter_map(|document| {
            let Standing { file, place } = places.remove(&document.id)?;
            Some(Read { document, file, place })
        });
        let compared = compare(read.collect(), &self.memory.documents, today);
        findings.extend(self.gone(&compared, yes));
        let about_files = findings.len();
        let review = |looked: &(Read, crate::memory::Known, Since)| {
            let days = self.plan.sources[*of.get(&looked.0.file)?].review_days?;
            Some((days, looked.1.read))
        };
        let first = self.memory.documents.is_empty();
        findings.extend(checks(
            &compared.documents,
            files,
            today,
            first,
            &self.plan.style,
            &review,
        ));
        findings.extend(contradictions(&compared));
        let (told, settled) = told(findings, &self.memory.findings, &self.accepted, today);
        let told = told.into_iter().map(|t| self.looked_at_again(t, today)).collect();
        let mut report = report(&compared, &self.memory, today);
        (report.findings, report.settled, report.ignored) = (told, settled, ignored.clone());
        let known = report.findings.iter().map(|t| KnownFinding {
            finding: t.id.clone(),
            kind: t.finding.kind,
            since: t.since,
            says: t.finding.to_string(),
        });
        let memory = Memory {
            findings: known.collect(),
            documents: compared.documents.iter().map(|d| d.1.clone()).collect(),
        };
        let of_files = report.findings.iter().take(about_files).map(|t| Finding {
            stops: t.stops,
            ..t.finding.clone()
        });
        let findings = of_files.collect();
        let mut imported = Imported {
            ignored,
            findings,
            ..Imported::default()
        };
        for (mut read, known, _) in compared.documents {
            read.document.source = Some((&known).into());
            let stands = Standing {
                file: read.file,
                place: read.place,
            };
            imported.places.insert(read.document.id.clone(), stands);
            imported.documents.push(read.document);
        }
        Intake {
            imported,
            report,
            memory,
        }
    }

    /// That somebody looked at a document holds for its interval, counted from that day.
    fn looked_at_again(&self, mut told: crate::report::Told, today: Date) -> crate::report::Told {
        use crate::report::State;
        let accepted = self.accepted.of(&told.id).and_then(Acceptance::day);
        let days = self.plan.sources.iter().filter_map(|s| s.review_days).min();
        if let (FindingKind::Stale, State::Accepted, Some(day), Some(days)) =
            (told.finding.kind, told.state, accepted, days)
            && (today - day).get_days() > i32::try_from(days).unwrap_or(i32::MAX)
        {
            (told.state, told.accepted) = (State::Known, None);
        }
        told
    }

    fn gone(&self, compared: &Compared, yes: bool) -> Option<Finding> {
        let (gone, all) = (compared.gone.len(), self.memory.documents.len());
        if gone == 0 {
            return None;
        }
        let names: Vec<&str> = compared.gone.iter().take(NAMED).map(|k| k.id.as_str()).collect();
        let more = gone.saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let stops = gone * FIFTH > all && !yes;
        let ask = if stops {
            "; look at them, and say --yes if that is so"
        } else {
            ""
        };
        Some(Finding {
            kind: FindingKind::Gone,
            file: PLAN.into(),
            place: None,
            reason: format!(
                "{gone} of {all} documents are there no more: {}{more}{ask}",
                names.join(", ")
            ),
            about: None,
            stops,
        })
    }

    /// Remembers an import; of one that came to nothing, only what was found. Whether anything is other than it was.
    pub fn keep(&self, intake: &Intake, whole: bool) -> Result<bool, IntakeError> {
        let memory = Memory {
            documents: match whole {
                true => intake.memory.documents.clone(),
                false => self.memory.documents.clone(),
            },
            findings: intake.memory.findings.clone(),
        };
        let path = self.dir.join(MEMORY);
        if memory == self.memory && path.exists() {
            return Ok(false);
        }
        let text = memory
            .written()
            .map_err(|e| IntakeError::Memory(path.clone(), e.to_string()))?;
        write_whole(&path, &text)?;
        Ok(true)
    }

    /// Accepts a finding of the last import with a reason.
    pub fn accept(&self, id: &str, reason: &str, today: Date) -> Result<String, IntakeError> {
        let found = self.memory.findings.iter().find(|k| k.finding == id);
        let found = found.ok_or_else(|| IntakeError::NoFinding(id.to_owned()))?;
        if !may_be_accepted(found.kind) {
            return Err(IntakeError::Undecided);
        }
        if reason.trim().is_empty() {
            return Err(IntakeError::NoReason);
        }
        let acceptance = Acceptance {
            id: id.to_owned(),
            finding: found.says.clone(),
            reason: reason.trim().to_owned(),
            day: today.to_string(),
        };
        let path = self.dir.join(ACCEPTED);
        let added = acceptance
            .written()
            .map_err(|e| IntakeError::Plan(path.clone(), e.to_string()))?;
        let before = read(&path)?.unwrap_or_default();
        let between = if before.is_empty() { "" } else { "\n" };
        write_whole(&path, &format!("{before}{between}{added}"))?;
        Ok(found.says.clone())
    }
}

fn undecided(file: String, place: Option<String>, reason: String) -> Finding {
    finding(FindingKind::Undecided, file, place, reason)
}

fn finding(kind: FindingKind, file: String, place: Option<String>, reason: String) -> Finding {
    Finding {
        kind,
        file,
        about: place.clone(),
        place,
        reason,
        stops: true,
    }
}

fn report(compared: &Compared, before: &Memory, today: Date) -> Report {
    let ids = |wanted: Since| {
        let all = compared.documents.iter().filter(|d| d.2 == wanted);
        all.map(|d| d.1.id.clone()).collect::<Vec<_>>()
    };
    let from = |id: &str| before.documents.iter().find(|k| k.id == id).map(|k| k.file.clone());
    let moved = compared.documents.iter().filter(|d| d.2 == Since::Moved);
    Report {
        day: today,
        documents: compared.documents.len(),
        new: ids(Since::New),
        changed: ids(Since::Changed),
        moved: moved
            .map(|(_, known, _)| Moved {
                id: known.id.clone(),
                from: from(&known.id).unwrap_or_default(),
                to: known.file.clone(),
            })
            .collect(),
        gone: compared.gone.iter().map(|k| k.id.clone()).collect(),
        unchanged: ids(Since::Unchanged).len(),
        findings: Vec::new(),
        settled: Vec::new(),
        ignored: Vec::new(),
        provenance: compared
            .documents
            .iter()
            .map(|(_, known, _)| OfDocument {
                id: known.id.clone(),
                from: known.into(),
            })
            .collect(),
    }
}

/// What contradicts each other by its words; a build asks vectors too.
fn contradictions(compared: &Compared) -> Vec<Finding> {
    let cut: Vec<(&Document, Vec<PassageRecord>)> = compared
        .documents
        .iter()
        .map(|d| (&d.0.document, passages(&d.0.document)))
        .collect();
    let places = compared.documents.iter().map(|(read, known, _)| {
        let stands = Standing {
            file: read.file.clone(),
            place: read.place.clone(),
        };
        (known.id.clone(), stands)
    });
    let places: HashMap<String, Standing> = places.collect();
    let looked = Looked {
        documents: cut.iter().map(|(d, p)| (*d, p.as_slice())).collect(),
        places: &places,
        near: &|_, _| None,
    };
    let finding = |c: Contradiction| {
        let [one, other] = &c.sides;
        let stands = places.get(&one.document);
        Finding {
            kind: FindingKind::Contradiction,
            file: stands.map_or_else(String::new, |s| s.file.clone()),
            place: stands.and_then(|s| s.place.clone()),
            reason: format!(
                "“{}” says {}, “{}” says {}",
                one.document, one.says, other.document, other.says
            ),
            about: Some(format!("{} {}", one.document, other.document)),
            stops: false,
        }
    };
    looked.contradictions().into_iter().map(finding).collect()
}

fn read(path: &Path) -> Result<Option<String>, IntakeError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(mortar_sources::ImportError::Unreadable(path.to_owned(), e).into()),
    }
}

/// Writes beside the file and renames.
fn write_whole(path: &Path, text: &str) -> Result<(), IntakeError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.unfinished"));
    let write = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| IntakeError::Unwritable(path.to_owned(), e))
}

#[cfg(test)]
mod tests;
