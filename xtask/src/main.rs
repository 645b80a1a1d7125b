//! `cargo xtask …`: everything that a person or CI runs. Depends on nothing, so that it starts at once.

mod setup;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

const USAGE: &str = "cargo xtask <command>

  run     set up, build, and open Mortar on its sample tenant; without a display, ask it one question
          in the real window, print what it shows and save a picture
  test    set up and run everything that CI runs
  check   the fast part of test: formatting, lints, types, the window's unit tests
  setup   only set up: system packages, npm packages, the embedding model's weights, nextest
  types   write the window's types and calls anew from the desk's
  calibrate +RELEASE:QUERIES -RELEASE:QUERIES …
          learn the weights of the calibration from questions that a release covers, and that it does not
  bench [--release DIR] [--sizes N,N] [--minutes N] [--only overhead|sync] [--corpus FILE]
          Mortar beside its peers, from PyPI, in one run: target/bench.json and the tables of docs/MEASURED.md;
          or only what the window adds to the models' two calls
  stand-ins --dir DIR [--alone]
          S3, SageMaker and Identity Center on this machine alone, with the configuration that leads there
  look    pictures of every screen, light and dark, in two sizes, into target/look";

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("run") => run(),
        Some("test") => test(),
        Some("check") => setup::npm().and_then(|()| check()),
        Some("setup") => setup::all(),
        Some("types") => types(),
        Some("calibrate") => {
            let sets: Vec<String> = std::env::args().skip(2).collect();
            built().and_then(|()| program("calibrate", &sets.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        Some("bench") => bench(),
        Some("stand-ins") => {
            let arguments: Vec<String> = std::env::args().skip(2).collect();
            built().and_then(|()| program("stand-ins", &arguments.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        Some("look") => setup::all()
            .and_then(|()| built())
            .and_then(|()| program("look", &["target/look"])),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("\n✗ {e}");
            ExitCode::FAILURE
        }
    }
}

/// A step failed: what, and what to do by hand.
type Done = Result<(), String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Says what is done, does it, and says how long it took.
fn step(what: &str, command: &mut Command) -> Done {
    eprintln!("\n▸ {what}");
    let began = Instant::now();
    let shown = format!("{command:?}").replace('"', "");
    let status = command
        .status()
        .map_err(|e| format!("{what}: {e}\n  by hand: {shown}"))?;
    if status.success() {
        eprintln!("  done in {:.1} s", began.elapsed().as_secs_f64());
        Ok(())
    } else {
        Err(format!("{what} failed ({status})\n  by hand: {shown}"))
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut c = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    c.args(arguments).current_dir(root());
    c
}

fn npm(arguments: &[&str]) -> Command {
    let mut c = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    c.args(arguments).current_dir(root().join("ui"));
    c
}

/// One profile and one feature set for everything: programs, tests, pictures.
fn built() -> Done {
    step("Build the window's page", &mut npm(&["run", "--silent", "build"]))?;
    step(
        "Build the programs (the first time takes ten minutes)",
        &mut cargo(&["build", "--release", "--workspace"]),
    )
}

fn program(name: &str, arguments: &[&str]) -> Done {
    let path = root()
        .join("target/release")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut c = Command::new(&path);
    c.args(arguments).current_dir(root());
    step(&format!("Run {name}"), &mut c)
}

fn run() -> Done {
    setup::all()?;
    built()?;
    let display = !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|v| std::env::var_os(v).is_some_and(|v| !v.is_empty()));
    if display {
        return program("mortar-app", &[]);
    }
    let picture = root().join("target/run/mortar.png");
    std::fs::create_dir_all(root().join("target/run")).map_err(|e| e.to_string())?;
    program("drive", &[&picture.to_string_lossy()])
}

fn bench() -> Done {
    setup::all()?;
    setup::peers()?;
    built()?;
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    program("bench", &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn check() -> Done {
    step("Formatting", &mut cargo(&["fmt", "--all", "--check"]))?;
    // The window's page must be there before the shell is compiled.
    step("Build the window's page", &mut npm(&["run", "--silent", "build"]))?;
    step(
        "Lints",
        &mut cargo(&[
            "clippy",
            "--quiet",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    step("The window's lints and types", &mut npm(&["run", "--silent", "check"]))?;
    step("The window's unit tests", &mut npm(&["test", "--silent"]))
}

fn test() -> Done {
    setup::all()?;
    check()?;
    built()?;
    // Last, so that a run ends with its summary. Generated types, the house's walls, the command
    // line and the real window are tests among the others.
    step(
        "All Rust tests",
        &mut cargo(&["nextest", "run", "--release", "--workspace"]),
    )
}

fn types() -> Done {
    // With the features of every other command: another set would build the world anew.
    let mut c = cargo(&["nextest", "run", "--release", "--workspace", "the_windows_types"]);
    step("Write ui/src/backend/types.ts and calls.ts", c.env("MORTAR_WRITE_TYPES", "1"))
}
