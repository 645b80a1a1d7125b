//! How a tenant's documents are to be written, as its `sources.toml` says: no longer sentences than so many words, no
//! harder to read than a grade, none of some words. It is told, and nothing is left out because of it.

use mortar_language::tables;
use mortar_language::text::{collapse, segments};
use regex::Regex;
use serde::Deserialize;

/// Below so many words a grade says little.
const ENOUGH: usize = 60;
/// Of a sentence so much is shown, in characters.
const SHOWN: usize = 60;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenStyle {
    sentence_words: Option<usize>,
    grade: Option<f64>,
    #[serde(default)]
    avoid: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Style {
    sentence_words: Option<usize>,
    grade: Option<f64>,
    avoid: Vec<(String, Regex)>,
}

impl WrittenStyle {
    pub fn read(self) -> Result<Style, String> {
        let whole = |words: String| {
            let pattern = regex::escape(collapse(&words).as_str()).replace(' ', r"\s+");
            let pattern = Regex::new(&format!(r"(?i)(?:^|\W)({pattern})(?:\W|$)"));
            match pattern {
                Ok(pattern) if !words.trim().is_empty() => Ok((words, pattern)),
                _ => Err(format!("style: “{words}” is no word to avoid")),
            }
        };
        Ok(Style {
            sentence_words: self.sentence_words,
            grade: self.grade,
            avoid: self.avoid.into_iter().map(whole).collect::<Result<_, _>>()?,
        })
    }
}

impl Style {
    /// What of a text is not written so: where it stands, and what is to be said of it.
    pub fn found(&self, body: &str) -> Vec<(Option<usize>, String)> {
        let sentences = || {
            let prose = segments(body).into_iter().filter(|s| !s.heading);
            let said = prose.map(|s| (s.body, body.get(s.body..s.range.end).unwrap_or_default()));
            said.filter(|(_, words)| !tables::is_row(words) && !words.contains(" | "))
        };
        let mut out = Vec::new();
        if let Some(most) = self.sentence_words {
            let words = |s: &str| s.split_whitespace().count();
            let long: Vec<_> = sentences().filter(|(_, s)| words(s) > most).collect();
            if let Some((at, longest)) = long.iter().max_by_key(|(_, s)| words(s)) {
                let start: String = collapse(longest).chars().take(SHOWN).collect();
                let reason = format!(
                    "sentences of more than {most} words ({}), the longest: “{start}…”",
                    long.len()
                );
                out.push((Some(*at), reason));
            }
        }
        if let Some(most) = self.grade
            && let Some(grade) = grade(sentences().map(|(_, s)| s))
            && grade > most
        {
            let rounded = grade.round();
            out.push((
                None,
                format!("it reads as school grade ({rounded}), above {most}: shorter sentences, shorter words"),
            ));
        }
        for (words, pattern) in &self.avoid {
            if let Some(found) = pattern.captures(body).and_then(|c| c.get(1)) {
                out.push((
                    Some(found.start()),
                    format!("it says “{words}”, which is to be avoided"),
                ));
            }
        }
        out
    }
}

/// The grade of Flesch and Kincaid, which knows English; none of what is too short to say.
fn grade<'s>(sentences: impl Iterator<Item = &'s str>) -> Option<f64> {
    let (mut count, mut words, mut parts) = (0usize, 0usize, 0usize);
    for sentence in sentences {
        count += 1;
        for word in sentence.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’') {
            if word.chars().any(char::is_alphabetic) {
                words += 1;
                parts += syllables(word);
            }
        }
    }
    let (sentences, of) = (count as f64, words as f64);
    (words >= ENOUGH).then(|| 0.39 * of / sentences + 11.8 * parts as f64 / of - 15.59)
}

/// Groups of vowels, without an “e” at the end that is not spoken.
fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let is_vowel = |c: &char| "aeiouyáéíóú".contains(*c);
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    let groups = letters.chunk_by(|a, b| is_vowel(a) == is_vowel(b));
    let groups = groups.filter(|g| g.first().is_some_and(is_vowel)).count();
    let is_silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(is_silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_held_against_what_is_asked_of_it() {
        let style = "sentence_words = 8\ngrade = 9\navoid = [\"utilize\", \"a s a p\"]";
        let style = toml::from_str::<WrittenStyle>(style).unwrap().read().unwrap();
        let plain = "Call the plan. Ask them to pay for it. ".repeat(10);
        let hard = "Authorization documentation requirements necessitate comprehensive verification. ".repeat(12);
        for (body, want) in [
            (plain.as_str(), &[][..]),
            (&hard, &["school grade"]),
            ("Utilizes a tool. Reutilize.", &[]),
            ("We Utilize it.", &["“utilize”"]),
            ("Answer a s\na  p.", &["“a s a p”"]),
            (
                "# A heading of more words than eight, which is no sentence at all\n\nShort.",
                &[],
            ),
            (
                "One two three four five six seven eight nine.",
                &["(1), the longest: “One two"],
            ),
            ("a | b c d e f g h i j k l m | n", &[]),
        ] {
            let found = style.found(body);
            assert_eq!(found.len(), want.len(), "{body}: {found:?}");
            for (found, want) in found.iter().zip(want) {
                assert!(found.1.contains(want), "{body}: {found:?}");
            }
        }
        assert_eq!(style.found("We utilize it.")[0].0, Some(3));
        assert!(Style::default().found(&hard).is_empty());
        assert!(toml::from_str::<WrittenStyle>("words = 3").is_err());
        let blank = toml::from_str::<WrittenStyle>("avoid = [\" \"]").unwrap();
        assert!(blank.read().is_err());
    }

    #[test]
    fn syllables_are_counted_as_they_are_spoken() {
        for (word, n) in [
            ("plan", 1),
            ("table", 2),
            ("authorization", 5),
            ("take", 1),
            ("the", 1),
            ("rhythm", 1),
            ("see", 1),
        ] {
            assert_eq!(syllables(word), n, "{word}");
        }
    }
}
