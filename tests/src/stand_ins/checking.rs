//! The stand-in of a checking model: it doubts what it is told to doubt, and can be told to misbehave.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::Fault;
use super::models::MOST_TEXTS;

pub(super) fn is_checking(name: &str) -> bool {
    matches!(name, "tei-predict" | "hf-entailment")
}

/// Of each pair whether its source says it, as classifiers of pairs answer.
pub(super) fn classified(
    doubted: &Mutex<Vec<String>>,
    name: &str,
    asked: &Value,
    fault: Option<Fault>,
) -> Option<Value> {
    let pairs = asked["inputs"].as_array()?;
    let claim = |p: &Value| {
        let words = if name == "tei-predict" { &p[1] } else { &p["text_pair"] };
        words.as_str().map(str::to_owned)
    };
    let claims: Vec<String> = pairs.iter().map(claim).collect::<Option<_>>()?;
    if claims.is_empty() || claims.len() > MOST_TEXTS {
        return None;
    }
    let doubted = doubted.lock().unwrap_or_else(PoisonError::into_inner);
    let doubts = |c: &String| doubted.iter().any(|w| c.contains(w.as_str()));
    // A label of which nobody knows which way it points.
    let odd = fault == Some(Fault::OutOfRange);
    let left = claims.len() - usize::from(fault == Some(Fault::WrongCount));
    let of = |c: &String| {
        let says = if doubts(c) { 0.03 } else { 0.97 };
        if name == "tei-predict" {
            let yes = if odd { "LABEL_9" } else { "LABEL_1" };
            return json!([{ "label": yes, "score": says }, { "label": "LABEL_0", "score": 1.0 - says }]);
        }
        let label = match (odd, doubts(c)) {
            (true, _) => "LABEL_9",
            (_, true) => "LABEL_0",
            (_, false) => "LABEL_1",
        };
        json!({ "label": label, "score": 0.97 })
    };
    Some(claims.iter().take(left).map(of).collect())
}
