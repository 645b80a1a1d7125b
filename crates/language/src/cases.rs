//! What makes a question a case of its own: an emergency, and the conditions (controlled, packed, frozen, under 12)
//! that choose between a rule and its exception.

use std::sync::LazyLock;

use regex::Regex;

use crate::drugs::Lexicon;
use crate::subjects::{Subject, What};

/// Something that decides between sources that both fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// As an operator calls it.
    pub name: &'static str,
    held: Holds,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Holds {
    /// Number of its row in [`CONDITIONS`].
    Row(usize),
    /// An age that was named.
    Age(u32),
}

/// Name, how a question says it, how a source says it.
const CONDITIONS: &[(&str, &str, &str)] = &[
    (
        "controlled substance",
        r"controlled|narcotic|opioid|schedule\s+(?:ii|2|iii|3|iv|4)\b|\bc-?(?:ii|2)\b",
        r"controlled|narcotic|schedule\s+(?:ii|2)\b",
    ),
    (
        "packed",
        r"\bpacked\b|already\s+(?:packed|shipped)|\bin\s+transit\b",
        r"\bpacked\b",
    ),
    (
        "denied",
        r"\bdenied\b|\bdenial(?:[^\sa-z]|\s+(?:[^cr\s]|c[^o])|\s*$)|turned\s+down|rejected\s+the\s+(?:pa|prior)",
        r"\bdenied\b|\bdenial\b|\bappeal",
    ),
    (
        "temperature",
        r"\bfroze\b|\bfrozen?\b|freez|melted|\bwarm\b|\bhot\b|left\s+out|indicator",
        r"\bfroze|freez|temperature|\bwarm\b|indicator|refrigerat",
    ),
    (
        "red indicator",
        r"\bred\b",
        r"\b(?:is|turns?|turned|are|was)\s+red\b|\bred\s+indicator",
    ),
    (
        "not listed",
        r"not\s+(?:listed|named|on\s+(?:the\s+)?(?:list|account|file))|isn'?t\s+(?:listed|on)",
        r"\bif\s+it\s+is\s+not\b|has\s+named|until\s+then|not\s+(?:listed|named)",
    ),
    (
        "pregnant",
        r"pregnan|expecting\s+a\s+baby|breast\s*-?feed|nursing\s+mother",
        r"pregnan|breast\s*-?feed",
    ),
    (
        "deceased",
        r"\bdied\b|deceased|passed\s+away|\bdead\b",
        r"\bdied\b|deceased|death",
    ),
    ("stolen", r"stolen|\btheft\b|porch\s+pirate", r"stolen|theft"),
    (
        "damaged",
        r"damaged|broken|crushed|leaking|\bwet\b",
        r"damaged|broken|leak|\bwet\b",
    ),
    (
        "expired",
        r"\bexpired\b|out\s+of\s+date",
        r"\bexpired\b|past\s+its\s+date",
    ),
    (
        "abroad",
        r"abroad|overseas|outside\s+the\s+(?:us|country|united)|international|another\s+country",
        r"outside\s+the\s+united|abroad|international|within\s+the\s+united",
    ),
    (
        "minor",
        r"\bminor\b|\bchild(?:ren)?\b|\bkid\b|\binfant\b|\bbaby\b|toddler",
        r"\bminors?\b|\bchild|under\s+1[0-9]",
    ),
];

struct Row {
    asked: Regex,
    said: Regex,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let all = |p: &str| Regex::new(&format!("(?i){p}")).expect("a valid pattern");
    CONDITIONS
        .iter()
        .map(|(_, asked, said)| Row {
            asked: all(asked),
            said: all(said),
        })
        .collect()
});
static AGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d{1,2})[\s-]*(?:years?|yrs?|yo|y/o)(?:[\s-]*olds?)?\b|\bage[d]?\s+(\d{1,2})\b")
        .expect("a valid pattern")
});
static UNDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?P<under>under|below|younger\s+than)\s+(?:age\s+)?(?P<u>\d{1,2})\b|\b(?P<o>\d{1,2})\s+(?:years\s+)?(?:and|or)\s+(?:over|older)\b|\b(?:over|from)\s+(?:age\s+)?(?P<f>\d{1,2})\s+on\b")
        .expect("a valid pattern")
});

