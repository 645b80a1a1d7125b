//! What keeps a question from its answer.

use mortar_language::question::QuestionError;
use thiserror::Error;

use crate::ports::{ModelError, RetrieveError};

#[derive(Debug, Clone, Error)]
pub enum AskError {
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error("the question cannot be embedded: {0}")]
    Embed(ModelError),
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error("the answer could not be written: {0}")]
    Generate(ModelError),
}

impl AskError {
    pub fn code(&self) -> &'static str {
        match self {
            AskError::Question(QuestionError::Empty) => "empty_question",
            AskError::Question(QuestionError::TooLong(_)) => "long_question",
            AskError::Embed(_) => "embedding_failed",
            AskError::Retrieve(_) => "retrieval_failed",
            AskError::Generate(_) => "generation_failed",
        }
    }
}
