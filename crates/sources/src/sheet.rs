//! The sheet of a workbook, whatever program made it, to rows: its header found, its merged cells filled, what is
//! hidden or struck out left out. The file itself is not read here.

use std::collections::{BTreeMap, BTreeSet};

use crate::columns::{looks_like, normal, not_in_force};
use crate::fields::{Fields, Written, doubt};
use crate::limits::{MB, MOST_COLUMNS, MOST_ROWS};
use crate::mapping::Mapping;
use crate::reading::{Place, Reading};
use crate::row::{Rows, above, has_text, named, problems};

/// How many rows may stand above the header.
const HEADER_WITHIN: usize = 20;
/// Places that merged cells fill, in one sheet.
const MOST_FILLED: usize = 2_000_000;

/// The text that one workbook may come to: a text that many cells share is there for each.
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Budget(128 * MB)
    }
}

impl Budget {
    fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }

    pub fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

/// A cell as the sheet shows it.
#[derive(Debug, Default, PartialEq)]
pub struct Shown {
    pub text: String,
    /// The day, where it is a date.
    pub day: Option<String>,
    /// A number that is shown as a date or as a power, or has more digits than are kept: no longer what was typed.
    pub is_made: bool,
    /// What of it is struck out, and no part of the text.
    pub struck: Option<String>,
}

/// What stands in a cell.
pub enum Cell {
    Seen(Shown),
    /// Why it is no value, and what it was.
    LeftOut(&'static str, String),
    Error(String),
    Uncomputed,
}

/// The cells of a sheet by their number.
pub trait Cells {
    fn cell(&mut self, i: usize) -> Cell;
}

/// A range that is one cell, from its first row and column to its last.
pub struct Merged {
    pub from: (u32, u32),
    pub to: (u32, u32),
}

pub struct Sheet<'s, C> {
    pub name: &'s str,
    pub cells: C,
    /// Which cell stands where; merged ones share one. What is hidden stands elsewhere.
    pub places: BTreeMap<(u32, u32), usize>,
    pub merged: Vec<Merged>,
    pub hidden: Hidden,
    pub mapping: &'s Mapping,
}

/// What is filled in rows and columns that the sheet does not show.
#[derive(Default)]
pub struct Hidden {
    pub rows: BTreeSet<u32>,
    /// The cells of hidden columns.
    pub columns: BTreeMap<u32, Vec<(u32, usize)>>,
}

