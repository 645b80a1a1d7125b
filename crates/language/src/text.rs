//! Sentences and words of pharmacy text. Everything is a byte range of the text it was given;
//! nothing is rewritten.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::tables;

/// A sentence or a heading, as a byte range without surrounding white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub range: Range<usize>,
    /// Where the words begin, behind a list marker such as `2. ` or `- `.
    pub body: usize,
    pub heading: bool,
    /// The block it stands in, counted from 0: a paragraph or a list item.
    pub block: usize,
}

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[ \t]*(?:>[ \t]*)*(?:[-*+•–]|\d{1,3}[.)]|[A-Za-z][.)])[ \t]+").expect("a valid pattern")
});
static HEADING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[ \t]{0,3}#{1,6}[ \t]").expect("a valid pattern"));

/// Words that end in a full stop without ending the sentence.
const ABBREVIATIONS: &[&str] = &[
    "dr", "mr", "mrs", "ms", "vs", "e.g", "i.e", "approx", "inc", "st", "fig", "tab", "tabs", "cap", "caps", "oz",
    "ext", "dept", "rph", "jr", "sr", "max", "min", "incl", "cf", "eg", "ie", "u.s", "ph.d", "pharm",
];

/// The text's sentences and headings, in order.
pub fn segments(text: &str) -> Vec<Segment> {
    let mut out = Vec::new();
    let mut paragraph: Option<(Range<usize>, usize)> = None;
    let mut block = 0;
    let mut offset = 0;
    let flush = |p: &mut Option<(Range<usize>, usize)>, out: &mut Vec<Segment>, block: &mut usize| {
        if let Some((range, body)) = p.take() {
            split_block(text, range, body, *block, out);
            *block += 1;
        }
    };
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line.trim();
        if content.is_empty() {
            flush(&mut paragraph, &mut out, &mut block);
        } else if HEADING.is_match(line) {
            flush(&mut paragraph, &mut out, &mut block);
            let lead = line.len() - line.trim_start().len();
            let range = start + lead..start + line.trim_end().len();
            let hashes = content.len() - content.trim_start_matches('#').trim_start().len();
            out.push(Segment {
                body: range.start + hashes,
                range,
                heading: true,
                block,
            });
            block += 1;
        } else if tables::is_row(content) {
            // Each row is read by itself, and never cut.
            flush(&mut paragraph, &mut out, &mut block);
            let lead = line.len() - line.trim_start().len();
            let range = start + lead..start + line.trim_end().len();
            let heading = false;
            let body = range.start;
            out.push(Segment {
                range,
                body,
                heading,
                block,
            });
            block += 1;
        } else if let Some(marker) = MARKER.find(line) {
            flush(&mut paragraph, &mut out, &mut block);
            let lead = line.len() - line.trim_start().len();
            // A marker with nothing behind it ends before the space that it was known by.
            let end = start + line.trim_end().len();
            paragraph = Some((start + lead..end, (start + marker.end()).min(end)));
        } else if let Some((range, _)) = &mut paragraph {
            range.end = start + line.trim_end().len();
        } else {
            let lead = line.len() - line.trim_start().len();
            paragraph = Some((start + lead..start + line.trim_end().len(), start + lead));
        }
    }
    flush(&mut paragraph, &mut out, &mut block);
    out
}

