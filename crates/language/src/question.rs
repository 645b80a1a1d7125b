//! The question as typed: what is refused, and how a follow-up becomes a question of its own.

use std::sync::LazyLock;

use regex::Regex;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::codes;
use crate::text;

/// Longer than any message a customer writes; an embedding sees only its beginning anyway.
pub const LONGEST: usize = 16_000;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    #[error("The question is empty. Type what the customer asks.")]
    Empty,
    #[error("The question has {0} characters; at most {LONGEST} can be asked at once. Shorten it to what is asked.")]
    TooLong(usize),
}

/// A question fit to be searched for: control characters become spaces, the ends are trimmed.
pub fn clean(typed: &str) -> Result<String, QuestionError> {
    let characters = typed.chars().count();
    if characters > LONGEST {
        return Err(QuestionError::TooLong(characters));
    }
    // Full-width digits are digits; what has no width is nothing that was typed.
    let spaced: String = typed
        .nfkc()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let cleaned = text::collapse(&spaced);
    // A lone zero-width character is nothing that can be asked.
    if !cleaned.chars().any(char::is_alphanumeric) {
        return Err(QuestionError::Empty);
    }
    Ok(cleaned)
}

static LEAD_IN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:and|but|so|ok(?:ay)?|also|then|or)?[,\s]*(?:(?:what|how)\s+about|what\s+if(?:\s+it(?:'s|\s+is))?|same\s+for|does\s+that\s+(?:also\s+)?apply\s+to|is\s+(?:that|it)\s+the\s+same\s+(?:for|with))\s+|^(?:and|but|also)[,\s]+")
        .expect("a valid pattern")
});
static POINTS_BACK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:it|that|this|these|those|they|them|there|the same|instead)\b").expect("a valid pattern")
});
/// Questions that anybody asks about anything: they are about what was asked before.
static WHAT_NEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:what|how)\s+(?:do|should|can|shall)\s+(?:i|we)\s+(?:tell|say|do|explain)\b[\w\s]{0,24}$|^what\s+(?:now|next)$|^(?:and\s+)?then\s+what$",
    )
    .expect("a valid pattern")
});
/// How a whole question begins.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:how|what|why|when|where|who|which|can|could|do|does|did|is|are|was|should|may|must|will|would)\b",
    )
    .expect("a valid pattern")
});
static PREPOSITION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:for|with|if|when|in|at|on|by|from|to|after|before|without|about|as)\b")
        .expect("a valid pattern")
});

/// The follow-up as a question that stands by itself, or nothing if it does so already.
///
/// "and for controlled substances?" after "How do I transfer a prescription?" is searched for as
/// "How do I transfer a prescription for controlled substances?". A new code takes the place of the
/// former one. What is made is shown to the operator.
pub fn stand_alone(question: &str, previous: &str) -> Option<String> {
    let previous = previous.trim_end_matches(['?', '.', '!', ' ']);
    let lead = LEAD_IN.find(question);
    let rest = question[lead.map_or(0, |m| m.end())..].trim();
    let bare = rest.trim_end_matches(['?', '.', '!', ' ']);
    if bare.is_empty() {
        return None;
    }
    if let Some(made) = other_code(previous, bare, lead.is_some()) {
        return Some(made);
    }
    // A question that names a code of its own needs nothing of the one before but its "and".
    if !codes::find(bare, &|_| false).is_empty() {
        return lead.map(|_| format!("{bare}?"));
    }
    if let Some(made) = other_name(previous, bare) {
        return Some(made);
    }
    let content = text::content_stems(bare).len();
    let points_back = (POINTS_BACK.is_match(bare) && content <= 2) || WHAT_NEXT.is_match(bare);
    let fragment = PREPOSITION.is_match(bare) && content <= 5;
    if lead.is_none() && !points_back && !fragment {
        return None;
    }
    // A whole question behind "and" needs no help unless it points back.
    if lead.is_some() && (content > 6 || WHOLE.is_match(bare)) && !points_back {
        return None;
    }
    let join = if PREPOSITION.is_match(bare) || points_back {
        " "
    } else {
        " for "
    };
    Some(if points_back && !fragment {
        format!("{previous}: {rest}")
    } else {
        format!("{previous}{join}{bare}?")
    })
}