impl<C: Cells> Sheet<'_, C> {
    pub fn documents(mut self, stem: &str, budget: &mut Budget, out: &mut Reading) -> Result<(), String> {
        let rows: BTreeSet<u32> = self.places.keys().map(|(row, _)| *row).collect();
        let header = self.header(&rows)?;
        self.tell_hidden(header.as_ref().map(|(top, _)| *top), out);
        let Some((top, header)) = header else {
            return Ok(());
        };
        let problems = problems(&header, self.mapping);
        if !problems.is_empty() {
            problems.into_iter().for_each(|p| out.doubt(self.place(top), p));
            return Ok(());
        }
        if let Some(word) = not_in_force(self.name).filter(|_| self.mapping.survey().is_none()) {
            return Err(format!(
                "its name says “{word}”, which looks like a state: hide it if it is not in force, or give it another name"
            ));
        }
        let above_header: Vec<(u32, u32)> = self.places.range(..(top, 0)).map(|(place, _)| *place).collect();
        let texts: Vec<String> = above_header.into_iter().map(|(r, c)| self.text(r, c)).collect();
        above(&texts, self.place(top), out);
        let below: Vec<u32> = rows.range(top + 1..).copied().collect();
        if below.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows; cut it into several"));
        }
        self.fill(&below)?;
        self.tell_beside(header.len(), top, out);
        let mut table = Rows::new(stem);
        for row in below {
            let place = self.place(row);
            let Some(fields) = self.row(row, &header, budget, out) else {
                continue;
            };
            if budget.is_spent() {
                return Ok(());
            }
            table.add(place, fields, out);
        }
        table.end(self.place(top), out);
        Ok(())
    }

    fn place(&self, row: u32) -> Place {
        Some(format!("sheet {}, row {}", self.name, row + 1))
    }

    /// The row that names a column of texts, or else the first.
    fn header(&mut self, rows: &BTreeSet<u32>) -> Result<Option<(u32, Vec<String>)>, String> {
        let mut first = None;
        for row in rows.iter().take(HEADER_WITHIN) {
            let last = self.places.range((*row, 0)..=(*row, u32::MAX)).next_back();
            let width = last.map_or(0, |((_, column), _)| *column as usize + 1);
            if width > MOST_COLUMNS {
                return Err(format!("row {} has {width} columns (at most {MOST_COLUMNS})", row + 1));
            }
            let header: Vec<String> = (0..width as u32)
                .map(|c| self.text(*row, c).trim().to_owned())
                .collect();
            if has_text(&header, self.mapping) {
                return Ok(Some((*row, header)));
            }
            first.get_or_insert((*row, header));
        }
        Ok(first)
    }

    /// What stands beside all columns that have a name is told.
    fn tell_beside(&self, width: usize, top: u32, out: &mut Reading) {
        const NAMED: usize = 20;
        let mut beside: BTreeMap<u32, usize> = BTreeMap::new();
        for (_, column) in self.places.range((top + 1, 0)..).map(|(place, _)| *place) {
            if column as usize >= width {
                *beside.entry(column).or_default() += 1;
            }
        }
        let names = beside
            .iter()
            .take(NAMED)
            .map(|(c, n)| format!("column {}, which has no name ({n})", letters(*c)));
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            out.tell(self.place(top), format!("not used: {}", names.join(", ")));
        }
    }

    fn text(&mut self, row: u32, column: u32) -> String {
        let Some(i) = self.places.get(&(row, column)).copied() else {
            return String::new();
        };
        match self.cells.cell(i) {
            Cell::Seen(shown) => shown.text,
            Cell::LeftOut(..) | Cell::Uncomputed => String::new(),
            Cell::Error(error) => error,
        }
    }

    /// A row's values; none where nothing stands below the header.
    fn row(
        &mut self,
        row: u32,
        header: &[String],
        budget: &mut Budget,
        out: &mut Reading,
    ) -> Option<Result<Fields, String>> {
        let mut values = vec![Written::Nothing; header.len()];
        let mut problem = None;
        let filled = self.places.range((row, 0)..(row, header.len() as u32));
        let filled: Vec<(usize, usize)> = filled.map(|((_, c), i)| (*c as usize, *i)).collect();
        let place = self.place(row);
        let mut leave = |why: &str, text: &str| {
            let words: String = text.chars().take(60).collect();
            out.tell(place.clone(), format!("{why} and left out: “{words}”"));
        };
        for (column, i) in filled {
            let name = &header[column];
            match self.cells.cell(i) {
                Cell::Seen(shown) => {
                    budget.spend(shown.text.len());
                    if let Some(struck) = &shown.struck {
                        leave("struck out", struck);
                    }
                    match value(shown, &self.mapping.field(name).unwrap_or_default()) {
                        Ok(text) => values[column] = Written::Text(text),
                        Err(reason) => problem = problem.or(Some(reason)),
                    }
                }
                Cell::LeftOut(why, text) => {
                    leave(why, &text);
                    values[column] = Written::LeftOut;
                }
                // Of a column that nothing is made of, it says nothing.
                Cell::Error(error) => values[column] = Written::Text(error),
                Cell::Uncomputed => {
                    problem = problem.or(Some(format!(
                        "“{name}” holds a formula that was never computed; open the file in Excel and save it"
                    )));
                }
            }
        }
        let is_empty = values.iter().all(|v| !v.is_filled());
        match problem {
            Some(problem) => Some(Err(problem)),
            None if is_empty => None,
            None => Some(Fields::new(named(header, values.into_iter()), self.mapping)),
        }
    }

    /// What is hidden is named. A hidden column that could decide stops, where a row that is shown fills it.
    fn tell_hidden(&mut self, top: Option<u32>, out: &mut Reading) {
        const NAMED: usize = 20;
        let listed = |all: Vec<String>| match all.len() > NAMED {
            true => format!("{} and {} more", all[..NAMED].join(", "), all.len() - NAMED),
            false => all.join(", "),
        };
        let place = Some(format!("sheet {}", self.name));
        if !self.hidden.rows.is_empty() {
            let rows = self.hidden.rows.iter().map(|r| (r + 1).to_string()).collect();
            out.tell(place.clone(), format!("hidden rows are left out: {}", listed(rows)));
        }
        let mut columns = Vec::new();
        for (column, cells) in std::mem::take(&mut self.hidden.columns) {
            let head = cells.iter().find(|(row, _)| Some(*row) == top).map(|(_, i)| *i);
            let name = match head.map(|i| self.cells.cell(i)) {
                Some(Cell::Seen(shown)) => shown.text.trim().to_owned(),
                _ => String::new(),
            };
            // What somebody ignored by its name is decided.
            let key = self.mapping.field(&name).map_or_else(String::new, |n| normal(&n));
            let like = match key.as_str() {
                "effective_to" => Some("an end"),
                "effective_from" => Some("a beginning"),
                _ => looks_like(&key).filter(|like| ["an end", "a beginning", "a state"].contains(like)),
            };
            let is_filled = top.is_some_and(|top| cells.iter().any(|(row, _)| *row > top));
            match like.filter(|_| is_filled) {
                Some(like) => out.doubt(place.clone(), format!("in a hidden column, {}", doubt(&name, like))),
                None if name.is_empty() => columns.push(letters(column)),
                None => columns.push(format!("{} ({name})", letters(column))),
            }
        }
        if !columns.is_empty() {
            out.tell(place, format!("hidden columns are left out: {}", listed(columns)));
        }
    }

    /// Gives the value of a merged cell to all rows that it spans. What spans columns belongs to the first.
    fn fill(&mut self, rows: &[u32]) -> Result<(), String> {
        let mut filled = 0;
        for range in &self.merged {
            let Some(value) = self.places.get(&range.from).copied() else {
                continue;
            };
            let from = rows.partition_point(|r| *r < range.from.0);
            for row in rows[from..].iter().take_while(|r| **r <= range.to.0) {
                filled += 1;
                if filled > MOST_FILLED {
                    return Err("its merged cells span too much".into());
                }
                self.places.entry((*row, range.from.1)).or_insert(value);
            }
        }
        Ok(())
    }
}

/// A value by its column's name, or why it is none.
fn value(shown: Shown, name: &str) -> Result<String, String> {
    let key = normal(name);
    if ["code", "codes"].contains(&key.as_str()) && shown.is_made {
        return Err(format!(
            "the code is shown as “{}”: a date or a power was made of it; write it as text",
            shown.text
        ));
    }
    Ok(match shown.day {
        Some(day) if ["effective_from", "effective_to"].contains(&key.as_str()) => day,
        _ => shown.text,
    })
}

/// A column as spreadsheets call it.
fn letters(column: u32) -> String {
    let mut n = column + 1;
    let mut out = Vec::new();
    while n > 0 {
        out.push(b'A' + ((n - 1) % 26) as u8);
        n = (n - 1) / 26;
    }
    out.iter().rev().map(|b| *b as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_as_excel_calls_them() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
