//! What an import comes to, for a person and for a pipeline: what became of each document, and every finding with an
//! identity that stays from run to run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use mortar_sources::{Finding, FindingKind, Provenance};
use serde::Serialize;

use crate::accepted::Accepted;
use crate::memory::{Known, KnownFinding};

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub day: Date,
    pub documents: usize,
    pub new: Vec<String>,
    pub changed: Vec<String>,
    pub moved: Vec<Moved>,
    /// There no more: they are withdrawn with the next release.
    pub gone: Vec<String>,
    pub unchanged: usize,
    pub findings: Vec<Told>,
    /// Findings of the last import that are none any more.
    pub settled: Vec<String>,
    /// Files that are no source by their name, and those that were ignored by name.
    pub ignored: Vec<String>,
    pub provenance: Vec<OfDocument>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    pub id: String,
    pub from: String,
    pub to: String,
}

/// Where a document is from.
#[derive(Debug, Clone, Serialize)]
pub struct OfDocument {
    pub id: String,
    #[serde(flatten)]
    pub from: Provenance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    New,
    Known,
    Accepted,
}

/// A finding as the report tells it.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    pub id: String,
    pub state: State,
    pub since: Date,
    /// Why it was accepted.
    pub accepted: Option<String>,
    /// Nothing is built while it stands open.
    pub stops: bool,
    #[serde(flatten)]
    pub finding: Finding,
}

impl Report {
    /// What became of the documents, in a line.
    pub fn counts(&self) -> String {
        format!(
            "{} documents: {} new, {} changed, {} moved, {} gone, {} unchanged",
            self.documents,
            self.new.len(),
            self.changed.len(),
            self.moved.len(),
            self.gone.len(),
            self.unchanged
        )
    }

    /// Open findings of these kinds.
    pub fn open(&self, kinds: &[FindingKind]) -> usize {
        let open = self.findings.iter().filter(|t| t.state != State::Accepted);
        open.filter(|t| kinds.contains(&t.finding.kind)).count()
    }

    pub fn stops(&self) -> usize {
        self.findings.iter().filter(|t| t.stops).count()
    }
}

impl From<&Known> for Provenance {
    fn from(k: &Known) -> Self {
        Provenance {
            file: k.file.clone(),
            place: k.place.clone(),
            hash: Some(k.hash.clone()),
            read: Some(k.read),
        }
    }
}

/// The findings with their identities, what was known and accepted of them, and those that are settled.
pub fn told(
    findings: Vec<Finding>,
    before: &[KnownFinding],
    accepted: &Accepted,
    today: Date,
) -> (Vec<Told>, Vec<String>) {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let known: BTreeMap<&str, &KnownFinding> = before.iter().map(|k| (k.finding.as_str(), k)).collect();
    let mut out: Vec<Told> = Vec::new();
    for finding in findings {
        let first = identity(&finding, 0);
        let n = met.entry(first.clone()).or_default();
        *n += 1;
        let id = if *n == 1 { first } else { identity(&finding, *n) };
        let acceptance = accepted.of(&id).filter(|_| may_be_accepted(finding.kind));
        let state = match (acceptance, known.get(id.as_str())) {
            (Some(_), _) => State::Accepted,
            (None, Some(_)) => State::Known,
            (None, None) => State::New,
        };
        out.push(Told {
            state,
            since: known.get(id.as_str()).map_or(today, |k| k.since),
            accepted: acceptance.map(|a| a.reason.clone()),
            stops: finding.stops && acceptance.is_none(),
            id,
            finding,
        });
    }
    let now: BTreeSet<&str> = out.iter().map(|t| t.id.as_str()).collect();
    let settled = before.iter().filter(|k| !now.contains(k.finding.as_str()));
    let settled = settled.map(|k| k.says.clone()).collect();
    (out, settled)
}

/// Whether a reason is enough, or something must be decided or done.
pub fn may_be_accepted(kind: FindingKind) -> bool {
    !matches!(kind, FindingKind::Undecided | FindingKind::Gone)
}