/// What operators write short, and what the knowledge calls it. Capitals are written so.
const SHORT: &[(&str, &str)] = &[
    ("PA", "prior authorization"),
    ("PAs", "prior authorizations"),
    ("prior auth", "prior authorization"),
    ("RTS", "refill too soon"),
    ("RTS", "return to stock"),
    ("DUR", "drug utilization review"),
    ("DAW", "dispense as written"),
    ("EOB", "explanation of benefits"),
    ("COB", "coordination of benefits"),
    ("OOP", "out-of-pocket"),
    ("MOOP", "maximum out-of-pocket"),
    ("OTC", "without a prescription"),
    ("CII", "schedule II controlled substance"),
    ("C2", "schedule II controlled substance"),
    ("ePA", "electronic prior authorization"),
    ("SSN", "social security number"),
    ("DOB", "date of birth"),
    ("POA", "power of attorney"),
    ("ADR", "side effect"),
    ("ER", "emergency room"),
    ("BP", "blood pressure"),
    ("NTI", "narrow therapeutic index"),
    ("MTM", "medication therapy management"),
    ("SCC", "submission clarification code"),
    ("PBM", "pharmacy benefit plan"),
    ("rx", "prescription"),
    ("rxs", "prescriptions"),
    ("script", "prescription"),
    ("scripts", "prescriptions"),
    ("meds", "medication"),
    ("med", "medication"),
    ("vet", "veterinarian"),
    ("dr", "prescriber"),
    ("doctor", "prescriber"),
    ("passed away", "died"),
    ("workers comp", "workers' compensation"),
    ("blood thinner", "anticoagulant"),
    ("coupon", "copay card"),
    ("vacation", "travel"),
    ("caregiver", "representative"),
    ("husband", "caregiver"),
    ("wife", "caregiver"),
    ("spouse", "caregiver"),
    ("daughter", "caregiver"),
    ("son", "caregiver"),
    ("mother", "caregiver"),
    ("mom", "caregiver"),
    ("father", "caregiver"),
    ("dad", "caregiver"),
    ("aunt", "caregiver"),
    ("uncle", "caregiver"),
    ("on behalf of", "representative"),
];

/// Whether a word is one of those that operators write short.
pub fn is_short_form(word: &str) -> bool {
    SHORT
        .iter()
        .any(|(short, _)| short.split(' ').any(|s| s.eq_ignore_ascii_case(word)))
}

static SHORTENED: LazyLock<Regex> = LazyLock::new(|| {
    let all: Vec<String> = SHORT.iter().map(|s| regex::escape(s.0)).collect();
    Regex::new(&format!(r"(?i)\b(?:{})\b", all.join("|"))).expect("a valid pattern")
});

/// The text with what its short forms stand for behind it. What was typed stays as it is.
pub fn spelt_out(text: &str) -> String {
    let mut out = text.to_owned();
    let mut said: Vec<&str> = Vec::new();
    for m in SHORTENED.find_iter(text) {
        for (short, long) in SHORT {
            // "er" is no emergency room: what is short by capitals is written so.
            let capitals = short.bytes().any(|b| b.is_ascii_uppercase());
            let same = if capitals {
                *short == m.as_str()
            } else {
                short.eq_ignore_ascii_case(m.as_str())
            };
            if same && !said.contains(long) {
                said.push(long);
                out.push_str(" (");
                out.push_str(long);
                out.push(')');
            }
        }
    }
    out
}

/// Words up to which a question is searched for as a whole alone.
const SHORT_QUESTION: usize = 30;
/// Parts of a long message beside the whole.
const PARTS: usize = 8;

/// The whole text, and of a long message what it asks: each question, and with it each sentence that may say what it is
/// about, the nearest first.
pub fn parts(text: &str) -> Vec<String> {
    let mut out = vec![text.to_owned()];
    if text::words(text).count() <= SHORT_QUESTION {
        return out;
    }
    let sentences: Vec<&str> = text::segments(text).into_iter().map(|s| &text[s.range]).collect();
    let questions: Vec<usize> = (0..sentences.len()).rev().filter(|i| asks(sentences[*i])).collect();
    for i in &questions {
        if text::content_stems(sentences[*i]).len() >= 3 {
            out.push(sentences[*i].to_owned());
        }
        if *i > 0 {
            out.push(format!("{} {}", sentences[i - 1], sentences[*i]));
        }
    }
    for i in &questions {
        for j in (0..i.saturating_sub(1)).rev().filter(|j| !questions.contains(j)) {
            out.push(format!("{} {}", sentences[j], sentences[*i]));
        }
    }
    out.truncate(PARTS + 1);
    out
}

