//! `accepted.toml`: findings that somebody looked at and accepted, each with its reason and the day. Entries are only
//! ever added at the end; people may edit it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    #[serde(default)]
    pub accepted: Vec<Acceptance>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub id: String,
    /// What was said of it, for who reads the file.
    #[serde(default)]
    pub finding: String,
    pub reason: String,
    pub day: String,
}

impl Accepted {
    pub fn read(text: &str) -> Result<Accepted, String> {
        let out: Accepted = toml::from_str(text).map_err(|e| e.to_string())?;
        for a in &out.accepted {
            if a.reason.trim().is_empty() {
                return Err(format!("{} has no reason", a.id));
            }
            if a.day().is_none() {
                return Err(format!(
                    "the day of {}, “{}”, is no date; write it as 2026-09-01",
                    a.id, a.day
                ));
            }
        }
        Ok(out)
    }

    /// The last acceptance of a finding.
    pub fn of(&self, id: &str) -> Option<&Acceptance> {
        self.accepted.iter().rev().find(|a| a.id == id)
    }
}

impl Acceptance {
    pub fn day(&self) -> Option<Date> {
        self.day.parse().ok()
    }

    /// As it is added to the file.
    pub fn written(&self) -> Result<String, toml::ser::Error> {
        let one = Accepted {
            accepted: vec![self.clone()],
        };
        toml::to_string(&one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_again() {
        let one = |id: &str, reason: &str| Acceptance {
            id: id.into(),
            finding: "a.csv, row 2: “x”\n\\".into(),
            reason: reason.into(),
            day: "2026-11-26".into(),
        };
        let (a, b) = (one("1", "as it should be"), one("1", "still \"so\""));
        let text = format!("{}\n{}", a.written().unwrap(), b.written().unwrap());
        let read = Accepted::read(&text).unwrap();
        assert_eq!(read.of("1"), Some(&b));
        assert_eq!(read.of("2"), None);
        assert!(Accepted::read("[[accepted]]\nid='1'\nreason=' '\nday='2026-11-26'").is_err());
        assert!(Accepted::read("[[accepted]]\nid='1'\nreason='x'\nday='soon'").is_err());
    }
}
