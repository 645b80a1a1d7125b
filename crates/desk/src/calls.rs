//! Everything that a front which stays open may ask of the program, in one list. A call is added here and nowhere else:
//! the shell hands over whatever it is called, and what the window knows of it (`ui/src/backend/calls.ts`, `types.ts`)
//! is written by `cargo xtask types` from this list.

use std::sync::Arc;

use mortar_assistant::{Checked, Event, Passage, Sentence};
use mortar_feedback::{Act, AskedAgain, ConversationRow, Entry, Exchange, Filter, Label, LabelRow, Past};
use mortar_measure::AnsweredOtherwise;
use mortar_sources::{Document, DocumentRow};
use mortar_store::review::{Mark, Reviewed};
use mortar_store::sync::{SyncProgress, SyncReport};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::{Account, Connection};
use crate::courtesy::Names;
use crate::error::DeskError;
use crate::export::Gap;
use crate::front::{Asked, Front, Opening};
use crate::promote::{Standing, Weighed, Weighing};
use crate::releases::Releases;
use crate::schedule::Occasion;
use crate::since::Since;
use crate::status::Status;
use crate::stores::StoreOptions;
use crate::tenant::Answers;
use crate::triage::{Decide, LabelShown, Pulled, Triage};

/// A value as it goes to a front: it is written as JSON once.
pub struct Json(pub String);

