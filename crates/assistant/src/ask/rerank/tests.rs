use std::sync::Mutex;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use mortar_language::drugs::Lexicon;
use proptest::prelude::*;

use super::super::{Stop, ask};
use super::*;
use crate::answer::Answer;
use crate::grounding::tests::passage;
use crate::ports::{Generation, Generator, RetrieveError, Retriever};

const LIMIT: usize = 6;

/// Finds what it was made with, as a search does: so many, and further ones only where they are asked for.
struct Finds(Retrieved);
impl Retriever for Finds {
    fn release(&self) -> &str {
        "r1"
    }
    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError> {
        let mut found = self.0.clone();
        found.further.truncate(query.further);
        Ok(found)
    }
}

struct Writes;
impl Generator for Writes {
    fn model(&self) -> &str {
        "writes"
    }
    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        let said = generation
            .passages
            .first()
            .map(|p| format!("{} [{}]", p.text, p.number));
        stream::iter(said.map(Ok)).boxed()
    }
}

type By = dyn Fn(&[String]) -> Result<Vec<f32>, ModelError> + Send + Sync;

/// Scores texts by what is told of them, and notes what it was given.
struct Scores {
    candidates: usize,
    by: Box<By>,
    given: Mutex<Vec<Vec<String>>>,
}
impl Scores {
    fn by(by: impl Fn(&[String]) -> Result<Vec<f32>, ModelError> + Send + Sync + 'static) -> Scores {
        Scores {
            candidates: 24,
            by: Box::new(by),
            given: Mutex::default(),
        }
    }

    /// The last first.
    fn reversed() -> Scores {
        Scores::by(|texts| Ok((0..texts.len()).map(|n| n as f32).collect()))
    }
}
impl Reranker for Scores {
    fn model(&self) -> &str {
        "scores"
    }
    fn candidates(&self) -> usize {
        self.candidates
    }
    fn rerank<'a>(
        &'a self,
        _: &'a str,
        texts: &'a [String],
        id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        assert_eq!(id, "id", "the records of all models of an answer are found by one id");
        self.given.lock().unwrap().push(texts.to_vec());
        Box::pin(async move { (self.by)(texts) })
    }
}

/// Passages a, b, c … as a letter a time: `a` carries, `.a` does not, the rest is put there by a rule: `c` a code,
/// `x` an exception, `e` for an emergency, `p` placed by the search, `l` lacks what was asked about.
fn found(here: &str, further: &str) -> Retrieved {
    let mut out = Retrieved::default();
    let all = here.split_whitespace().chain(further.split_whitespace());
    for (n, spec) in all.enumerate() {
        let (rules, name) = spec.split_at(spec.len() - 1);
        let text = format!("{name} says something of its own.");
        let mut p = passage(n as u32 + 1, name, &text);
        p.id = name.to_owned();
        p.score = if rules.contains('.') { 0.3 } else { 0.9 };
        p.found_by = if rules.contains('c') {
            vec![FoundBy::Code]
        } else {
            vec![FoundBy::Words]
        };
        p.case = rules.contains('x').then(|| "controlled".to_owned());
        p.emergency = rules.contains('e');
        p.lacks = if rules.contains('l') {
            vec!["Lamisil".to_owned()]
        } else {
            vec![]
        };
        if rules.contains('p') {
            out.placed.push(name.to_owned());
        }
        if n < here.split_whitespace().count() {
            out.passages.push(p);
        } else {
            out.further.push(p);
        }
    }
    out
}

fn asked_as(question: &str, found: Retrieved, reranker: Option<&Scores>) -> (Answer, Vec<Event>) {
    let mut events = Vec::new();
    let with = Ask {
        embedder: None,
        embedder_instead: None,
        retriever: &Finds(found),
        reranker: reranker.map(|r| r as _),
        generator: &Writes,
        checker: None,
        instead: None,
        inference_id: "id".into(),
        instructions: "",
        budget: 4000,
        as_of: "2026-01-01".parse().unwrap(),
        lexicon: &Lexicon::own(),
        emergencies: &[],
        before: &[],
        stop: Stop::default(),
    };
    let answer = futures::executor::block_on(ask(&with, question, &mut |e| events.push(e))).unwrap();
    (answer, events)
}

