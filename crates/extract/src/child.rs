//! The child: bytes in, Markdown out. It ends with 0, the text on stdout and what is told of it on stderr, a line each,
//! or with [`REFUSED`] and the reason on stderr; any other end is a crash, and the parent says so.

use std::io::{Read, Write, stderr, stdin, stdout};
use std::thread;

use anydoc::Format;
use mortar_sources::extractor::{Extract, Extracted, Told};

use crate::hidden::marked;
use crate::limits::{STACK, bind};
use crate::pdf::pdf;

/// The exit code of a file that was refused with a reason.
pub const REFUSED: u8 = 3;

/// Reads a file of this kind from stdin. The exit code of the process.
pub fn run(kind: &str) -> u8 {
    match bind().and_then(|()| read(kind)) {
        Ok(Extract { text, told }) => {
            let told: String = told.iter().map(Told::line).collect();
            let written = stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush());
            match written.and_then(|()| stderr().write_all(told.as_bytes())) {
                Ok(()) => 0,
                Err(_) => 1,
            }
        }
        Err(reason) => {
            // Nobody who does not hear it could be told.
            let _ = stderr().write_all(reason.as_bytes());
            REFUSED
        }
    }
}

fn read(kind: &str) -> Result<Extract, String> {
    let kind = Extracted::of(kind).ok_or("no such kind of file")?;
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    // A panic's words on stderr would be taken for the reason.
    std::panic::set_hook(Box::new(|_| {}));
    let reading = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || extracted(kind, &bytes));
    let read = reading.map_err(|e| e.to_string())?.join();
    read.unwrap_or_else(|_| Err("its reader fails on it".into()))
}

fn extracted(kind: Extracted, bytes: &[u8]) -> Result<Extract, String> {
    let format = match kind {
        Extracted::Docx => Format::Docx,
        Extracted::Pptx => Format::Pptx,
        Extracted::Odt => Format::Odt,
        Extracted::Rtf => Format::Rtf,
        Extracted::Pdf => return pdf(bytes),
    };
    let found = Format::from_bytes(bytes);
    if found.is_some_and(|f| f != format) {
        return Err(format!("it is no {}, whatever its name says", kind.name()));
    }
    let bytes = match kind {
        Extracted::Docx => marked(bytes),
        _ => bytes.into(),
    };
    let text = anydoc::to_markdown_bytes(&bytes, format).map_err(|e| format!("it cannot be read: {e}"))?;
    Ok(Extract { text, told: Vec::new() })
}

#[cfg(test)]
mod tests {
    use mortar_sources::extractor::PAGE_END;

    use super::*;

    fn text(case: &str, name: &str) -> Result<String, String> {
        let path = format!(
            "{}/../../tests/fixtures/cases/{case}/in/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        let bytes = std::fs::read(path).unwrap();
        extracted(Extracted::of(name.rsplit_once('.').unwrap().1).unwrap(), &bytes).map(|e| e.text)
    }

    #[test]
    fn what_a_reader_sees_is_there_and_what_stands_around_it_is_not() {
        for (case, name, has, lacks) in [
            (
                "docx-sop",
                "cold-chain.docx",
                &[
                    "# Cold chain shipping",
                    "two frozen gel packs",
                    "| Islands | 12 hours | Airbridge |",
                    "~~It may be restocked after inspection.",
                ][..],
                &["Form 7781", "Bayside", "Donate", "3 days. Managers"][..],
            ),
            (
                "pdf-leaflet",
                "leaflet.pdf",
                &[
                    "# Cold chain shipping",
                    "two frozen gel packs",
                    "12 hours",
                    "# Returned boxes",
                    "within 3 days",
                ],
                &["Bayside", "Page 1", "Page 2"],
            ),
            (
                "pdf-table",
                "delivery.pdf",
                &[
                    "| 70 | Product not covered by the plan benefit | Ask the prescriber for another |",
                    "| 75 | Prior authorization required | Send the form to the prescriber and wait |",
                ],
                &[],
            ),
            ("office-more", "delivery.odt", &["pharmacist on duty signs"], &[]),
            (
                "office-more",
                "annex.rtf",
                &["The door code of the annex is 4471."],
                &[],
            ),
            ("office-more", "drivers.pptx", &["Drivers", "takes three weeks"], &[]),
        ] {
            let text = text(case, name).unwrap();
            for words in has {
                assert!(text.contains(words), "{name} lacks {words}: {text}");
            }
            for words in lacks {
                assert!(!text.contains(words), "{name} has {words}: {text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_reason() {
        for (case, name, want) in [
            (
                "pdf-leaflet",
                "scan.pdf",
                "it is a scan without text (1 pages, 0 letters)",
            ),
            ("office-hostile", "cut.docx", "it cannot be read"),
            ("office-hostile", "cut.pdf", "it"),
            ("office-hostile", "page.docx", "it is no docx"),
        ] {
            let said = text(case, name).unwrap_err();
            assert!(said.starts_with(want), "{name}: {said}");
        }
        let leaflet = text("pdf-leaflet", "leaflet.pdf").unwrap();
        let pages: Vec<&str> = leaflet.split(PAGE_END).collect();
        assert!(pages.len() == 2 && pages[1].contains("within 3 days"), "{pages:?}");
        assert!(text("office-hostile", "xxe.docx").map_or(true, |t| !t.contains("root:")));
    }
}
