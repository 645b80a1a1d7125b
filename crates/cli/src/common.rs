//! What all commands share: where Mortar's state is, whose knowledge is meant, and how it is opened.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use mortar_desk::{Desk, DeskError, Place};

use crate::output;
use crate::progress::Progress;

#[derive(Args)]
pub struct Common {
    /// Where all state is kept (else MORTAR_HOME, else the user's data folder)
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Whose knowledge (else the sample pharmacy)
    #[arg(long, global = true)]
    tenant: Option<String>,
    /// Use the tenant's configuration in this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "tenant")]
    tenant_file: Option<PathBuf>,
    /// Print one JSON value; its shape is in docs/CLI.md
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Args, Default)]
pub struct Source {
    /// Use the release in this folder
    #[arg(long, value_name = "DIR")]
    release: Option<PathBuf>,
    /// Ask as of another day (2026-09-01); today otherwise
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
}

impl Source {
    /// Today, from the release in a folder, or from the tenant's own.
    pub fn in_folder(release: Option<PathBuf>) -> Source {
        Source { release, as_of: None }
    }
}

impl Common {
    /// The place of the tenant's own knowledge.
    pub fn place(&self) -> Result<Place, DeskError> {
        self.place_of(None)
    }

    /// The place of what a command reads.
    pub fn place_at(&self, source: &Source) -> Result<Place, DeskError> {
        self.place_of(source.release.clone())
    }

    fn place_of(&self, release: Option<PathBuf>) -> Result<Place, DeskError> {
        let place = Place::new(self.home.clone(), self.tenant.clone(), release)?;
        match &self.tenant_file {
            Some(file) => place.with_tenant_file(file.clone()),
            None => Ok(place),
        }
    }

    /// Opens what a command reads.
    pub async fn open(&self, source: &Source) -> Result<Desk, DeskError> {
        let place = self.place_at(source)?;
        let mut progress = Progress::new();
        let desk = Desk::open(place, &mut |p| progress.at(p)).await;
        progress.end(desk.is_ok());
        let desk = desk?;
        if let Some(problem) = desk.status().embedding_problem {
            output::say(format_args!("searching by words alone: {problem}"));
        }
        Ok(desk)
    }
}