/// Whether a sentence asks something.
pub fn asks(sentence: &str) -> bool {
    sentence.ends_with('?') || WHOLE.is_match(sentence) || REQUEST.is_match(sentence)
}

static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:please|i(?:'d| would) like to know|wonder(?:ing)?|want to (?:know|be sure)|need to know|tell me|explain|question)\b")
        .expect("a valid pattern")
});

static CODES_ALONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:codes?\s+)?((?:[A-Z]{2,3}|[0-9A-Za-z]*\d[0-9A-Za-z]*)(?:\s*(?:,|/|and|or)\s*(?:[A-Z]{2,3}|[0-9A-Za-z]*\d[0-9A-Za-z]*))*)$")
        .expect("a valid pattern")
});

/// "and 76?" after a question about code 75: the same question about 76.
fn other_code(previous: &str, bare: &str, led: bool) -> Option<String> {
    let known = |_: &codes::Code| false;
    let old = codes::find(previous, &known);
    let (first, last) = (old.first()?, old.last()?);
    let new = codes::find(bare, &known);
    // A code of another system is asked for as it stands.
    if new
        .iter()
        .any(|n| !codes::systems_agree(&n.code.system, &first.code.system))
    {
        return None;
    }
    let values = match CODES_ALONE.captures(bare) {
        Some(c) if bare.len() <= 24 && (led || !new.is_empty() || bare.len() <= 4) => c[1].to_owned(),
        _ => match new.as_slice() {
            [one] if text::content_stems(bare).len() <= if led { 4 } else { 3 } => one.code.value.clone(),
            _ => return None,
        },
    };
    Some(format!(
        "{}{values}{}?",
        &previous[..first.range.start],
        &previous[last.range.end..]
    ))
}

/// "and TRICARE?" after "Do we accept Medicaid?": the same question about TRICARE. Only where each of them is one name,
/// and a question that has it at its end asks for it.
fn other_name(previous: &str, bare: &str) -> Option<String> {
    let is_name = |w: &str| w.chars().next().is_some_and(char::is_uppercase) && w.len() >= 3 && !text::is_stopword(w);
    let new: Vec<&str> = text::words(bare).collect();
    if new.is_empty() || new.len() > 3 || !new.iter().all(|w| is_name(w)) {
        return None;
    }
    let mut names = text::words(previous).skip(1).filter(|w| is_name(w));
    let (Some(old), None) = (names.next(), names.next()) else {
        return None;
    };
    let begin = previous.strip_suffix(old)?;
    Some(format!("{begin}{bare}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(previous: &str, question: &str) -> Option<String> {
        stand_alone(question, previous)
    }

    #[test]
    fn a_question_is_cleaned_or_refused() {
        assert_eq!(clean("  a\u{0}b\tc \n"), Ok("a b c".into()));
        assert_eq!(clean("مرحبا؟"), Ok("مرحبا؟".into()));
        assert_eq!(clean(" \u{200b}\n"), Err(QuestionError::Empty));
        assert_eq!(clean("😀?"), Err(QuestionError::Empty));
        assert_eq!(clean(&"x".repeat(100_000)), Err(QuestionError::TooLong(100_000)));
    }

    #[test]
    fn follow_ups_stand_alone() {
        for (previous, question, want) in [
            (
                "How do I transfer a prescription?",
                "and for controlled substances?",
                Some("How do I transfer a prescription for controlled substances?"),
            ),
            (
                "How do I transfer a prescription?",
                "what about controlled substances?",
                Some("How do I transfer a prescription for controlled substances?"),
            ),
            (
                "What does claim rejection code 75 mean?",
                "and 76?",
                Some("What does claim rejection code 76 mean?"),
            ),
            (
                "What does claim rejection code 75 mean?",
                "what about code 79?",
                Some("What does claim rejection code 79 mean?"),
            ),
            (
                "How long does approval take?",
                "How do I cancel an order that has shipped?",
                None,
            ),
            (
                "How long does approval take?",
                "And how do I cancel an order that has shipped and been paid?",
                None,
            ),
            ("Do we accept Medicaid?", "and TRICARE?", Some("Do we accept TRICARE?")),
            (
                "What is reject 75?",
                "what do I tell the patient?",
                Some("What is reject 75: what do I tell the patient?"),
            ),
            (
                "How do I cancel an order?",
                "is it free?",
                Some("How do I cancel an order: is it free?"),
            ),
        ] {
            assert_eq!(after(previous, question).as_deref(), want, "{question}");
        }
    }
}
