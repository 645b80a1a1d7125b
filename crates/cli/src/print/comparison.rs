//! What two releases answer otherwise, what speaks against the second first; and who gets it then.

use std::io::{Result, Write};

use mortar_desk::store::manifest::Channel;
use mortar_desk::store::review::{Mark, Marked};
use mortar_desk::store::rollout::Rollout;
use mortar_desk::{AnsweredOtherwise, Comparison, OnlyOne, Promoted, Seen};

pub fn comparison(to: &mut dyn Write, c: &Comparison) -> Result<()> {
    for b in &c.broken {
        write!(to, "✗ {}: ", b.rule.told())?;
        question(to, &b.question)?;
    }
    for found in &c.contradictions {
        writeln!(to, "✗ Sources disagree: {found}")?;
    }
    for q in &c.changed {
        write!(to, "~ ")?;
        question(to, q)?;
    }
    writeln!(to, "questions             {}", c.questions)?;
    writeln!(to, "answered alike        {}", c.same)?;
    for (name, p) in [("MRR", c.mrr), ("nDCG@10", c.ndcg)] {
        writeln!(
            to,
            "{name:21} {:.3} → {:.3}  {:+.3} ({:+.3} to {:+.3})",
            p.a, p.b, p.difference, p.low, p.high
        )?;
    }
    let OnlyOne { only_a, only_b, p } = c.right;
    writeln!(to, "right in one only     {only_a} → {only_b}  p {p:.3}")?;
    writeln!(to, "overlap of first ten  {:.3}", c.overlap)?;
    match c.broken.len() + c.contradictions.len() {
        0 => writeln!(to, "nothing speaks against it"),
        n => writeln!(to, "{n} reasons against it"),
    }
}

fn question(to: &mut dyn Write, q: &AnsweredOtherwise) -> Result<()> {
    writeln!(to, "{}", q.ask)?;
    writeln!(to, "    - {}", seen(&q.a))?;
    writeln!(to, "    + {}", seen(&q.b))
}

fn seen(s: &Seen) -> String {
    let found = s.found.first().map_or("nothing found", String::as_str);
    let answer = if s.abstained {
        "nothing written"
    } else {
        s.answer.as_str()
    };
    format!("{found} ({:.2}): {}", s.best_score, answer.replace('\n', " "))
}

pub fn promoted(to: &mut dyn Write, p: &Promoted) -> Result<()> {
    for reason in &p.reasons {
        writeln!(to, "✗ {reason}")?;
    }
    let Promoted {
        from,
        to: channel,
        number,
        release,
        ..
    } = p;
    match (p.allowed, p.dry_run, p.changed) {
        (false, ..) => writeln!(
            to,
            "{channel} does not show release {number} ({release}): {} reasons speak against it. Mend them, or say why it is \
             to be done with --nevertheless",
            p.reasons.len()
        ),
        (true, true, _) => writeln!(to, "{channel} would show release {number} ({release}) of {from}"),
        (true, false, true) => writeln!(to, "{channel} shows release {number} ({release}) of {from}"),
        (true, false, false) => writeln!(to, "{channel} shows release {number} ({release}) already"),
    }
}

pub fn review(to: &mut dyn Write, marks: &[Marked]) -> Result<()> {
    if marks.is_empty() {
        writeln!(to, "nobody has said anything of it")?;
    }
    for m in marks {
        let mark = match m.mark {
            Mark::Wanted => "wanted",
            Mark::Unwanted => "unwanted",
            Mark::Irrelevant => "irrelevant",
        };
        writeln!(to, "{mark:10}  {}  ({}, {:.0})", m.question.ask, m.by, m.at)?;
        if !m.note.is_empty() {
            writeln!(to, "            {}", m.note.replace('\n', " "))?;
        }
    }
    Ok(())
}

pub fn rolled_out(to: &mut dyn Write, channel: &Channel) -> Result<()> {
    let whom = channel
        .rollout
        .as_ref()
        .map_or("all devices get it".to_owned(), rollout);
    writeln!(to, "{} shows release {}: {whom}", channel.channel, channel.release)
}

/// Whom it is for, in words.
pub fn rollout(r: &Rollout) -> String {
    if r.paused {
        return "paused: only who has it keeps it".to_owned();
    }
    let rings = match r.rings.as_slice() {
        [] => String::new(),
        rings => format!(" and the rings {}", rings.join(", ")),
    };
    format!("{} % of the devices{rings} get it", r.share)
}
