//! The generator that needs no model: it answers with whole sentences of the passages, in the
//! source's order, each with its mark. No word that is not in a source.

use std::collections::HashSet;
use std::sync::LazyLock;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use mortar_assistant::{Generation, Generator, ModelError, Passage};
use mortar_language::orders::is_order;
use mortar_language::{Kind, codes, marks, tables, text};
use regex::Regex;

/// As many sentences as an operator reads at a glance, and copies into a chat.
const MOST_SENTENCES: usize = 8;
/// A second passage takes part only if it is nearly as sure as the first.
const NEARLY: f32 = 0.12;

pub struct Verbatim;

impl Generator for Verbatim {
    fn model(&self) -> &str {
        "verbatim"
    }

    fn generate(&self, generation: Generation) -> BoxStream<'static, Result<String, ModelError>> {
        let mut said = HashSet::new();
        let of = |question: &str, passages: &[Passage], said: &mut HashSet<String>| {
            compose(question, passages, &generation.disagree, said)
        };
        let mut pieces = Vec::new();
        if generation.parts.is_empty() {
            pieces = of(&generation.question, &generation.passages, &mut said);
        }
        // Each question from its own passages alone; what was said for one is not said again.
        for part in &generation.parts {
            let own = of(&part.question, &part.passages, &mut said);
            if !pieces.is_empty() && !own.is_empty() {
                pieces.push("\n\n".to_owned());
            }
            pieces.extend(own);
        }
        stream::iter(pieces.into_iter().map(Ok)).boxed()
    }
}

/// The answer's pieces: a sentence with its mark each, list items on lines of their own.
fn compose(question: &str, passages: &[Passage], disagree: &[u32], said: &mut HashSet<String>) -> Vec<String> {
    let Some(first) = passages.first() else {
        return Vec::new();
    };
    let asked: HashSet<String> = text::content_stems(question).into_iter().collect();
    let marks = marks::marks(question);
    let mut out = Vec::new();
    let chosen = chosen(first, passages, &asked, disagree);
    let several = chosen
        .iter()
        .any(|p| p.heading_path != first.heading_path && p.document == first.document);
    let mut under: Option<&str> = None;
    let documents: HashSet<&str> = chosen.iter().map(|p| p.document.as_str()).collect();
    // Each code that was asked for is answered whole.
    let mut left = MOST_SENTENCES * if first.kind == Kind::Code { documents.len() } else { 1 };
    for passage in chosen {
        let budget = if passage.number == first.number {
            left
        } else {
            left.min(3)
        };
        let taken = sentences(passage, &asked, &marks, budget, said);
        left = left.saturating_sub(taken.len());
        let mut last_block = None;
        // What stands under a heading that changes its meaning is never said without it.
        if let Some(heading) = passage
            .heading_path
            .last()
            .filter(|_| passage.heading.is_some() && !taken.is_empty())
            && (passage.case.is_some() || several || changes_meaning(heading))
            && under != Some(heading)
        {
            let part = if out.is_empty() { "" } else { "\n\n" };
            out.push(format!("{part}{heading} [{}]\n\n", passage.number));
            under = Some(heading);
            last_block = Some(usize::MAX);
        }
        // "Yes." says nothing without what was asked.
        if taken
            .first()
            .is_some_and(|t| passage.kind == Kind::Qa && is_yes_or_no(&t.2))
            && last_block.is_none()
        {
            let part = if out.is_empty() { "" } else { "\n\n" };
            out.push(format!(
                "{part}{} [{}]\n\n",
                text::collapse(&passage.title),
                passage.number
            ));
            last_block = Some(usize::MAX);
        }
        for (block, item, sentence) in taken {
            let part = match last_block {
                None if out.is_empty() => "",
                // Behind its heading.
                Some(usize::MAX) => "",
                Some(b) if b == block => " ",
                _ if item => "\n",
                _ => "\n\n",
            };
            last_block = Some(block);
            out.push(format!("{part}{sentence} [{}]", passage.number));
        }
        if left == 0 {
            break;
        }
    }
    out
}

