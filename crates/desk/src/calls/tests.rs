//! Calls as a front makes them: names and JSON in, JSON out.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorCode;
use crate::front::Host;
use crate::place::Place;

/// Notes what it was asked for.
#[derive(Default, Clone)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl Noted {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Host for Noted {
    fn copy(&self, text: &str) -> Result<(), String> {
        self.note(format!("copied {text}"));
        Ok(())
    }

    fn pasted(&self) -> Result<String, String> {
        let noted = self.0.lock().unwrap();
        let copied = noted.iter().rev().find_map(|n| n.strip_prefix("copied "));
        copied.map(str::to_owned).ok_or_else(|| "nothing was copied".to_owned())
    }

    fn open_link(&self, url: &str) -> Result<(), String> {
        self.note(format!("opened {url}"));
        Ok(())
    }

    fn tell(&self, event: &str, what: String) {
        self.note(format!("{event} {what}"));
    }
}

/// A call's result and what it told on its way.
async fn called(front: &Arc<Front>, name: &str, arguments: Value) -> Result<(Value, Vec<Value>), DeskError> {
    let mut events = Vec::new();
    let mut hear = |Json(event): Json| events.push(serde_json::from_str(&event).unwrap());
    let Json(done) = front.call(name, arguments, &mut hear).await?;
    Ok((serde_json::from_str(&done).unwrap(), events))
}

/// A tenant with one document, without an embedding model.
async fn place(dir: &Path) -> Place {
    let source = dir.join("qa.csv");
    std::fs::write(
        &source,
        "id,question,answer\nq1,How long does shipping take?,Shipping takes three days.\n",
    )
    .unwrap();
    let (release, weights) = (dir.join("release"), dir.join("no-weights"));
    crate::build(&[source], &release, None, false, &weights, &mut |_| {})
        .await
        .unwrap();
    let home = dir.join("home");
    std::fs::create_dir_all(home.join("tenants/pharmacy")).unwrap();
    let config = "name = \"Clinic\"\nlinks = [\"kb.example\"]\n";
    std::fs::write(home.join("tenants/pharmacy/tenant.toml"), config).unwrap();
    Place {
        home,
        tenant: "pharmacy".into(),
        release: Some(release),
        weights,
        tenant_file: None,
        unattended: false,
        machine: dir.join("machine"),
    }
}

#[tokio::test]
async fn what_cannot_be_called_is_said_and_nothing_is_opened() {
    let front = Front::new(Box::new(Noted::default()), Err(DeskError::usage("no home")));
    let refused = async |name: &str, arguments: Value| called(&front, name, arguments).await.unwrap_err();
    assert_eq!(refused("nothing", json!({})).await.code, ErrorCode::Usage);
    let wrong = refused("find", json!({ "typed": 7 })).await;
    assert!(
        wrong.code == ErrorCode::Usage && wrong.message.starts_with("find: invalid type"),
        "{wrong}"
    );
    assert_eq!(
        refused("find", json!({ "typed": "a", "more": 1 })).await.code,
        ErrorCode::Usage
    );
    assert_eq!(
        refused("status", json!({})).await.message,
        "The knowledge is not open yet."
    );
    assert_eq!(refused("open", json!({})).await.message, "no home");
    assert_eq!(
        called(&front, "version", json!({})).await.unwrap().0,
        env!("CARGO_PKG_VERSION")
    );
}

#[tokio::test]
async fn a_question_is_asked_answered_kept_and_copied_out() {
    let dir = tempfile::tempdir().unwrap();
    let host = Noted::default();
    let front = Front::new(Box::new(host.clone()), Ok(place(dir.path()).await));
    let call = async |name: &str, arguments: Value| called(&front, name, arguments).await.unwrap();
    assert_eq!(call("open", json!({})).await.0["tenant_name"], "Clinic");
    let question = json!({ "question": "How long does shipping take?", "conversation": null });
    let (asked, events) = call("ask", question).await;
    assert_eq!(asked["answer"]["answer"], "Shipping takes three days.");
    assert_eq!(events.first().unwrap()["event"], "passages");
    assert_eq!(events.first().unwrap()["passages"][0]["carries"], true);
    assert_eq!(events.last().unwrap()["event"], "done");
    let (id, text) = (&asked["exchange"]["id"], "Three days.");
    call("copy", json!({ "exchange": id, "text": text, "confirmed": [text] })).await;
    let conversation = json!({ "id": asked["exchange"]["conversation"] });
    assert_eq!(call("conversation", conversation).await.0[0]["copied"][0]["text"], text);
    call("open_link", json!({ "url": "https://kb.example/a" })).await;
    let elsewhere = json!({ "url": "https://evil.example/a" });
    assert!(called(&front, "open_link", elsewhere).await.is_err());
    assert_eq!(
        *host.0.lock().unwrap(),
        ["copied Three days.", "opened https://kb.example/a"]
    );
}

