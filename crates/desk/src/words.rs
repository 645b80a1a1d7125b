//! An answer or a refusal in words: what must be known first, what was written or why nothing was, then its sources.
//! For whoever has no window: a terminal, another program's chat. Nothing is decided here.

use std::collections::HashSet;
use std::io::{Result, Write};

use jiff::civil::Date;
use mortar_assistant::{
    Answer, Checked, Grounding, LookAlike, Missing, Passage, Problem, QuestionPart, Reason, Sentence, Stage,
};

pub fn answer(to: &mut dyn Write, a: &Answer) -> Result<()> {
    first(to, a)?;
    if !a.parts.is_empty() {
        in_parts(to, a)?;
    } else if a.abstained {
        refused(to, a)?;
    } else {
        written(to, a)?;
    }
    sources(to, a)
}

/// What an answer says beside its sentences, for whoever has seen these already.
pub fn beside(to: &mut dyn Write, a: &Answer) -> Result<()> {
    first(to, a)?;
    lacking(to, a)?;
    writeln!(to, "Sources:")?;
    sources(to, a)
}

fn sources(to: &mut dyn Write, a: &Answer) -> Result<()> {
    for p in &a.passages {
        writeln!(
            to,
            "  [{}] {} ({}, version {}{}, {:.2}){}",
            p.number,
            p.title,
            p.document,
            p.version,
            page(p),
            p.score,
            standing(a, p)
        )?;
    }
    Ok(())
}

fn page(p: &Passage) -> String {
    p.page.map_or_else(String::new, |page| format!(", page {page}"))
}

/// A text that was checked, with the sources that it stands on.
pub fn checked(to: &mut dyn Write, c: &Checked) -> Result<()> {
    for n in &c.notices {
        writeln!(to, "{}: {}\n", instead(n.about, false), n.message)?;
    }
    for s in &c.sentences {
        sentence(to, s)?;
    }
    if !c.passages.is_empty() {
        writeln!(to, "\nSources:")?;
    }
    for p in &c.passages {
        let cited = |s: &Sentence| s.citations.iter().any(|c| c.number == p.number);
        let near = if c.sentences.iter().any(cited) { "" } else { ", near" };
        let title = if p.title.is_empty() {
            ""
        } else {
            &format!("{} ", p.title)
        };
        let version = if p.version.is_empty() {
            ""
        } else {
            &format!(", version {}", p.version)
        };
        writeln!(to, "  [{}] {title}({}{version}{}){near}", p.number, p.document, page(p))?;
    }
    let open = c
        .sentences
        .iter()
        .filter(|s| matches!(s.grounding, Grounding::Partial | Grounding::Unsupported))
        .count();
    match (open, c.sentences.len()) {
        (0, _) => writeln!(to, "\nAll of it has its source."),
        (open, all) => writeln!(to, "\n{open} of {all} sentences without a full source."),
    }
}

/// What must be known before it is read.
fn first(to: &mut dyn Write, a: &Answer) -> Result<()> {
    let sourced = a.passages.iter().any(|p| p.emergency);
    if sourced {
        writeln!(
            to,
            "▲ This may be an emergency. Below is what the sources say to do; it is no answer to the question.\n"
        )?;
    } else if a.emergency {
        writeln!(
            to,
            "▲ This may be an emergency. No source says what to do in one; what is below is no answer to it.\n"
        )?;
    }
    if let Some(q) = &a.asked_as {
        writeln!(to, "asked as: {q}\n")?;
    }
    if a.day.is_some() {
        writeln!(to, "as of {}, as the question says\n", a.as_of)?;
    }
    for n in &a.notices {
        writeln!(to, "{}: {}\n", instead(n.about, a.incomplete), n.message)?;
    }
    for d in &a.disagree {
        writeln!(to, "▲ Sources disagree:")?;
        writeln!(to, "    [{}] says: {}", d.one, d.says)?;
        writeln!(to, "    [{}] says: {}", d.other, d.contradicts)?;
        writeln!(to, "  None was picked: check before you answer.\n")?;
    }
    Ok(())
}

/// What was done where a model could not do its part.
fn instead(about: Stage, incomplete: bool) -> &'static str {
    match (about, incomplete) {
        (Stage::Embedding, _) => "searched by words and codes alone",
        (Stage::Reranking, _) => "passages in the order of the search",
        (Stage::Checking, _) => "marked by the rules alone",
        (Stage::Generation, true) => "the answer is incomplete",
        (Stage::Generation, false) => "answered with the sources' own sentences",
    }
}

