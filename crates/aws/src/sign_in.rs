//! Sign-in through IAM Identity Center. Client registration, access token and refresh token live in the
//! vault, the role's credentials in memory only; nothing here is ever printed, and no request opens a
//! browser: whoever needs a sign-in is told so.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssooidc::operation::create_token::CreateTokenOutput;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mortar_privacy::{Vault, VaultError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use crate::calls;
use crate::config::AwsConfig;
use crate::loopback::{CALLBACK, Loopback};
pub use crate::sign_in_error::SignInError;

const CLIENT: &str = "mortar";
const SCOPE: &str = "sso:account:access";
/// Renewed so long before they end: a question that begins now must not end in the middle.
const EARLY: Duration = Duration::from_secs(300);
/// A person signs in within this.
const PATIENCE: Duration = Duration::from_secs(600);

fn needs(reason: &str) -> SignInError {
    SignInError::Needs(reason.to_owned())
}

/// Until when no new sign-in is needed, as far as is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedIn {
    pub until: jiff::Timestamp,
    /// It is renewed by itself.
    pub renews: bool,
}

/// A device sign-in under way: what a person must open and compare.
#[derive(Debug, Clone)]
pub struct Device {
    pub user_code: String,
    pub url: String,
    code: String,
    interval: Duration,
    ends: Instant,
}

/// The ways to sign in. Each has a client registration of its own: the service does not let them mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Grant {
    Code,
    Device,
}

impl Grant {
    fn item(self) -> &'static str {
        match self {
            Grant::Code => "registration-code",
            Grant::Device => "registration-device",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Grant::Code => "authorization_code",
            Grant::Device => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }
}

const ACCESS: &str = "access-token";
const REFRESH: &str = "refresh-token";

#[derive(Serialize, Deserialize, Clone)]
struct Registration {
    id: String,
    secret: String,
    ends: u64,
}

#[derive(Serialize, Deserialize, Clone, PartialEq)]
struct Access {
    token: String,
    ends: u64,
}

#[derive(Serialize, Deserialize)]
struct Refresh {
    token: String,
    grant: Grant,
}

pub struct SignIn {
    start_url: String,
    account: String,
    role: String,
    oidc_url: String,
    vault: Arc<dyn Vault>,
    lock: PathBuf,
    oidc: aws_sdk_ssooidc::Client,
    portal: aws_sdk_sso::Client,
    /// The role's credentials; whoever holds the lock is the only one who renews.
    held: Mutex<Option<Credentials>>,
}

fn seconds(t: SystemTime) -> u64 {
    t.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

fn lasts(ends: u64) -> bool {
    ends > seconds(SystemTime::now() + EARLY)
}

fn random(bytes: usize) -> String {
    let all: Vec<u8> = (0..bytes).map(|_| rand::random()).collect();
    URL_SAFE_NO_PAD.encode(all)
}

/// An error of the sign-in service, without what was sent to it.
fn told<E>(e: SdkError<E, HttpResponse>) -> SignInError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match &e {
        SdkError::ServiceError(s) => {
            let status = s.raw().status().as_u16();
            let name = s.err().code().unwrap_or("an error").to_owned();
            if status >= 500 || status == 429 {
                SignInError::Unreachable(name)
            } else {
                SignInError::Refused(name)
            }
        }
        _ => SignInError::Unreachable(calls::deepest(&e)),
    }
}

