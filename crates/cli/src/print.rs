//! Results for a person at a terminal.

mod comparison;
mod difference;
mod imported;

use std::io::{Result, Write};
use std::path::Path;

use mortar_desk::knowledge::{Built, Hit};
use mortar_desk::sources::{Document, DocumentRow};
use mortar_desk::store::keys::KeysShown;
use mortar_desk::store::publish::Published;
use mortar_desk::store::sync::SyncReport;
use mortar_desk::store::tend::{Cleared, ReleaseRow};
use mortar_desk::store::verify::Verification;
use mortar_desk::{
    AttackFigures, Check, Evaluation, Figure, GroundingFigures, JudgedFigures, LeaveOut, MaskingFigures,
    RankingFigures, Share, Told,
};

pub use comparison::{comparison, promoted, review, rolled_out};
pub use difference::difference;
pub use imported::imported;
pub use mortar_desk::words::{answer, checked};

pub fn found(to: &mut dyn Write, found: &[(DocumentRow, Hit)]) -> Result<()> {
    for (n, (d, h)) in found.iter().enumerate() {
        writeln!(to, "{:3}  {:.2}  {}  ({})", n + 1, h.probability(), d.title, d.id)?;
    }
    Ok(())
}

pub fn rows(to: &mut dyn Write, rows: &[DocumentRow]) -> Result<()> {
    for d in rows {
        writeln!(
            to,
            "{:8} {:24} {}",
            format!("{:?}", d.kind).to_lowercase(),
            d.id,
            d.title
        )?;
    }
    Ok(())
}

pub fn document(to: &mut dyn Write, d: &Document) -> Result<()> {
    writeln!(to, "{}\n{} · version {}", d.title, d.id, d.version)?;
    if let Some(from) = d.effective_from {
        writeln!(to, "in force from {from}")?;
    }
    if let Some(until) = d.effective_to {
        writeln!(to, "in force until {until}")?;
    }
    if let Some(source) = &d.source {
        let place = source.place.as_deref().map_or_else(String::new, |p| format!(", {p}"));
        let read = source.read.map_or_else(String::new, |day| format!(", read on {day}"));
        writeln!(to, "from {}{place}{read}", source.file)?;
    }
    if let Some(history) = &d.history {
        writeln!(to, "{history}")?;
    }
    writeln!(to, "\n{}", d.body)
}

pub fn built(to: &mut dyn Write, b: &Built, dir: &Path) -> Result<()> {
    let m = &b.manifest;
    let by = m.embeddings.first().map_or("no embedding model".to_owned(), |e| {
        format!("{} vectors of {}", e.vectors, e.model)
    });
    writeln!(
        to,
        "release {} in {}: {} documents, {} passages, {by}",
        m.release,
        dir.display(),
        m.documents,
        m.passages
    )
}

pub fn evaluation(to: &mut dyn Write, e: &Evaluation) -> Result<()> {
    for r in e.results.iter().filter(|r| !r.ok) {
        writeln!(
            to,
            "✗ {}\n    wanted {:?}, found {:?}{} ({:.2})",
            r.ask,
            r.expected,
            r.found,
            if r.abstained { ", nothing written" } else { "" },
            r.best_score
        )?;
    }
    writeln!(to, "questions             {}", e.questions)?;
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
        writeln!(to, "{name:21} {value:.3}{range}")?;
    }
    writeln!(to, "wrong substitutions   {}", e.wrong_substitutions)?;
    if let Some(f) = &e.parts {
        writeln!(to, "parts of messages     {:.3}  of {}", f.value, f.of)?;
    }
    for (kind, f) in &e.kinds {
        writeln!(to, "  {kind:19} {:.3}  of {}", f.value, f.of)?;
    }
    if let Some(beside) = &e.leave_out {
        writeln!(to, "\nthese questions with their documents and without")?;
        left_out(to, &beside.golden)?;
        writeln!(to, "\nthe release's own questions with their documents and without")?;
        left_out(to, &beside.known)?;
    }
    Ok(())
}

pub fn leave_out(to: &mut dyn Write, l: &LeaveOut) -> Result<()> {
    for r in l.results.iter().filter(|r| !r.ok) {
        let documents = if r.taken_away { "without its documents" } else { "of" };
        let refused = if r.abstained { ", nothing written" } else { "" };
        writeln!(
            to,
            "✗ {}\n    {documents} {:?}, found {:?}{refused} ({:.2})",
            r.ask, r.documents, r.found, r.best_score
        )?;
    }
    left_out(to, l)
}

