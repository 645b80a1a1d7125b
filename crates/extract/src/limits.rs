//! What one file may cost: the child binds itself before it looks at a byte.

use std::time::Duration;

/// The address space of the child, in bytes: the program itself, its stack, and what the readers take.
#[cfg(unix)]
const MEMORY: u64 = 704 * 1024 * 1024;
/// Of the thread that reads: what is nested within reason fits.
pub const STACK: usize = 64 * 1024 * 1024;
/// By the clock, seen from outside.
pub const TIME: Duration = Duration::from_secs(10);
/// Of the text that comes back, in bytes; the longest document is shorter.
pub const LONGEST: u64 = 16 * 1024 * 1024;

/// Binds this process: memory, time of the processor, no file and no connection opened from here on, nothing written
/// but into pipes.
#[cfg(unix)]
pub fn bind() -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let most = |n: u64| Rlimit {
        current: Some(n),
        maximum: Some(n),
    };
    for (what, n) in [
        (Resource::As, MEMORY),
        (Resource::Cpu, TIME.as_secs()),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // The three pipes are open already.
        (Resource::Nofile, 3),
    ] {
        // A system that has no such bound keeps the clock's.
        if setrlimit(what, most(n)).is_err() && cfg!(target_os = "linux") {
            return Err("this system lets no bound be set".into());
        }
    }
    Ok(())
}

/// Where a process cannot bind itself, the clock alone does.
#[cfg(not(unix))]
pub fn bind() -> Result<(), String> {
    Ok(())
}