/// The conditions of a question, those of its drugs among them.
pub fn conditions(question: &str, subjects: &[Subject], lexicon: &Lexicon) -> Vec<Condition> {
    let controlled = subjects
        .iter()
        .any(|s| !s.decides && matches!(s.what, What::Drug { drug, .. } if lexicon.drug(drug).schedule.is_some()));
    let rows = ROWS
        .iter()
        .enumerate()
        .filter(|(i, r)| r.asked.is_match(question) || (*i == 0 && controlled));
    let mut out: Vec<Condition> = rows
        .map(|(i, _)| Condition {
            name: CONDITIONS[i].0,
            held: Holds::Row(i),
        })
        .collect();
    if let Some(c) = AGE.captures(question)
        && let Some(age) = c.get(1).or(c.get(2)).and_then(|a| a.as_str().parse().ok())
    {
        out.push(Condition {
            name: "age",
            held: Holds::Age(age),
        });
    }
    out
}

impl Condition {
    /// Whether a source speaks of this case.
    pub fn held_by(&self, source: &str) -> bool {
        match self.held {
            Holds::Row(i) => ROWS[i].said.is_match(source),
            Holds::Age(age) => UNDER.captures_iter(source).any(|c| {
                let n = |name: &str| c.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
                n("u").is_some_and(|u| age < u) || n("o").or(n("f")).is_some_and(|o| age >= o)
            }),
        }
    }
}

