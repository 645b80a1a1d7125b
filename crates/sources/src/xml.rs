//! The little that readers of XML share: what an event says, and an element's attributes. Entities of its own a
//! document has none here: those that it declares are never followed.

use std::borrow::Cow;

use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

/// The text of an event, if it is one.
pub fn text<'e>(event: &Event<'e>) -> Option<Cow<'e, str>> {
    match event {
        Event::Text(text) => Some(text.xml10_content()),
        Event::CData(text) => Some(text.xml10_content()),
        Event::GeneralRef(of) => match of.resolve_char_ref() {
            Ok(Some(c)) => Some(c.to_string().into()),
            _ => resolve_predefined_entity(&of.xml10_content()).map(Cow::from),
        },
        _ => None,
    }
}

/// An attribute by its name without the prefix.
pub fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = e.attributes();
    let mut found = all
        .with_checks(false)
        .flatten()
        .filter(|a| a.key.local_name().as_ref() == name);
    let value = found.next()?.value;
    Some(unescape(&value).map_or_else(|_| value.to_string(), Cow::into_owned))
}
