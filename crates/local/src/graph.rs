//! The graph of all-MiniLM-L6-v2, built from the weights as they were published: a BERT encoder for one
//! text, token ids in, the mean of the last layer out and the states of some. Nothing is computed here.

use ort::editor::{Graph, Model, Node, ONNX_DOMAIN, Opset};
use ort::memory::Allocator;
use ort::operator::Attribute;
use ort::value::{Outlet, Shape, SymbolicDimensions, Tensor, TensorElementType, ValueType};
use safetensors::SafeTensors;

use crate::error::Failure;

pub(crate) const DIMENSIONS: usize = 384;

const LAYERS: usize = 6;
const HEADS: i64 = 12;
const HEAD: i64 = 32;
/// The version of ONNX's operators that the graph is written in; the first with Gelu.
const OPSET: u32 = 20;

/// The model that computes it, with the published weights in it.
pub fn of(weights: &SafeTensors<'_>) -> Result<Model, Failure> {
    let graph = Builder::new(weights)?.finish()?;
    let mut model = Model::new([Opset::new(ONNX_DOMAIN, OPSET)?])?;
    model.set_graph(graph)?;
    Ok(model)
}

/// The layers whose states tell names.
pub(crate) const STATES_OF: [usize; 3] = [2, 4, 6];

/// What the states behind a layer are called, counted from one.
pub(crate) fn states_of(layer: usize) -> String {
    format!("encoder.layer.{}.output.LayerNorm", layer - 1)
}

struct Builder<'a> {
    graph: Graph,
    weights: &'a SafeTensors<'a>,
}

impl<'a> Builder<'a> {
    fn new(weights: &'a SafeTensors<'a>) -> Result<Self, Failure> {
        let mut graph = Graph::new()?;
        let tokens = |name: &str| Outlet::new(name, tensor(TensorElementType::Int64, &[-1]));
        graph.set_inputs([tokens("ids"), tokens("positions")])?;
        let rows = |name: String| Outlet::new(name, tensor(TensorElementType::Float32, &[-1, DIMENSIONS as i64]));
        let mean = Outlet::new("mean", tensor(TensorElementType::Float32, &[DIMENSIONS as i64]));
        graph.set_outputs(std::iter::once(mean).chain(STATES_OF.map(|layer| rows(states_of(layer)))))?;
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
