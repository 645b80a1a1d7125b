//! What one file came to: documents with their places, and what was found on the way. Nothing is read here.

use crate::document::Document;
use crate::extractor::Told;
use crate::finding::{Finding, FindingKind};
use crate::limits::{LONGEST_REASON, MOST_FINDINGS};

/// How what is not used begins.
const UNUSED: &str = "not used: ";

/// A row, a line or a sheet.
pub type Place = Option<String>;

/// What a file that is one page came to.
pub enum Page {
    /// A document, and what was left out of it.
    Read(Box<Document>, Vec<String>),
    /// Not in force, and why.
    LeftOut(String),
}

#[derive(Debug, Default)]
pub struct Reading {
    pub documents: Vec<(Place, Document)>,
    pub is_none: bool,
    found: Vec<Found>,
    about: Option<String>,
    /// What was found beyond the most that is said of one file: of what stops, and of what is only told.
    more: [usize; 2],
}

#[derive(Debug)]
struct Found {
    place: Place,
    reason: String,
    kind: FindingKind,
    about: Option<String>,
}

/// Whether nothing may be built while a finding of this kind stands.
fn stops(kind: FindingKind) -> bool {
    matches!(kind, FindingKind::Refused | FindingKind::Undecided)
}

impl Reading {
    /// A file of which nothing can be used.
    pub fn refused(reason: impl Into<String>) -> Self {
        let mut out = Reading::default();
        out.refuse(None, reason);
        out
    }

    /// A file that is no source, whatever its name says.
    pub fn none() -> Self {
        Reading {
            is_none: true,
            ..Reading::default()
        }
    }

    /// Takes what a page came to.
    pub fn page(&mut self, page: Page) {
        match page {
            Page::Read(document, told) => {
                told.into_iter().for_each(|t| self.tell(None, t));
                self.took(None, Ok(*document));
            }
            Page::LeftOut(why) => self.tell(None, format!("{why}: not in force and left out")),
        }
    }

    pub fn took(&mut self, place: Place, document: Result<Document, String>) {
        match document {
            Ok(document) => self.documents.push((place, document)),
            Err(reason) => self.refuse(place, reason),
        }
    }

    /// What cannot be used.
    pub fn refuse(&mut self, place: Place, reason: impl Into<String>) {
        self.find(place, reason.into(), FindingKind::Refused);
    }

    /// What could decide, and what nobody said the meaning of.
    pub fn doubt(&mut self, place: Place, reason: impl Into<String>) {
        self.find(place, reason.into(), FindingKind::Undecided);
    }

    /// What was left out, and is only told.
    pub fn tell(&mut self, place: Place, reason: impl Into<String>) {
        let reason = reason.into();
        let kind = match reason.starts_with(UNUSED) {
            true => FindingKind::Unused,
            false => FindingKind::LeftOut,
        };
        self.find(place, reason, kind);
    }

    /// What an extractor says of a page.
    pub fn extracted(&mut self, told: Told) {
        let kind = match told.missing {
            true => FindingKind::LeftOut,
            false => FindingKind::Unsure,
        };
        self.find(Some(format!("page {}", told.page)), told.reason, kind);
    }

    /// Of what of the file the next findings are.
    pub fn is_about(&mut self, about: Option<String>) {
        self.about = about;
    }

    fn find(&mut self, place: Place, mut reason: String, kind: FindingKind) {
        // What is quoted may be as long as the file.
        if reason.len() > LONGEST_REASON {
            reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
            reason.push('…');
        }
        if self.found.len() < MOST_FINDINGS {
            let about = self.about.clone();
            self.found.push(Found {
                place,
                reason,
                kind,
                about,
            });
        } else {
            self.more[usize::from(!stops(kind))] += 1;
        }
    }

    /// All that was found, of the file with this name.
    pub fn findings(self, file: &str) -> Vec<Finding> {
        let more = [
            (self.more[0], FindingKind::Refused),
            (self.more[1], FindingKind::LeftOut),
        ];
        let rest = more
            .into_iter()
            .filter(|(more, _)| *more > 0)
            .map(|(more, kind)| Found {
                place: None,
                reason: format!("and {more} more"),
                kind,
                about: None,
            });
        let found = self.found.into_iter().chain(rest);
        let finding = |f: Found| Finding {
            kind: f.kind,
            file: file.to_owned(),
            place: f.place,
            reason: f.reason,
            about: f.about,
            stops: stops(f.kind),
        };
        found.map(finding).collect()
    }
}
