//! `cargo xtask …`: everything that a person or CI runs. Depends on nothing, so that it starts at once; every
//! command of cargo takes the lock file as it is.
#![expect(clippy::print_stderr, reason = "it is what speaks to who called it")]

mod setup;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const USAGE: &str = "cargo xtask <command>

  run     set up, build, and open Mortar on its sample tenant; without a display, ask it one question
          in the real window, print what it shows and save a picture
  test    set up and run everything that CI runs
  check   the fast part of test: formatting, dependencies, lints, documentation, types, the window's unit tests
  deploy-check
          the templates of deploy/ against cfn-lint, checkov, cfn-guard, parliament, rules of ours and the calls that the
          program was seen to make; needs no network once it is set up
  setup   only set up: system packages, npm packages, the embedding model's weights, cargo's helpers
  advisories
          known faults of the crates that are used; no part of test, since it needs the RustSec advisory database,
          a git repository that is fetched anew each time
  types   write the window's types and calls anew from the desk's
  calibrate +RELEASE:QUERIES -RELEASE:QUERIES =RELEASE[:FILE] …
          learn the weights of the calibration from questions that a release covers, that it does not, and known
          ones with their documents and without
  bench [--release DIR] [--sizes N,N] [--minutes N] [--only overhead|sync] [--corpus FILE]
          Mortar beside its peers, from PyPI, in one run: target/bench.json and the tables of docs/MEASURED.md;
          or only what the window adds to the models' two calls
  stand-ins --dir DIR [--alone]
          S3, SageMaker and Identity Center on this machine alone, with the configuration that leads there
  fuzz MINUTES
          every reader of bytes from outside, for so long each (a test gives them seconds)
  look    pictures of every screen, light and dark, in two sizes, into target/look";

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("run") => run(),
        Some("test") => test(),
        Some("check") => check(),
        Some("setup") => setup::all(),
        Some("deploy-check") => deploy_check(),
        Some("advisories") => setup::tools().and_then(|()| advisories()),
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
        Some("fuzz") => fuzz(std::env::args().nth(2).as_deref()),
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

/// One of the programs that `setup::tools` fetched.
fn tool(name: &str, arguments: &[&str]) -> Command {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut c = Command::new(setup::tools_folder().join("bin").join(file));
    c.args(arguments).current_dir(root());
    c
}

fn npm(arguments: &[&str]) -> Command {
    let mut c = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    c.args(arguments).current_dir(root().join("ui"));
    c
}

fn page() -> Done {
    step("Build the window's page", &mut npm(&["run", "--silent", "build"]))
}

/// One profile and one feature set for everything: programs, tests, pictures.
fn programs() -> Done {
    step(
        "Build the programs (the first time takes ten minutes)",
        &mut cargo(&["build", "--locked", "--release", "--workspace"]),
    )
}

