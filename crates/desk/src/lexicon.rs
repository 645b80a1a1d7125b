//! The names that a tenant's questions are read by: the program's own list of drugs, and the tenant's, which wins.

use std::sync::Arc;

use mortar_language::drugs::Lexicon;

use crate::error::DeskError;
use crate::tenant::TenantConfig;

pub(crate) fn read(config: &TenantConfig) -> Result<Arc<Lexicon>, DeskError> {
    let Some(file) = &config.drugs else {
        return Ok(Lexicon::own());
    };
    let told = |e: &dyn std::fmt::Display| DeskError::usage(format!("{}: {e}", file.display()));
    let mut lexicon = (*Lexicon::own()).clone();
    let table = std::fs::read_to_string(file).map_err(|e| told(&e))?;
    lexicon.add(&table).map_err(|e| told(&e))?;
    Ok(Arc::new(lexicon))
}
