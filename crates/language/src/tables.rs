//! Tables as they stand in text: rows of cells between bars, under a head. A row says what its head makes of it.

use std::ops::Range;

/// A table of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub head: Range<usize>,
    /// Without the head and the line below it.
    pub rows: Vec<Range<usize>>,
}

/// The tables of a text, in order: a head, a line of dashes below it, and rows.
pub fn tables(body: &str) -> Vec<Table> {
    let mut out: Vec<Table> = Vec::new();
    let mut before: Option<Range<usize>> = None;
    let mut open = false;
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let lead = line.len() - line.trim_start().len();
        let range = at + lead..at + line.trim_end().len().max(lead);
        at += line.len();
        let content = &body[range.clone()];
        if !is_row(content) {
            (before, open) = (None, false);
        } else if is_rule(content) && before.is_some() {
            out.extend(before.take().map(|head| Table { head, rows: Vec::new() }));
            open = true;
        } else if open {
            out.last_mut().expect("a table is open").rows.push(range);
        } else {
            before = Some(range);
        }
    }
    out
}

/// The rows of a text that may begin inside a table, under a head that stands before it: of each the number of its
/// line, its head and the row.
pub fn rows_under<'t>(text: &'t str, head: Option<&'t str>) -> Vec<(usize, &'t str, &'t str)> {
    let mut head = head;
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        if !is_row(line) {
            head = None;
        } else if lines.peek().is_some_and(|(_, next)| is_rule(next)) {
            head = Some(line);
        } else if let Some(head) = head.filter(|_| !is_rule(line)) {
            out.push((n, head, line));
        }
    }
    out
}

/// Whether a line is a row of a table.
pub fn is_row(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2 && line.starts_with('|') && line[1..].contains('|')
}

/// Whether it is the line between head and rows.
pub fn is_rule(line: &str) -> bool {
    is_row(line) && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

/// The cells of a row, without white space around them.
pub fn cells(row: &str) -> Vec<&str> {
    let inner = row.trim();
    let inner = inner.strip_prefix('|').unwrap_or(inner);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.split('|').map(str::trim).collect()
}

/// The cells of a row that stands in words already ("Plan: 137 | BIN: 100959"), each with its head; none where a
/// line is no such row.
pub fn said_cells(line: &str) -> Option<Vec<(&str, &str)>> {
    let parts: Vec<(&str, &str)> = line.split(" | ").filter_map(|p| p.split_once(": ")).collect();
    (parts.len() > 1 && parts.len() == line.split(" | ").count()).then_some(parts)
}

/// A row in words: each cell behind what its head calls it. Nothing stands in it that is not in the two.
pub fn said(head: &str, row: &str) -> String {
    let heads = cells(head);
    let parts: Vec<String> = cells(row)
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(i, cell)| match heads.get(i).filter(|h| !h.is_empty()) {
            // "Plan 137" need not be called a plan twice.
            Some(h) if !cell.to_lowercase().starts_with(&h.to_lowercase()) => format!("{h}: {cell}"),
            _ => (*cell).to_owned(),
        })
        .collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANS: &str = "# Plans\n\nEach row is one.\n\n| Plan | BIN | Window |\n|---|:--:|---|\n| Plan 1 | 100007 | 2 days |\n| Plan 2 | | 3 days |\n\nAfter.\n";

    #[test]
    fn a_table_is_its_head_and_its_rows() {
        let found = tables(PLANS);
        assert_eq!(found.len(), 1);
        assert_eq!(&PLANS[found[0].head.clone()], "| Plan | BIN | Window |");
        let rows: Vec<&str> = found[0].rows.iter().map(|r| &PLANS[r.clone()]).collect();
        assert_eq!(rows, ["| Plan 1 | 100007 | 2 days |", "| Plan 2 | | 3 days |"]);
        assert_eq!(
            said("| Plan | BIN | Window |", rows[0]),
            "Plan 1; BIN: 100007; Window: 2 days"
        );
        assert_eq!(said("| Plan | BIN | Window |", rows[1]), "Plan 2; Window: 3 days");
        assert_eq!(
            said_cells("Plan: 137 | BIN: 100959"),
            Some(vec![("Plan", "137"), ("BIN", "100959")])
        );
        assert_eq!(said_cells("Ask for: a | b"), None);
        assert_eq!(
            rows_under(
                "| Plan 3 | 100009 |\n\n| A | B |\n|---|---|\n| 1 | 2 |",
                Some("| Plan | BIN |")
            ),
            [
                (0, "| Plan | BIN |", "| Plan 3 | 100009 |"),
                (4, "| A | B |", "| 1 | 2 |")
            ]
        );
        assert!(rows_under("| 1 | 2 |", None).is_empty());
        assert!(tables("a | b\n| only | one |\n").is_empty());
    }
}
