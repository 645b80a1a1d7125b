//! The window's commands: unpack, one call into the desk, map the error.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use mortar_desk::assistant::{Answer, Event, Passage, Sentence, Stop};
use mortar_desk::feedback::{ConversationRow, Exchange, Label};
use mortar_desk::knowledge::Progress;
use mortar_desk::sources::{Document, DocumentRow};
use mortar_desk::store::sync::{CHECK_JITTER, SyncProgress, SyncReport, SyncStep};
use mortar_desk::{Account, Answers, Connection, Desk, DeskError, Since, Status};
use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{Emitter, Manager};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;

use crate::State;

type Answered<T> = Result<T, DeskError>;

/// How often the window hears how far a sync is that it did not ask for.
const TOLD_EVERY: Duration = Duration::from_millis(200);

#[derive(Clone, Serialize)]
pub struct Opening {
    step: &'static str,
    done: usize,
    of: usize,
}

#[derive(Clone, Serialize)]
pub struct Asked {
    answer: Answer,
    exchange: Option<Exchange>,
}

impl State {
    fn desk(&self) -> Answered<Arc<Desk>> {
        let desk = self.desk.read().unwrap_or_else(|e| e.into_inner());
        desk.clone()
            .ok_or_else(|| DeskError::new("not_open", "The knowledge is not open yet."))
    }
}

/// Runs what computes or reads away from the window's own threads.
async fn away<T: Send + 'static>(work: impl FnOnce() -> Answered<T> + Send + 'static) -> Answered<T> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .map_err(|e| DeskError::new("unexpected", e))?
}

#[tauri::command]
pub async fn open(
    app: tauri::AppHandle,
    state: tauri::State<'_, State>,
    progress: Channel<Opening>,
) -> Answered<Status> {
    let _one = state.opening.lock().await;
    if let Ok(desk) = state.desk() {
        return Ok(desk.status());
    }
    let place = state.place.read().unwrap_or_else(|e| e.into_inner()).clone()?;
    // A first release may come over the network, which wants the runtime at hand.
    let runtime = tokio::runtime::Handle::current();
    let desk = away(move || {
        let mut tell = |p: Progress| {
            let (step, done, of) = match p {
                Progress::Downloading { done, of } => ("downloading", done, of),
                Progress::Embedding { done, of } => ("embedding", done, of),
                Progress::Indexing => ("indexing", 0, 0),
                Progress::Verifying => ("verifying", 0, 0),
            };
            let _ = progress.send(Opening { step, done, of });
        };
        runtime
            .block_on(Desk::open(place, &mut tell))
            .map(|d| Arc::new(d.with_records()))
    })
    .await?;
    *state.desk.write().unwrap_or_else(|e| e.into_inner()) = Some(desk.clone());
    send_labels(desk.clone());
    keep_up(app, Arc::downgrade(&desk));
    Ok(desk.status())
}

/// Looks at the store now and then, as long as the tenant is open, never all laptops at once.
fn keep_up(app: tauri::AppHandle, desk: Weak<Desk>) {
    let Some(every) = desk.upgrade().and_then(|d| d.check_every()) else {
        return;
    };
    tauri::async_runtime::spawn(async move {
        loop {
            let Some(open) = desk.upgrade() else { return };
            let (telling, of) = (app.clone(), desk.clone());
            let mut told: Option<(SyncStep, Instant)> = None;
            let tell = move |p: SyncProgress| {
                // As often as it is drawn.
                if told.is_none_or(|(step, at)| step != p.step || at.elapsed() > TOLD_EVERY) {
                    told = Some((p.step, Instant::now()));
                    tell_if_open(&telling, &of, "sync-progress", Some(p));
                }
            };
            // What fails is shown in the bar, and tried again the next time.
            let _ = follow(&app, open, tell).await;
            tell_if_open(&app, &desk, "sync-progress", None::<SyncProgress>);
            tokio::time::sleep(every.mul_f64(rand::random_range(1.0 - CHECK_JITTER..=1.0 + CHECK_JITTER))).await;
        }
    });
}

