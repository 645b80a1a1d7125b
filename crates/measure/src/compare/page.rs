//! A comparison as one page of HTML that can be mailed: what speaks against the second, then all else that is other,
//! side by side.

use std::fmt::Write;

use super::{AnsweredOtherwise, Comparison, Rule, Seen};
use crate::page::{STYLE, escaped};
use crate::paired::Paired;

const OWN: &str = "td.side{width:50%}blockquote{margin:.3rem 0;white-space:pre-line}.bad{color:#a3352b;font-weight:600}\
@media(prefers-color-scheme:dark){.bad{color:#f0968c}}";

impl Comparison {
    /// The page. Nothing in it is loaded from elsewhere.
    pub fn page(&self, a: &str, b: &str, day: &str) -> String {
        let verdict = if self.passes() {
            "<p>Nothing speaks against it.".to_owned()
        } else {
            format!(
                "<p class=bad>{} reasons against it.",
                self.broken.len() + self.contradictions.len()
            )
        };
        format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
             <title>Mortar: comparison</title><style>{STYLE}{OWN}</style><h1>{} beside {}</h1>\
             <p><small>{} questions, {} answered alike, {}</small>{verdict}{}{}{}</html>\n",
            escaped(b),
            escaped(a),
            self.questions,
            self.same,
            escaped(day),
            figures(self),
            broken(self, a, b),
            changed(self, a, b),
        )
    }
}

fn figures(c: &Comparison) -> String {
    let mut out = String::from("<h2>Figures</h2><table><tr><th><th>before<th>now<th>difference, 95 %");
    for (
        name,
        Paired {
            a,
            b,
            difference,
            low,
            high,
        },
    ) in [("Mean reciprocal rank", c.mrr), ("nDCG of the first ten", c.ndcg)]
    {
        let _ = write!(
            out,
            "<tr><th>{name}<td class=n>{a:.3}<td class=n>{b:.3}<td class=n>{difference:+.3} ({low:+.3} to {high:+.3})"
        );
    }
    let _ = write!(
        out,
        "<tr><th>Right in one only<td class=n>{}<td class=n>{}<td class=n>p = {:.3}\
         <tr><th>Overlap of the first ten<td><td><td class=n>{:.3}</table>",
        c.right.only_a, c.right.only_b, c.right.p, c.overlap
    );
    out
}

fn broken(c: &Comparison, a: &str, b: &str) -> String {
    let mut out = String::new();
    for rule in [
        Rule::CodeLost,
        Rule::AnswerLost,
        Rule::MustNotBeAnswered,
        Rule::PastChanged,
    ] {
        let of: Vec<&AnsweredOtherwise> = c
            .broken
            .iter()
            .filter(|b| b.rule == rule)
            .map(|b| &b.question)
            .collect();
        if !of.is_empty() {
            let _ = write!(out, "<h2 class=bad>{} ({})</h2>", rule.told(), of.len());
            out.push_str(&table(&of, a, b));
        }
    }
    if !c.contradictions.is_empty() {
        let _ = write!(
            out,
            "<h2 class=bad>Sources that disagree ({})</h2><table>",
            c.contradictions.len()
        );
        for c in &c.contradictions {
            let [one, other] = &c.sides;
            for side in [one, other] {
                let _ = write!(
                    out,
                    "<tr><th>{}<td>{}",
                    escaped(&side.document),
                    escaped(&side.sentence)
                );
            }
        }
        out.push_str("</table>");
    }
    out
}

fn changed(c: &Comparison, a: &str, b: &str) -> String {
    if c.changed.is_empty() {
        return String::new();
    }
    let all: Vec<&AnsweredOtherwise> = c.changed.iter().collect();
    format!("<h2>Answered otherwise ({})</h2>{}", all.len(), table(&all, a, b))
}

fn table(of: &[&AnsweredOtherwise], a: &str, b: &str) -> String {
    let mut out = format!("<table><tr><th>{}<th>{}", escaped(a), escaped(b));
    for q in of {
        let _ = write!(out, "<tr><th colspan=2>{}", escaped(&q.ask));
        if !q.expected.is_empty() {
            let _ = write!(out, " <small>from {}</small>", escaped(&q.expected.join(", ")));
        }
        let _ = write!(out, "<tr><td class=side>{}<td class=side>{}", side(&q.a), side(&q.b));
    }
    out + "</table>"
}

fn side(s: &Seen) -> String {
    let answer = if s.abstained {
        "nothing written"
    } else {
        s.answer.as_str()
    };
    let found = s.found.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let disagree = if s.disagree { ", sources disagree" } else { "" };
    format!(
        "<blockquote>{}</blockquote><small>{} · {:.2}{disagree}</small>",
        escaped(answer),
        escaped(&found),
        s.best_score
    )
}
