//! The command line against the stand-ins, with a real keyring: sign-in, models, and no secret anywhere.

use std::process::Command;

use mortar_tests::keyring::Session;
use mortar_tests::leaks::Secrets;
use mortar_tests::stand_ins::{Fault, StandIns, Tenant};
use mortar_tests::{json, mortar, programs, refused, run};

/// More than one source of the sample answers it, and no rule puts them in order.
const RERANKED: &str = "Why did the copay change since the last fill?";

struct Laptop {
    dir: tempfile::TempDir,
    keyring: Session,
    stand_ins: StandIns,
}

impl Laptop {
    async fn new() -> Laptop {
        let dir = tempfile::tempdir().unwrap();
        let stand_ins = StandIns::start(true).await;
        stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
        Laptop {
            keyring: Session::start(dir.path(), true),
            dir,
            stand_ins,
        }
    }

    fn home(&self) -> std::path::PathBuf {
        self.dir.path().join("mortar")
    }

    fn mortar(&self) -> Command {
        self.mortar_of("tenant.toml")
    }

    fn mortar_of(&self, tenant: &str) -> Command {
        let mut c = mortar(&self.home());
        c.envs(self.keyring.environment(self.dir.path()))
            .env("HOME", self.dir.path())
            .env("MORTAR_MODELS", mortar_local::default_folder().parent().unwrap())
            .arg("--tenant-file")
            .arg(self.dir.path().join(tenant));
        c
    }

