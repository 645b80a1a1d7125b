//! The report as one page that needs nothing beside it: no script, nothing loaded. All that a source says is escaped.

use std::fmt::Write;

use crate::report::{Report, State, Told};

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
td code { white-space: nowrap; }
.stops { font-weight: 600; }
.accepted { opacity: .75; }
details { margin: .6rem 0; }";

pub fn page(report: &Report) -> String {
    let mut out = String::new();
    // A String takes all that is written.
    let _ = write(report, &mut out);
    out
}

fn write(r: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Import of {day}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>Import of {day}</h1>",
        day = r.day
    )?;
    writeln!(out, "<p>{}.</p>", r.counts())?;
    let open: Vec<&Told> = r.findings.iter().filter(|t| t.state != State::Accepted).collect();
    let accepted: Vec<&Told> = r.findings.iter().filter(|t| t.state == State::Accepted).collect();
    let stopping = r.stops();
    if stopping > 0 {
        writeln!(
            out,
            "<p class=\"stops\">Nothing is built while what stops stands ({stopping}).</p>"
        )?;
    }
    findings("To look at", &open, out)?;
    findings("Accepted", &accepted, out)?;
    list("Settled since the last import", &r.settled, out)?;
    list("New documents", &r.new, out)?;
    list("Changed documents", &r.changed, out)?;
    let moved: Vec<String> = r
        .moved
        .iter()
        .map(|m| format!("{}: {} → {}", m.id, m.from, m.to))
        .collect();
    list("Moved documents", &moved, out)?;
    list("Documents that are there no more", &r.gone, out)?;
    list("Files passed over", &r.ignored, out)?;
    provenance(r, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn findings(heading: &str, told: &[&Told], out: &mut String) -> std::fmt::Result {
    if told.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>{heading} ({})</h2>\n<table>\n<thead><tr><th scope=\"col\">Id</th><th scope=\"col\">Kind</th>\
         <th scope=\"col\">State</th><th scope=\"col\">Where</th><th scope=\"col\">What</th></tr></thead>\n<tbody>",
        told.len()
    )?;
    for t in told {
        let state = match (t.state, t.stops) {
            (State::Accepted, _) => "accepted".to_owned(),
            (State::New, stops) => format!("new{}", if stops { ", stops" } else { "" }),
            (State::Known, stops) => format!("since {}{}", t.since, if stops { ", stops" } else { "" }),
        };
        let class = match (t.state, t.stops) {
            (State::Accepted, _) => " class=\"accepted\"",
            (_, true) => " class=\"stops\"",
            _ => "",
        };
        let place = t.finding.place.as_deref().map_or(String::new(), |p| format!(", {p}"));
        let why = t
            .accepted
            .as_deref()
            .map_or(String::new(), |why| format!(" (accepted: {why})"));
        writeln!(
            out,
            "<tr{class}><td><code>{}</code></td><td>{}</td><td>{state}</td><td>{}</td><td>{}</td></tr>",
            t.id,
            t.finding.kind.name().replace('_', " "),
            escaped(&format!("{}{place}", t.finding.file)),
            escaped(&format!("{}{why}", t.finding.reason)),
        )?;
    }
    writeln!(out, "</tbody>\n</table>")
}

fn list(heading: &str, items: &[String], out: &mut String) -> std::fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{heading} ({})</summary>\n<ul>", items.len())?;
    for item in items {
        writeln!(out, "<li>{}</li>", escaped(item))?;
    }
    writeln!(out, "</ul></details>")
}

fn provenance(r: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "<details><summary>Where each document is from</summary>\n<table>\n<thead><tr><th scope=\"col\">Document</th>\
         <th scope=\"col\">Source</th><th scope=\"col\">Place</th><th scope=\"col\">Read so since</th></tr></thead>\n<tbody>"
    )?;
    for p in &r.provenance {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&p.id),
            escaped(&p.from.file),
            escaped(p.from.place.as_deref().unwrap_or_default()),
            p.from.read.map_or_else(String::new, |day| day.to_string())
        )?;
    }
    writeln!(out, "</tbody>\n</table></details>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
