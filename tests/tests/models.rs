//! Models behind endpoints under faults: what comes back, how often a model was called, how long it took.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_sdk_sagemakerruntime::primitives::Blob;
use mortar_aws::{Aws, AwsConfig, S3Feedback, SageMakerEmbedder, SageMakerGenerator};
use mortar_desk::assistant::{self, Answer, Ask, Embedder, Stop};
use mortar_desk::feedback::{FeedbackSink, Object};
use mortar_desk::knowledge::{self, Release};
use mortar_desk::sources::NoExtractor;
use mortar_local::{MiniLm, Verbatim};
use mortar_privacy::Vault;
use mortar_tests::stand_ins::{ACCOUNT, Behaviour, FEEDBACK, Fault, Seen, StandIns, Tenant, visit_in_background};
use mortar_tests::{InMemory, root};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const QUESTION: &str = "What does claim rejection code 75 mean?";
const GUARD: usize = 6;

async fn release(dir: &Path) -> Arc<Release> {
    let model = MiniLm::open(&mortar_local::default_folder()).expect("the weights: run `cargo xtask setup`");
    let sources = [root().join("samples/pharmacy/claim-rejections.csv")];
    let imported = mortar_desk::sources::import(&sources, &NoExtractor).unwrap();
    knowledge::build(imported, true, Some(&model), dir, &mut |_| {})
        .await
        .unwrap();
    Release::open(dir).unwrap()
}

fn config(s: &StandIns, embedding: &str, generation: &str) -> AwsConfig {
    config_of(s, "pharmacy", embedding, generation)
}

fn config_of(s: &StandIns, tenant: &str, embedding: &str, generation: &str) -> AwsConfig {
    let text = s
        .tenant(tenant, embedding, generation)
        .replace("timeout_s = 5.0", "timeout_s = 0.6")
        .replace("first_token_s = 2.0", "first_token_s = 0.6")
        .replace("between_tokens_s = 1.5", "between_tokens_s = 0.4");
    let table: toml::Table = text.parse().unwrap();
    table["aws"].clone().try_into().unwrap()
}

/// Signed in, with clients of its own.
async fn signed_in(config: AwsConfig, dir: &Path) -> Arc<Aws> {
    let aws = Aws::new(config, Arc::new(InMemory::default()), dir.join("lock"));
    aws.sign_in.with_browser(visit_in_background).await.unwrap();
    aws
}

struct Desk {
    embedder: SageMakerEmbedder,
    generator: SageMakerGenerator,
    lexicon: Arc<mortar_desk::language::drugs::Lexicon>,
    release: Arc<Release>,
}

impl Desk {
    fn new(aws: &Arc<Aws>, release: &Arc<Release>) -> Desk {
        Desk {
            embedder: SageMakerEmbedder::of(aws).unwrap(),
            generator: SageMakerGenerator::of(aws).unwrap(),
            release: release.clone(),
            lexicon: mortar_desk::language::drugs::Lexicon::own(),
        }
    }

    fn with(&self, id: &str, stop: Stop) -> Ask<'_> {
        Ask {
            embedder: Some(&self.embedder),
            embedder_instead: None,
            retriever: &*self.release,
            reranker: None,
            generator: &self.generator,
            instead: Some(&Verbatim),
            inference_id: id.into(),
            instructions: "",
            budget: 3000,
            as_of: "2026-11-22".parse().unwrap(),
            before: &[],
            lexicon: &self.lexicon,
            emergencies: &[],
            stop,
        }
    }

    async fn ask(&self, id: &str, stop: Stop) -> Result<Answer, assistant::ask::AskError> {
        assistant::ask(&self.with(id, stop), QUESTION, &mut |_| {}).await
    }

    async fn go_on(&self, id: &str, broken: &Answer, text: &str) -> (Answer, String) {
        assistant::go_on(&self.with(id, Stop::default()), broken, text, &mut |_| {}).await
    }
}

