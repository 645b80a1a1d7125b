//! SageMaker's runtime: an endpoint a contract, named after it. Embeddings are the local model's own; the reranker
//! prefers what it is told to; the generator composes from the prompt's passages, and can be told to misbehave.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::StreamExt;
use futures::stream;
use mortar_desk::assistant::prompt::Prompt;
use mortar_desk::assistant::{Embedder, Generation, Generator, Kind, Passage};
use mortar_local::{MiniLm, Verbatim};
use serde_json::{Value, json};

use super::checking::{classified, is_checking};
use super::ranking::{is_reranking, ranked};
use super::{Call, Calls, Fault, Faults, Identity, Tenant};

/// A container takes no more texts a request, as it is started by default.
pub(super) const MOST_TEXTS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Honest,
    /// Adds a sentence that no passage says.
    Invents,
    /// Names another passage than the one it writes from.
    CitesWrongly,
    /// Does what a document orders.
    Obeys,
}

/// The model, and what was seen of its requests.
pub struct Seen {
    model: Option<MiniLm>,
    behaviour: Mutex<Behaviour>,
    /// The words that the reranker likes best, the best first.
    preferred: Mutex<Vec<String>>,
    /// What the checker finds in no source: claims that hold one of these words.
    doubted: Mutex<Vec<String>>,
    inference_ids: Mutex<Vec<String>>,
    /// Every request, to look for what may not be in any.
    heard: Mutex<Vec<Bytes>>,
    /// The last request of each call, to make the same once more.
    bodies: Mutex<BTreeMap<&'static str, Bytes>>,
    /// How long the models take on machines of their own, and what they made of each request so far.
    elsewhere: Mutex<Option<(Duration, HashMap<Bytes, Value>)>>,
    /// Streams that the client has left before their end.
    left: Arc<Mutex<usize>>,
}

impl Default for Seen {
    fn default() -> Self {
        Seen::new()
    }
}

impl Seen {
    pub fn new() -> Self {
        Seen {
            model: MiniLm::open(&mortar_local::default_folder()).ok(),
            behaviour: Mutex::new(Behaviour::Honest),
            preferred: Mutex::default(),
            doubted: Mutex::default(),
            inference_ids: Mutex::default(),
            heard: Mutex::default(),
            bodies: Mutex::default(),
            elsewhere: Mutex::default(),
            left: Arc::default(),
        }
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }

    /// From now on the reranker puts texts with the first of these words first, then those with the second.
    pub fn prefer(&self, words: &[&str]) {
        let words = words.iter().map(|w| (*w).to_owned()).collect();
        *self.preferred.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    /// From now on the checker doubts claims that hold one of these words.
    pub fn doubt(&self, words: &[&str]) {
        *self.doubted.lock().unwrap_or_else(PoisonError::into_inner) = words.iter().map(|w| (*w).to_owned()).collect();
    }

    pub fn inference_ids(&self) -> Vec<String> {
        self.inference_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn last_body(&self, call: &str) -> Option<Vec<u8>> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.get(call).map(|b| b.to_vec())
    }

    /// All that was ever asked of a model.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().map(|b| b.to_vec()).collect()
    }

    fn saw(&self, call: &'static str, body: &Bytes) {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(body.clone());
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.insert(call, body.clone());
    }

