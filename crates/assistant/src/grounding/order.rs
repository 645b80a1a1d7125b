//! Who does what to whom, where no list names them: the words of a claim that stand around another word the other way
//! round than in the source. It compares places alone.

use mortar_language::text;

/// Whether three words of `said` stand in `source` in the opposite order ("the tray holds the box", "the box holds the
/// tray"), where what is said is of the source but for that. Both are content words in order.
pub(super) fn is_turned(said: &[u32], source: &[u32]) -> bool {
    if said.len() < 3 || source.len() < 3 {
        return false;
    }
    // A word that stands there twice has no one place.
    let once = |all: &[u32], w: u32| all.iter().filter(|x| **x == w).count() == 1;
    let places: Vec<usize> = said
        .iter()
        .filter(|w| once(said, **w) && once(source, **w))
        .filter_map(|w| source.iter().position(|x| x == w))
        .collect();
    // What was said with other words may be said in another order.
    if places.len() < 3 || places.len() * 10 < said.len() * 7 {
        return false;
    }
    let swapped = |i: usize, j: usize| {
        let mut exchanged = places.clone();
        exchanged.swap(i, j);
        exchanged.is_sorted() && !places.is_sorted() && j > i + 1
    };
    (0..places.len()).any(|i| (i + 2..places.len()).any(|j| swapped(i, j)))
}

/// Words that join equals: what stands around them may change places.
const EQUALS: &[&str] = &["and", "or", "nor", "plus", "is", "are", "y", "o"];
/// Words that say nothing of the order.
const DETERMINERS: &[&str] = &[
    "the", "a", "an", "its", "their", "your", "our", "his", "her", "this", "that", "any",
];
/// So far apart two things may stand that changed places.
const APART: usize = 9;

/// A word of a text without its determiners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub stem: u32,
    pub content: bool,
    pub equals: bool,
}

impl Placed {
    /// None of a determiner.
    pub fn of(word: &str, stem: u32, content: bool) -> Option<Placed> {
        let folded = text::fold(word);
        let word = folded.as_str();
        (!DETERMINERS.contains(&word)).then(|| Placed {
            stem,
            content,
            equals: EQUALS.contains(&word),
        })
    }
}

/// Whether two things stand around the same words as in the source, each in the place of the other: "the name of the
/// box", "the box of the name".
pub(super) fn is_exchanged(said: &[Placed], source: &[Placed]) -> bool {
    let stands = |first: u32, middle: &[Placed], last: u32| {
        source.windows(middle.len() + 2).any(|w| {
            w[0].stem == first
                && w[w.len() - 1].stem == last
                && w[1..w.len() - 1].iter().zip(middle).all(|(a, b)| a.stem == b.stem)
        })
    };
    for (i, one) in said.iter().enumerate().filter(|(_, w)| w.content) {
        for j in i + 2..said.len().min(i + APART) {
            let (middle, other) = (&said[i + 1..j], said[j]);
            if !other.content || other.stem == one.stem || middle.iter().all(|w| w.equals) {
                continue;
            }
            if stands(other.stem, middle, one.stem) && !stands(one.stem, middle, other.stem) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(said: &str) -> Vec<Placed> {
        let number = |w: &str| {
            w.bytes()
                .fold(7u32, |a, b| a.wrapping_mul(31).wrapping_add(u32::from(b)))
        };
        text::words(said)
            .filter_map(|w| Placed::of(w, number(w), !text::is_stopword(w)))
            .collect()
    }

    #[test]
    fn things_that_changed_places_around_the_same_words_are_seen() {
        for (said, source, want) in [
            ("the box of the name", "write the name of the box", true),
            ("the plan asks the prescriber", "the prescriber asks the plan", true),
            ("the name of the box", "write the name of the box", false),
            ("drops and tablets", "tablets and drops", false),
            ("the box name", "the name of the box", false),
            (
                "the plan is asked by the prescriber",
                "the prescriber asks the plan",
                false,
            ),
        ] {
            assert_eq!(is_exchanged(&placed(said), &placed(source)), want, "{said}");
        }
    }

    #[test]
    fn two_words_that_changed_places_around_another_are_seen() {
        assert!(is_turned(&[3, 2, 1], &[1, 2, 3]));
        assert!(is_turned(&[4, 2, 3, 1, 5], &[1, 2, 3, 4, 5]));
        // Neighbours and a part that was put in front are said otherwise, not turned.
        assert!(!is_turned(&[2, 1, 3], &[1, 2, 3]));
        assert!(!is_turned(&[3, 4, 1, 2], &[1, 2, 3, 4]));
        assert!(!is_turned(&[1, 2, 3], &[1, 2, 3]));
        assert!(!is_turned(&[3, 2, 1, 7, 8, 9], &[1, 2, 3]));
    }
}
