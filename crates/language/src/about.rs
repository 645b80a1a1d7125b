//! All that a question says about what its answer must be about: its subjects, its case, the step that it asks for.

use std::sync::Arc;

use crate::cases::{self, Condition};
use crate::drugs::Lexicon;
use crate::rivals::{self, Slot};
use crate::steps::{self, Step};
use crate::subjects::{self, Held, Met, Subject, What, World};

/// More names of a drug than these are not added to a question.
const NAMES: usize = 2;

#[derive(Debug, Clone)]
pub struct About {
    pub subjects: Vec<Subject>,
    /// Words that tell what it names from others of that name.
    pub slots: Vec<Slot>,
    pub conditions: Vec<Condition>,
    /// With the words that asked for it.
    pub step: Option<(Step, String)>,
    /// It may be about danger to life.
    pub emergency: bool,
    pub lexicon: Arc<Lexicon>,
}

impl About {
    /// Reads a question; `emergencies` are a tenant's own words for danger to life.
    pub fn of(question: &str, lexicon: &Arc<Lexicon>, world: &dyn World, emergencies: &[String]) -> About {
        let subjects = subjects::read(question, lexicon, world);
        About {
            conditions: cases::conditions(question, &subjects, lexicon),
            slots: rivals::slots(question),
            step: steps::asked(question),
            emergency: cases::emergency(question, emergencies),
            lexicon: lexicon.clone(),
            subjects,
        }
    }

    /// Names that a follow-up borrowed from the question before it do not decide: it is about its own.
    pub fn borrowed(&mut self, typed: &str) {
        for s in self.subjects.iter_mut().filter(|s| matches!(s.what, What::Name(_))) {
            s.decides &= typed.contains(&s.shown);
        }
    }

    /// The subjects without which a source says nothing about the question.
    pub fn deciding(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.iter().filter(|s| s.decides)
    }

    /// The subjects that a source lacks: those that decide, and any drug where the source is of another.
    pub fn lacked_by(&self, held: &Held) -> Vec<&Subject> {
        let of_another = held.is_of_another_drug(&self.subjects);
        let counts = |s: &&Subject| s.decides || (of_another && matches!(s.what, What::Drug { .. }));
        let lacked = |s: &&Subject| counts(s) && s.met_by(held, &self.lexicon) == Met::Missing;
        self.subjects.iter().filter(lacked).collect()
    }

    /// Whether a source's title names a drug of the question, one that decides or not.
    pub fn is_of_its_drug(&self, held: &Held) -> bool {
        held.is_of(&self.subjects)
    }

    /// Whether a drug decides.
    pub fn asks_of_a_drug(&self) -> bool {
        self.deciding().any(|s| matches!(s.what, What::Drug { .. }))
    }

    /// How many of the conditions a source speaks of.
    pub fn conditions_held(&self, source: &str) -> usize {
        self.conditions.iter().filter(|c| c.held_by(source)).count()
    }

    /// The question with its drugs called medication, where it names any that the sources know and none of them decides.
    pub fn of_any_drug(&self, question: &str, world: &dyn World) -> Option<String> {
        let known = |s: &Subject| match s.what {
            What::Drug { drug, .. } => {
                let mut names = self.lexicon.drug(drug).names.iter();
                names.any(|n| is_held(n, world))
            }
            _ => true,
        };
        if self.asks_of_a_drug() || !self.subjects.iter().all(known) {
            return None;
        }
        let mut out = question.to_owned();
        for s in self.subjects.iter().filter(|s| matches!(s.what, What::Drug { .. })) {
            out = out.replacen(&s.shown, "medication", 1);
        }
        (out != question).then_some(out)
    }

    /// The question with what its names stand for behind it, as far as any source says it, so that more is found;
    /// what was typed stays.
    pub fn widened(&self, question: &str, world: &dyn World) -> String {
        let said = |name: &str| is_held(name, world);
        let mut more: Vec<String> = Vec::new();
        for s in &self.subjects {
            if let What::Drug { drug, .. } = s.what {
                let drug = self.lexicon.drug(drug);
                // Under the names that the sources use.
                let typed = s.shown.to_lowercase();
                let other = drug.names.iter().filter(|n| !typed.starts_with(n.as_str()) && said(n));
                more.extend(other.take(NAMES).cloned());
                if drug.schedule.is_some() && said("controlled") {
                    more.push("controlled substance".into());
                }
            }
        }
        if self.deciding().any(Subject::is_abroad) {
            more.extend(
                ["international", "outside the United States"]
                    .map(String::from)
                    .into_iter()
                    .filter(|w| said(w)),
            );
        }
        if self.emergency {
            more.push(cases::emergency_words(question).into());
        }
        more.dedup();
        if more.is_empty() {
            question.to_owned()
        } else {
            format!("{question} ({})", more.join(", "))
        }
    }
}

/// Whether the sources hold each word of a name.
fn is_held(name: &str, world: &dyn World) -> bool {
    crate::drugs::folded(name).iter().all(|w| world.holds(w))
}
