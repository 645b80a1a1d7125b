//! The keys that sign a store, and its root of trust.

use clap::Subcommand;

use crate::common::Common;
use crate::output::{self, Done};
use crate::print;
use crate::signed::Signed;

#[derive(Subcommand)]
pub enum Keys {
    /// Make the keys and the root of trust, here and in the store
    Init {
        #[command(flatten)]
        signed: Signed,
        /// So many keys for the root, to be kept apart
        #[arg(long, default_value_t = 1)]
        root_keys: usize,
        /// So many of them must sign
        #[arg(long, default_value_t = 1)]
        threshold: u64,
    },
    /// New keys for a role (root, targets, snapshot, timestamp); what the old ones signed is signed anew
    Rotate {
        role: String,
        #[command(flatten)]
        signed: Signed,
    },
    /// The same root for another year
    Renew {
        #[command(flatten)]
        signed: Signed,
    },
    /// Who signs what, and which private keys are here
    Show {
        #[command(flatten)]
        signed: Signed,
    },
}

pub async fn run(common: &Common, command: Keys) -> Done {
    let shown = match command {
        Keys::Init {
            signed,
            root_keys,
            threshold,
        } => signed.open(common)?.init_keys(root_keys, threshold).await?,
        Keys::Rotate { role, signed } => signed.open(common)?.rotate_keys(&role).await?,
        Keys::Renew { signed } => signed.open(common)?.renew_root().await?,
        Keys::Show { signed } => signed.open(common)?.show_keys()?,
    };
    output::result(common.json, &shown, |to| print::keys(to, &shown))
}
