//! Declares the page's one command, so that it needs a permission of its own.
#![expect(clippy::print_stderr, reason = "it is how a build script says what failed")]

fn main() {
    // The page is part of the program: another page is another program.
    println!("cargo:rerun-if-changed=../ui/dist");
    let manifest = tauri_build::AppManifest::new().commands(&["call"]);
    if let Err(e) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("{e:#}");
        std::process::exit(1);
    }
}