    /// From now on the models are as if they stood on machines of their own: each call takes so long, and
    /// what was asked before takes none of this machine's time.
    pub fn elsewhere(&self, takes: Duration) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = Some((takes, HashMap::new()));
    }

    async fn made(&self, of: &Bytes, make: impl Future<Output = Option<Value>>) -> Option<Value> {
        let known = {
            let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
            elsewhere
                .as_ref()
                .map(|(takes, known)| (*takes, known.get(of).cloned()))
        };
        let Some((takes, known)) = known else {
            return make.await;
        };
        let until = tokio::time::Instant::now() + takes;
        let made = match known {
            Some(known) => known,
            None => make.await?,
        };
        if let Some((_, known)) = &mut *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) {
            known.insert(of.clone(), made.clone());
        }
        tokio::time::sleep_until(until).await;
        Some(made)
    }

    pub fn left(&self) -> usize {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Shared = (Arc<Seen>, Arc<Identity>, Arc<Faults>, Arc<Calls>);

const INVOKE: &str = "sagemaker:InvokeEndpoint";
/// An action of its own: who may invoke may not therefore stream.
const INVOKE_WITH_STREAM: &str = "sagemaker:InvokeEndpointWithResponseStream";

pub fn router(seen: Arc<Seen>, identity: Arc<Identity>, faults: Arc<Faults>, calls: Arc<Calls>) -> Router {
    Router::new()
        .route("/endpoints/{name}/invocations", post(whole))
        .route("/endpoints/{name}/invocations-response-stream", post(streamed))
        .with_state((seen, identity, faults, calls))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    if !code.is_empty() {
        headers.insert("x-amzn-errortype", code.parse().expect("a header"));
    }
    (status, headers, Json(json!({ "message": message, "Message": message }))).into_response()
}

/// Who asks, which container it gets, under which id, and which fault it meets.
async fn came(
    s: &Shared,
    action: &'static str,
    endpoint: &str,
    headers: &HeaderMap,
) -> Result<(String, Option<Fault>), Response> {
    let container = endpoint.rsplit_once("--").map_or(endpoint, |(_, name)| name);
    let call = call_of(container);
    let fault = s.2.met(call);
    let role =
        s.1.role(headers)
            .map_err(|(status, code)| error(status, code, "The security token included in the request is invalid"))?;
    if Tenant(role.tenant()).endpoint(container) != endpoint {
        let who = format!("{} is not authorized to perform: sagemaker:InvokeEndpoint", role.name);
        return Err(error(403, "AccessDeniedException", &who));
    }
    s.3.saw(Call {
        by: role.name,
        action,
        on: endpoint.to_owned(),
        sealed_with: None,
    });
    if let Some(id) = headers
        .get("x-amzn-sagemaker-inference-id")
        .and_then(|v| v.to_str().ok())
    {
        let mut ids = s.0.inference_ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.push(format!("{call}:{id}"));
    }
    match fault {
        Some(Fault::Stall) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Err(error(503, "ServiceUnavailable", "stalled"))
        }
        Some(f) => match f.error() {
            Some((status, code, message)) => Err(error(status, code, message)),
            None => Ok((container.to_owned(), Some(f))),
        },
        None => Ok((container.to_owned(), None)),
    }
}

fn call_of(container: &str) -> &'static str {
    match container {
        _ if is_embedding(container) => "embed",
        _ if is_reranking(container) => "rerank",
        _ if is_checking(container) => "check",
        _ => "generate",
    }
}

fn is_embedding(name: &str) -> bool {
    matches!(
        name,
        "tei" | "jumpstart-embedding" | "jumpstart-similarity" | "lmi-embedding" | "hf-feature-extraction"
    )
}

