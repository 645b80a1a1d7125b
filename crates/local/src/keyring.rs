//! The OS keyring as a vault. Secrets are stored in pieces, because Windows holds at most 2,560 bytes an
//! item. A tenant sees its own items only.

use std::sync::OnceLock;

use keyring::{Entry, Error};
use mortar_privacy::{Vault, VaultError};

/// Well under what the smallest keyring holds in an item.
const PIECE: usize = 2000;
/// The name under which the keyring's owner sees our items.
const SERVICE: &str = "mortar";

/// Where items are kept: the OS, or a test's own.
trait Items: Send + Sync {
    fn get(&self, item: &str) -> Result<Option<Vec<u8>>, VaultError>;
    fn set(&self, item: &str, bytes: &[u8]) -> Result<(), VaultError>;
    fn delete(&self, item: &str) -> Result<(), VaultError>;
}

/// One tenant's secrets.
pub struct Keyring {
    items: Box<dyn Items>,
    tenant: String,
}

impl Keyring {
    pub fn new(tenant: &str) -> Self {
        Keyring {
            items: Box::new(Os),
            tenant: tenant.to_owned(),
        }
    }

    fn item(&self, name: &str) -> String {
        format!("{}/{name}", self.tenant)
    }

    fn piece(&self, name: &str, side: char, n: usize) -> String {
        format!("{}/{name}/{side}{n}", self.tenant)
    }

    fn head(&self, name: &str) -> Result<Option<Head>, VaultError> {
        match self.items.get(&self.item(name))? {
            None => Ok(None),
            Some(bytes) => Head::read(&bytes).map(Some).ok_or(VaultError::Lost),
        }
    }

    /// The head that is to go: one that is damaged goes like any other.
    fn head_to_replace(&self, name: &str) -> Result<Option<Head>, VaultError> {
        match self.head(name) {
            Err(VaultError::Lost) => Ok(None),
            other => other,
        }
    }

    /// Deletes a side's pieces from one on. There are `known` or more: a write may have been cut short. The last
    /// goes first, so that what an error leaves is found from the beginning.
    fn delete_pieces(&self, name: &str, side: char, from: usize, known: usize) -> Result<(), VaultError> {
        let mut end = known.max(from);
        while self.items.get(&self.piece(name, side, end))?.is_some() {
            end += 1;
        }
        (from..end)
            .rev()
            .try_for_each(|n| self.items.delete(&self.piece(name, side, n)))
    }
}

/// What stands in a secret's own item: which of two sides holds its pieces, how many, and their hash.
/// It is written when they all are, so that what it names is whole.
#[derive(Debug, PartialEq)]
struct Head {
    side: char,
    pieces: usize,
    hash: String,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Head> {
        let mut parts = std::str::from_utf8(bytes).ok()?.split(' ');
        let side = parts.next()?.chars().next().filter(|c| matches!(c, 'a' | 'b'))?;
        let pieces = parts.next()?.parse().ok()?;
        let hash = parts.next()?.to_owned();
        Some(Head { side, pieces, hash })
    }

    fn write(&self) -> Vec<u8> {
        format!("{} {} {}", self.side, self.pieces, self.hash).into_bytes()
    }
}

fn hash(secret: &[u8]) -> String {
    blake3::hash(secret).to_hex()[..32].to_owned()
}

impl Vault for Keyring {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(head) = self.head(name)? else {
            return Ok(None);
        };
        let mut secret = Vec::new();
        for n in 0..head.pieces {
            let piece = self.items.get(&self.piece(name, head.side, n))?;
            secret.extend(piece.ok_or(VaultError::Lost)?);
        }
        if hash(&secret) == head.hash {
            Ok(Some(secret))
        } else {
            Err(VaultError::Lost)
        }
    }

    fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        let before = self.head_to_replace(name)?;
        let (side, other) = match before {
            Some(Head { side: 'a', .. }) => ('b', 'a'),
            _ => ('a', 'b'),
        };
        let pieces: Vec<&[u8]> = secret.chunks(PIECE).collect();
        for (n, piece) in pieces.iter().enumerate() {
            self.items.set(&self.piece(name, side, n), piece)?;
        }
        let head = Head {
            side,
            pieces: pieces.len(),
            hash: hash(secret),
        };
        self.items.set(&self.item(name), &head.write())?;
        self.delete_pieces(name, other, 0, before.map_or(0, |h| h.pieces))?;
        self.delete_pieces(name, side, head.pieces, 0)
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        let known = self.head_to_replace(name)?.map_or(0, |h| h.pieces);
        self.items.delete(&self.item(name))?;
        ['a', 'b']
            .into_iter()
            .try_for_each(|side| self.delete_pieces(name, side, 0, known))
    }

    fn check(&self) -> Result<(), VaultError> {
        const PROBE: &str = "probe";
        let secret = [7u8; PIECE + 1];
        self.put(PROBE, &secret)?;
        let read = self.get(PROBE);
        self.remove(PROBE)?;
        match read? {
            Some(found) if found == secret => Ok(()),
            _ => Err(VaultError::Lost),
        }
    }
}