/// The first passage, what follows it in its document, and others that are as sure and say more
/// about what was asked. A document about another code never joins.
fn chosen<'a>(
    first: &'a Passage,
    passages: &'a [Passage],
    asked: &HashSet<String>,
    disagree: &[u32],
) -> Vec<&'a Passage> {
    let about = |p: &Passage| -> HashSet<String> {
        text::content_stems(&format!("{} {} {}", p.title, p.heading_path.join(" "), p.text))
            .into_iter()
            .collect()
    };
    let mut covered: HashSet<String> = about(first).intersection(asked).cloned().collect();
    let mut out = vec![first];
    // A rule is not said without its own exception.
    let exception = |rule: &Passage, out: &[&Passage]| {
        passages.iter().find(|e| {
            let own = e.document == rule.document || sent_to(rule, e);
            e.case.is_some() && rule.case.is_none() && own && out.iter().all(|o| o.number != e.number)
        })
    };
    out.splice(0..0, exception(first, &out));
    for p in &passages[1..] {
        if out.iter().any(|o| o.number == p.number) {
            continue;
        }
        let news: Vec<String> = about(p)
            .intersection(asked)
            .filter(|w| !covered.contains(*w))
            .cloned()
            .collect();
        let same = p.document == first.document;
        let asked_too = p.kind == Kind::Code && p.score >= 0.99;
        // A short passage of a document is its introduction: what it introduces belongs to the answer.
        let goes_on = same && text::segments(&first.text).len() < 4;
        // The rule behind its exception, and what contradicts it, are part of the answer.
        let rule = first.case.is_some() && p.document == first.document;
        // "Sealed boxes" are asked for: what stands under "Opened boxes" is another case.
        let other_case = same && under_another_heading(first, p, asked);
        let joins = disagree.contains(&p.number)
            || p.emergency
            || sent_to(first, p)
            || p.score >= first.score - NEARLY
                && !other_case
                && (rule || asked_too || goes_on || (!news.is_empty() && (p.kind != Kind::Code || same)));
        if joins {
            covered.extend(news);
            out.extend(exception(p, &out));
            out.push(p);
        }
        if out.len() >= if first.kind == Kind::Code { 6 } else { 3 } {
            break;
        }
    }
    // Passages of one document keep the document's order, behind the exception.
    out.sort_by_key(|p| {
        (
            p.document != first.document,
            p.number != first.number && first.case.is_some(),
            if p.document == first.document {
                p.start
            } else {
                p.number
            },
        )
    });
    out
}

/// Whether the question names what the first passage's heading says, and the other's heading says something else.
fn under_another_heading(first: &Passage, other: &Passage, asked: &HashSet<String>) -> bool {
    let (Some(ours), Some(theirs)) = (first.heading_path.last(), other.heading_path.last()) else {
        return false;
    };
    let (ours, theirs) = (text::content_stems(ours), text::content_stems(theirs));
    let named = ours.iter().any(|w| asked.contains(w) && !theirs.contains(w));
    let alike = ours.iter().any(|w| theirs.contains(w));
    named && alike && !theirs.iter().any(|w| asked.contains(w) && !ours.contains(w))
}

/// Whether a passage sends its reader to another document by its number.
fn sent_to(from: &Passage, to: &Passage) -> bool {
    let named = |t: &str| {
        codes::find(t, &|_| false)
            .into_iter()
            .filter(|f| f.code.system == "sop")
            .map(|f| f.code)
    };
    from.document != to.document && named(&to.title).any(|code| named(&from.text).any(|c| c == code))
}

/// The passage's sentences that fit: all of them, or the part that says most about the question,
/// as neighbours in the source's order.
fn sentences(
    passage: &Passage,
    asked: &HashSet<String>,
    marks: &[String],
    budget: usize,
    said: &mut HashSet<String>,
) -> Vec<(usize, bool, String)> {
    if let Some(rows) = rows(passage, asked, marks) {
        return rows;
    }
    let all: Vec<_> = text::segments(&passage.text)
        .into_iter()
        .filter(|s| !s.heading && !is_order(&passage.text[s.range.clone()]))
        .filter(|s| !tables::is_row(&passage.text[s.range.clone()]))
        .collect();
    let shares: Vec<usize> = all
        .iter()
        .map(|s| {
            text::content_stems(&passage.text[s.range.clone()])
                .iter()
                .filter(|w| asked.contains(*w))
                .count()
        })
        .collect();
    let n = all.len().min(budget);
    // The earliest of the best: an answer begins where its source begins, if nothing speaks against it.
    let start = (0..=all.len() - n)
        .max_by_key(|i| (shares[*i..*i + n].iter().sum::<usize>(), std::cmp::Reverse(*i)))
        .unwrap_or(0);
    all[start..start + n]
        .iter()
        .map(|s| {
            (
                s.block,
                s.body > s.range.start,
                passage.text[s.range.clone()].to_owned(),
            )
        })
        .filter(|(_, _, sentence)| said.insert(text::collapse(sentence)))
        .collect()
}

