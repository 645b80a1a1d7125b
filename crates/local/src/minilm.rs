//! all-MiniLM-L6-v2 on the CPU: the mean of the last layer over a text's tokens, length one. ONNX
//! Runtime computes it. Texts go in one by one: without padding that is faster than in batches.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use mortar_assistant::{Embedder, ModelError};
use mortar_language::text;
use mortar_privacy::mask::Found;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use safetensors::SafeTensors;
use tokenizers::{Tokenizer, TruncationParams};

use crate::error::Failure;
pub use crate::error::{MODEL, MiniLmError};
use crate::graph::{DIMENSIONS, STATES_OF, states_of};
use crate::names::{Head, Token};
use crate::{graph, runtime};

/// The model was trained on texts of up to this many tokens.
const TOKENS: usize = 256;
/// A text of so many bytes is hardly ever longer than that.
const PIECE: usize = 600;

/// Where the weights are looked for: `MORTAR_MODELS`, else the user's cache folder.
pub fn default_folder() -> PathBuf {
    let models = std::env::var_os("MORTAR_MODELS").map(PathBuf::from).unwrap_or_else(|| {
        let cache = directories::BaseDirs::new()
            .map(|d| d.cache_dir().to_owned())
            .unwrap_or_else(|| PathBuf::from("."));
        cache.join("mortar").join("models")
    });
    models.join(MODEL)
}

pub struct MiniLm {
    /// One text at a time; the runtime shares its work out among the cores.
    session: Mutex<Session>,
    tokenizer: Tokenizer,
    head: Head,
}

impl MiniLm {
    /// Opens the model with as many threads as there are cores.
    pub fn open(folder: &Path) -> Result<Self, MiniLmError> {
        Self::with_threads(folder, std::thread::available_parallelism().map_or(1, usize::from))
    }

    pub fn with_threads(folder: &Path, threads: usize) -> Result<Self, MiniLmError> {
        let file = |name: &'static str| {
            let path = folder.join(name);
            if path.is_file() {
                Ok(path)
            } else {
                Err(MiniLmError::NotThere {
                    name,
                    folder: folder.to_owned(),
                })
            }
        };
        let (weights, tokenizer) = (file("model.safetensors")?, file("tokenizer.json")?);
        let environment = runtime::load(folder)?;
        Self::build(&environment, &weights, &tokenizer, threads).map_err(|e| MiniLmError::Unusable {
            folder: folder.to_owned(),
            reason: e.to_string(),
        })
    }

    fn build(environment: &Environment, weights: &Path, tokenizer: &Path, threads: usize) -> Result<Self, Failure> {
        let mut tokenizer = Tokenizer::from_file(tokenizer)?;
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: TOKENS,
                ..Default::default()
            }))?
            .with_padding(None);
        let bytes = std::fs::read(weights)?;
        let model = graph::of(&SafeTensors::deserialize(&bytes)?)?;
        let options = Session::builder(environment)?
            .with_intra_threads(threads)
            .map_err(|e| e.to_string())?
            // Threads that wait busily for the next question would take the cores from whoever searches now.
            .with_intra_op_spinning(false)
            .map_err(|e| e.to_string())?;
        Ok(MiniLm {
            session: Mutex::new(model.into_session(&options)?),
            tokenizer,
            head: Head::own()?,
        })
    }

    fn vector(&self, text: &str) -> Result<Vec<f32>, Failure> {
        let encoded = self.tokenizer.encode_fast(text, true)?;
        let ids: Vec<i64> = encoded.get_ids().iter().map(|id| i64::from(*id)).collect();
        let positions: Vec<i64> = (0..ids.len() as i64).collect();
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let found = session.run(ort::inputs! {
            "ids" => TensorRef::from_array_view(([ids.len()], &*ids))?,
            "positions" => TensorRef::from_array_view(([positions.len()], &*positions))?,
        })?;
        let (_, mean) = found["mean"].try_extract_tensor::<f32>()?;
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        Ok(mean.iter().map(|x| x / length).collect())
    }

    /// What the model takes for names of people, places and houses; nothing where it fails, since rules go on without it.
    pub fn names(&self, text: &str) -> Vec<Found> {
        let mut out = Vec::new();
        let mut from = 0;
        // More than the model reads at once goes through it in pieces, cut between sentences.
        let ends = text::segments(text).into_iter().map(|s| s.range.end);
        let mut ends = ends.chain([text.len()]).peekable();
        while let Some(end) = ends.next() {
            if end > from && ends.peek().is_none_or(|next| next - from > PIECE) {
                for found in self.told(&text[from..end]).unwrap_or_default() {
                    let range = from + found.range.start..from + found.range.end;
                    out.push(Found { range, ..found });
                }
                from = end;
            }
        }
        out
    }

    fn told(&self, text: &str) -> Result<Vec<Found>, Failure> {
        let encoded = self.tokenizer.encode(text, true)?;
        let ids: Vec<i64> = encoded.get_ids().iter().map(|id| i64::from(*id)).collect();
        let positions: Vec<i64> = (0..ids.len() as i64).collect();
        let tokens = encoded.get_offsets().iter().enumerate();
        let tokens: Vec<Token> = tokens
            .filter(|(_, (start, end))| start < end)
            .map(|(at, (start, end))| Token {
                range: *start..*end,
                at,
            })
            .collect();
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let found = session.run(ort::inputs! {
            "ids" => TensorRef::from_array_view(([ids.len()], &*ids))?,
            "positions" => TensorRef::from_array_view(([positions.len()], &*positions))?,
        })?;
        let [a, b, c] = STATES_OF.map(|layer| found[states_of(layer).as_str()].try_extract_tensor::<f32>());
        Ok(self.head.told(text, &tokens, [a?.1, b?.1, c?.1]))
    }

    /// How many tokens the model would read of a text, were it not cut.
    pub fn tokens(&self, text: &str) -> usize {
        let mut whole = self.tokenizer.clone();
        let _ = whole.with_truncation(None);
        whole.encode(text, true).map_or(0, |e| e.len())
    }
}

