//! Who asks: a token that is verified here, whatever stands in front. The tenant comes from a claim of the token and
//! from nothing else, and only an issuer that may speak for it is believed. No token is kept or told.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::config::IssuerConfig;

/// Clocks of two machines that agree well enough, in seconds.
const LEEWAY: u64 = 30;
/// A token that names a key which is not there makes a file be read again, but not oftener than this.
const READ_AGAIN: Duration = Duration::from_secs(10);
/// Longer than any issuer's token with its claims.
const LONGEST_TOKEN: usize = 16 << 10;

/// Why somebody is refused. For the service's own tests and log: whoever asks is told that it is refused, not why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("no token")]
    Missing,
    #[error("no JSON Web Token")]
    Malformed,
    #[error("not signed by ES256 or RS256")]
    Algorithm,
    #[error("of an unknown issuer")]
    Issuer,
    #[error("by an unknown key")]
    Key,
    #[error("not valid")]
    Invalid,
    #[error("for no tenant of its issuer")]
    Tenant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub tenant: String,
    /// Of whom the conversations and labels are. Two issuers' subjects may be alike and are two people.
    pub subject: String,
}

pub struct Issuers(Vec<Issuer>);

struct Issuer {
    named: String,
    audience: String,
    claim: String,
    tenants: Vec<String>,
    keys: Keys,
}

enum Keys {
    Held(JwkSet),
    Filed {
        path: PathBuf,
        read: Mutex<(JwkSet, Instant)>,
    },
}

#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

impl Issuers {
    /// Of files, which must be there and hold a key each.
    pub fn of(configs: &[IssuerConfig]) -> Result<Issuers, String> {
        let issuer = |c: &IssuerConfig| {
            let path = c.keys.clone();
            let keys = Keys::Filed {
                read: Mutex::new((read(&path)?, Instant::now())),
                path,
            };
            Ok(Issuer::of(c, keys))
        };
        configs.iter().map(issuer).collect::<Result<_, String>>().map(Issuers)
    }

    /// One whose keys are at hand.
    pub fn holding(config: &IssuerConfig, keys: JwkSet) -> Issuers {
        Issuers(vec![Issuer::of(config, Keys::Held(keys))])
    }

    pub fn who(&self, token: &str) -> Result<Who, Refused> {
        if token.len() > LONGEST_TOKEN {
            return Err(Refused::Malformed);
        }
        let header = decode_header(token).map_err(|_| Refused::Malformed)?;
        if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) {
            return Err(Refused::Algorithm);
        }
        // Says only whose keys to try: nothing of it is believed before it is verified.
        let unverified = insecure_decode::<Unverified>(token).map_err(|_| Refused::Malformed)?;
        let issuer = self
            .0
            .iter()
            .find(|i| i.named == unverified.claims.iss)
            .ok_or(Refused::Issuer)?;
        let key = issuer.keys.find(&header.kid.ok_or(Refused::Key)?).ok_or(Refused::Key)?;
        // What a key is for is said by the key, never by the token.
        if algorithm(&key) != Some(header.alg) {
            return Err(Refused::Algorithm);
        }
        let key = DecodingKey::from_jwk(&key).map_err(|_| Refused::Key)?;
        let token = decode::<Map<String, Value>>(token, &key, &issuer.validation(header.alg));
        issuer.who(&token.map_err(|_| Refused::Invalid)?.claims)
    }
}

impl Issuer {
    fn of(config: &IssuerConfig, keys: Keys) -> Issuer {
        Issuer {
            named: config.issuer.clone(),
            audience: config.audience.clone(),
            claim: config.claim.clone(),
            tenants: config.tenants.clone(),
            keys,
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut must = Validation::new(algorithm);
        must.leeway = LEEWAY;
        must.validate_nbf = true;
        must.set_issuer(&[&self.named]);
        must.set_audience(&[&self.audience]);
        must.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        must
    }

    fn who(&self, claims: &Map<String, Value>) -> Result<Who, Refused> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
        let tenant = text(&self.claim).filter(|t| self.tenants.iter().any(|mine| mine == t));
        Ok(Who {
            tenant: tenant.ok_or(Refused::Tenant)?.to_owned(),
            subject: format!("{} {}", self.named, text("sub").ok_or(Refused::Invalid)?),
        })
    }
}

impl Keys {
    fn find(&self, id: &str) -> Option<Jwk> {
        match self {
            Keys::Held(keys) => keys.find(id).cloned(),
            Keys::Filed { path, read: held } => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(key) = held.0.find(id) {
                    return Some(key.clone());
                }
                if held.1.elapsed() < READ_AGAIN {
                    return None;
                }
                held.1 = Instant::now();
                // Keys that were good stay good while a file is being put in place.
                held.0 = read(path).ok()?;
                held.0.find(id).cloned()
            }
        }
    }
}

fn read(path: &PathBuf) -> Result<JwkSet, String> {
    let wrong = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let text = std::fs::read(path).map_err(|e| wrong(&e))?;
    let keys: JwkSet = serde_json::from_slice(&text).map_err(|e| wrong(&e))?;
    match keys
        .keys
        .iter()
        .any(|k| algorithm(k).is_some() && k.common.key_id.is_some())
    {
        true => Ok(keys),
        false => Err(wrong(&"there is no key for ES256 or RS256 with a kid")),
    }
}

/// What signs with a key; nothing where it is for something else.
fn algorithm(key: &Jwk) -> Option<Algorithm> {
    if key
        .common
        .public_key_use
        .as_ref()
        .is_some_and(|u| *u != PublicKeyUse::Signature)
    {
        return None;
    }
    let (is, written) = match &key.algorithm {
        AlgorithmParameters::EllipticCurve(c) if c.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    key.common.key_algorithm.is_none_or(|a| a == written).then_some(is)
}

#[cfg(test)]
mod tests;
