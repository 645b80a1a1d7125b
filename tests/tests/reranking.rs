//! A reranker behind an endpoint: what it orders, what it may not touch, and that whatever becomes of it the answer is
//! the one without it, with a word that says so.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mortar_aws::{Aws, AwsConfig, Health, SageMakerEmbedder, SageMakerGenerator, SageMakerReranker};
use mortar_desk::assistant::{self, Answer, Ask, Event, Stage, Stop};
use mortar_desk::knowledge::{self, Release};
use mortar_desk::sources::NoExtractor;
use mortar_local::{MiniLm, Verbatim};
use mortar_tests::InMemory;
use mortar_tests::stand_ins::{Fault, StandIns, visit_in_background};

const QUESTION: &str = "How does a customer return a package?";
/// How long passages wait for the reranker here, and what a busy machine may add to that.
const BUDGET: f64 = 0.3;
const SLACK: Duration = Duration::from_millis(1500);

/// Ways to return a package, more of them than are shown, which are alike and do not contradict each other.
const WAYS: [&str; 9] = [
    "post office",
    "courier",
    "locker",
    "supermarket",
    "neighbour",
    "library",
    "station",
    "kiosk",
    "bakery",
];

async fn release(dir: &Path) -> Arc<Release> {
    let model = MiniLm::open(&mortar_local::default_folder()).expect("the weights: run `cargo xtask setup`");
    let mut rows = "id,title,body,codes\n".to_owned();
    for way in WAYS {
        rows += &format!(
            "{},How a customer can return a package: {way},\"A customer can return a package by way of the {way}. \
             Print the label, close the package and hand it over at the {way}.\",\n",
            way.replace(' ', "-")
        );
    }
    rows += "reject-75,Reject 75: prior authorization,Code 75 means that the plan wants an approval first.,reject 75\n";
    rows += "overdose,Overdose: what to do,\"In an overdose call 911 at once, then Poison Control.\",\n";
    std::fs::create_dir_all(dir).unwrap();
    let source = dir.join("ways.csv");
    std::fs::write(&source, rows).unwrap();
    let imported = mortar_desk::sources::import(&[source], &NoExtractor).unwrap();
    let release = dir.join("release");
    knowledge::build(imported, true, Some(&model), &release, &mut |_| {})
        .await
        .unwrap();
    Release::open(&release).unwrap()
}

fn config(s: &StandIns, contract: &str) -> AwsConfig {
    let text = s.tenant("pharmacy", "tei", "messages") + &s.reranking("pharmacy", contract);
    let table: toml::Table = text.parse().unwrap();
    let mut config: AwsConfig = table["aws"].clone().try_into().unwrap();
    config.reranking.as_mut().unwrap().timeout_s = BUDGET;
    config
}

struct Desk {
    embedder: SageMakerEmbedder,
    reranker: SageMakerReranker,
    generator: SageMakerGenerator,
    lexicon: Arc<mortar_desk::language::drugs::Lexicon>,
    release: Arc<Release>,
}

/// An answer, and how long after the question its passages were there.
struct Asked {
    answer: Answer,
    passages: Duration,
}

impl Desk {
    /// Signed in, with breakers of its own.
    async fn new(config: AwsConfig, dir: &Path, release: &Arc<Release>) -> Desk {
        let aws = Aws::new(config, Arc::new(InMemory::default()), dir.join("lock"));
        aws.sign_in.with_browser(visit_in_background).await.unwrap();
        Desk {
            embedder: SageMakerEmbedder::of(&aws).unwrap(),
            reranker: SageMakerReranker::of(&aws).unwrap(),
            generator: SageMakerGenerator::of(&aws).unwrap(),
            lexicon: mortar_desk::language::drugs::Lexicon::own(),
            release: release.clone(),
        }
    }

