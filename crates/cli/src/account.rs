//! The tenant's account on AWS: signing in and out, and what its endpoints are.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mortar_desk::{Account, from_stack};
use serde_json::json;

use crate::common::Common;
use crate::output::{self, Done};

#[derive(Args)]
pub struct Login {
    /// On another device: prints a code and an address to open there
    #[arg(long)]
    device: bool,
}

#[derive(Subcommand)]
pub enum Models {
    /// Find out what an endpoint is, and print the configuration to write
    Probe { endpoint: String },
}

#[derive(Subcommand)]
pub enum Tenant {
    /// Print the configuration that laptops need, made of what `aws cloudformation describe-stacks` printed of the
    /// tenant's stack
    FromStack {
        #[arg(value_name = "OUTPUTS.json")]
        outputs: PathBuf,
    },
}

pub async fn login(common: &Common, how: Login) -> Done {
    let account = Account::open(&common.place()?)?;
    let signed_in = if how.device {
        account
            .sign_in_elsewhere(|code, url| output::prompt(format_args!("Open {url} and compare the code {code}.")))
            .await?
    } else {
        account
            .sign_in(|url| output::prompt(format_args!("Your browser opens. If it does not, open {url}")))
            .await?
    };
    output::result(common.json, &signed_in, |to| {
        writeln!(to, "signed in until {}", signed_in.until)
    })
}

pub async fn logout(common: &Common) -> Done {
    Account::open(&common.place()?)?.sign_out().await?;
    output::result(common.json, &json!({ "signed_in": false }), |to| {
        writeln!(to, "signed out")
    })
}

pub async fn models(common: &Common, command: Models) -> Done {
    let Models::Probe { endpoint } = command;
    let (probed, toml) = Account::open(&common.place()?)?.probe(&endpoint).await?;
    output::result(common.json, &json!({ "found": probed, "toml": toml }), |to| {
        write!(to, "{toml}")
    })
}

pub fn tenant(common: &Common, command: &Tenant) -> Done {
    let Tenant::FromStack { outputs } = command;
    let toml = from_stack(outputs)?;
    output::result(common.json, &json!({ "toml": toml }), |to| write!(to, "{toml}"))
}
