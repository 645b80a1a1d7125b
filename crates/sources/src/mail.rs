//! A message that was sent round: its subject and its own text. What it quotes of messages before it was said by
//! somebody else, perhaps long ago: that is left out and told, and so is what is attached.

use jiff::civil::Date;
use mail_parser::{MessageParser, MimeHeaders};
use mortar_language::Kind;

use crate::fields::{Fields, Written, stem_id};
use crate::html;
use crate::mapping::Mapping;
use crate::reading::{Page, Reading};

/// Attachments that are named.
const NAMED: usize = 20;

pub fn read(stem: &str, bytes: &[u8], mapping: &Mapping) -> Reading {
    match page(stem, bytes, mapping) {
        Ok(page) => {
            let mut out = Reading::default();
            out.page(page);
            out
        }
        Err(reason) => Reading::refused(reason),
    }
}

fn page(stem: &str, bytes: &[u8], mapping: &Mapping) -> Result<Page, String> {
    let message = MessageParser::default().parse(bytes).ok_or("no message of mail")?;
    if message.subject().is_none() && message.from().is_none() && message.date().is_none() {
        return Err("no message of mail: it has no subject, no sender and no day".into());
    }
    let mut told = Vec::new();
    let has = |parts: &[u32], of: fn(&mail_parser::PartType<'_>) -> bool| {
        let part = parts.first().and_then(|n| message.parts.get(*n as usize));
        part.is_some_and(|p| of(&p.body))
    };
    let text = match has(&message.html_body, |body| {
        matches!(body, mail_parser::PartType::Html(_))
    }) {
        true => {
            let page = message.body_html(0).unwrap_or_default();
            let (text, left) = html::fragment(&page)?;
            told.extend(left);
            text
        }
        false => message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
    };
    let (text, quoted) = own(&text);
    if quoted > 0 {
        told.push(format!(
            "what it quotes of messages before is left out (lines: {quoted})"
        ));
    }
    let attached: Vec<&str> = message
        .attachments()
        .map(|a| a.attachment_name().unwrap_or("without a name"))
        .collect();
    if !attached.is_empty() {
        let names = attached[..attached.len().min(NAMED)].join(", ");
        told.push(format!("what is attached is not read: {names}"));
    }
    let subject = message
        .subject()
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned);
    let mut values = Vec::new();
    if let Some(sent) = message.date()
        && let Ok(day) = Date::new(
            sent.year.try_into().unwrap_or(0),
            sent.month.try_into().unwrap_or(0),
            sent.day.try_into().unwrap_or(0),
        )
    {
        values.push(("version".to_owned(), Written::Text(day.to_string())));
    }
    let fields = Fields::new(values, mapping)?;
    let document = fields.document(stem_id(stem), subject, text.trim().to_owned(), Kind::Article)?;
    Ok(Page::Read(Box::new(document), told))
}

/// What the writer says, and how many lines are of others.
fn own(text: &str) -> (String, usize) {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |n: usize| {
        let line = lines[n].trim();
        let next = lines[n + 1..]
            .iter()
            .map(|l| l.trim())
            .find(|l| !l.is_empty())
            .unwrap_or_default();
        let wrote = line.ends_with("wrote:") || line.ends_with("escribió:") || line.ends_with("schrieb:");
        let original = line.trim_matches(['-', ' ', '_']);
        let is_mark = [
            "Original Message",
            "Mensaje original",
            "Forwarded message",
            "Begin forwarded message:",
        ];
        (wrote && (next.starts_with('>') || line.starts_with("On ") || line.starts_with("El ")))
            || is_mark.iter().any(|m| original.eq_ignore_ascii_case(m))
            || (line.starts_with("From: ") && (next.starts_with("Sent: ") || next.starts_with("Date: ")))
    };
    let end = (0..lines.len()).find(|n| begins(*n)).unwrap_or(lines.len());
    let (said, quoted): (Vec<&str>, Vec<&str>) = lines[..end].iter().partition(|l| !l.trim_start().starts_with('>'));
    let behind = lines[end..].iter().filter(|l| !l.trim().is_empty()).count();
    (said.join("\n"), quoted.len() + behind)
}
