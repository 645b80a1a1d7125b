//! Measures Mortar beside its peers, in one run, on the same vectors and questions; writes
//! `target/bench.json` and the tables of docs/MEASURED.md. Times mean nothing by themselves: ratios do.
//!
//! `bench [--release DIR] [--sizes 10000,100000,1000000] [--minutes 5] [--only overhead|sync] [--corpus FILE]`: DIR gives real texts and their
//! vectors; where it has fewer than a size, they are mixed with each other to make more. So many minutes
//! the window is used to see whether its memory grows. `--only` measures that alone, and leaves the rest of
//! `target/bench.json` as it is.

mod overhead;
mod peers;
mod sync;
mod table;
mod window;

use std::path::{Path, PathBuf};
use std::time::Instant;

use mortar_desk::assistant::{Embedder, Kind, ModelError, Part, Query, Retriever};
use mortar_desk::knowledge::{self, Release};
use mortar_desk::sources::{Document, Imported};
use mortar_local::MiniLm;
use mortar_tests::root;
use peers::Peers;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use table::table;

const DIMENSIONS: usize = 384;
const K: usize = 10;
const ROUNDS: usize = 3;
/// Enough texts to see the rate of embedding.
const TEXTS: usize = 256;
/// From this size on, one graph stands for all: another would take the run past an hour.
const LARGE: usize = 500_000;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// Gives each text the vector whose number stands behind its last mark.
struct Made<'a>(&'a [Vec<f32>]);

const MARK: char = '¶';

impl Embedder for Made<'_> {
    fn model(&self) -> &str {
        "made"
    }
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> futures::future::BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        let number = |t: &String| t.rsplit(MARK).next().and_then(|n| n.trim().parse::<usize>().ok());
        let found = texts.iter().map(|t| number(t).and_then(|n| self.0.get(n).cloned()));
        let all: Option<Vec<_>> = found.collect();
        Box::pin(async move { all.ok_or_else(|| ModelError::failed("a text without a number")) })
    }
}

fn main() -> Result<(), Anything> {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_local::quiet() };
    measure()
}

#[tokio::main(worker_threads = 2)]
async fn measure() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        arguments
            .iter()
            .position(|a| a == name)
            .and_then(|i| arguments.get(i + 1))
    };
    let sizes: Vec<usize> = after("--sizes")
        .map_or("10000,100000,1000000", String::as_str)
        .split(',')
        .map(|s| s.parse().map_err(|e| format!("{s}: {e}")))
        .collect::<Result<_, _>>()?;
    let work = root().join("target/bench");
    let threads = std::thread::available_parallelism()?.get();
    let model = MiniLm::with_threads(&mortar_local::default_folder(), threads)?;
    let source = source(after("--release").map(PathBuf::from), &work).await?;
    let golden = std::fs::read_to_string(root().join("samples/pharmacy/golden.toml"))?;
    let questions: Vec<String> = golden
        .lines()
        .filter_map(|l| l.strip_prefix("ask = "))
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect();
    let file = root().join("target/bench.json");
    match after("--only").map(String::as_str) {
        None => {}
        Some("overhead") => {
            let overhead = overhead::figures(&source, &questions, &work).await?;
            let before = std::fs::read_to_string(&file).unwrap_or_default();
            let mut result: Value = serde_json::from_str(&before).unwrap_or_else(|_| json!({}));
            println!("{}", table::overhead(&overhead));
            result["overhead"] = overhead;
            std::fs::write(&file, format!("{result:#}\n"))?;
            eprintln!("written to {}", file.display());
            return Ok(());
        }
        Some("sync") => {
            let sync = sync::figures(after("--corpus").map(PathBuf::from), &source, &questions, &work).await?;
            let before = std::fs::read_to_string(&file).unwrap_or_default();
            let mut result: Value = serde_json::from_str(&before).unwrap_or_else(|_| json!({}));
            println!("{}", table::sync(&sync));
            result["sync"] = sync;
            std::fs::write(&file, format!("{result:#}\n"))?;
            eprintln!("written to {}", file.display());
            return Ok(());
        }
        Some(other) => return Err(format!("--only {other}: there are \"overhead\" and \"sync\"").into()),
    }
    let asked = model.embed(&questions).await?;

    let mut peers = Peers::start(threads)?;
    let embedding = embedding(&mut peers, &model, &source, &questions).await?;
    eprintln!("{embedding:#}");
    let per_text = embedding["mortar_ms_a_text"].as_f64().unwrap_or(0.0);
    let mut dense = Vec::new();
    let mut whole = Vec::new();
    for size in sizes {
        let (rows, path) = at_size(size, &source, &questions, &asked, &mut peers, &work, per_text).await?;
        eprintln!("{path:#}");
        dense.extend(rows);
        whole.push(path);
    }
    // The peers hold a copy of the vectors: away with it before memory is looked at.
    drop(peers);
    let minutes = after("--minutes").map_or(Ok(5), |m| m.parse())?;
    let texts: Vec<String> = source.iter().map(|s| s.0.clone()).collect();
    let window = window::figures(&texts, &questions, minutes, &work).await?;
    eprintln!("{window:#}");
    let overhead = overhead::figures(&source, &questions, &work).await?;
    let sync = sync::figures(after("--corpus").map(PathBuf::from), &source, &questions, &work).await?;
    let result = json!({
        "day": jiff::Zoned::now().date().to_string(),
        "machine": machine(),
        "threads": threads,
        "real_vectors": source.len(),
        "embedding": embedding,
        "dense": dense,
        "whole": whole,
        "window": window,
        "overhead": overhead,
        "sync": sync,
    });
    std::fs::write(&file, format!("{result:#}\n"))?;
    println!("{}", table(&result));
    eprintln!("written to {}", file.display());
    Ok(())
}

