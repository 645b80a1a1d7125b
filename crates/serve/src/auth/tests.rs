//! Tokens of every kind that must not be believed, and the one that is.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
use serde_json::json;

use super::*;

struct Signer {
    key: EncodingKey,
    public: Jwk,
    algorithm: Algorithm,
}

impl Signer {
    fn es256(id: &str) -> Signer {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Signer::of(EncodingKey::from_ec_der(pair.as_ref()), Algorithm::ES256, id)
    }

    fn rs256(id: &str) -> Signer {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der = pair.as_der().unwrap();
        // The key as PKCS #1 has it, behind the fixed head of PKCS #8.
        Signer::of(EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]), Algorithm::RS256, id)
    }

    fn of(key: EncodingKey, algorithm: Algorithm, id: &str) -> Signer {
        let mut public = Jwk::from_encoding_key(&key, algorithm).unwrap();
        public.common.key_id = Some(id.to_owned());
        Signer { key, public, algorithm }
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header {
            kid: self.public.common.key_id.clone(),
            ..Header::new(self.algorithm)
        };
        encode(&header, claims, &self.key).unwrap()
    }
}

fn claims(change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let Value::Object(mut out) = json!({
        "iss": "https://pharmacy.example",
        "aud": "mortar",
        "sub": "ana",
        "tenant": "pharmacy",
        "exp": get_current_timestamp() + 600,
    }) else {
        unreachable!()
    };
    change(&mut out);
    Value::Object(out)
}

fn config(issuer: &str, tenants: &[&str]) -> IssuerConfig {
    IssuerConfig {
        issuer: issuer.into(),
        audience: "mortar".into(),
        keys: PathBuf::new(),
        claim: "tenant".into(),
        tenants: tenants.iter().map(|t| (*t).to_owned()).collect(),
    }
}

/// The pharmacy's issuer with these keys, beside the clinic's.
fn issuers(pharmacy: &[&Signer], clinic: &Signer) -> Issuers {
    let keys = |signers: &[&Signer]| JwkSet {
        keys: signers.iter().map(|s| s.public.clone()).collect(),
    };
    let mut all = Issuers::holding(&config("https://pharmacy.example", &["pharmacy"]), keys(pharmacy)).0;
    all.extend(Issuers::holding(&config("https://clinic.example", &["clinic"]), keys(&[clinic])).0);
    Issuers(all)
}

