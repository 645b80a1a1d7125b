//! What may be asked, route by route: each unpacks, makes one call into the desk, and hands its JSON on. The shapes are
//! those that the window has; docs/SERVICE.md lists them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body as Answer;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router, middleware};
use futures::StreamExt;
use mortar_desk::assistant::ask::AskError;
use mortar_desk::knowledge::Hit;
use mortar_desk::language::question;
use mortar_desk::{DeskError, Json as Written};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;
use ulid::Ulid;

use crate::door::{Body, Caller, HEARTBEAT, Service, bounded, door};
use crate::failure::Failure;
use crate::openai;
use crate::runs::{Listener, Run, Told};

pub fn router(service: Arc<Service>) -> Router {
    let asked = Router::new()
        .route("/v1/ask", post(ask))
        .route("/v1/ground", post(ground))
        .route("/v1/check", post(check))
        .route("/v1/search", post(search))
        .route("/v1/documents", get(documents))
        .route("/v1/documents/{*id}", get(document))
        .route("/v1/labels", post(label))
        .route("/v1/models", get(openai::models))
        .route("/v1/chat/completions", post(openai::chat))
        .route("/mcp", any(mcp))
        .fallback(|| async { Failure::NotFound })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(middleware::from_fn_with_state(service.clone(), door));
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .merge(asked)
        .with_state(service)
}

/// Whether every tenant's release is open. A model that does not answer makes nobody unready: its tenants are answered by
/// the sources' own sentences, by another task no better.
async fn ready(State(service): State<Arc<Service>>) -> Response {
    let open = service.tenants.values().all(|t| t.is_open());
    match open && service.ending.takes_more() {
        true => "ready".into_response(),
        false => Failure::Closed.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    question: String,
    conversation: Option<String>,
}

/// The answer as it comes: what the window hears, then `result` or `error`. With `Last-Event-ID` an answer that was lost
/// goes on behind that.
async fn ask(
    caller: Caller,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Body(Question { question, conversation }): Body<Question>,
) -> Result<Response, Failure> {
    let Caller { tenant, subject } = caller;
    tenant.desk()?;
    if let Some(id) = &conversation {
        tenant.theirs.check(id, &subject)?;
    }
    // What cannot be asked at all is no stream.
    question::clean(&question).map_err(|e| DeskError::from(AskError::from(e)))?;
    let permit = tenant.permit()?;
    if let Some((run, next)) = lost(&headers)? {
        let listener = tenant.runs.find(run, &subject).ok_or(Failure::NotFound)?;
        return Ok(stream(listener, next, permit));
    }
    let (front, whose, held) = (tenant.front.clone(), subject.clone(), tenant.clone());
    let arguments = json!({ "question": question, "conversation": conversation });
    let compute = move |run: Arc<Run>| async move {
        let mut hear = |Written(event): Written| run.tell(Told::Event(event.into()));
        let Written(asked) = front.call("ask", arguments, &mut hear).await?;
        held.keep_ids(&asked, &whose);
        Ok(asked)
    };
    let listener = tenant.runs.begin(&subject, permit.clone(), &service.ending, compute);
    match listener.first().await {
        Told::Failed(e) => Err(e.into()),
        _ => Ok(stream(listener, 0, permit)),
    }
}

/// Where somebody lost an answer: which it was, and what comes next.
fn lost(headers: &HeaderMap) -> Result<Option<(Ulid, usize)>, Failure> {
    let Some(last) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let read = |last: &str| {
        let (run, n) = last.split_once('.')?;
        Some((run.parse().ok()?, n.parse::<usize>().ok()?.checked_add(1)?))
    };
    let wrong = || DeskError::usage("Last-Event-ID is none that was told here.");
    let read = last.to_str().ok().and_then(read).ok_or_else(wrong)?;
    Ok(Some(read))
}

fn stream(listener: Listener, from: usize, permit: Arc<OwnedSemaphorePermit>) -> Response {
    let run = listener.id();
    let events = listener.told(from, permit).map(move |(n, told)| {
        let event = Event::default().id(format!("{run}.{n}"));
        Ok::<_, Infallible>(match told {
            Told::Event(json) => event.data(json),
            Told::Result(json) => event.event("result").data(json),
            Told::Failed(e) => event.event("error").data(json!(e).to_string()),
        })
    });
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    // A proxy that gathers would hold the first words back.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

async fn ground(caller: Caller, Body(mut arguments): Body<Value>) -> Result<Response, Failure> {
    if let Some(given) = arguments.as_object_mut() {
        given.entry("for_today").or_insert(json!(true));
        given
            .entry("names")
            .or_insert(json!({ "customer": null, "operator": null }));
    }
    Ok(written(caller.tenant.call("ground", arguments).await?))
}

async fn check(caller: Caller, Body(arguments): Body<Value>) -> Result<Response, Failure> {
    Ok(written(caller.tenant.call("check", arguments).await?))
}

async fn documents(caller: Caller) -> Result<Response, Failure> {
    Ok(written(caller.tenant.call("documents", json!({})).await?))
}

async fn document(caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    Ok(written(caller.tenant.call("document", json!({ "id": id })).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    question: String,
    #[serde(default = "Search::usual")]
    limit: usize,
}

impl Search {
    /// Nobody reads on so far.
    const MOST: usize = 100;

    fn usual() -> usize {
        10
    }
}

/// The documents for a question, best first. Asked by POST: what is asked stands in no balancer's log.
async fn search(caller: Caller, Body(Search { question, limit }): Body<Search>) -> Result<Response, Failure> {
    if !(1..=Search::MOST).contains(&limit) {
        return Err(DeskError::usage(format!("limit: 1 to {}", Search::MOST)).into());
    }
    let desk = caller.tenant.desk()?;
    let find = move || async move { desk.search(&question, limit, None).await };
    let found = caller.tenant.apart(find).await?;
    let row = |(document, hit): &(_, Hit)| json!({ "document": document, "score": hit.probability(), "signals": hit.signals });
    Ok(Json(found.iter().map(row).collect::<Vec<Value>>()).into_response())
}

/// What somebody thinks of an answer that they were given.
async fn label(caller: Caller, Body(arguments): Body<Value>) -> Result<Response, Failure> {
    let exchange = arguments["exchange"].as_str().unwrap_or_default();
    caller.tenant.theirs.check(exchange, &caller.subject)?;
    Ok(written(caller.tenant.call("label", arguments).await?))
}

/// The Model Context Protocol, whose messages are its own.
async fn mcp(caller: Caller, request: Request) -> Result<Response, Failure> {
    let (desk, permit) = (caller.tenant.desk()?, caller.tenant.permit()?);
    Ok(mortar_mcp::over_http(desk, permit, bounded(request)).await)
}

/// JSON as the desk wrote it.
fn written(json: String) -> Response {
    let json_type = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json_type)], Answer::from(json)).into_response()
}
