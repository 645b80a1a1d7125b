//! What is never masked but for a strong reason: words of the open release, drugs, codes. It knows no release: a front
//! says what it holds.

use mortar_language::codes::Code;
use mortar_language::drugs::Lexicon;

use super::kind::Kind;

/// What the knowledge in force says by itself.
pub trait Protected: Send + Sync {
    /// Whether a folded word stands in the knowledge.
    fn holds(&self, word: &str) -> bool;
    /// Whether a code is one of the knowledge.
    fn knows(&self, code: &Code) -> bool;
    /// Whether the knowledge itself gives this number, address or day.
    fn says(&self, _kind: Kind, _value: &str) -> bool {
        false
    }
    /// Whether an address is the tenant's own.
    fn own_host(&self, host: &str) -> bool;
    /// The names of drugs.
    fn lexicon(&self) -> &Lexicon;
}

/// Protects what the program knows by itself.
pub struct Bare(std::sync::Arc<Lexicon>);

impl Default for Bare {
    fn default() -> Self {
        Bare(Lexicon::own())
    }
}

impl Protected for Bare {
    fn holds(&self, _: &str) -> bool {
        false
    }

    fn knows(&self, _: &Code) -> bool {
        false
    }

    fn own_host(&self, _: &str) -> bool {
        false
    }

    fn lexicon(&self) -> &Lexicon {
        &self.0
    }
}
