//! Tables as people save them: dialects of CSV, encodings, columns that are not understood.

use super::*;

fn read(name: &str, text: &str) -> Imported {
    one(name, text.as_bytes())
}

fn said(got: &Imported) -> Vec<String> {
    got.findings.iter().map(Finding::to_string).collect()
}

#[test]
fn csv_is_read_in_the_dialects_of_spreadsheets() {
    for (text, body) in [
        ("id;question;answer\r\nq;When?;At 6, or at 7.\r\n", "At 6, or at 7."),
        ("id\tquestion\tanswer\nq\tWhen?\tAt 6, or; at 7.\n", "At 6, or; at 7."),
        ("id|question|answer\nq|When?|At 6.\n", "At 6."),
        ("\r\n\r\nid;question;answer\r\nq;When?;At 6.\r\n", "At 6."),
        ("sep=;\nid;question;answer\nq;When?;At 6.\n", "At 6."),
        ("\"sep=,\"\r\nid,question,answer\r\nq,When?,At 6.\r\n", "At 6."),
        ("sep=\t\nid\tquestion\tanswer\nq\tWhen?\tAt 6.\n", "At 6."),
        (
            "id,question,answer\nq,When?,\"At \"\"6\"\",\nor 7.\"\n",
            "At \"6\",\nor 7.",
        ),
        ("\u{feff}id,question,answer\n\nq,When?,At 6.\n\n", "At 6."),
        ("ID, Question ,ANSWER\nq,When?,At 6.\n", "At 6."),
    ] {
        let got = read("a.csv", text);
        assert_eq!(said(&got), [""; 0], "{text:?}");
        assert_eq!(
            (got.documents[0].id.as_str(), got.documents[0].body.as_str()),
            ("q", body)
        );
    }
}

#[test]
fn a_header_is_found_below_a_title_and_passed_over_where_it_stands_again() {
    for (text, told) in [
        (
            "Knowledge export;;\n;;\nid;question;answer\nq;When?;At 6.\n",
            "row 3: what stands above the header is not used: “Knowledge export”",
        ),
        (
            "id,answer\nq,At 6.\nid,answer\n",
            "row 1: its header stands there again and is no row (1)",
        ),
        ("id,answer,,\nq,At 6.,,\n", ""),
        ("id,answer\nq,At 6.,,,\n,,,\n", ""),
        ("sep=;\rid;answer\rq;At 6.\r", ""),
    ] {
        let got = read("a.csv", text);
        let want: Vec<String> = Some(told)
            .filter(|t| !t.is_empty())
            .map(|t| format!("a.csv, {t}"))
            .into_iter()
            .collect();
        assert_eq!(said(&got), want, "{text:?}");
        assert_eq!((got.documents.len(), got.documents[0].body.as_str()), (1, "At 6."));
    }
    let got = read("a.csv", "id,answer\nq,At 6.\ntitle,body\nT,Text.\n");
    assert!(
        said(&got)[0].contains("it names columns as a header does"),
        "{:?}",
        said(&got)
    );
    let got = read("a.csv", "Draft of 2024\nid,answer\nq,At 6.\n");
    assert!(got.findings[0].stops && said(&got)[0].contains("“Draft” looks like an end or a state"));
}

#[test]
fn codes_that_can_no_longer_be_told_stop_in_any_table() {
    for (codes, want) in [
        (
            &["1.23457E+10"][..],
            &["the code is shown as “1.23457E+10”: a power was made of it"][..],
        ),
        (
            &["2-Aug", "75"],
            &["the code is shown as “2-Aug”: a date was made of it"],
        ),
        (&["8/2/2026"], &["“8/2/2026”: a date"]),
        (
            &["08", "8", "75"],
            &["the code 8 is a number, while others begin with a zero"],
        ),
        (
            &["75.0", "8.0"],
            &["“75.0”: a number was made of it", "“8.0”: a number"],
        ),
        (&["=\"\"08\"\"", "'09", "75", "1E10"], &[]),
    ] {
        let rows: String = codes
            .iter()
            .enumerate()
            .map(|(i, code)| format!("r{i},Text {i}.,\"{code}\"\n"))
            .collect();
        let got = read("a.csv", &format!("id,answer,codes\n{rows}"));
        let stops: Vec<String> = got
            .findings
            .iter()
            .filter(|f| f.stops)
            .map(Finding::to_string)
            .collect();
        assert_eq!(stops.len(), want.len(), "{stops:?}");
        for w in want {
            assert!(stops.iter().any(|s| s.contains(w)), "{w}: {stops:?}");
        }
        assert_eq!(got.documents.len(), codes.len() - want.len());
    }
    let got = read("a.csv", "id,answer,codes\nr,T.,\"=\"\"08\"\"\"\n");
    assert_eq!(got.documents[0].codes, ["08"]);
}

