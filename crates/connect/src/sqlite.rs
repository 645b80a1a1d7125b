//! A file of SQLite: opened as it lies there, without its journal, never written and nothing else opened beside it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mortar_intake::Database;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};
use serde_json::{Map, Number, Value};

const TIME: Duration = Duration::from_secs(20);
const MOST_ROWS: usize = 200_000;
const MOST_BYTES: usize = 60 * 1024 * 1024;
/// Of one value.
const LONGEST: i32 = 8 * 1024 * 1024;
/// How many steps of its machine are between two looks at the clock.
const STEPS: i32 = 10_000;

pub struct Sqlite;

impl Database for Sqlite {
    fn rows(&self, path: &Path, select: &str) -> Result<Vec<u8>, String> {
        let said = |e: rusqlite::Error| format!("the database says: {e}");
        if journal(path).metadata().is_ok_and(|m| m.len() > 0) {
            return Err("it is in use, and part of it stands in its journal (-wal); close it where it is open".into());
        }
        let connection = open(path).map_err(said)?;
        let mut statement = connection.prepare(select).map_err(said)?;
        let first = select.trim_start().get(..6).unwrap_or_default().to_ascii_lowercase();
        let selects = first == "select" || first.starts_with("with");
        if !selects || !statement.readonly() || statement.column_count() == 0 {
            return Err("select is one SELECT and nothing else".into());
        }
        lines(&mut statement)
    }
}

fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    // What a name may hold and an address may not is written in its digits.
    let name: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' | '?' | '#' => format!("%{:02x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LONGEST),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    let started = Instant::now();
    connection.progress_handler(STEPS, Some(move || started.elapsed() > TIME))?;
    Ok(connection)
}

fn lines(statement: &mut Statement<'_>) -> Result<Vec<u8>, String> {
    let said = |e: rusqlite::Error| match e.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => {
            format!("its rows take longer than {} seconds", TIME.as_secs())
        }
        _ => format!("the database says: {e}"),
    };
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if let Some(twice) = (1..names.len()).find(|n| names[..*n].contains(&names[*n])) {
        return Err(format!(
            "the column “{}” is there twice; give each a name by AS",
            names[twice]
        ));
    }
    let mut rows = statement.query([]).map_err(said)?;
    let mut out = Vec::new();
    let mut count = 0;
    while let Some(row) = rows.next().map_err(said)? {
        count += 1;
        if count > MOST_ROWS || out.len() > MOST_BYTES {
            return Err(format!(
                "more than {MOST_ROWS} rows or {} MB; select fewer",
                MOST_BYTES >> 20
            ));
        }
        let mut object = Map::new();
        for (n, name) in names.iter().enumerate() {
            let value = match row.get_ref(n).map_err(said)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Number(n.into()),
                ValueRef::Real(n) => Number::from_f64(n).map_or(Value::Null, Value::Number),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Value::String(text.to_owned()),
                    Err(_) => return Err(format!("“{name}” of row {count} is no UTF-8")),
                },
                ValueRef::Blob(_) => return Err(format!("“{name}” of row {count} holds bytes, not a text")),
            };
            object.insert(name.clone(), value);
        }
        serde_json::to_writer(&mut out, &object).map_err(|e| e.to_string())?;
        out.push(b'\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b?#%.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        (dir, path)
    }

    const FAQ: &str = "CREATE TABLE faq (id TEXT, answer TEXT, n INTEGER, share REAL, bytes BLOB);
        INSERT INTO faq VALUES ('a', 'At six.', 7, 1.5, NULL), ('b', NULL, NULL, NULL, NULL), ('c', 'x', 1, 1, x'00ff');";

    #[test]
    fn rows_are_lines_of_json_in_their_order() {
        let (_dir, path) = database(FAQ);
        let rows = Sqlite.rows(
            &path,
            " with f as (select * from faq) SELECT id, answer, n, share FROM f WHERE id < 'c' ORDER BY id DESC",
        );
        assert_eq!(
            String::from_utf8(rows.unwrap()).unwrap(),
            "{\"answer\":null,\"id\":\"b\",\"n\":null,\"share\":null}\n{\"answer\":\"At six.\",\"id\":\"a\",\"n\":7,\"share\":1.5}\n"
        );
    }

    #[test]
    fn what_is_no_select_or_no_row_of_texts_is_refused() {
        let (dir, path) = database(FAQ);
        let before = std::fs::read(&path).unwrap();
        for (select, want) in [
            ("DELETE FROM faq", "one SELECT"),
            ("PRAGMA table_info(faq)", "one SELECT"),
            ("ATTACH 'other.db' AS o", "one SELECT"),
            ("SELECT id FROM faq; DROP TABLE faq", "database says"),
            ("WITH x AS (SELECT 1) DELETE FROM faq", "one SELECT"),
            ("SELECT id, bytes FROM faq", "“bytes” of row 3 holds bytes"),
            ("SELECT id, id FROM faq", "“id” is there twice"),
            ("SELECT absent FROM faq", "no such column"),
            ("", "database says"),
            ("SELECT load_extension('x')", "database says"),
        ] {
            let said = Sqlite.rows(&path, select).unwrap_err();
            assert!(said.contains(want), "{select}: {said}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        assert!(Sqlite.rows(&path, many).unwrap_err().contains("more than 200000 rows"));
        std::fs::write(journal(&path), "x").unwrap();
        assert!(Sqlite.rows(&path, "SELECT id FROM faq").unwrap_err().contains("in use"));
        for bytes in [&b"no database at all, but a text"[..], &before[..700]] {
            let other = dir.path().join("other.db");
            std::fs::write(&other, bytes).unwrap();
            assert!(Sqlite.rows(&other, "SELECT id FROM faq").is_err());
        }
        assert!(Sqlite.rows(&dir.path().join("none.db"), "SELECT 1").is_err());
    }
}