fn left_out(to: &mut dyn Write, l: &LeaveOut) -> Result<()> {
    writeln!(to, "known questions       {}", l.known)?;
    for (name, key, value) in [
        ("answered right", "answered_right", l.answered_right),
        ("abstention precision", "abstention_precision", l.abstention_precision),
        ("abstention recall", "abstention_recall", l.abstention_recall),
        ("abstention F1", "", l.abstention_f1),
        ("calibration error", "", l.calibration_error),
    ] {
        let range = l.intervals.get(key);
        let range = range.map_or(String::new(), |[a, b]| format!("  ({a:.3} to {b:.3})"));
        writeln!(to, "{name:21} {value:.3}{range}")?;
    }
    Ok(())
}

pub fn ranking(to: &mut dyn Write, r: &RankingFigures) -> Result<()> {
    writeln!(to, "questions             {}", r.questions)?;
    for (name, f) in &r.figures {
        writeln!(to, "{name:21} {:.3}  ({:.3} to {:.3})", f.value, f.low, f.high)?;
    }
    Ok(())
}

pub fn grounding(to: &mut dyn Write, g: &GroundingFigures) -> Result<()> {
    for k in &g.kinds {
        for wrong in &k.wrong {
            let what = if k.honest { "flagged" } else { "not flagged" };
            writeln!(to, "✗ {}, {what}: {wrong}", k.kind)?;
        }
    }
    writeln!(to, "share flagged")?;
    for k in &g.kinds {
        line(to, k.kind, &k.flagged)?;
    }
    line(to, "all planted", &g.planted_flagged)?;
    line(to, "all honest", &g.honest_flagged)?;
    writeln!(
        to,
        "wrong quotes          {}  after {} random edits too",
        g.wrong_quotes, g.edits
    )?;
    writeln!(to, "ms a sentence         {:.3}", g.ms_a_sentence)
}

pub fn judged(to: &mut dyn Write, j: &JudgedFigures) -> Result<()> {
    writeln!(
        to,
        "                      texts  stand  balanced accuracy  precision  recall  calibration error"
    )?;
    for p in &j.parts {
        let figures = |t: &Told| format!("{:17.3}  {:9.3}  {:6.3}", t.balanced_accuracy, t.precision, t.recall);
        writeln!(
            to,
            "{:21} {:6} {:6}  {}  {:17.3}",
            p.set,
            p.texts,
            p.stand,
            figures(&p.marks),
            p.calibration_error
        )?;
        writeln!(
            to,
            "  counting words                     {}",
            figures(&p.counting_words)
        )?;
    }
    writeln!(to, "claim nothing         {}", j.claim_nothing)?;
    writeln!(to, "ms a text             {:.3}, p95 {:.3}", j.ms_a_text, j.ms_p95)
}

fn line(to: &mut dyn Write, name: &str, f: &Figure) -> Result<()> {
    writeln!(
        to,
        "{name:21} {:.3}  ({:.3} to {:.3})  of {}",
        f.value, f.low, f.high, f.of
    )
}

pub fn masking(to: &mut dyn Write, m: &MaskingFigures) -> Result<()> {
    for missed in &m.missed {
        writeln!(to, "✗ not masked: {missed}")?;
    }
    for wrong in &m.wrong {
        writeln!(to, "✗ masked: {wrong}")?;
    }
    let share = |s: &Share| format!("{:.3}  {} of {}", s.value, s.right, s.of);
    writeln!(to, "texts                 {}", m.texts)?;
    writeln!(to, "recall                {}", share(&m.recall))?;
    for (kind, s) in &m.recall_by_type {
        writeln!(to, "  {:32} {}", kind.to_lowercase(), share(s))?;
    }
    writeln!(to, "precision             {}", share(&m.precision))?;
    for (kind, s) in &m.precision_by_kind {
        writeln!(to, "  {kind:32} {}", share(s))?;
    }
    writeln!(to, "changed without any   {}", share(&m.changed))?;
    writeln!(to, "ms a text             {:.3}, p95 {:.3}", m.ms_median, m.ms_p95)
}

