//! The document as it must be: its tables, and what its text says in numbers.

use crate::days::{AT_A_SITE, INTERVALS, SHARP, SPREADS, TABLE, UPLINKS, day, results, roads, sent_over_needed};
use crate::model::{
    CHECK, Day, Deltas, Everything, FIRST_BYTE, GIGABIT, LAPTOPS_A_SITE, MBIT, METADATA, Outcome, PASSAGES, Patience,
    S3_LIMIT, SIGMA, SITES, SITES_AT_NINE, UNCHANGED, WORK, pieces, simulate,
};
use crate::prices::{
    BUCKET_KEYS, Bill, DAYS, EDGE, EDGE_REQUEST, GET, INTERNET, KMS, LINK, PORT, PRIVATE_GB, PUT, REPLICA, STORAGE,
    bill, days, dollars,
};
use crate::program::{ATTEMPTS, CHECK_INTERVAL, CHECK_JITTER, PARALLEL, RANGE, pause};

/// Releases that are kept (`mortar kb gc`).
const KEPT: usize = 60;

fn n(x: f64) -> String {
    let decimals = usize::from(x.fract() != 0.0 && x < 99.5) + usize::from(x.fract() != 0.0 && x < 9.95);
    let mut number = format!("{:.decimals$}", x + 0.0);
    for at in [6, 3].map(|i| number.len().saturating_sub(i)).into_iter().rev() {
        if at > 0 && decimals == 0 {
            number.insert(at, ',');
        }
    }
    number
}

pub fn time(s: f64) -> String {
    match s {
        ..99.5 => format!("{s:.0} s"),
        ..5400.0 => format!("{:.1} min", s / 60.0),
        _ => format!("{:.1} h", s / 3600.0),
    }
}

fn percent(x: f64) -> String {
    format!("{:.0} %", x * 100.0)
}

fn table<R>(title: &str, head: &str, rows: impl IntoIterator<Item = R>, row: impl Fn(R) -> String) -> String {
    let rows: Vec<_> = rows.into_iter().map(|r| format!("| {} |\n", row(r))).collect();
    let line = "---|".repeat(head.split('|').count());
    format!("\n**{title}**\n\n| {head} |\n|{line}\n{}", rows.concat())
}

/// The ranges that are looked at; the second is the program's.
const RANGES: [(&str, f64); 3] = [("1 MB", 1e6), ("8 MiB", RANGE), ("whole files, ≤ 30.7 MB", 30.72e6)];

/// The share of the time that is lost to first bytes, at 200 Mbit/s.
fn lost(size: f64) -> f64 {
    FIRST_BYTE / (FIRST_BYTE + size * PARALLEL as f64 / (200.0 * MBIT))
}

/// Bytes sent for each byte needed, at 2 Mbit/s for all.
fn again(size: f64) -> f64 {
    sent_over_needed(size, 2.0 * MBIT / PARALLEL as f64)
}

/// What AWS counts in a month with such days in it.
fn month(day_of: &Day, o: &Outcome) -> Bill {
    days(day_of.a_month, bill(o), DAYS - day_of.a_month, bill(day("b1")))
}

