use mortar_language::Kind;

use super::*;

/// A document of its own words, so that no two are alike.
fn document(n: usize) -> Document {
    let word = |k: usize| {
        let syllables = ["ba", "ko", "li", "mu", "re", "sa", "ti", "vo", "we", "xu"];
        let mut x = n * 131 + k * 17 + 7;
        let mut out = String::new();
        for _ in 0..4 {
            out.push_str(syllables[x % 10]);
            x = x / 3 + n + k * 7;
        }
        out
    };
    let phrase = |from: usize| (from..from + 7).map(word).collect::<Vec<_>>().join(" ");
    Document {
        id: format!("d{n:03}"),
        title: format!("About {}", phrase(0)),
        body: format!(
            "Send the {} within {} days. Unless the {} is packed, it is free. The {} is paid by code 7{:02}. Call {} for {}.",
            phrase(10),
            n + 3,
            phrase(20),
            phrase(30),
            n % 100,
            phrase(40),
            phrase(50),
        ),
        url: None,
        kind: Kind::Sop,
        version: "1".into(),
        effective_from: None,
        effective_to: None,
        owner: Some(format!("owner {}", n % 3)),
        tags: vec!["shipping".into()],
        codes: vec![format!("reject 7{:02}", n % 100)],
        history: None,
        exact: vec![Code::new("reject", &format!("7{:02}", n % 100))],
        source: None,
        pages: Vec::new(),
    }
}

fn day() -> Date {
    jiff::civil::date(2026, 11, 26)
}

const DOCUMENTS: usize = 60;

fn all() -> Vec<Document> {
    (0..DOCUMENTS).map(document).collect()
}

fn ids(named: &[Named]) -> Vec<&str> {
    named.iter().map(|n| n.document.as_str()).collect()
}

/// A change of one kind to document n, and whether the difference tells it as what it is and nothing else.
type Kinds = (
    &'static str,
    fn(&mut Vec<Document>, usize),
    fn(&Difference, &str) -> bool,
);

fn only_changed(d: &Difference, id: &str) -> bool {
    d.changed.len() == 1
        && d.changed[0].document == id
        && (d.added.len(), d.withdrawn.len(), d.renamed.len()) == (0, 0, 0)
        && d.unchanged == DOCUMENTS - 1
}

const KINDS: [Kinds; 13] = [
    (
        "a number",
        |all, n| all[n].body = all[n].body.replace(" days", "0 days"),
        |d, id| {
            let fact = d.facts.len() == 1 && d.facts[0].is == d.facts[0].was.as_ref().map(|w| w.replace(" d", "0 d"));
            only_changed(d, id) && fact && d.facts[0].after.contains("0 days")
        },
    ),
    (
        "a denial",
        |all, n| all[n].body = all[n].body.replace("it is free", "it is not free"),
        |d, id| {
            let (was, is) = (Some("affirmed"), Some("denied"));
            only_changed(d, id)
                && d.facts.len() == 1
                && (d.facts[0].was.as_deref(), d.facts[0].is.as_deref()) == (was, is)
        },
    ),
    (
        "a code that it is about",
        |all, n| {
            let code = format!("7{n:02}");
            all[n].body = all[n].body.replace(&format!(" by code {code}"), "");
            all[n].codes.clear();
            all[n].exact.clear();
        },
        |d, id| {
            only_changed(d, id)
                && d.codes_lost.len() == 1
                && d.codes_lost[0].documents == [id]
                && d.codes_new.is_empty()
        },
    ),
    (
        "an exception that went",
        |all, n| {
            let from = all[n].body.find("Unless").unwrap();
            let to = all[n].body.find("The ").unwrap();
            all[n].body.replace_range(from..to, "");
        },
        |d, id| {
            let out = |p: &Piece| matches!(p, Piece::Out(t) if t.contains("Unless"));
            only_changed(d, id) && d.changed[0].words.iter().any(out)
        },
    ),
    (
        "a document that went",
        |all, n| drop(all.remove(n)),
        |d, id| ids(&d.withdrawn) == [id] && d.changed.is_empty() && d.codes_lost.len() == 1,
    ),
    (
        "a document that came",
        |all, n| all.push(document(n + DOCUMENTS)),
        |d, _| d.added.len() == 1 && d.unchanged == DOCUMENTS && d.changed.is_empty() && d.withdrawn.is_empty(),
    ),
    (
        "a name",
        |all, n| all[n].id = format!("z{n}"),
        |d, id| d.renamed.len() == 1 && d.renamed[0].from == id && d.changed.is_empty() && d.added.is_empty(),
    ),
    (
        "a name and a sentence",
        |all, n| {
            all[n].id = format!("z{n}");
            all[n].body.push_str(" Ask the patient first.");
        },
        |d, id| d.renamed.len() == 1 && d.renamed[0].from == id && d.changed.len() == 1 && d.withdrawn.is_empty(),
    ),
    (
        "its last day",
        |all, n| all[n].effective_to = Some(jiff::civil::date(2026, 11, 25)),
        |d, id| only_changed(d, id) && ids(&d.ends) == [id] && d.begins.is_empty(),
    ),
    (
        "its title",
        |all, n| all[n].title = "Another title".into(),
        |d, id| only_changed(d, id) && d.changed[0].fields[0].field == "title" && d.changed[0].words.is_empty(),
    ),
    (
        "its owner",
        |all, n| all[n].owner = None,
        |d, id| only_changed(d, id) && d.changed[0].fields[0].is.is_empty() && d.facts.is_empty(),
    ),
    (
        "two documents that change places",
        |all, n| {
            let other = (n + 1) % DOCUMENTS;
            let (a, b) = (all[n].clone(), all[other].clone());
            all[n] = Document { id: a.id, ..b.clone() };
            all[other] = Document {
                id: b.id,
                ..document(n)
            };
        },
        |d, _| d.changed.len() == 2 && d.unchanged == DOCUMENTS - 2 && d.codes_lost.is_empty(),
    ),
    (
        "nothing but their order",
        |all, n| all.rotate_left(n),
        |d, _| {
            *d == Difference {
                unchanged: DOCUMENTS,
                ..Difference::default()
            }
        },
    ),
];

