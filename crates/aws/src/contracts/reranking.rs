//! Containers that say how well each of several texts answers a question. Pure: bytes in, bytes out. An answer that is
//! not whole is none: half an order is worse than the search's own.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ContractError, read, said, shape};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RerankingContract {
    /// Hugging Face Text Embeddings Inference with a reranking model.
    TeiRerank,
    /// Cohere's rerankers, as JumpStart offers them.
    JumpstartRerank,
    /// The Hugging Face toolkit's text classification, with a cross-encoder.
    HfTextClassification,
}

/// One text's score, by its place in the request.
#[derive(Deserialize)]
struct Ranked {
    index: usize,
    #[serde(alias = "relevance_score")]
    score: f32,
}

#[derive(Deserialize)]
struct Classified {
    label: String,
    score: f32,
}

impl RerankingContract {
    pub const ALL: [Self; 3] = [Self::TeiRerank, Self::JumpstartRerank, Self::HfTextClassification];

    pub fn request(self, query: &str, texts: &[String]) -> Vec<u8> {
        match self {
            Self::TeiRerank => json!({
                "query": query, "texts": texts, "raw_scores": false, "return_text": false, "truncate": true,
            }),
            Self::JumpstartRerank => json!({
                "query": query, "documents": texts, "top_n": texts.len(), "return_documents": false,
            }),
            Self::HfTextClassification => {
                let pairs: Vec<Value> = texts.iter().map(|t| json!({ "text": query, "text_pair": t })).collect();
                json!({ "inputs": pairs })
            }
        }
        .to_string()
        .into_bytes()
    }

    /// A score for each of so many texts, in the order of the request.
    pub fn scores(self, body: &[u8], texts: usize) -> Result<Vec<f32>, ContractError> {
        let value: Value = serde_json::from_slice(body).map_err(|e| shape(e.to_string()))?;
        if let Some(said) = said(&value) {
            return Err(ContractError::Model(said));
        }
        let scores = match self {
            Self::TeiRerank => by_place(read(&value)?, texts)?,
            Self::JumpstartRerank => {
                let results = value.get("results").ok_or_else(|| shape("there are no \"results\""))?;
                by_place(read(results)?, texts)?
            }
            Self::HfTextClassification => of_one_label(&read::<Vec<Classified>>(&value)?)?,
        };
        if scores.len() != texts {
            return Err(shape(format!("{} scores for {texts} texts", scores.len())));
        }
        match scores.iter().find(|s| !s.is_finite()) {
            Some(score) => Err(shape(format!("{score} is no score"))),
            None => Ok(scores),
        }
    }
}

/// Each text must be scored once.
fn by_place(ranked: Vec<Ranked>, texts: usize) -> Result<Vec<f32>, ContractError> {
    let mut out = vec![None; texts];
    for Ranked { index, score } in ranked {
        match out.get_mut(index) {
            Some(place @ None) => *place = Some(score),
            Some(_) => return Err(shape(format!("text {index} is scored twice"))),
            None => return Err(shape(format!("text {index} is scored, of {texts}"))),
        }
    }
    let scored = out.iter().flatten().count();
    let all: Option<Vec<f32>> = out.into_iter().collect();
    all.ok_or_else(|| shape(format!("{scored} scores for {texts} texts")))
}

