//! An answer in the customer's words, by rule and without a model: what speaks to the operator is said to the
//! customer, the operator's own steps go, greeting and closing stand around it.
//!
//! What the sources would carry less well in other words stays in its own.

use mortar_language::customer::{Told, told};
use mortar_language::{Kind, text};

use crate::answer::{Grounding, Passage, Sentence};
use crate::grounding::Sources;

/// The text as the customer is told it; nothing where nothing of it is for the customer.
pub fn for_customer(written: &str, passages: &[Passage], greeting: &str, closing: &str) -> Option<String> {
    let sources = Sources::new(passages).telling();
    let sentences = sources.ground_text(written);
    let mut body = String::new();
    let mut gap = Gap::None;
    let mut done = 0;
    let mut left_out = false;
    for (segment, sentence) in text::segments(written).into_iter().zip(&sentences) {
        gap = gap.max(Gap::of(&written[done..segment.range.start]));
        done = segment.range.end;
        let (marker, words) = (
            &written[segment.range.start..segment.body],
            &written[segment.body..segment.range.end],
        );
        let words = match said(words, sentence, &sources, passages) {
            Told::NotAtAll => {
                left_out = true;
                continue;
            }
            Told::AsItIs => words.to_owned(),
            Told::So(words) => words,
        };
        if !body.is_empty() {
            body.push_str(gap.between());
        }
        gap = Gap::None;
        body.push_str(marker);
        body.push_str(&words);
    }
    if left_out {
        body = body.lines().map(without_number).collect::<Vec<_>>().join("\n");
    }
    if body.trim().is_empty() {
        return None;
    }
    let before = if body.starts_with(greeting) { "" } else { greeting };
    let behind = if body.ends_with(closing) { "" } else { closing };
    let parts = [before, &body, behind];
    Some(
        parts
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n"),
    )
}

/// What becomes of one sentence: its sources say for whom it was written, and must carry what it becomes.
fn said(words: &str, sentence: &Sentence, sources: &Sources<'_>, passages: &[Passage]) -> Told {
    let of = |id: &str| passages.iter().find(|p| p.id == id);
    let Some(source) = sentence
        .citations
        .first()
        .and_then(|c| of(&c.passage))
        .filter(|_| stands(sentence))
    else {
        return Told::AsItIs;
    };
    match told(words, source.kind == Kind::Sop) {
        Told::So(other) => {
            let carried = sources.ground(&other, 0, &[source.number]);
            let by_it = carried.citations.iter().any(|c| c.document == source.document);
            if stands(&carried) && by_it {
                Told::So(other)
            } else {
                Told::AsItIs
            }
        }
        other => other,
    }
}

fn stands(s: &Sentence) -> bool {
    matches!(s.grounding, Grounding::Verbatim | Grounding::Supported)
}

/// Steps between which some are gone would be counted wrong.
fn without_number(line: &str) -> &str {
    let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
    match behind.strip_prefix(['.', ')']) {
        Some(rest) if behind.len() < line.len() => rest.trim_start(),
        _ => line,
    }
}

/// What stood between two sentences, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

impl Gap {
    fn of(between: &str) -> Gap {
        match between.matches('\n').count() {
            0 if between.is_empty() => Gap::None,
            0 => Gap::Space,
            1 => Gap::Line,
            _ => Gap::Paragraph,
        }
    }

    fn between(self) -> &'static str {
        match self {
            Gap::None | Gap::Space => " ",
            Gap::Line => "\n",
            Gap::Paragraph => "\n\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(kind: Kind, body: &str) -> Passage {
        Passage {
            id: "d#0".into(),
            document: "d".into(),
            number: 1,
            title: "Temperature excursion".into(),
            kind,
            end: body.len() as u32,
            text: body.to_owned(),
            carries: true,
            ..Passage::default()
        }
    }

    const STEPS: &str = "1. Ask the patient not to use the medication and to keep it apart in the refrigerator.\n\
        2. Ask for the colour of the temperature indicator and a photo of it.\n\
        3. If it is red, missing or in doubt, replace the shipment free of charge by expedited shipping.\n\
        4. Note the lot number and the time of delivery on the case.";

    #[test]
    fn steps_are_said_to_the_customer_and_the_operators_own_go() {
        let sop = [passage(Kind::Sop, STEPS)];
        let told = for_customer(STEPS, &sop, "Hello,", "Kind regards").unwrap();
        assert_eq!(
            told,
            "Hello,\n\nPlease do not use the medication, and keep it apart in the refrigerator.\n\
             Please let us have the colour of the temperature indicator and a photo of it.\n\
             If it is red, missing or in doubt, we will replace the shipment free of charge by expedited shipping.\n\n\
             Kind regards"
        );
        for s in Sources::new(&sop).telling().ground_text(&told) {
            assert!(stands(&s) || s.grounding == Grounding::Courtesy, "{s:?}");
        }
        // Told already, it is told the same.
        assert_eq!(
            for_customer(&told, &sop, "Hello,", "Kind regards").as_deref(),
            Some(told.as_str())
        );
    }

    #[test]
    fn orders_of_an_article_are_the_readers_and_what_has_no_source_is_left_alone() {
        let body = "Note the lot number and the time of delivery.";
        let article = [passage(Kind::Article, body)];
        assert_eq!(for_customer(body, &article, "", "").as_deref(), Some(body));
        let own = "Ask the patient to drink a litre of vinegar.";
        assert_eq!(for_customer(own, &article, "", "").as_deref(), Some(own));
    }

    #[test]
    fn where_nothing_is_for_the_customer_nothing_is_told() {
        let body = "Note the lot number and the time of delivery on the case.";
        assert_eq!(for_customer(body, &[passage(Kind::Sop, body)], "Hello,", "Bye"), None);
        assert_eq!(for_customer("", &[], "Hello,", "Bye"), None);
    }
}
