//! What leaves this device goes through here: a question to a model elsewhere, a label to the bucket. What leads to a
//! person is replaced on its way out, and put back in what a model writes. The device's own models are given the text as
//! it is. Nothing is sent here and nothing kept.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use mortar_assistant::{
    Checker, Embedder, Generation, Generator, MaskedKind, Missing, ModelError, Pair, Passage, Problem, QuestionPart,
    Reranker, Retriever, Sentence, prompt,
};
use mortar_feedback::Feedback;
use mortar_knowledge::Release;
use mortar_language::codes::Code;
use mortar_language::drugs::Lexicon;
use mortar_local::MiniLm;
use mortar_privacy::mask::{self, Found, Kind, Masked, Placeholders, Protected, PuttingBack};

/// What a generator is told where something stands for something.
const TOLD: &str = "\n\nWords in square brackets such as [NAME 1] stand for what you are not shown. Write them exactly so where you need them, and never guess what they stand for.";

/// What masks for one tenant, beside one release of its knowledge.
pub(crate) struct Masking {
    release: Arc<Release>,
    lexicon: Arc<Lexicon>,
    /// Hosts of the tenant.
    hosts: Vec<String>,
    /// Tells names better than rules; without it rules and lists go on.
    model: Option<Arc<MiniLm>>,
}

/// The knowledge with the passages that a text was written from.
struct Beside<'a> {
    masking: &'a Masking,
    passages: &'a [Passage],
}

impl Protected for Beside<'_> {
    fn holds(&self, word: &str) -> bool {
        self.masking.release.holds(word)
    }

    fn knows(&self, code: &Code) -> bool {
        self.masking.release.knows(code)
    }

    /// What a passage says is no secret of a person: the pharmacy's own telephone, the day from which a rule holds.
    fn says(&self, kind: Kind, value: &str) -> bool {
        let may = matches!(kind, Kind::Phone | Kind::Fax | Kind::Email | Kind::Url | Kind::Date);
        may && self.passages.iter().any(|p| p.text.contains(value))
    }

    fn own_host(&self, host: &str) -> bool {
        let own = |h: &String| host == h || host.ends_with(&format!(".{h}"));
        self.masking.hosts.iter().any(own)
    }

    fn lexicon(&self) -> &Lexicon {
        &self.masking.lexicon
    }
}

impl Masking {
    pub(crate) fn of(
        release: &Arc<Release>,
        lexicon: &Arc<Lexicon>,
        hosts: &[String],
        model: Option<Arc<MiniLm>>,
    ) -> Masking {
        Masking {
            release: release.clone(),
            lexicon: lexicon.clone(),
            hosts: hosts.to_vec(),
            model,
        }
    }

    pub(crate) fn find(&self, text: &str) -> Vec<Found> {
        let beside = Beside {
            masking: self,
            passages: &[],
        };
        mask::find(text, &beside, &self.told(text))
    }

    /// How many of each kind are masked in a text.
    pub(crate) fn counts(&self, text: &str) -> Vec<MaskedKind> {
        let mut placeholders = Placeholders::beside([text]);
        self.mask(text, &[], &mut placeholders);
        let counts = placeholders.counts().into_iter();
        counts
            .map(|(kind, count)| MaskedKind {
                kind: kind.word().to_lowercase(),
                count: count as u32,
            })
            .collect()
    }

    fn mask(&self, text: &str, passages: &[Passage], placeholders: &mut Placeholders) -> Masked {
        let beside = Beside {
            masking: self,
            passages,
        };
        mask::mask(text, &beside, &self.told(text), placeholders)
    }

    fn told(&self, text: &str) -> Vec<Found> {
        self.model.as_ref().map_or_else(Vec::new, |m| m.names(text))
    }

    /// A text as it may leave this device.
    pub(crate) fn words(&self, text: &str) -> String {
        self.mask(text, &[], &mut Placeholders::beside([text])).text
    }

