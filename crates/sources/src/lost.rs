//! Codes that can no longer be told: a spreadsheet made a date, a power or a number of what was typed. They are
//! named with their place and never guessed back.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::reading::Place;

/// What was made of a code, by its form alone.
pub fn made_of(code: &str) -> Option<&'static str> {
    static POWER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[-+]?\d+(?:[.,]\d+)?E[+-]\d+$"));
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?x)^(?:
                \d{1,2}[-.\ ]{1,2}(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|mai|okt|dez|mrz)[a-z]{0,6}\.?(?:[-.\ ]\d{2,4})?
                |(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic|mai|okt|dez|mrz)[a-z]{0,6}-\d{1,4}
                |\d{1,2}[/.]\d{1,2}[/.]\d{2,4}
                |\d{4}-\d{2}-\d{2}(?:[T\ ][\d:.]+Z?)?
            )$",
        )
    });
    match code.trim() {
        code if POWER.is_match(code) => Some("a power"),
        code if DAY.is_match(code) => Some("a date"),
        _ => None,
    }
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}")).expect("a valid pattern")
}

/// The codes of one table, by the system that each row says.
#[derive(Default)]
pub struct Codes(BTreeMap<String, Vec<(Place, String)>>);

impl Codes {
    pub fn add(&mut self, system: &str, place: &Place, codes: impl IntoIterator<Item = String>) {
        let codes = codes.into_iter().filter(|c| c.bytes().any(|b| b.is_ascii_digit()));
        let of = self.0.entry(system.to_lowercase()).or_default();
        of.extend(codes.map(|code| (place.clone(), code)));
    }

    /// Numbers that stand beside others which begin with a zero or have more digits for it, and decimals that were
    /// made of whole codes: each with its place and why.
    pub fn doubtful(&self) -> Vec<(Place, String)> {
        let mut out = Vec::new();
        for codes in self.0.values() {
            let digits = |code: &str| !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit());
            let zeroed = codes.iter().map(|(_, c)| c).filter(|c| digits(c) && c.starts_with('0'));
            let longest = zeroed.map(String::len).max().unwrap_or(0);
            // Long codes lose a few zeros, not half of their digits: what is much shorter is another kind of code.
            let lost = |c: &str| {
                digits(c) && !c.starts_with('0') && c.len() < longest && (longest <= 4 || c.len() * 2 >= longest)
            };
            let decimal = |c: &str| c.strip_suffix(".0").is_some_and(digits);
            let all_decimal = codes.len() > 1 && codes.iter().all(|(_, c)| decimal(c));
            for (place, code) in codes {
                if lost(code) {
                    out.push((
                        place.clone(),
                        format!("the code {code} is a number, while others begin with a zero; write it as text, with its zeros"),
                    ));
                } else if all_decimal {
                    out.push((
                        place.clone(),
                        format!("the code is shown as “{code}”: a number was made of it; write it as text"),
                    ));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_of_a_code_is_seen() {
        for (code, want) in [
            ("1.23457E+10", Some("a power")),
            ("3E+07", Some("a power")),
            ("1,23E+10", Some("a power")),
            ("2-Aug", Some("a date")),
            ("Aug-02", Some("a date")),
            ("2-Aug-26", Some("a date")),
            ("02. Okt", Some("a date")),
            ("8/2/2026", Some("a date")),
            ("2.8.2026", Some("a date")),
            ("2026-08-02", Some("a date")),
            ("2026-08-02 00:00:00", Some("a date")),
            ("1E10", None),
            ("75", None),
            ("A5", None),
            ("0002-8215-01", None),
            ("E11.9", None),
            ("reject 75", None),
            ("MR-2", None),
            ("250.00", None),
        ] {
            assert_eq!(made_of(code), want, "{code}");
        }
    }

    #[test]
    fn zeros_that_others_of_a_system_have_are_missed() {
        let doubtful = |all: &[(&str, &str)]| {
            let mut codes = Codes::default();
            for (system, code) in all {
                codes.add(system, &Some((*code).to_owned()), [(*code).to_owned()]);
            }
            codes.doubtful().into_iter().filter_map(|d| d.0).collect::<Vec<_>>()
        };
        assert_eq!(doubtful(&[("", "08"), ("", "8"), ("", "75")]), ["8"]);
        assert_eq!(doubtful(&[("reject", "08"), ("clarification", "8")]), [""; 0]);
        assert_eq!(
            doubtful(&[("", "00002821501"), ("", "75"), ("", "2821501")]),
            ["2821501"]
        );
        assert_eq!(doubtful(&[("", "8"), ("", "75")]), [""; 0]);
        assert_eq!(doubtful(&[("", "8.0"), ("", "75.0")]), ["8.0", "75.0"]);
        assert_eq!(doubtful(&[("", "250.0"), ("", "250.01")]), [""; 0]);
    }
}
