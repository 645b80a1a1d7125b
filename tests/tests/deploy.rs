//! What the program and deploy/ say of each other. What each role needs of AWS is seen by doing its work against the
//! stand-ins and kept in deploy/calls.json, against which `cargo xtask deploy-check` holds the templates' policies:
//! nothing refused, nothing granted in vain. A tenant's file comes out of its stack's outputs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use mortar_aws::{Aws, AwsConfig, S3Feedback};
use mortar_desk::feedback::{FeedbackSink, Object};
use mortar_tests::keyring::Session;
use mortar_tests::stand_ins::{Call, KMS_KEY, StandIns, Tenant, visit_in_background};
use mortar_tests::{InMemory, json, mortar, programs, refused, root, run, words_only};
use serde_json::{Value, json as value};

/// More than one source of the sample answers it, and no rule puts them in order: the reranker is asked.
const QUESTION: &str = "Why did the copay change since the last fill?";
const KNOWLEDGE_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/knowledge";
/// The one of the fixture.
const LABEL: &str = "01KB1234567890123456789012";
const GOLDEN: &str = "as_of = \"2026-11-20\"\n\n[[question]]\nkind = \"plain\"\nask = \"Why did the copay change since \
                      the last fill?\"\ndocuments = [\"ins-03\"]\n";

struct Site {
    dir: tempfile::TempDir,
    keyring: Session,
    stand_ins: StandIns,
}

