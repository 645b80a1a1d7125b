//! What a cell shows: its value by its number format.

use std::collections::HashMap;

use calamine::{Color, DataRef, ExcelDateTime, Style};
use mortar_language::text::collapse;
use ssfmt::{DateSystem, FormatOptions, NumberFormat};

use crate::sheet::Shown;

/// The formats of one workbook, each parsed once.
pub struct Formats {
    options: FormatOptions,
    parsed: HashMap<usize, Option<NumberFormat>>,
}

impl Formats {
    pub fn new(is_1904: bool) -> Self {
        let date_system = if is_1904 {
            DateSystem::Date1904
        } else {
            DateSystem::Date1900
        };
        Formats {
            options: FormatOptions {
                date_system,
                ..FormatOptions::default()
            },
            parsed: HashMap::new(),
        }
    }

    /// What a cell shows, or the error that it shows.
    pub fn shown(&mut self, value: &DataRef<'_>, id: usize, styles: &[Style]) -> Result<Shown, String> {
        let text = |text: String| Shown {
            text,
            ..Shown::default()
        };
        Ok(match value {
            DataRef::Empty => text(String::new()),
            DataRef::String(s) => text(s.clone()),
            DataRef::SharedString(s) => text((*s).to_owned()),
            DataRef::Bool(is) => text(if *is { "TRUE" } else { "FALSE" }.to_owned()),
            DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => Shown {
                day: s.get(..10).map(str::to_owned),
                ..text(s.clone())
            },
            DataRef::Error(e) => return Err(e.to_string()),
            DataRef::Int(n) => self.number(*n as f64, None, id, styles),
            DataRef::Float(n) => self.number(*n, None, id, styles),
            DataRef::DateTime(date) => self.number(date.as_f64(), Some(date), id, styles),
        })
    }

    fn number(&mut self, n: f64, date: Option<&ExcelDateTime>, id: usize, styles: &[Style]) -> Shown {
        let format = self.parsed.entry(id).or_insert_with(|| styles.get(id).and_then(parsed));
        let text = match format {
            Some(format) => collapse(&format.format(n, &self.options)),
            None => general(n),
        };
        let date = date.filter(|d| d.is_datetime());
        let (year, month, day, ..) = date.map_or_else(Default::default, ExcelDateTime::to_ymd_hms_milli);
        Shown {
            is_made: date.is_some() || text.contains("E+") || text.contains("E-") || n.abs() >= MOST_DIGITS,
            day: date.map(|_| format!("{year:04}-{month:02}-{day:02}")),
            text,
            struck: None,
        }
    }
}

/// Excel keeps 15 digits of a number.
const MOST_DIGITS: f64 = 1e15;

/// Whether a style shows nothing, or shows words in the colour of what they stand on.
pub fn is_unseen(style: &Style) -> bool {
    let code = style.number_format.as_ref().map_or("", |f| f.format_code.as_str());
    is_pale(style) || (code.len() > 1 && code.bytes().all(|b| b == b';'))
}

fn is_pale(style: &Style) -> bool {
    const WHITE: u8 = 0xf0;
    let is_white = |c: Color| [c.red, c.green, c.blue].iter().all(|n| *n >= WHITE);
    let ground = style.fill.as_ref().filter(|f| f.is_visible());
    let words = style.font.as_ref().and_then(|f| f.color);
    words.is_some_and(|words| match ground {
        None => is_white(words),
        Some(ground) => ground
            .get_color()
            .is_some_and(|g| g == words || (is_white(g) && is_white(words))),
    })
}

/// A style's number format; none where it shows what was typed.
fn parsed(style: &Style) -> Option<NumberFormat> {
    let format = style.number_format.as_ref()?;
    let code = match (format.format_id, format.format_code.as_str()) {
        // Excel shows these by the country; so they are told apart from days first.
        (Some(14), _) => "m/d/yyyy",
        (Some(22), _) => "m/d/yyyy h:mm",
        (_, "General" | "GENERAL" | "general" | "@" | "") => return None,
        (_, code) => code,
    };
    NumberFormat::parse(code).ok()
}

/// A number without a format: all of its digits, as far as Excel keeps them.
fn general(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < MOST_DIGITS {
        return format!("{n:.0}");
    }
    let rounded: f64 = format!("{n:.14e}").parse().unwrap_or(n);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_digits() {
        assert_eq!(general(12345678901.0), "12345678901");
        assert_eq!(general(0.1 + 0.2), "0.3");
        assert_eq!(general(1.1), "1.1");
        assert_eq!(general(-4.0), "-4");
    }
}
