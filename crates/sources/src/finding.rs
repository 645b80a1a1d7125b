//! What a report says of a source: where it stands and why. And why an import cannot begin at all.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a finding is about, as `--fail-on` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It cannot be used.
    Refused,
    /// A name that could decide whether a text may be used, and that nobody said the meaning of.
    Undecided,
    /// What a reader of the source does not see, or what is not in force.
    LeftOut,
    /// What was read, and may not be as it is shown.
    Unsure,
    /// Names and parts that nothing is made of.
    Unused,
    /// Documents that contradict each other.
    Contradiction,
    /// The same text twice, or nearly.
    Duplicate,
    NearDuplicate,
    /// A document of a length that nobody reads through.
    Long,
    /// The same paragraph in many documents.
    Boilerplate,
    /// A link within the sources that leads nowhere.
    Link,
    /// A heading that skips a level.
    Heading,
    /// A table without a head.
    Table,
    /// In force since days ago, and new only now.
    Late,
    /// Not looked at within its interval.
    Stale,
    /// Not written as its tenant wants it.
    Style,
    /// Documents that are there no more.
    Gone,
}

impl FindingKind {
    pub const ALL: &[FindingKind] = &[
        FindingKind::Refused,
        FindingKind::Undecided,
        FindingKind::LeftOut,
        FindingKind::Unsure,
        FindingKind::Unused,
        FindingKind::Contradiction,
        FindingKind::Duplicate,
        FindingKind::NearDuplicate,
        FindingKind::Long,
        FindingKind::Boilerplate,
        FindingKind::Link,
        FindingKind::Heading,
        FindingKind::Table,
        FindingKind::Late,
        FindingKind::Stale,
        FindingKind::Style,
        FindingKind::Gone,
    ];

    pub fn name(self) -> &'static str {
        match self {
            FindingKind::Refused => "refused",
            FindingKind::Undecided => "undecided",
            FindingKind::LeftOut => "left_out",
            FindingKind::Unsure => "unsure",
            FindingKind::Unused => "unused",
            FindingKind::Contradiction => "contradiction",
            FindingKind::Duplicate => "duplicate",
            FindingKind::NearDuplicate => "near_duplicate",
            FindingKind::Long => "long",
            FindingKind::Boilerplate => "boilerplate",
            FindingKind::Link => "link",
            FindingKind::Heading => "heading",
            FindingKind::Table => "table",
            FindingKind::Late => "late",
            FindingKind::Stale => "stale",
            FindingKind::Style => "style",
            FindingKind::Gone => "gone",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What could not be used of a source, or was left out of it, where it stands and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub file: String,
    /// A row, a line or a sheet, where there is one.
    pub place: Option<String>,
    pub reason: String,
    /// What of the file it is about, where that has a name of its own: it stays when rows move.
    #[serde(skip)]
    pub about: Option<String>,
    /// Nothing may be built while it stands, unless what is bad is to be left out. Else it is only told: something
    /// that is no part of the knowledge was left out, as a reader would leave it out.
    #[serde(skip)]
    pub stops: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

#[derive(Debug, Error)]
pub enum ImportError {
    #[error("{0} is not there. Check the path.")]
    NotThere(PathBuf),
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
}
