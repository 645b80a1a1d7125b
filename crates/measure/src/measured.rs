//! What is measured: an open release, and the models that answer from it.

use std::sync::Arc;

use jiff::civil::Date;
use mortar_assistant::ask::AskError;
use mortar_assistant::{
    Answer, Ask, Checker, Embedder, Generator, Reranker, Retriever, Search, Stop, Turn, ask, query,
};
use mortar_knowledge::{Hit, Release};
use mortar_language::drugs::Lexicon;
use mortar_language::question;
use mortar_sources::DocumentRow;

use crate::error::MeasureError;

#[derive(Clone, Copy)]
pub struct Measured<'a> {
    pub release: &'a Release,
    pub embedder: Option<&'a dyn Embedder>,
    /// Embeds where that one fails.
    pub embedder_instead: Option<&'a dyn Embedder>,
    /// Orders what was found, where there is one.
    pub reranker: Option<&'a dyn Reranker>,
    pub generator: &'a dyn Generator,
    /// A second opinion on what the generator wrote, where there is one.
    pub checker: Option<&'a dyn Checker>,
    /// Writes where the generator cannot begin.
    pub instead: Option<&'a dyn Generator>,
    /// The tenant's own instructions for a generator.
    pub instructions: &'a str,
    /// Tokens for a whole prompt.
    pub budget: usize,
    /// Names each answer in the models' own records; empty where they keep none.
    pub inference_id: fn() -> String,
    /// Whose names are whose, and the tenant's own words for danger to life.
    pub lexicon: &'a Arc<Lexicon>,
    pub emergencies: &'a [String],
    /// The day on which everything is asked that says no other.
    pub as_of: Date,
}

impl Measured<'_> {
    /// Answers a question as a front would.
    pub async fn ask(&self, question: &str, before: &[Turn], as_of: Option<Date>) -> Result<Answer, MeasureError> {
        self.ask_by(self.release, self.generator, question, before, as_of).await
    }

    /// The same by another way to find, and by who writes.
    pub(crate) async fn ask_by(
        &self,
        retriever: &dyn Retriever,
        generator: &dyn Generator,
        question: &str,
        before: &[Turn],
        as_of: Option<Date>,
    ) -> Result<Answer, MeasureError> {
        let with = Ask {
            embedder: self.embedder,
            embedder_instead: self.embedder_instead,
            retriever,
            reranker: self.reranker,
            generator,
            checker: self.checker,
            instead: self.instead,
            inference_id: (self.inference_id)(),
            instructions: self.instructions,
            budget: self.budget,
            as_of: as_of.unwrap_or(self.as_of),
            lexicon: self.lexicon,
            emergencies: self.emergencies,
            before,
            stop: Stop::default(),
        };
        Ok(ask(&with, question, &mut |_| {}).await?)
    }

    /// The documents for a question, best first.
    pub async fn search(
        &self,
        question: &str,
        limit: usize,
        as_of: Option<Date>,
    ) -> Result<Vec<(DocumentRow, Hit)>, MeasureError> {
        let text = question::clean(question).map_err(AskError::from)?;
        let as_of = as_of.unwrap_or(self.as_of);
        let with = Search {
            embedder: self.embedder,
            instead: self.embedder_instead,
            retriever: self.release,
            lexicon: self.lexicon,
            emergencies: self.emergencies,
            inference_id: "",
        };
        let (query, _, failed) = query(&with, &text, &text, as_of, limit).await?;
        match failed {
            // A list that is silently worse would mislead who measures by it.
            Some(e) => Err(AskError::Embed(e).into()),
            None => Ok(self.release.search(&query)?),
        }
    }
}
