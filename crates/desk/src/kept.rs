//! What is kept of a tenant, without its knowledge: where it lies, who holds its key, its audit, and its end.

use std::path::Path;

use mortar_feedback::{Act, Exported, Records, RecordsError};
use mortar_local::{KeyFiles, Keyring};
use mortar_privacy::audit::{Broken, Head, SignedHead};
use mortar_privacy::{Vault, VaultError};
use serde::Serialize;

use crate::config;
use crate::error::DeskError;
use crate::place::Place;
use crate::tenant::{SAMPLE, TenantConfig};

/// Where the end of the audit was last seen, beside the key: who puts an older folder back does not put that back.
const WITNESS: &str = "audit-head";

/// The sample has no patients, and is tried where there is no keyring: its key lies in a file. So does a service's, on a
/// disk that ends with it. Every other tenant's key is in the keyring or nowhere.
pub(crate) fn key_lies_in_a_file(place: &Place, config: &TenantConfig) -> bool {
    place.unattended || place.tenant == SAMPLE && config.aws.is_none()
}

fn vault(place: &Place, config: &TenantConfig) -> Box<dyn Vault> {
    match key_lies_in_a_file(place, config) {
        true => Box::new(KeyFiles::new(&place.tenant_dir().join("keys"))),
        false => Box::new(Keyring::new(&place.tenant)),
    }
}

/// The keyring speaks over a bus with a runtime of its own, which must not begin inside of another.
fn apart<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let done = scope.spawn(what).join();
        done.unwrap_or_else(|e| std::panic::resume_unwind(e))
    })
}

pub(crate) fn records(place: &Place, config: &TenantConfig) -> Result<Records, RecordsError> {
    let (dir, vault) = (place.tenant_dir().join("records"), vault(place, config));
    apart(|| Records::open(&dir, &place.tenant, &*vault))
}

/// Remembers where the audit ends.
pub(crate) fn witness(place: &Place, config: &TenantConfig, records: &Records) -> Result<(), DeskError> {
    let Some(head) = records.head()? else { return Ok(()) };
    let (bytes, vault) = (
        serde_json::to_vec(&head).map_err(DeskError::failed)?,
        vault(place, config),
    );
    apart(|| vault.put(WITNESS, &bytes)).map_err(DeskError::failed)
}

fn witnessed(place: &Place, config: &TenantConfig) -> Result<Option<Head>, VaultError> {
    let vault = vault(place, config);
    let held = apart(|| vault.get(WITNESS))?;
    held.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| VaultError::Lost))
        .transpose()
}

/// What following the audit's chain came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many records there are, up to the first that is wrong.
    pub records: u64,
    pub broken: Option<Broken>,
    /// How many signed heads it was held against; none: it was not held against what was sent.
    pub heads: u32,
    /// The name of this device, and the key by which its heads are verified.
    pub device: String,
    pub public_key: String,
}

/// Follows the audit, and holds it against heads as the bucket has them: a folder of what lies under `audit/` there.
pub fn verify_audit(place: &Place, heads: Option<&Path>) -> Result<Verified, DeskError> {
    let config = config::read(place)?;
    let records = records(place, &config)?;
    let (device, public_key) = (records.device(), records.public_key());
    let mut seen: Vec<Head> = witnessed(place, &config)
        .map_err(DeskError::failed)?
        .into_iter()
        .collect();
    let mut given = 0;
    let mut forged = None;
    for signed in heads.map_or_else(|| Ok(Vec::new()), signed_heads)? {
        // Those of other devices are not of this chain.
        if signed.head.device != device || signed.head.tenant != place.tenant {
            continue;
        }
        match signed.verify(&public_key) {
            Ok(head) => seen.push(head.clone()),
            Err(e) => forged = forged.or(Some(e)),
        }
        given += 1;
    }
    let found = records.verify_audit(&seen)?;
    Ok(Verified {
        records: found.as_ref().map_or_else(Broken::whole_before, |n| *n),
        broken: found.err().or(forged),
        heads: given,
        device,
        public_key,
    })
}

fn signed_heads(dir: &Path) -> Result<Vec<SignedHead>, DeskError> {
    let unusable = |path: &Path, e: &dyn ToString| DeskError::usage(format!("{}: {}", path.display(), e.to_string()));
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| unusable(dir, &e))? {
        let path = entry.map_err(|e| unusable(dir, &e))?.path();
        if path.is_dir() {
            out.extend(signed_heads(&path)?);
        } else if path.extension().is_some_and(|e| e == "json") {
            let bytes = std::fs::read(&path).map_err(|e| unusable(&path, &e))?;
            out.push(serde_json::from_slice(&bytes).map_err(|e| unusable(&path, &e))?);
        }
    }
    Ok(out)
}

/// All records of the audit, the oldest first.
pub fn export_audit(place: &Place) -> Result<Vec<Exported>, DeskError> {
    Ok(records(place, &config::read(place)?)?.export_audit()?)
}

/// What a wipe took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wiped {
    /// Labels that were not sent; nothing: it could not be read any more.
    pub labels_not_sent: Option<u32>,
}

/// Takes away all that is kept of a tenant's questions: the key first, so that what a disk still holds of the files is
/// no use to anybody. The audit, in which no word of it stands, goes on under a new key.
pub fn wipe(place: &Place) -> Result<Wiped, DeskError> {
    let config = config::read(place)?;
    let dir = place.tenant_dir().join("records");
    let before = match records(place, &config) {
        Ok(records) => {
            let waiting = records.how_labels_do()?;
            let kept = (waiting.waiting + waiting.dead, records.chain()?);
            records.close();
            Some(kept)
        }
        Err(RecordsError::Vault(e)) => return Err(DeskError::failed(e)),
        Err(_) => None,
    };
    if Records::in_use(&dir)? {
        return Err(DeskError::failed(
            "Mortar is open elsewhere with what is to be wiped: close it first",
        ));
    }
    let vault = vault(place, &config);
    apart(|| vault.remove(Records::KEY_NAME)).map_err(DeskError::failed)?;
    let gone = |e: std::io::Error| DeskError::failed(format!("{}: {e}", dir.display()));
    match std::fs::remove_dir_all(&dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(gone(e)),
        _ => {}
    }
    let (labels, chain) = before.unzip();
    let anew = records(place, &config)?;
    let act = Act::Wiped {
        labels_not_sent: labels.unwrap_or(0),
        readable: labels.is_some(),
    };
    anew.go_on_with(&chain.unwrap_or_default(), act)?;
    witness(place, &config, &anew)?;
    Ok(Wiped {
        labels_not_sent: labels,
    })
}