#[rustfmt::skip] // as wide as what it prints
pub fn tables() -> String {
    let [days_of, spreads, intervals, uplinks] = results();
    let gets = |load, range| n(pieces(load, range, 1).len() as f64);
    let waits = |o: &Outcome| [0.5, 0.99, 1.0].map(|share| time(o.wait(share))).join(" | ");
    let cells = |x: &[f64]| x.iter().map(|x| n(*x)).collect::<Vec<_>>().join(" | ");
    [
        table("What one laptop fetches",
            "beside the metadata | GETs | MB | MB with two embedding models",
            [("the delta", Deltas(1)), ("30 deltas", Deltas(30)), ("everything", Everything), ("rollback", Deltas(0))],
            |(name, load)| {
                let mb = [1, 2].map(|models| pieces(load, RANGE, models).iter().sum::<f64>() / 1e6);
                format!("{name} | {} | {}", gets(load, RANGE), cells(&mb))
            }),
        table("Days",
            "day | requests, thousands | GB out | $ a day | $ a month | peak requests/s | peak Gbit/s | 503 | 50 % | 99 % | all",
            TABLE.iter().zip(days_of), |(d, o)| {
                let month = month(d, o);
                let [a_day, a_month] = [bill(o), month].map(|b| dollars(b, d.road));
                let load = cells(&[o.granted / 1e3, o.out / 1e9, a_day, a_month, o.peak_requests, o.peak_gbit]);
                format!("{} | {load} | {} | {}", d.name, percent(o.refused_share()), waits(o))
            }),
        table("Nine sharp, spread by a hash of the device",
            "over | peak requests/s | 503 | peak Gbit/s | uplink full for | 50 % | 99 % | all",
            SPREADS.iter().zip(spreads), |(w, o)| {
                let [requests, gbit] = [o.peak_requests, o.peak_gbit].map(n);
                let (refused, full) = (percent(o.refused_share()), time(o.uplink_full));
                format!("{w} s | {requests} | {refused} | {gbit} | {full} | {}", waits(o))
            }),
        table("A site of 500 laptops, by its uplink",
            "Mbit/s | delta: uplink full for | 99 % | at nine sharp: full for | 99 % | everything: full for | 99 %",
            UPLINKS.iter().zip(uplinks.chunks(AT_A_SITE.len())), |(u, o)| {
                let cells = o.iter().flat_map(|o| [o.uplink_full, o.wait(0.99)].map(time));
                format!("{} | {}", n(*u), cells.collect::<Vec<_>>().join(" | "))
            }),
        table("How soon a rollback reaches a laptop",
            "a check each (± 20 %) | requests a day, thousands | $ of them a month | 50 % | 99 % | all",
            INTERVALS.iter().zip(intervals),
            |(m, o)| format!("{m} min | {} | {}", cells(&[o.granted / 1e3, o.granted * GET * DAYS]), waits(o))),
        table("Ranges",
            "of | GETs for a delta | GETs for everything | time lost to first bytes | sent for each byte needed",
            RANGES, |(name, size)| {
                let (lost, again) = (percent(lost(size)), n(again(size)));
                format!("{name} | {} | {} | {lost} | {again}", gets(Deltas(1), size), gets(Everything, size))
            }),
        table("Roads", "$ a month | S3 over the internet | CloudFront | a private line | a cache at each site",
            roads(), |(name, d)| format!("{name} | {}", cells(&d))),
        table("Keys", "$ a day | objects decrypted, thousands | GETs | KMS without bucket keys | KMS with them",
            [("the delta", "b1"), ("everything", "a1")], |(name, label)| {
                let [gets, bodies, _] = bill(day(label));
                format!("{name} | {}", cells(&[bodies / 1e3, gets * GET, bodies * KMS, bodies * KMS * BUCKET_KEYS]))
            }),
    ].concat()
}

/// A month's dollars of a day of the table.
fn a_month(label: &str) -> f64 {
    let of = TABLE.iter().find(|d| d.name.split(' ').next() == Some(label));
    let of = of.expect("a day of the table");
    dollars(month(of, day(label)), of.road)
}

/// What the text says beside the tables, each with the numbers that are computed or assumed. There are no others.
pub fn facts() -> Vec<String> {
    [assumed(), of_the_program(), concluded()].concat()
}

