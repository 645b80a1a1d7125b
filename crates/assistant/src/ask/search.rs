//! A question as it is searched for.

use std::sync::Arc;
use std::task::Poll;

use futures::poll;
use jiff::civil::Date;
use mortar_language::drugs::Lexicon;
use mortar_language::subjects::World;
use mortar_language::{About, question};

use super::error::AskError;
use crate::ports::{Begun, Embedder, Fault, ModelError, Part, Query, Retriever};

/// Who embeds and who finds.
pub struct Search<'a> {
    pub embedder: Option<&'a dyn Embedder>,
    /// Embeds where that one fails.
    pub instead: Option<&'a dyn Embedder>,
    pub retriever: &'a dyn Retriever,
    pub lexicon: &'a Arc<Lexicon>,
    pub emergencies: &'a [String],
    pub inference_id: &'a str,
}

/// Which words are no names: what the knowledge holds, and what the model knows whole.
impl World for Search<'_> {
    fn holds(&self, word: &str) -> bool {
        self.retriever.holds(word)
    }

    fn plain(&self, word: &str) -> bool {
        !self.lexicon.is_name(word) && self.embedder.is_some_and(|e| e.knows(word))
    }
}

/// A question as it is searched for: its words spelt as the knowledge spells them, what it is about, and its
/// parts with their vectors; and what was searched for meanwhile. Where the model fails, words and codes go on
/// without it; another model than the release's is an error. `typed` is the question before it was made to stand
/// alone.
pub async fn query<'a>(
    with: &Search<'a>,
    question: &str,
    typed: &str,
    as_of: Date,
    limit: usize,
) -> Result<(Query, Option<Box<dyn Begun + 'a>>, Option<ModelError>), AskError> {
    let known = |word: &str| with.embedder.is_some_and(|e| e.knows(word));
    let text = with
        .retriever
        .respell(question, with.lexicon, &known)
        .unwrap_or_else(|| question.to_owned());
    let mut about = About::of(&text, with.lexicon, with, with.emergencies);
    if typed != question {
        about.borrowed(typed);
    }
    let mut parts = question::parts(&about.widened(&text, with));
    // What a follow-up adds may be asked of another document than the question before it.
    if typed != question {
        parts.push(typed.to_owned());
    }
    let texts: Vec<String> = parts.iter().map(|p| question::spelt_out(p)).collect();
    let part = |text: &String| Part {
        text: text.clone(),
        vector: None,
    };
    let mut query = Query {
        text,
        parts: texts.iter().map(part).collect(),
        model: None,
        as_of,
        limit,
        about: Some(Arc::new(about)),
    };
    let mut begun = None;
    let mut failed = None;
    for e in with.embedder.into_iter().chain(with.instead) {
        let mut embedding = e.embed_for(&texts, with.inference_id);
        // Once it is on its way to a model elsewhere, there is time for the search to begin.
        let early = poll!(&mut embedding);
        begun = begun.or_else(|| with.retriever.begin(&query));
        let made = match early {
            Poll::Ready(made) => made,
            Poll::Pending => embedding.await,
        };
        match made {
            Ok(vectors) => {
                for (part, vector) in query.parts.iter_mut().zip(vectors) {
                    part.vector = Some(vector);
                }
                query.model = Some(e.model().to_owned());
                failed = None;
                break;
            }
            Err(e) if e.fault == Fault::OtherModel => return Err(AskError::Embed(e)),
            // Why the tenant's own model failed says more than why its stand-in did.
            Err(e) => failed = failed.or(Some(e)),
        }
    }
    Ok((query, begun, failed))
}
