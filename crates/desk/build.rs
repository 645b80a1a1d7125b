//! The sample is part of the program: another sample, another program.

fn main() {
    println!("cargo:rerun-if-changed=../../samples/pharmacy");
}
