//! The one way out: results on stdout, everything else on stderr, and what the program ends with.
//! Nothing else in this crate writes to either.

use std::fmt::Display;
use std::io::{BufWriter, Write, stderr, stdout};
use std::process::ExitCode;

use clap::error::ErrorKind;
use mortar_desk::{DeskError, ErrorCode};
use serde::Serialize;
use serde_json::json;

/// What a shell says of a program that SIGPIPE ended (128 + 13): the result was not read to its end, which
/// is neither success nor a failure to speak of.
const NOBODY_READS: u8 = 141;
const FAILED: u8 = 1;
const USAGE: u8 = 2;

/// A command's end: printed, with its exit code.
pub type Done = Result<ExitCode, Failure>;

pub enum Failure {
    Desk(DeskError),
    /// The result is there, but cannot be written.
    Output(std::io::Error),
}

impl From<DeskError> for Failure {
    fn from(e: DeskError) -> Self {
        Failure::Desk(e)
    }
}

/// Prints a result: as JSON, or as `plain` writes it for a person.
pub fn result<T: Serialize>(json: bool, value: &T, plain: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Done {
    let mut to = BufWriter::new(stdout().lock());
    let written = if json {
        serde_json::to_writer_pretty(&mut to, value)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(to))
    } else {
        plain(&mut to)
    };
    written.and_then(|()| to.flush()).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The same where a result may be bad news.
pub fn verdict<T: Serialize>(
    json: bool,
    well: bool,
    value: &T,
    plain: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Done {
    let code = result(json, value, plain)?;
    Ok(if well { code } else { ExitCode::from(FAILED) })
}

/// Prints one result of a stream, at once: whoever sent for it may wait for it before the next.
pub fn line(value: &impl Serialize) -> Result<(), Failure> {
    let mut to = stdout().lock();
    let written = serde_json::to_writer(&mut to, value).map_err(std::io::Error::from);
    written
        .and_then(|()| writeln!(to))
        .and_then(|()| to.flush())
        .map_err(Failure::Output)
}

/// Says something beside the result. That nobody hears it stops nothing.
pub fn say(what: impl Display) {
    let _ = writeln!(stderr(), "mortar: {what}");
}

/// Tells the person at the terminal what they have to do now.
pub fn prompt(what: impl Display) {
    let _ = writeln!(stderr(), "{what}");
}

/// What was asked for cannot be understood, or is the help.
pub fn not_understood(e: &clap::Error) -> ExitCode {
    if !e.use_stderr() {
        return match e.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => failed(false, Failure::Output(e)),
        };
    }
    if std::env::args_os().take_while(|a| a != "--").any(|a| a == "--json") {
        print_error(&DeskError::usage(wrong(e)));
    }
    let _ = e.print();
    ExitCode::from(USAGE)
}

/// What is wrong, without how it is to be used: that is for a person.
fn wrong(e: &clap::Error) -> String {
    if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; --help lists them".to_owned();
    }
    let text = e.to_string();
    let message = text.split("\n\nUsage:").next().unwrap_or_default();
    message.trim_start_matches("error: ").trim_end().to_owned()
}

/// Says why there is no result, and what the program ends with.
pub fn failed(json: bool, failure: Failure) -> ExitCode {
    let e = match failure {
        Failure::Output(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return ExitCode::from(NOBODY_READS),
        Failure::Output(e) => DeskError::failed(format!("the result cannot be written: {e}")),
        Failure::Desk(e) => e,
    };
    if json {
        print_error(&e);
    }
    say(&e.message);
    ExitCode::from(if e.code == ErrorCode::Usage { USAGE } else { FAILED })
}

/// An error that cannot be printed is still said on stderr and told by the exit code.
fn print_error(e: &DeskError) {
    let _ = writeln!(stdout(), "{}", json!({ "error": e }));
}
