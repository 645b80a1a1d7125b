//! What is other between two releases, what hurts first.

use std::io::{Result, Write};

use mortar_desk::{Compared, Piece};

pub fn difference(to: &mut dyn Write, compared: &Compared) -> Result<()> {
    let d = &compared.difference;
    for side in [&compared.a, &compared.b] {
        let release = side.release.as_deref().map_or(String::new(), |r| format!(" ({r})"));
        writeln!(to, "{}{release}: {} documents", side.name, side.documents)?;
    }
    if d.is_none() {
        return writeln!(to, "nothing is other");
    }
    writeln!(
        to,
        "{} new, {} changed, {} renamed, {} withdrawn, {} as they were",
        d.added.len(),
        d.changed.len(),
        d.renamed.len(),
        d.withdrawn.len(),
        d.unchanged
    )?;
    let none = |fact: &Option<String>| fact.clone().unwrap_or_else(|| "—".to_owned());
    heading(to, "Numbers, days and denials", d.facts.len())?;
    for f in &d.facts {
        writeln!(to, "  {}: {} → {}", f.document, none(&f.was), none(&f.is))?;
        writeln!(to, "      - {}\n      + {}", f.before, f.after)?;
    }
    for (title, codes) in [("Codes that are lost", &d.codes_lost), ("New codes", &d.codes_new)] {
        heading(to, title, codes.len())?;
        for c in codes {
            writeln!(to, "  {}  ({})", c.code, c.documents.join(", "))?;
        }
    }
    let lists = [
        ("In force no longer", &d.ends),
        ("In force now", &d.begins),
        ("Withdrawn", &d.withdrawn),
        ("New", &d.added),
    ];
    for (title, named) in lists {
        heading(to, title, named.len())?;
        for n in named {
            writeln!(to, "  {}  {}", n.document, n.title)?;
        }
    }
    heading(to, "Renamed", d.renamed.len())?;
    for r in &d.renamed {
        writeln!(to, "  {} → {}  {}", r.from, r.to, r.title)?;
    }
    heading(to, "Changed", d.changed.len())?;
    for c in &d.changed {
        writeln!(to, "  {}  {}", c.document, c.title)?;
        for f in &c.fields {
            writeln!(to, "      {}: {} → {}", f.field, f.was, f.is)?;
        }
        if !c.words.is_empty() {
            let words: String = c.words.iter().map(shown).collect();
            writeln!(to, "      {}", words.replace('\n', "\n      "))?;
        }
    }
    Ok(())
}

fn heading(to: &mut dyn Write, title: &str, count: usize) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    writeln!(to, "\n{title} ({count})")
}

/// As `wdiff` writes it, which a terminal without colours shows too.
fn shown(piece: &Piece) -> String {
    match piece {
        Piece::Same(text) => text.clone(),
        Piece::Out(text) => format!("[-{text}-]"),
        Piece::In(text) => format!("{{+{text}+}}"),
    }
}
