//! Workbooks, as their sheets show them.

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::hostile::{sheet, text_cell, workbook};
use super::*;

/// A workbook of one sheet with these names of columns.
fn book(columns: &[&str], fill: impl FnOnce(&mut Worksheet)) -> Imported {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (c, name) in columns.iter().enumerate() {
        sheet.write(0, c as u16, *name).unwrap();
    }
    fill(sheet);
    one("b.xlsx", &book.save_to_buffer().unwrap())
}

fn said(got: &Imported) -> Vec<String> {
    got.findings.iter().map(Finding::to_string).collect()
}

#[test]
fn a_cell_says_what_the_sheet_shows() {
    for (value, format, want) in [
        (0.75, "0%", "75%"),
        (15.0, "\"$\"#,##0.00", "$15.00"),
        (1234.5, "#,##0", "1,235"),
        (46363.0, "mmmm d", "December 7"),
        (0.3125, "h:mm AM/PM", "7:30 AM"),
        (46363.0, "yyyy-mm-dd", "2026-12-07"),
        (7.0, "000", "007"),
        (3.0, "General", "3"),
        (2.5, "General", "2.5"),
        (-4.5, "0.0;(0.0)", "(4.5)"),
        (3.0, "0\" days\"", "3 days"),
        (1234.0, "[$€-2] #,##0", "€ 1,234"),
        (5551234567.0, "(000) 000-0000", "(555) 123-4567"),
        (1.5, "[h]:mm", "36:00"),
        (0.5, "# ?/?", "1/2"),
    ] {
        let got = book(&["id", "answer"], |s| {
            s.write(1, 0, "a").unwrap();
            s.write_with_format(1, 1, value, &Format::new().set_num_format(format))
                .unwrap();
        });
        assert_eq!(said(&got), [""; 0]);
        assert_eq!(got.documents[0].body, want, "{value} {format}");
    }
}

#[test]
fn codes_keep_their_zeros_and_what_was_made_of_one_is_refused() {
    let row = |code: f64, format: &str| {
        book(&["id", "title", "body", "codes", "effective_from"], |s| {
            for (c, text) in ["a", "T", "Text."].iter().enumerate() {
                s.write(1, c as u16, *text).unwrap();
            }
            s.write_with_format(1, 3, code, &Format::new().set_num_format(format))
                .unwrap();
            s.write_with_format(1, 4, 46037.4, &Format::new().set_num_format("d-mmm"))
                .unwrap();
        })
    };
    let got = row(1.0, "00");
    assert_eq!(got.documents[0].codes, ["01"]);
    assert_eq!(got.documents[0].effective_from, Some("2026-01-15".parse().unwrap()));
    assert_eq!(row(12345678901.0, "General").documents[0].codes, ["12345678901"]);
    for (code, format, shown) in [(12345678901.0, "0.00E+00", "1.23E+10"), (37469.0, "d-mmm", "1-Aug")] {
        let said = said(&row(code, format)).join("\n");
        assert!(
            said.contains("a date or a power was made of it") && said.contains(shown),
            "{said}"
        );
    }
}

#[test]
fn a_number_among_codes_with_zeros_is_refused() {
    let got = book(&["id", "answer", "codes"], |s| {
        for (r, id) in ["a", "b", "c"].iter().enumerate() {
            s.write(r as u32 + 1, 0, *id).unwrap();
            s.write(r as u32 + 1, 1, "Text.").unwrap();
        }
        s.write(1, 2, "08").unwrap();
        s.write(2, 2, 8).unwrap();
        s.write(3, 2, 75).unwrap();
    });
    assert!(
        said(&got)[0].starts_with("b.xlsx, sheet Sheet1, row 3: the code 8 is a number"),
        "{:?}",
        said(&got)
    );
    assert_eq!(got.documents.len(), 2);
}

#[test]
fn a_formula_without_its_value_is_refused() {
    let rows = format!(
        "<row>{}{}{}</row><row>{}{}<c r=\"C2\"><f>TODAY()+1</f></c></row><row>{}{}<c><f>A1</f><v>2026-01-01</v></c></row>",
        text_cell("A1", "id"),
        text_cell("B1", "answer"),
        text_cell("C1", "effective_to"),
        text_cell("A2", "a"),
        text_cell("B2", "Text."),
        text_cell("A3", "b"),
        text_cell("B3", "Text.")
    );
    let got = one("b.xlsx", &workbook(&sheet(&rows, ""), &[]));
    assert!(
        said(&got)[0].starts_with("b.xlsx, sheet S, row 2: “effective_to” holds a formula"),
        "{:?}",
        said(&got)
    );
    assert_eq!(got.documents.len(), 1);
}

#[test]
fn an_error_is_no_value() {
    let rows = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}<c r=\"B2\" t=\"e\"><f>X()</f><v>#N/A</v></c></row>",
        text_cell("A1", "id"),
        text_cell("B1", "answer"),
        text_cell("A2", "a")
    );
    let got = one("b.xlsx", &workbook(&sheet(&rows, ""), &[]));
    assert_eq!(said(&got), ["b.xlsx, sheet S, row 2: “answer” shows the error #N/A"]);
}

