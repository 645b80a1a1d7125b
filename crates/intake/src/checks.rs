//! What is to be said of documents that can be used: too long for anybody, the same twice, links that lead nowhere,
//! headings and tables that do not hold together, in force before they came, not looked at for long. Pure; nothing is
//! left out because of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use mortar_language::tables;
use mortar_language::text::{collapse, fold};
use mortar_sources::{Document, Finding, FindingKind};

use crate::compare::{Read, Since};
use crate::memory::Known;
use crate::sketch::runs;
use crate::style::Style;

/// In words: a quarter of an hour to read.
const LONG: usize = 4_000;
/// A paragraph of at least so many characters that stands in so many documents, and in a tenth of all.
const PARAGRAPH: usize = 60;
const MANY: usize = 5;
/// Words of a run, and how much of their runs two documents share to be nearly the same.
const RUN: usize = 5;
const NEARLY: f32 = 0.6;
/// The least runs of a document, by which those like it are found; what stands in more of them finds none.
const KEYS: usize = 12;
const COMMON: usize = 32;
/// Days back: what began before is history that somebody took in, not a change that came late.
const LATE: i64 = 60;

/// A document, where it stands and what became of it.
pub type Looked = (Read, Known, Since);

/// What is found in the documents by themselves and beside each other. `files` are all of the folder; `first` says
/// that nothing was imported before; `review` knows the interval of a file, and since when a document is looked at.
pub fn checks(
    documents: &[Looked],
    files: &BTreeSet<String>,
    today: Date,
    first: bool,
    style: &Style,
    review: &dyn Fn(&Looked) -> Option<(u32, Date)>,
) -> Vec<Finding> {
    let mut out = Vec::new();
    for looked in documents {
        let (read, _, since) = looked;
        let body = &read.document.body;
        let standing = |part: &str| Some(part.as_ptr() as usize - body.as_ptr() as usize);
        let mut tell = |kind, at: Option<usize>, reason: String| {
            let mut found = finding(kind, read, &read.document.id, reason);
            let page = at.and_then(|at| read.document.page(at));
            found.place = page.map(|page| format!("page {page}")).or(found.place);
            out.push(found);
        };
        let words = body.split_whitespace().count();
        if words > LONG {
            tell(
                FindingKind::Long,
                None,
                format!("it has {words} words; nobody reads that to its end: cut it by what is asked"),
            );
        }
        links(read, files)
            .into_iter()
            .for_each(|l| tell(FindingKind::Link, standing(l), format!("its link “{l}” leads nowhere")));
        if let Some(heading) = skipped(body) {
            tell(
                FindingKind::Heading,
                standing(heading),
                format!("its heading “{heading}” skips a level"),
            );
        }
        for row in headless(body) {
            let first: String = collapse(&row.replace('|', " ")).chars().take(60).collect();
            tell(
                FindingKind::Table,
                standing(row),
                format!("a table without a head begins with “{first}”: its cells have no names"),
            );
        }
        for (at, reason) in style.found(body) {
            tell(FindingKind::Style, at, reason);
        }
        let is_new = !first && matches!(since, Since::New | Since::Changed);
        if let Some(from) = read.document.effective_from
            && is_new
            && from < today
            && from >= today.saturating_sub(LATE.days())
        {
            tell(
                FindingKind::Late,
                None,
                format!("it is in force since {from}, and came only now"),
            );
        }
        if let Some((days, looked_at)) = review(looked)
            && looked_at.saturating_add(i64::from(days).days()) < today
        {
            let who = read.document.owner.as_deref().unwrap_or("nobody is named as its owner");
            tell(
                FindingKind::Stale,
                None,
                format!("unchanged since {looked_at}, more than {days} days; to be looked at by: {who}"),
            );
        }
    }
    out.extend(boilerplate(documents));
    out.extend(twice(documents));
    out
}

fn finding(kind: FindingKind, read: &Read, about: &str, reason: String) -> Finding {
    Finding {
        kind,
        file: read.file.clone(),
        place: read.place.clone(),
        reason,
        about: Some(about.to_owned()),
        stops: false,
    }
}

/// Links to files of the folder and to headings of the page that are not there.
fn links<'r>(read: &'r Read, files: &BTreeSet<String>) -> Vec<&'r str> {
    let body = &read.document.body;
    let slugs: BTreeSet<String> = headings(body).map(|(_, words)| slug(words)).collect();
    let mut out = Vec::new();
    for (at, _) in body.match_indices("](") {
        let behind = &body[at + 2..];
        let Some(target) = behind.find([')', '\n', ' ']).map(|end| &behind[..end]) else {
            continue;
        };
        let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
        let is_elsewhere = path.contains(':') || path.starts_with('/') || path.contains('?');
        let leads = match path.is_empty() {
            _ if is_elsewhere || target.is_empty() => true,
            true => fragment.is_empty() || slugs.contains(&fragment.to_lowercase()),
            // A link without an extension may be a page's address.
            false => {
                !path.rsplit('/').next().is_some_and(|n| n.contains('.')) || files.contains(&resolved(&read.file, path))
            }
        };
        if !leads && !out.contains(&target) {
            out.push(target);
        }
    }
    out
}

