//! A look into a workbook before it is read: how much it unpacks to, how many cells and texts it says to have, where
//! they stand. And what its sheets hide, which the reader does not say.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{BufReader, Cursor, Read};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::limits::MB;
use crate::xml::text;

/// Of all parts, unpacked.
const LARGEST: u64 = 128 * MB as u64;
const MOST_PARTS: usize = 10_000;
const MOST_TEXTS: usize = 1_000_000;
const MOST_CELLS: usize = 2_000_000;
const MOST_MERGED: usize = 50_000;
const MOST_STYLES: usize = 65_536;
/// Styles hold names, never texts; each cell's style has copies of them.
const LONGEST_OF_STYLE: usize = 512;
const MOST_COLUMN_STYLES: usize = 20_000;
/// Excel's own.
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u32 = 16_384;

#[derive(Default)]
pub struct Look {
    /// By the path of the part.
    sheets: HashMap<String, Unsaid>,
    /// The paths of the sheets by their names.
    paths: HashMap<String, String>,
    parts: Rc<Vec<Parts>>,
    /// What stands beside the cells, by what it is, and how often.
    beside: BTreeMap<&'static str, usize>,
}

/// What the reader of workbooks does not say of a sheet. Rows and columns count from 0.
#[derive(Default, Clone)]
pub struct Unsaid {
    pub hidden_rows: HashSet<u32>,
    pub hidden_columns: BTreeSet<u32>,
    /// Formulas that no program has computed yet.
    pub uncomputed: HashSet<(u32, u32)>,
    /// Texts of which a part is struck out, by their number in `parts`.
    pub struck: HashMap<(u32, u32), usize>,
    pub parts: Rc<Vec<Parts>>,
}

impl Look {
    pub fn sheet(&self, name: &str) -> Unsaid {
        let unsaid = self.paths.get(name).and_then(|path| self.sheets.get(path));
        Unsaid {
            parts: self.parts.clone(),
            ..unsaid.cloned().unwrap_or_default()
        }
    }

    /// What stands beside the cells and is not read.
    pub fn not_read(&self) -> impl Iterator<Item = String> {
        self.beside.iter().map(|(what, n)| format!("{what} are not read ({n})"))
    }
}

pub fn look(bytes: &[u8]) -> Result<Look, String> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("no Excel workbook: {e}"))?;
    if zip.len() > MOST_PARTS {
        return Err(format!("it has more than {MOST_PARTS} parts"));
    }
    let mut out = Look::default();
    let mut left = LARGEST;
    let mut names: Vec<(String, String)> = Vec::new();
    let mut targets: HashMap<String, String> = HashMap::new();
    let mut count = Count::default();
    let mut rich = Rich::default();
    // What cells point at comes first.
    let is_texts = |i: &usize| {
        zip.name_for_index(*i)
            .is_some_and(|n| n.is_ok_and(|n| n.ends_with("sharedStrings.xml")))
    };
    let (first, rest): (Vec<usize>, Vec<usize>) = (0..zip.len()).partition(is_texts);
    for i in first.into_iter().chain(rest) {
        let part = zip
            .by_index(i)
            .map_err(|e| format!("a part of it cannot be read: {e}"))?;
        let path = part
            .name()
            .map_err(|e| format!("a part of it has no name: {e}"))?
            .replace('\\', "/");
        let mut part = BufReader::new(part.take(left + 1));
        let mut start = [0; 64];
        let n = read_start(&mut part, &mut start).map_err(|e| format!("{path} is damaged: {e}"))?;
        let start = Cursor::new(start[..n].to_vec());
        let text = start.get_ref().trim_ascii_start();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
        let is_xml = text.first() == Some(&b'<');
        let mut rest = start.chain(part);
        if is_xml {
            let mut xml = Xml {
                path: &path,
                out: &mut out,
                names: &mut names,
                targets: &mut targets,
                count: &mut count,
                rich: &mut rich,
                unsaid: Unsaid::default(),
                row: 0,
                column: 0,
                is_formula: false,
                is_shared: false,
            };
            xml.read(&mut rest)?;
        }
        // What is left of the part also counts.
        std::io::copy(&mut rest, &mut std::io::sink()).map_err(|e| format!("{path} is damaged: {e}"))?;
        let limit = rest.into_inner().1.into_inner().limit();
        left = limit
            .checked_sub(1)
            .ok_or_else(|| format!("it unpacks to more than {} MB", LARGEST / MB as u64))?;
    }
    out.parts = Rc::new(rich.parts);
    for (name, id) in names {
        if let Some(path) = targets.get(&id) {
            out.paths.insert(name, path.clone());
        }
    }
    Ok(out)
}

fn read_start(part: &mut impl Read, start: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while n < start.len() {
        match part.read(&mut start[n..])? {
            0 => break,
            more => n += more,
        }
    }
    Ok(n)
}

/// What all parts have together.
#[derive(Default)]
struct Count {
    texts: usize,
    cells: usize,
    merged: usize,
    styles: usize,
    columns: usize,
}

