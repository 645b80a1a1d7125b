//! What a reader of a page sees: not what is hidden by attribute, class or style, and not what is struck out.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ego_tree::NodeId;
use regex::Regex;
use scraper::{ElementRef, Html, Selector};

/// Why a part of a page is no text of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Hidden,
    Struck,
}

/// What the style sheets of a page leave out, and what a click on it shows.
#[derive(Default)]
pub struct Shown {
    left: HashMap<NodeId, Left>,
    /// The ids of what its buttons open.
    opened: HashSet<String>,
}

/// Elements that are compared with the rules of a page's style sheets, in all.
const MOST_COMPARED: usize = 20_000_000;

impl Shown {
    pub fn of(html: &Html) -> Self {
        static STYLE: LazyLock<Selector> = LazyLock::new(|| selector("style"));
        static LINKED: LazyLock<Selector> = LazyLock::new(|| selector("link[rel=stylesheet]"));
        static OPENING: LazyLock<Selector> = LazyLock::new(|| {
            selector("[aria-controls], [data-target], [data-bs-target], [data-toggle], [data-bs-toggle], [role=tab]")
        });
        let mut left = HashMap::new();
        let most = MOST_COMPARED / html.tree.nodes().len().max(1);
        let sheets = html.select(&STYLE).filter(|s| s.attr("media") != Some("print"));
        let rules = sheets.flat_map(|s| rules(&s.text().collect::<String>()));
        let rules: Vec<(Selector, String)> = rules
            .filter_map(|(selector, style)| Some((Selector::parse(&selector).ok()?, style)))
            .take(most)
            .collect();
        // White words are unseen where nothing on the page has a ground of its own.
        let has_grounds =
            rules.iter().any(|(_, style)| style.contains("background")) || html.select(&LINKED).next().is_some();
        for (selector, style) in &rules {
            let said = by_style(style);
            for element in html.select(selector) {
                if !has_grounds && is_pale(element, style) {
                    left.insert(element.id(), Left::Hidden);
                }
                match said {
                    Some(Some(why)) => drop(left.insert(element.id(), why)),
                    Some(None) => drop(left.remove(&element.id())),
                    None => {}
                }
            }
        }
        let opened = html.select(&OPENING).filter(|e| !opens_over(*e)).filter_map(target);
        Shown {
            left,
            opened: opened.collect(),
        }
    }

    /// Why an element is left out, by itself.
    pub fn left(&self, e: ElementRef<'_>) -> Option<Left> {
        let element = e.value();
        let classes = element.attr("class").unwrap_or_default();
        let is_struck = ["s", "strike", "del"].contains(&element.name())
            || element.attr("role") == Some("deletion")
            || has_class(classes, STRIKING);
        if is_struck {
            return Some(Left::Struck);
        }
        let is_hidden = element.attr("hidden").is_some_and(|v| v != "until-found")
            || element
                .attr("aria-hidden")
                .is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || (element.name() == "dialog" && element.attr("open").is_none())
            || has_hiding_class(classes);
        let style = element.attr("style").unwrap_or_default();
        if is_pale(e, style) {
            return Some(Left::Hidden);
        }
        let said = match (is_hidden, by_style(style)) {
            (true, _) => Some(Left::Hidden),
            (false, Some(said)) => said,
            (false, None) => self.left.get(&e.id()).copied(),
        };
        said.filter(|why| *why == Left::Struck || !self.is_opened(e))
    }

    /// Whether a click on the page shows it: the part of an accordion, the page of a tab.
    fn is_opened(&self, e: ElementRef<'_>) -> bool {
        let element = e.value();
        element.attr("role") == Some("tabpanel")
            || element.attr("id").is_some_and(|id| self.opened.contains(id))
            || has_class(element.attr("class").unwrap_or_default(), OPENED)
    }

    pub fn is_shown(&self, e: ElementRef<'_>) -> bool {
        let mut around = e.ancestors().filter_map(ElementRef::wrap);
        self.left(e).is_none() && around.all(|a| self.left(a).is_none())
    }
}

fn selector(selector: &str) -> Selector {
    Selector::parse(selector).expect("a valid selector")
}

/// What a button or a tab opens, by its id.
fn target(e: ElementRef<'_>) -> Option<String> {
    let names = ["aria-controls", "data-bs-target", "data-target", "href"];
    let said = names.iter().find_map(|name| e.attr(name))?;
    Some(said.trim().trim_start_matches('#').to_owned()).filter(|id| !id.is_empty())
}

/// Whether what a button opens lies over the page and is none of its text.
fn opens_over(e: ElementRef<'_>) -> bool {
    let over = ["modal", "dropdown", "popover", "tooltip", "offcanvas"];
    let toggles = e.attr("data-bs-toggle").or(e.attr("data-toggle"));
    toggles.is_some_and(|t| over.contains(&t)) || e.attr("aria-haspopup").is_some_and(|v| v != "false")
}

