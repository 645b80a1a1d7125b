//! Bytes to text: UTF-8, UTF-16 by its mark, else Windows-1252 where that is what the bytes must be. What could be
//! two things is refused.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A text, and what is to be told of how it was read.
#[derive(Debug)]
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub told: Option<&'static str>,
}

pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes).filter(|(e, _)| [UTF_16LE, UTF_16BE].contains(e)) {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return match wrong {
            true => Err("it begins as UTF-16 and is not; save it as UTF-8".into()),
            false => Ok(Decoded { text, told: None }),
        };
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let zeros = bytes.iter().take(1000).filter(|b| **b == 0).count();
    if zeros > 0 && zeros >= bytes.len().min(1000) / 10 {
        return Err("it is no text, or UTF-16 without its mark; save it as UTF-8".into());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded {
            text: text.into(),
            told: None,
        }),
        Err(_) if is_windows_1252(bytes) => Ok(Decoded {
            text: WINDOWS_1252.decode_without_bom_handling(bytes).0,
            told: Some("it is not UTF-8 and was read as Windows-1252; look at its accents and signs"),
        }),
        Err(e) => Err(format!("not UTF-8 at byte {}; save it as UTF-8", e.valid_up_to())),
    }
}

/// A page, which may say itself how it is written.
pub fn decode_page(bytes: &[u8]) -> Result<Decoded<'_>, String> {
    let is_marked = Encoding::for_bom(bytes).is_some();
    let Some(encoding) = declared(bytes).filter(|_| !is_marked && std::str::from_utf8(bytes).is_err()) else {
        return decode(bytes);
    };
    match encoding.decode_without_bom_handling(bytes) {
        (_, true) => Err(format!(
            "it says to be {} and is not; save it as UTF-8",
            encoding.name()
        )),
        (text, false) => Ok(Decoded { text, told: None }),
    }
}

/// What a page declares at its beginning; UTF-16 has a mark instead.
fn declared(page: &[u8]) -> Option<&'static Encoding> {
    let start = page[..page.len().min(2048)].to_ascii_lowercase();
    let at = start.windows(8).position(|w| w == b"charset=")? + 8;
    let label: Vec<u8> = start[at..]
        .iter()
        .copied()
        .skip_while(|b| b"\"' ".contains(b))
        .take_while(|b| !b"\"' />;".contains(b))
        .collect();
    Encoding::for_label(&label).filter(|e| *e == e.output_encoding() && *e != encoding_rs::UTF_8)
}

/// No byte says UTF-8, and each is a character that people write.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let nowhere_utf8 = bytes.utf8_chunks().all(|c| c.valid().is_ascii());
    nowhere_utf8
        && !bytes
            .iter()
            .any(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d | 0xfe | 0xff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_its_mark_or_by_what_it_must_be() {
        let read = |bytes: &[u8]| decode(bytes).map(|d| (d.text.into_owned(), d.told.is_some()));
        assert_eq!(read(b"\xef\xbb\xbf\xc3\xa9"), Ok(("é".into(), false)));
        assert_eq!(read(b"\xff\xfea\0\xe9\0"), Ok(("aé".into(), false)));
        assert_eq!(read(b"\xfe\xff\0a\0\xe9"), Ok(("aé".into(), false)));
        assert_eq!(
            read(b"36\xb0F \x96 the \x93box\x94"),
            Ok(("36°F – the “box”".into(), true))
        );
        for (bytes, why) in [
            (&b"a\xff"[..], "not UTF-8 at byte 1"),
            (b"\xc3\xa9 and \xe9", "not UTF-8 at byte 7"),
            (b"\xff\xfea\0\x00\xd8", "not"),
            (b"a\0b\0c\0", "UTF-16 without its mark"),
        ] {
            assert!(decode(bytes).unwrap_err().contains(why), "{bytes:?}");
        }
    }

    #[test]
    fn a_page_is_read_as_it_says() {
        for (page, want) in [
            (&b"<meta charset=windows-1251><p>\xcf\xee\xf7\xf2\xe0"[..], "Почта"),
            (
                b"<meta http-equiv=content-type content='text/html; charset=shift_jis'><p>\x96\xf2",
                "薬",
            ),
            (b"<meta charset=\"iso-8859-1\"><p>se\xf1ora", "señora"),
            (b"<meta charset=utf-8><p>se\xf1ora", "señora"),
            (b"<meta charset=iso-8859-1><p>se\xc3\xb1ora", "señora"),
        ] {
            assert!(decode_page(page).unwrap().text.ends_with(want), "{want}");
        }
    }
}