#[test]
fn merged_cells_hold_for_all_their_rows() {
    let got = book(&["id", "answer", "effective_to"], |s| {
        for (r, id) in ["a", "b", "c"].iter().enumerate() {
            s.write(r as u32 + 1, 0, *id).unwrap();
            s.write(r as u32 + 1, 1, format!("Answer {id}.")).unwrap();
        }
        s.merge_range(1, 2, 2, 2, "2025-08-31", &Format::new()).unwrap();
    });
    let ends: Vec<_> = got.documents.iter().map(|d| d.effective_to.is_some()).collect();
    assert_eq!((said(&got), ends), (vec![], vec![true, true, false]));
}

#[test]
fn what_is_struck_out_in_a_part_of_a_cell_is_left_out() {
    let struck = Format::new().set_font_strikethrough();
    let plain = Format::new();
    let got = book(&["id", "answer"], |s| {
        s.write(1, 0, "a").unwrap();
        let parts = [(&plain, "Up to "), (&struck, "$25"), (&plain, " $50 & more.")];
        s.write_rich_string(1, 1, &parts).unwrap();
        s.write(2, 0, "b").unwrap();
        s.write(2, 1, "Up to $25 $50 & more.").unwrap();
        s.write(3, 0, "c").unwrap();
        s.write_rich_string(3, 1, &[(&struck, "Never "), (&struck, "again.")])
            .unwrap();
    });
    let bodies: Vec<&str> = got.documents.iter().map(|d| d.body.as_str()).collect();
    assert_eq!(bodies, ["Up to $50 & more.", "Up to $25 $50 & more."]);
    assert_eq!(
        said(&got),
        [
            "b.xlsx, sheet Sheet1, row 2: struck out and left out: “$25”",
            "b.xlsx, sheet Sheet1, row 4: struck out and left out: “Never again.”"
        ]
    );
}

#[test]
fn a_sheet_that_is_not_in_force_stops_and_a_hidden_end_too() {
    for (name, above, like) in [
        ("Archive 2024", "", Some("Archive")),
        ("Entwurf", "", Some("Entwurf")),
        ("FAQ", "DRAFT - not approved", Some("DRAFT")),
        ("FAQ", "Válido hasta 31/12/2025", Some("Válido hasta")),
        ("FAQ", "Knowledge of November", None),
    ] {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap().write(0, 0, above).unwrap();
        for (c, text) in ["id", "answer", "effective_to"].iter().enumerate() {
            sheet.write(2, c as u16, *text).unwrap();
            sheet.write(3, c as u16, format!("Some-{text}")).unwrap();
        }
        let got = one("b.xlsx", &book.save_to_buffer().unwrap());
        let stops = |word: &str| got.findings.iter().any(|f| f.stops && f.reason.contains(word));
        assert!(like.is_none_or(stops), "{name}, {above}: {:?}", said(&got));
    }
    let got = book(&["id", "answer", "Valid until"], |s| {
        for (c, text) in ["a", "Text.", "2025-01-01"].iter().enumerate() {
            s.write(1, c as u16, *text).unwrap();
        }
        s.set_column_hidden(2).unwrap();
    });
    assert!(
        got.findings[0].stops && said(&got)[0].contains("in a hidden column, “Valid until” looks like an end"),
        "{:?}",
        said(&got)
    );
}

#[test]
fn what_stands_in_a_column_without_a_name_is_named() {
    let got = book(&["id", "answer"], |s| {
        s.write(1, 0, "a").unwrap();
        s.write(1, 1, "Text.").unwrap();
        s.write(1, 4, "Only with a receipt.").unwrap();
    });
    assert_eq!(
        said(&got),
        ["b.xlsx, sheet Sheet1, row 1: not used: column E, which has no name (1)"]
    );
}

#[test]
fn the_header_is_found_below_a_title_and_other_sheets_are_named() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet
        .merge_range(0, 0, 0, 1, "Knowledge of November", &Format::new())
        .unwrap();
    for (c, text) in ["question", "answer"].iter().enumerate() {
        sheet.write(2, c as u16, *text).unwrap();
        sheet.write(3, c as u16, format!("The {text}.")).unwrap();
    }
    let legend = book.add_worksheet();
    legend
        .set_name("Legend")
        .unwrap()
        .write(0, 0, "Yellow is under review.")
        .unwrap();
    let got = one("b.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!(got.documents[0].title, "The question.");
    assert_eq!(
        said(&got)[0],
        "b.xlsx, sheet Sheet1, row 3: what stands above the header is not used: “Knowledge of November”"
    );
    assert!(said(&got)[1].starts_with("b.xlsx, sheet Legend, row 1: the column “answer”"));
}

