//! Models that are not asked the same twice. In memory only: what they are asked may name a patient.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use mortar_assistant::{Checker, Embedder, ModelError, Pair};

/// So many vectors fit into two megabytes, as do so many claims with their sources; when they are full, all are forgotten
/// at once.
const MOST: usize = 1000;
/// Longer texts are seldom asked about twice.
const LONGEST: usize = 2000;

pub struct Remembered<M, K = String, V = Vec<f32>> {
    inner: M,
    kept: Mutex<HashMap<K, V>>,
}

impl<M, K: Clone + Eq + Hash, V: Clone> Remembered<M, K, V> {
    pub fn new(inner: M) -> Self {
        Remembered {
            inner,
            kept: Mutex::default(),
        }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// What is known, and the rest as `ask` gives it.
    async fn all<F>(
        &self,
        keys: &[K],
        length: fn(&K) -> usize,
        ask: impl FnOnce(Vec<K>) -> F,
    ) -> Result<Vec<V>, ModelError>
    where
        F: Future<Output = Result<Vec<V>, ModelError>>,
    {
        let found: Vec<Option<V>> = keys.iter().map(|k| self.get(k)).collect();
        let unknown = keys.iter().zip(&found).filter(|(_, f)| f.is_none());
        let new: Vec<K> = unknown.map(|(k, _)| k.clone()).collect();
        let mut made = if new.is_empty() { Vec::new() } else { ask(new).await? }.into_iter();
        let mut out = Vec::with_capacity(keys.len());
        for (key, value) in keys.iter().zip(found) {
            let value = match value {
                Some(v) => v,
                None => {
                    let v = made.next();
                    let v =
                        v.ok_or_else(|| ModelError::failed("it answered for fewer texts than it was asked about"))?;
                    self.keep(key, length, &v);
                    v
                }
            };
            out.push(value);
        }
        Ok(out)
    }

    fn keep(&self, key: &K, length: fn(&K) -> usize, value: &V) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        if length(key) <= LONGEST {
            kept.insert(key.clone(), value.clone());
        }
    }
}

impl<E: Deref<Target: Embedder> + Send + Sync> Embedder for Remembered<E> {
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
        let ask = move |new: Vec<String>| async move { self.inner.embed_for(&new, inference_id).await };
        Box::pin(self.all(texts, String::len, ask))
    }
}

/// A claim and its source.
pub type RememberedChecker<C> = Remembered<C, Pair, f32>;

impl<C: Checker> Checker for RememberedChecker<C> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn pairs(&self) -> usize {
        self.inner.pairs()
    }

    fn check<'a>(&'a self, pairs: &'a [Pair], inference_id: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
        let ask = move |new: Vec<Pair>| async move { self.inner.check(&new, inference_id).await };
        Box::pin(self.all(pairs, |p| p.claim.len(), ask))
    }

    fn said(&self, pair: &Pair) -> Option<f32> {
        self.get(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counts(AtomicUsize);
    impl Embedder for Counts {
        fn model(&self) -> &str {
            "counts"
        }
        fn dimensions(&self) -> usize {
            1
        }
        fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            Box::pin(async move { Ok(texts.iter().map(|t| vec![t.len() as f32]).collect()) })
        }
    }
    impl Checker for Counts {
        fn model(&self) -> &str {
            "counts"
        }
        fn pairs(&self) -> usize {
            2
        }
        fn check<'a>(&'a self, pairs: &'a [Pair], _: &'a str) -> BoxFuture<'a, Result<Vec<f32>, ModelError>> {
            self.0.fetch_add(pairs.len(), Ordering::Relaxed);
            Box::pin(async move { Ok(pairs.iter().map(|p| p.claim.len() as f32 / 10.0).collect()) })
        }
    }

    #[test]
    fn a_question_is_embedded_once() {
        let e = Remembered::new(Box::new(Counts(AtomicUsize::new(0))));
        let ask = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
            futures::executor::block_on(e.embed(&texts)).unwrap()
        };
        assert_eq!(ask(&["a", "bb"]), [[1.0], [2.0]]);
        assert_eq!(ask(&["bb", "ccc", "a"]), [[2.0], [3.0], [1.0]]);
        assert_eq!(e.inner.0.load(Ordering::Relaxed), 3);
        for i in 0..MOST {
            ask(&[&format!("{i:05}")]);
        }
        assert!(e.kept.lock().unwrap().len() <= MOST);
    }

    #[test]
    fn a_claim_is_checked_once_beside_each_source() {
        let c = RememberedChecker::new(Counts(AtomicUsize::new(0)));
        let pair = |source: &str, claim: &str| Pair {
            source: source.to_owned(),
            claim: claim.to_owned(),
        };
        let ask = |pairs: &[Pair]| futures::executor::block_on(c.check(pairs, "")).unwrap();
        let (one, other, elsewhere) = (pair("s", "a"), pair("s", "bb"), pair("t", "a"));
        assert_eq!(
            (c.said(&one), ask(&[one.clone(), other.clone()])),
            (None, vec![0.1, 0.2])
        );
        assert_eq!(c.said(&other), Some(0.2));
        assert_eq!(ask(&[other, elsewhere, one]), [0.2, 0.1, 0.1]);
        assert_eq!(c.inner.0.load(Ordering::Relaxed), 3);
    }
}