/// What a finding is known by: where it stands may move, and how many it counts may change.
fn identity(finding: &Finding, n: usize) -> String {
    use FindingKind::{LeftOut, Refused, Undecided, Unused};

    let about = finding.about.as_deref().unwrap_or_default();
    // What is said of a document goes with it when its file is renamed.
    let file = match finding.kind {
        Refused | Undecided | LeftOut | Unused => finding.file.as_str(),
        _ => "",
    };
    let said = format!(
        "{}\0{}\0{about}\0{}\0{n}",
        finding.kind,
        file,
        uncounted(&finding.reason)
    );
    blake3::hash(said.as_bytes()).to_hex()[..8].to_owned()
}

/// Without numbers in parentheses, which count.
fn uncounted(reason: &str) -> String {
    let mut out = String::new();
    let mut rest = reason;
    while let Some(at) = rest.find('(') {
        let behind = &rest[at + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..at]);
        if digits > 0 && behind[digits..].starts_with(')') {
            rest = &behind[digits + 1..];
        } else {
            out.push('(');
            rest = behind;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accepted::Acceptance;

    fn finding(kind: FindingKind, place: &str, about: &str, reason: &str) -> Finding {
        Finding {
            kind,
            file: "a.csv".into(),
            place: Some(place.into()),
            reason: reason.into(),
            about: Some(about.into()),
            stops: true,
        }
    }

    #[test]
    fn a_finding_is_the_same_though_rows_move_and_counts_change() {
        let day = jiff::civil::date(2026, 11, 26);
        let one = vec![
            finding(FindingKind::Refused, "row 2", "x", "no text"),
            finding(FindingKind::Refused, "row 3", "x", "no text"),
            finding(FindingKind::Unused, "row 1", "", "not used: Team (12)"),
            finding(FindingKind::Undecided, "row 1", "", "“Stage” looks like a state"),
        ];
        let (first, settled) = told(one, &[], &Accepted::default(), day);
        assert!(first.iter().all(|t| t.state == State::New) && settled.is_empty());
        assert_ne!(first[0].id, first[1].id);
        let known: Vec<KnownFinding> = first
            .iter()
            .map(|t| KnownFinding {
                finding: t.id.clone(),
                kind: t.finding.kind,
                since: t.since,
                says: t.finding.to_string(),
            })
            .collect();
        let accept = |id: &str| Acceptance {
            id: id.into(),
            finding: String::new(),
            reason: "so it is".into(),
            day: day.to_string(),
        };
        let accepted = Accepted {
            accepted: vec![accept(&first[0].id), accept(&first[3].id)],
        };
        let two = vec![
            finding(FindingKind::Refused, "row 7", "x", "no text"),
            finding(FindingKind::Unused, "row 1", "", "not used: Team (13)"),
            finding(FindingKind::Undecided, "row 1", "", "“Stage” looks like a state"),
            finding(FindingKind::Refused, "row 9", "y", "no text"),
        ];
        let (second, settled) = told(two, &known, &accepted, day);
        let states: Vec<(State, bool)> = second.iter().map(|t| (t.state, t.stops)).collect();
        // What could decide is not accepted, whatever stands in the file.
        assert_eq!(
            states,
            [
                (State::Accepted, false),
                (State::Known, true),
                (State::Known, true),
                (State::New, true)
            ]
        );
        assert_eq!(settled, ["a.csv, row 3: no text"]);
    }

    #[test]
    fn what_is_said_of_a_document_goes_with_it() {
        for (kind, same) in [(FindingKind::Link, true), (FindingKind::Refused, false)] {
            let one = finding(kind, "", "x", "its link leads nowhere");
            let moved = Finding {
                file: "b/other.csv".into(),
                ..one.clone()
            };
            assert_eq!(identity(&one, 1) == identity(&moved, 1), same, "{kind}");
        }
    }

    #[test]
    fn only_counts_are_taken_out() {
        assert_eq!(uncounted("A (12), B (3) and (see 4) (5"), "A , B  and (see 4) (5");
    }
}