/// Classes by which style sheets everywhere strike out.
const STRIKING: &[&str] = &[
    "line-through",
    "strikethrough",
    "strike-through",
    "strike",
    "struck",
    "struck-out",
    "text-decoration-line-through",
    "text-line-through",
    "text-strike",
];
/// And by which they close what a click opens.
const OPENED: &[&str] = &[
    "collapse",
    "accordion-collapse",
    "panel-collapse",
    "accordion-body",
    "accordion-content",
    "tab-pane",
];

fn has_class(classes: &str, names: &[&str]) -> bool {
    classes.split_ascii_whitespace().any(|c| names.contains(&c))
}

/// The rules of a style sheet, but for those that hold for some media or states alone.
fn rules(sheet: &str) -> Vec<(String, String)> {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)/\*.*?\*/").expect("a valid pattern"));
    let sheet = COMMENT.replace_all(sheet, " ");
    let mut out = Vec::new();
    let mut rest = &*sheet;
    while let Some((selector, behind)) = rest.split_once('{') {
        let selector = selector.rsplit([';', '}']).next().unwrap_or_default().trim();
        if selector.starts_with('@') {
            rest = behind_block(behind);
            continue;
        }
        let (style, behind) = behind.split_once('}').unwrap_or((behind, ""));
        if !selector.contains(':') {
            out.push((selector.to_owned(), style.to_owned()));
        }
        rest = behind;
    }
    out
}

/// What stands behind a block with blocks in it.
fn behind_block(block: &str) -> &str {
    let mut depth = 1;
    for (i, b) in block.bytes().enumerate() {
        depth += i32::from(b == b'{') - i32::from(b == b'}');
        if depth == 0 {
            return &block[i + 1..];
        }
    }
    ""
}

/// What a style says of what is seen: left out, shown again, or nothing.
fn by_style(style: &str) -> Option<Option<Left>> {
    let mut out = None;
    let declarations = style.split(';').filter_map(|d| d.split_once(':'));
    let mut is_flat = false;
    let mut is_cut = false;
    for (name, value) in declarations {
        let (name, value) = (name.trim().to_lowercase(), value.to_lowercase());
        let value = value.trim().trim_end_matches("!important").trim();
        match name.as_str() {
            "display" => out = Some((value == "none").then_some(Left::Hidden)),
            "visibility" => out = Some(["hidden", "collapse"].contains(&value).then_some(Left::Hidden)),
            "opacity" if is_nothing(value) => out = Some(Some(Left::Hidden)),
            "transform" | "scale" if is_moved_away(&name, value) => out = Some(Some(Left::Hidden)),
            "clip-path" if is_clipped(value) => out = Some(Some(Left::Hidden)),
            "content-visibility" if value == "hidden" => out = Some(Some(Left::Hidden)),
            "-webkit-text-fill-color" if value == "transparent" => out = Some(Some(Left::Hidden)),
            "font" if FLAT_FONT.is_match(value) => out = Some(Some(Left::Hidden)),
            "font-size" if is_tiny(value) => out = Some(Some(Left::Hidden)),
            "left" | "right" | "top" | "bottom" | "margin-left" | "margin-top" | "text-indent" | "inset"
                if is_away(value) =>
            {
                out = Some(Some(Left::Hidden))
            }
            "clip" if value.replace(' ', "").starts_with("rect(0") => out = Some(Some(Left::Hidden)),
            "text-decoration" | "text-decoration-line" if value.contains("line-through") => {
                out = Some(Some(Left::Struck));
            }
            "height" | "max-height" | "width" | "max-width" => is_flat |= length(value).is_some_and(|n| n <= 1.0),
            "overflow" => is_cut |= value == "hidden",
            _ => {}
        }
    }
    if is_flat && is_cut {
        Some(Some(Left::Hidden))
    } else {
        out
    }
}

static FLAT_FONT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)[01](?:px|pt)?(?:/\S+)?\s").expect("a valid pattern"));

/// No more than a twentieth.
fn is_nothing(value: &str) -> bool {
    let number = |v: &str| v.trim().parse::<f64>().ok();
    match value.strip_suffix('%') {
        Some(percent) => number(percent).is_some_and(|n| n <= 5.0),
        None => number(value).is_some_and(|n| n <= 0.05),
    }
}

fn is_moved_away(name: &str, value: &str) -> bool {
    static AWAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"scale(?:x|y|3d)?\(\s*0(?:\.0*)?\s*[,)]|translate(?:x|y|3d)?\([^)]*-\d{3,}")
            .expect("a valid pattern")
    });
    AWAY.is_match(value) || (name == "scale" && is_nothing(value))
}

fn is_clipped(value: &str) -> bool {
    static CLIPPED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"inset\(\s*(?:100|[5-9]\d)%|circle\(\s*0|polygon\(\s*0(?:px|%)?\s+0(?:px|%)?\s*,\s*0(?:px|%)?\s+0(?:px|%)?\s*,\s*0").expect("a valid pattern")
    });
    CLIPPED.is_match(value)
}

