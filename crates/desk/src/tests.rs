//! The types of the window, generated from the ones here.

use ts_rs::{Config, TS};

use super::*;
use assistant::{
    Citation, Fault as ModelFault, FoundBy, Grounding, Kind, LookAlike, Models, Notice, Problem, Reason, Stage, Timings,
};
use feedback::{Copied, Verdict};
use mortar_store::sync::{SyncProgress, SyncReport, SyncStep};

fn types() -> String {
    let cfg = Config::new().with_large_int("number");
    let mut out = String::from("// Generated from the Rust types by `cargo xtask types`. Do not edit.\n");
    macro_rules! declare {
        ($($t:ty),+ $(,)?) => { $( out.push_str(&format!("\nexport {}\n", <$t>::decl(&cfg))); )+ };
    }
    declare!(
        Kind,
        FoundBy,
        Passage,
        Grounding,
        Citation,
        Problem,
        Sentence,
        Reason,
        LookAlike,
        Timings,
        Models,
        Stage,
        ModelFault,
        Notice,
        Answer,
        Event,
        Document,
        DocumentRow,
        Verdict,
        Label,
        Copied,
        Exchange,
        ConversationRow,
        Answers,
        Connection,
        Freshness,
        Knowledge,
        SyncStep,
        SyncProgress,
        SyncReport,
        SinceState,
        Since,
        Status,
        DeskError,
    );
    out
}

#[test]
fn the_windows_types_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/backend/types.ts");
    if std::env::var_os("MORTAR_WRITE_TYPES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, types()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == types(),
        "ui/src/backend/types.ts is not up to date: run `cargo xtask types`"
    );
}

#[test]
fn no_passage_of_the_sample_is_longer_than_the_model_reads() {
    let model = MiniLm::open(&default_folder()).expect("the weights: run `cargo xtask setup`");
    let sample = sample::imported();
    assert!(
        sample.faults.is_empty() && sample.documents.len() > 260,
        "{:?}",
        sample.faults
    );
    for d in &sample.documents {
        for p in mortar_sources::passages(d) {
            let tokens = model.tokens(&mortar_sources::embedded(d, &p));
            assert!(tokens <= 256, "{} {:?}: {tokens} tokens", d.id, p.heading_path);
        }
    }
}

#[test]
fn links_open_only_on_the_tenants_hosts() {
    let config = |links: &[&str]| -> TenantConfig {
        let links: Vec<String> = links.iter().map(|l| format!("{l:?}")).collect();
        toml::from_str(&format!("name = \"T\"\nlinks = [{}]", links.join(", "))).unwrap()
    };
    let c = config(&["kb.example"]);
    for (url, may) in [
        ("https://kb.example/a", true),
        ("https://sub.kb.example/a?b#c", true),
        ("https://KB.example", true),
        ("http://kb.example/a", false),
        ("https://evil.example/kb.example", false),
        ("https://notkb.example/", false),
        ("https://kb.example@evil.example/", false),
        ("https://kb.example\\@evil.example/", false),
        ("javascript:alert(1)", false),
        ("file:///etc/passwd", false),
        ("", false),
    ] {
        assert_eq!(c.may_open(url), may, "{url}");
    }
}
