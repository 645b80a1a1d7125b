//! The chain of the audit: each record's hash covers the one before it, so that one that was changed, left out, moved
//! or cut off is found. Pure: where records lie, and what they say, is not known here.
//!
//! A chain alone does not show that its end was cut off, or that an older copy of all of it was put back: that shows
//! where its head was seen before. Heads are signed and kept elsewhere; between two of them it cannot be seen.

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::seal::{Secret, hex, sha256};

/// What the first record stands on.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A record as it lies there: its text, and the hash that chains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub n: u64,
    /// The record itself, one line of JSON.
    pub record: String,
    pub hash: String,
}

impl Link {
    pub fn new(n: u64, before: &str, record: String) -> Link {
        let hash = hash(n, before, &record);
        Link { n, record, hash }
    }
}

fn hash(n: u64, before: &str, record: &str) -> String {
    let text = format!("mortar audit 1\n{n}\n{before}\n{record}");
    hex(&sha256(text.as_bytes()))
}

/// Where a chain ended at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub tenant: String,
    pub device: String,
    pub n: u64,
    pub hash: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// A head with who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    pub format: u32,
    #[serde(flatten)]
    pub head: Head,
    pub public_key: String,
    pub signature: String,
}

/// What is wrong with a chain, and where first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Broken {
    #[error("record {n} was changed")]
    Changed { n: u64 },
    #[error("record {n} is missing")]
    Missing { n: u64 },
    #[error("record {n} stands in another's place")]
    Moved { n: u64 },
    #[error(
        "it ends at record {n}, and was seen to reach to {seen}: its end was cut off, or an older copy was put back"
    )]
    Cut { n: u64, seen: u64 },
    #[error("record {n} is another than the one that was seen")]
    Replaced { n: u64 },
    #[error("the head of record {n} is not signed by this device's key")]
    Signature { n: u64 },
}

impl Broken {
    /// How many records are whole before it.
    pub fn whole_before(&self) -> u64 {
        match self {
            Broken::Cut { n, .. } => *n,
            Broken::Changed { n }
            | Broken::Missing { n }
            | Broken::Moved { n }
            | Broken::Replaced { n }
            | Broken::Signature { n } => n.saturating_sub(1),
        }
    }
}

/// Follows a chain. What stands at a place and cannot be read is given as `None`.
pub struct Chain<'a> {
    seen: &'a [Head],
    n: u64,
    hash: String,
}

impl<'a> Chain<'a> {
    /// `seen`: heads that are known from elsewhere.
    pub fn new(seen: &'a [Head]) -> Chain<'a> {
        Chain {
            seen,
            n: 0,
            hash: BEGINNING.to_owned(),
        }
    }

    /// The next record, at the place where it lies.
    pub fn next(&mut self, at: u64, link: Option<&Link>) -> Result<(), Broken> {
        let n = self.n + 1;
        if at != n {
            return Err(Broken::Missing { n });
        }
        let link = link.ok_or(Broken::Changed { n })?;
        if link.n != n {
            return Err(Broken::Moved { n });
        }
        if hash(n, &self.hash, &link.record) != link.hash {
            return Err(Broken::Changed { n });
        }
        if self.seen.iter().any(|h| h.n == n && h.hash != link.hash) {
            return Err(Broken::Replaced { n });
        }
        (self.n, self.hash) = (n, link.hash.clone());
        Ok(())
    }

    /// How many records there are, if nobody has seen more.
    pub fn end(self) -> Result<u64, Broken> {
        let seen = self.seen.iter().map(|h| h.n).max().unwrap_or(0);
        if seen > self.n {
            return Err(Broken::Cut { n: self.n, seen });
        }
        Ok(self.n)
    }
}

/// Signs heads. Its key follows from the one that seals the records, so that there is none more to lose.
pub struct Signer(Ed25519KeyPair);

struct Seed;

impl aws_lc_rs::hkdf::KeyType for Seed {
    fn len(&self) -> usize {
        32
    }
}

impl Signer {
    pub fn of(key: &Secret) -> Option<Signer> {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        let derived = Salt::new(HKDF_SHA256, b"mortar").extract(&**key);
        derived.expand(&[b"audit head"], Seed).ok()?.fill(&mut *seed).ok()?;
        Ed25519KeyPair::from_seed_unchecked(&*seed).ok().map(Signer)
    }

