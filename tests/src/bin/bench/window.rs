//! What the operator waits for in the real window: its start, passages after Enter, frames while
//! typing over a long list, memory over long use.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mortar_desk::knowledge;
use mortar_tests::window::{Options, Window};
use serde_json::{Value, json};

use crate::{Anything, at, document, imported};

const STARTS: usize = 5;
const LISTED: usize = 20_000;
/// A frame longer than this is felt.
const FELT_MS: f64 = 32.0;
/// Questions between two looks at the memory.
const BETWEEN: usize = 10;

pub async fn figures(texts: &[String], questions: &[String], minutes: u64, work: &Path) -> Result<Value, Anything> {
    let home = tempfile::tempdir()?;
    let home = home.path();
    // The first start makes the sample's release; the others are what an operator sees each day.
    let first = Window::open(&Options::new(home)).await?;
    let first_ms = first.start_ms;
    first.close().await;
    let (mut starts, mut empty) = (Vec::new(), Vec::new());
    let browser = browser();
    for _ in 0..STARTS {
        let w = Window::open(&Options::new(home)).await?;
        starts.push(w.start_ms);
        w.close().await;
        if let Some(b) = &browser {
            empty.push(Window::empty_page_ms(home, b).await?);
        }
    }
    let w = Window::open(&Options::new(home)).await?;
    let mut painted = Vec::new();
    for q in questions.iter().take(80) {
        w.ask(q).await?;
        painted.extend(w.last_turn().await["paint"].as_f64());
        w.press("n", &["ctrl"]).await;
    }
    let memory = memory(&w, questions, minutes).await?;
    w.close().await;
    Ok(json!({
        "first_start_ms": first_ms, "start_p50_ms": at(&starts, 0.5), "empty_page_p50_ms": at(&empty, 0.5),
        "enter_to_passages_p50_ms": at(&painted, 0.5), "enter_to_passages_p95_ms": at(&painted, 0.95),
        "questions": painted.len(), "typing": typing(home, texts, work).await?, "memory": memory,
    }))
}

/// The web view's own browser, where the system has it.
fn browser() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    folders
        .map(|f| f.path().join("webkit2gtk-4.1/MiniBrowser"))
        .find(|p| p.is_file())
}

/// Types into the list's field, letter by letter, and watches the frames; beside it as many at rest.
async fn typing(home: &Path, texts: &[String], work: &Path) -> Result<Value, Anything> {
    let dir = work.join("listed");
    let documents = (0..LISTED).map(|i| document(i, &texts[i % texts.len()])).collect();
    knowledge::build(imported(documents), false, None, &dir, &mut |_| {}).await?;
    let release = dir.to_string_lossy().into_owned();
    let w = Window::open(&Options {
        arguments: &["--release", &release],
        ..Options::new(home)
    })
    .await?;
    w.press("2", &["ctrl"]).await;
    let field = w.find("input[type=search], main input", 30).await?;
    w.find("[role=option]", 30).await?;
    w.still().await;
    let watch = "window.frames_ = []; let last = performance.now();
        const each = (t) => { window.frames_.push(t - last); last = t; if (window.frames_) window.again_ = requestAnimationFrame(each); };
        requestAnimationFrame((t) => { last = t; requestAnimationFrame(each); }); return 1;";
    let stop = "cancelAnimationFrame(window.again_); return window.frames_;";
    w.run(watch).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let rest = frames(w.run(stop).await);
    w.run(watch).await;
    for words in [
        "insulin pump",
        "diabetes type 2",
        "what is the treatment for",
        "symptoms of heart",
    ] {
        for letter in words.chars() {
            field.send_keys(&letter.to_string()).await?;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        for _ in 0..words.len() {
            field.send_keys("\u{e003}").await?;
        }
    }
    let typed = frames(w.run(stop).await);
    w.close().await;
    std::fs::remove_dir_all(&dir)?;
    let felt = |f: &[f64]| f.iter().filter(|ms| **ms > FELT_MS).count();
    Ok(json!({
        "documents": LISTED, "frames": typed.len(), "p50_ms": at(&typed, 0.5), "p99_ms": at(&typed, 0.99),
        "longest_ms": at(&typed, 1.0), "over_32_ms": felt(&typed),
        "at_rest": { "frames": rest.len(), "p99_ms": at(&rest, 0.99), "longest_ms": at(&rest, 1.0), "over_32_ms": felt(&rest) },
    }))
}

fn frames(found: Value) -> Vec<f64> {
    serde_json::from_value(found).unwrap_or_default()
}

/// Asks, edits, begins anew, browses, for so long; what all processes hold, from time to time.
async fn memory(w: &Window, questions: &[String], minutes: u64) -> Result<Value, Anything> {
    let began = Instant::now();
    let mut held = vec![w.memory() as f64];
    let mut asked = 0usize;
    while began.elapsed() < Duration::from_secs(minutes * 60) {
        for _ in 0..BETWEEN {
            w.ask(&questions[asked % questions.len()]).await?;
            asked += 1;
            if asked.is_multiple_of(3) && !w.last_turn().await["lines"].as_array().is_none_or(Vec::is_empty) {
                w.type_into_answer(" Please call us back.").await?;
            }
            w.press("2", &["ctrl"]).await;
            w.press("1", &["ctrl"]).await;
            w.press("n", &["ctrl"]).await;
        }
        held.push(w.memory() as f64);
    }
    // What the first questions fill (caches, compiled code) is not growth.
    let quarter = (held.len() / 4).max(1);
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let (second, last) = (
        mean(&held[quarter..(2 * quarter).min(held.len())]),
        mean(&held[held.len() - quarter..]),
    );
    let mb = |bytes: f64| (bytes / 1e5).round() / 10.0;
    Ok(json!({
        "minutes": minutes, "questions": asked, "start_mb": mb(held[0]), "second_quarter_mb": mb(second),
        "last_quarter_mb": mb(last), "held_mb": held.iter().map(|b| mb(*b)).collect::<Vec<_>>(),
    }))
}
