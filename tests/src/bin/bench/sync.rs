//! A large knowledge published to the stand-in for S3 and followed by a device, then one percent of it
//! changed: bytes on the wire, how long the new state takes beside a build of all, what searches notice,
//! and `aws s3 sync` on the same store in the same run. Vectors are made of hashes: what is measured is
//! everything but the embedding.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mortar_aws::{Aws, AwsConfig, S3Store};
use mortar_desk::assistant::{Embedder, ModelError, Part, Query};
use mortar_desk::knowledge::Release;
use mortar_desk::sources::{Document, NoExtractor, import};
use mortar_desk::store::ReleaseStore;
use mortar_desk::store::keys::Keys;
use mortar_desk::store::publish::{Options, Published};
use mortar_desk::store::publisher::Publisher;
use mortar_desk::store::sync::Device;
use mortar_tests::stand_ins::{KNOWLEDGE, StandIns, visit_in_background};
use mortar_tests::{InMemory, root};
use serde_json::{Value, json};

use crate::{Anything, DIMENSIONS, at, document, imported};

const DOCUMENTS: usize = 20_000;
/// So many are embedded for real, to know what a text takes.
const EMBEDDED: usize = 400;

/// Vectors made of the texts' hashes.
struct Made;

impl Embedder for Made {
    fn model(&self) -> &str {
        "made"
    }
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> futures::future::BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async move { Ok(texts.iter().map(|t| vector(t)).collect()) })
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut bytes = [0; DIMENSIONS];
    let mut hasher = blake3::Hasher::new();
    hasher.update(text.as_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    crate::unit(bytes.iter().map(|b| f32::from(*b) - 127.5).collect())
}

fn corpus(file: Option<&Path>, source: &[(String, Vec<f32>)]) -> Result<Vec<Document>, Anything> {
    let mut documents = match file {
        Some(file) => import(&[file.to_owned()], &NoExtractor)?.documents,
        None => Vec::new(),
    };
    let short = documents.len()..DOCUMENTS;
    documents.extend(short.map(|i| document(i, &source[i % source.len()].0)));
    documents.truncate(DOCUMENTS);
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(documents)
}

pub async fn figures(
    file: Option<PathBuf>,
    source: &[(String, Vec<f32>)],
    questions: &[String],
    work: &Path,
) -> Result<Value, Anything> {
    let dir = work.join("sync");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(dir.join("publishing"))?;
    let mut documents = corpus(file.as_deref(), source)?;
    let stand_ins = StandIns::start(true).await;
    let table: toml::Table = stand_ins.tenant("pharmacy", "tei", "messages").parse()?;
    let config: AwsConfig = table["aws"].clone().try_into()?;
    let aws = Aws::new(config, Arc::new(InMemory::default()), dir.join("lock"));
    aws.sign_in.with_browser(visit_in_background).await?;
    let store: Arc<dyn ReleaseStore> = Arc::new(S3Store::of(&aws).ok_or("no bucket")?);
    let keys = Keys::new(&dir.join("keys"));
    keys.init(&store, 1, 1).await?;
    let publisher = Publisher {
        store: store.clone(),
        keys: keys.clone(),
        dir: &dir.join("publishing"),
        embedders: vec![&Made],
    };
    let options = Options {
        channel: "live".into(),
        ..Options::default()
    };
    let publish = async |documents: &[Document]| -> Result<(Published, f64), Anything> {
        let began = Instant::now();
        let published = publisher
            .publish(imported(documents.to_vec()), &options, &mut |_| {})
            .await?;
        Ok((published, began.elapsed().as_secs_f64()))
    };
    let device = Device {
        store: store.clone(),
        root: keys.root()?,
        channel: "live".into(),
        number: None,
        ring: None,
        models: vec!["made".into()],
        release: dir.join("release"),
        dir: dir.join("device"),
    };
    let aws_cli = AwsCli::new(&stand_ins, &dir.join("aws"));

    let (first, first_publish) = publish(&documents).await?;
    let whole = device.sync(&mut |_| {}).await?;
    let cli_whole = aws_cli.sync()?;
    eprintln!("  first: {whole:?}; aws {cli_whole:.1} s");

    for d in documents.iter_mut().step_by(100) {
        d.body.push_str(" This was said anew.");
    }
    let release = Release::open(&device.release)?;
    let at_rest = Searches::begin(release.clone(), questions).after(Duration::from_secs(3));
    let (second, second_publish) = publish(&documents).await?;
    let searches = Searches::begin(release, questions);
    let grown = device.sync(&mut |_| {}).await?;
    let during = searches.after(Duration::ZERO);
    let cli_grown = aws_cli.sync()?;
    eprintln!("  one percent: {grown:?}; aws {cli_grown:.1} s");
    // What a build of all takes where its texts are embedded too, as `kb build` does it.
    let model = mortar_local::MiniLm::open(&mortar_local::default_folder())?;
    let drawn = Release::open(&device.release)?.drawn(EMBEDDED)?;
    let some: Vec<String> = drawn
        .into_iter()
        .filter_map(|of| Some(of.into_iter().next()?.text))
        .collect();
    let began = Instant::now();
    model.embed(&some).await?;
    let a_text = began.elapsed().as_secs_f64() / some.len() as f64;
    let all = whole.build_seconds + a_text * first.embedded as f64;
    Ok(json!({
        "texts": first.embedded,
        "embedding_ms_a_text": a_text * 1e3,
        "apply_of_full_build_with_embedding": grown.build_seconds / all,
        "documents": documents.len(),
        "corpus": if file.is_some() { "given" } else { "generated" },
        "passages": Release::open(&device.release)?.manifest.passages,
        "publish_s": first_publish,
        "publish_bytes": first.uploaded_bytes,
        "first_s": whole.seconds,
        "first_build_s": whole.build_seconds,
        "first_bytes": whole.bytes,
        "one_percent_publish_s": second_publish,
        "one_percent_uploaded_bytes": second.uploaded_bytes,
        "one_percent_s": grown.seconds,
        "one_percent_build_s": grown.build_seconds,
        "one_percent_bytes": grown.bytes,
        "one_percent_metadata_bytes": grown.metadata_bytes,
        "one_percent_requests": grown.requests,
        "apply_of_full_build": grown.build_seconds / whole.build_seconds,
        "wire_of_changed": grown.bytes as f64 / second.uploaded_bytes as f64,
        "searches_at_rest": at_rest,
        "searches_during": during,
        "aws_s3_sync_first_s": cli_whole,
        "aws_s3_sync_one_percent_s": cli_grown,
    }))
}

