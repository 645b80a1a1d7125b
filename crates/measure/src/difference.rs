//! What is other between two sets of documents, as data: new, changed word by word, renamed, withdrawn, in force or no
//! longer; and first of all the numbers, days and denials that differ, since these hurt.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use mortar_language::codes::{self, Code};
use mortar_language::facts::{Fact, facts, missing_among, negated};
use mortar_language::text;
use mortar_sources::Document;
use serde::Serialize;
use similar::{Algorithm, DiffTag, TextDiff, capture_diff_slices};
use ts_rs::TS;

/// Documents under two names that share so much of their words are one, renamed.
const SAME: f32 = 0.5;
/// So many words in a row are compared for that.
const RUN: usize = 3;
/// Of what did not change so much is shown on both sides of a change, in characters.
const BESIDE: usize = 60;

/// All that is other in `b` than in `a`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, TS)]
pub struct Difference {
    pub unchanged: usize,
    /// Numbers, days and denials of documents that are in both.
    pub facts: Vec<FactChange>,
    pub codes_lost: Vec<OfCode>,
    pub codes_new: Vec<OfCode>,
    pub added: Vec<Named>,
    pub withdrawn: Vec<Named>,
    pub renamed: Vec<Renamed>,
    pub changed: Vec<Changed>,
    /// In force on the day in one of the two only, though in both.
    pub begins: Vec<Named>,
    pub ends: Vec<Named>,
    pub by: Vec<Count>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
pub struct Named {
    pub document: String,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Renamed {
    pub from: String,
    pub to: String,
    pub title: String,
}

/// A document that is in both under one name, or renamed, and says something else.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Changed {
    pub document: String,
    pub title: String,
    pub fields: Vec<FieldChange>,
    /// The body word by word; what did not change is cut to what stands beside a change.
    pub words: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct FieldChange {
    pub field: &'static str,
    pub was: String,
    pub is: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    Same(String),
    Out(String),
    In(String),
}

/// A fact that a document gave and gives otherwise, or no more, or anew.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct FactChange {
    pub document: String,
    pub was: Option<String>,
    pub is: Option<String>,
    pub before: String,
    pub after: String,
}

/// A code, and the documents that are about it or name it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct OfCode {
    pub code: String,
    pub documents: Vec<String>,
}

/// How much changed of one owner, kind or tag.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Count {
    pub what: &'static str,
    pub name: String,
    pub added: usize,
    pub changed: usize,
    pub withdrawn: usize,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.withdrawn.is_empty() && self.renamed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two sets of documents as they are in force on a day. Their order says nothing.
pub fn difference(a: &[Document], b: &[Document], on: Date) -> Difference {
    let before: BTreeMap<&str, &Document> = a.iter().map(|d| (d.id.as_str(), d)).collect();
    let after: BTreeMap<&str, &Document> = b.iter().map(|d| (d.id.as_str(), d)).collect();
    let gone: Vec<&Document> = before
        .values()
        .copied()
        .filter(|d| !after.contains_key(d.id.as_str()))
        .collect();
    let new: Vec<&Document> = after
        .values()
        .copied()
        .filter(|d| !before.contains_key(d.id.as_str()))
        .collect();
    let pairs = renamed(&gone, &new);
    let moved_from: HashSet<&str> = pairs.iter().map(|p| p.0.id.as_str()).collect();
    let moved_to: HashSet<&str> = pairs.iter().map(|p| p.1.id.as_str()).collect();

    let mut out = Difference::default();
    let mut counts = Counts::default();
    for d in gone.iter().filter(|d| !moved_from.contains(d.id.as_str())) {
        counts.add(d, |c| c.withdrawn += 1);
        out.withdrawn.push(named(d));
    }
    for d in new.iter().filter(|d| !moved_to.contains(d.id.as_str())) {
        counts.add(d, |c| c.added += 1);
        out.added.push(named(d));
    }
    let kept = after.iter().filter_map(|(id, d)| before.get(id).map(|was| (*was, *d)));
    for (was, is) in kept.chain(pairs.iter().copied()) {
        if was.id != is.id {
            out.renamed.push(Renamed {
                from: was.id.clone(),
                to: is.id.clone(),
                title: is.title.clone(),
            });
        }
        match (in_force(was, on), in_force(is, on)) {
            (false, true) => out.begins.push(named(is)),
            (true, false) => out.ends.push(named(is)),
            _ => {}
        }
        let changed = changed(was, is);
        if changed.fields.is_empty() && changed.words.is_empty() {
            out.unchanged += usize::from(was.id == is.id);
            continue;
        }
        counts.add(is, |c| c.changed += 1);
        out.facts.extend(facts_changed(was, is));
        out.changed.push(changed);
    }
    (out.codes_lost, out.codes_new) = codes_changed(a, b);
    out.by = counts.0.into_iter().map(|((_, name), c)| Count { name, ..c }).collect();
    out
}

