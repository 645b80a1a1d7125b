//! Results for a person at a terminal.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use mortar_desk::assistant::{Answer, Grounding, Problem, Reason, Stage};
use mortar_desk::knowledge::{Built, Hit, Progress};
use mortar_desk::sources::{Document, DocumentRow};
use mortar_desk::store::keys::KeysShown;
use mortar_desk::store::publish::{PublishProgress, Published};
use mortar_desk::store::sync::{SyncProgress, SyncReport, SyncStep};
use mortar_desk::store::tend::{Cleared, ReleaseRow};
use mortar_desk::store::verify::Verification;
use mortar_desk::{AttackFigures, Check, Evaluation, Figure, GroundingFigures, RankingFigures};

/// A progress bar on stderr; silent where stderr is no terminal.
pub struct Bar(ProgressBar);

impl Bar {
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Bar(bar)
    }

    pub fn show(&self, p: Progress) {
        match p {
            Progress::Downloading { done, of } => self.at("downloading".into(), done as u64, of as u64),
            Progress::Embedding { done, of } => self.at("embedding".into(), done as u64, of as u64),
            Progress::Indexing => self.0.set_message("indexing"),
            Progress::Verifying => self.0.set_message("verifying"),
        }
    }

    fn at(&self, what: String, done: u64, of: u64) {
        self.0.set_message(what);
        self.0.set_length(of);
        self.0.set_position(done);
    }

    pub fn sync(&self, p: SyncProgress) {
        let what = match p.step {
            SyncStep::Checking => "checking",
            SyncStep::Downloading => "downloading",
            SyncStep::Building => "building",
            SyncStep::Switching => "switching",
        };
        self.at(what.to_owned(), p.done, p.of);
    }

    pub fn publish(&self, p: &PublishProgress) {
        match p {
            PublishProgress::Comparing => self.0.set_message("comparing"),
            PublishProgress::Embedding { model, done, of } => {
                self.at(format!("embedding by {model}"), *done as u64, *of as u64);
            }
            PublishProgress::Uploading { done, of } => self.at("uploading".into(), *done, *of),
            PublishProgress::Signing => self.0.set_message("signing"),
        }
    }

    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}

pub fn answer(a: &Answer) {
    if let Some(q) = &a.asked_as {
        println!("asked as: {q}\n");
    }
    for n in &a.notices {
        let instead = match (n.about, a.incomplete) {
            (Stage::Embedding, _) => "searched by words and codes alone",
            (Stage::Generation, true) => "the answer is incomplete",
            (Stage::Generation, false) => "answered with the sources' own sentences",
        };
        println!("{instead}: {}\n", n.message);
    }
    if a.abstained {
        println!("{}", refusal(a));
        if !a.look_alikes.is_empty() {
            println!("\nThese look alike; check the claim before you use one:");
            a.look_alikes.iter().for_each(|l| println!("  {}  {}", l.code, l.title));
        }
        if !a.passages.is_empty() {
            println!("\nNearest, not used:");
        }
    } else {
        for code in &a.unknown_codes {
            println!("Code {code} is not in the knowledge.");
        }
        for s in &a.sentences {
            let (mark, word) = match s.grounding {
                Grounding::Verbatim => ("●", "verbatim"),
                Grounding::Supported => ("◐", "supported"),
                Grounding::Partial => ("○", "partial"),
                Grounding::Unsupported => ("▲", "no source"),
            };
            let cited: Vec<String> = s.citations.iter().map(|c| format!("[{}]", c.number)).collect();
            println!("{mark} {} {} ({word})", s.text, cited.concat());
            if let Some(Problem::Missing { values }) = &s.problem {
                println!("    in no passage: {}", values.join(", "));
            }
        }
        println!("\nSources:");
    }
    for p in &a.passages {
        println!(
            "  [{}] {} ({}, version {}, {:.2})",
            p.number, p.title, p.document, p.version, p.score
        );
    }
}

fn refusal(a: &Answer) -> String {
    let codes = a.unknown_codes.join(", ");
    match a.reason {
        Some(Reason::UnknownCode) => {
            format!("Code {codes} is not in the knowledge. Nothing was written: a neighbouring code would be wrong.")
        }
        Some(Reason::NotInForce) => format!(
            "Code {codes} is only in documents that are not in force on {}. Nothing was written.",
            a.as_of
        ),
        _ => "No source covers this. Nothing was written.".to_owned(),
    }
}

pub fn found(found: &[(DocumentRow, Hit)]) {
    for (n, (d, h)) in found.iter().enumerate() {
        println!("{:3}  {:.2}  {}  ({})", n + 1, h.probability(), d.title, d.id);
    }
}

pub fn rows(rows: &[DocumentRow]) {
    for d in rows {
        println!("{:8} {:24} {}", format!("{:?}", d.kind).to_lowercase(), d.id, d.title);
    }
}

pub fn document(d: &Document) {
    println!("{}\n{} · version {}", d.title, d.id, d.version);
    if let Some(from) = d.effective_from {
        println!("in force from {from}");
    }
    if let Some(to) = d.effective_to {
        println!("in force until {to}");
    }
    if let Some(history) = &d.history {
        println!("{history}");
    }
    println!("\n{}", d.body);
}

pub fn built(b: &Built, dir: &Path) {
    let m = &b.manifest;
    let by = m.embeddings.first().map_or("no embedding model".to_owned(), |e| {
        format!("{} vectors of {}", e.vectors, e.model)
    });
    println!(
        "release {} in {}: {} documents, {} passages, {by}",
        m.release,
        dir.display(),
        m.documents,
        m.passages
    );
}