static EMERGENCY: LazyLock<Regex> = LazyLock::new(|| {
    const WHO: &str = r"(?:kid|child|baby|toddler|infant|son|daughter|grandson|granddaughter|boy|girl|dog|cat|puppy|someone|somebody|he|she|they|patient|pt|i|mom|dad|wife|husband|mother|father|grandma|grandpa|niece|nephew|brother|sister)";
    Regex::new(&format!(
        r"(?xi)
        \boverdos\w* | \bo\.?d\.?'?(?:d|ed|ing)\b | \bpoison\w*
      | \b{WHO}\b.{{0,30}}\b(?:ate|eaten|swallowed|drank|got\s+into|chewed)\b
      | \b(?:took|taken|take|given|gave|injected|swallowed|used)\b.{{0,40}}\b(?:too\s+(?:much|many)|2x|3x|4x|twice|double|triple|two\s+doses|whole\s+bottle|entire\s+bottle|all\s+(?:of\s+)?(?:her|his|their|the|my)\s+(?:pills|tablets|meds|medication))\b
      | \b{WHO}\b.{{0,12}}\b(?:took|taken|swallowed)\s+(?:about\s+|like\s+|some\s+)?(?:[1-9]\d|ten|fifteen|twenty|thirty|forty|fifty|a\s+dozen|a\s+handful\s+of|a\s+(?:whole\s+)?bunch\s+of)\s+(?:of\s+)?(?:(?:her|his|the|my|their)\s+)?[a-z]{{3,}}
      | \b(?:too\s+(?:much|many)|double\s+dose|wrong\s+(?:pill|pills|drug|medication|medicine|meds|dose)|someone\s+else'?s\s+(?:pills|medication|meds))\b.{{0,30}}\b(?:took|taken|swallowed|ate)\b
      | \b(?:took|taken|swallowed|ate|given)\b.{{0,20}}\b(?:the\s+)?(?:wrong|someone\s+else'?s|another\s+(?:person|patient)'?s|his\s+wife'?s|her\s+husband'?s)\b
      | (?:n'?t|\bnot|\bnever)\s+want(?:s|ed)?\s+to\s+(?:live|be\s+alive)\b | \bno\s+(?:longer|more)\s+wants?\s+to\s+live\b
      | \bwant(?:s|ed|ing)?\s+to\s+(?:die|end\s+(?:it|their|his|her|my)|kill|hurt|harm)\b | \bsuicid\w* | \bkill(?:ing)?\s+(?:my|him|her|them)sel(?:f|ves)\b | \bself[\s-]harm\b | \bend\s+(?:my|his|her|their)\s+life\b
      | \banaphyla\w* | \b(?:can'?t|cannot|trouble|difficulty|struggling\s+to|hard\s+to|not)\s+breath\w* | \bthroat\b.{{0,20}}\b(?:clos|swell|swollen)\w* | \b(?:face|tongue|lips?)\b.{{0,20}}\b(?:swell|swollen|swelling)\b
      | \bunconscious\b | \bnot\s+(?:waking|responding|breathing)\b | \bwon'?t\s+wake\b | \bpassed\s+out\b | \bseizures?\b.{{0,20}}\b(?:now|having)\b | \bhaving\s+a\s+(?:seizure|stroke|heart\s+attack)\b | \bchest\s+pains?\b
      | \bgave\b.{{0,20}}\b(?:kid|child|baby|toddler|infant|son|daughter|boy|girl|grandson|granddaughter|niece|nephew)\b.{{0,20}}\bwrong\b
      | \b{WHO}\b.{{0,12}}\b(?:(?:turn(?:ing|ed|s)?|went|going|gone)\s+blue|unresponsive|collapsed|choking|choked)\b | \blips?\b.{{0,12}}\bblue\b | \bstopped\s+breathing\b
      | \b(?:is|are|was)n'?t\s+(?:breathing|waking)\b | \b(?:can'?t|cannot|doesn'?t|didn'?t)\s+wake\b | \bsevere\s+(?:allergic\s+)?reaction\b | \bconvuls\w*
      | \bsobredosis\b | \b(?:se|me)\s+(?:trag|tom)(?:[oóéeaá]|aron)\b.{{0,30}}\b(?:demasiad|pastillas|frasco|bote|todas)\w* | \b(?:tom[oóé]|trag[oó]|comi[oó])\b.{{0,20}}\b(?:equivocad|pastillas\s+de)\w* | \benvenen\w*
      | \bquier[eo]\s+(?:morir|matar)\w* | \bmatarme\b | \bquitarse\s+la\s+vida\b
      | \bno\s+(?:puede|puedo|pueden|logra|consigue)?\s*respira\w* | \b(?:cuesta|dificultad\s+para|dificultades\s+para|problemas\s+para)\s+respirar\b | \bse\s+(?:ahoga|asfixia|est[aá]\s+ahogando|desmay[oó])\w*
      | \bno\s+(?:se\s+)?(?:despierta|reacciona)\b | \binconsciente\b | \bdolor\s+(?:en|de)\s+(?:el\s+)?pecho\b | \b(?:cara|lengua|labios?|garganta)\b.{{0,20}}\bhinch\w* | \bhinch\w*.{{0,20}}\b(?:cara|lengua|labios?|garganta)\b
        "
    ))
    .expect("a valid pattern")
});

/// What only sounds like one: a question about the rule, the bill, the label.
static NO_EMERGENCY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:charged|billed|paid|refund(?:ed)?|copay|price|cost)\b.{0,30}\b(?:twice|double|too\s+much)|\btwice\s+(?:a|per|daily)\b|\btook\s+(?:about\s+)?\w+\s+(?:business|days?|hours?|minutes?|weeks?|months?|years?|times?|tries|calls?|attempts?|dollars?|units?|mg|mcg|ml|grams?|percent)\b|\btoo\s+(?:much|many)\s+(?:for|money|emails?|messages?|texts?|calls?)\b|\btake\s+twice\b")
        .expect("a valid pattern")
});

/// Whether a question may be about danger to life; `also` are a tenant's own words for it.
pub fn emergency(question: &str, also: &[String]) -> bool {
    let lower = question.to_lowercase();
    (EMERGENCY.is_match(question) && !NO_EMERGENCY.is_match(question))
        || also
            .iter()
            .any(|w| !w.trim().is_empty() && lower.contains(&w.to_lowercase()))
}

