//! A text from anywhere: what each of its sentences stands on, once or as a stream of JSON lines.

use std::io::{BufRead, Read, StdinLock, stdin};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mortar_desk::assistant::check::LONGEST;
use mortar_desk::assistant::{Checked, Given, Passage};
use mortar_desk::{Desk, DeskError, passages_of_files, passages_of_text};
use serde::Deserialize;
use serde_json::json;

use crate::common::{Common, Source};
use crate::output::{self, Done, Failure};
use crate::print;

/// Bytes of a line of a stream, which may bring its source with it.
const LONGEST_LINE: u64 = 16 << 20;

#[derive(Args)]
pub struct Check {
    /// The text; - reads it from standard input
    #[arg(required_unless_present = "jsonl")]
    text: Option<String>,
    /// Hold it against these files instead of the knowledge
    #[arg(long = "source", value_name = "FILE", num_args = 1..)]
    files: Vec<PathBuf>,
    /// Check a stream: of each line {"text", "source"?} of standard input a line with what was found
    #[arg(long, conflicts_with = "text")]
    jsonl: bool,
    #[command(flatten)]
    knowledge: Source,
}

pub async fn run(common: &Common, what: Check) -> Done {
    let passages = match what.files.as_slice() {
        [] => None,
        files => Some(passages_of_files(files)?),
    };
    let given = passages.as_deref().map(Given::new);
    let mut against = Against {
        common,
        knowledge: &what.knowledge,
        given,
        desk: None,
    };
    let Some(text) = what.text else {
        return stream(&mut against).await;
    };
    let text = if text == "-" { typed()? } else { text };
    let checked = against.check(&text).await?;
    output::verdict(common.json, checked.stands, &checked, |to| print::checked(to, &checked))
}

/// What texts are held against; the knowledge is opened when the first of them needs it.
struct Against<'a> {
    common: &'a Common,
    knowledge: &'a Source,
    given: Option<Given<'a>>,
    desk: Option<Desk>,
}

impl Against<'_> {
    async fn check(&mut self, text: &str) -> Result<Checked, DeskError> {
        if let Some(given) = &self.given {
            return Ok(given.check(text)?);
        }
        let desk = match self.desk.take() {
            Some(desk) => desk,
            None => self.common.open(self.knowledge).await?,
        };
        self.desk.insert(desk).check(text, self.knowledge.as_of).await
    }
}

/// The text on standard input; a little more than may be checked, so that it is refused as too long.
fn typed() -> Result<String, DeskError> {
    let mut bytes = Vec::new();
    let read = stdin().lock().take(LONGEST as u64 * 4 + 4).read_to_end(&mut bytes);
    read.map_err(|e| DeskError::failed(format!("the text cannot be read: {e}")))?;
    String::from_utf8(bytes).map_err(|_| DeskError::usage("the text is not UTF-8"))
}

#[derive(Deserialize)]
struct Line {
    text: String,
    source: Option<String>,
}

/// A line by its number, and why it cannot be read.
type Numbered = (u64, Result<Line, DeskError>);

/// The lines of standard input that are not blank.
struct Lines {
    from: StdinLock<'static>,
    number: u64,
    bytes: Vec<u8>,
}

impl Lines {
    fn next(&mut self) -> Result<Option<Numbered>, DeskError> {
        loop {
            self.number += 1;
            let number = self.number;
            self.bytes.clear();
            let read = (&mut self.from).take(LONGEST_LINE).read_until(b'\n', &mut self.bytes);
            let failed = |e| DeskError::failed(format!("line {number} cannot be read: {e}"));
            if read.map_err(failed)? == 0 {
                return Ok(None);
            }
            if self.bytes.len() as u64 == LONGEST_LINE && !self.bytes.ends_with(b"\n") {
                // Where it ends is not known, so nothing behind it is either.
                let message = format!("line {number} is longer than {} MB", LONGEST_LINE >> 20);
                return Err(DeskError::usage(message));
            }
            if !self.bytes.trim_ascii().is_empty() {
                let line = serde_json::from_slice(&self.bytes).map_err(DeskError::usage);
                return Ok(Some((number, line)));
            }
        }
    }
}

/// A line that cannot be checked is answered with why, and the stream goes on.
async fn stream(against: &mut Against<'_>) -> Done {
    let mut well = true;
    let mut lines = Lines {
        from: stdin().lock(),
        number: 0,
        bytes: Vec::new(),
    };
    let mut line = lines.next()?;
    while let Some((number, asked)) = line {
        line = match asked {
            Ok(Line {
                text,
                source: Some(source),
            }) => of_one_source(&mut lines, number, text, &source, &mut well)?,
            Ok(Line { text, source: None }) => {
                well &= tell(number, against.check(&text).await)?;
                lines.next()?
            }
            Err(e) => {
                well &= tell(number, Err(e))?;
                lines.next()?
            }
        };
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lines of one source that follow each other read it once; the line behind them.
fn of_one_source(
    lines: &mut Lines,
    mut number: u64,
    mut text: String,
    source: &str,
    well: &mut bool,
) -> Result<Option<Numbered>, Failure> {
    let passages: Vec<Passage> = passages_of_text(source.to_owned());
    let given = Given::new(&passages);
    loop {
        *well &= tell(number, given.check(&text).map_err(DeskError::from))?;
        match lines.next()? {
            Some((
                n,
                Ok(Line {
                    text: other,
                    source: Some(s),
                }),
            )) if s == source => (number, text) = (n, other),
            behind => return Ok(behind),
        }
    }
}

/// Prints a line's result, without its source, which whoever sent it has; whether it stands.
fn tell(line: u64, done: Result<Checked, DeskError>) -> Result<bool, Failure> {
    let stands = done.as_ref().is_ok_and(|c| c.stands);
    let told = match done {
        Ok(c) => json!({
            "line": line, "stands": c.stands, "sentences": c.sentences, "release": c.release, "as_of": c.as_of,
            "notices": c.notices,
        }),
        Err(error) => json!({ "line": line, "error": error }),
    };
    output::line(&told)?;
    Ok(stands)
}