    pub fn public_key(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    pub fn sign(&self, head: Head) -> SignedHead {
        SignedHead {
            format: 1,
            signature: hex(self.0.sign(&said(&head)).as_ref()),
            public_key: self.public_key(),
            head,
        }
    }
}

impl SignedHead {
    /// The head, if this key signed it.
    pub fn verify(&self, public_key: &str) -> Result<&Head, Broken> {
        let broken = || Broken::Signature { n: self.head.n };
        let (key, signature) = (
            unhex(public_key).ok_or_else(broken)?,
            unhex(&self.signature).ok_or_else(broken)?,
        );
        let key = UnparsedPublicKey::new(&ED25519, key);
        let verified = key.verify(&said(&self.head), &signature);
        verified.map(|()| &self.head).map_err(|_| broken())
    }
}

fn said(head: &Head) -> Vec<u8> {
    let Head {
        tenant,
        device,
        n,
        hash,
        at,
    } = head;
    format!("mortar audit head 1\n{tenant}\n{device}\n{n}\n{hash}\n{at}").into_bytes()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes().chunks(2);
    bytes
        .map(|b| u8::from_str_radix(std::str::from_utf8(b).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<Link> {
        let mut all: Vec<Link> = Vec::new();
        for n in 1..=length {
            let before = all.last().map_or(BEGINNING, |l| &l.hash).to_owned();
            all.push(Link::new(n, &before, format!("{{\"act\":\"copied\",\"of\":{n}}}")));
        }
        all
    }

    fn head(n: u64, hash: &str) -> Head {
        Head {
            tenant: "t".into(),
            device: "d".into(),
            n,
            hash: hash.into(),
            at: 0,
        }
    }

    fn verify(all: &[(u64, Link)], seen: &[Head]) -> Result<u64, Broken> {
        let mut chain = Chain::new(seen);
        for (at, link) in all {
            chain.next(*at, Some(link))?;
        }
        chain.end()
    }

    fn lying(all: Vec<Link>) -> Vec<(u64, Link)> {
        all.into_iter().map(|l| (l.n, l)).collect()
    }

    #[test]
    fn each_way_to_tamper_is_named_with_its_place() {
        let whole = lying(chain(9));
        let seen = [head(5, &whole[4].1.hash), head(9, &whole[8].1.hash)];
        assert_eq!(verify(&whole, &seen), Ok(9));
        type Tamper = fn(&mut Vec<(u64, Link)>);
        let cases: [(Tamper, Broken); 8] = [
            (|a| a[3].1.record.push(' '), Broken::Changed { n: 4 }),
            (|a| a[3].1.hash = BEGINNING.into(), Broken::Changed { n: 4 }),
            (|a| drop(a.remove(3)), Broken::Missing { n: 4 }),
            (|a| drop(a.remove(0)), Broken::Missing { n: 1 }),
            (
                |a| {
                    let (x, y) = (a[3].1.clone(), a[4].1.clone());
                    (a[3].1, a[4].1) = (y, x);
                },
                Broken::Moved { n: 4 },
            ),
            (|a| a.truncate(7), Broken::Cut { n: 7, seen: 9 }),
            (Vec::clear, Broken::Cut { n: 0, seen: 9 }),
            // All of it made anew from a record on, with right hashes.
            (
                |a| {
                    for n in 3..a.len() {
                        let before = a[n - 1].1.hash.clone();
                        a[n].1 = Link::new(n as u64 + 1, &before, "{\"act\":\"other\"}".into());
                    }
                },
                Broken::Replaced { n: 5 },
            ),
        ];
        for (tamper, expected) in cases {
            let mut all = whole.clone();
            tamper(&mut all);
            assert_eq!(verify(&all, &seen), Err(expected));
        }
    }

    #[test]
    fn a_head_is_its_devices_own() {
        let signer = Signer::of(&Secret::new([1; 32])).unwrap();
        let signed = signer.sign(head(5, "ab"));
        assert_eq!(signed.verify(&signer.public_key()), Ok(&head(5, "ab")));
        let other = Signer::of(&Secret::new([2; 32])).unwrap();
        assert_eq!(signed.verify(&other.public_key()), Err(Broken::Signature { n: 5 }));
        for change in [
            |s: &mut SignedHead| s.head.n = 4,
            |s: &mut SignedHead| s.head.device = "e".into(),
            |s: &mut SignedHead| s.signature = "zz".into(),
        ] {
            let mut changed = signed.clone();
            change(&mut changed);
            assert!(changed.verify(&signer.public_key()).is_err());
        }
        let read: SignedHead = serde_json::from_str(&serde_json::to_string(&signed).unwrap()).unwrap();
        assert_eq!(read, signed);
    }
}
