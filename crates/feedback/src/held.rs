//! A keyring in memory and an answer to keep, for tests.

use std::sync::Mutex;

use mortar_assistant::Answer;
use mortar_privacy::{Vault, VaultError};

#[derive(Default)]
pub struct Held(pub Mutex<Option<Vec<u8>>>);

impl Held {
    /// The same key each time.
    pub fn with_a_key() -> Held {
        Held(Mutex::new(Some(vec![7; 32])))
    }
}

impl Vault for Held {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.0.lock().unwrap().clone())
    }
    fn put(&self, _: &str, secret: &[u8]) -> Result<(), VaultError> {
        *self.0.lock().unwrap() = Some(secret.to_vec());
        Ok(())
    }
    fn remove(&self, _: &str) -> Result<(), VaultError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
    fn check(&self) -> Result<(), VaultError> {
        Ok(())
    }
}

/// An answer without passages, as a release gives it.
pub fn answer(question: &str, text: &str) -> Answer {
    serde_json::from_value(serde_json::json!({
        "question": question, "asked_as": null, "release": "r", "as_of": "2026-01-01", "passages": [],
        "answer": text, "sentences": [], "abstained": text.is_empty(), "reason": null, "unknown_codes": [],
        "look_alikes": [], "dropped_marks": 0, "stopped": false,
        "timings_ms": {"embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0},
        "models": {"embedding": null, "generation": null}
    }))
    .unwrap()
}
