//! What asking known questions with their documents and without comes to. Nothing is asked here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use mortar_knowledge::{Evidence, Known};
use serde::Serialize;

/// What known questions come to.
#[derive(Debug, Clone, Serialize)]
pub struct LeaveOut {
    /// Known questions; each was asked twice.
    pub known: usize,
    pub abstention_precision: f64,
    pub abstention_recall: f64,
    pub abstention_f1: f64,
    /// How far scores lie from the share of questions with that score whose documents are there.
    pub calibration_error: f64,
    /// The share of known questions that their own documents answer first, where these are there.
    pub answered_right: f64,
    /// Between what each figure lies with a probability of 95 %.
    pub intervals: BTreeMap<&'static str, [f64; 2]>,
    pub results: Vec<LeftOut>,
}

/// The same beside golden questions: of the release's own questions, and of those themselves.
#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    pub known: LeaveOut,
    pub golden: LeaveOut,
}

/// One question, asked with or without its documents.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    pub ask: String,
    /// The documents that answer it.
    pub documents: Vec<String>,
    /// They were taken away, and with them those that say the same.
    pub taken_away: bool,
    pub abstained: bool,
    /// Documents in the order of their passages.
    pub found: Vec<String>,
    pub best_score: f32,
    pub ok: bool,
    /// Of the best passage that is about what was asked.
    pub evidence: Option<Evidence>,
}

/// A question whose documents are known.
pub(crate) struct Asked {
    pub(crate) known: Known,
    pub(crate) before: Option<String>,
    pub(crate) as_of: Option<Date>,
}
