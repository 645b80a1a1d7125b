//! Random files: good ones are never refused, and small good ones with random changes never break an import.

use std::time::Duration;

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;

/// A good file of each format, of generated values.
fn good(format: usize, id: &str, title: &str, body: &str) -> (String, Vec<u8>) {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let entities = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    match format {
        0 => (
            "g.csv".into(),
            format!("id,title,body\n{id},{},{}\n", quoted(title), quoted(body)).into_bytes(),
        ),
        1 => (
            "g.jsonl".into(),
            serde_json::json!({ "id": id, "title": title, "text": body })
                .to_string()
                .into_bytes(),
        ),
        2 => (
            format!("{id}.md"),
            format!("---\ntitle: '{}'\n---\n\n{body}\n", title.replace('\'', "''")).into_bytes(),
        ),
        3 => (
            format!("{id}.html"),
            format!("<title>{}</title><p>{}</p>", entities(title), entities(body)).into_bytes(),
        ),
        _ => {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            for (c, (name, value)) in [("id", id), ("title", title), ("body", body)].iter().enumerate() {
                sheet.write(0, c as u16, *name).unwrap();
                sheet.write(1, c as u16, *value).unwrap();
            }
            ("g.xlsx".into(), book.save_to_buffer().unwrap())
        }
    }
}

/// Sentences as people write them.
fn prose() -> impl Strategy<Value = String> {
    proptest::collection::vec("[A-Z][a-zé’ ,;:()%$/&0-9-]{3,40}[a-z][.?!]", 1..6).prop_map(|s| s.join(" "))
}

