//! `mortar kb review`: what people think of answers that another release gives otherwise. The gate of a promotion reads it.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use mortar_desk::store::review::{Mark, Marked, Reviewed};
use mortar_desk::{DeskError, Work};

use crate::common::Common;
use crate::output::{self, Done};
use crate::print;
use crate::signed::Reading;

#[derive(Args)]
pub struct Review {
    /// The release that operators have: its number, or a channel
    a: String,
    /// The release that they are to have
    b: String,
    /// As it was asked; without it, what all have said is listed
    #[arg(requires = "mark")]
    question: Option<String>,
    #[arg(long, value_enum, requires = "question")]
    mark: Option<Says>,
    #[arg(long, default_value = "", requires = "question")]
    note: String,
    /// Who says it (else knowledge.reviewer of the configuration, or the user of this machine)
    #[arg(long, value_name = "NAME", requires = "question")]
    by: Option<String>,
    /// The question before it, of a follow-up
    #[arg(long, value_name = "QUESTION", requires = "question")]
    after: Option<String>,
    /// The day that it was asked for, where it names one
    #[arg(long, value_name = "DATE", requires = "question")]
    as_of: Option<Date>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, ValueEnum)]
enum Says {
    Wanted,
    Unwanted,
    Irrelevant,
}

impl From<Says> for Mark {
    fn from(says: Says) -> Mark {
        match says {
            Says::Wanted => Mark::Wanted,
            Says::Unwanted => Mark::Unwanted,
            Says::Irrelevant => Mark::Irrelevant,
        }
    }
}

pub async fn run(common: &Common, what: Review) -> Done {
    let Reading { signed, root } = what.reading;
    let work: Work = signed.open_with(common, root)?;
    let releases = work.numbers([&what.a, &what.b]).await?;
    let marks = match (what.question, what.mark) {
        (Some(ask), Some(mark)) => {
            let by = match what.by.filter(|by| !by.trim().is_empty()) {
                Some(by) => by,
                None => mortar_desk::reviewer(&common.place()?)?,
            };
            let marked = Marked {
                question: Reviewed {
                    ask,
                    after: what.after,
                    as_of: what.as_of,
                },
                mark: mark.into(),
                note: what.note,
                by,
                at: Timestamp::now(),
            };
            work.mark(releases, marked).await?
        }
        (None, _) => work.review(releases).await?,
        (Some(_), None) => return Err(DeskError::usage("say what is thought of it with --mark").into()),
    };
    output::result(common.json, &marks, |to| print::review(to, &marks))
}
