//! Declares the window's commands, so that each needs a permission of its own.
#![expect(clippy::print_stderr, reason = "it is how a build script says what failed")]

const COMMANDS: &[&str] = &[
    "open",
    "status",
    "ask",
    "go_on",
    "stop",
    "ground",
    "documents",
    "find",
    "document",
    "conversations",
    "conversation",
    "save_text",
    "copy",
    "label",
    "open_link",
    "connection",
    "sign_in",
    "sign_out",
    "switch_tenant",
    "choose_answers",
    "sync",
    "since",
    "sync",
    "since",
];

fn main() {
    // The page is part of the program: another page is another program.
    println!("cargo:rerun-if-changed=../ui/dist");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(e) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("{e:#}");
        std::process::exit(1);
    }
}