impl Embedder for MiniLm {
    fn model(&self) -> &str {
        MODEL
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn knows(&self, word: &str) -> bool {
        self.tokenizer.token_to_id(&word.to_lowercase()).is_some()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, ModelError>> {
        Box::pin(async move {
            let vectors: Result<Vec<_>, _> = texts.iter().map(|t| self.vector(t)).collect();
            vectors.map_err(ModelError::failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mortar_privacy::mask::Kind;

    fn model() -> MiniLm {
        MiniLm::open(&default_folder()).expect("the weights: run `cargo xtask setup`")
    }

    /// The fixture was computed from the published weights by an implementation of its own, in numpy.
    #[test]
    fn vectors_are_those_of_the_reference() {
        let fixture: Vec<(String, Vec<f32>)> =
            serde_json::from_str(include_str!("../tests/reference-vectors.json")).unwrap();
        let model = model();
        for (text, want) in fixture {
            let got = model.vector(&text).unwrap();
            let cosine: f32 = got.iter().zip(&want).map(|(a, b)| a * b).sum();
            assert!(cosine >= 0.999, "{text:?}: {cosine}");
        }
    }

    #[test]
    fn names_are_told_in_small_letters_too_and_in_long_texts() {
        let model = model();
        let told = |text: &str| -> Vec<(String, Kind)> {
            let found = model.names(text).into_iter();
            found.map(|f| (text[f.range].to_owned(), f.kind)).collect()
        };
        let of = |name: &str, kind| (name.to_owned(), kind);
        assert_eq!(
            told("Mr. Kozłowski flew to Suurküla"),
            [of("Kozłowski", Kind::Name), of("Suurküla", Kind::Place)]
        );
        assert_eq!(
            told("follow up with patricia desrosiers in a couple of months"),
            [of("patricia desrosiers", Kind::Name)]
        );
        assert_eq!(told("what does reject code 75 mean for ozempic"), []);
        let long = "The order was sent on time and arrived cold. ".repeat(60) + "The caller is Satsita Umkhayev.";
        assert_eq!(told(&long), [of("Satsita Umkhayev", Kind::Name)]);
    }

    #[test]
    fn a_library_that_is_not_ours_is_not_loaded() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(MODEL);
        let beside = home.path().join("onnxruntime");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&beside).unwrap();
        for f in ["model.safetensors", "tokenizer.json"] {
            std::fs::write(folder.join(f), b"").unwrap();
        }
        let error = |r: Result<MiniLm, MiniLmError>| r.err().unwrap().to_string();
        assert!(error(MiniLm::open(&folder)).contains(runtime::LIBRARY));
        std::fs::write(beside.join(runtime::LIBRARY), b"other code").unwrap();
        let said = error(MiniLm::open(&folder));
        assert!(
            said.contains("not the library that this program was made with"),
            "{said}"
        );
    }
}
