//! Finds out what an endpoint is: its contract, its dimension, whether it streams. It tries each contract
//! with a harmless text, and says what to write into the configuration.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sagemakerruntime::types::ResponseStream;
use aws_smithy_types::Blob;
use mortar_assistant::prompt::{Message, Prompt, Role};
use mortar_assistant::{Fault, ModelError, Pair};
use serde::Serialize;
use tokio::time::timeout;

use crate::Aws;
use crate::calls::{Failed, Retry};
use crate::contracts::{
    CheckingContract, EmbeddingContract, GenerationContract, RerankingContract, StreamReader, Template,
};
use crate::invoke::{self, JSON, Target};

const BUDGET: Duration = Duration::from_secs(30);

/// What an endpoint answered to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Probed {
    Embedding {
        contract: EmbeddingContract,
        dimensions: usize,
    },
    Reranking {
        contract: RerankingContract,
    },
    Checking {
        contract: CheckingContract,
    },
    Generation {
        contract: GenerationContract,
        stream: bool,
    },
}

impl Probed {
    /// The table to write into the tenant's file.
    pub fn toml(&self, endpoint: &str) -> String {
        let name = |v: serde_json::Result<String>| v.unwrap_or_default();
        match self {
            Probed::Embedding { contract, dimensions } => format!(
                "[aws.embedding]\nendpoint = \"{endpoint}\"\ncontract = {}\nmodel = \"\" # as its releases name it\ndimensions = {dimensions}\n{}",
                name(serde_json::to_string(contract)),
                if contract.batches() { "" } else { "batch = 1\n" }
            ),
            Probed::Reranking { contract } => format!(
                "[aws.reranking]\nendpoint = \"{endpoint}\"\ncontract = {}\nmodel = \"\" # as answers shall name it\n",
                name(serde_json::to_string(contract))
            ),
            Probed::Checking { contract } => format!(
                "[aws.checking]\nendpoint = \"{endpoint}\"\ncontract = {}\nmodel = \"\" # as what it doubts shall name it\n",
                name(serde_json::to_string(contract))
            ),
            Probed::Generation { contract, stream } => format!(
                "[aws.generation]\nendpoint = \"{endpoint}\"\ncontract = {}\nmodel = \"\" # as answers shall name it\nstream = {stream}\n",
                name(serde_json::to_string(contract))
            ),
        }
    }
}

/// Tries contracts, the most telling first: an answer that only one of them can give decides.
pub async fn probe(aws: &Arc<Aws>, endpoint: &str) -> Result<Probed, ModelError> {
    let mut last = None;
    for contract in [
        EmbeddingContract::Tei,
        EmbeddingContract::JumpstartEmbedding,
        EmbeddingContract::JumpstartSimilarity,
        EmbeddingContract::HfFeatureExtraction,
        EmbeddingContract::LmiEmbedding,
    ] {
        let texts: Vec<String> = ["a", "b"]
            .iter()
            .take(if contract.batches() { 2 } else { 1 })
            .map(|s| (*s).into())
            .collect();
        match call(aws, endpoint, contract.content_type(), contract.request(&texts)).await {
            Ok(body) => {
                if let Ok(vectors) = contract.vectors(&body, texts.len()) {
                    let dimensions = vectors.first().map_or(0, Vec::len);
                    return Ok(Probed::Embedding { contract, dimensions });
                }
            }
            Err(f) if !is_refusal(&f) => return Err(f.error),
            Err(f) => last = Some(f.error),
        }
    }
    // Before rerankers: one of these, served as a classifier, is asked in the same shape, but tells no claim from another
    // by its label.
    for contract in CheckingContract::ALL {
        let pairs = ["The bottle is blue.", "Trains leave at noon."].map(|claim| Pair {
            source: "The bottle is blue.".into(),
            claim: claim.into(),
        });
        match call(aws, endpoint, JSON, contract.request(&pairs)).await {
            Ok(body) => {
                if let Ok([says, says_not]) = contract.probabilities(&body, 2).as_deref()
                    && *says > 0.5
                    && *says_not < 0.5
                {
                    return Ok(Probed::Checking { contract });
                }
            }
            Err(f) if !is_refusal(&f) => return Err(f.error),
            Err(f) => last = Some(f.error),
        }
    }
    for contract in RerankingContract::ALL {
        let texts = ["It is blue.".to_owned(), "It is round.".to_owned()];
        let request = contract.request("Which colour is it?", &texts);
        match call(aws, endpoint, JSON, request).await {
            Ok(body) if contract.scores(&body, texts.len()).is_ok() => return Ok(Probed::Reranking { contract }),
            Ok(_) => {}
            Err(f) if !is_refusal(&f) => return Err(f.error),
            Err(f) => last = Some(f.error),
        }
    }
    let prompt = Prompt {
        system: "Answer with one word.".into(),
        messages: vec![Message {
            role: Role::User,
            content: "Say yes.".into(),
        }],
    };
    for contract in [
        GenerationContract::Messages,
        GenerationContract::Llama2Chat,
        GenerationContract::LmiRollingBatch,
        GenerationContract::Tgi,
    ] {
        let request = contract.request(&prompt, Template::default(), 8, false);
        match call(aws, endpoint, JSON, request).await {
            Ok(body) if contract.whole(&body).is_ok() => {
                return Ok(narrowed(aws, endpoint, contract, &body, &prompt).await);
            }
            Ok(_) => {}
            Err(f) if !is_refusal(&f) => return Err(f.error),
            Err(f) => last = Some(f.error),
        }
    }
    Err(last.unwrap_or_else(|| ModelError::failed(format!("{endpoint} answers to none of the known contracts"))))
}

