//! What each sentence of an answer stands on, whoever wrote it: a generator, or the operator.
//!
//! Every citation's quote is cut from the passage's own bytes, so that `quote == source[range]`
//! holds by construction.

use std::collections::{HashMap, HashSet};

use crate::answer::{Citation, Grounding, Passage, Problem, Sentence};
use mortar_language::facts;
use mortar_language::orders::is_order;
use mortar_language::tables;
use mortar_language::text::{self, Segment};

/// From this share of a sentence's content words in the source on, it is a close paraphrase.
const CLOSE: f32 = 0.6;
/// Under this share, the sentence has nothing to do with the source.
const REMOTE: f32 = 0.4;
/// A stretch that covers so much less than the nearest one is not what the sentence was made from,
/// even if all its facts stand there.
const BEHIND: f32 = 0.1;

/// The passages of an answer, made ready once for all of its sentences.
pub struct Sources<'a> {
    passages: Vec<Source<'a>>,
}

struct Source<'a> {
    passage: &'a Passage,
    segments: Vec<Piece>,
    /// Stems of the title and the headings: what the passage is about, said once above it.
    about: HashSet<String>,
    about_text: String,
}

/// One sentence of a passage.
struct Piece {
    segment: Segment,
    collapsed: String,
    /// Without the list marker.
    body: String,
    stems: HashSet<String>,
    heading: bool,
    /// A row of a table, in words.
    said: Option<String>,
}

impl<'a> Sources<'a> {
    pub fn new(passages: &'a [Passage]) -> Self {
        let passages = passages
            .iter()
            .map(|passage| {
                let rows = rows_said(passage);
                let segments = text::segments(&passage.text)
                    .into_iter()
                    .filter(|s| !is_order(&passage.text[s.range.clone()]))
                    .map(|segment| Piece {
                        collapsed: text::collapse(&passage.text[segment.range.clone()]),
                        body: text::collapse(&passage.text[segment.body..segment.range.end]),
                        stems: text::content_stems(&passage.text[segment.range.clone()])
                            .into_iter()
                            .collect(),
                        heading: segment.heading,
                        said: rows.get(&segment.range.start).cloned(),
                        segment,
                    })
                    .collect();
                let about_text = format!("{} {}", passage.title, passage.heading_path.join(" "));
                Source {
                    passage,
                    segments,
                    about: text::content_stems(&about_text).into_iter().collect(),
                    about_text,
                }
            })
            .collect();
        Sources { passages }
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
                let block = source.segments.iter().find(holds).map(|p| p.segment.block);
                let items = source.segments.iter().filter(numbered);
                items.map(|p| p.segment.block).any(|b| Some(b) == block)
            };
            if !listed(a) || !listed(b) {
                continue;
            }
            let mut items = source.segments.iter().filter(numbered);
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
        let mut out = Sentence {
            text: sentence.to_owned(),
            start: at as u32,
            end: (at + sentence.len()) as u32,
            grounding: Grounding::Unsupported,
            citations: Vec::new(),
            problem: None,
        };
        let ordered = || {
            let first = self.passages.iter().filter(|s| cited.contains(&s.passage.number));
            first.chain(self.passages.iter().filter(|s| !cited.contains(&s.passage.number)))
        };
        if let Some((source, cited_heading)) = ordered().find_map(|s| s.heading(sentence).map(|c| (s, c))) {
            out.grounding = Grounding::Verbatim;
            out.citations = vec![cited_heading];
            out.problem = source.uncited(cited);
            return out;
        }
        if let Some((source, from, to)) = ordered().find_map(|s| s.verbatim(sentence).map(|(a, b)| (s, a, b))) {
            out.grounding = Grounding::Verbatim;
            out.citations = vec![source.cite(from, to)];
            out.problem = source.uncited(cited);
            return out;
        }
        let near: Vec<_> = ordered().filter_map(|s| s.closest(sentence).map(|c| (s, c))).collect();
        let most = near.iter().map(|n| n.1.coverage).fold(0.0, f32::max);
        let best = near
            .into_iter()
            .filter(|n| n.1.coverage >= most - BEHIND)
            // The first of equals: what the generator cited, then the passage ranked first.
            .reduce(|a, b| if b.1.rank() > a.1.rank() { b } else { a });
        let Some((source, close)) = best else {
            out.problem = Some(self.lost(sentence));
            return out;
        };
        let (from, to) = (close.from, close.to);
        (out.grounding, out.problem) = close.verdict(self, sentence);
        if out.grounding != Grounding::Unsupported {
            out.citations = vec![source.cite(from, to)];
            out.problem = out.problem.or_else(|| source.uncited(cited));
        }
        out
    }

    /// Why a sentence that is near no passage is not grounded.
    fn lost(&self, sentence: &str) -> Problem {
        let values = self.missing_everywhere(sentence);
        if values.is_empty() {
            Problem::Wording
        } else {
            Problem::Missing { values }
        }
    }

    /// The facts of a sentence that stand in no passage at all.
    fn missing_everywhere(&self, sentence: &str) -> Vec<String> {
        let all: String = self
            .passages
            .iter()
            .map(|s| format!("{}\n{}\n", s.about_text, s.passage.text))
            .collect();
        facts::missing(sentence, &all).into_iter().map(|f| f.shown).collect()
    }
}

