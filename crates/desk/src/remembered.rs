//! An embedder that does not embed the same question twice. In memory only: a question may name a
//! patient.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use mortar_assistant::{Embedder, ModelError};

/// So many vectors fit into two megabytes; when they are full, all are forgotten at once.
const MOST: usize = 1000;
/// Longer messages are seldom asked twice.
const LONGEST: usize = 2000;

pub struct Remembered<E> {
    inner: E,
    kept: Mutex<HashMap<String, Vec<f32>>>,
}

impl<E> Remembered<E> {
    pub fn new(inner: E) -> Self {
        Remembered {
            inner,
            kept: Mutex::default(),
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
        Box::pin(async move {
            let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let found: Vec<Option<Vec<f32>>> = texts.iter().map(|t| kept().get(t).cloned()).collect();
            let new: Vec<String> = texts
                .iter()
                .zip(&found)
                .filter(|(_, f)| f.is_none())
                .map(|(t, _)| t.clone())
                .collect();
            let mut made = if new.is_empty() {
                Vec::new()
            } else {
                self.inner.embed_for(&new, inference_id).await?
            }
            .into_iter();
            let mut out = Vec::with_capacity(texts.len());
            for (text, vector) in texts.iter().zip(found) {
                let vector = match vector {
                    Some(v) => v,
                    None => {
                        let made = made.next();
                        let v = made.ok_or_else(|| ModelError::failed("it gave fewer vectors than texts"))?;
                        let mut kept = kept();
                        if kept.len() >= MOST {
                            kept.clear();
                        }
                        if text.len() <= LONGEST {
                            kept.insert(text.clone(), v.clone());
                        }
                        v
                    }
                };
                out.push(vector);
            }
            Ok(out)
        })
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
}