/// A path beside a file, from the folder's root.
fn resolved(file: &str, path: &str) -> String {
    let path = path.replace("%20", " ");
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn headings(body: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    let open = body.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    open.filter_map(|line| {
        let level = line.bytes().take_while(|b| *b == b'#').count();
        let words = line[level..].strip_prefix(' ')?;
        (1..=6).contains(&level).then_some((level, words.trim()))
    })
}

fn slug(words: &str) -> String {
    let lower = words.to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The first heading that stands more than one level below the one before.
fn skipped(body: &str) -> Option<&str> {
    let mut before: Option<usize> = None;
    for (level, words) in headings(body) {
        if before.is_some_and(|before| level > before + 1) {
            return Some(words);
        }
        before = Some(level);
    }
    None
}

/// The first row of each table that has no head. A reader writes each cell behind what its head calls it: rows whose
/// cells stand alone have none.
fn headless(body: &str) -> Vec<&str> {
    let bare = |line: &str| {
        let row = !tables::is_row(line) && line.contains(" | ") && !line.starts_with("    ");
        row && !line.split(" | ").any(|cell| cell.contains(": "))
    };
    let lines: Vec<&str> = body.lines().filter(|l| !l.trim().is_empty()).collect();
    let mut out = Vec::new();
    for rows in lines.chunk_by(|a, b| bare(a) == bare(b)) {
        if rows.len() > 1 && bare(rows[0]) {
            out.push(rows[0]);
        }
    }
    out
}

/// Paragraphs that stand in many documents: they are found by every question and answer none.
fn boilerplate(documents: &[Looked]) -> Vec<Finding> {
    let mut stands: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (n, (read, ..)) in documents.iter().enumerate() {
        for paragraph in read.document.body.split("\n\n") {
            let words = collapse(paragraph);
            if words.chars().count() >= PARAGRAPH && !words.starts_with(['#', '|']) {
                stands.entry(words).or_default().insert(n);
            }
        }
    }
    let many = stands
        .into_iter()
        .filter(|(_, of)| of.len() >= MANY && of.len() * 10 >= documents.len());
    many.filter_map(|(words, of)| {
        let first = &documents[*of.first()?].0;
        let start: String = words.chars().take(PARAGRAPH).collect();
        let reason = format!("“{start}…” stands in many documents ({})", of.len());
        Some(finding(FindingKind::Boilerplate, first, &start, reason))
    })
    .collect()
}

/// Documents in force on one day that say the same, to the word or nearly.
fn twice(documents: &[Looked]) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut same: HashMap<String, usize> = HashMap::new();
    let mut single = Vec::new();
    for (n, (read, ..)) in documents.iter().enumerate() {
        let words = fold(&collapse(&read.document.body));
        match same.get(&words).filter(|first| together(documents, **first, n)) {
            Some(first) => out.push(beside(FindingKind::Duplicate, "says the same as", documents, n, *first)),
            None => {
                same.insert(words, n);
                single.push(n);
            }
        }
    }
    let of: Vec<BTreeSet<u32>> = single
        .iter()
        .map(|n| runs(&documents[*n].0.document.body, RUN))
        .collect();
    let mut having: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (i, runs) in of.iter().enumerate() {
        for run in runs.iter().take(KEYS) {
            having.entry(*run).or_default().push(i);
        }
    }
    let mut pairs = BTreeSet::new();
    for all in having.values().filter(|all| all.len() <= COMMON) {
        for (k, a) in all.iter().enumerate() {
            pairs.extend(all[k + 1..].iter().map(|b| (*a, *b)));
        }
    }
    for (a, b) in pairs {
        let both = of[a].intersection(&of[b]).count();
        let all = of[a].len() + of[b].len() - both;
        if both as f32 >= NEARLY * all as f32 && all > RUN && together(documents, single[a], single[b]) {
            let kind = FindingKind::NearDuplicate;
            out.push(beside(kind, "says nearly the same as", documents, single[b], single[a]));
        }
    }
    out
}

fn beside(kind: FindingKind, how: &str, documents: &[Looked], n: usize, other: usize) -> Finding {
    let (read, other) = (&documents[n].0, &documents[other].0);
    let about = format!("{} {}", other.document.id, read.document.id);
    finding(
        kind,
        read,
        &about,
        format!("“{}” {how} “{}”", read.document.id, other.document.id),
    )
}

fn together(documents: &[Looked], a: usize, b: usize) -> bool {
    let (a, b) = (&documents[a].0.document, &documents[b].0.document);
    let ends_before =
        |x: &Document, y: &Document| matches!((x.effective_to, y.effective_from), (Some(to), Some(from)) if to < from);
    !ends_before(a, b) && !ends_before(b, a)
}

#[cfg(test)]
mod tests {
    use mortar_sources::import_files;

    use super::*;
    use crate::compare::compare;

    const DAY: Date = jiff::civil::date(2026, 11, 26);
    const TEXT: &str = "Call the plan and ask for a vacation override. Tell the member that it takes two days, and that \
                        nothing is shipped before that. Note who you spoke with in the profile of the member, please.";

    fn looked(files: &[(&str, String)]) -> Vec<Looked> {
        let given = files
            .iter()
            .map(|(n, t)| Ok::<_, ()>(((*n).to_owned(), t.clone().into_bytes())));
        let imported = import_files(given).unwrap();
        let mut places = imported.places;
        let read = |document: Document| {
            let stands = places.remove(&document.id).unwrap();
            Read {
                file: stands.file,
                place: stands.place,
                document,
            }
        };
        compare(imported.documents.into_iter().map(read).collect(), &[], DAY).documents
    }

    fn said(files: &[(&str, String)], review: &dyn Fn(&Looked) -> Option<(u32, Date)>) -> Vec<String> {
        let names = files.iter().map(|(n, _)| (*n).to_owned()).collect();
        let found = checks(&looked(files), &names, DAY, false, &Style::default(), review);
        found.into_iter().map(|f| format!("{} {f}", f.kind)).collect()
    }

    #[test]
    fn each_kind_is_found_and_what_is_well_is_not() {
        let of = |text: &str| vec![("a.md", format!("# A\n\n{text}")), ("b/c.md", "# C\n\nShort.".into())];
        let front = |front: &str| vec![("a.md", format!("---\n{front}\n---\n# A\n\nText."))];
        let copies = |n: usize, rest: fn(usize) -> String| {
            let names = ["a.md", "b.md", "c.md", "d.md", "e.md"];
            names[..n]
                .iter()
                .enumerate()
                .map(|(i, name)| (*name, rest(i)))
                .collect::<Vec<_>>()
        };
        let near: fn(usize) -> String =
            |i| format!("# T{i}\n\n{}", TEXT.replace("two days", ["two days", "3 days"][i]));
        let version: fn(usize) -> String = |i| {
            let front = ["effective_to: 2026-08-31", "effective_from: 2026-09-01"][i];
            format!("---\n{front}\ntitle: T\n---\n{TEXT}")
        };
        let notice: fn(usize) -> String = |i| {
            let own = ["Dock", "Gate", "Lamp", "Roof", "Well"][i];
            let own: String = (0..30).map(|k| format!("{own}{k} ")).collect();
            format!("# T{i}\n\n{own}\n\nThis page is for the use of the staff alone and is not to be given to members.")
        };
        for (files, want) in [
            (
                of("See [it](b/c.md) and [below](#part-two).\n\n## Part two\n\nEnd."),
                vec![],
            ),
            (
                of("See [it](b/d.md), [web](https://x.org/y.md), [all](b/)."),
                vec!["link a.md: its link “b/d.md” leads nowhere"],
            ),
            (
                of("See [it](#nowhere)."),
                vec!["link a.md: its link “#nowhere” leads nowhere"],
            ),
            (
                of("## Two\n\nx\n\n#### Four\n\ny"),
                vec!["heading a.md: its heading “Four” skips a level"],
            ),
            (of("## Two\n\nx\n\n### Three\n\ny\n\n## Two\n\nz"), vec![]),
            (of("| a | b |\n|---|---|\n| 1 | 2 |"), vec![]),
            (
                of("|  |  |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
                vec!["table a.md: a table without a head begins with “1 2”: its cells have no names"],
            ),
            (
                front("effective_from: 2026-11-25"),
                vec!["late a.md: it is in force since 2026-11-25, and came only now"],
            ),
            (front("effective_from: 2026-11-26"), vec![]),
            (front("effective_from: 2024-01-01"), vec![]),
            (
                copies(2, |i| format!("# T{i}\n\n{TEXT}")),
                vec!["duplicate b.md: “b” says the same as “a”"],
            ),
            (
                copies(2, near),
                vec!["near_duplicate b.md: “b” says nearly the same as “a”"],
            ),
            (copies(2, version), vec![]),
            (copies(4, notice), vec![]),
            (
                copies(5, notice),
                vec![
                    "boilerplate a.md: “This page is for the use of the staff alone and is not to be…” stands in many documents (5)",
                ],
            ),
        ] {
            let got = said(&files, &|_| None);
            assert_eq!(
                got,
                want,
                "{:?}",
                looked(&files)
                    .iter()
                    .map(|l| l.0.document.body.clone())
                    .collect::<Vec<_>>()
            );
        }
        let long = said(&of(&"word ".repeat(LONG + 1)), &|_| None);
        assert!(long[0].starts_with("long a.md: it has 4001 words"), "{long:?}");
    }

    #[test]
    fn what_nobody_looked_at_for_its_interval_is_told_with_its_owner() {
        let files = [("a.md", "---\nowner: Night desk\n---\n# A\n\nText.".to_owned())];
        let since = |day| move |_: &Looked| Some((90, day));
        let got = said(&files, &since(jiff::civil::date(2026, 8, 27)));
        assert_eq!(
            got,
            ["stale a.md: unchanged since 2026-08-27, more than 90 days; to be looked at by: Night desk"]
        );
        assert_eq!(said(&files, &since(jiff::civil::date(2026, 8, 28))), [""; 0]);
    }
}