pub fn evaluation(e: &Evaluation) {
    for r in e.results.iter().filter(|r| !r.ok) {
        println!(
            "✗ {}\n    wanted {:?}, found {:?}{} ({:.2})",
            r.ask,
            r.expected,
            r.found,
            if r.abstained { ", nothing written" } else { "" },
            r.best_score
        );
    }
    println!("questions             {}", e.questions);
    for (name, key, value) in [
        ("recall@1", "recall_at_1", e.recall_at_1),
        ("recall@5", "recall_at_5", e.recall_at_5),
        ("MRR", "mrr", e.mrr),
        ("code accuracy", "code_accuracy", e.code_accuracy),
        ("abstention precision", "abstention_precision", e.abstention_precision),
        ("abstention recall", "abstention_recall", e.abstention_recall),
        ("abstention F1", "", e.abstention_f1),
        ("calibration error", "", e.calibration_error),
    ] {
        let range = e.intervals.get(key);
        let range = range.map_or(String::new(), |[a, b]| format!("  ({a:.3} to {b:.3})"));
        println!("{name:21} {value:.3}{range}");
    }
    println!("wrong substitutions   {}", e.wrong_substitutions);
    for (kind, f) in &e.kinds {
        println!("  {kind:19} {:.3}  of {}", f.value, f.of);
    }
}

pub fn ranking(r: &RankingFigures) {
    println!("questions             {}", r.questions);
    for (name, f) in &r.figures {
        println!("{name:21} {:.3}  ({:.3} to {:.3})", f.value, f.low, f.high);
    }
}

pub fn grounding(g: &GroundingFigures) {
    for k in &g.kinds {
        for wrong in &k.wrong {
            let what = if k.honest { "flagged" } else { "not flagged" };
            println!("✗ {}, {what}: {wrong}", k.kind);
        }
    }
    println!("share flagged");
    for k in &g.kinds {
        line(k.kind, &k.flagged);
    }
    line("all planted", &g.planted_flagged);
    line("all honest", &g.honest_flagged);
    println!(
        "wrong quotes          {}  after {} random edits too",
        g.wrong_quotes, g.edits
    );
    println!("ms a sentence         {:.3}", g.ms_a_sentence);
}

fn line(name: &str, f: &Figure) {
    println!("{name:21} {:.3}  ({:.3} to {:.3})  of {}", f.value, f.low, f.high, f.of);
}

pub fn attacks(a: &AttackFigures) {
    for (way, missed) in &a.missed {
        missed.iter().for_each(|m| println!("✗ {way}, not flagged: {m}"));
    }
    println!("orders                {}", a.orders);
    println!("verbatim obeyed       {}", a.verbatim_obeyed);
    line("verbatim repeated", &a.verbatim_repeated);
    println!("unfenced prompts      {}", a.unfenced);
    println!("share flagged");
    a.flagged.iter().for_each(|(way, f)| line(way, f));
}

pub fn checks(checks: &[Check]) {
    for c in checks {
        println!("{} {:16} {}", if c.ok { "●" } else { "▲" }, c.name, c.found);
        if let Some(remedy) = &c.remedy {
            println!("  {:16} {remedy}", "");
        }
    }
}

/// Bytes as people count them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

pub fn synced(r: &SyncReport) {
    if r.changed {
        println!(
            "{} shows release {} ({}): {} added, {} changed, {} withdrawn; {} in {} requests, {:.1} s",
            r.channel,
            r.number,
            r.release,
            r.added,
            r.changed_documents,
            r.withdrawn,
            size(r.bytes + r.metadata_bytes),
            r.requests,
            r.seconds
        );
    } else {
        println!(
            "{} shows release {} ({}) still: nothing new",
            r.channel, r.number, r.release
        );
    }
}

pub fn published(p: &Published) {
    let what = format!(
        "{} added, {} changed, {} withdrawn, {} as before",
        p.added.len(),
        p.changed.len(),
        p.withdrawn.len(),
        p.unchanged
    );
    if p.dry_run {
        println!(
            "release {} would be made: {what}; at most {} texts to embed",
            p.number, p.embedded
        );
    } else if p.nothing_new {
        println!(
            "{} shows release {} ({}) already: nothing new",
            p.channel, p.number, p.release
        );
    } else {
        println!(
            "{} shows release {} ({}): {what}; {} texts embedded, {} uploaded",
            p.channel,
            p.number,
            p.release,
            p.embedded,
            size(p.uploaded_bytes)
        );
    }
}

pub fn releases(rows: &[ReleaseRow]) {
    for r in rows {
        let shown = if r.channels.is_empty() {
            String::new()
        } else {
            format!("  ← {}", r.channels.join(", "))
        };
        println!(
            "{:>4}  {}  {}  {} documents, {} in {} segments{shown}",
            r.number,
            r.release,
            r.created_at,
            r.documents,
            size(r.bytes),
            r.segments
        );
        if !r.notes.is_empty() {
            println!("      {}", r.notes);
        }
    }
}

pub fn verified(c: &Verification) {
    c.faults.iter().for_each(|f| println!("✗ {f}"));
    if c.faults.is_empty() {
        println!(
            "{} releases, {} files, {}: every byte as signed",
            c.releases,
            c.files,
            size(c.bytes)
        );
    }
}

pub fn cleared(c: &Cleared, dry_run: bool) {
    let verb = if dry_run {
        "would be cleared away"
    } else {
        "cleared away"
    };
    println!(
        "{} releases and {} files, {}, {verb}",
        c.releases.len(),
        c.files,
        size(c.bytes)
    );
}

pub fn keys(k: &KeysShown) {
    println!("root {}, until {}", k.root_version, k.root_expires);
    for role in &k.roles {
        println!("{} (signed by {} of {}):", role.role, role.threshold, role.keys.len());
        for key in &role.keys {
            println!("  {}  {}", key.id, if key.here { "here" } else { "elsewhere" });
        }
    }
}
