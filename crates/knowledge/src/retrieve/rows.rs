//! Whether a passage that is a table answers a question by one of its rows, or has no row for what it asks. Which
//! cells are shown is not decided here.

use std::collections::HashSet;

use mortar_assistant::Passage;
use mortar_language::{tables, text};

/// Words with which a cell is asked for, and that stand in no table.
const ASKING: &str = "number many much tell need know name say show mean give have offer long often find look time please \
                      phone call serve handle run use apply belong";

/// How the rows of a passage stand to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// A row is of what was asked about, and its head has a cell for what was asked of it.
    Answer,
    /// All of it is rows, a cell was asked for, and none of them is of this.
    Lack(String),
    /// It is no table, or nothing can be said of it.
    Unsure,
}

impl Rows {
    pub(super) fn of(question: &str, passage: &Passage) -> Rows {
        let rows = rows(passage);
        if rows.is_empty() {
            return Rows::Unsure;
        }
        let stems = |t: &str| text::content_stems(t).into_iter().collect::<HashSet<String>>();
        let asked = stems(question);
        let above = stems(&format!("{} {}", passage.title, passage.heading_path.join(" ")));
        let asking = stems(ASKING);
        let mut of_a_cell = false;
        let mut met = false;
        let mut heads: HashSet<String> = HashSet::new();
        for cells in &rows {
            let Some(((first_head, first), others)) = cells.split_first() else {
                continue;
            };
            let named = stems(first);
            let own: HashSet<String> = others
                .iter()
                .flat_map(|c| stems(c.1))
                .chain(named.iter().cloned())
                .collect();
            let asked_heads: HashSet<String> = others
                .iter()
                .map(|c| stems(c.0))
                .filter(|h| h.iter().any(|w| asked.contains(w)))
                .flatten()
                .collect();
            heads.extend(cells.iter().flat_map(|c| stems(c.0)));
            of_a_cell |= !asked_heads.is_empty();
            met |= own.iter().any(|w| asked.contains(w));
            let is_said = |w: &&String| {
                let heads = asked_heads.contains(*w) || stems(first_head).contains(*w);
                heads || own.contains(*w) || above.contains(*w) || asking.contains(*w)
            };
            let of_it = !named.is_empty() && named.iter().all(|w| asked.contains(w));
            if of_it && !asked_heads.is_empty() && asked.iter().all(|w| is_said(&w)) {
                return Rows::Answer;
            }
        }
        if met || !of_a_cell || has_prose(passage) {
            return Rows::Unsure;
        }
        let known = |w: &str| {
            let stem = text::term(w);
            text::is_stopword(w) || heads.contains(&stem) || above.contains(&stem) || asking.contains(&stem)
        };
        let left: Vec<&str> = text::words(question).filter(|w| !known(w)).collect();
        if left.is_empty() {
            Rows::Unsure
        } else {
            Rows::Lack(left.join(" "))
        }
    }
}

/// Whether anything but rows stands in a passage.
fn has_prose(passage: &Passage) -> bool {
    let row = |l: &str| tables::is_row(l) || tables::said_cells(l).is_some();
    passage.text.lines().any(|l| !l.trim().is_empty() && !row(l.trim()))
}

/// The rows of a passage, each cell with its head.
fn rows(passage: &Passage) -> Vec<Vec<(&str, &str)>> {
    let under = tables::rows_under(&passage.text, passage.head.as_deref()).into_iter();
    let barred = under.map(|(_, head, row)| tables::cells(head).into_iter().zip(tables::cells(row)).collect());
    let said = passage.text.lines().filter_map(|l| tables::said_cells(l.trim()));
    barred.chain(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| Vaccine | Doses | Price |\n|---|---|---|\n| MMR | 2 | $118 |\n| Yellow fever | 1 | $220 |";

    #[test]
    fn a_row_answers_what_its_first_cell_names_and_its_head_holds() {
        for (question, want) in [
            ("how many doses of MMR", Rows::Answer),
            ("price of yellow fever", Rows::Answer),
            ("What is the price for cholera?", Rows::Lack("cholera".into())),
            ("when is the clinic open", Rows::Unsure),
            ("what does MMR protect against", Rows::Unsure),
            ("price of all vaccines", Rows::Unsure),
        ] {
            for text in [
                TABLE,
                "Vaccine: MMR | Doses: 2 | Price: $118\n\nVaccine: Yellow fever | Doses: 1 | Price: $220",
            ] {
                let passage = Passage {
                    title: "Vaccines".into(),
                    text: text.into(),
                    ..Passage::default()
                };
                assert_eq!(Rows::of(question, &passage), want, "{question}");
            }
        }
    }
}
