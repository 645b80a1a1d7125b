//! What 20,000 laptops ask of one tenant's store: the model behind docs/SCALE.md, and the test that keeps the two one.
//! Requests are events, each on its own; bytes flow as a fluid, shared fairly over a site's uplink in steps of a second.
//! Nothing here touches a network or the program: what the program does is written down as constants, and whoever
//! changes one of those there changes it here. `MORTAR_WRITE_SCALE=1` writes the tables of the document anew.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::OnceLock;
use std::{array, env, fs, mem, thread};

// The store and the program.
const PASSAGES: usize = 1_000_000;
const A_RELEASE: usize = PASSAGES / 100;
const A_BASE_SEGMENT: usize = 20_000;
/// Bytes a passage in a segment's files: documents, passages, vectors of one embedding model.
const FILES: [f64; 3] = [350.0, 50.0, 1536.0];
const RANGE: f64 = 8e6;
const PARALLEL: usize = 4;
/// In order: next root (404), timestamp (304 if unchanged), snapshot, targets, channel, manifest.
const METADATA: [f64; 6] = [300.0, 1e3, 1e3, 40e3, 1e3, 40e3];
const CHECK: usize = 2;
/// Bytes of a 304.
const UNCHANGED: f64 = 500.0;
const LONGEST_BACKOFF: f64 = 20.0;
const FIRST_BYTE: f64 = 0.06;

// The laptops, in sites of one size. The first 28 sites are in one time zone, the others one to three hours behind.
const SITES: usize = 40;
const LAPTOPS_A_SITE: usize = 500;
const SITES_AT_NINE: usize = 28;
const NINE: f64 = 3600.0; // the clock starts at eight
const ELEVEN: f64 = 3.0 * 3600.0;
const SIGMA: f64 = 480.0;
const WORK: f64 = 8.0 * 3600.0;
const MBIT: f64 = 1e6 / 8.0;
const GIGABIT: f64 = 1000.0 * MBIT;
const LOCAL_NETWORK: f64 = 10.0 * GIGABIT;

// Prices in dollars; docs/SCALE.md says of when and where. Tiers: GB up to, price a GB.
const GET: f64 = 0.0004 / 1e3;
const EDGE_REQUEST: f64 = 0.01 / 1e4;
const KMS: f64 = 0.03 / 1e4;
const BUCKET_KEYS: f64 = 0.01; // the share of calls of KMS that is left
const INTERNET: [(f64, f64); 4] = [(10e3, 0.09), (50e3, 0.085), (150e3, 0.07), (f64::MAX, 0.05)];
const EDGE: [(f64, f64); 4] = [(10e3, 0.085), (50e3, 0.08), (150e3, 0.06), (f64::MAX, 0.04)];
const PRIVATE_GB: f64 = 0.01 + 0.02; // PrivateLink, and a dedicated line's own data out
const PRIVATE_MONTH: f64 = 3.0 * 0.01 * 730.0;
const DAYS: f64 = 22.0;

const S3_LIMIT: f64 = 5500.0;

#[derive(Clone, Copy, PartialEq)]
enum Load {
    Everything,
    Deltas(usize),
}
use Load::{Deltas, Everything};

#[derive(Clone, Copy, PartialEq)]
enum Road {
    S3,
    CloudFront,
    PrivateLine,
    SiteCache,
}

#[derive(Clone, Copy)]
struct Day {
    name: &'static str,
    load: Load,
    /// This share of the laptops fetches something else.
    other: (f64, Load),
    /// All programs start at nine sharp, as a scheduler starts them.
    sharp: bool,
    /// At its start a laptop waits a part of this, by a hash of the device.
    spread: f64,
    interval: f64,
    jitter: f64,
    backoff: bool,
    published: f64,
    road: Road,
    uplink: f64,
    sites: usize,
    /// How many of a month's 22 days are like this; the others are the plain one.
    a_month: f64,
}

#[rustfmt::skip]
const PLAIN: Day = Day {
    name: "b1 the delta", load: Deltas(1), other: (0.0, Deltas(1)), sharp: false, spread: 0.0, interval: 1800.0,
    jitter: 0.2, backoff: true, published: 0.0, road: Road::S3, uplink: GIGABIT, sites: SITES, a_month: DAYS,
};
#[rustfmt::skip]
const SHARP: Day = Day { name: "b2 the same at nine sharp, no jitter", sharp: true, jitter: 0.0, ..PLAIN };
#[rustfmt::skip]
const ALL: Day = Day { name: "a1 everything", load: Everything, ..PLAIN };
#[rustfmt::skip]
const BACK: Day = Day { name: "g rollback at eleven", load: Deltas(0), published: ELEVEN, a_month: 1.0, ..PLAIN };