/// The window hears nothing of a tenant that it has left.
fn tell_if_open(app: &tauri::AppHandle, of: &Weak<Desk>, event: &str, what: impl Serialize + Clone) {
    let open = app.state::<State>().desk();
    if open.is_ok_and(|open| std::ptr::eq(Arc::as_ptr(&open), of.as_ptr())) {
        let _ = app.emit(event, what);
    }
}

/// Brings the knowledge up to date, away from the window's threads; the window hears of a switch.
async fn follow(
    app: &tauri::AppHandle,
    desk: Arc<Desk>,
    mut tell: impl FnMut(SyncProgress) + Send + 'static,
) -> Answered<SyncReport> {
    let runtime = tokio::runtime::Handle::current();
    let of = Arc::downgrade(&desk);
    let report = away(move || runtime.block_on(desk.sync(&mut tell))).await?;
    if report.changed {
        tell_if_open(app, &of, "release-switched", ());
    }
    Ok(report)
}

#[tauri::command]
pub async fn sync(
    app: tauri::AppHandle,
    state: tauri::State<'_, State>,
    progress: Channel<SyncProgress>,
) -> Answered<SyncReport> {
    let tell = move |p| {
        let _ = progress.send(p);
    };
    follow(&app, state.desk()?, tell).await
}

/// What became of passages' documents since they were found.
#[tauri::command]
pub async fn since(state: tauri::State<'_, State>, passages: Vec<Passage>) -> Answered<Vec<Since>> {
    let desk = state.desk()?;
    away(move || desk.since(&passages)).await
}

/// Labels go on their way behind the operator's back; what does not arrive waits on the device.
fn send_labels(desk: Arc<Desk>) {
    tauri::async_runtime::spawn(async move {
        let _ = desk.send_labels().await;
    });
}

#[tauri::command]
pub async fn status(state: tauri::State<'_, State>) -> Answered<Status> {
    let desk = state.desk()?;
    away(move || Ok(desk.status())).await
}

#[tauri::command]
pub async fn ask(
    state: tauri::State<'_, State>,
    question: String,
    conversation: Option<String>,
    events: Channel<Event>,
) -> Answered<Asked> {
    let desk = state.desk()?;
    let stop = Stop::default();
    *state.stop.write().unwrap_or_else(|e| e.into_inner()) = stop.clone();
    away(move || {
        let mut tell = |e: Event| {
            let _ = events.send(e);
        };
        let (answer, exchange) =
            futures::executor::block_on(desk.converse(&question, conversation.as_deref(), stop, &mut tell))?;
        Ok(Asked { answer, exchange })
    })
    .await
}

/// Goes on with an answer that broke off; done when it is whole, stopped, or broken off again.
#[tauri::command]
pub async fn go_on(state: tauri::State<'_, State>, exchange: String, events: Channel<Event>) -> Answered<Exchange> {
    let desk = state.desk()?;
    let stop = Stop::default();
    *state.stop.write().unwrap_or_else(|e| e.into_inner()) = stop.clone();
    away(move || {
        let mut tell = |e: Event| {
            let _ = events.send(e);
        };
        futures::executor::block_on(desk.go_on(&exchange, stop, &mut tell))
    })
    .await
}

#[tauri::command]
pub fn stop(state: tauri::State<'_, State>) {
    state.stop.read().unwrap_or_else(|e| e.into_inner()).stop();
}

#[tauri::command]
pub async fn ground(state: tauri::State<'_, State>, text: String, passages: Vec<Passage>) -> Answered<Vec<Sentence>> {
    let desk = state.desk()?;
    away(move || Ok(desk.ground(&text, &passages))).await
}

#[tauri::command]
pub async fn documents(state: tauri::State<'_, State>) -> Answered<Vec<DocumentRow>> {
    let desk = state.desk()?;
    away(move || desk.documents()).await
}

#[tauri::command]
pub async fn find(state: tauri::State<'_, State>, typed: String) -> Answered<Vec<DocumentRow>> {
    let desk = state.desk()?;
    away(move || desk.find_as_typed(&typed)).await
}

#[tauri::command]
pub async fn document(state: tauri::State<'_, State>, id: String) -> Answered<Document> {
    let desk = state.desk()?;
    away(move || desk.document(&id)).await
}

#[tauri::command]
pub async fn conversations(state: tauri::State<'_, State>) -> Answered<Vec<ConversationRow>> {
    let desk = state.desk()?;
    away(move || desk.conversations()).await
}

