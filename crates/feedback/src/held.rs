//! A keyring in memory, for tests.

use std::sync::Mutex;

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
