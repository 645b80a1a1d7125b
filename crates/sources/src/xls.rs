//! Excel workbooks of before 2007, as their sheets show them: values by their number formats, merged cells filled. What
//! is hidden or struck out is left out and told. Nothing is computed; what is older than Excel 97 is refused.

mod book;
mod records;
mod sheet;

use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::sheet::Budget;
use book::{Book, Kind};

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    let stream = match records::workbook(bytes) {
        Ok(stream) => stream,
        Err(reason) => return Reading::refused(reason),
    };
    let book = match Book::read(&stream) {
        Ok(book) => book,
        Err(reason) => return Reading::refused(reason),
    };
    let mut out = Reading::default();
    let mut budget = Budget::default();
    let mut cells = 0;
    for listed in &book.sheets {
        let place = Some(format!("sheet {}", listed.name));
        if !listed.is_visible {
            out.tell(place, "hidden in the workbook and left out");
        } else if listed.kind != Kind::Cells {
            out.tell(place, "no sheet of cells, left out");
        } else if mapping.ignores_sheet(&listed.name) {
            continue;
        } else if let Err(reason) = sheet::read(stem, &book, listed, mapping, &mut cells, &mut budget, &mut out) {
            out.refuse(place, reason);
        }
        if budget.is_spent() {
            return Reading::refused("its sheets hold more text than one file may; cut it into several");
        }
    }
    out
}
