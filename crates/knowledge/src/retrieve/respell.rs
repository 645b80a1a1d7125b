//! Misspelt words of a question, as the knowledge spells them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use heed::Result;
use mortar_language::{facts, text};

use crate::index::{Reading, respells};
use crate::release::Release;

impl Release {
    /// The question with each word that nobody knows as the nearest word of the knowledge.
    pub(super) fn respelt(&self, question: &str, known: &dyn Fn(&str) -> bool) -> Result<Option<String>> {
        let reading = self.index.read()?;
        let mut out = String::new();
        let mut done = 0;
        // Where nobody says which words are English, only the smallest slip is one.
        let english = known("what");
        let slips = |word: &str| if english && word.chars().count() >= 7 { 2 } else { 1 };
        for word in text::words(question).filter(|w| respells(w)) {
            let at = word.as_ptr() as usize - question.as_ptr() as usize;
            let folded = text::fold(word);
            // A capital inside a sentence is a name: nobody's to respell.
            let name = at > 0 && word.chars().next().is_some_and(char::is_uppercase);
            // One drug is never another, however like their names are.
            if name
                || facts::is_drug(&folded)
                || known(word)
                || reading.has_word(&folded)?
                || reading.postings(&text::stem(word))?.is_some()
            {
                continue;
            }
            if let Some(right) = nearest_word(&reading, &folded, slips(&folded))? {
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

/// The word of the knowledge that a misspelt one was meant for: one slip away, in a long word two.
/// The first letter is seldom the wrong one.
fn nearest_word(reading: &Reading<'_>, word: &str, slips: usize) -> Result<Option<String>> {
    let mut best: Option<(usize, Reverse<u32>, &str)> = None;
    let first = |n: usize| word.char_indices().nth(n).map_or(word, |(i, _)| &word[..i]);
    let sounds = if word.starts_with('f') { "ph" } else { first(1) };
    for begin in [first(1), sounds].into_iter().collect::<BTreeSet<_>>() {
        for entry in reading.words_with(begin)? {
            let (held, passages) = entry?;
            if held.len().abs_diff(word.len()) > slips {
                continue;
            }
            let distance = strsim::osa_distance(word, held);
            let found = (distance, Reverse(passages), held);
            // The name of a drug is meant only by what is all but it.
            let slips = if facts::is_drug(held) { 1 } else { slips };
            if distance <= slips && best.is_none_or(|b| found < b) {
                best = Some(found);
            }
        }
    }
    Ok(best.map(|b| b.2.to_owned()))
}
