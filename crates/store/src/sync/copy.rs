//! Copies a large file, and has what is copied go to the disk meanwhile: at the end little is left to be
//! waited for.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Copies; what is written to the copy goes to the disk until what is given is dropped.
pub fn copied(from: &Path, to: &Path) -> std::io::Result<Flushing> {
    let (mut source, mut target) = (File::open(from)?, File::create(to)?);
    let (behind, ended) = (target.try_clone()?, Arc::new(AtomicBool::new(false)));
    let stop = ended.clone();
    let thread = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            // Whether it lasts is seen at the end, once for all of it.
            let _ = behind.sync_data();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let flushing = Flushing {
        ended,
        thread: Some(thread),
    };
    std::io::copy(&mut source, &mut target)?;
    Ok(flushing)
}

pub struct Flushing {
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Flushing {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}
