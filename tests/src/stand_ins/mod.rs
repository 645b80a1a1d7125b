//! Servers that speak the protocols of AWS on this machine alone: S3, SageMaker's runtime, Identity
//! Center. Faults are injected by name, per call. Nothing of them is in the product.

mod calls;
mod checking;
mod faults;
mod identity;
mod models;
mod ranking;
mod s3;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
pub use calls::{Call, Calls};
pub use faults::{Fault, Faults};
pub use identity::{Identity, Lasts, Role};
pub use models::{Behaviour, Seen};
pub use s3::Store;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The one account that everything belongs to.
pub const ACCOUNT: &str = "123456789012";
pub const KNOWLEDGE: &str = "mortar-knowledge";
pub const FEEDBACK: &str = "mortar-feedback";
pub const KMS_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/feedback";

/// What belongs to a tenant, and to no other: its role `care-<tenant>` opens this alone. The pharmacy,
/// which most tests are about, has the plain names.
pub struct Tenant<'a>(pub &'a str);

impl Tenant<'_> {
    fn own(&self, pharmacy: &str, other: String) -> String {
        if self.0 == "pharmacy" {
            pharmacy.to_owned()
        } else {
            other
        }
    }

    pub fn knowledge(&self) -> String {
        self.own(KNOWLEDGE, format!("mortar-{}-knowledge", self.0))
    }

    pub fn feedback(&self) -> String {
        self.own(FEEDBACK, format!("mortar-{}-feedback", self.0))
    }

    pub fn kms_key(&self) -> String {
        self.own(KMS_KEY, format!("{KMS_KEY}-{}", self.0))
    }

    pub fn endpoint(&self, container: &str) -> String {
        self.own(container, format!("{}--{container}", self.0))
    }

    pub fn owns_bucket(&self, bucket: &str) -> bool {
        bucket == self.knowledge() || bucket == self.feedback()
    }
}

/// The servers, which end with it.
pub struct StandIns {
    pub faults: Arc<Faults>,
    pub identity: Arc<Identity>,
    pub models: Arc<Seen>,
    pub store: Arc<Store>,
    pub calls: Arc<Calls>,
    pub s3: String,
    pub runtime: String,
    pub sign_in: String,
    pub switch: String,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for StandIns {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl StandIns {
    /// Starts all of them. With `alone`, a sign-in needs no person: whoever is asked says yes.
    pub async fn start(alone: bool) -> StandIns {
        Self::with(alone, Arc::new(Seen::new())).await
    }

    /// With models that others have loaded already.
    pub async fn with(alone: bool, models: Arc<Seen>) -> StandIns {
        let faults = Arc::new(Faults::default());
        let identity = Arc::new(Identity::new(alone));
        let store = Arc::new(Store::new([KNOWLEDGE, FEEDBACK]));
        let calls = Arc::new(Calls::default());
        let mut tasks = Vec::new();
        let sign_in = serve(&mut tasks, |at| identity::router(identity.clone(), faults.clone(), at)).await;
        let runtime = serve(&mut tasks, |_| {
            models::router(models.clone(), identity.clone(), faults.clone(), calls.clone())
        })
        .await;
        let s3 = serve(&mut tasks, |_| {
            s3::router(store.clone(), identity.clone(), faults.clone(), calls.clone())
        })
        .await;
        let shared = (faults.clone(), models.clone(), store.clone(), identity.clone());
        let switch = serve(&mut tasks, |_| {
            Router::new()
                .route("/faults", post(set))
                .route("/behaviour", post(behave))
                .route("/seen", get(seen))
                .with_state(shared)
        })
        .await;
        StandIns {
            faults,
            identity,
            models,
            store,
            calls,
            s3,
            runtime,
            sign_in,
            switch,
            tasks,
        }
    }

    /// A tenant's configuration that leads here; its buckets are made.
    pub fn tenant(&self, id: &str, embedding: &str, generation: &str) -> String {
        let own = Tenant(id);
        let (knowledge, feedback) = (own.knowledge(), own.feedback());
        self.store.make(&knowledge);
        self.store.make(&feedback);
        let batch = if matches!(embedding, "lmi-embedding" | "hf-feature-extraction") {
            1
        } else {
            8
        };
        let stream = !matches!(generation, "llama2-chat" | "llama3-base");
        format!(
            r#"id = "{id}"
name = "Stand-in {id}"
suggestions = ["What does claim rejection code 75 mean?"]
links = ["kb.mortar.example"]

[aws]
region = "us-east-1"
invocations_a_question = 6

[aws.sso]
start_url = "{sign_in}/start/{id}"
account = "{ACCOUNT}"
role = "care-{id}"

[aws.endpoints]
s3 = "{s3}"
sagemaker_runtime = "{runtime}"
sso = "{sign_in}"
oidc = "{sign_in}"

[aws.knowledge]
bucket = "{knowledge}"
owner = "{ACCOUNT}"

[aws.feedback]
bucket = "{feedback}"
prefix = "labels"
owner = "{ACCOUNT}"
kms_key = "{kms_key}"

[aws.embedding]
endpoint = "{embedding_endpoint}"
contract = "{embedding}"
model = "{model}"
dimensions = 384
batch = {batch}
timeout_s = 5.0

[aws.generation]
endpoint = "{generation_endpoint}"
contract = "{generation}"
model = "stand-in"
stream = {stream}
first_token_s = 2.0
between_tokens_s = 1.5
custom_attributes = "accept_eula=true"
"#,
            sign_in = self.sign_in,
            s3 = self.s3,
            runtime = self.runtime,
            model = mortar_local::MODEL,
            kms_key = own.kms_key(),
            embedding_endpoint = own.endpoint(embedding),
            generation_endpoint = own.endpoint(generation),
        )
    }

    /// What a tenant's configuration says beside that where it has a reranker too.
    pub fn reranking(&self, id: &str, contract: &str) -> String {
        let endpoint = Tenant(id).endpoint(contract);
        format!(
            r#"
[aws.reranking]
endpoint = "{endpoint}"
contract = "{contract}"
model = "stand-in-reranker"
timeout_s = 2.0
custom_attributes = "accept_eula=true"
"#
        )
    }

    /// The same where it has a checking model.
    pub fn checking(&self, id: &str, contract: &str) -> String {
        let endpoint = Tenant(id).endpoint(contract);
        format!(
            r#"
[aws.checking]
endpoint = "{endpoint}"
contract = "{contract}"
model = "stand-in-checker"
timeout_s = 0.5
"#
        )
    }

    /// Writes `tenant.toml`, `env` and a browser that needs no person into a folder.
    pub fn write(&self, dir: &Path, program: &Path) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(dir)?;
        let tenant = dir.join("tenant.toml");
        std::fs::write(&tenant, self.tenant("pharmacy", "tei", "messages"))?;
        let browser = dir.join("browser");
        std::fs::write(
            &browser,
            format!("#!/bin/sh\nexec '{}' --visit \"$1\"\n", program.display()),
        )?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755))?;
        }
        std::fs::write(
            dir.join("env"),
            format!(
                "export BROWSER='{}'\nexport MORTAR_FAULTS='{}'\n",
                browser.display(),
                self.switch
            ),
        )?;
        Ok(tenant)
    }
}

