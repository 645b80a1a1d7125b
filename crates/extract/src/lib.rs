//! PDF and Office files to Markdown, in a process of its own: their readers crash on hostile files in ways that no
//! panic handler sees. `child` is that process, `parent` starts it, feeds it and ends it; they share one pipe each way.
//! Nothing is written, nothing is fetched, and no file is opened but the pipes.

mod child;
mod hidden;
mod limits;
mod parent;
mod pdf;
mod running;

pub use child::run;
pub use parent::{Child, WORD};