impl Site {
    async fn new() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let stand_ins = StandIns::start(true).await;
        stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
        std::fs::write(dir.path().join("golden.toml"), GOLDEN).unwrap();
        let site = Site {
            keyring: Session::start(dir.path(), true),
            dir,
            stand_ins,
        };
        std::fs::write(site.dir.path().join("tenant.toml"), site.tenant()).unwrap();
        site
    }

    /// A tenant as deploy/ makes it: knowledge below a prefix, with a key; models of all kinds.
    fn tenant(&self) -> String {
        let tenant = self.stand_ins.tenant("pharmacy", "tei", "messages");
        let bucket = format!("[aws.knowledge]\nprefix = \"mortar\"\nkms_key = \"{KNOWLEDGE_KEY}\"\n");
        tenant.replacen("[aws.knowledge]\n", &bucket, 1)
            + &self.stand_ins.reranking("pharmacy", "tei-rerank")
            + &self.stand_ins.checking("pharmacy", "tei-predict")
            + "\n[knowledge]\nroot = \"keys/root.json\"\n"
    }

    fn mortar(&self, home: &str, arguments: &[&str]) -> Command {
        let mut c = mortar(&self.dir.path().join(home));
        c.envs(self.keyring.environment(self.dir.path()))
            .env("HOME", self.dir.path())
            .env("MORTAR_MODELS", mortar_local::default_folder().parent().unwrap())
            .current_dir(self.dir.path())
            .args(["--tenant-file", "tenant.toml", "--json"])
            .args(arguments);
        c
    }

    fn done(&self, home: &str, arguments: &[&str]) {
        let out = run(&mut self.mortar(home, arguments));
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            out.status.success(),
            "{arguments:?}: {said}{}",
            String::from_utf8_lossy(&out.stdout)
        );
    }

    /// The answer came from the models, not from what stands in for them.
    fn asked(&self, home: &str) {
        let answer = json(&mut self.mortar(home, &["ask", QUESTION]));
        assert_eq!(answer["notices"], value!([]), "{answer:#}");
        assert_eq!(answer["models"]["generation"], "stand-in", "{answer:#}");
    }

    /// Whether it stands is no matter here: the checking model is asked.
    fn checked(&self, home: &str) {
        let text = "The copay changed since there is a new plan year.";
        let out = run(&mut self.mortar(home, &["check", text]));
        let said: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert!(said["sentences"].is_array(), "{said:#}");
    }

    fn knowledge_manager(&self) -> BTreeSet<Call> {
        let sample = root().join("samples/pharmacy");
        let publish = |files: &[&str], channel: &str| {
            let paths: Vec<PathBuf> = files.iter().map(|f| sample.join(f)).collect();
            let mut arguments = vec!["kb", "publish", "--channel", channel, "--keys", "keys"];
            arguments.extend(paths.iter().map(|p| p.to_str().unwrap()));
            self.done("manager", &arguments);
        };
        self.done("manager", &["login"]);
        self.done("manager", &["kb", "keys", "init", "--keys", "keys"]);
        publish(&["claim-rejections.csv", "insurance.jsonl"], "live");
        publish(&["claim-rejections.csv", "insurance.jsonl", "orders.csv"], "preview");
        self.done("manager", &["kb", "diff", "live", "preview"]);
        self.done(
            "manager",
            &[
                "kb",
                "promote",
                "--from",
                "preview",
                "--to",
                "live",
                "--golden",
                "golden.toml",
                "--keys",
                "keys",
            ],
        );
        self.done("manager", &["kb", "rollback", "--channel", "live", "--keys", "keys"]);
        self.done(
            "manager",
            &["kb", "rollback", "--channel", "live", "--to", "2", "--keys", "keys"],
        );
        self.done("manager", &["kb", "refresh", "--keys", "keys"]);
        self.done(
            "manager",
            &["kb", "gc", "--keep", "1", "--grace", "0", "--keys", "keys"],
        );
        self.done("manager", &["sync"]);
        self.asked("manager");
        self.stand_ins.calls.take()
    }

    async fn operator(&self) -> BTreeSet<Call> {
        self.done("operator", &["login"]);
        self.done("operator", &["sync"]);
        self.asked("operator");
        self.checked("operator");
        self.done("operator", &["sync"]);
        self.done("operator", &["doctor"]);
        // A label, and the audit's head with it, as the outbox sends them.
        let table: toml::Table = self.tenant().parse().unwrap();
        let config: AwsConfig = table["aws"].clone().try_into().unwrap();
        let aws = Aws::new(config, Arc::new(InMemory::default()), self.dir.path().join("lock"));
        aws.sign_in.with_browser(visit_in_background).await.unwrap();
        let sink = S3Feedback::of(&aws).unwrap();
        let label = std::fs::read(root().join("tests/fixtures/labels/feedback-3.json")).unwrap();
        for (stem, body) in [
            (format!("tenant=pharmacy/date=2026-11-22/{LABEL}"), label),
            ("audit/tenant=pharmacy/device=01/1".to_owned(), b"{}".to_vec()),
        ] {
            sink.send(&Object::new(&stem, body)).await.unwrap();
        }
        self.stand_ins.calls.take()
    }

    /// What operators found is read and decided.
    fn decides(&self) -> BTreeSet<Call> {
        self.done("manager", &["feedback", "pull"]);
        self.done(
            "manager",
            &["feedback", "decide", LABEL, "--not-a-fault", "asked twice"],
        );
        self.done("manager", &["feedback", "decide", LABEL, "--reopen"]);
        self.stand_ins.calls.take()
    }

    /// What models learn from is made of it.
    fn learns(&self) -> BTreeSet<Call> {
        self.done("developer", &["feedback", "pull"]);
        self.done("developer", &["feedback", "export", "--for", "kto", "--out", "set"]);
        self.stand_ins.calls.take()
    }

    fn model_developer(&self) -> BTreeSet<Call> {
        self.done("developer", &["login"]);
        self.done("developer", &["sync"]);
        for endpoint in ["tei", "messages", "tei-rerank"] {
            self.done("developer", &["models", "probe", endpoint]);
        }
        self.done("developer", &["eval", "golden.toml"]);
        self.asked("developer");
        self.checked("developer");
        self.stand_ins.calls.take()
    }
}

