//! The markup of MediaWiki to HTML, line by line: headings, lists, tables, links, emphasis. HTML in it stays HTML.

use std::collections::BTreeSet;

/// Templates in templates.
const DEEPEST: usize = 100;

#[derive(Default)]
pub struct Marked {
    pub html: String,
    pub templates: BTreeSet<String>,
    pub categories: Vec<String>,
}

pub fn html(text: &str) -> Result<Marked, String> {
    let mut out = Marked::default();
    let text = without_references(text);
    let text = without_templates(&text, &mut out)?;
    let mut lists = String::new();
    let mut in_table = false;
    for line in text.lines() {
        let line = line.trim_end();
        let markers: String = line.chars().take_while(|c| "*#:;".contains(*c)).collect();
        if !in_table || !markers.is_empty() {
            end_lists(&mut lists, &markers, &mut out.html);
        }
        if let Some(rest) = line.trim_start().strip_prefix("{|") {
            in_table = true;
            out.html.push_str(&format!("<table {}><tr>", attributes(rest)));
        } else if in_table && line.trim_start().starts_with("|}") {
            in_table = false;
            out.html.push_str("</table>\n");
        } else if in_table && row(line.trim_start(), &mut out) {
        } else if let Some((level, words)) = heading(line) {
            let words = inline(words, &mut out.categories);
            out.html.push_str(&format!("<h{level}>{words}</h{level}>\n"));
        } else if markers.is_empty() {
            let words = inline(line, &mut out.categories);
            // An empty line parts paragraphs.
            out.html.push_str(if line.is_empty() { "<p>" } else { "" });
            out.html.push_str(&words);
            out.html.push('\n');
        } else {
            let words = inline(line[markers.len()..].trim(), &mut out.categories);
            item(&markers, &words, &mut lists, &mut out.html);
        }
    }
    end_lists(&mut lists, "", &mut out.html);
    Ok(out)
}

fn list_of(marker: char) -> (&'static str, &'static str) {
    match marker {
        '*' => ("ul", "li"),
        '#' => ("ol", "li"),
        ';' => ("dl", "dt"),
        _ => ("dl", "dd"),
    }
}

/// Ends the lists that a line does not go on with.
fn end_lists(lists: &mut String, markers: &str, html: &mut String) {
    let same = |(a, b): &(char, char)| list_of(*a).0 == list_of(*b).0;
    let common = lists.chars().zip(markers.chars()).take_while(same).count();
    while lists.chars().count() > common {
        if let Some(marker) = lists.pop() {
            html.push_str(&format!("</{}>", list_of(marker).0));
        }
    }
}

fn item(markers: &str, words: &str, lists: &mut String, html: &mut String) {
    for marker in markers.chars().skip(lists.chars().count()) {
        html.push_str(&format!("<{}>", list_of(marker).0));
        lists.push(marker);
    }
    let last = markers.chars().next_back().unwrap_or('*');
    let element = list_of(last).1;
    match words.split_once(" : ").filter(|_| last == ';') {
        Some((term, said)) => html.push_str(&format!("<dt>{term}</dt><dd>{said}</dd>\n")),
        None => html.push_str(&format!("<{element}>{words}</{element}>\n")),
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'=').count().min(6);
    let words = line.get(level..line.len().checked_sub(level)?)?;
    (level > 0 && line.ends_with(&"=".repeat(level)) && !words.trim().is_empty()).then(|| (level, words.trim()))
}