/// What became of something on its way, each in the words of questions and of titles. Only one of them is the case.
const MISHAPS: &[&str] = &[
    // It is not there.
    r"\b(?:never|not|n't|hasn'?t|didn'?t|doesn'?t|haven'?t|isn'?t)\s+(?:yet\s+)?(?:arriv|c[ao]me|receiv|show|turn(?:ed)?\s+up|reach|get\b|got\b|delivered|here\b)|\b(?:has|have|had|got|found|sees?)\s+nothing\b|\bnothing\s+(?:came|arrived|has\s+come|is\s+(?:t?here))|\blost\b|\bno\s+(?:package|parcel|delivery)|\b(?:package|parcel|order|box|shipment)\s+(?:is\s+|went\s+)?missing\b|\bmissing\s+(?:package|parcel|order|box|shipment)|\bno\s+(?:ha\s+)?lleg|perdid[oa]\b",
    r"\bdamaged?\b|\bbroken?\b|\bcrushed\b|\bleak|\bwet\b|\bcracked\b|\bdañad|\brot[oa]s?\b",
    r"\bstolen\b|\btheft\b|\bthie(?:f|ves)\b|porch\s+pirate|\brobad",
    r"\bwarm\b|\bhot\b|\bfroze|\bfreez|\bmelted\b|\btemperature\b|\bcaliente\b|\bcongelad",
    // Another thing came, or somebody else's.
    r"\bwrong\s+(?:item|drug|medication|medicine|package|order|strength|pills?|tablets?)|\b(?:another|other)\s+(?:person|patient|customer)'?s|\bequivocad",
    // Less came.
    r"\b(?:item|pills?|tablets?|part|something)\b.{0,20}\b(?:is|are|was|were)\s+missing\b|\bmissing\s+(?:\w+\s+)?(?:items?|pills?|tablets?)|\bonly\s+part\b|\bincomplete\b|\bshort\s+count\b|\bfalta",
];
/// What was stolen has not arrived either.
const GONE: usize = 0;
const STOLEN: usize = 2;

static MISHAP: LazyLock<regex::RegexSet> = LazyLock::new(|| {
    let all = MISHAPS.iter().map(|p| format!("(?i){p}"));
    regex::RegexSet::new(all).expect("valid patterns")
});

/// Whether a title names what became of something, and the question names another end of it: "arrived damaged" says
/// nothing of what never arrived.
pub fn is_of_another_mishap(question: &str, title: &str) -> bool {
    let (asked, said) = (MISHAP.matches(question), MISHAP.matches(title));
    let meets = |m: usize| asked.matched(m) || (m == GONE && asked.matched(STOLEN));
    asked.matched_any() && said.matched_any() && !said.iter().any(meets)
}

/// Whether a question names what became of something, and a source speaks of the same.
pub fn is_of_this_mishap(question: &str, source: &str) -> bool {
    let (asked, said) = (MISHAP.matches(question), MISHAP.matches(source));
    asked.iter().any(|m| said.matched(m))
}

/// Whether a source says what to do in an emergency: by its tag, or by the number to call.
pub fn is_emergency_source(tags: &[String], source: &str) -> bool {
    static CALLS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\bcall\s+911\b|\b911\b|poison\s+(?:control|help|cent)|\b988\b|1-800-222-1222")
            .expect("a valid pattern")
    });
    tags.iter()
        .any(|t| t.eq_ignore_ascii_case("emergency") || t.eq_ignore_ascii_case("emergencia"))
        || CALLS.is_match(source)
}