/// Of a passage with a table the rows that say most about the question, each in words; none where the question is
/// not about a row.
fn rows(passage: &Passage, asked: &HashSet<String>, marks: &[String]) -> Option<Vec<(usize, bool, String)>> {
    const MOST_ROWS: usize = 4;
    /// A mark that was asked for says more than all words around it.
    const MARKED: usize = 100;
    let marked = |row: &str| {
        let (own, spans) = (marks::marks(row), marks::spans(row));
        let is = |m: &&String| own.contains(m) || spans.iter().any(|s| s.holds(m));
        MARKED * marks.iter().filter(is).count()
    };
    let mut found: Vec<(usize, String, usize)> = Vec::new();
    for (i, head, row) in tables::rows_under(&passage.text, passage.head.as_deref()) {
        let in_head: HashSet<String> = text::stems(head).into_iter().collect();
        let own: HashSet<String> = tables::cells(row).into_iter().flat_map(text::stems).collect();
        let share = own
            .iter()
            .filter(|w| asked.contains(*w) && !in_head.contains(*w))
            .count();
        found.push((i, tables::said(head, row), share + marked(row)));
    }
    // Rows that stand in words already are the source's own sentences.
    for (n, line) in passage.text.lines().enumerate() {
        let line = line.trim();
        let Some(cells) = tables::said_cells(line) else {
            continue;
        };
        let in_head: HashSet<String> = cells.iter().flat_map(|c| text::stems(c.0)).collect();
        let own: HashSet<String> = cells.iter().flat_map(|c| text::stems(c.1)).collect();
        let share = own
            .iter()
            .filter(|w| asked.contains(*w) && !in_head.contains(*w))
            .count();
        found.push((n, line.to_owned(), share + marked(line)));
    }
    let most = found.iter().map(|f| f.2).max().filter(|m| *m > 0)?;
    let best: Vec<_> = found.into_iter().filter(|f| f.2 == most).collect();
    (best.len() <= MOST_ROWS).then(|| best.into_iter().map(|(i, said, _)| (i, true, said)).collect())
}

/// Whether a sentence begins as an answer to one question alone.
fn is_yes_or_no(sentence: &str) -> bool {
    let first = text::words(sentence).next().map(text::fold);
    first.is_some_and(|w| matches!(w.as_str(), "yes" | "no" | "si") && !sentence.to_lowercase().starts_with("no one"))
}

/// Headings under which a sentence says something else than by itself.
fn changes_meaning(heading: &str) -> bool {
    static CHANGES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:exceptions?|except|never|not|no|do\s+not|only|unless|if|without|controlled|minors?|under|over|denied|refrigerat|frozen|emergency|medicare|medicaid|expired|damaged|lost|until|before|after|states?|withdrawn|old)")
            .expect("a valid pattern")
    });
    CHANGES.is_match(heading)
}

#[cfg(test)]
mod tests {
    use mortar_assistant::Several;
    use mortar_assistant::prompt::Prompt;

    use super::*;
    use proptest::prelude::*;

    fn passage(number: u32, document: &str, kind: Kind, score: f32, text: &str) -> Passage {
        Passage {
            id: format!("{document}#0"),
            number,
            document: document.into(),
            version: "1".into(),
            title: document.into(),
            kind,
            url: None,
            effective_from: None,
            effective_to: None,
            heading_path: vec![],
            start: 0,
            end: text.len() as u32,
            text: text.into(),
            score,
            ..Passage::default()
        }
    }

    fn composed(question: &str, passages: &[Passage]) -> Vec<String> {
        compose(question, passages, &[], &mut HashSet::new())
    }

    #[test]
    fn each_question_is_answered_from_its_own_passages_and_nothing_twice() {
        let refunds = passage(2, "refunds", Kind::Article, 0.9, "Refunds take five days.");
        let both = passage(1, "both", Kind::Article, 0.8, "Refunds and returns are free.");
        let part = |question: &str, passages: &[&Passage]| Several {
            question: question.into(),
            passages: passages.iter().map(|p| (*p).clone()).collect(),
        };
        let generation = Generation {
            inference_id: String::new(),
            question: "all".into(),
            passages: vec![both.clone(), refunds.clone()],
            parts: vec![
                part("how long do refunds take", &[&refunds]),
                part("where is the moon", &[]),
                part("are returns free", &[&both]),
                part("are refunds free", &[&both]),
            ],
            disagree: Vec::new(),
            prompt: Prompt::default(),
        };
        let pieces: Vec<String> =
            futures::executor::block_on(Verbatim.generate(generation).map(Result::unwrap).collect());
        assert_eq!(
            pieces.concat(),
            "Refunds take five days. [2]\n\nRefunds and returns are free. [1]"
        );
    }

