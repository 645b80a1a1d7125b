//! The day that a question asks about: "in July 2026", "last year", "on 3/15/2025". It decides which documents
//! were in force. A day on which something happened to a customer ("I ordered on 3 March") is no such day.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use regex::{Captures, Regex};

use crate::text;

/// The day that a question is about, as of which it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub on: Date,
    /// The words that said so.
    pub shown: String,
}

const MONTH: &str = r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre";

static SAID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?xi)\b(?:
            (?P<iso>(?P<iy>\d{{4}})-(?P<im>\d{{2}})-(?P<id>\d{{2}}))
          | (?P<us>(?P<um>\d{{1,2}})/(?P<ud>\d{{1,2}})/(?P<uy>\d{{4}}|\d{{2}}))
          | (?P<mdy>(?P<m1>{MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?:of\s+)?(?P<y1>\d{{4}}))
          | (?P<dmy>(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+|de\s+)?(?P<m2>{MONTH})\.?,?\s+(?:de\s+)?(?P<y2>\d{{4}}))
          | (?P<my>(?P<m3>{MONTH})\.?,?\s+(?:of\s+|de\s+)?(?P<y3>\d{{4}}))
          | (?P<nm>(?P<m7>0?[1-9]|1[0-2])/(?P<y7>20\d{{2}}))
          | (?P<year>(?:in|during|of|for|en|throughout|back\s+in)\s+(?P<y4>20\d{{2}}))
          | (?P<before>(?:before|until|prior\s+to)\s+(?P<m5>{MONTH})(?:,?\s+(?P<y5>20\d{{2}}))?)
          | (?P<lastmonth>(?:last|previous)\s+(?P<m6>{MONTH})\b)
          | (?P<rel>(?P<which>last|previous|next)\s+(?P<span>year|month|week|quarter)|yesterday|tomorrow|a\s+(?P<ago>year|month|week)\s+ago)
        )\b"
    ))
    .expect("a valid pattern")
});

/// What the day is of: how something was, is or will be.
static OF_A_STATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:was|were|wasn't|weren't|used\s+to|had\s+to|could|did|did\s+we|be|will|would|is|are|as\s+of|valid|in\s+force|effective|starting|from
        |(?:may|can|must|should|shall|do|does)\s+(?:i|we|you|he|she|they|it|an?|the|operators?|customers?|patients?)|how\s+(?:much|many|long|often)|allowed|appl(?:y|ies)
        |rules?|polic(?:y|ies)|limits?|rates?|prices?|fees?|costs?|hours|caps?|co-?pays?|deductibles?|maximum|minimum|premiums?|surcharges?|discounts?|allowances?|thresholds?|fue|era|ser[aá]|cu[aá]nto)\b",
    )
    .expect("a valid pattern")
});
/// What happened to somebody on that day.
static OF_AN_EVENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:i|we|he|she|they|my|his|her|their|customer|patient|pt|package|order|prescription|claim)\b[^.?!]{0,40}\b(?:ordered|bought|placed|paid|filled
        |refilled|received|got|arrived|delivered|shipped|sent|packed|called|written|issued|signed|cancelled|canceled|returned|charged|billed|picked|started|born|expired|expires|dated)\b
        | \b(?:ordered|bought|placed|paid|filled|received|delivered|shipped|written|issued|dated|born|dob|expir(?:es|ed|ing))\b[^.?!]{0,16}$
        # Its fee, its price or its hours on a day are no event.
        | \b(?:delivery|appointment|refill\s+due)(?:\s+(?:date|day|is|was|set|scheduled|due|on|for|in|of|the))*\s*:?\s*$",
    )
    .expect("a valid pattern")
});

/// What is still so is asked as of today, whatever day it began.
static STILL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:still|todav[ií]a|a[uú]n)\b").expect("a valid pattern"));

/// The day that a question asks about, where it says one. Of a month or a year the last day, but never one behind
/// `today` where the time has begun already.
pub fn asked(question: &str, today: Date) -> Option<Day> {
    let c = SAID.captures_iter(question).find(|c| {
        let at = c.get(0).expect("the whole match");
        OF_A_STATE.is_match(question) && !STILL.is_match(question) && !OF_AN_EVENT.is_match(&question[..at.start()])
    })?;
    let (from, to) = span(&c, today)?;
    let on = if from <= today && today <= to { today } else { to };
    Some(Day {
        on,
        shown: c[0].to_owned(),
    })
}

