//! What sort of text a document is: it decides how it is read.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What sort of document a passage comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Qa,
    Sop,
    #[default]
    Article,
    Code,
}
