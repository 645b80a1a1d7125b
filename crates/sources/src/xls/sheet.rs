//! One sheet of a workbook of before 2007: which cells it has, and what each shows.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType, Style};
use ssfmt::NumberFormat;
use ssfmt::ast::FormatPart;

use super::book::{Book, Listed};
use super::records::{BOF, DAMAGED, EOF, Record, Records, Text};
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::sheet::{Budget, Hidden, Merged, Sheet};
use crate::xlsx::look::{Parts, Unsaid};
use crate::xlsx::sheet::Values;
use crate::xlsx::shown::Formats;

/// Of all sheets together.
const MOST_CELLS: usize = 2_000_000;
const MOST_MERGED: usize = 50_000;

pub fn read(
    stem: &str,
    book: &Book<'_>,
    listed: &Listed,
    mapping: &Mapping,
    cells: &mut usize,
    budget: &mut Budget,
    out: &mut Reading,
) -> Result<(), String> {
    let mut found = Found::new(book);
    found.read(listed.offset, cells)?;
    let place = Some(format!("sheet {}", listed.name));
    for (what, n) in found.beside() {
        out.tell(place.clone(), format!("{what} ({n})"));
    }
    let mut places = BTreeMap::new();
    let mut hidden = Hidden::default();
    let mut values = Vec::new();
    for ((row, column), value, style, struck) in found.cells {
        if found.rows.hides(row) {
            hidden.rows.insert(row);
            continue;
        }
        let i = values.len();
        values.push((value, style, struck));
        if found.columns.contains(&column) {
            hidden.columns.entry(column).or_default().push((row, i));
        } else {
            places.insert((row, column), i);
        }
    }
    let unsaid = Unsaid {
        parts: Rc::new(found.parts),
        ..Unsaid::default()
    };
    let sheet = Sheet {
        name: &listed.name,
        cells: Values {
            values,
            styles: book.styles.clone(),
            formats: Formats::new(book.is_1904),
            unsaid: &unsaid,
        },
        places,
        merged: found.merged,
        hidden,
        mapping,
    };
    sheet.documents(stem, budget, out)
}

/// Which rows are hidden: those that say so, or all that say nothing.
#[derive(Default)]
struct Rows {
    hidden: HashSet<u32>,
    shown: HashSet<u32>,
    are_hidden: bool,
}

impl Rows {
    fn hides(&self, row: u32) -> bool {
        self.hidden.contains(&row) || (self.are_hidden && !self.shown.contains(&row))
    }
}

/// A place, what is stored there, its style, and which of its texts are struck out.
type Stored<'b> = ((u32, u32), DataRef<'b>, usize, Option<usize>);

struct Found<'b> {
    book: &'b Book<'b>,
    dates: Vec<Option<ExcelDateTimeType>>,
    cells: Vec<Stored<'b>>,
    rows: Rows,
    columns: HashSet<u32>,
    merged: Vec<Merged>,
    parts: Vec<Parts>,
    /// A formula whose text stands in a record behind it.
    pending: Option<((u32, u32), usize)>,
    blank: usize,
    notes: usize,
    texts: usize,
    charts: usize,
    pictures: usize,
}

impl<'b> Found<'b> {
    fn new(book: &'b Book<'b>) -> Self {
        Found {
            book,
            dates: book.styles.iter().map(date).collect(),
            cells: Vec::new(),
            rows: Rows::default(),
            columns: HashSet::new(),
            merged: Vec::new(),
            parts: Vec::new(),
            pending: None,
            blank: 0,
            notes: 0,
            texts: 0,
            charts: 0,
            pictures: 0,
        }
    }

    /// What of the sheet is not read, and how often it is there.
    fn beside(&self) -> impl Iterator<Item = (&'static str, usize)> {
        [
            ("comments of cells are not read", self.notes),
            // A comment has its text in a shape.
            ("texts in shapes are not read", self.texts.saturating_sub(self.notes)),
            ("charts are not read", self.charts),
            ("pictures are not read", self.pictures),
            ("formulas show nothing, or were never computed", self.blank),
        ]
        .into_iter()
        .filter(|(_, n)| *n > 0)
    }

