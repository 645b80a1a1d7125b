//! A table as rows of text, each with the names of its columns: a cell that spans several stands in each of them.

use std::rc::Rc;

use scraper::ElementRef;

use crate::limits::LONGEST_DOCUMENT;

/// Cells of one table, with those that a span fills.
const MOST_CELLS: usize = 200_000;
const WIDEST: usize = 200;

/// A cell as it stands in the page.
struct Cell {
    text: Rc<str>,
    columns: usize,
    rows: usize,
    is_head: bool,
    is_bold: bool,
}

/// The rows of a table as lines, unless they are too long; `is_shown` says of a row or a part whether it is
/// read, `text` gives a cell's own.
pub fn lines<'a>(
    table: ElementRef<'a>,
    mut is_shown: impl FnMut(ElementRef<'a>) -> bool,
    mut text: impl FnMut(ElementRef<'a>) -> String,
) -> Option<Vec<String>> {
    let mut rows: Vec<(bool, Vec<Cell>)> = Vec::new();
    for (in_head, row) in rows_of(table) {
        if !is_shown(row)
            || row
                .parent()
                .and_then(ElementRef::wrap)
                .is_some_and(|part| part != table && !is_shown(part))
        {
            continue;
        }
        let cells = row
            .child_elements()
            .filter(|c| ["td", "th"].contains(&c.value().name()));
        let span = |c: ElementRef<'a>, name| c.attr(name).and_then(|s| s.trim().parse().ok()).unwrap_or(1);
        let cells: Vec<Cell> = cells
            .map(|c| Cell {
                text: text(c).into(),
                columns: span(c, "colspan").clamp(1, WIDEST),
                rows: span(c, "rowspan"),
                is_head: c.value().name() == "th",
                is_bold: is_bold(c),
            })
            .collect();
        if !cells.is_empty() {
            rows.push((in_head, cells));
        }
    }
    let heads = heads(&rows);
    // A row of one cell over all columns is a heading for those below it.
    let width = rows
        .iter()
        .map(|(_, cells)| cells.iter().map(|c| c.columns).sum())
        .max()
        .unwrap_or(0);
    let is_over = |(_, cells): &(bool, Vec<Cell>)| matches!(&cells[..], [c] if width > 1 && c.columns >= width);
    let over: Vec<bool> = rows.iter().map(is_over).collect();
    let grid = Grid::default().filled(rows.into_iter().map(|r| r.1));
    let names = names(&grid[..heads]);
    let mut out: Vec<String> = Vec::new();
    let mut heading = Heading::default();
    let mut all = 0;
    for (row, is_over) in grid.iter().zip(over).skip(heads) {
        if let Some(text) = row.first().filter(|_| is_over) {
            out.extend(heading.instead(text.clone()));
            continue;
        }
        let line = line(&names, row);
        // Spans can make much of little.
        all += heading.text.len() + line.len();
        if all > LONGEST_DOCUMENT {
            return None;
        }
        if !line.is_empty() {
            out.push(heading.over(line));
        }
    }
    out.extend(heading.instead("".into()));
    Some(out)
}

/// What stands over the rows of a part of a table.
#[derive(Default)]
struct Heading {
    text: Rc<str>,
    is_used: bool,
}

impl Heading {
    fn over(&mut self, line: String) -> String {
        self.is_used = true;
        match &*self.text {
            "" => line,
            text => format!("{text} | {line}"),
        }
    }

    /// Begins another; what stood over nothing is a line by itself.
    fn instead(&mut self, text: Rc<str>) -> Option<String> {
        let before = std::mem::replace(&mut self.text, text);
        let was_used = std::mem::take(&mut self.is_used);
        Some(before.to_string()).filter(|t| !was_used && !t.is_empty())
    }
}

/// How many rows name the columns.
fn heads(rows: &[(bool, Vec<Cell>)]) -> usize {
    let heads = rows
        .iter()
        .take_while(|(in_head, cells)| *in_head || cells.iter().all(|c| c.is_head))
        .count();
    match (heads, rows) {
        // A table of nothing but heads is a list of words.
        (n, _) if n == rows.len() => 0,
        // Who cannot make a head makes its words bold.
        (0, [(_, first), (_, second), ..])
            if first.iter().all(|c| c.is_bold || c.text.is_empty()) && second.iter().any(|c| !c.is_bold) =>
        {
            1
        }
        (n, _) => n,
    }
}

/// Whether all words of a cell are bold.
fn is_bold(cell: ElementRef<'_>) -> bool {
    let words = |e: ElementRef<'_>| e.text().map(|t| t.split_whitespace().count()).sum::<usize>();
    let bold = cell
        .descendent_elements()
        .find(|e| ["b", "strong"].contains(&e.value().name()));
    bold.is_some_and(|bold| words(bold) == words(cell) && words(cell) > 0)
}

/// A row as one line: each value behind the name of its column, where there is one.
pub fn line<T: AsRef<str>>(names: &[String], row: &[T]) -> String {
    let mut out = String::new();
    for (i, value) in row.iter().map(T::as_ref).enumerate().filter(|(_, v)| !v.is_empty()) {
        if out.len() > LONGEST_DOCUMENT {
            break;
        }
        if !out.is_empty() {
            out.push_str(" | ");
        }
        if let Some(name) = names.get(i).filter(|n| !n.is_empty()) {
            out.push_str(name.trim_end_matches(':'));
            out.push_str(": ");
        }
        out.push_str(value);
    }
    out
}

/// The rows that are this table's own, and whether each stands in its head.
fn rows_of<'a>(table: ElementRef<'a>) -> Vec<(bool, ElementRef<'a>)> {
    let mut out = Vec::new();
    for part in table.child_elements() {
        match part.value().name() {
            "tr" => out.push((false, part)),
            name @ ("thead" | "tbody" | "tfoot") => {
                let rows = part.child_elements().filter(|r| r.value().name() == "tr");
                out.extend(rows.map(|r| (name == "thead", r)));
            }
            _ => {}
        }
    }
    out
}

