//! Identity Center: both sign-in flows, tokens that rotate and serve once, role credentials. Grants of
//! one registration do not mix, as at the real service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{ACCOUNT, Fault, Faults};

/// How long tokens and credentials last.
#[derive(Clone, Copy)]
pub struct Lasts {
    pub access: Duration,
    pub role: Duration,
}

pub struct Identity {
    alone: bool,
    held: Mutex<Held>,
}

struct Held {
    lasts: Lasts,
    registrations: BTreeMap<String, Registration>,
    /// Codes on their way through a browser.
    codes: BTreeMap<String, Code>,
    devices: BTreeMap<String, Device>,
    access: BTreeMap<String, Access>,
    /// Each refresh token that still serves.
    refresh: BTreeMap<String, Refresh>,
    /// Role credentials: key, secret, session token, role, end.
    roles: Vec<Role>,
    /// Everything secret that was ever given, to look for it where it must not be.
    given: BTreeSet<String>,
}

struct Registration {
    secret: String,
    grants: Vec<String>,
    /// Whose start page it named.
    tenant: String,
}

struct Access {
    ends: Instant,
    client: String,
    /// At whose start page the person signed in: other tenants' roles are not theirs.
    tenant: String,
}

struct Refresh {
    client: String,
    tenant: String,
}

struct Code {
    client: String,
    challenge: String,
    redirect: String,
}

struct Device {
    client: String,
    tenant: String,
    user_code: String,
    allowed: bool,
}

#[derive(Clone)]
pub struct Role {
    pub key: String,
    pub secret: String,
    pub token: String,
    pub name: String,
    pub ends: SystemTime,
}

impl Role {
    /// The one tenant whose buckets and endpoints it opens.
    pub fn tenant(&self) -> &str {
        self.name.strip_prefix("care-").unwrap_or_default()
    }
}

/// The tenant of a start page, `…/start/<tenant>`.
fn tenant_of(start_url: &Value) -> String {
    let (_, tenant) = start_url
        .as_str()
        .and_then(|u| u.rsplit_once("/start/"))
        .unwrap_or_default();
    tenant.to_owned()
}

fn random(prefix: &str, bytes: usize) -> String {
    let mut rng = rand::rng();
    let all: Vec<u8> = (0..bytes).map(|_| rng.random()).collect();
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(all))
}

impl Identity {
    pub fn new(alone: bool) -> Self {
        Identity {
            alone,
            held: Mutex::new(Held {
                lasts: Lasts {
                    access: Duration::from_secs(3600),
                    role: Duration::from_secs(3600),
                },
                registrations: BTreeMap::new(),
                codes: BTreeMap::new(),
                devices: BTreeMap::new(),
                access: BTreeMap::new(),
                refresh: BTreeMap::new(),
                roles: Vec::new(),
                given: BTreeSet::new(),
            }),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn last(&self, lasts: Lasts) {
        self.held().lasts = lasts;
    }

    /// Ends every sign-in, as an administrator would.
    pub fn revoke_all(&self) {
        let mut held = self.held();
        held.access.clear();
        held.refresh.clear();
        held.roles.clear();
    }

    /// Ends access tokens alone: what renews, goes on.
    pub fn end_access(&self) {
        let mut held = self.held();
        held.access.clear();
        held.roles.clear();
    }

    /// A role's credentials without a sign-in, for who asks the services without the product between.
    pub fn give(&self, name: &str) -> Role {
        let mut held = self.held();
        let role = Role {
            key: random("ASIA", 12).replace(['-', '_'], "X").to_uppercase(),
            secret: random("", 30),
            token: random("session-", 300),
            name: name.to_owned(),
            ends: SystemTime::now() + held.lasts.role,
        };
        held.given.extend([role.secret.clone(), role.token.clone()]);
        held.roles.push(role.clone());
        role
    }

    pub fn given(&self) -> BTreeSet<String> {
        self.held().given.clone()
    }

    pub fn live(&self) -> usize {
        let held = self.held();
        held.access.len() + held.refresh.len()
    }

    /// The role that signed a request; an error as the services answer it.
    pub fn role(&self, headers: &HeaderMap) -> Result<Role, (u16, &'static str)> {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let authorization = text("authorization");
        let key = authorization
            .strip_prefix("AWS4-HMAC-SHA256 Credential=")
            .and_then(|rest| rest.split('/').next())
            .ok_or((403, "MissingAuthenticationTokenException"))?;
        self.role_of(key)
            .filter(|r| r.token == text("x-amz-security-token"))
            .ok_or((403, "UnrecognizedClientException"))
            .and_then(|r| {
                if r.ends > SystemTime::now() {
                    Ok(r)
                } else {
                    Err((403, "ExpiredTokenException"))
                }
            })
    }

    pub fn role_of(&self, key: &str) -> Option<Role> {
        self.held().roles.iter().find(|r| r.key == key).cloned()
    }
}

type Shared = (Arc<Identity>, Arc<Faults>, String);

pub fn router(identity: Arc<Identity>, faults: Arc<Faults>, address: &str) -> Router {
    Router::new()
        .route("/client/register", post(register))
        .route("/device_authorization", post(device))
        .route("/token", post(token))
        .route("/authorize", get(authorize))
        .route("/allow", get(allow))
        .route("/device", get(allow_device))
        .route("/federation/credentials", get(credentials))
        .route("/assignment/accounts", get(accounts))
        .route("/assignment/roles", get(roles))
        .route("/logout", post(logout))
        .with_state((identity, faults, address.to_owned()))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = Json(json!({ "error": code, "error_description": message, "message": message }));
    (status, [("x-amzn-ErrorType", code.to_owned())], body).into_response()
}

async fn met(faults: &Faults, call: &str) -> Option<Response> {
    match faults.met(call)? {
        Fault::Stall => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            None
        }
        Fault::Slow => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            None
        }
        fault => {
            let (status, code, message) = fault.error()?;
            // What the real service calls an expired token here.
            let code = if fault == Fault::Expired {
                "ExpiredTokenException"
            } else {
                code
            };
            Some(error(
                if fault == Fault::Throttle { 429 } else { status },
                code,
                message,
            ))
        }
    }
}