fn refused(to: &mut dyn Write, a: &Answer) -> Result<()> {
    let why = refusal(a.reason, &a.unknown_codes, &a.missing, a.as_of);
    let because = match a.reason {
        Some(Reason::UnknownCode) => ": a neighbouring code would be wrong",
        _ => "",
    };
    writeln!(to, "{why} Nothing was written{because}.")?;
    alike(to, &a.look_alikes)?;
    if !a.passages.is_empty() {
        writeln!(to, "\nNearest, not used:")?;
    }
    Ok(())
}

fn alike(to: &mut dyn Write, all: &[LookAlike]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(to, "\nThese look alike; check the claim before you use one:")?;
    for l in all {
        writeln!(to, "  {}  {}", l.code, l.title)?;
    }
    Ok(())
}

fn written(to: &mut dyn Write, a: &Answer) -> Result<()> {
    lacking(to, a)?;
    for s in &a.sentences {
        sentence(to, s)?;
    }
    writeln!(to, "\nSources:")
}

/// What was asked about and is not in the knowledge, where the rest was answered.
fn lacking(to: &mut dyn Write, a: &Answer) -> Result<()> {
    for code in &a.unknown_codes {
        writeln!(to, "Code {code} is not in the knowledge.")?;
    }
    if !a.missing.is_empty() {
        writeln!(to, "{}", missing(&a.missing))?;
    }
    Ok(())
}

/// A sentence with its mark, its sources and what of it has none.
pub fn sentence(to: &mut dyn Write, s: &Sentence) -> Result<()> {
    let (mark, word) = match s.grounding {
        Grounding::Verbatim => ("●", "verbatim"),
        Grounding::Supported => ("◐", "supported"),
        Grounding::Partial => ("○", "partial"),
        Grounding::Unsupported => ("▲", "no source"),
        // It claims nothing, so nothing is said of it.
        Grounding::Courtesy => return writeln!(to, "  {}", s.text),
    };
    let cited: Vec<String> = s.citations.iter().map(|c| format!("[{}]", c.number)).collect();
    writeln!(to, "{mark} {} {} ({word})", s.text, cited.concat())?;
    if let Some(Problem::Missing { values }) = &s.problem {
        writeln!(to, "    in no passage: {}", values.join(", "))?;
    }
    for c in s.claims.iter().filter(|c| c.grounding == Grounding::Unsupported) {
        let at = (c.start - s.start) as usize..(c.end - s.start) as usize;
        writeln!(to, "    no source: {}", s.text.get(at).unwrap_or_default())?;
    }
    Ok(())
}

/// Each question of a message with what answers it, or why nothing does.
fn in_parts(to: &mut dyn Write, a: &Answer) -> Result<()> {
    let mut said: HashSet<u32> = HashSet::new();
    // What may be danger to life first.
    let urgent = |part: &QuestionPart| {
        let of = |p: &Passage| p.emergency && part.reason.is_none() && part.passages.contains(&p.number);
        a.passages.iter().any(of)
    };
    let mut order: Vec<(usize, &QuestionPart)> = (1..).zip(&a.parts).collect();
    order.sort_by_key(|(_, part)| !urgent(part));
    for (n, part) in order {
        let state = match part.reason {
            Some(_) => "no source",
            None if urgent(part) => "for an emergency",
            None => "answered",
        };
        writeln!(to, "{n}. {} ({state})", part.asked)?;
        if part.day.is_some() {
            writeln!(to, "as of {}, as the question says", part.as_of)?;
        }
        if part.reason.is_some() {
            open(to, part)?;
        } else {
            let new: Vec<u32> = part.sentences.iter().copied().filter(|i| said.insert(*i)).collect();
            if new.is_empty() && !part.sentences.is_empty() {
                writeln!(to, "answered above")?;
            }
            for s in new.iter().filter_map(|i| a.sentences.get(*i as usize)) {
                sentence(to, s)?;
            }
        }
        writeln!(to)?;
    }
    // What a model wrote and no part's source says.
    for (_, s) in (0..).zip(&a.sentences).filter(|(i, _)| !said.contains(i)) {
        sentence(to, s)?;
    }
    let title = if a.abstained { "Nearest, not used:" } else { "Sources:" };
    writeln!(to, "{title}")
}