/// The calls in the words of deploy/: `knowledge/mortar/*`, `endpoint/embedding`; and what of KMS follows from a bucket
/// whose objects are sealed with a key.
fn told(role: &str, calls: &BTreeSet<Call>) -> Vec<Value> {
    let own = Tenant("pharmacy");
    let mut rows = BTreeSet::new();
    for call in calls {
        assert_eq!(call.by, "care-pharmacy", "{call:?}");
        let (container, key) = call
            .on
            .split_once('/')
            .map_or((call.on.as_str(), None), |(b, k)| (b, Some(k)));
        let bucket = [("knowledge", own.knowledge()), ("feedback", own.feedback())]
            .into_iter()
            .find(|(_, name)| name == container)
            .map(|(of, _)| of);
        let on = match (bucket, container) {
            (Some(of), _) => key.map_or(of.to_owned(), |k| format!("{of}/{}", folder(k))),
            (_, "tei") => "endpoint/embedding".to_owned(),
            (_, "messages") => "endpoint/generation".to_owned(),
            (_, "tei-rerank") => "endpoint/reranking".to_owned(),
            (_, "tei-predict") => "endpoint/checking".to_owned(),
            _ => panic!("what is it on? {call:?}"),
        };
        let sealed_with = call.sealed_with.as_deref().map(|k| match k {
            KNOWLEDGE_KEY => "knowledge",
            KMS_KEY => "feedback",
            _ => panic!("whose key is it? {call:?}"),
        });
        rows.insert((on, call.action, sealed_with));
        match (call.action, bucket) {
            ("s3:GetObject", Some(of)) => rows.insert((format!("key/{of}"), "kms:Decrypt", None)),
            ("s3:PutObject", Some(of)) => rows.insert((format!("key/{of}"), "kms:GenerateDataKey", None)),
            // AWS's own page asks it of who streams, too.
            ("sagemaker:InvokeEndpointWithResponseStream", _) => {
                rows.insert(("endpoint/generation".to_owned(), "sagemaker:InvokeEndpoint", None))
            }
            _ => true,
        };
    }
    let row = |(on, action, sealed_with): (String, &str, Option<&str>)| {
        let mut row = value!({ "role": role, "action": action, "resource": on });
        if let Some(key) = sealed_with {
            row["sealed_with"] = key.into();
        }
        row
    };
    rows.into_iter().map(row).collect()
}

/// A key's folders, without what differs from run to run.
fn folder(key: &str) -> String {
    let folders: Vec<&str> = key.split('/').rev().skip(1).collect();
    let mut folders: Vec<String> = folders
        .into_iter()
        .rev()
        .filter(|f| !f.starts_with("date="))
        .filter(|f| !f.starts_with("device="))
        .map(|f| f.replace("tenant=pharmacy", "tenant=TENANT"))
        .collect();
    folders.push("object".into());
    folders.join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_role_needs_is_what_deploy_says() {
    let site = Site::new().await;
    let mut manager = site.knowledge_manager();
    let mut developer = site.model_developer();
    let operator = site.operator().await;
    manager.extend(site.decides());
    developer.extend(site.learns());
    let mut calls = told("knowledge manager", &manager);
    calls.extend(told("model developer", &developer));
    calls.extend(told("operator", &operator));
    let rows: Vec<String> = calls.iter().map(|c| format!("    {c}")).collect();
    let text = format!("{{\n  \"calls\": [\n{}\n  ]\n}}\n", rows.join(",\n"));
    let path = root().join("deploy/calls.json");
    if std::env::var_os("MORTAR_WRITE_CALLS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        text,
        "another call than deploy/calls.json knows: MORTAR_WRITE_CALLS=1 writes it anew, then `cargo xtask deploy-check`"
    );
}

#[test]
fn the_file_that_comes_out_of_a_stack_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let outputs = root().join("tests/fixtures/stack-outputs.json");
    let out = run(words_only(dir.path()).args(["tenant", "from-stack"]).arg(&outputs));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let config: mortar_desk::TenantConfig = toml::from_str(&String::from_utf8(out.stdout).unwrap()).unwrap();
    assert_eq!(config.id.as_deref(), Some("pharmacy"));
    let told = refused(words_only(dir.path()).args(["tenant", "from-stack", "nothing.json"]), 2);
    assert!(told.contains("nothing.json"), "{told}");
}