/// A length in pixels, roughly.
fn length(value: &str) -> Option<f64> {
    let digits = value
        .find(|c: char| c.is_alphabetic() || c == '%')
        .unwrap_or(value.len());
    let number: f64 = value[..digits].trim().parse().ok()?;
    match &value[digits..] {
        "" | "px" | "pt" => Some(number),
        "em" | "rem" => Some(number * 16.0),
        "%" => Some(number * 0.16),
        _ => None,
    }
}

fn is_tiny(value: &str) -> bool {
    length(value).is_some_and(|n| n.abs() <= 3.0)
}

/// Off the page.
fn is_away(value: &str) -> bool {
    let percent = value
        .strip_suffix('%')
        .or(value.strip_suffix("vw"))
        .or(value.strip_suffix("vh"));
    let is_beyond = percent
        .and_then(|n| n.trim().parse().ok())
        .is_some_and(|n: f64| n <= -100.0);
    is_beyond || length(value).is_some_and(|n| n <= -900.0)
}

/// White on what is not said to be dark, or of one colour with what it stands on.
fn is_pale(e: ElementRef<'_>, style: &str) -> bool {
    let style = style.to_lowercase().replace(' ', "");
    let last = |names: &[&str]| {
        let declared = style
            .split(';')
            .filter_map(|d| d.split_once(':'))
            .filter(|(n, _)| names.contains(n));
        declared.map(|(_, v)| v.trim_end_matches("!important")).next_back()
    };
    let colour = last(&["color"]).or(e.attr("color").filter(|_| e.value().name() == "font"));
    let Some(colour) = colour else { return false };
    let has_ground = |e: ElementRef<'_>| {
        let element = e.value();
        element.attr("bgcolor").is_some() || element.attr("style").is_some_and(|s| s.contains("background"))
    };
    if let Some(ground) = last(&["background", "background-color"]) {
        return ground == colour;
    }
    is_white(&colour.to_lowercase())
        && e.value().name() != "th"
        && !has_ground(e)
        && !e.ancestors().filter_map(ElementRef::wrap).any(has_ground)
}

/// White, nearly white, or nothing.
fn is_white(colour: &str) -> bool {
    const WHITE: u32 = 0xf0;
    if let Some(hex) = colour.strip_prefix('#') {
        let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
        return match digits.unwrap_or_default()[..] {
            [r, g, b] => [r, g, b].iter().all(|d| d * 17 >= WHITE),
            [r, _, g, _, b, _] => [r, g, b].iter().all(|d| d * 16 >= WHITE),
            _ => false,
        };
    }
    let numbers = colour
        .split_once('(')
        .map(|(_, n)| n.trim_end_matches(')').split([',', '/']));
    match numbers.map(|n| n.map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()) {
        Some(Ok(rgb)) if colour.starts_with("rgb") => {
            rgb.get(3) == Some(&0.0) || (rgb.len() >= 3 && rgb[..3].iter().all(|n| *n >= f64::from(WHITE)))
        }
        _ => ["white", "transparent", "snow", "ivory", "whitesmoke"].contains(&colour),
    }
}

/// Classes that everybody's style sheets hide; one that is shown on some screens is shown.
fn has_hiding_class(classes: &str) -> bool {
    const HIDING: &[&str] = &[
        "hidden",
        "is-hidden",
        "d-none",
        "invisible",
        "visually-hidden",
        "sr-only",
        "screen-reader-text",
    ];
    let mut classes = classes.split_ascii_whitespace();
    classes.clone().any(|c| HIDING.contains(&c)) && !classes.any(|c| c.contains(":block") || c.starts_with("d-md-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_hide_and_show() {
        for (style, want) in [
            ("display:none", Some(Some(Left::Hidden))),
            ("display: NONE !important", Some(Some(Left::Hidden))),
            ("display:block", Some(None)),
            ("font-size:0", Some(Some(Left::Hidden))),
            ("font-size: 14px", None),
            ("position:absolute;left:-9999px", Some(Some(Left::Hidden))),
            ("margin-left: -4px", None),
            ("opacity:0", Some(Some(Left::Hidden))),
            ("opacity:.8", None),
            ("height:0;overflow:hidden", Some(Some(Left::Hidden))),
            ("height:0", None),
            ("text-decoration: line-through red", Some(Some(Left::Struck))),
            ("color: red", None),
            ("", None),
        ] {
            assert_eq!(by_style(style), want, "{style}");
        }
    }

    #[test]
    fn a_sheets_rules_hold_but_for_media() {
        let sheet = "@media print { .a { display: none } } /* x { } */ .b, #c { display: none } a:hover {display:none}";
        assert_eq!(rules(sheet), [(".b, #c".to_owned(), " display: none ".to_owned())]);
    }
}
