//! The codes that a document is about, in normal form. What is a code is decided in `mortar_language`.

use std::collections::HashSet;

use mortar_language::codes::{self, Code};

/// A document's own codes, with the system that its title or its table says; without any, those of its title.
pub fn exact(title: &str, own: &[String], table: Option<&str>) -> Vec<Code> {
    if own.is_empty() {
        return once(codes::find(title, &|_| false).into_iter().map(|f| f.code));
    }
    // A column of codes says so itself: a mark of its table before the code ("*97") is no part of it.
    let own: Vec<Code> = own
        .iter()
        .flat_map(|cell| codes::parse(cell.trim_start_matches(['*', ' ']), None))
        .collect();
    let values: HashSet<&str> = own.iter().map(|c| c.value.as_str()).collect();
    let in_title: Vec<Code> = codes::find(title, &|c| values.contains(c.value.as_str()))
        .into_iter()
        .map(|f| f.code)
        .collect();
    let table = table.map(|t| t.replace(['_', '-'], " "));
    once(own.iter().map(|code| {
        let said = in_title
            .iter()
            .find(|c| c.value == code.value && codes::systems_agree(&c.system, &code.system));
        match (said, &table) {
            _ if !code.system.is_empty() => code.clone(),
            (Some(said), _) => said.clone(),
            // "claims" or "reject" as a column's word is a system if it is one we read elsewhere.
            (None, Some(table)) => {
                let led = codes::find(&format!("{table} code {}", code.value), &|_| true);
                led.into_iter().next().map_or_else(|| code.clone(), |f| f.code)
            }
            (None, None) => code.clone(),
        }
    }))
}

fn once(codes: impl Iterator<Item = Code>) -> Vec<Code> {
    let mut seen = HashSet::new();
    codes.filter(|c| seen.insert(c.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_before_a_code_is_no_part_of_it() {
        let own = |cell: &str| exact("Payer unavailable", &[cell.to_owned()], Some("reject"));
        assert_eq!(own("*97"), [Code::new("reject", "97")]);
        assert_eq!(own("97"), own("* 97"));
        assert_eq!(
            exact("NCPDP reject code *97", &["*97".to_owned()], None),
            [Code::new("", "97")]
        );
    }
}
