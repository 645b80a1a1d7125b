//! What AWS asks for it.

use std::array;

use crate::model::{Outcome, Road};

// Prices in dollars; docs/SCALE.md says of when and where. Tiers: GB up to, price a GB.
pub const GET: f64 = 0.0004 / 1e3;
pub const EDGE_REQUEST: f64 = 0.01 / 1e4;
pub const KMS: f64 = 0.03 / 1e4;
pub const BUCKET_KEYS: f64 = 0.01; // the share of calls of KMS that is left
pub const INTERNET: [(f64, f64); 4] = [(10e3, 0.09), (50e3, 0.085), (150e3, 0.07), (f64::MAX, 0.05)];
pub const EDGE: [(f64, f64); 4] = [(10e3, 0.085), (50e3, 0.08), (150e3, 0.06), (f64::MAX, 0.04)];
pub const LINK: f64 = 0.01;
pub const PRIVATE_GB: f64 = LINK + 0.02; // PrivateLink, and a dedicated line's own data out
pub const PRIVATE_MONTH: f64 = 3.0 * LINK * 730.0;
/// A port of a dedicated line, a month.
pub const PORT: f64 = 0.3 * 730.0;
/// From region to region, a GB.
pub const REPLICA: f64 = 0.02;
pub const PUT: f64 = 0.005 / 1e3;
/// A GB and month.
pub const STORAGE: f64 = 0.023;
pub const DAYS: f64 = 22.0;

/// What AWS counts: GETs answered, objects decrypted, GB out.
pub type Bill = [f64; 3];

/// So many days like this one, and the others like that.
pub fn days(n: f64, this: Bill, m: f64, that: Bill) -> Bill {
    array::from_fn(|i| n * this[i] + m * that[i])
}

pub fn dollars([gets, bodies, gb]: Bill, road: Road) -> f64 {
    match road {
        Road::CloudFront => gets * EDGE_REQUEST + tiered(gb, &EDGE),
        Road::PrivateLine => gets * GET + bodies * BUCKET_KEYS * KMS + gb * PRIVATE_GB + PRIVATE_MONTH,
        Road::S3 | Road::SiteCache => gets * GET + bodies * BUCKET_KEYS * KMS + tiered(gb, &INTERNET),
    }
}

pub fn tiered(gb: f64, tiers: &[(f64, f64)]) -> f64 {
    let from = [0.0].into_iter().chain(tiers.iter().map(|t| t.0));
    tiers
        .iter()
        .zip(from)
        .map(|((to, price), from)| (gb.min(*to) - from).max(0.0) * price)
        .sum()
}

pub fn bill(o: &Outcome) -> Bill {
    [o.granted, o.bodies, o.out / 1e9]
}
