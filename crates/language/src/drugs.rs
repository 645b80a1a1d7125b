//! The names of drugs: which names are one drug, what sort of drug it is, and which words are plain English.
//!
//! Two lists: one that is always here (`data/drugs.tsv`), and a tenant's own, which wins over it. A name that no list
//! has is nobody's to guess here.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use crate::text;

/// A drug with all names that are it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drug {
    /// As it is shown: the generic name.
    pub generic: String,
    /// Every name in lower case, the generic first.
    pub names: Vec<String>,
    /// A plain word or two: stimulant, opioid, statin.
    pub class: String,
    /// DEA schedule, 2 to 5.
    pub schedule: Option<u8>,
    /// Kept in a refrigerator before use.
    pub cold: bool,
    /// On the list of high-alert medications.
    pub alert: bool,
    /// The generics that a combination is made of.
    pub parts: Vec<String>,
}

/// A line of a list that cannot be used, by its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the list of drugs: {reason}")]
pub struct DrugListError {
    pub line: usize,
    pub reason: &'static str,
}

#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    drugs: Vec<Drug>,
    /// By the first word of a name: the whole names that begin so, each with its drug.
    names: HashMap<String, Vec<(Vec<String>, u32)>>,
    words: HashSet<String>,
}

impl Lexicon {
    /// The lexicon that every program has.
    pub fn own() -> Arc<Lexicon> {
        static OWN: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
            let mut lexicon = Lexicon::default();
            lexicon
                .add(include_str!("../data/drugs.tsv"))
                .expect("the program's own list is sound");
            Arc::new(lexicon)
        });
        OWN.clone()
    }

    /// Adds a table with a header line: `generic`, and any of `brands`, `also`, `class`, `schedule`, `cold`,
    /// `alert`, `parts`; parts of a cell are divided by `|`, lines beginning with `#` say something to a reader.
    /// A drug that is here already gets what the table says anew; names go over to the later drug.
    pub fn add(&mut self, table: &str) -> Result<(), DrugListError> {
        let mut lines = table
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.starts_with('#') && !l.trim().is_empty());
        let Some((_, header)) = lines.next() else {
            return Ok(());
        };
        let columns: HashMap<&str, usize> = header
            .split('\t')
            .map(str::trim)
            .enumerate()
            .map(|(i, c)| (c, i))
            .collect();
        if !columns.contains_key("generic") {
            return Err(DrugListError {
                line: 1,
                reason: "its first line names no column “generic”",
            });
        }
        for (n, line) in lines {
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let cell = |name: &str| columns.get(name).and_then(|i| cells.get(*i)).copied().unwrap_or("");
            let list = |name: &str| {
                cell(name)
                    .split('|')
                    .map(str::trim)
                    .filter(|x| !x.is_empty())
                    .map(str::to_lowercase)
            };
            let schedule = match cell("schedule") {
                "" => None,
                s => Some(s.parse().ok().filter(|s| (1..=5).contains(s)).ok_or(DrugListError {
                    line: n + 1,
                    reason: "a schedule is a number from 1 to 5",
                })?),
            };
            let generic = cell("generic").to_lowercase();
            if generic.is_empty() {
                return Err(DrugListError {
                    line: n + 1,
                    reason: "it names no generic",
                });
            }
            let names = std::iter::once(generic.clone())
                .chain(list("brands"))
                .chain(list("also"))
                .collect();
            self.put(Drug {
                generic,
                names,
                class: cell("class").to_lowercase(),
                schedule,
                cold: cell("cold") == "yes",
                alert: cell("alert") == "yes",
                parts: list("parts").collect(),
            });
        }
        Ok(())
    }

    fn put(&mut self, drug: Drug) -> u32 {
        let names = drug.names.clone();
        let number = match self.find(&drug.generic) {
            Some(n) => {
                let old = &mut self.drugs[n as usize];
                let kept: Vec<String> = old.names.iter().filter(|o| !drug.names.contains(o)).cloned().collect();
                *old = drug;
                old.names.extend(kept);
                n
            }
            None => {
                self.drugs.push(drug);
                self.drugs.len() as u32 - 1
            }
        };
        names.iter().for_each(|name| self.name(name, number));
        number
    }

    fn name(&mut self, name: &str, drug: u32) {
        let words = folded(name);
        let Some(first) = words.first() else { return };
        self.words.extend(words.iter().filter(|w| !is_common(w)).cloned());
        let list = self.names.entry(first.clone()).or_default();
        list.retain(|(w, _)| *w != words);
        list.push((words, drug));
        // The longest name that fits is the one that is meant.
        list.sort_by_key(|(w, _)| std::cmp::Reverse(w.len()));
    }

    /// The drug that a whole text names.
    pub fn find(&self, name: &str) -> Option<u32> {
        let words = folded(name);
        let list = self.names.get(words.first()?)?;
        list.iter().find(|(w, _)| *w == words).map(|(_, d)| *d)
    }

    /// The drug whose name begins at the first of these words (as [`folded`] gives them), and how many words it takes.
    pub fn at(&self, words: &[String]) -> Option<(u32, usize)> {
        let list = self.names.get(words.first()?)?;
        list.iter()
            .find(|(w, _)| words.starts_with(w))
            .map(|(w, d)| (*d, w.len()))
    }

    pub fn drug(&self, number: u32) -> &Drug {
        &self.drugs[number as usize]
    }

    /// Whether a word stands in a name, alone or with others.
    pub fn in_a_name(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether a single word, in lower case, is a name or begins one.
    pub fn is_name(&self, word: &str) -> bool {
        self.names
            .get(word)
            .is_some_and(|l| l.iter().any(|(w, _)| w.len() == 1))
    }

    /// The single-word names that begin with these letters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter(|(_, l)| l.iter().any(|(w, _)| w.len() == 1))
            .map(|(n, _)| n.as_str())
    }
}

