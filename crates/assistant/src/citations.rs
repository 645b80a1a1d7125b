//! The marks of a generator (`[2]`, `[1, 3]`): cut out of the streamed text, resolved to passages.
//! A mark that points to no passage is removed and counted, never shown.

use std::sync::LazyLock;

use regex::Regex;

static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[ \t]*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]").expect("a valid pattern"));

/// A text without its marks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unmarked {
    pub text: String,
    /// The passages' numbers that the marks named, each once.
    pub cited: Vec<u32>,
    pub dropped: u32,
}

/// Takes the marks out of a text. `passages` is how many there are, numbered from 1.
pub fn unmark(text: &str, passages: u32) -> Unmarked {
    let mut out = Unmarked::default();
    let mut last = 0;
    for c in MARK.captures_iter(text) {
        let whole = c.get(0).expect("the whole match");
        out.text.push_str(&text[last..whole.start()]);
        last = whole.end();
        for n in c[1].split(',').filter_map(|n| n.trim().parse::<u32>().ok()) {
            if n == 0 || n > passages {
                out.dropped += 1;
            } else if !out.cited.contains(&n) {
                out.cited.push(n);
            }
        }
    }
    out.text.push_str(&text[last..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_are_resolved_or_dropped() {
        for (text, shown, cited, dropped) in [
            ("It is so. [1]", "It is so.", vec![1], 0),
            ("It is so[2].", "It is so.", vec![2], 0),
            ("Both [1, 3] and [1].", "Both and.", vec![1, 3], 0),
            ("None [9] [0].", "None.", vec![], 2),
            ("See [note] and [].", "See [note] and [].", vec![], 0),
        ] {
            let got = unmark(text, 3);
            assert_eq!(
                (got.text.as_str(), got.cited, got.dropped),
                (shown, cited, dropped),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_mark_is_left(text in "[a-z \\[\\]0-9,.]{0,80}") {
            let once = unmark(&text, 3).text;
            prop_assert!(once.len() <= text.len());
        }
    }
}
