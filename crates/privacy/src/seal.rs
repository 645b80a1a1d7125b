//! Sealing what lies on this device: AES-256-GCM-SIV, bound to the place where a value lies. Keys are given and made
//! here, never kept, and nothing is read or written.
//!
//! A sealed value is `version 1 | key id, 4 bytes | nonce, 12 | ciphertext and tag`. What stands beside it (tenant,
//! database, the record's own key, format) is authenticated with it, so that a value that was moved does not open. An
//! older value of the very same record does: what must not be set back is chained (`audit`).

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY: usize = 32;
const VERSION: u8 = 1;
const HEAD: usize = 1 + 4 + NONCE_LEN;

/// A key as bytes, which are overwritten when they are let go of.
pub type Secret = Zeroizing<[u8; KEY]>;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    #[error("it is not sealed as this program seals")]
    Foreign,
    #[error("it was sealed with the key {0}, which is not here")]
    NoKey(u32),
    #[error("it was changed, or moved from where it was sealed")]
    Changed,
    #[error("the system gives no random bytes")]
    NoRandom,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<'a> {
    pub tenant: &'a str,
    pub database: &'a str,
    pub key: &'a str,
    pub format: u32,
}

impl At<'_> {
    /// Lengths go before what they are of: no two places are written alike.
    fn bytes(&self) -> Vec<u8> {
        let mut out = b"mortar/1".to_vec();
        for part in [self.tenant, self.database, self.key] {
            out.extend((part.len() as u64).to_be_bytes());
            out.extend(part.as_bytes());
        }
        out.extend(self.format.to_be_bytes());
        out
    }
}

/// A key ready for use.
pub struct SealKey {
    pub id: u32,
    key: RandomizedNonceKey,
}

impl SealKey {
    pub fn new(id: u32, bytes: &[u8; KEY]) -> Result<SealKey, SealError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes).map_err(|_| SealError::Foreign)?;
        Ok(SealKey { id, key })
    }

    pub fn seal(&self, at: &At, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut body = plain.to_vec();
        let sealed = self.key.seal_in_place_append_tag(Aad::from(at.bytes()), &mut body);
        let nonce = sealed.map_err(|_| SealError::NoRandom)?;
        let mut out = Vec::with_capacity(HEAD + body.len());
        out.push(VERSION);
        out.extend(self.id.to_be_bytes());
        out.extend(nonce.as_ref());
        out.extend(body);
        Ok(out)
    }

    pub fn open(&self, at: &At, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let id = key_of(sealed)?;
        if id != self.id {
            return Err(SealError::NoKey(id));
        }
        let nonce = Nonce::try_assume_unique_for_key(&sealed[5..HEAD]).map_err(|_| SealError::Foreign)?;
        let mut body = sealed[HEAD..].to_vec();
        let opened = self.key.open_in_place(nonce, Aad::from(at.bytes()), &mut body);
        let length = opened.map_err(|_| SealError::Changed)?.len();
        body.truncate(length);
        Ok(body)
    }
}

/// The id of the key that a value was sealed with.
pub fn key_of(sealed: &[u8]) -> Result<u32, SealError> {
    match sealed {
        [VERSION, a, b, c, d, rest @ ..] if rest.len() >= NONCE_LEN => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(SealError::Foreign),
    }
}

/// A new key.
pub fn random_key() -> Result<Secret, SealError> {
    let mut bytes = Zeroizing::new([0; KEY]);
    aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| SealError::NoRandom)?;
    Ok(bytes)
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: At = At {
        tenant: "pharmacy",
        database: "exchanges",
        key: "01",
        format: 2,
    };

    #[test]
    fn what_is_not_sealed_is_refused() {
        let key = SealKey::new(1, &[7; KEY]).unwrap();
        for bytes in [&b""[..], b"\x01", b"{\"a\": 1}", &[1; HEAD - 1], &[2; 64]] {
            assert_eq!(key.open(&AT, bytes), Err(SealError::Foreign), "{bytes:?}");
        }
    }

    #[test]
    fn a_value_opens_where_it_was_sealed_and_nowhere_else() {
        let key = SealKey::new(1, &[7; KEY]).unwrap();
        let sealed = key.seal(&AT, b"Rosa Diaz").unwrap();
        assert_eq!(key.open(&AT, &sealed).unwrap(), b"Rosa Diaz");
        assert!(!sealed.windows(4).any(|w| w == b"Rosa"));
        for moved in [
            At { tenant: "clinic", ..AT },
            At {
                database: "outbox",
                ..AT
            },
            At { key: "02", ..AT },
            At { format: 3, ..AT },
            // The same letters, parted elsewhere.
            At {
                tenant: "pharmacye",
                database: "xchanges",
                ..AT
            },
        ] {
            assert_eq!(key.open(&moved, &sealed), Err(SealError::Changed), "{moved:?}");
        }
        assert_eq!(
            SealKey::new(2, &[7; KEY]).unwrap().open(&AT, &sealed),
            Err(SealError::NoKey(1))
        );
        let other = SealKey::new(1, &[8; KEY]).unwrap();
        assert_eq!(other.open(&AT, &sealed), Err(SealError::Changed));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_no_changed_byte_is_overlooked(plain: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let key = SealKey::new(9, &random_key().unwrap()).unwrap();
            let mut sealed = key.seal(&AT, &plain).unwrap();
            prop_assert_eq!(key.open(&AT, &sealed).unwrap(), plain);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open(&AT, &sealed).is_err());
        }
    }
}
