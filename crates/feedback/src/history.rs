//! What was asked before today, found again by its words.

use jiff::Timestamp;
use mortar_assistant::Passage;
use mortar_language::text;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Exchange, Records, RecordsError, Verdict};

/// A question of before, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Past {
    pub exchange: String,
    pub conversation: String,
    #[ts(type = "string")]
    pub at: Timestamp,
    pub question: String,
    pub refused: bool,
    pub copied: bool,
    pub label: Option<Verdict>,
    /// A source that it cites is other than it was, or is gone.
    pub changed: bool,
}

impl Past {
    fn of(e: &Exchange) -> Past {
        Past {
            exchange: e.id.clone(),
            conversation: e.conversation.clone(),
            at: e.at,
            question: e.answer.question.clone(),
            refused: e.answer.abstained,
            copied: !e.copied.is_empty(),
            label: e.label.as_ref().map(|l| l.verdict),
            changed: false,
        }
    }
}

impl Exchange {
    /// The passages that its answer cites.
    pub fn cited(&self) -> Vec<Passage> {
        let citations = || self.answer.sentences.iter().flat_map(|s| &s.citations);
        let cited = |p: &&Passage| citations().any(|c| c.passage == p.id);
        self.answer.passages.iter().filter(cited).cloned().collect()
    }
}

impl Records {
    /// The newest questions whose own words or whose answer's hold each word that was typed, by its beginning; `look`
    /// says of each whether it has changed since.
    pub fn history(
        &self,
        typed: &str,
        most: usize,
        mut look: impl FnMut(&Exchange) -> bool,
    ) -> Result<Vec<Past>, RecordsError> {
        let wanted: Vec<String> = text::words(typed).map(text::fold).collect();
        let txn = self.env.read_txn()?;
        let keys = self.keys(&txn)?;
        let mut out = Vec::new();
        // Ids grow with time.
        for entry in self.exchanges.newest_first(&keys, &txn)? {
            let (_, exchange) = entry?;
            if holds(&exchange, &wanted) {
                let changed = look(&exchange);
                out.push(Past {
                    changed,
                    ..Past::of(&exchange)
                });
            }
            if out.len() == most {
                break;
            }
        }
        Ok(out)
    }
}

fn holds(exchange: &Exchange, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let all = [&exchange.answer.question, &exchange.text];
    let held: Vec<String> = all.into_iter().flat_map(|t| text::words(t)).map(text::fold).collect();
    wanted.iter().all(|w| held.iter().any(|h| h.starts_with(w.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Label;
    use crate::held::{Held, answer};

    fn asked(records: &Records, question: &str, text: &str) -> Exchange {
        records.add(None, &answer(question, text)).unwrap()
    }

    #[test]
    fn what_was_asked_is_found_by_words_of_question_and_answer_with_what_became_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let r = Records::open(dir.path(), "pharmacy", &Held::default()).unwrap();
        let refund = asked(&r, "How long does a refund take?", "Five days after arrival.");
        let refused = asked(&r, "Is Lamisil in stock?", "");
        r.copied(&refund.id, "Five days.".into(), vec![]).unwrap();
        let label = Label {
            verdict: Verdict::Bad,
            reasons: vec![],
            note: String::new(),
            sentence: None,
            right_source: None,
        };
        r.label(&refused.id, label, vec![], &Clone::clone).unwrap();
        let found = |typed: &str| r.history(typed, 10, |_| false).unwrap();
        for (typed, want) in [
            ("", vec![&refused.id, &refund.id]),
            ("refu", vec![&refund.id]),
            ("ARRIVAL refund", vec![&refund.id]),
            ("lamisíl", vec![&refused.id]),
            ("refund lamisil", vec![]),
            ("efund", vec![]),
        ] {
            let got = found(typed);
            assert_eq!(got.iter().map(|p| &p.exchange).collect::<Vec<_>>(), want, "{typed}");
        }
        let [newest, oldest] = &found("")[..] else { panic!() };
        assert_eq!(
            (newest.refused, newest.copied, newest.label),
            (true, false, Some(Verdict::Bad))
        );
        assert_eq!((oldest.refused, oldest.copied, oldest.label), (false, true, None));
        assert_eq!(
            r.history("", 1, |_| true).unwrap(),
            [Past {
                changed: true,
                ..newest.clone()
            }]
        );
    }
}
