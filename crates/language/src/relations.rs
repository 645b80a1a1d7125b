//! Words that turn what is said into its opposite: before and after, more and less, approve and refuse. It compares
//! words alone, and knows nothing of who says them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text;

/// Two sides that exclude each other; each word in all its forms, since no stem is common to them.
const OPPOSITES: &[(&str, &str)] = &[
    ("before", "after"),
    ("earlier sooner", "later"),
    ("more", "less fewer"),
    ("above over exceeds exceed", "below under"),
    ("longer", "shorter"),
    ("higher", "lower"),
    ("larger bigger", "smaller"),
    ("most maximum latest", "least minimum earliest"),
    ("first", "last"),
    (
        "increase increases increased raise raises raised",
        "decrease decreases decreased reduce reduces reduced lower",
    ),
    ("open opens opened", "close closes closed"),
    ("start starts started begin begins", "stop stops stopped end ends"),
    (
        "accept accepts accepted approve approves approved allow allows allowed permitted",
        "reject rejects rejected refuse refuses refused deny denies denied forbidden prohibited",
    ),
    (
        "include includes included including",
        "exclude excludes excluded excluding except",
    ),
    ("add adds added", "remove removes removed delete deletes deleted"),
    ("always", "never"),
    ("required mandatory must", "optional"),
    ("with", "without"),
    ("same", "different"),
    ("inside", "outside"),
    ("safe", "unsafe dangerous"),
    ("warm hot", "cold"),
    ("active", "inactive"),
    ("valid", "invalid expired"),
    ("buy buys bought", "sell sells sold"),
    ("send sends sent", "receive receives received"),
    ("full", "empty"),
    ("daily", "weekly monthly yearly hourly"),
    ("weekly", "monthly yearly"),
];

/// The words of a text that have an opposite: the number of their pair, and their side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relations(Vec<(usize, bool, String)>);

pub fn relations(source: &str) -> Relations {
    static SIDES: LazyLock<HashMap<&str, Vec<(usize, bool)>>> = LazyLock::new(|| {
        let mut out: HashMap<&str, Vec<(usize, bool)>> = HashMap::new();
        for (i, (one, other)) in OPPOSITES.iter().enumerate() {
            for (words, side) in [(one, false), (other, true)] {
                for w in words.split(' ') {
                    out.entry(w).or_default().push((i, side));
                }
            }
        }
        out
    });
    let of = |w: &str| SIDES.get(text::fold(w).as_str()).cloned().unwrap_or_default();
    let all = text::words(source).flat_map(|w| of(w).into_iter().map(|(i, side)| (i, side, w.to_lowercase())));
    Relations(all.collect())
}

impl Relations {
    /// The first word of these of which the others have only the opposite.
    pub fn against(&self, others: &Relations) -> Option<&str> {
        let has = |i: usize, side: bool| others.0.iter().any(|(j, s, _)| *j == i && *s == side);
        let own = |i: usize, side: bool| self.0.iter().any(|(j, s, _)| *j == i && *s == side);
        let turned = |(i, side, _): &&(usize, bool, String)| has(*i, !side) && !has(*i, *side) && !own(*i, !side);
        self.0.iter().find(turned).map(|(_, _, w)| w.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_turned_only_by_its_opposite() {
        for (said, source, want) in [
            ("Call before the delivery.", "Call after the delivery.", Some("before")),
            (
                "Call before the delivery.",
                "Call before the delivery, and after it.",
                None,
            ),
            ("No more than 3 fills.", "No less than 3 fills.", Some("more")),
            ("The plan refused it.", "The plan approved it.", Some("refused")),
            ("The plan paid.", "The plan approved it.", None),
        ] {
            assert_eq!(relations(said).against(&relations(source)), want, "{said}");
        }
    }
}
