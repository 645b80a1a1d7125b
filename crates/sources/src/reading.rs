//! What one file came to: documents with their places, and what was found on the way. Nothing is read here.

use crate::document::Document;
use crate::finding::Finding;
use crate::limits::{LONGEST_REASON, MOST_FINDINGS};

/// A row, a line or a sheet.
pub type Place = Option<String>;

#[derive(Debug, Default)]
pub struct Reading {
    pub documents: Vec<(Place, Document)>,
    pub is_none: bool,
    found: Vec<Found>,
    /// What was found beyond the most that is said of one file: of what stops, and of what is only told.
    more: [usize; 2],
}

#[derive(Debug)]
struct Found {
    place: Place,
    reason: String,
    stops: bool,
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

    pub fn took(&mut self, place: Place, document: Result<Document, String>) {
        match document {
            Ok(document) => self.documents.push((place, document)),
            Err(reason) => self.refuse(place, reason),
        }
    }

    /// What cannot be used.
    pub fn refuse(&mut self, place: Place, reason: impl Into<String>) {
        self.find(place, reason.into(), true);
    }

    /// What was left out, and is only told.
    pub fn tell(&mut self, place: Place, reason: impl Into<String>) {
        self.find(place, reason.into(), false);
    }

    fn find(&mut self, place: Place, mut reason: String, stops: bool) {
        // What is quoted may be as long as the file.
        if reason.len() > LONGEST_REASON {
            reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
            reason.push('…');
        }
        if self.found.len() < MOST_FINDINGS {
            self.found.push(Found { place, reason, stops });
        } else {
            self.more[usize::from(!stops)] += 1;
        }
    }

    /// All that was found, of the file with this name.
    pub fn findings(self, file: &str) -> Vec<Finding> {
        let finding = |place, reason, stops| Finding {
            file: file.to_owned(),
            place,
            reason,
            stops,
        };
        let rest = [(self.more[0], true), (self.more[1], false)];
        let rest = rest
            .into_iter()
            .filter(|(more, _)| *more > 0)
            .map(|(more, stops)| finding(None, format!("and {more} more"), stops));
        let found = self.found.into_iter().map(|f| finding(f.place, f.reason, f.stops));
        found.chain(rest).collect()
    }
}
