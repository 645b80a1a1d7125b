//! An evaluation as one page of HTML that needs nothing else: figures, plots, and what went wrong.

use std::fmt::Write;

use crate::golden::Evaluation;

pub(crate) const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f23;background:#fff}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d9dde2;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{max-width:28rem;width:100%;height:auto}small{color:#59616b}\
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#16181b}td,th{border-color:#353a41}small{color:#a3abb5}}";

/// The page. Nothing in it is loaded from elsewhere.
pub fn page(e: &Evaluation, release: &str, day: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Mortar: evaluation</title><style>{STYLE}</style><h1>Evaluation of release {}</h1><p><small>{} questions, {}</small></p>\
         {}<h2>By kind</h2>{}<h2>If only the surer ones were answered</h2>\
         <p><small>Across: the share of questions answered. Up: the share of those whose right document is among the first five.</small></p>{}\
         {}<h2>What went wrong</h2>{}</html>\n",
        escaped(release),
        e.questions,
        escaped(day),
        figures(e),
        kinds(e),
        plot(e),
        left_out(e),
        wrong(e)
    )
}

fn figures(e: &Evaluation) -> String {
    let mut out = String::from("<table>");
    for (name, key, value) in [
        ("Recall at 1", "recall_at_1", e.recall_at_1),
        ("Recall at 5", "recall_at_5", e.recall_at_5),
        ("Mean reciprocal rank", "mrr", e.mrr),
        ("Code accuracy", "code_accuracy", e.code_accuracy),
        ("Wrong substitutions", "", e.wrong_substitutions as f64),
        ("Abstention: precision", "abstention_precision", e.abstention_precision),
        ("Abstention: recall", "abstention_recall", e.abstention_recall),
        ("Abstention: F1", "", e.abstention_f1),
        ("Calibration error", "", e.calibration_error),
    ] {
        let range = e.intervals.get(key);
        let range = range.map_or(String::new(), |[a, b]| format!("{a:.3} to {b:.3}"));
        let _ = write!(out, "<tr><th>{name}<td class=n>{value:.3}<td><small>{range}</small>");
    }
    if let Some(f) = &e.parts {
        let _ = write!(
            out,
            "<tr><th>Parts of messages<td class=n>{:.3}<td><small>{:.3} to {:.3}, of {}</small>",
            f.value, f.low, f.high, f.of
        );
    }
    out + "</table>"
}

fn left_out(e: &Evaluation) -> String {
    let Some(beside) = &e.leave_out else {
        return String::new();
    };
    let mut out = String::from(
        "<h2>With their documents, and without</h2><p><small>Each known question asked twice: with the documents that \
         answer it, and with these taken away, when it must be refused.</small></p><table>\
         <tr><th><th>These questions<th>The release’s own",
    );
    let (g, k) = (&beside.golden, &beside.known);
    for (name, golden, known) in [
        ("Known questions", g.known as f64, k.known as f64),
        ("Answered right", g.answered_right, k.answered_right),
        ("Abstention: precision", g.abstention_precision, k.abstention_precision),
        ("Abstention: recall", g.abstention_recall, k.abstention_recall),
        ("Abstention: F1", g.abstention_f1, k.abstention_f1),
        ("Calibration error", g.calibration_error, k.calibration_error),
    ] {
        let _ = write!(out, "<tr><th>{name}<td class=n>{golden:.3}<td class=n>{known:.3}");
    }
    out + "</table>"
}

fn kinds(e: &Evaluation) -> String {
    let mut out = String::from("<table>");
    for (kind, f) in &e.kinds {
        let _ = write!(
            out,
            "<tr><th>{}<td class=n>{:.3}<td><small>{:.3} to {:.3}, of {}</small>",
            escaped(kind),
            f.value,
            f.low,
            f.high,
            f.of
        );
    }
    out + "</table>"
}

fn wrong(e: &Evaluation) -> String {
    let mut out = String::from("<table><tr><th>Question<th>Wanted<th>Found<th>Score");
    for r in e.results.iter().filter(|r| !r.ok) {
        let wanted = match r.expected.as_slice() {
            [] => "nothing".to_owned(),
            documents => documents.join(", "),
        };
        let found = r.found.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let nothing = if r.abstained {
            " <small>(nothing written)</small>"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<tr><td>{}<td>{}<td>{}{nothing}<td class=n>{:.2}",
            escaped(&r.ask),
            escaped(&wanted),
            escaped(&found),
            r.best_score
        );
    }
    out + "</table>"
}

/// The curve of precision against coverage, as SVG.
pub fn plot(e: &Evaluation) -> String {
    let (w, h, m) = (400.0, 260.0, 36.0);
    let at = |x: f64, y: f64| (m + x * (w - 2.0 * m), h - m - y * (h - 2.0 * m));
    let mut points = String::new();
    let mut dots = String::new();
    for p in e.curve.iter().filter(|p| p.answered > 0.0) {
        let (x, y) = at(p.answered, p.right);
        let _ = write!(points, "{x:.1},{y:.1} ");
        let now = (p.threshold - 0.5).abs() < 0.01;
        let _ = write!(
            dots,
            "<circle cx='{x:.1}' cy='{y:.1}' r='{}' fill='#2f6f5e'><title>{:.2}: {:.3} answered, {:.3} right</title></circle>",
            if now { 5 } else { 2 },
            p.threshold,
            p.answered,
            p.right
        );
    }
    let mut axes = String::new();
    for i in 0..=4 {
        let v = f64::from(i) / 4.0;
        let (x, y) = at(v, v);
        let _ = write!(
            axes,
            "<line x1='{x:.1}' y1='{}' x2='{x:.1}' y2='{}' stroke='#8883'/><line x1='{m}' y1='{y:.1}' x2='{}' y2='{y:.1}' stroke='#8883'/>\
             <text x='{x:.1}' y='{}' font-size='11' text-anchor='middle' fill='#777'>{v}</text><text x='{}' y='{y:.1}' font-size='11' text-anchor='end' fill='#777'>{v}</text>",
            m,
            h - m,
            w - m,
            h - m + 16.0,
            m - 6.0
        );
    }
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {w} {h}' role='img' aria-label='Share right against share answered'>{axes}\
         <polyline points='{points}' fill='none' stroke='#2f6f5e' stroke-width='2'/>{dots}</svg>"
    )
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
