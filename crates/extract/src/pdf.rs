//! A PDF as Markdown, page by page, and what of a page may not be in it as it is shown. A table without drawn lines is
//! guessed from where words stand: its broken rows are joined where that is plain, and it is told in any case.

use mortar_sources::extractor::{Extract, PAGE_END, Told};
use unpdf::model::{Block, Page, Table, TableCell};
use unpdf::render::{PageMarkerStyle, RenderOptions, to_markdown};
use unpdf::{ParseOptions, PdfParser};

use crate::running::without;

/// Letters and digits of a page below which it is a picture of one.
const WORDS_OF_A_PAGE: usize = 8;
/// The share of a page that a picture covers from which on its text may stand in the picture.
const PICTURE: f32 = 0.5;

pub fn pdf(bytes: &[u8]) -> Result<Extract, String> {
    let said = |e: unpdf::Error| format!("it cannot be read: {e}");
    let parser = PdfParser::from_bytes_with_options(bytes, ParseOptions::default().sequential()).map_err(said)?;
    let mut document = parser.parse().map_err(said)?;
    document.pages.iter_mut().flat_map(tables).for_each(join);
    let marked = RenderOptions::new().with_page_markers(PageMarkerStyle::Comment);
    let text = to_markdown(&document, &marked).map_err(said)?;
    let text = text.replace(PAGE_END, "");
    let text = without(&pages(&text)).join(&format!("\n\n{PAGE_END}\n\n"));
    let (pages, words) = (
        document.pages.len(),
        text.chars().filter(|c| c.is_alphanumeric()).count(),
    );
    if pages == 0 {
        return Err("it cannot be read: it holds no page".into());
    }
    if words < WORDS_OF_A_PAGE * pages {
        return Err(format!(
            "it is a scan without text ({pages} pages, {words} letters); have its text recognised first"
        ));
    }
    Ok(Extract {
        text,
        told: document.pages.iter_mut().flat_map(told).collect(),
    })
}

