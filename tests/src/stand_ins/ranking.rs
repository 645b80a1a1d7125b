//! The stand-in of a reranking model: it prefers what it is told to prefer, and can be told to misbehave.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::Fault;
use super::models::MOST_TEXTS;

pub(super) fn is_reranking(name: &str) -> bool {
    matches!(name, "tei-rerank" | "jumpstart-rerank" | "hf-text-classification")
}

/// A score for each text, the best first, as rerankers answer.
pub(super) fn ranked(preferred: &Mutex<Vec<String>>, name: &str, asked: &Value, fault: Option<Fault>) -> Option<Value> {
    let texts: Vec<String> = match name {
        "tei-rerank" => serde_json::from_value(asked["texts"].clone()).ok(),
        "jumpstart-rerank" => serde_json::from_value(asked["documents"].clone()).ok(),
        _ => {
            let pairs = asked["inputs"].as_array()?.iter();
            pairs.map(|p| p["text_pair"].as_str().map(str::to_owned)).collect()
        }
    }?;
    let query = match name {
        "hf-text-classification" => asked["inputs"].get(0)?["text"].as_str()?,
        _ => asked["query"].as_str()?,
    };
    if query.is_empty() || texts.is_empty() || texts.len() > MOST_TEXTS {
        return None;
    }
    let preferred = preferred.lock().unwrap_or_else(PoisonError::into_inner);
    let liked = |t: &String| preferred.iter().position(|w| t.contains(w.as_str()));
    let score = |t: &String| liked(t).map_or(0.0001, |place| 0.99 / (place + 1) as f64);
    let mut all: Vec<(usize, f64)> = texts.iter().map(score).enumerate().collect();
    match fault {
        Some(Fault::WrongCount) => all.truncate(texts.len() - 1),
        Some(Fault::OutOfRange) => all[0].0 = texts.len(),
        _ => {}
    }
    if name == "hf-text-classification" {
        // This one answers in the order of the request, without a place: only another kind of answer is out of range.
        let label = |n: usize| if n < texts.len() { "LABEL_0" } else { "LABEL_1" };
        return Some(
            all.iter()
                .map(|(n, s)| json!({ "label": label(*n), "score": s }))
                .collect(),
        );
    }
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    Some(match name {
        "tei-rerank" => all.iter().map(|(n, s)| json!({ "index": n, "score": s })).collect(),
        _ => {
            let results: Vec<Value> = all
                .iter()
                .map(|(n, s)| json!({ "index": n, "relevance_score": s }))
                .collect();
            json!({ "id": "0c0e", "results": results, "meta": {} })
        }
    })
}
