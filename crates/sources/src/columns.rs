//! The names by which sources call what a document has: columns of a table, keys of front matter and of JSON, names
//! of metadata. Which are understood, and which look as if they decided whether a text may be used.

use mortar_language::text::fold;

/// What a document is made from.
const KNOWN: &[&str] = &[
    "id",
    "title",
    "question",
    "answer",
    "body",
    "text",
    "kind",
    "codes",
    "code",
    "code_system",
    "table",
    "url",
    "version",
    "effective_from",
    "effective_to",
    "owner",
    "tags",
    "history",
];

pub const TITLES: &[&str] = &["question", "title"];
pub const BODIES: &[&str] = &["answer", "body", "text"];

pub fn is_known(key: &str) -> bool {
    KNOWN.contains(&key)
}

/// A name as it is compared: "Effective to", "effectiveTo", "effective-to:" and "_effective_to" are one.
pub fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            out.push('_');
        }
        lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
    }
    out.split('_').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("_")
}

const END: &str = "expires expire expired expiry expiration until sunset retires retired retirement obsolete deprecated \
discontinue discontinued withdrawn superseded replaced archived archive invalid void termination terminated terminates \
cancelled canceled vence vencimiento caduca caducidad hasta";
const BEGINNING: &str = "embargo effective vigencia";
const STATE: &str = "status state stage draft published publish active inactive enabled disabled approved approval live \
lifecycle visibility hidden unlisted private deleted removed estado borrador";
const EXCEPTION: &str = "exception exceptions except unless exclusion exclusions excludes excluded restriction restrictions \
limitation limitations conditional caveat caveats warning warnings caution contraindication contraindications applies \
applicable disclaimer not only excepcion excepciones excepto";
const ANSWER: &str = "answer answers reply response resolution solution body text content respuesta";

/// What a name that is not understood looks like, where leaving it out could make a text say what it must not.
pub fn looks_like(key: &str) -> Option<&'static str> {
    let key = fold(key);
    let parts = key.split('_').map(|p| p.trim_end_matches(|c: char| c.is_ascii_digit()));
    let parts: Vec<&str> = parts.filter(|p| !p.is_empty()).collect();
    let is_of = |part: &str, words: &str| words.split_whitespace().any(|w| w == part);
    let any = |words: &str| parts.iter().any(|p| is_of(p, words));
    let last = |words: &str| parts.last().is_some_and(|p| is_of(p, words));
    let in_force = any("valid effective good force");
    // "Published at" and "approved by" say when and by whom.
    let told_of = any("at on by date time");
    // "Start date", not "start page".
    let dated = |words: &str| any(words) && (told_of || last(words));
    let answers = last(ANSWER) || parts.first() == Some(&"answer");
    if any(END) || dated("end ends ended stop") || (in_force && any("to through thru till")) {
        Some("an end")
    } else if any(BEGINNING) || dated("start starts begin begins") || (in_force && any("from since")) {
        Some("a beginning")
    } else if any(STATE) && !told_of {
        Some("a state")
    } else if any(EXCEPTION) {
        Some("an exception")
    } else if answers && !told_of && !any("alt") {
        Some("a second answer")
    } else {
        None
    }
}

/// Whether the value of a state says outright that the text is in force: `draft: false`, `published: yes`.
pub fn is_in_force(key: &str, value: &str) -> bool {
    let value = value.to_lowercase();
    match key.strip_prefix("is_").unwrap_or(key) {
        "draft" | "hidden" | "archived" | "deleted" | "deprecated" | "expired" | "retired" | "obsolete" | "private"
        | "unlisted" | "disabled" | "inactive" => ["false", "no", "0"].contains(&value.as_str()),
        "published" | "active" | "enabled" | "live" | "approved" => ["true", "yes", "1"].contains(&value.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_however_it_is_written() {
        for name in [
            "Effective to",
            "effective-to",
            "effectiveTo",
            " EFFECTIVE_TO ",
            "Effective to:",
            "_effective_to",
        ] {
            assert_eq!(normal(name), "effective_to");
        }
        assert_eq!(normal("_id"), "id");
    }

    #[test]
    fn what_could_decide_is_known_by_its_name() {
        for (name, like) in [
            ("Valid until", Some("an end")),
            ("expiryDate", Some("an end")),
            ("valid_to", Some("an end")),
            ("End date", Some("an end")),
            ("Superseded by", Some("an end")),
            ("Start date", Some("a beginning")),
            ("valid from", Some("a beginning")),
            ("Status", Some("a state")),
            ("draft", Some("a state")),
            ("Exception", Some("an exception")),
            ("Does not apply / exclusions", Some("an exception")),
            ("Answer 2", Some("a second answer")),
            ("answer2", Some("a second answer")),
            ("Short answer", Some("a second answer")),
            ("Active?", Some("a state")),
            ("Good thru", Some("an end")),
            ("Last day", None),
            ("Stop date", Some("an end")),
            ("Válido hasta", Some("an end")),
            ("Excepción", Some("an exception")),
            ("Not for", Some("an exception")),
            ("Topic", None),
            ("Last name", None),
            ("Notes", None),
            ("published_at", None),
            ("Approved by", None),
            ("layout", None),
            ("source_file", None),
            ("Department", None),
            ("content_type", None),
            ("Response time", None),
            ("End user", None),
        ] {
            assert_eq!(looks_like(&normal(name)), like, "{name}");
        }
    }
}
