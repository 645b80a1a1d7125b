//! What was found, in the order that a reranker gives it. It orders and decides nothing: which passages may carry an
//! answer is the local probability's to say, and what a rule has put somewhere stays there. Where it fails, all stays
//! as the search left it.

use super::judge::{abstain, mark};
use super::{Ask, carrying, notice};
use crate::answer::{Event, FoundBy, Notice, Passage, Stage};
use crate::conflicts;
use crate::ports::{Fault, ModelError, Query, Reranker, Retrieved};

/// A passage's first words say what it is about; what stands behind so many letters is not sent.
const LETTERS: usize = 2000;

/// How many passages are looked for beside those that are shown.
pub(super) fn further(reranker: Option<&dyn Reranker>, query: &Query) -> usize {
    reranker
        .filter(|_| !in_danger(query))
        .map_or(0, |r| r.candidates().saturating_sub(query.limit))
}

/// Nobody waits for an order of sources where life may be in danger.
fn in_danger(query: &Query) -> bool {
    query.about.as_ref().is_some_and(|a| a.emergency)
}

/// Orders what may be moved, and says which model did. None: there was nothing to order, or it failed.
pub(super) async fn rerank(
    with: &Ask<'_>,
    query: &Query,
    found: &mut Retrieved,
    notices: &mut Vec<Notice>,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Option<String> {
    let further = std::mem::take(&mut found.further);
    let reranker = with.reranker.filter(|_| !in_danger(query))?;
    let Movable { places, passages } = movable(with, found, further, reranker.candidates())?;
    let texts: Vec<String> = passages.iter().map(said).collect();
    let scores = reranker.rerank(&query.text, &texts, &with.inference_id).await;
    match scores.and_then(|scores| one_each(scores, passages.len())) {
        Ok(scores) => {
            put(found, &places, passages, &scores);
            Some(reranker.model().to_owned())
        }
        Err(e) => {
            let notice = notice(Stage::Reranking, e);
            tell(Event::Notice { notice: notice.clone() });
            notices.push(notice);
            None
        }
    }
}

/// Whatever stands behind the port: an order is taken from a whole list of numbers alone.
fn one_each(scores: Vec<f32>, passages: usize) -> Result<Vec<f32>, ModelError> {
    if scores.len() == passages && scores.iter().all(|s| s.is_finite()) {
        return Ok(scores);
    }
    let said = format!("the reranker gave {} scores for {passages} passages", scores.len());
    Err(ModelError::new(Fault::Refused, said))
}

/// The places that no rule has given away, and the passages that may stand there.
struct Movable {
    places: Vec<usize>,
    passages: Vec<Passage>,
}

fn movable(with: &Ask<'_>, found: &mut Retrieved, mut further: Vec<Passage>, most: usize) -> Option<Movable> {
    mark(&mut found.passages);
    mark(&mut further);
    // Nothing is asked about the order of what answers nothing.
    if abstain(found).is_some() {
        return None;
    }
    // What sources disagree about is shown whole: neither of two may go, nor the first that both are held against.
    let carrying = carrying(&found.passages);
    let first = carrying.first().map_or(0, |p| p.number);
    let disagree = conflicts::find(&carrying, with.lexicon);
    let in_dispute = |p: &Passage| disagree.iter().any(|d| [d.one, d.other, first].contains(&p.number));
    let free = |p: &Passage| p.carries && !by_rule(p) && !found.placed.contains(&p.id);
    let here = found.passages.iter().enumerate();
    let (mut places, mut passages): (Vec<usize>, Vec<Passage>) = here
        .filter(|(_, p)| free(p) && !in_dispute(p))
        .map(|(place, p)| (place, p.clone()))
        .unzip();
    passages.extend(further.into_iter().filter(free));
    passages.truncate(most);
    places.truncate(most);
    (!places.is_empty() && passages.len() > 1).then_some(Movable { places, passages })
}

/// An exact code, an exception before its rule, what to do in danger to life.
fn by_rule(p: &Passage) -> bool {
    p.emergency || p.case.is_some() || p.found_by.contains(&FoundBy::Code)
}

/// What a passage says, with what it stands under.
fn said(p: &Passage) -> String {
    let above = std::iter::once(p.title.as_str())
        .chain(p.heading_path.iter().map(String::as_str))
        .chain(p.head.as_deref());
    let all: Vec<&str> = above.chain([p.text.as_str()]).collect();
    all.join("\n").chars().take(LETTERS).collect()
}

/// The best into the places, the best first; of equals the one that the search had first.
fn put(found: &mut Retrieved, places: &[usize], passages: Vec<Passage>, scores: &[f32]) {
    let mut order: Vec<(Passage, f32)> = passages.into_iter().zip(scores.iter().copied()).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (place, (passage, _)) in places.iter().zip(order) {
        found.passages[*place] = Passage {
            number: *place as u32 + 1,
            ..passage
        };
    }
}

#[cfg(test)]
mod tests;