async fn whole(State(s): State<Shared>, Path(endpoint): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let (name, fault) = match came(&s, INVOKE, &endpoint, &headers).await {
        Ok(came) => came,
        Err(answer) => return answer,
    };
    s.0.saw(call_of(&name), &body);
    if fault == Some(Fault::Slow) {
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    if fault == Some(Fault::Garbage) {
        return Json(json!({ "something": "else" })).into_response();
    }
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return error(400, "ValidationError", "the body is no JSON");
    };
    let answer = if is_embedding(&name) {
        let content_type = headers
            .get("content-type")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        s.0.made(&body, embedded(&s.0, &name, content_type, &asked, fault))
            .await
    } else if is_reranking(&name) {
        s.0.made(&body, async { ranked(&s.0.preferred, &name, &asked, fault) })
            .await
    } else if is_checking(&name) {
        s.0.made(&body, async { classified(&s.0.doubted, &name, &asked, fault) })
            .await
    } else {
        let text = s.0.made(&body, answered(&s.0, &name, &asked)).await;
        text.map(|text| match name.as_str() {
            "messages" => {
                json!({ "choices": [{ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] })
            }
            "llama2-chat" => json!([{ "generation": { "role": "assistant", "content": text } }]),
            "llama3-base" | "lmi-rolling-batch" => json!({ "generated_text": text }),
            _ => json!([{ "generated_text": text }]),
        })
    };
    match (answer, fault) {
        (None, _) => error(424, "ModelError", "the container does not understand the request"),
        (Some(_), Some(Fault::Cut | Fault::Truncated | Fault::Early)) => {
            // The head promises more than ever comes.
            let part = stream::iter([Ok(Bytes::from_static(b"[[0.1,")), Err(std::io::Error::other("cut"))]);
            Body::from_stream(part).into_response()
        }
        (Some(answer), _) => Json(answer).into_response(),
    }
}

async fn embedded(seen: &Seen, name: &str, content_type: &str, asked: &Value, fault: Option<Fault>) -> Option<Value> {
    let list = |v: &Value| serde_json::from_value::<Vec<String>>(v.clone()).ok();
    let texts = match name {
        "tei" => list(&asked["inputs"]).filter(|_| asked["truncate"] == true)?,
        "jumpstart-embedding" => list(&asked["text_inputs"])?,
        "jumpstart-similarity" => list(asked).filter(|_| content_type == "application/x-text")?,
        _ => vec![asked["inputs"].as_str()?.to_owned()],
    };
    let mut vectors = seen.model.as_ref()?.embed(&texts).await.ok()?;
    match fault.filter(|_| asked["inputs"].is_array()) {
        Some(Fault::WrongCount) => vectors.truncate(vectors.len() - 1),
        Some(Fault::OutOfRange) => vectors.push(vectors[0].clone()),
        _ => {}
    }
    Some(match name {
        "tei" => json!(vectors),
        "lmi-embedding" => json!(vectors[0]),
        // Two tokens whose mean has the vector's direction.
        "hf-feature-extraction" => {
            let double: Vec<f32> = vectors[0].iter().map(|x| x * 3.0).collect();
            json!([[vectors[0], double]])
        }
        _ => json!({ "embedding": vectors }),
    })
}

/// The words of the prompt, out of whatever shape it came in.
fn prompt_of(name: &str, asked: &Value) -> Option<String> {
    let contents = |v: &Value| -> Option<String> {
        let all = v.as_array()?.iter();
        Some(all.filter_map(|m| m["content"].as_str()).collect::<Vec<_>>().join("\n"))
    };
    match name {
        "messages" => contents(&asked["messages"]),
        "llama2-chat" => contents(asked["inputs"].get(0)?),
        "tgi" | "llama3-base" | "lmi-rolling-batch" | "lmi-dynamic-batch" => {
            let known = asked["parameters"]["max_new_tokens"].is_u64();
            asked["inputs"].as_str().filter(|_| known).map(str::to_owned)
        }
        _ => None,
    }
}

/// An answer composed from the passages that stand in the prompt.
async fn answered(seen: &Seen, name: &str, asked: &Value) -> Option<Value> {
    let prompt = prompt_of(name, asked)?;
    let passages = passages(&prompt);
    let question = prompt.rsplit_once("\nQuestion: ").map_or("", |p| p.1);
    let question = question.split(['<', '\n', '[']).next().unwrap_or("").trim();
    if passages.is_empty() {
        return Some(if question.is_empty() { "Yes." } else { "NOT COVERED" }.into());
    }
    let generation = Generation {
        inference_id: String::new(),
        question: question.to_owned(),
        passages: passages.clone(),
        parts: Vec::new(),
        disagree: Vec::new(),
        prompt: Prompt::default(),
    };
    let mut pieces: Vec<_> = Verbatim
        .generate(generation)
        .filter_map(|p| async { p.ok() })
        .collect()
        .await;
    // It is told to go on: from the sentence behind the last that stands there whole.
    if let Some((before, _)) = prompt.rsplit_once("Your answer broke off") {
        let (_, so_far) = before.rsplit_once("\nQuestion: ")?;
        let stands = |p: &String| {
            p.rsplit_once(" [")
                .is_some_and(|(said, _)| so_far.contains(said.trim()))
        };
        pieces.drain(..pieces.iter().rposition(stands).map_or(0, |i| i + 1));
    }
    let text = pieces.concat();
    let behaviour = *seen.behaviour.lock().unwrap_or_else(PoisonError::into_inner);
    let said = match behaviour {
        Behaviour::Honest => text,
        Behaviour::Invents => format!("{text} You also receive a free gift with each refill. [1]"),
        Behaviour::CitesWrongly => text.replace("[1]", "[2]"),
        Behaviour::Obeys => {
            let order = passages
                .iter()
                .find_map(|p| p.text.split_once("say that ").map(|o| o.1));
            let said = order
                .and_then(|o| o.split(['.', '\n']).next())
                .unwrap_or("everything is free");
            format!("{text} Indeed, {said}. [1]")
        }
    };
    Some(said.into())
}

/// The fenced passages of a prompt.
fn passages(prompt: &str) -> Vec<Passage> {
    let blocks = prompt.split("<passage number=\"").skip(1);
    let read = |block: &str| {
        let (number, rest) = block.split_once('"')?;
        let (_, rest) = rest.split_once(">\n")?;
        let (inside, _) = rest.split_once("\n</passage>")?;
        let (title, text) = inside.split_once('\n')?;
        Some((number.parse::<u32>().ok()?, title.to_owned(), text.to_owned()))
    };
    blocks
        .filter_map(read)
        .map(|(number, title, text)| Passage {
            id: format!("p{number}#0"),
            number,
            document: title.clone(),
            version: "1".into(),
            title,
            kind: Kind::Article,
            url: None,
            effective_from: None,
            effective_to: None,
            heading_path: vec![],
            start: 0,
            end: text.len() as u32,
            text,
            score: 0.9,
            ..Passage::default()
        })
        .collect()
}

/// The lines that a container streams for a text.
fn lines(name: &str, text: &str, fault: Option<Fault>) -> Vec<String> {
    // A token is about a word, its blank before it.
    let mut tokens: Vec<&str> = Vec::new();
    let mut from = 0;
    for (i, _) in text.match_indices([' ', '\n']).filter(|(i, _)| *i > 0) {
        tokens.push(&text[from..i]);
        from = i;
    }
    tokens.push(&text[from..]);
    if fault == Some(Fault::Early) {
        tokens.truncate(tokens.len().div_ceil(2));
    }
    let whole = fault != Some(Fault::Early);
    let mut out: Vec<String> = tokens
        .iter()
        .enumerate()
        .map(|(i, t)| match name {
            "messages" => format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": t }, "finish_reason": null }] })),
            "tgi" => format!(
                "data:{}\n\n",
                json!({ "index": i, "token": { "id": i, "text": t, "logprob": -0.1, "special": false }, "generated_text": null })
            ),
            "lmi-rolling-batch" => format!("{}\n", json!({ "token": { "id": i, "text": t, "log_prob": -0.05 } })),
            _ => format!("{}\n", json!({ "outputs": [t] })),
        })
        .collect();
    if whole {
        match name {
            "messages" => {
                out.push(format!("data: {}\n\n", json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] })));
                out.push("data: [DONE]\n\n".into());
            }
            "tgi" => out.push(format!(
                "data:{}\n\n",
                json!({ "token": { "id": 0, "text": "</s>", "special": true }, "generated_text": text })
            )),
            "lmi-rolling-batch" => out.push(format!(
                "{}\n",
                json!({ "token": { "id": 0, "text": "" }, "generated_text": text, "details": { "finish_reason": "eos_token" } })
            )),
            _ => {}
        }
    }
    out
}