fn asked(found: Retrieved, reranker: Option<&Scores>) -> Answer {
    asked_as("How long does it take?", found, reranker).0
}

fn ids(a: &Answer) -> String {
    a.passages.iter().map(|p| p.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn it_moves_what_no_rule_has_put_somewhere_and_nothing_else() {
    for (here, further, want) in [
        ("a b c d e f", "", "f e d c b a"),
        // What comes behind may come in; as many stay as were there.
        ("a b c d e f", "g h", "h g f e d c"),
        // What carries nothing stays where it is, and lets nothing of its kind in.
        ("a .b c .d", "e .f", "e .b c .d"),
        ("ca b c", "d", "ca d c"),
        ("xa b c", "", "xa c b"),
        ("pa pb c d", "", "pa pb d c"),
        ("a b lc", "d", "d b lc"),
        // A code further down comes in no better than by its own rule.
        ("a b", "cc d", "d b"),
    ] {
        let reranker = Scores::reversed();
        let answer = asked(found(here, further), Some(&reranker));
        let want: Vec<&str> = want.split(' ').map(|w| &w[w.len() - 1..]).collect();
        assert_eq!(ids(&answer), want.join(" "), "{here} | {further}");
        let numbers: Vec<u32> = answer.passages.iter().map(|p| p.number).collect();
        assert!(numbers.iter().zip(1..).all(|(n, place)| *n == place), "{numbers:?}");
        assert_eq!(answer.models.reranking.as_deref(), Some("scores"), "{here}");
        assert!(answer.notices.is_empty() && !answer.abstained);
    }
}

#[test]
fn nobody_is_asked_where_there_is_nothing_to_order() {
    let unknown = Retrieved {
        unknown_codes: vec!["7Z5".into()],
        ..found("a b", "c")
    };
    for (what, question, found) in [
        ("one", "How long does it take?", found("a", "")),
        ("all by a rule", "How long does it take?", found("ca xb pc", "cd")),
        ("nothing carries", "How long does it take?", found(".a .b lc", "d e")),
        ("an unknown code", "How long does it take?", unknown),
        ("a source for danger", "How long does it take?", found("ea", "")),
        ("danger to life", "She took an overdose, what now?", found("a b", "c d")),
    ] {
        let reranker = Scores::reversed();
        let plain = asked_as(question, found.clone(), None).0;
        let answer = asked_as(question, found, Some(&reranker)).0;
        assert!(reranker.given.lock().unwrap().is_empty(), "{what}");
        assert_eq!(
            (ids(&answer), answer.abstained),
            (ids(&plain), plain.abstained),
            "{what}"
        );
        assert_eq!(answer.models.reranking, None, "{what}");
    }
}

#[test]
fn sources_that_disagree_stay_and_so_does_the_one_they_are_held_against() {
    let mut all = found("a b c d", "e f g");
    all.passages[0].text = "A refund takes 5 days after the return.".into();
    all.passages[2].text = "A refund takes 9 days after the return.".into();
    let plain = asked(all.clone(), None);
    assert_eq!(plain.disagree.len(), 1);
    let answer = asked(all, Some(&Scores::reversed()));
    assert_eq!(ids(&answer), "a g c f");
    assert_eq!(answer.disagree, plain.disagree);
}

#[test]
fn it_is_given_no_more_than_it_takes_and_no_more_of_each_than_says_what_it_is_about() {
    let mut all = found("a b c", "d e f g");
    all.passages[0].heading_path = vec!["Above".into()];
    all.passages[0].head = Some("Head".into());
    all.passages[1].text = "é".repeat(9000);
    let reranker = Scores {
        candidates: 5,
        ..Scores::reversed()
    };
    asked(all, Some(&reranker));
    let answer = asked(found("a b c d e f", "g"), Some(&reranker));
    assert_eq!(ids(&answer), "e d c b a f");
    let given = reranker.given.lock().unwrap();
    let counts: Vec<usize> = given.iter().map(Vec::len).collect();
    assert_eq!(
        counts,
        [3, 5],
        "a search is asked for no more than {LIMIT} where that is enough"
    );
    assert!(given[0][0].starts_with("a\nAbove\nHead\na says"), "{}", given[0][0]);
    assert_eq!(given[0][1].chars().count(), LETTERS);
}

#[test]
fn whatever_goes_wrong_the_order_of_the_search_holds_and_it_is_said() {
    let fault = |fault| Scores::by(move |_| Err(ModelError::new(fault, "said so")));
    let numbers = |of: fn(usize) -> Vec<f32>| Scores::by(move |texts| Ok(of(texts.len())));
    for (what, reranker, fault) in [
        ("slow", fault(Fault::Slow), Fault::Slow),
        ("busy", fault(Fault::Busy), Fault::Busy),
        ("away", fault(Fault::SignIn), Fault::SignIn),
        ("too few", numbers(|n| vec![1.0; n - 1]), Fault::Refused),
        ("too many", numbers(|n| vec![1.0; n + 1]), Fault::Refused),
        ("no number", numbers(|n| vec![f32::NAN; n]), Fault::Refused),
    ] {
        let all = || found("a b c d e f", "g h");
        let plain = asked(all(), None);
        let (mut answer, events) = asked_as("How long does it take?", all(), Some(&reranker));
        let notice = answer
            .notices
            .pop()
            .unwrap_or_else(|| panic!("{what}: nothing is said"));
        assert_eq!((notice.about, notice.fault), (Stage::Reranking, fault), "{what}");
        // Told before the passages, which then need no second look.
        let order: Vec<bool> = events
            .iter()
            .filter_map(|e| match e {
                Event::Notice { .. } => Some(true),
                Event::Passages { .. } => Some(false),
                _ => None,
            })
            .collect();
        assert_eq!(order, [true, false], "{what}");
        answer.timings_ms = plain.timings_ms.clone();
        assert_eq!(answer, plain, "{what}: all else is as without a reranker");
    }
}

proptest! {
    /// Whatever is found and whatever it scores: rules keep their places, nothing is doubled, nothing that carries
    /// nothing comes in, and a question is refused or answered as before.
    #[test]
    fn no_score_loosens_a_rule(
        specs in prop::collection::vec(0usize..7, 1..20),
        scores in prop::collection::vec(-9.0f32..9.0, 24),
    ) {
        const RULES: [&str; 7] = ["", "", ".", "c", "x", "p", "l"];
        let names: Vec<String> = specs
            .iter()
            .zip('a'..)
            .map(|(rule, name)| format!("{}{name}", RULES[*rule]))
            .collect();
        let here = names.iter().take(LIMIT).cloned().collect::<Vec<_>>().join(" ");
        let further = names.iter().skip(LIMIT).cloned().collect::<Vec<_>>().join(" ");
        let plain = asked(found(&here, &further), None);
        let reranker = Scores::by(move |texts| Ok(scores[..texts.len()].to_vec()));
        let answer = asked(found(&here, &further), Some(&reranker));
        prop_assert_eq!((answer.abstained, answer.reason), (plain.abstained, plain.reason));
        prop_assert_eq!(answer.passages.len(), plain.passages.len());
        let mut seen = std::collections::HashSet::new();
        for (place, (was, is)) in plain.passages.iter().zip(&answer.passages).enumerate() {
            prop_assert!(seen.insert(is.id.clone()));
            prop_assert_eq!((was.carries, is.number), (is.carries, place as u32 + 1));
            if names[place] != was.id {
                prop_assert_eq!(was, is);
            }
        }
    }
}