/// What a question in haste means, in the words of the sources, to be searched for beside its own.
pub fn emergency_words(question: &str) -> &'static str {
    static SELF: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\bdie\b|want\w*\s+to\s+(?:live|be\s+alive)|suicid|\bkill|self[\s-]harm|\bend\b|\bmorir|\bmatar|la\s+vida")
            .expect("a valid pattern")
    });
    static BREATH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)breath|throat|swell|swollen|anaphyla|chest|seizure|unconscious|wake|responding|responsive|stroke|passed\s+out|blue|collapsed|chok|convuls|reaction|respira|ahog|asfixia|desmay|garganta|hinch|pecho|inconsciente|despierta",
        )
        .expect("a valid pattern")
    });
    if SELF.is_match(question) {
        "person speaks of suicide, emergency"
    } else if BREATH.is_match(question) {
        "trouble breathing, does not wake up, emergency, call 911"
    } else {
        "took too much medication, overdose, poison control, emergency"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subjects::{self, World};

    struct Nothing;
    impl World for Nothing {
        fn holds(&self, _: &str) -> bool {
            false
        }
        fn plain(&self, _: &str) -> bool {
            true
        }
    }

    #[test]
    fn what_became_of_it_is_one_case_alone() {
        for (question, other) in [
            (
                "A package with oxycodone never arrived",
                "The package arrived damaged. What do I do?",
            ),
            (
                "customer hasn't received the order",
                "A controlled substance was stolen. What do I do?",
            ),
            (
                "the parcel is missing",
                "The customer received another person's medication",
            ),
            ("the vial came broken", "SOP 6: Lost package"),
            ("it's missing two tablets, the box is fine", "Insulin arrived warm"),
            ("mi paquete no ha llegado", "Package damaged"),
        ] {
            assert!(is_of_another_mishap(question, other), "{question} / {other}");
        }
        for (question, same) in [
            ("A package with oxycodone never arrived", "SOP 6: Lost package"),
            ("stolen from the porch", "SOP 6: Lost package"),
            (
                "stolen from the porch",
                "A controlled substance was stolen. What do I do?",
            ),
            ("arrived damaged and warm", "Insulin arrived warm"),
            ("never arrived", "How long does shipping take?"),
            ("How long does shipping take?", "SOP 6: Lost package"),
        ] {
            assert!(!is_of_another_mishap(question, same), "{question} / {same}");
        }
    }

    #[test]
    fn a_denial_is_a_case_and_the_code_of_one_is_a_code() {
        let lexicon = Lexicon::default();
        let denied = |q: &str| conditions(q, &[], &lexicon).iter().any(|c| c.name == "denied");
        for (question, is) in [
            ("after a denial", true),
            ("denial letter came", true),
            ("the PA was denied", true),
            ("denial code 76", false),
            ("denial reason code 70", false),
        ] {
            assert_eq!(denied(question), is, "{question}");
        }
    }

    #[test]
    fn what_may_be_an_emergency_is_known() {
        for q in [
            "kid ate grandmas pills",
            "she OD'd on her moms tylenol",
            "pt took 2x her warfarin by mistake",
            "pt says she wants to die",
            "my dog swallowed my blood pressure medicine",
            "he took the wrong pills this morning",
            "her tongue is swelling after the first dose",
            "customer can't breathe",
            "I accidentally took too much insulin",
            "thinking about killing myself",
            "se tomó demasiadas pastillas",
            "no puede respirar, ayuda",
            "mi hija no respira bien",
            "le cuesta respirar después de la primera dosis",
            "se le hincha la lengua",
            "mi esposo no despierta",
            "dice que quiere matarse",
            "el niño se tragó un frasco de pastillas",
            "gave my baby the wrong medicine",
            "her lips are blue",
            "she collapsed after the injection",
            "we can't wake him up",
            "severe allergic reaction to amoxicillin",
            "he took 20 tylenol",
            "my son took a handful of her tablets",
            "customer says he doesnt want to live anymore",
        ] {
            assert!(emergency(q, &[]), "{q}");
        }
        for q in [
            "How do I take this twice a day?",
            "The customer was charged twice",
            "We are getting too many emails",
            "How long does shipping take?",
            "She took the order back",
            "Can I take it with food?",
            "What is the limit for a refund",
            "the end of the year",
            "he took 20 minutes to answer",
            "the indicator turned blue",
            "the box collapsed in transit",
            "el médico no responde",
            "Is it a choking hazard?",
            "the pharmacy gave the patient the wrong order",
            "me tomé la libertad de llamar",
            "she took 30 mg as prescribed",
        ] {
            assert!(!emergency(q, &[]), "{q}");
        }
        assert!(emergency("CODE BLUE at the counter", &["code blue".into()]));
    }

    #[test]
    fn conditions_are_read_and_held() {
        let lexicon = Lexicon::own();
        let of = |q: &str| {
            let s = subjects::read(q, &lexicon, &Nothing);
            conditions(q, &s, &lexicon)
        };
        let one = |q: &str, source: &str| of(q).iter().any(|c| c.held_by(source));
        assert!(one(
            "Package with oxycodone never arrived",
            "Controlled substances. Do not reship."
        ));
        assert!(one(
            "replace a pen for a 10 year old",
            "Never replace a pen of a patient under 12."
        ));
        assert!(!one(
            "replace a pen for a 14 year old",
            "Never replace a pen of a patient under 12."
        ));
        assert!(one(
            "order is packed, customer wants to cancel",
            "Once the status is Packed it cannot be stopped."
        ));
        assert!(of("How long does shipping take?").is_empty());
    }
}