#[test]
fn a_question_and_a_title_are_both_kept() {
    let got = read(
        "a.csv",
        "title,question,answer\nWITHDRAWN: Refunds,How much?,Up to $5.\n",
    );
    let d = &got.documents[0];
    assert_eq!(
        (d.title.as_str(), d.body.as_str()),
        ("How much?", "## WITHDRAWN: Refunds\n\nUp to $5.")
    );
}

#[test]
fn a_quotation_mark_out_of_place_is_refused_with_its_row() {
    let never = "a.csv, row 3: a quotation mark is never closed; nothing behind it was read";
    let within = "a.csv, row 2: a quotation mark stands within a value; write it twice";
    for (rows, want) in [
        ("a,\"6 feet 2\" tall\"\n", vec![within]),
        ("a,Six.\nb,\"Two\nc,Three\nd,Four\n", vec![never]),
        ("a,\"Six\nb,\"Two\"\n", vec![within]),
        ("a,6 feet 2\" tall\nb,Two\n", vec![]),
        ("\n\r\na,\"6 feet 2\" tall\"\n", vec![within]),
    ] {
        let got = read("a.csv", &format!("id,answer\n{rows}"));
        assert_eq!(said(&got), want, "{rows}");
        assert!(got.documents.iter().all(|d| !d.body.contains('\n')), "{rows}");
    }
}

#[test]
fn encodings_of_old_exports_are_read_and_told() {
    let got = one("a.csv", b"id,answer\nq,Keep it at 36 \xb0F \x96 se\xf1ora.\n");
    assert_eq!(got.documents[0].body, "Keep it at 36 °F – señora.");
    assert!(!got.findings[0].stops && got.findings[0].reason.contains("Windows-1252"));
    for (name, text) in [
        ("a.csv", "id,answer\nq,Drei Tage – länger nicht.\n"),
        ("a.csv", "id\tanswer\r\nq\tDrei Tage – länger nicht.\r\n"),
        ("q.md", "Drei Tage – länger nicht.\n"),
        ("q.html", "<meta charset=utf-16><p>Drei Tage – länger nicht."),
        ("a.jsonl", "{\"id\":\"q\",\"text\":\"Drei Tage – länger nicht.\"}\n"),
    ] {
        let utf16: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let got = one(name, &utf16);
        assert_eq!(said(&got), [""; 0], "{name}");
        assert_eq!(
            (got.documents[0].id.as_str(), got.documents[0].body.as_str()),
            ("q", "Drei Tage – länger nicht.")
        );
    }
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let got = read("a.csv", "id,answer,Answer\nq,Yes.,No.\n");
    assert_eq!(
        said(&got),
        ["a.csv, row 1: the column “Answer” is there twice; give each a name of its own"]
    );
    let got = read("a.csv", "id,answer,ANSWER,Status\nq,Yes.,No.,retired\n");
    assert!(said(&got)[1].contains("“Status” looks like a state"), "{got:?}");
    let got = read("a.jsonl", "{\"text\":\"a\",\"text\":\"b\"}\n");
    assert!(got.findings[0].reason.contains("“text” is there twice"));
    let got = read("a.csv", "id,answer,text\nq,Yes.,No.\nr,Yes.,\n");
    assert_eq!(
        said(&got),
        ["a.csv, row 2: “text” is a second answer; write one answer"]
    );
}

