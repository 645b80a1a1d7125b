//! What the program is started with, and where everything is by that. What is wrong with it the window says: a program
//! without a terminal has nowhere else to.

use std::path::PathBuf;

use clap::Parser;
use clap::error::ErrorKind;
use mortar_desk::{DeskError, Place};

/// The desktop window of Mortar.
#[derive(Parser)]
#[command(name = "mortar-app", version)]
struct Arguments {
    /// Where all state is kept (else MORTAR_HOME, else the user's data folder)
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Whose knowledge (else the sample pharmacy)
    #[arg(long)]
    tenant: Option<String>,
    /// Use the tenant's configuration in this file
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    tenant_file: Option<PathBuf>,
    /// Use the release in this folder
    #[arg(long, value_name = "DIR")]
    release: Option<PathBuf>,
}

pub fn place() -> Result<Place, DeskError> {
    let given = match Arguments::try_parse() {
        Ok(given) => given,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => e.exit(),
        Err(e) => return Err(DeskError::usage(e)),
    };
    let place = Place::new(given.home, given.tenant, given.release)?;
    match given.tenant_file {
        Some(file) => place.with_tenant_file(file),
        None => Ok(place),
    }
}
