//! The customer's words: a sentence that speaks to the operator, as the operator says it to the customer. English and
//! Spanish.
//!
//! No fact is ever changed: numbers, names and conditions stay as they are, and where a rule is not sure of the
//! grammar or of who is meant, the sentence stays as it is.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What becomes of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    AsItIs,
    /// In words for the customer.
    So(String),
    /// It is the operator's alone.
    NotAtAll,
}

fn pattern(of: &str) -> Regex {
    Regex::new(&of.replace("PERSON", "the (?:patient|customer|member)")).expect("a valid pattern")
}

macro_rules! patterns {
    ($($name:ident = $of:expr;)+) => { $( static $name: LazyLock<Regex> = LazyLock::new(|| pattern($of)); )+ };
}

patterns! {
    // Whatever could be of life and death stands as its source has it.
    URGENT = r"(?i)\b(?:911|988|poison|emergenc\w*|suicid\w*|emergencias?)\b";
    PERSON = r"(?i)\bPERSON\b";
    ANY_PERSON = r"(?i)\b(?:patients?|customers?|members?|callers?|pacientes?|clientes?)\b";
    LEAD = r"(?i)^((?:if|when|once|after|before|unless|until|with|without|in|for|on)\b[^,;:]*(?:, [^,;:]*)*, (?:then )?|otherwise,? |then,? |first,? )";
    SPOKEN = r"(?i)^(?:say|tell PERSON|answer|diga|dígale al (?:paciente|cliente))(?: (?:what happens|this|to PERSON))?:? [“«]([^“”«»]+)[”»]\.?$";
    THAT = r"(?i)^(?:(?:tell|inform|advise|remind) PERSON|let PERSON know|(?:explain|say)(?: to PERSON)?) that (.+)$";
    COLON = r"(?i)^tell PERSON: ([^“”]+)$";
    AND_CLAUSE = r"(?i) (?:and|or) (?:what|how|when|where|which|who|whether|why|to)\b";
    REMEMBER = r"(?i)^remind PERSON to (.+)$";
    NOT_TO = r"(?i)^(?:ask|tell|advise|instruct) PERSON not to (.+)$";
    TO = r"(?i)^(?:ask|tell|advise|instruct|encourage) PERSON to (.+)$";
    WHAT = r"(?i)^ask (?:PERSON )?((?:whether|if|which|what|how|when|where|who|why) .+)$";
    ASK_FOR = r"(?i)^ask (?:PERSON )?for (.+)$";
    OFFER_TO = r"(?i)^offer to (.+)$";
    OFFER = r"(?i)^offer (?:PERSON )?(.+)$";
    WE = r"(?i)^((?:reship|replace|refund|resend|send|ship|transfer|cancel|connect|extend|waive|credit|reopen|expedite|arrange|order)|open a (?:trace|claim|investigation)\b)(.*)$";
    // What is done with these is the house's own business.
    INTERNAL = r"(?i)\b(?:cases?|tickets?|notes?|teams?|supervisor|queue|chat|profile|form|report|SOPs?|systems?|dashboard|worklist|log|hand-over|colleague)\b";
    OF_IT = r"(?i)^ ?(?:it|them|this|that|these|those)\b";
    OWN_BY = r"(?i)^verify the (?:caller|patient|customer|member) by SOP \w+\.$";
    OWN = r"(?i)^(?:note|write|log|record|document|file|fill in|mark|flag|tag|set|select|choose|click|enter|type|close|compare|verify|check|look (?:at|up|under|for)|make sure|read (?:it|them|back)|escalate|hand over|assign|report|rule out|search|attach|save|update|create|open (?:a|the) (?:case|ticket)|send the case)\b";
    OF_THIS = r"(?i)^use this (?:when|if|before|after|for)\b";
    OWN_NEVER = r"(?i)^(?:do not|don't|never) (?:ask|say|tell|confirm|promise|read|give|name|discuss|disclose|mention|suggest|quote|guess|note|put the caller)\b";
    // An order to the operator behind an “and”: what is before it may be the customer's, this is not.
    AND_ORDER = r"(?i)(?:,|;| and| or| then) (?:then )?(?:note|write|log|record|document|mark|flag|escalate|verify|offer|tell|ask|inform|explain|say|report|close|check|compare|add|choose|read)\b";
    AND_WE = r"(?i)(?:,|;| and| or| then) (?:then )?(?:connect|reship|refund|replace|transfer)\b";
    // The customer is spoken to behind the operator's own part.
    TELLS = r"(?i)(?:,| and| then| y) (?:tell|ask|inform|explain|say|offer|advise|remind|dígale|diga|pida|ofrezca|explique)\b";
    AND_TO = r" and (not )?to ";
    YOU = r"(?i)\b(?:you|your|yours|yourself)\b";
    HE = r"(?i)\b(?:he|him|his|she|her|hers|himself|herself|themselves|themself|theirs)\b";
    THEY = r"(?i)\b(they|them|their)\b";
    OTHERS = r"(?i)\b(?:pharmacists?|prescribers?|doctors?|caregivers?|carers?|callers?|carriers?|plans?|insurers?|insurance|manufacturers?|clinics?|offices?|pharmac(?:y|ies)|person|people|family|spouse|child|children|parents?|agents?|representatives?|nurses?|hospitals?|we)\b";
    PLURAL = r"(?i)\b\w*[a-z]{2}[^su\W]s\b";
    // Who a declarative sentence may begin with; an order would begin with its verb.
    DECLARES = r"^(?i:the|an?|we|it|this|that|these|those|there|no|each|every|any|all|both|some|most|their|they|only|its)\b";
    ROLE = r"(?i)\bthe (?:patient|customer|member)(['’]s)?( (?:[\w’']+))?( \w+)?";
    VERB_BEHIND_AND = r"\b(?:and|or) (\w+)\b";

    ES_THAT = r"(?i)^(?:(?:dígale|diga|explíquele|explique|recuérdele|recuerde) al (?:paciente|cliente)|(?:informe|avise) al (?:paciente|cliente)(?: de)?|explique) que (.+)$";
    ES_ASK = r"(?i)^(?:pida|pídale|solicite|indique|indíquele) al (?:paciente|cliente) que (.+)$";
    ES_ASK_WHAT = r"(?i)^(?:pregunte|pregúntele)(?: al (?:paciente|cliente))? ((?:si|cuál|cuáles|qué|cómo|cuándo|cuánto|cuánta|cuántos|cuántas|dónde|quién) .+)$";
    ES_OFFER = r"(?i)^(?:ofrezca|ofrézcale) al (?:paciente|cliente) (.+)$";
    ES_OWN = r"(?i)^(?:anote|registre|marque|verifique|compare|documente|escale|archive|cierre el caso|abra un caso)\b";
    ES_AND_ORDER = r"(?i)(?:,|;| y| o) (?:anote|registre|marque|verifique|documente|escale|diga|dígale|pida|pídale|ofrezca|explique|informe|conecte|transfiera)\b";
    ES_PERSON = r"(?i)\b(?:paciente|cliente)s?\b";
    ES_ROLE = r"(?i)(^|\b(?:si|que|cuando|,) )el (?:paciente|cliente) ";
}

