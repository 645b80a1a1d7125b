//! The releases in the real window: who has never seen it finds what would hurt, marks it and promotes, by keys alone.

use std::path::Path;

use mortar_tests::managed::managed;
use mortar_tests::window::{Options, Window};
use mortar_tests::{json, root, words_only};

fn live(home: &Path) -> serde_json::Value {
    let mut c = words_only(home);
    let rows = json(c.args(["--json", "kb", "releases"]));
    let shown = |r: &&serde_json::Value| r["channels"].as_array().unwrap().iter().any(|c| c == "live");
    rows.as_array().unwrap().iter().find(shown).unwrap().clone()
}

#[tokio::test]
async fn a_release_is_compared_marked_and_promoted_by_keys_alone() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    managed(home);
    let w = Window::open(&Options {
        weights: false,
        ..Options::new(home)
    })
    .await
    .unwrap();
    let shows = async |words: &str| w.until(&format!("document.body.innerText.includes({words:?})")).await;
    let clean = async |screen: &str| {
        let found = w.axe().await;
        assert!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
    };
    w.press("3", &["ctrl"]).await;
    shows("release 1 of").await;
    clean("releases").await;
    w.press("c", &[]).await;
    shows("preview 2 over").await;
    shows("reasons speak against it").await;
    clean("compared").await;
    let pictures = root().join("target/window");
    w.screenshot(&pictures.join("releases-light.png")).await.unwrap();

    // To the answers, behind the codes and numbers: what must not be is marked, and so is what hurts.
    let at = "document.querySelector('[role=option][aria-selected=true]')";
    let is_answer = format!("{at}.innerText.includes('to review')");
    while w.run(&format!("return {is_answer}")).await != true {
        w.press("j", &[]).await;
    }
    let open = "[...document.querySelectorAll('[role=option]')].filter(o => o.innerText.includes('to review')).length";
    let mut left = w.run(&format!("return {open}")).await.as_u64().unwrap();
    assert!(left >= 3, "{left}");
    while left > 0 {
        w.press("y", &[]).await;
        w.until(&format!("{open} === {}", left - 1)).await;
        left -= 1;
    }
    w.press("p", &[]).await;
    w.find("[role=dialog] textarea", 5).await.unwrap();
    shows("a code is lost: ").await;
    assert_eq!(
        w.run("return document.querySelector('[role=dialog]').innerText.includes('reviewers')")
            .await,
        false
    );
    clean("promote").await;
    w.screenshot(&pictures.join("promote-light.png")).await.unwrap();
    assert_eq!(live(home)["number"], 1);
    // Past the share, and what cancels, to what promotes.
    let why = w.find("[role=dialog] textarea", 5).await.unwrap();
    why.send_keys("The plan retired it\u{e004}\u{e004}\u{e004}\u{e007}")
        .await
        .unwrap();
    shows("live shows release 2").await;
    let shown = live(home);
    assert_eq!(shown["number"], 2);
    assert_eq!(shown["promotions"][0]["overridden"]["why"], "The plan retired it");

    // What was promoted is what the operators of this device get.
    w.press("u", &["ctrl"]).await;
    shows("Now on release 2").await;
    w.press("Escape", &[]).await;
    w.press("1", &["ctrl"]).await;
    w.ask("How much may an operator refund?").await.unwrap();
    assert_eq!(
        w.last_turn().await["lines"][0][0],
        "An operator may refund 500 dollars without asking."
    );
    w.close().await;
}
