use super::*;
use mortar_language::Kind;
use proptest::prelude::*;

pub fn passage(number: u32, title: &str, text: &str) -> Passage {
    Passage {
        id: format!("d{number}#0"),
        number,
        document: format!("d{number}"),
        version: "1".into(),
        title: title.into(),
        kind: Kind::Article,
        url: None,
        effective_from: None,
        effective_to: None,
        heading_path: vec![],
        start: 7,
        end: 7 + text.len() as u32,
        text: text.into(),
        score: 0.9,
        carries: true,
        ..Passage::default()
    }
}

const REJECT: &str = "Code 75 means that the plan requires a prior authorization before it pays for this medication. \
The claim was well formed; nothing is wrong with the prescription itself.\n\n1. Send the request to the prescriber within 24 hours.\n2. Do not start a second request.\n\n\
Most plans decide within three business days of receiving it. Metformin 500 mg needs no request.";

#[test]
fn each_sentence_gets_the_grounding_it_deserves() {
    use Grounding::*;
    let p = [passage(1, "Reject 75: prior authorization required", REJECT)];
    let sources = Sources::new(&p);
    for (sentence, want) in [
        (
            "Most plans decide within three business days of receiving it.",
            Verbatim,
        ),
        (
            "Most  plans decide within three\nbusiness days of receiving it.",
            Verbatim,
        ),
        ("1. Send the request to the prescriber within 24 hours.", Verbatim),
        ("Send the request to the prescriber within 24 hours.", Verbatim),
        ("Do not start a second request.", Verbatim),
        ("Start a second request.", Unsupported),
        ("start a second request", Unsupported),
        (
            "The plan requires a prior authorization before it pays for the medication.",
            Supported,
        ),
        ("Most plans decide within 3 business days.", Supported),
        (
            "Most plans decide within two business days of receiving it.",
            Unsupported,
        ),
        (
            "Most plans decide within three business weeks of receiving it.",
            Unsupported,
        ),
        ("Metformin 850 mg needs no request.", Unsupported),
        ("Metformin 500 mcg needs no request.", Unsupported),
        ("Metformin 500 mg needs a request.", Unsupported),
        ("Metoprolol 500 mg needs no request.", Partial),
        ("An urgent request is always decided within 12 hours.", Unsupported),
        ("The moon is made of cheese.", Unsupported),
        (
            "Code 76 means that the plan requires a prior authorization before it pays for this medication.",
            Unsupported,
        ),
    ] {
        let got = sources.ground(sentence, 0, &[]);
        assert_eq!(got.grounding, want, "{sentence}: {got:?}");
        assert_eq!(got.citations.is_empty(), want == Unsupported);
    }
}

#[test]
fn each_claim_is_grounded_by_itself() {
    use Grounding::*;
    let p = [
        passage(
            1,
            "Insulin pens",
            "Discard the old pen after 28 days and do not use it again. The pharmacist sends a new pen.",
        ),
        passage(2, "Refunds", "The refund reaches the card within five business days."),
    ];
    let sources = Sources::new(&p);
    for (sentence, want) in [
        (
            "Discard the old pen after 28 days and the patient can use the old pen tonight.",
            vec![Supported, Unsupported],
        ),
        (
            "The pharmacist sends a new pen, and the refund reaches the card within five business days.",
            vec![Supported, Supported],
        ),
        (
            "The pharmacist sends a new pen, which the courier paints in bright colours.",
            vec![Supported, Unsupported],
        ),
        (
            "Thank you for your patience, but the refund reaches the card within five business days.",
            vec![Courtesy, Supported],
        ),
    ] {
        let got = sources.ground(sentence, 3, &[]);
        let marks: Vec<Grounding> = got.claims.iter().map(|c| c.grounding).collect();
        assert_eq!(marks, want, "{sentence}: {got:#?}");
        let weakest = want.contains(&Unsupported);
        assert_eq!(got.grounding == Unsupported, weakest, "{sentence}: {got:#?}");
        for c in &got.claims {
            let words = &sentence[c.start as usize - 3..c.end as usize - 3];
            assert!(!words.is_empty() && words.trim() == words, "{words:?}");
        }
    }
    let both = sources.ground(
        "The pharmacist sends a new pen, and the refund reaches the card within five business days.",
        0,
        &[],
    );
    let numbers: Vec<u32> = both.citations.iter().map(|c| c.number).collect();
    assert_eq!(numbers, [1, 2], "two sources together carry it: {both:#?}");
}

#[test]
fn opposites_and_changed_places_are_no_paraphrase() {
    let p = [passage(
        1,
        "Delivery",
        "Call the patient before the courier opens the box.",
    )];
    let sources = Sources::new(&p);
    for (sentence, want) in [
        (
            "Call the patient before the courier opens the box!",
            Grounding::Supported,
        ),
        (
            "Call the patient after the courier opens the box.",
            Grounding::Unsupported,
        ),
        (
            "Call the patient before the box opens the courier.",
            Grounding::Unsupported,
        ),
    ] {
        let got = sources.ground(sentence, 0, &[]);
        assert_eq!(got.grounding, want, "{got:#?}");
    }
}

