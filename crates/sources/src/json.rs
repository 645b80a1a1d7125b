//! JSON: a list of objects, by itself or as one key of an object. Exports of help centres (Zendesk, Intercom,
//! Freshdesk) and of QnABot are known by their keys: what each says of drafts, labels and languages is taken from
//! there, and an article that is not in force is left out and told. All else is read by the names of its keys.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::encoding::decode;
use crate::fields::{Fields, Written};
use crate::jsonl::object;
use crate::limits::MOST_ROWS;
use crate::mapping::Mapping;
use crate::reading::Reading;
use crate::row::Rows;

/// Keys under which exports keep their list.
const LISTS: &[&str] = &[
    "articles",
    "data",
    "qna",
    "items",
    "records",
    "documents",
    "results",
    "faqs",
    "questions",
    "entries",
    "rows",
];

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    let mut out = Reading::default();
    let decoded = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(reason) => return Reading::refused(reason),
    };
    decoded.told.into_iter().for_each(|t| out.tell(None, t));
    let items = match list(&decoded.text, mapping.list.as_deref(), &mut out) {
        Ok(items) => items,
        Err(reason) => return Reading::refused(reason),
    };
    if items.len() > MOST_ROWS {
        return Reading::refused(format!("more than {MOST_ROWS} items; cut it into several"));
    }
    let export = items.iter().find_map(|item| Export::of(item));
    let mut rows = Rows::new(stem);
    for (i, item) in items.into_iter().enumerate() {
        let place = Some(format!("item {}", i + 1));
        let fields = match export {
            None => object(item.get(), mapping).and_then(Fields::undoubted),
            Some(export) => match export.item(item) {
                Ok(Item::Values(values)) => Fields::new(values, mapping),
                Ok(Item::LeftOut(why)) => {
                    out.tell(place, format!("{why} and left out"));
                    continue;
                }
                Err(reason) => Err(reason),
            },
        };
        rows.add(place, fields, &mut out);
    }
    rows.end(None, &mut out);
    out
}

/// The objects of a file, whatever stands around them; what else stands there is told.
fn list<'t>(text: &'t str, path: Option<&str>, out: &mut Reading) -> Result<Vec<&'t RawValue>, String> {
    if let Some(path) = path {
        return listed(text, path);
    }
    let no_json = |e: serde_json::Error| format!("no JSON: {e}");
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(no_json);
    }
    let around: crate::jsonl::Object<'_> = serde_json::from_str(text).map_err(no_json)?;
    let known = |(name, value): &&(String, &RawValue)| LISTS.contains(&name.as_str()) && value.get().starts_with('[');
    let Some((name, value)) = around.0.iter().find(known) else {
        // One object alone is a document.
        return serde_json::from_str(text).map(|one| vec![one]).map_err(no_json);
    };
    let rest: Vec<&str> = around.0.iter().map(|(n, _)| n.as_str()).filter(|n| n != name).collect();
    if !rest.is_empty() {
        out.tell(None, format!("not used: {}", rest.join(", ")));
    }
    serde_json::from_str(value.get()).map_err(no_json)
}

/// The list that stands at the end of this way of keys.
fn listed<'t>(text: &'t str, path: &str) -> Result<Vec<&'t RawValue>, String> {
    let mut at = text;
    for key in path.split('.') {
        let around: crate::jsonl::Object<'_> = serde_json::from_str(at).map_err(|e| format!("no JSON object: {e}"))?;
        let found = around.0.into_iter().find(|(name, _)| name == key);
        at = found
            .ok_or_else(|| format!("no “{key}” on the way to the list “{path}”"))?
            .1
            .get();
    }
    serde_json::from_str(at).map_err(|e| format!("“{path}” is no list: {e}"))
}

/// Whose export it is.
#[derive(Clone, Copy, PartialEq)]
enum Export {
    Zendesk,
    Intercom,
    Freshdesk,
    QnaBot,
}

enum Item {
    Values(Vec<(String, Written)>),
    LeftOut(String),
}

impl Export {
    fn of(item: &RawValue) -> Option<Self> {
        let item: Value = serde_json::from_str(item.get()).ok()?;
        let has = |keys: &[&str]| keys.iter().all(|k| item.get(k).is_some());
        if has(&["qid", "q", "a"]) {
            Some(Export::QnaBot)
        } else if has(&["title", "body", "draft", "locale"]) {
            Some(Export::Zendesk)
        } else if has(&["title", "body", "state", "workspace_id"])
            || (item["type"] == "article" && has(&["title", "body", "state"]))
        {
            Some(Export::Intercom)
        } else if has(&["title", "description", "status", "folder_id"]) {
            Some(Export::Freshdesk)
        } else {
            None
        }
    }