/// A question without the day that it asks about: that chooses among sources, and stands in none of them.
pub fn undated(question: &str, today: Date) -> String {
    static LEADS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\s*\b(?:back\s+)?(?:(?:as\s+of|in|on|of|for|during|from|since|at)\s+)?(?:the\s+)?$")
            .expect("a valid pattern")
    });
    let Some(day) = asked(question, today) else {
        return question.to_owned();
    };
    let Some((before, behind)) = question.split_once(&day.shown) else {
        return question.to_owned();
    };
    let kept = LEADS.find(before).map_or(before.len(), |m| m.start());
    let out = format!("{}{behind}", &before[..kept]).trim().to_owned();
    // What is nothing but a day is asked by it.
    if text::content_stems(&out).len() < 2 {
        question.to_owned()
    } else {
        out
    }
}

/// First and last day of what was said.
fn span(c: &Captures<'_>, today: Date) -> Option<(Date, Date)> {
    let text = |name: &str| c.name(name).map(|m| m.as_str());
    let number = |name: &str| text(name).and_then(|t| t.parse::<i16>().ok());
    let day = |y: i16, m: i16, d: i16| Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok();
    let one = |d: Option<Date>| d.map(|d| (d, d));
    let month_of = |y: i16, m: i16| day(y, m, 1).map(|d| (d, d.last_of_month()));
    let whole = |y: i16| Some((day(y, 1, 1)?, day(y, 12, 31)?));
    if text("iso").is_some() {
        return one(day(number("iy")?, number("im")?, number("id")?));
    }
    if text("us").is_some() {
        let year = number("uy").map(|y| if y < 100 { 2000 + y } else { y })?;
        return one(day(year, number("um")?, number("ud")?));
    }
    for (name, m, d, y) in [("mdy", "m1", "d1", "y1"), ("dmy", "m2", "d2", "y2")] {
        if text(name).is_some() {
            return one(day(number(y)?, month(text(m)?)?, number(d)?));
        }
    }
    if text("my").is_some() {
        return month_of(number("y3")?, month(text("m3")?)?);
    }
    if text("nm").is_some() {
        return month_of(number("y7")?, number("m7")?);
    }
    if text("year").is_some() {
        return whole(number("y4")?);
    }
    if text("before").is_some() {
        // The last such month that has begun.
        let m = month(text("m5")?)?;
        let year = if let Some(year) = number("y5") {
            year
        } else if m <= i16::from(today.month()) {
            today.year()
        } else {
            today.year() - 1
        };
        return one(day(year, m, 1)?.yesterday().ok());
    }
    if text("lastmonth").is_some() {
        let m = month(text("m6")?)?;
        return month_of(
            if m < i16::from(today.month()) {
                today.year()
            } else {
                today.year() - 1
            },
            m,
        );
    }
    relative(c, today)
}

fn relative(c: &Captures<'_>, today: Date) -> Option<(Date, Date)> {
    let said = c["rel"].to_lowercase();
    let shift = |span: Span| today.checked_add(span).ok();
    if said == "yesterday" {
        return shift(-1.day()).map(|d| (d, d));
    }
    if said == "tomorrow" {
        return shift(1.day()).map(|d| (d, d));
    }
    if let Some(ago) = c.name("ago") {
        let span = match ago.as_str() {
            "year" => -1.year(),
            "month" => -1.month(),
            _ => -1.week(),
        };
        return shift(span).map(|d| (d, d));
    }
    let sign = if c["which"].eq_ignore_ascii_case("next") { 1 } else { -1 };
    match c["span"].to_lowercase().as_str() {
        "year" => {
            let y = today.year() + sign;
            Some((Date::new(y, 1, 1).ok()?, Date::new(y, 12, 31).ok()?))
        }
        "month" => shift(i32::from(sign).months()).map(|d| (d.first_of_month(), d.last_of_month())),
        "quarter" => shift((3 * i32::from(sign)).months()).map(|d| (d.first_of_month(), d.last_of_month())),
        _ => shift(i32::from(sign).weeks()).map(|d| (d, d)),
    }
}