#[test]
fn what_the_tenant_approves_claims_nothing_to_the_letter() {
    let p = [passage(
        1,
        "Refunds",
        "The refund reaches the card within five business days.",
    )];
    let sources = Sources::new(&p).approving([
        "Hello Ana,\nyour health is our first concern.",
        "Bye: the Elm Street team",
    ]);
    for (said, want) in [
        ("Your health is  our first concern.", Grounding::Courtesy),
        ("Bye: the Elm Street team", Grounding::Courtesy),
        ("Your health is our second concern.", Grounding::Unsupported),
        (
            "Your health is our first concern, and the courier paints it.",
            Grounding::Unsupported,
        ),
    ] {
        let got = sources.ground(said, 0, &[]);
        assert_eq!(got.grounding, want, "{got:#?}");
    }
    let whole = sources.ground_text(
        "Hello Ana,\nyour health is our first concern.\n\nThe refund reaches the card within five business days.",
    );
    let marks: Vec<Grounding> = whole.iter().map(|s| s.grounding).collect();
    assert_eq!(marks, [Grounding::Courtesy, Grounding::Verbatim]);
}

#[test]
fn courtesy_claims_nothing() {
    let p = [passage(
        1,
        "Refunds",
        "The refund reaches the card within five business days.",
    )];
    let sources = Sources::new(&p);
    let got = sources.ground("Hello Anna, thank you for writing to us.", 0, &[]);
    assert_eq!(
        (got.grounding, got.problem, got.citations.len()),
        (Grounding::Courtesy, None, 0)
    );
    let hidden = sources.ground("I am sorry that your refund takes 3 days.", 0, &[]);
    assert_eq!(hidden.grounding, Grounding::Unsupported);
}

#[test]
fn what_is_missing_is_named() {
    let p = [passage(1, "t", REJECT)];
    let got = Sources::new(&p).ground("An urgent request is always decided within 12 hours.", 0, &[]);
    assert_eq!(
        got.problem,
        Some(Problem::Missing {
            values: vec!["12 hours".into()]
        })
    );
}

#[test]
fn a_step_left_out_is_missed_and_a_list_passed_over_is_not() {
    let p = [passage(
        1,
        "t",
        "Call first.\n\n1. Open the box.\n2. Look at it.\n3. Close the box.\n\nThen log it.",
    )];
    let sources = Sources::new(&p);
    let problems = |text: &str| -> Vec<_> { sources.ground_text(text).into_iter().map(|s| s.problem).collect() };
    assert_eq!(problems("Call first. Then log it."), [None, None]);
    assert_eq!(problems("1. Open the box.\n2. Look at it."), [None, None]);
    assert!(
        matches!(&problems("1. Open the box.\n3. Close the box.")[1], Some(Problem::Step { left_out }) if left_out.contains("Look at it"))
    );
}

#[test]
fn a_mark_that_names_another_passage_is_a_problem() {
    let p = [
        passage(1, "a", "The plan decides."),
        passage(2, "b", "Orders ship daily."),
    ];
    let got = Sources::new(&p).ground("The plan decides.", 0, &[2]);
    assert_eq!(
        (got.grounding, got.problem),
        (Grounding::Verbatim, Some(Problem::Citation))
    );
}

#[test]
fn the_question_of_a_pair_stands_on_its_answer() {
    let mut p = [passage(1, "a", "Yes. Use a splitter.")];
    p[0].title = "Can it be split?".into();
    let sources = |p: &[Passage]| Sources::new(p).ground("Can it be split?", 0, &[]);
    assert_ne!(sources(&p).grounding, Grounding::Verbatim);
    p[0].kind = Kind::Qa;
    let got = sources(&p);
    assert_eq!(
        (got.grounding, got.citations[0].quote.as_str()),
        (Grounding::Verbatim, "Yes.")
    );
}

#[test]
fn without_passages_nothing_is_supported() {
    let got = Sources::new(&[]).ground("Anything.", 0, &[]);
    assert_eq!(got.grounding, Grounding::Unsupported);
}

proptest! {
    /// Every quote is the bytes it names, whatever the operator types.
    #[test]
    fn a_quote_equals_its_bytes(cut in 0..REJECT.len(), len in 0..120usize, typed in "[ a-zA-Z0-9.\\n]{0,20}") {
        let mut text = REJECT.to_owned();
        let end = (cut + len).min(text.len());
        text.replace_range(cut..end, &typed);
        let p = [passage(1, "Reject 75", REJECT)];
        for s in Sources::new(&p).ground_text(&text) {
            prop_assert_eq!(&text[s.start as usize..s.end as usize], s.text.as_str());
            for c in s.claims.iter().flat_map(|c| &c.citations).chain(&s.citations) {
                prop_assert_eq!(&REJECT[c.start as usize - 7..c.end as usize - 7], c.quote.as_str());
            }
        }
    }
}
