//! The days that are looked at, and what comes of them.

use std::sync::OnceLock;
use std::thread;

use crate::model::{Day, Deltas, ELEVEN, Everything, GIGABIT, MBIT, Outcome, Patience, Road, SITES, simulate};
use crate::prices::{Bill, DAYS, bill, days, dollars};
use crate::program::{ATTEMPTS, CHECK_INTERVAL, CHECK_JITTER};

#[rustfmt::skip]
pub const PLAIN: Day = Day {
    name: "b1 the delta", load: Deltas(1), other: (0.0, Deltas(1)), sharp: false, spread: 0.0, interval: CHECK_INTERVAL,
    jitter: CHECK_JITTER, patience: Patience::Attempts(ATTEMPTS), published: 0.0, road: Road::S3, uplink: GIGABIT, sites: SITES, a_month: DAYS,
};
#[rustfmt::skip]
pub const SHARP: Day = Day { name: "b2 the same at nine sharp, no jitter", sharp: true, jitter: 0.0, ..PLAIN };
#[rustfmt::skip]
pub const ALL: Day = Day { name: "a1 everything", load: Everything, ..PLAIN };
#[rustfmt::skip]
pub const BACK: Day = Day { name: "g rollback at eleven", load: Deltas(0), published: ELEVEN, a_month: 1.0, ..PLAIN };

#[rustfmt::skip]
pub const TABLE: [Day; 15] = [
    ALL,
    Day { name: "a2 everything at nine sharp, no jitter", sharp: true, jitter: 0.0, ..ALL },
    PLAIN,
    SHARP,
    Day { name: "b3 as b2, asked again each second", patience: Patience::None, ..SHARP },
    Day { name: "c1 delta, spread over 10 min", spread: 600.0, ..PLAIN },
    Day { name: "c2 as c1, at nine sharp", sharp: true, spread: 600.0, ..PLAIN },
    Day { name: "d1 delta by CloudFront", road: Road::CloudFront, ..PLAIN },
    Day { name: "d2 delta, a cache at each site", road: Road::SiteCache, ..PLAIN },
    Day { name: "d3 everything, a cache at each site", road: Road::SiteCache, a_month: 1.0, ..ALL },
    Day { name: "e compaction, 1 % hold no ancestor", other: (0.01, Everything), a_month: 1.0, ..PLAIN },
    Day { name: "f1 5 % back after 30 releases, by deltas", other: (0.05, Deltas(30)), a_month: 1.0, ..PLAIN },
    Day { name: "f2 the same, the old deltas gone", other: (0.05, Everything), a_month: 1.0, ..PLAIN },
    BACK,
    Day { name: "h delta published at eleven", published: ELEVEN, ..PLAIN },
];

pub const SPREADS: [f64; 5] = [0.0, 30.0, 60.0, 120.0, 600.0];
pub const INTERVALS: [f64; 4] = [5.0, 15.0, 30.0, 60.0];
pub const UPLINKS: [f64; 5] = [50.0, 100.0, 200.0, 1000.0, 10_000.0];
/// What is looked at for each uplink.
pub const AT_A_SITE: [Day; 3] = [PLAIN, SHARP, ALL];

pub fn run(days: impl AsRef<[Day]>) -> Vec<Outcome> {
    thread::scope(|s| {
        let threads: Vec<_> = days.as_ref().iter().map(|d| s.spawn(|| simulate(d, 1.0))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

/// The days of the table, nine sharp by spread, rollbacks by interval, a site by uplink.
#[rustfmt::skip]
pub fn results() -> &'static [Vec<Outcome>; 4] {
    static RUN: OnceLock<[Vec<Outcome>; 4]> = OnceLock::new();
    RUN.get_or_init(|| [
        run(TABLE),
        run(SPREADS.map(|spread| Day { spread, ..SHARP })),
        run(INTERVALS.map(|m| Day { interval: m * 60.0, ..BACK })),
        run(UPLINKS.map(|u| AT_A_SITE.map(|d| Day { uplink: u * MBIT, sites: 1, ..d })).concat()),
    ])
}

pub fn day(label: &str) -> &'static Outcome {
    let is = |d: &Day| d.name.split(' ').next() == Some(label);
    &results()[0][TABLE.iter().position(is).unwrap()]
}

/// A month's dollars by each road: S3 over the internet, CloudFront, a private line, a cache at each site.
pub fn roads() -> [(&'static str, [f64; 4]); 4] {
    let [delta, all, cached, all_cached] = ["b1", "a1", "d2", "d3"].map(|l| bill(day(l)));
    let intervals = &results()[2];
    // The second of them is the program's own.
    let often = intervals[0].granted - intervals[1].granted;
    let months = [
        ("22 deltas", DAYS, 0.0),
        ("the same, a check each 5 min", DAYS, often),
        ("21 deltas, everything once", DAYS - 1.0, 0.0),
        ("everything 22 times", 0.0, 0.0),
    ];
    months.map(|(name, n, more)| {
        let month = |[gets, bodies, gb]: Bill, all| days(n, [gets + more, bodies, gb], DAYS - n, all);
        let of = |road| match road {
            Road::SiteCache => dollars(month(cached, all_cached), road),
            _ => dollars(month(delta, all), road),
        };
        let roads = [Road::S3, Road::CloudFront, Road::PrivateLine, Road::SiteCache];
        (name, roads.map(of))
    })
}

/// Bytes sent for each byte needed when a break, each 10 min, begins a range anew, at `rate` bytes/s.
pub fn sent_over_needed(size: f64, rate: f64) -> f64 {
    let x = size / rate / 600.0;
    x.exp_m1() / x
}