    fn read(&mut self, offset: usize, cells: &mut usize) -> Result<(), String> {
        let mut records = Records::at(self.book.stream, offset)?;
        // Charts within the sheet have records of their own.
        let mut depth = 0;
        loop {
            let record = records.next().ok_or(DAMAGED)?;
            match record.kind {
                BOF => depth += 1,
                EOF if depth <= 1 => return Ok(()),
                EOF => depth -= 1,
                _ if depth == 1 => self.take(&record)?,
                _ if depth == 0 => return Err(DAMAGED.into()),
                _ => {}
            }
            if *cells + self.cells.len() > MOST_CELLS {
                return Err(format!("it has more than {MOST_CELLS} cells"));
            }
            if self.merged.len() > MOST_MERGED {
                return Err(format!("it has more than {MOST_MERGED} merged cells"));
            }
        }
    }

    fn take(&mut self, r: &Record<'b>) -> Result<(), String> {
        match r.kind {
            0x0203 => self.number(r.u16(2)?, r.u16(4)?, f64::from_le_bytes(r.array(6)?), r)?,
            0x027e => self.number(r.u16(2)?, r.u16(4)?, rk(r.u32(6)?), r)?,
            0x00bd => {
                let first = r.u16(2)?;
                for n in 0..r.data.len().saturating_sub(6) / 6 {
                    let at = 4 + n * 6;
                    let column = first.checked_add(n as u16).ok_or(DAMAGED)?;
                    self.number(column, r.u16(at)?, rk(r.u32(at + 2)?), r)?;
                }
            }
            0x00fd => {
                let text = self.book.texts.get(r.u32(6)? as usize).ok_or(DAMAGED)?;
                self.text(place(r)?, r.u16(4)?, text)?;
            }
            0x0204 | 0x00d6 => {
                let mut text = r.pieces(8)?.text(r.u16(6)?.into())?;
                if r.kind == 0x00d6 {
                    // The runs stand behind the text instead of before it.
                    let wide = usize::from(r.u8(8)? & 1) + 1;
                    let at = 9 + usize::from(r.u16(6)?) * wide;
                    let runs =
                        (0..usize::from(r.u16(at)?)).map(|n| Ok((r.u16(at + 2 + n * 4)?, r.u16(at + 4 + n * 4)?)));
                    text.runs = runs.collect::<Result<_, String>>()?;
                }
                self.own_text(place(r)?, r.u16(4)?, &text);
            }
            0x0205 if r.u8(7)? == 0 => self.push(place(r)?, r.u16(4)?, DataRef::Bool(r.u8(6)? != 0)),
            0x0205 => self.push(place(r)?, r.u16(4)?, DataRef::Error(error(r.u8(6)?))),
            0x0006 => self.formula(r)?,
            0x0207 => {
                if let Some((place, style)) = self.pending.take() {
                    let text = r.pieces(2)?.text(r.u16(0)?.into())?;
                    self.own_text(place, style as u16, &text);
                }
            }
            _ => self.beside_cells(r)?,
        }
        Ok(())
    }