impl SignIn {
    pub fn new(config: &AwsConfig, vault: Arc<dyn Vault>, lock: PathBuf) -> Self {
        let region = config.sso_region().to_owned();
        let shared = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(region.clone()))
            .build();
        let mut oidc = aws_sdk_ssooidc::config::Builder::from(&shared).timeout_config(calls::timeouts());
        oidc.set_endpoint_url(config.endpoints.oidc.clone());
        let mut portal = aws_sdk_sso::config::Builder::from(&shared).timeout_config(calls::timeouts());
        portal.set_endpoint_url(config.endpoints.sso.clone());
        SignIn {
            start_url: config.sso.start_url.clone(),
            account: config.sso.account.clone(),
            role: config.sso.role.clone(),
            oidc_url: config
                .endpoints
                .oidc
                .clone()
                .unwrap_or_else(|| format!("https://oidc.{region}.amazonaws.com")),
            vault,
            lock,
            oidc: aws_sdk_ssooidc::Client::from_conf(oidc.build()),
            portal: aws_sdk_sso::Client::from_conf(portal.build()),
            held: Mutex::default(),
        }
    }

    /// The vault blocks, and must not be called on an async task.
    async fn vault<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, SignInError> {
        let vault = self.vault.clone();
        let done = tokio::task::spawn_blocking(move || work(&*vault)).await;
        Ok(done.map_err(|e| VaultError::Failed(e.to_string()))??)
    }

    async fn get<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, SignInError> {
        let bytes = self.vault(move |v| v.get(name)).await?;
        // What another version wrote is as good as nothing.
        Ok(bytes.and_then(|b| serde_json::from_slice(&b).ok()))
    }

    async fn put<T: Serialize>(&self, name: &'static str, value: &T) -> Result<(), SignInError> {
        let bytes = serde_json::to_vec(value).map_err(|e| VaultError::Failed(e.to_string()))?;
        self.vault(move |v| v.put(name, &bytes)).await
    }

    /// Writes, reads and removes in the keyring: a sign-in that cannot be kept is no sign-in.
    pub async fn check_vault(&self) -> Result<(), SignInError> {
        self.vault(|v| v.check()).await
    }

    /// Whether somebody is signed in, as far as this computer knows.
    pub async fn status(&self) -> Result<Option<SignedIn>, SignInError> {
        let Some(access) = self.get::<Access>(ACCESS).await? else {
            return Ok(None);
        };
        let renews = self.get::<Refresh>(REFRESH).await?.is_some();
        if !renews && !lasts(access.ends) {
            return Ok(None);
        }
        let until = jiff::Timestamp::from_second(access.ends as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Ok(Some(SignedIn { until, renews }))
    }

    /// Signs in with the browser of this computer, which comes back to a port of its own (PKCE).
    pub async fn with_browser(&self, open: impl FnOnce(&str) -> Result<(), String>) -> Result<SignedIn, SignInError> {
        self.check_vault().await?;
        let loopback = Loopback::open().await?;
        let registration = self.registration(Grant::Code).await?;
        let redirect = loopback.address();
        let (state, verifier) = (random(24), random(48));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let mut url = url::Url::parse(&self.oidc_url)
            .and_then(|u| u.join("/authorize"))
            .map_err(|e| SignInError::Refused(e.to_string()))?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &registration.id),
            ("redirect_uri", &redirect),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scopes", SCOPE),
        ]);
        open(url.as_str()).map_err(SignInError::Loopback)?;
        let code = timeout(PATIENCE, loopback.code(&state))
            .await
            .map_err(|_| SignInError::TooLate)??;
        let request = self
            .oidc
            .create_token()
            .client_id(&registration.id)
            .client_secret(&registration.secret)
            .grant_type(Grant::Code.name())
            .code(code)
            .code_verifier(verifier)
            .redirect_uri(redirect);
        let given = request.send().await.map_err(told)?;
        self.keep(given, Grant::Code).await
    }

    /// Begins a sign-in on another device, for computers without a browser.
    pub async fn with_device(&self) -> Result<Device, SignInError> {
        self.check_vault().await?;
        let registration = self.registration(Grant::Device).await?;
        let begun = self
            .oidc
            .start_device_authorization()
            .client_id(&registration.id)
            .client_secret(&registration.secret)
            .start_url(&self.start_url)
            .send()
            .await
            .map_err(told)?;
        let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
        Ok(Device {
            user_code: text(begun.user_code()),
            url: text(begun.verification_uri_complete().or(begun.verification_uri())),
            code: text(begun.device_code()),
            interval: Duration::from_secs(begun.interval().clamp(1, 60) as u64),
            ends: Instant::now() + Duration::from_secs(begun.expires_in().clamp(10, 1800) as u64),
        })
    }

    /// Waits until the person has allowed it on the other device.
    pub async fn finish_device(&self, device: &Device) -> Result<SignedIn, SignInError> {
        let registration = self.registration(Grant::Device).await?;
        let mut interval = device.interval;
        loop {
            if Instant::now() >= device.ends {
                return Err(SignInError::TooLate);
            }
            sleep(interval).await;
            let request = self
                .oidc
                .create_token()
                .client_id(&registration.id)
                .client_secret(&registration.secret)
                .grant_type(Grant::Device.name())
                .device_code(&device.code);
            match request.send().await {
                Ok(given) => return self.keep(given, Grant::Device).await,
                Err(e) => {
                    let service = e.as_service_error();
                    if service.is_some_and(|s| s.is_slow_down_exception()) {
                        interval += Duration::from_secs(5);
                    } else if service.is_some_and(|s| s.is_expired_token_exception()) {
                        return Err(SignInError::TooLate);
                    } else if !service.is_some_and(|s| s.is_authorization_pending_exception()) {
                        match told(e) {
                            // It passes, and the person is still at it.
                            SignInError::Unreachable(_) => {}
                            other => return Err(other),
                        }
                    }
                }
            }
        }
    }

    /// This program as the service knows it, registered anew when it has run out.
    async fn registration(&self, grant: Grant) -> Result<Registration, SignInError> {
        if let Some(r) = self.get::<Registration>(grant.item()).await?
            && lasts(r.ends)
        {
            return Ok(r);
        }
        let mut request = self
            .oidc
            .register_client()
            .client_name(CLIENT)
            .client_type("public")
            .scopes(SCOPE)
            .grant_types(grant.name())
            .grant_types("refresh_token");
        if grant == Grant::Code {
            // Without a port: the redirect has one, which differs each time.
            request = request
                .redirect_uris(format!("http://127.0.0.1{CALLBACK}"))
                .issuer_url(&self.start_url);
        }
        let given = request.send().await.map_err(told)?;
        let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
        let registration = Registration {
            id: text(given.client_id()),
            secret: text(given.client_secret()),
            ends: given.client_secret_expires_at().max(0) as u64,
        };
        self.put(grant.item(), &registration).await?;
        Ok(registration)
    }

    async fn keep(&self, given: CreateTokenOutput, grant: Grant) -> Result<SignedIn, SignInError> {
        self.store(given, grant).await?;
        self.forget_credentials().await;
        let status = self.status().await?;
        status.ok_or_else(|| SignInError::Refused("it gave a token that has run out already".into()))
    }

    /// Keeps what was given. A refresh token serves once: the new one is safe before anything is done
    /// with the other.
    async fn store(&self, given: CreateTokenOutput, grant: Grant) -> Result<Access, SignInError> {
        let Some(token) = given.access_token() else {
            return Err(SignInError::Refused("it gave no token".into()));
        };
        if let Some(refresh) = given.refresh_token() {
            let refresh = Refresh {
                token: refresh.to_owned(),
                grant,
            };
            self.put(REFRESH, &refresh).await?;
        }
        let access = Access {
            token: token.to_owned(),
            ends: seconds(SystemTime::now()) + given.expires_in().max(0) as u64,
        };
        self.put(ACCESS, &access).await?;
        Ok(access)
    }

    pub async fn forget_credentials(&self) {
        *self.held.lock().await = None;
    }

    /// Ends the sign-in at the service, and forgets all that was kept.
    pub async fn sign_out(&self) -> Result<(), SignInError> {
        let mut held = self.held.lock().await;
        *held = None;
        let access = self.get::<Access>(ACCESS).await;
        self.vault(|v| {
            let all = [ACCESS, REFRESH, Grant::Code.item(), Grant::Device.item()];
            all.into_iter().try_for_each(|name| v.remove(name))
        })
        .await?;
        if let Ok(Some(access)) = access {
            // Here it is over; the service ends it by itself if it hears nothing.
            match self.portal.logout().access_token(access.token).send().await {
                Err(e) if !e.as_service_error().is_some_and(|s| s.is_unauthorized_exception()) => return Err(told(e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The role's credentials: from memory, or with the access token, which is renewed if it must be.
    pub async fn credentials(&self) -> Result<Credentials, SignInError> {
        let mut held = self.held.lock().await;
        if let Some(c) = held.as_ref()
            && c.expiry().is_none_or(|e| lasts(seconds(e)))
        {
            return Ok(c.clone());
        }
        let access = self.access(None).await?;
        let credentials = match self.role_credentials(&access).await {
            Err(SignInError::Needs(_)) => {
                // The service has ended what looked good here: renew once, then ask for a person.
                let access = self.access(Some(access)).await?;
                self.role_credentials(&access).await?
            }
            other => other?,
        };
        *held = Some(credentials.clone());
        Ok(credentials)
    }

    async fn role_credentials(&self, access: &Access) -> Result<Credentials, SignInError> {
        let request = self
            .portal
            .get_role_credentials()
            .access_token(&access.token)
            .account_id(&self.account)
            .role_name(&self.role);
        let given = request.send().await.map_err(|e| {
            if e.as_service_error().is_some_and(|s| s.is_unauthorized_exception()) {
                needs("the sign-in was ended")
            } else {
                told(e)
            }
        })?;
        let role = given
            .role_credentials()
            .ok_or_else(|| SignInError::Refused("it gave no credentials".into()))?;
        let ends = UNIX_EPOCH + Duration::from_millis(role.expiration().max(0) as u64);
        Ok(Credentials::new(
            role.access_key_id().unwrap_or_default(),
            role.secret_access_key().unwrap_or_default(),
            role.session_token().map(str::to_owned),
            Some(ends),
            "identity-center",
        ))
    }

    /// An access token that lasts; not `spent`, which the service does not take any more.
    async fn access(&self, spent: Option<Access>) -> Result<Access, SignInError> {
        let good = |a: &Access| lasts(a.ends) && spent.as_ref() != Some(a);
        let Some(access) = self.get::<Access>(ACCESS).await? else {
            return Err(needs("nobody is signed in"));
        };
        if good(&access) {
            return Ok(access);
        }
        // Another process may be renewing just now, and its refresh token is ours.
        let lock = self.lock.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let file = File::create(lock)?;
            file.lock()?;
            std::io::Result::Ok(file)
        });
        let _locked = locked
            .await
            .map_err(std::io::Error::other)
            .and_then(|r| r)
            .map_err(|e| SignInError::Loopback(e.to_string()))?;
        if let Some(renewed) = self.get::<Access>(ACCESS).await?
            && good(&renewed)
        {
            return Ok(renewed);
        }
        let Some(refresh) = self.get::<Refresh>(REFRESH).await? else {
            return Err(needs("the sign-in has run out"));
        };
        let Some(registration) = self.get::<Registration>(refresh.grant.item()).await? else {
            return Err(needs("the sign-in has run out"));
        };
        let request = self
            .oidc
            .create_token()
            .client_id(&registration.id)
            .client_secret(&registration.secret)
            .grant_type("refresh_token")
            .refresh_token(&refresh.token);
        let given = match request.send().await {
            Ok(given) => given,
            Err(e) => {
                let over = e.as_service_error().is_some_and(|s| {
                    s.is_invalid_grant_exception()
                        || s.is_expired_token_exception()
                        || s.is_invalid_client_exception()
                        || s.is_unauthorized_client_exception()
                        || s.is_access_denied_exception()
                });
                return Err(if over { needs("the sign-in was ended") } else { told(e) });
            }
        };
        self.store(given, refresh.grant).await
    }
}

/// The credentials of a sign-in, as the SDK asks for them.
#[derive(Clone)]
pub struct Provider(pub Arc<SignIn>);

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(
            async move { self.0.credentials().await.map_err(CredentialsError::provider_error) },
        )
    }
}
