//! The content of an OpenDocument spreadsheet: its styles, its sheets, their cells and what each shows. Repeated rows
//! and cells are bounded before they are written out.

use std::collections::{BTreeMap, HashMap};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::limits::LONGEST_DOCUMENT;
use crate::sheet::{Cell, Hidden, Merged, Shown};
use crate::xml::{attribute, text};

const MOST_CELLS: usize = 2_000_000;
const MOST_SHEETS: usize = 1_000;
const DEEPEST: usize = 256;
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u32 = 16_384;

#[derive(Default)]
pub struct Table {
    pub name: String,
    pub is_hidden: bool,
    pub cells: Vec<Value>,
    pub places: BTreeMap<(u32, u32), usize>,
    pub merged: Vec<Merged>,
    pub hidden: Hidden,
    /// What stands beside the cells, and how often.
    pub beside: BTreeMap<&'static str, usize>,
}

/// A cell: what is shown, what of it is struck out, and what kind of value it has.
#[derive(Default, Clone)]
pub struct Value {
    shown: String,
    struck: String,
    day: Option<String>,
    is_number: bool,
    is_error: bool,
    is_unseen: bool,
}

impl Value {
    fn is_empty(&self) -> bool {
        self.shown.trim().is_empty() && self.struck.trim().is_empty()
    }

    pub fn cell(&self) -> Cell {
        if self.is_error {
            return Cell::Error(self.shown.clone());
        }
        if self.is_unseen && !self.shown.trim().is_empty() {
            return Cell::LeftOut("hidden", self.shown.clone());
        }
        if self.shown.trim().is_empty() && !self.struck.trim().is_empty() {
            return Cell::LeftOut("struck out", self.struck.clone());
        }
        let is_power = self.is_number && ["E+", "E-"].iter().any(|e| self.shown.contains(e));
        Cell::Seen(Shown {
            text: self.shown.clone(),
            day: self.day.clone(),
            is_made: is_power || self.day.is_some(),
            struck: Some(self.struck.clone()).filter(|s| !s.trim().is_empty()),
        })
    }
}

/// What a style says of what is seen.
#[derive(Default, Clone, Copy)]
struct Style {
    is_struck: bool,
    is_hidden: bool,
}

/// Where the reading stands.
#[derive(Default)]
struct At {
    styles: HashMap<String, Style>,
    style: Option<String>,
    tables: Vec<Table>,
    row: u32,
    column: u32,
    /// How many rows and columns the present ones stand for.
    rows: u32,
    columns: u32,
    is_row_hidden: bool,
    /// Columns that are not shown.
    hidden_columns: Vec<(u32, u32)>,
    next_column: u32,
    cell: Option<Value>,
    is_cell_struck: bool,
    span: (u32, u32),
    paragraphs: usize,
    /// Whether each part of a text around is struck out.
    spans: Vec<bool>,
    /// How deep within something that is no part of the cells; 0: not at all.
    beside: usize,
    cells: usize,
}

pub fn sheets(content: &str) -> Result<Vec<Table>, String> {
    let mut reader = Reader::from_str(content);
    let mut at = At::default();
    let mut depth = 0;
    loop {
        match reader
            .read_event()
            .map_err(|e| format!("content.xml is damaged: {e}"))?
        {
            Event::Eof => return Ok(at.tables),
            Event::Start(e) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("its elements stand more than {DEEPEST} deep in each other"));
                }
                at.begin(&e)?;
            }
            Event::Empty(e) => {
                at.begin(&e)?;
                at.end(e.local_name().as_ref())?;
            }
            Event::End(e) => {
                depth = depth.saturating_sub(1);
                at.end(e.local_name().as_ref())?;
            }
            event => {
                if let Some(said) = text(&event) {
                    at.add(&said)?;
                }
            }
        }
    }
}

