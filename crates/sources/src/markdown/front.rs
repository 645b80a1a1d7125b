//! Front matter: YAML between `---`, TOML between `+++`. Values are kept as they are written; aliases and all that is
//! deeper than a list of texts are not read.

use granit_parser::{Event, Parser, ScalarStyle};
use toml::de::{DeTable, DeValue};

use crate::fields::{Fields, Written};
use crate::limits::LONGEST_FRONT_MATTER;
use crate::mapping::Mapping;

/// What the front matter says, and the body behind it.
pub fn read<'t>(text: &'t str, mapping: &Mapping) -> Result<(Fields, &'t str), String> {
    let text = begun(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mark = first.trim_end();
    if !["---", "+++"].contains(&mark) {
        return Ok((Fields::new([], mapping)?, text));
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        let (front, behind) = (&rest[..end], &rest[end + line.len()..]);
        end += line.len();
        // YAML may also end with its own mark.
        if line.trim_end() != mark && !(mark == "---" && line.trim_end() == "...") {
            continue;
        }
        if front.len() > LONGEST_FRONT_MATTER {
            return Err(format!("the front matter has {} KB", front.len() / 1024));
        }
        let values = if mark == "---" { yaml(front) } else { toml(front) };
        return Ok((Fields::new(values?, mapping)?, behind));
    }
    Err(format!("the front matter begins with {mark} and never ends"))
}

/// Without the empty lines above front matter; a page may also begin with a line across it.
fn begun(text: &str) -> &str {
    let tidy = text.trim_start();
    let mut lines = tidy.lines();
    let has_mark = lines.next().is_some_and(|l| ["---", "+++"].contains(&l.trim_end()));
    let key = lines.next().and_then(|l| l.split_once([':', '=']));
    let is_key = key
        .is_some_and(|(k, _)| !k.is_empty() && k.trim_end().chars().all(|c| c.is_alphanumeric() || "_-".contains(c)));
    if has_mark && is_key { tidy } else { text }
}

fn yaml(front: &str) -> Result<Vec<(String, Written)>, String> {
    yaml_values(front).map_err(|e| format!("the front matter is no YAML mapping: {e}"))
}

fn yaml_values(front: &str) -> Result<Vec<(String, Written)>, String> {
    let mut events = Parser::new_from_str(front);
    let mut next = || loop {
        match events.next() {
            None => return Err("it ends too soon".to_owned()),
            Some(Err(e)) => return Err(e.to_string()),
            Some(Ok((Event::StreamStart | Event::DocumentStart(..), _))) => {}
            Some(Ok((event, _))) => return Ok(event),
        }
    };
    let mut out = Vec::new();
    match next()? {
        Event::MappingStart(..) => {}
        Event::StreamEnd | Event::DocumentEnd => return Ok(out),
        Event::Scalar(text, ..) if text.trim().is_empty() => return Ok(out),
        _ => return Err("it holds no keys".into()),
    }
    loop {
        let key = match next()? {
            Event::MappingEnd => return Ok(out),
            Event::Scalar(text, ..) => text.into_owned(),
            _ => return Err("a key is no text".into()),
        };
        let value = yaml_value(&mut next)?;
        out.push((key, value));
    }
}

fn yaml_value<'i>(next: &mut impl FnMut() -> Result<Event<'i>, String>) -> Result<Written, String> {
    let mut items = Vec::new();
    match next()? {
        Event::Scalar(text, ScalarStyle::Plain, ..) if is_null(&text) => return Ok(Written::Nothing),
        Event::Scalar(text, ..) => return Ok(Written::Text(text.into_owned())),
        Event::SequenceStart(..) => {}
        Event::MappingStart(..) => return deep(next, 1),
        _ => return Err("aliases are not read; write the value out".into()),
    }
    loop {
        match next()? {
            Event::SequenceEnd => return Ok(Written::List(items)),
            Event::Scalar(text, ..) => items.push(text.into_owned()),
            Event::SequenceStart(..) | Event::MappingStart(..) => return deep(next, 2),
            _ => return Err("aliases are not read; write the value out".into()),
        }
    }
}

/// Passes over the rest of a value that is deeper than a list of texts.
fn deep<'i>(next: &mut impl FnMut() -> Result<Event<'i>, String>, mut depth: usize) -> Result<Written, String> {
    while depth > 0 {
        match next()? {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth -= 1,
            _ => {}
        }
    }
    Ok(Written::Deep)
}

fn is_null(text: &str) -> bool {
    ["", "~", "null", "Null", "NULL"].contains(&text)
}

fn toml(front: &str) -> Result<Vec<(String, Written)>, String> {
    let table = DeTable::parse(front).map_err(|e| format!("the front matter is no TOML: {}", e.message()))?;
    let values = table.get_ref().iter();
    Ok(values
        .map(|(key, value)| (key.get_ref().to_string(), toml_value(value.get_ref())))
        .collect())
}

fn toml_value(value: &DeValue<'_>) -> Written {
    let DeValue::Array(items) = value else {
        return toml_scalar(value).map_or(Written::Deep, Written::Text);
    };
    let items: Option<Vec<String>> = items.iter().map(|item| toml_scalar(item.get_ref())).collect();
    items.map_or(Written::Deep, Written::List)
}

fn toml_scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is) => Some(is.to_string()),
        DeValue::Datetime(day) => Some(day.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
