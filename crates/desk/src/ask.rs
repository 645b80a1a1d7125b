//! Asking: a question answered from the knowledge, in a conversation that is kept, and gone on with where it
//! broke off.

use jiff::civil::Date;
use mortar_assistant::{Answer, Ask, Event, Fault, Notice, Stage, Stop, Turn};
use mortar_feedback::Exchange;
use mortar_local::Verbatim;
use ulid::Ulid;

use crate::desk::{Desk, today};
use crate::error::DeskError;
use crate::opened::Opened;

/// Tokens that a whole prompt may take; the default of small models with room for their answer.
const PROMPT_BUDGET: usize = 3000;

impl Desk {
    /// Answers a question; `before` is what was said so far in the conversation.
    pub async fn ask(
        &self,
        question: &str,
        before: &[Turn],
        as_of: Option<Date>,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Answer, DeskError> {
        self.fresh_enough()?;
        let opened = self.opened();
        let with = Ask {
            as_of: as_of.unwrap_or_else(today),
            inference_id: self.inference_id()(),
            stop,
            ..self.with(&opened, before)
        };
        let masked = match opened.is_asked_elsewhere() {
            true => opened.masking.counts(question),
            false => Vec::new(),
        };
        let mut tell = |mut event: Event| {
            if let Event::Done { answer } = &mut event {
                answer.masked.clone_from(&masked);
            }
            tell(event);
        };
        let mut answer = mortar_assistant::ask(&with, question, &mut tell).await?;
        answer.masked = masked;
        Ok(answer)
    }

    /// Why search goes by words alone, for who reads an answer without the status beside it.
    pub fn words_alone(&self) -> Option<Notice> {
        let message = self.embedding_problem()?;
        Some(Notice {
            about: Stage::Embedding,
            fault: Fault::Failed,
            message,
        })
    }

    /// Answers a question within a kept conversation and keeps the answer. If it cannot be kept, the
    /// answer is still given: the window says that it is not kept.
    pub async fn converse(
        &self,
        question: &str,
        conversation: Option<&str>,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(Answer, Option<Exchange>), DeskError> {
        let before = match (conversation, &self.records) {
            (Some(id), Ok(records)) => records.turns(id)?,
            _ => Vec::new(),
        };
        let answer = self.ask(question, &before, None, stop, tell).await?;
        let kept = match &self.records {
            Ok(records) => records.add(conversation, &answer).ok(),
            Err(_) => None,
        };
        Ok((answer, kept))
    }

    /// Goes on with a kept answer that broke off, from the operator's text as it is kept.
    pub async fn go_on(
        &self,
        exchange: &str,
        stop: Stop,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Exchange, DeskError> {
        let records = self.records()?;
        let (kept, before) = records.with_before(exchange)?;
        let opened = self.opened();
        if opened.generator().is_none() || !kept.answer.incomplete {
            return Err(DeskError::usage("there is nothing to go on with: ask again"));
        }
        let with = Ask {
            instead: None,
            as_of: kept.answer.as_of,
            inference_id: kept.answer.inference_id.clone().unwrap_or_default(),
            stop,
            ..self.with(&opened, &before)
        };
        let (answer, text) = mortar_assistant::go_on(&with, &kept.answer, &kept.text, tell).await;
        Ok(records.went_on(exchange, answer, text)?)
    }

    /// What all answers of this tenant are made with.
    fn with<'a>(&'a self, opened: &'a Opened, before: &'a [Turn]) -> Ask<'a> {
        Ask {
            embedder: opened.embedder(0),
            embedder_instead: opened.embedder(1),
            retriever: &*opened.release,
            reranker: opened.reranker(),
            generator: opened.generator().unwrap_or(&Verbatim),
            checker: opened.checker(),
            instead: opened.generator().map(|_| &Verbatim as _),
            inference_id: String::new(),
            instructions: &self.config.instructions,
            budget: self.budget(),
            as_of: today(),
            lexicon: &self.lexicon,
            emergencies: &self.config.emergencies,
            before,
            stop: Stop::default(),
        }
    }

    /// Tokens that a whole prompt may take.
    pub(crate) fn budget(&self) -> usize {
        let model = self.account.as_ref().and_then(|a| a.generator.as_ref());
        model.map_or(PROMPT_BUDGET, |g| g.budget())
    }

    /// Names an answer in the models' own records, where there are any.
    pub(crate) fn inference_id(&self) -> fn() -> String {
        match &self.account {
            Some(_) => || Ulid::generate().to_string(),
            None => String::new,
        }
    }
}
