//! A release that only some of a channel's devices get yet: which do is a function of the device and of what is signed.

use serde::{Deserialize, Serialize};

use crate::manifest::Channel;

/// Who gets the release that a channel shows; all others stay with the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl Channel {
    /// The release that a device is to have.
    pub fn release_for(&self, whom: &Whom<'_>) -> u32 {
        let (Some(rollout), Some(before)) = (&self.rollout, self.before.first()) else {
            return self.release;
        };
        let gets = if rollout.paused {
            whom.has == Some(self.release)
        } else {
            whom.ring.is_some_and(|ring| rollout.rings.iter().any(|r| r == ring))
                || place(&self.channel, whom.device) < f64::from(rollout.share)
        };
        if gets { self.release } else { *before }
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
    use crate::manifest::FORMAT;

    fn channel(rollout: Option<Rollout>) -> Channel {
        Channel {
            format: FORMAT,
            channel: "live".into(),
            release: 7,
            before: vec![6, 5],
            promotion: None,
            rollout,
        }
    }

    fn share(share: u8) -> Option<Rollout> {
        let rollout = Rollout {
            share,
            ..Rollout::default()
        };
        Some(rollout)
    }

    fn of(device: &str) -> Whom<'_> {
        Whom {
            device,
            ring: None,
            has: None,
        }
    }

    #[test]
    fn a_growing_share_only_adds_and_is_what_it_says() {
        const DEVICES: usize = 20_000;
        let devices: Vec<String> = (0..DEVICES).map(|n| format!("device {n}")).collect();
        let mut before = vec![false; DEVICES];
        for percent in [0, 1, 10, 25, 50, 99, 100] {
            let channel = channel(share(percent));
            let now: Vec<bool> = devices.iter().map(|d| channel.release_for(&of(d)) == 7).collect();
            assert!(before.iter().zip(&now).all(|(was, is)| !was || *is), "{percent}");
            let got = now.iter().filter(|g| **g).count() as f64 / DEVICES as f64 * 100.0;
            assert!((got - f64::from(percent)).abs() < 1.0, "{percent}: {got}");
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
        let with = |ring, has| Whom { device: "a", ring, has };
        for (rollout, whom, gets) in [
            (None, with(None, None), 7),
            (Some(rings.clone()), with(Some("pilot"), None), 7),
            (Some(rings.clone()), with(Some("other"), None), 6),
            (Some(rings), with(None, Some(7)), 6),
            (Some(paused.clone()), with(Some("pilot"), None), 6),
            (Some(paused.clone()), with(None, Some(6)), 6),
            (Some(paused), with(None, Some(7)), 7),
        ] {
            assert_eq!(
                channel(rollout.clone()).release_for(&whom),
                gets,
                "{rollout:?} {whom:?}"
            );
        }
        // Where nothing was before there is nothing to stay with.
        let mut first = channel(share(0));
        first.before.clear();
        assert_eq!(first.release_for(&of("a")), 7);
    }
}
