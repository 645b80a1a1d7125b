//! Marks that are true now, in the real window: one's own words, and sources that became other than they were.

use std::path::{Path, PathBuf};

use mortar_tests::window::{Options, Window};
use mortar_tests::{json, root, words_only};
use serde_json::Value;

fn pictures() -> PathBuf {
    root().join("target/window")
}

async fn clean(w: &Window, screen: &str) {
    w.still().await;
    let found = w.axe().await;
    assert!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
}

async fn click(w: &Window, words: &str) {
    let found = format!("[...document.querySelectorAll('button')].find(b => b.textContent === '{words}')");
    w.until(&found).await;
    w.run(&format!("{found}.click(); return 1")).await;
}

fn marks(turn: &Value) -> Vec<&str> {
    let lines = turn["lines"].as_array().unwrap().iter();
    lines.map(|l| l[1].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn own_words_are_typed_or_come_from_the_clipboard_and_go_out_as_decided() {
    let home = tempfile::tempdir().unwrap();
    for dark in [false, true] {
        let w = Window::open(&Options {
            dark,
            ..Options::new(home.path())
        })
        .await
        .unwrap();
        w.press("e", &["ctrl"]).await;
        w.find(".cm-placeholder", 10).await.unwrap();
        w.until("document.activeElement.classList.contains('cm-content')").await;
        clean(&w, "own words, none yet").await;
        // WebDriver's Enter: a line break as such is not typed.
        w.type_into_answer(
            "Code 75 means that the plan requires a prior authorization before it pays for this medication.\u{e007}\
             Most plans decide within three business days, and every box is painted green.",
        )
        .await
        .unwrap();
        w.until("document.querySelector('.s-unsupported')").await;
        let turn = w.last_turn().await;
        assert_eq!(marks(&turn), ["● verbatim", "▲ no source"], "{turn:#}");
        let blamed = w
            .run("return document.querySelector('.t-unsupported').textContent")
            .await;
        assert_eq!(blamed, "and every box is painted green.");
        clean(&w, "own words").await;
        w.press("Enter", &["ctrl"]).await;
        w.until("document.body.innerText.includes('1 clause has no source')")
            .await;
        clean(&w, "own words, held").await;
        let name = if dark { "own-dark.png" } else { "own-light.png" };
        w.screenshot(&pictures().join(name)).await.unwrap();
        click(&w, "Drop it").await;
        w.press("Enter", &["ctrl"]).await;
        w.until("document.querySelector('[aria-live=assertive]').textContent.includes('Copied')")
            .await;
        // What went out comes back from the clipboard, and stands.
        w.press("e", &["ctrl", "shift"]).await;
        w.until("[...document.querySelectorAll('[data-turn]')].at(-1).querySelectorAll('.cm-line').length === 1")
            .await;
        w.until("[...document.querySelectorAll('[data-turn]')].at(-1).querySelector('.cm-line').textContent.includes('three business days.')")
            .await;
        w.close().await;
    }
}

/// A tenant that follows a store, and what publishes to it.
fn publishing(home: &Path) -> impl Fn(&str) {
    let (store, keys) = (home.join("store"), home.join("keys"));
    let tenant = home.join("tenants/pharmacy");
    std::fs::create_dir_all(&tenant).unwrap();
    let root = keys.join("root.json");
    let config = format!("name = \"Pharmacy\"\n[knowledge]\nstore = {store:?}\nroot = {root:?}\n");
    std::fs::write(tenant.join("tenant.toml"), config).unwrap();
    let (home, file) = (home.to_owned(), home.join("faq.csv"));
    let kb = move |arguments: &[&str]| {
        let mut c = words_only(&home);
        c.args(["--json", "kb"]).args(arguments);
        json(c.arg("--store").arg(&store).arg("--keys").arg(&keys))
    };
    kb(&["keys", "init"]);
    move |rows| {
        let row = "other,What is a copay?,A copay is a fixed amount.,\n";
        std::fs::write(&file, format!("id,question,answer,effective_to\n{row}{rows}")).unwrap();
        kb(&["publish", "--channel", "live", &file.to_string_lossy()]);
    }
}

#[tokio::test]
async fn what_its_source_no_longer_says_loses_its_mark_and_is_held() {
    const REFUND: &str = "refund,How long does a refund take?,A refund takes 15 days to reach the card.,";
    let changed = format!("{}\n", REFUND.replace("15 days", "21 days"));
    let expired = format!("{REFUND}2026-01-01\n");
    for (state, rows, why) in [
        (
            "changed",
            changed.as_str(),
            "it now says “A refund takes 21 days to reach the card.”",
        ),
        ("withdrawn", "", "was withdrawn since"),
        ("expired", expired.as_str(), "ran out since"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let publish = publishing(home.path());
        publish(&format!("{REFUND}\n"));
        let w = Window::open(&Options {
            weights: false,
            dark: state == "changed",
            ..Options::new(home.path())
        })
        .await
        .unwrap();
        w.ask("How long does a refund take?").await.unwrap();
        assert_eq!(marks(&w.last_turn().await), ["● verbatim"], "{state}");
        publish(rows);
        w.press("u", &["ctrl"]).await;
        w.until("document.body.innerText.includes('Now on release 2')").await;
        w.press("Escape", &[]).await;
        w.until("document.querySelector('.cm-line')?.dataset.mark === '▲ no longer so'")
            .await;
        w.until(&format!("document.body.innerText.includes('{why}')")).await;
        clean(&w, state).await;
        w.press("Enter", &["ctrl"]).await;
        w.until("document.body.innerText.includes('Before you copy')").await;
        assert_eq!(
            w.run("return document.querySelector('[aria-live=assertive]').textContent.includes('Copied')")
                .await,
            false
        );
        // As it was can be read beside it.
        if state != "expired" {
            w.until("document.querySelector('aside').innerText.includes('As it was found for this answer')")
                .await;
            w.until("document.querySelector('aside').innerText.includes('15 days')")
                .await;
        }
        w.screenshot(&pictures().join(format!("{state}.png"))).await.unwrap();
        w.close().await;
    }
}
