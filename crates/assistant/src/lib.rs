//! From a question to passages to a checked answer: prompt, streaming, citations, grounding, abstention.
//!
//! This crate holds the rules and the ports; it does no I/O, reads no clock and knows no tenant.
//! What embeds, retrieves and generates is behind the ports in [`ports`].

pub mod answer;
pub mod ask;
pub mod check;
pub mod citations;
pub mod conflicts;
mod customer;
mod fault;
pub mod grounding;
pub mod ports;
pub mod prompt;
pub mod second;

pub use answer::{
    Answer, Bytes, Citation, Claim, Disagreement, Event, FoundBy, Grounding, LookAlike, MaskedKind, Missing, Models,
    Notice, Passage, Problem, QuestionPart, Reason, Sentence, Several, SinceState, Stage, Timings, Turn,
};
pub use ask::{ABSTAIN_BELOW, Ask, Search, Stop, ask, go_on, query};
pub use check::{CheckError, Checked, Given, check};
pub use customer::for_customer;
pub use mortar_language::Kind;
pub use ports::{
    Begun, Checker, Embedder, Fault, Generation, Generator, ModelError, Pair, Part, Query, Reranker, RetrieveError,
    Retrieved, Retriever,
};
