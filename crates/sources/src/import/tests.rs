use super::*;

mod collections;
mod exports;
mod hostile;
mod old_sheets;
mod pages;
mod random;
mod sheets;
mod tables;

use mortar_language::{Kind, codes};

fn one(name: &str, bytes: &[u8]) -> Imported {
    import_files([Ok::<_, ()>((name.to_owned(), bytes.to_vec()))]).unwrap()
}

#[test]
fn bad_sources_are_reported_with_place_and_reason() {
    let long = vec![b'a'; 50 * 1024 * 1024];
    let cases: &[(&str, &[u8], &str)] = &[
        (
            "a.csv",
            b"question,reply\nq,a\n",
            "a.csv, row 1: the column “answer”, “body” or “text” is missing; found: question, reply",
        ),
        (
            "a.csv",
            b"question,answer\nq\n",
            "a.csv, row 2: 1 columns, but the header has 2",
        ),
        ("a.csv", b"question,answer\nq,\n", "a.csv, row 2: no answer and no text"),
        (
            "a.csv",
            b"id,question,answer\nx,q,a\nx,r,b\n",
            "a.csv, row 3: the id “x” is taken by a.csv, row 2; give one of them another id",
        ),
        (
            "a.csv",
            b"question,answer\nq,\xff\n",
            "a.csv, row 2: not UTF-8 in column 2; save the table as UTF-8",
        ),
        (
            "a.csv",
            b"question,answer,effective_from\nq,a,soon\n",
            "a.csv, row 2: effective_from “soon” is no date; write it as 2026-09-01",
        ),
        (
            "a.csv",
            b"question,answer,effective_from,effective_to\nq,a,2026-02-01,2026-01-01\n",
            "a.csv, row 2: effective_from 2026-02-01 is after effective_to 2026-01-01",
        ),
        (
            "a.csv",
            b"question,answer,kind\nq,a,poem\n",
            "a.csv, row 2: kind “poem” is none of qa, sop, article, code",
        ),
        (
            "a.jsonl",
            b"{\"title\":\"t\"}\n",
            "a.jsonl, line 1: no answer and no text",
        ),
        (
            "a.jsonl",
            b"\n[1]\n",
            "a.jsonl, line 2: no JSON object: invalid type: sequence, expected a map",
        ),
        (
            "a.jsonl",
            b"{\"title\":\"\xff\"}\n",
            "a.jsonl, line 1: not UTF-8 at byte 10 of the line",
        ),
        (
            "a.md",
            b"---\ntitle: x\n",
            "a.md: the front matter begins with --- and never ends",
        ),
        ("a.md", b"# Title\n", "a.md: no text"),
        ("a.md", b"# T\n\xff", "a.md: not UTF-8 at byte 4; save it as UTF-8"),
        (
            "a.md",
            &long,
            "a.md: 50 MB is too long for one document (at most 8 MB); cut it into several",
        ),
        ("a.xlsx", b"PK not a workbook", "a.xlsx: no Excel workbook: "),
    ];
    for (name, bytes, want) in cases {
        let got = one(name, bytes);
        let finding = got.findings.first().unwrap_or_else(|| panic!("{want}: no finding"));
        assert!(
            finding.stops && finding.to_string().starts_with(want),
            "{finding}\nwanted {want}"
        );
    }
}

#[test]
fn a_good_row_beside_a_bad_one_is_kept() {
    let got = one("a.csv", b"question,answer\nWhat is it?,It is so.\nq,\n");
    assert_eq!((got.documents.len(), got.findings.len()), (1, 1));
    assert_eq!(got.documents[0].kind, Kind::Qa);
}

