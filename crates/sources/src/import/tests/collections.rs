//! Messages of mail, and archives of pages: what is their own is read, what is not is told, what harms is refused.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::extractor::{Extract, PAGE_END};

fn said(got: &Imported) -> Vec<String> {
    got.findings.iter().map(Finding::to_string).collect()
}

fn mail(head: &str, body: &str) -> Imported {
    one(
        "m.eml",
        format!("{head}\r\n\r\n{}", body.replace('\n', "\r\n")).as_bytes(),
    )
}

#[test]
fn a_message_is_its_subject_and_its_own_text() {
    const HEAD: &str = "From: Desk <desk@example.org>\r\nDate: Thu, 26 Nov 2026 09:00:00 +0000\r\nSubject: Dock hours";
    for (more, body, want, told) in [
        ("", "The dock opens at six.\n", "The dock opens at six.", &[][..]),
        (
            "",
            "At seven.\n\nOn Mon, Nov 2, 2026 at 9:00 AM A wrote:\n> At six.\n> Always.\n",
            "At seven.",
            &["m.eml: what it quotes of messages before is left out (lines: 3)"],
        ),
        (
            "",
            "At seven.\n\n-----Original Message-----\nFrom: A\nAt six.\n",
            "At seven.",
            &["m.eml: what it quotes of messages before is left out (lines: 3)"],
        ),
        (
            "\r\nContent-Type: text/html; charset=utf-8",
            "<p>At <b>eight</b>.</p><p style='display:none'>At nine.</p>\n",
            "At eight.",
            &["m.eml: hidden"],
        ),
        (
            "\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable",
            "A la se=F1ora.\n",
            "A la señora.",
            &[],
        ),
        (
            "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x",
            "--x\nContent-Type: text/plain\n\nSee the list.\n--x\nContent-Type: application/pdf; name=list.pdf\n\
             Content-Disposition: attachment; filename=list.pdf\n\nabc\n--x--\n",
            "See the list.",
            &["m.eml: what is attached is not read: list.pdf"],
        ),
    ] {
        let got = mail(&format!("{HEAD}{more}"), body);
        let all = said(&got);
        assert_eq!(all.len(), told.len(), "{all:?}");
        assert!(all.iter().zip(told).all(|(a, t)| a.starts_with(t)), "{all:?}");
        let d = &got.documents[0];
        assert_eq!(
            (d.title.as_str(), d.body.as_str(), d.version.as_str()),
            ("Dock hours", want, "2026-11-26")
        );
    }
    let got = mail("Subject: =?utf-8?B?SG9yYXMgZGVsIG11ZWxsZSDCt8K3?=", "A las seis.\n");
    assert_eq!(got.documents[0].title, "Horas del muelle ··");
    for bytes in [&b""[..], b"no mail at all", b"\xff\xfe\0\0", &[b'a'; 100_000]] {
        let got = one("m.eml", bytes);
        assert!(got.documents.is_empty() && got.findings[0].stops, "{:?}", said(&got));
    }
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const ID: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn an_export_of_notion_is_its_pages() {
    let inner = zipped(&[
        (
            &format!("Space {ID}/Returns {ID}.md"),
            b"# Returns\n\nStatus: Published\nOwner: Desk\n\nReturns take two days.",
        ),
        (
            &format!("Space {ID}/Fees {ID}.md"),
            b"# Fees\n\nStatus: Draft\n\nA fee of 9 dollars.",
        ),
        (&format!("Space {ID}/Dock {ID}.md"), b"# Dock\n\nOpen at six."),
        (&format!("Space {ID}.csv"), b"Name,Status\nReturns,Published\n"),
        (
            &format!("Space {ID}_all.csv"),
            b"Name,Status\nReturns,Published\nFees,Draft\n",
        ),
        ("image.png", b"x"),
    ]);
    let got = one("export.zip", &zipped(&[("ExportBlock-1-Part-1.zip", &inner)]));
    let ids: Vec<(&str, &str, Option<&str>)> = got
        .documents
        .iter()
        .map(|d| (d.id.as_str(), d.body.as_str(), d.owner.as_deref()))
        .collect();
    assert_eq!(
        ids,
        [
            ("Dock", "Open at six.", None),
            ("Returns", "Returns take two days.", Some("Desk"))
        ]
    );
    assert_eq!(got.places["Returns"].to_string(), "export.zip/Space/Returns.md");
    let said = said(&got);
    assert!(
        said[0].starts_with("export.zip/Space/Fees.md: “Status” looks like a state"),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|s| s == "export.zip: the table Space is read as its pages (3)"),
        "{said:?}"
    );
    assert_eq!(got.ignored, ["export.zip/image.png"]);
}

