//! Without a configuration: the sample tenant on the loopback, asked with a token that is signed by a key which this
//! process made and forgets. It goes through the same door as every other.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use mortar_desk::DeskError;
use serde_json::json;

use crate::auth::Issuers;
use crate::config::{Config, IssuerConfig, TenantLimits};

const TENANT: &str = "pharmacy";
const KEY: &str = "developer";
/// A working day.
const HOURS: u64 = 12;

/// What is served, who is believed, and the one token that there is.
pub fn mode(port: u16) -> Result<(Config, Issuers, String), DeskError> {
    let issuer = IssuerConfig {
        issuer: "urn:mortar:developer".into(),
        audience: "mortar".into(),
        keys: Default::default(),
        claim: "tenant".into(),
        tenants: vec![TENANT.into()],
    };
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let key = EncodingKey::from_ec_der(pair.map_err(DeskError::failed)?.as_ref());
    let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(DeskError::failed)?;
    public.common.key_id = Some(KEY.into());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(DeskError::failed)?;
    let claims = json!({
        "iss": issuer.issuer,
        "aud": issuer.audience,
        "sub": "developer",
        "tenant": TENANT,
        "exp": (now + Duration::from_secs(HOURS * 3600)).as_secs(),
    });
    let header = Header {
        kid: Some(KEY.into()),
        ..Header::new(Algorithm::ES256)
    };
    let token = encode(&header, &claims, &key).map_err(DeskError::failed)?;
    let issuers = Issuers::holding(&issuer, JwkSet { keys: vec![public] });
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        issuers: vec![issuer],
        tenants: [(TENANT.to_owned(), TenantLimits::default())].into(),
    };
    Ok((config, issuers, token))
}
