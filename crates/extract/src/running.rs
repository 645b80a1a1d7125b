//! Lines that stand at the head or at the foot of most pages: they belong to the paper, not to the text.

use std::collections::BTreeMap;

/// In characters; what is longer is a paragraph.
const LONGEST: usize = 120;
/// Lines at each end of a page that are looked at.
const LINES: usize = 3;

/// The pages without what runs through them; what differs in digits alone is the same.
pub fn without(pages: &[&str]) -> Vec<String> {
    let mut pages: Vec<Vec<&str>> = pages.iter().map(|p| p.trim().split("\n\n").collect()).collect();
    for at_head in [true, false] {
        for _ in 0..LINES {
            let outer = |page: &Vec<&str>| {
                let block = if at_head { page.first() } else { page.last() };
                block.and_then(|b| shape(b))
            };
            let mut stands: BTreeMap<String, usize> = BTreeMap::new();
            for shape in pages.iter().filter_map(outer) {
                *stands.entry(shape).or_default() += 1;
            }
            let many = pages.len().div_ceil(2).max(2);
            stands.retain(|_, n| *n >= many);
            if stands.is_empty() {
                break;
            }
            for page in &mut pages {
                if outer(page).is_some_and(|s| stands.contains_key(&s)) {
                    match at_head {
                        true => drop(page.remove(0)),
                        false => drop(page.pop()),
                    }
                }
            }
        }
    }
    pages.iter().map(|blocks| blocks.join("\n\n")).collect()
}

/// A short line with its digits made one; none where it is something else.
fn shape(block: &str) -> Option<String> {
    let block = block.trim();
    let is_line = !block.is_empty() && !block.contains('\n') && block.chars().count() <= LONGEST;
    let is_text = !block.starts_with(['#', '|', '-', '*', '>']);
    (is_line && is_text).then(|| {
        block
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_through_pages_goes_and_what_is_said_once_stays() {
        for (pages, want) in [
            (
                &["Form 1\n\nA.\n\nPage 1", "Form 1\n\nB.\n\nPage 2"][..],
                &["A.", "B."][..],
            ),
            (&["One page.\n\nPage 1"], &["One page.\n\nPage 1"]),
            (&["A.\n\nFoot", "B.", "C.\n\nFoot", "D."], &["A.", "B.", "C.", "D."]),
            (&["A.\n\nOnce", "B.", "", "D."], &["A.\n\nOnce", "B.", "", "D."]),
            (&["# H\n\nA.", "# H\n\nB."], &["# H\n\nA.", "# H\n\nB."]),
            (&["Head\n\nPart\n\nA.", "Head\n\nPart\n\nB."], &["A.", "B."]),
            (&["", ""], &["", ""]),
        ] {
            assert_eq!(without(pages), want, "{pages:?}");
        }
    }
}
