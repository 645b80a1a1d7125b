//! How far a command is, on stderr: a bar at a terminal; elsewhere a line at the beginning, every few
//! seconds and at the end, so that a log shows that it goes on. None of it is a result.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mortar_desk::knowledge::Progress as Making;
use mortar_desk::store::publish::PublishProgress;
use mortar_desk::store::sync::{SyncProgress, SyncStep};
use mortar_desk::{Weighing, WeighingStep};

use crate::output;
use crate::print::size;

/// So often a line where nobody watches.
const EVERY: Duration = Duration::from_secs(5);
/// How late a line may be.
const LOOK: Duration = Duration::from_millis(250);

/// What is being done, and how much of it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    what: String,
    done: u64,
    /// Nought where that is not known.
    of: u64,
    bytes: bool,
}

impl Step {
    /// One of which only the name is known.
    pub fn named(what: &str) -> Step {
        Step::counted(what, 0, 0)
    }

    fn counted(what: &str, done: u64, of: u64) -> Step {
        let what = what.to_owned();
        let bytes = false;
        Step { what, done, of, bytes }
    }

    fn moved(what: &str, done: u64, of: u64) -> Step {
        Step {
            bytes: true,
            ..Step::counted(what, done, of)
        }
    }

    fn amount(&self, n: u64) -> String {
        if self.bytes { size(n) } else { n.to_string() }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        if self.of > 0 {
            write!(f, " {} of {}", self.amount(self.done), self.amount(self.of))?;
        }
        Ok(())
    }
}

impl From<Making> for Step {
    fn from(p: Making) -> Step {
        match p {
            Making::Downloading { done, of } => Step::moved("downloading", done as u64, of as u64),
            Making::Embedding { done, of } => Step::counted("embedding", done as u64, of as u64),
            Making::Indexing => Step::named("indexing"),
            Making::Verifying => Step::named("verifying"),
        }
    }
}

impl From<SyncProgress> for Step {
    fn from(p: SyncProgress) -> Step {
        match p.step {
            SyncStep::Checking => Step::named("checking"),
            SyncStep::Downloading => Step::moved("downloading", p.done, p.of),
            SyncStep::Building => Step::counted("building", p.done, p.of),
            SyncStep::Switching => Step::named("switching"),
        }
    }
}

impl From<PublishProgress> for Step {
    fn from(p: PublishProgress) -> Step {
        match p {
            PublishProgress::Comparing => Step::named("comparing"),
            PublishProgress::Embedding { model, done, of } => {
                Step::counted(&format!("embedding by {model}"), done as u64, of as u64)
            }
            PublishProgress::Uploading { done, of } => Step::moved("uploading", done, of),
            PublishProgress::Signing => Step::named("signing"),
        }
    }
}

impl From<Weighing> for Step {
    fn from(p: Weighing) -> Step {
        let what = match p.step {
            WeighingStep::Fetching => "fetching",
            WeighingStep::Asking => "asking",
        };
        Step::counted(what, p.done as u64, p.of as u64)
    }
}

/// What a command tells of its steps, until its end.
pub enum Progress {
    Bar(ProgressBar),
    Lines(Lines),
}

impl Progress {
    pub fn new() -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress::Lines(Lines::new());
        }
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {eta}") {
            bar.set_style(style);
        }
        Progress::Bar(bar)
    }

    pub fn at(&mut self, step: impl Into<Step>) {
        let step = step.into();
        match self {
            Progress::Bar(bar) => {
                bar.set_message(step.to_string());
                if step.of > 0 {
                    bar.set_length(step.of);
                    bar.set_position(step.done);
                }
            }
            Progress::Lines(lines) => lines.at(step),
        }
    }

    /// The end; that it failed is for the error to say.
    pub fn end(self, well: bool) {
        match self {
            Progress::Bar(bar) => bar.finish_and_clear(),
            Progress::Lines(lines) => lines.end(well),
        }
    }
}