/// The words of a name or a text as names are compared: lower case, no accents, no possessive.
pub fn folded(s: &str) -> Vec<String> {
    text::words(s).map(fold_name).collect()
}

pub(crate) fn fold_name(word: &str) -> String {
    let folded = text::fold(word);
    folded.strip_suffix("'s").map_or(folded.clone(), str::to_owned)
}

static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("../data/common-words.txt")
        .lines()
        .map(str::trim)
        .collect()
});

/// Whether a word, in lower case, is plain English, so that it is no name of anything.
pub fn is_common(word: &str) -> bool {
    COMMON.contains(word)
}

/// Whether it is a form of a plain word.
pub fn has_common_stem(word: &str) -> bool {
    static STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| COMMON.iter().map(|w| text::stem(w)).collect());
    STEMS.contains(&text::stem(word))
}

/// Whether it is a plain word with an ending that makes another of it: blurry, wireless.
pub fn is_made_of_common(word: &str) -> bool {
    const ENDINGS: &[&str] = &["y", "ly", "ish", "less", "ness", "able", "ful", "er", "est"];
    let doubled = |w: &str| {
        let mut last = w.chars().rev();
        last.next().is_some_and(|a| last.next() == Some(a)) && COMMON.contains(&w[..w.len() - 1])
    };
    let base = |b: &str| b.len() >= 3 && b.is_ascii() && (COMMON.contains(b) || doubled(b));
    ENDINGS.iter().filter_map(|e| word.strip_suffix(e)).any(base)
}

/// Whether two plain words make it: voicemail, autofill.
pub fn is_compound_of_common(word: &str) -> bool {
    let parts = |at: usize| word.is_char_boundary(at) && COMMON.contains(&word[..at]) && COMMON.contains(&word[at..]);
    word.len() >= 7 && (3..=word.len() - 3).any(parts)
}

/// Whether it is a plain word with one slip of the pen. The first letter is seldom the wrong one.
pub fn is_slip_of_common(word: &str) -> bool {
    static BY_LETTER: LazyLock<HashMap<char, Vec<&str>>> = LazyLock::new(|| {
        let mut out: HashMap<char, Vec<&str>> = HashMap::new();
        for w in COMMON.iter().filter(|w| w.len() >= 5) {
            out.entry(w.chars().next().unwrap_or(' ')).or_default().push(w);
        }
        out
    });
    let near = word.chars().next().and_then(|c| BY_LETTER.get(&c));
    let length = word.chars().count();
    length >= 5
        && near.is_some_and(|l| {
            l.iter()
                .any(|w| w.len().abs_diff(word.len()) <= 1 && strsim::osa_distance(w, word) <= 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str) -> Option<u32> {
        Lexicon::own().find(name)
    }

    #[test]
    fn a_brand_and_its_generic_are_one_drug_and_look_alikes_are_two() {
        for (a, b) in [
            ("Lipitor", "atorvastatin"),
            ("Adderall", "amphetamine/dextroamphetamine"),
            ("Celexa", "citalopram"),
        ] {
            assert!(number(a).is_some(), "{a}");
            assert_eq!(number(a), number(b), "{a} {b}");
        }
        for (a, b) in [
            ("Lamisil", "Lamictal"),
            ("hydroxyzine", "hydralazine"),
            ("Celebrex", "Celexa"),
            ("prednisone", "prednisolone"),
        ] {
            assert_ne!(number(a), number(b), "{a} {b}");
        }
    }

    #[test]
    fn a_tenants_table_wins() {
        let mut l = Lexicon::default();
        l.add("generic\tbrands\tschedule\nalprazolam\tXanax\t4\n").unwrap();
        l.add("generic\tbrands\tclass\nalprazolam\tXanex|House Calm\tcalmer\n")
            .unwrap();
        let d = l.drug(l.find("house calm").unwrap());
        assert_eq!(
            (d.generic.as_str(), d.class.as_str(), d.schedule),
            ("alprazolam", "calmer", None)
        );
        assert_eq!(l.find("Xanax"), l.find("alprazolam"));
        assert_eq!(
            l.at(&folded("House Calm's price")),
            l.find("alprazolam").map(|d| (d, 2))
        );
        assert!(l.add("generic\tschedule\nx\tII\n").is_err());
    }
}
