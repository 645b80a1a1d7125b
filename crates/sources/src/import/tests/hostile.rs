//! Files that are made to harm: each is refused by name, or read, within seconds; nothing else of the import is lost.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;

use super::*;

/// Beside a good file: refused for this reason, and the good one is there.
fn refused(name: &str, bytes: Vec<u8>, why: &str) {
    let got = beside(name, bytes);
    let said: Vec<String> = got
        .findings
        .iter()
        .filter(|f| f.stops)
        .map(Finding::to_string)
        .collect();
    let said = said.join("\n");
    assert!(said.starts_with(name) && said.contains(why), "{name}: {said:.300}");
    assert_eq!(got.documents.iter().filter(|d| d.id != "good").count(), 0, "{name}");
}

/// What is not linear takes hours; what is takes a second, and more on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Read whole or in part, or refused: within the time.
fn beside(name: &str, bytes: Vec<u8>) -> Imported {
    let good = b"# Good\n\nThe desk opens at 7.".to_vec();
    let files = [(name.to_owned(), bytes), ("good.md".to_owned(), good)];
    let began = Instant::now();
    let got = import_files(files.map(Ok::<_, ()>)).unwrap();
    for document in &got.documents {
        assert!(!crate::prepare::passages(document).is_empty());
    }
    let took = began.elapsed();
    assert!(took < PATIENCE, "{name}: {took:?}");
    assert!(got.documents.iter().any(|d| d.id == "good"), "{name}");
    got
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of one sheet, its parts as they are given.
pub fn workbook(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.retain(|(name, _)| !more.iter().any(|(n, _)| n == name));
    parts.extend(more);
    zipped(&parts)
}

/// The sheet of these rows of cells, each as XML.
pub fn sheet(rows: &str, behind: &str) -> String {
    format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>{behind}</worksheet>"#
    )
}

pub fn text_cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

const HEAD: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>question</t></is></c><c r="B1" t="inlineStr"><is><t>answer</t></is></c></row>"#;

#[test]
fn workbooks_are_bounded_before_they_are_read() {
    let far = sheet(&format!("{HEAD}<row r=\"2\">{}</row>", text_cell("XFE2", "x")), "");
    refused("far.xlsx", workbook(&far, &[]), "“XFE2” is no place of a cell");
    let overflow = sheet(&format!("{HEAD}<row r=\"99999999999\"/>"), "");
    refused("row.xlsx", workbook(&overflow, &[]), "a row has no place");
    let letters = sheet(&format!("{HEAD}<row r=\"2\">{}</row>", text_cell("ZZZZZZZZ2", "x")), "");
    refused("letters.xlsx", workbook(&letters, &[]), "is no place of a cell");
    let texts = br#"<sst uniqueCount="99999999999999"><si><t>x</t></si></sst>"#;
    let simple = sheet(HEAD, "");
    refused(
        "texts.xlsx",
        workbook(&simple, &[("xl/sharedStrings.xml", texts)]),
        "says to hold more than",
    );
    let bomb = vec![b' '; 200 * 1024 * 1024];
    refused(
        "bomb.xlsx",
        workbook(&simple, &[("xl/media/bomb.bin", &bomb)]),
        "unpacks to more than 128 MB",
    );
    let mut xml = b"<sst>".to_vec();
    xml.resize(200 * 1024 * 1024, b' ');
    refused(
        "bomb2.xlsx",
        workbook(&simple, &[("xl/sharedStrings.xml", &xml)]),
        "unpacks to more than 128 MB",
    );
    let many = format!("<sst>{}</sst>", "<si><t/></si>".repeat(1_000_001));
    refused(
        "many.xlsx",
        workbook(&simple, &[("xl/sharedStrings.xml", many.as_bytes())]),
        "more than 1000000 texts",
    );
    let long = format!(
        r#"<styleSheet><fonts><font><name val="{}"/></font></fonts></styleSheet>"#,
        "x".repeat(5000)
    );
    refused(
        "styles.xlsx",
        workbook(&simple, &[("xl/styles.xml", long.as_bytes())]),
        "a name in its styles is too long",
    );
    let merged = format!(
        "<mergeCells>{}</mergeCells>",
        "<mergeCell ref=\"A2:B1048576\"/>".repeat(50_001)
    );
    refused(
        "merged.xlsx",
        workbook(&sheet(HEAD, &merged), &[]),
        "more than 50000 merged cells",
    );
}