async fn register(State((identity, faults, _)): State<Shared>, Json(asked): Json<Value>) -> Response {
    if let Some(r) = met(&faults, "register").await {
        return r;
    }
    let list = |name: &str| -> Vec<String> { serde_json::from_value(asked[name].clone()).unwrap_or_default() };
    let grants = list("grantTypes");
    if asked["clientType"] != "public" {
        return error(400, "InvalidClientMetadataException", "clientType");
    }
    let code = grants.iter().any(|g| g == "authorization_code");
    if code && list("redirectUris") != ["http://127.0.0.1/oauth/callback"] {
        return error(400, "InvalidRedirectUriException", "redirectUris");
    }
    if code && grants.iter().any(|g| g.contains("device_code")) {
        return error(400, "InvalidRequestException", "one grant a registration");
    }
    let (id, secret) = (random("client-", 12), random("secret-", 900));
    let mut held = identity.held();
    held.given.insert(secret.clone());
    held.registrations.insert(
        id.clone(),
        Registration {
            secret: secret.clone(),
            grants,
            tenant: tenant_of(&asked["issuerUrl"]),
        },
    );
    let ends = SystemTime::now() + Duration::from_secs(90 * 86_400);
    let ends = ends.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Json(json!({ "clientId": id, "clientSecret": secret, "clientSecretExpiresAt": ends })).into_response()
}

async fn device(State((identity, faults, address)): State<Shared>, Json(asked): Json<Value>) -> Response {
    if let Some(r) = met(&faults, "device").await {
        return r;
    }
    let mut held = identity.held();
    let client = asked["clientId"].as_str().unwrap_or_default();
    let known = held
        .registrations
        .get(client)
        .is_some_and(|r| r.secret == asked["clientSecret"]);
    if !known {
        return error(401, "InvalidClientException", "clientId");
    }
    let (code, user_code) = (random("device-", 24), random("", 6).to_uppercase());
    held.given.insert(code.clone());
    held.devices.insert(
        code.clone(),
        Device {
            client: client.to_owned(),
            tenant: tenant_of(&asked["startUrl"]),
            user_code: user_code.clone(),
            allowed: identity.alone,
        },
    );
    let url = format!("{address}/device");
    Json(json!({
        "deviceCode": code, "userCode": user_code, "verificationUri": url,
        "verificationUriComplete": format!("{url}?user_code={user_code}"), "expiresIn": 600, "interval": 1,
    }))
    .into_response()
}

async fn allow_device(
    State((identity, _, _)): State<Shared>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Html<&'static str> {
    let wanted = asked.get("user_code").cloned().unwrap_or_default();
    let mut held = identity.held();
    let found = held.devices.values_mut().find(|d| d.user_code == wanted);
    match found {
        Some(d) => {
            d.allowed = true;
            Html("<p>Allowed.")
        }
        None => Html("<p>There is no such code."),
    }
}

