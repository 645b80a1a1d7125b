//! One sheet to rows: its header found, its merged cells filled, what is hidden left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Dimensions, Style, Xlsx};

use super::look::Unsaid;
use super::shown::{Formats, is_unseen};
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
    unsaid: Unsaid,
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
        zeros: 0,
    };
    let mut left_out = LeftOut::default();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|e| e.to_string())? {
        let (row, column) = cell.get_position();
        let value = cell.get_value().clone();
        if matches!(value, DataRef::Empty) && !unsaid.uncomputed.contains(&(row, column)) {
            continue;
        }
        if unsaid.hidden_rows.contains(&row) {
            left_out.rows.insert(row);
        } else if unsaid.hidden_columns.contains(&column) {
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
    /// How many digits a code has that begins with a zero.
    zeros: usize,
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
        fill(&mut self.places, merged, &below)?;
        self.zeros = self.zeros(&header);
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
        let filled = self.places.range((row, 0)..(row, header.len() as u32));
        let filled: Vec<(usize, usize)> = filled.map(|((_, c), i)| (*c as usize, *i)).collect();
        for (column, i) in filled {
            match self.value(i, &header[column]) {
                Err(reason) => problem = problem.or(Some(reason)),
                Ok(Value::Seen(text)) => {
                    budget.spend(text.len());
                    values[column] = Written::Text(text);
                }
                Ok(Value::LeftOut(why, text)) => {
                    let words: String = text.chars().take(60).collect();
                    let place = Some(format!("sheet {}, row {}", self.name, row + 1));
                    out.tell(place, format!("{why} and left out: “{words}”"));
                }
            }
        }
        let is_empty = values.iter().all(|v| !v.is_filled());
        match problem {
            Some(problem) => Some(Err(problem)),
            None if is_empty => None,
            None => Some(Fields::new(named(header, values.into_iter()))),
        }
    }

    /// A value by its column's name, or why it is none.
    fn value(&mut self, i: usize, name: &str) -> Result<Value, String> {
        let (value, style) = &self.values[i];
        if matches!(value, DataRef::Empty) {
            return Err(format!(
                "“{name}” holds a formula that was never computed; open the file in Excel and save it"
            ));
        }
        let shown = self.formats.shown(value, *style, &self.styles);
        let shown = shown.map_err(|e| format!("“{name}” shows the error {e}"))?;
        if let Some(style) = self.styles.get(*style) {
            if style.font.as_ref().is_some_and(|f| f.has_strikethrough()) && !shown.text.is_empty() {
                return Ok(Value::LeftOut("struck out", shown.text));
            }
            if is_unseen(style) && !shown.text.is_empty() {
                return Ok(Value::LeftOut("hidden", shown.text));
            }
        }
        let key = normal(name);
        let text = &shown.text;
        if is_code(&key) && shown.is_made {
            return Err(format!(
                "the code is shown as “{text}”: a date or a power was made of it; write it as text"
            ));
        }
        if is_code(&key) && shown.is_number && text.len() < self.zeros {
            return Err(format!(
                "the code {text} is a number, while others begin with a zero; write it as text, with its zeros"
            ));
        }
        Ok(Value::Seen(match shown.day {
            Some(day) if ["effective_from", "effective_to"].contains(&key.as_str()) => day,
            _ => shown.text,
        }))
    }

    /// How long the codes are that are written as text and begin with a zero; 0: there is none.
    fn zeros(&self, header: &[String]) -> usize {
        let columns: Vec<u32> = (0..)
            .zip(header)
            .filter(|(_, name)| is_code(&normal(name)))
            .map(|(c, _)| c)
            .collect();
        let codes = self.places.iter().filter(|((_, column), _)| columns.contains(column));
        let texts = codes.filter_map(|(_, i)| match &self.values[*i].0 {
            DataRef::String(text) => Some(text.as_str()),
            DataRef::SharedString(text) => Some(*text),
            _ => None,
        });
        let zeroed = texts.filter(|t| t.starts_with('0') && t.bytes().all(|b| b.is_ascii_digit()));
        zeroed.map(str::len).max().unwrap_or(0)
    }
}

/// What stands in a cell.
enum Value {
    Seen(String),
    /// Why, and what it was.
    LeftOut(&'static str, String),
}

fn is_code(key: &str) -> bool {
    ["code", "codes"].contains(&key)
}

/// Gives the value of a merged cell to all rows that it spans. What spans columns belongs to the first.
fn fill(places: &mut BTreeMap<(u32, u32), usize>, merged: &[Dimensions], rows: &[u32]) -> Result<(), String> {
    let mut filled = 0;
    for range in merged {
        let Some(value) = places.get(&range.start).copied() else {
            continue;
        };
        let from = rows.partition_point(|r| *r < range.start.0);
        for row in rows[from..].iter().take_while(|r| **r <= range.end.0) {
            filled += 1;
            if filled > MOST_FILLED {
                return Err("its merged cells span too much".into());
            }
            places.entry((*row, range.start.1)).or_insert(value);
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
