//! The records of a workbook of before 2007, as they stand in their stream: each a kind and bytes, the long ones in
//! several pieces. What they mean is said elsewhere.

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use crate::limits::LARGEST_FILE;

pub const BOF: u16 = 0x0809;
pub const EOF: u16 = 0x000a;
const CONTINUE: u16 = 0x003c;

pub const DAMAGED: &str = "it is damaged: a part of it breaks off";

/// The stream of records in the file.
pub fn workbook(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let no_book = |e: std::io::Error| format!("no Excel workbook: {e}; save it as .xlsx");
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(no_book)?;
    if !file.is_stream("/Workbook") {
        return Err(match file.is_stream("/Book") {
            true => "it is of Excel 95 or before; save it as .xlsx".to_owned(),
            false => "no Excel workbook: nothing in it is called so".to_owned(),
        });
    }
    let mut out = Vec::new();
    let stream = file.open_stream("/Workbook").map_err(no_book)?;
    let read = stream.take(LARGEST_FILE as u64).read_to_end(&mut out);
    read.map_err(|e| format!("it is damaged: {e}"))?;
    Ok(out)
}

/// The records from a place of the stream on.
pub struct Records<'b> {
    rest: &'b [u8],
}

pub struct Record<'b> {
    pub kind: u16,
    pub data: &'b [u8],
    more: Vec<&'b [u8]>,
}

impl<'b> Records<'b> {
    pub fn at(stream: &'b [u8], offset: usize) -> Result<Self, String> {
        stream.get(offset..).map(|rest| Records { rest }).ok_or(DAMAGED.into())
    }

    fn piece(&mut self) -> Option<(u16, &'b [u8])> {
        let (kind, behind) = self.rest.split_first_chunk::<2>()?;
        let (len, behind) = behind.split_first_chunk::<2>()?;
        let (data, rest) = behind.split_at_checked(u16::from_le_bytes(*len).into())?;
        self.rest = rest;
        Some((u16::from_le_bytes(*kind), data))
    }

    /// The next record; none at the end of the stream, or where it breaks off.
    pub fn next(&mut self) -> Option<Record<'b>> {
        let (kind, data) = self.piece()?;
        let mut more = Vec::new();
        while self.rest.starts_with(&CONTINUE.to_le_bytes()) {
            more.push(self.piece()?.1);
        }
        Some(Record { kind, data, more })
    }
}

impl<'b> Record<'b> {
    pub fn u8(&self, at: usize) -> Result<u8, String> {
        self.data.get(at).copied().ok_or(DAMAGED.into())
    }

    pub fn u16(&self, at: usize) -> Result<u16, String> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    pub fn u32(&self, at: usize) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    pub fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], String> {
        let from = self.data.get(at..).and_then(|d| d.first_chunk());
        from.copied().ok_or(DAMAGED.into())
    }

    /// What stands from a place on, through all pieces.
    pub fn pieces(&self, at: usize) -> Result<Pieces<'_>, String> {
        let now = self.data.get(at..).ok_or(DAMAGED)?;
        Ok(Pieces { now, more: &self.more })
    }
}

/// The bytes of a record that stands in several pieces, read one after the other.
pub struct Pieces<'r> {
    now: &'r [u8],
    more: &'r [&'r [u8]],
}

/// A text, and from which of its UTF-16 units on it has which font.
#[derive(Default)]
pub struct Text {
    pub text: String,
    pub runs: Vec<(u16, u16)>,
}

impl Pieces<'_> {
    fn turn(&mut self) -> Result<(), String> {
        let (first, rest) = self.more.split_first().ok_or(DAMAGED)?;
        (self.now, self.more) = (first, rest);
        Ok(())
    }

    pub fn u8(&mut self) -> Result<u8, String> {
        while self.now.is_empty() {
            self.turn()?;
        }
        let (first, rest) = self.now.split_first().ok_or(DAMAGED)?;
        self.now = rest;
        Ok(*first)
    }

    pub fn u16(&mut self) -> Result<u16, String> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    pub fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut n: usize) -> Result<(), String> {
        while n > self.now.len() {
            n -= self.now.len();
            self.turn()?;
        }
        self.now = &self.now[n..];
        Ok(())
    }

    /// A text of so many UTF-16 units. Where it goes on in the next piece, that says anew how wide they are.
    pub fn text(&mut self, units: usize) -> Result<Text, String> {
        const WIDE: u8 = 1;
        const MORE: u8 = 4;
        const RUNS: u8 = 8;
        let mut flags = self.u8()?;
        let runs = if flags & RUNS != 0 { self.u16()? } else { 0 };
        let behind = if flags & MORE != 0 { self.u32()? } else { 0 };
        let mut text = Vec::new();
        while text.len() < units {
            if self.now.is_empty() {
                self.turn()?;
                flags = self.u8()?;
                continue;
            }
            text.push(match flags & WIDE != 0 {
                true => self.u16()?,
                false => self.u8()?.into(),
            });
        }
        let runs = (0..runs).map(|_| Ok((self.u16()?, self.u16()?)));
        let runs = runs.collect::<Result<Vec<_>, String>>()?;
        self.skip(behind as usize)?;
        Ok(Text {
            text: String::from_utf16_lossy(&text),
            runs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let len = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &len.to_le_bytes(), data].concat()
    }

    #[test]
    fn a_text_goes_on_in_the_next_piece_in_another_width() {
        let stream = [
            record(0xfc, &[&[8, 1, 0][..], b"ab"].concat()),
            record(CONTINUE, &[1, 0xac, 0x20, b'd', 0]),
            record(CONTINUE, &[2, 0, 0, 0, 9]),
        ]
        .concat();
        let mut records = Records::at(&stream, 0).unwrap();
        let first = records.next().unwrap();
        let text = first.pieces(0).unwrap().text(4).unwrap();
        assert_eq!((text.text.as_str(), text.runs.len()), ("ab€d", 1));
        assert!(records.next().is_none());
        for end in 0..stream.len() {
            let mut records = Records::at(&stream[..end], 0).unwrap();
            let text = records.next().map(|r| r.pieces(0).and_then(|mut p| p.text(4)).is_ok());
            assert_ne!(text, Some(true), "{end}");
        }
    }
}