#[rustfmt::skip]
const TABLE: [Day; 15] = [
    ALL,
    Day { name: "a2 everything at nine sharp, no jitter", sharp: true, jitter: 0.0, ..ALL },
    PLAIN,
    SHARP,
    Day { name: "b3 as b2, asked again each second", backoff: false, ..SHARP },
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

const SPREADS: [f64; 5] = [0.0, 30.0, 60.0, 120.0, 600.0];
const INTERVALS: [f64; 4] = [5.0, 15.0, 30.0, 60.0];
const UPLINKS: [f64; 5] = [50.0, 100.0, 200.0, 1000.0, 10_000.0];
/// What is looked at for each uplink.
const AT_A_SITE: [Day; 3] = [PLAIN, SHARP, ALL];

/// The sizes of what is asked for, one a GET.
fn pieces(load: Load, range: f64, models: usize) -> Vec<f64> {
    let (segments, passages) = match load {
        Everything => (PASSAGES / A_BASE_SEGMENT, A_BASE_SEGMENT),
        Deltas(n) => (n, A_RELEASE),
    };
    let ranges = |file: f64| (0..(file / range).ceil() as usize).map(move |i| range.min(file - i as f64 * range));
    let files = |_| FILES.into_iter().chain([FILES[2]].repeat(models - 1));
    let files = (0..segments).flat_map(files);
    files.flat_map(|each| ranges(each * passages as f64)).collect()
}

/// SplitMix64: the same numbers everywhere; no function of the platform's mathematics decides a start.
struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// Twelve uniforms: close enough to a normal up to three sigma, and never beyond six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

#[derive(Default)]
struct Outcome {
    granted: f64,
    refused: f64,
    /// Answers that carry an object, which S3 must decrypt.
    bodies: f64,
    out: f64,
    peak_requests: f64,
    peak_gbit: f64,
    uplink_full: f64,
    waits: Vec<f64>,
}
impl Outcome {
    fn bill(&self) -> Bill {
        [self.granted, self.bodies, self.out / 1e9]
    }
    fn wait(&self, share: f64) -> f64 {
        self.waits[((self.waits.len() as f64 * share).ceil() as usize).max(1) - 1]
    }
    fn refused_share(&self) -> f64 {
        self.refused / (self.granted + self.refused)
    }
}

#[derive(Default)]
struct Laptop {
    site: usize,
    link: f64,
    ready: f64,
    load: usize,
    checked: f64,
    /// Requests of this round that were answered; pieces of segments granted and arrived; bytes of them.
    answered: usize,
    granted: usize,
    arrived: usize,
    bytes: f64,
    refusals: i32,
    will_ask: bool,
    has_it: bool,
}

/// One day as it passes, in steps of `dt` seconds.
struct World<'a> {
    day: &'a Day,
    dt: f64,
    step: u64,
    random: Random,
    laptops: Vec<Laptop>,
    /// For each load the bytes up to the end of each piece.
    ends: [Vec<f64>; 2],
    /// Who asks next: the step, a lot among those of one step, the laptop.
    wakes: BinaryHeap<Reverse<(u64, u64, usize)>>,
    /// Who fetches, by site, the slowest link first.
    fetching: Vec<Vec<usize>>,
    /// By second: requests and bytes. By site: how long its uplink was full.
    requests: Vec<f64>,
    out: Vec<f64>,
    full: Vec<f64>,
    o: Outcome,
}

