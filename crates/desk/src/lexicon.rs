//! The names that a tenant's questions are read by: the program's own, a larger list where the device has it, and
//! the tenant's, each winning over the one before.

use std::path::Path;
use std::sync::Arc;

use mortar_language::drugs::Lexicon;

use crate::{DeskError, TenantConfig};

/// Below the folder of models: names of some twenty thousand drugs, made by `cargo xtask setup`.
const NAMES: &str = "../drug-names/names.tsv";

pub(crate) fn read(weights: &Path, config: &TenantConfig) -> Result<Arc<Lexicon>, DeskError> {
    let names = std::fs::read_to_string(weights.join(NAMES)).ok();
    if names.is_none() && config.drugs.is_none() {
        return Ok(Lexicon::own());
    }
    let mut lexicon = (*Lexicon::own()).clone();
    // Names alone: without them fewer brands are known, and what nobody knows is still no other drug.
    lexicon.widen(names.as_deref().unwrap_or_default());
    if let Some(file) = &config.drugs {
        let told = |e: &dyn std::fmt::Display| DeskError::new("usage", format!("{}: {e}", file.display()));
        let table = std::fs::read_to_string(file).map_err(|e| told(&e))?;
        lexicon.add(&table).map_err(|e| told(&e))?;
    }
    Ok(Arc::new(lexicon))
}