/// Whatever happened, these hold.
fn holds(answer: &Answer, honest: &str, what: &str) {
    assert!(!answer.abstained && !answer.sentences.is_empty(), "{what}: {answer:#?}");
    for s in &answer.sentences {
        assert_eq!(&answer.answer[s.start as usize..s.end as usize], s.text, "{what}");
    }
    if answer.incomplete {
        // What came is kept, to the letter.
        let kept: String = answer.answer.split_whitespace().collect();
        let whole: String = honest.split_whitespace().collect();
        assert!(
            whole.starts_with(kept.trim_end_matches(|c: char| "[]0123456789".contains(c))),
            "{what}: {}",
            answer.answer
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_contract_answers_and_streams() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    for (embedding, generation) in [
        ("tei", "messages"),
        ("jumpstart-embedding", "tgi"),
        ("jumpstart-similarity", "lmi-rolling-batch"),
        ("lmi-embedding", "lmi-dynamic-batch"),
        ("hf-feature-extraction", "llama2-chat"),
        ("tei", "llama3-base"),
    ] {
        let aws = signed_in(config(&s, embedding, generation), dir.path()).await;
        let answer = Desk::new(&aws, &release).ask("id", Stop::default()).await.unwrap();
        assert_eq!(answer.notices, [], "{embedding} {generation}");
        assert_eq!(answer.models.generation.as_deref(), Some("stand-in"));
        holds(&answer, "", generation);
        assert!(answer.answer.contains("prior authorization"), "{}", answer.answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_call() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let base = config(&s, "tei", "messages");
    let aws = signed_in(base.clone(), dir.path()).await;
    let honest = Desk::new(&aws, &release).ask("", Stop::default()).await.unwrap().answer;
    for generation in ["messages", "tgi", "lmi-rolling-batch"] {
        for call in ["embed", "generate", "token", "credentials"] {
            for fault in Fault::ALL {
                for times in [1, 9] {
                    let mut c = base.clone();
                    if let Some(g) = &mut c.generation {
                        g.endpoint = generation.into();
                        g.contract = serde_json::from_value(generation.into()).unwrap();
                    }
                    // Sign-in itself goes well; the fault meets what comes behind it.
                    let aws = Aws::new(c, Arc::new(InMemory::default()), dir.path().join("lock"));
                    s.faults.clear("*");
                    aws.sign_in.with_browser(visit_in_background).await.unwrap();
                    let what = format!("{generation} {call} {} ×{times}", fault.name());
                    let before: usize = ["embed", "generate"].iter().map(|c| s.faults.count(c)).sum();
                    s.faults.set(call, fault, times);
                    let began = Instant::now();
                    let answer = Desk::new(&aws, &release).ask(&what, Stop::default()).await;
                    let answer = answer.unwrap_or_else(|e| panic!("{what}: {e}"));
                    assert!(
                        began.elapsed() < Duration::from_secs(20),
                        "{what} took {:?}",
                        began.elapsed()
                    );
                    let calls = ["embed", "generate"].iter().map(|c| s.faults.count(c)).sum::<usize>() - before;
                    assert!(calls <= GUARD, "{what}: {calls} invocations");
                    holds(&answer, &honest, &what);
                    // What passes by itself is not noticed.
                    let passes = matches!(fault, Fault::Throttle | Fault::Server | Fault::NotReady);
                    let passes = passes && matches!(call, "embed" | "generate");
                    if call == "token" || (times == 1 && passes) {
                        assert_eq!(answer.notices, [], "{what}");
                    }
                    s.faults.clear("*");
                }
                if matches!(call, "token" | "credentials") && generation != "messages" {
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_random_schedules() {
    const WORKERS: u64 = 10;
    const EACH: u64 = 50;
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let models = Arc::new(Seen::new());
    let work = (0..WORKERS).map(|worker| {
        let (release, models, dir) = (release.clone(), models.clone(), dir.path().to_owned());
        tokio::spawn(async move {
            let s = StandIns::with(true, models).await;
            let mut rng = StdRng::seed_from_u64(worker);
            let config = config(&s, "tei", "messages");
            let aws = signed_in(config, &dir).await;
            let honest = Desk::new(&aws, &release).ask("", Stop::default()).await.unwrap().answer;
            for n in 0..EACH {
                let mut schedule = Vec::new();
                for _ in 0..rng.random_range(1..5) {
                    let call = ["embed", "generate", "credentials"][rng.random_range(0..3)];
                    let fault = Fault::ALL[rng.random_range(0..Fault::ALL.len())];
                    schedule.push((call, fault));
                    s.faults.set(call, fault, 1);
                }
                aws.renew().await;
                let what = format!("worker {worker}, schedule {n}: {schedule:?}");
                let before: usize = ["embed", "generate"].iter().map(|c| s.faults.count(c)).sum();
                let began = Instant::now();
                let answer = Desk::new(&aws, &release).ask(&what, Stop::default()).await;
                let answer = answer.unwrap_or_else(|e| panic!("{what}: {e}"));
                assert!(
                    began.elapsed() < Duration::from_secs(30),
                    "{what}: {:?}",
                    began.elapsed()
                );
                let calls = ["embed", "generate"].iter().map(|c| s.faults.count(c)).sum::<usize>() - before;
                assert!(calls <= GUARD, "{what}: {calls} invocations");
                holds(&answer, &honest, &what);
                s.faults.clear("*");
            }
        })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_the_answer_at_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let aws = signed_in(config(&s, "tei", "messages"), dir.path()).await;
    s.faults.set("generate", Fault::Slow, 1);
    let stop = Stop::default();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stopping.stop();
    });
    let answer = Desk::new(&aws, &release).ask("id", stop).await.unwrap();
    assert!(answer.stopped);
    let began = Instant::now();
    while s.models.left() == 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "the server was never left");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_broke_off_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let base = config(&s, "tei", "messages");
    for generation in ["messages", "tgi", "lmi-rolling-batch"] {
        let mut c = base.clone();
        if let Some(g) = &mut c.generation {
            g.endpoint = generation.into();
            g.contract = serde_json::from_value(generation.into()).unwrap();
        }
        let aws = signed_in(c, dir.path()).await;
        let desk = Desk::new(&aws, &release);
        let honest = desk.ask("", Stop::default()).await.unwrap();
        for fault in [Fault::Cut, Fault::Early, Fault::StallMidway] {
            let what = format!("{generation} {}", fault.name());
            s.faults.set("generate", fault, 1);
            let before = s.faults.count("generate");
            let broken = desk.ask(&what, Stop::default()).await.unwrap();
            assert!(
                broken.incomplete && broken.answer.len() < honest.answer.len(),
                "{what}: {broken:#?}"
            );
            let (whole, text) = desk.go_on(&what, &broken, &broken.answer).await;
            assert_eq!(s.faults.count("generate"), before + 2, "{what}");
            assert!(!whole.incomplete && whole.notices.is_empty(), "{what}: {whole:#?}");
            let words = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&whole.answer), words(&honest.answer), "{what}");
            assert_eq!(text, whole.answer, "{what}");
            holds(&whole, "", &what);
            assert!(
                whole.sentences.iter().all(|s| s.problem.is_none()),
                "{what}: {whole:#?}"
            );
            // From the operator's own words, which stay; nothing of the rest comes twice.
            let mine = broken.answer.replace("Code 75 means", "It means");
            let (draft, text) = desk.go_on(&what, &broken, &mine).await;
            assert!(text.starts_with(&mine) && !draft.incomplete, "{what}: {text}");
            assert!(draft.answer.starts_with(&broken.answer), "{what}: {}", draft.answer);
            let last = &honest.sentences.last().unwrap().text;
            assert_eq!(text.matches(last.as_str()).count(), 1, "{what}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_costs_of_the_same_share_and_loses_nothing_when_it_is_spent() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let aws = signed_in(config(&s, "tei", "messages"), dir.path()).await;
    let desk = Desk::new(&aws, &release);
    s.faults.set("generate", Fault::Early, 1);
    let mut answer = desk.ask("id", Stop::default()).await.unwrap();
    let kept = answer.answer.clone();
    let calls = || s.faults.count("embed") + s.faults.count("generate");
    for _ in 0..GUARD {
        // Nothing comes: neither what stands there nor its mark may change.
        s.faults.clear("generate");
        s.faults.set("generate", Fault::Denied, 1);
        answer = desk.go_on("id", &answer, &kept).await.0;
        assert_eq!((answer.answer.as_str(), answer.incomplete), (kept.as_str(), true));
    }
    assert_eq!(calls(), GUARD, "going on is counted with the question");
    assert_eq!(answer.notices.len(), 1);
    assert!(
        answer.notices[0].message.contains("may no more"),
        "{:?}",
        answer.notices
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generator_that_misbehaves_is_flagged() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let aws = signed_in(config(&s, "tei", "messages"), dir.path()).await;
    let desk = Desk::new(&aws, &release);
    for behaviour in [Behaviour::Invents, Behaviour::CitesWrongly, Behaviour::Obeys] {
        s.models.behave(behaviour);
        let answer = desk.ask("id", Stop::default()).await.unwrap();
        let flagged = answer.sentences.iter().filter(|s| s.problem.is_some()).count();
        // A mark that leads to no passage is taken out, and counted.
        assert!(flagged > 0 || answer.dropped_marks > 0, "{behaviour:?}: {answer:#?}");
    }
    s.models.behave(Behaviour::Honest);
    let answer = desk.ask("id", Stop::default()).await.unwrap();
    assert!(answer.sentences.iter().all(|s| s.problem.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_another_model_is_refused_before_any_search() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(&dir.path().join("r")).await;
    let s = StandIns::start(true).await;
    let mut c = config(&s, "tei", "messages");
    if let Some(e) = &mut c.embedding {
        e.dimensions = 768;
    }
    let aws = signed_in(c, dir.path()).await;
    let said = Desk::new(&aws, &release)
        .ask("id", Stop::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("384") && said.contains("768") && said.contains("another model"),
        "{said}"
    );
    assert_eq!(s.faults.count("generate"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_arrives_once_whatever_happens_on_its_way() {
    let dir = tempfile::tempdir().unwrap();
    let s = StandIns::start(true).await;
    let aws = signed_in(config(&s, "tei", "messages"), dir.path()).await;
    let sink = S3Feedback::of(&aws).unwrap();
    for (n, fault) in [
        Fault::Throttle,
        Fault::Server,
        Fault::Cut,
        Fault::Denied,
        Fault::Expired,
        Fault::WrongChecksum,
        Fault::ClockSkew,
        Fault::Conflict,
    ]
    .into_iter()
    .enumerate()
    {
        let object = Object::new(
            &format!("tenant=pharmacy/date=2026-11-22/01{n}"),
            format!("{{\"n\":{n}}}").into(),
        );
        s.faults.set("put", fault, 1);
        let first = sink.send(&object).await;
        assert!(first.is_err(), "{}", fault.name());
        if fault == Fault::Conflict {
            let busy = mortar_desk::assistant::Fault::Busy;
            assert_eq!(first.unwrap_err().fault, busy, "it is tried again, and never given up");
        }
        aws.renew().await;
        sink.send(&object)
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", fault.name()));
        let key = format!("labels/{}", object.key);
        assert_eq!(s.store.versions(FEEDBACK, &key), 1, "{}", fault.name());
        assert_eq!(s.store.body(FEEDBACK, &key).unwrap(), object.body);
    }
}

/// Asks as a tenant's role does, without the product between.
struct Bare {
    s3: aws_sdk_s3::Client,
    runtime: aws_sdk_sagemakerruntime::Client,
    sso: aws_sdk_sso::Client,
    token: String,
}

/// 200, or the status of the refusal.
macro_rules! status {
    ($call:expr) => {
        match $call.send().await {
            Ok(_) => 200,
            Err(e) => e.raw_response().map_or(0, |r| r.status().as_u16()),
        }
    };
}

impl Bare {
    async fn of(s: &StandIns, aws: &Aws, vault: &InMemory) -> Bare {
        use aws_sdk_s3::config::{BehaviorVersion, Region};
        let region = Region::new("us-east-1");
        let credentials = aws.sign_in.credentials().await.unwrap();
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .endpoint_url(&s.s3)
            .force_path_style(true);
        let runtime = aws_sdk_sagemakerruntime::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .credentials_provider(credentials)
            .endpoint_url(&s.runtime);
        let sso = aws_sdk_sso::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .endpoint_url(&s.sign_in);
        let access = vault.get("access-token").unwrap().unwrap();
        let access: serde_json::Value = serde_json::from_slice(&access).unwrap();
        Bare {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            runtime: aws_sdk_sagemakerruntime::Client::from_conf(runtime.build()),
            sso: aws_sdk_sso::Client::from_conf(sso.build()),
            token: access["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Writes with the key that a tenant's bucket asks for.
    fn put(&self, tenant: &Tenant, bucket: &str, key: &str) -> PutObjectFluentBuilder {
        self.s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(tenant.kms_key())
    }

    /// The status of everything that can be asked of a tenant's buckets, endpoints and role.
    async fn probe(&self, tenant: &str, key: &str) -> Vec<(&'static str, u16)> {
        let own = Tenant(tenant);
        let mut out = Vec::new();
        for bucket in [own.knowledge(), own.feedback()] {
            let (s3, b) = (&self.s3, &bucket);
            out.push(("get", status!(s3.get_object().bucket(b).key(key))));
            out.push(("head", status!(s3.head_object().bucket(b).key(key))));
            out.push(("list", status!(s3.list_objects_v2().bucket(b))));
            out.push(("put", status!(self.put(&own, b, "planted"))));
            out.push(("delete", status!(s3.delete_object().bucket(b).key("planted"))));
        }
        let body = Blob::new(&br#"{"inputs":["a"],"truncate":true}"#[..]);
        let whole = self.runtime.invoke_endpoint().endpoint_name(own.endpoint("tei"));
        out.push(("embed", status!(whole.body(body))));
        let body = Blob::new(&br#"{"query":"a","texts":["a","b"]}"#[..]);
        let whole = self.runtime.invoke_endpoint().endpoint_name(own.endpoint("tei-rerank"));
        out.push(("rerank", status!(whole.body(body))));
        let body = Blob::new(&br#"{"messages":[{"role":"user","content":"Say yes."}]}"#[..]);
        let stream = self.runtime.invoke_endpoint_with_response_stream();
        let stream = stream.endpoint_name(own.endpoint("messages"));
        out.push(("generate", status!(stream.body(body))));
        let role = self.sso.get_role_credentials().access_token(&self.token);
        let role = role.account_id(ACCOUNT).role_name(format!("care-{tenant}"));
        out.push(("take the role", status!(role)));
        out
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_side_by_side_have_nothing_of_each_other() {
    const KEY: &str = "held";
    let dir = tempfile::tempdir().unwrap();
    let s = StandIns::start(true).await;
    let mut both = Vec::new();
    for tenant in ["pharmacy", "clinic"] {
        let vault = Arc::new(InMemory::default());
        let config = config_of(&s, tenant, "tei", "messages");
        let aws = Aws::new(config.clone(), vault.clone(), dir.path().join(tenant));
        aws.sign_in.with_browser(visit_in_background).await.unwrap();
        let bare = Bare::of(&s, &aws, &vault).await;
        let own = Tenant(tenant);
        for bucket in [own.knowledge(), own.feedback()] {
            bare.put(&own, &bucket, KEY).send().await.unwrap();
        }
        both.push((tenant, config, vault, bare));
    }
    let texts = ["a".to_owned()];
    for (mine, theirs) in [(0, 1), (1, 0)] {
        let (tenant, config, vault, bare) = &both[mine];
        let (other, others, ..) = &both[theirs];
        for (what, status) in bare.probe(tenant, KEY).await {
            assert_eq!(status, 200, "{tenant}: {what} of its own");
        }
        let probed = bare.probe(other, KEY).await;
        assert_eq!(probed.len(), 14);
        assert!(probed.iter().all(|p| p.1 == 403), "{tenant} at {other}: {probed:?}");
        let roles = bare.sso.list_account_roles().access_token(&bare.token);
        let roles = roles.account_id(ACCOUNT).send().await.unwrap();
        let names: Vec<_> = roles.role_list().iter().filter_map(|r| r.role_name()).collect();
        assert_eq!(names, [format!("care-{tenant}")]);

        // The program itself, led to the other's things by a configuration, with this one's sign-in.
        let lock = dir.path().join(tenant);
        let with = |config: AwsConfig, vault: Arc<InMemory>| Aws::new(config, vault, lock.clone());
        let mut led = others.clone();
        led.sso = config.sso.clone();
        let aws = with(led, vault.clone());
        let refused = SageMakerEmbedder::of(&aws).unwrap().embed(&texts).await.unwrap_err();
        assert_eq!(refused.fault, assistant::Fault::Refused, "{refused}");
        let refused = S3Feedback::of(&aws)
            .unwrap()
            .send(&Object::new("tenant=other/01", b"{}".to_vec()))
            .await
            .unwrap_err();
        assert_eq!(refused.fault, assistant::Fault::Refused, "{refused}");
        // It does not get the other's role either, and its sign-in is not the other's.
        let aws = with(others.clone(), vault.clone());
        let refused = SageMakerEmbedder::of(&aws).unwrap().embed(&texts).await.unwrap_err();
        assert_eq!(refused.fault, assistant::Fault::Refused, "{refused}");
        let aws = with(others.clone(), Arc::new(InMemory::default()));
        let nobody = SageMakerEmbedder::of(&aws).unwrap().embed(&texts).await.unwrap_err();
        assert_eq!(nobody.fault, assistant::Fault::SignIn, "{nobody}");
    }
    for tenant in ["pharmacy", "clinic"].map(Tenant) {
        for bucket in [tenant.knowledge(), tenant.feedback()] {
            assert_eq!(s.store.keys(&bucket), [KEY], "{bucket}");
            assert_eq!(s.store.versions(&bucket, KEY), 1, "{bucket}");
        }
    }
}