pub fn attacks(to: &mut dyn Write, a: &AttackFigures) -> Result<()> {
    for (way, missed) in &a.missed {
        for m in missed {
            writeln!(to, "✗ {way}, not flagged: {m}")?;
        }
    }
    writeln!(to, "orders                {}", a.orders)?;
    writeln!(to, "verbatim obeyed       {}", a.verbatim_obeyed)?;
    line(to, "verbatim repeated", &a.verbatim_repeated)?;
    writeln!(to, "unfenced prompts      {}", a.unfenced)?;
    writeln!(to, "share flagged")?;
    a.flagged.iter().try_for_each(|(way, f)| line(to, way, f))
}

pub fn checks(to: &mut dyn Write, checks: &[Check]) -> Result<()> {
    for c in checks {
        writeln!(to, "{} {:16} {}", if c.ok { "●" } else { "▲" }, c.name, c.found)?;
        if let Some(remedy) = &c.remedy {
            writeln!(to, "  {:16} {remedy}", "")?;
        }
    }
    Ok(())
}

/// Bytes as people count them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

pub fn synced(to: &mut dyn Write, r: &SyncReport) -> Result<()> {
    if r.changed {
        writeln!(
            to,
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
        )?;
    } else {
        writeln!(
            to,
            "{} shows release {} ({}) still: nothing new",
            r.channel, r.number, r.release
        )?;
    }
    Ok(())
}

pub fn published(to: &mut dyn Write, p: &Published) -> Result<()> {
    let what = format!(
        "{} added, {} changed, {} withdrawn, {} as before",
        p.added.len(),
        p.changed.len(),
        p.withdrawn.len(),
        p.unchanged
    );
    if p.dry_run {
        writeln!(
            to,
            "release {} would be made: {what}; at most {} texts to embed",
            p.number, p.embedded
        )?;
    } else if p.nothing_new {
        writeln!(
            to,
            "{} shows release {} ({}) already: nothing new",
            p.channel, p.number, p.release
        )?;
    } else {
        writeln!(
            to,
            "{} shows release {} ({}): {what}; {} texts embedded, {} uploaded",
            p.channel,
            p.number,
            p.release,
            p.embedded,
            size(p.uploaded_bytes)
        )?;
    }
    Ok(())
}

pub fn releases(to: &mut dyn Write, rows: &[ReleaseRow]) -> Result<()> {
    for r in rows {
        let shown = if r.channels.is_empty() {
            String::new()
        } else {
            format!("  ← {}", r.channels.join(", "))
        };
        writeln!(
            to,
            "{:>4}  {}  {}  {} documents, {} in {} segments{shown}",
            r.number,
            r.release,
            r.created_at,
            r.documents,
            size(r.bytes),
            r.segments
        )?;
        if !r.notes.is_empty() {
            writeln!(to, "      {}", r.notes)?;
        }
        for rollout in &r.rollouts {
            writeln!(to, "      {}", comparison::rollout(rollout))?;
        }
        for o in r.promotions.iter().filter_map(|p| p.overridden.as_ref()) {
            writeln!(
                to,
                "      promoted though {} reasons spoke against it: {}",
                o.reasons.len(),
                o.why
            )?;
        }
    }
    Ok(())
}

pub fn verified(to: &mut dyn Write, c: &Verification) -> Result<()> {
    for f in &c.faults {
        writeln!(to, "✗ {f}")?;
    }
    if c.faults.is_empty() {
        writeln!(
            to,
            "{} releases, {} files, {}: every byte as signed",
            c.releases,
            c.files,
            size(c.bytes)
        )?;
    }
    Ok(())
}

pub fn cleared(to: &mut dyn Write, c: &Cleared, dry_run: bool) -> Result<()> {
    let verb = if dry_run {
        "would be cleared away"
    } else {
        "cleared away"
    };
    writeln!(
        to,
        "{} releases and {} files, {}, {verb}",
        c.releases.len(),
        c.files,
        size(c.bytes)
    )
}

pub fn keys(to: &mut dyn Write, k: &KeysShown) -> Result<()> {
    writeln!(to, "root {}, until {}", k.root_version, k.root_expires)?;
    for role in &k.roles {
        writeln!(
            to,
            "{} (signed by {} of {}):",
            role.role,
            role.threshold,
            role.keys.len()
        )?;
        for key in &role.keys {
            writeln!(to, "  {}  {}", key.id, if key.here { "here" } else { "elsewhere" })?;
        }
    }
    Ok(())
}
