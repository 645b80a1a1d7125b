//! Text that Word keeps and does not show. The reader of Office files knows no such thing, so here it is marked as
//! struck out: then it is left out, and told, as struck out text is.

use std::borrow::Cow;
use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Of one part, unpacked; a larger one is the reader's to refuse.
const LARGEST: u64 = 128 * 1024 * 1024;
const PARTS: &[&str] = &["word/document.xml", "word/styles.xml"];

/// The file, with what is hidden in it marked; as it is where nothing is, or where it is no archive.
pub fn marked(bytes: &[u8]) -> Cow<'_, [u8]> {
    rewritten(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)
}

fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut changed = Vec::new();
    for name in PARTS {
        let Ok(part) = zip.by_name(name) else { continue };
        let mut text = Vec::new();
        part.take(LARGEST + 1).read_to_end(&mut text).ok()?;
        if text.len() as u64 > LARGEST {
            return None;
        }
        if let Cow::Owned(text) = struck(&text) {
            changed.push((*name, text));
        }
    }
    if changed.is_empty() {
        return None;
    }
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..zip.len() {
        let file = zip.by_index_raw(n).ok()?;
        let name = file.name().ok()?.into_owned();
        if !changed.iter().any(|(n, _)| *n == name) {
            out.raw_copy_file(file).ok()?;
        }
    }
    for (name, text) in changed {
        out.start_file(name, SimpleFileOptions::default()).ok()?;
        out.write_all(&text).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

fn struck(xml: &[u8]) -> Cow<'_, [u8]> {
    static HIDDEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<((?:\w+:)?)vanish((?:\s[^>]*?)?)(/?)>").expect("a valid pattern"));
    static END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"</((?:\w+:)?)vanish\s*>").expect("a valid pattern"));
    let is_off = |attributes: &[u8]| {
        let text = String::from_utf8_lossy(attributes).to_lowercase();
        ["\"0\"", "\"false\"", "\"off\"", "'0'", "'false'", "'off'"]
            .iter()
            .any(|off| text.contains(off))
    };
    let replaced = HIDDEN.replace_all(xml, |c: &Captures<'_>| match is_off(&c[2]) {
        true => c[0].to_vec(),
        false => [b"<", &c[1], b"strike", &c[3], b">"].concat(),
    });
    match replaced {
        Cow::Borrowed(same) => Cow::Borrowed(same),
        Cow::Owned(text) if text == xml => Cow::Borrowed(xml),
        Cow::Owned(text) => Cow::Owned(END.replace_all(&text, &b"</${1}strike>"[..]).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_struck_out_and_what_is_shown_is_not() {
        for (xml, want) in [
            ("<w:vanish/>", "<w:strike/>"),
            ("<w:vanish w:val=\"1\"/>", "<w:strike/>"),
            ("<w:vanish w:val=\"true\"></w:vanish>", "<w:strike></w:strike>"),
            ("<w:vanish w:val=\"false\"/>", "<w:vanish w:val=\"false\"/>"),
            ("<w:vanish w:val='0'/>", "<w:vanish w:val='0'/>"),
            ("<w:specVanish/>", "<w:specVanish/>"),
            ("vanish", "vanish"),
        ] {
            assert_eq!(struck(xml.as_bytes()), want.as_bytes(), "{xml}");
        }
        assert!(matches!(marked(b"no archive"), Cow::Borrowed(_)));
    }
}
