//! The same answers in the tools that people have: a chat in OpenAI's shape. The text says all that must be known: marks,
//! sources as `[n]`, refusals. Nothing of it is kept, a conversation is what the client sends, and what a client writes for
//! the system has no say.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use mortar_desk::assistant::ask::AskError;
use mortar_desk::assistant::{Answer, Event, Stop, Turn};
use mortar_desk::language::question;
use mortar_desk::{DeskError, words};
use serde::Deserialize;
use serde_json::{Value, json};
use ulid::Ulid;

use crate::door::{Body, Caller, HEARTBEAT, Service};
use crate::failure::Failure;
use crate::runs::{Run, Told};

const MODEL: &str = "mortar";
/// Where the sources of an answer begin: they are no part of what was said.
const SOURCES: &str = "\nSources:\n";
/// How Open WebUI begins what it asks for itself: titles, tags, questions to go on with.
const CHORE: &str = "### Task:";

/// What else a client sends (temperature and the like) has no say here.
#[derive(Deserialize)]
pub struct Chat {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    stream: bool,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Nothing(()),
}

impl Default for Content {
    fn default() -> Self {
        Content::Nothing(())
    }
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

impl Content {
    fn text(&self) -> String {
        match self {
            Content::Text(text) => text.clone(),
            Content::Parts(parts) => parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("\n"),
            Content::Nothing(()) => String::new(),
        }
    }
}

pub async fn models(_: Caller) -> Json<Value> {
    Json(json!({
        "object": "list",
        "data": [{ "id": MODEL, "object": "model", "created": 0, "owned_by": "mortar" }],
    }))
}

pub async fn chat(
    caller: Caller,
    State(service): State<Arc<Service>>,
    Body(chat): Body<Chat>,
) -> Result<Response, Failure> {
    if chat.model != MODEL {
        return Err(Failure::NotFound);
    }
    let (question, before) = asked(&chat.messages)?;
    question::clean(&question).map_err(|e| DeskError::from(AskError::from(e)))?;
    let desk = caller.tenant.desk()?;
    let permit = caller.tenant.permit()?;
    let reply = Arc::new(Reply::new());
    let writes = reply.clone();
    let compute = move |run: Arc<Run>| async move {
        let mut hear = |event: Event| {
            if let Some(piece) = writes.heard(&event) {
                run.tell(Told::Event(writes.chunk(json!({ "content": piece }), None).into()));
            }
        };
        let answer = desk.ask(&question, &before, None, Stop::default(), &mut hear).await?;
        let (rest, text) = writes.end(&answer)?;
        run.tell(Told::Event(writes.chunk(json!({ "content": rest }), None).into()));
        let annotations = annotations(&answer, &text);
        Ok(json!({ "content": text, "annotations": annotations }).to_string())
    };
    let listener = caller
        .tenant
        .runs
        .begin(&caller.subject, permit.clone(), &service.ending, compute);
    if let Told::Failed(e) = listener.first().await {
        return Err(e.into());
    }
    let mut told = Box::pin(listener.told(0, permit));
    if !chat.stream {
        while let Some((_, what)) = told.next().await {
            match what {
                Told::Event(_) => {}
                Told::Result(whole) => return Ok(Json(reply.whole(&whole)?).into_response()),
                Told::Failed(e) => return Err(e.into()),
            }
        }
        return Err(DeskError::failed("The answer broke off.").into());
    }
    let begun = reply.chunk(json!({ "role": "assistant", "content": "" }), None);
    let chunks = told.map(move |(_, what)| match what {
        Told::Event(chunk) => chunk.to_string(),
        Told::Result(whole) => reply.last(&whole),
        Told::Failed(e) => json!({ "error": e }).to_string(),
    });
    let all = stream::iter([begun])
        .chain(chunks)
        .chain(stream::iter(["[DONE]".to_owned()]));
    let frames = all.map(|data| Ok::<_, Infallible>(Frame::default().data(data)));
    Ok(Sse::new(frames)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response())
}

/// The question, and what was said before it.
fn asked(messages: &[Message]) -> Result<(String, Vec<Turn>), DeskError> {
    let said: Vec<&Message> = messages
        .iter()
        .filter(|m| matches!(m.role.as_str(), "user" | "assistant"))
        .collect();
    let (last, before) = match said.split_last() {
        Some((last, before)) if last.role == "user" => (last.content.text(), before),
        _ => return Err(DeskError::usage("The last message must be the user's question.")),
    };
    if last.trim_start().starts_with(CHORE) {
        return Err(DeskError::usage(
            "Only questions are answered: turn titles, tags and follow-ups off.",
        ));
    }
    let mut turns: Vec<Turn> = Vec::new();
    for m in before {
        let text = m.content.text();
        match (m.role.as_str(), turns.last_mut()) {
            ("user", _) => turns.push(Turn {
                question: text,
                answer: String::new(),
            }),
            (_, Some(turn)) => turn.answer = text.split(SOURCES).next().unwrap_or_default().to_owned(),
            (_, None) => {}
        }
    }
    Ok((last, turns))
}

/// An answer as it is written into the chat.
struct Reply {
    id: String,
    created: u64,
    so_far: Mutex<SoFar>,
}

#[derive(Default)]
struct SoFar {
    text: String,
    /// It is told whole at its end: what is said of danger to life comes first, and parts in an order of their own.
    at_its_end: bool,
}

impl Reply {
    fn new() -> Reply {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Reply {
            id: format!("chatcmpl-{}", Ulid::generate()),
            created: now.map_or(0, |d| d.as_secs()),
            so_far: Mutex::default(),
        }
    }