fn named(d: &Document) -> Named {
    Named {
        document: d.id.clone(),
        title: d.title.clone(),
    }
}

fn in_force(d: &Document, on: Date) -> bool {
    d.effective_from.is_none_or(|from| from <= on) && d.effective_to.is_none_or(|to| on <= to)
}

#[derive(Default)]
struct Counts(BTreeMap<(&'static str, String), Count>);

impl Counts {
    fn add(&mut self, d: &Document, count: impl Fn(&mut Count)) {
        let kind = format!("{:?}", d.kind).to_lowercase();
        let owner = d.owner.iter().map(|o| ("owner", o.clone()));
        let tags = d.tags.iter().map(|t| ("tag", t.clone()));
        for (what, name) in owner.chain(tags).chain([("kind", kind)]) {
            count(self.0.entry((what, name)).or_insert_with_key(|(what, _)| Count {
                what,
                name: String::new(),
                added: 0,
                changed: 0,
                withdrawn: 0,
            }));
        }
    }
}

/// Runs of words, by which texts that share most of them are found without comparing all with all.
fn runs(d: &Document) -> HashSet<u64> {
    let words: Vec<String> = text::words(&d.title)
        .chain(text::words(&d.body))
        .map(text::fold)
        .collect();
    let size = RUN.min(words.len().max(1));
    let hash = |run: &[String]| {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(run.join(" ").as_bytes()).as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    };
    words.windows(size).map(hash).collect()
}

/// Which of the documents that went are among those that came, the most alike first; each at most once.
fn renamed<'d>(gone: &[&'d Document], new: &[&'d Document]) -> Vec<(&'d Document, &'d Document)> {
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let came: Vec<HashSet<u64>> = new.iter().map(|d| runs(d)).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (n, runs) in came.iter().enumerate() {
        for run in runs {
            holders.entry(*run).or_default().push(n);
        }
    }
    let mut alike: Vec<(f32, usize, usize)> = Vec::new();
    for (g, d) in gone.iter().enumerate() {
        let went = runs(d);
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for n in went.iter().filter_map(|r| holders.get(r)).flatten() {
            *shared.entry(*n).or_default() += 1;
        }
        for (n, both) in shared {
            let share = both as f32 / (went.len() + came[n].len() - both) as f32;
            if share >= SAME {
                alike.push((share, g, n));
            }
        }
    }
    alike.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let (mut left, mut taken) = (HashSet::new(), HashSet::new());
    let mut out = Vec::new();
    for (_, g, n) in alike {
        if !left.contains(&g) && !taken.contains(&n) {
            left.insert(g);
            taken.insert(n);
            out.push((gone[g], new[n]));
        }
    }
    out.sort_by(|x, y| x.1.id.cmp(&y.1.id));
    out
}

fn changed(was: &Document, is: &Document) -> Changed {
    let day = |d: Option<Date>| d.map(|d| d.to_string());
    let list = |l: &[String]| Some(l.join(", "));
    let kind = |d: &Document| Some(format!("{:?}", d.kind).to_lowercase());
    let fields = [
        ("title", Some(was.title.clone()), Some(is.title.clone())),
        ("kind", kind(was), kind(is)),
        ("version", Some(was.version.clone()), Some(is.version.clone())),
        ("effective_from", day(was.effective_from), day(is.effective_from)),
        ("effective_to", day(was.effective_to), day(is.effective_to)),
        ("codes", list(&was.codes), list(&is.codes)),
        ("owner", was.owner.clone(), is.owner.clone()),
        ("tags", list(&was.tags), list(&is.tags)),
        ("url", was.url.clone(), is.url.clone()),
        ("history", was.history.clone(), is.history.clone()),
    ];
    let other = fields.into_iter().filter(|(_, was, is)| was != is);
    Changed {
        document: is.id.clone(),
        title: is.title.clone(),
        fields: other
            .map(|(field, was, is)| FieldChange {
                field,
                was: was.unwrap_or_default(),
                is: is.unwrap_or_default(),
            })
            .collect(),
        words: if was.body == is.body {
            Vec::new()
        } else {
            words(&was.body, &is.body)
        },
    }
}

fn words(was: &str, is: &str) -> Vec<Piece> {
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_words(was, is);
    let mut out: Vec<Piece> = Vec::new();
    let of = |slices: &[&str]| slices.concat();
    let last = diff.ops().len().saturating_sub(1);
    for (n, op) in diff.ops().iter().enumerate() {
        let (old, new) = (
            of(&diff.old_slices()[op.old_range()]),
            of(&diff.new_slices()[op.new_range()]),
        );
        if op.tag() == DiffTag::Equal {
            out.push(Piece::Same(beside(&old, n > 0, n < last)));
            continue;
        }
        if !old.is_empty() {
            out.push(Piece::Out(old));
        }
        if !new.is_empty() {
            out.push(Piece::In(new));
        }
    }
    out
}

/// What did not change, as far as it stands beside a change.
fn beside(same: &str, after_one: bool, before_one: bool) -> String {
    let chars: Vec<char> = same.chars().collect();
    let shown = BESIDE * (usize::from(after_one) + usize::from(before_one));
    if chars.len() <= shown + 1 {
        return same.to_owned();
    }
    let head: String = chars[..if after_one { BESIDE } else { 0 }].iter().collect();
    let tail: String = chars[chars.len() - if before_one { BESIDE } else { 0 }..]
        .iter()
        .collect();
    format!("{head}…{tail}")
}

/// The facts of sentences that changed, each with what stands in its place.
fn facts_changed(was: &Document, is: &Document) -> Vec<FactChange> {
    let sentences = |d: &Document| -> Vec<String> {
        let body = text::segments(&d.body)
            .into_iter()
            .map(|s| text::collapse(&d.body[s.range]));
        std::iter::once(text::collapse(&d.title)).chain(body).collect()
    };
    let (old, new) = (sentences(was), sentences(is));
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (before, after) = (old[op.old_range()].join(" "), new[op.new_range()].join(" "));
        out.extend(facts_between(&before, &after).into_iter().map(|(was, now)| FactChange {
            document: is.id.clone(),
            was,
            is: now,
            before: before.clone(),
            after: after.clone(),
        }));
    }
    out
}

