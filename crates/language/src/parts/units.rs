//! The sentences of a message, each as what it is to the others: a courtesy, a question, what is wrong, background.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::{cases, question, text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Courtesy,
    /// Asks, and says nothing of what: "What can I do?"
    Open,
    Question,
    /// Danger to life.
    Urgent,
    /// Something is wrong, or wanted.
    Problem,
    Background,
}

/// How a sentence turns to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    None,
    /// "And", "but": perhaps.
    And,
    /// "Also", "another question", the next number of a list.
    Also,
}

#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Without a greeting before it and the word that it turns with.
    pub(super) words: String,
    pub(super) kind: Kind,
    pub(super) turn: Turn,
    /// It says what is to be known, and is no question by its form.
    pub(super) told: bool,
}

/// How a question begins within a sentence: its verb before who does it.
const FORM: &str = r"(?:(?:can|could|do|does|did|is|are|was|were|should|may|must|will|would|am|isn't|aren't|don't|doesn't|can't|won't)\s+(?:i|we|you|he|she|they|it|the|my|your|our|his|her|their|this|that|these|those|there|a|an|any|anyone|someone|somebody|patients?|customers?|members?)|(?:has|have)\s+(?:i|we|you|he|she|they|it|my|the)|(?:when|where|why|who|whom|whose)(?:'s|\s+(?:do|does|did|is|are|was|were|can|could|should|will|would|must|may|has|have))|how(?:'s|\s+(?:long|much|many|often|soon|early|far|late|old|do|does|did|can|could|should|would|will|is|are|about))|(?:what|which)(?:'s|\s+(?:is|are|was|were|do|does|did|can|could|should|would|will|happens?|if|about|\w+\s+(?:is|are|do|does|did|can|could|should|will|would|has|have)))|c[oó]mo|qu[eé]|cu[aá]l(?:es)?|cu[aá]ndo|cu[aá]nt[oa]s?|d[oó]nde|por\s+qu[eé]|qui[eé]n|puedo|pueden?|podemos|podr[ií]an?|debo|aceptan?|tienen?|hay|env[ií]an|cubren?|venden|se\s+puede|es\s+posible)\b";