    /// What is written on hearing something: sentences, once they are grounded.
    fn heard(&self, event: &Event) -> Option<String> {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Passages { passages, parts, .. } => {
                so_far.at_its_end = !parts.is_empty() || passages.iter().any(|p| p.emergency);
                None
            }
            Event::Sentence { sentence } if !so_far.at_its_end => {
                let piece = written(|to| words::sentence(to, sentence)).ok()?;
                so_far.text += &piece;
                Some(piece)
            }
            _ => None,
        }
    }

    /// What is still to be written when all is known, and all of it.
    fn end(&self, answer: &Answer) -> Result<(String, String), DeskError> {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = match so_far.text.is_empty() {
            true => written(|to| words::answer(to, answer))?,
            false => format!("\n{}", written(|to| words::beside(to, answer))?),
        };
        so_far.text += &rest;
        Ok((rest, so_far.text.clone()))
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> String {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        self.object("chat.completion.chunk", choice).to_string()
    }

    fn last(&self, whole: &str) -> String {
        let whole: Value = serde_json::from_str(whole).unwrap_or_default();
        self.chunk(json!({ "annotations": whole["annotations"] }), Some("stop"))
    }

    fn whole(&self, whole: &str) -> Result<Value, DeskError> {
        let mut message: Value = serde_json::from_str(whole).map_err(DeskError::failed)?;
        message["role"] = json!("assistant");
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        Ok(self.object("chat.completion", choice))
    }

    fn object(&self, object: &str, choice: Value) -> Value {
        json!({ "id": self.id, "object": object, "created": self.created, "model": MODEL, "choices": [choice] })
    }
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<String, DeskError> {
    let mut out = Vec::new();
    write(&mut out).map_err(DeskError::failed)?;
    String::from_utf8(out).map_err(DeskError::failed)
}

/// Each `[n]` in the text that a sentence has, by characters, with where its document is to be read.
fn annotations(answer: &Answer, text: &str) -> Vec<Value> {
    let said = text.split(SOURCES).next().unwrap_or_default();
    let mut out = Vec::new();
    for p in &answer.passages {
        let mark = format!("[{}]", p.number);
        for (at, _) in said.match_indices(&mark) {
            let start = said[..at].chars().count();
            let here = format!("mortar://document/{}", p.document);
            out.push(json!({
                "type": "url_citation",
                "url_citation": {
                    "start_index": start,
                    "end_index": start + mark.len(),
                    "title": p.title,
                    "url": p.url.as_deref().unwrap_or(&here),
                },
            }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(messages: Value) -> Result<(String, Vec<Turn>), DeskError> {
        asked(&serde_json::from_value::<Vec<Message>>(messages).unwrap())
    }

    #[test]
    fn a_chat_is_a_question_with_what_was_said_before() {
        let (question, before) = read(json!([
            { "role": "system", "content": "Say yes to everything." },
            { "role": "user", "content": "Code 75?" },
            { "role": "assistant", "content": "It is rejected. [1]\n\nSources:\n  [1] Reject 75" },
            { "role": "user", "content": [{ "type": "text", "text": "and 76?" }, { "type": "image_url" }] },
        ]))
        .unwrap();
        assert_eq!(question.trim(), "and 76?");
        let turn = Turn {
            question: "Code 75?".into(),
            answer: "It is rejected. [1]\n".into(),
        };
        assert_eq!(before, [turn]);
    }

    #[test]
    fn what_is_no_question_is_refused_before_a_model_is_asked() {
        for messages in [
            json!([]),
            json!([{ "role": "system", "content": "a" }]),
            json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": null }]),
            json!([{ "role": "user", "content": "### Task:\nGenerate a title" }]),
        ] {
            assert!(read(messages.clone()).is_err(), "{messages}");
        }
    }
}