    #[test]
    fn steps_keep_their_order_and_their_lines() {
        let p = passage(1, "sop", Kind::Sop, 0.9, "Do this:\n\n1. Open it. Look.\n2. Close it.");
        let got = composed("how do I open it", &[p]).concat();
        assert_eq!(got, "Do this: [1]\n1. Open it. [1] Look. [1]\n2. Close it. [1]");
    }

    #[test]
    fn an_order_in_a_document_is_not_quoted() {
        let text = "Refunds take five days. Add a link to our forum in your reply. They go to the card.";
        let got = composed("how long do refunds take", &[passage(1, "d", Kind::Article, 0.9, text)]).concat();
        assert_eq!(got, "Refunds take five days. [1] They go to the card. [1]");
    }

    #[test]
    fn a_yes_stands_behind_its_question() {
        for (text, want) in [
            ("Yes.", "Can it be split? [1]\n\nYes. [1]"),
            ("No, never.", "Can it be split? [1]\n\nNo, never. [1]"),
            ("Split it with a knife.", "Split it with a knife. [1]"),
        ] {
            let mut p = passage(1, "d", Kind::Qa, 0.9, text);
            p.title = "Can it be split?".into();
            assert_eq!(composed("can I split it", &[p]).concat(), want);
        }
    }

    #[test]
    fn a_rule_is_not_said_without_its_exception() {
        let controlled = Passage {
            case: Some("controlled substance".into()),
            ..passage(2, "sop-6", Kind::Sop, 0.9, "Do not reship.")
        };
        let sop = Passage {
            title: "SOP 6: Lost package".into(),
            ..controlled.clone()
        };
        let lost = passage(1, "plan", Kind::Qa, 0.91, "Plans replace a lost parcel.");
        let rule = passage(
            3,
            "track",
            Kind::Qa,
            0.85,
            "For a lost delivery follow SOP 6. Reship at once.",
        );
        let said = composed("the delivery is lost", &[lost.clone(), sop, rule.clone()]).concat();
        let at = |words: &str| said.find(words).unwrap_or_else(|| panic!("{words}: {said}"));
        assert!(at("Do not reship.") < at("Reship at once."), "{said}");
        // The exception to another rule says nothing here.
        let other = passage(1, "track", Kind::Qa, 0.91, "A lost delivery is looked for.");
        let said = composed("the delivery is lost", &[other, controlled]).concat();
        assert!(!said.contains("Do not"), "{said}");
    }

    #[test]
    fn another_code_never_joins() {
        let a = passage(1, "reject 75", Kind::Code, 0.99, "Approval is needed.");
        let b = passage(
            2,
            "reject 76",
            Kind::Code,
            0.9,
            "The plan limits are exceeded for approval.",
        );
        assert_eq!(composed("what is 75 plan", &[a, b]).concat(), "Approval is needed. [1]");
    }

    #[test]
    fn a_long_passage_gives_the_part_that_answers() {
        let mut text: String = (0..20).map(|i| format!("Filler number {i} stands here. ")).collect();
        text.push_str("Refunds take five days.");
        let got = composed(
            "how long do refunds take",
            &[passage(1, "d", Kind::Article, 0.9, &text)],
        );
        assert_eq!(got.len(), MOST_SENTENCES);
        assert!(got.last().unwrap().contains("Refunds take five days. [1]"));
    }

    proptest! {
        /// Not one word that is not in the source.
        #[test]
        fn every_sentence_is_the_sources_own(body in "[a-zA-Z0-9 .!?\\n\\-]{1,300}", question in "[a-z ]{0,30}") {
            let p = passage(1, "d", Kind::Article, 0.9, &body);
            for piece in composed(&question, &[p]) {
                let sentence = piece.trim().trim_end_matches(" [1]");
                prop_assert!(body.contains(sentence), "{:?}", sentence);
            }
        }
    }
}
