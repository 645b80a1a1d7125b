//! What is kept of a tenant, without its knowledge: where it lies, and who holds its key.

use mortar_feedback::{Records, RecordsError};
use mortar_local::{KeyFiles, Keyring};
use mortar_privacy::Vault;

use crate::place::Place;
use crate::tenant::{SAMPLE, TenantConfig};

/// The sample has no patients, and is tried where there is no keyring: its key lies in a file. Every other tenant's
/// key is in the keyring or nowhere.
pub(crate) fn key_lies_in_a_file(place: &Place, config: &TenantConfig) -> bool {
    place.tenant == SAMPLE && config.aws.is_none()
}

pub(crate) fn vault(place: &Place, config: &TenantConfig) -> Box<dyn Vault> {
    match key_lies_in_a_file(place, config) {
        true => Box::new(KeyFiles::new(&place.tenant_dir().join("keys"))),
        false => Box::new(Keyring::new(&place.tenant)),
    }
}

pub(crate) fn records(place: &Place, config: &TenantConfig) -> Result<Records, RecordsError> {
    let (dir, vault) = (place.tenant_dir().join("records"), vault(place, config));
    // The keyring speaks over a bus with a runtime of its own, which must not begin inside of another.
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| Records::open(&dir, &place.tenant, &*vault));
        opening.join().unwrap_or_else(|e| std::panic::resume_unwind(e))
    })
}
