//! What each sentence of an answer stands on, and each of its claims, whoever wrote it: a generator, or the operator.
//!
//! Every citation's quote is cut from the passage's own bytes, so that `quote == source[range]`
//! holds by construction.

mod claims;
mod close;
mod courtesy;
mod order;
mod said;
mod signals;
mod source;
#[cfg(test)]
pub(crate) mod tests;
mod weights;

use std::collections::{HashMap, HashSet};

use mortar_language::customer::{Told, told};
use mortar_language::{Kind, facts, text};

use crate::answer::{Citation, Claim, Grounding, Passage, Problem, Sentence};
use close::Close;
use said::Said;
use source::{Piece, Source, Stems};

pub(crate) use claims::claims;
pub(crate) use courtesy::is_courtesy;
pub use signals::{NAMES as SIGNALS, Signals};

/// A stretch that covers so much less than the nearest one is not what the sentence was made from,
/// even if all its facts stand there.
const BEHIND: f32 = 0.1;

/// Of more passages than this, those that share most words with what is said are looked at closely.
const CLOSELY: usize = 8;

/// The passages of an answer, made ready once for all of its sentences.
pub struct Sources<'a> {
    stems: Stems,
    passages: Vec<Source<'a>>,
    came: Came,
    /// What the tenant says for courtesy, folded.
    approved: HashSet<String>,
    /// The passages' sentences as a customer is told them, with the passage and the sentence.
    told: HashMap<String, (usize, usize)>,
}

/// How the passages came to be the ones that a text is held against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Found for the question that it answers.
    ForAQuestion,
    /// Given with it: what it adds to them may well be made of their words.
    Given,
    /// Found by its own words: any that holds them is near.
    ByOwnWords,
}

/// What was found of a sentence or a claim.
struct Verdict {
    grounding: Grounding,
    problem: Option<Problem>,
    citations: Vec<Citation>,
}

impl Verdict {
    fn stands(&self) -> bool {
        !matches!(self.grounding, Grounding::Partial | Grounding::Unsupported)
    }
}

impl<'a> Sources<'a> {
    pub fn new(passages: &'a [Passage]) -> Self {
        let mut stems = Stems::default();
        let passages = passages.iter().map(|p| Source::read(p, &mut stems)).collect();
        Sources {
            stems,
            passages,
            came: Came::ForAQuestion,
            approved: HashSet::new(),
            told: HashMap::new(),
        }
    }

    /// Passages that somebody gave with the text.
    pub fn given(passages: &'a [Passage]) -> Self {
        Sources {
            came: Came::Given,
            ..Sources::new(passages)
        }
    }

    /// Passages that were found by the words of the text itself.
    pub fn by_own_words(passages: &'a [Passage]) -> Self {
        Sources {
            came: Came::ByOwnWords,
            ..Sources::new(passages)
        }
    }

