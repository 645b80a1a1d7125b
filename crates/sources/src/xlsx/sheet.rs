//! One sheet of an Excel workbook: which cells it has, and what each shows.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Style, Xlsx};

use super::look::Unsaid;
use super::shown::{Formats, is_unseen};
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::sheet::{Budget, Cell, Cells, Hidden, Merged, Sheet};

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

pub fn read(
    stem: &str,
    book: &mut Book<'_>,
    (name, mapping): (&str, &Mapping),
    unsaid: &Unsaid,
    budget: &mut Budget,
    out: &mut Reading,
) -> Result<(), String> {
    let formats = Formats::new(book.has_1904_epoch());
    let merged = book.merge_cells_by_sheet_name(name).map_err(|e| e.to_string())?;
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| e.to_string())?;
    let styles = cells.styles().to_vec();
    let mut values = Vec::new();
    let mut places = BTreeMap::new();
    let mut hidden = Hidden::default();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|e| e.to_string())? {
        let (row, column) = cell.get_position();
        let value = cell.get_value().clone();
        if matches!(value, DataRef::Empty) && !unsaid.uncomputed.contains(&(row, column)) {
            continue;
        }
        if unsaid.hidden_rows.contains(&row) {
            hidden.rows.insert(row);
            continue;
        }
        let i = values.len();
        values.push((value, style, unsaid.struck.get(&(row, column)).copied()));
        if unsaid.hidden_columns.contains(&column) {
            hidden.columns.entry(column).or_default().push((row, i));
        } else {
            places.insert((row, column), i);
        }
    }
    let merged = merged.into_iter().map(|m| Merged {
        from: m.start,
        to: m.end,
    });
    let sheet = Sheet {
        name,
        cells: Values {
            values,
            styles,
            formats,
            unsaid,
        },
        places,
        mapping,
        merged: merged.collect(),
        hidden,
    };
    sheet.documents(stem, budget, out)
}

/// Cells as workbooks of every age store them.
pub struct Values<'s> {
    /// What is stored, its style, and which of its texts are struck out.
    pub values: Vec<(DataRef<'s>, usize, Option<usize>)>,
    pub styles: Vec<Style>,
    pub formats: Formats,
    pub unsaid: &'s Unsaid,
}

impl Cells for Values<'_> {
    fn cell(&mut self, i: usize) -> Cell {
        let (value, style, struck) = &self.values[i];
        if matches!(value, DataRef::Empty) {
            return Cell::Uncomputed;
        }
        let mut shown = match self.formats.shown(value, *style, &self.styles) {
            Ok(shown) => shown,
            Err(error) => return Cell::Error(error),
        };
        if let Some(style) = self.styles.get(*style).filter(|_| !shown.text.trim().is_empty()) {
            // Parts of a text have fonts of their own.
            let is_struck = style.font.as_ref().is_some_and(|f| f.has_strikethrough());
            if is_struck && struck.is_none() {
                return Cell::LeftOut("struck out", shown.text);
            }
            if is_unseen(style) {
                return Cell::LeftOut("hidden", shown.text);
            }
        }
        if let Some(parts) = struck.and_then(|i| self.unsaid.parts.get(i)) {
            if parts.kept.trim().is_empty() {
                return Cell::LeftOut("struck out", parts.struck.clone());
            }
            shown.text.clone_from(&parts.kept);
            shown.struck = Some(parts.struck.clone());
        }
        Cell::Seen(shown)
    }
}