/// What “the patient …” does, and what “you …” do.
static VERBS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "wants needs pays receives gets takes says gives sends signs owes keeps uses lives moves travels stops starts \
     chooses cancels agrees refuses declines opens misses finds knows feels confirms qualifies loses goes makes sees \
     reaches speaks provides replies meets buys leaves brings shows describes expects hears writes prefers waits \
     becomes fills holds enrolls pays tries has is was does asks calls requests returns changes picks"
        .split_whitespace()
        .collect()
});

/// What may stand behind “the patient” so that it is a person and no “patient portal”.
static BEHIND: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "can may must will should could would might cannot to with for in on at by from within about as if when that how \
     what where which not also already still only never again once a an the any one two three all no free right \
     immediately directly instead now today before after until unless because so but while during without through via"
        .split_whitespace()
        .collect()
});

/// Behind these words, or at the beginning, “the patient” is who does something.
static OPENS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "if when that unless until because after before once while whether but so how what where which"
        .split_whitespace()
        .collect()
});

const ADVERBS: &[&str] = &["also", "already", "still", "only", "never", "then", "usually", "always"];

/// A sentence without the marker of its list. `to_operator`: it stands in what is written for operators, so that its
/// orders are theirs.
pub fn told(sentence: &str, to_operator: bool) -> Told {
    let said = sentence.trim();
    if URGENT.is_match(said) || said.is_empty() {
        return Told::AsItIs;
    }
    if let Some(c) = SPOKEN.captures(said) {
        return Told::So(ended(capital(&c[1])));
    }
    if to_operator && is_own(said) {
        return Told::NotAtAll;
    }
    let told = spanish(said).or_else(|| english(said, to_operator));
    match told {
        Some(told) if told != said => Told::So(told),
        _ => Told::AsItIs,
    }
}

