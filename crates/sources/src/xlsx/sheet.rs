//! One sheet to rows: its header found, its merged cells filled, what is hidden left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Dimensions, Style, Xlsx};

use super::look::Hidden;
use super::shown::Formats;
use crate::columns::normal;
use crate::fields::{Fields, Written};
use crate::limits::{MB, MOST_COLUMNS, MOST_ROWS};
use crate::reading::Reading;
use crate::row::{Rows, has_text, named, problems};

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

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

pub fn read(
    stem: &str,
    book: &mut Book<'_>,
    name: &str,
    hidden: Hidden,
    budget: &mut Budget,
    out: &mut Reading,
) -> Result<(), String> {
    let formats = Formats::new(book.has_1904_epoch());
    let merged = book.merge_cells_by_sheet_name(name).map_err(|e| e.to_string())?;
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| e.to_string())?;
    let styles = cells.styles().to_vec();
    let mut sheet = Sheet {
        name,
        styles,
        formats,
        values: Vec::new(),
        places: BTreeMap::new(),
    };
    let mut left_out = LeftOut::default();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|e| e.to_string())? {
        let (row, column) = cell.get_position();
        let value = cell.get_value().clone();
        if matches!(value, DataRef::Empty) {
            continue;
        }
        if hidden.rows.contains(&row) {
            left_out.rows.insert(row);
        } else if hidden.columns.iter().any(|(from, to)| (*from..=*to).contains(&column)) {
            left_out.columns.insert(column);
        } else {
            sheet.places.insert((row, column), sheet.values.len());
            sheet.values.push((value, style));
        }
    }
    left_out.tell(name, out);
    sheet.documents(stem, &merged, budget, out)
}

#[derive(Default)]
struct LeftOut {
    rows: BTreeSet<u32>,
    columns: BTreeSet<u32>,
}

impl LeftOut {
    fn tell(&self, sheet: &str, out: &mut Reading) {
        const NAMED: usize = 20;
        let place = Some(format!("sheet {sheet}"));
        let listed = |all: Vec<String>| match all.len() > NAMED {
            true => format!("{} and {} more", all[..NAMED].join(", "), all.len() - NAMED),
            false => all.join(", "),
        };
        if !self.rows.is_empty() {
            let rows = self.rows.iter().map(|r| (r + 1).to_string()).collect();
            out.tell(place.clone(), format!("hidden rows are left out: {}", listed(rows)));
        }
        if !self.columns.is_empty() {
            let columns = self.columns.iter().map(|c| letters(*c)).collect();
            out.tell(place, format!("hidden columns are left out: {}", listed(columns)));
        }
    }
}

/// A column as Excel calls it.
fn letters(column: u32) -> String {
    let mut n = column + 1;
    let mut out = Vec::new();
    while n > 0 {
        out.push(b'A' + ((n - 1) % 26) as u8);
        n = (n - 1) / 26;
    }
    out.iter().rev().map(|b| *b as char).collect()
}

struct Sheet<'s> {
    name: &'s str,
    styles: Vec<Style>,
    formats: Formats,
    values: Vec<(DataRef<'s>, usize)>,
    /// Which value stands where; merged cells share one.
    places: BTreeMap<(u32, u32), usize>,
}

impl Sheet<'_> {
    fn documents(
        mut self,
        stem: &str,
        merged: &[Dimensions],
        budget: &mut Budget,
        out: &mut Reading,
    ) -> Result<(), String> {
        let rows: BTreeSet<u32> = self.places.keys().map(|(row, _)| *row).collect();
        let Some((top, header)) = self.header(&rows)? else {
            return Ok(());
        };
        let place = |row: u32| Some(format!("sheet {}, row {}", self.name, row + 1));
        let problems = problems(&header);
        if !problems.is_empty() {
            problems.into_iter().for_each(|p| out.refuse(place(top), p));
            return Ok(());
        }
        if rows.range(..top).next().is_some() {
            out.tell(place(top), "what stands above the header is not used");
        }
        let below: Vec<u32> = rows.range(top + 1..).copied().collect();
        if below.len() > MOST_ROWS {
            return Err(format!("more than {MOST_ROWS} rows; cut it into several"));
        }
        fill(&mut self.places, merged, &below, header.len() as u32)?;
        let mut table = Rows::new(stem);
        let name = self.name.to_owned();
        let place = |row: u32| Some(format!("sheet {name}, row {}", row + 1));
        for row in below {
            let Some(fields) = self.row(row, &header, budget, out) else {
                continue;
            };
            if budget.is_spent() {
                return Ok(());
            }
            table.add(place(row), fields, out);
        }
        table.end(place(top), out);
        Ok(())
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
            if has_text(&header) {
                return Ok(Some((*row, header)));
            }
            first.get_or_insert((*row, header));
        }
        Ok(first)
    }

    fn text(&mut self, row: u32, column: u32) -> String {
        let Some((value, style)) = self.places.get(&(row, column)).map(|i| &self.values[*i]) else {
            return String::new();
        };
        self.formats
            .shown(value, *style, &self.styles)
            .map_or_else(|e| e, |s| s.text)
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
        let mut is_empty = true;
        for (column, i) in self
            .places
            .range((row, 0)..(row, header.len() as u32))
            .map(|((_, c), i)| (*c, *i))
        {
            let name = &header[column as usize];
            let (value, style) = &self.values[i];
            let shown = match self.formats.shown(value, *style, &self.styles) {
                Ok(shown) => shown,
                Err(e) => {
                    problem.get_or_insert(format!("“{name}” shows the error {e}"));
                    continue;
                }
            };
            let font = self.styles.get(*style).and_then(|s| s.font.as_ref());
            if font.is_some_and(|f| f.has_strikethrough()) && !shown.text.is_empty() {
                let words: String = shown.text.chars().take(60).collect();
                let place = Some(format!("sheet {}, row {}", self.name, row + 1));
                out.tell(place, format!("struck out and left out: “{words}”"));
                continue;
            }
            let key = normal(name);
            if shown.is_made && ["code", "codes"].contains(&key.as_str()) {
                let text = &shown.text;
                let made = format!("the code is shown as “{text}”: a date or a power was made of it; write it as text");
                problem.get_or_insert(made);
            }
            let text = match shown.day {
                Some(day) if ["effective_from", "effective_to"].contains(&key.as_str()) => day,
                _ => shown.text,
            };
            budget.spend(text.len());
            is_empty &= text.trim().is_empty();
            values[column as usize] = Written::Text(text);
        }
        match problem {
            Some(problem) => Some(Err(problem)),
            None if is_empty => None,
            None => Some(Fields::new(named(header, values.into_iter()))),
        }
    }
}

/// Gives the value of a merged cell to all rows and columns that it spans, where there is a row.
fn fill(
    places: &mut BTreeMap<(u32, u32), usize>,
    merged: &[Dimensions],
    rows: &[u32],
    width: u32,
) -> Result<(), String> {
    let mut filled = 0;
    for range in merged {
        let Some(value) = places.get(&range.start).copied() else {
            continue;
        };
        let from = rows.partition_point(|r| *r < range.start.0);
        for row in rows[from..].iter().take_while(|r| **r <= range.end.0) {
            for column in range.start.1..=range.end.1.min(width.saturating_sub(1)) {
                filled += 1;
                if filled > MOST_FILLED {
                    return Err("its merged cells span too much".into());
                }
                places.entry((*row, column)).or_insert(value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_as_excel_calls_them() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