/// Real texts with their vectors: of a release, or of the sample's.
async fn source(release: Option<PathBuf>, work: &Path) -> Result<Vec<(String, Vec<f32>)>, Anything> {
    let dir = match release {
        Some(dir) => dir,
        None => {
            let dir = work.join("sample");
            let sources = [root().join("samples/pharmacy")];
            let weights = mortar_local::default_folder();
            mortar_desk::build(&sources, &dir, None, true, &weights, &mut |_| {}).await?;
            dir
        }
    };
    let release = Release::open(&dir)?;
    let mut out = Vec::new();
    for p in release.drawn(usize::MAX)?.into_iter().flatten() {
        if let Some(v) = release.vector(out.len() as u32)? {
            out.push((format!("{}\n{}", p.title, p.text), v));
        }
    }
    Ok(out)
}

/// So many vectors: the real ones, then mixtures of two of them with a little noise.
fn vectors(source: &[(String, Vec<f32>)], size: usize) -> Vec<Vec<f32>> {
    let mut rng = StdRng::seed_from_u64(11);
    (0..size)
        .map(|i| {
            let own = &source[i % source.len()].1;
            if i < source.len() {
                return own.clone();
            }
            let other = &source[rng.random_range(0..source.len())].1;
            let share: f32 = rng.random_range(0.2..0.6);
            let mixed = own.iter().zip(other).map(|(a, b)| a + share * b);
            unit(mixed.map(|x| x + rng.random_range(-0.02..0.02)).collect())
        })
        .collect()
}

fn unit(v: Vec<f32>) -> Vec<f32> {
    let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    v.into_iter().map(|x| x / length).collect()
}

fn document(i: usize, text: &str) -> Document {
    let (title, body) = text.split_once('\n').unwrap_or(("Text", text));
    let body: Vec<&str> = body.split_whitespace().take(45).collect();
    Document {
        id: format!("d{i}"),
        title: title.trim_end_matches('?').to_owned(),
        body: format!("{} {MARK}{i}", body.join(" ").replace(MARK, "")),
        url: None,
        kind: Kind::Article,
        version: "1".into(),
        effective_from: None,
        effective_to: None,
        owner: None,
        tags: vec![],
        codes: vec![],
        history: None,
        exact: vec![],
        source: None,
        pages: Vec::new(),
    }
}

fn imported(documents: Vec<Document>) -> Imported {
    Imported {
        documents,
        ..Imported::default()
    }
}