fn simulate(day: &Day, dt: f64) -> Outcome {
    let ends = [day.load, day.other.1].map(|load| {
        let mut sum = 0.0;
        pieces(load, RANGE, 1).iter().map(|p| (sum += p, sum).1).collect()
    });
    let seconds = || vec![0.0; 3 * 86_400];
    #[rustfmt::skip]
    let mut w = World {
        day, dt, step: 0, random: Random(9), laptops: Vec::new(), ends, wakes: BinaryHeap::new(),
        fetching: vec![Vec::new(); day.sites], requests: seconds(), out: seconds(), full: vec![0.0; day.sites],
        o: Outcome::default(),
    };
    w.people_arrive();
    loop {
        if w.fetching.iter().all(|f| f.is_empty()) {
            let Some(next) = w.wakes.peek() else { break };
            w.step = next.0.0; // nothing flows: on to the next event
        }
        while let Some(Reverse((_, _, i))) = w.wakes.peek().filter(|next| next.0.0 <= w.step).copied() {
            w.wakes.pop();
            w.ask(i);
        }
        (0..day.sites).for_each(|site| w.flow(site));
        w.step += 1;
    }
    w.close()
}

impl World<'_> {
    fn now(&self) -> f64 {
        self.step as f64 * self.dt
    }

    fn cached(&self) -> bool {
        self.day.road == Road::SiteCache
    }

    fn wake(&mut self, time: f64, i: usize) {
        let step = ((time / self.dt).ceil() as u64).max(self.step + 1);
        self.wakes.push(Reverse((step, self.random.next(), i)));
    }

    fn people_arrive(&mut self) {
        let link = |_| MBIT * (20.0 + 180.0 * self.random.unit());
        let mut links = [0.0; LAPTOPS_A_SITE].map(link);
        links.sort_by(f64::total_cmp);
        for i in 0..self.day.sites * LAPTOPS_A_SITE {
            let (site, link) = (i / LAPTOPS_A_SITE, links[i % LAPTOPS_A_SITE]);
            let zones_behind = if site < SITES_AT_NINE { 0 } else { 1 + site % 3 };
            let sigma = if self.day.sharp { 0.0 } else { SIGMA };
            let ready = NINE + 3600.0 * zones_behind as f64 + (sigma * self.random.normal()).max(-NINE);
            let load = usize::from(self.random.unit() < self.day.other.0);
            self.wake(ready + self.day.spread * Random(i as u64).unit(), i);
            #[rustfmt::skip]
            self.laptops.push(Laptop { site, link, ready, load, ..Laptop::default() });
        }
    }

    /// A laptop that fetches into the evening stays on; one that has what there is goes home.
    fn next_check(&mut self, l: &Laptop, i: usize) {
        let pause = self.day.interval * (1.0 + self.day.jitter * (2.0 * self.random.unit() - 1.0));
        let next = (l.checked + pause).max(self.now() + self.dt);
        if next < l.ready + WORK {
            self.wake(next, i);
        }
    }

    /// One request; `false`: refused with 503.
    fn granted(&mut self) -> bool {
        let second = self.now() as usize;
        self.requests[second] += 1.0;
        let granted = self.requests[second] <= S3_LIMIT || self.day.road == Road::CloudFront;
        *(if granted {
            &mut self.o.granted
        } else {
            &mut self.o.refused
        }) += 1.0;
        granted
    }

    /// One request after the other up to the manifest, then as many pieces as may be on their way at once.
    fn ask(&mut self, i: usize) {
        let mut l = mem::take(&mut self.laptops[i]);
        let (now, pieces) = (self.now(), self.ends[l.load].len());
        l.will_ask = false;
        if l.answered == 0 && l.refusals == 0 {
            l.checked = now;
        }
        while l.answered < METADATA.len() || l.granted < pieces.min(l.arrived + PARALLEL) {
            let segment = l.answered == METADATA.len();
            let from_s3 = !(segment && self.cached());
            if from_s3 && !self.granted() {
                let longest = LONGEST_BACKOFF.min(2f64.powi(l.refusals));
                let pause = if self.day.backoff {
                    longest * self.random.unit()
                } else {
                    1.0
                };
                l.refusals += 1;
                l.will_ask = true;
                self.wake(now + pause, i);
                break;
            }
            l.refusals = 0;
            if segment {
                l.granted += 1;
                self.o.bodies += f64::from(!self.cached());
                continue;
            }
            l.answered += 1;
            let unchanged = l.answered == CHECK && (l.has_it || now < self.day.published);
            self.out[now as usize] += if unchanged { UNCHANGED } else { METADATA[l.answered - 1] };
            if unchanged {
                l.answered = 0;
                self.next_check(&l, i);
                break;
            }
            self.o.bodies += f64::from(l.answered > 1); // the next root is a 404
            if l.answered == METADATA.len() {
                let fetching = &mut self.fetching[l.site];
                fetching.insert(fetching.partition_point(|&other| other < i), i);
            }
        }
        self.laptops[i] = l;
    }

    /// What flows over a site's uplink in one step: a fair share each, less for whoever's own link is slower.
    fn flow(&mut self, site: usize) {
        let mut fetching = mem::take(&mut self.fetching[site]);
        let most = self.dt * if self.cached() { LOCAL_NETWORK } else { self.day.uplink };
        let mut left = most;
        let waits = |i: &&usize| self.laptops[**i].granted > self.laptops[**i].arrived;
        let mut sharers = fetching.iter().filter(waits).count() as f64;
        fetching.retain(|&i| {
            let l = &mut self.laptops[i];
            let ends = &self.ends[l.load];
            if l.granted > l.arrived {
                let still = ends[l.granted - 1] - l.bytes;
                let take = (left / sharers).min(l.link * self.dt).min(still);
                left -= take;
                sharers -= 1.0;
                l.bytes += take;
                while l.arrived < l.granted && ends[l.arrived] <= l.bytes + 0.5 {
                    l.arrived += 1;
                }
            }
            let done = l.arrived == ends.len();
            if done {
                let mut l = mem::take(l);
                (l.has_it, l.answered) = (true, 0);
                self.o
                    .waits
                    .push(self.now() + self.dt - l.ready.max(self.day.published));
                self.next_check(&l, i);
                self.laptops[i] = l;
            } else if !l.will_ask && l.granted < ends.len().min(l.arrived + PARALLEL) {
                l.will_ask = true;
                self.wake(0.0, i);
            }
            !done
        });
        self.fetching[site] = fetching;
        let second = self.now() as usize;
        self.out[second] += if self.cached() { 0.0 } else { most - left };
        self.full[site] += if left < 1.0 { self.dt } else { 0.0 };
    }

    fn close(self) -> Outcome {
        let longest = |list: &[f64]| list.iter().copied().fold(0.0, f64::max);
        let mut o = self.o;
        o.out = self.out.iter().sum();
        o.peak_requests = longest(&self.requests);
        o.peak_gbit = longest(&self.out) * 8.0 / 1e9;
        o.uplink_full = longest(&self.full);
        o.waits.sort_by(f64::total_cmp);
        if self.day.road == Road::SiteCache {
            // Each site fetches once, before nine.
            let sites = self.day.sites as f64;
            o.granted += sites * self.ends[0].len() as f64;
            o.bodies += sites * self.ends[0].len() as f64;
            o.out += sites * self.ends[0].last().unwrap();
        }
        o
    }
}