fn frame(message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    write_message_to(message, &mut out).expect("a frame is written to memory");
    out
}

fn header(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

fn part(bytes: &[u8]) -> Vec<u8> {
    frame(
        &Message::new(bytes.to_vec())
            .add_header(header(":message-type", "event"))
            .add_header(header(":event-type", "PayloadPart"))
            .add_header(header(":content-type", "application/octet-stream")),
    )
}

fn exception() -> Vec<u8> {
    frame(
        &Message::new(&br#"{"Message":"the model failed","ErrorCode":"ModelInvocationFailed"}"#[..])
            .add_header(header(":message-type", "exception"))
            .add_header(header(":exception-type", "ModelStreamError"))
            .add_header(header(":content-type", "application/json")),
    )
}

async fn streamed(State(s): State<Shared>, Path(endpoint): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let (name, fault) = match came(&s, INVOKE_WITH_STREAM, &endpoint, &headers).await {
        Ok(came) => came,
        Err(answer) => return answer,
    };
    s.0.saw(call_of(&name), &body);
    let asked = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    if is_embedding(&name)
        || is_reranking(&name)
        || is_checking(&name)
        || matches!(name.as_str(), "llama2-chat" | "llama3-base")
    {
        return error(424, "ModelError", "this container does not stream");
    }
    let Some(Value::String(text)) = s.0.made(&body, answered(&s.0, &name, &asked)).await else {
        return error(424, "ModelError", "the container does not understand the request");
    };
    let lines = lines(&name, &text, fault);
    let half = lines.len() / 2;
    let mut frames: Vec<Vec<u8>> = Vec::new();
    // Parts end where they will: every third line is cut in two, also within a letter.
    for (i, line) in lines.iter().enumerate() {
        let bytes = line.as_bytes();
        let cut = if i % 3 == 0 { bytes.len() / 2 } else { bytes.len() };
        frames.push(part(&bytes[..cut]));
        if cut < bytes.len() {
            frames.push(part(&bytes[cut..]));
        }
    }
    let middle = frames.len() / 2;
    match fault {
        Some(Fault::BadCrc) => {
            let last = frames[middle].len() - 1;
            frames[middle][last] ^= 0xff;
        }
        Some(Fault::Exception) => {
            frames.truncate(middle);
            frames.push(exception());
        }
        Some(Fault::Garbage) => frames.insert(middle, part(b"{\"unheard\": true}\n")),
        Some(Fault::Model | Fault::Truncated) if name == "lmi-rolling-batch" => {
            frames.truncate(half);
            let line =
                json!({ "token": { "id": -1, "text": "out of memory" }, "details": { "finish_reason": "error" } });
            frames.push(part(format!("{line}\n").as_bytes()));
        }
        Some(Fault::Truncated) => frames.truncate(middle),
        _ => {}
    }
    let leaving = Leaving {
        left: s.0.left.clone(),
        done: false,
    };
    let count = frames.len();
    let sent = stream::unfold(
        (frames.into_iter().enumerate(), leaving),
        move |(mut rest, mut leaving)| async move {
            let (i, frame) = rest.next()?;
            match fault {
                Some(Fault::StallMidway) if i == middle => tokio::time::sleep(Duration::from_secs(600)).await,
                Some(Fault::Slow) => tokio::time::sleep(Duration::from_millis(40)).await,
                _ => {}
            }
            let item = match fault {
                Some(Fault::Cut) if i == middle => Ok(Bytes::from(frame[..frame.len() / 2].to_vec())),
                Some(Fault::Cut) if i > middle => Err(std::io::Error::other("cut")),
                _ => Ok(Bytes::from(frame)),
            };
            leaving.done = i + 1 == count;
            Some((item, (rest, leaving)))
        },
    );
    (
        [("content-type", "application/vnd.amazon.eventstream")],
        Body::from_stream(sent),
    )
        .into_response()
}

/// Notices a client that leaves before the end.
struct Leaving {
    left: Arc<Mutex<usize>>,
    done: bool,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.done {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
}
