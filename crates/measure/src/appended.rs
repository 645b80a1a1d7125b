//! Sentences of documents with a clause appended to each: one that their source says, or one that no source says.
//! Made from a seed; what is found of them is judged elsewhere.

use crate::changes::CHANGES;

/// What joins the two.
const JOINTS: [&str; 6] = [" and ", ", but ", ", ", "; ", ", which means that ", " because "];
const INVENTED: &[&str] = &[
    "the patient can use the old pen tonight",
    "the courier takes a photograph of the parcel",
    "every customer receives a loyalty bonus",
    "the fee is waived for friends and family",
    "an inspector visits the warehouse on Tuesdays",
    "the caller may borrow a device from a neighbour",
    "the laboratory repeats the test each spring",
    "the app plays a short video about vitamins",
];

/// A sentence of a passage with another behind it, by the number of the case.
pub fn supported(first: &str, second: &str, i: usize) -> Option<String> {
    joined(first, &clause_of(second)?, i)
}

/// A sentence with a clause that nobody says, or with one that a change made wrong.
pub fn unsupported(first: &str, second: &str, i: usize) -> Option<String> {
    let wrong = |(_, change): &(&str, crate::changes::Change)| change(second, i).filter(|c| c != second);
    let kinds = CHANGES.iter().filter(|(kind, _)| *kind != "invented");
    let changed = kinds.cycle().skip(i).take(CHANGES.len()).find_map(wrong);
    let clause = match changed.filter(|_| i.is_multiple_of(2)) {
        Some(changed) => clause_of(&changed)?,
        None => INVENTED[i / 2 % INVENTED.len()].to_owned(),
    };
    joined(first, &clause, i)
}

fn joined(first: &str, clause: &str, i: usize) -> Option<String> {
    let first = first.strip_suffix('.')?;
    (!first.ends_with([')', '”', '"'])).then(|| format!("{first}{}{clause}.", JOINTS[i % JOINTS.len()]))
}

/// A sentence as it stands behind a joint.
fn clause_of(sentence: &str) -> Option<String> {
    let body = sentence.strip_suffix('.')?;
    let mut chars = body.chars();
    let first = chars.next()?;
    // A name keeps its capital, and what begins with a condition is no clause to append.
    let second = chars.clone().next()?;
    let begins = body.split(' ').next()?;
    if [
        "If", "When", "Where", "Before", "After", "For", "In", "On", "Until", "Unless", "As", "To",
    ]
    .contains(&begins)
        || second.is_uppercase()
    {
        return None;
    }
    Some(format!("{}{}", first.to_lowercase(), chars.as_str()))
}
