//! What is alike: vectors compared, things that hang together, questions grouped by meaning. Pure.

use std::collections::BTreeSet;

/// The cosine of two vectors; nothing is like nothing.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

/// Vectors of the words of texts, where nothing embeds.
pub fn word_vectors(texts: &[&str]) -> Vec<Vec<f32>> {
    let words = |t: &&str| -> BTreeSet<String> {
        let all = t.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        all.map(str::to_lowercase).collect()
    };
    let sets: Vec<BTreeSet<String>> = texts.iter().map(words).collect();
    let all: BTreeSet<&String> = sets.iter().flatten().collect();
    let vector = |set: &BTreeSet<String>| all.iter().map(|w| f32::from(u8::from(set.contains(*w)))).collect();
    sets.iter().map(vector).collect()
}

/// Things that are joined, two by two, and so hang together.
pub(crate) struct Parts(Vec<usize>);

impl Parts {
    pub fn new(count: usize) -> Parts {
        Parts((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    pub fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }

    /// Each with all that hangs together, in order.
    pub fn components(&mut self) -> Vec<Vec<usize>> {
        let mut out: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
        for at in 0..self.0.len() {
            let root = self.root(at);
            out.entry(root).or_default().push(at);
        }
        out.into_values().collect()
    }
}

/// Groups by meaning: each joins the group whose members are most like it on average, or begins one. The largest first.
/// By the average no chain of neighbours grows into one group of everything.
pub fn clusters(vectors: &[Vec<f32>], at_least: f32) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, vector) in vectors.iter().enumerate() {
        let like = |group: &Vec<usize>| {
            let sum: f32 = group.iter().map(|m| cosine(&vectors[*m], vector)).sum();
            sum / group.len() as f32
        };
        let best = groups
            .iter_mut()
            .map(|g| (like(g), g))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((like, group)) if like >= at_least => group.push(at),
            _ => groups.push(vec![at]),
        }
    }
    groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_alone_tell_what_is_alike() {
        let vectors = word_vectors(&[
            "Is Wegovy covered?",
            "is WEGOVY covered",
            "When does the parcel come?",
            "",
        ]);
        assert!(cosine(&vectors[0], &vectors[1]) > 0.99);
        assert!(cosine(&vectors[0], &vectors[2]) < 0.1);
        assert_eq!(cosine(&vectors[0], &vectors[3]), 0.0);
        assert_eq!(clusters(&vectors, 0.7), vec![vec![0, 1], vec![2], vec![3]]);
    }

    proptest! {
        #[test]
        fn each_stands_in_one_group(points in prop::collection::vec((-1f32..1.0, -1f32..1.0), 0..40)) {
            let vectors: Vec<Vec<f32>> = points.into_iter().map(|(x, y)| vec![x, y]).collect();
            let mut all: Vec<usize> = clusters(&vectors, 0.8).into_iter().flatten().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..vectors.len()).collect::<Vec<_>>());
        }
    }
}