/// Scores of different labels say nothing beside each other: then the model classifies, and ranks nothing.
fn of_one_label(all: &[Classified]) -> Result<Vec<f32>, ContractError> {
    match all.iter().find(|c| c.label != all[0].label) {
        Some(other) => Err(shape(format!("labels {} and {}", all[0].label, other.label))),
        None => Ok(all.iter().map(|c| c.score).collect()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Deserialize)]
    struct Recorded {
        contract: RerankingContract,
        request: Value,
        response: Value,
        gives: Vec<f32>,
    }

    fn recorded() -> Vec<Recorded> {
        serde_json::from_str(include_str!("../../fixtures/reranking.json")).unwrap()
    }

    #[test]
    fn every_contract_asks_and_is_read_as_it_was_recorded() {
        let all = recorded();
        for contract in RerankingContract::ALL {
            assert!(
                all.iter().any(|r| r.contract == contract),
                "{contract:?} has no fixture"
            );
        }
        for r in all {
            let ours: Value = serde_json::from_slice(&r.contract.request("q", &["a".into(), "b".into()])).unwrap();
            assert_eq!(ours, r.request);
            let body = r.response.to_string().into_bytes();
            assert_eq!(r.contract.scores(&body, 2).unwrap(), r.gives, "{:?}", r.contract);
        }
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        use RerankingContract::{HfTextClassification as Hf, JumpstartRerank as Jumpstart, TeiRerank as Tei};
        for (contract, body, why) in [
            (Tei, r#"[{"index":0,"score":0.5}]"#, "1 scores for 2"),
            (Tei, "[]", "0 scores for 2"),
            (
                Tei,
                r#"[{"index":0,"score":0.5},{"index":2,"score":0.5}]"#,
                "text 2 is scored, of 2",
            ),
            (
                Tei,
                r#"[{"index":0,"score":0.5},{"index":0,"score":0.4}]"#,
                "text 0 is scored twice",
            ),
            (
                Tei,
                r#"[{"index":-1,"score":0.5},{"index":0,"score":0.4}]"#,
                "invalid value",
            ),
            (Tei, r#"[{"index":0,"score":1e40},{"index":1,"score":0.4}]"#, "no score"),
            (
                Tei,
                r#"[{"index":0,"score":null},{"index":1,"score":0.4}]"#,
                "invalid type",
            ),
            (
                Tei,
                r#"{"error":"batch size 40 > 32","error_type":"validation"}"#,
                "batch size",
            ),
            (Tei, r#"{"something":"else"}"#, "expected a sequence"),
            (
                Jumpstart,
                r#"[{"index":0,"score":0.5},{"index":1,"score":0.5}]"#,
                "no \"results\"",
            ),
            (
                Jumpstart,
                r#"{"results":[{"index":1,"relevance_score":0.5}]}"#,
                "1 scores for 2",
            ),
            (
                Hf,
                r#"[{"label":"NO","score":0.5},{"label":"YES","score":0.5}]"#,
                "labels NO and YES",
            ),
            (
                Hf,
                r#"[{"label":"L","score":0.5},{"label":"L","score":0.5},{"label":"L","score":0.5}]"#,
                "3 scores for 2",
            ),
            (Hf, "[[0.1,0.2]]", "invalid"),
            (Hf, "{", "EOF"),
        ] {
            let error = contract.scores(body.as_bytes(), 2).unwrap_err();
            assert!(error.to_string().contains(why), "{body}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), texts in 0usize..5) {
            for contract in RerankingContract::ALL {
                let _ = contract.scores(&bytes, texts);
            }
        }

        /// Of answers that have the shape, those alone are read that score each text once, in any order.
        #[test]
        fn each_text_is_scored_once_or_nothing_is_read(
            ranked in prop::collection::vec((0usize..6, prop::num::f32::ANY), 0..7),
            texts in 0usize..6,
        ) {
            let item = |(index, score): &(usize, f32), key: &str| json!({ "index": index, key: score });
            let tei: Vec<Value> = ranked.iter().map(|r| item(r, "score")).collect();
            let jumpstart: Vec<Value> = ranked.iter().map(|r| item(r, "relevance_score")).collect();
            let mut places: Vec<usize> = ranked.iter().map(|r| r.0).collect();
            places.sort_unstable();
            let whole = places.iter().copied().eq(0..texts) && ranked.iter().all(|r| r.1.is_finite());
            for (contract, body) in [
                (RerankingContract::TeiRerank, json!(tei)),
                (RerankingContract::JumpstartRerank, json!({ "results": jumpstart })),
            ] {
                let read = contract.scores(body.to_string().as_bytes(), texts);
                prop_assert_eq!(read.is_ok(), whole, "{:?}", read);
                for (index, score) in ranked.iter().filter(|_| whole) {
                    prop_assert_eq!(read.as_ref().unwrap()[*index], *score);
                }
            }
        }
    }
}
