//! The service as the program that it is: two tenants on one process, asked over HTTP with tokens that a test signs.

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
use futures::future::join_all;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use mortar_tests::{json as ran, programs, words_only};
use serde_json::{Value, json};

/// Longer than anything takes that ends at all.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who signs tokens, with the set of keys that the service knows them by.
struct Signer {
    named: &'static str,
    key: EncodingKey,
}

impl Signer {
    fn new(named: &'static str) -> Signer {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = EncodingKey::from_ec_der(pair.as_ref());
        Signer { named, key }
    }

    fn keys(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        key.common.key_id = Some("k".into());
        json!({ "keys": [key] })
    }

    fn token(&self, subject: &str, tenant: &str) -> String {
        self.signed(&self.claims(subject, tenant))
    }

    fn claims(&self, subject: &str, tenant: &str) -> Value {
        let iss = format!("https://{}.example", self.named);
        json!({ "iss": iss, "aud": "mortar", "sub": subject, "tenant": tenant, "exp": get_current_timestamp() + 3600 })
    }

    fn signed(&self, claims: &Value) -> String {
        let kid = Some("k".into());
        encode(&Header { kid, ..Header::new(Algorithm::ES256) }, claims, &self.key).unwrap()
    }
}

/// The program with two tenants: the sample pharmacy, and a clinic of which only one request may be under way.
struct Service {
    child: Child,
    at: String,
    pharmacy: Signer,
    clinic: Signer,
    _home: tempfile::TempDir,
}

