//! A day of many laptops as it passes. Requests are events, each on its own; bytes flow as a fluid, shared fairly over
//! a site's uplink in steps of a second. Nothing here touches a network.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;

use crate::program::{PARALLEL, RANGE, SEGMENT, pause};

// The store, one passage a document.
pub const PASSAGES: usize = 1_000_000;
pub const A_RELEASE: usize = PASSAGES / 100;
/// Bytes a passage in a segment's files: documents, passages, vectors of one embedding model.
pub const FILES: [f64; 3] = [350.0, 50.0, 1536.0];
/// What is read of the store before a segment, in order, and its bytes.
pub const METADATA: [(&str, f64); 7] = [
    ("timestamp", 1e3), // a 304 if it is unchanged, and then nothing more is read
    ("root", 300.0),    // the next one: a 404
    ("timestamp", 1e3),
    ("snapshot", 1e3),
    ("targets", 40e3),
    ("channel", 1e3),
    ("release", 40e3),
];
/// Requests of a check that finds nothing new, and bytes of a 304.
pub const CHECK: usize = 1;
pub const UNCHANGED: f64 = 500.0;
pub const FIRST_BYTE: f64 = 0.06;

// The laptops, in sites of one size. The first 28 sites are in one time zone, the others one to three hours behind.
pub const SITES: usize = 40;
pub const LAPTOPS_A_SITE: usize = 500;
pub const SITES_AT_NINE: usize = 28;
pub const NINE: f64 = 3600.0; // the clock starts at eight
pub const ELEVEN: f64 = 3.0 * 3600.0;
pub const SIGMA: f64 = 480.0;
pub const WORK: f64 = 8.0 * 3600.0;
pub const MBIT: f64 = 1e6 / 8.0;
pub const GIGABIT: f64 = 1000.0 * MBIT;
pub const LOCAL_NETWORK: f64 = 10.0 * GIGABIT;

pub const S3_LIMIT: f64 = 5500.0;

#[derive(Clone, Copy, PartialEq)]
pub enum Load {
    Everything,
    Deltas(usize),
}
pub use Load::{Deltas, Everything};

#[derive(Clone, Copy, PartialEq)]
pub enum Road {
    S3,
    CloudFront,
    PrivateLine,
    SiteCache,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Patience {
    /// As the program: after ever longer pauses, so often, and then at the next check.
    Attempts(u32),
    /// Again each second, without end.
    None,
}

#[derive(Clone, Copy)]
pub struct Day {
    pub name: &'static str,
    pub load: Load,
    /// This share of the laptops fetches something else.
    pub other: (f64, Load),
    /// All programs start at nine sharp, as a scheduler starts them.
    pub sharp: bool,
    /// At its start a laptop waits a part of this, by a hash of the device.
    pub spread: f64,
    pub interval: f64,
    pub jitter: f64,
    /// What is done about a 503.
    pub patience: Patience,
    pub published: f64,
    pub road: Road,
    pub uplink: f64,
    pub sites: usize,
    /// How many of a month's 22 days are like this; the others are the plain one.
    pub a_month: f64,
}

/// The sizes of what is asked for, one a GET.
pub fn pieces(load: Load, range: f64, models: usize) -> Vec<f64> {
    let (segments, passages) = match load {
        Everything => (PASSAGES / SEGMENT, SEGMENT),
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
pub struct Outcome {
    pub granted: f64,
    pub refused: f64,
    /// Answers that carry an object, which S3 must decrypt.
    pub bodies: f64,
    pub out: f64,
    pub peak_requests: f64,
    pub peak_gbit: f64,
    pub uplink_full: f64,
    pub waits: Vec<f64>,
}
impl Outcome {
    pub fn wait(&self, share: f64) -> f64 {
        self.waits[((self.waits.len() as f64 * share).ceil() as usize).max(1) - 1]
    }
    pub fn refused_share(&self) -> f64 {
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
    refusals: u32,
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

pub fn simulate(day: &Day, dt: f64) -> Outcome {
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

    /// What has come stays; the next check goes on from there.
    fn give_up(&mut self, l: &mut Laptop, i: usize) {
        (l.refusals, l.answered, l.granted) = (0, 0, l.arrived);
        self.fetching[l.site].retain(|&other| other != i);
        self.next_check(l, i);
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
                l.refusals += 1;
                let pause = match self.day.patience {
                    Patience::Attempts(most) if l.refusals >= most => {
                        self.give_up(&mut l, i);
                        break;
                    }
                    Patience::Attempts(_) => pause(l.refusals, self.random.unit()),
                    Patience::None => 1.0,
                };
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
            self.out[now as usize] += if unchanged {
                UNCHANGED
            } else {
                METADATA[l.answered - 1].1
            };
            if unchanged {
                l.answered = 0;
                self.next_check(&l, i);
                break;
            }
            self.o.bodies += f64::from(METADATA[l.answered - 1].0 != "root"); // a 404 has none
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