fn open(to: &mut dyn Write, part: &QuestionPart) -> Result<()> {
    let why = refusal(part.reason, &part.unknown_codes, &part.missing, part.as_of);
    writeln!(to, "{why}")?;
    let nearest: Vec<String> = part.passages.iter().map(|n| format!("[{n}]")).collect();
    if !nearest.is_empty() {
        writeln!(to, "Nearest sources: {}", nearest.concat())?;
    }
    alike(to, &part.look_alikes)
}

fn refusal(reason: Option<Reason>, codes: &[String], lacking: &[Missing], as_of: Date) -> String {
    let codes = codes.join(", ");
    match reason {
        Some(Reason::UnknownCode) => format!("Code {codes} is not in the knowledge."),
        Some(Reason::NotInForce) => format!("Code {codes} is only in documents that are not in force on {as_of}."),
        Some(Reason::OtherSubject) if !lacking.is_empty() => missing(lacking),
        _ => "No source covers this.".to_owned(),
    }
}

/// What the question is about and nothing that was found is, and what is nearest.
fn missing(all: &[Missing]) -> String {
    let mut out = Vec::new();
    let mut others: Vec<&Missing> = Vec::new();
    for m in all {
        match (step(&m.subject), &m.nearest) {
            (Some(step), Some(document)) => out.push(format!("“{document}” has no {step}.")),
            _ => others.push(m),
        }
    }
    let names: Vec<&str> = others.iter().map(|m| m.subject.as_str()).collect();
    if !names.is_empty() {
        // Named somewhere, it is only not in what was found.
        let place = if others.iter().all(|m| m.nowhere) {
            "here"
        } else {
            "found"
        };
        out.push(format!("Nothing {place} is about {}.", names.join(" or ")));
    }
    let mut nearest: Vec<&str> = others.iter().filter_map(|m| m.nearest.as_deref()).collect();
    nearest.dedup();
    match nearest.as_slice() {
        [] => {}
        [one] => out.push(format!("Nearest: {one}, which is another.")),
        some => out.push(format!("Nearest: {}, which are others.", some.join(", "))),
    }
    out.join(" ")
}

/// A step as the program calls it: "step 9", "a step after step 9", "a last step".
fn step(subject: &str) -> Option<&str> {
    let words = subject.strip_prefix("a ").unwrap_or(subject);
    Some(words).filter(|w| w.starts_with("step ") || w.starts_with("last step"))
}

