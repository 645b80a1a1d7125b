//! Pictures of every screen and state of the real window, light and dark, in both sizes: to look at.

use std::path::{Path, PathBuf};

use mortar_tests::window::{Options, Window};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let out = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/look".into()));
    for (size, dark) in [
        ((1280, 800), false),
        ((1280, 800), true),
        ((1024, 640), false),
        ((1024, 640), true),
    ] {
        if let Err(e) = screens(&out, size, dark).await {
            eprintln!("{e}");
            std::process::exit(1);
        }
    }
}

async fn screens(out: &Path, size: (u32, u32), dark: bool) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|e| e.to_string())?;
    let home = home.path();
    let w = Window::open(&Options {
        size,
        dark,
        ..Options::new(home)
    })
    .await?;
    let name = |s: &str| out.join(format!("{s}-{}-{}.png", size.0, if dark { "dark" } else { "light" }));
    w.screenshot(&name("empty")).await?;
    w.ask("What does claim rejection code 75 mean?").await?;
    w.screenshot(&name("answer")).await?;
    w.type_into_answer(" An urgent request is always decided within 12 hours.")
        .await?;
    w.until("document.body.innerText.includes('stands in none of the passages.')")
        .await;
    w.screenshot(&name("edited")).await?;
    w.press("d", &["ctrl"]).await;
    w.screenshot(&name("compare")).await?;
    w.press("d", &["ctrl"]).await;
    w.press("Enter", &["ctrl"]).await;
    w.screenshot(&name("held")).await?;
    w.press("n", &["ctrl"]).await;
    w.ask("What does claim rejection code 7Z5 mean?").await?;
    w.screenshot(&name("refusal")).await?;
    w.press("n", &["ctrl"]).await;
    w.ask("A patient says the insulin arrived warm. What now?").await?;
    w.ask("what about the capital of Mongolia").await?;
    w.screenshot(&name("second")).await?;
    w.press("g", &["ctrl"]).await;
    w.press("b", &["ctrl"]).await;
    w.screenshot(&name("label")).await?;
    w.press("Escape", &[]).await;
    w.press("2", &["ctrl"]).await;
    w.find("[role=option]", 10).await?;
    w.run("[...document.querySelectorAll('nav button')].find(b => b.textContent.startsWith('SOPs')).click(); return 1")
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    w.run("document.querySelectorAll('[role=option]')[2]?.click(); return 1")
        .await;
    w.screenshot(&name("browse")).await?;
    w.press("?", &[]).await;
    w.run("document.activeElement.blur(); return 1").await;
    w.press("?", &["shift"]).await;
    w.screenshot(&name("keys")).await?;
    w.press("Escape", &[]).await;
    w.press(",", &["ctrl"]).await;
    w.screenshot(&name("settings")).await?;
    w.close().await;
    Ok(())
}
