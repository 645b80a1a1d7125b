//! all-MiniLM-L6-v2 on the CPU: the mean of the last layer over a text's tokens, length one. The
//! graph is built here from the weights as they were published; ONNX Runtime computes it. Texts go
//! in one by one: without padding that is faster than in batches.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use mortar_assistant::{Embedder, ModelError};
use ort::editor::{Graph, Model, Node, ONNX_DOMAIN, Opset};
use ort::environment::Environment;
use ort::memory::Allocator;
use ort::operator::Attribute;
use ort::session::Session;
use ort::value::{Outlet, Shape, SymbolicDimensions, Tensor, TensorElementType, TensorRef, ValueType};
use safetensors::SafeTensors;
use thiserror::Error;
use tokenizers::{Tokenizer, TruncationParams};

use crate::runtime;

pub const MODEL: &str = "all-MiniLM-L6-v2";
const DIMENSIONS: usize = 384;
const LAYERS: usize = 6;
const HEADS: i64 = 12;
const HEAD: i64 = 32;
/// The model was trained on texts of up to this many tokens.
const TOKENS: usize = 256;
/// The version of ONNX's operators that the graph is written in; the first with Gelu.
const OPSET: u32 = 20;

#[derive(Debug, Error)]
pub enum MiniLmError {
    #[error(
        "the embedding model's {name} is not in {folder}: run `cargo xtask setup`, or put the files of {MODEL} there"
    )]
    NotThere { name: &'static str, folder: PathBuf },
    #[error("the embedding model in {folder} cannot be used: {reason}")]
    Unusable { folder: PathBuf, reason: String },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

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
        Self::build(environment, &weights, &tokenizer, threads).map_err(|e| MiniLmError::Unusable {
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
        let graph = Builder::new(&SafeTensors::deserialize(&bytes)?)?.finish()?;
        let mut model = Model::new([Opset::new(ONNX_DOMAIN, OPSET)?])?;
        model.set_graph(graph)?;
        let options = Session::builder(environment)?
            .with_intra_threads(threads)
            .map_err(|e| e.to_string())?
            // Threads that wait busily for the next question would take the cores from whoever searches now.
            .with_intra_op_spinning(false)
            .map_err(|e| e.to_string())?;
        Ok(MiniLm {
            session: Mutex::new(model.into_session(&options)?),
            tokenizer,
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

/// Writes the graph: a BERT encoder for one text, token ids in, the mean of the last layer out.
struct Builder<'a> {
    graph: Graph,
    weights: &'a SafeTensors<'a>,
}

impl<'a> Builder<'a> {
    fn new(weights: &'a SafeTensors<'a>) -> Result<Self, Failure> {
        let mut graph = Graph::new()?;
        let tokens = |name: &str| Outlet::new(name, tensor(TensorElementType::Int64, &[-1]));
        graph.set_inputs([tokens("ids"), tokens("positions")])?;
        graph.set_outputs([Outlet::new(
            "mean",
            tensor(TensorElementType::Float32, &[DIMENSIONS as i64]),
        )])?;
        Ok(Builder { graph, weights })
    }

    fn finish(mut self) -> Result<Graph, Failure> {
        self.numbers("zero", &[0])?;
        self.numbers("by_head", &[0, HEADS, HEAD])?;
        self.numbers("by_token", &[0, DIMENSIONS as i64])?;
        self.floats("scale", &[], &[(HEAD as f32).sqrt().recip()])?;
        let word = self.published("embeddings.word_embeddings.weight")?;
        let position = self.published("embeddings.position_embeddings.weight")?;
        let kind = self.published("embeddings.token_type_embeddings.weight")?;
        self.node("Gather", &[&word, "ids"], "of_words", [])?;
        self.node("Gather", &[&position, "positions"], "of_positions", [])?;
        self.node("Gather", &[&kind, "zero"], "of_kind", [])?;
        self.node("Add", &["of_words", "of_positions"], "placed", [])?;
        self.node("Add", &["placed", "of_kind"], "embedded", [])?;
        let mut x = self.norm("embedded", "embeddings.LayerNorm")?;
        for layer in 0..LAYERS {
            x = self.layer(&x, &format!("encoder.layer.{layer}"))?;
        }
        self.node("ReduceMean", &[&x, "zero"], "mean", [Attribute::new("keepdims", 0i64)?])?;
        Ok(self.graph)
    }

    fn layer(&mut self, x: &str, at: &str) -> Result<String, Failure> {
        let attention = format!("{at}.attention");
        let mut heads = Vec::new();
        // Of the keys tokens stand last: what queries are multiplied with.
        for (part, order) in [("query", [1, 0, 2]), ("key", [1, 2, 0]), ("value", [1, 0, 2])] {
            let all = self.linear(x, &format!("{attention}.self.{part}"))?;
            let cut = self.node("Reshape", &[&all, "by_head"], &format!("{all}.cut"), [])?;
            let order = Attribute::new("perm", order.to_vec())?;
            heads.push(self.node("Transpose", &[&cut], &format!("{all}.heads"), [order])?);
        }
        let [query, key, value] = [&heads[0], &heads[1], &heads[2]];
        let product = self.node("MatMul", &[query, key], &format!("{at}.product"), [])?;
        let scaled = self.node("Mul", &[&product, "scale"], &format!("{at}.scaled"), [])?;
        let last = Attribute::new("axis", -1i64)?;
        let shares = self.node("Softmax", &[&scaled], &format!("{at}.shares"), [last])?;
        let mixed = self.node("MatMul", &[&shares, value], &format!("{at}.mixed"), [])?;
        let order = Attribute::new("perm", vec![1i64, 0, 2])?;
        let turned = self.node("Transpose", &[&mixed], &format!("{at}.turned"), [order])?;
        let joined = self.node("Reshape", &[&turned, "by_token"], &format!("{at}.joined"), [])?;
        let out = self.linear(&joined, &format!("{attention}.output.dense"))?;
        let sum = self.node("Add", &[&out, x], &format!("{at}.attended"), [])?;
        let x = self.norm(&sum, &format!("{attention}.output.LayerNorm"))?;
        let wide = self.linear(&x, &format!("{at}.intermediate.dense"))?;
        let bent = self.node("Gelu", &[&wide], &format!("{at}.gelu"), [])?;
        let out = self.linear(&bent, &format!("{at}.output.dense"))?;
        let sum = self.node("Add", &[&out, &x], &format!("{at}.sum"), [])?;
        self.norm(&sum, &format!("{at}.output.LayerNorm"))
    }

    /// Published weights stand as rows of outputs, which Gemm turns by itself.
    fn linear(&mut self, x: &str, name: &str) -> Result<String, Failure> {
        let weight = self.published(&format!("{name}.weight"))?;
        let bias = self.published(&format!("{name}.bias"))?;
        let turned = Attribute::new("transB", 1i64)?;
        self.node("Gemm", &[x, &weight, &bias], name, [turned])
    }

    fn norm(&mut self, x: &str, name: &str) -> Result<String, Failure> {
        let weight = self.published(&format!("{name}.weight"))?;
        let bias = self.published(&format!("{name}.bias"))?;
        let small = Attribute::new("epsilon", 1e-12f32)?;
        self.node("LayerNormalization", &[x, &weight, &bias], name, [small])
    }

    fn node<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: [Attribute; N],
    ) -> Result<String, Failure> {
        let node = Node::new(operator, ONNX_DOMAIN, output, inputs, [output], attributes)?;
        self.graph.add_node(node)?;
        Ok(output.to_owned())
    }

    /// Puts a published tensor into the graph, under its own name.
    fn published(&mut self, name: &str) -> Result<String, Failure> {
        let tensor = self.weights.tensor(name)?;
        if tensor.dtype() != safetensors::Dtype::F32 {
            return Err(format!("{name} holds {:?}, not F32", tensor.dtype()).into());
        }
        let values: Vec<f32> = tensor
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let shape: Vec<i64> = tensor.shape().iter().map(|d| *d as i64).collect();
        self.floats(name, &shape, &values)?;
        Ok(name.to_owned())
    }

    fn floats(&mut self, name: &str, shape: &[i64], values: &[f32]) -> Result<(), Failure> {
        let mut tensor = Tensor::<f32>::new(&Allocator::default(), Shape::new(shape.iter().copied()))?;
        tensor.extract_tensor_mut().1.copy_from_slice(values);
        Ok(self.graph.add_initializer(name, tensor, false)?)
    }

    fn numbers(&mut self, name: &str, values: &[i64]) -> Result<(), Failure> {
        let mut tensor = Tensor::<i64>::new(&Allocator::default(), [values.len() as i64])?;
        tensor.extract_tensor_mut().1.copy_from_slice(values);
        Ok(self.graph.add_initializer(name, tensor, false)?)
    }
}

fn tensor(ty: TensorElementType, shape: &[i64]) -> ValueType {
    ValueType::Tensor {
        ty,
        shape: Shape::new(shape.iter().copied()),
        dimension_symbols: SymbolicDimensions::empty(shape.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