#[tokio::test]
async fn an_answer_is_told_to_the_customer_with_the_tenants_words_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let place = place(dir.path()).await;
    let file = place.tenant_dir().join("tenant.toml");
    std::fs::create_dir_all(place.tenant_dir()).unwrap();
    let customer = "[customer]\ngreeting = \"Hello {name},\"\nclosing = \"Yours, {operator} of the Elm Street team\"\n";
    std::fs::write(file, format!("name = \"T\"\n{customer}")).unwrap();
    let front = Front::new(Box::new(Noted::default()), Ok(place));
    called(&front, "open", json!({})).await.unwrap();
    let (asked, _) = called(
        &front,
        "ask",
        json!({ "question": "How long does shipping take?", "conversation": null }),
    )
    .await
    .unwrap();
    let passages = &asked["answer"]["passages"];
    let names = json!({ "customer": "Ana", "operator": "Luis Vega" });
    let text = &asked["answer"]["answer"];
    let (told, _) = called(
        &front,
        "for_customer",
        json!({ "text": text, "passages": passages, "names": names }),
    )
    .await
    .unwrap();
    let told = told.as_str().unwrap();
    assert!(told.starts_with("Hello Ana,\n\n") && told.ends_with("\n\nYours, Luis Vega of the Elm Street team"));
    let ground = async |names: &Value| {
        let arguments = json!({ "text": told, "passages": passages, "for_today": true, "names": names });
        let (sentences, _) = called(&front, "ground", arguments).await.unwrap();
        sentences
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["grounding"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ground(&names).await, ["courtesy", "verbatim", "courtesy"]);
    let nobody = json!({ "customer": null, "operator": null });
    assert_eq!(ground(&nobody).await.last().unwrap(), "unsupported");
}

#[tokio::test]
async fn a_text_from_anywhere_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let front = Front::new(Box::new(Noted::default()), Ok(place(dir.path()).await));
    called(&front, "open", json!({})).await.unwrap();
    let check = async |text: &str| called(&front, "check", json!({ "text": text })).await;
    let (checked, _) = check("Hello! Shipping takes three days. Shipping takes nine days.")
        .await
        .unwrap();
    let marks: Vec<&Value> = checked["sentences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["grounding"])
        .collect();
    assert_eq!(marks, ["courtesy", "verbatim", "unsupported"]);
    assert_eq!(
        (&checked["stands"], &checked["passages"][0]["document"]),
        (&json!(false), &json!("q1"))
    );
    assert_eq!(check(" ").await.unwrap_err().code, ErrorCode::Usage);
    assert!(called(&front, "pasted", json!({})).await.is_err());
    let copy = json!({ "exchange": null, "text": "Three days.", "confirmed": [] });
    called(&front, "copy", copy).await.unwrap();
    assert_eq!(called(&front, "pasted", json!({})).await.unwrap().0, "Three days.");
}

#[tokio::test]
async fn a_tenant_that_was_left_is_no_longer_open() {
    let dir = tempfile::tempdir().unwrap();
    let front = Front::new(Box::new(Noted::default()), Ok(place(dir.path()).await));
    called(&front, "open", json!({})).await.unwrap();
    let refused = called(&front, "switch_tenant", json!({ "tenant": "No Tenant" })).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Usage);
    assert!(
        called(&front, "status", json!({})).await.is_ok(),
        "it stays where it is"
    );
    called(&front, "switch_tenant", json!({ "tenant": "other" }))
        .await
        .unwrap();
    assert!(called(&front, "status", json!({})).await.is_err());
    let missing = called(&front, "open", json!({})).await.unwrap_err();
    assert!(missing.message.contains("“other” is not set up"), "{missing}");
}