#[test]
fn a_text_that_all_cells_share_is_counted_for_each() {
    let rows: String = (2..400)
        .map(|r| format!("<row r=\"{r}\"><c r=\"A{r}\"><v>{r}</v></c><c r=\"B{r}\" t=\"s\"><v>0</v></c></row>"))
        .collect();
    let texts = format!("<sst><si><t>{}</t></si></sst>", "word ".repeat(400_000));
    let bytes = workbook(
        &sheet(&format!("{HEAD}{rows}"), ""),
        &[("xl/sharedStrings.xml", texts.as_bytes())],
    );
    refused("shared.xlsx", bytes, "hold more text than one file may");
}

#[test]
fn a_far_corner_within_a_sheet_costs_nothing() {
    let rows = format!(
        "{HEAD}<row r=\"2\">{}{}</row><row r=\"1048576\">{}</row>",
        text_cell("A2", "Is it?"),
        text_cell("B2", "It is."),
        text_cell("XFD1048576", "x")
    );
    let got = beside("corner.xlsx", workbook(&sheet(&rows, ""), &[]));
    assert_eq!(got.documents.len(), 2);
}

#[test]
fn deep_and_wide_pages_are_refused() {
    for tag in [
        "b",
        "div",
        "ul",
        "table",
        "i",
        "span",
        "blockquote",
        "table><tr><td",
        "ul><li",
        "svg",
        "a",
    ] {
        let page = format!("<h1>T</h1>{}text", format!("<{tag}>").repeat(20_000));
        beside("deep.html", page.into_bytes());
    }
    refused(
        "deep.html",
        "<div>".repeat(1_000_000).into_bytes(),
        "deep in each other",
    );
    let attributes: String = (0..500_000).map(|i| format!(" a{i}")).collect();
    refused("wide.html", format!("<p{attributes}>text").into_bytes(), "attributes");
    let many: String = (0..400_000).map(|i| format!("<b a{i}>x</b>")).collect();
    beside("wide.html", many.into_bytes());
    beside("lists.html", "<ul><li>x</ul>".repeat(500_000).into_bytes());
    beside("lists.html", "<li>x".repeat(1_500_000).into_bytes());
    refused("p.html", "<p>".repeat(2_700_000).into_bytes(), "elements and texts");
    let formatting: String = (0..100_000).map(|i| format!("<p><b id={i}>x</p>")).collect();
    refused("formatting.html", formatting.into_bytes(), "t");
    beside("open.html", "<".repeat(8_000_000).into_bytes());
    beside("open.html", "<!--".repeat(2_000_000).into_bytes());
    beside("entities.html", "&amp".repeat(2_000_000).into_bytes());
}

#[test]
fn a_table_that_spans_too_much_is_refused_or_read() {
    let word = "word ".repeat(200_000);
    let spans = format!(
        "<table><tr><td colspan=1000 rowspan=60000>{word}</td></tr>{}</table>",
        "<tr><td>x".repeat(50_000)
    );
    refused("spans.html", spans.into_bytes(), "too long for one document");
    let head = format!("<table><tr><th>{word}</th></tr>{}</table>", "<tr><td>x".repeat(50_000));
    refused("head.html", head.into_bytes(), "too long for one document");
    let rows = format!("| {} |\n|---|\n{}", "name ".repeat(100_000), "| x |\n".repeat(100_000));
    refused("head.md", rows.into_bytes(), "too long for one document");
}

#[test]
fn style_sheets_are_compared_within_bounds() {
    let rules: String = (0..20_000)
        .map(|i| format!(".a{i} .b .c {{ display: none }}"))
        .collect();
    let page = format!("<style>{rules}</style>{}", "<p class='b c'>x</p>".repeat(90_000));
    beside("rules.html", page.into_bytes());
    beside(
        "rules.html",
        format!("<style>{}</style>text", "@a{".repeat(1_000_000)).into_bytes(),
    );
}

