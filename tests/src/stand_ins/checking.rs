//! The stand-in of a checking model: it doubts what it is told to doubt and what shares no word with its source, and can
//! be told to misbehave.

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
    let pair = |p: &Value| {
        let (source, claim) = match name {
            "tei-predict" => (&p[0], &p[1]),
            _ => (&p["text"], &p["text_pair"]),
        };
        Some((source.as_str()?.to_lowercase(), claim.as_str()?.to_owned()))
    };
    let claims: Vec<(String, String)> = pairs.iter().map(pair).collect::<Option<_>>()?;
    if claims.is_empty() || claims.len() > MOST_TEXTS {
        return None;
    }
    let doubted = doubted.lock().unwrap_or_else(PoisonError::into_inner);
    let shares = |source: &str, claim: &str| claim.split_whitespace().any(|w| source.contains(&w.to_lowercase()));
    let doubts = |(source, claim): &(String, String)| {
        !shares(source, claim) || doubted.iter().any(|w| claim.contains(w.as_str()))
    };
    // A label of which nobody knows which way it points.
    let odd = fault == Some(Fault::OutOfRange);
    let left = claims.len() - usize::from(fault == Some(Fault::WrongCount));
    let of = |c: &(String, String)| {
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
