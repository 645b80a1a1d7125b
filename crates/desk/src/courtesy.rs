//! What the tenant says for courtesy. Names that an operator typed stay in the window: they are put into these words and
//! kept nowhere here.

use mortar_language::facts;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The tenant's `[customer]`: what stands around an answer, and what else claims nothing. `{name}` and `{operator}` are
/// filled in where they are known, and left out where not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Courtesy {
    pub greeting: String,
    pub closing: String,
    /// Further phrases that the tenant stands up for.
    pub phrases: Vec<String>,
}

/// Who speaks to whom, where it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Names {
    pub customer: Option<String>,
    pub operator: Option<String>,
}

/// Words of the longest name.
const LONGEST: usize = 6;

/// Whether it can be nothing but the name of a person: what it is put into claims nothing.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphabetic() || " .'’-".contains(c);
    let words = name.split_whitespace().count();
    let capital = |w: &str| w.chars().next().is_some_and(char::is_uppercase);
    (1..=LONGEST).contains(&words)
        && name.chars().all(plain)
        && name.split_whitespace().next_back().is_some_and(capital)
        && !name.split(|c: char| !c.is_alphanumeric()).any(facts::is_drug)
        && !facts::negated(name)
}

impl Names {
    /// A phrase of the tenant's with the names in it; a blank before one that is not known goes with it.
    pub(crate) fn filled(&self, phrase: &str) -> String {
        let mut out = phrase.to_owned();
        for (place, name) in [("{name}", &self.customer), ("{operator}", &self.operator)] {
            let name = name.as_deref().map(str::trim).filter(|n| is_name(n)).unwrap_or("");
            if name.is_empty() {
                out = out.replace(&format!(" {place}"), "");
            }
            out = out.replace(place, name);
        }
        out.trim().to_owned()
    }
}

impl Courtesy {
    /// All that claims nothing here.
    pub(crate) fn said(&self, names: &Names) -> Vec<String> {
        let phrases = [&self.greeting, &self.closing].into_iter().chain(&self.phrases);
        phrases.map(|p| names.filled(p)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_where_they_are_names() {
        let named = |customer: &str, operator: &str| Names {
            customer: Some(customer.into()),
            operator: Some(operator.into()),
        };
        for (names, want) in [
            (named("María", "Ana de la Cruz"), "Hello María, this is Ana de la Cruz."),
            (Names::default(), "Hello, this is."),
            (named("take 2 tablets", "Ana"), "Hello, this is Ana."),
            (named("Metformin", "Do not take it"), "Hello, this is."),
            (named("", " Ana "), "Hello, this is Ana."),
        ] {
            assert_eq!(names.filled("Hello {name}, this is {operator}."), want, "{names:?}");
        }
    }
}
