//! Cuts a sentence into its claims: what is joined by "and", "but", a comma, a dash, a relative clause. A condition
//! stays with what it decides. Ranges of bytes alone: what a claim stands on is decided elsewhere.

use std::ops::Range;

use mortar_language::text;

/// What is shorter belongs to the claim before it: a list of names is one claim.
const WORDS: usize = 3;
const CONTENT: usize = 2;

/// Words that join two claims, English and Spanish.
const JOINTS: &[&str] = &[
    "and", "but", "or", "so", "because", "which", "who", "while", "whereas", "although", "though", "however", "plus",
    "yet", "y", "e", "pero", "porque", "aunque", "mientras", "además",
];
/// What begins with these is no claim without the one beside it.
const CONDITIONS: &[&str] = &[
    "if",
    "when",
    "unless",
    "once",
    "until",
    "before",
    "after",
    "where",
    "whenever",
    "as",
    "in",
    "for",
    "at",
    "on",
    "to",
    "with",
    "without",
    "by",
    "from",
    "during",
    "except",
    "including",
    "such",
    "like",
    "than",
    "si",
    "cuando",
    "hasta",
    "antes",
    "después",
    "para",
    "sin",
    "con",
];

/// The claims of a sentence, in order; together they are all of it but for white space between them.
pub fn claims(sentence: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut begin = 0;
    for joint in joints(sentence) {
        pieces.push(begin..joint);
        begin = joint;
    }
    pieces.push(begin..sentence.len());
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut waits = false;
    for piece in pieces {
        let words = &sentence[piece.clone()];
        let with_the_one_before = out.last().is_some() && (waits || !stands_alone(words));
        if with_the_one_before {
            out.last_mut().expect("there is one").end = piece.end;
            // A condition is over at its comma.
            waits = waits && !stands_alone(words);
        } else {
            // "Yes, …": what cannot stand alone at the beginning goes with what follows.
            waits = out.is_empty() && !stands_alone(words);
            out.push(piece);
        }
    }
    out.into_iter()
        .map(|r| trimmed(sentence, r))
        .filter(|r| !r.is_empty())
        .collect()
}

/// Where a new claim may begin.
fn joints(sentence: &str) -> Vec<usize> {
    let base = sentence.as_ptr() as usize;
    let mut out = Vec::new();
    let mut last = 0;
    // Open brackets and quotations: what stands in them is part of one claim.
    let (mut brackets, mut quoted) = (0i32, false);
    for word in text::words(sentence) {
        let at = word.as_ptr() as usize - base;
        let between = &sentence[last..at];
        for c in between.chars() {
            match c {
                '(' | '“' => brackets += 1,
                ')' | '”' => brackets -= 1,
                '"' => quoted = !quoted,
                _ => {}
            }
        }
        let pause = between.contains([',', ';', '–', '—', '.', '!', '?']) || between.contains(" - ");
        let spaced = between.contains(char::is_whitespace);
        // "October 31, 2010" is one.
        let pause = pause && !word.starts_with(|c: char| c.is_ascii_digit());
        let joins = JOINTS.contains(&text::fold(word).as_str());
        if last > 0 && spaced && (pause || joins) && brackets <= 0 && !quoted {
            out.push(at);
        }
        last = at + word.len();
    }
    out
}

fn stands_alone(piece: &str) -> bool {
    let mut words = text::words(piece)
        .skip_while(|w| JOINTS.contains(&text::fold(w).as_str()))
        .peekable();
    let conditional = words
        .peek()
        .is_some_and(|w| CONDITIONS.contains(&text::fold(w).as_str()));
    let all: Vec<&str> = words.collect();
    !conditional && all.len() >= WORDS && all.iter().filter(|w| !text::is_stopword(w)).count() >= CONTENT
}

fn trimmed(sentence: &str, range: Range<usize>) -> Range<usize> {
    let piece = &sentence[range.clone()];
    let lead = piece.len() - piece.trim_start().len();
    let from = range.start + lead;
    from..(range.start + piece.trim_end().len()).max(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sentence_is_cut_where_another_claim_begins() {
        for (sentence, want) in [
            ("The plan decides.", vec!["The plan decides."]),
            (
                "Discard the old pen and the patient can use the new pen tonight.",
                vec!["Discard the old pen", "and the patient can use the new pen tonight."],
            ),
            (
                "If the plan refuses, call the prescriber, but never change the dose.",
                vec![
                    "If the plan refuses, call the prescriber,",
                    "but never change the dose.",
                ],
            ),
            (
                "The claim was paid, which the carrier confirmed by phone.",
                vec!["The claim was paid,", "which the carrier confirmed by phone."],
            ),
            ("Tablets, capsules, and drops.", vec!["Tablets, capsules, and drops."]),
            (
                "Close the order (paid, sent and logged by us) today.",
                vec!["Close the order (paid, sent and logged by us) today."],
            ),
            (
                "Ask the supervisor for a signature when the order is late and the box is open.",
                vec![
                    "Ask the supervisor for a signature when the order is late",
                    "and the box is open.",
                ],
            ),
        ] {
            let got: Vec<&str> = claims(sentence).into_iter().map(|r| &sentence[r]).collect();
            assert_eq!(got, want, "{sentence}");
        }
    }

    proptest! {
        #[test]
        fn claims_cover_every_word_in_order(text in "[ a-z,;()\"“”–é.\\n]{0,120}( and | but |, )?[a-z ]{0,40}") {
            let mut last = 0;
            let mut covered = String::new();
            for r in claims(&text) {
                prop_assert!(r.start >= last && r.end > r.start);
                covered.push_str(&text[r.clone()]);
                last = r.end;
            }
            let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeeze(&covered), squeeze(&text));
        }
    }
}
