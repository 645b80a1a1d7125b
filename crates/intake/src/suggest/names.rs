//! What the names of one source seem to mean: by themselves, then by what stands below them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use mortar_sources::columns::{is_in_force, is_known, looks_like, normal};
use mortar_sources::survey::{Met, guessed};

/// How people write days. Where two of them read all that is there, a person must say which.
const FORMS: &[&str] = &[
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%B %d, %Y",
    "%d %B %Y",
];
const BODIES: &[&str] = &["answer", "body", "text"];
const TITLES: &[&str] = &["question", "title"];
/// In characters: what is shorter on average is no text.
const TEXT: usize = 20;
/// Values that a comment shows, and how much of them.
const SHOWN: usize = 60;

enum Proposal {
    Field(&'static str),
    Append,
    Ignore,
    InForce(Vec<String>),
    /// Somebody must decide; what is likely, and what it looks like.
    Open(&'static str, &'static str),
}

pub struct Names(Vec<(Met, Option<Proposal>)>);

impl Names {
    pub fn of(met: Vec<Met>) -> Self {
        let met: Vec<Met> = met.into_iter().filter(|m| m.filled > 0).collect();
        let mut taken: BTreeSet<String> = met.iter().map(|m| normal(&m.name)).filter(|k| is_known(k)).collect();
        let mut out = Vec::new();
        for m in met {
            let proposal = match is_known(&normal(&m.name)) {
                true => None,
                false => Some(proposal(&m, &taken)),
            };
            if let Some(Proposal::Field(field)) = &proposal {
                taken.insert((*field).to_owned());
            }
            out.push((m, proposal));
        }
        let mut names = Names(out);
        names.by_content(&taken);
        names
    }

    /// Where no name says which is the text and which the title, what stands there does.
    fn by_content(&mut self, taken: &BTreeSet<String>) {
        let lacks = |fields: &[&str]| !fields.iter().any(|f| taken.contains(*f));
        let average = |m: &Met| m.length / m.filled.max(1);
        let open = |p: &Option<Proposal>| matches!(p, Some(Proposal::Ignore));
        if lacks(BODIES) {
            let all = self
                .0
                .iter()
                .enumerate()
                .filter(|(_, (m, p))| open(p) && average(m) >= TEXT);
            if let Some((longest, _)) = all.max_by_key(|(n, (m, _))| (average(m), usize::MAX - n)) {
                self.0[longest].1 = Some(Proposal::Field("answer"));
            }
        }
        let has_body = !lacks(BODIES) || self.0.iter().any(|(_, p)| matches!(p, Some(Proposal::Field("answer"))));
        if lacks(TITLES) && has_body {
            let rows = self.0.iter().map(|(m, _)| m.filled).max().unwrap_or(0);
            let names = |m: &Met| {
                let different: BTreeSet<&String> = m.samples.iter().collect();
                m.filled == rows
                    && different.len() == m.samples.len()
                    && m.length > 3 * m.filled
                    && m.samples.iter().any(|s| s.contains(' '))
            };
            if let Some((m, proposal)) = self.0.iter_mut().find(|(m, p)| open(p) && names(m)) {
                let asks = m.samples.iter().filter(|s| s.ends_with('?')).count() * 2 > m.samples.len();
                *proposal = Some(Proposal::Field(if asks { "question" } else { "title" }));
            }
        }
    }

    /// How the days of this source are written, where they are not written as they are read.
    pub fn dates(&self) -> String {
        let is_day = |key: &str| ["effective_from", "effective_to"].contains(&key);
        let days = self.0.iter().filter(|(m, p)| match p {
            Some(Proposal::Field(field)) => is_day(field),
            Some(_) => false,
            None => is_day(&normal(&m.name)),
        });
        let all: Vec<&str> = days.flat_map(|(m, _)| m.samples.iter().map(String::as_str)).collect();
        match &forms(&all)[..] {
            _ if all.iter().all(|d| is_plain(d)) => String::new(),
            [] => "#? dates = \"%d/%m/%Y\"  # the days here are written in several ways, or are none\n".to_owned(),
            [one] => format!("dates = {}\n", quoted(one)),
            [one, rest @ ..] => {
                let rest: Vec<String> = rest.iter().map(|r| quoted(r)).collect();
                let rest = rest.join(" or ");
                format!("#? dates = {}  # or {rest}: the days here could be both\n", quoted(one))
            }
        }
    }