impl At {
    fn begin(&mut self, e: &BytesStart<'_>) -> Result<(), String> {
        let name = e.local_name();
        let name = name.as_ref();
        if self.beside > 0 {
            self.beside += 1;
            return Ok(());
        }
        self.style(name, e);
        let number = |name: &str| {
            attribute(e, name)
                .and_then(|n| n.parse::<u32>().ok())
                .unwrap_or(1)
                .max(1)
        };
        let style = |at: &Self| {
            let name = attribute(e, "style-name").unwrap_or_default();
            at.styles.get(&name).copied().unwrap_or_default()
        };
        let is_hidden = || attribute(e, "visibility").is_some_and(|v| v != "visible");
        match name {
            "table" => {
                if self.tables.len() == MOST_SHEETS {
                    return Err(format!("it has more than {MOST_SHEETS} sheets"));
                }
                self.tables.push(Table {
                    name: attribute(e, "name").unwrap_or_default(),
                    is_hidden: style(self).is_hidden,
                    ..Table::default()
                });
                (self.row, self.next_column) = (0, 0);
                self.hidden_columns.clear();
            }
            "table-column" => {
                let n = number("number-columns-repeated").min(MOST_COLUMNS);
                if is_hidden() {
                    self.hidden_columns
                        .push((self.next_column, self.next_column.saturating_add(n)));
                }
                self.next_column = self.next_column.saturating_add(n);
            }
            "table-row" => {
                self.rows = number("number-rows-repeated").min(MOST_ROWS);
                self.is_row_hidden = is_hidden();
                self.column = 0;
            }
            "table-cell" | "covered-table-cell" => {
                self.columns = number("number-columns-repeated").min(MOST_COLUMNS);
                self.span = (number("number-rows-spanned"), number("number-columns-spanned"));
                self.is_cell_struck = style(self).is_struck;
                self.paragraphs = 0;
                let kind = attribute(e, "value-type").unwrap_or_default();
                self.cell = Some(Value {
                    day: attribute(e, "date-value").map(|d| d.chars().take(10).collect()),
                    is_number: ["float", "percentage", "currency"].contains(&kind.as_str()),
                    is_error: kind == "error",
                    is_unseen: style(self).is_hidden,
                    ..Value::default()
                });
            }
            "p" | "h" => {
                if self.paragraphs > 0 {
                    self.add("\n")?;
                }
                self.paragraphs += 1;
            }
            "span" | "a" => self.spans.push(style(self).is_struck),
            "s" => self.add(&" ".repeat(number("c").min(100) as usize))?,
            "tab" | "line-break" => self.add(" ")?,
            "annotation" => self.pass("comments of cells"),
            "frame" | "custom-shape" | "shapes" => self.pass("pictures and shapes"),
            "tracked-changes" => self.pass("recorded changes"),
            _ => {}
        }
        Ok(())
    }

    /// What the styles say of what is seen.
    fn style(&mut self, name: &str, e: &BytesStart<'_>) {
        match name {
            "style" => {
                let name = attribute(e, "name").unwrap_or_default();
                let parent = attribute(e, "parent-style-name").and_then(|p| self.styles.get(&p).copied());
                self.styles.insert(name.clone(), parent.unwrap_or_default());
                self.style = Some(name);
            }
            "text-properties" | "table-properties" => {
                if let Some(style) = self.style.as_ref().and_then(|s| self.styles.get_mut(s)) {
                    let line = attribute(e, "text-line-through-style").or(attribute(e, "text-line-through-type"));
                    style.is_struck = line.map_or(style.is_struck, |l| l != "none");
                    style.is_hidden |= attribute(e, "display").is_some_and(|d| d == "false" || d == "none");
                }
            }
            _ => {}
        }
    }

    fn pass(&mut self, what: &'static str) {
        self.beside = 1;
        if let Some(table) = self.tables.last_mut() {
            *table.beside.entry(what).or_default() += 1;
        }
    }

    fn end(&mut self, name: &str) -> Result<(), String> {
        if self.beside > 0 {
            self.beside -= 1;
            return Ok(());
        }
        match name {
            "style" => self.style = None,
            "span" | "a" => drop(self.spans.pop()),
            "table-row" => self.row = self.row.saturating_add(self.rows).min(MOST_ROWS),
            "table-cell" | "covered-table-cell" => self.end_cell()?,
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, said: &str) -> Result<(), String> {
        let is_struck = self.is_cell_struck || self.spans.contains(&true);
        if let (Some(cell), true) = (&mut self.cell, self.beside == 0 && self.paragraphs > 0) {
            let to = if is_struck { &mut cell.struck } else { &mut cell.shown };
            let said = if to.ends_with(' ') {
                said.trim_start_matches(' ')
            } else {
                said
            };
            to.push_str(said);
            if to.len() > LONGEST_DOCUMENT {
                return Err("a cell holds more text than a document may".into());
            }
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), String> {
        let (row, column) = (self.row, self.column);
        self.column = column.saturating_add(self.columns).min(MOST_COLUMNS);
        let Some(value) = self.cell.take().filter(|v| !v.is_empty()) else {
            return Ok(());
        };
        let Some(table) = self.tables.last_mut() else {
            return Ok(());
        };
        self.cells += self.rows as usize * self.columns as usize;
        if self.cells > MOST_CELLS {
            return Err(format!("it has more than {MOST_CELLS} cells"));
        }
        let i = table.cells.len();
        table.cells.push(value);
        for r in row..row.saturating_add(self.rows).min(MOST_ROWS) {
            if self.is_row_hidden {
                table.hidden.rows.insert(r);
                continue;
            }
            for c in column..self.column {
                if self.hidden_columns.iter().any(|(from, to)| (*from..*to).contains(&c)) {
                    table.hidden.columns.entry(c).or_default().push((r, i));
                } else {
                    table.places.insert((r, c), i);
                }
            }
        }
        if self.span != (1, 1) {
            let to = (
                row.saturating_add(self.span.0 - 1),
                column.saturating_add(self.span.1 - 1),
            );
            table.merged.push(Merged {
                from: (row, column),
                to,
            });
        }
        Ok(())
    }
}
