//! What speaks for a passage, and what each signal weighs.

/// What speaks for a passage, and against it.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Signals {
    /// Cosine of question and passage; none without a model.
    pub likeness: Option<f32>,
    /// Cosine of the question and the document as a whole, mostly the question that it answers; where
    /// it has no such vector, as `likeness`.
    pub document: Option<f32>,
    /// BM25F, as a share of what a passage of nothing but the question's words would reach.
    pub words: f32,
    /// The share of the question's words that stand in the passage, weighed by rarity.
    pub coverage: f32,
    /// How rare the rarest word is that the passage lacks: 1, no passage of the release holds it.
    pub absent: f32,
}

/// Weights of the signals, in their order, with a bias before them. Without a model the likenesses
/// are nothing, and others hold.
pub(super) struct Weights {
    with_model: [f32; 6],
    words_only: [f32; 6],
}
/// What orders passages: the middle of the plateau that three sets of questions share (docs/MEASURED.md).
pub(super) const ORDER: Weights = Weights {
    with_model: [0.0, 0.5, 0.5, 0.35, 0.1, 0.0],
    words_only: [0.0, 0.0, 0.0, 1.0, 0.1, 0.0],
};
/// What says how probable it is that a passage answers the question, learnt by `cargo xtask calibrate`.
pub(super) const PROBABLE: Weights = Weights {
    with_model: [-6.1, 11.84, 3.8, -0.96, 2.01, -1.56],
    words_only: [-0.78, 0.0, 0.0, 5.94, 0.82, -0.71],
};

impl Weights {
    pub(super) fn sum(&self, s: &Signals) -> f32 {
        let [bias, w @ ..] = if s.likeness.is_some() {
            self.with_model
        } else {
            self.words_only
        };
        let values = [
            s.likeness.unwrap_or(0.0),
            s.document.unwrap_or(0.0),
            s.words,
            s.coverage,
            s.absent,
        ];
        bias + w.iter().zip(values).map(|(w, v)| w * v).sum::<f32>()
    }
}
