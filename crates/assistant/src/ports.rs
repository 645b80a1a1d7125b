//! The ports: what an embedder, a retriever, a reranker, a checker and a generator must offer. Implemented elsewhere.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::civil::Date;
use mortar_language::About;
use mortar_language::drugs::Lexicon;
use thiserror::Error;

use crate::answer::{LookAlike, Missing, Passage, Several};
pub use crate::fault::{Fault, ModelError};
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
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>>;
    /// The same for one answer, by whose id a model's own records can be found again.
    fn embed_for<'a>(
        &'a self,
        texts: &'a [String],
        _inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.embed(texts)
    }
}

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Query {
    pub text: String,
    /// The whole text first, then the parts of a long message that ask something.
    pub parts: Vec<Part>,
    /// Whose the parts' vectors are: a release may hold vectors by several models.
    pub model: Option<String>,
    pub as_of: Date,
    /// At most this many passages.
    pub limit: usize,
    /// And so many more that fit, from which a reranker may choose.
    pub further: usize,
    /// What a passage must be about; without it, any may answer.
    pub about: Option<Arc<About>>,
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
    /// Those that fit and come behind them, in the same order, without a number.
    pub further: Vec<Passage>,
    /// Ids of passages that stand where a rule put them, whatever anybody thinks of their words.
    pub placed: Vec<String>,
    /// Codes asked for that no document in force holds.
    pub unknown_codes: Vec<String>,
    /// Those of them that only documents out of force hold.
    pub codes_out_of_force: Vec<String>,
    pub look_alikes: Vec<LookAlike>,
    pub missing: Vec<Missing>,
    /// The question names codes and the knowledge holds at least one of them.
    pub code_found: bool,
}

/// A search that was begun before there were vectors.
pub trait Begun: Send {
    /// Searches to the end, for the question it was begun for with its vectors.
    fn finish(self: Box<Self>, query: &Query) -> Result<Retrieved, RetrieveError>;
}

/// A question's vector and words to passages.
pub trait Retriever: Send + Sync {
    /// The release it searches.
    fn release(&self) -> &str;
    /// Whether any document in it has the word, as written in lower case.
    fn holds(&self, _word: &str) -> bool {
        false
    }
    /// The question with its misspelt words as the knowledge spells them, if there are any. What
    /// `known` knows is spelt right.
    fn respell(&self, _question: &str, _lexicon: &Lexicon, _known: &dyn Fn(&str) -> bool) -> Option<String> {
        None
    }
    /// Begins a search with as much of it as needs no vectors: it is done while a model makes them.
    fn begin<'a>(&'a self, _query: &Query) -> Option<Box<dyn Begun + 'a>> {
        None
    }
    fn retrieve(&self, query: &Query) -> Result<Retrieved, RetrieveError>;
}

#[derive(Debug, Clone, Error)]
#[error("the knowledge could not be searched: {0}")]
pub struct RetrieveError(pub String);

/// How well each of several texts answers a question.
pub trait Reranker: Send + Sync {
    fn model(&self) -> &str;
    /// It is given at most so many texts.
    fn candidates(&self) -> usize;
    /// A score for each text, in the order of the texts: the higher, the better. What it is worth beside another
    /// model's is not known. Within its own budget of time, or an error.
    fn rerank<'a>(
        &'a self,
        question: &'a str,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<f32>, ModelError>>;
}

/// A claim, and the source that is to say it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pair {
    pub source: String,
    pub claim: String,
}

/// A second opinion on whether a source says what a claim says.
pub trait Checker: Send + Sync {
    fn model(&self) -> &str;
    /// It is given at most so many pairs at once.
    fn pairs(&self) -> usize;
    /// Of each pair, in their order, the probability that the source says it. Within its own budget of time, or an
    /// error.
    fn check<'a>(&'a self, pairs: &'a [Pair], inference_id: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>>;

    /// What it said of a pair before, where that is kept.
    fn said(&self, pair: &Pair) -> Option<f32> {
        let _ = pair;
        None
    }
}

/// What a generator is given. A real one reads the prompt; the verbatim one reads the passages.
#[derive(Debug, Clone)]
pub struct Generation {
    /// By which a model's own records can be found again.
    pub inference_id: String,
    pub question: String,
    pub passages: Vec<Passage>,
    /// The questions of a message that asks several, in the order in which they are answered; empty where it asks one.
    pub parts: Vec<Several>,
    /// Numbers of passages that contradict each other: none may be left out.
    pub disagree: Vec<u32>,
    pub prompt: Prompt,
}

/// A prompt to pieces of text, with marks such as `[2]` behind each sentence.
pub trait Generator: Send + Sync {
    fn model(&self) -> &str;
    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>>;
}