/// Asks without a pause, on a thread of its own.
struct Searches {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(Vec<f64>, usize)>,
}

impl Searches {
    fn begin(release: Arc<Release>, questions: &[String]) -> Searches {
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, questions) = (stop.clone(), questions.to_vec());
        let thread = std::thread::spawn(move || {
            let (mut times, mut errors) = (Vec::new(), 0);
            for text in questions.iter().cycle() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let query = Query {
                    text: text.clone(),
                    parts: vec![Part {
                        text: text.clone(),
                        vector: Some(vector(text)),
                    }],
                    model: Some("made".into()),
                    as_of: mortar_desk::today(),
                    limit: 6,
                    further: 0,
                    about: None,
                };
                let began = Instant::now();
                errors += usize::from(release.search(&query).is_err());
                times.push(began.elapsed().as_secs_f64() * 1e3);
                std::thread::sleep(Duration::from_millis(2));
            }
            (times, errors)
        });
        Searches { stop, thread }
    }

    fn after(self, time: Duration) -> Value {
        std::thread::sleep(time);
        self.stop.store(true, Ordering::Relaxed);
        let (mut times, errors) = self.thread.join().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        json!({ "searches": times.len(), "errors": errors, "p50_ms": at(&times, 0.5), "p95_ms": at(&times, 0.95) })
    }
}

/// `aws s3 sync` of the same bucket.
struct AwsCli {
    to: PathBuf,
    url: String,
    role: mortar_tests::stand_ins::Role,
}

impl AwsCli {
    fn new(stand_ins: &StandIns, to: &Path) -> AwsCli {
        AwsCli {
            to: to.to_owned(),
            url: stand_ins.s3.clone(),
            role: stand_ins.identity.give("care-pharmacy"),
        }
    }

    fn sync(&self) -> Result<f64, Anything> {
        let began = Instant::now();
        let out = Command::new(root().join("target/bench/python/bin/aws"))
            .args([
                "s3",
                "sync",
                "--only-show-errors",
                "--region",
                "us-east-1",
                "--endpoint-url",
                &self.url,
            ])
            .arg(format!("s3://{KNOWLEDGE}/"))
            .arg(&self.to)
            .env("AWS_ACCESS_KEY_ID", &self.role.key)
            .env("AWS_SECRET_ACCESS_KEY", &self.role.secret)
            .env("AWS_SESSION_TOKEN", &self.role.token)
            .output()?;
        if out.status.success() {
            Ok(began.elapsed().as_secs_f64())
        } else {
            Err(String::from_utf8_lossy(&out.stderr).into_owned().into())
        }
    }
}
