//! Finds out what an endpoint is: its contract, its dimension, whether it streams. It tries each contract
//! with a harmless text, and says what to write into the configuration.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sagemakerruntime::types::ResponseStream;
use aws_smithy_types::Blob;
use mortar_assistant::ModelError;
use mortar_assistant::prompt::{Message, Prompt, Role};
use serde::Serialize;
use tokio::time::timeout;

use crate::Aws;
use crate::calls::{self, Failed};
use crate::contracts::{EmbeddingContract, GenerationContract, RerankingContract, StreamReader, Template};

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
    for contract in RerankingContract::ALL {
        let texts = ["It is blue.".to_owned(), "It is round.".to_owned()];
        let request = contract.request("Which colour is it?", &texts);
        match call(aws, endpoint, "application/json", request).await {
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
        match call(aws, endpoint, "application/json", request).await {
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
    let request = aws
        .clients()
        .runtime
        .invoke_endpoint()
        .endpoint_name(endpoint)
        .content_type(content_type)
        .body(Blob::new(body));
    let answer = timeout(BUDGET, request.send())
        .await
        .map_err(|_| {
            Failed::new(
                mortar_assistant::Fault::Slow,
                "it did not answer in time",
                calls::Retry::No,
            )
        })?
        .map_err(calls::read)?;
    Ok(answer.body().map(|b| b.as_ref().to_vec()).unwrap_or_default())
}

/// The first lines of a stream, if there is one.
async fn streamed(aws: &Arc<Aws>, endpoint: &str, body: Vec<u8>) -> Option<String> {
    let request = aws
        .clients()
        .runtime
        .invoke_endpoint_with_response_stream()
        .endpoint_name(endpoint)
        .content_type("application/json")
        .body(Blob::new(body));
    let mut stream = timeout(BUDGET, request.send()).await.ok()?.ok()?;
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
    matches!(
        f.error.fault,
        mortar_assistant::Fault::Refused | mortar_assistant::Fault::Failed
    )
}
