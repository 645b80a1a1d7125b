//! CSV as people save it: parted by commas, semicolons, tabs or bars, with or without the line `sep=`. A quotation
//! mark out of place is refused with its row: it would swallow the rows behind it.

use ::csv::{ByteRecord, Reader, ReaderBuilder};

use crate::columns::{is_known, normal};
use crate::encoding::decode;
use crate::fields::{Fields, Written};
use crate::limits::{MOST_COLUMNS, MOST_ROWS};
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::row::{Rows, above, has_text, named, problems};

/// Of one record, before it is read; one with a few too many is refused by itself.
const MOST_FIELDS: usize = 20 * MOST_COLUMNS;
/// In bytes: what is longer is no row of names.
const LONGEST_HEADER: usize = 256 * 1024;
const DELIMITERS: &[u8] = b",;\t|";
/// How many records may stand above the header.
const HEADER_WITHIN: usize = 20;

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    let mut out = Reading::default();
    let decoded = decode(bytes);
    let bytes = match &decoded {
        Ok(decoded) => {
            decoded.told.into_iter().for_each(|t| out.tell(None, t));
            decoded.text.as_bytes()
        }
        // Only the rows that are no UTF-8 are refused.
        Err(_) => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    };
    let (delimiter, table) = declared(bytes).unwrap_or_else(|| (likely(bytes, mapping), bytes));
    let fields = widest(table, delimiter);
    if fields > MOST_FIELDS {
        return Reading::refused(format!("{fields} columns are too many"));
    }
    let declaring = usize::from(table.len() < bytes.len());
    let mut records = Records::new(table, delimiter);
    let place = |records: &Records<'_>| Some(format!("row {}", records.number + declaring));
    let header_at = header(table, delimiter, mapping);
    let mut above_header = Vec::new();
    loop {
        if !records.next() {
            return Reading::refused("it is empty");
        }
        if records.number == header_at {
            break;
        }
        above_header.extend(records.values(MOST_COLUMNS).unwrap_or_default());
    }
    let top = place(&records);
    let header = match records.values(MOST_COLUMNS) {
        Ok(header) => header,
        Err(reason) => return Reading::refused(format!("the header cannot be read: {reason}")),
    };
    let problems = problems(&header, mapping);
    if !problems.is_empty() {
        problems.into_iter().for_each(|p| out.doubt(top.clone(), p));
        return out;
    }
    above(&above_header, top.clone(), &mut out);
    let mut rows = Rows::new(stem);
    while records.next() {
        if records.number > MOST_ROWS {
            return Reading::refused(format!("more than {MOST_ROWS} rows; cut it into several"));
        }
        let values = records.values(header.len());
        if values.as_ref().is_ok_and(|v| v.iter().all(|v| v.trim().is_empty())) {
            continue;
        }
        let values = values.and_then(|values| match values.len() == header.len() {
            true => Ok(values),
            false => Err(format!("{} columns, but the header has {}", values.len(), header.len())),
        });
        let written = |value: String| Written::Text(typed(value));
        let fields = values.and_then(|values| Fields::new(named(&header, values.into_iter().map(written)), mapping));
        rows.add(place(&records), fields, &mut out);
    }
    rows.end(top, &mut out);
    out
}

/// Whether one of the first rows has a name that a document's values have.
pub fn names_columns(bytes: &[u8], mapping: &Mapping) -> bool {
    let Ok(decoded) = decode(bytes) else { return true };
    let bytes = decoded.text.as_bytes();
    let (delimiter, table) = declared(bytes).unwrap_or_else(|| (likely(bytes, mapping), bytes));
    let mut records = Records::new(&table[..table.len().min(LONGEST_HEADER)], delimiter);
    let mut found = false;
    while !found && records.number < HEADER_WITHIN && records.next() {
        let values = records.values(MOST_COLUMNS).unwrap_or_default();
        found = values
            .iter()
            .filter_map(|v| mapping.field(v))
            .any(|v| is_known(&normal(&v)));
    }
    found
}

/// What was typed: spreadsheets are told to keep a text by `="08"` or by a mark before its digits.
fn typed(value: String) -> String {
    let text = value.strip_prefix("=\"").and_then(|v| v.strip_suffix('"'));
    let text = text.filter(|t| !t.contains('"'));
    let digits = value
        .strip_prefix('\'')
        .filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    match text.or(digits.filter(|d| !d.contains('\''))) {
        Some(text) => text.to_owned(),
        None => value,
    }
}

/// Which record is the header: the first that names a column of texts, or else the first.
fn header(table: &[u8], delimiter: u8, mapping: &Mapping) -> usize {
    let mut records = Records::new(&table[..table.len().min(LONGEST_HEADER)], delimiter);
    while records.number < HEADER_WITHIN && records.next() {
        if records
            .values(MOST_COLUMNS)
            .is_ok_and(|values| has_text(&values, mapping))
        {
            return records.number;
        }
    }
    1
}

/// The records of a table one by one, each with the bytes that it was read from.
struct Records<'a> {
    table: &'a [u8],
    delimiter: u8,
    reader: Reader<&'a [u8]>,
    record: ByteRecord,
    number: usize,
}

