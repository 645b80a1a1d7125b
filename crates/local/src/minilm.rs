//! all-MiniLM-L6-v2 on the CPU: mean of the last layer over the text's tokens, length one.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use futures::future::BoxFuture;
use mortar_assistant::{EmbedError, Embedder};
use rayon::prelude::*;
use thiserror::Error;
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

pub const MODEL: &str = "all-MiniLM-L6-v2";
const DIMENSIONS: usize = 384;
/// The model was trained on texts of up to this many tokens.
const TOKENS: usize = 256;

#[derive(Debug, Error)]
pub enum MiniLmError {
    #[error(
        "the embedding model's {name} is not in {folder}: run `cargo xtask setup`, or put the files of {MODEL} there"
    )]
    NotThere { name: &'static str, folder: PathBuf },
    #[error("the embedding model in {folder} cannot be used: {reason}")]
    Unusable { folder: PathBuf, reason: String },
}

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
    model: BertModel,
    tokenizer: Tokenizer,
}

impl MiniLm {
    pub fn open(folder: &Path) -> Result<Self, MiniLmError> {
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
        let unusable = |reason: String| MiniLmError::Unusable {
            folder: folder.to_owned(),
            reason,
        };
        let (weights, tokenizer, config) = (
            file("model.safetensors")?,
            file("tokenizer.json")?,
            file("config.json")?,
        );
        let read = |p: &Path| std::fs::read(p).map_err(|e| unusable(e.to_string()));
        let config: Config = serde_json::from_slice(&read(&config)?).map_err(|e| unusable(e.to_string()))?;
        let mut tokenizer = Tokenizer::from_file(tokenizer).map_err(|e| unusable(e.to_string()))?;
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: TOKENS,
                ..Default::default()
            }))
            .map_err(|e| unusable(e.to_string()))?
            .with_padding(Some(PaddingParams::default()));
        let tensors = VarBuilder::from_buffered_safetensors(read(&weights)?, DType::F32, &Device::Cpu)
            .map_err(|e| unusable(e.to_string()))?;
        let model = BertModel::load(tensors, &config).map_err(|e| unusable(e.to_string()))?;
        Ok(MiniLm { model, tokenizer })
    }

    fn vectors(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error + Send + Sync>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let encoded = self.tokenizer.encode_batch(texts.to_vec(), true)?;
        let ids: Vec<&[u32]> = encoded.iter().map(|e| e.get_ids()).collect();
        let masks: Vec<&[u32]> = encoded.iter().map(|e| e.get_attention_mask()).collect();
        let width = ids[0].len();
        let shape = (texts.len(), width);
        let ids = Tensor::from_vec(ids.concat(), shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(masks.concat(), shape, &Device::Cpu)?;
        let last = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let weights = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sum = last.broadcast_mul(&weights)?.sum(1)?;
        let mean = sum.broadcast_div(&weights.sum(1)?)?;
        let unit = mean.broadcast_div(&mean.sqr()?.sum_keepdim(1)?.sqrt()?)?;
        Ok(unit.to_vec2()?)
    }

    /// How many tokens the model would read of a text, were it not cut.
    pub fn tokens(&self, text: &str) -> usize {
        let mut whole = self.tokenizer.clone();
        whole.with_padding(None);
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

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            // Two halves on two cores are faster than one batch whose products are shared out.
            let half = texts.len().div_ceil(2).max(1);
            let parts: Result<Vec<_>, _> = texts.par_chunks(half).map(|part| self.vectors(part)).collect();
            Ok(parts
                .map_err(|e| EmbedError(e.to_string()))?
                .into_iter()
                .flatten()
                .collect())
        })
    }
}