    /// Phrases that claim nothing, because the tenant says so; to the letter, but for case and spaces.
    pub fn approving<'p>(mut self, phrases: impl IntoIterator<Item = &'p str>) -> Self {
        for phrase in phrases {
            self.approved.extend(phrase.lines().map(approvable));
            self.approved
                .extend(text::segments(phrase).into_iter().map(|s| approvable(&phrase[s.range])));
        }
        self.approved.remove("");
        self
    }

    /// A sentence of a passage stands as well in the words that the rules have for a customer: what they make of it says
    /// the same, and “do not use it” is no opposite of “ask the patient not to use it”.
    pub fn telling(mut self) -> Self {
        for (n, source) in self.passages.iter().enumerate() {
            for (m, piece) in source.pieces.iter().enumerate() {
                if let Told::So(words) = told(&piece.body, source.passage.kind == Kind::Sop)
                    && facts::missing(&piece.body, &words).is_empty()
                {
                    self.told.entry(text::collapse(&words)).or_insert((n, m));
                }
            }
        }
        self
    }

    /// What it was told from, where it is a sentence of a passage in words for a customer.
    fn told_from(&self, sentence: &str) -> Option<Verdict> {
        if self.told.is_empty() {
            return None;
        }
        let body = text::segments(sentence).first().map_or(0, |s| s.body);
        let (n, m) = *self.told.get(&text::collapse(&sentence[body..]))?;
        let source = &self.passages[n];
        let at = &source.pieces[m].segment.range;
        Some(Verdict {
            grounding: Grounding::Supported,
            problem: None,
            citations: vec![source.cite(at.start, at.end)],
        })
    }

    fn courteous(&self, said: &str) -> bool {
        is_courtesy(said) || self.approved.contains(&approvable(said))
    }

    /// Grounds every sentence of a text.
    pub fn ground_text(&self, answer: &str) -> Vec<Sentence> {
        let mut out: Vec<Sentence> = text::segments(answer)
            .into_iter()
            .map(|s| self.ground(&answer[s.range.clone()], s.range.start, &[]))
            .collect();
        self.steps(&mut out);
        out
    }

    /// Finds steps that were left out: of two sentences of one numbered list that follow each other,
    /// all the steps between them must not be missing.
    pub fn steps(&self, sentences: &mut [Sentence]) {
        for i in 1..sentences.len() {
            let (Some(a), Some(b)) = (sentences[i - 1].citations.first(), sentences[i].citations.first()) else {
                continue;
            };
            let Some(source) = self
                .passages
                .iter()
                .find(|s| s.passage.id == a.passage && a.passage == b.passage)
            else {
                continue;
            };
            // A heading stands before its passage, and is no step.
            if a.start < source.passage.start || b.start < source.passage.start {
                continue;
            }
            let at = |c: u32| (c - source.passage.start) as usize;
            let numbered = |p: &&Piece| {
                p.segment.body > p.segment.range.start
                    && source.passage.text[p.segment.range.start..].starts_with(|c: char| c.is_ascii_digit())
            };
            // Both must be of the list: what stands before it and behind it may be said without it.
            let listed = |c: &Citation| {
                let holds = |p: &&Piece| (p.segment.range.start..p.segment.range.end).contains(&at(c.start));
                let block = source.pieces.iter().find(holds).map(|p| p.segment.block);
                let items = source.pieces.iter().filter(numbered);
                items.map(|p| p.segment.block).any(|b| Some(b) == block)
            };
            if !listed(a) || !listed(b) {
                continue;
            }
            let mut items = source.pieces.iter().filter(numbered);
            let between = items.find(|p| p.segment.range.start >= at(a.end) && p.segment.range.end <= at(b.start));
            if let Some(step) = between
                && sentences[i].problem.is_none()
            {
                sentences[i].problem = Some(Problem::Step {
                    left_out: step.collapsed.clone(),
                });
                sentences[i].grounding = Grounding::Partial;
            }
        }
    }

    /// Grounds one sentence that begins at byte `at` of the answer. The passages that the generator
    /// `cited` there are tried first.
    pub fn ground(&self, sentence: &str, at: usize, cited: &[u32]) -> Sentence {
        let sentence_of = |verdict: Verdict, claims: Vec<Claim>| Sentence {
            text: sentence.to_owned(),
            start: at as u32,
            end: (at + sentence.len()) as u32,
            grounding: verdict.grounding,
            citations: verdict.citations,
            problem: verdict.problem,
            claims,
        };
        if let Some(whole) = self.as_it_is(sentence, cited) {
            return sentence_of(whole, Vec::new());
        }
        let ranges = claims(sentence);
        let parts: Vec<Said<'_>> = ranges
            .iter()
            .map(|r| Said::read(&sentence[r.clone()], &self.stems))
            .collect();
        let whole = self.judge(&Said::read(sentence, &self.stems), &parts, cited, true);
        if ranges.len() < 2 {
            return sentence_of(whole, Vec::new());
        }
        let claims: Vec<Claim> = ranges
            .iter()
            .zip(&parts)
            .map(|(range, part)| {
                let found = if self.courteous(part.text) {
                    courteous()
                } else {
                    self.judge(part, std::slice::from_ref(part), cited, false)
                };
                Claim {
                    start: (at + range.start) as u32,
                    end: (at + range.end) as u32,
                    grounding: found.grounding,
                    citations: found.citations,
                    problem: found.problem,
                }
            })
            .collect();
        sentence_of(together(whole, &claims), claims)
    }

    /// The words of the passages that are nearest to a text, however near that is.
    pub fn nearest(&self, said: &str) -> Option<&'a str> {
        let said = Said::read(said, &self.stems);
        let near = self.likely(&said, &[]).into_iter();
        let near = near.filter_map(|s| Close::find(s, &said, &[], true).map(|c| (c.coverage, s, c)));
        let (_, source, close) = near.max_by(|a, b| a.0.total_cmp(&b.0))?;
        source.passage.text.get(close.from..close.to)
    }

    /// The signals of a text against its nearest passage, for who measures and learns.
    pub fn signals(&self, text: &str) -> Option<Signals> {
        let ranges = claims(text);
        let parts: Vec<Said<'_>> = ranges
            .iter()
            .map(|r| Said::read(&text[r.clone()], &self.stems))
            .collect();
        let said = Said::read(text, &self.stems);
        let near = self
            .passages
            .iter()
            .filter_map(|s| Close::find(s, &said, &parts, true).map(|c| (c.rank(), c.signals)));
        near.max_by(|a, b| a.0.cmp(&b.0)).map(|n| n.1)
    }

    /// How probable it is that people would say that the passages say it.
    pub fn probability(&self, text: &str) -> f32 {
        self.signals(text).map_or(0.0, |s| weights::probability(&s))
    }

    /// A sentence that claims nothing, or is a heading, a question or a sentence of a passage as it is.
    fn as_it_is(&self, sentence: &str, cited: &[u32]) -> Option<Verdict> {
        let verbatim = |source: &Source<'_>, citation| Verdict {
            grounding: Grounding::Verbatim,
            problem: source.uncited(cited),
            citations: vec![citation],
        };
        let heading = self
            .ordered(cited)
            .find_map(|s| Some(verbatim(s, s.heading(sentence).or_else(|| s.question(sentence))?)));
        let own = || {
            self.ordered(cited)
                .find_map(|s| s.verbatim(sentence).map(|(a, b)| verbatim(s, s.cite(a, b))))
        };
        heading
            .or_else(own)
            .or_else(|| self.told_from(sentence))
            .or_else(|| self.courteous(sentence).then(courteous))
    }

    fn ordered<'s>(&'s self, cited: &'s [u32]) -> impl Iterator<Item = &'s Source<'a>> {
        let first = self.passages.iter().filter(|s| cited.contains(&s.passage.number));
        first.chain(self.passages.iter().filter(|s| !cited.contains(&s.passage.number)))
    }

    /// The passages that it may stand in, in their order.
    fn likely<'s>(&'s self, said: &Said<'_>, cited: &'s [u32]) -> Vec<&'s Source<'a>> {
        let mut all: Vec<&Source<'a>> = self.ordered(cited).collect();
        if all.len() > CLOSELY {
            let held = |s: &Source<'_>| said.wanted.iter().filter(|w| s.holds(**w)).count();
            all.sort_by_cached_key(|s| std::cmp::Reverse(held(s)));
            all.truncate(CLOSELY);
        }
        all
    }

    fn judge(&self, said: &Said<'_>, parts: &[Said<'_>], cited: &[u32], is_whole: bool) -> Verdict {
        let near: Vec<_> = self
            .likely(said, cited)
            .into_iter()
            .filter_map(|s| Close::find(s, said, parts, is_whole).map(|c| (s, c)))
            .collect();
        let most = near.iter().map(|n| n.1.coverage).fold(0.0, f32::max);
        let best = near
            .into_iter()
            .filter(|n| n.1.coverage >= most - BEHIND)
            // The first of equals: what the generator cited, then the passage ranked first.
            .reduce(|a, b| if b.1.rank() > a.1.rank() { b } else { a });
        let nowhere = self.missing_everywhere(said);
        let Some((source, close)) = best else {
            return Verdict {
                grounding: Grounding::Unsupported,
                problem: Some(lost(nowhere)),
                citations: Vec::new(),
            };
        };
        let (from, to) = (close.from, close.to);
        let chance = match self.came {
            Came::ForAQuestion => false,
            Came::Given => !is_whole && close.is_few_by_chance(),
            Came::ByOwnWords => close.by_chance(),
        };
        let (grounding, problem) = match close.verdict(nowhere, is_whole) {
            (Grounding::Supported | Grounding::Partial, None | Some(Problem::Wording)) if chance => {
                (Grounding::Unsupported, Some(Problem::Wording))
            }
            verdict => verdict,
        };
        if grounding == Grounding::Unsupported {
            return Verdict {
                grounding,
                problem,
                citations: Vec::new(),
            };
        }
        Verdict {
            grounding,
            problem: problem.or_else(|| source.uncited(cited)),
            citations: vec![source.cite(from, to)],
        }
    }

    /// The facts of a sentence that stand in no passage at all.
    fn missing_everywhere(&self, said: &Said<'_>) -> Vec<String> {
        let all = self.passages.iter().flat_map(Source::facts);
        let missing = facts::missing_among(&said.facts, all);
        missing.into_iter().map(|f| f.shown).collect()
    }
}

