//! `sources.lock`: what the last import read, a line a document and a line a finding. Written whole and renamed; the
//! same sources give the same bytes.

use std::path::Path;

use jiff::civil::Date;
use mortar_sources::FindingKind;
use serde::{Deserialize, Serialize};

use crate::error::IntakeError;

const FORMAT: u32 = 1;

/// A document of the last import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub id: String,
    /// The id that its source gives it, where that is another: it was renamed, and is the same document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    pub file: String,
    /// Where it stood when it was first read as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Of all that it says but its id.
    pub hash: String,
    /// The day on which it was first read as it is.
    pub read: Date,
    /// What it is known by though some of it changed.
    pub words: String,
}

/// A finding of the last import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFinding {
    pub finding: String,
    pub kind: FindingKind,
    pub since: Date,
    pub says: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub documents: Vec<Known>,
    pub findings: Vec<KnownFinding>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
}

impl Memory {
    pub fn read(path: &Path, text: &str) -> Result<Memory, IntakeError> {
        let damaged = |e: serde_json::Error| IntakeError::Memory(path.to_owned(), e.to_string());
        let mut lines = text.lines();
        let head: Head = serde_json::from_str(lines.next().unwrap_or_default()).map_err(damaged)?;
        if head.format > FORMAT {
            return Err(IntakeError::Newer(path.to_owned()));
        }
        let mut out = Memory::default();
        for line in lines {
            match line.starts_with("{\"finding\"") {
                true => out.findings.push(serde_json::from_str(line).map_err(damaged)?),
                false => out.documents.push(serde_json::from_str(line).map_err(damaged)?),
            }
        }
        Ok(out)
    }

    pub fn written(&self) -> Result<String, serde_json::Error> {
        let mut out = serde_json::to_string(&Head { format: FORMAT })? + "\n";
        for document in &self.documents {
            out += &serde_json::to_string(document)?;
            out.push('\n');
        }
        for finding in &self.findings {
            out += &serde_json::to_string(finding)?;
            out.push('\n');
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_is_read_as_it_was_written_or_refused() {
        let day = jiff::civil::date(2026, 11, 26);
        let memory = Memory {
            documents: vec![Known {
                id: "a".into(),
                read_as: Some("b".into()),
                file: "f.csv".into(),
                place: Some("row 2".into()),
                hash: "00".into(),
                read: day,
                words: String::new(),
            }],
            findings: vec![KnownFinding {
                finding: "12345678".into(),
                kind: FindingKind::Unused,
                since: day,
                says: "f.csv: not used".into(),
            }],
        };
        let path = Path::new("sources.lock");
        let text = memory.written().unwrap();
        assert_eq!(Memory::read(path, &text).unwrap(), memory);
        for (text, want) in [
            ("{\"format\":2}\n", "newer Mortar"),
            ("", "damaged"),
            ("{\"format\":1}\n{\"id\":1}\n", "damaged"),
            ("{\"format\":1}\n{\"finding\":1}\n", "damaged"),
            ("{\"format\":1}\nx\n", "damaged"),
        ] {
            let said = Memory::read(path, text).unwrap_err().to_string();
            assert!(said.contains(want), "{text}: {said}");
        }
    }
}
