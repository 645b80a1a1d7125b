//! The one command of the page: it hands a call to the desk, away from the window's threads, and its result back.

use std::sync::Arc;

use mortar_desk::{DeskError, Front, Json};
use serde_json::Value;
use tauri::async_runtime::spawn_blocking;
use tauri::ipc::{Channel, InvokeResponseBody, JavaScriptChannelId, Response};
use tauri::{State, Webview};
use tokio::runtime::Handle;

#[tauri::command]
pub async fn call(
    webview: Webview,
    front: State<'_, Arc<Front>>,
    name: String,
    arguments: Value,
    tell: Option<JavaScriptChannelId>,
) -> Result<Response, DeskError> {
    let front = Arc::clone(&front);
    let channel: Option<Channel> = tell.map(|id| id.channel_on(webview));
    let runtime = Handle::current();
    let called = spawn_blocking(move || {
        let mut hear = |Json(event)| {
            if let Some(channel) = &channel {
                let _ = channel.send(InvokeResponseBody::Json(event));
            }
        };
        runtime.block_on(front.call(&name, arguments, &mut hear))
    });
    let Json(done) = called.await.map_err(DeskError::failed)??;
    Ok(Response::new(InvokeResponseBody::Json(done)))
}
