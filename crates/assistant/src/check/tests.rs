use std::sync::Arc;

use futures::executor::block_on;
use futures::future::BoxFuture;
use mortar_language::drugs::Lexicon;

use super::*;
use crate::answer::Problem;
use crate::grounding::tests::passage;
use crate::ports::{ModelError, Pair, RetrieveError, Retrieved, Retriever};

/// Finds the passages that share most words with what is searched for.
struct ByWords(Vec<Passage>);

impl Retriever for ByWords {
    fn release(&self) -> &str {
        "r1"
    }

    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError> {
        let wanted = text::content_stems(&query.text);
        let shared = |p: &Passage| {
            let there = text::content_stems(&p.text);
            wanted.iter().filter(|w| there.contains(w)).count()
        };
        let mut passages: Vec<Passage> = self.0.iter().filter(|p| shared(p) > 0).cloned().collect();
        passages.sort_by_key(|p| std::cmp::Reverse(shared(p)));
        passages.truncate(query.limit);
        number(&mut passages);
        Ok(Retrieved {
            passages,
            ..Retrieved::default()
        })
    }
}

fn knowledge() -> Vec<Passage> {
    let mut all = vec![
        passage(
            1,
            "Insulin pens",
            "Discard the old pen after 28 days. The pharmacist sends a new pen.",
        ),
        passage(2, "Refunds", "The refund reaches the card within five business days."),
    ];
    // What is near to nothing that is asked.
    all.extend((3..40).map(|n| passage(n, "Parcels", &format!("Shelf {n} holds parcels of the depot."))));
    all
}

fn checked(said: &str) -> Result<Checked, CheckError> {
    let lexicon = Arc::new(Lexicon::default());
    let with = Search {
        embedder: None,
        instead: None,
        retriever: &ByWords(knowledge()),
        lexicon: &lexicon,
        emergencies: &[],
        inference_id: "",
    };
    block_on(check(&with, None, said, "2026-11-20".parse().unwrap()))
}

fn given(said: &str) -> Result<Checked, CheckError> {
    let passages = knowledge();
    Given::new(&passages).check(said)
}

#[test]
fn a_text_stands_as_its_sentences_do_wherever_it_is_held_against() {
    use Grounding::*;
    for (said, stands, marks) in [
        (
            "The refund reaches the card within five business days.",
            true,
            vec![Verbatim],
        ),
        (
            "Hello Anna, thank you for writing to us. Discard the old pen after 28 days. The refund reaches the card within five business days.",
            true,
            vec![Courtesy, Verbatim, Verbatim],
        ),
        (
            "The refund reaches the card within two business days.",
            false,
            vec![Unsupported],
        ),
        (
            "Discard the old pen after 28 days, and the refund reaches the card within five business days.",
            true,
            vec![Supported],
        ),
        ("Shelf 7 holds parcels of the depot.", true, vec![Verbatim]),
        ("Thank you for your patience.", true, vec![Courtesy]),
        // Most of its words stand somewhere by chance.
        ("The pharmacist sends a free pen.", false, vec![Unsupported]),
        ("The old pen reaches the card.", false, vec![Unsupported]),
    ] {
        for got in [checked(said).unwrap(), given(said).unwrap()] {
            let found: Vec<Grounding> = got.sentences.iter().map(|s| s.grounding).collect();
            assert_eq!((got.stands, &found), (stands, &marks), "{said}: {got:#?}");
            let numbers: Vec<u32> = got.passages.iter().map(|p| p.number).collect();
            assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>());
            for c in got.sentences.iter().flat_map(|s| &s.citations) {
                let p = &got.passages[c.number as usize - 1];
                assert_eq!(
                    &p.text[(c.start - p.start) as usize..(c.end - p.start) as usize],
                    c.quote
                );
            }
        }
    }
}

#[test]
fn of_what_has_no_source_the_nearest_is_shown() {
    let got =
        checked("The refund reaches the card within two business days. Discard the old pen after 28 days.").unwrap();
    let shown: Vec<&str> = got.passages.iter().map(|p| p.document.as_str()).collect();
    assert_eq!(shown, ["d2", "d1"]);
    assert_eq!(got.release.as_deref(), Some("r1"));
}

#[test]
fn what_cannot_be_checked_is_said() {
    for empty in ["", "  \n", "…", "\u{200b}"] {
        assert!(matches!(checked(empty), Err(CheckError::Empty)), "{empty:?}");
    }
    let long = "word ".repeat(LONGEST);
    for refused in [checked(&long), given(&long)] {
        assert!(matches!(refused, Err(CheckError::TooLong(n)) if n == LONGEST * 5));
    }
}

/// Doubts what holds a word, and notes what it is asked; or gives another number of answers.
struct Doubts(&'static str, usize, std::sync::Mutex<Vec<Pair>>);

impl Checker for Doubts {
    fn model(&self) -> &str {
        "doubts"
    }

    fn pairs(&self) -> usize {
        2
    }

    fn check<'a>(&'a self, pairs: &'a [Pair], _: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        self.2.lock().unwrap().extend(pairs.iter().cloned());
        let p = |pair: &Pair| if pair.claim.contains(self.0) { 0.1 } else { 0.9 };
        let all = pairs.iter().map(p).skip(self.1).collect();
        Box::pin(async move { Ok(all) })
    }
}

#[test]
fn a_checker_takes_marks_away_and_gives_none() {
    let said = "The refund reaches the card within 5 business days. Discard the old pen after 28 days. \
                The refund reaches the card within two business days. \
                Discard the old pen after 28 days, and the refund reaches the card within 5 business days.";
    let with = |checker: &Doubts| {
        let lexicon = Arc::new(Lexicon::default());
        let with = Search {
            embedder: None,
            instead: None,
            retriever: &ByWords(knowledge()),
            lexicon: &lexicon,
            emergencies: &[],
            inference_id: "",
        };
        block_on(check(&with, Some(checker), said, "2026-11-20".parse().unwrap())).unwrap()
    };
    let marks = |c: &Checked| c.sentences.iter().map(|s| s.grounding).collect::<Vec<_>>();
    use Grounding::*;
    let without = [Supported, Verbatim, Unsupported, Supported];
    let agrees = Doubts("nothing", 0, Default::default());
    assert_eq!(marks(&with(&agrees)), without);
    // What is a sentence of its source, and what has none, is nobody's question.
    let asked = agrees.2.lock().unwrap().clone();
    assert_eq!(asked.len(), 3, "{asked:#?}");
    assert!(
        asked
            .iter()
            .all(|p| !p.source.is_empty() && !p.claim.contains("two business"))
    );

    let found = with(&Doubts("refund", 0, Default::default()));
    assert_eq!(marks(&found), [Unsupported, Verbatim, Unsupported, Unsupported]);
    assert_eq!(
        found.sentences[0].problem,
        Some(Problem::Doubted { model: "doubts".into() })
    );
    let claims: Vec<Grounding> = found.sentences[3].claims.iter().map(|c| c.grounding).collect();
    assert_eq!(claims, [Supported, Unsupported]);

    let failed = with(&Doubts("refund", 1, Default::default()));
    assert_eq!(marks(&failed), without);
    assert_eq!(failed.notices[0].about, Stage::Checking);
}
