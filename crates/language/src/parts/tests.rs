use super::*;

/// A message, and of each part its words and perhaps how it stands by itself.
type Case = (String, Vec<(String, Option<String>)>);

fn cases_of(file: &str) -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    for line in file.lines() {
        if let Some(message) = line.strip_prefix("> ") {
            out.push((message.to_owned(), Vec::new()));
        } else if let (Some(more), Some(last)) = (line.strip_prefix("| "), out.last_mut()) {
            last.0 += &format!("\n{more}");
        } else if let (Some(part), Some(last)) = (line.strip_prefix("- "), out.last_mut()) {
            last.1.push(match part.split_once(" => ") {
                Some((asked, text)) => (asked.to_owned(), Some(text.to_owned())),
                None => (part.to_owned(), None),
            });
        }
    }
    out
}

fn words(s: &str) -> String {
    crate::text::collapse(s.trim_matches(|c: char| !c.is_alphanumeric())).to_lowercase()
}

#[test]
fn a_message_is_cut_into_its_questions_and_no_further() {
    let all = cases_of(include_str!("messages.txt"));
    assert!(all.len() >= 60, "{}", all.len());
    let mut wrong = Vec::new();
    for (message, want) in &all {
        let got = of(message, &Lexicon::own(), &[]);
        let same = got.len() == want.len()
            && got.iter().zip(want).all(|(g, (asked, text))| {
                words(&g.asked) == words(asked) && text.as_ref().is_none_or(|t| words(&g.text) == words(t))
            });
        if !same {
            wrong.push(format!("{message}\n  {got:#?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}

/// What a customer writes at length and asks one thing with stays one; the sample's golden questions are such.
#[test]
fn the_golden_questions_ask_one_thing_each() {
    let golden = include_str!("../../../../samples/pharmacy/golden.toml");
    let asked: Vec<&str> = golden
        .lines()
        .filter_map(|l| l.strip_prefix("ask = \"")?.strip_suffix('"'))
        .collect();
    assert!(asked.len() >= 200);
    let cut: Vec<_> = asked
        .iter()
        .map(|q| (q, of(q, &Lexicon::own(), &[])))
        .filter(|(_, parts)| !parts.is_empty())
        .collect();
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn a_tenants_own_word_for_danger_is_a_part() {
    let parts = of(
        "Do you take Medicare? Also we have a code blue at the counter. How do I cancel an order?",
        &Lexicon::own(),
        &["code blue".into()],
    );
    let asked: Vec<&str> = parts.iter().map(|p| p.asked.as_str()).collect();
    assert_eq!(asked.len(), 2, "{parts:?}");
    assert!(asked[1].starts_with("we have a code blue"));
}

#[test]
fn many_questions_are_asked_in_so_many_parts_and_nothing_is_lost() {
    let nouns = [
        "refunds",
        "insulin",
        "needles",
        "caps",
        "labels",
        "invoices",
        "coupons",
        "vaccines",
        "signatures",
        "inhalers",
        "recalls",
        "strips",
    ];
    let message: String = nouns.iter().map(|n| format!("Also, do you have {n}? ")).collect();
    let parts = of(&message, &Lexicon::own(), &[]);
    assert_eq!(parts.len(), MOST);
    let all: String = parts.iter().map(|p| p.asked.clone()).collect();
    assert!(nouns.iter().all(|n| all.contains(n)), "{all}");
    assert!(of(&"x? ".repeat(5_000), &Lexicon::own(), &[]).len() <= MOST);
    assert!(of("", &Lexicon::own(), &[]).is_empty());
}

use proptest::prelude::*;

proptest! {
    /// Whatever is typed, each part's words stand in it.
    #[test]
    fn no_word_is_made_up(message in "[a-zA-Z0-9 ,.?!\\n¿áé-]{0,200}") {
        for part in of(&message, &Lexicon::own(), &[]) {
            for word in part.asked.split_whitespace() {
                prop_assert!(message.contains(word), "{:?}", word);
            }
        }
    }
}