/// Whether it is done without the customer, and nothing in it is for them.
fn is_own(said: &str) -> bool {
    if OF_THIS.is_match(said) || OWN_NEVER.is_match(said) {
        return !said.contains(';');
    }
    let order = LEAD.captures(said).map_or(said, |c| &said[c[0].len()..]);
    let own = OWN.is_match(order) || ES_OWN.is_match(order);
    let alone = own && !ANY_PERSON.is_match(order) || OWN_BY.is_match(order);
    alone && !order.contains(';') && !TELLS.is_match(order)
}

fn english(said: &str, to_operator: bool) -> Option<String> {
    let (lead, rest) = match LEAD.captures(said) {
        Some(c) => said.split_at(c[0].len()),
        None => ("", said),
    };
    let spoken = addressed(rest, to_operator);
    let Some(spoken) = spoken else {
        return declared(said, lead, rest);
    };
    let by_us = WE.is_match(rest) || OFFER.is_match(rest);
    let unclear = if COLON.is_match(rest) {
        ['“', '"'].as_slice()
    } else {
        &['“', '"', ':']
    };
    if AND_ORDER.is_match(rest) || !by_us && (AND_WE.is_match(rest) || rest.contains(';')) || rest.contains(unclear) {
        return None;
    }
    if lead.is_empty() {
        return Some(capital(&spoken));
    }
    // What would not be understood without its condition goes with it.
    let lead = second_person(lead)?;
    Some(capital(&format!("{lead}{spoken}")))
}

/// An order to say or ask something, as it is said or asked; it begins in small letters.
fn addressed(rest: &str, to_operator: bool) -> Option<String> {
    let inner = |c: Captures<'_>| c.get(1).map(|m| m.as_str().to_owned());
    let of = |p: &Regex| p.captures(rest).and_then(inner);
    let you = |said: &str| person_known(said);
    if let Some(r) = of(&THAT) {
        let r = r.replace(" and that ", ", and ");
        return (!AND_CLAUSE.is_match(&r)).then(|| you(&r)).flatten();
    }
    if let Some(r) = of(&COLON) {
        return you(&r);
    }
    if let Some(r) = of(&REMEMBER) {
        return Some(format!("please remember to {}", you(&r)?));
    }
    if let Some(r) = of(&NOT_TO) {
        let (first, further) = apart(&r);
        return Some(format!(
            "please do not {}{}",
            you(&first)?,
            further.map_or(Some(String::new()), |f| you(&f))?
        ));
    }
    if let Some(r) = of(&TO) {
        let (first, further) = apart(&r);
        return Some(format!(
            "please {}{}",
            you(&first)?,
            further.map_or(Some(String::new()), |f| you(&f))?
        ));
    }
    if let Some(r) = of(&WHAT) {
        return (to_operator || PERSON.is_match(rest))
            .then(|| you(&r))
            .flatten()
            .map(|r| format!("please tell us {r}"));
    }
    if let Some(r) = of(&ASK_FOR) {
        return (to_operator || PERSON.is_match(rest))
            .then(|| you(&r))
            .flatten()
            .map(|r| format!("please let us have {r}"));
    }
    if let Some(r) = of(&OFFER_TO) {
        return to_operator.then(|| you(&r)).flatten().map(|r| format!("we can {r}"));
    }
    if let Some(r) = of(&OFFER) {
        let to = r.starts_with("to ") || INTERNAL.is_match(&r) || r.contains(';');
        return (to_operator && !to)
            .then(|| you(&r))
            .flatten()
            .map(|r| format!("we can offer you {r}"));
    }
    let c = WE.captures(rest).filter(|_| to_operator)?;
    if INTERNAL.is_match(rest) || OF_IT.is_match(&c[2]) {
        return None;
    }
    Some(format!("we will {}", small(&second_person(rest)?)))
}