fn mutated(bytes: &[u8], changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (at, how, byte) in changes {
        if out.is_empty() {
            return out;
        }
        let at = at.index(out.len());
        match how % 5 {
            0 => out[at] = *byte,
            1 => out.insert(at, *byte),
            2 => drop(out.remove(at)),
            3 => {
                let piece = out[at..(at + usize::from(*byte)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            _ => out.truncate(at),
        }
    }
    out
}

const MARKDOWN: &[u8] = b"---\nid: a\ntitle: Refund\nkind: sop\ntags: [a, b]\neffective_from: 2026-01-01\n---\n\nText ~~old~~ <!-- no --> new.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nHours\n===\n\n1. One.\n2. *Two*.\n\n> quote\n\n[//]: # (x)\n";
const HTML: &[u8] = b"<!doctype html><html><head><title>T</title><meta name=version content=4><style>.x{display:none}</style></head><body><nav>m</nav><h1>Head</h1><p>One <b>bold</b> &amp; two.<s>x</s></p><ol start=3><li>First.<li>Second.</ol><table><tr><th>a<th>b<tr><td rowspan=2>c<td colspan=2>d<tr><td>e</table><pre>x\ny</pre></body></html>";
const CSV: &[u8] = b"sep=;\nid;question;answer;codes;effective_from\na;\"Is \"\"it\"\"?\";\"It is.\nSo.\";reject 75;2026-01-01\nb;What?;That.;;\n";
const JSON: &[u8] = b"{\"_id\":\"r\",\"title\":\"Code A5\",\"text\":\"No.\",\"metadata\":{\"table\":\"reject\",\"code\":\"A5\"},\"tags\":[\"a\",1]}\n{\"id\":1.5,\"answer\":\"x\\u00e9\"}\n";

const JSON_LIST: &[u8] = br#"{"articles":[{"id":1,"title":"T","body":"<p>B <s>x</s></p>","draft":false,"locale":"en","label_names":["a"]},{"id":2,"title":"U","body":"c","draft":true,"locale":"en"}],"n":[1]}"#;
const WIKI: &[u8] = b"<mediawiki><page><title>P</title><ns>0</ns><revision><id>6</id><text>A '''b''' &lt;s&gt;x&lt;/s&gt; [[c|d]] [http://e f]\n== H ==\n* a\n*# b\n; t : d\n{| x=y\n|+ c\n! a !! b\n|-\n| s=t | c || d\n|}\n{{T|{{u}}}} <ref name=a>r</ref></text></revision></page></mediawiki>";

/// A workbook with all that is read of one, packed or stored: then changes reach the XML itself.
fn small_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (c, name) in ["id", "question", "answer", "effective_to"].iter().enumerate() {
        sheet.write(0, c as u16, *name).unwrap();
        sheet.write(1, c as u16, format!("{name} 1")).unwrap();
        sheet.write(2, c as u16, c as f64 + 0.5).unwrap();
    }
    sheet
        .merge_range(1, 3, 2, 3, "2026-01-01", &rust_xlsxwriter::Format::new())
        .unwrap();
    sheet.set_row_hidden(5).unwrap();
    book.save_to_buffer().unwrap()
}

/// The same workbook without compression.
fn stored(book: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut from = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for i in 0..from.len() {
        let mut part = from.by_index(i).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        to.start_file(part.name().unwrap().into_owned(), options).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// Imports changed files for a while; whatever they come to, the import goes on.
fn changed(name: &str, small: &[u8]) {
    let config = ProptestConfig {
        cases: 400,
        max_global_rejects: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let began = std::time::Instant::now();
    let changes = proptest::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..8);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&changes, |changes| {
        // A few seconds are what there is.
        if began.elapsed() > Duration::from_secs(4) {
            return Ok(());
        }
        let got = one(name, &mutated(small, &changes));
        let failed = got
            .findings
            .iter()
            .find(|f| f.reason.contains("the reader fails on it"));
        prop_assert!(failed.is_none(), "{failed:?}");
        for d in &got.documents {
            prop_assert!(!crate::prepare::passages(d).is_empty());
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn changed_pages_and_tables_are_read_or_refused() {
    changed("a.md", MARKDOWN);
    changed("a.html", HTML);
    changed("a.csv", CSV);
    changed("a.jsonl", JSON);
    changed("a.json", JSON_LIST);
    changed("a.xml", WIKI);
}

/// An OpenDocument spreadsheet with all that is read of one, stored: changes reach the XML itself.
fn small_sheet() -> Vec<u8> {
    sheets::ods(
        r#"<table:table-column table:visibility="collapse"/><table:table-column table:number-columns-repeated="3"/>
        <table:table-row><table:table-cell/><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell><table:table-cell><text:p>answer</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="2"><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell table:number-rows-spanned="2"><text:p>a<text:s text:c="2"/>b</text:p></table:table-cell><table:table-cell table:style-name="s"><text:p>Up <text:span text:style-name="s">to</text:span></text:p><office:annotation><text:p>n</text:p></office:annotation></table:table-cell></table:table-row>"#,
    )
}

#[test]
fn changed_workbooks_are_read_or_refused() {
    changed("a.ods", &small_sheet());
    let book = small_workbook();
    changed("a.xlsx", &book);
    let stored = stored(&book);
    assert_eq!(one("a.xlsx", &stored).documents, one("a.xlsx", &book).documents);
    changed("a.xlsx", &stored);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_good_file_is_never_refused(
        format in 0..5usize,
        id in "[a-z][a-z0-9-]{0,12}",
        title in "[A-Z][a-zé’ ,:()%$/&0-9-]{2,60}[a-z?]",
        body in prose(),
    ) {
        let (name, bytes) = good(format, &id, &title, &body);
        let got = one(&name, &bytes);
        prop_assert_eq!(&got.findings, &[]);
        prop_assert_eq!(got.documents.len(), 1);
        let d = &got.documents[0];
        prop_assert_eq!((&d.id, &d.title), (&id, &mortar_language::text::collapse(&title)));
        let words = |s: &str| s.split_whitespace().collect::<String>();
        prop_assert_eq!(words(&d.body), words(&body));
    }
}
