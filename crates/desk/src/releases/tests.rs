//! Two managers, each with a device of their own, over one store: what one marks the other's gate reads, and what was not
//! looked at is not promoted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mortar_store::publish::Options;
use serde_json::{Value, json};

use crate::error::DeskError;
use crate::front::{Front, Host};
use crate::place::Place;
use crate::publish::Work;
use crate::stores::StoreOptions;

const FIRST: &str = "id,question,answer\nrefund,How long does a refund take?,A refund takes 5 days.\n\
                     plants,Who waters the plants?,Nobody waters the plants here.\n";
const SECOND: &str = "id,question,answer\nrefund,How long does a refund take?,A refund takes 9 days.\n\
                      plants,Who waters the plants?,Nobody waters the plants here.\n";

struct Silent;

impl Host for Silent {
    fn copy(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    fn pasted(&self) -> Result<String, String> {
        Ok(String::new())
    }
    fn open_link(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    fn tell(&self, _: &str, _: String) {}
}

/// The device of a manager, whose configuration names the store and the keys.
fn place(dir: &Path, who: &str, policy: &str) -> Place {
    let place = Place {
        unattended: false,
        home: dir.join(who),
        tenant: "pharmacy".into(),
        release: None,
        weights: dir.join("no-weights"),
        tenant_file: None,
        machine: dir.join("machine"),
    };
    std::fs::create_dir_all(place.tenant_dir()).unwrap();
    let (store, keys) = (dir.join("store"), dir.join("keys"));
    let root = keys.join("root.json");
    let text = format!(
        "name = \"Clinic\"\n[policy]\n{policy}\n[knowledge]\nstore = {store:?}\nroot = {root:?}\nkeys = {keys:?}\n\
         reviewer = \"{who}\"\ngolden = [\"golden.toml\"]\n"
    );
    std::fs::write(place.tenant_dir().join("tenant.toml"), text).unwrap();
    let golden = "[[question]]\nkind = \"plain\"\nask = \"Who waters the plants?\"\ndocuments = [\"plants\"]\n";
    std::fs::write(place.tenant_dir().join("golden.toml"), golden).unwrap();
    place
}

async fn published(place: &Place, text: &str, channel: &str) {
    let work = Work::open(place, &StoreOptions::default()).unwrap();
    if !place.home.parent().unwrap().join("keys/root.json").exists() {
        work.init_keys(1, 1).await.unwrap();
    }
    let source: PathBuf = place.home.join(format!("{channel}.csv"));
    std::fs::write(&source, text).unwrap();
    let options = Options {
        channel: channel.into(),
        ..Options::default()
    };
    work.publish(&[source], None, &options, &mut |_| {}).await.unwrap();
}

async fn open(place: Place) -> Arc<Front> {
    let front = Front::new(Box::new(Silent), Ok(place));
    called(&front, "open", json!({})).await.unwrap();
    front
}

async fn called(front: &Arc<Front>, name: &str, arguments: Value) -> Result<Value, DeskError> {
    let crate::Json(done) = front.call(name, arguments, &mut |_| {}).await?;
    Ok(serde_json::from_str(&done).unwrap())
}

async fn weigh(front: &Arc<Front>) -> Value {
    let sides = json!({ "from": "preview", "to": "live" });
    called(front, "weigh", sides).await.unwrap()
}

fn question(ask: &str) -> Value {
    json!({ "ask": ask, "after": null, "as_of": null })
}

const REFUND: &str = "How long does a refund take?";

#[tokio::test]
async fn two_who_review_at_once_lose_nothing_and_the_gate_reads_both() {
    let dir = tempfile::tempdir().unwrap();
    let (anna, ben) = (
        place(dir.path(), "anna", "reviewers = 2"),
        place(dir.path(), "ben", "reviewers = 2"),
    );
    published(&anna, FIRST, "live").await;
    published(&anna, SECOND, "preview").await;
    let (anna, ben) = (open(anna).await, open(ben).await);
    let weighed = weigh(&anna).await;
    weigh(&ben).await;
    let changed = &weighed["comparison"]["changed"];
    assert_eq!(
        (&changed[0]["ask"], &changed[0]["became"]),
        (&json!(REFUND), &json!("other_facts"))
    );
    assert_eq!(changed[0]["facts"], json!([["5 days", "9 days"]]));
    assert_eq!(weighed["difference"]["facts"][0]["is"], "9 days");
    let open_reasons = json!(["not reviewed: 1 of 1 answers that hurt", "0 of 2 reviewers"]);
    assert_eq!(weighed["reasons"], open_reasons);

    let mark = |who: &Arc<Front>, mark: &str, note: &str| {
        let (who, arguments) = (
            Arc::clone(who),
            json!({ "question": question(REFUND), "mark": mark, "note": note }),
        );
        async move { called(&who, "mark", arguments).await.unwrap() }
    };
    futures::join!(mark(&anna, "wanted", ""), mark(&ben, "unwanted", "we pay in 5"));
    let standing = mark(&anna, "wanted", "agreed").await;
    let said: Vec<[&Value; 3]> = standing["review"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| [&m["by"], &m["mark"], &m["note"]])
        .collect();
    assert_eq!(
        said,
        [
            [&json!("ben"), &json!("unwanted"), &json!("we pay in 5")],
            [&json!("anna"), &json!("wanted"), &json!("agreed")]
        ]
    );
    let unwanted = format!("unwanted: {REFUND} (ben: we pay in 5)");
    assert_eq!(standing["reasons"], json!([unwanted]));

    // What ben says by now is read when anna promotes, whatever she saw.
    let promote = json!({ "nevertheless": null, "share": null });
    let refused = called(&anna, "promote", promote.clone()).await.unwrap_err();
    assert!(refused.message.contains(&unwanted), "{refused}");
    mark(&ben, "wanted", "").await;
    called(&anna, "promote", promote.clone()).await.unwrap();
    let store = called(&ben, "releases", json!({})).await.unwrap();
    assert_eq!(
        (&store["channels"][0]["number"], &store["read_only"]),
        (&json!(2), &Value::Null)
    );
    // Ben compared what is no more.
    let late = called(&ben, "promote", promote).await.unwrap_err();
    assert!(late.message.contains("compare them again"), "{late}");
}

#[tokio::test]
async fn who_promotes_nevertheless_says_why_and_takes_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let anna = place(dir.path(), "anna", "");
    published(&anna, FIRST, "live").await;
    published(
        &anna,
        &FIRST
            .replace("plants,", "flowers,")
            .replace("Nobody waters the plants here", "Anna does each day"),
        "preview",
    )
    .await;
    let golden = anna.tenant_dir().join("golden.toml");
    let anna = open(anna).await;
    let promote = async |why: Option<&str>| called(&anna, "promote", json!({ "nevertheless": why, "share": 10 })).await;
    assert!(promote(None).await.unwrap_err().message.contains("compare"));
    let weighed = weigh(&anna).await;
    assert_eq!(weighed["reasons"], json!(["an answer is lost: Who waters the plants?"]));
    assert!(promote(None).await.unwrap_err().message.contains("an answer is lost"));
    assert!(promote(Some("  ")).await.unwrap_err().message.contains("say why"));
    promote(Some("The plants moved.")).await.unwrap();
    let live = async || called(&anna, "releases", json!({})).await.unwrap()["channels"][0].clone();
    let shown = live().await;
    assert_eq!((&shown["number"], &shown["rollout"]["share"]), (&json!(2), &json!(10)));
    assert_eq!(shown["promotion"]["overridden"]["why"], "The plants moved.");
    let roll_out = json!({ "channel": "live", "share": null, "paused": true });
    called(&anna, "roll_out", roll_out).await.unwrap();
    assert_eq!(live().await["rollout"]["paused"], true);
    called(&anna, "take_back", json!({ "channel": "live", "to": 1 }))
        .await
        .unwrap();
    assert_eq!(live().await["number"], 1);

    // The question is asked already: nothing is written twice.
    let before = std::fs::read_to_string(&golden).unwrap();
    let plants = json!({ "question": question("Who waters the plants?") });
    assert_eq!(called(&anna, "make_golden", plants).await.unwrap(), json!(golden));
    assert_eq!(std::fs::read_to_string(&golden).unwrap(), before);
    let other = called(&anna, "make_golden", json!({ "question": question("What else?") })).await;
    assert!(other.unwrap_err().message.contains("not answered otherwise"));
    let both = json!({ "a": "live", "b": "preview", "question": "Who waters the plants?" });
    let both = called(&anna, "ask_both", both).await.unwrap();
    assert_eq!(both["b"]["answer"], "Anna does each day.");
}

#[tokio::test]
async fn without_keys_one_may_look_and_is_told_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let anna = place(dir.path(), "anna", "");
    published(&anna, FIRST, "live").await;
    published(&anna, SECOND, "preview").await;
    // Whoever keeps the store from expiring has that key alone.
    for entry in std::fs::read_dir(dir.path().join("keys")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".key") && !name.starts_with("timestamp") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let anna = open(anna).await;
    let store = called(&anna, "releases", json!({})).await.unwrap();
    let why = store["read_only"].as_str().unwrap();
    assert!(why.contains("targets, snapshot") && !why.contains("timestamp"), "{why}");
    weigh(&anna).await;
    let promote = called(&anna, "promote", json!({ "nevertheless": null, "share": null })).await;
    assert!(promote.is_err());
    let store = called(&anna, "releases", json!({})).await.unwrap();
    assert_eq!(store["channels"][0]["number"], 1);
}

#[tokio::test]
async fn a_weighing_that_is_stopped_leaves_nothing_to_promote() {
    let dir = tempfile::tempdir().unwrap();
    let anna = place(dir.path(), "anna", "");
    published(&anna, FIRST, "live").await;
    published(&anna, SECOND, "preview").await;
    let anna = open(anna).await;
    let sides = json!({ "from": "preview", "to": "live" });
    let mut steps = Vec::new();
    let stopped = {
        let (front, steps) = (Arc::clone(&anna), &mut steps);
        let mut hear = move |crate::Json(step): crate::Json| {
            let step: Value = serde_json::from_str(&step).unwrap();
            if step["step"] == "asking" {
                front.stop_weighing();
            }
            steps.push(step);
        };
        anna.call("weigh", sides, &mut hear).await
    };
    let stopped = stopped.err().unwrap();
    assert!(stopped.message.contains("stopped"), "{stopped}");
    assert_eq!(steps.iter().filter(|s| s["step"] == "asking").count(), 1, "{steps:?}");
    let promote = called(&anna, "promote", json!({ "nevertheless": null, "share": null })).await;
    assert!(promote.unwrap_err().message.contains("compare the two channels first"));
}