/// Splits one paragraph or list item at sentence ends.
fn split_block(text: &str, range: Range<usize>, body: usize, block: usize, out: &mut Vec<Segment>) {
    let s = &text[range.clone()];
    let mut begin = 0;
    let mut body = body - range.start;
    let mut push = |begin: usize, end: usize, body: usize| {
        let piece = &s[begin..end];
        let lead = piece.len() - piece.trim_start().len();
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            let from = range.start + begin + lead;
            out.push(Segment {
                range: from..from + trimmed.len(),
                body: (range.start + body).max(from),
                heading: false,
                block,
            });
        }
    };
    let chars: Vec<(usize, char)> = s.char_indices().collect();
    let mut i = 0;
    while i < chars.len() {
        let (at, c) = chars[i];
        i += 1;
        if !matches!(c, '.' | '!' | '?' | '…' | '。' | '؟' | '！' | '？') || at < body {
            continue;
        }
        // Closing quotes, brackets and citation marks belong to the sentence they follow.
        let mut j = i;
        loop {
            match chars.get(j).map(|x| x.1) {
                Some('.' | '!' | '?' | '…' | '"' | '”' | '’' | '\'' | ')' | ']' | '»' | '*' | '_') => j += 1,
                Some('[') if mark_len(&chars[j..]) > 0 => j += mark_len(&chars[j..]),
                Some(' ') if mark_len(&chars[(j + 1).min(chars.len())..]) > 0 => {
                    j += 1 + mark_len(&chars[j + 1..]);
                }
                _ => break,
            }
        }
        let end = chars.get(j).map_or(s.len(), |x| x.0);
        let wide = matches!(c, '。' | '！' | '？');
        let followed_by_space = chars.get(j).is_none_or(|x| x.1.is_whitespace()) || wide;
        let next = chars[j..].iter().map(|x| x.1).find(|c| !c.is_whitespace());
        let next_starts = next.is_none_or(|c| !c.is_lowercase());
        if !followed_by_space || (!wide && !next_starts) {
            // Nothing that closes here ends a sentence: none of it is looked at again.
            i = j;
            continue;
        }
        if c == '.' && next.is_some_and(|next| is_abbreviation(&s[..at], next) || is_clock(&s[..at], &s[end..])) {
            continue;
        }
        push(begin, end, body);
        begin = end;
        body = end;
        i = j;
    }
    if begin < s.len() {
        push(begin, s.len(), body);
    }
}

/// How many characters a mark such as `[12]` at the beginning of `chars` takes; 0 if none is there.
fn mark_len(chars: &[(usize, char)]) -> usize {
    if chars.first().map(|x| x.1) != Some('[') {
        return 0;
    }
    let digits = chars[1..]
        .iter()
        .take_while(|x| x.1.is_ascii_digit() || x.1 == ',' || x.1 == ' ')
        .count();
    if digits > 0 && chars.get(1 + digits).map(|x| x.1) == Some(']') {
        digits + 2
    } else {
        0
    }
}

fn is_abbreviation(before: &str, next: char) -> bool {
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '“'))
        .next()
        .unwrap_or("");
    let lower = word.to_lowercase();
    // A single letter is an initial; a list number stands before its words and was skipped already.
    (word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && word != "I")
        || ABBREVIATIONS.contains(&lower.as_str())
        || (matches!(lower.as_str(), "no" | "nos") && next.is_ascii_digit())
}

/// "4 p.m. Eastern Time" goes on, "until 4 p.m. Then call" does not.
fn is_clock(before: &str, after: &str) -> bool {
    const ZONES: &[&str] = &[
        "Eastern", "Central", "Mountain", "Pacific", "ET", "EST", "EDT", "CT", "MT", "PT",
    ];
    let zone = after
        .trim_start()
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or("");
    (before.ends_with("a.m") || before.ends_with("p.m")) && ZONES.contains(&zone)
}

/// White space collapsed to single spaces, ends trimmed: how two sentences are compared.
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A word as it is searched and compared: lower case, no accents, stemmed.
pub fn stem(word: &str) -> String {
    thread_local!(static STEMMER: Stemmer = Stemmer::create(Algorithm::English));
    let folded = fold(word);
    STEMMER.with(|s| s.stem(&folded).into_owned())
}

/// Lower case, without accents, plain apostrophes.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if c == '’' { '\'' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a text in order, as written. Hyphens part words, as in a search field.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.unicode_words()
}

/// The stems of a text's words, all of them, in order.
pub fn stems(text: &str) -> Vec<String> {
    words(text).map(term).collect()
}

/// The stems that carry the meaning: without the small words of every sentence.
pub fn content_stems(text: &str) -> Vec<String> {
    words(text).filter(|w| !is_stopword(w)).map(term).collect()
}

/// A word of a text as [`stems`] has it.
pub fn term(word: &str) -> String {
    let folded = fold(word);
    stem(folded.strip_suffix("'s").unwrap_or(&folded))
}

