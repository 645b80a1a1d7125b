//! Which store a command is about, and whose keys sign for it.

use std::path::PathBuf;

use clap::Args;
use mortar_desk::{DeskError, StoreOptions, Work};

use crate::common::Common;

/// Which store, and whose signatures.
#[derive(Args)]
pub struct Signed {
    /// A folder, or s3://bucket/prefix (else the configuration's)
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
    /// The folder of keys (else the configuration's knowledge.keys)
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
}

/// Reading a store needs no private key.
#[derive(Args)]
pub struct Reading {
    #[command(flatten)]
    pub signed: Signed,
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
}

impl Signed {
    pub fn open(self, common: &Common) -> Result<Work, DeskError> {
        self.open_with(common, None)
    }

    pub fn open_with(self, common: &Common, root: Option<PathBuf>) -> Result<Work, DeskError> {
        Work::open(&common.place()?, &self.options(root))
    }

    pub fn options(self, root: Option<PathBuf>) -> StoreOptions {
        StoreOptions {
            store: self.store,
            keys: self.keys,
            root,
            ..StoreOptions::default()
        }
    }
}