static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"^¿?\s*(?:{FORM}|(?:is|are|does|do|can|will|did|was)\s+\S+|¿)"
    ))
});
/// Words that a Spanish sentence begins with that asks nothing, too.
static EITHER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:como|que|cual|cuando|donde|cuanto|quien|por\s+que|hay|tienen?|podr[ií]an?)\b"));
static CUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?P<join>\s*[,;]\s*(?:(?:and|plus|but|y|adem[aá]s)\s+)?(?:(?:also|tambi[eé]n)[,\s]\s*)?|\s+[-–—]+\s+|\s+(?:and|plus|also|y|adem[aá]s|tambi[eé]n)[,\s]\s*(?:(?:also|tambi[eé]n)[,\s]\s*)?)(?P<form>¿?{FORM})"
    ))
});
static ALSO: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:also|plus|adem[aá]s|tambi[eé]n)\b|;"));
static GREETING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:hi|hello|hey|hiya|greetings|good\s+(?:morning|afternoon|evening|day)|dear\s+\w+|hola|buen[oa]s?\s+(?:d[ií]as?|tardes?|noches?))(?:\s+(?:there|again|team|all|everyone|guys))?\s*[,!.:–-]*\s*",
    )
});
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?P<also>(?:(?:and|but|y|pero)\s+)?(?:also|plus|besides(?:\s+that)?|in\s+addition|by\s+the\s+way|btw|ps|p\.s\.|second(?:ly)?(?:\s+question)?|third(?:ly)?(?:\s+question)?|lastly|finally|another\s+(?:thing|question|issue)(?:\s+is)?|(?:one|1)\s+(?:more|other|last)\s+(?:thing|question)|something\s+else|next\s+question|on\s+another\s+note|separately|adem[aá]s|tambi[eé]n|otra\s+(?:cosa|pregunta)|por\s+otro\s+lado|por\s+cierto|segundo)\b[,:.\s–-]*)|(?P<and>(?:and|but|or|then|y|pero|e)\b,?\s+)|(?:(?:so|ok|okay|well|oh|um|first(?:ly)?(?:\s+question|\s+of\s+all)?|my\s+(?:first\s+)?question\s+is|quick\s+question|question|please|pues|bueno|primero|now)\b[,:.!\s–-]+))",
    )
});
/// An item of a list that was written on one line.
static ITEM: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|\s)\(?([1-9])[.)]\s+"));
static KNOW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:like|want|need|have|love)\s+to\s+know\b|\bwonder(?:ing)?\s+(?:if|whether|how|what|when|where|why)\b|\b(?:tell|explain(?:\s+to)?)\s+me\b|\b(?:quiero|quisiera|necesito|gustar[ií]a)\s+saber\b",
    )
});
static PROBLEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:\w+n['’]?t|cannot|never|not|nothing|nobody|no\s+longer|still|late|missing|lost|stolen|broken|damaged|cracked|wrong|denied|rejected|declined|(?:over)?charged|leak\w*|melted|warm|expired|recalled|stuck|empty|out\s+of|ran\s+out|need|want|would\s+like|i'd\s+like|please\s+\w+|trying\s+to|looking\s+for|problem|error|twice)\b|\b(?:no\s+(?:ha|he|me|lleg|funcion|puedo|tengo)|nunca|perd[ií]|rot[oa]|equivocad|rechaz|cobr|falta|necesito|quiero|quisiera|me\s+gustar[ií]a)",
    )
});
static POINTS_BACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:it|its|that|this|these|those|they|them|their|there|he|she|him|his|her|hers|the\s+same|such|instead|if\s+so|if\s+not|one|ones|lo|la\s+misma|eso|esto|ellos)\b",
    )
});

fn pattern(p: &str) -> Regex {
    Regex::new(&format!("(?i){p}")).expect("a valid pattern")
}

/// Words of politeness, and of talk about asking.
const POLITE: &str = "thing things hi hello hey greetings thank thanks thx hope hopefully well day days good morning afternoon evening night sorry bother long \
    message email quick question questions two three four few couple several please appreciate help great nice service best regards \
    sincerely bye cheers ok okay yes yeah sir madam team dear everyone kind kindly reading time weekend wonderful lovely advance ask asking \
    asked forward hearing wishes hola buenos buenas dias tardes noches gracias por favor saludos tengo dos tres preguntas una pregunta \
    disculpe perdon ayuda";
/// Words that ask for help, and do not say with what.
const OPEN: &str = "help know explain tell say said do done happen happens happening now next right option options thing things think idea ideas \
    question questions please somebody someone somehow anybody anyone way possible suppose supposed need get got advise advice suggest \
    mean means true correct sure understand make sense update anything one ones something else fix fixed go going like want let me hacer pasa \
    puedo puede ahora ayudar ayudarme saber se que por favor";

fn set(of: &'static str) -> HashSet<String> {
    of.split_whitespace().map(text::stem).collect()
}

/// What a question or a sentence says of its own.
pub(super) fn own(words: &str) -> HashSet<String> {
    static LEFT_OUT: LazyLock<HashSet<String>> = LazyLock::new(|| set(OPEN));
    let all = text::content_stems(words).into_iter();
    all.filter(|w| !LEFT_OUT.contains(w)).collect()
}

/// Whether a question needs what was said before it.
pub(super) fn points_back(words: &str) -> bool {
    POINTS_BACK.is_match(words)
}

/// Whether a sentence has the form of a question, perhaps behind its condition: "If I move, can I stay?"
pub(super) fn is_formed(words: &str) -> bool {
    static BEHIND: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"[,:]\s*¿?{FORM}")));
    static ASKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:who|whose|what|which|when|where|why|how)\b.*\?"));
    BEGINS.is_match(words) || BEHIND.is_match(words) || ASKS.is_match(words)
}

