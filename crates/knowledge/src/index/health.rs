//! What is known of the soundness of an open index: whoever finds damage says so here, and nothing is read from
//! it any more. It never becomes sound again; what was fetched or built anew is another index.

use std::sync::OnceLock;

use super::tables::damaged;

#[derive(Debug, Default)]
pub struct Health {
    damage: OnceLock<String>,
    /// Set once every byte was looked at.
    looked_through: OnceLock<()>,
}

impl Health {
    /// Says what is damaged. The first finding stays.
    pub fn spoilt(&self, reason: &str) {
        let _ = self.damage.set(reason.to_owned());
    }

    /// Every byte was looked at; what was found is said before.
    pub fn looked_through(&self) {
        let _ = self.looked_through.set(());
    }

    /// What is damaged, as far as is known.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// The same, once every byte was looked at: it is waited for.
    pub fn whole(&self) -> Option<&str> {
        self.looked_through.wait();
        self.damage()
    }

    pub(super) fn sound(&self) -> heed::Result<()> {
        self.damage().map_or(Ok(()), |reason| Err(damaged(reason)))
    }
}
