//! `mortar mcp`: the tenant as tools of another program, over standard input and output.

use std::process::ExitCode;

use crate::common::{Common, Source};
use crate::output::Done;

pub async fn run(common: &Common) -> Done {
    let desk = common.open(&Source::default()).await?;
    mortar_mcp::over_stdio(desk).await?;
    Ok(ExitCode::SUCCESS)
}