/// A token put together by hand.
fn written(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |v: &Value| BASE64_URL_SAFE_NO_PAD.encode(v.to_string());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[test]
fn a_right_token_of_either_kind_says_who_asks() {
    let (es, rs, clinic) = (Signer::es256("e"), Signer::rs256("r"), Signer::es256("c"));
    let issuers = issuers(&[&es, &rs], &clinic);
    for signer in [&es, &rs] {
        let who = issuers.who(&signer.token(&claims(|_| {}))).unwrap();
        assert_eq!(who.tenant, "pharmacy");
        assert!(who.subject.ends_with(" ana"), "{who:?}");
    }
}

#[test]
fn no_other_token_is_believed() {
    let (es, rs, clinic) = (Signer::es256("e"), Signer::rs256("r"), Signer::es256("c"));
    let issuers = issuers(&[&es, &rs], &clinic);
    let now = get_current_timestamp();
    let set = |key: &'static str, value: Value| claims(|c| drop(c.insert(key.into(), value)));
    let lacks = |key: &'static str| claims(|c| drop(c.remove(key)));
    // By the pharmacy's own key, and still not for this service, not now, not for this tenant.
    for (claims, why) in [
        (set("aud", json!("another")), Refused::Invalid),
        (set("aud", json!([])), Refused::Invalid),
        (lacks("aud"), Refused::Invalid),
        (set("exp", json!(now - 3600)), Refused::Invalid),
        (set("exp", json!("never")), Refused::Invalid),
        (lacks("exp"), Refused::Invalid),
        (set("nbf", json!(now + 3600)), Refused::Invalid),
        (set("iss", json!("https://evil.example")), Refused::Issuer),
        // Another issuer's name over this one's key.
        (set("iss", json!("https://clinic.example")), Refused::Key),
        (lacks("iss"), Refused::Malformed),
        (lacks("sub"), Refused::Invalid),
        (set("sub", json!("")), Refused::Invalid),
        // An issuer speaks for its own tenants alone.
        (set("tenant", json!("clinic")), Refused::Tenant),
        (set("tenant", json!(["pharmacy"])), Refused::Tenant),
        (set("tenant", json!("../pharmacy")), Refused::Tenant),
        (lacks("tenant"), Refused::Tenant),
    ] {
        assert_eq!(issuers.who(&es.token(&claims)), Err(why), "{claims}");
    }
    let right = claims(|_| {});
    let good = es.token(&right);
    let (head, rest) = good.split_once('.').unwrap();
    let (body, _) = rest.split_once('.').unwrap();
    let stranger = Signer::es256("e");
    let secret = es.public.clone();
    let hmac = encode(
        &Header {
            kid: Some("e".into()),
            ..Header::new(Algorithm::HS256)
        },
        &right,
        &EncodingKey::from_secret(serde_json::to_string(&secret).unwrap().as_bytes()),
    );
    for (token, why) in [
        (String::new(), Refused::Malformed),
        ("a.b.c".into(), Refused::Malformed),
        ("a".repeat(LONGEST_TOKEN + 1), Refused::Malformed),
        (
            written(&json!({ "alg": "none", "kid": "e" }), &right, b""),
            Refused::Malformed,
        ),
        (hmac.unwrap(), Refused::Algorithm),
        // The key says what it is for, not the token.
        (
            written(&json!({ "alg": "RS256", "kid": "e" }), &right, &[0; 256]),
            Refused::Algorithm,
        ),
        (
            written(&json!({ "alg": "ES256", "kid": "r" }), &right, &[0; 64]),
            Refused::Algorithm,
        ),
        (
            written(&json!({ "alg": "ES256", "kid": "e" }), &right, &[0; 64]),
            Refused::Invalid,
        ),
        (written(&json!({ "alg": "ES256" }), &right, &[0; 64]), Refused::Key),
        (
            written(&json!({ "alg": "ES256", "kid": "x" }), &right, &[0; 64]),
            Refused::Key,
        ),
        (format!("{head}.{body}."), Refused::Invalid),
        (stranger.token(&right), Refused::Invalid),
        (clinic.token(&right), Refused::Key),
    ] {
        assert_eq!(issuers.who(&token), Err(why), "{token}");
    }
}

#[test]
fn a_key_that_is_for_something_else_signs_nothing() {
    let es = Signer::es256("e");
    let mut encrypts = es.public.clone();
    encrypts.common.public_key_use = Some(PublicKeyUse::Encryption);
    let config = config("https://pharmacy.example", &["pharmacy"]);
    let issuers = Issuers::holding(&config, JwkSet { keys: vec![encrypts] });
    assert_eq!(issuers.who(&es.token(&claims(|_| {}))), Err(Refused::Algorithm));
}

#[test]
fn a_file_of_keys_must_hold_one_that_can_be_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.json");
    let at = IssuerConfig {
        keys: path.clone(),
        ..config("https://pharmacy.example", &["pharmacy"])
    };
    let es = Signer::es256("e");
    let mut nameless = es.public.clone();
    nameless.common.key_id = None;
    for wrong in [json!({}), json!({ "keys": [] }), json!({ "keys": [nameless] })] {
        std::fs::write(&path, wrong.to_string()).unwrap();
        assert!(Issuers::of(std::slice::from_ref(&at)).is_err(), "{wrong}");
    }
    std::fs::write(&path, json!({ "keys": [es.public] }).to_string()).unwrap();
    let issuers = Issuers::of(&[at]).unwrap();
    assert!(issuers.who(&es.token(&claims(|_| {}))).is_ok());
}