struct Xml<'l> {
    path: &'l str,
    out: &'l mut Look,
    names: &'l mut Vec<(String, String)>,
    targets: &'l mut HashMap<String, String>,
    count: &'l mut Count,
    rich: &'l mut Rich,
    unsaid: Unsaid,
    /// Where the next row and the next cell stand, if they do not say so.
    row: u32,
    column: u32,
    /// The present cell has a formula, and no value so far.
    is_formula: bool,
    /// It has the number of a text.
    is_shared: bool,
}

impl Xml<'_> {
    fn read(&mut self, part: impl Read) -> Result<(), String> {
        let mut reader = Reader::from_reader(BufReader::new(part));
        // As the reader of workbooks reads.
        let config = reader.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        let mut buffer = Vec::new();
        let mut is_style = false;
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Start(element)) => {
                    let name = element.local_name();
                    is_style |= name.as_ref() == "styleSheet";
                    self.element(name.as_ref(), &element, is_style)
                        .map_err(|e| format!("{}: {e}", self.path))?;
                }
                Ok(Event::End(element)) => self.ended(element.local_name().as_ref()),
                Ok(Event::Eof) => break,
                Ok(event) => {
                    if let Some(text) = text(&event) {
                        self.rich.add(&text);
                    }
                }
                Err(e) => return Err(format!("{} is damaged: {e}", self.path)),
            }
        }
        let unsaid = std::mem::take(&mut self.unsaid);
        self.out.sheets.insert(self.path.to_owned(), unsaid);
        Ok(())
    }

    fn here(&self) -> (u32, u32) {
        (self.row.max(1) - 1, self.column.max(1) - 1)
    }

    fn ended(&mut self, name: &str) {
        match name {
            "c" if self.is_formula => drop(self.unsaid.uncomputed.insert(self.here())),
            "v" if self.is_shared => {
                let index = self.rich.number.take().and_then(|n| n.trim().parse().ok());
                if let Some(parts) = index.and_then(|i: usize| self.rich.of_texts.get(&i)) {
                    self.unsaid.struck.insert(self.here(), *parts);
                }
            }
            "si" => {
                if let Some(parts) = self.rich.end() {
                    self.rich.of_texts.insert(self.count.texts - 1, parts);
                }
            }
            "is" => {
                if let Some(parts) = self.rich.end() {
                    self.unsaid.struck.insert(self.here(), parts);
                }
            }
            "t" | "rPh" => self.rich.is_text = false,
            _ => {}
        }
    }

    fn element(&mut self, name: &str, e: &BytesStart<'_>, is_style: bool) -> Result<(), String> {
        let mut named: HashMap<String, String> = HashMap::new();
        // Most elements are cells, whose attributes are few; text elements have none.
        if e.attributes_raw().trim().is_empty() {
            return self.counted(name, &named);
        }
        for attribute in e.attributes().with_checks(false) {
            let attribute = attribute.map_err(|e| e.to_string())?;
            if is_style && attribute.value.len() > LONGEST_OF_STYLE {
                return Err("a name in its styles is too long".into());
            }
            let key = attribute.key.local_name().as_ref().to_owned();
            let value = unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), Cow::into_owned);
            named.insert(key, value);
        }
        self.counted(name, &named)
    }

    fn beside(&mut self, what: &'static str) {
        *self.out.beside.entry(what).or_default() += 1;
    }

    fn counted(&mut self, name: &str, of: &HashMap<String, String>) -> Result<(), String> {
        let is = |key| of.get(key).is_some_and(|v| v == "1" || v == "true");
        let number = |key: &str| of.get(key).and_then(|v| v.parse::<f64>().ok());
        match name {
            "sst" => {
                let said = number("uniqueCount")
                    .unwrap_or(0.0)
                    .max(number("count").unwrap_or(0.0).min(0.0));
                if said > MOST_TEXTS as f64 {
                    return Err(format!("it says to hold more than {MOST_TEXTS} texts"));
                }
            }
            "si" => {
                bounded(&mut self.count.texts, MOST_TEXTS, "texts")?;
                self.rich.begin();
            }
            "xf" | "font" | "fill" | "border" | "numFmt" => bounded(&mut self.count.styles, MOST_STYLES, "styles")?,
            "dimension" | "mergeCell" => {
                let range = of.get("ref").map(String::as_str).unwrap_or("A1");
                range.split(':').try_for_each(|place| placed(place).map(|_| ()))?;
                if name == "mergeCell" {
                    bounded(&mut self.count.merged, MOST_MERGED, "merged cells")?;
                }
            }
            "row" => {
                let said = of
                    .get("r")
                    .map(|r| r.parse().ok().filter(|r| (1..=MOST_ROWS).contains(r)));
                self.row = said.unwrap_or(Some(self.row + 1)).ok_or("a row has no place")?;
                self.column = 0;
                if is("hidden") || number("ht") == Some(0.0) {
                    self.unsaid.hidden_rows.insert(self.row - 1);
                }
            }
            "c" => {
                bounded(&mut self.count.cells, MOST_CELLS, "cells")?;
                self.is_formula = false;
                self.is_shared = of.get("t").is_some_and(|t| t == "s") && !self.rich.of_texts.is_empty();
                match of.get("r") {
                    Some(r) => (self.row, self.column) = placed(r).map(|(row, column)| (row + 1, column + 1))?,
                    None => self.column += 1,
                }
            }
            "f" => self.is_formula = true,
            "v" => {
                self.is_formula = false;
                self.rich.number = self.is_shared.then(String::new);
            }
            "is" => {
                self.is_formula = false;
                self.rich.begin();
            }
            "col" => {
                bounded(&mut self.count.columns, MOST_COLUMN_STYLES, "styles of columns")?;
                let end = |key: &str| of.get(key).and_then(|v| v.parse::<u32>().ok()).filter(|n| *n >= 1);
                if (is("hidden") || number("width") == Some(0.0))
                    && let (Some(min), Some(max)) = (end("min"), end("max"))
                {
                    self.unsaid.hidden_columns.extend(min - 1..max.min(MOST_COLUMNS));
                }
            }
            "sheet" => {
                if let (Some(name), Some(id)) = (of.get("name"), of.get("id")) {
                    self.names.push((name.clone(), id.clone()));
                }
            }
            "Relationship" if self.path.ends_with("workbook.xml.rels") => {
                if let (Some(id), Some(target)) = (of.get("Id"), of.get("Target")) {
                    let folder = self.path.split("_rels/").next().unwrap_or_default();
                    let path = target
                        .strip_prefix('/')
                        .map_or_else(|| format!("{folder}{target}"), str::to_owned);
                    self.targets.insert(id.clone(), path);
                }
            }
            _ => self.noted(name, of),
        }
        Ok(())
    }

    /// The parts of a text, and what stands beside the cells.
    fn noted(&mut self, name: &str, of: &HashMap<String, String>) {
        match name {
            "r" => self.rich.is_struck = false,
            "strike" => self.rich.is_struck = !of.get("val").is_some_and(|v| v == "0" || v == "false"),
            "t" => self.rich.is_text = true,
            "comment" | "threadedComment" => self.beside("comments of cells"),
            "pic" => self.beside("pictures"),
            "txBody" => self.beside("texts in shapes"),
            "graphicFrame" => self.beside("charts"),
            _ => {}
        }
    }
}