impl Service {
    async fn start() -> Service {
        let home = tempfile::tempdir().unwrap();
        let (pharmacy, clinic) = (Signer::new("pharmacy"), Signer::new("clinic"));
        let mut config = String::from("listen = \"127.0.0.1:0\"\n[tenants.pharmacy]\n[tenants.clinic]\nat_once = 1\n");
        for signer in [&pharmacy, &clinic] {
            let named = signer.named;
            fs::write(home.path().join(format!("{named}.json")), signer.keys().to_string()).unwrap();
            config += &format!(
                "[[issuers]]\nissuer = \"https://{named}.example\"\naudience = \"mortar\"\nkeys = \"{named}.json\"\n\
                 tenants = [\"{named}\"]\n"
            );
        }
        fs::write(home.path().join("serve.toml"), config).unwrap();
        make_clinic(home.path());
        let mut child = Command::new(programs().join("mortar-serve"))
            .arg("--config")
            .arg(home.path().join("serve.toml"))
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
        let service = Service { child, at, pharmacy, clinic, _home: home };
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

    async fn open(
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

    async fn send(
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
    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let (status, _, text) = self.send("POST", path, Some(token), Some(body), &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// All events of an answer.
    async fn asked(&self, token: &str, body: &Value, headers: &[(&str, &str)]) -> Result<Vec<Told>, StatusCode> {
        let (status, _, text) = self.send("POST", "/v1/ask", Some(token), Some(body), headers).await;
        if status == StatusCode::OK { Ok(told(&text)) } else { Err(status) }
    }

    fn terminate(&self) {
        let done = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(done.success());
    }

    fn ended(&mut self) -> ExitStatus {
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
fn make_clinic(home: &Path) {
    let tenant = home.join("tenants/clinic");
    fs::create_dir_all(&tenant).unwrap();
    fs::write(tenant.join("tenant.toml"), "name = \"Clinic\"\n").unwrap();
    let source = home.join("clinic.csv");
    let text = "id,question,answer\nclinic-1,Where may visitors park?,Visitors park behind the blue gate.\n";
    fs::write(&source, text).unwrap();
    let release = tenant.join("release");
    ran(words_only(home).args(["kb", "build", "--json"]).arg(&source).arg("--out").arg(&release));
}

/// An event of a stream: its id, its name (`message` where it has none) and what it holds.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    id: String,
    name: String,
    data: Value,
}

fn told(stream: &str) -> Vec<Told> {
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

fn question(text: &str) -> Value {
    json!({ "question": text })
}

const CODE_75: &str = "What does claim rejection code 75 mean?";
const PARKING: &str = "Where may visitors park?";

#[tokio::test]
async fn an_answer_streams_goes_on_where_it_was_lost_and_is_of_whoever_asked() {
    let service = Service::start().await;
    let (ana, ben) = (service.pharmacy.token("ana", "pharmacy"), service.pharmacy.token("ben", "pharmacy"));
    let events = service.asked(&ana, &question(CODE_75), &[]).await.unwrap();
    assert_eq!(events[0].data["event"], "passages");
    let last = events.last().unwrap();
    assert_eq!(last.name, "result");
    assert_eq!(last.data["answer"]["sentences"][0]["citations"][0]["document"], "reject-75");
    assert!(events.iter().filter(|e| e.name != "message").count() == 1, "one end");

    // Lost behind the second event: the rest comes, to the letter, and only to whoever asked.
    let lost = [("last-event-id", events[1].id.as_str())];
    assert_eq!(service.asked(&ana, &question(CODE_75), &lost).await.unwrap(), events[2..]);
    assert_eq!(service.asked(&ben, &question(CODE_75), &lost).await, Err(StatusCode::NOT_FOUND));
    let no_id = [("last-event-id", "1")];
    assert_eq!(service.asked(&ana, &question(CODE_75), &no_id).await, Err(StatusCode::BAD_REQUEST));

    let exchange = &last.data["exchange"];
    let follow_up = json!({ "question": "and code 76?", "conversation": exchange["conversation"] });
    let followed = service.asked(&ana, &follow_up, &[]).await.unwrap();
    assert_eq!(followed.last().unwrap().data["exchange"]["conversation"], exchange["conversation"]);
    assert_eq!(service.asked(&ben, &follow_up, &[]).await, Err(StatusCode::NOT_FOUND));

    let label = json!({
        "exchange": exchange["id"],
        "label": { "verdict": "positive", "reasons": [], "note": "" },
        "sentences": last.data["answer"]["sentences"],
    });
    assert_eq!(service.post("/v1/labels", &ana, &label).await["id"], exchange["id"]);
    let (status, ..) = service.send("POST", "/v1/labels", Some(&ben), Some(&label), &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let passages = &last.data["answer"]["passages"];
    let ground = json!({ "text": "Code 75 means that it is free.", "passages": passages });
    assert_eq!(service.post("/v1/ground", &ana, &ground).await[0]["grounding"], "unsupported");
    let checked = service.post("/v1/check", &ana, &json!({ "text": "Code 75 is free of charge." })).await;
    assert_eq!(checked["stands"], false);
    let found = service.post("/v1/search", &ana, &json!({ "question": CODE_75, "limit": 3 })).await;
    assert_eq!((&found[0]["document"]["id"], found.as_array().unwrap().len()), (&json!("reject-75"), 3));
    let (_, _, document) = service.send("GET", "/v1/documents/reject-75", Some(&ana), None, &[]).await;
    assert!(document.contains("prior authorization"), "{document}");
}

/// Every route that there is beside health, with a body that would be answered.
fn routes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("POST", "/v1/ask", Some(question(CODE_75))),
        ("POST", "/v1/ground", Some(json!({ "text": "a", "passages": [] }))),
        ("POST", "/v1/check", Some(json!({ "text": "Code 75 is free." }))),
        ("POST", "/v1/search", Some(question(CODE_75))),
        ("GET", "/v1/documents", None),
        ("GET", "/v1/documents/reject-75", None),
        ("POST", "/v1/labels", Some(json!({}))),
        ("GET", "/v1/nothing", None),
    ]
}

#[tokio::test]
async fn no_route_but_health_answers_without_a_right_token() {
    let service = Service::start().await;
    let (pharmacy, clinic) = (&service.pharmacy, &service.clinic);
    let other = |key: &str, value: Value| {
        let mut claims = pharmacy.claims("ana", "pharmacy");
        claims[key] = value;
        pharmacy.signed(&claims)
    };
    let right = pharmacy.token("ana", "pharmacy");
    let (head, body) = right.rsplit_once('.').unwrap();
    let stranger = Signer::new("pharmacy").token("ana", "pharmacy");
    let wrong = [
        None,
        Some(String::new()),
        Some(format!("{head}.{}", body.chars().rev().collect::<String>())),
        // {"alg":"none"}
        Some(format!("eyJhbGciOiJub25lIn0.{}.", head.split('.').nth(1).unwrap())),
        Some(other("exp", json!(get_current_timestamp() - 3600))),
        Some(other("aud", json!("another"))),
        Some(other("tenant", json!("clinic"))),
        Some(other("iss", json!("https://clinic.example"))),
        Some(clinic.token("ana", "pharmacy")),
        Some(stranger),
    ];
    for (method, path, body) in routes() {
        for token in &wrong {
            let (status, headers, text) = service.send(method, path, token.as_deref(), body.as_ref(), &[]).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} {token:?}: {text}");
            assert_eq!(headers["www-authenticate"], "Bearer");
            let told: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(told["error"]["code"], "unauthorized");
        }
    }
    assert_eq!(service.send("GET", "/healthz", None, None, &[]).await.0, StatusCode::OK);
    let (status, ..) = service.send("GET", "/v1/documents", Some(&right), None, &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn one_tenant_gets_nothing_of_another() {
    let service = Service::start().await;
    let theirs = service.clinic.token("ana", "clinic");
    let mine = service.pharmacy.token("ana", "pharmacy");
    let events = service.asked(&mine, &question(CODE_75), &[]).await.unwrap();
    let exchange = &events.last().unwrap().data["exchange"];
    // Whatever else a request says, the token says whose knowledge it is.
    let said = [("x-tenant", "pharmacy"), ("cookie", "tenant=pharmacy"), ("host", "pharmacy.example")];
    for headers in [&said[..], &[]] {
        let (_, _, documents) = service.send("GET", "/v1/documents?tenant=pharmacy", Some(&theirs), None, headers).await;
        let documents: Value = serde_json::from_str(&documents).unwrap();
        assert_eq!((documents.as_array().unwrap().len(), &documents[0]["id"]), (1, &json!("clinic-1")));
        let (status, ..) = service.send("GET", "/v1/documents/reject-75", Some(&theirs), None, headers).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let found = service.post("/v1/search", &theirs, &question(CODE_75)).await;
    assert!(found.as_array().unwrap().iter().all(|f| f["document"]["id"] == "clinic-1"), "{found}");
    let asked = service.asked(&theirs, &question(CODE_75), &[]).await.unwrap();
    assert_eq!(asked.last().unwrap().data["answer"]["abstained"], true);
    assert!(!json!(asked.last().unwrap().data).to_string().contains("prior authorization"));
    let lost = [("last-event-id", events[0].id.as_str())];
    assert_eq!(service.asked(&theirs, &question(CODE_75), &lost).await, Err(StatusCode::NOT_FOUND));
    let follow_up = json!({ "question": "and code 76?", "conversation": exchange["conversation"] });
    assert_eq!(service.asked(&theirs, &follow_up, &[]).await, Err(StatusCode::NOT_FOUND));
    let label = json!({ "exchange": exchange["id"], "label": { "verdict": "positive", "reasons": [], "note": "" }, "sentences": [] });
    let (status, ..) = service.send("POST", "/v1/labels", Some(&theirs), Some(&label), &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_it_is_asked() {
    let service = Service::start().await;
    let token = service.pharmacy.token("ana", "pharmacy");
    for (path, body, status) in [
        ("/v1/ask", json!({}), 400),
        ("/v1/ask", json!({ "question": "" }), 400),
        ("/v1/ask", json!({ "question": "a".repeat(16_001) }), 400),
        ("/v1/ask", json!({ "question": "a", "tenant": "clinic" }), 400),
        ("/v1/ask", json!({ "question": "a".repeat(3 << 20) }), 413),
        ("/v1/check", json!({ "text": " " }), 400),
        ("/v1/check", json!({ "text": "a".repeat(100_001) }), 400),
        ("/v1/search", json!({ "question": "a", "limit": 0 }), 400),
        ("/v1/search", json!({ "question": "a", "limit": 101 }), 400),
        ("/v1/ground", json!([]), 400),
        ("/v1/documents", json!({}), 405),
    ] {
        let (told, _, text) = service.send("POST", path, Some(&token), Some(&body), &[]).await;
        assert_eq!(told, status, "{path}: {text}");
    }
}

#[tokio::test]
async fn a_tenant_at_its_limit_is_told_at_once_and_slows_nobody_else() {
    let service = Service::start().await;
    let (clinic, pharmacy) = (service.clinic.token("ana", "clinic"), service.pharmacy.token("ana", "pharmacy"));
    let (parking, code) = (question(PARKING), question(CODE_75));
    let began = Instant::now();
    // Until two of them meet: one may be under way.
    loop {
        let many = join_all((0..16).map(|_| service.send("POST", "/v1/ask", Some(&clinic), Some(&parking), &[])));
        let (answers, other) = tokio::join!(many, service.asked(&pharmacy, &code, &[]));
        assert!(other.is_ok(), "the other tenant is answered: {other:?}");
        let (full, answered): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.0 != StatusCode::OK);
        assert!(answered.iter().all(|a| told(&a.2).last().unwrap().name == "result"));
        assert!(!answered.is_empty());
        for (status, headers, text) in &full {
            assert_eq!(*status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
            assert_eq!(headers["retry-after"], "2");
        }
        if !full.is_empty() {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "sixteen at once, and no two met");
    }
    // What is over makes room again.
    assert!(service.asked(&clinic, &parking, &[]).await.is_ok());
}

#[tokio::test]
async fn at_its_end_every_answer_under_way_comes_to_one() {
    let mut service = Service::start().await;
    let token = service.pharmacy.token("ana", "pharmacy");
    let code = question(CODE_75);
    let open = (0..12).map(|_| service.open("POST", "/v1/ask", Some(&token), Some(&code), &[]));
    let open = join_all(open).await;
    service.terminate();
    // It is no longer ready, and takes nothing new.
    let began = Instant::now();
    while service.send("GET", "/readyz", None, None, &[]).await.0 == StatusCode::OK {
        assert!(began.elapsed() < PATIENCE);
    }
    let (status, headers, _) = service.send("POST", "/v1/ask", Some(&token), Some(&code), &[]).await;
    assert_eq!((status, &headers["retry-after"]), (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap()));
    for (status, _, body) in open {
        assert_eq!(status, StatusCode::OK);
        let whole = body.collect().await.unwrap().to_bytes();
        let events = told(std::str::from_utf8(&whole).unwrap());
        assert!(matches!(events.last().unwrap().name.as_str(), "result" | "error"), "{events:?}");
    }
    assert!(service.ended().success());
}