#[test]
fn markdown_is_linear() {
    let all = 1_000_000;
    for unit in [
        "*",
        "_",
        "**a ",
        "*a **b ",
        "a*",
        "~~",
        "~~a ",
        "`",
        "``` ",
        "[",
        "![",
        "](",
        "[a](",
        "<",
        "<!--",
        "<b ",
        "&",
        "!*",
        "?\"",
        ".*",
        "a.* ",
        ". ",
        "> ",
        "| ",
        "|-",
        "[a]: ",
        "\\",
        "a\n=\n",
        "1.",
        "(",
        "https://a ",
        "a@b.c ",
    ] {
        beside("units.md", unit.repeat(all / unit.len()).into_bytes());
    }
    for line in [
        "- a\n", "1. a\n", "> a\n", "\n", "    a\n", "```\n", "|a|\n", "<div>\n", "***\n", "a\n\n",
    ] {
        beside("lines.md", line.repeat(all / line.len()).into_bytes());
    }
    refused("deep.md", "- ".repeat(1_000_000).into_bytes(), "deep in each other");
    refused(
        "quotes.md",
        format!("{}x", ">".repeat(1_000_000)).into_bytes(),
        "deep in each other",
    );
    refused(
        "headings.md",
        "# a\nb\n".repeat(600_000).into_bytes(),
        "headings are too many",
    );
    let one = format!(
        "# T\n\ntext\n\n## {}\n\n{}",
        "heading ".repeat(500_000),
        "## a\nb\n".repeat(5_000)
    );
    beside("heading.md", one.into_bytes());
    beside("word.md", "x".repeat(8_000_000).into_bytes());
    beside(
        "title.md",
        format!("# {}\n\ntext", "REJECT 75 ".repeat(500_000)).into_bytes(),
    );
}

#[test]
fn front_matter_is_a_card() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let names = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{names}]\n"));
    }
    refused(
        "bomb.md",
        format!("---\n{bomb}---\n\ntext").into_bytes(),
        "aliases are not read",
    );
    refused(
        "long.md",
        format!("---\n{}---\n\ntext", "a: b\n".repeat(100_000)).into_bytes(),
        "the front matter has",
    );
    for deep in ["[", "{a: ", "- ", "? ", "&a ", "!a ", "'", "\"", "a: "] {
        beside(
            "deep.md",
            format!("---\ntags: {}\n---\n\ntext", deep.repeat(60_000 / deep.len())).into_bytes(),
        );
    }
    for deep in ["[", "{a=", "[a.", "\"", "a.b."] {
        beside(
            "deep.md",
            format!("+++\ntags = {}\n+++\n\ntext", deep.repeat(60_000 / deep.len())).into_bytes(),
        );
    }
}

#[test]
fn tables_are_bounded() {
    refused(
        "columns.csv",
        ",a".repeat(10_000_000).into_bytes(),
        "columns are too many",
    );
    let wide = format!("question,answer\n{}", ",a".repeat(10_000_000));
    refused("row.csv", wide.into_bytes(), "columns are too many");
    refused("commas.csv", vec![b','; 60_000_000], "columns are too many");
    refused(
        "rows.csv",
        format!("answer\n{}", "a\n".repeat(2_000_000)).into_bytes(),
        "more than 200000 rows",
    );
    beside("empty.csv", format!("answer\n{}", "\n".repeat(60_000_000)).into_bytes());
    refused("large.csv", vec![b'a'; 65 * 1024 * 1024], "too long for one file");
    refused(
        "quote.csv",
        format!("answer\n\"{}", "a\n".repeat(5_000_000)).into_bytes(),
        "never closed",
    );
    beside(
        "quotes.csv",
        format!("answer\n{}", "\"\"\"".repeat(5_000_000)).into_bytes(),
    );
    let codes = "75,".repeat(1_000_000);
    refused(
        "codes.csv",
        format!("answer,codes\na,\"{codes}\"\n").into_bytes(),
        "codes are too many",
    );
}

#[test]
fn lines_of_json_are_bounded() {
    for (unit, name) in [("[", "array"), ("{\"a\":", "object")] {
        let deep = format!("{{\"text\":{}", unit.repeat(1_000_000));
        refused(&format!("{name}.jsonl"), deep.into_bytes(), "no JSON object");
        let tags = format!("{{\"text\":\"a\",\"tags\":{}", unit.repeat(1_000_000));
        refused(&format!("{name}.jsonl"), tags.into_bytes(), "no JSON object");
    }
    let whole = format!(
        "{{\"text\":\"a\",\"tags\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    refused("whole.jsonl", whole.into_bytes(), "“tags”");
    let keys: String = (0..500_000).map(|i| format!("\"k{i}\":0,")).collect();
    refused(
        "keys.jsonl",
        format!("{{{keys}\"text\":\"a\"}}").into_bytes(),
        "more than 500 keys",
    );
    let tags = format!("{{\"text\":\"a\",\"other\":[{}0]}}", "[0],".repeat(1_500_000));
    beside("tags.jsonl", tags.into_bytes());
    refused(
        "lines.jsonl",
        "{}\n".repeat(1_000_000).into_bytes(),
        "more than 200000 lines",
    );
}
