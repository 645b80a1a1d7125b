//! A hit, or any passage, as it stands in its document.

use heed::Result;
use mortar_assistant::{Bytes, FoundBy, Passage};
use mortar_language::text;
use mortar_sources::{Document, prepare};

use super::Hit;
use crate::index::Reading;

pub(super) fn read(reading: &Reading<'_>, hit: &Hit, document: Document) -> Result<Passage> {
    let mut found_by = Vec::new();
    if hit.code.is_some() {
        found_by.push(FoundBy::Code);
    }
    if hit.signals.words > 0.0 {
        found_by.push(FoundBy::Words);
    }
    if hit.signals.likeness.is_some_and(|l| l >= 0.4) {
        found_by.push(FoundBy::Meaning);
    }
    // An exact code is certain in its own document, and good evidence where it is mentioned.
    let least = match hit.code {
        Some(c) if !c.mentions => 0.99,
        Some(_) => 0.6,
        None => 0.0,
    };
    Ok(Passage {
        score: hit.probability().max(least),
        found_by,
        ..plain(reading, hit.passage, document)?
    })
}

/// A passage as it stands in its document, found by nothing.
pub(super) fn plain(reading: &Reading<'_>, passage: u32, document: Document) -> Result<Passage> {
    let stored = reading.passage(passage)?;
    let head = prepare::head(&document, &stored.record).map(str::to_owned);
    let range = stored.record.range;
    let page = document.page(range.start);
    Ok(Passage {
        id: format!("{}#{}", document.id, stored.n),
        number: stored.n + 1,
        document: document.id,
        version: document.version,
        title: document.title,
        kind: document.kind,
        url: document.url,
        effective_from: document.effective_from,
        effective_to: document.effective_to,
        heading: stored
            .record
            .heading_path
            .last()
            .and_then(|h| heading(&document.body, range.start, h)),
        heading_path: stored.record.heading_path,
        page,
        start: range.start as u32,
        end: range.end as u32,
        text: document.body.get(range).unwrap_or_default().to_owned(),
        head,
        score: 1.0,
        ..Passage::default()
    })
}

/// Where the heading stands that a passage is under: the nearest line before it that is this heading.
fn heading(body: &str, start: usize, words: &str) -> Option<Bytes> {
    let before = body.get(..start)?;
    let line = before
        .lines()
        .rev()
        .find(|l| l.trim_start().starts_with('#') && text::collapse(l.trim().trim_matches('#')) == words)?;
    let at = line.as_ptr() as usize - body.as_ptr() as usize;
    // Only what stands there to the letter can be quoted.
    let from = at + line.find(words)?;
    let inner = words;
    Some(Bytes {
        start: from as u32,
        end: (from + inner.len()) as u32,
    })
}