/// The units of a message as typed.
pub(super) fn units(typed: &str, emergencies: &[String]) -> Vec<Unit> {
    let mut out = Vec::new();
    for (bullet, block) in blocks(typed) {
        for (counted, text) in items(&block) {
            let item = bullet || counted;
            for (m, sentence) in sentences(text).into_iter().enumerate() {
                for (k, (piece, also)) in cut(sentence).into_iter().enumerate() {
                    let first = item && m == 0 && k == 0;
                    let turn = if also || first {
                        Turn::Also
                    } else if k > 0 {
                        Turn::And
                    } else {
                        Turn::None
                    };
                    out.extend(unit(piece, turn, first, emergencies));
                }
            }
        }
    }
    out
}

/// Paragraphs, each with whether it is marked as an item; a line that begins as a question does is one by itself.
fn blocks(typed: &str) -> Vec<(bool, String)> {
    let mut out: Vec<(bool, String)> = Vec::new();
    let mut open = false;
    for line in typed.lines() {
        let line = question::clean(line).unwrap_or_default();
        let bullet = line.trim_start_matches(['-', '*', '•', '–']).trim_start();
        let marked = bullet.len() < line.len();
        let begins = marked || ITEM.find(&line).is_some_and(|m| m.start() == 0) || {
            let (rest, turn, _) = stripped(&line);
            BEGINS.is_match(rest) || turn == Turn::Also
        };
        match out.last_mut() {
            Some((_, last)) if open && !begins => {
                last.push(' ');
                last.push_str(&line);
            }
            _ if line.is_empty() => {}
            _ => out.push((marked, bullet.to_owned())),
        }
        open = !line.is_empty();
    }
    out
}

/// The items of a list that counts from 1, and what stands before it; each with whether it is an item.
fn items(block: &str) -> Vec<(bool, &str)> {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for c in ITEM.captures_iter(block) {
        let whole = c.get(0).expect("the whole match");
        if c[1].parse() == Ok(marks.len() + 1) {
            marks.push((whole.start(), whole.end()));
        }
    }
    // A single line of a list that goes on in the next block counts as well.
    let starts = marks.first().is_some_and(|m| m.0 == 0);
    let alone = ITEM
        .captures(block)
        .filter(|c| c.get(0).is_some_and(|m| m.start() == 0));
    if marks.len() < 2 && !(starts || alone.is_some()) {
        return vec![(false, block)];
    }
    if marks.is_empty() || (marks.len() == 1 && starts) {
        let behind = alone.and_then(|c| c.get(0)).map_or(0, |m| m.end());
        return vec![(true, &block[behind..])];
    }
    let mut out = vec![(false, block[..marks[0].0].trim())];
    for (i, (_, begin)) in marks.iter().enumerate() {
        let end = marks.get(i + 1).map_or(block.len(), |m| m.0);
        out.push((true, block[*begin..end].trim()));
    }
    out.retain(|i| !i.1.is_empty());
    out
}

/// Sentences, also where the next one begins with a small letter behind a question mark.
fn sentences(block: &str) -> Vec<&str> {
    static ENDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[?!]+[)\x22]*\s+|\.\s+"));
    let mut out = Vec::new();
    for segment in text::segments(block) {
        let whole = &block[segment.range];
        let mut begin = 0;
        for m in ENDS.find_iter(whole) {
            let (rest, turn, _) = stripped(&whole[m.end()..]);
            let small = rest.starts_with(char::is_lowercase) || turn != Turn::None;
            let ends = !m.as_str().starts_with('.') || (small && (BEGINS.is_match(rest) || turn == Turn::Also));
            if ends {
                out.push(whole[begin..m.end()].trim());
                begin = m.end();
            }
        }
        out.push(whole[begin..].trim());
    }
    out.retain(|s| !s.is_empty());
    out
}

