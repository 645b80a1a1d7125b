//! Workbooks of before 2007, as LibreOffice and xlwt write them: what their sheets show, as of the same ones of today.

use super::*;

fn fixture(path: &str) -> Imported {
    let whole = format!("{}/../../tests/fixtures/cases/{path}", env!("CARGO_MANIFEST_DIR"));
    let name = path.rsplit('/').next().unwrap();
    one(name, &std::fs::read(whole).unwrap())
}

fn said(got: &Imported) -> Vec<String> {
    let said = got.findings.iter().map(Finding::to_string);
    said.map(|s| s.replace("kb.xlsx", "kb.xls")).collect()
}

#[test]
fn a_workbook_says_the_same_in_either_form() {
    for kind in ["shown", "hidden"] {
        let old = fixture(&format!("xls-{kind}/in/kb.xls"));
        let new = fixture(&format!("xlsx-{kind}/in/kb.xlsx"));
        assert!(!old.documents.is_empty());
        assert_eq!(old.documents, new.documents, "{kind}");
        assert_eq!(said(&old), said(&new), "{kind}");
    }
}

#[test]
fn a_cell_says_what_the_sheet_shows() {
    let got = fixture("xls-shown/in/faq.xls");
    let bodies: Vec<&str> = got.documents.iter().map(|d| d.body.as_str()).collect();
    assert_eq!(
        bodies,
        [
            "75%",
            "$15.00",
            "December 7",
            "7:30 AM",
            "007",
            "36:00",
            "1,234,567.5",
            "0.0003",
            "TRUE",
            "Call the plan. Then wait.",
        ]
    );
    assert_eq!(got.documents[3].effective_from, Some("2026-09-04".parse().unwrap()));
    for told in [
        "sheet FAQ: formulas show nothing, or were never computed (1)",
        "sheet FAQ: hidden rows are left out: 14",
        "sheet FAQ: hidden columns are left out: E (share)",
        "row 11: struck out and left out: “Write a letter. ”",
        "row 12: struck out and left out: “Old answer.”",
        "row 13: no answer and no text",
        "sheet Archive: hidden in the workbook and left out",
    ] {
        assert!(said(&got).iter().any(|s| s.ends_with(told)), "{told}: {:?}", said(&got));
    }
}

/// The place of the bytes in a fixture whose stream is not cut up.
fn changed(from: &[u8], to: &[u8]) -> Imported {
    let path = format!(
        "{}/../../tests/fixtures/cases/xls-shown/in/faq.xls",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    one("faq.xls", &bytes)
}

#[test]
fn what_is_no_workbook_of_that_time_is_refused_by_name() {
    for (got, want) in [
        (one("a.xls", b"<html><table></table></html>"), "no Excel workbook"),
        (one("a.xls", b""), "no Excel workbook"),
        // The version that its first record says.
        (
            changed(&[9, 8, 16, 0, 0, 6, 5, 0], &[9, 8, 16, 0, 0, 5]),
            "it is of Excel 95 or before",
        ),
        // A record of the code page becomes that of a password.
        (changed(&[0x42, 0, 2, 0], &[0x2f, 0]), "it is locked by a password"),
        // What a sheet is called in the file, and that it stands far behind its end.
        (
            changed(&[0x85, 0, 11, 0], &[0x85, 0, 11, 0, 0xff, 0xff, 0xff, 0x7f]),
            "it is damaged",
        ),
    ] {
        assert!(got.documents.is_empty());
        assert!(
            got.findings[0].stops && got.findings[0].reason.contains(want),
            "{:?}",
            got.findings
        );
    }
    // Today's under the ending of before is read as what it is.
    let path = format!(
        "{}/../../tests/fixtures/cases/xlsx-shown/in/kb.xlsx",
        env!("CARGO_MANIFEST_DIR")
    );
    assert_eq!(one("kb.xls", &std::fs::read(path).unwrap()).documents.len(), 5);
}