/// Texts whose parts have fonts of their own.
#[derive(Default)]
struct Rich {
    parts: Vec<Parts>,
    /// By the number of a text that cells share.
    of_texts: HashMap<usize, usize>,
    now: Option<Parts>,
    is_text: bool,
    is_struck: bool,
    /// The digits of the number that a cell has.
    number: Option<String>,
}

/// What is struck out of a text, and what is not.
#[derive(Default, Clone)]
pub struct Parts {
    pub kept: String,
    pub struck: String,
}

impl Parts {
    pub fn add(&mut self, text: &str, is_struck: bool) {
        if is_struck {
            self.struck.push_str(text);
            return;
        }
        // The space on each side of what is struck out is one.
        let text = match self.kept.ends_with(' ') {
            true => text.trim_start_matches(' '),
            false => text,
        };
        self.kept.push_str(text);
    }
}

impl Rich {
    fn begin(&mut self) {
        self.now = Some(Parts::default());
        (self.is_text, self.is_struck) = (false, false);
    }

    fn add(&mut self, text: &str) {
        if let Some(number) = &mut self.number {
            number.push_str(text);
        } else if let Some(parts) = self.now.as_mut().filter(|_| self.is_text) {
            parts.add(text, self.is_struck);
        }
    }

    /// The number of its parts, where some of them are struck out.
    fn end(&mut self) -> Option<usize> {
        let parts = self.now.take().filter(|p| !p.struck.trim().is_empty())?;
        self.parts.push(parts);
        Some(self.parts.len() - 1)
    }
}

fn bounded(count: &mut usize, most: usize, what: &str) -> Result<(), String> {
    *count += 1;
    match *count > most {
        true => Err(format!("it has more than {most} {what}")),
        false => Ok(()),
    }
}

/// The place of a cell, from 0; also the reader must find it within a sheet.
fn placed(place: &str) -> Result<(u32, u32), String> {
    let no_place = || format!("“{}” is no place of a cell", place.chars().take(20).collect::<String>());
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = place.split_at(letters);
    if !(1..=3).contains(&letters) || !(1..=7).contains(&row.len()) {
        return Err(no_place());
    }
    let column = column
        .bytes()
        .fold(0, |n, b| n * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1);
    let row: u32 = row.parse().map_err(|_| no_place())?;
    match (1..=MOST_ROWS).contains(&row) && column <= MOST_COLUMNS {
        true => Ok((row - 1, column - 1)),
        false => Err(no_place()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_within_a_sheet() {
        assert_eq!(placed("A1"), Ok((0, 0)));
        assert_eq!(placed("XFD1048576"), Ok((1_048_575, 16_383)));
        for place in ["A0", "XFE1", "A1048577", "AAAAAAA1", "1", "A", "", "A1:", "Å1", "A-1"] {
            assert!(placed(place).is_err(), "{place}");
        }
    }
}