fn assumed() -> Vec<String> {
    let prices = |tiers: &[(f64, f64)]| tiers.iter().map(|t| cents(t.1)).collect::<Vec<_>>().join(", ");
    let up_to = |tiers: &[(f64, f64)]| tiers[..3].iter().map(|t| n(t.0 / 1e3)).collect::<Vec<_>>().join(", ");
    vec![
        format!(
            "{} laptops, {} passages",
            n((SITES * LAPTOPS_A_SITE) as f64),
            n(PASSAGES as f64)
        ),
        format!(
            "{SITES} sites of {LAPTOPS_A_SITE} behind {} Gbit/s each",
            n(GIGABIT * 8.0 / 1e9)
        ),
        "20 to 200 Mbit/s".into(),
        format!("σ {} min; {} of the sites", n(SIGMA / 60.0), SITES - SITES_AT_NINE),
        format!("S3 grants {} a second", n(S3_LIMIT)),
        "503".into(),
        "`MORTAR_WRITE_SCALE=1`".into(),
        "in steps of 1 s".into(),
        "99 % moves by less than 3 s".into(),
        "as assumed on 25 November 2026".into(),
        "us-east-1".into(),
        format!("GET ${}, PUT ${} a 1,000", cents(GET * 1e3), cents(PUT * 1e3)),
        format!("storage ${} a GB and month", cents(STORAGE)),
        format!("${} a GB (up to {} TB, beyond)", prices(&INTERNET), up_to(&INTERNET)),
        format!(
            "CloudFront ${} and ${} per 10,000 requests",
            prices(&EDGE),
            cents(EDGE_REQUEST * 1e4)
        ),
        format!("PrivateLink ${} a GB and an hour in each of 3 zones", cents(LINK)),
        format!("with ${} a GB over a dedicated line", cents(PRIVATE_GB - LINK)),
        format!(
            "KMS ${} per 10,000, of which bucket keys leave {}",
            cents(KMS * 1e4),
            percent(BUCKET_KEYS)
        ),
        format!(
            "A month has {} days: a1 to d2 and h all alike, d3 to g one such and {} of b1",
            n(DAYS),
            n(DAYS - 1.0)
        ),
        format!("the first byte takes {} ms", n(FIRST_BYTE * 1e3)),
        "\"lost\" is at 200 Mbit/s".into(),
        "\"sent\" is at 2 Mbit/s (all of a site at once) with a break each 10 min".into(),
        "makes that column 1".into(),
    ]
}

fn of_the_program() -> Vec<String> {
    let (first, longest) = (pause(1, 1.0), pause(u32::MAX, 1.0));
    let whole: f64 = METADATA.iter().map(|m| m.1).sum();
    vec![
        format!(
            "asks again after {} s, doubling to {} s, of which half to all is waited",
            cents(first),
            n(longest)
        ),
        format!("{ATTEMPTS} times in all"),
        format!(
            "A check, each {} min ± {}",
            n(CHECK_INTERVAL / 60.0),
            percent(CHECK_JITTER)
        ),
        format!(
            "{} KB; one that finds something new reads {}",
            cents(UNCHANGED / 1e3),
            METADATA.len()
        ),
        format!("files, {} KB", n((whole / 1e3).round())),
        format!(
            "Ranges of {} MiB, {} at once",
            n(RANGE / f64::from(1 << 20)),
            words(PARALLEL)
        ),
    ]
}

fn concluded() -> Vec<String> {
    [of_nine_oclock(), of_checks(), of_bytes(), of_money()].concat()
}

#[rustfmt::skip] // a fact a line
fn of_nine_oclock() -> Vec<String> {
    let [_, spreads, ..] = results();
    let hasty = simulate(&Day { patience: Patience::Attempts(6), ..SHARP }, 1.0);
    let b2 = day("b2");
    vec![
        "(b1)".into(),
        "(b2)".into(),
        format!("{} of the day's requests are refused", percent(b2.refused_share())),
        format!("all have it after {}", time(b2.wait(1.0))),
        format!("with 6 attempts in place of {ATTEMPTS} the last would have it after {}", time(hasty.wait(1.0))),
        format!("Pauses lessen refusals (b3: {})", percent(day("b3").refused_share())),
        format!("A spread over {} s ends them", n(SPREADS[3])),
        format!("nearly ends full uplinks ({})", time(spreads[3].uplink_full)),
        format!("(c1) make everybody wait for nothing: half of them {}", time(day("c1").wait(0.5))),
        format!("spreads that over {} s", n(SPREADS[3])),
        format!("or up to {} min", n(SPREADS[4] / 60.0)),
        format!("S3 grants {}/s only once it has split for the load", n(S3_LIMIT)),
        format!("hence {} s and not {}", n(SPREADS[3]), n(SPREADS[1])),
    ]
}

