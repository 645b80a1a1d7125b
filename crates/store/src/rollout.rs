//! A release that only some of a channel's devices get yet: which do is a function of the device and of what is signed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who gets the release that a channel shows; all others stay with the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rollout {
    /// Percent of the devices. A larger share is the smaller one and more.
    pub share: u8,
    /// Devices of these rings get it whatever the share.
    #[serde(default)]
    pub rings: Vec<String>,
    /// Nobody gets it who has it not.
    #[serde(default)]
    pub paused: bool,
}

/// Whom a release is for.
#[derive(Debug, Clone, Copy)]
pub struct Whom<'a> {
    /// The device's own name, which never changes.
    pub device: &'a str,
    /// The ring that its configuration names.
    pub ring: Option<&'a str>,
    /// The number of the release that it has.
    pub has: Option<u32>,
}

impl Rollout {
    /// Whether a device gets the release that a channel shows.
    pub fn gets(&self, channel: &str, release: u32, whom: &Whom<'_>) -> bool {
        if self.paused {
            return whom.has == Some(release);
        }
        whom.ring.is_some_and(|ring| self.rings.iter().any(|r| r == ring))
            || place(channel, whom.device) < f64::from(self.share)
    }
}

/// Where a device stands among all, from 0 to 100. By the channel's name, so that it is not always the same ones that
/// are first.
fn place(channel: &str, device: &str) -> f64 {
    let hash = blake3::hash(format!("{channel}\n{device}").as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whom<'a>(device: &'a str, ring: Option<&'a str>, has: Option<u32>) -> Whom<'a> {
        Whom { device, ring, has }
    }

    #[test]
    fn a_growing_share_only_adds_and_is_what_it_says() {
        const DEVICES: usize = 20_000;
        let devices: Vec<String> = (0..DEVICES).map(|n| format!("device {n}")).collect();
        let mut before = vec![false; DEVICES];
        for share in [0, 1, 10, 25, 50, 99, 100] {
            let rollout = Rollout {
                share,
                ..Rollout::default()
            };
            let gets = |d: &String| rollout.gets("live", 7, &whom(d, None, None));
            let now: Vec<bool> = devices.iter().map(gets).collect();
            assert!(before.iter().zip(&now).all(|(was, is)| !was || *is), "{share}");
            let got = now.iter().filter(|g| **g).count() as f64 / DEVICES as f64 * 100.0;
            assert!((got - f64::from(share)).abs() < 1.0, "{share}: {got}");
            before = now;
        }
    }

    #[test]
    fn rings_and_a_pause_come_before_the_share() {
        let rings = Rollout {
            rings: vec!["pilot".into()],
            ..Rollout::default()
        };
        let paused = Rollout {
            paused: true,
            share: 100,
            rings: vec!["pilot".into()],
        };
        for (rollout, ring, has, gets) in [
            (&rings, Some("pilot"), None, true),
            (&rings, Some("other"), None, false),
            (&rings, None, Some(7), false),
            (&paused, Some("pilot"), None, false),
            (&paused, None, Some(6), false),
            (&paused, None, Some(7), true),
        ] {
            let got = rollout.gets("live", 7, &whom("a", ring, has));
            assert_eq!(got, gets, "{rollout:?} {ring:?} {has:?}");
        }
    }
}
