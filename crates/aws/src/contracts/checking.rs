//! Containers that say whether a source says what a claim says: classifiers of pairs such as MiniCheck or HHEM. Pure:
//! bytes in, bytes out. A label that is not known is no answer: guessing which way it points would turn a mark round.

use mortar_assistant::Pair;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ContractError, read, said, shape};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckingContract {
    /// Hugging Face Text Embeddings Inference with a model that classifies.
    TeiPredict,
    /// The Hugging Face toolkit's text classification of pairs.
    HfEntailment,
}

/// Labels by which models say that the source says it, and that it does not.
const SAYS: &[&str] = &[
    "entailment",
    "supported",
    "supports",
    "support",
    "consistent",
    "factual",
    "attributable",
    "label_1",
    "1",
    "yes",
    "true",
];
const SAYS_NOT: &[&str] = &[
    "contradiction",
    "neutral",
    "not_entailment",
    "unsupported",
    "not_supported",
    "refutes",
    "inconsistent",
    "hallucinated",
    "hallucination",
    "not_attributable",
    "label_0",
    "0",
    "no",
    "false",
    "not_enough_info",
];

#[derive(Deserialize)]
struct Classified {
    label: String,
    score: f32,
}

/// All labels of a pair, or the likeliest alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    All(Vec<Classified>),
    Likeliest(Classified),
}

impl CheckingContract {
    pub const ALL: [Self; 2] = [Self::TeiPredict, Self::HfEntailment];

    pub fn request(self, pairs: &[Pair]) -> Vec<u8> {
        match self {
            Self::TeiPredict => {
                let inputs: Vec<Value> = pairs.iter().map(|p| json!([p.source, p.claim])).collect();
                json!({ "inputs": inputs, "raw_scores": false, "truncate": true })
            }
            Self::HfEntailment => {
                let inputs: Vec<Value> = pairs
                    .iter()
                    .map(|p| json!({ "text": p.source, "text_pair": p.claim }))
                    .collect();
                json!({ "inputs": inputs })
            }
        }
        .to_string()
        .into_bytes()
    }

    /// Of each of so many pairs, in their order, the probability that the source says it.
    pub fn probabilities(self, body: &[u8], pairs: usize) -> Result<Vec<f32>, ContractError> {
        let value: Value = serde_json::from_slice(body).map_err(|e| shape(e.to_string()))?;
        if let Some(said) = said(&value) {
            return Err(ContractError::Model(said));
        }
        let all: Vec<Labels> = read(&value)?;
        if all.len() != pairs {
            return Err(shape(format!("{} answers for {pairs} claims", all.len())));
        }
        all.iter().map(probability).collect()
    }
}

fn probability(labels: &Labels) -> Result<f32, ContractError> {
    let all = match labels {
        Labels::All(all) => all.as_slice(),
        Labels::Likeliest(one) => std::slice::from_ref(one),
    };
    let mut says = 0.0;
    for c in all {
        let label = c.label.to_lowercase().replace([' ', '-'], "_");
        if !(0.0..=1.0).contains(&c.score) {
            return Err(shape(format!("{} is no probability", c.score)));
        }
        if SAYS.contains(&label.as_str()) {
            says += c.score;
        } else if !SAYS_NOT.contains(&label.as_str()) {
            return Err(shape(format!("no label is known as {}", c.label)));
        } else if all.len() == 1 {
            // Of several that the source does not say it, this is the likeliest.
            says = (1.0 - c.score).min(0.49);
        }
    }
    if all.is_empty() {
        return Err(shape("a claim without a label"));
    }
    Ok(says.min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Deserialize)]
    struct Recorded {
        contract: CheckingContract,
        request: Value,
        response: Value,
        gives: Vec<f32>,
    }

    fn pair(source: &str, claim: &str) -> Pair {
        Pair {
            source: source.to_owned(),
            claim: claim.to_owned(),
        }
    }

    #[test]
    fn every_contract_asks_and_is_read_as_it_was_recorded() {
        let all: Vec<Recorded> = serde_json::from_str(include_str!("../../fixtures/checking.json")).unwrap();
        for contract in CheckingContract::ALL {
            assert!(
                all.iter().any(|r| r.contract == contract),
                "{contract:?} has no fixture"
            );
        }
        for r in all {
            let asked = r.contract.request(&[pair("s", "a"), pair("s", "b")]);
            assert_eq!(serde_json::from_slice::<Value>(&asked).unwrap(), r.request);
            let body = r.response.to_string().into_bytes();
            let got = r.contract.probabilities(&body, 2).unwrap();
            let off = got.iter().zip(&r.gives).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(got.len() == r.gives.len() && off < 1e-6, "{:?}: {got:?}", r.contract);
        }
    }

    #[test]
    fn what_is_no_whole_answer_is_none() {
        for (body, why) in [
            (r#"[{"label":"LABEL_1","score":0.5}]"#, "1 answers for 2"),
            (
                r#"[{"label":"LABEL_1","score":0.5},{"label":"LABEL_7","score":0.5}]"#,
                "known as LABEL_7",
            ),
            (
                r#"[{"label":"yes","score":0.5},{"label":"yes","score":1.5}]"#,
                "no probability",
            ),
            ("[[],[]]", "without a label"),
            (r#"{"error":"batch size 40 > 32"}"#, "batch size"),
            (r#"{"something":"else"}"#, "expected a sequence"),
            ("[[0.1,0.2],[0.1,0.2]]", "did not match"),
            ("[", "EOF"),
        ] {
            for contract in CheckingContract::ALL {
                let error = contract.probabilities(body.as_bytes(), 2).unwrap_err();
                assert!(error.to_string().contains(why), "{body}: {error}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_a_probability(bytes in prop::collection::vec(any::<u8>(), 0..300), pairs in 0usize..5) {
            for contract in CheckingContract::ALL {
                if let Ok(all) = contract.probabilities(&bytes, pairs) {
                    prop_assert!(all.len() == pairs && all.iter().all(|p| (0.0..=1.0).contains(p)));
                }
            }
        }
    }
}
