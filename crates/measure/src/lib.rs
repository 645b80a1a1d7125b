//! How well a release answers, how well grounding sees and masking hides: golden questions, known ones left out,
//! rankings, planted errors, attacks; figures with their intervals, and a page of them; and what is other between two
//! sets of documents.
//!
//! Everything here is given open releases and ports, as many as are to be measured: it opens nothing, knows
//! no tenant and reads no clock but to time what it measures. Whatever is drawn by chance is drawn from a
//! seed, so that two runs measure the same.

mod appended;
mod attacks;
mod changes;
mod compare;
mod difference;
mod error;
mod figure;
mod golden;
mod judged;
mod leave_out;
mod left_out;
mod masking;
mod measured;
mod page;
mod paired;
mod planted;
mod ranking;
mod regression;
mod watched;

pub use attacks::{AttackFigures, attacks};
pub use compare::{AnsweredOtherwise, Became, Broken, Comparison, Questions, Rule, Seen, Watch, ask_both, compare};
pub use difference::{Changed, Count, Difference, FactChange, FieldChange, Named, OfCode, Piece, Renamed, difference};
pub use error::MeasureError;
pub use figure::{Figure, figure};
pub use golden::{Evaluation, GoldenKind, Point, QuestionResult, golden};
pub use judged::{
    JudgedFigures, JudgedPart, JudgedText, Told, alone, best_threshold, judged_by_people, judged_texts, told,
    words_there,
};
pub use leave_out::{leave_out, leave_out_of};
pub use left_out::{Beside, LeaveOut, LeftOut};
pub use masking::{MaskingFigures, Share, masking};
pub use measured::Measured;
pub use page::{page, plot};
pub use paired::{OnlyOne, Paired};
pub use planted::{GroundingFigures, KindResult, grounding, grounding_of};
pub use ranking::{Judged, RankingFigures, ranking};
pub use regression::with_golden;
