use super::*;

/// A knowledge that holds these words.
struct Holds(&'static str);
impl World for Holds {
    fn holds(&self, word: &str) -> bool {
        drugs::folded(self.0).iter().any(|w| w == word)
    }
    fn plain(&self, _: &str) -> bool {
        false
    }
}

fn met(asked: &str, source: &'static str) -> Vec<(String, Met, bool)> {
    let lexicon = Lexicon::own();
    let held = Held::of(source, &lexicon);
    read(asked, &lexicon, &Holds(source))
        .into_iter()
        .map(|s| (s.shown.clone(), s.met_by(&held, &lexicon), s.decides))
        .collect()
}

/// Whether a source may answer: every subject that decides is met.
fn fits(asked: &str, source: &'static str) -> bool {
    met(asked, source)
        .iter()
        .all(|(_, m, decides)| !decides || *m > Met::Missing)
}

#[test]
fn one_drug_is_never_another() {
    for (asked, source, want) in [
        ("Is Lamisil in stock?", "Lamictal 25 mg is in stock.", false),
        ("is lamotrigine in stock", "Lamictal 25 mg is in stock.", true),
        ("price of Celebrex", "Celexa 20 mg costs $11.", false),
        (
            "Does hydralazine need a prior authorization?",
            "Hydroxyzine needs no prior authorization.",
            false,
        ),
        ("How is prednisolone stored?", "Prednisone is stored dry.", false),
        ("How is Zorbivax taken?", "Methotrexate is taken once a week.", false),
        ("Is Wellbutrin XL in stock?", "Wellbutrin SR is in stock.", false),
        ("Is Wellbutrin in stock?", "Wellbutrin SR is in stock.", true),
    ] {
        assert_eq!(fits(asked, source), want, "{asked} {:?}", met(asked, source));
    }
}

#[test]
fn a_drug_is_met_by_its_kind_where_the_kind_is_the_rule() {
    assert!(fits(
        "Package with oxycodone never arrived, do we reship?",
        "Controlled substances: do not reship."
    ));
    assert!(fits(
        "can we send her adderall to the hotel",
        "Controlled substances cannot be shipped to a hotel."
    ));
    assert!(!fits(
        "How is lisinopril taken?",
        "Controlled substances are counted twice."
    ));
}

#[test]
fn a_drug_in_a_package_decides_nothing_about_the_package() {
    assert!(fits(
        "the order with her lisinopril was packed, can she cancel",
        "A packed order cannot be stopped."
    ));
    assert!(!fits(
        "what are the side effects of lisinopril",
        "A packed order cannot be stopped."
    ));
}

#[test]
fn models_and_numbered_things_are_exact() {
    for (asked, source, want) in [
        (
            "loaner fee for model AX-101",
            "The loaner fee for model AX-101 is $30.",
            true,
        ),
        (
            "loaner fee for model AX-105",
            "The loaner fee for model AX-101 is $30.",
            false,
        ),
        ("loaner fee for bx100", "The loaner fee for model BX-100 is $50.", true),
        (
            "loaner fee AX-100 plus",
            "The loaner fee for model AX-100 is $10.",
            false,
        ),
        (
            "loaner fee AX-100 plus",
            "The loaner fee for model AX-100 Plus is $60.",
            true,
        ),
        (
            "loaner fee for AX-100",
            "The loaner fee for model AX-100 Plus is $60.",
            false,
        ),
        (
            "loaner fee of the AX-1000",
            "The loaner fee for model AX-100 is $10.",
            false,
        ),
        ("reversal window for Plan 137", "| Plan 137 | 100959 | 3 days |", true),
        ("reversal window for Plan 900", "| Plan 137 | 100959 | 3 days |", false),
        ("Is it under Part B?", "Part D pays for it.", false),
        (
            "Do you ship to Florida?",
            "We ship to TX, FL and GA. In FL it takes a day.",
            true,
        ),
        ("Do you ship to Nevada?", "We ship to Texas and Florida.", false),
        ("do you ship to canada", "We ship to Texas.", false),
        ("do you ship to canada", "We ship within the United States only.", true),
        (
            "can it go to her hotel in Orlando",
            "A hotel needs the guest's name.",
            true,
        ),
        (
            "we travel to Mexico, can I get it early",
            "An early refill is possible.",
            true,
        ),
        (
            "can it be moved to walgreens",
            "It can be moved to another pharmacy.",
            true,
        ),
        (
            "how late can i pick up in scottsdale",
            "Pick up in Mesa until 10 p.m.",
            false,
        ),
        ("pick up in the morning", "Pick up in Mesa until 10 p.m.", true),
        ("error E-07", "| E-07 | Air in line |", true),
        ("the pump says e12", "| E-12 | Battery low |", true),
        ("what is W-03?", "| W-01 to W-04 | Sensor warnings |", true),
        ("what is W-05?", "| W-01 to W-04 | Sensor warnings |", false),
        ("when do we bill 99214", "CPT 99214: office visit", true),
    ] {
        assert_eq!(fits(asked, source), want, "{asked} {:?}", met(asked, source));
    }
}

#[test]
fn plain_words_and_people_are_no_subjects() {
    for asked in [
        "how do I cancle my order",
        "Can Anna pick up her mother's medication?",
        "Hello, my name is Kowalczyk and my package is late. Can I get a refund?",
        "can husband call about wife's rx if not listed",
        "kid ate grandmas pills",
        "order is packed, customer wants to cancel",
        "I took 2x 10 mg at 9 pm, what now",
    ] {
        assert!(
            fits(asked, "Nothing of this."),
            "{asked} {:?}",
            met(asked, "Nothing of this.")
        );
    }
}