/// Whether an endpoint streams, and among contracts of one request shape, which its answers are of.
async fn narrowed(
    aws: &Arc<Aws>,
    endpoint: &str,
    contract: GenerationContract,
    body: &[u8],
    prompt: &Prompt,
) -> Probed {
    let text = matches!(contract, GenerationContract::LmiRollingBatch | GenerationContract::Tgi);
    if contract == GenerationContract::Llama2Chat {
        return Probed::Generation {
            contract,
            stream: false,
        };
    }
    let line = streamed(aws, endpoint, contract.request(prompt, Template::default(), 8, true)).await;
    let Some(line) = line.filter(|l| {
        let mut reader = StreamReader::new(contract);
        reader.push(l.as_bytes()).is_ok() && reader.end().is_ok()
    }) else {
        let object = body.first() == Some(&b'{');
        let contract = if text && object {
            GenerationContract::Llama3Base
        } else {
            contract
        };
        return Probed::Generation {
            contract,
            stream: false,
        };
    };
    let contract = if !text {
        contract
    } else if line.contains("\"outputs\"") {
        GenerationContract::LmiDynamicBatch
    } else if line.trim_start().starts_with("data:") {
        GenerationContract::Tgi
    } else {
        GenerationContract::LmiRollingBatch
    };
    Probed::Generation { contract, stream: true }
}

async fn call(aws: &Arc<Aws>, endpoint: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
    timeout(BUDGET, invoke::whole(aws, at(endpoint), "", content_type, body))
        .await
        .unwrap_or_else(|_| Err(Failed::new(Fault::Slow, "it did not answer in time", Retry::No)))
}

fn at(endpoint: &str) -> Target<'_> {
    Target {
        endpoint,
        ..Target::default()
    }
}

/// The first lines of a stream, if there is one.
async fn streamed(aws: &Arc<Aws>, endpoint: &str, body: Vec<u8>) -> Option<String> {
    let asked = invoke::stream(aws, at(endpoint), "", body);
    let mut stream = timeout(BUDGET, asked).await.ok()?.ok()?;
    let mut all = Vec::new();
    while let Ok(Ok(Some(event))) = timeout(BUDGET, stream.body.recv()).await {
        if let ResponseStream::PayloadPart(part) = event {
            all.extend_from_slice(part.bytes().map(Blob::as_ref).unwrap_or_default());
        }
        if all.ends_with(b"\n") {
            break;
        }
    }
    String::from_utf8(all).ok().filter(|s| !s.is_empty())
}

/// An endpoint that does not understand a request says so in one of these ways.
fn is_refusal(f: &Failed) -> bool {
    matches!(f.error.fault, Fault::Refused | Fault::Failed)
}