/// A cautious count of tokens, the same on every machine: long words are several pieces.
pub fn tokens(s: &str) -> usize {
    let in_words: usize = words(s).map(|w| w.chars().count().div_ceil(6)).sum();
    in_words + s.chars().filter(char::is_ascii_punctuation).count()
}

pub fn is_stopword(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| STOPWORDS.split_whitespace().collect());
    let folded = fold(word);
    SET.contains(folded.as_str())
}

/// Small words of English. Negations are not among them: they change a claim.
const STOPWORDS: &str = "a about all also am an and any are as at be because been being both but by can could did do \
does doing during each few for from further had has have having he her here hers herself him himself his how i i'd i'll \
i'm i've if in into is it it's its itself just let's me more most my myself of off on once only or other our ours \
ourselves out over own please s same shall she should so some such t than that that's the their theirs them themselves then \
there there's these they they're this those through to too under until up us very was we we're were what what's when \
where which while who who's whom why will with would you you're your yours yourself yourselves";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        segments(text).into_iter().map(|s| &text[s.range]).collect()
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        for (text, want) in [
            ("One. Two? Three!", vec!["One.", "Two?", "Three!"]),
            ("Ask Dr. Lee. Then call.", vec!["Ask Dr. Lee.", "Then call."]),
            ("Take 2.5 mg daily. Stop.", vec!["Take 2.5 mg daily.", "Stop."]),
            ("Use e.g. Aspirin. Done", vec!["Use e.g. Aspirin.", "Done"]),
            (
                "Open 8 a.m. to 5 p.m. every day. Closed Sunday.",
                vec!["Open 8 a.m. to 5 p.m. every day.", "Closed Sunday."],
            ),
            (
                "Before 4 p.m. Eastern Time. Then call.",
                vec!["Before 4 p.m. Eastern Time.", "Then call."],
            ),
            (
                "Say it.[1] Then this. [2] End.",
                vec!["Say it.[1]", "Then this. [2]", "End."],
            ),
            (
                "# Steps\n1. Open it. Look.\n2. Close\n   it.\n\nAfter.",
                vec!["# Steps", "1. Open it.", "Look.", "2. Close\n   it.", "After."],
            ),
            ("He said “No.” Then left.", vec!["He said “No.”", "Then left."]),
            ("*\t\t\t", vec!["*"]),
            ("", vec![]),
            ("  \n\t\n", vec![]),
            ("مرحبا؟ نعم.", vec!["مرحبا؟", "نعم."]),
        ] {
            assert_eq!(split(text), want, "{text:?}");
        }
    }

    #[test]
    fn what_never_ends_a_sentence_is_looked_at_once() {
        let began = std::time::Instant::now();
        for run in ["!*", ".", ".'", "?\"", "[1]."] {
            assert_eq!(segments(&format!("Word {}x", run.repeat(500_000))).len(), 1, "{run}");
            assert_eq!(segments(&format!("Word {} x", run.repeat(500_000))).len(), 1, "{run}");
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60));
    }

    #[test]
    fn the_body_of_an_item_begins_behind_its_marker() {
        let text = "2. Close it. Then go.";
        let s = segments(text);
        assert_eq!(&text[s[0].body..s[0].range.end], "Close it.");
        assert_eq!(&text[s[1].body..s[1].range.end], "Then go.");
    }

    #[test]
    fn stems_meet_across_forms() {
        assert_eq!(stem("Refills"), stem("refill"));
        assert_eq!(stem("naïve"), stem("naive"));
        assert_eq!(content_stems("The patient's plan"), content_stems("patient plan"));
    }

    proptest! {
        #[test]
        fn segments_are_ordered_trimmed_and_cover_every_word(text in "[ \\n\\ta-zA-Z0-9.!?#*\\-\\[\\]()é؟😀]{0,200}") {
            let mut last = 0;
            let mut covered = String::new();
            for s in segments(&text) {
                prop_assert!(s.range.start >= last && s.range.end > s.range.start);
                prop_assert!(s.body >= s.range.start && s.body <= s.range.end);
                prop_assert_eq!(text[s.range.clone()].trim(), &text[s.range.clone()]);
                covered.push_str(&text[s.range.clone()]);
                last = s.range.end;
            }
            let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeeze(&covered), squeeze(&text));
        }
    }
}