/// The second of two things that are asked for: “not to use it and to keep it” keeps what it is not to.
fn apart(said: &str) -> (String, Option<String>) {
    match AND_TO.captures(said) {
        Some(c) => {
            let whole = c.get(0).map_or(0..0, |m| m.range());
            let not = if c.get(1).is_some() { "do not " } else { "" };
            let further = format!(", and {not}{}", &said[whole.end..]);
            (
                said[..whole.start].to_owned(),
                Some(AND_TO.replace_all(&further, " and ").into_owned()),
            )
        }
        None => (said.to_owned(), None),
    }
}

/// A sentence about the customer is said to the customer.
fn declared(said: &str, lead: &str, rest: &str) -> Option<String> {
    if !PERSON.is_match(said) || !DECLARES.is_match(rest) || (lead.is_empty() && !DECLARES.is_match(said)) {
        return None;
    }
    let further = said.split("; ").skip(1).all(|s| DECLARES.is_match(s));
    (further && !AND_ORDER.is_match(said))
        .then(|| second_person(said))
        .flatten()
}

/// As `second_person`, where “they” can only be who is spoken to: the order names nobody else before.
fn person_known(said: &str) -> Option<String> {
    let Some(first) = THEY.find(said) else {
        return second_person(said);
    };
    let before = &said[..first.start()];
    let doubtful = OTHERS.is_match(before) || PLURAL.is_match(before);
    if doubtful || OTHERS.is_match(said) && THEY.find_iter(said).count() > 1 {
        return None;
    }
    let yours = THEY.replace_all(said, |c: &Captures<'_>| match c[1].to_lowercase().as_str() {
        "their" => "your",
        _ => "you",
    });
    if PERSON.is_match(&yours) {
        return None;
    }
    let whole = yours.into_owned();
    (!HE.is_match(&whole) && !YOU.is_match(said)).then_some(whole)
}

/// “The patient has” as “you have”; nothing where somebody else may be meant or the grammar is in doubt.
fn second_person(said: &str) -> Option<String> {
    if !ANY_PERSON.is_match(said) {
        // Nobody is spoken of; whoever is spoken to already is the operator.
        return (!YOU.is_match(said) && !HE.is_match(said)).then(|| said.to_owned());
    }
    let roles: HashSet<String> = ANY_PERSON.find_iter(said).map(|m| m.as_str().to_lowercase()).collect();
    let doubtful = roles.len() > 1
        || YOU.is_match(said)
        || HE.is_match(said)
        || THEY.is_match(said)
        || said.contains(['“', '"'])
        || ANY_PERSON.find_iter(said).count() != PERSON.find_iter(said).count();
    if doubtful {
        return None;
    }
    let mut out = String::new();
    let mut done = 0;
    let mut agreed = false;
    for c in ROLE.captures_iter(said) {
        let whole = c.get(0)?;
        let before = said[..whole.start()].trim_end();
        let last = before
            .rsplit(|ch: char| !ch.is_alphanumeric())
            .next()
            .unwrap_or("")
            .to_lowercase();
        let word = c.get(2).map_or("", |m| m.as_str().trim());
        out.push_str(&said[done..whole.start()]);
        let person = c.get(0)?.start() + role_length(&said[whole.start()..]);
        if c.get(1).is_some() {
            out.push_str("your");
            done = person + c.get(1)?.len();
            continue;
        }
        // “And the patient”, “of the patient”, “does the patient”: another grammar.
        if ["and", "or", "of", "does", "is", "has", "was", "do", "can", "may"].contains(&last.as_str()) {
            return None;
        }
        let opens = before.is_empty() || before.ends_with(',') || OPENS.contains(last.as_str());
        let adverb = ADVERBS.contains(&word);
        let verb = if adverb {
            c.get(3).map_or("", |m| m.as_str().trim())
        } else {
            word
        };
        out.push_str("you");
        done = person;
        if opens && VERBS.contains(verb) {
            if adverb {
                out.push(' ');
                out.push_str(word);
            }
            out.push(' ');
            out.push_str(&base(verb));
            done = if adverb { c.get(3)?.end() } else { c.get(2)?.end() };
            agreed = true;
        } else if !(word.is_empty() || BEHIND.contains(word))
            || opens && verb.ends_with('s') && verb.len() > 2 && !BEHIND.contains(verb)
        {
            return None;
        }
    }
    out.push_str(&said[done..]);
    if PERSON.is_match(&out) {
        return None;
    }
    // A second verb of the same subject would not agree.
    let second = |c: Captures<'_>| VERBS.contains(&c[1]);
    if agreed && VERB_BEHIND_AND.captures_iter(said).any(second) {
        return None;
    }
    Some(capital_as(said, &out))
}