    fn beside_cells(&mut self, r: &Record<'b>) -> Result<(), String> {
        match r.kind {
            0x0208 => {
                let row = r.u16(0)?.into();
                match r.u16(12)? & 0x20 != 0 {
                    true => self.rows.hidden.insert(row),
                    false => self.rows.shown.insert(row),
                };
            }
            0x0225 => self.rows.are_hidden = r.u16(0)? & 2 != 0,
            0x007d if r.u16(8)? & 1 != 0 || r.u16(4)? == 0 => {
                self.columns
                    .extend(u32::from(r.u16(0)?)..=u32::from(r.u16(2)?.min(255)));
            }
            0x00e5 => {
                for n in 0..usize::from(r.u16(0)?) {
                    let at = |k: usize| r.u16(2 + n * 8 + k * 2).map(u32::from);
                    self.merged.push(Merged {
                        from: (at(0)?, at(2)?),
                        to: (at(1)?, at(3)?),
                    });
                }
            }
            0x001c => self.notes += 1,
            0x01b6 => self.texts += 1,
            0x005d => match r.u16(4)? {
                5 => self.charts += 1,
                8 => self.pictures += 1,
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, place: (u32, u32), style: u16, value: DataRef<'b>) {
        self.cells.push((place, value, style.into(), None));
    }

    fn number(&mut self, column: u16, style: u16, n: f64, r: &Record<'b>) -> Result<(), String> {
        let kind = self.dates.get(usize::from(style)).copied().flatten();
        let value = match kind {
            Some(kind) => DataRef::DateTime(ExcelDateTime::new(n, kind, self.book.is_1904)),
            None => DataRef::Float(n),
        };
        self.push((r.u16(0)?.into(), column.into()), style, value);
        Ok(())
    }

    fn text(&mut self, place: (u32, u32), style: u16, text: &'b Text) -> Result<(), String> {
        let struck = self.struck(style, text);
        self.cells
            .push((place, DataRef::SharedString(&text.text), style.into(), struck));
        Ok(())
    }

    fn own_text(&mut self, place: (u32, u32), style: u16, text: &Text) {
        let struck = self.struck(style, text);
        let value = DataRef::String(text.text.clone());
        self.cells.push((place, value, style.into(), struck));
    }

    /// Which of its parts are struck out, where some are and some are not.
    fn struck(&mut self, style: u16, text: &Text) -> Option<usize> {
        if text.runs.is_empty() {
            return None;
        }
        let style = self.book.styles.get(usize::from(style));
        let mut is_struck = style
            .and_then(|s| s.font.as_ref())
            .is_some_and(|f| f.has_strikethrough());
        let units: Vec<u16> = text.text.encode_utf16().collect();
        let mut parts = Parts::default();
        let mut at = 0;
        let end = (units.len(), 0);
        let runs = text.runs.iter().map(|(from, font)| (usize::from(*from), *font));
        for (to, font) in runs.chain([end]) {
            if let Some(words) = units.get(at..to) {
                parts.add(&String::from_utf16_lossy(words), is_struck);
                at = to;
            }
            is_struck = self.book.is_struck(font);
        }
        if parts.struck.trim().is_empty() {
            return None;
        }
        self.parts.push(parts);
        Some(self.parts.len() - 1)
    }

    fn formula(&mut self, r: &Record<'b>) -> Result<(), String> {
        let (here, style) = (place(r)?, r.u16(4)?);
        let value: [u8; 8] = r.array(6)?;
        self.pending = None;
        if value[6..] != [0xff, 0xff] {
            return self.number(r.u16(2)?, style, f64::from_le_bytes(value), r);
        }
        match value[0] {
            0 => self.pending = Some((here, style.into())),
            1 => self.push(here, style, DataRef::Bool(value[2] != 0)),
            2 => self.push(here, style, DataRef::Error(error(value[2]))),
            _ => self.blank += 1,
        }
        Ok(())
    }
}

fn place(r: &Record<'_>) -> Result<(u32, u32), String> {
    Ok((r.u16(0)?.into(), r.u16(2)?.into()))
}

/// A number in four bytes: the upper half of a real one, or a whole one; either may be a hundred times itself.
fn rk(n: u32) -> f64 {
    let value = match n & 2 != 0 {
        true => f64::from(n.cast_signed() >> 2),
        false => f64::from_bits(u64::from(n & !3) << 32),
    };
    if n & 1 != 0 { value / 100.0 } else { value }
}

fn error(code: u8) -> CellErrorType {
    match code {
        0x00 => CellErrorType::Null,
        0x07 => CellErrorType::Div0,
        0x0f => CellErrorType::Value,
        0x17 => CellErrorType::Ref,
        0x1d => CellErrorType::Name,
        0x24 => CellErrorType::Num,
        _ => CellErrorType::NA,
    }
}

/// Whether a style shows numbers as days or as times.
fn date(style: &Style) -> Option<ExcelDateTimeType> {
    let code = &style.number_format.as_ref()?.format_code;
    let format = NumberFormat::parse(code).ok().filter(NumberFormat::is_date_format)?;
    let mut parts = format.sections().iter().flat_map(|s| &s.parts);
    Some(match parts.any(|p| matches!(p, FormatPart::Elapsed(_))) {
        true => ExcelDateTimeType::TimeDelta,
        false => ExcelDateTimeType::DateTime,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_four_bytes_is_what_it_stands_for() {
        for (bits, want) in [
            (0x3ff0_0000, 1.0),
            (0x3ff0_0001, 0.01),
            (0x0000_001e, 7.0),
            (0x0000_1ebb, 19.66),
        ] {
            assert_eq!(rk(bits), want, "{bits:x}");
        }
        assert_eq!(rk((-5i32 << 2 | 2).cast_unsigned()), -5.0);
    }
}
