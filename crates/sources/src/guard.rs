//! A reading that may fail in ways of its own: on a thread with room enough, so that depth within the limits fits,
//! and a panic in it is a finding about the file instead of the end of the import.

use std::any::Any;
use std::cell::Cell;
use std::panic;
use std::sync::Once;
use std::thread;

use crate::reading::Reading;

/// Far more than reading needs within the limits; only what is touched is used.
const STACK: usize = 64 * 1024 * 1024;

thread_local!(static GUARDED: Cell<bool> = const { Cell::new(false) });

pub fn guarded(read: impl FnOnce() -> Reading + Send) -> Reading {
    keep_quiet();
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            GUARDED.set(true);
            read()
        });
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(reading)) => reading,
            Ok(Err(panic)) => {
                Reading::refused(format!("it cannot be read: the reader fails on it ({})", said(&*panic)))
            }
            Err(e) => Reading::refused(format!("it cannot be read now: {e}")),
        }
    })
}

/// What a panic said, in short.
fn said(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no reason");
    said.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// A panic here is told as a finding, not as a crash of the program.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_finding_of_the_file() {
        let findings = guarded(|| panic!("index 7 of 3")).findings("a.csv");
        assert_eq!(
            findings[0].to_string(),
            "a.csv: it cannot be read: the reader fails on it (index 7 of 3)"
        );
        assert!(findings[0].stops);
    }
}