    pub fn lines(&self) -> Vec<String> {
        let line = |(m, proposal): &(Met, Option<Proposal>)| {
            let name = quoted(&m.name);
            let shown = shown(m);
            Some(match proposal.as_ref()? {
                Proposal::Field(field) => format!("{name} = \"{field}\"  # {shown}"),
                Proposal::Append => format!("{name} = \"append\"  # {shown}"),
                Proposal::Ignore => format!("{name} = \"ignore\"  # {shown}"),
                Proposal::InForce(values) => {
                    let values: Vec<String> = values.iter().map(|v| quoted(v)).collect();
                    format!("{name} = {{ in_force = [{}] }}  # {shown}", values.join(", "))
                }
                Proposal::Open(likely, like) => format!("#? {name} = {likely}  # {shown} It looks like {like}"),
            })
        };
        self.0.iter().filter_map(line).collect()
    }
}

fn proposal(m: &Met, taken: &BTreeSet<String>) -> Proposal {
    let key = normal(&m.name);
    let is_free = |field: &str| match field {
        _ if BODIES.contains(&field) => !BODIES.iter().any(|b| taken.contains(*b)),
        "codes" => !taken.contains("code") && !taken.contains("codes"),
        field => !taken.contains(field),
    };
    let days = || {
        !forms(&m.samples.iter().map(String::as_str).collect::<Vec<_>>()).is_empty()
            || m.samples.iter().all(|d| is_plain(d))
    };
    match (guessed(&m.name), looks_like(&key)) {
        (Some(field), _) if is_free(field) && (!field.starts_with("effective") || days()) => Proposal::Field(field),
        (_, Some("an end")) if is_free("effective_to") && days() => Proposal::Field("effective_to"),
        (_, Some("a beginning")) if is_free("effective_from") && days() => Proposal::Field("effective_from"),
        (_, Some("a state")) => {
            let mut values: Vec<&String> = m.samples.iter().collect();
            values.sort();
            values.dedup();
            let in_force = values.into_iter().filter(|v| is_state_in_force(&key, v)).cloned();
            let in_force: Vec<String> = in_force.collect();
            match in_force.is_empty() {
                true => Proposal::Open("{ in_force = [\"…\"] }", "a state"),
                false => Proposal::InForce(in_force),
            }
        }
        (_, Some("an exception")) => Proposal::Append,
        (_, Some("a second answer")) => Proposal::Open("\"append\"", "a second answer"),
        (_, Some(like)) => Proposal::Open("\"append\"", like),
        (_, None) if is_free("codes") && m.samples.iter().all(|s| is_drug_code(s)) => Proposal::Field("codes"),
        (_, None) => Proposal::Ignore,
    }
}

fn is_state_in_force(key: &str, value: &str) -> bool {
    is_in_force(key, value) || is_in_force("status", value)
}

/// The number of a drug's package, as it is printed on it.
fn is_drug_code(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let digits = parts
        .iter()
        .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    digits
        && matches!(
            parts.iter().map(|p| p.len()).collect::<Vec<_>>()[..],
            [4..=5, 3..=4, 1..=2]
        )
}

fn is_plain(day: &str) -> bool {
    day.get(..10).unwrap_or(day).parse::<Date>().is_ok()
}

/// The ways of writing days that read all of these.
fn forms(days: &[&str]) -> Vec<&'static str> {
    let reads = |form: &&&str| {
        let read = |day: &&str| {
            Date::strptime(form.as_bytes(), day.as_bytes()).is_ok_and(|d| (1990..2200).contains(&d.year()))
        };
        !days.is_empty() && days.iter().all(read)
    };
    FORMS.iter().filter(reads).copied().collect()
}

/// How many are filled, and with what.
fn shown(m: &Met) -> String {
    let mut values: Vec<&str> = Vec::new();
    for sample in &m.samples {
        if !values.contains(&sample.as_str()) && values.len() < 3 {
            values.push(sample);
        }
    }
    if m.length / m.filled.max(1) > SHOWN / 3 {
        values.truncate(1);
    }
    let values = values.join(", ");
    let values: String = values
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN)
        .collect();
    format!("{}: {values}", m.filled)
}

pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
