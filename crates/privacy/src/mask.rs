//! What leads to a person is taken out of a text before the text leaves the device, and put back when an answer comes:
//! rules with check digits and whole words, lists, and what a model told, if there is one. What the knowledge in force
//! says by itself stays. Pure: no network, no file, no log; nothing here remembers a text.

mod contacts;
mod dates;
mod kind;
mod known;
mod names;
mod numbers;
mod placeholders;
mod places;
mod protected;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use mortar_language::codes;

pub use kind::Kind;
pub use placeholders::{Placeholders, PuttingBack};
pub use protected::{Bare, Protected};

/// What masking leaves may read anew, since what stood between is gone: so often, and no oftener.
const ROUNDS: usize = 4;

/// An identifier where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// What one rule takes for an identifier. One that is sure is masked even if every word of it is a word of the knowledge.
struct Candidate {
    range: Range<usize>,
    kind: Kind,
    sure: bool,
}

impl Candidate {
    fn sure(range: Range<usize>, kind: Kind) -> Candidate {
        Candidate {
            range,
            kind,
            sure: true,
        }
    }

    fn likely(range: Range<usize>, kind: Kind) -> Candidate {
        Candidate {
            range,
            kind,
            sure: false,
        }
    }
}

/// All identifiers of a text, in order and apart from each other. `told` are those that a model found.
pub fn find(text: &str, protected: &dyn Protected, told: &[Found]) -> Vec<Found> {
    find_beside(text, protected, told, &Placeholders::default())
}

/// The same, and again what is masked already: "Smith" beside "John Smith".
fn find_beside(text: &str, protected: &dyn Protected, told: &[Found], placeholders: &Placeholders) -> Vec<Found> {
    let words = words::of(text, protected);
    let mut all: Vec<Candidate> = known::find(text, &words, placeholders).collect();
    numbers::find(text, &mut all);
    contacts::find(text, protected, &mut all);
    places::find(text, &words, &mut all);
    names::find(text, &words, protected, &mut all);
    all.extend(
        told.iter()
            .filter(|f| names::may_be(text, &words, &f.range))
            .map(|f| Candidate::likely(f.range.clone(), f.kind)),
    );
    let written: Vec<Range<usize>> = placeholders::written(text).map(|w| w.0).collect();
    let codes = codes::find(text, &|c| protected.knows(c));
    let is_code = |c: &Candidate| {
        let mut codes = codes.iter().filter(|f| !f.weak || protected.knows(&f.code));
        codes.any(|f| overlap(&f.range, &c.range))
    };
    all.retain(|c| {
        let stays = !c.sure && (is_protected(text, c, protected, &words) || is_code(c));
        let stays = stays || protected.says(c.kind, &text[c.range.clone()]);
        !stays && !c.range.is_empty() && !written.iter().any(|w| overlap(w, &c.range))
    });
    let known = all.iter().any(|c| {
        matches!(
            c.kind,
            Kind::Name | Kind::Record | Kind::Member | Kind::Ssn | Kind::Facility
        )
    });
    let mut days = Vec::new();
    dates::find(text, known, &mut days);
    all.extend(
        days.into_iter()
            .filter(|d| !written.iter().any(|w| overlap(w, &d.range))),
    );
    merged(all)
}

/// The text with a placeholder for each identifier.
pub fn mask(text: &str, protected: &dyn Protected, told: &[Found], placeholders: &mut Placeholders) -> Masked {
    let mut masked = Masked {
        text: text.to_owned(),
        moves: Vec::new(),
    };
    masked.replace(&find_beside(text, protected, told, placeholders), placeholders);
    for _ in 1..ROUNDS {
        let more = find_beside(&masked.text, protected, &[], placeholders);
        if more.is_empty() {
            break;
        }
        masked.replace(&more, placeholders);
    }
    masked
}

/// A masked text, and where the bytes of the first one went.
#[derive(Debug, Clone, Default)]
pub struct Masked {
    pub text: String,
    /// Of each round what was replaced, and where its placeholder stands.
    moves: Vec<Vec<(Range<usize>, Range<usize>)>>,
}

impl Masked {
    fn replace(&mut self, found: &[Found], placeholders: &mut Placeholders) {
        let mut out = String::with_capacity(self.text.len());
        let mut moves = Vec::new();
        let mut at = 0;
        for f in found {
            out.push_str(&self.text[at..f.range.start]);
            let start = out.len();
            out.push_str(&placeholders.stand_in(f.kind, &self.text[f.range.clone()]));
            moves.push((f.range.clone(), start..out.len()));
            at = f.range.end;
        }
        out.push_str(&self.text[at..]);
        self.text = out;
        self.moves.push(moves);
    }

    /// Where a range of the first text is now. A placeholder that it cuts is in it whole.
    pub fn moved(&self, range: Range<usize>) -> Range<usize> {
        self.moves.iter().fold(range, |range, moves| {
            let at = |offset: usize, inside: fn(&Range<usize>) -> usize| {
                let before = moves.iter().rfind(|(old, _)| old.start < offset);
                match before {
                    Some((old, new)) if offset < old.end => inside(new),
                    Some((old, new)) => new.end + (offset - old.end),
                    None => offset,
                }
            };
            at(range.start, |new| new.start)..at(range.end, |new| new.end)
        })
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// A run of words that all are the knowledge's own, or drugs.
fn is_protected(text: &str, c: &Candidate, protected: &dyn Protected, words: &[words::Word<'_>]) -> bool {
    let mut run = words.iter().filter(|w| overlap(&w.range, &c.range)).peekable();
    let numbers = text[c.range.clone()].bytes().any(|b| b.is_ascii_digit());
    !numbers
        && run.peek().is_some()
        && run.all(|w| protected.holds(&w.folded) || (w.plain && protected.lexicon().in_a_name(&w.folded)))
}

/// What overlaps is one; it is of the kind of the widest, and of the earlier kind where two are as wide.
fn merged(mut all: Vec<Candidate>) -> Vec<Found> {
    all.sort_by_key(|c| (c.range.start, std::cmp::Reverse(c.range.end), c.kind));
    let mut out: Vec<(Found, usize)> = Vec::new();
    for c in all {
        let wide = c.range.len();
        match out.last_mut() {
            Some((last, widest)) if c.range.start < last.range.end => {
                last.range.end = last.range.end.max(c.range.end);
                if (wide, std::cmp::Reverse(c.kind)) > (*widest, std::cmp::Reverse(last.kind)) {
                    last.kind = c.kind;
                    *widest = wide;
                }
            }
            _ => out.push((
                Found {
                    range: c.range,
                    kind: c.kind,
                },
                wide,
            )),
        }
    }
    out.into_iter().map(|f| f.0).collect()
}
