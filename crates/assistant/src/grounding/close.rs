//! The stretch of a passage that is nearest to a sentence or a claim, and what differs there. It says what is so; the
//! marks follow from it by rule.

use mortar_language::{facts, text};

use super::order::{self, Placed};
use super::said::Said;
use super::signals::{self, Signals};
use super::source::{Clause, Piece, Source};
use super::weights;
use crate::answer::{Grounding, Problem};

/// From this share of a sentence's content words in the source on, it is a close paraphrase.
pub(super) const CLOSE: f32 = 0.6;
/// From this share on a claim stands, however it is put: it has few words to be measured by.
const CLAIM_CLOSE: f32 = 0.75;
/// Under this share of neighbouring words that are neighbours in the passage, it is said in words of its own.
const OWN_WORDS: f32 = 0.62;
/// From this share on, it is copied and then changed: the nearest clause alone decides.
const COPIED: f32 = 0.7;
/// Of so few content words none may be lacking where a passage was found by them: any that holds the others would do.
const FEW: usize = 4;
/// Under this share, the sentence has nothing to do with the source.
const REMOTE: f32 = 0.4;

pub(super) struct Close {
    pub from: usize,
    pub to: usize,
    pub coverage: f32,
    /// It has few content words.
    few: bool,
    pub signals: Signals,
    /// Content words that stand nowhere in the passage.
    new: usize,
    /// Facts that do not stand in this stretch.
    missing: Vec<String>,
    /// Content words that name something (a drug, a plan) and do not stand in the passage.
    names: Vec<String>,
    negation_differs: bool,
    /// A word of which the source has the opposite, or words that changed places.
    against: bool,
    /// The people whose order differs: another does what is said.
    turned: Vec<String>,
}

impl Close {
    /// The one or two neighbouring sentences of a passage that hold most of what is said.
    pub fn find(source: &Source<'_>, said: &Said<'_>, parts: &[Said<'_>], is_whole: bool) -> Option<Self> {
        if said.wanted.is_empty() {
            return None;
        }
        let (mut best, mut range) = (-1.0f32, 0..0);
        for i in 0..source.pieces.len() {
            for n in 1..=2 {
                let Some(window) = source.pieces.get(i..i + n) else {
                    break;
                };
                if n > 1 && window.iter().any(|p| p.heading) {
                    break;
                }
                // A second sentence must earn its place.
                let score = said.share_of_words(|w| holds(source, window, w)) - 0.08 * (n - 1) as f32;
                if score > best {
                    (best, range) = (score, i..i + n);
                }
            }
        }
        let window = source.pieces.get(range).filter(|w| !w.is_empty())?;
        let from = window[0].segment.range.start;
        let to = window[window.len() - 1].segment.range.end;
        let there = source.about_facts.iter().chain(window.iter().flat_map(|p| &p.facts));
        let missing = facts::missing_among(&said.facts, there);
        let signals = signals::of(said, parts, source, window);
        Some(Close {
            from,
            to,
            coverage: said.share(|w| holds(source, window, w)),
            few: said.wanted.len() <= FEW,
            signals,
            new: said.wanted.iter().filter(|w| !source.holds(**w)).count(),
            missing: missing.into_iter().map(|f| f.shown).collect(),
            names: source.foreign_names(said),
            negation_differs: denies(said, parts, window, signals[signals::PAIRS], is_whole),
            against: is_against(said, window),
            turned: facts::turned(said.text, &source.passage.text[from..to]),
        })
    }

    pub fn rank(&self) -> (bool, i32, i32) {
        let sound = self.missing.is_empty()
            && self.names.is_empty()
            && !self.negation_differs
            && !self.against
            && self.turned.is_empty();
        (
            sound && self.coverage >= CLOSE,
            (self.coverage * 1000.0) as i32,
            -(self.missing.len() as i32),
        )
    }

    /// Whether it is near only because it was looked for by its own words: most of them stand somewhere by chance.
    pub fn by_chance(&self) -> bool {
        self.is_few_by_chance() || self.coverage < CLAIM_CLOSE
    }

    /// Whether it has few words of which one is lacking.
    pub fn is_few_by_chance(&self) -> bool {
        self.few && self.coverage < 1.0
    }

    /// The mark, where `nowhere` are the facts that stand in no passage. The probability was learnt on whole
    /// sentences: a claim of one is judged by it only where few of its words stand there.
    pub fn verdict(self, nowhere: Vec<String>, is_whole: bool) -> (Grounding, Option<Problem>) {
        if self.coverage < REMOTE {
            return (Grounding::Unsupported, Some(super::lost(nowhere)));
        }
        if !nowhere.is_empty() {
            return (Grounding::Unsupported, Some(Problem::Missing { values: nowhere }));
        }
        if self.negation_differs || self.against {
            return (Grounding::Unsupported, Some(Problem::Negation));
        }
        if !self.turned.is_empty() {
            return (Grounding::Unsupported, Some(Problem::Roles { people: self.turned }));
        }
        let values: Vec<String> = self.missing.into_iter().chain(self.names).collect();
        if !values.is_empty() {
            return (Grounding::Partial, Some(Problem::Missing { values }));
        }
        let probability = weights::probability(&self.signals);
        let far = if is_whole {
            probability < weights::STANDS
        } else {
            probability < weights::CLAIM_STANDS && self.coverage < CLAIM_CLOSE && self.new > 1
        };
        if far {
            return (Grounding::Partial, Some(Problem::Wording));
        }
        (Grounding::Supported, None)
    }
}

fn holds(source: &Source<'_>, window: &[Piece], stem: u32) -> bool {
    window.iter().any(|p| p.stems.contains(&stem)) || source.about.contains(&stem)
}

/// Whether what is said denies where its source affirms, or the other way round. Of several claims one must differ
/// from the clause that it is nearest to, and all together from the sentence.
fn denies(said: &Said<'_>, parts: &[Said<'_>], window: &[Piece], pairs: f32, is_whole: bool) -> bool {
    let clauses = || window.iter().flat_map(|p| &p.clauses);
    let differs = |said: &Said<'_>| {
        let shared = |c: &Clause| said.wanted.iter().filter(|w| c.content.contains(w)).count();
        let most = clauses().map(shared).max().unwrap_or(0);
        let near = said.wanted.len() * 5 <= most * 8 || is_whole;
        near && clauses()
            .filter(|c| shared(c) == most)
            .all(|c| c.negated != said.negated)
    };
    if is_restricted(said, window, pairs) {
        return false;
    }
    if !is_whole {
        return differs(said);
    }
    let differs_from = |p: &Piece| facts::negated(&p.collapsed) != said.negated;
    let sentence = if pairs < COPIED {
        window.iter().all(differs_from)
    } else {
        nearest(said, window).is_some_and(differs_from)
    };
    sentence && parts.iter().any(differs)
}