/// Bytes of “the patient”.
fn role_length(from: &str) -> usize {
    PERSON.find(from).map_or(0, |m| m.end())
}

/// As “you” do it.
fn base(verb: &str) -> String {
    match verb {
        "is" => "are".into(),
        "was" => "were".into(),
        "has" => "have".into(),
        "does" => "do".into(),
        "goes" => "go".into(),
        _ => match (verb.strip_suffix("ies"), verb.strip_suffix("es")) {
            (Some(stem), _) => format!("{stem}y"),
            (_, Some(stem)) if ["ss", "sh", "ch", "x"].iter().any(|e| stem.ends_with(e)) => stem.to_owned(),
            _ => verb.trim_end_matches('s').to_owned(),
        },
    }
}

/// The subjunctive behind “que” is the polite imperative: it stays to the letter.
fn spanish(said: &str) -> Option<String> {
    let inner = |p: &Regex| p.captures(said).map(|c| c[1].to_owned());
    let sure = |r: &str| !ES_PERSON.is_match(r) && !ES_AND_ORDER.is_match(said) && !said.contains(['“', '«', ':']);
    if let Some(r) = inner(&ES_THAT) {
        let r = ES_ROLE.replace_all(&r, "${1}usted ").into_owned();
        return sure(&r).then(|| capital(&r));
    }
    if let Some(r) = inner(&ES_ASK) {
        return sure(&r).then(|| format!("Por favor, {}", r.replace(" y que ", " y ")));
    }
    if let Some(r) = inner(&ES_ASK_WHAT) {
        return sure(&r).then(|| format!("Por favor, díganos {r}"));
    }
    let r = inner(&ES_OFFER)?;
    sure(&r).then(|| format!("Podemos ofrecerle {r}"))
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
}

fn small(words: &str) -> String {
    let mut chars = words.chars();
    chars
        .next()
        .map_or(String::new(), |c| c.to_lowercase().collect::<String>() + chars.as_str())
}

/// With a capital where the other has one.
fn capital_as(like: &str, words: &str) -> String {
    match like.chars().next() {
        Some(c) if c.is_uppercase() => capital(words),
        _ => words.to_owned(),
    }
}

fn ended(mut words: String) -> String {
    if !words.ends_with(['.', '!', '?', '…']) {
        words.push('.');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    /// The sources that each sentence of the table stands in.
    fn is_of_operator(kind: &str) -> bool {
        match kind {
            "sop" => true,
            "other" => false,
            _ => panic!("{kind}: sop or other"),
        }
    }

    #[test]
    fn sentences_are_told_to_the_customer_as_the_table_says() {
        let mut wrong = Vec::new();
        let mut seen = 0;
        for line in include_str!("../data/customer-cases.tsv")
            .lines()
            .filter(|l| !l.starts_with('#'))
        {
            let [kind, said, want] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("a kind, a sentence and what is told: {line}")
            };
            seen += 1;
            let got = match told(said, is_of_operator(kind)) {
                Told::AsItIs => "=".to_owned(),
                Told::NotAtAll => "-".to_owned(),
                Told::So(words) => words,
            };
            if got != want {
                wrong.push(format!("{said}\n   got {got}\n  want {want}"));
            }
        }
        assert!(seen >= 100, "{seen}");
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn no_fact_is_changed_and_what_is_told_is_told_once() {
        for line in include_str!("../data/customer-cases.tsv")
            .lines()
            .filter(|l| !l.starts_with('#'))
        {
            let said = line.split('\t').nth(1).expect("a sentence");
            if let Told::So(words) = told(said, true) {
                assert_eq!(keys(&words), keys(said), "{said}");
                assert_eq!(told(&words, true), Told::AsItIs, "{words}");
            }
        }
    }

    fn keys(said: &str) -> Vec<String> {
        let mut keys: Vec<String> = facts::facts(said).into_iter().map(|f| f.key).collect();
        keys.sort();
        keys
    }
}