fn tables(page: &mut Page) -> impl Iterator<Item = &mut Table> {
    page.elements.iter_mut().filter_map(|e| match e {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

/// The lines of one cell are rows to the reader. A row that begins empty and goes on in small letters is the end of
/// the one above it.
fn join(table: &mut Table) {
    let rows = std::mem::take(&mut table.rows);
    for (at, row) in rows.into_iter().enumerate() {
        let goes_on = row.cells.first().is_some_and(|c| c.plain_text().trim().is_empty())
            && row.cells.iter().any(|c| !c.is_empty())
            && row.cells.iter().all(|c| {
                let text = c.plain_text();
                text.trim().chars().next().is_none_or(char::is_lowercase)
            });
        match table.rows.last_mut() {
            Some(above) if goes_on && at > 1 && above.cells.len() == row.cells.len() => {
                for (cell, more) in above.cells.iter_mut().zip(row.cells) {
                    let more = more.plain_text();
                    if !more.trim().is_empty() {
                        *cell = TableCell::text(format!("{} {}", cell.plain_text().trim_end(), more.trim()));
                    }
                }
            }
            _ => table.rows.push(row),
        }
    }
}

/// What the reader knows of a page that its text does not say.
fn told(page: &mut Page) -> Vec<Told> {
    let drawn = page.ruled_tables as usize;
    let guessed = tables(page).count().saturating_sub(drawn);
    let fonts: Vec<&str> = page.unreadable_fonts.iter().map(|f| f.name.as_str()).collect();
    let shown = page.painted_text_chars.saturating_sub(page.margin_text_chars);
    let picture = page.image_coverage >= PICTURE && shown < WORDS_OF_A_PAGE as u32 && page.invisible_text_chars == 0;
    let found = [
        (
            page.suppressed_text_runs > 0,
            true,
            format!(
                "{} pieces of its text cannot be read and are missing (font {})",
                page.suppressed_text_runs,
                fonts.join(", ")
            ),
        ),
        (
            page.undecoded_text_codes > 0,
            true,
            format!(
                "{} of its letters cannot be read and are missing",
                page.undecoded_text_codes
            ),
        ),
        (
            page.undecodable_content_streams > 0,
            true,
            "a part of it is damaged and is missing".into(),
        ),
        (
            picture,
            true,
            "it is a picture, and what is written in it is missing".into(),
        ),
        (
            page.ruled_grids as usize > drawn,
            false,
            "what stands in a grid of lines is read as text, not as a table".into(),
        ),
        (
            guessed > 0,
            false,
            format!(
                "tables without lines between their cells ({guessed}): rows may be broken, the last may be read as text"
            ),
        ),
        (
            page.ambiguous_layout_regions > 0,
            false,
            "its columns are read line by line: the order may not be that of the page".into(),
        ),
        (
            page.rotated_text_runs > 0,
            false,
            format!(
                "{} turned pieces of its text may stand at the wrong place",
                page.rotated_text_runs
            ),
        ),
        (
            page.invisible_text_chars > 0 && page.painted_text_chars > 0,
            false,
            format!(
                "{} of its letters are read though nothing shows them",
                page.invisible_text_chars
            ),
        ),
    ];
    let found = found.into_iter().filter(|(is, ..)| *is);
    let told = found.map(|(_, missing, reason)| Told {
        page: page.number,
        missing,
        reason,
    });
    told.collect()
}

/// What stands between the marks of pages.
fn pages(text: &str) -> Vec<&str> {
    let is_mark = |line: &str| {
        let number = line
            .trim_end()
            .strip_prefix("<!-- page ")
            .and_then(|l| l.strip_suffix(" -->"));
        number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    };
    let (mut out, mut begin, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            out.push(&text[begin..at]);
            begin = at + line.len();
        }
        at += line.len();
    }
    out.push(&text[begin..]);
    // Before the mark of the first page stands nothing.
    if out.len() > 1 && out[0].trim().is_empty() {
        out.remove(0);
    }
    out
}

#[cfg(test)]
mod tests {
    use unpdf::model::TableRow;

    use super::*;

    #[test]
    fn lines_of_a_cell_are_joined_and_rows_are_not() {
        let row = |cells: &str| TableRow::from_strings(cells.split('|'));
        for (rows, want) in [
            (
                &["Code|Meaning", "70|Not covered by", "|the plan", "75|Prior"][..],
                &["Code|Meaning", "70|Not covered by the plan", "75|Prior"][..],
            ),
            // A cell that is the same as above, and a head of two lines, are no end of anything.
            (&["A|B", "Elm|9 to 5", "|Monday"], &["A|B", "Elm|9 to 5", "|Monday"]),
            (&["A|B", "|of it"], &["A|B", "|of it"]),
            (&["A|B", "x|y", "|"], &["A|B", "x|y", "|"]),
        ] {
            let mut table = Table::new();
            rows.iter().for_each(|r| table.add_row(row(r)));
            join(&mut table);
            let cells = |r: &TableRow| r.cells.iter().map(|c| c.plain_text()).collect::<Vec<_>>().join("|");
            let got: Vec<String> = table.rows.iter().map(cells).collect();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn what_a_page_shows_and_its_text_may_not_is_told() {
        let page = |change: &dyn Fn(&mut Page)| {
            let mut page = Page::letter(3);
            page.painted_text_chars = 900;
            change(&mut page);
            let told: Vec<String> = told(&mut page).iter().map(Told::line).collect();
            told.concat()
        };
        assert_eq!(page(&|_| ()), "");
        type Change = fn(&mut Page);
        let changes: [(Change, &str); 9] = [
            (
                |p| p.elements.push(Block::Table(Table::new())),
                "unsure 3 tables without lines",
            ),
            (|p| p.ruled_grids = 1, "unsure 3 what stands in a grid"),
            (
                |p| p.undecodable_content_streams = 1,
                "missing 3 a part of it is damaged",
            ),
            (|p| p.undecoded_text_codes = 4, "missing 3 4 of its letters"),
            (|p| p.suppressed_text_runs = 2, "missing 3 2 pieces of its text"),
            (|p| p.ambiguous_layout_regions = 1, "unsure 3 its columns"),
            (|p| p.rotated_text_runs = 1, "unsure 3 1 turned"),
            (|p| p.invisible_text_chars = 5, "unsure 3 5 of its letters"),
            (
                |p| {
                    p.image_coverage = 0.9;
                    p.painted_text_chars = 3;
                },
                "missing 3 it is a picture",
            ),
        ];
        for (change, want) in changes {
            let got = page(&change);
            assert!(got.starts_with(want) && got.lines().count() == 1, "{want}: {got}");
        }
        let drawn = |p: &mut Page| {
            p.elements.push(Block::Table(Table::new()));
            (p.ruled_grids, p.ruled_tables) = (1, 1);
        };
        assert_eq!(page(&drawn), "");
    }
}
