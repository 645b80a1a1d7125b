//! What the program does, as far as the model must know it: read from the program, so that neither drifts.

use mortar_desk::store::{fetch, retry, segment, sync};

/// What one request asks for, and how many are on their way at once.
pub const RANGE: f64 = fetch::RANGE as f64;
pub const PARALLEL: usize = fetch::AT_A_TIME;
/// Documents of a segment.
pub const SEGMENT: usize = segment::MOST_DOCUMENTS;
/// Seconds.
pub const CHECK_INTERVAL: f64 = sync::CHECK_MINUTES as f64 * 60.0;
pub const CHECK_JITTER: f64 = sync::CHECK_JITTER;
/// How often one thing is asked for of a store that has too much to do.
pub const ATTEMPTS: u32 = retry::ATTEMPTS_BUSY;

/// The pause after so many attempts, by a lot from 0 to 1.
pub fn pause(attempts: u32, lot: f64) -> f64 {
    retry::longest_pause(attempts).as_secs_f64() * (retry::LEAST + (1.0 - retry::LEAST) * lot)
}