    /// What of an item becomes what of a document, and under which names all else is told.
    fn item(self, item: &RawValue) -> Result<Item, String> {
        let item: Value = serde_json::from_str(item.get()).map_err(|e| format!("no JSON object: {e}"))?;
        let Value::Object(item) = item else {
            return Err("no JSON object".into());
        };
        let is = |key: &str| item.get(key) == Some(&Value::Bool(true));
        let says = |key: &str, value: &str| {
            item.get(key)
                .and_then(Value::as_str)
                .is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        let left_out = match self {
            Export::Zendesk if is("draft") => Some("a draft".to_owned()),
            Export::Zendesk if is("outdated") => Some("marked as outdated".to_owned()),
            Export::Intercom if !says("state", "published") => Some(format!("its state is {}", item["state"])),
            Export::Freshdesk if item["status"] != 2 => Some("not published".to_owned()),
            Export::QnaBot if item.get("type").is_some_and(|t| t != "qna") => {
                Some(format!("its type is {}", item["type"]))
            }
            _ => None,
        };
        if let Some(why) = left_out {
            return Ok(Item::LeftOut(why));
        }
        if self == Export::QnaBot {
            let is_filled = |key: &str| {
                item.get(key)
                    .and_then(Value::as_str)
                    .is_some_and(|v| !v.trim().is_empty())
            };
            if is_filled("l") {
                return Err("its answer is made by a function (“l”); write the answer".into());
            }
            if item["a"].as_str().is_some_and(|a| a.contains("{{")) {
                return Err("its answer is a template; write the answer".into());
            }
        }
        let mut values = Vec::new();
        let mut tags = Vec::new();
        for (name, value) in &item {
            match self.names(name) {
                Becomes::Tag => tags.extend(texts(value).into_iter().map(|t| match name.as_str() {
                    "locale" | "default_locale" => format!("language {t}"),
                    _ => t,
                })),
                Becomes::Day => {
                    let day = value.as_str().and_then(|v| v.get(..10)).unwrap_or_default().to_owned();
                    values.push(("version".to_owned(), Written::Text(day)));
                }
                Becomes::First => {
                    let mut all = texts(value).into_iter();
                    values.push(("question".to_owned(), Written::Text(all.next().unwrap_or_default())));
                    values.push(("further ways to ask".to_owned(), Written::List(all.collect())));
                }
                Becomes::Named(as_name) => values.push((as_name.to_owned(), written(value))),
                Becomes::Itself => values.push((name.clone(), written(value))),
                // Decided above, or nothing that decides.
                Becomes::Nothing => {}
            }
        }
        values.push(("tags".to_owned(), Written::List(tags)));
        Ok(Item::Values(values))
    }

    fn names(self, key: &str) -> Becomes {
        use Becomes::{Day, First, Itself, Named, Nothing, Tag};
        match (self, key) {
            (Export::QnaBot, "qid") => Named("id"),
            (Export::QnaBot, "q") => First,
            (Export::QnaBot, "a") => Named("answer"),
            (Export::QnaBot, "t") => Tag,
            (Export::QnaBot, "type" | "l") => Nothing,
            (_, "id") => Named("id"),
            (_, "title") => Named("title"),
            (Export::Freshdesk, "description") => Named("body"),
            (Export::Freshdesk, "tags")
            | (Export::Zendesk, "label_names" | "locale")
            | (Export::Intercom, "default_locale" | "tags") => Tag,
            (Export::Zendesk | Export::Intercom, "body") => Named("body"),
            (Export::Zendesk, "html_url") | (Export::Intercom, "url") => Named("url"),
            (Export::Zendesk | Export::Freshdesk, "updated_at") => Day,
            (Export::Zendesk, "draft" | "outdated" | "outdated_locales" | "comments_disabled" | "url") => Nothing,
            (Export::Intercom, "state" | "type") | (Export::Freshdesk, "status" | "description_text") => Nothing,
            _ => Itself,
        }
    }
}

/// What becomes of a key.
enum Becomes {
    Named(&'static str),
    Tag,
    /// The version, by the day.
    Day,
    /// The question; there may be more ways to ask it.
    First,
    /// Read by its own name, or told.
    Itself,
    Nothing,
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(of) => of.get("name").map(texts).unwrap_or_default(),
        Value::Null => Vec::new(),
        Value::String(text) => Some(text.clone())
            .filter(|t| !t.trim().is_empty())
            .into_iter()
            .collect(),
        other => vec![other.to_string()],
    }
}

fn written(value: &Value) -> Written {
    match value {
        Value::Null => Written::Nothing,
        Value::Bool(false) => Written::Nothing,
        Value::String(text) => Written::Text(text.clone()),
        Value::Array(all) if all.is_empty() => Written::Nothing,
        Value::Array(_) | Value::Object(_) => Written::Deep,
        other => Written::Text(other.to_string()),
    }
}
