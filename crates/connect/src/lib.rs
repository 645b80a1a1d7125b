//! The ways into databases: one SELECT each, within bounds of time, rows and bytes, read and never written. What the
//! rows mean is said elsewhere; here they become JSON lines, an object a row.

mod sqlite;

pub use sqlite::Sqlite;