/// Whether a word names a month, a day of the week or a holiday.
pub fn is_day_word(word: &str) -> bool {
    const DAYS: &[&str] = &[
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    const HOLIDAYS: &[&str] = &[
        "christmas",
        "thanksgiving",
        "easter",
        "halloween",
        "hanukkah",
        "ramadan",
        "navidad",
    ];
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(&format!("^(?:{MONTH})$")).expect("a valid pattern"));
    DAYS.contains(&word.trim_end_matches('s')) || HOLIDAYS.contains(&word) || WHOLE.is_match(word)
}

fn month(word: &str) -> Option<i16> {
    const MONTHS: [&[&str]; 12] = [
        &["jan", "ene"],
        &["feb"],
        &["mar"],
        &["apr", "abr"],
        &["may"],
        &["jun"],
        &["jul"],
        &["aug", "ago"],
        &["sep"],
        &["oct"],
        &["nov"],
        &["dec", "dic"],
    ];
    let word = word.to_lowercase();
    MONTHS
        .iter()
        .position(|m| m.iter().any(|b| word.starts_with(b)))
        .map(|i| i as i16 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_searched_for_without_its_day() {
        let today = Date::constant(2026, 11, 20);
        for (question, want) in [
            (
                "what could a supervisor approve before September 2026",
                "what could a supervisor approve",
            ),
            ("What was the refund limit in July 2026?", "What was the refund limit?"),
            (
                "How much could an operator refund on 2026-08-01?",
                "How much could an operator refund?",
            ),
            ("refund limit back in 2025", "refund limit"),
            ("what was it in 2025", "what was it in 2025"),
            (
                "I ordered on 3/3/2026 and nothing came",
                "I ordered on 3/3/2026 and nothing came",
            ),
        ] {
            assert_eq!(undated(question, today), want);
        }
        let on = |q: &str| asked(q, today).map(|d| d.on);
        assert_eq!(on("limits before May 2025"), Some(Date::constant(2025, 4, 30)));
        assert_eq!(on("limits before May"), Some(Date::constant(2026, 4, 30)));
    }

    #[test]
    fn the_day_is_read_and_events_are_not() {
        let today: Date = "2026-11-26".parse().unwrap();
        for (q, want) in [
            ("What was the refund limit in July 2026?", Some("2026-07-31")),
            ("How much could an operator refund on 2026-08-01?", Some("2026-08-01")),
            ("How much will the membership be on 2025-05-05?", Some("2025-05-05")),
            (
                "How much may I refund without approval in July 2026?",
                Some("2026-07-31"),
            ),
            ("Can customers return a monitor in July 2026?", Some("2026-07-31")),
            ("Can I still use a coupon of July 2026?", None),
            ("what was the rate last year", Some("2025-12-31")),
            ("what was the limit on 3/15/2025?", Some("2025-03-15")),
            ("How much was it in November 2026?", Some("2026-11-26")),
            ("what are the rules from January 2027", Some("2027-01-31")),
            ("what was the limit before September", Some("2026-08-31")),
            ("¿Cuánto era el límite en julio de 2026?", Some("2026-07-31")),
            ("what was the price 1 July 2026", Some("2026-07-01")),
            ("insulin copay cap in Dec 2025", Some("2025-12-31")),
            ("copay cap insulin 12/2025", Some("2025-12-31")),
            ("What was the delivery fee in March 2025?", Some("2025-03-31")),
            ("delivery fee on 12/24/2025", Some("2025-12-24")),
            ("My delivery is on March 3, 2025, what is the fee?", None),
            ("Can I buy a flu kit in May?", None),
            ("I ordered on 3/15/2026, where is my package?", None),
            ("My package was delivered on 2026-11-01 and is wet", None),
            ("How long does shipping take?", None),
        ] {
            assert_eq!(asked(q, today).map(|d| d.on.to_string()).as_deref(), want, "{q}");
        }
    }
}