    /// What is masked in any of these texts: a name that only one of them leads to is masked in all.
    fn learnt<'t>(&self, texts: impl Iterator<Item = &'t str>, passages: &[Passage]) -> Placeholders {
        let texts: Vec<&str> = texts.collect();
        let mut placeholders = Placeholders::beside(texts.iter().copied());
        for text in texts.iter().filter(|_| texts.len() > 1) {
            self.mask(text, passages, &mut placeholders);
        }
        placeholders
    }

    /// Masks what people and models wrote of a generation; passages and the tenant's instructions are the knowledge's.
    fn generation(&self, mut generation: Generation) -> (Generation, Placeholders) {
        let passages = std::mem::take(&mut generation.passages);
        let messages = &mut generation.prompt.messages;
        let parts = &mut generation.parts;
        let written = messages
            .iter()
            .map(|m| &m.content[prompt::after_passages(&m.content)..]);
        let asked = parts.iter().map(|p| p.question.as_str());
        let mut placeholders = self.learnt(written.chain(asked).chain([generation.question.as_str()]), &passages);
        for message in messages {
            let at = prompt::after_passages(&message.content);
            let masked = self.mask(&message.content[at..], &passages, &mut placeholders).text;
            message.content.replace_range(at.., &masked);
        }
        for text in parts
            .iter_mut()
            .map(|p| &mut p.question)
            .chain([&mut generation.question])
        {
            *text = self.mask(text, &passages, &mut placeholders).text;
        }
        if !placeholders.is_empty() {
            generation.prompt.system.push_str(TOLD);
        }
        generation.passages = passages;
        (generation, placeholders)
    }

    /// A label as it may be sent: what the operator and the models wrote is masked, and what is said of its bytes is
    /// said of those that stand there now.
    pub(crate) fn feedback(&self, entry: &Feedback) -> Feedback {
        let mut out = entry.clone();
        let passages = std::mem::take(&mut out.answer.passages);
        let answer = &mut out.answer;
        let texts = [
            entry.answer.question.as_str(),
            &entry.answer.answer,
            &entry.draft,
            &entry.text,
            &entry.label.note,
        ];
        let mut placeholders = self.learnt(texts.into_iter(), &passages);
        let mut of = |text: &mut String| {
            let masked = self.mask(text, &passages, &mut placeholders);
            text.clone_from(&masked.text);
            masked
        };
        of(&mut answer.question);
        answer
            .asked_as
            .iter_mut()
            .chain(&mut answer.day)
            .chain(&mut answer.unknown_codes)
            .for_each(|t| drop(of(t)));
        answer.parts.iter_mut().for_each(|p| part(p, &mut of));
        answer.missing.iter_mut().for_each(|m| missing(m, &mut of));
        answer.notices.iter_mut().for_each(|n| drop(of(&mut n.message)));
        let moved = of(&mut answer.answer);
        sentences(&mut answer.sentences, &moved, &mut of);
        of(&mut out.draft);
        let moved = of(&mut out.text);
        sentences(&mut out.sentences, &moved, &mut of);
        if let Some(sentence) = &mut out.label.sentence {
            let range = moved.moved(sentence.start as usize..sentence.end as usize);
            match moved.text.get(range.clone()) {
                Some(now) => {
                    (sentence.start, sentence.end) = (range.start as u32, range.end as u32);
                    sentence.text = now.to_owned();
                }
                // It is of a text that is no more.
                None => out.label.sentence = None,
            }
        }
        of(&mut out.label.note);
        out.confirmed.iter_mut().for_each(|t| drop(of(t)));
        out.answer.passages = passages;
        out
    }
}

fn part(part: &mut QuestionPart, of: &mut dyn FnMut(&mut String) -> Masked) {
    of(&mut part.asked);
    let texts = part
        .asked_as
        .iter_mut()
        .chain(&mut part.day)
        .chain(&mut part.unknown_codes);
    texts.for_each(|t| drop(of(t)));
    part.missing.iter_mut().for_each(|m| missing(m, of));
}

fn missing(missing: &mut Missing, of: &mut dyn FnMut(&mut String) -> Masked) {
    of(&mut missing.subject);
    missing.nearest.iter_mut().for_each(|n| drop(of(n)));
}

/// Sentences of a text that was masked.
fn sentences(all: &mut [Sentence], text: &Masked, of: &mut dyn FnMut(&mut String) -> Masked) {
    let to = |start: &mut u32, end: &mut u32| {
        let range = text.moved(*start as usize..*end as usize);
        (*start, *end) = (range.start as u32, range.end as u32);
        range
    };
    for sentence in all {
        let range = to(&mut sentence.start, &mut sentence.end);
        match text.text.get(range) {
            Some(now) => sentence.text = now.to_owned(),
            None => drop(of(&mut sentence.text)),
        }
        for claim in &mut sentence.claims {
            to(&mut claim.start, &mut claim.end);
            claim.problem.iter_mut().for_each(|p| problem(p, of));
        }
        sentence.problem.iter_mut().for_each(|p| problem(p, of));
    }
}

fn problem(problem: &mut Problem, of: &mut dyn FnMut(&mut String) -> Masked) {
    match problem {
        Problem::Missing { values } => values.iter_mut().for_each(|v| drop(of(v))),
        Problem::Roles { people } => people.iter_mut().for_each(|v| drop(of(v))),
        Problem::Step { left_out } => drop(of(left_out)),
        // What sources say is no secret of a person.
        Problem::Doubted { .. } | Problem::Since { .. } => {}
        Problem::Negation | Problem::Wording | Problem::Citation => {}
    }
}

