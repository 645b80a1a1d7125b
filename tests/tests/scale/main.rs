//! What 20,000 laptops ask of one tenant's store: the model behind docs/SCALE.md, and the test that keeps the two one.
//! What the program does is read from the program, and seen once at a store in memory. `MORTAR_WRITE_SCALE=1` writes
//! the tables of the document anew.

mod days;
mod document;
mod model;
mod prices;
mod program;

use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use mortar_desk::store::ReleaseStore;
use mortar_desk::store::keys::Keys;
use mortar_tests::shelf::{Hashed, Shelf, device, documents, publish};

use crate::days::{BACK, PLAIN, SHARP, day, results, roads};
use crate::document::{facts, tables, unaccounted};
use crate::model::{
    CHECK, Day, GIGABIT, LAPTOPS_A_SITE, METADATA, Patience, S3_LIMIT, SITES, SITES_AT_NINE, UNCHANGED, WORK, simulate,
};
use crate::prices::{BUCKET_KEYS, GET, KMS, bill};
use crate::program::{CHECK_INTERVAL, CHECK_JITTER};

#[test]
fn the_document_says_what_is_computed() {
    const MARKS: [&str; 2] = ["<!-- tables: begin -->\n", "\n<!-- tables: end -->"];
    // Under cargo the package is tests/; compiled alone, the test is run from the project's root.
    let docs = option_env!("CARGO_MANIFEST_DIR").map_or("docs".into(), |d| format!("{d}/../docs"));
    let document = Path::new(&docs).join("SCALE.md");
    let computed = tables();
    println!("{computed}");
    let text = fs::read_to_string(&document).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).expect("the mark where the tables begin");
    let (written, after) = rest.split_once(MARKS[1]).expect("the mark where the tables end");
    if env::var("MORTAR_WRITE_SCALE").is_ok_and(|v| v == "1") {
        fs::write(&document, [before, MARKS[0], &computed, MARKS[1], after].concat()).unwrap();
    } else if written != computed {
        let differ = written.lines().zip(computed.lines()).find(|(w, c)| w != c);
        panic!("docs/SCALE.md: paste the printed tables, or set MORTAR_WRITE_SCALE=1; {differ:?}");
    }
    let wrong = unaccounted(&[before, after].concat(), &facts());
    assert!(
        wrong.is_empty(),
        "docs/SCALE.md is to say this, or has numbers of its own: {wrong:#?}"
    );
}

#[test]
fn the_model_agrees_with_what_is_known_on_paper() {
    let laptops = (SITES * LAPTOPS_A_SITE) as f64;
    let near = |a: f64, b: f64, by: f64| assert!((a / b - 1.0).abs() < by, "{a} against {b}");
    // Every byte is counted once, and nobody is left without.
    for (label, bytes, pieces) in [("a1", 1.936e9, 300.0), ("b1", 19.36e6, 4.0), ("b2", 19.36e6, 4.0)] {
        let o = day(label);
        near(o.out, laptops * (bytes + 84_300.0 + 31.0 * UNCHANGED), 1e-3);
        near(o.bodies, laptops * (6.0 + pieces), 1e-9);
    }
    assert!(results()[0].iter().all(|o| o.waits.len() == SITES * LAPTOPS_A_SITE));
    // A full uplink takes as long as its bytes take; a check comes after half an interval and a little.
    near(day("a2").wait(0.99), 500.0 * 1.936e9 / GIGABIT, 0.01);
    let sites = SITES_AT_NINE;
    let at_nine = simulate(&Day { sites, ..BACK }, 1.0).waits;
    near(
        at_nine.iter().sum::<f64>() / at_nine.len() as f64,
        0.5 * CHECK_INTERVAL * (1.0 + CHECK_JITTER * CHECK_JITTER / 3.0),
        0.03,
    );
    // Steps of half the length change little.
    for (label, of) in [("b1", PLAIN), ("b2", SHARP)] {
        let finer = simulate(&of, 0.5);
        near(finer.out, day(label).out, 1e-3);
        assert!((finer.wait(0.99) - day(label).wait(0.99)).abs() < 3.0);
    }
}