/// `fn name(arguments) -> result, tells event { body }`, where `front` and `tell` are named first. Each makes an arm of
/// [`Front::call`], and for the tests a description.
macro_rules! calls {
    (
        |$front:ident, $tell:ident|
        $(
            $(#[doc = $doc:literal])+
            fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty $(, tells $event:ty)? $body:block
        )+
    ) => {
        impl Front {
            /// Does what is called `name`; `hear` hears what it tells on its way. Calls compute and read: they are
            /// to be awaited where a thread may be kept.
            pub async fn call(
                self: &Arc<Self>,
                name: &str,
                arguments: Value,
                hear: &mut (dyn FnMut(Json) + Send),
            ) -> Result<Json, DeskError> {
                let $front = self;
                match name {
                    $(
                        stringify!($name) => {
                            #[derive(Deserialize)]
                            #[serde(deny_unknown_fields)]
                            struct Arguments { $($argument: $type),* }
                            let Arguments { $($argument),* } = read(name, arguments)?;
                            $( let $tell = &mut |e: $event| json(&e).map_or((), &mut *hear); )?
                            let done: Result<$result, DeskError> = async { $body }.await;
                            json(&done?)
                        }
                    )+
                    _ => Err(DeskError::usage(format!("there is no call “{name}”"))),
                }
            }
        }

        /// Tells all calls with their types, in the order of the list.
        #[cfg(test)]
        pub(crate) fn describe(to: &mut impl Describe) {
            $(
                let arguments = vec![$((stringify!($argument), to.name::<$type>())),*];
                let result = to.name::<$result>();
                let event: Option<String> = None$(.or(Some(to.name::<$event>())))?;
                to.call(stringify!($name), &[$($doc),+], arguments, result, event);
            )+
        }
    };
}

/// Who hears what calls there are.
#[cfg(test)]
pub(crate) trait Describe {
    /// What a type is called there.
    fn name<T: ts_rs::TS + 'static>(&mut self) -> String;
    /// A call with the lines of its documentation and the names of its types.
    fn call(
        &mut self,
        name: &'static str,
        doc: &[&'static str],
        arguments: Vec<(&'static str, String)>,
        result: String,
        event: Option<String>,
    );
}

fn read<T: DeserializeOwned>(name: &str, arguments: Value) -> Result<T, DeskError> {
    serde_json::from_value(arguments).map_err(|e| DeskError::usage(format!("{name}: {e}")))
}

fn json(value: &impl Serialize) -> Result<Json, DeskError> {
    serde_json::to_string(value).map(Json).map_err(DeskError::failed)
}

calls! { |front, tell|
    /// Opens the tenant, where it is not open yet.
    fn open() -> Status, tells Opening {
        front.open(tell).await
    }

    /// Which Mortar this is, whether or not a tenant is open.
    fn version() -> String {
        Ok(env!("CARGO_PKG_VERSION").to_owned())
    }

    /// How the desk stands.
    fn status() -> Status {
        Ok(front.desk()?.status())
    }

    /// Answers a question, in its conversation or as the first of a new one.
    fn ask(question: String, conversation: Option<String>) -> Asked, tells Event {
        let desk = front.desk()?;
        let (answer, exchange) = desk.converse(&question, conversation.as_deref(), front.begin(), tell).await?;
        Ok(Asked { answer, exchange })
    }

    /// Goes on with an answer that broke off, from the text as it was saved; done when it is whole, stopped, or broken
    /// off again.
    fn go_on(exchange: String) -> Exchange, tells Event {
        front.desk()?.go_on(&exchange, front.begin(), tell).await
    }

    /// Ends the answer that is being written; its text so far is kept.
    fn stop() -> () {
        front.stop();
        Ok(())
    }

    /// The grounding of a text that the operator edited, as it is true today; `for_today` where no other day was asked
    /// about; what the tenant says for courtesy, with these names in it, claims nothing.
    fn ground(text: String, passages: Vec<Passage>, for_today: bool, names: Names) -> Vec<Sentence> {
        front.desk()?.ground(&text, &passages, for_today, &names)
    }

    /// An answer in the customer's words; nothing where nothing of it is for the customer.
    fn for_customer(text: String, passages: Vec<Passage>, names: Names) -> Option<String> {
        Ok(front.desk()?.for_customer(&text, &passages, &names))
    }

    /// What each sentence of a text from anywhere stands on.
    fn check(text: String) -> Checked {
        front.desk()?.check(&text, None).await
    }

    /// All documents, by title.
    fn documents() -> Vec<DocumentRow> {
        front.desk()?.documents()
    }

    /// The documents that hold what was typed so far.
    fn find(typed: String) -> Vec<DocumentRow> {
        front.desk()?.find_as_typed(&typed)
    }

    /// A document, by its id.
    fn document(id: String) -> Document {
        front.desk()?.document(&id)
    }

    /// The day's conversations, newest first.
    fn conversations() -> Vec<ConversationRow> {
        front.desk()?.conversations()
    }

    /// The newest questions of all days that hold what was typed, with what became of each.
    fn history(typed: String) -> Vec<Past> {
        front.desk()?.history(&typed)
    }

    /// All questions of a conversation with what became of them, in order.
    fn conversation(id: String) -> Vec<Exchange> {
        front.desk()?.conversation(&id)
    }

    /// Says who a conversation is with; empty: nobody.
    fn name_conversation(id: String, name: String) -> () {
        front.desk()?.name_conversation(&id, &name)
    }

    /// Who a conversation is with; empty: nobody said.
    fn conversation_name(id: String) -> String {
        front.desk()?.conversation_name(&id)
    }

    /// Keeps the operator's text as it is typed.
    fn save_text(exchange: String, text: String, confirmed: Vec<String>) -> () {
        front.desk()?.save_text(&exchange, text, confirmed)
    }

    /// Puts text on the clipboard and keeps what went out. The clipboard comes first: the operator needs the text even
    /// if it cannot be kept.
    fn copy(exchange: Option<String>, text: String, confirmed: Vec<String>) -> () {
        let desk = front.desk()?;
        let refused = |e| DeskError::failed(format!("The clipboard does not take the text: {e}"));
        front.host.copy(&text).map_err(refused)?;
        exchange.map_or(Ok(()), |id| desk.copied(&id, text, confirmed))
    }

    /// The text on the clipboard.
    fn pasted() -> String {
        let refused = |e| DeskError::failed(format!("There is no text on the clipboard: {e}"));
        front.host.pasted().map_err(refused)
    }

    /// Labels an answer or a refusal, with the grounding of the text as it stands.
    fn label(exchange: String, label: Label, sentences: Vec<Sentence>) -> Exchange {
        let desk = front.desk()?;
        let labelled = desk.label(&exchange, label, sentences)?;
        front.after(Occasion::Labelled, &desk);
        Ok(labelled)
    }

    /// A document was opened beside an answer: kept as a signal, apart from what is said of it.
    fn opened_beside(exchange: String, document: String) -> () {
        front.desk()?.opened_beside(&exchange, &document)
    }

    /// Labels that have not arrived and why, those that were given up first.
    fn outbox() -> Vec<Entry> {
        front.desk()?.outbox(200)
    }

    /// Labels that wait or were given up are sent at once: one, or all of them.
    fn send_again(id: Option<String>) -> () {
        let desk = front.desk()?;
        desk.send_again(id.as_deref())?;
        front.after(Occasion::SentAgain, &desk);
        Ok(())
    }

    /// Reads labels of all devices and decisions that are new in the tenant's bucket.
    fn pull_labels() -> Pulled {
        front.desk()?.pull_labels().await
    }

    /// Labels that were read, by document and one by one.
    fn triage(filter: Filter) -> Triage {
        front.desk()?.triage(&filter)
    }

    /// Open questions that have no answer, by meaning.
    fn gaps() -> Vec<Gap> {
        front.desk()?.gaps().await
    }

    /// A label with its sources in its release and in today's.
    fn label_shown(id: String) -> LabelShown {
        front.desk()?.label_shown(&id)
    }

    /// Writes down what a manager decided about labels.
    fn decide(ids: Vec<String>, decide: Decide) -> Vec<LabelRow> {
        let desk = front.desk()?;
        let mut rows = Vec::new();
        for id in ids {
            rows.push(desk.decide(&id, &decide).await?);
        }
        Ok(rows)
    }

    /// Asks the questions of fixed labels again; what comes from the right source is verified.
    fn verify_labels(ids: Vec<String>) -> Vec<AskedAgain>, tells AskedAgain {
        front.desk()?.verify_labels(Some(&ids), tell).await
    }

    /// Opens a document's link in the browser, if the tenant lists its host.
    fn open_link(url: String) -> () {
        let link = front.desk()?.config().link(&url);
        let link = link.ok_or_else(|| DeskError::failed(format!("{url} is not on the tenant's list of links")))?;
        let refused = |e| DeskError::failed(format!("The browser cannot be opened: {e}"));
        front.host.open_link(link.as_str()).map_err(refused)
    }

    /// How the tenant's services do; nothing where it has none.
    fn connection() -> Option<Connection> {
        Ok(match front.desk()?.account() {
            Some(account) => Some(account.connection().await),
            None => None,
        })
    }

    /// Opens the browser; done when the person has come back from it.
    fn sign_in() -> () {
        let Ok(desk) = front.desk() else {
            // The first release of a tenant is fetched as somebody: before that there is nothing to open.
            Account::open(&front.place()?)?.sign_in(|_| {}).await?;
            return Ok(());
        };
        if let Some(account) = desk.account() {
            account.sign_in(|_| {}).await?;
            desk.note(Act::SignedIn);
        }
        front.after(Occasion::SignedIn, &desk);
        Ok(())
    }

    /// Ends the sign-in, at the service and here.
    fn sign_out() -> () {
        let desk = front.desk()?;
        let Some(account) = desk.account() else { return Ok(()) };
        account.sign_out().await?;
        desk.note(Act::SignedOut);
        Ok(())
    }

    /// Closes this tenant; `open` opens the other.
    fn switch_tenant(tenant: String) -> () {
        front.switch_tenant(&tenant).await
    }

    /// Chooses who writes answers; `open` opens the tenant anew with it.
    fn choose_answers(answers: Answers) -> () {
        front.choose_answers(answers).await
    }

    /// Fetches what changed, verifies who signed it and switches to it.
    fn sync() -> SyncReport, tells SyncProgress {
        front.sync(&front.desk()?, tell).await
    }

    /// What the store has, what its channels show, and what may be done about it here.
    fn releases() -> Releases {
        front.desk()?.releases().await
    }

    /// Weighs what a channel shows against what another shows: what is other, what that does to answers, and what speaks
    /// against it. Takes as long as all questions asked twice.
    fn weigh(from: String, to: String) -> Weighed, tells Weighing {
        Ok(Weighed::clone(&*front.weigh([&from, &to], tell).await?))
    }

    /// Ends the weighing that is under way.
    fn stop_weighing() -> () {
        front.stop_weighing();
        Ok(())
    }

    /// Says what one thinks of an answer that became another; how it stands then.
    fn mark(question: Reviewed, mark: Mark, note: String) -> Standing {
        front.desk()?.mark(&*front.weighed()?, question, mark, note).await
    }

    /// Makes a golden question of an answer that became another; the file that it is in.
    fn make_golden(question: Reviewed) -> String {
        front.desk()?.make_golden(&*front.weighed()?, &question)
    }

    /// Does what was weighed. What speaks against it by now is refused, unless somebody says why it is to be done
    /// nevertheless; with a share only so many percent of the devices get it yet.
    fn promote(nevertheless: Option<String>, share: Option<u8>) -> () {
        front.promote(nevertheless, share).await
    }

    /// Changes which devices get what a channel shows: so many percent, or none that has it not.
    fn roll_out(channel: String, share: Option<u8>, paused: Option<bool>) -> () {
        front.desk()?.roll_out(&channel, share, paused).await
    }

    /// Lets a channel show again what it showed before: that release.
    fn take_back(channel: String, to: u32) -> () {
        front.desk()?.take_back(&channel, to).await
    }

    /// What two channels' releases answer to one question.
    fn ask_both(a: String, b: String, question: String) -> AnsweredOtherwise {
        front.desk()?.ask_both(&StoreOptions::default(), [&a, &b], &question).await
    }

    /// Which of these passages' documents the present release no longer has, has otherwise, or has no longer in force.
    fn since(passages: Vec<Passage>, for_today: bool) -> Vec<Since> {
        front.desk()?.since(&passages, for_today)
    }
}

#[cfg(test)]
mod tests;