fn approvable(said: &str) -> String {
    text::fold(&text::collapse(said))
}

fn courteous() -> Verdict {
    Verdict {
        grounding: Grounding::Courtesy,
        problem: None,
        citations: Vec::new(),
    }
}

/// Why a sentence that is near no passage is not grounded.
fn lost(nowhere: Vec<String>) -> Problem {
    if nowhere.is_empty() {
        Problem::Wording
    } else {
        Problem::Missing { values: nowhere }
    }
}

/// What a sentence of several claims comes to: it stands no better than the weakest of them, and what contradicts the
/// source as a whole is no better for its parts. Two sources together may carry it: both are cited.
fn together(whole: Verdict, claims: &[Claim]) -> Verdict {
    let weight = |g: Grounding| match g {
        Grounding::Courtesy => 0,
        Grounding::Verbatim => 1,
        Grounding::Supported => 2,
        Grounding::Partial => 3,
        Grounding::Unsupported => 4,
    };
    let weakest = claims
        .iter()
        .max_by_key(|c| weight(c.grounding))
        .expect("several claims");
    // What is only missing beside the rest may stand where another claim of it does.
    let contradicts = whole.grounding == Grounding::Unsupported && whole.problem != Some(Problem::Wording);
    if weight(weakest.grounding) <= 2 {
        if whole.stands() || contradicts {
            return whole;
        }
        let mut citations: Vec<Citation> = Vec::new();
        for c in claims.iter().flat_map(|c| &c.citations) {
            if !citations.contains(c) {
                citations.push(c.clone());
            }
        }
        return Verdict {
            grounding: weakest.grounding,
            problem: weakest.problem.clone(),
            citations,
        };
    }
    if weight(whole.grounding) >= weight(weakest.grounding) {
        return whole;
    }
    Verdict {
        grounding: weakest.grounding,
        problem: weakest.problem.clone(),
        citations: whole.citations,
    }
}