impl<'a> Records<'a> {
    fn new(table: &'a [u8], delimiter: u8) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        Records {
            table,
            delimiter,
            reader: builder.from_reader(table),
            record: ByteRecord::new(),
            number: 0,
        }
    }

    fn next(&mut self) -> bool {
        self.number += 1;
        matches!(self.reader.read_byte_record(&mut self.record), Ok(true))
    }

    /// The values of the present record; more than there may be are only counted.
    fn values(&self, most: usize) -> Result<Vec<String>, String> {
        let begin = self.record.position().map_or(0, |p| p.byte() as usize);
        let end = self.reader.position().byte() as usize;
        let written = self.table.get(begin..end).unwrap_or_default();
        // Empty lines before it are passed over.
        let blank = written.iter().take_while(|b| b"\r\n".contains(b)).count();
        if let Some(problem) = shape(&written[blank..], self.delimiter).problem {
            return Err(problem.into());
        }
        // Rows are filled up with nothing to the widest of a sheet.
        let is_filled = |value: &&[u8]| !value.trim_ascii().is_empty();
        let filled = self
            .record
            .iter()
            .rposition(|v| is_filled(&v))
            .map_or(0, |last| last + 1);
        if self.record.len() > most && filled > most {
            return Err(match self.number {
                1 => format!("{} columns are too many (at most {most})", self.record.len()),
                _ => format!("{} columns, but the header has {most}", self.record.len()),
            });
        }
        let text = |(i, value): (usize, &[u8])| match std::str::from_utf8(value) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(format!("not UTF-8 in column {}; save the table as UTF-8", i + 1)),
        };
        self.record.iter().take(most).enumerate().map(text).collect()
    }
}

/// Where the first record of a table ends, how many fields it has, and what is wrong with its quotation marks.
struct Shape {
    end: usize,
    fields: usize,
    problem: Option<&'static str>,
}

fn shape(table: &[u8], delimiter: u8) -> Shape {
    let mut out = Shape {
        end: table.len(),
        fields: 1,
        problem: None,
    };
    let mut begins = true;
    let mut at = 0;
    while let Some(&b) = table.get(at) {
        at += 1;
        if begins && b == b'"' {
            begins = false;
            let Some(length) = quoted(&table[at..]) else {
                out.problem = Some("a quotation mark is never closed; nothing behind it was read");
                return out;
            };
            at += length;
            if table.get(at).is_some_and(|b| *b != delimiter && !b"\r\n".contains(b)) {
                out.problem = Some("a quotation mark stands within a value; write it twice");
            }
            continue;
        }
        begins = b == delimiter;
        out.fields += usize::from(begins);
        if b"\r\n".contains(&b) {
            out.end = at;
            break;
        }
    }
    out
}

/// How long a quoted value is whose first mark was read, with its last.
fn quoted(value: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += value.get(at..)?.iter().position(|b| *b == b'"')? + 1;
        if value.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// The most fields that a record of a table has.
fn widest(table: &[u8], delimiter: u8) -> usize {
    let mut rest = table;
    let mut most = 0;
    while !rest.is_empty() {
        let shape = shape(rest, delimiter);
        most = most.max(shape.fields);
        rest = &rest[shape.end..];
    }
    most
}

/// The delimiter that the first line declares, as Excel writes it, and what stands behind that line.
fn declared(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let end = bytes.iter().position(|b| b"\r\n".contains(b))?;
    let behind = bytes[end..].strip_prefix(b"\r\n").unwrap_or(&bytes[end + 1..]);
    let line = bytes[..end].strip_suffix(b" ").unwrap_or(&bytes[..end]);
    let line = line
        .strip_prefix(b"\"")
        .and_then(|l| l.strip_suffix(b"\""))
        .unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && delimiter.is_ascii() => {
            Some((*delimiter, behind))
        }
        _ => None,
    }
}

/// The delimiter by which one of the first lines is a header, or by which the first is parted most.
fn likely(bytes: &[u8], mapping: &Mapping) -> u8 {
    let blank = bytes.iter().take_while(|b| b"\r\n".contains(b)).count();
    let bytes = &bytes[blank..];
    let parted = |delimiter: u8| {
        let shape = shape(bytes, delimiter);
        if shape.fields > MOST_COLUMNS || shape.end > LONGEST_HEADER {
            return (0, shape.fields);
        }
        let start = &bytes[..bytes.len().min(LONGEST_HEADER)];
        let mut records = Records::new(start, delimiter);
        let mut known = 0;
        while known == 0 && records.number < HEADER_WITHIN && records.next() {
            let values = records.values(MOST_COLUMNS).unwrap_or_default();
            if has_text(&values, mapping) && values.len() > 1 {
                let names = values.iter().filter_map(|v| mapping.field(v));
                known = names.filter(|v| is_known(&normal(v))).count();
            }
        }
        (known, shape.fields)
    };
    let best = DELIMITERS.iter().rev().max_by_key(|d| parted(**d));
    best.copied().unwrap_or(b',')
}