async fn at_size(
    size: usize,
    source: &[(String, Vec<f32>)],
    questions: &[String],
    asked: &[Vec<f32>],
    peers: &mut Peers,
    work: &Path,
    per_text: f64,
) -> Result<(Vec<Value>, Value), Anything> {
    eprintln!("{size} vectors");
    // One percent more stand ready for the second build.
    let all = vectors(source, size + size / 100);
    let documents: Vec<Document> = (0..all.len())
        .map(|i| document(i, &source[i % source.len()].0))
        .collect();
    let floats = |v: &[Vec<f32>]| v.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::create_dir_all(work)?;
    std::fs::write(work.join("vectors.f32"), floats(&all[..size]))?;
    std::fs::write(work.join("queries.f32"), floats(asked))?;
    peers.ask(json!({"do": "load", "vectors": work.join("vectors.f32"), "queries": work.join("queries.f32")}))?;

    let dir = work.join(format!("release-{size}"));
    let _ = std::fs::remove_dir_all(&dir);
    let made = Made(&all);
    let began = Instant::now();
    knowledge::build(
        imported(documents[..size].to_vec()),
        false,
        Some(&made),
        &dir,
        &mut |_| {},
    )
    .await?;
    let full = began.elapsed().as_secs_f64();

    let mut truth = Truth {
        vectors: &all,
        asked,
        last: Vec::new(),
    };
    let mut rows = Vec::new();
    let names: &[&str] = if size >= LARGE {
        &["faiss flat", "hnswlib"]
    } else {
        &["faiss flat", "faiss HNSW", "hnswlib", "usearch"]
    };
    let mut engines = Vec::new();
    for name in names {
        let built = peers.ask(json!({"do": "build", "peer": name}))?;
        eprintln!("  {name}: built in {:.1} s", built["build_s"].as_f64().unwrap_or(0.0));
        let mut effort = 0;
        if *name == "faiss flat" {
            let found = peers.ask(json!({"do": "query", "peer": name, "effort": 0, "begin": 0, "end": asked.len()}))?;
            let ids: Vec<Vec<u64>> = serde_json::from_value(found["ids"].clone())?;
            let last = |(ids, q): (&Vec<u64>, &Vec<f32>)| dot(&all[ids[K - 1] as usize], q);
            truth.last = ids.iter().zip(asked).map(last).collect();
        } else {
            // The least effort that finds 99 of 100, if any does.
            for tried in [32, 64, 128, 256, 512, 1024] {
                effort = tried;
                let found = peers
                    .ask(json!({"do": "query", "peer": name, "effort": effort, "begin": 0, "end": asked.len()}))?;
                let ids: Vec<Vec<u64>> = serde_json::from_value(found["ids"].clone())?;
                if truth.recall(&ids) >= 0.99 {
                    break;
                }
            }
        }
        engines.push((*name, effort, built));
    }

    let anonymous = anonymous();
    let began = Instant::now();
    let release = Release::open(&dir)?;
    let open_ms = began.elapsed().as_secs_f64() * 1e3;
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); engines.len() + 1];
    let mut ids: Vec<Vec<Vec<u64>>> = vec![Vec::new(); engines.len() + 1];
    let part = asked.len().div_ceil(ROUNDS);
    for begin in (0..asked.len()).step_by(part) {
        let end = (begin + part).min(asked.len());
        for (i, (name, effort, _)) in engines.iter().enumerate() {
            let found =
                peers.ask(json!({"do": "query", "peer": name, "effort": effort, "begin": begin, "end": end}))?;
            times[i].extend(serde_json::from_value::<Vec<f64>>(found["ms"].clone())?);
            ids[i].extend(serde_json::from_value::<Vec<Vec<u64>>>(found["ids"].clone())?);
        }
        for v in &asked[begin..end] {
            let began = Instant::now();
            let found = release.nearest(v, K)?;
            times[engines.len()].push(began.elapsed().as_secs_f64() * 1e3);
            ids[engines.len()].push(found.into_iter().map(|(p, _)| u64::from(p)).collect());
        }
    }
    for (i, (name, effort, built)) in engines.iter().enumerate() {
        let grown = peers.ask(json!({"do": "grow", "peer": name}))?;
        rows.push(json!({
            "vectors": size, "engine": name, "effort": effort, "recall": truth.recall(&ids[i]),
            "p50_ms": at(&times[i], 0.5), "p95_ms": at(&times[i], 0.95), "build_s": built["build_s"],
            "bytes_a_vector": built["bytes_a_vector"], "one_percent_s": grown["s"],
        }));
    }

    // The whole retrieval, without embedding.
    let mut whole = Vec::new();
    for _ in 0..ROUNDS {
        for (text, vector) in questions.iter().zip(asked) {
            let query = Query {
                text: text.clone(),
                parts: vec![Part {
                    text: text.clone(),
                    vector: Some(vector.clone()),
                }],
                model: Some("made".into()),
                as_of: mortar_desk::today(),
                limit: 6,
                further: 0,
                about: None,
            };
            let began = Instant::now();
            release.retrieve(&query)?;
            whole.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    let held = anonymous_since(anonymous);
    drop(release);
    let peer = if size <= 100_000 {
        let texts: Vec<&str> = documents[..size].iter().map(|d| d.body.as_str()).collect();
        let plain: Vec<&String> = questions.iter().take(60).collect();
        peers.ask(json!({"do": "pipeline", "texts": texts, "questions": plain[..5]}))?;
        let ms: Vec<f64> = serde_json::from_value(
            peers.ask(json!({"do": "pipeline", "texts": texts, "questions": plain}))?["ms"].clone(),
        )?;
        at(&ms, 0.5)
    } else {
        None
    };

    // One percent of the documents is new: the rest is not embedded again.
    let changed: Vec<Document> = documents[size / 100..].to_vec();
    let began = Instant::now();
    knowledge::build(imported(changed), false, Some(&made), &dir, &mut |_| {}).await?;
    let again = began.elapsed().as_secs_f64();
    let embed = |n: usize| n as f64 * per_text / 1e3;
    rows.push(json!({
        "vectors": size, "engine": "mortar", "recall": truth.recall(&ids[engines.len()]),
        "p50_ms": at(&times[engines.len()], 0.5), "p95_ms": at(&times[engines.len()], 0.95),
        "build_s": full, "bytes_a_vector": held / size as f64, "one_percent_s": again,
    }));
    let path = json!({
        "passages": size, "p50_ms": at(&whole, 0.5), "p95_ms": at(&whole, 0.95), "open_ms": open_ms,
        "full_build_s": full + embed(size), "one_percent_build_s": again + embed(size / 100),
        "one_percent_share": (again + embed(size / 100)) / (full + embed(size)),
        "plain_pipeline_p50_ms": peer,
    });
    std::fs::remove_dir_all(&dir)?;
    Ok((rows, path))
}

/// One query, and many texts, beside ONNX Runtime from Python with as many threads.
async fn embedding(
    peers: &mut Peers,
    model: &MiniLm,
    source: &[(String, Vec<f32>)],
    questions: &[String],
) -> Result<Value, Anything> {
    let versions = peers.ask(json!({"do": "open_model", "folder": mortar_local::default_folder()}))?;
    let short: Vec<&String> = questions.iter().filter(|q| q.len() < 90).take(60).collect();
    let (mut ours, mut theirs, mut cosine) = (Vec::new(), Vec::new(), 1.0f32);
    for _ in 0..2 {
        for q in &short {
            let began = Instant::now();
            let v = model.embed(std::slice::from_ref(*q)).await?;
            ours.push(began.elapsed().as_secs_f64() * 1e3);
            let found = peers.ask(json!({"do": "embed", "texts": [q], "batch": 1}))?;
            theirs.push(found["s"].as_f64().unwrap_or(0.0) * 1e3);
            let first: Vec<f32> = serde_json::from_value(found["first"].clone())?;
            cosine = cosine.min(v[0].iter().zip(&first).map(|(a, b)| a * b).sum());
        }
    }
    let step = (source.len() / TEXTS).max(1);
    let texts: Vec<String> = source.iter().step_by(step).take(TEXTS).map(|s| s.0.clone()).collect();
    let (mut ours_many, mut theirs_many, mut single) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        model.embed(&texts).await?;
        ours_many = ours_many.min(began.elapsed().as_secs_f64());
        for (batch, best) in [(32, &mut theirs_many), (1, &mut single)] {
            let s = peers.ask(json!({"do": "embed", "texts": texts, "batch": batch}))?["s"].as_f64();
            *best = best.min(s.unwrap_or(f64::MAX));
        }
    }
    let a_text = |s: f64| s * 1e3 / texts.len() as f64;
    Ok(json!({
        "peer": versions, "texts": texts.len(),
        "mortar_query_p50_ms": at(&ours, 0.5), "peer_query_p50_ms": at(&theirs, 0.5),
        "query_ratio": at(&ours, 0.5).zip(at(&theirs, 0.5)).map(|(a, b)| a / b),
        "mortar_ms_a_text": a_text(ours_many), "peer_ms_a_text_batch_32": a_text(theirs_many),
        "peer_ms_a_text_one_by_one": a_text(single),
        "rate_ratio": theirs_many.min(single) / ours_many, "least_cosine": cosine,
    }))
}

/// The share of the nearest that were found. Of equals any counts: real texts repeat themselves.
struct Truth<'a> {
    vectors: &'a [Vec<f32>],
    asked: &'a [Vec<f32>],
    /// The likeness of the last of the nearest, for each question.
    last: Vec<f32>,
}

impl Truth<'_> {
    fn recall(&self, found: &[Vec<u64>]) -> f64 {
        let mut hits = 0;
        for ((ids, q), last) in found.iter().zip(self.asked).zip(&self.last) {
            let near = |i: &&u64| dot(&self.vectors[**i as usize], q) >= last - 1e-5;
            hits += ids.iter().take(K).filter(near).count();
        }
        hits as f64 / (found.len() * K).max(1) as f64
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn at(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)))
        .copied()
}

/// Bytes of memory that are no mapped file's; 0 where the system does not say.
fn anonymous() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
    let kb = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kb.unwrap_or(0.0) * 1024.0
}

fn anonymous_since(before: f64) -> f64 {
    (anonymous() - before).max(0.0)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |n| n.1.to_owned())
}