/// The window's page must be there before the shell is compiled.
fn built() -> Done {
    page()?;
    programs()
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

/// A part of a run: its name in the table, and what it does.
type Part = (&'static str, fn() -> Done);

/// The fast parts. The page is built before the lints, which compile the shell.
const CHECK: &[Part] = &[
    ("formatting", formatting),
    ("dependencies", dependencies),
    ("page", page),
    ("lints", lints),
    ("documentation", documentation),
    ("types", window_types),
    ("unit tests", window_tests),
];

fn check() -> Done {
    setup::npm()?;
    setup::tools()?;
    timed(CHECK)
}

/// The Rust tests are last, so that a run ends with their summary. Generated types, the house's walls, the command
/// line and the real window are tests among the others.
fn test() -> Done {
    let parts: Vec<Part> = [("set-up", setup::all as fn() -> Done)]
        .into_iter()
        .chain(CHECK.iter().copied())
        .chain([
            ("deploy", deploy_check as fn() -> Done),
            ("build", programs as fn() -> Done),
            ("Rust tests", rust_tests as fn() -> Done),
        ])
        .collect();
    timed(&parts)
}

/// Does one part after the other, up to the first that fails, and says how long each took.
fn timed(parts: &[Part]) -> Done {
    let mut took: Vec<(&str, Duration)> = Vec::new();
    let mut result = Ok(());
    for (name, part) in parts {
        let began = Instant::now();
        result = part();
        took.push((name, began.elapsed()));
        if result.is_err() {
            break;
        }
    }
    eprintln!("\npart                 s");
    for (name, time) in &took {
        eprintln!("{name:15} {:6.1}", time.as_secs_f64());
    }
    let all: Duration = took.iter().map(|t| t.1).sum();
    eprintln!("{:15} {:6.1}", "all", all.as_secs_f64());
    result
}

fn formatting() -> Done {
    step("Formatting", &mut cargo(&["fmt", "--all", "--check"]))
}

/// Nothing is named that nothing uses, and of what is used the licence and the source are known (deny.toml).
fn dependencies() -> Done {
    step(
        "Unused dependencies",
        &mut tool("cargo-shear", &["--locked", "--deny-warnings"]),
    )?;
    let mut c = tool("cargo-deny", &["--locked", "check", "--hide-inclusion-graph"]);
    c.args(["licenses", "bans", "sources"]);
    step("Licences, bans and sources of the dependencies", &mut c)
}

fn deploy_check() -> Done {
    if cfg!(windows) {
        eprintln!("\n▸ Windows: there is no cfn-guard, so the templates are not looked at.");
        return Ok(());
    }
    setup::other_s3()?;
    let python = setup::validators()?;
    let mut c = Command::new(python);
    // parliament asks for a part of setuptools that warns of its end.
    c.args(["-W", "ignore:pkg_resources", "deploy/check/check.py"])
        .current_dir(root());
    step("The templates of deploy/", &mut c)
}

fn advisories() -> Done {
    let mut c = tool("cargo-deny", &["--locked", "check", "advisories"]);
    step("Known faults of the dependencies", &mut c).map_err(|e| {
        format!(
            "{e}\n  It needs git and a way to https://github.com/RustSec/advisory-db. If the database could not be \
             fetched, nothing is known of the dependencies, good or bad."
        )
    })
}

fn lints() -> Done {
    let mut c = cargo(&["clippy", "--locked", "--quiet", "--release"]);
    c.args(["--workspace", "--all-targets", "--", "-D", "warnings"]);
    step("Lints", &mut c)
}

/// No link of the documentation leads nowhere.
fn documentation() -> Done {
    let mut c = cargo(&["doc", "--locked", "--quiet", "--release", "--workspace", "--no-deps"]);
    step("Documentation", c.env("RUSTDOCFLAGS", "-D warnings"))
}

fn window_types() -> Done {
    step("The window's lints and types", &mut npm(&["run", "--silent", "check"]))
}

fn window_tests() -> Done {
    step("The window's unit tests", &mut npm(&["test", "--silent"]))
}

const NEXTEST: &[&str] = &["nextest", "run", "--locked", "--release", "--workspace"];

fn rust_tests() -> Done {
    step("All Rust tests", &mut tool("cargo-nextest", NEXTEST))
}

fn fuzz(minutes: Option<&str>) -> Done {
    let minutes = minutes.filter(|m| m.parse::<u64>().is_ok());
    let minutes = minutes.ok_or("for how many minutes?  by hand: cargo xtask fuzz 5")?;
    setup::tools()?;
    let mut c = tool("cargo-nextest", NEXTEST);
    c.args(["--test", "decoders"]).env("MORTAR_FUZZ_MINUTES", minutes);
    step("Change what comes from outside", &mut c)
}

fn types() -> Done {
    setup::tools()?;
    // With the features of every other command: another set would build the world anew.
    let mut c = tool("cargo-nextest", NEXTEST);
    c.arg("the_windows_types").env("MORTAR_WRITE_TYPES", "1");
    step("Write ui/src/backend/types.ts and calls.ts", &mut c)
}