    async fn ask(&self, id: &str, question: &str, reranked: bool) -> Asked {
        let with = Ask {
            embedder: Some(&self.embedder),
            embedder_instead: None,
            retriever: &*self.release,
            reranker: reranked.then_some(&self.reranker as _),
            generator: &self.generator,
            checker: None,
            instead: Some(&Verbatim),
            inference_id: id.into(),
            instructions: "",
            budget: 3000,
            as_of: "2026-11-22".parse().unwrap(),
            before: &[],
            lexicon: &self.lexicon,
            emergencies: &[],
            stop: Stop::default(),
        };
        let (began, mut passages) = (Instant::now(), Duration::ZERO);
        let answer = assistant::ask(&with, question, &mut |e| {
            if matches!(e, Event::Passages { .. }) {
                passages = began.elapsed();
            }
        })
        .await
        .unwrap_or_else(|e| panic!("{id}: {e}"));
        Asked { answer, passages }
    }
}

fn order(a: &Answer) -> Vec<&str> {
    a.passages.iter().map(|p| p.document.as_str()).collect()
}

/// All that is the same whoever ordered nothing.
fn but_for_notices(a: &Answer) -> Answer {
    Answer {
        notices: Vec::new(),
        timings_ms: Default::default(),
        inference_id: None,
        ..a.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_contract_orders_as_its_endpoint_says() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    for contract in ["tei-rerank", "jumpstart-rerank", "hf-text-classification"] {
        let desk = Desk::new(config(&s, contract), dir.path(), &release).await;
        let plain = desk.ask("", QUESTION, false).await.answer;
        let carrying = plain.passages.iter().filter(|p| p.carries).count();
        assert_eq!(carrying, 6, "{plain:#?}");
        // The one that the search has last, and two that it does not show at all.
        let hidden: Vec<&str> = WAYS
            .into_iter()
            .filter(|w| !order(&plain).contains(&w.replace(' ', "-").as_str()))
            .collect();
        let last = order(&plain)[5].replace('-', " ");
        s.models.prefer(&[hidden[0], &last, hidden[1]]);
        let id = format!("id-{contract}");
        let answer = desk.ask(&id, QUESTION, true).await.answer;
        assert_eq!(answer.notices, [], "{contract}");
        assert_eq!(answer.models.reranking.as_deref(), Some("stand-in-reranker"));
        let first: Vec<String> = [hidden[0], &last, hidden[1]].map(|w| w.replace(' ', "-")).into();
        assert_eq!(order(&answer)[..3], first[..], "{contract}");
        // What it says nothing about stays in the order of the search.
        assert_eq!(order(&answer)[3..], order(&plain)[..3], "{contract}");
        assert!(answer.answer.contains(hidden[0]), "{contract}: {}", answer.answer);
        assert!(answer.sentences.iter().all(|s| s.problem.is_none()), "{answer:#?}");
        let seen = s.models.inference_ids();
        for call in ["embed", "rerank", "generate"] {
            assert!(seen.contains(&format!("{call}:{id}")), "{contract} {call}: {seen:?}");
        }
        let body = String::from_utf8(s.models.last_body("rerank").unwrap()).unwrap();
        assert!(
            body.contains(QUESTION) && WAYS.iter().all(|w| body.contains(w)),
            "{body}"
        );
    }
}

/// What the operator hears of a fault: nothing, since it passes by itself or does not meet this kind of call; a word;
/// or a word only if it did not pass in time.
fn heard(fault: Fault, times: usize) -> Option<bool> {
    match fault {
        // Of streams, and of objects.
        Fault::StallMidway | Fault::BadCrc | Fault::Exception | Fault::WrongChecksum | Fault::Conflict => Some(false),
        Fault::Throttle | Fault::TooMany | Fault::NotReady | Fault::Server | Fault::Dependency if times == 1 => None,
        Fault::Expired | Fault::ClockSkew | Fault::Cut | Fault::Truncated | Fault::Early if times == 1 => None,
        _ => Some(true),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_it_the_answer_is_the_one_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    s.models.prefer(&["bakery", "kiosk"]);
    for contract in ["tei-rerank", "jumpstart-rerank", "hf-text-classification"] {
        for fault in Fault::ALL {
            for times in [1, 9] {
                let what = format!("{contract} {} ×{times}", fault.name());
                let desk = Desk::new(config(&s, contract), dir.path(), &release).await;
                let plain = desk.ask("", QUESTION, false).await;
                s.faults.set("rerank", fault, times);
                let before: usize = ["embed", "rerank", "generate"].iter().map(|c| s.faults.count(c)).sum();
                let asked = desk.ask(&what, QUESTION, true).await;
                let calls: usize = ["embed", "rerank", "generate"].iter().map(|c| s.faults.count(c)).sum();
                assert!(calls - before <= 6, "{what}: {} invocations", calls - before);
                s.faults.clear("*");
                let budget = Duration::from_secs_f64(BUDGET) + SLACK;
                assert!(asked.passages < plain.passages + budget, "{what}: {:?}", asked.passages);
                let notices: Vec<Stage> = asked.answer.notices.iter().map(|n| n.about).collect();
                let told = notices == [Stage::Reranking];
                assert!(told || notices.is_empty(), "{what}: {:?}", asked.answer.notices);
                if let Some(heard) = heard(fault, times) {
                    assert_eq!(told, heard, "{what}: {:?}", asked.answer.notices);
                }
                if told {
                    assert_eq!(but_for_notices(&asked.answer), but_for_notices(&plain.answer), "{what}");
                } else {
                    assert_eq!(order(&asked.answer)[..2], ["bakery", "kiosk"], "{what}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_keeps_failing_is_left_alone_and_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    let desk = Desk::new(config(&s, "tei-rerank"), dir.path(), &release).await;
    s.faults.set("rerank", Fault::Slow, 3);
    for n in 0..3 {
        let answer = desk.ask(&format!("id {n}"), QUESTION, true).await.answer;
        assert_eq!(answer.notices[0].fault, assistant::Fault::Slow, "{:?}", answer.notices);
    }
    assert_eq!(desk.reranker.health(), Health::Open);
    let before = s.faults.count("rerank");
    let answer = desk.ask("id", QUESTION, true).await.answer;
    assert_eq!(
        (s.faults.count("rerank"), answer.notices[0].about),
        (before, Stage::Reranking)
    );
    assert!(
        answer.notices[0].message.contains("not asked again"),
        "{:?}",
        answer.notices
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_costs_of_the_questions_own_share() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    for (share, spent) in [
        (1, vec![Stage::Reranking, Stage::Generation]),
        (2, vec![Stage::Generation]),
        (3, vec![]),
    ] {
        let mut config = config(&s, "tei-rerank");
        config.invocations_a_question = share;
        let desk = Desk::new(config, dir.path(), &release).await;
        let answer = desk.ask(&format!("share {share}"), QUESTION, true).await.answer;
        let about: Vec<Stage> = answer.notices.iter().map(|n| n.about).collect();
        assert_eq!(about, spent, "{:?}", answer.notices);
        assert!(answer.notices.iter().all(|n| n.message.contains("may no more")));
        assert!(!answer.sentences.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_asked_where_a_rule_decides() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    s.models.prefer(&["bakery"]);
    let desk = Desk::new(config(&s, "tei-rerank"), dir.path(), &release).await;
    for question in [
        "My customer took an overdose, how does a customer return a package?",
        "What does claim rejection code 7Z5 mean?",
        "Who won the football match in Mongolia?",
    ] {
        let plain = desk.ask("", question, false).await.answer;
        let answer = desk.ask("id", question, true).await.answer;
        assert_eq!(but_for_notices(&answer), but_for_notices(&plain), "{question}");
        assert_eq!(answer.notices, [], "{question}");
    }
    assert_eq!(s.faults.count("rerank"), 0);
}
