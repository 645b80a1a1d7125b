//! JSON lines: an object a line is a document. Values are kept as they are written, numbers too; depth and number
//! are bounded.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::encoding::decode;
use crate::fields::{Fields, Written};
use crate::limits::{DEEPEST_JSON, LONGEST_DOCUMENT, MOST_COLUMNS, MOST_ROWS, too_long};
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::row::Rows;

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    objects(stem, bytes, mapping, "line")
}

/// Rows of a database, which came as lines.
pub fn read_rows(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    objects(stem, bytes, mapping, "row")
}

fn objects(stem: &str, bytes: &[u8], mapping: &Mapping, each: &str) -> Reading {
    let mut out = Reading::default();
    let decoded = decode(bytes);
    let bytes = match &decoded {
        Ok(decoded) => {
            decoded.told.into_iter().for_each(|t| out.tell(None, t));
            decoded.text.as_bytes()
        }
        // Only the lines that are no UTF-8 are refused.
        Err(_) => bytes,
    };
    let lines = bytes.split(|b| *b == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    let mut rows = Rows::new(stem);
    for (number, (i, line)) in lines.enumerate() {
        if number == MOST_ROWS {
            return Reading::refused(format!("more than {MOST_ROWS} lines; cut it into several"));
        }
        let text = std::str::from_utf8(line);
        let text = text.map_err(|u| format!("not UTF-8 at byte {} of the line", u.valid_up_to()));
        let fields = text.and_then(|t| object(t, mapping)).and_then(Fields::undoubted);
        rows.add(Some(format!("{each} {}", i + 1)), fields, &mut out);
    }
    rows.end(None, &mut out);
    out
}

/// One object. The IR form's `metadata` is read as if its values stood beside it.
pub fn object(line: &str, mapping: &Mapping) -> Result<Fields, String> {
    if line.len() > LONGEST_DOCUMENT {
        return Err(too_long(line.len(), LONGEST_DOCUMENT, "document"));
    }
    let no_object = |e: serde_json::Error| format!("no JSON object: {e}");
    let object: Object<'_> = serde_json::from_str(line).map_err(no_object)?;
    let mut metadata = Vec::new();
    let mut beside = Vec::new();
    for (name, value) in object.0 {
        if name == "metadata" && value.get().starts_with('{') {
            let within: Object<'_> = serde_json::from_str(value.get()).map_err(no_object)?;
            metadata = within.0;
        } else {
            values(name, value, mapping, 0, &mut beside).map_err(no_object)?;
        }
    }
    let mut fields = Fields::new(beside, mapping)?;
    for (name, value) in metadata {
        fields.add(name, written(value).map_err(no_object)?);
    }
    Ok(fields)
}

/// A value by its name, or those within it by the way to each, where one of them is named.
fn values(
    name: String,
    value: &RawValue,
    mapping: &Mapping,
    depth: usize,
    out: &mut Vec<(String, Written)>,
) -> Result<(), serde_json::Error> {
    if !value.get().starts_with('{') || depth == DEEPEST_JSON || !mapping.reaches_into(&name) {
        out.push((name, written(value)?));
        return Ok(());
    }
    let within: Object<'_> = serde_json::from_str(value.get())?;
    for (key, value) in within.0 {
        values(format!("{name}.{key}"), value, mapping, depth + 1, out)?;
    }
    Ok(())
}

fn written(value: &RawValue) -> Result<Written, serde_json::Error> {
    let value = value.get();
    Ok(match value.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value)?;
            if items.iter().any(|i| i.get().starts_with(['[', '{'])) {
                return Ok(Written::Deep);
            }
            let items = items.into_iter().map(|item| scalar(item.get()));
            Written::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'{') => Written::Deep,
        Some(b'n') => Written::Nothing,
        _ => Written::Text(scalar(value)?),
    })
}

/// A text without its marks; all else as it is written.
fn scalar(value: &str) -> Result<String, serde_json::Error> {
    match value {
        "null" => Ok(String::new()),
        _ if value.starts_with('"') => serde_json::from_str(value),
        _ => Ok(value.to_owned()),
    }
}

/// An object's values in their order, also where two have one name.
pub struct Object<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut out = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    if out.len() == MOST_COLUMNS {
                        return Err(A::Error::custom(format!("more than {MOST_COLUMNS} keys")));
                    }
                    out.push(entry);
                }
                Ok(Object(out))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
