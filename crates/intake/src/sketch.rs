//! What a text is known by though some of it changed: the least hashes of its runs of words.

use std::collections::BTreeSet;

use mortar_language::text::fold;

/// So many hashes are kept of a text.
const KEPT: usize = 32;
/// Words of a run.
const RUN: usize = 3;

/// The least hashes of all runs of words, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch(Vec<u32>);

impl Sketch {
    pub fn of(text: &str) -> Self {
        Sketch(runs(text, RUN).into_iter().take(KEPT).collect())
    }

    pub fn hex(&self) -> String {
        self.0.iter().map(|h| format!("{h:08x}")).collect()
    }

    pub fn from_hex(hex: &str) -> Option<Self> {
        let bytes = hex.as_bytes().chunks(8);
        let hash = |part: &[u8]| u32::from_str_radix(std::str::from_utf8(part).ok()?, 16).ok();
        bytes.map(hash).collect::<Option<_>>().map(Sketch)
    }

    /// About how much two texts share, from 0 to 1.
    pub fn like(&self, other: &Sketch) -> f32 {
        let all: BTreeSet<u32> = self.0.iter().chain(&other.0).copied().take(2 * KEPT).collect();
        let least: Vec<u32> = all.into_iter().take(KEPT).collect();
        if least.is_empty() {
            return 0.0;
        }
        let both = least
            .iter()
            .filter(|h| self.0.contains(h) && other.0.contains(h))
            .count();
        both as f32 / least.len() as f32
    }
}

/// The hashes of all runs of so many words; of a shorter text, of all of it.
pub fn runs(text: &str, words: usize) -> BTreeSet<u32> {
    let text = fold(text);
    let all: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    if all.is_empty() {
        return BTreeSet::new();
    }
    let hash = |run: &[&str]| {
        let hash = blake3::hash(run.join(" ").as_bytes());
        let [a, b, c, d, ..] = *hash.as_bytes();
        u32::from_le_bytes([a, b, c, d])
    };
    match all.len() < words {
        true => [hash(&all)].into(),
        false => all.windows(words).map(hash).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_like_itself_with_a_few_words_changed() {
        let text = "Call the plan and ask for a vacation override. Tell the member that it takes two days, and \
                    that nothing is shipped before. Note the name of the person you spoke with in the profile.";
        let other = "Refrigerated orders leave on Monday to Wednesday alone, with two ice packs in summer.";
        let sketch = Sketch::of(text);
        assert!(sketch.like(&Sketch::of(&text.replace("two days", "three days"))) > 0.6);
        assert!(sketch.like(&Sketch::of(other)) < 0.1);
        assert_eq!(Sketch::from_hex(&sketch.hex()), Some(sketch));
        assert_eq!(Sketch::from_hex("zz"), None);
        assert_eq!(Sketch::default().like(&Sketch::default()), 0.0);
    }
}
