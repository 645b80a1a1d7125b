//! The program started with a home of its own, tokens for it, and its answers as they come.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use mortar_tests::{json as ran, programs, words_only};
use serde_json::{Value, json};

/// Longer than anything takes that ends at all.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Who signs tokens, with the set of keys that the service knows them by.
pub struct Signer {
    named: &'static str,
    key: EncodingKey,
}

impl Signer {
    pub fn new(named: &'static str) -> Signer {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = EncodingKey::from_ec_der(pair.as_ref());
        Signer { named, key }
    }

    fn keys(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        key.common.key_id = Some("k".into());
        json!({ "keys": [key] })
    }

    pub fn token(&self, subject: &str, tenant: &str) -> String {
        self.signed(&self.claims(subject, tenant))
    }

    pub fn claims(&self, subject: &str, tenant: &str) -> Value {
        let iss = format!("https://{}.example", self.named);
        json!({ "iss": iss, "aud": "mortar", "sub": subject, "tenant": tenant, "exp": get_current_timestamp() + 3600 })
    }

    pub fn signed(&self, claims: &Value) -> String {
        let kid = Some("k".into());
        encode(
            &Header {
                kid,
                ..Header::new(Algorithm::ES256)
            },
            claims,
            &self.key,
        )
        .unwrap()
    }
}

/// The program with two tenants: the sample pharmacy, and a clinic of which two requests may be under way.
pub struct Service {
    child: Child,
    at: String,
    pub pharmacy: Signer,
    pub clinic: Signer,
    _home: tempfile::TempDir,
}

impl Service {
    pub async fn start() -> Service {
        Service::start_as("name = \"Clinic\"\n", &[]).await
    }

    /// The same with another file of the clinic, and something in the environment.
    pub async fn start_as(tenant: &str, environment: &[(&str, String)]) -> Service {
        let home = tempfile::tempdir().unwrap();
        let (pharmacy, clinic) = (Signer::new("pharmacy"), Signer::new("clinic"));
        let mut config = String::from("listen = \"127.0.0.1:0\"\n[tenants.pharmacy]\n[tenants.clinic]\nat_once = 2\n");
        for signer in [&pharmacy, &clinic] {
            let named = signer.named;
            fs::write(home.path().join(format!("{named}.json")), signer.keys().to_string()).unwrap();
            config += &format!(
                "[[issuers]]\nissuer = \"https://{named}.example\"\naudience = \"mortar\"\nkeys = \"{named}.json\"\n\
                 tenants = [\"{named}\"]\n"
            );
        }
        fs::write(home.path().join("serve.toml"), config).unwrap();
        make_clinic(home.path(), tenant);
        let mut child = Command::new(programs().join("mortar-serve"))
            .arg("--config")
            .arg(home.path().join("serve.toml"))
            .envs(environment.iter().map(|(k, v)| (k, v)))
            .env("MORTAR_HOME", home.path())
            .env("MORTAR_MODELS", home.path().join("no-models"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("build it first: cargo build -p mortar-serve");
        let (said, log) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The log is read to its end, so that the program never waits for it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(said.send(line))));
        let listening: Value = serde_json::from_str(&log.recv_timeout(PATIENCE).unwrap()).unwrap();
        let at = format!("http://{}", listening["listening"].as_str().unwrap());
        let service = Service {
            child,
            at,
            pharmacy,
            clinic,
            _home: home,
        };
        service.until_ready().await;
        service
    }

    async fn until_ready(&self) {
        let began = Instant::now();
        while self.send("GET", "/readyz", None, None, &[]).await.0 != StatusCode::OK {
            assert!(began.elapsed() < PATIENCE, "it does not become ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn open(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Body) {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.at));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request.body(body).unwrap()).await.unwrap().into_parts();
        (head.status, head.headers, Body::new(body))
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let (status, headers, body) = self.open(method, path, token, body, headers).await;
        let whole = body.collect().await.unwrap().to_bytes();
        (status, headers, String::from_utf8(whole.to_vec()).unwrap())
    }

    /// What must be answered, as JSON.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let (status, _, text) = self.send("POST", path, Some(token), Some(body), &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// All events of an answer.
    pub async fn asked(&self, token: &str, body: &Value, headers: &[(&str, &str)]) -> Result<Vec<Told>, StatusCode> {
        let (status, _, text) = self.send("POST", "/v1/ask", Some(token), Some(body), headers).await;
        if status == StatusCode::OK {
            Ok(told(&text))
        } else {
            Err(status)
        }
    }

    pub fn terminate(&self) {
        let done = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(done.success());
    }

    pub fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A tenant of one document, in its home.
fn make_clinic(home: &Path, config: &str) {
    let tenant = home.join("tenants/clinic");
    fs::create_dir_all(&tenant).unwrap();
    fs::write(tenant.join("tenant.toml"), config).unwrap();
    let source = home.join("clinic.csv");
    let text = "id,question,answer\nclinic-1,Where may visitors park?,Visitors park behind the blue gate.\n";
    fs::write(&source, text).unwrap();
    let release = tenant.join("release");
    ran(words_only(home)
        .args(["kb", "build", "--json"])
        .arg(&source)
        .arg("--out")
        .arg(&release));
}

/// An event of a stream: its id, its name (`message` where it has none) and what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub id: String,
    pub name: String,
    pub data: Value,
}

pub fn told(stream: &str) -> Vec<Told> {
    let field = |event: &str, name: &str| event.lines().find_map(|l| l.strip_prefix(name).map(str::to_owned));
    stream
        .split("\n\n")
        .filter(|e| !e.trim().is_empty() && !e.starts_with(':'))
        .map(|e| Told {
            id: field(e, "id: ").unwrap(),
            name: field(e, "event: ").unwrap_or_else(|| "message".into()),
            data: serde_json::from_str(&field(e, "data: ").unwrap()).unwrap(),
        })
        .collect()
}
