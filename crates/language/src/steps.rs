//! Steps of a numbered list: which one a question asks for, and where it stands in a document.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text;

/// The step that a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Nth(u32),
    Last,
    /// What comes behind a step.
    After(u32),
}

/// A step where it stands: its own words and all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub number: u32,
    pub range: Range<usize>,
}

static ASKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:
            (?P<after>(?:after|behind|follows|following|next\s+after)\s+)?(?:step|paso)s?\s+(?:no\.?\s*|number\s+|\#)?(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b
          | (?P<ord>\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\s+step\b
          | (?P<last>(?:last|final|[uú]ltimo)\s+(?:step|paso))\b
        )",
    )
    .expect("a valid pattern")
});

/// The step that a question asks for, with its words.
pub fn asked(question: &str) -> Option<(Step, String)> {
    let c = ASKED.captures(question)?;
    let step = if c.name("last").is_some() {
        Step::Last
    } else if let Some(ordinal) = c.name("ord") {
        Step::Nth(number(ordinal.as_str())?)
    } else {
        let n = number(&c["n"])?;
        if c.name("after").is_some() {
            Step::After(n)
        } else {
            Step::Nth(n)
        }
    };
    let said = c[0].trim_start_matches("after ").trim().to_owned();
    Some((step, said))
}

fn number(word: &str) -> Option<u32> {
    const WORDS: [[&str; 2]; 10] = [
        ["one", "first"],
        ["two", "second"],
        ["three", "third"],
        ["four", "fourth"],
        ["five", "fifth"],
        ["six", "sixth"],
        ["seven", "seventh"],
        ["eight", "eighth"],
        ["nine", "ninth"],
        ["ten", "tenth"],
    ];
    let word = word.to_lowercase();
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().ok().or_else(|| {
        WORDS
            .iter()
            .position(|w| w.contains(&word.as_str()))
            .map(|i| i as u32 + 1)
    })
}

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?P<indent>[ \t]*)(?:(?:\*\*)?(?:step|paso)\s+(?P<said>\d{1,2})\s*[:.)\-–]|(?P<n>\d{1,2})[.)])(?:\*\*)?\s+").expect("a valid pattern")
});

/// The lists of steps of a document, each in its order.
pub fn lists(body: &str) -> Vec<Vec<Found>> {
    let mut out: Vec<Vec<Found>> = Vec::new();
    let mut at = 0;
    let mut open: Option<usize> = None;
    for line in body.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = start + line.trim_end().len();
        if line.trim_start().starts_with('#') {
            open = None;
            continue;
        }
        match MARKER.captures(line) {
            // What is indented belongs to the step above.
            Some(c) if c["indent"].is_empty() || open.is_none() => {
                let number = c
                    .name("said")
                    .or(c.name("n"))
                    .and_then(|n| n.as_str().parse().ok())
                    .unwrap_or(0);
                let follows = open.is_some()
                    && out
                        .last()
                        .and_then(|l| l.last())
                        .is_some_and(|f| f.number + 1 == number);
                let range = start + c["indent"].len()..content;
                if follows {
                    out.last_mut().expect("a list is open").push(Found { number, range });
                } else {
                    out.push(vec![Found { number, range }]);
                }
                open = Some(start);
            }
            _ if line.trim().is_empty() => {}
            // A paragraph at the margin behind an empty line ends the list.
            _ if open.is_some() && !line.starts_with([' ', '\t']) && body[..start].ends_with("\n\n") => open = None,
            _ => {
                if let (Some(_), Some(last)) = (open, out.last_mut().and_then(|l| l.last_mut())) {
                    last.range.end = content;
                }
            }
        }
    }
    out.retain(|l| l.len() > 1 || l[0].number == 1);
    out
}

/// Where a step stands in a document: in each of its lists that has it.
pub fn find(body: &str, step: Step) -> Vec<Found> {
    let lists = lists(body);
    match step {
        Step::Nth(n) => lists.into_iter().flatten().filter(|f| f.number == n).collect(),
        Step::After(n) => lists.into_iter().flatten().filter(|f| f.number == n + 1).collect(),
        // Of several lists the longest is the procedure.
        Step::Last => lists
            .into_iter()
            .max_by_key(Vec::len)
            .and_then(|l| l.into_iter().next_back())
            .into_iter()
            .collect(),
    }
}

/// How a step is called where there is none.
pub fn called(step: Step) -> String {
    match step {
        Step::Nth(n) => format!("step {n}"),
        Step::After(n) => format!("a step after step {n}"),
        Step::Last => "a last step".into(),
    }
}

/// The words of a step without its number.
pub fn words(step: &str) -> String {
    MARKER
        .replace(step, "")
        .lines()
        .map(text::collapse)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEN: &str = "## Before you begin\n\n1. Ask for the lot.\n2. Ask for the dose.\n\n## Replace it\n\n1. Open a case.\n2. Send the photo.\n3. Order the new pen.\n   1. Choose the strength.\n   2. Choose the count.\n4. Close it.\n\n## Exceptions\n\nNever.\n";
    const SCALE: &str = "Step 1: Switch it off.\nStep 2: Wipe it.\nStep 3: Let it dry.\nStep 4: Calibrate it.\n";

    #[test]
    fn the_step_that_was_asked_for() {
        for (q, want) in [
            ("What is step 3 of SOP 50?", Some(Step::Nth(3))),
            ("third step of the refund SOP", Some(Step::Nth(3))),
            ("last step of SOP 51", Some(Step::Last)),
            ("what comes after step 2 of SOP 6", Some(Step::After(2))),
            ("what are the next steps", None),
        ] {
            assert_eq!(asked(q).map(|s| s.0), want, "{q}");
        }
    }

    #[test]
    fn a_step_is_found_in_the_list_that_has_it() {
        let said = |body: &'static str, step| find(body, step).into_iter().map(|f| &body[f.range]).collect::<Vec<_>>();
        assert_eq!(
            said(PEN, Step::Nth(3)),
            ["3. Order the new pen.\n   1. Choose the strength.\n   2. Choose the count."]
        );
        assert_eq!(said(PEN, Step::Nth(1)), ["1. Ask for the lot.", "1. Open a case."]);
        assert_eq!(said(PEN, Step::Nth(7)), [""; 0]);
        assert_eq!(said(PEN, Step::Last), ["4. Close it."]);
        assert_eq!(said(SCALE, Step::Nth(3)), ["Step 3: Let it dry."]);
        assert_eq!(said(SCALE, Step::Last), ["Step 4: Calibrate it."]);
        assert_eq!(said(SCALE, Step::After(4)), [""; 0]);
    }
}