#[test]
fn markdown_keeps_its_bytes_and_reads_its_front_matter() {
    let d = &one("s.md", "---\nid: sop-1\ntitle: Refund\nkind: sop\nversion: 3\neffective_from: 2026-01-01\ntags: [money, order]\ncodes: [reject 75]\nhistory: New.\n---\n\n## Steps\n\n1. Do *it*. é\n".as_bytes()).documents[0];
    assert_eq!((d.id.as_str(), d.kind, d.version.as_str()), ("sop-1", Kind::Sop, "3"));
    assert_eq!(d.body, "## Steps\n\n1. Do *it*. é");
    assert_eq!(d.tags, ["money", "order"]);
    assert_eq!(d.exact, [codes::Code::new("reject", "75")]);
}

#[test]
fn html_becomes_text_and_scripts_stay_out() {
    let page = "<html><head><title>T</title><meta name=version content=4></head><body><nav>menu</nav><h1>Head</h1><p>One <b>bold</b> &amp; two.<script>alert(1)</script></p><ol><li>First.<li>Second.</ol><table><tr><td>a<td>b</tr></table></body></html>";
    let d = &one("h.html", page.as_bytes()).documents[0];
    assert_eq!((d.title.as_str(), d.version.as_str()), ("Head", "4"));
    assert_eq!(d.body, "One bold & two.\n\n1. First.\n2. Second.\n\na | b");
}

#[test]
fn the_ir_form_carries_its_codes_by_title_and_table() {
    let line = br#"{"_id":"scc:8","title":"Submission clarification code 8","text":"PROCESS","metadata":{"table":"scc","code":"8"}}"#;
    let d = &one("c.jsonl", line).documents[0];
    assert_eq!(
        (d.kind, &d.exact[0]),
        (Kind::Code, &codes::Code::new("clarification", "8"))
    );
    let line =
        br#"{"_id":"r","title":"NCPDP reject code A5","text":"NOT COVERED","metadata":{"table":"reject","code":"A5"}}"#;
    assert_eq!(
        one("c.jsonl", line).documents[0].exact,
        [codes::Code::new("reject", "A5")]
    );
}

#[test]
fn files_that_are_no_source_are_named() {
    for name in ["golden.toml", "~$kb.xlsx", "notes", "._page.html"] {
        assert_eq!(one(name, b"x").ignored, [name]);
    }
}

#[test]
fn what_has_no_title_gets_one_of_its_first_words() {
    for (name, bytes, want) in [
        ("a.md", "The desk opens at 7. Then more.", "The desk opens at 7."),
        ("a.md", "## Hours\n\nThe desk opens at 7.", "Hours"),
        ("a.html", "<p>Only <b>text</b> here. And more.", "Only text here."),
        (
            "a.csv",
            "id,answer\nx,The desk opens at 7. Then more.\n",
            "The desk opens at 7.",
        ),
        (
            "a.csv",
            "id,title,body\nx,,The desk opens at 7.\n",
            "The desk opens at 7.",
        ),
        (
            "a.jsonl",
            "{\"_id\":\"x\",\"title\":\"\",\"text\":\"The desk opens at 7.\"}",
            "The desk opens at 7.",
        ),
    ] {
        let got = one(name, bytes.as_bytes());
        assert_eq!(got.findings, [], "{bytes}");
        assert_eq!(got.documents[0].title, want);
    }
    let rows = "text\nThe desk opens at 7. It is in Ohio.\nThe desk opens at 7. It is in Texas.\n";
    assert_eq!(one("a.csv", rows.as_bytes()).documents.len(), 2, "ids by what they say");
}

#[test]
fn a_marked_code_is_a_code_where_a_column_says_so() {
    let line =
        br#"{"_id":"r","title":"NCPDP reject code *97","text":"Payer","metadata":{"table":"reject","code":"*97"}}"#;
    assert_eq!(
        one("c.jsonl", line).documents[0].exact,
        [codes::Code::new("reject", "97")]
    );
}

#[test]
fn much_of_one_kind_is_counted() {
    let rows = "q,\n".repeat(1500);
    let got = one("a.csv", format!("question,answer\n{rows}").as_bytes());
    assert_eq!(got.findings.len(), 1001);
    assert_eq!(got.findings[1000].to_string(), "a.csv: and 500 more");
}