#[rustfmt::skip]
fn of_checks() -> Vec<String> {
    let intervals = &results()[2];
    let b1 = day("b1");
    let at_once = METADATA.len() + pieces(Deltas(1), RANGE, 1).len();
    let checks = (b1.granted - (SITES * LAPTOPS_A_SITE * at_once) as f64) / CHECK as f64;
    let more = (METADATA.len() - CHECK) as f64 * checks;
    let bytes: f64 = METADATA[CHECK..].iter().map(|m| m.1).sum();
    let dear = (intervals[1].granted - intervals[2].granted) * GET * DAYS;
    vec![
        format!("99 % after {}", time(intervals[1].wait(0.99))),
        format!("With one each {} min it would be {}", n(INTERVALS[2]), time(intervals[2].wait(0.99))),
        format!("for ${} a month less", n(dear)),
        "Without jitter b2's herd".into(),
        format!("spare {} GB a day", n(checks * (METADATA[0].1 - UNCHANGED) / 1e9)),
        format!("spares {} GB and {} of requests", n(checks * bytes / 1e9), percent(more / (b1.granted + more))),
    ]
}

#[rustfmt::skip]
fn of_bytes() -> Vec<String> {
    let [all, delta] = [Everything, Deltas(1)].map(|load| pieces(load, RANGE, 1).iter().sum::<f64>());
    let asked = |range| pieces(Everything, range, 1).len() as f64;
    let rest = |label| day(label).out - day("b1").out;
    let kept = delta * KEPT as f64 / 1e9;
    vec![
        format!("1 MB loses {} of the time", percent(lost(RANGES[0].1))),
        format!("asks {} times as often", n(asked(RANGES[0].1) / asked(RANGE))),
        format!("whole files send {} bytes for one on a bad line", n(again(RANGES[2].1))),
        format!("{} of the bytes, ${} against ${} a month", percent(delta / all), n(a_month("b1")), n(a_month("a1"))),
        "(e)".into(),
        "would be a1".into(),
        format!("{KEPT} releases are {} GB, ${} a month", n(kept), n(kept * STORAGE)),
        format!("spare {} of what those who return would fetch (f1, f2)", percent(1.0 - rest("f1") / rest("f2"))),
        "which is a1".into(),
        format!("a rebuild at {} passages takes minutes", n(PASSAGES as f64)),
    ]
}

#[rustfmt::skip]
fn of_money() -> Vec<String> {
    let [all, delta] = [Everything, Deltas(1)].map(|load| pieces(load, RANGE, 1).iter().sum::<f64>());
    let [plain, often, ..] = roads().map(|(_, dollars)| dollars);
    let spared = [often, plain].map(|road| n(road[0] - road[1]));
    let as_dear = (INTERNET[0].1 - EDGE[0].1) / (EDGE_REQUEST - GET);
    vec![
        format!("{} at a delta a day", percent(1.0 - plain[1] / plain[0])),
        format!("a GB takes fewer than {} requests", n(as_dear.floor())),
        format!("with a check each {} min ${} of ${} a month are left", n(INTERVALS[0]), spared[0], spared[1]),
        format!("beyond {} TB a month", n(INTERNET[2].0 / 1e3)),
        format!("adds ${:.4} a day", delta / 1e9 * REPLICA),
        format!("saves ${} a month", n(((a_month("b1") - a_month("d2")) / SITES as f64).round())),
        format!("gives less than {} Mbit/s a laptop", n(all * 8.0 / 1e6 / WORK)),
        format!("a port of 1 Gbit/s is about ${} a month, and there are {SITES} sites", n(PORT)),
        format!("Storage (${} a month)", n(all / 1e9 * STORAGE)),
    ]
}

/// A price, or another number below one, without the zero before the point.
fn cents(x: f64) -> String {
    let text = format!("{x:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.strip_prefix('0').unwrap_or(text).to_owned()
}

fn words(n: usize) -> &'static str {
    ["none", "one", "two", "three", "four", "five", "six"][n]
}

/// The numbers of a text that no fact accounts for, and the facts that it does not say.
pub fn unaccounted(text: &str, facts: &[String]) -> Vec<String> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("**", "");
    let text = plain(text);
    let mut wrong: Vec<String> = facts.iter().filter(|f| !text.contains(f.as_str())).cloned().collect();
    let mut longest = facts.to_vec();
    longest.sort_by_key(|f| std::cmp::Reverse(f.len()));
    let left = longest.iter().fold(text, |text, fact| text.replace(fact.as_str(), " "));
    let numbers = left
        .split_whitespace()
        .filter(|w| w.replace("S3", "").contains(|c: char| c.is_ascii_digit()));
    wrong.extend(numbers.map(str::to_owned));
    wrong
}