/// Whether a line within a table begins a row or cells.
fn row(line: &str, out: &mut Marked) -> bool {
    if line.starts_with("|-") {
        out.html.push_str(&format!(
            "</tr><tr {}>",
            attributes(line.trim_start_matches(['|', '-']))
        ));
    } else if let Some(caption) = line.strip_prefix("|+") {
        let words = inline(caption, &mut out.categories);
        out.html.push_str(&format!("<caption>{words}</caption>"));
    } else if let Some((cells, element)) = line
        .strip_prefix('!')
        .map(|l| (l.replace("!!", "||"), "th"))
        .or(line.strip_prefix('|').map(|l| (l.to_owned(), "td")))
    {
        for cell in cells.split("||") {
            // "style=… | text", but not "[[page|text]]".
            let (of, words) = match cell.split_once('|') {
                Some((of, words)) if of.contains('=') && !of.contains("[[") => (attributes(of), words),
                _ => (String::new(), cell),
            };
            let words = inline(words.trim(), &mut out.categories);
            out.html.push_str(&format!("<{element} {of}>{words}"));
        }
    } else {
        return false;
    }
    true
}

/// Attributes as they may stand in a tag.
fn attributes(text: &str) -> String {
    text.replace(['<', '>'], " ")
}

/// Links and emphasis of a line.
fn inline(line: &str, categories: &mut Vec<String>) -> String {
    let line = line.replace("'''", "").replace("''", "");
    let mut out = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some((before, behind)) = rest.split_once("[[") {
        let Some((link, behind)) = behind.split_once("]]") else {
            break;
        };
        out.push_str(before);
        let (target, words) = link.split_once('|').unwrap_or((link, link));
        let space = target
            .split_once(':')
            .map(|(s, name)| (s.trim().to_lowercase(), name.trim()));
        match space {
            Some((space, name)) if ["category", "categoría", "kategorie", "catégorie"].contains(&space.as_str()) => {
                categories.push(name.to_owned());
            }
            Some((space, name)) if ["file", "image", "archivo", "datei"].contains(&space.as_str()) => {
                out.push_str(&format!("<img alt=\"{}\">", name.replace(['"', '<', '>'], " ")));
            }
            _ => out.push_str(words.rsplit('|').next().unwrap_or(words).trim_start_matches(':')),
        }
        rest = behind;
    }
    out.push_str(rest);
    external(&out)
}

/// "[https://… words]" as its words.
fn external(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("[http") {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let Some((link, behind)) = behind[1..].split_once(']') else {
            break;
        };
        let (address, words) = link.split_once(' ').unwrap_or((link, link));
        out.push_str(&format!("<a href=\"{}\">{words}</a>", address.replace('"', "%22")));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Without `<ref>…</ref>` and without the words that switch the wiki's ways.
fn without_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<ref") {
        out.push_str(&rest[..at]);
        let behind = &rest[at..];
        let tag_end = behind.find('>').map_or(behind.len(), |e| e + 1);
        let is_alone = behind[..tag_end].ends_with("/>");
        let end = match behind.find("</ref>").filter(|_| !is_alone) {
            Some(end) => end + "</ref>".len(),
            None => tag_end,
        };
        rest = &behind[end..];
    }
    out.push_str(rest);
    ["__TOC__", "__NOTOC__", "__NOEDITSECTION__", "__FORCETOC__"]
        .iter()
        .fold(out, |text, word| text.replace(word, ""))
}

/// Templates are taken out, whatever stands in them; their names are kept.
fn without_templates(text: &str, marked: &mut Marked) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some(behind) = rest.strip_prefix("{{") {
            if depth == 0 {
                let name = behind.chars().take_while(|c| !"|}{\n".contains(*c)).take(60);
                marked.templates.insert(name.collect::<String>().trim().to_owned());
            }
            depth += 1;
            if depth > DEEPEST {
                return Err(format!("its templates stand more than {DEEPEST} deep in each other"));
            }
            at += 2;
        } else if depth > 0 && rest.starts_with("}}") {
            depth -= 1;
            at += 2;
        } else {
            let c = rest.chars().next().unwrap_or_default();
            if depth == 0 {
                out.push(c);
            }
            at += c.len_utf8();
        }
    }
    match depth {
        0 => Ok(out),
        _ => Err("a template begins and never ends".into()),
    }
}