#[test]
fn what_is_hidden_or_struck_out_is_left_out_and_told() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (c, name) in ["id", "answer", "owner"].iter().enumerate() {
        sheet.write(0, c as u16, *name).unwrap();
        for r in 1..4 {
            sheet.write(r, c as u16, format!("{name}{r}")).unwrap();
        }
    }
    sheet.set_row_hidden(2).unwrap().set_column_hidden(2).unwrap();
    sheet
        .write_with_format(3, 1, "Old.", &Format::new().set_font_strikethrough())
        .unwrap();
    let unseen = [
        Format::new().set_font_color("#FFFFFF"),
        Format::new().set_num_format(";;;"),
    ];
    for (row, format) in (4..).zip(&unseen) {
        sheet.write(row, 0, "d").unwrap();
        sheet.write_with_format(row, 1, 9999, format).unwrap();
    }
    for name in ["Archive", "Very"] {
        let other = book.add_worksheet();
        other.set_name(name).unwrap().write(0, 0, "answer").unwrap();
        other.write(1, 0, "Secret.").unwrap();
        if name == "Very" {
            other.set_very_hidden(true)
        } else {
            other.set_hidden(true)
        };
    }
    let got = one("b.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!(
        said(&got),
        [
            "b.xlsx, sheet Sheet1: hidden rows are left out: 3",
            "b.xlsx, sheet Sheet1: hidden columns are left out: C (owner)",
            "b.xlsx, sheet Sheet1, row 4: struck out and left out: “Old.”",
            "b.xlsx, sheet Sheet1, row 5: hidden and left out: “9999”",
            "b.xlsx, sheet Sheet1, row 6: hidden and left out: “9999”",
            "b.xlsx, sheet Archive: hidden in the workbook and left out",
            "b.xlsx, sheet Very: hidden in the workbook and left out",
        ]
    );
    assert_eq!(got.documents.len(), 1);
    assert_eq!(got.documents[0].owner, None);
}

/// An OpenDocument spreadsheet of these rows.
pub fn ods(rows: &str) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let content = format!(
        r#"<office:document-content><office:automatic-styles>
        <style:style style:name="s"><style:text-properties style:text-line-through-style="solid"/></style:style>
        <style:style style:name="h"><style:table-properties table:display="false"/></style:style>
        </office:automatic-styles><office:body><office:spreadsheet><table:table table:name="Live">{rows}</table:table>
        <table:table table:name="Old" table:style-name="h"><table:table-row><table:table-cell><text:p>answer</text:p></table:table-cell></table:table-row></table:table>
        </office:spreadsheet></office:body></office:document-content>"#
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("content.xml", options).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn ods_row(of: &str, cells: &[(&str, &str)]) -> String {
    let cells = cells
        .iter()
        .map(|(of, text)| format!("<table:table-cell {of}><text:p>{text}</text:p></table:table-cell>"));
    format!("<table:table-row {of}>{}</table:table-row>", cells.collect::<String>())
}

#[test]
fn an_open_documents_sheet_says_what_it_shows() {
    let head = ods_row("", &[("", "id"), ("", "answer"), ("", "codes"), ("", "effective_to")]);
    let rows = [
        ods_row(
            "",
            &[
                ("", "a"),
                ("office:value-type=\"percentage\" office:value=\".75\"", "75%"),
                ("", "08"),
                (
                    "office:value-type=\"date\" office:date-value=\"2026-12-07\"",
                    "7. Dez. 26",
                ),
            ],
        ),
        ods_row(
            "",
            &[
                ("", "b"),
                ("", "Up to <text:span text:style-name=\"s\">$5</text:span> $6."),
            ],
        ),
        ods_row("", &[("", "c"), ("table:style-name=\"s\"", "Never.")]),
        ods_row("table:visibility=\"filter\"", &[("", "d"), ("", "Hidden.")]),
        ods_row(
            "",
            &[
                ("", "e"),
                ("office:value-type=\"float\"", "1"),
                ("office:value-type=\"float\"", "1.23E+10"),
            ],
        ),
        ods_row("table:number-rows-repeated=\"1048000\"", &[("", "")]),
    ];
    let got = one("b.ods", &ods(&format!("{head}{}", rows.concat())));
    let bodies: Vec<&str> = got.documents.iter().map(|d| d.body.as_str()).collect();
    assert_eq!(bodies, ["75%", "Up to $6."]);
    assert_eq!(got.documents[0].effective_to, Some("2026-12-07".parse().unwrap()));
    let said = said(&got).join("\n");
    for want in [
        "sheet Live: hidden rows are left out: 5",
        "row 3: struck out and left out: “$5”",
        "row 4: struck out and left out: “Never.”",
        "row 6: the code is shown as “1.23E+10”",
        "sheet Old: hidden in the workbook and left out",
    ] {
        assert!(said.contains(want), "{want}: {said}");
    }
    let far = ods_row(
        "table:number-rows-repeated=\"1048576\"",
        &[("table:number-columns-repeated=\"16384\"", "x")],
    );
    for (rows, why) in [(far, "cells"), ("<table:a>".repeat(300), "deep in each other")] {
        let got = one("b.ods", &ods(&rows));
        assert!(
            got.findings[0].stops && got.findings[0].reason.contains(why),
            "{:?}",
            got.findings
        );
    }
}
