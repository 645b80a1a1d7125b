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
