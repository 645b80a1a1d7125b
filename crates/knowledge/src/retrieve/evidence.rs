//! What a passage that was read says for itself beside what found it, and how probable all of it makes that it
//! answers. Nothing is ordered here.

use std::collections::HashSet;

use mortar_assistant::{Passage, Query};
use mortar_language::subjects::Held;
use mortar_language::text;

use super::signals::Signals;
use super::{Hit, Terms};

/// What speaks for a passage as an answer, and against it.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Evidence {
    #[serde(flatten)]
    pub signals: Signals,
    /// The share of the question's words that stand in the title and the headings, weighed by rarity.
    pub title: f32,
    /// The share of the title's words that stand in the question.
    pub asked: f32,
    /// The share of the question's words that stand anywhere in the document, weighed by rarity.
    pub whole: f32,
    /// Whether the rarest word of the question that the release holds stands in the passage; and in its title.
    pub rarest: f32,
    pub rarest_title: f32,
    /// By how much it stands before the best passage of another document.
    pub lead: f32,
    /// By how much it stands before those that a search always finds.
    pub field: f32,
    /// Its title names the drug that was asked about.
    pub drug: f32,
    /// It speaks of the question's case.
    pub case: f32,
}

/// How far the best hits stand from each other.
pub(super) struct Field {
    first: Option<(u32, f32)>,
    other: f32,
    usual: f32,
}

impl Field {
    /// Of hits in their order.
    pub(super) fn of(hits: &[Hit]) -> Field {
        let mut sums: Vec<(u32, f32)> = hits.iter().take(200).map(|h| (h.document, h.sum())).collect();
        sums.sort_by(|a, b| b.1.total_cmp(&a.1));
        let first = sums.first().copied();
        let other = sums
            .iter()
            .find(|s| Some(s.0) != first.map(|f| f.0))
            .map_or(0.0, |s| s.1);
        let mut seen = HashSet::new();
        sums.retain(|s| seen.insert(s.0));
        let rest: Vec<f32> = sums.iter().skip(5).take(20).map(|s| s.1).collect();
        let usual = rest.iter().sum::<f32>() / rest.len().max(1) as f32;
        Field { first, other, usual }
    }
}

impl Evidence {
    pub(super) fn of(hit: &Hit, passage: &Passage, query: &Query, terms: &Terms, field: &Field) -> Evidence {
        let headings = format!("{} {}", passage.title, passage.heading_path.join(" "));
        let above: HashSet<String> = text::content_stems(&headings).into_iter().collect();
        let title = text::content_stems(&passage.title);
        let said: HashSet<&str> = terms.0.iter().map(|t| t.0.as_str()).collect();
        let asked = title.iter().filter(|w| said.contains(w.as_str())).count() as f32 / title.len().max(1) as f32;
        let all: f32 = terms.0.iter().map(|t| t.1).sum();
        let held: f32 = terms.0.iter().filter(|t| above.contains(&t.0)).map(|t| t.1).sum();
        let flag = |b: bool| f32::from(u8::from(b));
        let before = match field.first {
            Some((first, best)) if first != hit.document => best,
            _ => field.other,
        };
        let about = query.about.as_ref();
        Evidence {
            signals: hit.signals,
            title: held / all.max(f32::MIN_POSITIVE),
            asked,
            whole: hit.whole,
            rarest: flag(hit.rarest),
            rarest_title: flag(terms.0.first().is_some_and(|t| above.contains(&t.0))),
            lead: hit.sum() - before,
            field: hit.sum() - field.usual,
            drug: flag(about.is_some_and(|a| a.is_of_its_drug(&Held::of(&passage.title, &a.lexicon)))),
            case: flag(about.is_some_and(|a| a.conditions_held(&passage.text) > 0)),
        }
    }
}
