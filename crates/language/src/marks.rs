//! Letters and digits that are one mark (E-07, P12, "AX 101"), in whatever way they are written, and the marks
//! between two of them ("A10 to A19", "W-01 to W-04"). Which mark belongs to what is not known here.

use std::sync::LazyLock;

use regex::Regex;

static MARK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b([A-Za-z]{1,4})[- ]?([0-9]{1,5})([A-Za-z]?)\b").expect("a valid pattern"));
static SPAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([A-Za-z]{1,4})[- ]?([0-9]{1,5})\s*(?:to|through|thru|until|-|–|—)\s*(?:([A-Za-z]{1,4})[- ]?)?([0-9]{1,5})\b")
        .expect("a valid pattern")
});

/// All marks from one to another of the same letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    letters: String,
    from: u32,
    to: u32,
}

impl Span {
    /// Whether a mark, squeezed as [`squeezed`] does, lies in it.
    pub fn holds(&self, mark: &str) -> bool {
        let number = mark.strip_prefix(self.letters.as_str()).and_then(|n| n.parse().ok());
        number.is_some_and(|n: u32| self.from <= n && n <= self.to)
    }
}

/// The spans of marks that a text names.
pub fn spans(text: &str) -> Vec<Span> {
    let found = SPAN.captures_iter(text).filter_map(|c| {
        let letters = c[1].to_lowercase();
        let same = c.get(3).is_none_or(|m| m.as_str().to_lowercase() == letters);
        let (from, to) = (c[2].parse().ok()?, c[4].parse().ok()?);
        (same && from < to).then_some(Span { letters, from, to })
    });
    found.collect()
}

/// The marks of a text, squeezed.
pub fn marks(text: &str) -> Vec<String> {
    MARK.find_iter(text).map(|m| squeezed(m.as_str())).collect()
}

/// Letters and digits without what parts them, in lower case.
pub fn squeezed(s: &str) -> String {
    s.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_lies_between_the_ends_of_its_own_letters() {
        for (text, mark, want) in [
            ("W-01 to W-04", "w03", true),
            ("Alarms A10 to A19", "a14", true),
            ("Alarms A10–19", "a19", true),
            ("Alarms A10 to A19", "a20", false),
            ("Alarms A10 to A19", "b14", false),
            ("A10, A19", "a14", false),
            ("T-20 through T-24", "t22", true),
        ] {
            assert_eq!(spans(text).iter().any(|s| s.holds(mark)), want, "{text} {mark}");
        }
        assert_eq!(marks("the pump says e-12 or P12"), ["e12", "p12"]);
    }
}
