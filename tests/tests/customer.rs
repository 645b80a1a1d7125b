//! An answer told to the customer, pinned documents and what was asked before, in the real window.

use mortar_tests::root;
use mortar_tests::window::{Options, Window};

async fn clean(w: &Window, screen: &str) {
    let found = w.axe().await;
    assert!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
}

#[tokio::test]
async fn customers_words_pins_and_what_was_asked_before() {
    let home = tempfile::tempdir().unwrap();
    let w = Window::open(&Options {
        size: (1024, 640),
        ..Options::new(home.path())
    })
    .await
    .unwrap();
    let text = "[...[...document.querySelectorAll('.cm-content')].at(-1).querySelectorAll('.cm-line')].map(l => l.textContent).join(' ')";
    w.ask("A patient says the insulin arrived warm. What now?")
        .await
        .unwrap();
    w.until(&format!("{text}.includes('Ask the patient not to use')")).await;
    w.press("j", &["ctrl"]).await;
    w.until(&format!(
        "{text}.startsWith('Hello,  Please do not use it, and keep it apart')"
    ))
    .await;
    // Each sentence has its mark again, and nothing stands in the way out.
    w.until("document.querySelectorAll('[data-mark^=\"◐\"]').length > 0")
        .await;
    w.until("document.querySelectorAll('[data-mark^=\"▲\"], [data-mark^=\"…\"]').length === 0")
        .await;
    clean(&w, "customer's words").await;
    w.press("Enter", &["ctrl"]).await;
    w.until("document.querySelector('[aria-live=assertive]').textContent.includes('Copied')")
        .await;
    w.press("p", &["ctrl", "shift"]).await;
    w.find("nav [role=group][aria-label=Pinned] button", 5).await.unwrap();
    // The choice is remembered.
    w.press("n", &["ctrl"]).await;
    w.ask("How long does a refund take?").await.unwrap();
    w.until(&format!("{text}.startsWith('Hello,')")).await;
    w.press("h", &["ctrl"]).await;
    w.until("document.querySelectorAll('[role=dialog] [role=option]').length === 2")
        .await;
    w.still().await;
    clean(&w, "history").await;
    let rows = w
        .run("return [...document.querySelectorAll('[role=dialog] [role=option]')].map(o => o.textContent)")
        .await;
    assert!(rows[1].as_str().unwrap().contains("copied"), "{rows:#}");
    w.find("[role=dialog] input", 5)
        .await
        .unwrap()
        .send_keys("insulin\u{e007}")
        .await
        .unwrap();
    w.until("document.querySelector('[role=dialog]') === null").await;
    w.until("document.querySelector('h1')?.textContent.includes('insulin')")
        .await;
    w.until("document.activeElement === document.querySelector('textarea')")
        .await;
    w.screenshot(&root().join("target/window/customer.png")).await.unwrap();
    w.close().await;
}