/// What AWS counts: GETs answered, objects decrypted, GB out.
type Bill = [f64; 3];

/// So many days like this one, and the others like that.
fn days(n: f64, this: Bill, m: f64, that: Bill) -> Bill {
    array::from_fn(|i| n * this[i] + m * that[i])
}

fn dollars([gets, bodies, gb]: Bill, road: Road) -> f64 {
    match road {
        Road::CloudFront => gets * EDGE_REQUEST + tiered(gb, &EDGE),
        Road::PrivateLine => gets * GET + bodies * BUCKET_KEYS * KMS + gb * PRIVATE_GB + PRIVATE_MONTH,
        Road::S3 | Road::SiteCache => gets * GET + bodies * BUCKET_KEYS * KMS + tiered(gb, &INTERNET),
    }
}

fn tiered(gb: f64, tiers: &[(f64, f64)]) -> f64 {
    let from = [0.0].into_iter().chain(tiers.iter().map(|t| t.0));
    tiers
        .iter()
        .zip(from)
        .map(|((to, price), from)| (gb.min(*to) - from).max(0.0) * price)
        .sum()
}

fn run(days: impl AsRef<[Day]>) -> Vec<Outcome> {
    thread::scope(|s| {
        let threads: Vec<_> = days.as_ref().iter().map(|d| s.spawn(|| simulate(d, 1.0))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

/// The days of the table, nine sharp by spread, rollbacks by interval, a site by uplink.
#[rustfmt::skip]
fn results() -> &'static [Vec<Outcome>; 4] {
    static RUN: OnceLock<[Vec<Outcome>; 4]> = OnceLock::new();
    RUN.get_or_init(|| [
        run(TABLE),
        run(SPREADS.map(|spread| Day { spread, ..SHARP })),
        run(INTERVALS.map(|m| Day { interval: m * 60.0, ..BACK })),
        run(UPLINKS.map(|u| AT_A_SITE.map(|d| Day { uplink: u * MBIT, sites: 1, ..d })).concat()),
    ])
}

fn day(label: &str) -> &'static Outcome {
    let is = |d: &Day| d.name.split(' ').next() == Some(label);
    &results()[0][TABLE.iter().position(is).unwrap()]
}

/// A month's dollars by each road: S3 over the internet, CloudFront, a private line, a cache at each site.
fn roads() -> [(&'static str, [f64; 4]); 4] {
    let [delta, all, cached, all_cached] = ["b1", "a1", "d2", "d3"].map(|l| day(l).bill());
    let intervals = &results()[2];
    let often = intervals[0].granted - intervals[2].granted;
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
fn sent_over_needed(size: f64, rate: f64) -> f64 {
    let x = size / rate / 600.0;
    x.exp_m1() / x
}

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

fn time(s: f64) -> String {
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

#[rustfmt::skip] // as wide as what it prints
fn tables() -> String {
    let [days_of, spreads, intervals, uplinks] = results();
    let gets = |load, range| n(pieces(load, range, 1).len() as f64);
    let waits = |o: &Outcome| [0.5, 0.99, 1.0].map(|share| time(o.wait(share))).join(" | ");
    let cells = |x: &[f64]| x.iter().map(|x| n(*x)).collect::<Vec<_>>().join(" | ");
    [
        table("What one laptop fetches",
            "beside 2 requests of a check and 4 of metadata | GETs | MB | MB with two embedding models",
            [("the delta", Deltas(1)), ("30 deltas", Deltas(30)), ("everything", Everything), ("rollback", Deltas(0))],
            |(name, load)| {
                let mb = [1, 2].map(|models| pieces(load, RANGE, models).iter().sum::<f64>() / 1e6);
                format!("{name} | {} | {}", gets(load, RANGE), cells(&mb))
            }),
        table("Days",
            "day | requests, thousands | GB out | $ a day | $ a month | peak requests/s | peak Gbit/s | 503 | 50 % | 99 % | all",
            TABLE.iter().zip(days_of), |(d, o)| {
                let month = days(d.a_month, o.bill(), DAYS - d.a_month, day("b1").bill());
                let [a_day, a_month] = [o.bill(), month].map(|b| dollars(b, d.road));
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
            [("1 MB", 1e6), ("8 MB", 8e6), ("whole files, ≤ 30.7 MB", 30.72e6)], |(name, size)| {
                let lost = percent(FIRST_BYTE / (FIRST_BYTE + size * PARALLEL as f64 / (200.0 * MBIT)));
                let again = n(sent_over_needed(size, 2.0 * MBIT / PARALLEL as f64));
                format!("{name} | {} | {} | {lost} | {again}", gets(Deltas(1), size), gets(Everything, size))
            }),
        table("Roads", "$ a month | S3 over the internet | CloudFront | a private line | a cache at each site",
            roads(), |(name, d)| format!("{name} | {}", cells(&d))),
        table("Keys", "$ a day | objects decrypted, thousands | GETs | KMS without bucket keys | KMS with them",
            [("the delta", "b1"), ("everything", "a1")], |(name, label)| {
                let [gets, bodies, _] = day(label).bill();
                format!("{name} | {}", cells(&[bodies / 1e3, gets * GET, bodies * KMS, bodies * KMS * BUCKET_KEYS]))
            }),
    ].concat()
}

#[test]
fn the_document_says_what_is_computed() {
    const MARKS: [&str; 2] = ["<!-- tables: begin -->\n", "\n<!-- tables: end -->"];
    // Under cargo the package is tests/; compiled alone, the test is run from the project's root.
    let docs = option_env!("CARGO_MANIFEST_DIR").map_or("docs".into(), |d| format!("{d}/../docs"));
    let document = Path::new(&docs).join("SCALE.md");
    let computed = tables();
    println!("{computed}");
    let text = fs::read_to_string(&document).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).expect("the mark where the tables begin");
    let (written, after) = rest.split_once(MARKS[1]).expect("the mark where the tables end");
    if env::var("MORTAR_WRITE_SCALE").is_ok_and(|v| v == "1") {
        fs::write(&document, [before, MARKS[0], &computed, MARKS[1], after].concat()).unwrap();
    } else if written != computed {
        let differ = written.lines().zip(computed.lines()).find(|(w, c)| w != c);
        panic!("docs/SCALE.md: paste the printed tables, or set MORTAR_WRITE_SCALE=1; {differ:?}");
    }
}

#[test]
fn the_model_agrees_with_what_is_known_on_paper() {
    let laptops = (SITES * LAPTOPS_A_SITE) as f64;
    let near = |a: f64, b: f64, by: f64| assert!((a / b - 1.0).abs() < by, "{a} against {b}");
    // Every byte is counted once, and nobody is left without.
    for (label, bytes, pieces) in [("a1", 1.936e9, 300.0), ("b1", 19.36e6, 4.0), ("b2", 19.36e6, 4.0)] {
        let o = day(label);
        near(o.out, laptops * (bytes + 83_300.0 + 15.0 * 800.0), 1e-3);
        near(o.bodies, laptops * (5.0 + pieces), 1e-9);
    }
    assert!(results()[0].iter().all(|o| o.waits.len() == SITES * LAPTOPS_A_SITE));
    // A full uplink takes as long as its bytes take; a check comes after half an interval and a little.
    near(day("a2").wait(0.99), 500.0 * 1.936e9 / GIGABIT, 0.01);
    let sites = SITES_AT_NINE;
    let at_nine = simulate(&Day { sites, ..BACK }, 1.0).waits;
    near(
        at_nine.iter().sum::<f64>() / at_nine.len() as f64,
        900.0 * (1.0 + 0.04 / 3.0),
        0.03,
    );
    // Steps of half the length change little.
    for (label, of) in [("b1", PLAIN), ("b2", SHARP)] {
        let finer = simulate(&of, 0.5);
        near(finer.out, day(label).out, 1e-3);
        assert!((finer.wait(0.99) - day(label).wait(0.99)).abs() < 3.0);
    }
}

#[test]
fn what_the_document_concludes_holds() {
    let d = day;
    let [_, spreads, _, uplinks] = results();
    // Deltas are what makes it affordable; people who arrive are no herd, a scheduler's programs are.
    assert!(d("a1").out > 90.0 * d("b1").out);
    assert!(d("b1").refused == 0.0 && d("b1").uplink_full == 0.0 && d("b1").peak_requests < 0.1 * S3_LIMIT);
    assert!(d("b2").peak_requests > 4.0 * S3_LIMIT && d("b2").refused_share() > 0.3);
    assert!(d("b3").refused > 1.3 * d("b2").refused);
    // Two minutes are enough of a spread; ten only make all wait.
    let two = &spreads[3];
    assert!(two.refused == 0.0 && two.uplink_full < 20.0 && two.peak_requests < 0.5 * S3_LIMIT);
    assert!(d("c1").wait(0.5) > 50.0 * d("b1").wait(0.5));
    // A few who fetch everything cost as much as all who fetch the delta; kept deltas spare most of it.
    let more = |label| d(label).out - d("b1").out;
    assert!(more("e") > d("b1").out && more("f2") > 3.0 * more("f1"));
    // A rollback moves metadata alone, and is as quick as checks are.
    assert!(d("g").bodies == 5.0 * 20_000.0 && d("g").out < 0.01 * d("b1").out && d("g").wait(1.0) < 36.5 * 60.0);
    // An uplink of 100 Mbit/s carries a delta, not everything within a day's work.
    assert!(uplinks[3].wait(0.99) < 60.0 && uplinks[5].wait(0.99) > WORK);
    // CloudFront pays a little by its price a GB, until requests are many.
    let [plain, often, _, all] = roads().map(|(_, dollars)| dollars);
    assert!(plain[1] < plain[0] && plain[1] > 0.9 * plain[0] && often[1] > often[0] && all[1] < 0.9 * all[0]);
    assert!(plain[2] < 0.5 * plain[0] && plain[3] < 0.05 * plain[0]);
    // Without bucket keys KMS costs more than all GETs.
    let [gets, bodies, _] = d("b1").bill();
    assert!(bodies * KMS > gets * GET && bodies * KMS * BUCKET_KEYS < 0.1 * gets * GET);
}