#[test]
fn an_archive_that_harms_is_refused_by_name() {
    let big = vec![0u8; 66 * 1024 * 1024];
    let deep = zipped(&[("c.zip", &zipped(&[("b.zip", &zipped(&[("a.md", b"# A\n\nText.")]))]))]);
    let whole = zipped(&[("a.md", b"# A\n\nText.")]);
    for (bytes, want) in [
        (zipped(&[("a.md", &big)]), "it unpacks to more than"),
        (deep, "an archive in an archive in it is not opened: b.zip"),
        (whole[..whole.len() / 2].to_vec(), "no archive"),
        (b"PK nothing".to_vec(), "no archive"),
    ] {
        let got = one("x.zip", &bytes);
        assert!(got.documents.is_empty());
        assert!(said(&got)[0].contains(want), "{:?}", said(&got));
    }
    let got = one(
        "x.zip",
        &zipped(&[("../../etc/a.md", b"# A\n\nText."), ("b.md", b"# B\n\nText.")]),
    );
    assert_eq!(got.documents.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn what_is_not_read_here_is_refused_by_name_and_what_a_system_keeps_is_passed_over() {
    for (name, bytes, want) in [
        (
            "a.doc",
            &b"x"[..],
            "a.doc: files of this kind are not read as they are shown: save it as .docx",
        ),
        ("a.docx", b"x", "a.docx: a file of this kind (docx) is not read here"),
        (
            "a.db",
            b"SQLite format 3\0",
            "a.db: it is a database: say in sources.toml which rows are read, as select = \"SELECT …\"",
        ),
    ] {
        let got = one(name, bytes);
        assert_eq!(said(&got), [want]);
        assert!(got.findings[0].stops);
    }
    for name in ["Thumbs.db", "~$a.docx", "a.png", "._a.eml"] {
        assert_eq!(one(name, b"x").ignored, [name]);
    }
}

/// A PDF whose pages are these.
struct Pages(&'static [&'static str]);

impl Extractor for Pages {
    fn extract(&self, _: Extracted, _: &[u8]) -> Result<Extract, String> {
        Ok(Extract {
            text: self.0.join(&format!("\n\n{PAGE_END}\n\n")),
            told: Vec::new(),
        })
    }
}

#[test]
fn a_page_is_where_its_words_stand() {
    let paged = |pages| {
        let source = Source {
            name: "a.pdf".into(),
            bytes: Vec::new(),
            mapping: Mapping::none(),
        };
        let got = import_sources([Ok::<_, ()>(source)], &Pages(pages)).unwrap();
        assert_eq!(said(&got), [""; 0]);
        got.documents.into_iter().next().unwrap()
    };
    for (pages, body, words) in [
        (
            &["# Trips\n\nAsk early.", "", "## Plane\n\nNo ice.", "Call us."][..],
            "Ask early.\n\n## Plane\n\nNo ice.\n\nCall us.",
            &[("Ask", 1), ("Plane", 3), ("ice", 3), ("Call", 4)][..],
        ),
        // Its heading stands on a page of its own number, and stays there.
        (&["", "# Trips\n\nAsk early."], "# Trips\n\nAsk early.", &[("Ask", 2)]),
        (&["# Trips\n\nAsk early.", ""], "Ask early.", &[("early", 1)]),
    ] {
        let d = paged(pages);
        assert_eq!((d.title.as_str(), d.body.trim()), ("Trips", body));
        for (word, page) in words {
            assert_eq!(d.page(d.body.find(word).unwrap()), Some(*page), "{word} of {pages:?}");
        }
    }
    assert_eq!(paged(&["# Trips\n\nAsk early."]).page(0), None);
}
