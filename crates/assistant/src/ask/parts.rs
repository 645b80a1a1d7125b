//! The questions of one message: each judged by what was found for itself alone, then shown together. Passages are
//! numbered once over all of them; what one part lacks keeps no other from its answer.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::civil::Date;
use mortar_language::days::{self, Day};
use mortar_language::drugs::Lexicon;
use mortar_language::{parts, question};

use super::judge::{about_the_new, abstain, codes_of, mark};
use super::{NEAREST, PASSAGES};
use crate::answer::{Answer, Passage, QuestionPart, Reason, Several, Turn};
use crate::ports::{Query, Retrieved};

/// Fewer passages than these are no choice.
const FEWEST: usize = 2;

/// One question as it is asked.
pub(super) struct Asking {
    /// The words that ask.
    pub(super) asked: String,
    /// All that was told for it.
    pub(super) own: String,
    /// As it stands alone.
    pub(super) text: String,
    /// The question that it borrowed words of.
    lender: Option<String>,
    pub(super) day: Option<Day>,
    pub(super) as_of: Date,
}

impl Asking {
    fn of(asked: String, own: String, text: String, lender: Option<String>, today: Date) -> Asking {
        let day = days::asked(&text, today);
        Asking {
            lender: lender.filter(|_| own != text),
            as_of: day.as_ref().map_or(today, |d| d.on),
            asked,
            own,
            text,
            day,
        }
    }
}

/// What a message asks: one question, or each of several.
pub(super) fn asking(
    typed: &str,
    asked: &str,
    before: &[Turn],
    lexicon: &Arc<Lexicon>,
    emergencies: &[String],
    today: Date,
) -> Vec<Asking> {
    // A follow-up goes on with the last thing that was asked.
    let previous = before.last().map(|t| {
        let last = parts::of(&t.question, lexicon, emergencies).pop();
        last.map_or_else(|| t.question.clone(), |p| p.text)
    });
    let alone = |q: &str| previous.as_deref().and_then(|p| question::stand_alone(q, p));
    let several = parts::of(typed, lexicon, emergencies);
    if several.is_empty() {
        let text = alone(asked).unwrap_or_else(|| asked.to_owned());
        return vec![Asking::of(asked.to_owned(), asked.to_owned(), text, previous, today)];
    }
    let mut out: Vec<Asking> = Vec::new();
    for part in several {
        let first = out.is_empty().then(|| alone(&part.said)).flatten();
        let text = first.unwrap_or(part.text);
        let lender = out.last().map(|a| a.text.clone()).or_else(|| previous.clone());
        out.push(Asking::of(part.asked, part.said, text, lender, today));
    }
    out
}

/// A question with what was found for it.
pub(super) struct Judged {
    asking: Asking,
    query: Query,
    found: Retrieved,
    reason: Option<Reason>,
}

/// Judges what was found for one question.
pub(super) fn judged(asking: Asking, query: Query, mut found: Retrieved) -> Judged {
    // A follow-up that only names another code is about that code; any other must be about its own words.
    if let Some(lender) = &asking.lender
        && codes_of(&query.text) == codes_of(lender)
    {
        about_the_new(&asking.own, &mut found.passages);
    }
    mark(&mut found.passages);
    let reason = abstain(&found);
    if reason.is_some() {
        found.passages.truncate(NEAREST);
    }
    Judged {
        asking,
        query,
        found,
        reason,
    }
}

/// All that was found for a message.
pub(super) struct Together {
    /// As it was searched for, where that is one question.
    pub(super) searched: Option<String>,
    pub(super) as_of: Date,
    pub(super) day: Option<Day>,
    pub(super) emergency: bool,
    /// What failed took no part.
    pub(super) embedding: Option<String>,
    pub(super) found: Retrieved,
    pub(super) reason: Option<Reason>,
    pub(super) parts: Vec<QuestionPart>,
    /// For a generator, in the order in which they are answered.
    pub(super) several: Vec<Several>,
}

/// One answer of all questions; `today` is the day of a message whose questions are of several.
pub(super) fn together(mut all: Vec<Judged>, today: Date) -> Together {
    let emergency = all.iter().any(|j| j.query.about.as_ref().is_some_and(|a| a.emergency));
    let embedding = all.first().and_then(|j| j.query.model.clone());
    if all.len() == 1
        && let Some(one) = all.pop()
    {
        return Together {
            searched: Some(one.query.text),
            as_of: one.asking.as_of,
            day: one.asking.day,
            emergency,
            embedding,
            found: one.found,
            reason: one.reason,
            parts: Vec::new(),
            several: Vec::new(),
        };
    }
    let mut numbered = Numbered::default();
    let most = (2 * PASSAGES / all.len().max(1)).clamp(FEWEST, PASSAGES);
    for one in &mut all {
        one.found.passages.truncate(most);
        if one.reason.is_none() {
            one.found.passages.retain(|p| p.carries);
        }
        // However near, nothing is written from what an open question found.
        for p in one.found.passages.iter_mut().filter(|_| one.reason.is_some()) {
            p.carries = false;
        }
    }
    // What says what to do in danger to life stands first, then what carries, part by part, then what is near.
    for rank in [Rank::Emergency, Rank::Carries, Rank::Near] {
        for one in &all {
            numbered.take(&one.found.passages, rank);
        }
    }
    for passage in all.iter_mut().flat_map(|j| j.found.passages.iter_mut()) {
        passage.number = numbered.of(passage);
    }
    let one_day = all.windows(2).all(|w| w[0].asking.as_of == w[1].asking.as_of);
    let several = several(&all);
    let open = all.iter().all(|j| j.reason.is_some());
    Together {
        searched: None,
        as_of: all.first().filter(|_| one_day).map_or(today, |j| j.asking.as_of),
        day: all.iter().filter(|_| one_day).find_map(|j| j.asking.day.clone()),
        emergency,
        embedding,
        reason: all.first().filter(|_| open).and_then(|j| j.reason),
        parts: all.iter().map(part).collect(),
        found: Retrieved {
            passages: numbered.0,
            ..whole(&all)
        },
        several,
    }
}