/// The numbers, days and denials that a text gives and another gives otherwise, not or anew.
pub(crate) fn facts_between(before: &str, after: &str) -> Vec<(Option<String>, Option<String>)> {
    let (held, holds) = (facts(before), facts(after));
    let shown = |facts: Vec<Fact>| facts.into_iter().map(|f| f.shown).collect::<Vec<String>>();
    let mut lost = shown(missing_among(&held, &holds));
    let mut came = shown(missing_among(&holds, &held));
    let (was, is) = (denials(before), denials(after));
    if !before.is_empty() && !after.is_empty() && was != is {
        let said = |no: bool| if no { "denied" } else { "affirmed" }.to_owned();
        lost.push(said(was > is));
        came.resize(lost.len() - 1, String::new());
        came.push(said(is > was));
    }
    let given = |facts: &[String], n: usize| facts.get(n).filter(|f| !f.is_empty()).cloned();
    let of = lost.len().max(came.len());
    (0..of).map(|n| (given(&lost, n), given(&came, n))).collect()
}

/// How many sentences deny. "No." before one that denies says the same once more.
fn denials(source: &str) -> usize {
    let sentences = text::segments(source).into_iter().map(|p| &source[p.range]);
    let (answers, said): (Vec<&str>, Vec<&str>) = sentences.partition(|s| text::words(s).count() == 1);
    let denied = said.iter().filter(|s| negated(s)).count();
    match denied {
        0 => usize::from(answers.iter().any(|s| negated(s))),
        denied => denied,
    }
}

/// The codes that only one of the two has, about whatever documents.
fn codes_changed(a: &[Document], b: &[Document]) -> (Vec<OfCode>, Vec<OfCode>) {
    let own: BTreeSet<&Code> = a.iter().chain(b).flat_map(|d| &d.exact).collect();
    let (before, after) = (codes_of(a, &own), codes_of(b, &own));
    let only = |these: &BTreeMap<Code, BTreeSet<String>>, those: &BTreeMap<Code, BTreeSet<String>>| {
        let other = these.iter().filter(|(code, _)| !those.contains_key(*code));
        other
            .map(|(code, documents)| OfCode {
                code: format!("{} {}", code.system, code.value).trim().to_owned(),
                documents: documents.iter().cloned().collect(),
            })
            .collect()
    };
    (only(&before, &after), only(&after, &before))
}

fn codes_of(documents: &[Document], own: &BTreeSet<&Code>) -> BTreeMap<Code, BTreeSet<String>> {
    let mut out: BTreeMap<Code, BTreeSet<String>> = BTreeMap::new();
    for d in documents {
        let found = codes::find(&d.body, &|c| own.contains(c)).into_iter();
        let named = found.filter(|f| !f.weak || own.contains(&f.code)).map(|f| f.code);
        // "code 75" in a document about reject 75 is that one.
        let about = |code: &Code| d.exact.iter().any(|own| own != code && code.matches(own));
        let named = named.filter(|code| !about(code));
        for code in d.exact.iter().cloned().chain(named) {
            out.entry(code).or_default().insert(d.id.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests;