/// Lines of which some are due while nothing is heard: a long step may tell nothing of itself.
pub struct Lines {
    pace: Arc<Mutex<Pace>>,
    /// Ends the looking; there is none before the first step.
    looking: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Lines {
    fn new() -> Lines {
        Lines {
            pace: Arc::new(Mutex::new(Pace::new(Instant::now()))),
            looking: None,
        }
    }

    fn at(&mut self, step: Step) {
        held(&self.pace).at(step, Instant::now());
        say_what_is_due(&self.pace);
        if self.looking.is_none() {
            let (end, ended) = mpsc::channel();
            let pace = self.pace.clone();
            let look = move || {
                while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(LOOK) {
                    say_what_is_due(&pace);
                }
            };
            // Without, lines come with the steps alone.
            self.looking = std::thread::Builder::new().spawn(look).ok().map(|t| (end, t));
        }
    }

    fn end(self, well: bool) {
        if let Some((end, looking)) = self.looking {
            drop(end);
            let _ = looking.join();
            if well {
                output::say(held(&self.pace).total(Instant::now()));
            }
        }
    }
}

fn held(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say_what_is_due(pace: &Mutex<Pace>) {
    if let Some(line) = held(pace).due(Instant::now()) {
        output::say(line);
    }
}

/// When to speak, and what to say.
struct Pace {
    began: Instant,
    step: Option<Step>,
    /// When the step began, and how much of it was done then.
    since: Instant,
    from: u64,
    said: Option<Instant>,
}

impl Pace {
    fn new(now: Instant) -> Pace {
        Pace {
            began: now,
            step: None,
            since: now,
            from: 0,
            said: None,
        }
    }

    fn at(&mut self, step: Step, now: Instant) {
        if self.step.as_ref().is_none_or(|before| before.what != step.what) {
            (self.since, self.from) = (now, step.done);
        }
        self.step = Some(step);
    }

    /// The line that is due now, if one is.
    fn due(&mut self, now: Instant) -> Option<String> {
        if self.said.is_some_and(|said| now.duration_since(said) < EVERY) {
            return None;
        }
        let step = self.step.as_ref()?;
        self.said = Some(now);
        let seconds = now.duration_since(self.since).as_secs_f64();
        let done = step.done.saturating_sub(self.from);
        // A moment says nothing of a rate.
        Some(match (seconds >= 1.0, done) {
            (false, _) => step.to_string(),
            (true, 0) => format!("{step}, {seconds:.0} s"),
            (true, done) if step.bytes => format!("{step}, {}/s", size((done as f64 / seconds) as u64)),
            (true, done) => format!("{step}, {:.1}/s", done as f64 / seconds),
        })
    }

    fn total(&self, now: Instant) -> String {
        format!("done in {:.1} s", now.duration_since(self.began).as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of what is heard at these seconds, looked at each time.
    fn said(heard: &[(f64, Option<Step>)]) -> Vec<String> {
        let began = Instant::now();
        let mut pace = Pace::new(began);
        let mut all = Vec::new();
        for (second, step) in heard {
            let now = began + Duration::from_secs_f64(*second);
            if let Some(step) = step {
                pace.at(step.clone(), now);
            }
            all.extend(pace.due(now));
        }
        all
    }

    #[test]
    fn a_quick_command_says_its_first_step_alone() {
        let steps = [
            (0.0, Some(Step::named("reading"))),
            (0.1, Some(Step::counted("embedding", 0, 40))),
            (0.9, Some(Step::counted("embedding", 40, 40))),
            (1.0, Some(Step::named("indexing"))),
        ];
        assert_eq!(said(&steps), ["reading"]);
    }

    #[test]
    fn a_slow_one_says_every_few_seconds_how_far_it_is_and_how_fast() {
        let steps = [
            (0.0, Some(Step::counted("embedding", 0, 400))),
            (3.0, Some(Step::counted("embedding", 60, 400))),
            (5.0, Some(Step::counted("embedding", 100, 400))),
            (9.9, Some(Step::counted("embedding", 180, 400))),
            (10.0, Some(Step::counted("embedding", 200, 400))),
        ];
        assert_eq!(
            said(&steps),
            [
                "embedding 0 of 400",
                "embedding 100 of 400, 20.0/s",
                "embedding 200 of 400, 20.0/s"
            ]
        );
    }

    #[test]
    fn a_step_that_tells_nothing_of_itself_is_said_again() {
        let steps = [
            (0.0, Some(Step::named("indexing"))),
            (4.9, None),
            (5.0, None),
            (7.0, Some(Step::moved("uploading", 1_000_000, 9_000_000))),
            (12.0, Some(Step::moved("uploading", 6_000_000, 9_000_000))),
        ];
        assert_eq!(
            said(&steps),
            ["indexing", "indexing, 5 s", "uploading 6.0 MB of 9.0 MB, 1.0 MB/s"]
        );
    }

    #[test]
    fn before_the_first_step_nothing_is_said() {
        assert!(said(&[(0.0, None), (60.0, None)]).is_empty());
    }
}