/// The rows of a passage's tables in words, each by the byte at which it begins.
fn rows_said(passage: &Passage) -> HashMap<usize, String> {
    let mut head = passage.head.as_deref();
    let mut out = HashMap::new();
    let lines: Vec<&str> = passage.text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        if !tables::is_row(line) {
            head = None;
        } else if lines.get(i + 1).is_some_and(|l| tables::is_rule(l)) {
            head = Some(line);
        } else if let Some(head) = head.filter(|_| !tables::is_rule(line)) {
            let row = line.trim();
            let at = row.as_ptr() as usize - passage.text.as_ptr() as usize;
            out.insert(at, text::collapse(&tables::said(head, row)));
        }
    }
    out
}

/// The stretch of a passage that is nearest to a sentence.
struct Close {
    from: usize,
    to: usize,
    coverage: f32,
    /// Facts that do not stand in this stretch.
    missing: Vec<String>,
    /// Content words that name something (a drug, a plan) and do not stand in the passage.
    names: Vec<String>,
    negation_differs: bool,
    /// The people whose order differs: another does what is said.
    turned: Vec<String>,
}

impl Close {
    fn rank(&self) -> (bool, i32, i32) {
        let sound =
            self.missing.is_empty() && self.names.is_empty() && !self.negation_differs && self.turned.is_empty();
        (
            sound && self.coverage >= CLOSE,
            (self.coverage * 1000.0) as i32,
            -(self.missing.len() as i32),
        )
    }

    fn verdict(self, sources: &Sources<'_>, sentence: &str) -> (Grounding, Option<Problem>) {
        if self.coverage < REMOTE {
            return (Grounding::Unsupported, Some(sources.lost(sentence)));
        }
        let nowhere = sources.missing_everywhere(sentence);
        if !nowhere.is_empty() {
            return (Grounding::Unsupported, Some(Problem::Missing { values: nowhere }));
        }
        if self.negation_differs {
            return (Grounding::Unsupported, Some(Problem::Negation));
        }
        if !self.turned.is_empty() {
            return (Grounding::Unsupported, Some(Problem::Roles { people: self.turned }));
        }
        let values: Vec<String> = self.missing.into_iter().chain(self.names).collect();
        if !values.is_empty() {
            return (Grounding::Partial, Some(Problem::Missing { values }));
        }
        if self.coverage < CLOSE {
            return (Grounding::Partial, Some(Problem::Wording));
        }
        (Grounding::Supported, None)
    }
}

