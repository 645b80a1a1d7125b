//! What the sheets of a workbook share: texts, styles, fonts, and which sheets there are.

use calamine::{Color, Fill, FillPattern, Font, NumberFormat, Style};
use ssfmt::format_code_from_id;

use super::records::{BOF, EOF, Record, Records, Text};

const EXCEL_97: u16 = 0x0600;
const MOST_TEXTS: usize = 1_000_000;

/// The colours that a workbook has where it names none, from the eighth on.
const PALETTE: [u32; 56] = [
    0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0xff00ff, 0x00ffff, 0x800000, 0x008000, 0x000080,
    0x808000, 0x800080, 0x008080, 0xc0c0c0, 0x808080, 0x9999ff, 0x993366, 0xffffcc, 0xccffff, 0x660066, 0xff8080,
    0x0066cc, 0xccccff, 0x000080, 0xff00ff, 0xffff00, 0x00ffff, 0x800080, 0x800000, 0x008080, 0x0000ff, 0x00ccff,
    0xccffff, 0xccffcc, 0xffff99, 0x99ccff, 0xff99cc, 0xcc99ff, 0xffcc99, 0x3366ff, 0x33cccc, 0x99cc00, 0xffcc00,
    0xff9900, 0xff6600, 0x666699, 0x969696, 0x003366, 0x339966, 0x003300, 0x333300, 0x993300, 0x993366, 0x333399,
    0x333333,
];

pub struct Book<'b> {
    pub stream: &'b [u8],
    pub is_1904: bool,
    /// By the number that a cell has.
    pub styles: Vec<Style>,
    pub texts: Vec<Text>,
    pub sheets: Vec<Listed>,
    fonts: Vec<Font>,
}

pub struct Listed {
    pub name: String,
    pub offset: usize,
    pub is_visible: bool,
    pub kind: Kind,
}

#[derive(PartialEq, Eq)]
pub enum Kind {
    Cells,
    Other,
}

/// What a style points at, before all of that is read.
struct Pointers {
    font: u16,
    format: u16,
    pattern: u8,
    ground: u16,
}

#[derive(Default)]
struct Parts {
    formats: Vec<(u16, String)>,
    fonts: Vec<(bool, u16)>,
    styles: Vec<Pointers>,
    palette: Vec<u32>,
}

impl<'b> Book<'b> {
    pub fn read(stream: &'b [u8]) -> Result<Self, String> {
        let mut out = Book {
            stream,
            is_1904: false,
            styles: Vec::new(),
            texts: Vec::new(),
            sheets: Vec::new(),
            fonts: Vec::new(),
        };
        let mut parts = Parts::default();
        let mut records = Records::at(stream, 0)?;
        let mut is_begun = false;
        loop {
            let record = records.next().ok_or("it is damaged: it has no end")?;
            match record.kind {
                BOF if record.u16(0)? == EXCEL_97 => is_begun = true,
                _ if !is_begun => return Err("it is of Excel 95 or before, or damaged; save it as .xlsx".into()),
                EOF => break,
                _ => out.take(&record, &mut parts)?,
            }
        }
        let color = |n: u16| parts.color(n);
        let font = |(is_struck, n): &(bool, u16)| {
            let mut font = Font::default();
            (font.strikethrough, font.color) = (*is_struck, color(*n));
            font
        };
        out.fonts = parts.fonts.iter().map(font).collect();
        let styles = parts.styles.iter().map(|s| {
            let mut style = Style::default();
            style.font = out.font(s.font).cloned();
            style.number_format = Some(parts.format(s.format));
            if s.pattern != 0 {
                let mut fill = Fill::default();
                (fill.pattern, fill.foreground_color) = (FillPattern::Solid, color(s.ground));
                style.fill = Some(fill);
            }
            style
        });
        out.styles = styles.collect();
        Ok(out)
    }

    fn take(&mut self, record: &Record<'_>, parts: &mut Parts) -> Result<(), String> {
        match record.kind {
            0x002f => return Err("it is locked by a password; save it without one".into()),
            0x0022 => self.is_1904 = record.u16(0)? == 1,
            0x0031 => parts.fonts.push((record.u16(2)? & 8 != 0, record.u16(4)?)),
            0x041e => {
                let code = record.pieces(4)?.text(record.u16(2)?.into())?;
                parts.formats.push((record.u16(0)?, code.text));
            }
            0x00e0 => parts.styles.push(Pointers {
                font: record.u16(0)?,
                format: record.u16(2)?,
                pattern: record.u8(17)? >> 2,
                ground: record.u16(18)? & 0x7f,
            }),
            0x0092 => {
                let colors = record.data.get(2..).unwrap_or_default().chunks_exact(4);
                let colors = colors.map(|c| u32::from_be_bytes([0, c[0], c[1], c[2]]));
                parts.palette = colors.collect();
            }
            0x0085 => self.sheets.push(Listed {
                offset: record.u32(0)? as usize,
                is_visible: record.u8(4)? & 3 == 0,
                kind: if record.u8(5)? == 0 { Kind::Cells } else { Kind::Other },
                name: record.pieces(7)?.text(record.u8(6)?.into())?.text,
            }),
            0x00fc => {
                let mut pieces = record.pieces(4)?;
                let count = pieces.u32()? as usize;
                if count > MOST_TEXTS {
                    return Err(format!("it says to hold more than {MOST_TEXTS} texts"));
                }
                for _ in 0..count {
                    let units = pieces.u16()?;
                    self.texts.push(pieces.text(units.into())?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// By the number that styles and texts call it: there is no fourth.
    fn font(&self, n: u16) -> Option<&Font> {
        self.fonts.get(usize::from(n) - usize::from(n > 4))
    }

    pub fn is_struck(&self, font: u16) -> bool {
        self.font(font).is_some_and(Font::has_strikethrough)
    }
}

impl Parts {
    /// None: what the system has for words or for their ground.
    fn color(&self, n: u16) -> Option<Color> {
        let n = usize::from(n);
        let rgb = match n {
            0..8 => PALETTE.get(n),
            8..64 => self.palette.get(n - 8).or(PALETTE.get(n - 8)),
            _ => None,
        };
        rgb.map(|rgb| Color::from_argb(0xff00_0000 | rgb))
    }

    fn format(&self, id: u16) -> NumberFormat {
        let named = self.formats.iter().rfind(|(n, _)| *n == id);
        let code = match (named, id) {
            (Some((_, code)), _) => code,
            // Money, which the file may leave out; and days as they are written in the East.
            (None, 5 | 6) => "\"$\"#,##0;(\"$\"#,##0)",
            (None, 7 | 8) => "\"$\"#,##0.00;(\"$\"#,##0.00)",
            (None, 41) => "#,##0;(#,##0);\"-\"",
            (None, 42) => "\"$\"#,##0;(\"$\"#,##0);\"-\"",
            (None, 43) => "#,##0.00;(#,##0.00);\"-\"",
            (None, 44) => "\"$\"#,##0.00;(\"$\"#,##0.00);\"-\"",
            (None, 27..=36 | 50..=58) => "yyyy-mm-dd",
            (None, id) => format_code_from_id(id.into()).unwrap_or("General"),
        };
        let mut out = NumberFormat::default();
        (out.format_code, out.format_id) = (code.to_owned(), Some(id.into()));
        out
    }
}