/// The names of the columns: what all rows of the head say of each.
fn names(head: &[Vec<Rc<str>>]) -> Vec<String> {
    let width = head.iter().map(Vec::len).max().unwrap_or(0);
    let of = |column: usize| {
        let mut said: Vec<&str> = head.iter().filter_map(|r| r.get(column)).map(|s| &**s).collect();
        said.retain(|s| !s.is_empty());
        said.dedup();
        said.join(" ")
    };
    (0..width).map(of).collect()
}

/// Every place of a table with what stands there.
#[derive(Default)]
struct Grid {
    /// What cells above still fill, by column: the text, and for how many rows.
    above: Vec<(Rc<str>, usize)>,
    all: usize,
}

impl Grid {
    fn filled(mut self, rows: impl Iterator<Item = Vec<Cell>>) -> Vec<Vec<Rc<str>>> {
        let row = |cells: Vec<Cell>| {
            let mut row = Vec::new();
            for cell in cells {
                self.fill_from_above(&mut row);
                self.place(cell, &mut row);
            }
            self.fill_from_above(&mut row);
            row
        };
        rows.map(row).collect()
    }

    fn fill_from_above(&mut self, row: &mut Vec<Rc<str>>) {
        while self.all < MOST_CELLS
            && let Some((text, rows)) = self.above.get_mut(row.len()).filter(|a| a.1 > 0)
        {
            *rows -= 1;
            row.push(text.clone());
            self.all += 1;
        }
    }

    fn place(&mut self, cell: Cell, row: &mut Vec<Rc<str>>) {
        // A row span of 0 goes to the end of the table.
        let rows = if cell.rows == 0 { usize::MAX } else { cell.rows - 1 };
        let columns = if self.all < MOST_CELLS { cell.columns } else { 1 };
        for _ in 0..columns {
            if self.above.len() <= row.len() {
                self.above.resize(row.len() + 1, Default::default());
            }
            self.above[row.len()] = (cell.text.clone(), rows);
            row.push(cell.text.clone());
            self.all += 1;
        }
    }
}
