//! A question as it is searched for.

use std::sync::Arc;
use std::task::Poll;

use futures::poll;
use jiff::civil::Date;
use mortar_language::drugs::Lexicon;
use mortar_language::subjects::World;
use mortar_language::{About, days, question};

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

/// A question, and the words of it that are its own: the rest was borrowed so that it stands alone.
pub(crate) struct Sought<'q> {
    pub(crate) text: &'q str,
    pub(crate) own: &'q str,
    pub(crate) as_of: Date,
}

/// What was embedded and begun.
pub(crate) struct Sent<'a> {
    pub(crate) queries: Vec<Query>,
    pub(crate) begun: Option<Box<dyn Begun + 'a>>,
    pub(crate) failed: Option<ModelError>,
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
    let one = read(
        with,
        &Sought {
            text: question,
            own: typed,
            as_of,
        },
        limit,
    );
    let Sent {
        mut queries,
        begun,
        failed,
    } = sent(with, vec![one]).await?;
    Ok((queries.remove(0), begun, failed))
}

/// What a question is about, and the texts that are searched for, without their vectors.
pub(crate) fn read(with: &Search<'_>, sought: &Sought<'_>, limit: usize) -> Query {
    let known = |word: &str| with.embedder.is_some_and(|e| e.knows(word));
    let text = with
        .retriever
        .respell(sought.text, with.lexicon, &known)
        .unwrap_or_else(|| sought.text.to_owned());
    let mut about = About::of(&text, with.lexicon, with, with.emergencies);
    if sought.own != sought.text {
        about.borrowed(sought.own);
    }
    let undated = days::undated(&text, sought.as_of);
    let mut parts = question::parts(&about.widened(&undated, with));
    // What holds for any medication is not said in a drug's name.
    if let Some(general) = about.of_any_drug(&undated, with).filter(|_| parts.len() == 1) {
        parts.push(general);
    }
    // What a follow-up adds may be asked of another document than the question before it.
    if sought.own != sought.text {
        parts.push(sought.own.to_owned());
    }
    let part = |text: &String| Part {
        text: question::spelt_out(text),
        vector: None,
    };
    Query {
        text,
        parts: parts.iter().map(part).collect(),
        model: None,
        as_of: sought.as_of,
        limit,
        further: 0,
        about: Some(Arc::new(about)),
    }
}

/// Embeds all that is searched for at once; one search alone is begun meanwhile.
pub(crate) async fn sent<'a>(with: &Search<'a>, mut queries: Vec<Query>) -> Result<Sent<'a>, AskError> {
    let texts: Vec<String> = queries
        .iter()
        .flat_map(|q| q.parts.iter().map(|p| p.text.clone()))
        .collect();
    let mut begun = None;
    let mut failed = None;
    for e in with.embedder.into_iter().chain(with.instead) {
        let mut embedding = e.embed_for(&texts, with.inference_id);
        // Once it is on its way to a model elsewhere, there is time for the search to begin.
        let early = poll!(&mut embedding);
        begun = begun.or_else(|| match queries.as_slice() {
            [one] => with.retriever.begin(one),
            _ => None,
        });
        let made = match early {
            Poll::Ready(made) => made,
            Poll::Pending => embedding.await,
        };
        match made {
            Ok(vectors) => {
                let parts = queries.iter_mut().flat_map(|q| q.parts.iter_mut());
                for (part, vector) in parts.zip(vectors) {
                    part.vector = Some(vector);
                }
                for query in &mut queries {
                    query.model = Some(e.model().to_owned());
                }
                failed = None;
                break;
            }
            Err(e) if e.fault == Fault::OtherModel => return Err(AskError::Embed(e)),
            // Why the tenant's own model failed says more than why its stand-in did.
            Err(e) => failed = failed.or(Some(e)),
        }
    }
    Ok(Sent { queries, begun, failed })
}
