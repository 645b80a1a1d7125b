//! A second opinion on what the rules let stand in words of its own. A model can take a mark away and never gives one;
//! where it fails, that is said, and the marks are those of the rules.

use crate::answer::{Citation, Grounding, Passage, Problem, Sentence};
use crate::ports::{Checker, Fault, ModelError, Pair};

/// From this probability on, what it says holds.
const STANDS: f32 = 0.5;

/// A sentence, or one of its claims.
#[derive(Clone, Copy)]
struct Place {
    sentence: usize,
    claim: Option<usize>,
}

/// Asks about each claim that stands and is no sentence of its source; why it could not be asked about all.
pub(crate) async fn opinion(
    checker: &dyn Checker,
    sentences: &mut [Sentence],
    passages: &[Passage],
    inference_id: &str,
) -> Option<ModelError> {
    let (places, pairs) = asked(sentences, passages);
    for (places, pairs) in places.chunks(checker.pairs()).zip(pairs.chunks(checker.pairs())) {
        let said = checker.check(pairs, inference_id).await;
        match said.and_then(|all| one_each(all, pairs.len())) {
            Ok(all) => {
                for (place, _) in places.iter().zip(all).filter(|(_, p)| *p < STANDS) {
                    fall(&mut sentences[place.sentence], place.claim, checker.model());
                }
            }
            Err(e) => return Some(e),
        }
    }
    None
}

/// Takes away again what it took away before, of a text that was edited since: nothing is asked.
pub fn again(checker: &dyn Checker, sentences: &mut [Sentence], passages: &[Passage]) {
    let (places, pairs) = asked(sentences, passages);
    for (place, pair) in places.iter().zip(&pairs) {
        if checker.said(pair).is_some_and(|p| p < STANDS) {
            fall(&mut sentences[place.sentence], place.claim, checker.model());
        }
    }
}

/// Whatever stands behind the port: marks fall by a whole list of probabilities alone.
fn one_each(all: Vec<f32>, pairs: usize) -> Result<Vec<f32>, ModelError> {
    if all.len() == pairs && all.iter().all(|p| (0.0..=1.0).contains(p)) {
        return Ok(all);
    }
    let said = format!("the checking model gave {} probabilities for {pairs} claims", all.len());
    Err(ModelError::new(Fault::Refused, said))
}

fn asked(sentences: &[Sentence], passages: &[Passage]) -> (Vec<Place>, Vec<Pair>) {
    let mut out = (Vec::new(), Vec::new());
    for (n, s) in sentences.iter().enumerate() {
        let mut ask = |claim: Option<usize>, words: &str, citations: &[Citation]| {
            out.0.push(Place { sentence: n, claim });
            out.1.push(Pair {
                source: source(citations, passages),
                claim: words.to_owned(),
            });
        };
        if s.claims.is_empty() && s.grounding == Grounding::Supported {
            ask(None, &s.text, &s.citations);
        }
        for (i, c) in s
            .claims
            .iter()
            .enumerate()
            .filter(|(_, c)| c.grounding == Grounding::Supported)
        {
            let words = s.text.get((c.start - s.start) as usize..(c.end - s.start) as usize);
            ask(Some(i), words.unwrap_or_default(), &c.citations);
        }
    }
    out
}

/// The passages that are cited, each with what it stands under.
fn source(citations: &[Citation], passages: &[Passage]) -> String {
    let cited = passages.iter().filter(|p| citations.iter().any(|c| c.passage == p.id));
    let all = cited.map(|p| format!("{}\n{}\n{}", p.title, p.heading_path.join("\n"), p.text));
    all.collect::<Vec<_>>().join("\n\n")
}

/// A sentence stands no better than its weakest claim.
fn fall(s: &mut Sentence, claim: Option<usize>, model: &str) {
    let problem = Problem::Doubted {
        model: model.to_owned(),
    };
    if let Some(c) = claim.and_then(|i| s.claims.get_mut(i)) {
        c.grounding = Grounding::Unsupported;
        c.problem = Some(problem.clone());
    }
    if s.grounding != Grounding::Unsupported {
        s.grounding = Grounding::Unsupported;
        s.problem = Some(problem);
    }
}
