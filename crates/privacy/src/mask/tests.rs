use proptest::prelude::*;

use super::*;

fn masked(text: &str) -> String {
    let protected = Bare::default();
    let mut placeholders = Placeholders::beside([text]);
    let masked = mask(text, &protected, &[], &mut placeholders).text;
    assert_eq!(placeholders.put_back(&masked), text, "{masked}");
    masked
}

/// A text in the first line of a pair, what goes out in the second; none: as it is.
#[test]
fn texts_are_masked_as_written_beside_them() {
    let mut wrong = Vec::new();
    for pair in include_str!("texts.txt").split("\n\n").filter(|p| !p.trim().is_empty()) {
        let mut lines = pair.lines().filter(|l| !l.starts_with('#'));
        let Some(text) = lines.next() else { continue };
        let want = lines.next().unwrap_or(text);
        let got = masked(text);
        if got != want {
            wrong.push(format!("{text}\n  want {want}\n  got  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_knowledge_says_by_itself_stays() {
    struct Knows(Bare);
    impl Protected for Knows {
        fn holds(&self, word: &str) -> bool {
            ["henry", "meds", "mercy", "pharmacy", "boston"].contains(&word)
        }
        fn knows(&self, code: &codes::Code) -> bool {
            code.value == "12345678"
        }
        fn own_host(&self, host: &str) -> bool {
            host.ends_with("mercy.example")
        }
        fn lexicon(&self) -> &mortar_language::drugs::Lexicon {
            self.0.lexicon()
        }
    }
    let knows = Knows(Bare::default());
    let found = |text| find(text, &knows, &[]).len();
    assert_eq!(found("Do the Boston stores take returns?"), 0);
    assert_eq!(
        found("Write to help@mercy.example or see https://www.mercy.example/help"),
        0
    );
    // Somebody is meant, or half of the run is no word of the knowledge.
    assert_eq!(found("Is Mr. Henry eligible?"), 1);
    assert_eq!(found("the order of Boston Vandelay"), 1);
}

#[test]
fn what_a_model_told_is_masked_unless_it_is_the_knowledge_s() {
    let text = "is ozempic for zbigniewa ok";
    let at = |w: &str| text.find(w).map(|a| a..a + w.len()).unwrap();
    let told = [
        Found {
            range: at("ozempic"),
            kind: Kind::Name,
        },
        Found {
            range: at("zbigniewa"),
            kind: Kind::Name,
        },
    ];
    let mut placeholders = Placeholders::default();
    assert_eq!(
        mask(text, &Bare::default(), &told, &mut placeholders).text,
        "is ozempic for [NAME 1] ok"
    );
}

#[test]
fn a_placeholder_comes_back_however_a_model_writes_it() {
    let texts = [
        "Is Mary Jones at 617-555-0134 the same as Mary Jones? [NAME 1] is not.",
        "and John Smith",
    ];
    let mut placeholders = Placeholders::beside(texts);
    let protected = Bare::default();
    let first = mask(texts[0], &protected, &[], &mut placeholders).text;
    assert_eq!(first, "Is [NAME 2] at [PHONE 1] the same as [NAME 2]? [NAME 1] is not.");
    assert_eq!(mask(texts[1], &protected, &[], &mut placeholders).text, "and [NAME 3]");
    let answer = "[Name 2], [ NAME 2 ], [name  2], [NAME_2] and [NAME 3] but [NAME 9], [name 1] and [PHONE 1";
    let back = "Mary Jones, Mary Jones, Mary Jones, Mary Jones and John Smith but [NAME 9], [name 1] and [PHONE 1";
    assert_eq!(placeholders.put_back(answer), back);
    assert_eq!(placeholders.counts(), [(Kind::Phone, 1), (Kind::Name, 2)]);
    for size in 1..9 {
        let mut coming = PuttingBack::new(placeholders.clone());
        let letters: Vec<char> = answer.chars().collect();
        let mut shown: String = letters
            .chunks(size)
            .map(|c| coming.next(&c.iter().collect::<String>()))
            .collect();
        shown.push_str(&coming.end());
        assert_eq!(shown, back);
    }
}

#[test]
fn what_is_said_of_bytes_goes_where_they_go() {
    let text = "Call Mary Jones at 617-555-0134. Then wait. Her MRN is 12345-6789.";
    let masked = mask(text, &Bare::default(), &[], &mut Placeholders::default());
    assert_eq!(
        masked.text,
        "Call [NAME 1] at [PHONE 1]. Then wait. Her MRN is [RECORD 1]."
    );
    let of = |part: &str| {
        let at = text.find(part).unwrap();
        &masked.text[masked.moved(at..at + part.len())]
    };
    assert_eq!(of("Call Mary Jones at 617-555-0134."), "Call [NAME 1] at [PHONE 1].");
    assert_eq!(
        (of("Then wait."), of("Jones at"), of(".")),
        ("Then wait.", "[NAME 1] at", ".")
    );
    assert_eq!(&masked.text[masked.moved(0..text.len())], masked.text);
}

#[test]
fn what_is_masked_once_is_masked_wherever_it_stands() {
    let mut placeholders = Placeholders::default();
    let protected = Bare::default();
    let mut of = |text: &str| mask(text, &protected, &[], &mut placeholders).text;
    assert_eq!(
        of("patient Zbigniew Veitonen, Rx 7712345"),
        "patient [NAME 1], Rx [PRESCRIPTION 1]"
    );
    assert_eq!(
        of("7712345 is Veitonen's, not 77123456"),
        "[PRESCRIPTION 1] is [NAME 2]'s, not [ID 1]"
    );
}

/// Pieces that rules look at, and any letters between them.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        prop::sample::select(vec![
            "Mary L.",
            "John Smith",
            "MRN",
            ": ",
            "12345-6789",
            " ",
            ", ",
            "[",
            "]",
            "[NAME 1]",
            "[name 2",
            "1]",
            "DATE 3",
            "Dr. ",
            "patient ",
            "seen at ",
            "St. Luke's Hospital",
            " on ",
            "July 3rd, 2024",
            "617-555-0134",
            "#",
            "order ",
            "a@b.co",
            "Boston, MA",
            "\n",
            "é",
            "'s",
            "’s ",
            "https://x.example/?q=1",
            "10.0.0.1",
            "94 years old",
            "12 Elm St",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|p| p.concat())
}

proptest! {
    #[test]
    fn what_is_masked_can_be_put_back(text in texts()) {
        let protected = Bare::default();
        let mut placeholders = Placeholders::beside([text.as_str()]);
        let masked = mask(&text, &protected, &[], &mut placeholders).text;
        prop_assert_eq!(placeholders.put_back(&masked), text.clone());
        prop_assert_eq!(placeholders.put_back(&masked.replace("[NAME 1", "[name  1")).replace("[name  1", "[NAME 1"), text);
    }

    #[test]
    fn what_is_masked_is_masked(text in texts()) {
        let protected = Bare::default();
        let masked = mask(&text, &protected, &[], &mut Placeholders::beside([text.as_str()])).text;
        let again = mask(&masked, &protected, &[], &mut Placeholders::beside([masked.as_str()])).text;
        prop_assert_eq!(again, masked);
    }
}
