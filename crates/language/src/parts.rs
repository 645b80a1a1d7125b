//! The questions of one message: each with what it needs of the rest, so that it can be asked by itself. Courtesies
//! and background are no questions, a list of conditions within one question stays one, and where it is not plain
//! that there are several there is one.

mod units;

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::drugs::{self, Lexicon};
use crate::{cases, question};
use units::{Kind, Turn, Unit, is_formed, own, points_back, units};

/// One question of several in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The words that ask.
    pub asked: String,
    /// These with the background that was told for them.
    pub said: String,
    /// As it stands by itself, with what it borrows from the part before.
    pub text: String,
}

/// More than these stay with the last one: nobody reads so many answers at once.
pub const MOST: usize = 8;

/// A message's questions in their order; none where it asks one thing, or where that is not plain. `emergencies` are
/// a tenant's own words for danger to life.
pub fn of(typed: &str, lexicon: &Lexicon, emergencies: &[String]) -> Vec<Part> {
    let mut groups = grouped(units(typed, emergencies));
    // Danger to life that is seen only in the whole is not cut.
    let seen = groups.iter().any(|g| g.urgent) || !cases::emergency(typed, emergencies);
    if groups.len() < 2 || !seen {
        return Vec::new();
    }
    let over = groups.split_off(groups.len().min(MOST));
    if let Some(last) = groups.last_mut() {
        for group in over {
            last.takes(group);
        }
    }
    let mut out: Vec<Part> = Vec::new();
    for group in groups {
        let said = group.said();
        out.push(Part {
            asked: group.asked(),
            text: group.standing_alone(&said, out.last(), lexicon),
            said,
        });
    }
    out
}

/// The sentences of one question.
#[derive(Default)]
struct Group {
    /// All of it, in order; what asks is marked.
    sentences: Vec<(String, bool)>,
    own: HashSet<String>,
    urgent: bool,
    /// It only says what is to be known: a question behind it may be that.
    told: bool,
    /// A fragment behind "and": "and for controlled substances?"
    fragment: bool,
}

impl Group {
    fn of(pending: Vec<Unit>) -> Group {
        let mut group = Group::default();
        group.background(pending);
        group
    }

    fn background(&mut self, units: Vec<Unit>) {
        self.sentences.extend(units.into_iter().map(|u| (u.words, false)));
    }

    fn asks(&mut self, unit: Unit) {
        self.own.extend(own(&unit.words));
        self.sentences.push((unit.words, true));
    }

    fn takes(&mut self, other: Group) {
        self.sentences.extend(other.sentences);
        self.own.extend(other.own);
    }

    /// What is wrong is what is asked, where nothing else is.
    fn settled(mut self) -> Group {
        if self.sentences.iter().all(|s| !s.1) {
            for s in &mut self.sentences {
                s.1 = true;
            }
            let all: Vec<String> = self.sentences.iter().map(|s| s.0.clone()).collect();
            self.own = own(&all.join(" "));
        }
        self
    }

    fn asked(&self) -> String {
        let asking = self.sentences.iter().filter(|s| s.1).map(|s| s.0.as_str());
        asking.collect::<Vec<_>>().join(" ")
    }

    fn said(&self) -> String {
        let all: Vec<&str> = self.sentences.iter().map(|s| s.0.as_str()).collect();
        all.join(" ")
    }

    /// What it says, with what that needs of the part before.
    fn standing_alone(&self, text: &str, before: Option<&Part>, lexicon: &Lexicon) -> String {
        let Some(before) = before.filter(|_| !self.urgent) else {
            return text.to_owned();
        };
        let bare = text.trim_end_matches(['?', '.', '!', ' ']);
        if self.fragment
            && let Some(made) = question::stand_alone(&format!("and {text}"), &before.text)
        {
            return made;
        }
        // What was told for it before it is what it points to.
        let alone = self.sentences.first().is_some_and(|s| s.1);
        let back = alone && self.sentences.iter().any(|s| s.1 && points_back(&s.0));
        let named = drugs_in(text, lexicon);
        let lent = drugs_in(&before.text, lexicon);
        if named.is_empty() && !lent.is_empty() && (back || (alone && speaks_of_the_drug(text))) {
            return format!("{bare} ({})?", lent.join(", "));
        }
        if back {
            let before = before.text.trim_end_matches(['?', '.', '!', ' ']);
            return format!("{before}: {text}");
        }
        text.to_owned()
    }
}