#[test]
fn what_the_document_concludes_holds() {
    let d = day;
    let [_, spreads, _, uplinks] = results();
    // Deltas are what makes it affordable; people who arrive are no herd, a scheduler's programs are.
    assert!(d("a1").out > 90.0 * d("b1").out);
    assert!(d("b1").refused == 0.0 && d("b1").uplink_full == 0.0 && d("b1").peak_requests < 0.1 * S3_LIMIT);
    assert!(d("b2").peak_requests > 4.0 * S3_LIMIT && d("b2").refused_share() > 0.3);
    assert!(d("b3").refused > 1.1 * d("b2").refused);
    // Fewer attempts would send many away with nothing, until the next check.
    let hasty = simulate(
        &Day {
            patience: Patience::Attempts(6),
            ..SHARP
        },
        1.0,
    );
    assert!(hasty.wait(0.99) > CHECK_INTERVAL && d("b2").wait(1.0) < 90.0);
    // Two minutes are enough of a spread; ten only make all wait.
    let two = &spreads[3];
    assert!(two.refused == 0.0 && two.uplink_full < 20.0 && two.peak_requests < 0.5 * S3_LIMIT);
    assert!(d("c1").wait(0.5) > 50.0 * d("b1").wait(0.5));
    // A few who fetch everything cost as much as all who fetch the delta; kept deltas spare most of it.
    let more = |label| d(label).out - d("b1").out;
    assert!(more("e") > d("b1").out && more("f2") > 3.0 * more("f1"));
    // A rollback moves metadata alone, and is as quick as checks are.
    assert!(
        d("g").bodies == 6.0 * 20_000.0 && d("g").out < 0.01 * d("b1").out && d("g").wait(1.0) < 1.22 * CHECK_INTERVAL
    );
    // An uplink of 100 Mbit/s carries a delta, not everything within a day's work.
    assert!(uplinks[3].wait(0.99) < 60.0 && uplinks[5].wait(0.99) > WORK);
    // CloudFront pays a little by its price a GB, until requests are many.
    let [plain, often, _, all] = roads().map(|(_, dollars)| dollars);
    let spared = [plain, often].map(|road| road[0] - road[1]);
    assert!(spared[0] > 0.0 && spared[0] < 0.1 * plain[0] && spared[1] < 0.6 * spared[0] && all[1] < 0.9 * all[0]);
    assert!(plain[2] < 0.5 * plain[0] && plain[3] < 0.05 * plain[0]);
    // Without bucket keys KMS costs more than all GETs.
    let [gets, bodies, _] = bill(d("b1"));
    assert!(bodies * KMS > gets * GET && bodies * KMS * BUCKET_KEYS < 0.1 * gets * GET);
}

/// What a device asks for is what the model says: in order, and no more.
#[tokio::test]
async fn a_device_asks_for_what_the_model_says() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Arc::new(Shelf::default());
    let store: Arc<dyn ReleaseStore> = shelf.clone();
    let model = Hashed::named("hashed");
    let release = |n: usize| {
        let row = |i: usize| {
            (
                format!("d{i}"),
                format!("Question {i}?"),
                format!("Answer {i} in version {}.", if i < 3 { n } else { 1 }),
            )
        };
        documents(&(0..40).map(row).collect::<Vec<_>>())
    };
    publish(&store, dir.path(), release(1), &[&model], "live")
        .await
        .unwrap();
    let root = Keys::new(&dir.path().join("keys")).root().unwrap();
    let device = device(&store, &root, &dir.path().join("device"), &["hashed"]);
    let asked = async || {
        shelf.asked();
        device.sync(&mut |_| {}).await.unwrap();
        let names = shelf.asked().into_iter().filter(|key| !key.starts_with("segments/"));
        // Channels and releases lie among the targets.
        let role = |key: &str| {
            METADATA
                .iter()
                .rev()
                .map(|m| m.0)
                .find(|role| key.contains(role))
                .unwrap()
        };
        names.map(|key| role(&key)).collect::<Vec<_>>()
    };
    let all: Vec<&str> = METADATA.iter().map(|m| m.0).collect();
    assert_eq!(asked().await, all);
    assert_eq!(asked().await, all[..CHECK]);
    publish(&store, dir.path(), release(2), &[&model], "live")
        .await
        .unwrap();
    assert_eq!(asked().await, all);
}
