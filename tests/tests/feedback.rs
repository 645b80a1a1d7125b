//! The loop: a wrong answer is labelled, arrives, is triaged; its document is fixed and published; asked again, it is
//! verified; and models learn from it. Managers at the same time lose nothing, and what is no label is named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mortar_desk::assistant::Stop;
use mortar_desk::feedback::{Label, LabelReason, RightSource, Verdict, Which};
use mortar_desk::{Desk, Place};
use mortar_tests::keyring::Session;
use mortar_tests::stand_ins::{FEEDBACK, StandIns};
use mortar_tests::{json, programs, refused, root, run, words_only};
use serde_json::Value;

const QUESTION: &str = "Up to how much may an operator refund without approval?";
const RIGHT: &str = "An operator may refund up to $50 without approval.";

/// A tenant whose releases and labels lie in folders; each laptop has a home of its own.
struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Shop {
        let shop = Shop(tempfile::tempdir().unwrap());
        let dir = shop.0.path();
        let tenant = "id = \"pharmacy\"\nname = \"Pharmacy\"\n[knowledge]\nstore = \"store\"\nroot = \"keys/root.json\"\n\
                      keys = \"keys\"\n[feedback]\nstore = \"labels\"\n";
        fs::write(dir.join("tenant.toml"), tenant).unwrap();
        copy(&root().join("samples/pharmacy/sops"), &dir.join("sources"));
        fs::copy(
            root().join("samples/pharmacy/orders.csv"),
            dir.join("sources/orders.csv"),
        )
        .unwrap();
        fs::remove_file(dir.join("sources/sop-12-2025.md")).unwrap();
        shop.done("manager", &["kb", "keys", "init"]);
        shop
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn mortar(&self, home: &str, arguments: &[&str]) -> Command {
        let mut c = words_only(&self.dir().join(home));
        c.args(arguments)
            .arg("--tenant-file")
            .arg(self.dir().join("tenant.toml"));
        c.current_dir(self.dir());
        c
    }

    fn done(&self, home: &str, arguments: &[&str]) {
        let out = run(&mut self.mortar(home, arguments));
        assert!(
            out.status.success(),
            "{arguments:?}\n{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn json(&self, home: &str, arguments: &[&str]) -> Value {
        json(self.mortar(home, arguments).arg("--json"))
    }

    /// The document of refunds says so much, from the next release on.
    fn publish(&self, dollars: &str) {
        let document = self.dir().join("sources/sop-12.md");
        let text = fs::read_to_string(&document).unwrap();
        let text = text.replace("refund up to $50", &format!("refund up to {dollars}"));
        fs::write(
            &document,
            text.replace("refund up to $25", &format!("refund up to {dollars}")),
        )
        .unwrap();
        self.done("manager", &["kb", "publish", "sources", "--channel", "live"]);
    }

    /// What an operator does in the window: asks, corrects, labels; and the label goes.
    async fn label(&self, home: &str, reasons: &[LabelReason], question: &str, text: Option<&str>) {
        let place = Place::new(Some(self.dir().join(home)), None, None).unwrap();
        let place = place.with_tenant_file(self.dir().join("tenant.toml")).unwrap();
        let weights = self.dir().join("no-models");
        let desk = Desk::open(Place { weights, ..place }, &mut |_| {})
            .await
            .unwrap()
            .with_records();
        let (answer, kept) = desk
            .converse(question, None, Stop::default(), &mut |_| {})
            .await
            .unwrap();
        let exchange = kept.unwrap().id;
        let text = text.unwrap_or(&answer.answer);
        desk.save_text(&exchange, text.to_owned(), vec![]).unwrap();
        let right = RightSource {
            document: "sop-12".into(),
            title: "Refund approval".into(),
        };
        let label = Label {
            verdict: Verdict::Bad,
            reasons: reasons.to_vec(),
            note: String::new(),
            sentence: None,
            right_source: reasons.contains(&LabelReason::OutOfDate).then_some(right),
        };
        let sentences = desk.ground(text, &answer.passages, true, &Default::default()).unwrap();
        desk.label(&exchange, label, sentences).unwrap();
        let passed = desk.send_labels(Which::All).await.unwrap();
        assert_eq!((passed.delivered, passed.failed), (1, 0));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_labelled_triaged_fixed_verified_and_learnt_from() {
    let shop = Shop::new();
    shop.publish("$25");
    shop.label("laptop", &[LabelReason::OutOfDate], QUESTION, Some(RIGHT))
        .await;

    // It arrives once, and is listed by its document.
    assert_eq!(shop.json("manager", &["feedback", "pull"])["labels"], 1);
    assert_eq!(shop.json("manager", &["feedback", "pull"])["labels"], 0);
    let listed = shop.json(
        "manager",
        &["feedback", "list", "--reason", "out_of_date", "--document", "sop-12"],
    );
    let group = &listed["groups"][0];
    assert_eq!(
        (&group["about"]["document"], &group["bad"]),
        (&"sop-12".into(), &1.into()),
        "{listed:#}"
    );
    let id = group["labels"][0].as_str().unwrap();
    let shown = shop.json("manager", &["feedback", "show", id]);
    assert_eq!(shown["text"], RIGHT);
    assert!(shown["draft"].as_str().unwrap().contains("$25"), "{shown:#}");
    let export = |name: &str, what: &str| shop.json("manager", &["feedback", "export", "--for", what, "--out", name]);
    // What is not proven has no source yet.
    let early = export("early", "dpo");
    assert_eq!(
        (&early["train"], &early["left_out"]["no_source"]),
        (&0.into(), &1.into()),
        "{early:#}"
    );

    // Said to be fixed, and not yet so: the program alone says that it is.
    shop.json("manager", &["feedback", "decide", id, "--fixed-in", "sop-12"]);
    let early = run(shop.mortar("manager", &["feedback", "verify"]).arg("--json"));
    let early: Value = serde_json::from_slice(&early.stdout).unwrap();
    assert_eq!(early[0]["not_yet"]["why"], "same_release", "{early:#}");
    shop.publish("$50");
    shop.done("manager", &["sync"]);
    let again = shop.json("manager", &["feedback", "verify"]);
    assert_eq!(again[0]["not_yet"], Value::Null, "{again:#}");
    let shown = shop.json("manager", &["feedback", "show", id]);
    assert_eq!(shown["row"]["state"], "verified");
    let source = shown["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["passage"]["document"] == "sop-12")
        .unwrap();
    assert!(
        source["passage"]["text"].as_str().unwrap().contains("$25"),
        "{source:#}"
    );
    assert!(source["now"].as_str().unwrap().contains("$50"), "{source:#}");

    // Another manager sees it, and models learn from it.
    assert_eq!(shop.json("other", &["feedback", "pull"])["decisions"], 1);
    let listed = shop.json("other", &["feedback", "list", "--state", "verified"]);
    assert_eq!(listed["rows"][0]["fixed_in"], "sop-12", "{listed:#}");
    let card = export("dpo", "dpo");
    assert_eq!((&card["train"], &card["test"]), (&1.into(), &0.into()), "{card:#}");
    let line = fs::read_to_string(shop.dir().join("dpo/train.jsonl")).unwrap();
    let pair: Value = serde_json::from_str(&line).unwrap();
    assert!(
        pair["chosen"][0]["content"].as_str().unwrap().starts_with(RIGHT),
        "{pair:#}"
    );
    assert!(
        pair["rejected"][0]["content"].as_str().unwrap().contains("$25"),
        "{pair:#}"
    );
    // The draft has the marks that a generator writes, of what it stood on then.
    assert!(
        pair["rejected"][0]["content"]
            .as_str()
            .unwrap()
            .lines()
            .all(|l| l.ends_with("[1]")),
        "{pair:#}"
    );
    assert!(pair["prompt"].to_string().contains("up to $50"), "{pair:#}");
    assert!(
        fs::read_to_string(shop.dir().join("dpo/README.md"))
            .unwrap()
            .contains("| left out | none |")
    );
    refused(
        &mut shop.mortar("manager", &["feedback", "export", "--for", "dpo", "--out", "dpo"]),
        2,
    );
    export("sft", "sft");
    let template = fs::read_to_string(shop.dir().join("sft/jumpstart/template.json")).unwrap();
    assert!(template.contains("{response}"));
    // The golden question is one that the program itself reads, and answers rightly.
    assert_eq!(export("golden", "golden")["questions"], 1);
    let golden = shop.json("manager", &["eval", "golden/golden.toml"]);
    assert_eq!(golden["results"][0]["ok"], true, "{golden:#}");
    learnt_by_trainers(&shop);
}

/// Where the trainers' own packages are installed, their own reading of the files.
fn learnt_by_trainers(shop: &Shop) {
    let script = "import sys\nfrom datasets import load_dataset\nfrom trl.data_utils import is_conversational\n\
                  for part in ('dpo', 'sft'):\n    \
                  rows = load_dataset('json', data_files=f'{sys.argv[1]}/{part}/train.jsonl', split='train')\n    \
                  assert len(rows) == 1 and is_conversational(rows[0]), rows[0]\n\
                  rows = load_dataset('json', data_files=f'{sys.argv[1]}/sft/jumpstart/train.jsonl', split='train')\n\
                  assert set(rows.column_names) == {'instruction', 'context', 'response'}, rows\n";
    let python = std::env::var("MORTAR_TRAINERS");
    let Ok(python) = python else {
        eprintln!("MORTAR_TRAINERS names no Python with datasets and trl: shapes were checked by ourselves alone");
        return;
    };
    let out = run(Command::new(python).arg("-c").arg(script).arg(shop.dir()));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_are_grouped_and_what_is_no_label_is_named_and_holds_up_nothing() {
    let shop = Shop::new();
    shop.publish("$50");
    let gaps = [
        "Does the moon rocket programme cover astronauts?",
        "Does the moon rocket programme cover all astronauts?",
        "Which fjord has the best herring?",
    ];
    for question in gaps {
        shop.label("laptop", &[LabelReason::NotWritten], question, None).await;
    }
    let day = shop.dir().join("labels/tenant=pharmacy/date=2026-11-20");
    fs::create_dir_all(&day).unwrap();
    fs::write(
        day.join("01KB1234567890123456789012-0123456789abcdef.json"),
        "{\"note\": \"Rosa Diaz\"}",
    )
    .unwrap();
    fs::write(day.join("other.json"), vec![b' '; 5 << 20]).unwrap();
    let pulled = shop.json("manager", &["feedback", "pull"]);
    assert_eq!(pulled["labels"], 3, "{pulled:#}");
    assert_eq!(pulled["no_labels"].as_array().unwrap().len(), 2, "{pulled:#}");
    assert!(!pulled.to_string().contains("Rosa"));
    let found = shop.json("manager", &["feedback", "gaps"]);
    let asked: Vec<&Value> = found.as_array().unwrap().iter().map(|g| &g["asked"]).collect();
    assert_eq!(asked, [2, 1], "{found:#}");
    refused(
        &mut shop.mortar("manager", &["feedback", "show", "01KB1234567890123456789012"]),
        1,
    );
    refused(
        &mut shop.mortar("manager", &["feedback", "decide", "01KB1234567890123456789012"]),
        2,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_at_once_lose_nothing() {
    let shop = Shop::new();
    shop.publish("$25");
    shop.label("laptop", &[LabelReason::OutOfDate], QUESTION, Some(RIGHT))
        .await;
    let managers = ["one", "two"];
    for home in managers {
        shop.done(home, &["feedback", "pull"]);
    }
    let listed = shop.json("one", &["feedback", "list"]);
    let id = listed["rows"][0]["id"].as_str().unwrap().to_owned();
    let rounds = 5;
    for round in 0..rounds {
        let document = format!("sop-{round}");
        let reason = format!("asked in round {round}");
        let decide = |home: &str, what: [&str; 2]| {
            let mut c = shop.mortar(home, &["feedback", "decide", &id, what[0], what[1]]);
            c.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let both = [
            decide("one", ["--fixed-in", &document]),
            decide("two", ["--not-a-fault", &reason]),
        ];
        for child in both {
            let out = child.wait_with_output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        }
    }
    let mut seen = Vec::new();
    for home in managers {
        shop.done(home, &["feedback", "pull"]);
        let shown = shop.json(home, &["feedback", "show", &id]);
        let taken = shown["decision"]["taken"].as_array().unwrap().clone();
        assert_eq!(taken.len(), 2 * rounds, "each step of both stands there: {taken:#?}");
        seen.push(taken);
    }
    assert_eq!(seen[0], seen[1]);
}

/// The same in the bucket, whose writes are conditional: what was decided meanwhile is not written over.
#[tokio::test(flavor = "multi_thread")]
async fn decisions_lie_in_the_bucket_beside_the_labels() {
    let dir = tempfile::tempdir().unwrap();
    let stand_ins = StandIns::start(true).await;
    let tenant: PathBuf = stand_ins.write(dir.path(), &programs().join("stand-ins")).unwrap();
    let keyring = Session::start(dir.path(), true);
    let within = |mut c: Command| {
        c.envs(keyring.environment(dir.path())).env("HOME", dir.path());
        c
    };
    let mortar = |arguments: &[&str]| {
        let mut c = within(words_only(dir.path()));
        c.args(arguments).arg("--tenant-file").arg(&tenant);
        c
    };
    assert!(run(&mut mortar(&["login"])).status.success());
    let mut labeller = within(Command::new(programs().join("labeller")));
    labeller
        .arg(dir.path().join("tenants/pharmacy/records"))
        .args(["pharmacy", "3", "Rosalinde Quisenberry"]);
    assert!(run(&mut labeller).status.success());
    assert!(run(&mut mortar(&["outbox", "retry"])).status.success());
    let release = dir.path().join("release");
    let sample = root().join("samples/pharmacy/orders.csv");
    let built = run(words_only(dir.path())
        .args(["kb", "build"])
        .arg(sample)
        .arg("--out")
        .arg(&release));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let at = |arguments: &[&str]| json(mortar(arguments).arg("--json").arg("--release").arg(&release));
    assert_eq!(at(&["feedback", "pull"])["labels"], 3);
    assert_eq!(at(&["feedback", "pull"])["labels"], 0);
    let listed = at(&["feedback", "list"]);
    let id = listed["rows"][0]["id"].as_str().unwrap();
    at(&[
        "feedback",
        "decide",
        id,
        "--not-a-fault",
        "Rosalinde Quisenberry 123-45-6789 asked",
    ]);
    at(&["feedback", "decide", id, "--reopen"]);
    let key = format!("labels/decisions/tenant=pharmacy/{id}.json");
    let body = stand_ins.store.body(FEEDBACK, &key).unwrap();
    let decision: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(decision["taken"].as_array().unwrap().len(), 2, "{decision:#}");
    assert!(!decision.to_string().contains("123-45-6789"), "{decision:#}");
}
