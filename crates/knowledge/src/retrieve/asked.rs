//! The codes of a question, each looked up exactly.

use std::collections::{BTreeMap, HashMap, HashSet};

use heed::Result;
use jiff::civil::Date;
use mortar_assistant::Query;
use mortar_language::codes::{self, Code};

use crate::index::Reading;
use crate::release::Release;

/// Documents about a code stand before those that mention it, in the order of the question's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CodeRank {
    pub(super) mentions: bool,
    pub(super) nth: usize,
    /// Of another system than rejections, where none was said: "code 75" on a claim is a rejection.
    pub(super) less_usual: bool,
    /// Written in another case than asked for.
    pub(super) other_case: bool,
}

/// What the codes of a question come to.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) codes: Vec<Code>,
    pub(super) found: HashMap<u32, CodeRank>,
    pub(super) mentioned: HashMap<u32, CodeRank>,
    /// The systems of the codes asked for, a bit each. A document about another code of such a system
    /// is a neighbour: never an answer.
    pub(super) systems: u32,
    pub(super) unknown: Vec<Code>,
    pub(super) out_of_force: Vec<Code>,
    pub(super) look_alikes: Vec<(String, u32)>,
    /// The passages that name what the question is about.
    pub(super) named: HashSet<u32>,
}

impl Release {
    /// Reads the question's codes, looks each of them up exactly, and finds what names what it is about.
    pub(super) fn asked(&self, reading: &Reading<'_>, query: &Query) -> Result<Asked> {
        let held = |code: &Code| {
            reading
                .code(&code.value)
                .is_ok_and(|p| p.iter().any(|p| codes::systems_agree(&p.system, &code.system)))
        };
        let mut out = Asked::default();
        let mut ndc: BTreeMap<usize, Vec<Code>> = BTreeMap::new();
        let mut typed: HashMap<String, &str> = HashMap::new();
        for mut found in codes::find(&query.text, &held) {
            // "reject 1" is 01.
            let padded = Code::new(&found.code.system, &format!("0{}", found.code.value));
            if found.code.value.len() == 1 && !held(&found.code) && held(&padded) {
                found.code = padded;
            }
            typed
                .entry(found.code.value.clone())
                .or_insert(&query.text[found.range.clone()]);
            // An NDC of ten digits is read in three ways; one of them held is the one that was meant.
            if found.code.system == "ndc" {
                ndc.entry(found.range.start).or_default().push(found.code);
            } else if (held(&found.code) || !found.weak) && !out.codes.contains(&found.code) {
                out.codes.push(found.code);
            }
        }
        if out.codes.is_empty() && ndc.is_empty() {
            out.codes
                .extend(bare_code(&query.text).filter(|c| held(c) || c.value.bytes().any(|b| b.is_ascii_digit())));
        }
        for readings in ndc.into_values() {
            let meant = readings.iter().position(&held).unwrap_or(0);
            out.codes.extend(readings.into_iter().nth(meant));
        }
        for (nth, code) in out.codes.clone().iter().enumerate() {
            let places: Vec<_> = reading
                .code(&code.value)?
                .into_iter()
                .filter(|p| codes::systems_agree(&p.system, &code.system))
                .collect();
            let (now, other): (Vec<_>, Vec<_>) = places
                .into_iter()
                .partition(|p| self.index.in_force(p.document, query.as_of));
            if now.is_empty() && other.is_empty() && self.said(reading, query, code, nth, &mut out)? {
                continue;
            }
            if now.is_empty() {
                out.unknown.push(code.clone());
                if !other.is_empty() {
                    out.out_of_force.push(code.clone());
                }
            }
            for place in now {
                let other_case = typed.get(&code.value).is_some_and(|t| *t != place.written);
                let less_usual = code.system.is_empty() && place.system != "reject";
                let rank = CodeRank {
                    mentions: !place.own,
                    nth,
                    less_usual,
                    other_case,
                };
                if place.own {
                    out.found.entry(place.document).or_insert(rank);
                } else {
                    out.mentioned.entry(place.passage).or_insert(rank);
                }
            }
        }
        out.systems = self.index.systems_of(&out.codes);
        self.look_alikes(reading, query.as_of, &mut out)?;
        if let Some(about) = &query.about {
            out.named = self.named(reading, about)?;
        }
        Ok(out)
    }

    /// No source gives it as a code; but one in force that holds its letters and digits as a word knows it. Digits
    /// alone are mostly a number. Whether there is one.
    fn said(&self, reading: &Reading<'_>, query: &Query, code: &Code, nth: usize, out: &mut Asked) -> Result<bool> {
        let value = &code.value;
        let mixed = value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic());
        if !mixed || value.len() < 3 || !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(false);
        }
        let mut held = self.with_all(reading, &[value.to_lowercase()])?;
        held.retain(|p| self.index.in_force(self.index.owner(*p), query.as_of));
        let rank = CodeRank {
            mentions: true,
            nth,
            less_usual: true,
            other_case: false,
        };
        for passage in &held {
            out.mentioned.entry(*passage).or_insert(rank);
        }
        Ok(!held.is_empty())
    }

    /// The documents about a code that an unknown one may have been meant for.
    fn look_alikes(&self, reading: &Reading<'_>, as_of: Date, out: &mut Asked) -> Result<()> {
        for code in &out.unknown {
            for value in codes::off_by_one(&code.value) {
                for place in reading.code(&value)? {
                    let alike = place.own && codes::systems_agree(&code.system, &place.system);
                    if alike && self.index.in_force(place.document, as_of) && out.look_alikes.len() < 5 {
                        out.look_alikes.push((value.clone(), place.document));
                    }
                }
            }
        }
        Ok(())
    }
}

/// A question that is nothing but a code: "75", "MR".
fn bare_code(question: &str) -> Option<Code> {
    let word = question.trim_matches(|c: char| !c.is_alphanumeric());
    let shaped = (2..=3).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    shaped.then(|| Code::new("", word))
}
