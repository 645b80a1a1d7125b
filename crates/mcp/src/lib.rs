//! The desk as tools of another program, by the Model Context Protocol: search, ask and read a document, and documents as
//! resources. It reads and answers; nothing is kept, labelled or changed through it, and who may ask is decided before.

use std::any::Any;
use std::sync::{Arc, Weak};

use axum::body::Body;
use axum::http::{Request, Response};
use mortar_desk::assistant::Stop;
use mortar_desk::sources::Document;
use mortar_desk::{Desk, DeskError, ErrorCode, words};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpService, stdio};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

const INSTRUCTIONS: &str = "A pharmacy's own approved knowledge. `ask` answers from it, each sentence with its source \
    and a mark; where it says that no source covers a question, say so too and do not answer from elsewhere. A \
    sentence marked ▲ has no source.";
/// Before the id of a document.
const SCHEME: &str = "mortar://document/";
/// Documents that are listed at once.
const PAGE: usize = 200;
/// Documents that a search finds at most.
const MOST: usize = 50;

/// One tenant's desk, as one program asks it.
#[derive(Clone)]
struct Server {
    desk: Arc<Desk>,
    /// The tenant's limit, held as long as something is computed.
    permit: Weak<dyn Any + Send + Sync>,
}

/// Answers over standard input and output, until the other side closes it.
pub async fn over_stdio(desk: Desk) -> Result<(), DeskError> {
    let server = Server {
        desk: Arc::new(desk),
        permit: Weak::<()>::new(),
    };
    let running = server.serve(stdio()).await.map_err(DeskError::failed)?;
    running.waiting().await.map_err(DeskError::failed)?;
    Ok(())
}

/// Answers one request over HTTP. Nothing is remembered between two: each says who asks, and any replica answers it.
pub async fn over_http(desk: Arc<Desk>, permit: Arc<dyn Any + Send + Sync>, request: Request<Body>) -> Response<Body> {
    // Whoever asks has shown a token, which no page that was lured here has: names of hosts and pages decide nothing.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts();
    let server = Server {
        desk,
        permit: Arc::downgrade(&permit),
    };
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        NeverSessionManager::default().into(),
        config,
    );
    service.handle(request).await.map(Body::new)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    question: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    id: String,
}

impl Server {
    async fn call(&self, name: &str, arguments: Option<JsonObject>) -> Result<CallToolResult, ErrorData> {
        let arguments = Value::Object(arguments.unwrap_or_default());
        let done = match name {
            "search" => self.search(read(arguments)?).await,
            "ask" => self.ask(read(arguments)?).await,
            "document" => self.document(read(arguments)?).await,
            _ => return Err(ErrorData::invalid_params(format!("there is no tool “{name}”"), None)),
        };
        // What was tried and failed the model hears, and can say.
        Ok(done.unwrap_or_else(|e| CallToolResult::error(vec![ContentBlock::text(e.message)])))
    }

    async fn search(&self, Question { question, limit }: Question) -> Result<CallToolResult, DeskError> {
        let limit = limit.unwrap_or(10).clamp(1, MOST);
        let found = self
            .apart(move |desk| async move { desk.search(&question, limit, None).await })
            .await?;
        let rows: Vec<Value> = found
            .iter()
            .map(|(d, hit)| json!({ "id": d.id, "title": d.title, "kind": d.kind, "codes": d.codes, "score": hit.probability() }))
            .collect();
        let mut told: Vec<String> = found
            .iter()
            .map(|(d, hit)| format!("{:.2}  {}  ({})", hit.probability(), d.title, d.id))
            .collect();
        if told.is_empty() {
            told.push("Nothing was found.".into());
        }
        Ok(result(told.join("\n"), json!({ "found": rows })))
    }

    async fn ask(&self, Question { question, .. }: Question) -> Result<CallToolResult, DeskError> {
        let ask =
            move |desk: Arc<Desk>| async move { desk.ask(&question, &[], None, Stop::default(), &mut |_| {}).await };
        let answer = self.apart(ask).await?;
        let mut told = Vec::new();
        words::answer(&mut told, &answer).map_err(DeskError::failed)?;
        let told = String::from_utf8_lossy(&told).into_owned();
        Ok(result(told, serde_json::to_value(&answer).map_err(DeskError::failed)?))
    }

    async fn document(&self, Id { id }: Id) -> Result<CallToolResult, DeskError> {
        let d = self.apart(move |desk| async move { desk.document(&id) }).await?;
        Ok(result(text(&d), serde_json::to_value(&d).map_err(DeskError::failed)?))
    }

