//! The stand-ins for AWS as a program: `stand-ins --dir D [--alone]` writes `D/tenant.toml` and `D/env`,
//! prints `ready` and serves until it is told to end. `stand-ins --visit URL` is a browser without a person.

use std::path::PathBuf;
use std::process::ExitCode;

use mortar_tests::stand_ins::StandIns;

fn main() -> ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { mortar_local::quiet() };
    serve()
}

#[tokio::main]
async fn serve() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)
    };
    if let Some(url) = after("--visit") {
        return match mortar_tests::visit(url).await {
            Ok(_) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("{e}");
                ExitCode::FAILURE
            }
        };
    }
    let Some(dir) = after("--dir").map(PathBuf::from) else {
        eprintln!("usage: stand-ins --dir DIR [--alone]\n  --alone: a sign-in needs no person");
        return ExitCode::from(2);
    };
    let stand_ins = StandIns::start(arguments.iter().any(|a| a == "--alone")).await;
    let program = std::env::current_exe().unwrap_or_default();
    if let Err(e) = stand_ins.write(&dir, &program) {
        eprintln!("{}: {e}", dir.display());
        return ExitCode::FAILURE;
    }
    println!("ready");
    ended().await;
    ExitCode::SUCCESS
}

/// Until the system or a person ends it.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = end.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
