//! What the window adds to the two calls that an answer needs: from Enter until the first words stand in the
//! page, beside the very same calls (embed, generate as a stream) made by the SDK alone, question by
//! question in one run. The stand-ins answer both: computing on this machine's own cores, then as from
//! machines of their own.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sagemakerruntime::primitives::Blob;
use aws_sdk_sagemakerruntime::types::ResponseStream;
use futures::future::BoxFuture;
use mortar_desk::assistant::{Embedder, ModelError, Part, Query, Retriever};
use mortar_desk::knowledge;
use mortar_tests::keyring::Session;
use mortar_tests::programs;
use mortar_tests::stand_ins::StandIns;
use mortar_tests::window::{DIRECTLY, Options, Window};
use serde_json::{Value, json};

use crate::{Anything, DIMENSIONS, Made, at, document, imported, vectors};

const PASSAGES: usize = 100_000;
/// Connections are made, caches filled.
const WARM: usize = 5;
const QUESTIONS: usize = 60;
/// What each model takes on a machine of its own: sooner than a real one, so that no work of the window
/// hides behind it that would not.
const ELSEWHERE: Duration = Duration::from_millis(20);

/// The button goes when the sign-in is done.
const SIGNED_IN: &str = "document.querySelectorAll('footer button').length === 1";

/// The made vectors under the name of the model that the stand-in serves.
struct Served<'a>(Made<'a>);

impl Embedder for Served<'_> {
    fn model(&self) -> &str {
        mortar_local::MODEL
    }
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.0.embed(texts)
    }
}

pub async fn figures(source: &[(String, Vec<f32>)], questions: &[String], work: &Path) -> Result<Value, Anything> {
    let dir = work.join("overhead");
    let _ = std::fs::remove_dir_all(&dir);
    let all = vectors(source, PASSAGES);
    let documents = (0..PASSAGES)
        .map(|i| document(i, &source[i % source.len()].0))
        .collect();
    knowledge::build(imported(documents), false, Some(&Served(Made(&all))), &dir, &mut |_| {}).await?;
    drop(all);

    let home = tempfile::tempdir()?;
    let stand_ins = StandIns::start(true).await;
    let tenant = stand_ins.write(home.path(), &programs().join("stand-ins"))?;
    let keyring = Session::start(home.path(), true);
    let mortar = home.path().join("mortar");
    let mut environment: Vec<_> = keyring.environment(home.path()).into();
    environment.push((DIRECTLY, String::new()));
    let tenant = tenant.to_string_lossy();
    let release = dir.to_string_lossy();
    let options = Options {
        arguments: &["--tenant-file", &tenant, "--release", &release],
        environment: &environment,
        ..Options::new(&mortar)
    };
    let bare = bare(&stand_ins);
    let mut all = Vec::new();
    let w = Window::open(&options).await?;
    let button = "[...document.querySelectorAll('footer button')].find(b => b.innerText.includes('Sign in'))";
    w.until(button).await;
    w.run(&format!("{button}.click(); return 1")).await;
    w.until(SIGNED_IN).await;
    let here = pass(&w, &stand_ins, &bare, questions, &mut all).await?;
    w.close().await;
    stand_ins.models.elsewhere(ELSEWHERE);
    for bodies in &all {
        both(&bare, bodies).await?;
    }
    // Another window, since the first has the questions' vectors in its memory.
    let w = Window::open(&options).await?;
    w.until(SIGNED_IN).await;
    let elsewhere = pass(&w, &stand_ins, &bare, questions, &mut all).await?;
    let empty = round_trips(&w).await?;
    w.close().await;
    let alone_here = retrieval(&dir, questions).await?;
    std::fs::remove_dir_all(&dir)?;
    Ok(json!({
        "passages": PASSAGES, "here": here, "elsewhere": elsewhere, "elsewhere_ms": ELSEWHERE.as_millis() as u64,
        "round_trip_p50_ms": at(&empty, 0.5), "retrieve_p50_ms": at(&alone_here, 0.5),
    }))
}

