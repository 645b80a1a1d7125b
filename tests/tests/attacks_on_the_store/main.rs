//! Attacks on a store: refused, named, and the release that a device reads is not touched.

mod contents;
mod memory;
mod roots;
mod scene;
mod signatures;
