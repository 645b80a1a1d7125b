//! Excel workbooks, as their sheets show them: values by their number formats, merged cells filled. What is hidden or
//! struck out is left out and told; an error in a cell is no value.

pub mod look;
pub mod sheet;
pub mod shown;

use std::io::Cursor;

use calamine::{Reader, SheetType, SheetVisible, Xlsx};

use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::sheet::Budget;

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    // Bounds first: the reader takes a workbook at its word.
    let look = match look::look(bytes) {
        Ok(look) => look,
        Err(reason) => return Reading::refused(reason),
    };
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(e) => return Reading::refused(format!("no Excel workbook: {e}")),
    };
    let mut out = Reading::default();
    look.not_read().for_each(|what| out.tell(None, what));
    let mut budget = Budget::default();
    for listed in book.sheets_metadata().to_vec() {
        let name = &listed.name;
        let place = Some(format!("sheet {name}"));
        if listed.visible != SheetVisible::Visible {
            out.tell(place, "hidden in the workbook and left out");
        } else if listed.typ != SheetType::WorkSheet {
            out.tell(place, "no sheet of cells, left out");
        } else if mapping.ignores_sheet(name) {
            continue;
        } else if let Err(reason) = sheet::read(
            stem,
            &mut book,
            (name, mapping),
            &look.sheet(name),
            &mut budget,
            &mut out,
        ) {
            out.refuse(place, reason);
        }
        if budget.is_spent() {
            return Reading::refused("its sheets hold more text than one file may; cut it into several");
        }
    }
    out
}
