//! Misspelt words of a question, as the knowledge spells them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use heed::Result;
use mortar_language::drugs::{Lexicon, folded};
use mortar_language::{days, facts, proper, text};

use crate::index::{Reading, respells};
use crate::release::Release;

impl Release {
    /// The words of a question that no source holds, but for days and numbers.
    pub(super) fn unheld(&self, reading: &Reading<'_>, question: &str) -> Result<HashSet<String>> {
        let mut out = HashSet::new();
        for word in text::words(question).filter(|w| !text::is_stopword(w)) {
            let counted = word.starts_with(|c: char| c.is_ascii_digit()) || days::is_day_word(&text::fold(word));
            let stem = text::term(word);
            let list = reading.postings(&stem)?.unwrap_or_default();
            let mut stand = crate::lexical::decode(list).map(|p| self.index.owner(p.passage));
            if !counted && !stand.any(|d| !self.index.hidden().contains(d)) {
                out.insert(stem);
            }
        }
        Ok(out)
    }

    /// The question with each word that nobody knows as the nearest word of the knowledge.
    pub(super) fn respelt(
        &self,
        question: &str,
        lexicon: &Lexicon,
        known: &dyn Fn(&str) -> bool,
    ) -> Result<Option<String>> {
        let reading = self.index.read()?;
        let mut out = String::new();
        let mut done = 0;
        // Where nobody says which words are English, only the smallest slip is one.
        let english = known("what");
        let slips = |word: &str| if english && word.chars().count() >= 7 { 2 } else { 1 };
        for word in text::words(question).filter(|w| respells(w)) {
            let at = word.as_ptr() as usize - question.as_ptr() as usize;
            let folded = text::fold(word);
            // Plain words mean what they say.
            if proper::is_plain_language(&folded, word) || known(word) || reading.has_word(&folded)? {
                continue;
            }
            // A capital inside a sentence is a name: it may be a misspelt one, but no other word.
            let name = at > 0 && word.chars().next().is_some_and(char::is_uppercase);
            let drug = nearest_drug(&reading, lexicon, &folded)?;
            // One name is never another, however like they are; but a drug may be spelt in two ways.
            if lexicon.in_a_name(&folded) && !matches!(&drug, Near::One(d) if is_of(lexicon, d, &folded)) {
                continue;
            }
            let right = match drug {
                Near::One(drug) => Some(drug),
                // Two names are as near: to choose would be to guess.
                Near::Several => None,
                Near::None if reading.postings(&text::stem(word))?.is_some() => None,
                Near::None if name => None,
                Near::None => nearest_word(&reading, lexicon, &folded, slips(&folded))?,
            };
            if let Some(right) = right {
                out.push_str(&question[done..at]);
                out.push_str(&right);
                done = at + word.len();
            }
        }
        if out.is_empty() {
            return Ok(None);
        }
        out.push_str(&question[done..]);
        Ok(Some(out))
    }
}

/// Whether a word stands in one of the names of a drug.
fn is_of(lexicon: &Lexicon, drug: &str, word: &str) -> bool {
    lexicon.find(drug).is_some_and(|d| {
        let mut names = lexicon.drug(d).names.iter();
        names.any(|n| folded(n).iter().any(|w| w == word))
    })
}

/// What a misspelt name was meant for.
enum Near {
    None,
    One(String),
    Several,
}

/// The name of a drug that the knowledge holds, under whatever name, and that a word is one slip away from. A name
/// that the knowledge lacks and that is as near is as likely to be meant.
fn nearest_drug(reading: &Reading<'_>, lexicon: &Lexicon, word: &str) -> Result<Near> {
    const SHORTEST: usize = 5;
    if word.len() < SHORTEST {
        return Ok(Near::None);
    }
    let first = word.chars().next();
    let sounds = |n: &str| n.chars().next() == first || (word.starts_with('f') && n.starts_with("ph"));
    let near = |n: &&str| n.len().abs_diff(word.len()) <= 1 && sounds(n) && strsim::osa_distance(n, word) <= 1;
    let mut drugs: Vec<(u32, &str)> = lexicon
        .names()
        .filter(near)
        .filter_map(|n| Some((lexicon.find(n)?, n)))
        .collect();
    drugs.sort_unstable();
    let Some(&(drug, name)) = drugs.first() else {
        return Ok(Near::None);
    };
    if drugs.iter().any(|d| d.0 != drug) {
        return Ok(Near::Several);
    }
    for held in &lexicon.drug(drug).names {
        let words = folded(held);
        let mut all = !words.is_empty();
        for w in &words {
            all &= reading.postings(&text::stem(w))?.is_some();
        }
        if all {
            // As the knowledge has it, where the slip is of that very name.
            let exact = drugs.iter().find(|d| d.1 == held).map_or(name, |d| d.1);
            return Ok(Near::One(exact.to_owned()));
        }
    }
    Ok(Near::None)
}

/// The word of the knowledge that a misspelt one was meant for: one slip away, in a long word two.
/// The first letter is seldom the wrong one.
fn nearest_word(reading: &Reading<'_>, lexicon: &Lexicon, word: &str, slips: usize) -> Result<Option<String>> {
    let mut best: Option<(usize, Reverse<u32>, &str)> = None;
    let first = |n: usize| word.char_indices().nth(n).map_or(word, |(i, _)| &word[..i]);
    let sounds = if word.starts_with('f') { "ph" } else { first(1) };
    for begin in [first(1), sounds].into_iter().collect::<BTreeSet<_>>() {
        for entry in reading.words_with(begin)? {
            let (held, passages) = entry?;
            if held.len().abs_diff(word.len()) > slips {
                continue;
            }
            // Whether a drug is meant was looked at before.
            if lexicon.is_name(held) {
                continue;
            }
            let distance = strsim::osa_distance(word, held);
            let found = (distance, Reverse(passages), held);
            // What ends as the names of a class do is meant only by what is all but it.
            let slips = if facts::is_drug(held) { 1 } else { slips };
            if distance <= slips && best.is_none_or(|b| found < b) {
                best = Some(found);
            }
        }
    }
    Ok(best.map(|b| b.2.to_owned()))
}