/// Serves a router on a port of its own; its address.
async fn serve(tasks: &mut Vec<tokio::task::JoinHandle<()>>, router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    let router = router(&address);
    tasks.push(tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    }));
    address
}

type Shared = (Arc<Faults>, Arc<Seen>, Arc<Store>, Arc<Identity>);

/// `{"call": "embed", "fault": "throttle", "times": 2}`; without a fault, the call is well again.
async fn set(State(s): State<Shared>, Json(asked): Json<Value>) -> Json<Value> {
    let call = asked["call"].as_str().unwrap_or("*");
    match asked["fault"].as_str() {
        None => s.0.clear(call),
        Some(name) => match Fault::named(name) {
            Some(fault) => s.0.set(call, fault, asked["times"].as_u64().unwrap_or(1) as usize),
            None => {
                return Json(json!({ "error": format!("no fault {name}"), "faults": Fault::ALL.map(|f| f.name()) }));
            }
        },
    }
    Json(json!({ "ok": true }))
}

/// `{"behaviour": "invent"}`: what the generator does beside answering.
async fn behave(State(s): State<Shared>, Json(asked): Json<Value>) -> Json<Value> {
    let behaviour = match asked["behaviour"].as_str() {
        Some("invent") => Behaviour::Invents,
        Some("cite_wrongly") => Behaviour::CitesWrongly,
        Some("obey") => Behaviour::Obeys,
        _ => Behaviour::Honest,
    };
    s.1.behave(behaviour);
    Json(json!({ "ok": true }))
}

async fn seen(State(s): State<Shared>) -> Json<Value> {
    Json(json!({
        "calls": s.0.counts(),
        "inference_ids": s.1.inference_ids(),
        "feedback": s.2.keys(FEEDBACK),
        "live_tokens": s.3.live(),
    }))
}

/// A browser without a person: goes where it is sent, behind the back of who opened it.
pub fn visit_in_background(url: &str) -> Result<(), String> {
    let url = url.to_owned();
    tokio::spawn(async move {
        if let Err(e) = crate::visit(&url).await {
            eprintln!("{e}");
        }
    });
    Ok(())
}