    /// Files under the folder that hold any secret that was ever given. The keyring's own file is sealed: its
    /// bytes are not the secret's.
    fn leaks(&self) -> Vec<std::path::PathBuf> {
        Secrets::new(&self.stand_ins.identity.given()).under(self.dir.path())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_in_to_a_cited_answer_and_out_again() {
    let laptop = Laptop::new().await;
    let before = json(
        laptop
            .mortar()
            .args(["ask", "--json", "What does claim rejection code 75 mean?"]),
    );
    assert_eq!(before["notices"][0]["fault"], "sign_in", "{before:#}");
    assert_eq!(before["models"]["generation"], "verbatim");

    let login = run(laptop.mortar().args(["login", "--json"]));
    assert!(login.status.success(), "{}", String::from_utf8_lossy(&login.stderr));
    let answer = json(
        laptop
            .mortar()
            .args(["ask", "--json", "What does claim rejection code 75 mean?"]),
    );
    assert_eq!(answer["notices"], serde_json::json!([]), "{answer:#}");
    assert_eq!(answer["models"]["generation"], "stand-in");
    assert_eq!(answer["models"]["embedding"], mortar_local::MODEL);
    assert_eq!(answer["sentences"][0]["grounding"], "verbatim");
    // Captured requests and the answer can be joined.
    let id = answer["inference_id"].as_str().unwrap();
    let seen = laptop.stand_ins.models.inference_ids();
    assert!(
        seen.contains(&format!("embed:{id}")) && seen.contains(&format!("generate:{id}")),
        "{seen:?}"
    );

    let checks = json(laptop.mortar().args(["doctor", "--json"]));
    assert!(checks.as_array().unwrap().iter().all(|c| c["ok"] == true), "{checks:#}");
    assert!(laptop.leaks().is_empty(), "{:?}", laptop.leaks());

    // Credentials that have run out are renewed, each refresh token once; what was ended asks for a person.
    laptop.stand_ins.identity.end_access();
    let renewed = json(laptop.mortar().args(["ask", "--json", "How do I cancel an order?"]));
    assert_eq!(renewed["notices"], serde_json::json!([]), "{renewed:#}");
    laptop.stand_ins.identity.revoke_all();
    let ended = json(laptop.mortar().args(["ask", "--json", "How do I cancel an order?"]));
    assert_eq!(ended["notices"][0]["fault"], "sign_in", "{ended:#}");

    assert!(run(laptop.mortar().args(["login", "--device"])).status.success());
    assert!(laptop.stand_ins.identity.live() > 0);
    assert!(run(laptop.mortar().args(["logout"])).status.success());
    assert_eq!(laptop.stand_ins.identity.live(), 0);
    let out = json(laptop.mortar().args(["ask", "--json", "How do I cancel an order?"]));
    assert_eq!(out["notices"][0]["fault"], "sign_in");
    assert!(laptop.leaks().is_empty(), "{:?}", laptop.leaks());
    // What was said on the way holds none either.
    let given = laptop.stand_ins.identity.given();
    for said in [&login.stdout, &login.stderr] {
        assert!(!Secrets::new(&given).stand_in(said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_of_a_patient_reaches_no_model() {
    const PLANTED: &[&str] = &[
        "Zbigniew",
        "Kowalski",
        "12345-6789",
        "987-65-4321",
        "617-555-0134",
        "02/14/1961",
    ];
    let laptop = Laptop::new().await;
    run(laptop.mortar().args(["login", "--json"]));
    let question = "What does claim rejection code 75 mean? It is for patient Zbigniew Kowalski, MRN 12345-6789, DOB \
        02/14/1961, SSN 987-65-4321, call 617-555-0134.";
    let answer = json(laptop.mortar().args(["ask", "--json", question]));
    assert_eq!(answer["notices"], serde_json::json!([]), "{answer:#}");
    assert_eq!(
        (&answer["models"]["generation"], &answer["question"]),
        (&"stand-in".into(), &question.into())
    );
    let kinds: Vec<&str> = answer["masked"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|m| m["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["ssn", "record", "phone", "date", "name"]);
    let heard = laptop.stand_ins.models.heard();
    assert!(heard.len() >= 2, "an embedding and a generation");
    for body in heard {
        let body = String::from_utf8_lossy(&body);
        let told: Vec<&&str> = PLANTED.iter().filter(|p| body.contains(**p)).collect();
        assert!(told.is_empty() && body.contains("code 75"), "{told:?} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reranker_is_named_looked_at_and_found_out() {
    let laptop = Laptop::new().await;
    let tenant = |contract: &str| {
        let s = &laptop.stand_ins;
        let text = s.tenant("pharmacy", "tei", "messages") + &s.reranking("pharmacy", contract);
        std::fs::write(laptop.dir.path().join("reranking.toml"), text).unwrap();
    };
    let mortar = || laptop.mortar_of("reranking.toml");
    tenant("tei-rerank");
    assert!(run(mortar().arg("login")).status.success());
    let answer = json(mortar().args(["ask", "--json", RERANKED]));
    assert_eq!(answer["models"]["reranking"], "stand-in-reranker", "{answer:#}");
    assert_eq!(answer["notices"], serde_json::json!([]), "{answer:#}");
    laptop.stand_ins.faults.set("rerank", Fault::Model, 1);
    let answer = json(mortar().args(["ask", "--json", RERANKED]));
    assert_eq!(answer["models"]["reranking"], serde_json::Value::Null, "{answer:#}");
    assert_eq!(answer["notices"][0]["about"], "reranking", "{answer:#}");

    let looked = || -> serde_json::Value {
        // What is not well is told by the exit code too.
        let out = run(mortar().args(["doctor", "--json"]));
        let checks: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let of = |c: &&serde_json::Value| c["name"] == "reranking model";
        checks.as_array().unwrap().iter().find(of).cloned().unwrap()
    };
    let well = looked();
    assert!(
        well["ok"] == true && well["found"].as_str().unwrap().contains("stand-in-reranker"),
        "{well:#}"
    );
    laptop.stand_ins.faults.set("rerank", Fault::Denied, 2);
    let ill = looked();
    assert!(
        ill["ok"] == false && ill["remedy"].as_str().unwrap().contains("models probe"),
        "{ill:#}"
    );
    let other = laptop.stand_ins.reranking("pharmacy", "tei-rerank");
    let wrong = other.replace("contract = \"tei-rerank\"", "contract = \"jumpstart-rerank\"");
    let text = laptop.stand_ins.tenant("pharmacy", "tei", "messages") + &wrong;
    std::fs::write(laptop.dir.path().join("reranking.toml"), text).unwrap();
    assert_eq!(looked()["ok"], false);

    for contract in ["tei-rerank", "jumpstart-rerank", "hf-text-classification"] {
        let found = json(mortar().args(["models", "probe", contract, "--json"]));
        assert_eq!(found["found"]["kind"], "reranking", "{found:#}");
        assert_eq!(found["found"]["contract"], contract);
        assert!(found["toml"].as_str().unwrap().starts_with("[aws.reranking]"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenants_sign_in_is_nothing_to_another() {
    let laptop = Laptop::new().await;
    let clinic = laptop.stand_ins.tenant("clinic", "tei", "tgi");
    std::fs::write(laptop.dir.path().join("clinic.toml"), clinic).unwrap();
    assert!(run(laptop.mortar().arg("login")).status.success());
    let said = refused(laptop.mortar_of("clinic.toml").args(["models", "probe", "tei"]), 1);
    assert!(said.contains("nobody is signed in"), "{said}");
    assert!(!laptop.home().join("tenants/clinic/records").exists());
    // What lies in one tenant's folder is no sign-in for another who comes by it.
    let folders = laptop.home().join("tenants");
    std::fs::create_dir_all(folders.join("clinic")).unwrap();
    for file in std::fs::read_dir(folders.join("pharmacy")).unwrap().flatten() {
        if file.path().is_file() {
            std::fs::copy(file.path(), folders.join("clinic").join(file.file_name())).unwrap();
        }
    }
    let said = refused(laptop.mortar_of("clinic.toml").args(["models", "probe", "tei"]), 1);
    assert!(said.contains("nobody is signed in"), "{said}");
    // One tenant's keyring items and configuration do not open the other's role, nor its models.
    let led = laptop.stand_ins.tenant("pharmacy", "tei", "tgi");
    let led = led.replace("role = \"care-pharmacy\"", "role = \"care-clinic\"");
    std::fs::write(laptop.dir.path().join("led.toml"), led).unwrap();
    let said = refused(laptop.mortar_of("led.toml").args(["models", "probe", "tei"]), 1);
    assert!(said.contains("the sign-in service refuses"), "{said}");
    let endpoint = Tenant("clinic").endpoint("tei");
    let said = refused(laptop.mortar().args(["models", "probe", &endpoint]), 1);
    assert!(said.contains("may not use the endpoint"), "{said}");
    // No name of a tenant leads into another's folder or items.
    for name in [
        "../pharmacy",
        "pharmacy/access-token",
        "pharmacy/../pharmacy",
        "PHARMACY",
    ] {
        refused(mortar(&laptop.home()).args(["--tenant", name, "doctor"]), 2);
    }
    assert!(run(laptop.mortar_of("clinic.toml").arg("login")).status.success());
    assert!(run(laptop.mortar_of("clinic.toml").arg("logout")).status.success());
    let mine = json(laptop.mortar().args(["ask", "--json", "How do I cancel an order?"]));
    assert_eq!(
        mine["notices"],
        serde_json::json!([]),
        "the other's sign-out ended ours"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_finds_out_what_an_endpoint_is() {
    let laptop = Laptop::new().await;
    assert!(run(laptop.mortar().arg("login")).status.success());
    for name in [
        "tei",
        "jumpstart-embedding",
        "jumpstart-similarity",
        "lmi-embedding",
        "hf-feature-extraction",
        "tei-predict",
        "hf-entailment",
        "tgi",
        "messages",
        "lmi-rolling-batch",
        "lmi-dynamic-batch",
        "llama2-chat",
        "llama3-base",
    ] {
        let found = json(laptop.mortar().args(["models", "probe", "--json", name]));
        assert_eq!(found["found"]["contract"], name, "{found:#}");
        if found["found"]["kind"] == "embedding" {
            assert_eq!(found["found"]["dimensions"], 384);
        }
        let toml = found["toml"].as_str().unwrap();
        let kind = found["found"]["kind"].as_str().unwrap();
        let table: toml::Table = toml.parse().unwrap();
        assert_eq!(table["aws"][kind]["endpoint"].as_str(), Some(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_and_with_a_locked_one_the_message_says_what_to_do() {
    let laptop = Laptop::new().await;
    let none = refused(
        laptop
            .mortar()
            .arg("login")
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
        1,
    );
    assert!(none.contains("no keyring service"), "{none}");
    let locked_home = tempfile::tempdir().unwrap();
    let locked = Session::start(locked_home.path(), false);
    let said = refused(
        laptop
            .mortar()
            .arg("login")
            .env("DBUS_SESSION_BUS_ADDRESS", &locked.bus),
        1,
    );
    assert!(said.contains("keyring"), "{said}");
    let checks = run(laptop
        .mortar()
        .args(["doctor", "--json"])
        .env("DBUS_SESSION_BUS_ADDRESS", &locked.bus));
    let checks: serde_json::Value = serde_json::from_slice(&checks.stdout).unwrap();
    let named = |name: &str| {
        checks
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(named("keyring")["ok"], false, "{checks:#}");
    assert_eq!(
        named("signed in")["found"],
        "it cannot be told while the keyring is locked"
    );
    let checks = run(laptop
        .mortar()
        .args(["doctor", "--json"])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"));
    let checks: serde_json::Value = serde_json::from_slice(&checks.stdout).unwrap();
    let keyring = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "keyring")
        .unwrap();
    assert!(
        keyring["ok"] == false && keyring["remedy"].as_str().unwrap().contains("Install"),
        "{keyring}"
    );
}