    /// The desk computes and reads: it is awaited where a thread may be kept, and no longer than somebody waits.
    async fn apart<T, F, G>(&self, what: F) -> Result<T, DeskError>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Desk>) -> G + Send + 'static,
        G: Future<Output = Result<T, DeskError>>,
    {
        let (server, runtime) = (self.clone(), Handle::current());
        let (_asking, vanished) = oneshot::channel::<()>();
        let permit = self.permit.upgrade();
        let done = tokio::task::spawn_blocking(move || {
            let _until_it_is_over = permit;
            runtime.block_on(async {
                tokio::select! {
                    done = what(server.desk.clone()) => done,
                    _ = vanished => Err(DeskError::failed("Nobody waits for it.")),
                }
            })
        });
        done.await.map_err(DeskError::failed)?
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, ErrorData> {
    serde_json::from_value(arguments).map_err(|e| ErrorData::invalid_params(e.to_string(), None))
}

fn result(told: String, whole: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(told)]);
    result.structured_content = Some(whole);
    result
}

/// A document as it is read, its title first.
fn text(d: &Document) -> String {
    format!("# {}\n\n{}", d.title, d.body)
}

fn tools() -> Vec<Tool> {
    let tool = |name: &'static str, about: &'static str, schema: Value| {
        let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
        Tool::new(name, about, schema).with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
    };
    let question = json!({ "type": "string", "description": "As the customer wrote it" });
    vec![
        tool(
            "ask",
            "Answers a question from the pharmacy's approved knowledge, each sentence with its source [n] and a mark, \
             or says that no source covers it",
            json!({
                "type": "object",
                "properties": { "question": question },
                "required": ["question"],
                "additionalProperties": false,
            }),
        ),
        tool(
            "search",
            "Finds the documents for a question, best first, with how probable it is that they answer it",
            json!({
                "type": "object",
                "properties": {
                    "question": question,
                    "limit": { "type": "integer", "minimum": 1, "maximum": MOST, "default": 10 },
                },
                "required": ["question"],
                "additionalProperties": false,
            }),
        ),
        tool(
            "document",
            "Reads a document whole, by its id",
            json!({
                "type": "object",
                "properties": { "id": { "type": "string", "description": "As search and the sources of an answer name it" } },
                "required": ["id"],
                "additionalProperties": false,
            }),
        ),
    ]
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let can = ServerCapabilities::builder().enable_tools().enable_resources().build();
        ServerConfig::new(can)
            .with_server_info(Implementation::new("mortar", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(self.call(&request.name, request.arguments).await?.into())
    }

    /// Documents by title; where they go on is the number of the next.
    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let from = match request.and_then(|r| r.cursor) {
            None => 0,
            Some(at) => at
                .parse()
                .map_err(|_| ErrorData::invalid_params("no such cursor", None))?,
        };
        let all = self
            .apart(|desk| async move { desk.documents() })
            .await
            .map_err(failed)?;
        let resource = |d: &mortar_desk::sources::DocumentRow| {
            Resource::new(format!("{SCHEME}{}", d.id), &*d.id)
                .with_title(&*d.title)
                .with_mime_type("text/markdown")
        };
        let mut out = ListResourcesResult::with_all_items(all.iter().skip(from).take(PAGE).map(resource).collect());
        out.next_cursor = (from.saturating_add(PAGE) < all.len()).then(|| (from + PAGE).to_string());
        Ok(out)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let document = ResourceTemplate::new(format!("{SCHEME}{{id}}"), "document").with_mime_type("text/markdown");
        Ok(ListResourceTemplatesResult::with_all_items(vec![document]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let id = request.uri.strip_prefix(SCHEME).map(str::to_owned);
        let id = id.ok_or_else(|| ErrorData::resource_not_found("there is no such resource", None))?;
        let d = self
            .apart(move |desk| async move { desk.document(&id) })
            .await
            .map_err(failed)?;
        let contents = ResourceContents::text(text(&d), request.uri).with_mime_type("text/markdown");
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}

fn failed(e: DeskError) -> ErrorData {
    match e.code {
        ErrorCode::NoDocument => ErrorData::resource_not_found(e.message, None),
        ErrorCode::Usage => ErrorData::invalid_params(e.message, None),
        _ => ErrorData::internal_error(e.message, None),
    }
}