#[test]
fn each_kind_of_change_is_told_as_what_it_is() {
    for (kind, change, told) in KINDS {
        for n in (0..DOCUMENTS).step_by(7) {
            let mut changed = all();
            change(&mut changed, n);
            let found = difference(&all(), &changed, day());
            assert!(told(&found, &format!("d{n:03}")), "{kind} of {n}: {found:#?}");
        }
    }
}

#[test]
fn words_put_together_are_both_texts() {
    let (a, b) = (document(1), document(2));
    let pieces = words(&a.body, &b.body);
    let put = |wanted: fn(&Piece) -> Option<&str>| pieces.iter().filter_map(wanted).collect::<String>();
    let was = put(|p| match p {
        Piece::Same(t) | Piece::Out(t) => Some(t),
        Piece::In(_) => None,
    });
    let is = put(|p| match p {
        Piece::Same(t) | Piece::In(t) => Some(t),
        Piece::Out(_) => None,
    });
    assert_eq!((was, is), (a.body, b.body));
}

#[test]
fn what_stays_is_cut_to_what_stands_beside_a_change() {
    let long = "word ".repeat(100);
    let pieces = words(&format!("{long}old {long}"), &format!("{long}new {long}"));
    let [Piece::Same(before), Piece::Out(old), Piece::In(new), Piece::Same(after)] = pieces.as_slice() else {
        panic!("{pieces:?}");
    };
    assert_eq!((old.as_str(), new.as_str()), ("old", "new"));
    assert!(
        before.starts_with('…') && before.chars().count() == BESIDE + 1,
        "{before}"
    );
    assert!(after.ends_with('…') && after.chars().count() == BESIDE + 1, "{after}");
}

#[test]
fn a_denial_that_turns_is_told_however_often_it_is_said() {
    let (denied, affirmed) = (Some("denied".to_owned()), Some("affirmed".to_owned()));
    for (before, after, want) in [
        (
            "No. It does not go to a hotel.",
            "Yes. It does go to a hotel.",
            vec![(denied.clone(), affirmed.clone())],
        ),
        (
            "Yes. It goes.",
            "No. It goes by van.",
            vec![(affirmed.clone(), denied.clone())],
        ),
        (
            "Do not open it. It goes.",
            "Do not open it. It does not go.",
            vec![(affirmed, denied)],
        ),
        (
            "No. It does not go to a hotel.",
            "No, it does not go to any hotel.",
            vec![],
        ),
    ] {
        assert_eq!(facts_between(before, after), want, "{before} / {after}");
    }
}