/// A sentence cut where a question of its own follows another; whether a piece says that it is another thing.
fn cut(sentence: &str) -> Vec<(&str, bool)> {
    let mut out = Vec::new();
    let (mut begin, mut from, mut also) = (0, 0, false);
    while let Some(c) = CUT.captures_at(sentence, from) {
        let (Some(join), Some(form)) = (c.name("join"), c.name("form")) else {
            break;
        };
        let strong = ALSO.is_match(join.as_str());
        let left = &sentence[begin..join.start()];
        let end = CUT
            .captures_at(sentence, form.end())
            .and_then(|c| c.name("join"))
            .map_or(sentence.len(), |m| m.start());
        let right = &sentence[form.start()..end];
        let (left_rest, _, _) = stripped(left);
        let asks = BEGINS.is_match(left_rest) && !EITHER.is_match(left_rest) && !own(left_rest).is_empty();
        let states = strong && PROBLEM.is_match(left_rest) && own(left_rest).len() >= 2;
        let spanish = !EITHER.is_match(form.as_str()) || sentence.contains('¿');
        if (asks || states) && own(right).len() >= 2 && !points_back(right) && spanish {
            out.push((left, also));
            (begin, also) = (form.start(), strong);
        }
        from = form.end();
    }
    out.push((&sentence[begin..], also));
    out
}

/// A sentence without its greeting and its lead, how it turns, and whether anything was taken off.
fn stripped(sentence: &str) -> (&str, Turn, bool) {
    let mut rest = sentence.trim_start_matches(['-', '*', '•', '–', ' ']);
    let mut turn = Turn::None;
    let mut taken = false;
    while let Some((end, of)) = taken_off(rest) {
        rest = &rest[end..];
        turn = turn.max(of);
        taken = true;
    }
    (rest.trim(), turn, taken)
}

fn taken_off(rest: &str) -> Option<(usize, Turn)> {
    if let Some(m) = GREETING.find(rest).filter(|m| m.end() > 0) {
        return Some((m.end(), Turn::None));
    }
    let c = LEAD.captures(rest)?;
    let turn = match (c.name("also"), c.name("and")) {
        (Some(_), _) => Turn::Also,
        (_, Some(_)) => Turn::And,
        _ => Turn::None,
    };
    c.get(0).map(|m| (m.end(), turn)).filter(|t| t.0 > 0)
}

fn unit(piece: &str, joined: Turn, item: bool, emergencies: &[String]) -> Option<Unit> {
    let (words, turn, _) = stripped(piece);
    // A lead alone ("One more thing.") turns what follows.
    if words.is_empty() && turn != Turn::Also {
        return None;
    }
    let told = KNOW.is_match(words) && !words.contains(['?', '¿']);
    let also = if told && ALSO.is_match(words) {
        Turn::Also
    } else {
        Turn::None
    };
    Some(Unit {
        kind: kind(words, item, emergencies),
        words: words.to_owned(),
        turn: turn.max(joined).max(also),
        told,
    })
}

fn kind(words: &str, item: bool, emergencies: &[String]) -> Kind {
    static SAID: LazyLock<HashSet<String>> = LazyLock::new(|| set(POLITE));
    if cases::emergency(words, emergencies) {
        return Kind::Urgent;
    }
    let asks = words.contains('?')
        || words.contains('¿')
        || (BEGINS.is_match(words) && !EITHER.is_match(words))
        || KNOW.is_match(words);
    if asks || item {
        return if own(words).is_empty() {
            Kind::Open
        } else {
            Kind::Question
        };
    }
    if text::content_stems(words).iter().all(|w| SAID.contains(w)) {
        Kind::Courtesy
    } else if PROBLEM.is_match(words) && own(words).len() >= 2 {
        Kind::Problem
    } else {
        Kind::Background
    }
}