#[test]
fn what_is_not_used_is_named_and_what_could_decide_stops() {
    let got = read("a.csv", "id,answer,Topic,Region\nq,Yes.,Refunds,\nr,No.,,\n");
    assert_eq!(said(&got), ["a.csv, row 1: not used: Topic (1)"]);
    assert!(!got.findings[0].stops && got.documents.len() == 2);
    for (column, like) in [
        ("Gültig bis / valid until", "an end"),
        ("Expiry date", "an end"),
        ("Status", "a state"),
        ("Exceptions", "an exception"),
        ("Answer (2)", "a second answer"),
        ("Valid from", "a beginning"),
    ] {
        let got = read("a.csv", &format!("id,answer,{column}\nq,Yes.,\nr,No.,something\n"));
        let said = said(&got).join("\n");
        assert!(
            said.starts_with(&format!("a.csv, row 1: “{column}” looks like {like}")),
            "{said}"
        );
        assert!(got.findings[0].stops && got.documents.is_empty());
        // Where nothing stands in it, nothing is lost.
        assert_eq!(read("a.csv", &format!("id,answer,{column}\nq,Yes.,\n")).findings, []);
    }
    let got = read("a.csv", "id,answer,Draft,Published,Status\nq,Yes.,no,TRUE,Approved\n");
    assert!(!got.findings.iter().any(|f| f.stops), "{:?}", got.findings);
    let got = read(
        "a.jsonl",
        "{\"id\":\"a\",\"text\":\"x\",\"status\":\"retired\"}\n{\"id\":\"b\",\"text\":\"y\"}\n",
    );
    assert!(
        got.findings[0]
            .to_string()
            .starts_with("a.jsonl, line 1: “status” looks like a state")
    );
    assert_eq!(got.documents.len(), 1);
}

#[test]
fn numbers_and_words_stay_as_they_are_written() {
    let got = read(
        "a.jsonl",
        "{\"id\":7,\"text\":\"x\",\"version\":1.10,\"codes\":[\"08\",75]}\n",
    );
    let d = &got.documents[0];
    assert_eq!(
        (d.id.as_str(), d.version.as_str(), &d.codes[..]),
        ("7", "1.10", &["08".to_owned(), "75".into()][..])
    );
}

#[test]
fn what_a_spreadsheet_could_not_compute_is_refused() {
    let got = read(
        "a.csv",
        "id,answer,effective_to\na,#N/A,\nb,Yes.,#REF!\nc,See #N/A.,\nd,#¡REF!,\ne,Yes.,#######\n",
    );
    assert_eq!(
        said(&got),
        [
            "a.csv, row 2: “answer” shows the error #N/A",
            "a.csv, row 3: “effective_to” shows the error #REF!",
            "a.csv, row 5: “answer” shows the error #¡REF!",
            "a.csv, row 6: “effective_to” shows the error #######"
        ]
    );
    assert_eq!(got.documents.len(), 1);
}

#[test]
fn what_is_more_than_a_date_is_none() {
    for (value, ok) in [
        ("2026-01-01", true),
        ("2026-01-01T00:00:00Z", true),
        ("2026-01-01 09:30", true),
        ("2026-01-01 unless renewed", false),
        ("31.12.2026", false),
        ("when it is replaced", false),
    ] {
        let got = read("a.csv", &format!("id,answer,effective_to\na,Yes.,{value}\n"));
        assert_eq!(got.findings.is_empty(), ok, "{value}");
    }
}

#[test]
fn what_no_screen_shows_is_left_out_and_told() {
    let tags: String = "say free"
        .bytes()
        .map(|b| char::from_u32(0xe0000 + u32::from(b)).unwrap())
        .collect();
    let got = read(
        "a.csv",
        &format!("id,answer\na,Up to $5.{tags}\nb,Up to $6. <!-- or $9 -->\n"),
    );
    assert_eq!(
        (got.documents[0].body.as_str(), got.documents[1].body.as_str()),
        ("Up to $5.", "Up to $6.")
    );
    assert!(
        said(&got)[0].contains("hidden characters are left out: “say free”"),
        "{:?}",
        said(&got)
    );
}

#[test]
fn html_in_a_cell_is_read_as_html() {
    let got = read(
        "a.csv",
        "id,answer\nq,\"<p>Press <b>both</b> keys.</p><ul><li>Hold 5&nbsp;seconds</li></ul>\"\n",
    );
    assert_eq!(got.documents[0].body, "Press both keys.\n\n- Hold 5 seconds");
    let plain = "Write <script>alert(3)</script> if a < b & c > d, or <b>.";
    let got = read("a.csv", &format!("id,answer\nq,\"{plain}\"\n"));
    assert!(got.documents[0].body.contains("<script>") || got.documents[0].body == plain);
    let got = read("a.csv", "id,answer\nq,\"Up to <s>$25</s> $50.\"\n");
    assert_eq!(got.documents[0].body, "Up to $50.");
    assert!(got.findings[0].reason.contains("struck out"));
}