impl Source<'_> {
    /// The heading over the passage, where the sentence is nothing but that.
    fn heading(&self, sentence: &str) -> Option<Citation> {
        let heading = self.passage.heading_path.last()?;
        let at = self.passage.heading?;
        (text::collapse(sentence.trim_end_matches(':')) == text::collapse(heading)).then(|| Citation {
            start: at.start,
            end: at.end,
            quote: heading.clone(),
            ..self.cite(0, 0)
        })
    }

    /// The bytes of the passage's own sentence that this sentence is, whole. Part of a sentence
    /// does not count: "take two tablets" stands in "do not take two tablets".
    fn verbatim(&self, sentence: &str) -> Option<(usize, usize)> {
        let wanted = text::collapse(sentence);
        if wanted.is_empty() {
            return None;
        }
        self.segments.iter().find_map(|p| {
            let at = if p.collapsed == wanted || p.said.as_ref() == Some(&wanted) {
                p.segment.range.start
            } else if p.body == wanted {
                p.segment.body
            } else {
                return None;
            };
            Some((at, p.segment.range.end))
        })
    }

    /// The one or two neighbouring sentences that hold most of this one's content.
    fn closest(&self, sentence: &str) -> Option<Close> {
        let wanted: HashSet<String> = text::content_stems(sentence).into_iter().collect();
        if wanted.is_empty() {
            return None;
        }
        let share = |held: usize| held as f32 / wanted.len() as f32;
        let (mut best, mut range) = (-1.0f32, 0..0);
        for i in 0..self.segments.len() {
            for n in 1..=2 {
                let Some(window) = self.segments.get(i..i + n) else {
                    break;
                };
                if n > 1 && window.iter().any(|p| p.heading) {
                    break;
                }
                let held = wanted
                    .iter()
                    .filter(|w| window.iter().any(|p| p.stems.contains(*w)) || self.about.contains(*w))
                    .count();
                // A second sentence must earn its place.
                let score = share(held) - 0.08 * (n - 1) as f32;
                if score > best {
                    (best, range) = (score, i..i + n);
                }
            }
        }
        let window = self.segments.get(range).filter(|w| !w.is_empty())?;
        let from = window[0].segment.range.start;
        let to = window[window.len() - 1].segment.range.end;
        let words = &self.passage.text[from..to];
        let held = |w: &String| window.iter().any(|p| p.stems.contains(w)) || self.about.contains(w);
        let coverage = share(wanted.iter().filter(|w| held(w)).count());
        let with_about = format!("{}\n{words}", self.about_text);
        // Where two sentences were needed, the one that shares more decides about negation.
        let nearest = window
            .iter()
            .max_by_key(|p| wanted.iter().filter(|w| p.stems.contains(*w)).count())
            .map_or("", |p| p.collapsed.as_str());
        Some(Close {
            from,
            to,
            coverage,
            missing: facts::missing(sentence, &with_about)
                .into_iter()
                .map(|f| f.shown)
                .collect(),
            names: self.foreign_names(sentence),
            negation_differs: facts::negated(sentence) != facts::negated(nearest),
            turned: facts::turned(sentence, words),
        })
    }

    /// Words that name something and stand nowhere in the passage: capitals inside the sentence, or
    /// the ending of a drug's name.
    fn foreign_names(&self, sentence: &str) -> Vec<String> {
        let held = |w: &str| {
            let s = text::stem(w);
            self.about.contains(&s) || self.segments.iter().any(|p| p.stems.contains(&s))
        };
        let mut first = true;
        let mut out = Vec::new();
        for w in text::words(sentence) {
            let begins = std::mem::replace(&mut first, false);
            if w.bytes().all(|b| b.is_ascii_digit()) {
                // A list marker comes before the first word.
                first = begins;
                continue;
            }
            let lower = w.to_lowercase();
            let named =
                (!begins && w.chars().next().is_some_and(char::is_uppercase) && w.len() > 1) || facts::is_drug(&lower);
            if named && !text::is_stopword(w) && !held(w) {
                out.push(w.to_owned());
            }
        }
        for person in facts::people(sentence) {
            // Patient, customer, caller are one to the operator; who else acts is a name of its own.
            let there = |t: &str| facts::people(t).contains(&person);
            if person != "patient" && !there(&self.passage.text) && !there(&self.about_text) {
                out.push(person.to_owned());
            }
        }
        out
    }

    /// The problem that a generator's mark names another passage than this one.
    fn uncited(&self, cited: &[u32]) -> Option<Problem> {
        (!cited.is_empty() && !cited.contains(&self.passage.number)).then_some(Problem::Citation)
    }

    fn cite(&self, from: usize, to: usize) -> Citation {
        let p = self.passage;
        Citation {
            passage: p.id.clone(),
            number: p.number,
            document: p.document.clone(),
            version: p.version.clone(),
            start: p.start + from as u32,
            end: p.start + to as u32,
            quote: p.text[from..to].to_owned(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use mortar_language::Kind;
    use proptest::prelude::*;

    pub fn passage(number: u32, title: &str, text: &str) -> Passage {
        Passage {
            id: format!("d{number}#0"),
            number,
            document: format!("d{number}"),
            version: "1".into(),
            title: title.into(),
            kind: Kind::Article,
            url: None,
            effective_from: None,
            effective_to: None,
            heading_path: vec![],
            start: 7,
            end: 7 + text.len() as u32,
            text: text.into(),
            score: 0.9,
            carries: true,
            ..Passage::default()
        }
    }

    const REJECT: &str = "Code 75 means that the plan requires a prior authorization before it pays for this medication. \
The claim was well formed; nothing is wrong with the prescription itself.\n\n1. Send the request to the prescriber within 24 hours.\n2. Do not start a second request.\n\n\
Most plans decide within three business days of receiving it. Metformin 500 mg needs no request.";

    #[test]
    fn each_sentence_gets_the_grounding_it_deserves() {
        use Grounding::*;
        let p = [passage(1, "Reject 75: prior authorization required", REJECT)];
        let sources = Sources::new(&p);
        for (sentence, want) in [
            (
                "Most plans decide within three business days of receiving it.",
                Verbatim,
            ),
            (
                "Most  plans decide within three\nbusiness days of receiving it.",
                Verbatim,
            ),
            ("1. Send the request to the prescriber within 24 hours.", Verbatim),
            ("Send the request to the prescriber within 24 hours.", Verbatim),
            ("Do not start a second request.", Verbatim),
            ("Start a second request.", Unsupported),
            ("start a second request", Unsupported),
            (
                "The plan requires a prior authorization before it pays for the medication.",
                Supported,
            ),
            ("Most plans decide within 3 business days.", Supported),
            (
                "Most plans decide within two business days of receiving it.",
                Unsupported,
            ),
            (
                "Most plans decide within three business weeks of receiving it.",
                Unsupported,
            ),
            ("Metformin 850 mg needs no request.", Unsupported),
            ("Metformin 500 mcg needs no request.", Unsupported),
            ("Metformin 500 mg needs a request.", Unsupported),
            ("Metoprolol 500 mg needs no request.", Partial),
            ("An urgent request is always decided within 12 hours.", Unsupported),
            ("The moon is made of cheese.", Unsupported),
            (
                "Code 76 means that the plan requires a prior authorization before it pays for this medication.",
                Unsupported,
            ),
        ] {
            let got = sources.ground(sentence, 0, &[]);
            assert_eq!(got.grounding, want, "{sentence}: {got:?}");
            assert_eq!(got.citations.is_empty(), want == Unsupported);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let p = [passage(1, "t", REJECT)];
        let got = Sources::new(&p).ground("An urgent request is always decided within 12 hours.", 0, &[]);
        assert_eq!(
            got.problem,
            Some(Problem::Missing {
                values: vec!["12 hours".into()]
            })
        );
    }

    #[test]
    fn a_step_left_out_is_missed_and_a_list_passed_over_is_not() {
        let p = [passage(
            1,
            "t",
            "Call first.\n\n1. Open the box.\n2. Look at it.\n3. Close the box.\n\nThen log it.",
        )];
        let sources = Sources::new(&p);
        let problems = |text: &str| -> Vec<_> { sources.ground_text(text).into_iter().map(|s| s.problem).collect() };
        assert_eq!(problems("Call first. Then log it."), [None, None]);
        assert_eq!(problems("1. Open the box.\n2. Look at it."), [None, None]);
        assert!(
            matches!(&problems("1. Open the box.\n3. Close the box.")[1], Some(Problem::Step { left_out }) if left_out.contains("Look at it"))
        );
    }

    #[test]
    fn a_mark_that_names_another_passage_is_a_problem() {
        let p = [
            passage(1, "a", "The plan decides."),
            passage(2, "b", "Orders ship daily."),
        ];
        let got = Sources::new(&p).ground("The plan decides.", 0, &[2]);
        assert_eq!(
            (got.grounding, got.problem),
            (Grounding::Verbatim, Some(Problem::Citation))
        );
    }

    #[test]
    fn without_passages_nothing_is_supported() {
        let got = Sources::new(&[]).ground("Anything.", 0, &[]);
        assert_eq!(got.grounding, Grounding::Unsupported);
    }

    proptest! {
        /// Every quote is the bytes it names, whatever the operator types.
        #[test]
        fn a_quote_equals_its_bytes(cut in 0..REJECT.len(), len in 0..120usize, typed in "[ a-zA-Z0-9.\\n]{0,20}") {
            let mut text = REJECT.to_owned();
            let end = (cut + len).min(text.len());
            text.replace_range(cut..end, &typed);
            let p = [passage(1, "Reject 75", REJECT)];
            for s in Sources::new(&p).ground_text(&text) {
                prop_assert_eq!(&text[s.start as usize..s.end as usize], s.text.as_str());
                for c in s.citations {
                    prop_assert_eq!(&REJECT[c.start as usize - 7..c.end as usize - 7], c.quote.as_str());
                }
            }
        }
    }
}
