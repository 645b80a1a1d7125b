//! A name with a number behind it: a strength ("sertraline 100 mg"), a plan ("Bronze 70"). Another number is another
//! thing. What numbers count, cost or last is no matter here.

use std::sync::LazyLock;

use regex::Regex;

use crate::codes;
use crate::days;
use crate::drugs::{Lexicon, folded};
use crate::text;

static GRADED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?P<name>\p{L}[\p{L}-]{2,})
        (?:\s+(?i:xl|er|xr|sr|cr|dr|la|hcl|tablets?|tabs?|capsules?|caps?|pens?|inhaler))?
        \s+(?P<number>\d+(?:[.,]\d+)*)(?:\s?-?(?P<unit>(?i:mg|mcg|µg|g|ml|units?|iu|mg/ml))\b|(?P<end>\b))",
    )
    .expect("a valid pattern")
});

/// Words that lead a number which is no part of a name, or that is exact by itself.
const LEADS: &str = "code codes reject rejection error alarm sop daw scc form step steps part section schedule day week version model \
                     tier room suite unit level grade phase stage page row number type class article chapter";

struct Graded<'t> {
    name: &'t str,
    number: String,
    measured: bool,
    begins: bool,
}

fn graded(source: &str) -> impl Iterator<Item = Graded<'_>> {
    GRADED.captures_iter(source).map(|c| {
        let name = c.name("name").expect("it is not optional");
        Graded {
            name: name.as_str(),
            number: c["number"].replace(',', ""),
            measured: c.name("unit").is_some(),
            begins: source[..name.start()].trim_end().is_empty()
                || source[..name.start()].trim_end().ends_with(['.', '?', '!']),
        }
    })
}

/// What a question names with a number, where a source names it with other numbers alone.
pub fn lacked(question: &str, source: &str, lexicon: &Lexicon) -> Vec<String> {
    let mut out = Vec::new();
    for asked in graded(question) {
        let drug = lexicon.find(&text::fold(asked.name));
        let capital = asked.name.starts_with(char::is_uppercase) && !asked.begins;
        let lower = asked.name.to_lowercase();
        let leads = LEADS.split_whitespace().any(|w| w == lower) || days::is_day_word(&text::fold(asked.name));
        let is_one = match drug {
            Some(_) => asked.measured,
            None => capital && !asked.measured && !leads && codes::find(asked.name, &|_| false).is_empty(),
        };
        if !is_one {
            continue;
        }
        let same = |name: &str| match drug {
            Some(drug) => lexicon.find(&text::fold(name)) == Some(drug),
            None => folded(name) == folded(asked.name),
        };
        let mut others = false;
        let there = graded(source)
            .filter(|g| g.measured == asked.measured && same(g.name))
            .any(|g| {
                others = true;
                g.number == asked.number
            });
        if others && !there {
            out.push(format!("{} {}", asked.name, asked.number));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_another_thing() {
        let lexicon = Lexicon::own();
        for (question, source, want) in [
            (
                "What does sertraline 100 mg cost?",
                "Sertraline 50 mg costs $9.",
                "sertraline 100",
            ),
            (
                "Is Zoloft 100mg in stock?",
                "Sertraline 50 mg is in stock.",
                "Zoloft 100",
            ),
            (
                "What does Eliquis 2.5 mg cost?",
                "Eliquis 5 mg costs $40.",
                "Eliquis 2.5",
            ),
            (
                "Is levothyroxine 112 mcg in stock?",
                "Levothyroxine 88 mcg is in stock.",
                "levothyroxine 112",
            ),
            (
                "Which copay has the Bronze 70 plan?",
                "The Bronze 60 plan has a copay of $40.",
                "Bronze 70",
            ),
            // The same, also among others; a source that names none holds for all; a number that is no grade.
            (
                "What does sertraline 50 mg cost?",
                "Sertraline 25 mg costs $7. Sertraline 50mg costs $9.",
                "",
            ),
            ("What does sertraline 100 mg cost?", "Sertraline costs $9.", ""),
            ("What does sertraline cost?", "Sertraline 50 mg costs $9.", ""),
            ("metformin 2 times a day?", "Take metformin 3 times a day.", ""),
            (
                "How much metformin may I take, I have metformin 500 mg",
                "At most 2,000 mg of metformin a day.",
                "",
            ),
            ("Is it open in May 5 to 7?", "It is open May 9 to 10.", ""),
            ("What is step 9 of SOP 6?", "Step 2 of SOP 12 says so.", ""),
            ("Can she call within 30 days?", "Call within 14 days.", ""),
            (
                "copay of the Bronze 60 plan",
                "The Bronze 60 plan has a copay of $40.",
                "",
            ),
        ] {
            assert_eq!(
                lacked(question, source, &lexicon).join(", "),
                want,
                "{question} / {source}"
            );
        }
    }
}
