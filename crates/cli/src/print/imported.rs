//! The report of an import for a person at a terminal: what became of the documents, then what is to be looked at.

use std::io::{Result, Write};

use mortar_desk::intake::{Report, State, Told};

/// Ids of a kind that are named; the page and the JSON have all.
const NAMED: usize = 20;

pub fn imported(to: &mut dyn Write, r: &Report, taken: bool) -> Result<()> {
    writeln!(to, "{}", r.counts())?;
    let moved: Vec<String> = r
        .moved
        .iter()
        .map(|m| format!("{}  {} → {}", m.id, m.from, m.to))
        .collect();
    for (what, all) in [
        ("new", &r.new),
        ("changed", &r.changed),
        ("moved", &moved),
        ("gone", &r.gone),
    ] {
        for one in all.iter().take(NAMED) {
            writeln!(to, "{what:8} {one}")?;
        }
        if all.len() > NAMED {
            writeln!(to, "{what:8} and {} more", all.len() - NAMED)?;
        }
    }
    let (accepted, open): (Vec<&Told>, Vec<&Told>) = r.findings.iter().partition(|t| t.state == State::Accepted);
    writeln!(
        to,
        "\n{} findings, {} new, {} stop; {} accepted, {} settled",
        open.len(),
        open.iter().filter(|t| t.state == State::New).count(),
        r.stops(),
        accepted.len(),
        r.settled.len()
    )?;
    for t in &open {
        let mark = match (t.stops, t.state) {
            (true, _) => "stops",
            (false, State::New) => "new",
            (false, _) => "known",
        };
        let kind = t.finding.kind.name().replace('_', " ");
        writeln!(to, "{}  {mark:5}  {kind:14} {}", t.id, t.finding)?;
    }
    if !taken {
        writeln!(
            to,
            "\nNothing was taken: mend what stops, decide it in sources.toml, or accept it with mortar kb accept"
        )?;
    }
    Ok(())
}
