//! Whether all that Mortar depends on is well.

use clap::Args;

use crate::common::{Common, Source};
use crate::output::{self, Done};
use crate::print;

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    source: Source,
}

pub async fn run(common: &Common, what: Doctor) -> Done {
    let checks = mortar_desk::doctor(&common.place_at(&what.source)?).await;
    let well = checks.iter().all(|c| c.ok);
    output::verdict(common.json, well, &checks, |to| print::checks(to, &checks))
}