/// An embedding model elsewhere, given questions masked.
pub(crate) struct MaskedEmbedder<E> {
    pub inner: E,
    pub masking: Arc<Masking>,
}

impl<E: std::ops::Deref<Target: Embedder> + Send + Sync> Embedder for MaskedEmbedder<E> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    fn knows(&self, word: &str) -> bool {
        self.inner.knows(word)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        self.embed_for(texts, "")
    }

    fn embed_for<'a>(
        &'a self,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async move {
            let mut placeholders = self.masking.learnt(texts.iter().map(String::as_str), &[]);
            let masked = |t: &String| self.masking.mask(t, &[], &mut placeholders).text;
            let masked: Vec<String> = texts.iter().map(masked).collect();
            self.inner.embed_for(&masked, inference_id).await
        })
    }
}

/// A reranking model elsewhere, given the question masked.
pub(crate) struct MaskedReranker<R> {
    pub inner: R,
    pub masking: Arc<Masking>,
}

impl<R: std::ops::Deref<Target: Reranker> + Send + Sync> Reranker for MaskedReranker<R> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn candidates(&self) -> usize {
        self.inner.candidates()
    }

    fn rerank<'a>(
        &'a self,
        question: &'a str,
        texts: &'a [String],
        inference_id: &'a str,
    ) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        Box::pin(async move {
            let mut placeholders = Placeholders::beside([question]);
            let question = self.masking.mask(question, &[], &mut placeholders).text;
            self.inner.rerank(&question, texts, inference_id).await
        })
    }
}

/// A checking model elsewhere, given claims masked; sources are the knowledge's.
pub(crate) struct MaskedChecker<C> {
    pub inner: C,
    pub masking: Arc<Masking>,
}

impl<C: std::ops::Deref<Target: Checker> + Send + Sync> Checker for MaskedChecker<C> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn pairs(&self) -> usize {
        self.inner.pairs()
    }

    fn check<'a>(&'a self, pairs: &'a [Pair], inference_id: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        Box::pin(async move {
            let mut placeholders = self.masking.learnt(pairs.iter().map(|p| p.claim.as_str()), &[]);
            let masked = |p: &Pair| Pair {
                source: p.source.clone(),
                claim: self.masking.mask(&p.claim, &[], &mut placeholders).text,
            };
            let masked: Vec<Pair> = pairs.iter().map(masked).collect();
            self.inner.check(&masked, inference_id).await
        })
    }
}

/// A generation model elsewhere: what it is given is masked, what it writes is put back.
pub(crate) struct MaskedGenerator<G> {
    pub inner: G,
    pub masking: Arc<Masking>,
}

impl<G: std::ops::Deref<Target: Generator> + Send + Sync> Generator for MaskedGenerator<G> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        let (generation, placeholders) = self.masking.generation(generation);
        let pieces = self.inner.generate(generation);
        if placeholders.is_empty() {
            return pieces;
        }
        put_back(pieces, placeholders)
    }
}

/// Pieces with what stands for something put back. What waits for its end is shown when the stream ends or fails.
fn put_back(
    pieces: BoxStream<'static, Result<String, ModelError>>,
    placeholders: Placeholders,
) -> BoxStream<'static, Result<String, ModelError>> {
    let state = Coming {
        pieces: Some(pieces),
        back: PuttingBack::new(placeholders),
        ready: VecDeque::new(),
    };
    stream::unfold(state, |mut coming| async move {
        let piece = coming.next().await?;
        Some((piece, coming))
    })
    .boxed()
}

/// An answer on its way back.
struct Coming {
    /// None once it has ended: a stream that has ended is not asked again.
    pieces: Option<BoxStream<'static, Result<String, ModelError>>>,
    back: PuttingBack,
    ready: VecDeque<Result<String, ModelError>>,
}

impl Coming {
    async fn next(&mut self) -> Option<Result<String, ModelError>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            let came = self.pieces.as_mut()?.next().await;
            let (shown, failed) = match came {
                Some(Ok(piece)) => (self.back.next(&piece), None),
                Some(Err(e)) => (self.back.end(), Some(Err(e))),
                None => {
                    self.pieces = None;
                    (self.back.end(), None)
                }
            };
            self.ready
                .extend(Some(Ok(shown)).filter(|s| s.as_ref().is_ok_and(|s| !s.is_empty())));
            self.ready.extend(failed);
        }
    }
}
