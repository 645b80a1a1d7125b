//! Whether a word is a name: by its capitals, by plain language, and by what the sources hold. What it names is not
//! known here.

use std::sync::LazyLock;

use regex::Regex;

use crate::{days, drugs, question, text};

/// Which words are no names.
pub trait World {
    /// Whether any source holds the word.
    fn holds(&self, word: &str) -> bool;
    /// Whether it is plain language, as far as anybody knows.
    fn plain(&self, word: &str) -> bool;
}

/// Two to five capitals.
pub(crate) fn is_acronym(word: &str) -> bool {
    (2..=5).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether most words begin with a capital: then none of them says anything by it.
pub(crate) fn is_title(words: &[&str]) -> bool {
    let capitals = words.iter().filter(|w| w.starts_with(char::is_uppercase)).count();
    words.len() > 2 && capitals * 2 > words.len()
}

/// Whether a word is none that the sources, or people who write short, use.
pub(crate) fn is_unheld(folded: &str, world: &dyn World) -> bool {
    const KNOWN: &[&str] = &[
        "us", "usa", "uk", "faq", "pdf", "ok", "id", "po", "zip", "tv", "et", "est", "edt", "pt", "pst", "ct", "cst",
        "am", "pm", "fda", "dea", "hsa", "fsa", "pin", "sms", "ivr", "ups", "usps", "fyi", "eta", "tbd", "na", "rx",
        "otc", "np", "md", "do", "pa", "rn", "qty", "url", "app", "ios",
    ];
    !world.holds(folded)
        && !KNOWN.contains(&folded)
        && !question::is_short_form(folded)
        && !text::is_stopword(folded)
        && !days::is_day_word(folded)
}

/// GlucoTrak: nobody writes a plain word so.
pub(crate) fn inner_capital(word: &str) -> bool {
    let mut rest = word.chars().skip(1);
    rest.any(char::is_uppercase) && word.chars().any(char::is_lowercase)
}

pub(crate) fn starts_a_sentence(asked: &str, at: usize) -> bool {
    let before = asked[..at].trim_end();
    before.is_empty() || before.ends_with(['.', '!', '?', ':', '"', '“', '(', '-', '\n'])
}

/// Whether a word is nobody's name: English as anybody writes it, slips of the pen too.
pub(crate) fn is_plain(folded: &str, word: &str, world: &dyn World) -> bool {
    world.plain(folded) || is_own_plain(folded, word)
}

/// Whether it is one by the program's own lists, slips of the pen too.
pub(crate) fn is_own_plain(folded: &str, word: &str) -> bool {
    text::is_stopword(word)
        || is_plain_language(folded, word)
        || drugs::is_made_of_common(folded)
        || drugs::is_slip_of_common(folded)
}

/// Whether a word is plain language by the program's own lists.
pub fn is_plain_language(folded: &str, word: &str) -> bool {
    const SHORT: &[&str] = &[
        "appt",
        "acct",
        "asap",
        "info",
        "refil",
        "pharm",
        "diff",
        "addy",
        "gonna",
        "wanna",
        "gotta",
        "dont",
        "doesnt",
        "didnt",
        "cant",
        "wont",
        "isnt",
        "arent",
        "wasnt",
        "whats",
        "hows",
        "shes",
        "theyre",
        "youre",
        "thats",
        "havent",
        "hasnt",
        "couldnt",
        "shouldnt",
        "wouldnt",
        "thanx",
        "plz",
        "meds",
        "scripts",
        "hubby",
        "grandma",
        "grandmas",
        "grandpa",
        "moms",
        "dads",
        "kiddo",
        "hipaa",
        "tmrw",
        "btwn",
        "approx",
        "temp",
        "temps",
        "avail",
        // Of questions in Spanish.
        "significa",
        "significan",
        "quiere",
        "cuesta",
        "cuestan",
        "cubre",
        "cubren",
        "tengo",
        "necesito",
        "puedo",
        "puede",
        "debo",
        "debe",
        "hacer",
        "hago",
        "tarda",
        "dura",
        "alarma",
        "falla",
        "codigo",
    ];
    drugs::is_common(folded)
        || SHORT.contains(&folded)
        || folded.ends_with("n't")
        || question::is_short_form(folded)
        || days::is_day_word(folded)
        || drugs::is_compound_of_common(folded)
        || drugs::has_common_stem(folded)
        || word.contains('\'') && drugs::is_common(folded.split('\'').next().unwrap_or(""))
}

/// Behind these stands the name of a person.
static PERSON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(?:mr|mrs|ms|miss|dr|doctor|prof|named?|name's|i'm|i\s+am|this\s+is|hello|hi|hey|dear|thanks|thank\s+you|regards|sincerely|best|signed|patient|customer|son|daughter|wife|husband|mother|father|mom|dad|for)\b[.,:]?\s*|^)$")
        .expect("a valid pattern")
});
/// Behind these a place is where somebody is or goes to, and not what is asked about: a hotel in Orlando, a trip.
static CIRCUMSTANCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:hotels?|motels?|house|home|apartment|dorm|office|address|relatives?|friends?|family|(?:mother|father|mom|dad|sister|brother|son|daughter|parents)(?:'?s)?|travel\w*|trips?|vacation\w*|fly|flying|flies|cruise|going|moving|moved|visit\w*|stay\w*|living|lives)\b[^.?!]{0,20}\b(?:in|at|near|to)\s+(?:the\s+)?$")
        .expect("a valid pattern")
});
static PLACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:in|at|near|to|from|around|outside)\s+(?:the\s+)?$").expect("a valid pattern")
});

/// Whether a text ends where the name of a person follows.
pub(crate) fn is_before_a_person(before: &str) -> bool {
    PERSON.is_match(before)
}

/// Whether a text ends where a place follows.
pub(crate) fn is_before_a_place(before: &str) -> bool {
    PLACED.is_match(before)
}

/// Whether a text ends where the place follows at which somebody is, or to which somebody goes.
pub(crate) fn is_where_somebody_is(before: &str) -> bool {
    CIRCUMSTANCE.is_match(before)
}