#[tauri::command]
pub async fn conversation(state: tauri::State<'_, State>, id: String) -> Answered<Vec<Exchange>> {
    let desk = state.desk()?;
    away(move || desk.conversation(&id)).await
}

#[tauri::command]
pub async fn save_text(
    state: tauri::State<'_, State>,
    exchange: String,
    text: String,
    confirmed: Vec<String>,
) -> Answered<()> {
    let desk = state.desk()?;
    away(move || desk.save_text(&exchange, text, confirmed)).await
}

/// Puts the text on the clipboard first: the operator needs it even if it cannot be kept.
#[tauri::command]
pub async fn copy(
    app: tauri::AppHandle,
    state: tauri::State<'_, State>,
    exchange: Option<String>,
    text: String,
    confirmed: Vec<String>,
) -> Answered<()> {
    let desk = state.desk()?;
    app.clipboard()
        .write_text(&text)
        .map_err(|e| DeskError::new("clipboard", format!("The clipboard does not take the text: {e}")))?;
    match exchange {
        Some(id) => away(move || desk.copied(&id, text, confirmed)).await,
        None => Ok(()),
    }
}

#[tauri::command]
pub async fn label(
    state: tauri::State<'_, State>,
    exchange: String,
    label: Label,
    sentences: Vec<Sentence>,
) -> Answered<Exchange> {
    let desk = state.desk()?;
    let labelling = desk.clone();
    let labelled = away(move || labelling.label(&exchange, label, sentences)).await?;
    send_labels(desk);
    Ok(labelled)
}

/// How the tenant's services do; nothing where it has none.
#[tauri::command]
pub async fn connection(state: tauri::State<'_, State>) -> Answered<Option<Connection>> {
    let desk = state.desk()?;
    Ok(match desk.account() {
        Some(account) => Some(account.connection().await),
        None => None,
    })
}

/// Opens the browser and waits until the person has come back from it.
#[tauri::command]
pub async fn sign_in(state: tauri::State<'_, State>) -> Answered<()> {
    let Ok(desk) = state.desk() else {
        // The first release of a tenant is fetched as somebody: before that there is nothing to open.
        let place = state.place.read().unwrap_or_else(|e| e.into_inner()).clone()?;
        Account::open(&place)?.sign_in(|_| {}).await?;
        return Ok(());
    };
    if let Some(account) = desk.account() {
        account.sign_in(|_| {}).await?;
    }
    send_labels(desk);
    Ok(())
}

#[tauri::command]
pub async fn sign_out(state: tauri::State<'_, State>) -> Answered<()> {
    match state.desk()?.account() {
        Some(account) => account.sign_out().await,
        None => Ok(()),
    }
}

/// Closes this tenant; the window opens the other one next.
#[tauri::command]
pub async fn switch_tenant(state: tauri::State<'_, State>, tenant: String) -> Answered<()> {
    let _one = state.opening.lock().await;
    let place = state.desk()?.place().of_tenant(&tenant)?;
    close(&state);
    *state.place.write().unwrap_or_else(|e| e.into_inner()) = Ok(place);
    Ok(())
}

/// Chooses who writes answers; the window opens the tenant anew next.
#[tauri::command]
pub async fn choose_answers(state: tauri::State<'_, State>, answers: Answers) -> Answered<()> {
    let _one = state.opening.lock().await;
    let desk = state.desk()?;
    away(move || desk.choose(answers)).await?;
    close(&state);
    Ok(())
}

/// Ends what is under way and lets go of the tenant.
fn close(state: &State) {
    state.stop.read().unwrap_or_else(|e| e.into_inner()).stop();
    *state.desk.write().unwrap_or_else(|e| e.into_inner()) = None;
}

#[tauri::command]
pub async fn open_link(app: tauri::AppHandle, state: tauri::State<'_, State>, url: String) -> Answered<()> {
    if !state.desk()?.config().may_open(&url) {
        return Err(DeskError::new(
            "link",
            format!("{url} is not on the tenant's list of links"),
        ));
    }
    app.opener()
        .open_url(url, None::<&str>)
        .map_err(|e| DeskError::new("link", format!("The browser cannot be opened: {e}")))
}