struct Os;

impl Os {
    fn entry(item: &str) -> Result<Entry, VaultError> {
        static REASON: OnceLock<String> = OnceLock::new();
        Entry::new(SERVICE, item).map_err(|e| match e {
            Error::NoDefaultStore => VaultError::None(
                REASON
                    .get_or_init(|| match Entry::store_status() {
                        Err(e) => e.to_string(),
                        Ok(()) => "it does not start".into(),
                    })
                    .clone(),
            ),
            e => told(e),
        })
    }
}

fn told(e: Error) -> VaultError {
    match e {
        Error::NoStorageAccess(e) => VaultError::Locked(e.to_string()),
        Error::BadDataFormat(..) | Error::BadEncoding(_) => VaultError::Lost,
        // Its text may quote what it was given.
        Error::TooLong(_, most) => VaultError::Failed(format!("it holds at most {most} bytes an item")),
        Error::Ambiguous(_) => VaultError::Failed("it holds an item twice".into()),
        e => VaultError::Failed(e.to_string()),
    }
}

impl Items for Os {
    fn get(&self, item: &str) -> Result<Option<Vec<u8>>, VaultError> {
        match Os::entry(item)?.get_secret() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NoEntry) => Ok(None),
            Err(e) => Err(told(e)),
        }
    }

    fn set(&self, item: &str, bytes: &[u8]) -> Result<(), VaultError> {
        Os::entry(item)?.set_secret(bytes).map_err(told)
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        match Os::entry(item)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(e) => Err(told(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    /// A keyring as small as the smallest one, which may fail after so many writes.
    #[derive(Default, Clone)]
    struct Small {
        held: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
        writes_left: Arc<Mutex<Option<usize>>>,
    }

    impl Items for Small {
        fn get(&self, item: &str) -> Result<Option<Vec<u8>>, VaultError> {
            Ok(self.held.lock().unwrap().get(item).cloned())
        }
        fn set(&self, item: &str, bytes: &[u8]) -> Result<(), VaultError> {
            if let Some(left) = self.writes_left.lock().unwrap().as_mut() {
                *left = left.checked_sub(1).ok_or(VaultError::Failed("cut".into()))?;
            }
            assert!(bytes.len() <= 2560, "Windows would refuse {} bytes", bytes.len());
            self.held.lock().unwrap().insert(item.to_owned(), bytes.to_vec());
            Ok(())
        }
        fn delete(&self, item: &str) -> Result<(), VaultError> {
            self.held.lock().unwrap().remove(item);
            Ok(())
        }
    }

    fn keyring(small: &Small, tenant: &str) -> Keyring {
        Keyring {
            items: Box::new(small.clone()),
            tenant: tenant.into(),
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_got_and_what_is_removed_is_gone(secrets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 1..4)) {
            let small = Small::default();
            let k = keyring(&small, "pharmacy");
            for secret in &secrets {
                k.put("token", secret).unwrap();
                prop_assert_eq!(k.get("token").unwrap(), Some(secret.clone()));
            }
            prop_assert_eq!(keyring(&small, "clinic").get("token").unwrap(), None);
            k.remove("token").unwrap();
            prop_assert!(small.held.lock().unwrap().is_empty());
        }

        /// Cut at any write, the old secret or the new one is there, whole.
        #[test]
        fn a_write_that_is_cut_short_mixes_nothing(old in prop::collection::vec(any::<u8>(), 1..7000), new in prop::collection::vec(any::<u8>(), 1..7000), after in 0usize..5) {
            let small = Small::default();
            let k = keyring(&small, "pharmacy");
            k.put("token", &old).unwrap();
            *small.writes_left.lock().unwrap() = Some(after);
            let done = k.put("token", &new).is_ok();
            let held = k.get("token").unwrap().unwrap();
            prop_assert_eq!(&held, if done { &new } else { &old });
            *small.writes_left.lock().unwrap() = None;
            // The next write leaves no piece of any before it.
            k.put("token", b"short").unwrap();
            prop_assert_eq!(small.held.lock().unwrap().len(), 2);
            k.remove("token").unwrap();
            prop_assert!(small.held.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn a_lost_piece_is_said_and_can_be_written_anew() {
        let small = Small::default();
        let k = keyring(&small, "pharmacy");
        k.put("token", &[1; 5000]).unwrap();
        small.held.lock().unwrap().remove("pharmacy/token/a1");
        assert_eq!(k.get("token"), Err(VaultError::Lost));
        k.put("token", b"new").unwrap();
        assert_eq!(k.get("token").unwrap().unwrap(), b"new");
        k.check().unwrap();
    }
}
