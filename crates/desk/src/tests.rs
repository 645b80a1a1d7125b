//! The types of the window, generated from the ones here.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::*;
use assistant::{
    Answer, Citation, Event, Fault as ModelFault, FoundBy, Grounding, Kind, LookAlike, Models, Notice, Passage,
    Problem, Reason, Sentence, Stage, Timings,
};
use feedback::{ConversationRow, Copied, Exchange, Label, Verdict};
use knowledge::{Document, DocumentRow};
use mortar_knowledge::store::sync::{SyncProgress, SyncReport, SyncStep};

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
        ErrorCode,
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
