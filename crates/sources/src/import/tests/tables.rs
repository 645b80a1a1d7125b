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
    assert_eq!(said(&got), ["a.csv, row 1: not used: Topic"]);
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
    let got = read("a.csv", "id,answer,Draft,Published\nq,Yes.,no,TRUE\n");
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
    let got = read("a.csv", "id,answer,effective_to\na,#N/A,\nb,Yes.,#REF!\nc,See #N/A.,\n");
    assert_eq!(
        said(&got),
        [
            "a.csv, row 2: “answer” shows the error #N/A",
            "a.csv, row 3: “effective_to” shows the error #REF!"
        ]
    );
    assert_eq!(got.documents.len(), 1);
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