/// What a passage is to this question, where that is not plain.
fn standing(a: &Answer, p: &Passage) -> String {
    let case = p.case.as_ref().map(|c| format!(", exception: {c}"));
    let cited = a
        .sentences
        .iter()
        .flat_map(|s| &s.citations)
        .any(|c| c.document == p.document);
    let why = match p.lacks.iter().find_map(|l| step(l)) {
        _ if cited => None,
        _ if p.emergency => Some(", for an emergency".to_owned()),
        Some(step) => Some(format!(", has no {step}")),
        None if !p.lacks.is_empty() => Some(format!(", not about {}", p.lacks.join(" or "))),
        None if a.abstained => None,
        None => Some(if p.carries { ", near, not used" } else { ", weak" }.to_owned()),
    };
    case.unwrap_or_default() + &why.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(subject: &str, nowhere: bool, nearest: Option<&str>) -> Missing {
        Missing {
            subject: subject.to_owned(),
            nowhere,
            nearest: nearest.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_missing_is_named_with_what_is_nearest() {
        let lamisil = about("Lamisil", true, Some("Lamictal"));
        assert_eq!(
            missing(std::slice::from_ref(&lamisil)),
            "Nothing here is about Lamisil. Nearest: Lamictal, which is another."
        );
        assert_eq!(
            missing(&[lamisil, about("Plan 137", false, Some("Lamictal"))]),
            "Nothing found is about Lamisil or Plan 137. Nearest: Lamictal, which is another."
        );
        for (subject, words) in [
            ("step 9", "step 9"),
            ("a step after step 9", "step after step 9"),
            ("a last step", "last step"),
        ] {
            assert_eq!(
                missing(&[about(subject, false, Some("SOP 6: Lost package"))]),
                format!("“SOP 6: Lost package” has no {words}.")
            );
        }
    }

    /// An answer as it is kept, without the fields that have a default.
    fn kept(more: serde_json::Value) -> Answer {
        let mut whole = serde_json::json!({
            "question": "q", "asked_as": null, "release": "r", "as_of": "2026-07-31", "passages": [], "answer": "",
            "sentences": [], "abstained": false, "reason": null, "unknown_codes": [], "look_alikes": [],
            "dropped_marks": 0, "stopped": false,
            "timings_ms": { "embed": 0.0, "retrieve": 0.0, "first_text": null, "total": 0.0 },
            "models": { "embedding": null, "generation": null },
        });
        let more = more.as_object().cloned().unwrap_or_default();
        whole.as_object_mut().unwrap().extend(more);
        serde_json::from_value(whole).unwrap()
    }

    fn printed(a: &Answer) -> String {
        let mut out = Vec::new();
        answer(&mut out, a).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn emergency_day_and_disagreement_come_first_and_only_where_there_are_any() {
        let plain = printed(&kept(serde_json::json!({})));
        assert!(!plain.contains('▲') && !plain.contains("as of"), "{plain}");
        let said = printed(&kept(serde_json::json!({
            "emergency": true,
            "day": "in July 2026",
            "disagree": [{ "one": 1, "other": 2, "says": "30 days.", "contradicts": "14 days." }],
        })));
        let order = [
            "This may be an emergency. No source",
            "as of 2026-07-31, as the question says",
        ];
        let then = [
            "[1] says: 30 days.",
            "[2] says: 14 days.",
            "None was picked",
            "Sources:\n",
        ];
        let places: Vec<_> = order.iter().chain(&then).map(|w| said.find(w)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    }

    #[test]
    fn each_part_stands_with_its_answer_or_with_why_it_has_none() {
        let part = |asked: &str, more: serde_json::Value| {
            let mut whole = serde_json::json!({
                "asked": asked, "asked_as": null, "as_of": "2026-07-31", "day": null, "reason": null, "passages": [1],
                "sentences": [], "unknown_codes": [], "look_alikes": [], "missing": [],
            });
            let more = more.as_object().cloned().unwrap_or_default();
            whole.as_object_mut().unwrap().extend(more);
            whole
        };
        let sentence = |text: &str| {
            serde_json::json!({
                "text": text, "start": 0, "end": 1, "grounding": "verbatim", "citations": [], "problem": null,
            })
        };
        let said = printed(&kept(serde_json::json!({
            "sentences": [sentence("Five days."), sentence("Made up.")],
            "missing": [{ "subject": "Lamisil", "nowhere": true, "nearest": null }],
            "parts": [
                part("Is Lamisil here?", serde_json::json!({
                    "reason": "other_subject", "passages": [2],
                    "missing": [{ "subject": "Lamisil", "nowhere": true, "nearest": "Lamictal" }],
                })),
                part("How long?", serde_json::json!({ "sentences": [0] })),
                part("How many days?", serde_json::json!({ "sentences": [0] })),
            ],
        })));
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(
            lines,
            [
                "1. Is Lamisil here? (no source)",
                "Nothing here is about Lamisil. Nearest: Lamictal, which is another.",
                "Nearest sources: [2]",
                "",
                "2. How long? (answered)",
                "● Five days.  (verbatim)",
                "",
                "3. How many days? (answered)",
                "answered above",
                "",
                "● Made up.  (verbatim)",
                "Sources:",
            ]
        );
    }

    #[test]
    fn a_passage_says_what_it_is_to_the_question() {
        let a = kept(serde_json::json!({}));
        let passage = Passage::default;
        let case = Some("controlled substance".to_owned());
        assert_eq!(
            standing(
                &a,
                &Passage {
                    case,
                    carries: true,
                    ..passage()
                }
            ),
            ", exception: controlled substance, near, not used"
        );
        let lacking = |s: &str| Passage {
            lacks: vec![s.to_owned()],
            ..passage()
        };
        assert_eq!(standing(&a, &lacking("Lamisil")), ", not about Lamisil");
        assert_eq!(standing(&a, &lacking("step 9")), ", has no step 9");
        assert_eq!(standing(&a, &passage()), ", weak");
        let emergency = Passage {
            emergency: true,
            ..passage()
        };
        assert_eq!(standing(&a, &emergency), ", for an emergency");
    }
}