/// Whether it is said in words of its own, and one of the two restricts where the other denies: "not before it is
/// packed", "only when it is packed".
fn is_restricted(said: &Said<'_>, window: &[Piece], pairs: f32) -> bool {
    const RESTRICT: &[&str] = &[
        "until",
        "unless",
        "only",
        "except",
        "instead",
        "rather",
        "place",
        "otherwise",
        "yes",
    ];
    let restricts = |t: &str| text::words(t).any(|w| RESTRICT.contains(&text::fold(w).as_str()));
    pairs < OWN_WORDS && (restricts(said.text) || window.iter().any(|p| restricts(&p.collapsed)))
}

/// Whether the nearest sentence says it with an opposite, or with two things in each other's place.
fn is_against(said: &Said<'_>, window: &[Piece]) -> bool {
    let Some(nearest) = nearest(said, window) else {
        return false;
    };
    let placed = said
        .words
        .iter()
        .filter_map(|w| Placed::of(w.shown, w.stem, w.content))
        .collect::<Vec<_>>();
    allows_what_is_denied(said, window)
        || said.relations.against(&nearest.relations).is_some()
        || order::is_turned(&said.content(), &nearest.content)
        || window.iter().any(|p| order::is_exchanged(&placed, &p.placed))
}

/// "The patient can use it", where the source names using it only to deny it.
fn allows_what_is_denied(said: &Said<'_>, window: &[Piece]) -> bool {
    const ALLOWS: &[&str] = &["can", "may", "could", "should", "must", "will"];
    if said.negated {
        return false;
    }
    let allowed = said
        .words
        .windows(2)
        .filter(|w| ALLOWS.contains(&text::fold(w[0].shown).as_str()) && w[1].content);
    allowed.map(|w| w[1].stem).any(|stem| {
        let mut clauses = window
            .iter()
            .flat_map(|p| &p.clauses)
            .filter(|c| c.content.contains(&stem))
            .peekable();
        clauses.peek().is_some() && clauses.all(|c| c.negated)
    })
}

/// Where two sentences were needed, the one that shares more decides.
fn nearest<'p>(said: &Said<'_>, window: &'p [Piece]) -> Option<&'p Piece> {
    window
        .iter()
        .max_by_key(|p| said.wanted.iter().filter(|w| p.stems.contains(w)).count())
}

/// Words that say when, as a day or an hour does.
const WHEN: &[&str] = &[
    "tonight",
    "tomorrow",
    "yesterday",
    "overnight",
    "weekend",
    "weekends",
    "midnight",
    "noon",
    "morning",
    "mornings",
    "afternoon",
    "evening",
    "evenings",
];

impl Source<'_> {
    /// Words that name something and stand nowhere in the passage: capitals inside the sentence, the ending of a
    /// drug's name, a time.
    fn foreign_names(&self, said: &Said<'_>) -> Vec<String> {
        let mut first = true;
        let mut out = Vec::new();
        for w in &said.words {
            let begins = std::mem::replace(&mut first, false);
            if w.shown.bytes().all(|b| b.is_ascii_digit()) {
                // A list marker comes before the first word.
                first = begins;
                continue;
            }
            let capital = !begins && w.shown.chars().next().is_some_and(char::is_uppercase) && w.shown.len() > 1;
            let lower = w.shown.to_lowercase();
            let named = capital || facts::is_drug(&lower) || WHEN.contains(&lower.as_str());
            if named && !text::is_stopword(w.shown) && !self.holds(w.stem) {
                out.push(w.shown.to_owned());
            }
        }
        for person in facts::people(said.text) {
            // Patient, customer, caller are one to the operator; who else acts is a name of its own.
            let there = |t: &str| facts::people(t).contains(&person);
            if person != "patient" && !there(&self.passage.text) && !there(&self.about_text) {
                out.push(person.to_owned());
            }
        }
        out
    }

    /// The problem that a generator's mark names another passage than this one.
    pub fn uncited(&self, cited: &[u32]) -> Option<Problem> {
        (!cited.is_empty() && !cited.contains(&self.passage.number)).then_some(Problem::Citation)
    }
}