/// What is asked of the drug that was named before: "the pen", "side effects", "how is it stored".
fn speaks_of_the_drug(text: &str) -> bool {
    static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)\b(?:the|this|that|these|those|my)\s+(?:drug|medications?|medicine|meds?|pills?|tablets?|capsules?|pens?|inhaler|syringe|injection|shot|vial|generic|brand)\b
            | \b(?:side\s+effects?|dos(?:es?|age|ing)|interact\w*|overdose|strengths?|ingredients?|refrigerat\w*|fridge|storage|stored|alcohol|pregnan\w*|breastfe\w*|grapefruit|empty\s+stomach|with\s+food|efectos|dosis|embaraz\w*)\b",
        )
        .expect("a valid pattern")
    });
    SPEAKS.is_match(text)
}

/// The drugs that a text names, as it names them.
fn drugs_in(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let words = drugs::folded(text);
    let lower = text.to_ascii_lowercase();
    let written = |name: String| {
        let at = lower.find(&name).map(|at| at..at + name.len());
        at.and_then(|at| text.get(at)).map(str::to_owned).unwrap_or(name)
    };
    let mut out: Vec<String> = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let Some((_, n)) = lexicon.at(&words[i..]) else {
            i += 1;
            continue;
        };
        let name = written(words[i..i + n].join(" "));
        if !out.contains(&name) {
            out.push(name);
        }
        i += n.max(1);
    }
    out
}

/// What was said and belongs to no question yet.
#[derive(Default)]
struct Pending {
    units: Vec<Unit>,
    /// It is about something else than the question before.
    other: bool,
}

impl Pending {
    fn is_a_problem(&self) -> bool {
        self.units.iter().any(|u| u.kind == Kind::Problem)
    }

    fn take(&mut self) -> Vec<Unit> {
        self.other = false;
        std::mem::take(&mut self.units)
    }

    /// Where nothing asks about it: a part by itself, or of the one before.
    fn settle(&mut self, groups: &mut Vec<Group>, turned: bool) {
        let alone = self.is_a_problem() && (self.other || (turned && groups.is_empty()));
        let units = self.take();
        match groups.last_mut() {
            _ if alone => groups.push(Group::of(units).settled()),
            Some(last) => last.background(units),
            None => {}
        }
    }
}

fn grouped(units: Vec<Unit>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut pending = Pending::default();
    let mut turned = false;
    for mut unit in units {
        if std::mem::take(&mut turned) {
            unit.turn = Turn::Also;
        }
        match unit.kind {
            Kind::Courtesy => turned = unit.turn == Turn::Also,
            Kind::Urgent => {
                let fresh = pending.other || groups.last().is_none_or(|g| !g.urgent);
                if fresh {
                    groups.push(Group::of(pending.take()));
                }
                if let Some(last) = groups.last_mut() {
                    last.background(pending.take());
                    last.urgent = true;
                    last.asks(unit);
                }
            }
            Kind::Problem | Kind::Background => {
                if unit.turn == Turn::Also {
                    pending.settle(&mut groups, true);
                    pending.other = true;
                }
                pending.units.push(unit);
            }
            Kind::Open => match groups.last_mut() {
                Some(last) if !pending.other => {
                    last.background(pending.take());
                    last.background(vec![unit]);
                }
                _ if pending.units.is_empty() => {}
                _ => {
                    let mut group = Group::of(pending.take()).settled();
                    group.background(vec![unit]);
                    groups.push(group);
                }
            },
            Kind::Question => asked(unit, &mut pending, &mut groups),
        }
    }
    pending.settle(&mut groups, false);
    groups
}

fn asked(unit: Unit, pending: &mut Pending, groups: &mut Vec<Group>) {
    let of_its_own = own(&unit.words);
    if unit.turn == Turn::Also && pending.is_a_problem() && !points_back(&unit.words) {
        pending.settle(groups, true);
    } else if unit.turn != Turn::None && !pending.other {
        // What stands between two questions belongs to the first, if the second turns away from it.
        if let Some(last) = groups.last_mut() {
            last.background(pending.take());
        }
    }
    let same = groups.last().is_some_and(|last| {
        let shared = of_its_own.intersection(&last.own).count();
        last.urgent || last.told || unit.told || !is_formed(&unit.words) || shared * 4 >= of_its_own.len() * 3
    });
    if same && unit.turn == Turn::None && !pending.other {
        if let Some(last) = groups.last_mut() {
            last.background(pending.take());
            last.asks(unit);
        }
        return;
    }
    let mut group = Group::of(pending.take());
    group.told = unit.told;
    group.fragment = unit.turn != Turn::None && !is_formed(&unit.words);
    group.asks(unit);
    groups.push(group);
}

#[cfg(test)]
mod tests;
