//! OpenDocument spreadsheets, as their sheets show them: each cell says itself what it shows. What is hidden or struck
//! out is left out and told; nothing is computed.

mod content;

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::limits::MB;
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::sheet::{Budget, Cell, Cells, Sheet};

/// Of the two parts that are read, unpacked.
const LARGEST: u64 = 128 * MB as u64;

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    let content = match part(bytes, "content.xml") {
        Ok(content) => content,
        Err(reason) => return Reading::refused(reason),
    };
    let sheets = match content::sheets(&content) {
        Ok(sheets) => sheets,
        Err(reason) => return Reading::refused(reason),
    };
    drop(content);
    let mut out = Reading::default();
    let mut budget = Budget::default();
    for sheet in sheets {
        let place = Some(format!("sheet {}", sheet.name));
        if sheet.is_hidden {
            out.tell(place, "hidden in the workbook and left out");
            continue;
        }
        if mapping.ignores_sheet(&sheet.name) {
            continue;
        }
        for (what, n) in &sheet.beside {
            out.tell(place.clone(), format!("{what} are not read ({n})"));
        }
        let table = Sheet {
            name: &sheet.name,
            cells: Values(sheet.cells),
            places: sheet.places,
            merged: sheet.merged,
            hidden: sheet.hidden,
            mapping,
        };
        if let Err(reason) = table.documents(stem, &mut budget, &mut out) {
            out.refuse(place, reason);
        }
        if budget.is_spent() {
            return Reading::refused("its sheets hold more text than one file may; cut it into several");
        }
    }
    out
}

fn part(bytes: &[u8], name: &str) -> Result<String, String> {
    let no_book = |e: String| format!("no OpenDocument spreadsheet: {e}");
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| no_book(e.to_string()))?;
    let part = zip.by_name(name).map_err(|e| no_book(e.to_string()))?;
    let mut out = Vec::new();
    part.take(LARGEST + 1)
        .read_to_end(&mut out)
        .map_err(|e| format!("{name} is damaged: {e}"))?;
    if out.len() as u64 > LARGEST {
        return Err(format!("it unpacks to more than {} MB", LARGEST / MB as u64));
    }
    String::from_utf8(out).map_err(|_| format!("{name} is no UTF-8"))
}

struct Values(Vec<content::Value>);

impl Cells for Values {
    fn cell(&mut self, i: usize) -> Cell {
        self.0[i].cell()
    }
}
