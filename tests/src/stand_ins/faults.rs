//! What goes wrong, by name and by call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Throttle,
    /// Status 429 without a code, as some containers answer.
    TooMany,
    NotReady,
    Server,
    /// Status 530: a dependency of the service.
    Dependency,
    Model,
    /// Taken, and never answered.
    Stall,
    /// Answered, then silent in the middle.
    StallMidway,
    Slow,
    /// The connection ends within a frame.
    Cut,
    BadCrc,
    /// An exception of the stream's own.
    Exception,
    /// The stream ends well before the answer does.
    Early,
    Expired,
    /// Not of the contract.
    Garbage,
    /// Fewer results than were asked for.
    WrongCount,
    /// A result for something that was not asked for.
    OutOfRange,
    Denied,
    /// Fewer bytes than were promised.
    Truncated,
    WrongChecksum,
    ClockSkew,
    /// Two conditional writes at once.
    Conflict,
}

impl Fault {
    pub const ALL: [Fault; 22] = [
        Fault::Throttle,
        Fault::TooMany,
        Fault::NotReady,
        Fault::Server,
        Fault::Dependency,
        Fault::Model,
        Fault::Stall,
        Fault::StallMidway,
        Fault::Slow,
        Fault::Cut,
        Fault::BadCrc,
        Fault::Exception,
        Fault::Early,
        Fault::Expired,
        Fault::Garbage,
        Fault::WrongCount,
        Fault::OutOfRange,
        Fault::Denied,
        Fault::Truncated,
        Fault::WrongChecksum,
        Fault::ClockSkew,
        Fault::Conflict,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Fault::Throttle => "throttle",
            Fault::TooMany => "too_many",
            Fault::NotReady => "not_ready",
            Fault::Server => "5xx",
            Fault::Dependency => "dependency",
            Fault::Model => "model",
            Fault::Stall => "stall",
            Fault::StallMidway => "stall_midway",
            Fault::Slow => "slow",
            Fault::Cut => "cut",
            Fault::BadCrc => "bad_crc",
            Fault::Exception => "exception",
            Fault::Early => "early",
            Fault::Expired => "expired",
            Fault::Garbage => "garbage",
            Fault::WrongCount => "wrong_count",
            Fault::OutOfRange => "out_of_range",
            Fault::Denied => "denied",
            Fault::Truncated => "truncated",
            Fault::WrongChecksum => "wrong_checksum",
            Fault::ClockSkew => "clock_skew",
            Fault::Conflict => "conflict",
        }
    }

    pub fn named(name: &str) -> Option<Fault> {
        Fault::ALL.into_iter().find(|f| f.name() == name)
    }

    /// The error that the service answers with: status, code and message.
    pub fn error(self) -> Option<(u16, &'static str, &'static str)> {
        Some(match self {
            Fault::Throttle => (400, "ThrottlingException", "Rate exceeded"),
            Fault::TooMany => (429, "", "Too many requests"),
            Fault::NotReady => (429, "ModelNotReadyException", "The model is loading"),
            Fault::Server => (500, "InternalFailure", "Internal failure"),
            Fault::Dependency => (530, "InternalDependencyException", "A dependency failed"),
            Fault::Model => (424, "ModelError", "Received server error (500) from model"),
            Fault::Expired => (
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            Fault::Denied => (403, "AccessDeniedException", "User is not authorized to perform this"),
            Fault::ClockSkew => (403, "InvalidSignatureException", "Signature not yet current"),
            _ => return None,
        })
    }
}

/// Which fault each call meets next, and how often each was made.
#[derive(Default)]
pub struct Faults {
    next: Mutex<BTreeMap<String, VecDeque<Fault>>>,
    counts: Mutex<BTreeMap<String, usize>>,
}

impl Faults {
    /// The next so many calls of a name meet a fault; `*` is any call.
    pub fn set(&self, call: &str, fault: Fault, times: usize) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.entry(call.to_owned())
            .or_default()
            .extend(std::iter::repeat_n(fault, times));
    }

    pub fn clear(&self, call: &str) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if call == "*" {
            next.clear();
        } else {
            next.remove(call);
        }
    }

    /// Counts a call and gives the fault that it meets.
    pub fn met(&self, call: &str) -> Option<Fault> {
        *self
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(call.to_owned())
            .or_default() += 1;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        [call, "*"].iter().find_map(|c| next.get_mut(*c)?.pop_front())
    }

    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn count(&self, call: &str) -> usize {
        self.counts().get(call).copied().unwrap_or(0)
    }
}