/// Each question once in the window and once by the SDK alone; the bodies of its calls are kept.
async fn pass(
    w: &Window,
    stand_ins: &StandIns,
    bare: &Client,
    questions: &[String],
    all: &mut Vec<[Vec<u8>; 2]>,
) -> Result<Value, Anything> {
    // The key and the first words are both timed in the page: no driver stands between.
    w.run(
        "window.firsts_ = []; let pressed = 0;
         addEventListener('keydown', e => { if (e.key === 'Enter') pressed = performance.now(); }, { capture: true });
         new MutationObserver(() => {
             const turn = [...document.querySelectorAll('[data-turn]')].at(-1);
             if (pressed === 0 || ![...turn?.querySelectorAll('.cm-content, .answer-writing') ?? []].some(e => e.textContent)) return;
             window.firsts_.push(performance.now() - pressed); pressed = 0;
         }).observe(document.body, { childList: true, subtree: true, characterData: true }); return 1;",
    )
    .await;
    let (mut window, mut alone, mut added) = (Vec::new(), Vec::new(), Vec::new());
    let (mut passages, mut program) = (Vec::new(), Vec::new());
    let calls = || ["embed", "generate"].map(|c| stand_ins.faults.count(c));
    for (i, question) in questions.iter().take(QUESTIONS + WARM).enumerate() {
        let before = calls();
        w.enter(question).await?;
        // Whoever looks all the time takes the time that is measured.
        tokio::time::sleep(Duration::from_millis(400)).await;
        w.answered(0).await?;
        let found: Vec<f64> = serde_json::from_value(w.run("return window.firsts_.splice(0);").await)?;
        let turn = w.last_turn().await;
        let made = calls().iter().zip(before).all(|(now, before)| now - before == 1);
        w.press("n", &["ctrl"]).await;
        w.until("document.querySelectorAll('[data-turn]').length === 0").await;
        // A refusal calls no generator, and is no answer to be timed.
        let ([ms], true) = (found.as_slice(), made) else {
            eprintln!("  not timed: {question}");
            continue;
        };
        let bodies = ["embed", "generate"].map(|c| stand_ins.models.last_body(c).unwrap_or_default());
        let least = both(bare, &bodies).await?;
        all.push(bodies);
        if i >= WARM {
            window.push(*ms);
            alone.push(least);
            added.push(ms - least);
            passages.extend(turn["paint"].as_f64());
            program.extend(answered_in(turn["text"].as_str().unwrap_or_default()));
        }
    }
    Ok(json!({
        "questions": added.len(),
        "window_p50_ms": at(&window, 0.5), "bare_p50_ms": at(&alone, 0.5),
        "added_p50_ms": at(&added, 0.5), "added_p95_ms": at(&added, 0.95),
        "passages_p50_ms": at(&passages, 0.5), "program_whole_p50_ms": at(&program, 0.5),
    }))
}

/// What no answer can be without: a command from the page to the program and back, at rest; ms.
async fn round_trips(w: &Window) -> Result<Vec<f64>, Anything> {
    let found = w
        .page
        .execute_async(
            "const done = arguments[arguments.length - 1], out = [];
             const once = async () => {
                 for (let i = 0; i < 60; i++) {
                     const began = performance.now();
                     await window.__TAURI_INTERNALS__.invoke('call', { name: 'status', arguments: {} });
                     out.push(performance.now() - began);
                     await new Promise(r => setTimeout(r, 50));
                 }
                 done(out);
             };
             once();",
            vec![],
        )
        .await?;
    Ok(serde_json::from_value(found)?)
}

/// The search alone, for the same questions, each after its embedding as in the program; ms.
async fn retrieval(dir: &Path, questions: &[String]) -> Result<Vec<f64>, Anything> {
    let release = knowledge::Release::open(dir)?;
    let model = mortar_local::MiniLm::open(&mortar_local::default_folder())?;
    let mut times = Vec::new();
    for text in questions.iter().take(QUESTIONS) {
        let vector = model.embed(std::slice::from_ref(text)).await?.pop();
        let query = Query {
            text: text.clone(),
            parts: vec![Part {
                text: text.clone(),
                vector,
            }],
            model: Some(mortar_local::MODEL.into()),
            as_of: mortar_desk::today(),
            limit: 6,
            further: 0,
            about: None,
        };
        let began = Instant::now();
        release.retrieve(&query)?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// How long the program itself took for the whole answer, as the page says it; ms.
fn answered_in(page: &str) -> Option<f64> {
    let (_, behind) = page.split_once("answered by stand-in in ")?;
    behind.split_once(" ms")?.0.parse().ok()
}

fn bare(stand_ins: &StandIns) -> Client {
    let role = stand_ins.identity.give("care-pharmacy");
    let credentials = Credentials::new(role.key, role.secret, Some(role.token), None, "stand-in");
    let config = aws_sdk_sagemakerruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(&stand_ins.runtime);
    Client::from_conf(config.build())
}

/// Both calls one after the other, with the bytes that the window sent, until the first words; ms.
async fn both(client: &Client, bodies: &[Vec<u8>; 2]) -> Result<f64, Anything> {
    let began = Instant::now();
    let embed = client
        .invoke_endpoint()
        .endpoint_name("tei")
        .content_type("application/json");
    embed.body(Blob::new(bodies[0].clone())).send().await?;
    let generate = client.invoke_endpoint_with_response_stream().endpoint_name("messages");
    let generate = generate
        .content_type("application/json")
        .body(Blob::new(bodies[1].clone()));
    let mut stream = generate.send().await?;
    while let Some(part) = tokio::time::timeout(Duration::from_secs(10), stream.body.recv()).await?? {
        if matches!(part, ResponseStream::PayloadPart(p) if p.bytes().is_some_and(|b| contains(b.as_ref(), b"content")))
        {
            break;
        }
    }
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|w| w == part)
}
