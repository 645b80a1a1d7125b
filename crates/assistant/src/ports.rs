//! The ports: what an embedder, a retriever and a generator must offer. Implemented elsewhere.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::civil::Date;
use thiserror::Error;

use crate::answer::{LookAlike, Passage};
use crate::prompt::Prompt;

/// Text to vectors of length one.
pub trait Embedder: Send + Sync {
    /// The model's name, kept in each release that was made with it.
    fn model(&self) -> &str;
    fn dimensions(&self) -> usize;
    /// Whether the model knows this word as a whole: then it is no misspelt one.
    fn knows(&self, _word: &str) -> bool {
        false
    }
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>>;
}

#[derive(Debug, Clone, Error)]
#[error("the embedding model failed: {0}")]
pub struct EmbedError(pub String);

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Query {
    pub text: String,
    /// The whole text first, then the parts of a long message that ask something.
    pub parts: Vec<Part>,
    pub as_of: Date,
    /// At most this many passages.
    pub limit: usize,
}

/// What is searched for by words and by meaning.
#[derive(Debug, Clone)]
pub struct Part {
    pub text: String,
    /// Absent where no embedding model is at hand: search goes by words and codes alone.
    pub vector: Option<Vec<f32>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Retrieved {
    /// Best first, numbered from 1, each with a calibrated score.
    pub passages: Vec<Passage>,
    /// Codes asked for that no document in force holds.
    pub unknown_codes: Vec<String>,
    /// Those of them that only documents out of force hold.
    pub codes_out_of_force: Vec<String>,
    pub look_alikes: Vec<LookAlike>,
    /// The question names codes and the knowledge holds at least one of them.
    pub code_found: bool,
}

/// A question's vector and words to passages.
pub trait Retriever: Send + Sync {
    /// The release it searches.
    fn release(&self) -> &str;
    /// The question with its misspelt words as the knowledge spells them, if there are any. What
    /// `known` knows is spelt right.
    fn respell(&self, _question: &str, _known: &dyn Fn(&str) -> bool) -> Option<String> {
        None
    }
    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError>;
}

#[derive(Debug, Clone, Error)]
#[error("the knowledge could not be searched: {0}")]
pub struct RetrieveError(pub String);

/// What a generator is given. A real one reads the prompt; the verbatim one reads the passages.
#[derive(Debug, Clone)]
pub struct Generation {
    pub question: String,
    pub passages: Vec<Passage>,
    pub prompt: Prompt,
}

/// A prompt to pieces of text, with marks such as `[2]` behind each sentence.
pub trait Generator: Send + Sync {
    fn model(&self) -> &str;
    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, GenerateError>>;
}

#[derive(Debug, Clone, Error)]
#[error("the answer could not be written: {0}")]
pub struct GenerateError(pub String);
