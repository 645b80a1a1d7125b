//! Numbered placeholders and the way back: `[NAME 1]` for a value, and the value for `[name  1]`. A value has one
//! number, a number one value; what stands in a text like a placeholder already keeps its number to itself. Nothing is
//! put back by likeness.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::kind::{KINDS, Kind};

/// The longest way in which a model may write a placeholder.
const LONGEST: usize = 32;

static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    let words: Vec<&str> = KINDS.iter().map(|k| k.1).collect();
    Regex::new(&format!(
        r"(?i)\[[ \t]{{0,2}}(?P<kind>{})[ \t_#-]{{0,2}}(?P<number>[0-9]{{1,4}})[ \t]{{0,2}}\]",
        words.join("|")
    ))
    .expect("a valid pattern")
});

/// What stands for what, in one request or one conversation.
#[derive(Debug, Clone, Default)]
pub struct Placeholders {
    values: HashMap<(Kind, u32), String>,
    numbers: HashMap<(Kind, String), u32>,
    /// Written as such by somebody, so that they stand for themselves.
    taken: HashSet<(Kind, u32)>,
    /// The last number of a kind.
    last: HashMap<Kind, u32>,
}

/// Where something stands that reads like a placeholder.
pub(crate) fn written(text: &str) -> impl Iterator<Item = (Range<usize>, Kind, u32)> {
    WRITTEN.captures_iter(text).filter_map(|c| {
        let kind = Kind::of_word(&c["kind"])?;
        Some((c.get(0)?.range(), kind, c["number"].parse().ok()?))
    })
}

impl Placeholders {
    /// Numbers that stand in these texts already are not given to anything. All texts that will share them are named
    /// before the first is masked.
    pub fn beside<'t>(texts: impl IntoIterator<Item = &'t str>) -> Placeholders {
        let taken = texts.into_iter().flat_map(written).map(|(_, kind, n)| (kind, n));
        Placeholders {
            taken: taken.collect(),
            ..Placeholders::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Of each kind how many, in the order of the kinds.
    pub fn counts(&self) -> Vec<(Kind, usize)> {
        let of = |kind| self.values.keys().filter(|k| k.0 == kind).count();
        let all = KINDS.iter().map(|k| (k.0, of(k.0)));
        all.filter(|(_, n)| *n > 0).collect()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = (Kind, &str)> {
        self.values.iter().map(|((kind, _), value)| (*kind, value.as_str()))
    }

    pub(crate) fn stand_in(&mut self, kind: Kind, value: &str) -> String {
        let known = self.numbers.get(&(kind, value.to_owned())).copied();
        let number = known.unwrap_or_else(|| {
            let last = self.last.entry(kind).or_default();
            *last += 1;
            while self.taken.contains(&(kind, *last)) {
                *last += 1;
            }
            self.values.insert((kind, *last), value.to_owned());
            self.numbers.insert((kind, value.to_owned()), *last);
            *last
        });
        format!("[{} {number}]", kind.word())
    }

    /// The text with every placeholder of these replaced by its value. One that was never given stays as it is.
    pub fn put_back(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, kind, number) in written(text) {
            if let Some(value) = self.values.get(&(kind, number)) {
                out.push_str(&text[at..range.start]);
                out.push_str(value);
                at = range.end;
            }
        }
        out.push_str(&text[at..]);
        out
    }
}

/// Puts back in a text that comes in pieces: what may be the beginning of a placeholder waits for its end.
#[derive(Debug, Default)]
pub struct PuttingBack {
    placeholders: Placeholders,
    waiting: String,
}

impl PuttingBack {
    pub fn new(placeholders: Placeholders) -> PuttingBack {
        PuttingBack {
            placeholders,
            waiting: String::new(),
        }
    }

    /// What can be shown now.
    pub fn next(&mut self, piece: &str) -> String {
        self.waiting.push_str(piece);
        let open = self.waiting.rfind('[').filter(|at| {
            let tail = &self.waiting[*at..];
            tail.len() < LONGEST && !tail.contains(']')
        });
        let rest = self.waiting.split_off(open.unwrap_or(self.waiting.len()));
        let whole = std::mem::replace(&mut self.waiting, rest);
        self.placeholders.put_back(&whole)
    }

    /// What waited in vain.
    pub fn end(&mut self) -> String {
        self.placeholders.put_back(&std::mem::take(&mut self.waiting))
    }
}