async fn authorize(
    State((identity, faults, _)): State<Shared>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    if let Some(r) = met(&faults, "authorize").await {
        return r;
    }
    let value = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let redirect = value("redirect_uri");
    let loopback = url::Url::parse(&redirect)
        .is_ok_and(|u| u.host_str() == Some("127.0.0.1") && u.path() == "/oauth/callback" && u.port().is_some());
    let mut held = identity.held();
    let known = held
        .registrations
        .get(&value("client_id"))
        .is_some_and(|r| r.grants.iter().any(|g| g == "authorization_code"));
    if !known || !loopback || value("code_challenge_method") != "S256" || value("response_type") != "code" {
        return error(400, "InvalidRequestException", "authorize");
    }
    let code = random("code-", 24);
    held.given.insert(code.clone());
    held.codes.insert(
        code.clone(),
        Code {
            client: value("client_id"),
            challenge: value("code_challenge"),
            redirect: redirect.clone(),
        },
    );
    let back = format!("{redirect}?code={code}&state={}", value("state"));
    if identity.alone {
        Redirect::to(&back).into_response()
    } else {
        Html(format!(
            "<p>Sign in as care operator? <a id=allow href=\"/allow?to={}\">Allow</a>",
            encoded(&back)
        ))
        .into_response()
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn allow(Query(asked): Query<BTreeMap<String, String>>) -> Redirect {
    Redirect::to(asked.get("to").map_or("/", String::as_str))
}

async fn token(State((identity, faults, _)): State<Shared>, Json(asked): Json<Value>) -> Response {
    if let Some(r) = met(&faults, "token").await {
        return r;
    }
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let mut held = identity.held();
    let client = text("clientId");
    let grant = text("grantType");
    let Some(registration) = held
        .registrations
        .get(&client)
        .filter(|r| r.secret == text("clientSecret"))
    else {
        return error(401, "InvalidClientException", "clientId");
    };
    if !registration.grants.contains(&grant) {
        return error(
            400,
            "UnauthorizedClientException",
            "this registration has another grant",
        );
    }
    let of_registration = registration.tenant.clone();
    let tenant = match grant.as_str() {
        "authorization_code" => {
            let Some(code) = held.codes.remove(&text("code")) else {
                return error(400, "InvalidGrantException", "code");
            };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(text("codeVerifier").as_bytes()));
            if code.client != client || code.challenge != challenge || code.redirect != text("redirectUri") {
                return error(400, "InvalidGrantException", "codeVerifier");
            }
            of_registration
        }
        "refresh_token" => {
            // It serves once.
            match held.refresh.remove(&text("refreshToken")) {
                Some(r) if r.client == client => r.tenant,
                _ => return error(400, "InvalidGrantException", "refreshToken"),
            }
        }
        _ => match held.devices.get(&text("deviceCode")) {
            Some(d) if d.client != client => return error(400, "InvalidGrantException", "deviceCode"),
            Some(d) if !d.allowed => return error(400, "AuthorizationPendingException", "not allowed yet"),
            Some(d) => {
                let tenant = d.tenant.clone();
                held.devices.remove(&text("deviceCode"));
                tenant
            }
            None => return error(400, "InvalidGrantException", "deviceCode"),
        },
    };
    // Real ones are long.
    let (access, refresh) = (random("access-", 1200), random("refresh-", 1500));
    let ends = Instant::now() + held.lasts.access;
    held.access.insert(
        access.clone(),
        Access {
            ends,
            client: client.clone(),
            tenant: tenant.clone(),
        },
    );
    held.refresh.insert(refresh.clone(), Refresh { client, tenant });
    held.given.extend([access.clone(), refresh.clone()]);
    Json(json!({
        "accessToken": access, "refreshToken": refresh, "tokenType": "Bearer",
        "expiresIn": held.lasts.access.as_secs(),
    }))
    .into_response()
}

fn bearer(headers: &HeaderMap) -> String {
    let value = headers.get("x-amz-sso_bearer_token").and_then(|v| v.to_str().ok());
    value.unwrap_or_default().to_owned()
}

async fn credentials(
    State((identity, faults, _)): State<Shared>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(r) = met(&faults, "credentials").await {
        return r;
    }
    let held = identity.held();
    let access = held.access.get(&bearer(&headers)).filter(|a| a.ends > Instant::now());
    let Some(own) = access.map(|a| format!("care-{}", a.tenant)) else {
        return error(401, "UnauthorizedException", "Session token not found or invalid");
    };
    let name = asked.get("role_name").cloned().unwrap_or_default();
    if asked.get("account_id").map(String::as_str) != Some(ACCOUNT) || name != own {
        return error(403, "ForbiddenException", "No access");
    }
    drop(held);
    let role = identity.give(&name);
    let ends = role.ends.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
    let given = json!({ "roleCredentials": {
        "accessKeyId": role.key, "secretAccessKey": role.secret, "sessionToken": role.token, "expiration": ends,
    }});
    Json(given).into_response()
}

async fn accounts(State((identity, _, _)): State<Shared>, headers: HeaderMap) -> Response {
    if !identity.held().access.contains_key(&bearer(&headers)) {
        return error(401, "UnauthorizedException", "Session token not found or invalid");
    }
    Json(json!({ "accountList": [{ "accountId": ACCOUNT, "accountName": "Care" }] })).into_response()
}

async fn roles(State((identity, _, _)): State<Shared>, headers: HeaderMap) -> Response {
    let held = identity.held();
    let Some(access) = held.access.get(&bearer(&headers)) else {
        return error(401, "UnauthorizedException", "Session token not found or invalid");
    };
    let own = format!("care-{}", access.tenant);
    Json(json!({ "roleList": [{ "accountId": ACCOUNT, "roleName": own }] })).into_response()
}

async fn logout(State((identity, faults, _)): State<Shared>, headers: HeaderMap) -> Response {
    if let Some(r) = met(&faults, "logout").await {
        return r;
    }
    let mut held = identity.held();
    if let Some(ended) = held.access.remove(&bearer(&headers)) {
        held.access.retain(|_, a| a.client != ended.client);
        held.refresh.retain(|_, r| r.client != ended.client);
    }
    StatusCode::OK.into_response()
}