/// What the questions lack, all together.
fn whole(all: &[Judged]) -> Retrieved {
    let mut out = Retrieved::default();
    for f in all.iter().map(|j| &j.found) {
        out.unknown_codes.extend(f.unknown_codes.iter().cloned());
        out.codes_out_of_force.extend(f.codes_out_of_force.iter().cloned());
        out.look_alikes.extend(f.look_alikes.iter().cloned());
        out.missing.extend(f.missing.iter().cloned());
        out.code_found |= f.code_found;
    }
    out
}

fn part(of: &Judged) -> QuestionPart {
    QuestionPart {
        asked: of.asking.asked.clone(),
        asked_as: (of.query.text != of.asking.asked).then(|| of.query.text.clone()),
        as_of: of.asking.as_of,
        day: of.asking.day.as_ref().map(|d| d.shown.clone()),
        reason: of.reason,
        passages: of.found.passages.iter().map(|p| p.number).collect(),
        sentences: Vec::new(),
        unknown_codes: of.found.unknown_codes.clone(),
        look_alikes: of.found.look_alikes.clone(),
        missing: of.found.missing.clone(),
    }
}

/// The questions as a generator answers them: what may be danger to life first.
fn several(all: &[Judged]) -> Vec<Several> {
    let mut order: Vec<&Judged> = all.iter().collect();
    order.sort_by_key(|j| Reverse(j.found.passages.iter().any(|p| p.emergency)));
    order
        .into_iter()
        .map(|j| {
            let carrying = j.found.passages.iter().filter(|p| p.carries);
            Several {
                question: j.query.text.clone(),
                passages: carrying.cloned().collect(),
            }
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Emergency,
    Carries,
    Near,
}

fn rank(p: &Passage) -> Rank {
    match (p.emergency, p.carries) {
        (true, _) => Rank::Emergency,
        (_, true) => Rank::Carries,
        _ => Rank::Near,
    }
}

/// Passages of several questions, each once, numbered from 1.
#[derive(Default)]
struct Numbered(Vec<Passage>);

impl Numbered {
    fn take(&mut self, passages: &[Passage], which: Rank) {
        for p in passages.iter().filter(|p| rank(p) == which) {
            let number = self.0.len() as u32 + 1;
            match self.0.iter_mut().find(|held| is_same(held, p)) {
                // As the question sees it to which it is worth most.
                Some(held) if rank(held) == which && p.score > held.score => {
                    *held = Passage {
                        number: held.number,
                        ..p.clone()
                    };
                }
                Some(_) => {}
                None => self.0.push(Passage { number, ..p.clone() }),
            }
        }
    }

    fn of(&self, p: &Passage) -> u32 {
        self.0
            .iter()
            .find(|held| is_same(held, p))
            .map_or(0, |held| held.number)
    }
}

/// A step is cut out of its passage: those are two.
fn is_same(a: &Passage, b: &Passage) -> bool {
    a.id == b.id && (a.start, a.end) == (b.start, b.end)
}

/// The questions of an answer that goes on, with the passages that it has.
pub(super) fn again(answer: &Answer) -> Vec<Several> {
    let held = |n: &u32| answer.passages.iter().find(|p| p.number == *n).cloned();
    let mut order: Vec<Several> = answer
        .parts
        .iter()
        .map(|part| Several {
            question: part.asked_as.clone().unwrap_or_else(|| part.asked.clone()),
            passages: match part.reason {
                Some(_) => Vec::new(),
                None => part.passages.iter().filter_map(held).collect(),
            },
        })
        .collect();
    order.sort_by_key(|s| Reverse(s.passages.iter().any(|p| p.emergency)));
    order
}

/// Which sentences answer which question; of an answer that came to its end, what none answers is open.
pub(super) fn settle(answer: &mut Answer) {
    let parts = &mut answer.parts;
    for part in parts.iter_mut() {
        part.sentences.clear();
    }
    let place = |part: &QuestionPart, number: u32| {
        let held = part.passages.iter().position(|n| *n == number);
        held.filter(|_| part.reason.is_none())
    };
    let mut nearest: Vec<Vec<u32>> = vec![Vec::new(); parts.len()];
    for (i, sentence) in (0u32..).zip(&answer.sentences) {
        // It answers the question that its source is nearest to.
        let mut best: Option<(usize, usize)> = None;
        for (n, part) in parts.iter().enumerate() {
            let at = sentence.citations.iter().filter_map(|c| place(part, c.number)).min();
            if let Some(at) = at {
                if at == 0 {
                    nearest[n].push(i);
                }
                if best.is_none_or(|(least, _)| at < least) {
                    best = Some((at, n));
                }
            }
        }
        if let Some((_, n)) = best {
            parts[n].sentences.push(i);
        }
    }
    let whole = !answer.incomplete && !answer.stopped;
    for (part, said) in parts.iter_mut().zip(nearest) {
        // Said already for another question, its nearest source answers this one as well.
        if part.sentences.is_empty() {
            part.sentences = said;
        }
        if part.sentences.is_empty() && part.reason.is_none() && whole {
            part.reason = Some(Reason::NotCovered);
        }
    }
}

#[cfg(test)]
mod tests;
