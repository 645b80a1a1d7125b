//! A checking model behind an endpoint: it takes marks away from what the rules let stand, gives none, and whatever
//! becomes of it the marks are those of the rules, with a word that says so.

use std::path::Path;
use std::sync::Arc;

use mortar_aws::{Aws, AwsConfig, Health, SageMakerChecker};
use mortar_desk::assistant::{self, Checked, Grounding, Search, Sentence, Stage};
use mortar_desk::knowledge::{self, Release};
use mortar_desk::sources::NoExtractor;
use mortar_tests::InMemory;
use mortar_tests::stand_ins::{Fault, StandIns, visit_in_background};

const TEXT: &str = "Hello Anna. A refund reaches the card within 5 business days. The courier brings parcels to the depot. \
                    A refund reaches the card within two business days. \
                    A refund reaches the card within 5 business days, and the courier brings the parcels to the depot.";
/// As the rules have them.
const PLAIN: [Grounding; 5] = [
    Grounding::Courtesy,
    Grounding::Supported,
    Grounding::Verbatim,
    Grounding::Unsupported,
    Grounding::Supported,
];

async fn release(dir: &Path) -> Arc<Release> {
    let source = dir.join("a.csv");
    let rows = "id,title,body\n\
                refunds,Refunds,A refund reaches the card within five business days.\n\
                parcels,Parcels,The courier brings parcels to the depot.\n";
    std::fs::write(&source, rows).unwrap();
    let imported = mortar_desk::sources::import(&[source], &NoExtractor).unwrap();
    let release = dir.join("release");
    knowledge::build(imported, true, None, &release, &mut |_| {})
        .await
        .unwrap();
    Release::open(&release).unwrap()
}

struct Desk {
    checker: SageMakerChecker,
    release: Arc<Release>,
    lexicon: Arc<mortar_desk::language::drugs::Lexicon>,
}

impl Desk {
    /// Signed in, with a breaker of its own.
    async fn new(s: &StandIns, contract: &str, share: u32, dir: &Path, release: &Arc<Release>) -> Desk {
        let text = s.tenant("pharmacy", "tei", "messages") + &s.checking("pharmacy", contract);
        let table: toml::Table = text.parse().unwrap();
        let mut config: AwsConfig = table["aws"].clone().try_into().unwrap();
        config.invocations_a_question = share;
        let aws = Aws::new(config, Arc::new(InMemory::default()), dir.join("lock"));
        aws.sign_in.with_browser(visit_in_background).await.unwrap();
        Desk {
            checker: SageMakerChecker::of(&aws).unwrap(),
            release: release.clone(),
            lexicon: mortar_desk::language::drugs::Lexicon::own(),
        }
    }

    async fn check(&self, id: &str, asks: bool) -> Checked {
        let with = Search {
            embedder: None,
            instead: None,
            retriever: &*self.release,
            lexicon: &self.lexicon,
            emergencies: &[],
            inference_id: id,
        };
        let checker = asks.then_some(&self.checker as &dyn assistant::Checker);
        let as_of = "2026-11-22".parse().unwrap();
        assistant::check(&with, checker, TEXT, as_of).await.unwrap()
    }
}

fn marks(sentences: &[Sentence]) -> Vec<Grounding> {
    sentences.iter().map(|s| s.grounding).collect()
}

const CONTRACTS: [&str; 2] = ["tei-predict", "hf-entailment"];

#[tokio::test(flavor = "multi_thread")]
async fn the_stricter_of_both_holds() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    for contract in CONTRACTS {
        let desk = Desk::new(&s, contract, 6, dir.path(), &release).await;
        s.models.doubt(&[]);
        let id = format!("id-{contract}");
        let agreed = desk.check(&id, true).await;
        assert_eq!(
            (marks(&agreed.sentences), agreed.notices.len()),
            (PLAIN.to_vec(), 0),
            "{contract}"
        );
        assert!(s.models.inference_ids().contains(&format!("check:{id}")), "{contract}");
        // Asked are the claims that stand in words of their own: no courtesy, no sentence of a source, nothing flagged.
        let body = String::from_utf8(s.models.last_body("check").unwrap()).unwrap();
        assert!(
            body.contains("five business days") && !body.contains("Anna") && !body.contains("two business"),
            "{body}"
        );
        s.models.doubt(&["courier"]);
        let doubted = desk.check(&format!("{id}-doubt"), true).await;
        let mut wanted = PLAIN.to_vec();
        wanted[4] = Grounding::Unsupported;
        assert_eq!(marks(&doubted.sentences), wanted, "{contract}");
        let claims: Vec<Grounding> = doubted.sentences[4].claims.iter().map(|c| c.grounding).collect();
        assert_eq!(claims, [Grounding::Supported, Grounding::Unsupported], "{contract}");
        assert!(!doubted.stands);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_it_the_marks_are_those_of_the_rules() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    s.models.doubt(&["refund", "courier"]);
    for contract in CONTRACTS {
        for fault in Fault::ALL {
            for times in [1, 9] {
                let what = format!("{contract} {} ×{times}", fault.name());
                let desk = Desk::new(&s, contract, 6, dir.path(), &release).await;
                let plain = desk.check("", false).await;
                let before = s.faults.count("check");
                s.faults.set("check", fault, times);
                let got = desk.check(&what, true).await;
                s.faults.clear("*");
                assert!(s.faults.count("check") - before <= 6, "{what}");
                match got.notices.as_slice() {
                    [] => assert_eq!(got.sentences[1].grounding, Grounding::Unsupported, "{what}"),
                    [told] => assert_eq!(
                        (told.about, &got.sentences),
                        (Stage::Checking, &plain.sentences),
                        "{what}"
                    ),
                    more => panic!("{what}: {more:?}"),
                }
                // What does not pass by itself is said.
                let stays = matches!(
                    fault,
                    Fault::Slow | Fault::Garbage | Fault::WrongCount | Fault::OutOfRange
                );
                assert!(!stays || got.notices.len() == 1, "{what}: {got:#?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_left_alone_where_it_keeps_failing_and_costs_of_the_checks_own_share() {
    let dir = tempfile::tempdir().unwrap();
    let release = release(dir.path()).await;
    let s = StandIns::start(true).await;
    let desk = Desk::new(&s, "tei-predict", 6, dir.path(), &release).await;
    s.faults.set("check", Fault::Slow, 3);
    for n in 0..3 {
        assert_eq!(
            desk.check(&format!("id {n}"), true).await.notices[0].fault,
            assistant::Fault::Slow
        );
    }
    assert_eq!(desk.checker.health(), Health::Open);
    let before = s.faults.count("check");
    let told = desk.check("id", true).await.notices;
    assert_eq!((s.faults.count("check"), told[0].about), (before, Stage::Checking));

    let spent = Desk::new(&s, "tei-predict", 1, dir.path(), &release).await;
    assert_eq!(spent.check("one", true).await.notices, []);
    assert_eq!(spent.check("one", true).await.notices[0].about, Stage::Checking);
}
